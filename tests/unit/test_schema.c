#include "common/json/scan.h"
#include "common/run/runner.h"
#include "common/schema/schema.h"
#include "common/schema/uri.h"
#include "tests/unit/tap.h"

#include <stdio.h>

/* A contract and what judges by it. One at a time. */
static struct tg_program program;
static struct tg_runner runner;
static struct tg_arena arena;
static struct tg_setup setup = { .arena = &arena };
static struct tg_contract contract;
static struct tg_schema *schema;
static struct tg_scanner *scanner;
static struct tg_error err;
static struct tg_schema_wish wish;

/* Quotes in the tables' JSON are single ones. */
static struct tg_str json(const char *text)
{
	struct tg_str s = tg_arena_format(&arena, "%s", text);
	char *p = tg_arena_take(&arena, s.n + TG_SLACK);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] == '\'' ? '"' : s.p[i]);
	return tg_str_from(p, s.n);
}

static void close_contract(void)
{
	tg_schema_release(&schema);
	tg_scanner_free(&scanner);
	tg_runner_release(&runner);
	tg_arena_release(&arena);
}

static enum tg_status open_contract(const char *text)
{
	enum tg_status st;

	close_contract();
	err = TG_ERROR_INIT;
	tg_runner_init(&runner, &program);
	runner.work.setup = &setup;
	scanner = tg_scanner_new();
	st = tg_contract_read(&contract, json(text), "c.json", &setup, &err);
	return st ? st : tg_schema_compile(&schema, &contract, &setup, &wish, &err);
}

static struct tg_record record;

/* 1: valid, 0: not, -1: no JSON. The faults are left in runner.work. */
static int judge(const char *text)
{
	bool valid;

	if (tg_scan(scanner, json(text), &record) != TG_SCAN_OK)
		return -1;
	tg_runner_next(&runner);
	valid = tg_schema_valid(schema, &record, &runner.work);
	ok("both ways agree", (tg_schema_check(schema, &record, &runner.work) == TG_PASS) == valid);
	ok("a reject has a fault", valid == (runner.work.fault_count == 0));
	return valid;
}

struct row {
	const char *contract, *record;
	int valid;
};

static void judge_all(const struct row *row, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		if (row[i].contract && open_contract(row[i].contract)) {
			is_str(row[i].contract, tg_str_of(err.text), TG_STR("compiles"));
			continue;
		}
		is_int(row[i].record, judge(row[i].record), row[i].valid);
	}
	close_contract();
}

/* The public suite covers the keywords (tests/unit/test_schema_suite.c); here is what it has not. */
TEST(numbers_are_exact)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'maximum':9007199254740993}", "9007199254740993", 1 },
		{ NULL, "9007199254740994", 0 },
		{ NULL, "9007199254740993.0000000000000000001", 0 },
		{ NULL, "-99999999999999999999999", 1 },
		{ "{'exclusiveMinimum':0}", "1e-999999999999999999999", 1 },
		{ NULL, "-0.0", 0 },
		{ "{'minimum':-5}", "-5", 1 },
		{ NULL, "-6", 0 },
		{ NULL, "-5.0", 1 },
		{ NULL, "999999999999999999999", 1 },
		{ "{'multipleOf':0.01}", "19.99", 1 },
		{ NULL, "19.999", 0 },
		{ NULL, "1e300", 1 },
		{ "{'const':1.0}", "1", 1 },
		{ NULL, "10e-1", 1 },
		{ NULL, "true", 0 },
		{ "{'enum':[1e400,'1e400']}", "10e399", 1 },
		{ NULL, "'1e400'", 1 },
		{ NULL, "'10e399'", 0 },
		{ "{'type':'integer'}", "1e3", 1 },
		{ NULL, "1.5e0", 0 },
		{ "{'minLength':1.0,'maxLength':2e0}", "'ab'", 1 },
		{ NULL, "'abc'", 0 },
		{ "{'minItems':99999999999999999999}", "[1]", 0 },
		{ "{'maxItems':99999999999999999999}", "[1]", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(texts_are_compared_decoded)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'const':'a\\u0000b'}", "'\\u0061\\u0000b'", 1 },
		{ NULL, "'a'", 0 },
		{ "{'properties':{'\\u0061':{'type':'integer'}},'required':['a'],'additionalProperties':false}", "{'\\u0061':1}", 1 },
		{ NULL, "{'a':'1'}", 0 },
		{ NULL, "{'b':1}", 0 },
		{ "{'maxLength':1}", "'\\ud83d\\ude00'", 1 },
		{ NULL, "'\xf0\x9f\x98\x80'", 1 },
		{ NULL, "'u\\u0308'", 0 },
		{ "{'minLength':2}", "'\xf0\x9f\x98\x80'", 0 },
		{ NULL, "'\\ud83d\\ude00\\n'", 1 },
		{ "{'pattern':'^\\\\n$'}", "'\\u000a'", 1 },
		{ "{'format':'date'}", "'2025\\u002d11-05'", 1 },
		{ "{'properties':{'a_name_of_more_than_16_bytes':true,'a_name_of_more_than_17_bytes':false}}", "{'a_name_of_more_than_16_bytes':1}", 1 },
		{ NULL, "{'a_name_of_more_than_17_bytes':1}", 0 },
		{ NULL, "{'a_name_of_nore_than_17_bytes':1}", 1 },
		{ "{'properties':{'':{'type':'null'}},'additionalProperties':false}", "{'':null}", 1 },
		{ NULL, "{'':1}", 0 },
		{ NULL, "{'\\u0000':null}", 0 },
		{ "{'required':['b'],'additionalProperties':{'type':'null'}}", "{'':null,'b':null}", 1 },
		{ NULL, "{'':1,'b':null}", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(members_in_any_order)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'properties':{'a':{'type':'integer'},'b':{'type':'object','required':['x']},'c':{'enum':['p','q']}},'required':['a','c'],"
		  "'additionalProperties':false}", "{'a':1,'b':{'x':1},'c':'p'}", 1 },
		{ NULL, "{'c':'q','b':{'x':1},'a':1}", 1 },
		{ NULL, "{'c':'q','a':1}", 1 },
		{ NULL, "{'a':1,'b':{},'c':'p'}", 0 },
		{ NULL, "{'a':1,'b':{'x':1}}", 0 },
		{ NULL, "{'b':{'x':1},'c':'p','a':'1'}", 0 },
		{ NULL, "{'a':1,'c':'p','d':1}", 0 },
		{ NULL, "{'a':1,'c':'r'}", 0 },
		{ "{'properties':{'ab':{'minimum':1}},'patternProperties':{'^a':{'maximum':5},'b$':{'multipleOf':2}},'additionalProperties':{'type':'null'}}",
		  "{'ab':2}", 1 },
		{ NULL, "{'ab':3}", 0 },
		{ NULL, "{'ab':0}", 0 },
		{ NULL, "{'ab':6}", 0 },
		{ NULL, "{'ac':5,'cb':8,'x':null}", 1 },
		{ NULL, "{'x':1}", 0 },
		{ NULL, "{'axb':3}", 0 },
		{ "{'dependentRequired':{'a':['b','c']},'properties':{'a':{'type':'integer'}}}", "{'a':1,'b':1,'c':1}", 1 },
		{ NULL, "{'a':1,'b':1}", 0 },
		{ NULL, "{'b':1}", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(references_and_loops)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'$ref':'#/$defs/a~1b','$defs':{'a/b':{'type':'integer'}}}", "1", 1 },
		{ NULL, "'1'", 0 },
		{ "{'$ref':'#x','$defs':{'y':{'$anchor':'x','type':'integer'}}}", "'1'", 0 },
		{ "{'$id':'http://e/r','$defs':{'i':{'$id':'i','$defs':{'t':{'type':'null'}}}},'properties':{'a':{'$ref':'i#/$defs/t'}}}", "{'a':null}", 1 },
		{ NULL, "{'a':1}", 0 },
		{ "{'type':['array','null'],'items':{'$ref':'#'}}", "[[[null]],[]]", 1 },
		{ NULL, "[[[1]]]", 0 },
		{ "{'properties':{'n':{'$ref':'#'}},'additionalProperties':false}", "{'n':{'n':{'n':{}}}}", 1 },
		{ NULL, "{'n':{'n':{'m':{}}}}", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(branches_told_apart_by_a_word)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'oneOf':[{'properties':{'t':{'const':'a'},'x':{'type':'integer'}},'required':['t']},"
		  "{'$ref':'#/$defs/b'}],'$defs':{'b':{'properties':{'t':{'enum':['b','c']},'y':{'type':'null'}},'required':['t']}}}", "{'t':'a','x':1}", 1 },
		{ NULL, "{'t':'a','x':null}", 0 },
		{ NULL, "{'t':'c','y':null}", 1 },
		{ NULL, "{'t':'c','y':1}", 0 },
		{ NULL, "{'t':'d'}", 0 },
		{ NULL, "{'t':'\\u0061','x':1}", 1 },
		{ NULL, "{'t':1}", 0 },
		{ NULL, "{}", 0 },
		{ NULL, "1", 0 }, /* both */
		/* A word that two branches take chooses none. */
		{ "{'anyOf':[{'properties':{'t':{'enum':['a','b']}},'required':['x']},{'properties':{'t':{'enum':['b','c']}}}]}", "{'t':'b'}", 1 },
		{ NULL, "{'t':'a'}", 0 },
		{ NULL, "{'t':'a','x':1}", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(unevaluated)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'anyOf':[{'properties':{'a':true},'required':['a']},{'properties':{'b':true},'required':['b']}],'unevaluatedProperties':false}",
		  "{'a':1,'b':1}", 1 },
		{ NULL, "{'a':1,'c':1}", 0 },
		{ NULL, "{'b':1}", 1 },
		{ "{'not':{'not':{'properties':{'a':true}}},'unevaluatedProperties':false}", "{'a':1}", 0 },
		{ "{'properties':{'x':{'unevaluatedProperties':false,'properties':{'y':true}}},'unevaluatedProperties':false}", "{'x':{'y':1}}", 1 },
		{ NULL, "{'x':{'z':1}}", 0 },
		{ NULL, "{'z':1}", 0 },
		{ "{'contains':{'type':'null'},'unevaluatedItems':{'type':'integer'}}", "[null,1,null,2]", 1 },
		{ NULL, "[null,'1']", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(equal_items_few_and_many)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'uniqueItems':true}", "[1,2,3,4,5,6,7,8,9,10,11,12]", 1 },
		{ NULL, "[1,2,3,4,5,6,7,8,9,10,11,1.0e0]", 0 },
		{ NULL, "['a','b','c','d','e','f','g','h','i','\\u0061']", 0 },
		{ NULL, "[[1],[2],[3],[4],[5],[6],[7],[8],[9],[10e-1]]", 0 },
		{ NULL, "[{'a':1,'b':2},1,2,3,4,5,6,7,8,{'b':2,'a':1}]", 0 },
		{ NULL, "[0,false,null,'',[],{},1,true,'1','null','true']", 1 },
		{ NULL, "[{'a':1,'b':2},{'b':2,'a':1}]", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

/*
 * Messages
 */

/* The first fault has this in it. */
static void has(const char *about, const char *part)
{
	struct tg_str faults = tg_buffer_str(&runner.work.faults), want = json(part);

	if (!memmem(faults.p, faults.n, want.p, want.n))
		is_str(about, faults, want);
	else
		ok(about, true);
}

TEST(what_is_wrong_in_words)
{
	static const struct {
		const char *contract, *record, *fault;
	} row[] = {
		// clang-format off
		{ "{'type':'object','required':['id','email'],'additionalProperties':false,'properties':{"
		  "'id':{'type':'string'},'email':{'format':'email','x-class':'confidential'},'country':{'enum':['DE','FR'],'x-class':'public'},"
		  "'amount':{'type':'number','x-class':'internal'},'secret':{'type':'number'},'qty':{'type':'integer','minimum':1},"
		  "'code':{'pattern':'^[A-Z]+$','minLength':2},'n':{'anyOf':[{'type':'string'},{'type':'null'}]},"
		  "'tags':{'type':'array','uniqueItems':true,'maxItems':3},'odd':{'not':{'multipleOf':2}},"
		  "'old':{'type':'string','description':'two letters'},'of':{'const':'x y'},"
		  "'deep':{'x-class':'public','properties':{'in':{'maximum':1},'hid':{'maximum':1,'x-class':'restricted'}}},"
		  "'map':{'propertyNames':{'maxLength':3}},'list':{'prefixItems':[true],'items':false}}}",
		  "1", "{'pointer':'','keyword':'type','message':'is a number, must be an object','schema':'/type'}" },
		{ NULL, "{'id':'1'}", "{'pointer':'','keyword':'required','message':'email is missing','schema':'/required'}" },
		{ NULL, "{'id':'1','e-mail':'a@b'}", "'message':'email is missing','schema':'/required','hint':'the record has e-mail'}" },
		{ NULL, "{'id':'1','email':'a@b','contry':'DE'}",
		  "{'pointer':'/contry','keyword':'additionalProperties','message':'is not a known field','schema':'/additionalProperties','hint':'did you mean country?'}" },
		{ NULL, "{'id':3,'email':'a@b'}", "'message':'is a number, must be a string','schema':'/properties/id/type','hint':'send it in quotes'" },
		{ NULL, "{'id':'','email':'qqzz'}", "{'pointer':'/email','keyword':'format','message':'is not an e-mail address','schema':'/properties/email/format'}" },
		{ NULL, "{'id':'','email':'a@b','country':'Germany'}", "'message':'is \\'Germany\\', must be one of DE, FR'" },
		{ NULL, "{'id':'','email':'a@b','country':'DEU'}", "'hint':'did you mean DE?'" },
		{ NULL, "{'id':'','email':'a@b','amount':'12.50'}", "'message':'is a string, must be a number','schema':'/properties/amount/type','hint':'send 12.50 without quotes'" },
		{ NULL, "{'id':'','email':'a@b','secret':'12.50'}", "'hint':'send it without quotes'" },
		{ NULL, "{'id':'','email':'a@b','qty':0}", "'message':'is too small, must be at least 1'" },
		{ NULL, "{'id':'','email':'a@b','qty':1.5}", "'keyword':'type','message':'is a number with a fraction, must be an integer'" },
		{ NULL, "{'id':'','email':'a@b','code':'x'}", "'message':'has 1 character, needs at least 2'" },
		{ NULL, "{'id':'','email':'a@b','code':'xx'}", "'message':'does not match the pattern ^[A-Z]+$'" },
		{ NULL, "{'id':'','email':'a@b','n':5}", "'keyword':'anyOf','message':'is a number, must be a string or null','schema':'/properties/n/anyOf','hint':'send it in quotes'" },
		{ NULL, "{'id':'','email':'a@b','tags':[1,2,1]}", "'message':'must not hold the same twice, but items 0 and 2 are equal'" },
		{ NULL, "{'id':'','email':'a@b','tags':[1,2,3,4]}", "'message':'has 4 items, may have at most 3'" },
		{ NULL, "{'id':'','email':'a@b','odd':4}", "'message':'is of a form that the contract rules out','schema':'/properties/odd/not'" },
		{ NULL, "{'id':'','email':'a@b','old':[]}", "'message':'is an array, must be a string'" },
		{ NULL, "{'id':'','email':'a@b','of':'x'}", "'message':'is not \\'x y\\'','schema':'/properties/of/const'" },
		{ NULL, "{'id':'','email':'a@b','of':1}", "'message':'is a number, must be \\'x y\\''" },
		{ NULL, "{'id':'','email':'a@b','deep':{'in':2}}", "{'pointer':'/deep/in','keyword':'maximum','message':'is 2, must be at most 1'" },
		{ NULL, "{'id':'','email':'a@b','deep':{'hid':2}}", "'message':'is too large, must be at most 1'" },
		{ NULL, "{'id':'','email':'a@b','map':{'abcd':1}}", "{'pointer':'/map/abcd','keyword':'maxLength','message':'its name has 4 characters, may have at most 3'" },
		{ NULL, "{'id':'','email':'a@b','list':[1,2]}", "{'pointer':'/list/1','keyword':'items','message':'is one item too many'" },
		{ "{'oneOf':[{'properties':{'type':{'const':'card'},'last4':{}},'required':['type','last4']},"
		  "{'properties':{'type':{'const':'sepa'},'iban':{'minLength':15}},'required':['type','iban']}]}",
		  "{'type':'sepa','iban':'XX12'}", "{'pointer':'/iban','keyword':'minLength','message':'has 4 characters, needs at least 15'" },
		{ NULL, "{'type':'cash'}", "{'pointer':'/type','keyword':'oneOf','message':'is none of card, sepa','schema':'/oneOf'}" },
		{ "{'oneOf':[{'type':'integer'},{'minimum':5}]}", "7", "'keyword':'oneOf','message':'fits 2 of the 2 forms, must fit exactly one'" },
		{ "{'anyOf':[{'properties':{'a':{'properties':{'x':{'type':'integer'}}}}},{'properties':{'a':{'type':'string'}}}]}",
		  "{'a':{'x':'1'}}", "{'pointer':'/a/x','keyword':'type'" },
		{ "{'contains':{'const':1},'minContains':2}", "[1,2]", "'keyword':'minContains','message':'has 1 item as `contains` describes, needs at least 2'" },
		{ "{'dependentRequired':{'card':['address']}}", "{'card':1}", "'keyword':'dependentRequired','message':'address is missing, which must be there beside card'" },
		{ "{'$ref':'#/$defs/x','$defs':{'x':{'type':'null'}}}", "1", "'schema':'/$defs/x/type'" },
		{ "false", "1", "{'pointer':'','keyword':'false','message':'is not allowed here','schema':''}" },
		{ "{'properties':{'a':false}}", "{'a':1}", "{'pointer':'/a','keyword':'properties','message':'is not allowed here','schema':'/properties/a'}" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (row[i].contract)
			is_int(row[i].contract, open_contract(row[i].contract), TG_OK);
		is_int(row[i].record, judge(row[i].record), 0);
		has(row[i].record, row[i].fault);
	}
	close_contract();
}

TEST(values_that_may_not_be_seen)
{
	static const char *const row[] = { "{'e':'qqzz'}", "{'e':'qqzz','w':'qqzz'}",
					   "{'n':7788}",   "{'o':{'p':'qqzz'}}",
					   "{'q':'qqzz'}", "['qqzz']" };

	is_int("compiles",
	       open_contract(
		       "{'type':'object','properties':{'e':{'format':'email','x-class':'confidential'},"
		       "'w':{'enum':['qqzy'],'x-class':'restricted'},'n':{'maximum':5},"
		       "'o':{'x-class':'confidential','properties':{'p':{'const':'x'}}},"
		       "'q':{'allOf':[{'x-class':'public','maxLength':2},{'x-class':'restricted'}]}}}"),
	       TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str faults;

		is_int(row[i], judge(row[i]), 0);
		faults = tg_buffer_str(&runner.work.faults);
		ok(row[i], !memmem(faults.p, faults.n, "qqzz", 4) &&
				   !memmem(faults.p, faults.n, "7788", 4));
	}
	setup.show_values = true;
	(void)judge("{'n':7788}");
	has("--show-values", "is 7788, must be at most 5");
	setup.show_values = false;
	close_contract();
}

TEST(all_faults_by_place)
{
	struct tg_str faults;
	const char *a, *b, *c;

	is_int("compiles",
	       open_contract(
		       "{'required':['z'],'properties':{'a':{'type':'null'},'b':{'type':'null'}},"
		       "'allOf':[{'$ref':'#/$defs/r'},{'$ref':'#/$defs/r'}],'$defs':{'r':{'required':['z']}}}"),
	       TG_OK);
	is_int("three", judge("{'b':1,'a':2}"), 0);
	faults = tg_buffer_str(&runner.work.faults);
	a = memmem(faults.p, faults.n, "z is missing", 12);
	b = memmem(faults.p, faults.n, "\"/b\"", 4);
	c = memmem(faults.p, faults.n, "\"/a\"", 4);
	ok("in the order of the record", a && b && c && a < b && b < c);
	is_int("the same rule once: 'required' twice, 'type' twice", runner.work.fault_count, 4);
	is_int("compiles", open_contract("{'items':{'type':'null'}}"), TG_OK);
	is_int("many", judge("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), 0);
	is_int("are counted", runner.work.fault_count, 25);
	close_contract();
}

TEST(the_member_of_provenance_is_no_member)
{
	is_int("compiles",
	       open_contract(
		       "{'additionalProperties':false,'properties':{'a':{'type':'integer'}},'maxProperties':1,"
		       "'propertyNames':{'maxLength':1},'required':['a']}"),
	       TG_OK);
	(void)judge("{'a':1,'_source':{'line':1}}");
	for (uint32_t i = 0; i < 2; i++) {
		record.source = i ? 4 : 0; /* where the scan has left its value */
		tg_runner_next(&runner);
		is_int(i ? "honoured" : "not honoured",
		       tg_schema_valid(schema, &record, &runner.work), (int)i);
		is_int("and in full", tg_schema_check(schema, &record, &runner.work) == TG_PASS,
		       (int)i);
	}
	close_contract();
}

TEST(limits_are_no_verdict)
{
	is_int("compiles",
	       open_contract(
		       "{'properties':{'a':{'pattern':'^(?=a)(a+)+$'}},'patternProperties':{'^(?=b)(b+)+$':true}}"),
	       TG_OK);
	(void)judge("{'a':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'}");
	is_str("pattern", tg_str_of(runner.work.code), TG_STR("limit"));
	has("its place", "{'pointer':'/a','keyword':'pattern'");
	has("its place", "'schema':'/properties/a/pattern'");
	(void)judge("{'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb!':1}");
	is_str("of a name", tg_str_of(runner.work.code), TG_STR("limit"));
	has("its place", "'keyword':'patternProperties'");
	/* Each level asks twice about the next: 2 to the 60th power questions, were there no bound. */
	is_int("compiles",
	       open_contract(
		       "{'type':['array','null'],'anyOf':[{'items':{'$ref':'#'},'maxItems':0},{'items':{'$ref':'#'},'minItems':5},"
		       "{'items':{'$ref':'#'},'minItems':6}]}"),
	       TG_OK);
	(void)judge(
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
	is_int("a record", runner.work.fault_count > 0, 1);
	close_contract();
}

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

TEST(references_against_a_base)
{
	static const struct {
		const char *reference, *whole;
	} row[] = {
		/* RFC 3986, 5.4, base http://a/b/c/d;p?q */
		// clang-format off
		{ "g:h", "g:h" }, { "g", "http://a/b/c/g" }, { "./g", "http://a/b/c/g" }, { "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" }, { "//g", "http://g" }, { "?y", "http://a/b/c/d;p?y" }, { "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q" }, { "g#s", "http://a/b/c/g" }, { ";x", "http://a/b/c/;x" }, { "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" }, { "..", "http://a/b/" }, { "../g", "http://a/b/g" }, { "../..", "http://a/" },
		{ "../../../g", "http://a/g" }, { "/./g", "http://a/g" }, { "/../g", "http://a/g" }, { "g.", "http://a/b/c/g." },
		{ "..g", "http://a/b/c/..g" }, { "./../g", "http://a/b/g" }, { "g/./h", "http://a/b/c/g/h" }, { "g/../h", "http://a/b/c/h" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		out.n = 0;
		tg_uri_resolve(&out, TG_STR("http://a/b/c/d;p?q"), tg_str_of(row[i].reference));
		is_str(row[i].reference, tg_buffer_str(&out), tg_str_of(row[i].whole));
	}
}
