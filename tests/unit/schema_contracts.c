/* What is a contract: faults in it, drafts, documents beside it, and what would have no measure. */
#include "common/schema/registry.h"
#include "tests/unit/judging.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

TEST(contracts_that_are_wrong)
{
	static const struct {
		const char *contract, *message;
	} row[] = {
		// clang-format off
		{ "{'type':'interger'}", "c.json:1:9: /type: \"interger\" is no type; did you mean integer?" },
		{ "{\n 'properties':\n  {'id':{'type':[]}}}", "c.json:3:17: /properties/id/type: must not be empty: no value has no type" },
		{ "{'pattern':'^(a$'}", "c.json:1:12: /pattern: is no regular expression (ECMA-262): at character 5: a ) is missing" },
		{ "{'patternProperties':{'a++':true}}",
		  "c.json:1:23: /patternProperties/a++: is no regular expression (ECMA-262): at character 4: there is nothing to repeat before the quantifier" },
		{ "{'$ref':'#/$defs/nope'}", "c.json:1:9: /$ref: #/$defs/nope points to nothing" },
		{ "{'$ref':'#nope'}", "c.json:1:9: /$ref: #nope points to no anchor" },
		{ "{'$ref':'other.json'}", "c.json:1:9: /$ref: other.json leads to a document that is not known, and nothing is fetched: give its file, or the folder that other.json is in, with --schemas" },
		{ "{'$id':'http://e/a/','$ref':'other.json'}", "give it with --schemas FILE where its $id is http://e/a/other.json, else with --schemas http://e/a/other.json=FILE" },
		{ "{'$ref':'#/properties','properties':{}}", "c.json:1:9: /$ref: points to what is no schema" },
		{ "{'$ref':'#/title','title':'t'}", "c.json:1:9: /$ref: points to what is no schema" },
		{ "{'$ref':'#'}", "c.json:1:9: /$ref: leads back to itself without going into the value" },
		{ "{'allOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{'not':{'$ref':'#/$defs/b'}},'b':{'anyOf':[{'$ref':'#/$defs/a'}]}}}",
		  "leads back to itself without going into the value" },
		{ "{'minimum':'1'}", "c.json:1:12: /minimum: must be a number" },
		{ "{'exclusiveMinimum':true}", "c.json:1:21: /exclusiveMinimum: must be a number (true and false were draft 4's form)" },
		{ "{'multipleOf':0}", "c.json:1:15: /multipleOf: must be above 0" },
		{ "{'maxLength':-1}", "c.json:1:14: /maxLength: must be a whole number, and not below 0" },
		{ "{'maxLength':1.5}", "c.json:1:14: /maxLength: must be a whole number, and not below 0" },
		{ "{'items':[true]}", "c.json:1:10: /items: must be one schema (since 2020-12 a list is prefixItems)" },
		{ "{'properties':[]}", "c.json:1:15: /properties: must be an object" },
		{ "{'properties':{'a':1}}", "c.json:1:20: /properties/a: must be a schema: an object, or true or false" },
		{ "{'anyOf':[]}", "c.json:1:10: /anyOf: must be a list of schemas, and not empty" },
		{ "{'required':'a'}", "c.json:1:13: /required: must be a list of strings" },
		{ "{'required':['a','b','a']}", "c.json:1:22: /required/2: stands twice in the list" },
		{ "{'enum':1}", "c.json:1:9: /enum: must be a list" },
		{ "{'$anchor':'1'}", "c.json:1:12: /$anchor: must be a name of letters, digits, '_', '-' and '.'" },
		{ "{'$id':'http://e/#x'}", "c.json:1:8: /$id: has a fragment; $anchor names a place within a schema" },
		{ "{'$defs':{'a':{'$anchor':'x'},'b':{'$anchor':'x'}}}", "/$defs/b/$anchor: the anchor stands twice in its resource" },
		{ "{'$defs':{'a':{'$id':'x'},'b':{'$id':'x'}}}", "/$defs/b/$id: two schemas of this document have this $id" },
		{ "{'$schema':'http://json-schema.org/draft-03/schema#'}", "c.json:1:12: /$schema: draft 3 is not supported; 4, 6, 7, 2019-09 and 2020-12 are" },
		{ "{'$schema':'http://example.com/mine'}", "c.json:1:12: /$schema: http://example.com/mine is no meta-schema that is known; give the file with it by --schemas" },
		{ "{'$defs':{'never':{'type':'nul'}}}", "/$defs/never/type: \"nul\" is no type; did you mean null?" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str want = json(row[i].message);

		is_int(row[i].contract, open_contract(row[i].contract), TG_CONFIG);
		if (!strstr(err.text, row[i].message))
			is_str(row[i].contract, tg_str_of(err.text), want);
	}
	close_contract();
}

/* What the suite has not of the older drafts: faults, and what is said of them. */
TEST(drafts_have_their_own_words)
{
	static const struct {
		enum tg_draft draft;
		const char *contract, *message; /* NULL: it is right */
	} row[] = {
		// clang-format off
		{ TG_DRAFT_4, "{'exclusiveMinimum':1}", "/exclusiveMinimum: must be true or false (it is a number from draft 6 on; say so by $schema)" },
		{ TG_DRAFT_4, "{'exclusiveMinimum':true}", "/exclusiveMinimum: needs a minimum beside it" },
		{ TG_DRAFT_4, "{'maximum':1,'exclusiveMaximum':true}", NULL },
		{ TG_DRAFT_4, "{'properties':{'a':true}}", "/properties/a: must be a schema: an object" },
		{ TG_DRAFT_4, "{'additionalProperties':false,'additionalItems':false}", NULL },
		{ TG_DRAFT_4, "true", "must be an object: draft 4 has no other schemas" },
		{ TG_DRAFT_4, "{'required':[]}", "/required: must not be empty" },
		{ TG_DRAFT_4, "{'enum':[]}", "/enum: must be a list, and not empty" },
		{ TG_DRAFT_4, "{'enum':[1,{'a':1,'b':2},{'b':2.0,'a':1}]}", "/enum/2: stands twice in the list" },
		{ TG_DRAFT_4, "{'maxLength':1.0}", "/maxLength: must be written without a point or exponent (draft 4)" },
		{ TG_DRAFT_6, "{'maxLength':1.0,'required':[],'enum':[]}", NULL },
		{ TG_DRAFT_6, "{'if':{'type':'strng'}}", NULL },
		{ TG_DRAFT_7, "{'if':{'type':'strng'}}", "/if/type: \"strng\" is no type; did you mean string?" },
		{ TG_DRAFT_7, "{'items':[]}", "/items: must be a list of schemas, and not empty" },
		{ TG_DRAFT_7, "{'$ref':'#/definitions/a','pattern':'(','definitions':{'a':true}}", NULL },
		{ TG_DRAFT_7, "{'$ref':'#/definitions/a','pattern':1,'definitions':{'a':true}}", "/pattern: must be a string" },
		{ TG_DRAFT_7, "{'dependencies':{'a':['b','b']}}", "/dependencies/a/1: stands twice in the list" },
		{ TG_DRAFT_2019, "{'$anchor':'a:b'}", NULL },
		{ TG_DRAFT_2019, "{'$anchor':'_a'}", "/$anchor: must be a name of letters" },
		{ TG_DRAFT_2019, "{'prefixItems':1}", NULL },
		{ TG_DRAFT_2019, "{'$recursiveRef':'#'}", "leads back to itself without going into the value" },
		{ TG_DRAFT_2019, "{'type':['string','null','string']}", "/type/2: stands twice in the list" },
		{ TG_DRAFT_2020, "{'$vocabulary':{'http://e/v':1}}", "/$vocabulary/http:~1~1e~1v: must be true or false" },
		{ TG_DRAFT_2020, "{'$defs':{'a':{'$id':'a','$schema':'http://e/no'}}}", "/$defs/a/$schema: http://e/no is no meta-schema that is known" },
		{ TG_DRAFT_2020, "{'$schema':'http://json-schema.org/draft-07/shema#'}", "did you mean http://json-schema.org/draft-07/schema?" },
		{ TG_DRAFT_2020, "{'$ref':'http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger'}", NULL },
		{ TG_DRAFT_2020, "{'$ref':'https:\\/\\/json-schema.org\\/draft\\/2019-09\\/schema'}", NULL },
		{ TG_DRAFT_2020, "{'$schema':'https://spec.openapis.org/oas/3.1/dialect/base','type':'object','discriminator':{'propertyName':'k'}}", NULL },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		wish = (struct tg_schema_wish){ .draft_default = true, .draft = row[i].draft };
		is_int(row[i].contract, open_contract(row[i].contract),
		       row[i].message ? TG_CONFIG : TG_OK);
		if (row[i].message && !strstr(err.text, row[i].message))
			is_str(row[i].contract, tg_str_of(err.text), json(row[i].message));
		if (row[i].message)
			continue;
		wish.thorough = true; /* its meta-schema is of the same mind */
		if (!strstr(row[i].contract, "'(')"))
			is_int(row[i].contract, open_contract(row[i].contract), TG_OK);
	}
	wish = (struct tg_schema_wish){ .draft_default = false };
	close_contract();
}

/* One contract, one record, another answer by draft. */
TEST(drafts_judge_in_their_own_way)
{
	static const struct {
		const char *contract, *record;
		signed char valid[TG_DRAFTS]; /* -1: it is no contract */
	} row[] = {
		// clang-format off
		{ "{'type':'integer'}", "1.0", { 0, 1, 1, 1, 1 } },
		{ "{'type':'integer'}", "1e2", { 0, 1, 1, 1, 1 } },
		{ "{'const':1}", "2", { 1, 0, 0, 0, 0 } },
		{ "{'contains':{'const':1}}", "[2]", { 1, 0, 0, 0, 0 } },
		{ "{'contains':{'const':1},'minContains':2}", "[1]", { 1, 1, 1, 0, 0 } },
		{ "{'if':{'type':'string'},'then':false}", "'x'", { 1, 1, 0, 0, 0 } },
		{ "{'if':{'type':'string'},'then':{'maxLength':0}}", "'x'", { 1, 1, 0, 0, 0 } },
		{ "{'items':[{'type':'string'}],'additionalItems':{'type':'null'}}", "['x',1]", { 0, 0, 0, 0, -1 } },
		{ "{'items':{'type':'string'},'additionalItems':{'type':'null'}}", "['x','y']", { 1, 1, 1, 1, 1 } },
		{ "{'prefixItems':[{'type':'string'}],'items':{'type':'null'}}", "['x',null]", { 0, 0, 0, 0, 1 } },
		{ "{'dependencies':{'a':['b']}}", "{'a':1}", { 0, 0, 0, 0, 0 } },
		{ "{'dependentRequired':{'a':['b']}}", "{'a':1}", { 1, 1, 1, 0, 0 } },
		{ "{'minimum':1,'exclusiveMinimum':true}", "1", { 0, -1, -1, -1, -1 } },
		{ "{'$ref':'#/definitions/a','maximum':1,'definitions':{'a':{'type':'number'}}}", "2", { 1, 1, 1, 0, 0 } },
		{ "{'definitions':{'a':{'$ref':'#/definitions/b','$id':'http://e/x/'},'b':{'type':'number'}},'$ref':'#/definitions/a'}", "'x'",
		  { 0, 0, 0, -1, -1 } },
		{ "{'definitions':{'a':{'$id':'#b','type':'number'}},'$ref':'#b'}", "'x'", { -1, 0, 0, -1, -1 } },
		{ "{'definitions':{'a':{'id':'#b','type':'number'}},'$ref':'#b'}", "'x'", { 0, -1, -1, -1, -1 } },
		{ "{'contains':{'type':'string'},'unevaluatedItems':false}", "['x']", { 1, 1, 1, 0, 1 } },
		{ "{'$anchor':'a','$recursiveAnchor':true,'items':{'$recursiveRef':'#'},'type':'array'}", "[1]", { 1, 1, 1, 0, 1 } },
		{ "{'propertyNames':{'maxLength':1}}", "{'ab':1}", { 1, 0, 0, 0, 0 } },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		for (unsigned d = 0; d < TG_DRAFTS; d++) {
			bool good = row[i].valid[d] >= 0;

			/* A draft without a keyword passes over its contents, and what this one makes of them. */
			wish = (struct tg_schema_wish){ .draft_given = true,
							.draft = (enum tg_draft)d };
			is_int(row[i].contract, open_contract(row[i].contract),
			       good ? TG_OK : TG_CONFIG);
			if (good)
				is_int(row[i].record, judge(row[i].record), row[i].valid[d]);
		}
	}
	wish = (struct tg_schema_wish){ .draft_default = false };
	close_contract();
}

TEST(a_draft_given_beats_the_contract)
{
	wish = (struct tg_schema_wish){ .draft_given = true, .draft = TG_DRAFT_4 };
	is_int("draft 4",
	       open_contract(
		       "{'$schema':'https://json-schema.org/draft/2020-12/schema','type':'integer'}"),
	       TG_OK);
	is_int("1.0 is none", judge("1.0"), 0);
	is_int("1", judge("1"), 1);
	wish = (struct tg_schema_wish){ .draft_default = true, .draft = TG_DRAFT_4 };
	is_int("as it says",
	       open_contract(
		       "{'$schema':'https://json-schema.org/draft/2020-12/schema','type':'integer'}"),
	       TG_OK);
	is_int("1.0 is one", judge("1.0"), 1);
	wish = (struct tg_schema_wish){ .draft_default = false };
	close_contract();
}

/*
 * Documents beside the contract
 */

static void put_file(const char *folder, const char *name, const char *text)
{
	struct tg_str path = tg_arena_format(&arena, "%s/%s", folder, name);
	struct tg_str content = json(text);
	FILE *file = fopen(path.p, "wb");

	ok(path.p, file && fwrite(content.p, 1, content.n, file) == content.n && !fclose(file));
}

static struct tg_arena registry_arena;
static struct tg_setup registry_setup = { .arena = &registry_arena };

/* NULL: all is well; else what is wrong. The folder stands for %s in both items. */
static const char *open_registry(const char *folder, const char *first, const char *second)
{
	static struct tg_error why;
	struct tg_registry *registry = NULL;
	struct tg_str item[2];
	struct tg_list list = { item, second ? 2 : 1 };
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	for (size_t i = 0; i < list.n; i++) {
		const char *p = i ? second : first, *at = strchr(p, '%');

		text.n = 0;
		tg_buffer_printf(&text, "%.*s%s%s", (int)(at - p), p, folder, at + 1);
		item[i] = tg_arena_copy(&registry_arena, tg_buffer_str(&text));
	}
	why = TG_ERROR_INIT;
	if (tg_registry_open(&registry, &list, &registry_setup, &why)) {
		is_int(why.text, why.status, TG_CONFIG);
		return why.text;
	}
	wish.registry = registry;
	return NULL;
}

TEST(documents_beside_the_contract)
{
	static const struct {
		const char *schemas, *more, *contract;
		const char *message; /* NULL: "x" is valid and 1 is not */
	} row[] = {
		// clang-format off
		{ "%", NULL, "{'$ref':'text.json'}", NULL },
		{ "%", NULL, "{'$ref':'sub/up.json'}", NULL },
		{ "%/", NULL, "{'$ref':'sub/with%20blank.json'}", NULL },
		{ "%", NULL, "{'$ref':'http://e/named'}", NULL },
		{ "%", NULL, "{'$id':'http://e/x','$ref':'named'}", NULL },
		{ "%", NULL, "{'$ref':'http://e/inner#there'}", NULL },
		{ "http://f=%", NULL, "{'$ref':'http://f/sub/up.json'}", NULL },
		{ "http://f/=%", NULL, "{'$ref':'http://f/text.json#'}", NULL },
		{ "urn:t=%/text.json", NULL, "{'$ref':'urn:t'}", NULL },
		{ "%/text.json", NULL, "{'$ref':'text.json'}", NULL },
		{ "%", "%", "{'$ref':'http://e/named'}", NULL },
		{ "%", NULL, "{'$ref':'old.json'}", NULL },
		{ "%", NULL, "{'$ref':'.hidden.json'}", ".hidden.json leads to a document that is not known" },
		{ "%", NULL, "{'$ref':'note.txt'}", "note.txt leads to a document that is not known" },
		{ "%", NULL, "{'$ref':'list.json'}", "list.json leads to a document that is not known" },
		{ "%", NULL, "{'$ref':'text.json#/nope'}", "text.json#/nope points to nothing" },
		{ "%", NULL, "{'$ref':'bad.json'}", "/bad.json:1:9: /type: must be the name of a type" },
		{ "%", NULL, "{'$ref':'round.json'}", "/round.json:1:9: /$ref: leads back to itself without going into the value" },
		{ "%", NULL, "{'$ref':'http://e/bare'}", NULL },
		{ "%", NULL, "{'$ref':'anchors.json#a'}", "anchors.json#a points to an anchor that stands twice" },
		{ "%", NULL, "{'$ref':'anchors.json#b'}", NULL },
		{ "%", NULL, "{'$ref':'http://e/twice'}", "leads to two different schemas of one URI: " },
		{ "%", NULL, "{'$schema':'http://e/meta','type':'string'}", NULL },
		{ "%", NULL, "{'$schema':'http://e/meta','type':'string','x-owner':1}",
		  "c.json:1:54: /x-owner: is a number, must be a string (says the meta-schema, meta.json#/properties/x-owner/type)" },
		{ "%", NULL, "{'$schema':'http://e/strange','type':'string'}", "the vocabulary http://e/v is required, and not known here" },
		// clang-format on
	};
	char folder[] = "/tmp/test-schema-XXXXXX";
	struct tg_str sub;

	ok("a folder", mkdtemp(folder) != NULL);
	sub = tg_arena_format(&arena, "%s/sub", folder);
	ok("another in it", mkdir(sub.p, 0700) == 0);
	put_file(folder, "text.json", "{'type':'string'}");
	put_file(folder, "sub/up.json",
		 "{'allOf':[{'$ref':'../text.json'},{'$ref':'with%20blank.json'}]}");
	put_file(folder, "sub/with blank.json",
		 "{'$ref':'#/$defs/a','$defs':{'a':{'type':'string'}}}");
	put_file(
		folder, "named.json",
		"{'$id':'http://e/named','$ref':'inner','$defs':{'i':{'$id':'inner','$defs':{'t':{'$anchor':'there','type':'string'}},'$ref':'#there'}}}");
	put_file(
		folder, "old.json",
		"{'$schema':'http://json-schema.org/draft-04/schema#','id':'http://o/','type':'string','minimum':3,'exclusiveMinimum':true}");
	put_file(folder, ".hidden.json", "true");
	put_file(folder, "note.txt", "no JSON");
	put_file(folder, "list.json", "[]");
	put_file(folder, "bad.json", "{'type':1}");
	put_file(folder, "round.json", "{'$ref':'round.json'}");
	put_file(
		folder, "bare.json",
		"{'$schema':'http://json-schema.org/draft-07/schema#','$id':'http://e/bare','$ref':'#/definitions/a','definitions':{'a':{'type':'string'}}}");
	put_file(
		folder, "anchors.json",
		"{'$defs':{'1':{'$anchor':'a'},'2':{'$anchor':'a'},'3':{'$anchor':'b','type':'string'}}}");
	put_file(folder, "twice1.json", "{'$id':'http://e/twice','type':'string'}");
	put_file(folder, "twice2.json", "{'$id':'http://e/twice'}");
	put_file(
		folder, "meta.json",
		"{'$id':'http://e/meta','$schema':'https://json-schema.org/draft/2020-12/schema','$dynamicAnchor':'meta','$ref':'https://json-schema.org/draft/2020-12/schema','properties':{'x-owner':{'type':'string'}}}");
	put_file(
		folder, "strange.json",
		"{'$id':'http://e/strange','$schema':'https://json-schema.org/draft/2020-12/schema','$vocabulary':{'http://e/v':true}}");
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const char *wrong = open_registry(folder, row[i].schemas, row[i].more);

		if (wrong) {
			is_str(row[i].contract, tg_str_of(wrong), TG_STR("opens"));
			continue;
		}
		is_int(row[i].contract, open_contract(row[i].contract),
		       row[i].message ? TG_CONFIG : TG_OK);
		if (row[i].message && !strstr(err.text, row[i].message))
			is_str(row[i].contract, tg_str_of(err.text), json(row[i].message));
		if (!row[i].message && !err.text[0]) {
			is_int(row[i].contract, judge("'x'"), 1);
			is_int(row[i].contract, judge("1"), 0);
		}
	}
	wish.registry = NULL;
	ok("not there", strstr(open_registry(folder, "%/nope", NULL), "No such file") != NULL);
	ok("a list by its name",
	   strstr(open_registry(folder, "%/list.json", NULL), "a schema is an object") != NULL);
	put_file(folder, "broken.json", "{");
	ok("no JSON",
	   strstr(open_registry(folder, "%", NULL), "broken.json: line 1, column 2") != NULL);
	{
		struct tg_str command = tg_arena_format(&registry_arena, "rm -r %s", folder);

		ok("gone again", system(command.p) == 0);
	}
	tg_arena_release(&registry_arena);
	close_contract();
}

/* What would take for ever, or all memory, if it were done as it is written. */
TEST(contracts_without_measure)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_buffer_puts(&text, "{'patternProperties':{'^x':true");
	for (unsigned i = 0; i < 5000; i++)
		tg_buffer_printf(&text, ",'^a%u$':true", i);
	tg_buffer_puts(&text, "},'properties':{'x':true");
	for (unsigned i = 0; i < 5000; i++)
		tg_buffer_printf(&text, ",'p%u':true", i);
	tg_buffer_puts(&text, "}}");
	tg_buffer_putc(&text, '\0');
	is_int("patterns and names", open_contract(text.p), TG_CONFIG);
	ok("it is said",
	   strstr(err.text,
		  "/patternProperties: has 5001 patterns for 5001 names, which are too many together") !=
		   NULL);

	text.n = 0;
	for (unsigned i = 0; i < 900; i++)
		tg_buffer_puts(&text, "{'properties':{'a':");
	tg_buffer_puts(&text, "{'type':'null'}");
	for (unsigned i = 0; i < 900; i++)
		tg_buffer_puts(&text, "}}");
	tg_buffer_putc(&text, '\0');
	is_int("depth", open_contract(text.p), TG_OK);
	is_int("of the record's own", judge("{'a':{'a':{'a':1}}}"), 1);

	/* The anchor is another one by the way that leads there: no compiler sees the circle. */
	is_int("a circle",
	       open_contract(
		       "{'$id':'http://e/a','$dynamicAnchor':'x','$ref':'b','$defs':{'b':{'$id':'b','$dynamicRef':'#x','$defs':{'d':{'$dynamicAnchor':'x'}}}}}"),
	       TG_OK);
	(void)judge("1");
	is_str("a circle", tg_str_of(runner.work.code ? runner.work.code : ""), TG_STR("limit"));
	close_contract();
}
