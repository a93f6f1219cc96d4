#include "common/contract/contract.h"

#include "tests/unit/tap.h"

static struct tg_arena arena;
static struct tg_setup setup = { .arena = &arena };
static struct tg_contract contract;
static struct tg_error err;

static enum tg_status read_contract(const char *text)
{
	err = TG_ERROR_INIT;
	tg_arena_release(&arena);
	return tg_contract_read(&contract, tg_arena_format(&arena, "%s", text), "c.json", &setup,
				&err);
}

TEST(what_a_contract_says_of_itself)
{
	is_int("read",
	       read_contract(
		       "\xef\xbb\xbf{\"$id\":\"urn:x\",\"x-version\":\"2.1.0\",\"x-source\":\"acme\",\"x-entity\":\"cust\\u006fmers\"}"),
	       TG_OK);
	is_str("$id", contract.id, TG_STR("urn:x"));
	is_str("x-version", contract.version, TG_STR("2.1.0"));
	is_str("x-source", contract.source, TG_STR("acme"));
	is_str("x-entity", contract.entity, TG_STR("customers"));
	is_int("a boolean is one too", read_contract("true"), TG_OK);
	ok("and says nothing", !contract.id.p && !contract.version.p);
	tg_arena_release(&arena);
}

TEST(contracts_that_are_none)
{
	static const struct {
		const char *text, *message;
	} row[] = {
		// clang-format off
		{ "", "in the contract c.json: line 1, column 1" },
		{ "{\"a\":1,\n\"a\":2}", "in the contract c.json: line 2, column 1" },
		{ "[]", "c.json:1:1: a contract is an object, or true or false" },
		{ " 1", "c.json:1:2: a contract is an object, or true or false" },
		{ "{\"x-class\":\"secret\"}", "c.json:1:12: /x-class: must be one of public, internal, confidential, restricted" },
		{ "{\n\t\"properties\": {\"a\": {\"x-class\": 1}}}", "c.json:2:34: /properties/a/x-class: must be one of public" },
		{ "{\"x-version\":1}", "c.json:1:14: /x-version: must be a string, and not empty" },
		{ "{\"x-source\":\"\"}", "c.json:1:13: /x-source: must be a string, and not empty" },
		{ "{\"x-key\":\"/id\"}", "c.json:1:10: /x-key: must be a list of JSON Pointers, such as [\"/id\"]" },
		{ "{\"x-key\":[\"id\"]}", "c.json:1:11: /x-key/0: \"id\" is no JSON Pointer" },
		{ "{\"x-key\":[]}", "c.json:1:10: /x-key: must be a list of JSON Pointers" },
		{ "{\"x-time\":1}", "c.json:1:11: /x-time: must be a JSON Pointer" },
		{ "{\"x-csv\":[]}", "c.json:1:10: /x-csv: must be an object" },
		{ "{\"allOf\":[{\"items\":{\"x-number\":{\"decmal\":\",\"}}}]}", "c.json:1:42: /allOf/0/items/x-number/decmal: is not known here; did you mean decimal?" },
		{ "{\"properties\":{\"b\":{\"x-boolean\":{\"true\":\"Y\"}}}}", "/properties/b/x-boolean/true: must be a list of strings" },
		{ "{\"properties\":{\"b\":{\"x-nulls\":[1]}}}", "/properties/b/x-nulls/0: must be a string" },
		{ "{\"properties\":{\"b\":{\"x-normalize\":[\"fold\",\"upper\"]}}}", "/properties/b/x-normalize/1: must be one of fold, nfc, trim" },
		{ "{\"properties\":{\"b\":{\"x-message\":{\"en\":1}}}}", "/properties/b/x-message/en: must be a string, and not empty" },
		{ "{\"properties\":{\"b\":{\"x-message\":{\"en\":{\"de\":\"x\"}}}}}", "/properties/b/x-message/en: must be a string, and not empty" },
		{ "{\"properties\":{\"b\":{\"x-message\":{\"type\":{\"de\":1}}}}}", "/properties/b/x-message/type/de: must be a string, and not empty" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].text, read_contract(row[i].text), TG_CONFIG);
		if (strncmp(err.text, row[i].message, strlen(row[i].message)) != 0 &&
		    !strstr(err.text, row[i].message))
			is_str(row[i].text, tg_str_of(err.text), tg_str_of(row[i].message));
	}
	tg_arena_release(&arena);
}

TEST(what_is_no_annotation_of_a_schema_is_let_be)
{
	static const char *const row[] = {
		"{\"const\":{\"x-class\":1}}",
		"{\"properties\":{\"x-class\":{\"type\":\"string\"}}}",
		"{\"examples\":[{\"x-key\":1}],\"default\":{\"x-key\":1}}",
		"{\"x-whatever\":{\"x-class\":1}}",
		"{\"properties\":{\"a\":{\"x-key\":1}}}", /* counts at the top only: a warning */
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		is_int(row[i], read_contract(row[i]), TG_OK);
	tg_arena_release(&arena);
}

TEST(what_is_said_of_a_property)
{
	static const struct {
		const char *contract, *name;
		unsigned types;
		enum tg_class class;
		int declared, required;
	} row[] = {
		// clang-format off
		{ "{\"properties\":{\"a\":{\"type\":[\"integer\",\"null\"],\"x-class\":\"public\"}},\"required\":[\"a\"]}", "a",
		  TG_TYPE_INTEGER | TG_TYPE_NULL, TG_CLASS_PUBLIC, 1, 1 },
		{ "{\"properties\":{\"a\":{}}}", "b", 0, TG_CLASS_NONE, 0, 0 },
		{ "{\"properties\":{\"a/b\":{\"$ref\":\"#/$defs/x~1y%25\"}},\"$defs\":{\"x/y%\":{\"type\":\"string\",\"x-class\":\"restricted\"}}}", "a/b",
		  TG_TYPE_STRING, TG_CLASS_RESTRICTED, 1, 0 },
		{ "{\"properties\":{\"a\":{\"$ref\":\"#n\",\"x-class\":\"internal\"}},\"$defs\":{\"q\":{\"$anchor\":\"n\",\"type\":\"number\",\"x-class\":\"public\"}}}",
		  "a", TG_TYPE_NUMBER, TG_CLASS_INTERNAL, 1, 0 },
		{ "{\"properties\":{\"a\":{\"type\":[\"number\",\"string\"],\"allOf\":[{\"type\":[\"integer\",\"null\"]}]}}}", "a", TG_TYPE_INTEGER, TG_CLASS_NONE, 1, 0 },
		{ "{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}}}", "a", TG_TYPE_STRING | TG_TYPE_NULL, TG_CLASS_NONE, 1, 0 },
		{ "{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"string\"},{}]}}}", "a", 0, TG_CLASS_NONE, 1, 0 },
		{ "{\"allOf\":[{\"$ref\":\"#/$defs/base\"}],\"x-class\":\"confidential\",\"$defs\":{\"base\":{\"properties\":{\"a\":{\"type\":\"boolean\"}},"
		  "\"required\":[\"a\"]}}}", "a", TG_TYPE_BOOLEAN, TG_CLASS_CONFIDENTIAL, 1, 1 },
		{ "{\"$ref\":\"#\",\"properties\":{\"a\":{\"$ref\":\"#/properties/a\"}}}", "a", 0, TG_CLASS_NONE, 1, 0 },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_property p;

		is_int(row[i].contract, read_contract(row[i].contract), TG_OK);
		tg_contract_property(&contract, tg_str_of(row[i].name), &p);
		is_int(row[i].contract, p.schema != NULL, row[i].declared);
		is_int(row[i].contract, p.types, row[i].types);
		is_int(row[i].contract, p.class, row[i].class);
		is_int(row[i].contract, p.required, row[i].required);
	}
	tg_arena_release(&arena);
}

TEST(names_in_the_contract_s_order)
{
	bool closed = true;
	size_t n;
	struct tg_str *name;

	is_int("read",
	       read_contract(
		       "{\"properties\":{\"b\":{},\"\\u0061\":{}},\"allOf\":[{\"properties\":{\"a\":{},\"c\":{}},\"additionalProperties\":false}]}"),
	       TG_OK);
	name = tg_contract_properties(&contract, &arena, &n, &closed);
	is_int("three", (long long)n, 3);
	is_str("b", name[0], TG_STR("b"));
	is_str("a", name[1], TG_STR("a"));
	is_str("c", name[2], TG_STR("c"));
	ok("closed", closed);
	is_int("open", read_contract("{\"properties\":{}}"), TG_OK);
	(void)tg_contract_properties(&contract, &arena, &n, &closed);
	ok("open", !closed && n == 0);
	tg_arena_release(&arena);
}

TEST(files_that_cannot_be_read)
{
	static const struct {
		const char *path;
		enum tg_status status;
	} row[] = { { "/nowhere/contract.json", TG_CONFIG },
		    { "/", TG_CONFIG },
		    { "-", TG_USAGE } };

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_setup with = { .arena = &arena, .contract = tg_str_of(row[i].path) };

		err = TG_ERROR_INIT;
		is_int(row[i].path, tg_contract_open(&contract, &with, &err), row[i].status);
		is_int(row[i].path, err.status, row[i].status);
	}
	tg_arena_release(&arena);
}
