#include "common/compat/compat.h"
#include "common/compat/keys.h"
#include "common/compat/shelf.h"
#include "common/compat/text.h"
#include "common/run/work.h"
#include "common/schema/format.h"
#include "tests/unit/tap.h"

#include <stdio.h>

/* Two versions, opened one after the other. */
static struct tg_arena arena;
static struct tg_setup setup = { .arena = &arena };
static struct tg_work work = { .setup = &setup };
static struct tg_contract contract[2];
static struct tg_schema *schema[2];
static struct tg_compat *compat;
static struct tg_error err;

/* Quotes in the tables' JSON are single ones. */
static struct tg_str json(const char *text)
{
	struct tg_str s = tg_arena_format(&arena, "%s", text);
	char *p = tg_arena_take(&arena, s.n + TG_SLACK);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] == '\'' ? '"' : s.p[i]);
	return tg_str_from(p, s.n);
}

static void close_pair(void)
{
	tg_compat_free(&compat);
	tg_schema_release(&schema[0]);
	tg_schema_release(&schema[1]);
	tg_arena_release(&work.arena);
	tg_arena_release(&arena);
}

static bool open_pair(const char *old, const char *new, bool lenient)
{
	const char *text[2] = { old, new };

	close_pair();
	for (unsigned i = 0; i < 2; i++) {
		struct tg_schema_wish wish = { .first = false };

		if (tg_contract_read(&contract[i], json(text[i]), i ? "new" : "old", &setup,
				     &err) ||
		    tg_schema_compile(&schema[i], &contract[i], &setup, &wish, &err)) {
			ok(text[i], false);
			return false;
		}
	}
	compat = tg_compat_new(schema[0], schema[1], lenient, NULL, &work);
	return true;
}

/* 'y', 'n' or '?'. */
static int letter(enum tg_compat_way way)
{
	static const char letters[] = { 'y', 'n', '?' };
	struct tg_compat_answer answer;

	tg_compat_ask(compat, way, &answer);
	return letters[answer.verdict];
}

struct row {
	const char *about, *old, *new;
	char backward, forward;
};

static void check_rows(const struct row *row, size_t n, bool lenient)
{
	for (size_t i = 0; i < n; i++) {
		if (!open_pair(row[i].old, row[i].new, lenient))
			continue;
		is_int(row[i].about, letter(TG_COMPAT_BACKWARD), row[i].backward);
		is_int(row[i].about, letter(TG_COMPAT_FORWARD), row[i].forward);
	}
	close_pair();
}

#define CHECK(row) check_rows(row, TG_COUNT(row), false)

// clang-format off


/* The ten kinds of changes that a well-known comparer of schemas as sets says nothing about, or refuses to look at. */
TEST(what_a_comparer_of_sets_missed)
{
	static const struct row row[] = {
		{ "multipleOf", "{'multipleOf':2}", "{'multipleOf':4}", 'n', 'y' },
		{ "pattern", "{'type':'string'}", "{'type':'string','pattern':'^a'}", 'n', 'y' },
		{ "format", "{'type':'string'}", "{'type':'string','format':'date'}", 'n', 'y' },
		{ "uniqueItems", "{'type':'array'}", "{'type':'array','uniqueItems':true}", 'n', 'y' },
		{ "patternProperties", "{'patternProperties':{'^x':{'type':'string'}}}", "{'patternProperties':{'^x':{'type':'integer'}}}", 'n', 'n' },
		{ "if and then", "{}", "{'if':{'properties':{'a':{'const':1}},'required':['a']},'then':{'required':['b']}}", 'n', 'y' },
		{ "const and enum", "{'const':1}", "{'enum':[1,2]}", 'y', 'n' },
		{ "propertyNames", "{'type':'object'}", "{'type':'object','propertyNames':{'maxLength':3}}", 'n', 'y' },
		{ "contains", "{'type':'array','contains':{'type':'integer'}}", "{'type':'array','contains':{'type':'number'}}", 'y', 'n' },
		{ "a reference that leads back", "{'properties':{'kids':{'items':{'$ref':'#'}},'n':{'type':'integer'}}}",
			"{'properties':{'kids':{'items':{'$ref':'#'}},'n':{'type':'number'}}}", 'y', 'n' },
	};

	CHECK(row);
}

/* Where the checker of a well-known registry is unsound, or calls a break what is none. */
TEST(what_a_registry_got_wrong)
{
	static const struct row row[] = {
		{ "a format is ignored", "{'type':'string'}", "{'type':'string','format':'email'}", 'n', 'y' },
		{ "propertyNames are ignored", "{'propertyNames':{'pattern':'^[a-z]+$'}}", "{'propertyNames':{'pattern':'^[a-m]+$'}}", 'n', 'y' },
		{ "what contains asks is ignored", "{'contains':{'type':'number'}}", "{'contains':{'type':'integer'}}", 'n', 'y' },
		{ "else is ignored", "{'if':{'type':'integer'},'else':{'type':'string'}}", "{'if':{'type':'integer'},'else':{'type':'null'}}", 'n', 'n' },
		{ "the schemas of patternProperties are ignored", "{'patternProperties':{'a':{'maxLength':5}}}", "{'patternProperties':{'a':{'maxLength':4}}}", 'n', 'y' },
		{ "a required name that is not declared", "{'type':'object'}", "{'type':'object','required':['a']}", 'n', 'y' },
		{ "required with a default", "{'properties':{'a':{}}}", "{'properties':{'a':{'default':1}},'required':['a']}", 'n', 'y' },
		{ "patternProperties alone do not close", "{'patternProperties':{'^x':{'type':'string'}}}",
			"{'patternProperties':{'^x':{'type':'string'}},'properties':{'a':{'type':'integer'}}}", 'n', 'y' },
		{ "a branch of oneOf that overlaps", "{'oneOf':[{'type':'integer'}]}", "{'oneOf':[{'type':'integer'},{'minimum':5}]}", 'n', 'n' },
		{ "bounds beyond a double", "{'maximum':9007199254740993}", "{'maximum':9007199254740992}", 'n', 'y' },
		{ "exclusiveMaximum alone", "{'type':'number','exclusiveMaximum':10}", "{'type':'number','exclusiveMaximum':9}", 'n', 'y' },
		{ "minimum 1 is exclusiveMinimum 0 of integers", "{'type':'integer','minimum':1}", "{'type':'integer','exclusiveMinimum':0}", 'y', 'y' },
		{ "const without a type to enum", "{'const':'a'}", "{'enum':['a']}", 'y', 'y' },
		{ "two old branches in one new one", "{'oneOf':[{'type':'string','maxLength':3},{'type':'string','minLength':5}]}", "{'oneOf':[{'type':'string'}]}", 'y', 'n' },
	};

	CHECK(row);
}

/* The tables of members: closed, partly open and open objects. */
TEST(members)
{
	static const struct row row[] = {
		{ "optional, closed", "{'type':'object','additionalProperties':false}", "{'type':'object','properties':{'p':{'type':'string'}},'additionalProperties':false}", 'y', 'n' },
		{ "optional, within the rest", "{'additionalProperties':{'type':'string'}}", "{'properties':{'p':{'maxLength':3,'type':'string'}},'additionalProperties':{'type':'string'}}", 'n', 'y' },
		{ "optional, around the rest", "{'additionalProperties':{'type':'string'}}", "{'properties':{'p':{}},'additionalProperties':{'type':'string'}}", 'y', 'n' },
		{ "optional, as the rest", "{'additionalProperties':{'type':'string'}}", "{'properties':{'p':{'type':'string'}},'additionalProperties':{'type':'string'}}", 'y', 'y' },
		{ "optional, open", "{}", "{'properties':{'p':{'type':'string'}}}", 'n', 'y' },
		{ "optional and anything, open", "{}", "{'properties':{'p':{}}}", 'y', 'y' },
		{ "required, closed", "{'type':'object','additionalProperties':false}", "{'type':'object','properties':{'p':{}},'required':['p'],'additionalProperties':false}", 'n', 'n' },
		{ "required, open", "{}", "{'properties':{'p':{'type':'string'}},'required':['p']}", 'n', 'y' },
		{ "made required", "{'properties':{'p':{}},'additionalProperties':false}", "{'properties':{'p':{}},'required':['p'],'additionalProperties':false}", 'n', 'y' },
		{ "made optional", "{'properties':{'p':{}},'required':['p']}", "{'properties':{'p':{}}}", 'y', 'n' },
		{ "removed, closed", "{'properties':{'p':{'type':'string'}},'additionalProperties':false}", "{'additionalProperties':false}", 'n', 'y' },
		{ "a member that never was, removed, closed", "{'properties':{'p':false},'additionalProperties':false}", "{'additionalProperties':false}", 'y', 'y' },
		{ "removed, open", "{'properties':{'p':{'type':'string'}}}", "{}", 'y', 'n' },
		{ "removed, required, open", "{'properties':{'p':{}},'required':['p']}", "{}", 'y', 'n' },
		{ "renamed, closed", "{'properties':{'p':{}},'additionalProperties':false}", "{'properties':{'q':{}},'additionalProperties':false}", 'n', 'n' },
		{ "closed", "{'properties':{'p':{}}}", "{'properties':{'p':{}},'additionalProperties':false}", 'n', 'y' },
		{ "a pattern takes over", "{'properties':{'x1':{'type':'string'}},'additionalProperties':false}", "{'patternProperties':{'^x':{'type':'string'}},'additionalProperties':false}", 'y', 'n' },
		{ "two patterns of the same names", "{'patternProperties':{'^a|^b':{'type':'string'}}}", "{'patternProperties':{'^[ab]':{'type':'string'}}}", 'y', 'y' },
		{ "dependentRequired", "{}", "{'dependentRequired':{'a':['b']}}", 'n', 'y' },
		{ "dependencies of draft 7", "{'$schema':'http://json-schema.org/draft-07/schema#','dependencies':{'a':['b']}}", "{'dependentRequired':{'a':['b']}}", 'y', 'y' },
		{ "dependentSchemas", "{'dependentSchemas':{'a':{'required':['b']}}}", "{'dependentRequired':{'a':['b']}}", 'y', 'y' },
		{ "counts", "{'minProperties':2}", "{'minProperties':1}", 'y', 'n' },
		{ "what must be there counts", "{'type':'object','required':['a','b']}", "{'type':'object','minProperties':2}", 'y', 'n' },
		{ "closed to two", "{'type':'object','properties':{'a':{},'b':{}},'additionalProperties':false}", "{'type':'object','maxProperties':2}", 'y', 'n' },
		{ "closed by names", "{'type':'object','propertyNames':{'enum':['a']}}", "{'type':'object','properties':{'a':{}},'additionalProperties':false}", 'y', 'y' },
		{ "unevaluated as additional", "{'properties':{'a':{}},'unevaluatedProperties':false}", "{'properties':{'a':{}},'additionalProperties':false}", 'y', 'y' },
		{ "unevaluated over allOf", "{'allOf':[{'properties':{'a':{}}},{'properties':{'b':{}}}],'unevaluatedProperties':false}",
			"{'properties':{'a':{},'b':{}},'additionalProperties':false}", 'y', 'y' },
		{ "unevaluated within unevaluated", "{'allOf':[{'properties':{'a':{}},'unevaluatedProperties':{'type':'string'}}],'unevaluatedProperties':false}",
			"{'properties':{'a':{}},'additionalProperties':{'type':'string'}}", 'y', 'y' },
		{ "unevaluated over anyOf", "{'anyOf':[{'properties':{'a':{}},'required':['a']},{'properties':{'b':{}}}],'unevaluatedProperties':false}",
			"{'properties':{'a':{},'b':{}},'additionalProperties':false}", 'y', 'y' },
		{ "unevaluated over oneOf", "{'oneOf':[{'properties':{'k':{'const':1},'a':{}},'required':['k']},{'properties':{'k':{'const':2},'b':{}},'required':['k']}],'unevaluatedProperties':false}",
			"{'properties':{'k':{},'a':{},'b':{}},'additionalProperties':false}", 'y', 'n' },
	};

	CHECK(row);
}

TEST(numbers)
{
	static const struct row row[] = {
		{ "the same number", "{'const':1}", "{'const':1.0}", 'y', 'y' },
		{ "integer in number", "{'type':'integer'}", "{'type':'number'}", 'y', 'n' },
		{ "integer is a step", "{'type':'integer'}", "{'type':'number','multipleOf':1}", 'y', 'y' },
		{ "draft 4 has no 1.0", "{'$schema':'http://json-schema.org/draft-04/schema#','type':'integer'}", "{'type':'integer'}", 'y', 'n' },
		{ "cents", "{'multipleOf':0.01}", "{'multipleOf':0.001}", 'y', 'n' },
		{ "steps that meet", "{'allOf':[{'multipleOf':4},{'multipleOf':6}]}", "{'multipleOf':12}", 'y', 'y' },
		{ "bounds inward", "{'type':'integer','minimum':0.5,'maximum':3.5}", "{'type':'integer','minimum':1,'maximum':3}", 'y', 'y' },
		{ "few numbers are a list", "{'type':'integer','minimum':1,'maximum':3}", "{'enum':[1,2,3]}", 'y', 'y' },
		{ "a wide one", "{'minimum':1e400}", "{'minimum':1e399}", 'y', 'n' },
		{ "none between", "{'exclusiveMinimum':1,'exclusiveMaximum':2,'type':'integer'}", "false", 'y', 'y' },
		{ "a hair", "{'type':'number','minimum':0.1}", "{'type':'number','minimum':0.10000000000000000000001}", 'n', 'y' },
		{ "bounds of draft 4", "{'$schema':'http://json-schema.org/draft-04/schema#','type':'number','minimum':1,'exclusiveMinimum':true}", "{'type':'number','exclusiveMinimum':1}", 'y', 'y' },
		{ "all but one", "{'type':'number','not':{'const':1}}", "{'type':'number'}", 'y', 'n' },
	};

	CHECK(row);
}

TEST(texts)
{
	static const struct row row[] = {
		{ "lengths", "{'type':'string','maxLength':5}", "{'type':'string','maxLength':6}", 'y', 'n' },
		{ "a pattern knows its lengths", "{'type':'string','pattern':'^[A-Z]{2}$'}", "{'type':'string','maxLength':2,'minLength':2}", 'y', 'n' },
		{ "the same in other words", "{'type':'string','pattern':'^(a|b)+$'}", "{'type':'string','pattern':'^[ab][ab]*$'}", 'y', 'y' },
		{ "words", "{'enum':['a','b']}", "{'type':'string','pattern':'^[ab]$'}", 'y', 'y' },
		{ "characters, not bytes", "{'type':'string','pattern':'^\u00e4$'}", "{'type':'string','maxLength':1}", 'y', 'n' },
		{ "not anchored", "{'type':'string','pattern':'ab'}", "{'type':'string','pattern':'a'}", 'y', 'n' },
		{ "look-ahead, the same", "{'type':'string','pattern':'(?=a)b'}", "{'type':['string','null'],'pattern':'(?=a)b'}", 'y', 'n' },
		{ "a date has ten characters", "{'type':'string','format':'date'}", "{'type':'string','maxLength':10}", 'y', 'n' },
		{ "a date is no moment", "{'type':'string','format':'date'}", "{'type':'string','format':'date-time'}", 'n', 'n' },
		{ "uri in iri", "{'type':'string','format':'uri'}", "{'type':'string','format':'iri'}", 'y', 'n' },
		{ "uri in uri-reference", "{'type':'string','format':'uri'}", "{'type':'string','format':'uri-reference'}", 'y', 'n' },
		{ "uri in iri-reference", "{'type':'string','format':'uri'}", "{'type':'string','format':'iri-reference'}", 'y', 'n' },
		{ "uuid is a pattern", "{'type':'string','format':'uuid'}", "{'type':'string','pattern':'^[-0-9A-Fa-f]{36}$'}", 'y', 'n' },
		{ "ipv4 is a pattern", "{'type':'string','pattern':'^(1|2)\\\\.0\\\\.0\\\\.1$'}", "{'type':'string','format':'ipv4'}", 'y', 'n' },
		{ "a number of the trade", "{'type':'string','x-format':'iban'}", "{'type':'string','maxLength':34}", 'y', 'n' },
		{ "a format nobody knows", "{'type':'string','format':'no-such'}", "{'type':'string'}", 'y', 'y' },
		{ "long texts", "{'type':'string','minLength':1000}", "{'type':'string','minLength':1001}", 'n', 'y' },
	};

	CHECK(row);
}

TEST(arrays)
{
	static const struct row row[] = {
		{ "items", "{'type':'array','items':{'type':'integer'}}", "{'type':'array','items':{'type':'number'}}", 'y', 'n' },
		{ "items false is empty", "{'type':'array','items':false}", "{'type':'array','maxItems':0}", 'y', 'y' },
		{ "a prefix and no more", "{'type':'array','prefixItems':[{},{}],'items':false}", "{'type':'array','maxItems':2}", 'y', 'y' },
		{ "the prefix of draft 7", "{'$schema':'http://json-schema.org/draft-07/schema#','items':[{'type':'string'}],'additionalItems':false}",
			"{'prefixItems':[{'type':'string'}],'items':false}", 'y', 'y' },
		{ "beyond the prefix", "{'type':'array','items':{'type':'string'}}", "{'type':'array','prefixItems':[{'type':'string'},{'type':'string'}],'items':{'type':'string'}}", 'y', 'y' },
		{ "contains at least one", "{'type':'array','contains':{}}", "{'type':'array','minItems':1}", 'y', 'y' },
		{ "contains more", "{'type':'array','contains':{'type':'null'},'minContains':2}", "{'type':'array','contains':{'type':'null'}}", 'y', 'n' },
		{ "contains at most", "{'type':'array','contains':{'type':'null'},'maxContains':2}", "{'type':'array','contains':{'type':'null'},'maxContains':3}", 'y', 'n' },
		{ "all of them are", "{'type':'array','items':{'type':'null'},'minItems':1}", "{'type':'array','contains':{'type':'null'}}", 'y', 'n' },
		{ "one cannot repeat itself", "{'type':'array','maxItems':1}", "{'type':'array','uniqueItems':true,'maxItems':1}", 'y', 'y' },
		{ "unique of few", "{'type':'array','items':{'enum':[1,2]},'uniqueItems':true}", "{'type':'array','items':{'enum':[1,2]}}", 'y', 'n' },
		{ "unevaluated items", "{'prefixItems':[{}],'unevaluatedItems':false}", "{'prefixItems':[{}],'items':false}", 'y', 'y' },
		{ "unevaluated and contains", "{'type':'array','contains':{'type':'null'},'unevaluatedItems':{'type':'string'}}", "{'type':'array','items':{'type':['null','string']}}", 'y', 'n' },
	};

	CHECK(row);
}

TEST(combinations)
{
	static const struct row row[] = {
		{ "allOf is what it comes to", "{'allOf':[{'minimum':1},{'maximum':5}]}", "{'minimum':1,'maximum':5}", 'y', 'y' },
		{ "anyOf of types", "{'anyOf':[{'type':'string'},{'type':'null'}]}", "{'type':['null','string']}", 'y', 'y' },
		{ "each branch in another", "{'anyOf':[{'type':'integer','minimum':5},{'type':'string','minLength':2}]}", "{'anyOf':[{'type':'string'},{'type':'number'}]}", 'y', 'n' },
		{ "pieces of one", "{'type':'integer'}", "{'anyOf':[{'minimum':0},{'maximum':0}]}", 'y', 'n' },
		{ "oneOf of what is apart", "{'oneOf':[{'type':'string'},{'type':'null'}]}", "{'anyOf':[{'type':'string'},{'type':'null'}]}", 'y', 'y' },
		{ "oneOf told apart by a word",
			"{'oneOf':[{'properties':{'k':{'const':'a'}},'required':['k']},{'properties':{'k':{'const':'b'}},'required':['k']}]}",
			"{'properties':{'k':{'enum':['a','b']}},'required':['k']}", 'y', 'n' },
		{ "not turned round", "{'not':{'minimum':5}}", "{'type':'number','exclusiveMaximum':5}", 'y', 'y' },
		{ "not of not", "{'not':{'not':{'type':'string'}}}", "{'type':'string'}", 'y', 'y' },
		{ "if as or", "{'if':{'type':'string'},'then':{'minLength':1},'else':{'type':'null'}}", "{'anyOf':[{'type':'string','minLength':1},{'type':'null'}]}", 'y', 'y' },
		{ "nothing is within all", "false", "{'type':'string'}", 'y', 'n' },
		{ "all is around nothing", "true", "{}", 'y', 'y' },
		{ "a contradiction is nothing", "{'type':'object','required':['a'],'properties':{'a':false}}", "{'type':'string'}", 'y', 'n' },
		{ "an enum against a schema", "{'enum':[{'a':1},[2],'c']}", "{'type':['object','array','string']}", 'y', 'n' },
		{ "order does not count", "{'enum':[{'a':1,'b':[1,2]}]}", "{'const':{'b':[1.0,2],'a':1}}", 'y', 'y' },
	};

	CHECK(row);
}

TEST(references)
{
	static const struct row row[] = {
		{ "a reference is what it leads to", "{'properties':{'a':{'$ref':'#/$defs/s'}},'$defs':{'s':{'type':'string'}}}", "{'properties':{'a':{'type':'string'}}}", 'y', 'y' },
		{ "a list, unrolled once", "{'$ref':'#/$defs/l','$defs':{'l':{'type':['object','null'],'properties':{'next':{'$ref':'#/$defs/l'}}}}}",
			"{'type':['object','null'],'properties':{'next':{'$ref':'#'}}}", 'y', 'y' },
		{ "two that lead to each other", "{'$ref':'#/$defs/a','$defs':{'a':{'properties':{'n':{'$ref':'#/$defs/b'}}},'b':{'properties':{'n':{'$ref':'#/$defs/a'}}}}}",
			"{'properties':{'n':{'$ref':'#'}}}", 'y', 'y' },
		{ "what never ends is nothing", "{'type':'object','required':['n'],'properties':{'n':{'$ref':'#'}}}", "{'type':'string'}", 'y', 'n' },
		{ "deep inside", "{'properties':{'n':{'$ref':'#'},'v':{'type':'integer'}}}", "{'properties':{'n':{'$ref':'#'},'v':{'type':'integer','maximum':9}}}", 'n', 'y' },
		/* B has no value while A is taken to have none, and has one once A has: what was found in between must be forgotten. */
		{ "what was only taken for nothing",
			"{'type':'object','required':['a'],'properties':{'a':{'$ref':'#/$defs/A'},'b':{'$ref':'#/$defs/B'}},'$defs':{"
			"'A':{'anyOf':[{'type':'array','minItems':1,'items':{'$ref':'#/$defs/B'}},{'type':'object','required':['k']}]},"
			"'B':{'type':'array','minItems':1,'items':{'$ref':'#/$defs/A'}}}}",
			"{'type':'object','required':['a'],'properties':{'a':{},'b':false}}", 'n', 'n' },
		{ "a dynamic one with one way", "{'$dynamicAnchor':'a','properties':{'n':{'$dynamicRef':'#a'},'v':{'type':'integer'}}}", "{'properties':{'n':{'$ref':'#'},'v':{'type':'number'}}}", 'y', 'n' },
		{ "a dynamic one with two ways",
			"{'$id':'http://a/x','anyOf':[{'$ref':'l'},{'$ref':'s'}],'$defs':{'l':{'$id':'l','type':'array','items':{'$dynamicRef':'#i'},'$defs':{'i':{'$dynamicAnchor':'i','type':'integer'}}},"
			"'s':{'$id':'s','$ref':'l','$defs':{'i':{'$dynamicAnchor':'i','type':'string'}}}}}",
			"{'type':'array','anyOf':[{'items':{'type':'integer'}},{'items':{'type':'string'}}]}", 'y', 'y' },
	};

	CHECK(row);
}

TEST(the_lenient_policy)
{
	static const struct row row[] = {
		{ "optional, open", "{'properties':{'a':{}}}", "{'properties':{'a':{},'p':{'type':'string'}}}", 'y', 'y' },
		{ "removed, open", "{'properties':{'a':{},'p':{'type':'string'}}}", "{'properties':{'a':{}}}", 'y', 'y' },
		{ "another type", "{'properties':{'a':{'type':'string'}}}", "{'properties':{'a':{'type':'integer'}}}", 'n', 'n' },
		{ "required", "{'properties':{'a':{}}}", "{'properties':{'a':{},'p':{}},'required':['p']}", 'n', 'y' },
		{ "the reader is closed", "{'properties':{'a':{},'p':{}}}", "{'properties':{'a':{}},'additionalProperties':false}", 'n', 'y' },
		{ "what declares nothing stays open", "{'type':'object'}", "{'type':'object','properties':{'p':{'type':'string'}}}", 'n', 'y' },
		{ "over allOf", "{'allOf':[{'properties':{'a':{}}},{'properties':{'b':{}}}]}", "{'properties':{'a':{},'b':{},'c':{'type':'null'}}}", 'y', 'y' },
		{ "within", "{'properties':{'o':{'properties':{'a':{}}}}}", "{'properties':{'o':{'properties':{'a':{},'b':{'type':'null'}}}}}", 'y', 'y' },
		{ "additionalProperties true is open too", "{'properties':{'a':{}},'additionalProperties':true}", "{'properties':{'a':{},'p':{'type':'string'}}}", 'y', 'y' },
	};

	check_rows(row, TG_COUNT(row), true);
}

// clang-format on

/* The first difference that is told. */
TEST(differences)
{
	static const struct {
		const char *old, *new, *pointer, *keyword;
		int effect;
	} row[] = {
		// clang-format off
		{ "{'properties':{'a':{'maxLength':3}}}", "{'properties':{'a':{'maxLength':4}}}", "/properties/a/maxLength", "maxLength", TG_COMPAT_WIDENED },
		{ "{'properties':{'a':{'type':'string'}}}", "{'properties':{'a':{'type':'null'}}}", "/properties/a/type", "type", TG_COMPAT_CHANGED },
		{ "{'items':{'minimum':1}}", "{'items':{'minimum':2}}", "/items/minimum", "minimum", TG_COMPAT_NARROWED },
		{ "{}", "{'required':['a']}", "/required/0", "required", TG_COMPAT_NARROWED },
		{ "{'properties':{'a':{}},'additionalProperties':false}", "{'additionalProperties':false}", "/properties/a", "properties", TG_COMPAT_NARROWED },
		{ "{'const':1}", "{'const':2}", "/const", "const", TG_COMPAT_CHANGED },
		{ "{'anyOf':[{'type':'null'},{'minimum':1}]}", "{'anyOf':[{'type':'null'},{'minimum':0}]}", "/anyOf/1/minimum", "minimum", TG_COMPAT_WIDENED },
		{ "{'allOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{'minimum':1}}}", "{'allOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{'minimum':0}}}", "/$defs/a/minimum", "minimum", TG_COMPAT_WIDENED },
		{ "{'additionalProperties':{'type':'string'}}", "{'additionalProperties':{'type':['string','null']}}", "/additionalProperties/type", "type", TG_COMPAT_WIDENED },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const struct tg_compat_change *change;
		size_t n;

		if (!open_pair(row[i].old, row[i].new, false))
			continue;
		tg_compat_changes(compat, &change, &n);
		is_int(row[i].new, (long long)n, 1);
		if (n == 0)
			continue;
		is_str(row[i].new, change[0].new.p ? change[0].new : change[0].old,
		       tg_str_of(row[i].pointer));
		is_str(row[i].new, tg_str_of(change[0].keyword), tg_str_of(row[i].keyword));
		is_int(row[i].new, change[0].effect, row[i].effect);
	}
	close_pair();
}

TEST(keys_beyond_the_schema)
{
	static const struct {
		const char *old, *new;
		int n, effect;
		bool narrows, widens;
	} row[] = {
		// clang-format off
		{ "{'x-key':['/a']}", "{'x-key':['/a']}", 0, 0, false, false },
		{ "{'x-key':['/a']}", "{'x-key':['/b']}", 1, TG_COMPAT_CHANGED, true, true },
		{ "{}", "{'x-key':['/b']}", 1, TG_COMPAT_CHANGED, true, true },
		{ "{'x-csv':{'delimiter':';'}}", "{'x-csv':{'delimiter':','}}", 1, TG_COMPAT_CHANGED, true, true },
		{ "{'x-unique':[['/a']]}", "{'x-unique':[['/a'],['/b']]}", 1, TG_COMPAT_NARROWED, true, false },
		{ "{'x-unique':[['/a']]}", "{}", 1, TG_COMPAT_WIDENED, false, true },
		{ "{'properties':{'a':{'x-class':'restricted'}}}", "{'properties':{'a':{'x-class':'public'}}}", 1, TG_COMPAT_SAME, false, false },
		{ "{'properties':{'a':{'x-class':'public'}}}", "{'properties':{'a':{'x-class':'restricted'}}}", 0, 0, false, false },
		{ "{'properties':{'a':{'x-normalize':['fold']}}}", "{'properties':{'a':{}}}", 1, TG_COMPAT_CHANGED, true, true },
		{ "{'title':'a','x-version':'1.0.0'}", "{'title':'b','x-version':'1.0.1'}", 0, 0, false, false },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_compat_change *change;
		size_t n;

		if (!open_pair(row[i].old, row[i].new, false))
			continue;
		tg_compat_keys(&change, &n, &contract[0], &contract[1], &arena);
		is_int(row[i].new, (long long)n, row[i].n);
		if (n != 1)
			continue;
		is_int(row[i].new, change[0].effect, row[i].effect);
		is_int(row[i].new, change[0].narrows, row[i].narrows);
		is_int(row[i].new, change[0].widens, row[i].widens);
	}
	close_pair();
}

TEST(versions)
{
	static const struct {
		const char *text;
		bool good;
	} row[] = {
		{ "1.2.0", true },    { "0.0.0", true },    { "10.20.30", true },
		{ "1.2", false },     { "1.2.", false },    { "01.2.3", false },
		{ "1.2.3-a", false }, { "", false },	    { "1..3", false },
		{ "v1.2.3", false },  { "1.2.3.4", false }, { "1.2.99999999999999999999", false },
	};
	struct tg_version a = { { 1, 2, 3 } }, b = { { 1, 10, 0 } };

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_version version;

		is_int(row[i].text, tg_version_read(tg_str_of(row[i].text), &version), row[i].good);
	}
	ok("numbers, not texts", tg_version_compare(&a, &b) < 0);
	is_int("minor", tg_version_step(&a, &b), 1);
	is_int("nothing", tg_version_step(&a, &a), 3);
}

/* What is said of the formats must hold of all texts; these come close to each. */
TEST(what_is_known_of_formats)
{
	struct tg_forms forms;
	struct tg_solver solver;

	tg_forms_init(&forms);
	tg_solver_init(&solver, &forms, &work);
	for (size_t i = 0; tg_text_samples[i]; i++) {
		struct tg_str text = tg_arena_copy(&arena, tg_str_of(tg_text_samples[i]));

		for (size_t k = 0; tg_text_known(k); k++) {
			const struct tg_known_format *known = tg_text_known(k);
			const struct tg_format *format = tg_format_find(tg_str_of(known->name));
			const struct tg_dfa *dfa = tg_text_format_dfa(&solver, known);
			bool is, within;

			if (!format)
				format = tg_format_find_trade(tg_str_of(known->name));
			ok(known->name, format && dfa);
			if (!format || !dfa)
				continue;
			is = format->is(text);
			within = tg_dfa_match(dfa, text);
			ok(text.p, !is || within);
			ok(text.p, !known->exactly || is == within);
			for (unsigned n = 0; n < TG_COUNT(known->also) && known->also[n]; n++)
				ok(text.p,
				   !is || tg_format_find(tg_str_of(known->also[n]))->is(text));
		}
	}
	tg_solver_release(&solver);
	tg_forms_release(&forms);
	tg_arena_release(&arena);
}
