/*
 * Whatever rules and keys, whatever records: no finding of a sanitizer, no endless work, a reject has a fault, and no message shows a value of
 * the record. The first line is the contract, the others are records.
 */
#include "common/json/scan.h"
#include "common/rules/rules.h"
#include "common/rules/totals.h"
#include "common/rules/unique.h"
#include "common/run/runner.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

/* Takes the next line off *text. */
static struct tg_str take_line(struct tg_str *text)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
	struct tg_str line = { text->p, end ? (size_t)(end - text->p) : text->n };

	*text = tg_str_after(*text, line.n + (end != NULL));
	return line;
}

/* A text of the record that is not in the contract, and no name, is in no fault. */
static void look_for_values(const struct tg_record *rec, struct tg_str contract,
			    struct tg_str faults)
{
	for (uint32_t i = 0; i < rec->spans; i++) {
		struct tg_str text = tg_span_text(rec, &rec->span[i]);

		if (rec->span[i].kind == TG_STRING && text.n >= 12 &&
		    !memmem(contract.p, contract.n, text.p, text.n) &&
		    rec->text.p[rec->span[i].at + rec->span[i].n + 1] != ':' &&
		    !memchr(rec->text.p, ':', rec->text.n))
			MUST(!memmem(faults.p, faults.n, text.p, text.n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tg_program program;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_runner_release) struct tg_runner runner;
	const struct tg_setup setup = { .arena = &arena };
	struct tg_str text = { (const char *)data, size }, head = take_line(&text);
	struct tg_contract contract;
	struct tg_rules *rules = NULL;
	struct tg_totals *totals = NULL;
	TG_OWN(tg_unique_release) struct tg_unique *unique = NULL;
	struct tg_record rec = { .at = { .file = TG_STR_NONE } };
	struct tg_error err = TG_ERROR_INIT;

	tg_runner_init(&runner, &program);
	runner.work.setup = &setup;
	if (tg_contract_read(&contract, head, "c.json", &setup, &err) ||
	    tg_rules_compile(&rules, &contract, size % 7 == 0, &arena, &err) ||
	    tg_unique_open(&unique, &contract, &arena, &err) ||
	    tg_totals_open(&totals, &contract, &arena, &err)) {
		MUST(err.status == TG_CONFIG && strstr(err.text, "c.json"));
		return 0;
	}
	while (text.n) {
		enum tg_verdict verdict;

		if (tg_scan(scanner, tg_arena_copy(&arena, take_line(&text)), &rec) != TG_SCAN_OK)
			continue;
		tg_runner_next(&runner);
		if (totals)
			tg_totals_add(totals, &rec);
		verdict = rules ? tg_rules_check(rules, &rec, TG_PASS, &runner.work) : TG_PASS;
		if (unique && verdict == TG_PASS)
			verdict = tg_unique_check(unique, &rec, &runner.work);
		MUST((verdict == TG_PASS) == (runner.work.fault_count == 0));
		look_for_values(&rec, head, tg_buffer_str(&runner.work.faults));
	}
	/* The last record stands for the trailer too. */
	if (totals && rec.span) {
		enum tg_status st = tg_totals_judge(
			totals, size, &(struct tg_trailer){ &rec, rec.span, 1 }, false, &err);

		MUST(!st || st == TG_DATA || st == TG_CONFIG || st == TG_PROTOCOL);
	}
	return 0;
}
