/*
 * Arrays: lengths, what is said of elements by their place, how many must or may be of a kind, and whether any two are equal.
 *
 * An element's place is a slot: those that some schema speaks of by number, and one more for all behind them. What is denied leaves
 * choices: which element is not as it should be, which two are equal. When these are made, each slot is a goal.
 */
#include "common/compat/solve.h"

#include "common/json/canon.h"

enum { SLOTS_MAX = 128, LENGTH_MAX = 1200, UNIQUE_MAX = 40, PAIRS_MAX = 12, CONTAINS_MAX = 16 };

struct contained {
	uint32_t form;
	uint64_t least, most;
};

struct arrays {
	struct tg_solver *s;
	const struct tg_lits *atom;
	struct tg_str *value;
	uint64_t shortest, longest;
	bool unique;
	uint32_t slots; /* by number; one more is the rest */
	struct tg_lits *slot;
	struct contained contained[CONTAINS_MAX];
	unsigned contains;
	struct tg_lits rest_too; /* each is true of some element of the rest */
	uint32_t twin[2];	 /* two equal ones; first == UINT32_MAX: none need be */
};

static enum tg_sat ask_slot(struct arrays *a, uint32_t slot, uint32_t lit)
{
	enum tg_sat got;

	tg_lits_add(&a->slot[slot], lit);
	got = tg_solve(a->s, a->slot[slot].p, a->slot[slot].n, NULL);
	a->slot[slot].n--;
	return got;
}

/*
 * Building one
 */

struct element {
	struct tg_lits lits;
	struct tg_str value;
	uint32_t like; /* the same value as this one; UINT32_MAX: its own */
};

static enum tg_sat ask_element(struct arrays *a, struct element *e, uint32_t lit)
{
	enum tg_sat got;

	tg_lits_add(&e->lits, lit);
	got = tg_solve(a->s, e->lits.p, e->lits.n, NULL);
	if (got != TG_SAT_SOME)
		e->lits.n--;
	return got;
}

static void begin_element(const struct arrays *a, struct element *e, uint64_t at)
{
	uint32_t slot = at < a->slots ? (uint32_t)at : a->slots;

	*e = (struct element){ .like = UINT32_MAX };
	for (uint32_t i = 0; i < a->slot[slot].n; i++)
		tg_lits_add(&e->lits, a->slot[slot].p[i]);
}

/* Makes so many elements be of a kind as must, more of them where it takes that; then as few as may. */
static bool count_out(struct arrays *a, struct element *e, uint64_t *n)
{
	for (unsigned c = 0; c < a->contains; c++) {
		uint64_t have = 0;

		for (uint64_t i = 0; i < *n && have < a->contained[c].least; i++)
			have += ask_element(a, &e[i], TG_LIT(a->contained[c].form)) == TG_SAT_SOME;
		while (have < a->contained[c].least) {
			if (*n >= a->longest || *n == LENGTH_MAX)
				return false;
			begin_element(a, &e[*n], *n);
			have += ask_element(a, &e[*n], TG_LIT(a->contained[c].form)) == TG_SAT_SOME;
			++*n;
		}
	}
	for (unsigned c = 0; c < a->contains; c++)
		for (uint64_t i = 0; a->contained[c].most < UINT64_MAX && i < *n; i++)
			(void)ask_element(a, &e[i], TG_LIT_NOT(a->contained[c].form));
	return true;
}

static struct tg_str canonical(struct tg_solver *s, struct tg_str json, unsigned *kind)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	struct tg_record rec;

	if (!tg_eval_scan(s, json, &rec))
		return TG_STR_NONE;
	*kind = rec.span[0].kind;
	tg_canon_put(&out, &rec, rec.span, &scratch);
	return tg_arena_copy(&s->arena, tg_buffer_str(&out));
}

/* Finds a value that none of those before has. */
static bool find_other(struct arrays *a, struct element *e, uint64_t at)
{
	for (unsigned tries = 0; tries < UNIQUE_MAX; tries++) {
		unsigned kind = 0;
		struct tg_str text;
		bool again = false;

		if (tg_solve(a->s, e[at].lits.p, e[at].lits.n, &e[at].value) != TG_SAT_SOME)
			return false;
		text = canonical(a->s, e[at].value, &kind);
		for (uint64_t i = 0; i < at && !again; i++) {
			unsigned other;

			again = tg_str_eq(canonical(a->s, e[i].value, &other), text);
		}
		if (!again)
			return true;
		tg_lits_add(&e[at].lits, TG_LIT_NOT(tg_solve_equal(a->s, kind, text)));
	}
	return false;
}

static enum tg_sat put_together(struct arrays *a, struct element *e, uint64_t n)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_str text;

	tg_buffer_putc(&out, '[');
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			tg_buffer_putc(&out, ',');
		if (e[i].like != UINT32_MAX)
			e[i].value = e[e[i].like].value;
		else if (a->unique && n > 1 ? !find_other(a, e, i)
					    : tg_solve(a->s, e[i].lits.p, e[i].lits.n,
						       &e[i].value) != TG_SAT_SOME)
			return TG_SAT_UNSURE;
		tg_buffer_put_str(&out, e[i].value);
		if (out.n > 1 << 20)
			return TG_SAT_UNSURE;
	}
	tg_buffer_putc(&out, ']');
	text = tg_arena_copy(&a->s->arena, tg_buffer_str(&out));
	if (tg_eval_all(a->s, a->atom->p, a->atom->n, text) == TG_TRUTH_NO)
		return TG_SAT_UNSURE;
	if (a->value)
		*a->value = text;
	return TG_SAT_SOME;
}

/* The two that are equal are one goal. */
static void join_twins(struct arrays *a, struct element *e, uint64_t n)
{
	uint32_t first = a->twin[0], second = a->twin[1];

	if (first == UINT32_MAX)
		return;
	if (second == a->slots)
		second = (uint32_t)n - 1;
	if (first == a->slots)
		first = second - 1;
	for (uint32_t i = 0; i < e[second].lits.n; i++)
		tg_lits_add(&e[first].lits, e[second].lits.p[i]);
	e[second].like = first;
}

static enum tg_sat build(struct arrays *a, uint64_t n)
{
	struct element *e;
	enum tg_sat got = TG_SAT_UNSURE;
	uint32_t at = a->slots;

	if (n > LENGTH_MAX || (a->unique && n > UNIQUE_MAX))
		return tg_solve_unsure(a->s, "it takes long arrays to tell", TG_FORM_NONE);
	e = tg_alloc_array(LENGTH_MAX + 1, sizeof(*e));
	for (uint64_t i = 0; i < n; i++)
		begin_element(a, &e[i], i);
	for (uint32_t i = 0; i < a->rest_too.n; i++)
		tg_lits_add(&e[at++].lits, a->rest_too.p[i]);
	join_twins(a, e, n);
	if (count_out(a, e, &n))
		got = put_together(a, e, n);
	for (uint64_t i = 0; i < n; i++)
		tg_lits_release(&e[i].lits);
	tg_free(e);
	if (got == TG_SAT_UNSURE)
		return tg_solve_unsure(a->s, "no array was found that fits, nor that there is none",
				       a->atom->n ? a->atom->p[0] / 2 : TG_FORM_NONE);
	return got;
}

/* Where certain arrays are ruled out, longer ones may do. */
static enum tg_sat build_some(struct arrays *a, uint64_t n, uint64_t longest)
{
	uint64_t before = a->longest;
	enum tg_sat got = TG_SAT_UNSURE;

	a->longest = longest;
	for (unsigned more = 0; more < 3 && got != TG_SAT_SOME && n <= longest; more++, n++)
		got = build(a, n);
	a->longest = before;
	return got;
}

/*
 * Whether there can be one
 */

/* So many elements can be of a kind at most. */
static uint64_t capable(struct arrays *a, uint32_t form, uint64_t longest)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < a->slots && i < longest; i++)
		n += ask_slot(a, i, TG_LIT(form)) != TG_SAT_NONE;
	if (longest > a->slots && ask_slot(a, a->slots, TG_LIT(form)) != TG_SAT_NONE)
		return UINT64_MAX;
	return n;
}

/* So many are at least. */
static uint64_t forced(struct arrays *a, uint32_t form, uint64_t shortest)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < a->slots && i < shortest; i++)
		n += ask_slot(a, i, TG_LIT_NOT(form)) == TG_SAT_NONE;
	if (shortest > a->slots && ask_slot(a, a->slots, TG_LIT_NOT(form)) == TG_SAT_NONE)
		n += shortest - a->slots;
	return n;
}

/* Whether every element that is of the one kind is of the other. */
static bool goes_along(struct arrays *a, uint32_t form, uint32_t other, uint64_t longest)
{
	for (uint32_t i = 0; i <= a->slots && i < longest; i++) {
		enum tg_sat got;

		tg_lits_add(&a->slot[i], TG_LIT(form));
		got = ask_slot(a, i, TG_LIT_NOT(other));
		a->slot[i].n--;
		if (got != TG_SAT_NONE)
			return false;
	}
	return true;
}

static bool counts_clash(struct arrays *a, uint64_t shortest, uint64_t longest)
{
	for (unsigned c = 0; c < a->contains; c++) {
		const struct contained *one = &a->contained[c];

		if (one->least > one->most || one->least > longest ||
		    (one->least && capable(a, one->form, longest) < one->least))
			return true;
		if (one->most < UINT64_MAX && forced(a, one->form, shortest) > one->most)
			return true;
		for (unsigned d = 0; d < a->contains; d++)
			if (d != c && one->least > a->contained[d].most &&
			    goes_along(a, one->form, a->contained[d].form, longest))
				return true;
	}
	return false;
}

static enum tg_sat settle(struct arrays *a)
{
	uint64_t n = a->shortest, longest = a->longest, want;

	if (a->rest_too.n && n < (uint64_t)a->slots + 1)
		n = (uint64_t)a->slots + 1;
	if (a->twin[0] != UINT32_MAX) {
		want = (uint64_t)a->twin[1] + 1 + (a->twin[0] == a->slots);
		if (n < want)
			n = want;
	}
	if (n > longest)
		return TG_SAT_NONE;
	for (uint32_t i = 0; i <= a->slots && i < longest; i++) {
		if (tg_solve(a->s, a->slot[i].p, a->slot[i].n, NULL) != TG_SAT_NONE)
			continue;
		if (i < n)
			return TG_SAT_NONE;
		longest = i;
	}
	for (uint32_t i = 0; i < a->rest_too.n; i++)
		if (ask_slot(a, a->slots, a->rest_too.p[i]) == TG_SAT_NONE)
			return TG_SAT_NONE;
	if (counts_clash(a, n, longest))
		return TG_SAT_NONE;
	if (a->rest_too.n && n < (uint64_t)a->slots + a->rest_too.n)
		n = (uint64_t)a->slots + a->rest_too.n;
	if (n > longest)
		return tg_solve_unsure(a->s, "several elements of few must be special",
				       TG_FORM_NONE);
	return build_some(a, n, longest);
}

/*
 * What is denied
 */

static enum tg_sat choose(struct arrays *a, uint32_t at);

static enum tg_sat better(enum tg_sat a, enum tg_sat b)
{
	return a == TG_SAT_SOME || b == TG_SAT_SOME	  ? TG_SAT_SOME
	       : a == TG_SAT_UNSURE || b == TG_SAT_UNSURE ? TG_SAT_UNSURE
							  : TG_SAT_NONE;
}

/* Some element is not as it should be by its place. */
static enum tg_sat deny_items(struct arrays *a, const struct tg_form *form, uint32_t at)
{
	enum tg_sat so_far = TG_SAT_NONE;
	uint64_t shortest = a->shortest;

	for (uint32_t i = 0; i <= a->slots && i < a->longest && so_far != TG_SAT_SOME; i++) {
		uint32_t of_it = i < form->args ? form->arg[i] : form->rest;

		if (of_it == TG_FORM_NONE || of_it == TG_FORM_TRUE ||
		    ask_slot(a, i, TG_LIT_NOT(of_it)) == TG_SAT_NONE)
			continue;
		if (i == a->slots) {
			tg_lits_add(&a->rest_too, TG_LIT_NOT(of_it));
			so_far = better(so_far, choose(a, at));
			a->rest_too.n--;
			continue;
		}
		if (a->shortest < i + 1)
			a->shortest = i + 1;
		tg_lits_add(&a->slot[i], TG_LIT_NOT(of_it));
		so_far = better(so_far, choose(a, at));
		a->slot[i].n--;
		a->shortest = shortest;
	}
	return so_far;
}

static enum tg_sat deny_contains(struct arrays *a, const struct tg_form *form, uint32_t at)
{
	enum tg_sat so_far = TG_SAT_NONE;

	if (form->count == 1 && form->most == UINT64_MAX)
		return choose(a, at); /* said of each element: take_atom */

	if (a->contains == CONTAINS_MAX)
		return TG_SAT_UNSURE;
	if (form->count > 0) {
		a->contained[a->contains++] =
			(struct contained){ form->arg[0], 0, form->count - 1 };
		so_far = choose(a, at);
		a->contains--;
	}
	if (form->most < UINT64_MAX && so_far != TG_SAT_SOME) {
		a->contained[a->contains++] =
			(struct contained){ form->arg[0], form->most + 1, UINT64_MAX };
		so_far = better(so_far, choose(a, at));
		a->contains--;
	}
	return so_far;
}

/* The elements of two slots are equal. */
static enum tg_sat with_twins(struct arrays *a, uint32_t first, uint32_t second, uint32_t at)
{
	uint32_t lits = a->slot[first].n;
	enum tg_sat got;

	for (uint32_t i = 0; first != second && i < a->slot[second].n; i++)
		tg_lits_add(&a->slot[first], a->slot[second].p[i]);
	got = tg_solve(a->s, a->slot[first].p, a->slot[first].n, NULL);
	a->slot[first].n = lits;
	if (got == TG_SAT_NONE)
		return got;
	a->twin[0] = first;
	a->twin[1] = second;
	got = choose(a, at);
	a->twin[0] = UINT32_MAX;
	return got;
}

/* Two are equal: any two. Those of the rest come first, for they are free. */
static enum tg_sat deny_unique(struct arrays *a, uint32_t at)
{
	enum tg_sat so_far = with_twins(a, a->slots, a->slots, at);

	if (a->slots > PAIRS_MAX)
		return better(so_far, TG_SAT_UNSURE);
	for (uint32_t i = 0; i < a->slots; i++)
		for (uint32_t k = i + 1; k <= a->slots && so_far != TG_SAT_SOME; k++)
			so_far = better(so_far, with_twins(a, i, k, at));
	return so_far;
}

static enum tg_sat choose_next(struct arrays *a, uint32_t at)
{
	for (; at < a->atom->n; at++) {
		const struct tg_form form = *tg_lit_form(a->s, a->atom->p[at]);

		if (!(a->atom->p[at] & 1))
			continue;
		if (form.op == TG_FORM_ITEMS)
			return deny_items(a, &form, at + 1);
		if (form.op == TG_FORM_CONTAINS)
			return deny_contains(a, &form, at + 1);
		if (form.op == TG_FORM_UNIQUE)
			return deny_unique(a, at + 1);
	}
	return settle(a);
}

/* Makes the choices of what is denied from the atom `at` on. */
static enum tg_sat choose(struct arrays *a, uint32_t at)
{
	enum tg_sat got;

	if (!tg_solve_step(a->s, 1))
		return tg_solve_unsure(a->s, "there are too many cases to look at all of them",
				       TG_FORM_NONE);
	if (!tg_solve_deeper(a->s))
		return TG_SAT_UNSURE;
	got = choose_next(a, at);
	tg_solve_back(a->s);
	return got;
}

/*
 * What is asked for
 */

static void take_length(struct arrays *a, const struct tg_form *form, bool negated)
{
	if ((form->op == TG_FORM_MIN_ITEMS) != negated) {
		if (form->count + negated > a->shortest)
			a->shortest = form->count + negated;
	} else if (form->count == 0 && negated) {
		a->shortest = 1;
		a->longest = 0;
	} else if (form->count - negated < a->longest) {
		a->longest = form->count - negated;
	}
}

static void take_items(struct arrays *a, const struct tg_form *form)
{
	for (uint32_t i = 0; i <= a->slots; i++) {
		uint32_t of_it = i < form->args ? form->arg[i] : form->rest;

		if (of_it != TG_FORM_NONE)
			tg_lits_add(&a->slot[i], TG_LIT(of_it));
	}
}

/* False: there are too many. */
static bool take_atom(struct arrays *a, uint32_t lit)
{
	const struct tg_form *form = tg_lit_form(a->s, lit);
	bool negated = lit & 1;

	if (form->op == TG_FORM_MIN_ITEMS || form->op == TG_FORM_MAX_ITEMS)
		take_length(a, form, negated);
	else if (form->op == TG_FORM_UNIQUE && !negated)
		a->unique = true;
	else if (form->op == TG_FORM_ITEMS && !negated)
		take_items(a, form);
	else if (form->op == TG_FORM_CONTAINS && !negated) {
		if (a->contains == CONTAINS_MAX)
			return false;
		a->contained[a->contains++] =
			(struct contained){ form->arg[0], form->count, form->most };
	} else if (form->op == TG_FORM_CONTAINS && form->count == 1 && form->most == UINT64_MAX) {
		/* None of the elements is of that kind: said of each, it is most exact. */
		for (uint32_t i = 0; i <= a->slots; i++)
			tg_lits_add(&a->slot[i], TG_LIT_NOT(form->arg[0]));
	}
	return true;
}

enum tg_sat tg_solve_array(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value)
{
	struct arrays a = { .s = s,
			    .atom = atom,
			    .value = value,
			    .longest = UINT64_MAX,
			    .twin = { UINT32_MAX, 0 } };
	enum tg_sat got = TG_SAT_NONE;
	const struct tg_form *among = NULL;
	bool good = true;

	for (uint32_t i = 0; i < atom->n; i++) {
		const struct tg_form *form = tg_lit_form(s, atom->p[i]);

		if (form->op == TG_FORM_AMONG && !(atom->p[i] & 1))
			among = form;
		if (form->op == TG_FORM_ITEMS && form->args > a.slots)
			a.slots = form->args;
	}
	if (among)
		return tg_solve_among(s, atom, among, value);
	if (a.slots > SLOTS_MAX)
		return tg_solve_unsure(s, "too many elements have a schema of their own",
				       TG_FORM_NONE);
	a.slot = tg_alloc_array(a.slots + 1, sizeof(*a.slot));
	for (uint32_t i = 0; i < atom->n; i++)
		good = take_atom(&a, atom->p[i]) && good;
	if (!good)
		got = tg_solve_unsure(s, "too much is said of what an array contains",
				      TG_FORM_NONE);
	else if (a.shortest <= a.longest)
		got = choose(&a, 0);
	for (uint32_t i = 0; i <= a.slots; i++)
		tg_lits_release(&a.slot[i]);
	tg_free(a.slot);
	tg_lits_release(&a.rest_too);
	return got;
}
