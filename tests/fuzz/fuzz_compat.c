/*
 * Whatever two contracts, whatever records: no finding of a sanitizer, no endless work, no record contradicts a verdict, each witness is
 * one, and the formulas say of each record what the validator says. The first line is the old version, the second the new one, the
 * others are records.
 */
#include "common/compat/compat.h"
#include "common/compat/keys.h"
#include "common/compat/solve.h"

#include "common/run/runner.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

struct pair {
	struct tg_arena arena;
	struct tg_setup setup;
	struct tg_runner runner;
	struct tg_contract contract[2];
	struct tg_schema *schema[2];
	struct tg_compat *compat;
	struct tg_forms forms;
	struct tg_solver solver;
	struct tg_compat_answer answer[2];
};

static struct tg_str next_line(struct tg_str *text)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
	struct tg_str line = { text->p, end ? (size_t)(end - text->p) : text->n };

	*text = tg_str_after(*text, line.n + (end != NULL));
	return line;
}

static bool open_pair(struct pair *p, struct tg_str *text)
{
	const struct tg_schema_wish wish = { .first = false };
	struct tg_error err = TG_ERROR_INIT;

	for (unsigned i = 0; i < 2; i++)
		if (tg_contract_read(&p->contract[i], next_line(text), i ? "new" : "old", &p->setup,
				     &err) ||
		    tg_schema_compile(&p->schema[i], &p->contract[i], &p->setup, &wish, &err))
			return false;
	return true;
}

static void ask(struct pair *p)
{
	const struct tg_compat_change *change;
	struct tg_compat_change *key;
	size_t n;

	p->compat = tg_compat_new(p->schema[0], p->schema[1], false, NULL, &p->runner.work);
	for (enum tg_compat_way way = 0; way < TG_COMPAT_WAYS; way++) {
		struct tg_compat_answer *a = &p->answer[way];
		struct tg_record rec;

		tg_compat_ask(p->compat, way, a);
		MUST((a->verdict == TG_COMPAT_NO) == (a->witness.p != NULL));
		MUST((a->verdict == TG_COMPAT_UNKNOWN) == (a->why != NULL));
		if (!a->witness.p)
			continue;
		MUST(tg_eval_scan(&p->solver, a->witness, &rec));
		MUST(tg_schema_valid(p->schema[way], &rec, &p->runner.work));
		MUST(!tg_schema_valid(p->schema[!way], &rec, &p->runner.work));
	}
	tg_compat_changes(p->compat, &change, &n);
	tg_compat_keys(&key, &n, &p->contract[0], &p->contract[1], &p->arena);
}

static void judge(struct pair *p, struct tg_str line)
{
	struct tg_record rec;
	bool takes[2];

	if (!tg_eval_scan(&p->solver, line, &rec))
		return;
	for (unsigned i = 0; i < 2; i++) {
		enum tg_truth t;

		tg_solver_begin(&p->solver, 1000000, 0);
		t = tg_eval(&p->solver, p->forms.doc[i].root, &rec, 0);
		takes[i] = tg_schema_valid(p->schema[i], &rec, &p->runner.work);
		MUST(t == TG_TRUTH_MAYBE || (t == TG_TRUTH_YES) == takes[i]);
	}
	for (unsigned i = 0; i < 2; i++)
		MUST(!takes[i] || takes[!i] || p->answer[i].verdict != TG_COMPAT_YES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tg_program program;
	struct pair p = { .arena = TG_ARENA_INIT };
	struct tg_str text = { (const char *)data, size };

	p.setup.arena = &p.arena;
	tg_runner_init(&p.runner, &program);
	p.runner.work.setup = &p.setup;
	if (open_pair(&p, &text)) {
		tg_forms_init(&p.forms);
		tg_forms_read(&p.forms, 0, p.schema[0], false);
		tg_forms_read(&p.forms, 1, p.schema[1], false);
		tg_forms_merge(&p.forms);
		tg_solver_init(&p.solver, &p.forms, &p.runner.work);
		ask(&p);
		while (text.n)
			judge(&p, next_line(&text));
		tg_compat_free(&p.compat);
		tg_solver_release(&p.solver);
		tg_forms_release(&p.forms);
	}
	tg_schema_release(&p.schema[0]);
	tg_schema_release(&p.schema[1]);
	tg_runner_release(&p.runner);
	tg_arena_release(&p.arena);
	return 0;
}
