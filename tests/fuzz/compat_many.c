/*
 * compat_many: many pairs of schemas and records, for tests/property/compat.py. On standard input, a line each:
 *
 *	P OLD <tab> NEW		a pair; what follows is about it
 *	R RECORD		a record for both
 *
 * For each pair one line comes out: the two verdicts, the two witnesses, the two reasons, how long it took in milliseconds, how many
 * records contradict a verdict, and how many the formulas judge otherwise than the validator; tabs between.
 */
#include "common/compat/compat.h"
#include "common/compat/solve.h"

#include "common/run/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct pair {
	struct tg_arena arena;
	struct tg_setup setup;
	struct tg_work work;
	struct tg_contract contract[2];
	struct tg_schema *schema[2];
	struct tg_compat *compat;
	struct tg_forms forms;
	struct tg_solver solver;
	struct tg_compat_answer answer[2];
	double milliseconds;
	unsigned wrong, otherwise, records;
	bool open;
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Who is strict and satisfied is so with leniency too: it asks about fewer records. */
static void ask_leniently(struct pair *p)
{
	struct tg_compat *lenient = tg_compat_new(p->schema[0], p->schema[1], true, NULL, &p->work);

	for (unsigned i = 0; i < 2; i++) {
		struct tg_compat_answer answer;

		tg_compat_ask(lenient, i, &answer);
		if (p->answer[i].verdict == TG_COMPAT_YES && answer.verdict != TG_COMPAT_YES)
			p->wrong++;
	}
	tg_compat_free(&lenient);
}

static void begin(struct pair *p, struct tg_str line)
{
	const char *tab = memchr(line.p, '\t', line.n);
	struct tg_str text[2];
	struct tg_error err = TG_ERROR_INIT;
	double start;

	*p = (struct pair){ .arena = TG_ARENA_INIT };
	p->setup.arena = &p->arena;
	p->work.setup = &p->setup;
	if (!tab)
		exit(2);
	text[0] = tg_str_from(line.p, (size_t)(tab - line.p));
	text[1] = tg_str_after(line, text[0].n + 1);
	for (unsigned i = 0; i < 2; i++) {
		struct tg_schema_wish wish = { .first = false };

		if (tg_contract_read(&p->contract[i], text[i], i ? "new" : "old", &p->setup,
				     &err) ||
		    tg_schema_compile(&p->schema[i], &p->contract[i], &p->setup, &wish, &err)) {
			printf("error\t%s\n", err.text);
			return;
		}
	}
	p->open = true;
	start = now();
	p->compat = tg_compat_new(p->schema[0], p->schema[1], false, NULL, &p->work);
	for (unsigned i = 0; i < 2; i++)
		tg_compat_ask(p->compat, i, &p->answer[i]);
	p->milliseconds = now() - start;
	ask_leniently(p);
	tg_forms_init(&p->forms);
	tg_forms_read(&p->forms, 0, p->schema[0], false);
	tg_forms_read(&p->forms, 1, p->schema[1], false);
	tg_forms_merge(&p->forms);
	tg_solver_init(&p->solver, &p->forms, &p->work);
	tg_solver_begin(&p->solver, UINT64_MAX, 0);
}

static void take(struct pair *p, struct tg_str line)
{
	struct tg_record rec;
	bool takes[2];

	if (!p->open || !tg_eval_scan(&p->solver, line, &rec))
		return;
	p->records++;
	for (unsigned i = 0; i < 2; i++) {
		enum tg_truth t = tg_eval(&p->solver, p->forms.doc[i].root, &rec, 0);

		takes[i] = tg_schema_valid(p->schema[i], &rec, &p->work);
		if (t != TG_TRUTH_MAYBE && (t == TG_TRUTH_YES) != takes[i])
			p->otherwise++;
	}
	for (unsigned i = 0; i < 2; i++)
		p->wrong += takes[i] && !takes[!i] && p->answer[i].verdict == TG_COMPAT_YES;
}

static void end(struct pair *p)
{
	static const char *const word[] = { "yes", "no", "unknown" };

	if (p->open) {
		printf("%s\t%s\t%.*s\t%.*s\t%s\t%s\t%.1f\t%u\t%u\n", word[p->answer[0].verdict],
		       word[p->answer[1].verdict], TG_STR_ARG(p->answer[0].witness),
		       TG_STR_ARG(p->answer[1].witness), p->answer[0].why ? p->answer[0].why : "",
		       p->answer[1].why ? p->answer[1].why : "", p->milliseconds, p->wrong,
		       p->otherwise);
		tg_compat_free(&p->compat);
		tg_solver_release(&p->solver);
		tg_forms_release(&p->forms);
	}
	tg_schema_release(&p->schema[0]);
	tg_schema_release(&p->schema[1]);
	tg_arena_release(&p->work.arena);
	tg_arena_release(&p->arena);
	*p = (struct pair){ .open = false };
}

int main(void)
{
	struct pair p = { .open = false };
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 2) {
		struct tg_str text = { line + 2, (size_t)n - 3 };

		if (line[0] == 'P') {
			end(&p);
			begin(&p, text);
		} else {
			take(&p, text);
		}
	}
	end(&p);
	free(line);
	return 0;
}
