/*
 * Goals: what was asked is kept, and what is being asked counts as having no value.
 */
#include "common/compat/solve.h"

#include "common/json/text.h"

#include <stdlib.h>
#include <time.h>

enum { NEST_MAX = 1500 };

enum goal_state { GOAL_DONE, GOAL_UNDER_WAY, GOAL_STACKED, GOAL_FORGOTTEN };

struct tg_goal {
	uint32_t *lit;
	uint32_t n;
	uint64_t hash;
	uint8_t state;
	uint8_t answer;
	uint32_t pass;	/* in which it was answered */
	unsigned depth; /* under way: at; stacked: the outermost goal that it stands on */
	struct tg_str value;
};

void tg_lits_add(struct tg_lits *l, uint32_t lit)
{
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 16;
		l->p = tg_resize_array(l->p, l->room, sizeof(*l->p));
	}
	l->p[l->n++] = lit;
}

void tg_lits_release(struct tg_lits *l)
{
	tg_free(l->p);
	*l = (struct tg_lits){ NULL, 0, 0 };
}

static uint64_t cpu_time(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

bool tg_solve_step(struct tg_solver *s, uint64_t n)
{
	uint64_t before = s->steps;

	s->steps += n;
	/* Steps end it the same on all machines; the clock is for what they do not measure. */
	if (before >> 12 != s->steps >> 12 && s->deadline && cpu_time() > s->deadline)
		s->late = true;
	return s->steps <= s->steps_max && !s->late;
}

enum tg_sat tg_solve_unsure(struct tg_solver *s, const char *why, uint32_t form)
{
	if (!s->why) {
		s->why = why;
		s->why_form = form;
	}
	return TG_SAT_UNSURE;
}

enum tg_sat tg_solve_too_long(struct tg_solver *s)
{
	return tg_solve_unsure(s, "there are too many cases to look at all of them", TG_FORM_NONE);
}

bool tg_solve_deeper(struct tg_solver *s)
{
	if (s->nest == NEST_MAX) {
		(void)tg_solve_unsure(s, "the schemas go too deep", TG_FORM_NONE);
		return false;
	}
	s->nest++;
	return true;
}

void tg_solve_back(struct tg_solver *s)
{
	s->nest--;
}

void tg_solver_init(struct tg_solver *s, struct tg_forms *f, struct tg_work *work)
{
	*s = (struct tg_solver){ .f = f, .work = work, .scanner = tg_scanner_new() };
	s->slots = 1 << 12;
	s->slot = tg_alloc_array(s->slots, sizeof(struct tg_goal *));
}

void tg_solver_release(struct tg_solver *s)
{
	for (unsigned i = 0; i <= TG_SOLVE_DEPTH; i++)
		tg_branch_free(&s->pool[i]);
	tg_free(s->slot);
	tg_free(s->stack);
	tg_free(s->made);
	tg_scanner_free(&s->scanner);
	tg_matcher_release(&s->matcher);
	tg_arena_release(&s->arena);
	*s = (struct tg_solver){ .f = NULL };
}

void tg_solver_begin(struct tg_solver *s, uint64_t steps, uint64_t nanoseconds)
{
	s->steps = 0;
	s->steps_max = steps;
	s->deadline = nanoseconds ? cpu_time() + nanoseconds : 0;
	s->late = false;
	s->pass++;
	s->depth_max = TG_SOLVE_DEPTH;
	s->why = NULL;
	s->why_form = TG_FORM_NONE;
}

/*
 * Goals
 */

static int compare(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static uint64_t hash_of(const uint32_t *lit, uint32_t n)
{
	uint64_t h = n;

	for (uint32_t i = 0; i < n; i++)
		h = (h ^ lit[i]) * UINT64_C(0x9e3779b97f4a7c15), h ^= h >> 31;
	return h;
}

static void grow_goals(struct tg_solver *s)
{
	uint32_t slots = s->slots * 4;
	struct tg_goal **slot = tg_alloc_array(slots, sizeof(struct tg_goal *));

	for (uint32_t i = 0; i < s->slots; i++) {
		uint32_t at;

		if (!s->slot[i])
			continue;
		for (at = (uint32_t)s->slot[i]->hash & (slots - 1); slot[at];
		     at = (at + 1) & (slots - 1))
			;
		slot[at] = s->slot[i];
	}
	tg_free(s->slot);
	s->slot = slot;
	s->slots = slots;
}

static struct tg_goal *goal_of(struct tg_solver *s, const uint32_t *lit, uint32_t n)
{
	uint64_t hash = hash_of(lit, n);
	struct tg_goal *g;
	uint32_t at;

	if (s->goals * 2 >= s->slots)
		grow_goals(s);
	for (at = (uint32_t)hash & (s->slots - 1); s->slot[at]; at = (at + 1) & (s->slots - 1)) {
		g = s->slot[at];
		if (g->hash == hash && g->n == n && memcmp(g->lit, lit, n * sizeof(*lit)) == 0)
			return g;
	}
	g = tg_arena_take(&s->arena, sizeof(*g));
	g->lit = tg_arena_array(&s->arena, n, sizeof(*lit));
	memcpy(g->lit, lit, n * sizeof(*lit));
	g->n = n;
	g->hash = hash;
	g->state = GOAL_FORGOTTEN;
	s->slot[at] = g;
	s->goals++;
	return g;
}

/* In order and once each, without what is always true. False: it contradicts itself. */
static bool put_in_order(struct tg_solver *s, struct tg_lits *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t form = tg_form_same(s->f, l->p[i] / 2);
		uint8_t op = s->f->form[form].op;

		if (op == TG_FORM_TRUE || op == TG_FORM_FALSE) {
			if ((op == TG_FORM_TRUE) == (l->p[i] & 1))
				return false;
			continue;
		}
		l->p[n++] = form * 2 + (l->p[i] & 1);
	}
	l->n = n;
	if (n > 1)
		qsort(l->p, n, sizeof(*l->p), compare);
	n = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		if (n && l->p[n - 1] == l->p[i])
			continue;
		if (n && (l->p[n - 1] ^ 1) == l->p[i])
			return false;
		l->p[n++] = l->p[i];
	}
	l->n = n;
	return true;
}

/* Simple ones first: they make the better examples. */
static const uint8_t kind_order[] = { TG_STRING, TG_NUMBER, TG_TRUE,  TG_NULL,
				      TG_FALSE,	 TG_ARRAY,  TG_OBJECT };

static enum tg_sat ask(struct tg_solver *s, struct tg_goal *g)
{
	enum tg_sat so_far = TG_SAT_NONE;

	for (size_t i = 0; i < TG_COUNT(kind_order); i++) {
		enum tg_sat got = tg_branch(s, g->lit, g->n, kind_order[i], &g->value);

		if (got == TG_SAT_SOME)
			return got;
		if (got == TG_SAT_UNSURE)
			so_far = got;
		if (!tg_solve_step(s, 1))
			return tg_solve_too_long(s);
	}
	return so_far;
}

static void stack_up(struct tg_solver *s, struct tg_goal *g)
{
	if (s->stacked == s->stack_room) {
		s->stack_room = s->stack_room ? s->stack_room * 2 : 64;
		s->stack = tg_resize_array(s->stack, s->stack_room, sizeof(struct tg_goal *));
	}
	s->stack[s->stacked++] = g;
}

/*
 * A goal that was found to have no value while others, further out, were taken to have none, is only as good as those: it is kept on
 * the stack until the outermost of them is settled.
 */
static enum tg_sat settle(struct tg_solver *s, struct tg_goal *g, enum tg_sat got, unsigned low,
			  uint32_t stacked)
{
	bool leans = low < s->depth;

	g->answer = (uint8_t)got;
	if (got != TG_SAT_NONE || !leans) {
		for (uint32_t i = stacked; i < s->stacked; i++)
			s->stack[i]->state = got == TG_SAT_NONE ? GOAL_DONE : GOAL_FORGOTTEN;
		s->stacked = stacked;
		g->state = GOAL_DONE;
	} else {
		/* What leaned on this goal leans on that one now. */
		for (uint32_t i = stacked; i < s->stacked; i++)
			if (s->stack[i]->depth > low)
				s->stack[i]->depth = low;
		g->state = GOAL_STACKED;
		g->depth = low;
		stack_up(s, g);
	}
	return got;
}

static enum tg_sat begin_goal(struct tg_solver *s, struct tg_goal *g)
{
	unsigned before = s->low, low;
	uint32_t stacked = s->stacked;
	enum tg_sat got;

	if (s->depth == s->depth_max) {
		s->cut = true;
		return tg_solve_unsure(s, "the schemas go too deep", TG_FORM_NONE);
	}
	s->depth++;
	s->low = UINT32_MAX;
	g->state = GOAL_UNDER_WAY;
	g->depth = s->depth;
	got = ask(s, g);
	if (got == TG_SAT_NONE && !tg_solve_step(s, 0))
		got = tg_solve_too_long(s);
	low = s->low;
	got = settle(s, g, got, low, stacked);
	g->pass = s->pass;
	s->depth--;
	/* What this goal itself was taken for matters to nobody further out. */
	s->low = got == TG_SAT_NONE && low <= s->depth && low < before ? low : before;
	return got;
}

enum tg_sat tg_solve(struct tg_solver *s, const uint32_t *lit, uint32_t n, struct tg_str *value)
{
	struct tg_lits l = { NULL, 0, 0 };
	struct tg_goal *g;
	enum tg_sat got = TG_SAT_UNSURE;

	for (uint32_t i = 0; i < n; i++)
		tg_lits_add(&l, lit[i]);
	if (!put_in_order(s, &l)) {
		tg_lits_release(&l);
		return TG_SAT_NONE;
	}
	if (!l.p)
		tg_lits_add(&l, 0), l.n = 0;
	g = goal_of(s, l.p, l.n);
	tg_lits_release(&l);
	if (!tg_solve_step(s, 1))
		return tg_solve_too_long(s);
	if (g->state == GOAL_DONE && g->answer == TG_SAT_UNSURE && g->pass != s->pass)
		g->state = GOAL_FORGOTTEN; /* more steps, or more depth, may get further */
	switch ((enum goal_state)g->state) {
	case GOAL_DONE:
		got = (enum tg_sat)g->answer;
		break;
	case GOAL_UNDER_WAY:
	case GOAL_STACKED:
		if (g->depth < s->low)
			s->low = g->depth;
		return TG_SAT_NONE;
	case GOAL_FORGOTTEN:
		got = begin_goal(s, g);
		break;
	}
	if (got == TG_SAT_SOME && value)
		*value = g->value;
	if (got == TG_SAT_UNSURE)
		(void)tg_solve_unsure(s, "it was not found out before", TG_FORM_NONE);
	return got;
}

enum tg_sat tg_solve_shallow(struct tg_solver *s, const uint32_t *lit, uint32_t n,
			     struct tg_str *value)
{
	static const unsigned depth[] = { 2, 3, 4, 6, 9 };
	uint64_t most = s->steps_max;
	enum tg_sat got = TG_SAT_UNSURE;

	s->cut = true;
	for (size_t i = 0; i <= TG_COUNT(depth) && got == TG_SAT_UNSURE && s->cut; i++) {
		bool last = i == TG_COUNT(depth);

		/* Where little depth rules nothing out there are the more cases: such a pass gets a small share. */
		s->depth_max = last ? TG_SOLVE_DEPTH : depth[i];
		s->steps_max = last ? most : s->steps + most / 64;
		s->cut = false;
		s->pass++;
		s->why = NULL;
		got = tg_solve(s, lit, n, value);
		s->cut |= !last && s->steps > s->steps_max;
	}
	s->depth_max = TG_SOLVE_DEPTH;
	s->steps_max = most;
	return got;
}

/*
 * Formulas that tell values apart
 */

/* The same again is the same formula, so that goals about it are. */
static uint32_t known_made(struct tg_solver *s, uint32_t at)
{
	const struct tg_form *form = &s->f->form[at];

	for (uint32_t i = 0; i < s->mades; i++) {
		const struct tg_form *old = &s->f->form[s->made[i]];
		bool equal = old->kind == form->kind && old->args == form->args;

		for (uint32_t k = 0; equal && k < form->args; k++)
			equal = tg_str_eq(old->value[k], form->value[k]);
		if (equal)
			return s->made[i];
	}
	if (s->mades == s->made_room) {
		s->made_room = s->made_room ? s->made_room * 2 : 16;
		s->made = tg_resize_array(s->made, s->made_room, sizeof(*s->made));
	}
	s->made[s->mades++] = at;
	return at;
}

static uint32_t make_among(struct tg_solver *s, unsigned kind, struct tg_str *value, uint32_t n)
{
	uint32_t at = tg_form_new(s->f, TG_FORM_AMONG);

	s->f->form[at].kind = (uint8_t)kind;
	s->f->form[at].value = value;
	s->f->form[at].args = n;
	return known_made(s, at);
}

static uint32_t of_that_kind(struct tg_solver *s, unsigned kind, uint32_t among)
{
	uint32_t both[2] = { tg_form_new(s->f, TG_FORM_KINDS), among };

	s->f->form[both[0]].kinds = TG_KIND_BIT(kind);
	return tg_form_of(s->f, TG_FORM_AND, both, 2);
}

uint32_t tg_solve_equal(struct tg_solver *s, unsigned kind, struct tg_str canonical)
{
	struct tg_str *value = tg_arena_take(&s->f->arena, sizeof(*value));
	uint32_t at;

	if (kind <= TG_TRUE) {
		at = tg_form_new(s->f, TG_FORM_KINDS);
		s->f->form[at].kinds = TG_KIND_BIT(kind);
		return at;
	}
	*value = tg_arena_copy(&s->f->arena, canonical);
	at = make_among(s, kind, value, 1);
	if (s->f->form[at].rest == TG_FORM_NONE) { /* of an atom of values it is free */
		uint32_t whole = of_that_kind(s, kind, at);

		s->f->form[at].rest = whole;
	}
	return s->f->form[at].rest;
}

uint32_t tg_solve_string(struct tg_solver *s)
{
	if (!s->string) {
		s->string = tg_form_new(s->f, TG_FORM_KINDS);
		s->f->form[s->string].kinds = TG_KIND_BIT(TG_STRING);
	}
	return s->string;
}

static int compare_texts(const void *x, const void *y)
{
	return tg_str_compare(*(const struct tg_str *)x, *(const struct tg_str *)y);
}

uint32_t tg_solve_words(struct tg_solver *s, struct tg_str *word, uint32_t words)
{
	struct tg_str *value = tg_arena_array(&s->f->arena, words, sizeof(*value));

	if (words > 1)
		qsort(word, words, sizeof(*word), compare_texts);
	for (uint32_t i = 0; i < words; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

		tg_json_put_string(&json, word[i]);
		value[i] = tg_arena_copy(&s->f->arena, tg_buffer_str(&json));
	}
	return make_among(s, TG_STRING, value, words);
}
