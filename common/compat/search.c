/*
 * A search for a witness where the solver is at a loss: records that the one version takes, with one value in them put in the place of
 * another, or left out. Whatever is found, the validator has said so.
 */
#include "common/compat/inside.h"

#include "common/compat/text.h"
#include "common/json/text.h"

enum { TRIES_MAX = 6000, SEEDS_MAX = 24, VALUES_MAX = 160, SPANS_MAX = 300, STEPS = 150000 };

struct search {
	struct tg_compat *c;
	enum tg_compat_way way;
	struct tg_str seed[SEEDS_MAX], value[VALUES_MAX];
	unsigned seeds, values, tries;
	struct tg_str found;
};

static bool try_it(struct search *s, struct tg_str json)
{
	if (s->tries++ >= TRIES_MAX || !tg_compat_is_witness(s->c, s->way, json))
		return false;
	s->found = tg_arena_copy(&s->c->solver.arena, json);
	return true;
}

static void add_value(struct search *s, struct tg_str json)
{
	for (unsigned i = 0; i < s->values; i++)
		if (tg_str_eq(s->value[i], json))
			return;
	if (s->values < VALUES_MAX)
		s->value[s->values++] = json;
}

/* Values that the contracts speak of, and some of each kind. */
static void take_values(struct search *s)
{
	static const char *const plain[] = { "null",   "true",	"false",   "0",		  "1",
					     "-1",     "1.5",	"\"\"",	   "[]",	  "{}",
					     "[null]", "[1,1]", "1000000", "{\"a\":null}" };
	const struct tg_forms *f = &s->c->forms;

	for (size_t i = 0; i < TG_COUNT(plain); i++)
		add_value(s, tg_str_of(plain[i]));
	for (uint32_t i = 0; i < f->n; i++) {
		const struct tg_form *form = &f->form[i];

		if (form->op == TG_FORM_AMONG)
			for (uint32_t k = 0; k < form->args && k < 4; k++)
				add_value(s, form->value[k]);
		else if (form->op == TG_FORM_LEAST || form->op == TG_FORM_MOST ||
			 form->op == TG_FORM_MULTIPLE)
			add_value(s, form->text);
	}
	for (size_t i = 0; tg_text_samples[i]; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

		tg_json_put_string(&json, tg_str_of(tg_text_samples[i]));
		add_value(s, tg_arena_copy(&s->c->solver.arena, tg_buffer_str(&json)));
	}
}

/* Records that the one version takes: one, and one for each of its own parts. */
static void take_seeds(struct search *s)
{
	struct tg_compat *c = s->c;
	unsigned from = s->way == TG_COMPAT_BACKWARD ? 0 : 1;
	uint32_t root = tg_form_same(&c->forms, c->forms.doc[from].root);

	for (uint32_t i = 0; i < c->forms.n && s->seeds < SEEDS_MAX; i++) {
		uint32_t form = i == 0 ? root : i, goal[2] = { TG_LIT(root), TG_LIT(form) };
		struct tg_str value;
		bool known = false;

		if (i && (c->forms.same[i] != i || c->forms.form[i].op != TG_FORM_HAS))
			continue;
		if (tg_solve(&c->solver, goal, 2, &value) != TG_SAT_SOME)
			continue;
		for (unsigned k = 0; k < s->seeds; k++)
			known |= tg_str_eq(s->seed[k], value);
		if (!known)
			s->seed[s->seeds++] = value;
	}
}

/* The record without its bytes [from, to), and with text there instead. */
static bool try_with(struct search *s, struct tg_str record, size_t from, size_t to,
		     struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	tg_buffer_put(&out, record.p, from);
	tg_buffer_put_str(&out, text);
	tg_buffer_put_str(&out, tg_str_after(record, to));
	return try_it(s, tg_buffer_str(&out));
}

/* Each value of the record in turn. */
static bool vary(struct search *s, struct tg_str record)
{
	struct tg_record rec;

	if (record.n > 4096 || !tg_eval_scan(&s->c->solver, record, &rec))
		return false;
	if (try_it(s, record))
		return true;
	for (uint32_t i = 0; i < rec.spans && i < SPANS_MAX; i++) {
		size_t at = rec.span[i].at - (rec.span[i].kind == TG_STRING);
		size_t end = at + tg_span_raw(&rec, &rec.span[i]).n;

		if (end < record.n && record.p[end] == ':')
			continue; /* a key */
		for (unsigned v = 0; v < s->values && s->tries < TRIES_MAX; v++)
			if (try_with(s, record, at, end, s->value[v]))
				return true;
	}
	/* And one more member of a plain name. */
	if (rec.span[0].kind == TG_OBJECT)
		for (unsigned v = 0; v < s->values && s->tries < TRIES_MAX; v++) {
			TG_OWN(tg_buffer_release) struct tg_buffer more = TG_BUFFER_INIT;

			tg_buffer_printf(&more, "%s\"x\":%.*s}", rec.spans > 1 ? "," : "",
					 TG_STR_ARG(s->value[v]));
			if (try_with(s, record, record.n - 1, record.n, tg_buffer_str(&more)))
				return true;
		}
	return false;
}

bool tg_compat_search(struct tg_compat *c, enum tg_compat_way way, struct tg_str *witness)
{
	struct search *s = tg_alloc(sizeof(*s));
	bool found = false;

	s->c = c;
	s->way = way;
	tg_solver_begin(&c->solver, STEPS, 100000000);
	take_seeds(s);
	take_values(s);
	for (unsigned i = 0; i < s->seeds && !found && tg_solve_step(&c->solver, 1); i++)
		found = vary(s, s->seed[i]);
	for (unsigned i = 0; i < s->values && !found; i++)
		found = try_it(s, s->value[i]);
	if (found)
		*witness = s->found;
	tg_free(s);
	return found;
}
