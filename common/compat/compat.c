#include "common/compat/inside.h"

#include "common/run/work.h"

/* What one question may cost: some tenths of a second, and never a whole one. */
enum { STEPS = 8000000, NANOSECONDS = 250000000 };

struct tg_compat *tg_compat_new(const struct tg_schema *old, const struct tg_schema *new,
				bool lenient, const struct tg_compat_judge *judge,
				struct tg_work *work)
{
	struct tg_compat *c = tg_alloc(sizeof(*c));

	c->lenient = lenient;
	c->judge = judge;
	c->work = work;
	c->schema[0] = old;
	c->schema[1] = new;
	tg_forms_init(&c->forms);
	tg_forms_read(&c->forms, 0, old, false);
	tg_forms_read(&c->forms, 1, new, false);
	tg_forms_merge(&c->forms);
	tg_solver_init(&c->solver, &c->forms, work);
	return c;
}

void tg_compat_free(struct tg_compat **compat)
{
	if (!*compat)
		return;
	tg_solver_release(&(*compat)->solver);
	tg_forms_release(&(*compat)->forms);
	tg_free((*compat)->change);
	tg_free(*compat);
	*compat = NULL;
}

static bool takes(struct tg_compat *c, unsigned version, const struct tg_record *rec)
{
	return tg_schema_valid(c->schema[version], rec, c->work) &&
	       (!c->judge || c->judge->takes(c->judge->self, version, rec));
}

bool tg_compat_is_witness(struct tg_compat *c, enum tg_compat_way way, struct tg_str json)
{
	unsigned from = way == TG_COMPAT_BACKWARD ? 0 : 1;
	struct tg_record rec;

	return tg_eval_scan(&c->solver, json, &rec) && takes(c, from, &rec) &&
	       !takes(c, !from, &rec);
}

/* Whether all that the one takes the other takes too, as far as the schemas say. */
static enum tg_sat solve(struct tg_solver *s, unsigned from, struct tg_str *value)
{
	struct tg_forms *f = s->f;
	uint32_t goal[2] = { TG_LIT(tg_form_same(f, f->doc[from].root)),
			     TG_LIT_NOT(tg_form_same(f, f->doc[!from].root)) };

	tg_solver_begin(s, STEPS, NANOSECONDS);
	return tg_solve_shallow(s, goal, 2, value);
}

/* The writer sends what it declares, the reader takes what it takes. */
static enum tg_sat solve_lenient(struct tg_compat *c, unsigned from, struct tg_str *value)
{
	TG_OWN(tg_forms_release) struct tg_forms f;
	TG_OWN(tg_solver_release) struct tg_solver s = { .f = NULL };
	enum tg_sat got;

	tg_forms_init(&f);
	tg_forms_read(&f, 0, c->schema[0], from == 0);
	tg_forms_read(&f, 1, c->schema[1], from == 1);
	tg_forms_merge(&f);
	tg_solver_init(&s, &f, c->work);
	got = solve(&s, from, value);
	if (value->p)
		*value = tg_arena_copy(&c->solver.arena, *value);
	c->solver.why = s.why;
	c->solver.why_form = TG_FORM_NONE;
	return got;
}

/* Where the solver came to doubt: a keyword's value, where it is one. */
static void say_why(struct tg_compat *c, struct tg_compat_answer *answer)
{
	uint32_t form = c->solver.why_form; /* of the lenient ones it is not known */

	answer->verdict = TG_COMPAT_UNKNOWN;
	answer->why = c->solver.why
			      ? c->solver.why
			      : "the record that would show it breaks a rule of its own version, "
				"or the validator judges it otherwise";
	for (unsigned v = 0; v < 2 && form != TG_FORM_NONE; v++)
		for (uint32_t i = 0; i < c->schema[v]->contract->document.spans; i++) {
			const struct tg_place_form *place = c->forms.doc[v].at[i];

			for (uint32_t k = 0; place && k < place->parts; k++)
				if (tg_form_same(&c->forms, place->part[k].form) == form) {
					answer->at = tg_compat_pointer(c, v, place->part[k].where);
					answer->version = v;
					return;
				}
		}
}

/* What the validator says against the witness. Only a program has somebody to say it to. */
static void find_faults(struct tg_compat *c, unsigned version, struct tg_compat_answer *answer)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_record rec;

	if (!c->work->runner || !tg_eval_scan(&c->solver, answer->witness, &rec))
		return;
	c->work->faults.n = 0;
	c->work->fault_count = 0;
	if (tg_schema_check(c->schema[version], &rec, c->work) == TG_PASS)
		return;
	tg_buffer_printf(&out, "[%.*s]", TG_STR_ARG(tg_buffer_str(&c->work->faults)));
	answer->faults = tg_arena_copy(&c->solver.arena, tg_buffer_str(&out));
}

static void show(struct tg_compat *c, unsigned from, struct tg_str witness,
		 struct tg_compat_answer *answer)
{
	*answer = (struct tg_compat_answer){ .verdict = TG_COMPAT_NO, .witness = witness };
	find_faults(c, !from, answer);
}

void tg_compat_ask(struct tg_compat *c, enum tg_compat_way way, struct tg_compat_answer *answer)
{
	unsigned from = way == TG_COMPAT_BACKWARD ? 0 : 1;
	struct tg_str value = TG_STR_NONE;
	enum tg_sat got;

	*answer = (struct tg_compat_answer){ .verdict = TG_COMPAT_YES };
	c->solver.why = NULL;
	got = solve(&c->solver, from, &value);
	/* Fewer records are asked about, so what is proved of all holds. */
	if (c->lenient && got != TG_SAT_NONE)
		got = solve_lenient(c, from, &value);
	if (got == TG_SAT_NONE) {
		if (c->judge && c->judge->differs && tg_compat_search(c, way, &value))
			show(c, from, value, answer);
		return;
	}
	if (got == TG_SAT_SOME && tg_compat_is_witness(c, way, value)) {
		show(c, from, value, answer);
		return;
	}
	say_why(c, answer);
	if (!c->lenient && tg_compat_search(c, way, &value))
		show(c, from, value, answer);
}
