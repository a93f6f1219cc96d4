/*
 * Whatever contract, whatever records: no finding of a sanitizer, no endless work, both evaluations agree, a reject has a fault, and
 * no message shows a value that the contract does not allow to be seen. The first line is the contract, the others are records. The
 * contract is taken as of 2020-12, and, by the input's length, as of another draft.
 */
#include "common/json/scan.h"
#include "common/run/runner.h"
#include "common/schema/schema.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

/* Texts of values that are no words of ours: long, without a blank, and in neither the contract nor a name. */
static void look_for_values(const struct tg_record *rec, struct tg_str contract,
			    struct tg_str faults)
{
	for (uint32_t i = 0; i < rec->spans; i++) {
		struct tg_str text = tg_span_text(rec, &rec->span[i]);
		bool elsewhere = memmem(contract.p, contract.n, text.p, text.n) != NULL;

		if (rec->span[i].kind != TG_STRING || text.n < 8 || memchr(text.p, ' ', text.n))
			continue;
		for (uint32_t k = 0; k < rec->spans && !elsewhere; k++) {
			struct tg_str other = tg_span_text(rec, &rec->span[k]);

			elsewhere = k != i && rec->span[k].kind == TG_STRING &&
				    memmem(other.p, other.n, text.p, text.n);
		}
		/* A name is a string with its value behind it; what is no value of an array or object is one. */
		if (!elsewhere && i > 0 && rec->text.p[rec->span[i].at + rec->span[i].n + 1] != ':')
			MUST(!memmem(faults.p, faults.n, text.p, text.n));
	}
}

static void judge(const struct tg_schema *schema, struct tg_scanner *scanner,
		  struct tg_scanner *again, struct tg_str line, struct tg_str contract,
		  struct tg_runner *runner, struct tg_arena *arena)
{
	struct tg_record rec;
	bool valid;

	if (tg_scan(scanner, tg_arena_copy(arena, line), &rec) != TG_SCAN_OK)
		return;
	tg_runner_next(runner);
	valid = tg_schema_valid(schema, &rec, &runner->work);
	MUST((tg_schema_check(schema, &rec, &runner->work) == TG_PASS) == valid);
	MUST((runner->work.fault_count == 0) == valid);
	if (runner->work.output.n) { /* is JSON */
		struct tg_record output;

		MUST(!valid &&
		     tg_scan(again, tg_arena_copy(arena, tg_buffer_str(&runner->work.output)),
			     &output) == TG_SCAN_OK);
	}
	if (memmem(contract.p, contract.n, "x-class", 7) || memchr(contract.p, '\\', contract.n))
		return;
	look_for_values(&rec, contract, tg_buffer_str(&runner->work.faults));
	look_for_values(&rec, contract, tg_buffer_str(&runner->work.output));
}

/*
 * What the compiler takes, the meta-schema of the draft takes too. Where it does not: before 2019-09 it looks into what stands beside a
 * reference, and 2020-12's has rules for keywords of 2019-09.
 */
static bool may_differ(struct tg_str contract, enum tg_draft draft)
{
	return (draft < TG_DRAFT_2019 && memmem(contract.p, contract.n, "$ref", 4)) ||
	       memmem(contract.p, contract.n, "$recursive", 10) ||
	       memmem(contract.p, contract.n, "$schema", 7) || memchr(contract.p, '\\', contract.n);
}

static void try(struct tg_str text, const struct tg_schema_wish *wish)
{
	static struct tg_program program;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_schema_release) struct tg_schema *schema = NULL, *again = NULL;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_scanner_free) struct tg_scanner *other = tg_scanner_new(); /* for outputs */
	TG_OWN(tg_runner_release) struct tg_runner runner;
	const struct tg_setup setup = { .arena = &arena };
	struct tg_schema_wish thorough = *wish;
	const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	struct tg_str line = { text.p, end ? (size_t)(end - text.p) : text.n };
	struct tg_str contract_text = line;
	struct tg_contract contract;
	struct tg_error err = TG_ERROR_INIT;

	tg_runner_init(&runner, &program);
	runner.work.setup = &setup;
	if (tg_contract_read(&contract, line, "c.json", &setup, &err) ||
	    tg_schema_compile(&schema, &contract, &setup, wish, &err)) {
		MUST((err.status == TG_CONFIG || err.status == TG_UNAVAILABLE) && err.text[0]);
		return;
	}
	thorough.thorough = true;
	if (!may_differ(line, wish->draft) &&
	    tg_schema_compile(&again, &contract, &setup, &thorough, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	while (end) {
		text = tg_str_after(text, (size_t)(end - text.p) + 1);
		end = text.n ? memchr(text.p, '\n', text.n) : NULL;
		line = tg_str_from(text.p, end ? (size_t)(end - text.p) : text.n);
		judge(schema, scanner, other, line, contract_text, &runner, &arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tg_str text = { (const char *)data, size };
	const enum tg_draft draft = (enum tg_draft)(size % TG_DRAFTS);

	try(text, &(struct tg_schema_wish){ .draft_default = true,
					    .draft = TG_DRAFT_2020,
					    .first = size % 3 == 0,
					    .output = (enum tg_schema_output)(size % 4) });
	if (draft != TG_DRAFT_2020)
		try(text, &(struct tg_schema_wish){ .draft_given = true,
						    .draft = draft,
						    .output = TG_OUTPUT_DETAILED });
	return 0;
}
