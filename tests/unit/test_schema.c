#include "common/base/cpu.h"
#include "common/json/scan.h"
#include "common/run/runner.h"
#include "common/schema/format.h"
#include "common/schema/registry.h"
#include "common/schema/uri.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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
/* The usual addresses are told by masks, where the machine has them, and all others a byte at a time. */
TEST(usual_addresses)
{
	static const char *const base[] = {
		"a.b-c_d+e@m-x.ex-a.org",
		"u7081940@mail92.example",
		"a@b",
		"-@x--y",
		"a@1.2.3.4",
		"a.very.long.local.part.of.an.address.that.is@sixty-four.bytes.example",
		"another.long.local.part@of-an-address.that.has.sixty-four.by.to"
	};
	const struct tg_format *email = tg_format_find(TG_STR("email"));
	unsigned wrong = 0, good = 0;

	for (size_t b = 0; b < TG_COUNT(base); b++) {
		for (size_t i = 0; i < strlen(base[b]); i++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				char text[80 + TG_SLACK] = { 0 };
				struct tg_str s = { text, strlen(base[b]) };
				bool is;

				memcpy(text, base[b], s.n);
				memset(text + s.n, '@', TG_SLACK);
				text[i] = (char)byte;
				s.n -= byte % 3; /* shorter ones too */
				is = email->is(s);
				good += is;
				TG_BUG_IF(!tg_cpu_choose("scalar"));
				wrong += is != email->is(s);
				TG_BUG_IF(!tg_cpu_choose(NULL));
			}
		}
	}
	is_int("both ways alike", wrong, 0);
	ok("and some are good", good > 2000);
}

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
		/* A place that nobody knew as a schema, entered twice: the inner one first. */
		{ "{'$ref':'#/x/properties/p','allOf':[{'$ref':'#/x'}],'x':{'properties':{'p':{'$id':'http://e/p','$anchor':'q','type':'object'}}}}", "{'p':{}}", 1 },
		{ NULL, "{'p':1}", 0 },
		{ NULL, "1", 0 },
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
		{ NULL, "[2]", "'message':'has 0 items that are 1, needs at least 2'" },
		{ "{'contains':{'type':'string'},'maxContains':1}", "['qqzz','b']", "'message':'has 2 items that are a string, may have at most 1'" },
		{ "{'properties':{'a':{'not':{'const':'qqzz'}},'b':{'x-class':'public','not':{'const':'v'}},'c':{'not':{'type':['null','string']}},'d':{'not':{'type':'string'}},"
		  "'e':{'not':{'title':'a thing of the past'}},'f':{'not':{'required':['x','y']}},'g':{'not':{'enum':['qqzz']}},'h':{'not':{'pattern':'^q'}}}}",
		  "{'a':'qqzz'}", "'pointer':'/a','keyword':'not','message':'is of a form that the contract rules out'" },
		{ NULL, "{'b':'v'}", "'message':'must not be v'" },
		{ NULL, "{'c':'qqzz'}", "'message':'is of a form that the contract rules out'" },
		{ NULL, "{'d':'qqzz'}", "'message':'must not be a string'" },
		{ NULL, "{'e':1}", "'message':'must not be a thing of the past'" },
		{ NULL, "{'f':{'x':1,'y':1}}", "'message':'must not be an object with x, y'" },
		{ NULL, "{'g':'qqzz'}", "'message':'is of a form that the contract rules out'" },
		{ NULL, "{'h':'qqzz'}", "'message':'must not be a text that matches the pattern ^q'" },
		{ "{'if':{'properties':{'country':{'const':'DE'}},'required':['country']},'then':{'required':['vat']},'else':{'properties':{'no':{'type':'string','description':'number'}}}}",
		  "{'country':'DE'}", "'message':'vat is missing','schema':'/then/required','hint':'country asks for it'" },
		{ NULL, "{'no':null}", "'pointer':'/no','keyword':'type','message':'is null, must be a string','schema':'/else/properties/no/type','hint':'country asks for it'" },
		{ NULL, "{'no':1}", "'hint':'send it in quotes'" },
		{ "{'if':{'required':['a','b']},'then':{'minProperties':4}}", "{'a':1,'b':1}", "'hint':'a, b ask for it'" },
		{ "{'if':true,'then':{'minProperties':4}}", "{'a':1,'b':1}", "'message':'has 2 fields, needs at least 4','schema':'/then/minProperties'}" },
		{ "{'properties':{'dep':true},'dependentSchemas':{'dep':{'required':['zed','dip']}}}", "{'dep':1}", "'message':'dip is missing','schema':'/dependentSchemas/dep/required'}" },
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

TEST(the_contracts_own_words)
{
	// clang-format off
	static const struct { const char *language, *record, *fault; } row[] = {
		{ NULL,    "{'a':1}",         "'title':'An A','message':'a word, please','schema':'/properties/a/type','hint':'is a number, must be a string; send it in quotes'" },
		{ "de",    "{'a':1}",         "'message':'ein Wort bitte'" },
		{ "de-AT", "{'a':1}",         "'message':'ein Wort bitte'" },
		{ "DE",    "{'a':1}",         "'message':'ein Wort bitte'" },
		{ "fr",    "{'a':1}",         "'message':'a word, please'" },
		{ "pt",    "{'a':'toolong'}", "'message':'curto'" },
		{ "pt-PT", "{'a':'toolong'}", "'message':'curto'" },
		{ "fr",    "{'a':'toolong'}", "'message':'curto'" },
		{ NULL,    "{}",              "'keyword':'required','title':'An A','message':'where is a?','schema':'/required','hint':'a is missing'" },
		{ NULL,    "{'a':'b','x':1}", "'message':'no more','schema':'/additionalProperties','hint':'is not a known field'" },
		{ NULL,    "{'a':'b','r':1}", "'title':'An R','message':'is a number, must be an array'" },
		{ NULL,    "{'a':'b','r':1}", "'hint':'what R holds'" },
		{ NULL,    "{'a':'b','r':[1]}", "'pointer':'/r/0','keyword':'type','message':'is a number, must be null'" },
		{ NULL,    "{'a':'b','n':1}", "'message':'anything but 1','schema':'/properties/n/not'" },
		{ NULL,    "[]",              "'pointer':'','keyword':'type','message':'is an array, must be an object'" },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		wish.language = row[i].language ? tg_str_of(row[i].language) : TG_STR_NONE;
		is_int("compiles",
		       open_contract(
			       "{'type':'object','title':'All','required':['a'],'additionalProperties':false,"
			       "'x-message':{'additionalProperties':'no more'},"
			       "'properties':{'a':{'title':'An A','type':'string','maxLength':3,'x-message':{'de':'ein Wort bitte',"
			       "'en':'a word, please','required':'where is a?','maxLength':{'pt-BR':'curto'}}},"
			       "'r':{'title':'An R','$ref':'#/$defs/r'},'n':{'not':{'const':1},'x-message':{'not':'anything but 1'}}},"
			       "'$defs':{'r':{'type':'array','description':'what R holds','items':{'type':'null'}}}}"),
		       TG_OK);
		is_int(row[i].record, judge(row[i].record), 0);
		has(row[i].record, row[i].fault);
	}
	wish.language = TG_STR_NONE;
	close_contract();
}

/* The record's output, quotes as single ones. */
static struct tg_str output_of(const char *text)
{
	struct tg_str out;

	is_int(text, judge(text), 0);
	out = tg_arena_copy(&arena, tg_buffer_str(&runner.work.output));
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] == '"')
			((char *)(uintptr_t)out.p)[i] = '\'';
	return out;
}

TEST(the_forms_of_the_standard)
{
#define POINTS(id)                                                                                                            \
	"{" id                                                                                                                \
	"'$defs':{'p':{'type':'object','required':['x'],'additionalProperties':false,'properties':{'x':{'type':'number'}}}}," \
	"'items':{'$ref':'#/$defs/p'},'minItems':3}"
	static const char *const points = "[{'x':1},{'y':2}]";

	wish.output = TG_OUTPUT_FLAG;
	is_int("compiles", open_contract(POINTS("")), TG_OK);
	is_str("flag", output_of(points), TG_STR("{'valid':false}"));
	wish.output = TG_OUTPUT_BASIC;
	is_int("compiles", open_contract(POINTS("")), TG_OK);
	is_str("basic", output_of(points),
	       TG_STR("{'valid':false,'errors':["
		      "{'valid':false,'keywordLocation':'/minItems','instanceLocation':'','error':'has 2 items, needs at least 3'},"
		      "{'valid':false,'keywordLocation':'/items/$ref/required','absoluteKeywordLocation':'#/$defs/p/required','instanceLocation':'/1','error':'x is missing'},"
		      "{'valid':false,'keywordLocation':'/items/$ref/additionalProperties','absoluteKeywordLocation':'#/$defs/p/additionalProperties','instanceLocation':'/1/y','error':'is not a known field'}]}"));
	wish.output = TG_OUTPUT_DETAILED;
	is_int("compiles", open_contract(POINTS("'$id':'https://a.test/b',")), TG_OK);
	is_str("detailed", output_of(points),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/minItems','absoluteKeywordLocation':'https://a.test/b#/minItems','instanceLocation':'','error':'has 2 items, needs at least 3'},"
		      "{'valid':false,'keywordLocation':'/items/$ref','absoluteKeywordLocation':'https://a.test/b#/$defs/p','instanceLocation':'/1','errors':["
		      "{'valid':false,'keywordLocation':'/items/$ref/additionalProperties','absoluteKeywordLocation':'https://a.test/b#/$defs/p/additionalProperties','instanceLocation':'/1/y','error':'is not a known field'},"
		      "{'valid':false,'keywordLocation':'/items/$ref/required','absoluteKeywordLocation':'https://a.test/b#/$defs/p/required','instanceLocation':'/1','error':'x is missing'}]}]}"));
	/* Nodes in nodes; names that a URI must escape; a resource within; a branch of several. */
	is_int("compiles",
	       open_contract(
		       "{'properties':{'a':{'properties':{'b c':{'type':'null','const':1},'d':{'const':1}}},'e':{'$ref':'https://a.test/in'},"
		       "'f':{'anyOf':[{'required':['g','h']},{'const':2}]}},'$defs':{'in':{'$id':'https://a.test/in','$defs':{'n':{'const':'%'}},'$ref':'#/$defs/n'}}}"),
	       TG_OK);
	is_str("nodes in nodes", output_of("{'a':{'b c':2,'d':2}}"),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/properties/a','instanceLocation':'/a','errors':["
		      "{'valid':false,'keywordLocation':'/properties/a/properties/b c','instanceLocation':'/a/b c','errors':["
		      "{'valid':false,'keywordLocation':'/properties/a/properties/b c/type','instanceLocation':'/a/b c','error':'is a number, must be null'},"
		      "{'valid':false,'keywordLocation':'/properties/a/properties/b c/const','instanceLocation':'/a/b c','error':'is not 1'}]},"
		      "{'valid':false,'keywordLocation':'/properties/a/properties/d/const','instanceLocation':'/a/d','error':'is not 1'}]}]}"));
	is_str("within a resource", output_of("{'e':1}"),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/properties/e/$ref/$ref/const','absoluteKeywordLocation':'https://a.test/in#/$defs/n/const','instanceLocation':'/e','error':'is a number, must be %'}]}"));
	is_str("the closest branch", output_of("{'f':{}}"),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/properties/f/anyOf/0','instanceLocation':'/f','errors':["
		      "{'valid':false,'keywordLocation':'/properties/f/anyOf/0/required','instanceLocation':'/f','error':'g is missing'},"
		      "{'valid':false,'keywordLocation':'/properties/f/anyOf/0/required','instanceLocation':'/f','error':'h is missing'}]}]}"));
	wish.output = TG_OUTPUT_NONE;
	close_contract();
}

TEST(no_more_faults_than_wanted)
{
	// clang-format off
	static const struct { const char *contract, *record, *fault; } row[] = {
		{ "{'items':{'type':'null'}}",                               "[1,2,3]",     "'pointer':'/0'" },
		{ "{'items':{'oneOf':[{'type':'null'},{'const':1}]}}",       "[1,2,3]",     "'pointer':'/1'" },
		{ "{'items':{'not':{'items':{'const':1}}}}",                 "[[2],[1],[1]]", "'pointer':'/1','keyword':'not'" },
		{ "{'if':{'required':['a']},'then':{'required':['b','c']}}", "{'a':1}",     "b is missing" },
		{ "{'if':{'required':['a']},'else':{'required':['b','c']}}", "{'x':1}",     "b is missing" },
		{ "{'contains':{'const':1},'items':{'const':2}}",            "[2,3]",       "'pointer':'/1'" },
		{ "{'oneOf':[{'properties':{'k':{'const':'a'},'v':{'const':1}}},{'properties':{'k':{'const':'b'},'v':{'const':2},'w':{'const':2}}}]}",
		  "{'k':'b','v':1,'w':1}", "'pointer':'/v'" },
		{ "{'minimum':3,'multipleOf':2}",                            "1",           "/minimum" },
	};
	// clang-format on

	wish.first = true;
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].contract, open_contract(row[i].contract), TG_OK);
		is_int(row[i].record, judge(row[i].record), 0);
		is_int(row[i].record, runner.work.fault_count, 1);
		has(row[i].record, row[i].fault);
	}
	wish.first = false;
	is_int("compiles", open_contract("{'items':{'type':'null'}}"), TG_OK);
	setup.faults = 2;
	is_int("two of three", judge("[1,2,3]"), 0);
	is_int("are counted", runner.work.fault_count, 3);
	has("the second", "'pointer':'/1'");
	ok("not the third", !memmem(runner.work.faults.p, runner.work.faults.n, "\"/2\"", 4));
	setup.faults = 0;
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

TEST(an_enum_of_many)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'enum':[1,2,3,4,5,6,7,8,9,10.50,1e400,-0,'a','b',[1,{'x':1}],[2],[3],[4],[5],[6],[7],[8],[9],{'b':1,'a':'\\u0041'},{},{'a':1},{'a':2},{'a':3},{'a':4},{'a':5},{'a':6},{'a':7}]}",
		  "5.0", 1 },
		{ NULL, "10.5", 1 },
		{ NULL, "105e-1", 1 },
		{ NULL, "10e399", 1 },
		{ NULL, "0.0", 1 },
		{ NULL, "10.51", 0 },
		{ NULL, "11", 0 },
		{ NULL, "'a'", 1 },
		{ NULL, "'5'", 0 },
		{ NULL, "[1.0,{'x':1e0}]", 1 },
		{ NULL, "[1,{'x':2}]", 0 },
		{ NULL, "{'a':'A','b':1}", 1 },
		{ NULL, "{'b':10e-1,'\\u0061':'A'}", 1 },
		{ NULL, "{'a':'a','b':1}", 0 },
		{ NULL, "true", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
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

/* Right ones are published examples. The message is that of the fault. */
TEST(formats_of_the_trade)
{
	static const struct {
		const char *format, *value, *message; /* NULL: it is right */
	} row[] = {
		// clang-format off
		{ "iban", "GB82WEST12345698765432", NULL },
		{ "iban", "DE89370400440532013000", NULL },
		{ "iban", "FR1420041010050500013M02606", NULL },
		{ "iban", "NO9386011117947", NULL },
		{ "iban", "MT84MALT011000012345MTLCAST001S", NULL },
		{ "iban", "DE89370400440532013001", "is not an IBAN: the check digits do not fit" },
		{ "iban", "DE8937040044053201300", "is not an IBAN: it has not the length of its country's" },
		{ "iban", "DE8937040044053201300A", "is not an IBAN: letters and digits do not stand as in its country's" },
		{ "iban", "US89370400440532013000", "is not an IBAN: its country has none" },
		{ "iban", "de89370400440532013000", "is not an IBAN: a country, two check digits, then capital letters and digits without blanks" },
		{ "iban", "DE89 3704 0044 0532 0130 00", "is not an IBAN: a country," },
		{ "iban", "", "is not an IBAN: a country," },
		{ "bic", "DEUTDEFF", NULL }, { "bic", "DEUTDEFF500", NULL }, { "bic", "NEDSZAJJXXX", NULL },
		{ "bic", "DEUTXXFF", "is not a BIC: no country has the code at the fifth place" },
		{ "bic", "DEUTDEF", "is not a BIC: 8 or 11 capital letters" },
		{ "bic", "deutdeff", "is not a BIC: 8 or 11 capital letters" },
		{ "luhn", "4539578763621486", NULL }, { "luhn", "79927398713", NULL },
		{ "luhn", "79927398710", "is not a number with a check digit (Luhn): the last digit does not fit" },
		{ "luhn", "7", "digits only, two at least" },
		{ "luhn", "7992-7398713", "digits only, two at least" },
		{ "aba", "021000021", NULL }, { "aba", "011401533", NULL },
		{ "aba", "021000022", "is not an ABA routing number: the check digit does not fit" },
		{ "aba", "000000000", "is not an ABA routing number: the check digit does not fit" },
		{ "aba", "130000006", "is not an ABA routing number: none begins so" },
		{ "aba", "21000021", "is not an ABA routing number: it has 9 digits" },
		{ "isin", "US0378331005", NULL }, { "isin", "GB0002634946", NULL }, { "isin", "DE000BAY0017", NULL },
		{ "isin", "US0378331004", "is not an ISIN: the check digit does not fit" },
		{ "isin", "0S0378331005", "is not an ISIN: two capital letters" },
		{ "lei", "7LTWFZYICNSX8D621K86", NULL }, { "lei", "HWUPKR0MPOU8FGXBT394", NULL },
		{ "lei", "7LTWFZYICNSX8D621K87", "is not an LEI: the check digits do not fit" },
		{ "lei", "7LTWFZYICNSX8D621K8", "is not an LEI: 18 capital letters or digits" },
		{ "gtin", "4006381333931", NULL }, { "gtin", "96385074", NULL }, { "gtin", "036000291452", NULL }, { "gtin", "00012345600012", NULL },
		{ "gtin", "4006381333932", "is not a GTIN: the check digit does not fit" },
		{ "gtin", "400638133393", "is not a GTIN: the check digit does not fit" },
		{ "gtin", "40063813339", "is not a GTIN: it has 8, 12, 13 or 14 digits" },
		{ "e164", "+4915112345678", NULL },
		{ "e164", "004915112345678", "is not a telephone number: a plus sign" },
		{ "e164", "+0915112345678", "is not a telephone number" },
		{ "e164", "+49 15112345678", "is not a telephone number" },
		{ "e164", "+1234567890123456", "is not a telephone number" },
		{ "country", "DE", NULL }, { "country", "AD", NULL }, { "country", "ZW", NULL },
		{ "country", "UK", "is not a country's code of two capital letters (ISO 3166-1)" },
		{ "country", "de", "is not a country's code" },
		{ "country", "DEU", "is not a country's code" },
		{ "country3", "DEU", NULL }, { "country3", "ABW", NULL }, { "country3", "ZWE", NULL },
		{ "country3", "GER", "is not a country's code of three capital letters" },
		{ "currency", "EUR", NULL }, { "currency", "AED", NULL }, { "currency", "ZWG", NULL },
		{ "currency", "eur", "is not a currency's code of three capital letters (ISO 4217)" },
		{ "currency", "DEM", "is not a currency's code" },
		// clang-format on
	};
	static char contract_text[100], value[100];

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		snprintf(contract_text, sizeof(contract_text), "{'x-format':'%s'}", row[i].format);
		snprintf(value, sizeof(value), "'%s'", row[i].value);
		is_int(row[i].format, open_contract(contract_text), TG_OK);
		is_int(row[i].value, judge(value), !row[i].message);
		if (row[i].message)
			ok(row[i].message,
			   strstr(tg_arena_copy(&arena, tg_buffer_str(&runner.work.faults)).p,
				  row[i].message) != NULL);
		is_int("a number is none", judge("1"), 1);
	}
	is_int("a slip", open_contract("{'x-format':'ibn'}"), TG_CONFIG);
	is_str("a slip", tg_str_of(err.text),
	       TG_STR("c.json:1:13: /x-format: \"ibn\" is no format of the trade; did you mean iban?"));
	is_int("beside a reference",
	       open_contract(
		       "{'$schema':'http://json-schema.org/draft-07/schema#','$ref':'#/definitions/a','x-format':'luhn','definitions':{'a':{}}}"),
	       TG_OK);
	is_int("beside a reference", judge("'79927398710'"), 0);
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
