#include "common/json/scan.h"
#include "common/json/sum.h"
#include "common/rules/compare.h"
#include "common/rules/path.h"
#include "common/rules/rules.h"
#include "common/rules/totals.h"
#include "common/rules/unique.h"
#include "common/run/runner.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>

/* A contract's rules and what judges by them. One at a time. */
static struct tg_program program;
static struct tg_runner runner;
static struct tg_arena arena;
static struct tg_setup setup = { .arena = &arena };
static struct tg_contract contract;
static struct tg_rules *rules;
static struct tg_scanner *scanner;
static struct tg_error err;
static bool first; /* of the rules that are opened */

/* Quotes in the tables' JSON are single ones. */
static struct tg_str json(const char *text)
{
	struct tg_str s = tg_arena_format(&arena, "%s", text);
	char *p = tg_arena_take(&arena, s.n + TG_SLACK);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] == '\'' ? '"' : s.p[i]);
	return tg_str_from(p, s.n);
}

static void close_rules(void)
{
	tg_scanner_free(&scanner);
	tg_runner_release(&runner);
	tg_arena_release(&arena);
}

/* Scanned into `record`. */
static struct tg_record record;

static void scan(const char *text, const char *file, uint64_t line)
{
	record = (struct tg_record){ .at = { tg_str_of(file), line, 0 } };
	TG_BUG_IF(tg_scan(scanner, json(text), &record) != TG_SCAN_OK);
	tg_runner_next(&runner);
}

/* The rules are a list's elements. */
static enum tg_status open_rules(const char *list)
{
	enum tg_status st;
	struct tg_str text;

	close_rules();
	err = TG_ERROR_INIT;
	tg_runner_init(&runner, &program);
	runner.work.setup = &setup;
	scanner = tg_scanner_new();
	text = tg_arena_format(&arena, "{'x-rules':[%s]}", list);
	st = tg_contract_read(&contract, json(text.p), "c.json", &setup, &err);
	return st ? st : tg_rules_compile(&rules, &contract, first, &arena, &err);
}

static enum tg_verdict judge(const char *text, enum tg_verdict so_far)
{
	scan(text, NULL, 1);
	return tg_rules_check(rules, &record, so_far, &runner.work);
}

struct row {
	const char *rule, *record; /* no rule: the one before */
	int faults;
};

static void judge_all(const struct row *row, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		if (row[i].rule && open_rules(row[i].rule)) {
			is_str(row[i].rule, tg_str_of(err.text), TG_STR("compiles"));
			continue;
		}
		is_int(row[i].record, judge(row[i].record, TG_PASS) == TG_REJECT,
		       row[i].faults > 0);
		is_int(row[i].record, runner.work.fault_count, row[i].faults);
	}
	close_rules();
}

TEST(members_are_compared)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'compare':['/a','<=','/b']}", "{'a':1,'b':1.0}", 0 },
		{ NULL, "{'a':9007199254740993,'b':9007199254740992}", 1 },
		{ NULL, "{'a':1e400,'b':1e401}", 0 },
		{ NULL, "{'a':1}", 0 },
		{ NULL, "{'b':1}", 0 },
		{ NULL, "{'a':'2','b':1}", 0 },
		{ NULL, "{'a':2,'b':null}", 0 },
		{ NULL, "{'a':[2],'b':[1]}", 0 },
		{ NULL, "{'a':true,'b':false}", 0 },
		{ NULL, "{'a':'b','b':'a'}", 1 },
		{ NULL, "{'a':'\\u0061','b':'a'}", 0 },
		{ NULL, "{'a':'\\uff5e','b':'\\ud83d\\ude00'}", 0 },
		{ NULL, "{'a':'','b':''}", 0 },
		{ NULL, "[2,1]", 0 },
		{ NULL, "7", 0 },
		{ "{'compare':['/a','=','/b']}", "{'a':true,'b':true}", 0 },
		{ NULL, "{'a':true,'b':false}", 1 },
		{ NULL, "{'a':null,'b':null}", 0 },
		{ NULL, "{'a':null,'b':false}", 0 },
		{ NULL, "{'a':1,'b':10e-1}", 0 },
		{ "{'compare':['/a','!=','/b/1']}", "{'a':1,'b':[1,1]}", 1 },
		{ NULL, "{'a':1,'b':[1,2]}", 0 },
		{ NULL, "{'a':1,'b':[1]}", 0 },
		{ "{'compare':['/a','<',0.1]}", "{'a':0.09999999999999999999999}", 0 },
		{ NULL, "{'a':0.10}", 1 },
		{ "{'compare':['/a','>','/b']}", "{'a':1,'b':1}", 1 },
		{ NULL, "{'a':2,'b':1}", 0 },
		{ "{'compare':['/a','>=','/b']}", "{'a':1,'b':1}", 0 },
		{ NULL, "{'a':-2,'b':-1}", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(times_are_compared_as_instants)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'compare':['/a','<','/b']}", "{'a':'2025-11-05T23:30:00-02:00','b':'2025-11-06T01:30:01Z'}", 0 },
		{ NULL, "{'a':'2025-11-05T23:30:00-02:00','b':'2025-11-06T01:30:00z'}", 1 },
		{ NULL, "{'a':'2025-11-05T00:00:00.1Z','b':'2025-11-05T00:00:00.1000000000000000001Z'}", 0 },
		{ NULL, "{'a':'2025-11-05T00:00:00.10Z','b':'2025-11-05T00:00:00.1Z'}", 1 },
		{ NULL, "{'a':'2025-11-05T00:00:00Z','b':'2025-11-05T00:00:00.0001+00:00'}", 0 },
		{ NULL, "{'a':'2016-12-31T23:59:60.9Z','b':'2017-01-01T00:00:00Z'}", 0 },
		{ NULL, "{'a':'2016-12-31T23:59:59.9Z','b':'2016-12-31T23:59:60Z'}", 0 },
		{ NULL, "{'a':'2017-01-01T00:00:00Z','b':'2016-12-31T23:59:60Z'}", 1 },
		{ NULL, "{'a':'2025-11-05','b':'2025-11-06'}", 0 },
		{ NULL, "{'a':'2025-11-06','b':'2025-11-05'}", 1 },
		{ NULL, "{'a':'2025\\u002d11-05T23:30:00-02:00','b':'2025-11-06T01:30:01Z'}", 0 },
		{ "{'compare':['/a','=','/b']}", "{'a':'2025-11-05T01:00:00+01:00','b':'2025-11-05T00:00:00.000Z'}", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(sums_are_exact)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'sum':['/i/*/a','=','/t']}", "{'i':[{'a':0.1},{'a':0.2}],'t':0.3}", 0 },
		{ NULL, "{'i':[{'a':0.1},{'a':0.2}],'t':0.30000000000000000001}", 1 },
		{ NULL, "{'i':[{'a':1e20},{'a':1},{'a':-1E+20}],'t':1.0}", 0 },
		{ NULL, "{'i':[{'a':999999999999999999999999999999},{'a':0.000000000000000000000001}],'t':999999999999999999999999999999.000000000000000000000001}", 0 },
		{ NULL, "{'i':[],'t':0}", 0 },
		{ NULL, "{'i':[],'t':1}", 1 },
		{ NULL, "{'t':1}", 0 },
		{ NULL, "{'i':{'a':1},'t':2}", 0 },
		{ NULL, "{'i':[{'a':1},{'b':1},7,{'a':null}],'t':1}", 0 },
		{ NULL, "{'i':[{'a':1},{'a':null}],'t':2}", 1 },
		{ NULL, "{'i':[{'a':1},{'a':'1'}],'t':5}", 0 },
		{ NULL, "{'i':[{'a':1}]}", 0 },
		{ NULL, "{'i':[{'a':1}],'t':'2'}", 0 },
		{ NULL, "{'i':[{'a':-1.5},{'a':-2.5}],'t':-4}", 0 },
		{ "{'sum':[['/n','/v'],'=','/g']}", "{'n':19.99,'v':3.80,'g':23.79}", 0 },
		{ NULL, "{'n':19.99,'g':19.99}", 0 },
		{ NULL, "{'g':19.99}", 0 },
		{ NULL, "{'n':1,'v':1,'g':3}", 1 },
		{ "{'sum':['/p/*','=',100]}", "{'p':[33.3,33.3,33.4]}", 0 },
		{ NULL, "{'p':[33.3,33.3,33.3]}", 1 },
		{ "{'sum':['/p/*/q/*/r','<','/m']}", "{'p':[{'q':[{'r':1},{'r':2}]},{'q':[]},{},{'q':[{'r':3}]}],'m':6.1}", 0 },
		{ NULL, "{'p':[{'q':[{'r':1},{'r':2}]},{'q':[{'r':3}]}],'m':6}", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
	is_int("compiles", open_rules("{'sum':['/p/*','=','/t']}"), TG_OK);
	is_int("too long", judge("{'p':[1e999],'t':1}", TG_PASS), TG_REJECT);
	is_str("is no broken rule", tg_str_of(runner.work.code), TG_STR("limit"));
	is_int("a long total", judge("{'p':[1],'t':1e-999}", TG_PASS), TG_REJECT);
	is_int("zero is short", judge("{'p':[0e999,1],'t':1}", TG_PASS), TG_PASS);
	close_rules();
}

TEST(rules_have_conditions)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'if':{'/k':'card'},'require':['/l','/m']}", "{'k':'card'}", 2 },
		{ NULL, "{'k':'card','l':null,'m':1}", 0 },
		{ NULL, "{'k':'sepa'}", 0 },
		{ NULL, "{}", 0 },
		{ "{'if':{'/k':['a','b',1,null]},'forbid':'/x'}", "{'k':'b','x':1}", 1 },
		{ NULL, "{'k':1.0,'x':1}", 1 },
		{ NULL, "{'k':null,'x':1}", 1 },
		{ NULL, "{'k':'c','x':1}", 0 },
		{ NULL, "{'x':1}", 0 },
		{ "{'if':{'/k':{'present':false}},'require':'/x'}", "{}", 1 },
		{ NULL, "{'k':null}", 0 },
		{ "{'if':{'/k':{'present':true},'/n':{'>=':10,'<':20}},'require':'/x'}", "{'k':1,'n':10}", 1 },
		{ NULL, "{'k':1,'n':20}", 0 },
		{ NULL, "{'k':1,'n':9}", 0 },
		{ NULL, "{'n':15}", 0 },
		{ NULL, "{'k':1}", 0 },
		{ NULL, "{'k':1,'n':'15'}", 0 },
		{ "{'if':{'/k':{'!=':'a'}},'require':'/x'}", "{'k':'b'}", 1 },
		{ NULL, "{'k':'a'}", 0 },
		{ NULL, "{}", 0 },
		{ "{'each':'/i/*','compare':['/a','<=','/b'],'require':'/b'}", "{'i':[{'a':1,'b':2},{'a':3,'b':2},{'a':1}]}", 2 },
		{ NULL, "{'i':[]}", 0 },
		{ NULL, "{}", 0 },
		{ "{'each':'/o','if':{'/a':true},'require':'/b'}", "{'o':{'a':true}}", 1 },
		{ "{'require':'/*'}", "{}", -1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row) - 1);
	is_int(row[TG_COUNT(row) - 1].rule, open_rules(row[TG_COUNT(row) - 1].rule), TG_CONFIG);
	close_rules();
}

TEST(what_is_told)
{
	is_int("compiles",
	       open_rules("{'name':'in order','compare':['/a','<=','/b~1~0']},"
			  "{'each':'/i/*','require':'/x'},"
			  "{'sum':[['/a','/i/*/n','/c'],'<=','/b~1~0']}"),
	       TG_OK);
	is_int("rejected", judge("{'a':5,'b/~':4,'i':[{}]}", TG_PASS), TG_REJECT);
	is_str("code", tg_str_of(runner.work.code), TG_STR("rule"));
	is_str("faults", tg_buffer_str(&runner.work.faults),
	       json("{'pointer':'/a','keyword':'x-rules','message':'must be <= "
		    "/b~1~0','schema':'/x-rules/0/compare','hint':'in order'},"
		    "{'pointer':'/i/0','keyword':'x-rules','message':'/x is "
		    "missing','schema':'/x-rules/1/require'},"
		    "{'pointer':'','keyword':'x-rules','message':'the sum of /a, /i/*/n and /c "
		    "must be <= /b~1~0','schema':'/x-rules/2/sum'}"));
	runner.work.code = "schema";
	is_int("both", judge("{'a':5,'b/~':4}", TG_REJECT), TG_REJECT);
	is_str("the schema's code stays", tg_str_of(runner.work.code), TG_STR("schema"));
	is_int("nothing more", judge("{}", TG_REJECT), TG_REJECT);
	close_rules();
	first = true;
	is_int("compiles", open_rules("{'require':['/a','/b']},{'require':'/c'}"), TG_OK);
	is_int("rejected", judge("{}", TG_PASS), TG_REJECT);
	is_int("the first alone", runner.work.fault_count, 1);
	first = false;
	close_rules();
}

TEST(rules_that_are_none)
{
	static const struct {
		const char *rule, *fault;
	} row[] = {
		// clang-format off
		{ "7", "/x-rules/0: must be an object" },
		{ "{}", "/x-rules/0: asks for nothing: compare, sum, require or forbid" },
		{ "{'name':'x','if':{'/a':1}}", "/x-rules/0: asks for nothing: compare, sum, require or forbid" },
		{ "{'requires':'/a'}", "/x-rules/0/requires: is not known here; did you mean require?" },
		{ "{'compare':['/a','<=']}", "/x-rules/0/compare: must be a list of three: [\"/start\", \"<=\", \"/end\"]" },
		{ "{'compare':['/a','=<','/b']}", "/x-rules/0/compare/1: must be one of =, !=, <, <=, >, >=" },
		{ "{'compare':['a','<','/b']}", "/x-rules/0/compare/0: \"a\" is no JSON Pointer: it must begin with /" },
		{ "{'compare':['/a','<','b']}", "/x-rules/0/compare/2: \"b\" is no JSON Pointer: it must begin with /" },
		{ "{'compare':['/a','<',true]}", "/x-rules/0/compare/2: must be a JSON Pointer or a number" },
		{ "{'compare':['/i/*/a','<','/b']}", "/x-rules/0/compare/0: \"/i/*/a\" may not have a step *: one value is needed here" },
		{ "{'compare':['','<','/b']}", "/x-rules/0/compare/0: is the whole record; a rule is about its members" },
		{ "{'sum':['/a~2','=','/b']}", "/x-rules/0/sum/0: \"/a~2\" is no JSON Pointer: behind ~ stands 0 or 1" },
		{ "{'sum':[[],'=','/b']}", "/x-rules/0/sum/0: must name a member" },
		{ "{'sum':['/*/*/*/*/*','=','/b']}", "/x-rules/0/sum/0: \"/*/*/*/*/*\" has more than 4 steps *" },
		{ "{'require':7}", "/x-rules/0/require: must be a JSON Pointer, such as \"/amount\"" },
		{ "{'if':{},'require':'/a'}", "/x-rules/0/if: must be an object such as {\"/kind\": \"card\"}" },
		{ "{'if':{'/a':{}},'require':'/a'}", "/x-rules/0/if/~1a: asks for nothing" },
		{ "{'if':{'/a':[]},'require':'/a'}", "/x-rules/0/if/~1a: asks for nothing" },
		{ "{'if':{'/a':[[]]},'require':'/a'}", "/x-rules/0/if/~1a/0: must be a string, a number, true, false or null" },
		{ "{'if':{'/a':{'presnt':true}},'require':'/a'}", "/x-rules/0/if/~1a/presnt: is not known here; did you mean present?" },
		{ "{'if':{'/a':{'present':1}},'require':'/a'}", "/x-rules/0/if/~1a/present: must be true or false" },
		{ "{'if':{'/a':{'present':false,'<':1}},'require':'/a'}", "/x-rules/0/if/~1a: what is absent is neither more nor less than anything" },
		{ "{'name':'','require':'/a'}", "/x-rules/0/name: must be a string, and not empty" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].rule, open_rules(row[i].rule), TG_CONFIG);
		is_str(row[i].rule, tg_str_after(tg_str_of(err.text), strcspn(err.text, " ") + 1),
		       tg_str_of(row[i].fault));
	}
	close_rules();
}

static struct tg_unique *unique;

static enum tg_status open_unique(const char *text)
{
	tg_unique_release(&unique);
	close_rules();
	err = TG_ERROR_INIT;
	tg_runner_init(&runner, &program);
	runner.work.setup = &setup;
	scanner = tg_scanner_new();
	if (tg_contract_read(&contract, json(text), "c.json", &setup, &err))
		return err.status;
	return tg_unique_open(&unique, &contract, &arena, &err);
}

TEST(what_must_be_unique)
{
	static const struct {
		const char *contract, *record; /* no contract: the one before */
		int faults;
	} row[] = {
		// clang-format off
		{ "{'x-unique':['/a']}", "{'a':1}", 0 },
		{ NULL, "{'a':1.0}", 1 },
		{ NULL, "{'a':'1'}", 0 },
		{ NULL, "{'a':'\\u0031'}", 1 },
		{ NULL, "{'a':null}", 0 },
		{ NULL, "{'a':null}", 0 },
		{ NULL, "{'b':1}", 0 },
		{ NULL, "{'b':1}", 0 },
		{ NULL, "{'a':{'x':1,'y':[2]}}", 0 },
		{ NULL, "{'a':{'y':[2e0],'x':1}}", 1 },
		{ NULL, "{'a':true}", 0 },
		{ NULL, "{'a':''}", 0 },
		{ NULL, "{'a':''}", 1 },
		{ "{'x-unique':[['/a','/b/0']]}", "{'a':1,'b':[2]}", 0 },
		{ NULL, "{'a':1,'b':[3]}", 0 },
		{ NULL, "{'a':1}", 0 },
		{ NULL, "{'a':1,'b':[]}", 0 },
		{ NULL, "{'b':[2],'a':1,'c':0}", 1 },
		{ NULL, "{'a':1e1,'b':[25]}", 0 },
		{ NULL, "{'a':1e12,'b':[5]}", 0 },
		{ NULL, "{'a':'x,1','b':['y']}", 0 },
		{ NULL, "{'a':'x','b':['1,y']}", 0 },
		{ "{'x-unique':['/a','/b']}", "{'a':1,'b':2}", 0 },
		{ NULL, "{'a':2,'b':1}", 0 },
		{ NULL, "{'a':1,'b':2}", 2 },
		{ NULL, "{'a':3,'b':1}", 1 },
		{ NULL, "{'a':3,'b':3}", 0 }, /* what was rejected has left no key */
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (row[i].contract)
			is_int(row[i].contract, open_unique(row[i].contract), TG_OK);
		scan(row[i].record, NULL, i + 1);
		is_int(row[i].record, tg_unique_check(unique, &record, &runner.work),
		       row[i].faults ? TG_REJECT : TG_PASS);
		is_int(row[i].record, runner.work.fault_count, row[i].faults);
	}
	is_int("none", open_unique("{'type':'object'}"), TG_OK);
	ok("none", !unique);
	tg_unique_release(&unique);
	close_rules();
}

TEST(where_the_first_was)
{
	static const struct {
		const char *file, *record;
		uint64_t line;
		const char *message; /* none: passes */
	} row[] = {
		{ "a.csv", "{'id':1}", 2, NULL },
		{ "a.csv", "{'id':1}", 3, "must be unique, and is that of line 2" },
		{ "b.csv", "{'id':2}", 4, NULL },
		{ "b.csv", "{'id':1}", 5, "must be unique, and is that of line 2 of a.csv" },
		{ "a.csv", "{'id':2}", 6, "must be unique, and is that of line 4 of b.csv" },
		{ NULL, "{'id':3}", 7, NULL },
		{ NULL, "{'id':3}", 8, "must be unique, and is that of line 7" },
		{ "b.csv", "{'id':3}", 9, "must be unique, and is that of line 7 of another file" },
		{ "b.csv", "{'id':4}", 0, NULL },
		{ "b.csv", "{'id':4}", 1, "must be unique, and is that of a record before" },
		{ "b.csv", "{'id':5}", UINT64_C(281474976710655), NULL },
		{ "b.csv", "{'id':5}", 1, "must be unique, and is that of line 281474976710655" },
	};

	is_int("opens", open_unique("{'x-unique':['/id']}"), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str faults;

		scan(row[i].record, row[i].file, row[i].line);
		is_int(row[i].record, tg_unique_check(unique, &record, &runner.work),
		       row[i].message ? TG_REJECT : TG_PASS);
		if (!row[i].message)
			continue;
		is_str("code", tg_str_of(runner.work.code), TG_STR("unique"));
		faults = json(tg_arena_format(&arena,
					      "{'pointer':'/id','keyword':'x-unique','message':'%s'"
					      ",'schema':'/x-unique/0'}",
					      row[i].message)
				      .p);
		is_str(row[i].record, tg_buffer_str(&runner.work.faults), faults);
	}
	tg_unique_release(&unique);
	close_rules();
}

TEST(many_keys)
{
	char text[64];

	is_int("opens", open_unique("{'x-unique':['/id']}"), TG_OK);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "{'id':%u}", i % 15000 * 7);
		scan(text, NULL, i + 1);
		if ((tg_unique_check(unique, &record, &runner.work) == TG_PASS) != (i < 15000))
			is_int("key", i, -1);
	}
	tg_unique_release(&unique);
	close_rules();
}

TEST(keys_that_are_none)
{
	static const struct {
		const char *contract, *fault;
	} row[] = {
		// clang-format off
		{ "{'x-unique':{}}", "/x-unique: must be a list of keys, such as [[\"/invoice\", \"/line\"]]" },
		{ "{'x-unique':[]}", "/x-unique: must be a list of keys, such as [[\"/invoice\", \"/line\"]]" },
		{ "{'x-unique':[7]}", "/x-unique/0: must be a JSON Pointer, such as \"/amount\"" },
		{ "{'x-unique':[[]]}", "/x-unique/0: must name a member" },
		{ "{'x-unique':['/a/*']}", "/x-unique/0: \"/a/*\" may not have a step *: one value is needed here" },
		{ "{'x-unique':['/1','/2','/3','/4','/5','/6','/7','/8','/9','/10','/11','/12','/13','/14','/15','/16','/17']}", "/x-unique: has 17 keys, and at most 16 can be kept" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].contract, open_unique(row[i].contract), TG_CONFIG);
		is_str(row[i].contract,
		       tg_str_after(tg_str_of(err.text), strcspn(err.text, " ") + 1),
		       tg_str_of(row[i].fault));
	}
	tg_unique_release(&unique);
	close_rules();
}

static struct tg_totals *totals;

static enum tg_status open_totals(const char *text)
{
	close_rules();
	err = TG_ERROR_INIT;
	tg_runner_init(&runner, &program);
	runner.work.setup = &setup;
	scanner = tg_scanner_new();
	if (tg_contract_read(&contract, json(text), "c.json", &setup, &err))
		return err.status;
	return tg_totals_open(&totals, &contract, &arena, &err);
}

TEST(totals_are_judged)
{
	static const struct {
		const char *contract, *record[4];
		const char *differs; /* none: nothing does */
	} row[] = {
		// clang-format off
		{ "{'x-count':2}", { "{}", "7" }, NULL },
		{ "{'x-count':2}", { "{}" }, "x-count: there are 1 records, and the contract says 2" },
		{ "{'x-count':0}", { NULL }, NULL },
		{ "{'x-sum':{'/a':0}}", { "{'a':'1'}", "{'b':1}", "{'a':null}" }, NULL },
		{ "{'x-sum':{'/a':0.30}}", { "{'a':0.1}", "{'a':0.2}" }, NULL },
		{ "{'x-sum':{'/i/*/n':6}}", { "{'i':[{'n':1},{'n':2}]}", "{'i':[{'n':3},{}]}" }, NULL },
		{ "{'x-sum':{'/a':9007199254740993}}", { "{'a':9007199254740992}" }, "x-sum: /a does not add up to what the contract says; the numbers may not be told (x-class; --show-values)" },
		{ "{'x-sum':{'/a':9007199254740993},'properties':{'a':{'x-class':'public'}}}", { "{'a':9007199254740992}" }, "x-sum: /a adds up to 9007199254740992, and the contract says 9007199254740993" },
		{ "{'x-sum':{'/a/b':1},'properties':{'a':{'x-class':'public'}}}", { "{}" }, "x-sum: /a/b does not add up to what the contract says; the numbers may not be told (x-class; --show-values)" },
		{ "{'x-sum':{'/a/b':1},'properties':{'a':{'x-class':'public','properties':{'b':{}}}}}", { "{}" }, "x-sum: /a/b adds up to 0, and the contract says 1" },
		{ "{'x-sum':{'/a/b':1},'properties':{'a':{'x-class':'public','properties':{'b':{'x-class':'restricted'}}}}}", { "{}" }, "x-sum: /a/b does not add up to what the contract says; the numbers may not be told (x-class; --show-values)" },
		{ "{'x-sum':{'/i/*/n':1},'properties':{'i':{'x-class':'restricted','items':{'properties':{'n':{'x-class':'internal'}}}}}}", { "{}" }, "x-sum: /i/*/n adds up to 0, and the contract says 1" },
		{ "{'x-sum':{'/*':1}}", { "[1]" }, NULL },
		{ "{'x-sum':{'/a':1,'/b':1},'x-count':1}", { "{'a':1e400,'b':1}" }, "x-sum: /a on line 1 has too many digits to be added exactly" },
		{ "{'x-sum':{'/a':1,'/b':1},'x-count':7}", { "{'a':1}" }, "x-count: there are 1 records, and the contract says 7; x-sum: /b does not add up to what the contract says; the numbers may not be told (x-class; --show-values)" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const struct tg_trailer none = { NULL, NULL, 0 };
		uint64_t n = 0;

		is_int(row[i].contract, open_totals(row[i].contract), TG_OK);
		ok("no trailer", !tg_totals_want_trailer(totals));
		for (; n < 4 && row[i].record[n]; n++) {
			scan(row[i].record[n], NULL, n + 1);
			tg_totals_add(totals, &record);
		}
		is_int(row[i].contract, tg_totals_judge(totals, n, &none, false, &err),
		       row[i].differs ? TG_DATA : TG_OK);
		if (row[i].differs)
			is_str(row[i].contract,
			       tg_str_after(tg_str_of(err.text),
					    strlen("the input is not what was announced: ")),
			       tg_str_of(row[i].differs));
	}
	is_int("none", open_totals("{}"), TG_OK);
	ok("none", !totals);
	close_rules();
}

TEST(totals_that_are_none)
{
	static const struct {
		const char *contract, *fault;
	} row[] = {
		// clang-format off
		{ "{'x-count':'3'}", "/x-count: must be a number, or \"trailer\"" },
		{ "{'x-count':1.5}", "/x-count: must be a whole number, or \"trailer\"" },
		{ "{'x-count':-1}", "/x-count: must be a whole number, or \"trailer\"" },
		{ "{'x-sum':['/a']}", "/x-sum: must be an object such as {\"/amount\": \"trailer\"}" },
		{ "{'x-sum':{}}", "/x-sum: must be an object such as {\"/amount\": \"trailer\"}" },
		{ "{'x-sum':{'a':1}}", "/x-sum/a: \"a\" is no JSON Pointer: it must begin with /" },
		{ "{'x-sum':{'':1}}", "/x-sum/: is the whole record; a rule is about its members" },
		{ "{'x-sum':{'/a':'tail'}}", "/x-sum/~1a: must be a number, or \"trailer\"" },
		{ "{'x-sum':{'/a':1e999}}", "/x-sum/~1a: has too many digits for a sum" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].contract, open_totals(row[i].contract), TG_CONFIG);
		is_str(row[i].contract,
		       tg_str_after(tg_str_of(err.text), strcspn(err.text, " ") + 1),
		       tg_str_of(row[i].fault));
	}
	close_rules();
}

__extension__ typedef __int128 wide;

/* Random numbers, as digits with a power; the same sum in a wide integer. */
TEST(sums_hold_against_wide_integers)
{
	struct tg_sum sum;
	uint64_t seed = 1;

	for (int round = 0; round < 2000; round++) {
		TG_OWN(tg_buffer_release)
		struct tg_buffer text = TG_BUFFER_INIT, put = TG_BUFFER_INIT;
		wide expected = 0;
		char digits[64];
		size_t n = sizeof(digits);

		tg_sum_clear(&sum);
		for (int i = 0; i < 40; i++) {
			int64_t value;
			unsigned power;
			wide shifted;

			seed = seed * 6364136223846793005U + 1442695040888963407U;
			value = (int64_t)(seed >> 20) - (INT64_C(1) << 43);
			power = (unsigned)(seed >> 8) % 13;
			shifted = value;
			for (unsigned k = 0; k < power; k++)
				shifted *= 10;
			expected += shifted;
			text.n = 0;
			/* In units of 10^-12, spelt in one of three ways. */
			if (i % 3 == 0)
				tg_buffer_printf(&text, "%llde%d", (long long)value,
						 (int)power - 12);
			else if (i % 3 == 1)
				tg_buffer_printf(&text, "%lld.000E-%u", (long long)value,
						 12 - power);
			else
				tg_buffer_printf(&text, "%s%lld.%012llde%u", value < 0 ? "-" : "",
						 llabs((long long)value) / 1000000000000,
						 llabs((long long)value) % 1000000000000, power);
			ok("fits", tg_sum_add(&sum, tg_buffer_str(&text), false));
		}
		is_int("sign", tg_sum_sign(&sum), expected < 0 ? -1 : expected > 0);
		tg_sum_put(&put, &sum);
		text.n = 0;
		if (expected < 0) {
			tg_buffer_putc(&text, '-');
			expected = -expected;
		}
		for (int i = 0; i < 12 || expected; i++) {
			if (i == 12)
				digits[--n] = '.';
			digits[--n] = (char)('0' + (int)(expected % 10));
			expected /= 10;
		}
		if (n == sizeof(digits) - 12)
			digits[--n] = '.', digits[--n] = '0';
		tg_buffer_put(&text, digits + n, sizeof(digits) - n);
		while (text.p[text.n - 1] == '0')
			text.n--;
		if (text.p[text.n - 1] == '.')
			text.n--;
		is_str("digits", tg_buffer_str(&put), tg_buffer_str(&text));
	}
}

TEST(sums_have_ends)
{
	struct tg_sum sum;
	TG_OWN(tg_buffer_release) struct tg_buffer put = TG_BUFFER_INIT;

	tg_sum_clear(&sum);
	tg_sum_put(&put, &sum);
	is_str("nothing", tg_buffer_str(&put), TG_STR("0"));
	ok("highest", tg_sum_add(&sum, TG_STR("1e287"), false));
	ok("too high", !tg_sum_add(&sum, TG_STR("1e288"), false));
	ok("lowest", tg_sum_add(&sum, TG_STR("1e-144"), false));
	ok("too low", !tg_sum_add(&sum, TG_STR("1e-145"), false));
	ok("zeros do not count", tg_sum_add(&sum, TG_STR("10.000e-145"), true));
	ok("zeros before", tg_sum_add(&sum, TG_STR("0.0001e291"), true));
	ok("zeros behind", tg_sum_add(&sum, TG_STR("0.00e999999999999"), true));
	ok("far", !tg_sum_add(&sum, TG_STR("-1e999999999999"), true));
	ok("and low", !tg_sum_add(&sum, TG_STR("1e-99999999999999999999"), true));
	is_int("back at nothing", tg_sum_sign(&sum), 0);
	ok("a limb", tg_sum_add(&sum, TG_STR("5000000000"), false));
	tg_sum_clear(&sum); /* and is forgotten */
	ok("nine nines", tg_sum_add(&sum, TG_STR("999999999.999999999"), false));
	ok("and a little", tg_sum_add(&sum, TG_STR("0.000000001"), false));
	put.n = 0;
	tg_sum_put(&put, &sum);
	is_str("carries", tg_buffer_str(&put), TG_STR("1000000000"));
	ok("less", tg_sum_add(&sum, TG_STR("1000000000.000000000000000000001"), true));
	put.n = 0;
	tg_sum_put(&put, &sum);
	is_str("a small one below zero", tg_buffer_str(&put), TG_STR("-0.000000000000000000001"));
}
