/* judging: a contract, and records that are judged by it. One at a time, and each file of tests has its own. */
#ifndef TG_TESTS_JUDGING_H
#define TG_TESTS_JUDGING_H

#include "common/json/scan.h"
#include "common/run/runner.h"
#include "common/schema/schema.h"
#include "tests/unit/tap.h"

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
static inline struct tg_str json(const char *text)
{
	struct tg_str s = tg_arena_format(&arena, "%s", text);
	char *p = tg_arena_take(&arena, s.n + TG_SLACK);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] == '\'' ? '"' : s.p[i]);
	return tg_str_from(p, s.n);
}

static inline void close_contract(void)
{
	tg_schema_release(&schema);
	tg_scanner_free(&scanner);
	tg_runner_release(&runner);
	tg_arena_release(&arena);
}

static inline enum tg_status open_contract(const char *text)
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
static inline int judge(const char *text)
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

static inline void judge_all(const struct row *row, size_t rows)
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

/* The first fault has this in it. */
static inline void has(const char *about, const char *part)
{
	struct tg_str faults = tg_buffer_str(&runner.work.faults), want = json(part);

	if (!memmem(faults.p, faults.n, want.p, want.n))
		is_str(about, faults, want);
	else
		ok(about, true);
}

#endif
