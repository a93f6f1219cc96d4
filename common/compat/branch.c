/*
 * How a goal is taken apart. A branch is a set of literals that grows as it must; where a formula leaves a choice, the choices are tried
 * one after the other, those first of which few are left. What contradicts itself on the spot is not tried.
 */
#include "common/compat/solve.h"

enum { QUICK_DEPTH = 3, OPEN_MAX = 64, PROBE_LEAST = 4 };

struct entry {
	uint32_t lit;
	uint32_t scope; /* of a schema that asks what is unevaluated; 0: nobody does */
	bool fresh;	/* it set the bit */
};

/* Something that leaves a choice. */
struct choice {
	uint32_t lit, scope;
	uint32_t part; /* of a scoped OR: this argument, or not; UINT32_MAX: the choice itself */
};

/* A schema with unevaluated*, in a branch. */
struct scope {
	uint32_t form;
	uint32_t outer; /* in which it stands */
	bool negated;	/* what is unevaluated must not be as it says */
	bool all;	/* all is evaluated */
};

struct tg_expansion {
	uint64_t *bit; /* by literal */
	uint32_t bits; /* words */
	struct entry *entry;
	uint32_t entries, entry_room, next;
	struct choice *choice;
	uint32_t choices, choice_room;
	struct scope *scope;
	uint32_t scopes, scope_room;
	struct tg_lits lits, atoms;
	unsigned kind;
	struct tg_str *value;
};

void tg_branch_free(struct tg_expansion **expansion)
{
	struct tg_expansion *x = *expansion;

	if (!x)
		return;
	tg_free(x->bit);
	tg_free(x->entry);
	tg_free(x->choice);
	tg_free(x->scope);
	tg_lits_release(&x->lits);
	tg_lits_release(&x->atoms);
	tg_free(x);
	*expansion = NULL;
}

/*
 * What is seen at once
 */

static bool has_bit(const struct tg_expansion *x, uint32_t lit)
{
	return lit / 64 < x->bits && (x->bit[lit / 64] >> (lit % 64) & 1);
}

static enum tg_truth flip_if(enum tg_truth t, uint32_t negated)
{
	if (t == TG_TRUTH_MAYBE || !negated)
		return t;
	return t == TG_TRUTH_YES ? TG_TRUTH_NO : TG_TRUTH_YES;
}

static enum tg_truth quick(struct tg_solver *s, const struct tg_expansion *x, uint32_t lit,
			   unsigned depth);

static enum tg_truth quick_form(struct tg_solver *s, const struct tg_expansion *x, uint32_t at,
				unsigned depth)
{
	const struct tg_form *form = &s->f->form[at];
	enum tg_truth stop = form->op == TG_FORM_OR ? TG_TRUTH_YES : TG_TRUTH_NO, so_far;

	switch (form->op) {
	case TG_FORM_TRUE:
		return TG_TRUTH_YES;
	case TG_FORM_FALSE:
		return TG_TRUTH_NO;
	case TG_FORM_KINDS:
		return form->kinds & TG_KIND_BIT(x->kind) ? TG_TRUTH_YES : TG_TRUTH_NO;
	case TG_FORM_NOT:
		return depth ? quick(s, x, TG_LIT_NOT(form->arg[0]), depth - 1) : TG_TRUTH_MAYBE;
	case TG_FORM_AND:
	case TG_FORM_OR:
		if (depth == 0)
			return TG_TRUTH_MAYBE;
		so_far = stop == TG_TRUTH_NO ? TG_TRUTH_YES : TG_TRUTH_NO;
		for (uint32_t i = 0; i < form->args; i++) {
			enum tg_truth t = quick(s, x, TG_LIT(s->f->form[at].arg[i]), depth - 1);

			if (t == stop)
				return t;
			if (t == TG_TRUTH_MAYBE)
				so_far = t;
		}
		return so_far;
	}
	return TG_TRUTH_MAYBE;
}

/* What a literal comes to in the branch as it is, as far as that costs nothing. */
static enum tg_truth quick(struct tg_solver *s, const struct tg_expansion *x, uint32_t lit,
			   unsigned depth)
{
	const struct tg_form *form = &s->f->form[lit / 2];

	if (has_bit(x, lit))
		return TG_TRUTH_YES;
	if (has_bit(x, lit ^ 1))
		return TG_TRUTH_NO;
	s->steps++;
	if (tg_form_is_atom(form))
		return form->kind == x->kind ? TG_TRUTH_MAYBE : flip_if(TG_TRUTH_YES, lit & 1);
	return flip_if(quick_form(s, x, lit / 2, depth), lit & 1);
}

/*
 * A branch grows
 */

static void set_bit(struct tg_expansion *x, uint32_t lit)
{
	uint32_t word = lit / 64;

	if (word >= x->bits) {
		uint32_t bits = word + 256;

		x->bit = tg_resize_array(x->bit, bits, sizeof(*x->bit));
		memset(x->bit + x->bits, 0, (bits - x->bits) * sizeof(*x->bit));
		x->bits = bits;
	}
	x->bit[word] |= UINT64_C(1) << (lit % 64);
}

static bool is_in_scope(const struct tg_expansion *x, uint32_t lit, uint32_t scope)
{
	for (uint32_t i = 0; i < x->entries; i++)
		if (x->entry[i].lit == lit && x->entry[i].scope == scope)
			return true;
	return false;
}

/* Adds a literal. False: the branch contradicts itself. */
static bool push(struct tg_solver *s, struct tg_expansion *x, uint32_t lit, uint32_t scope)
{
	bool fresh;

	switch (quick(s, x, lit, 1)) {
	case TG_TRUTH_NO:
		return false;
	case TG_TRUTH_YES:
		/* What is true anyway may still be asked what it evaluates. */
		if (!scope || is_in_scope(x, lit, scope))
			return true;
		break;
	case TG_TRUTH_MAYBE:
		break;
	}
	fresh = !has_bit(x, lit);
	if (x->entries == x->entry_room) {
		x->entry_room = x->entry_room ? x->entry_room * 2 : 64;
		x->entry = tg_resize_array(x->entry, x->entry_room, sizeof(*x->entry));
	}
	x->entry[x->entries++] = (struct entry){ lit, scope, fresh };
	set_bit(x, lit);
	(void)tg_solve_step(s, 1);
	return true;
}

static void push_choice(struct tg_expansion *x, uint32_t lit, uint32_t scope, uint32_t part)
{
	if (x->choices == x->choice_room) {
		x->choice_room = x->choice_room ? x->choice_room * 2 : 16;
		x->choice = tg_resize_array(x->choice, x->choice_room, sizeof(*x->choice));
	}
	x->choice[x->choices++] = (struct choice){ lit, scope, part };
}

static uint32_t push_scope(struct tg_expansion *x, uint32_t form, uint32_t outer, bool negated)
{
	if (x->scopes == x->scope_room) {
		x->scope_room = x->scope_room ? x->scope_room * 2 : 4;
		x->scope = tg_resize_array(x->scope, x->scope_room, sizeof(*x->scope));
	}
	if (x->scopes == 0) /* 0 is "none" */
		x->scope[x->scopes++] = (struct scope){ .form = TG_FORM_NONE };
	x->scope[x->scopes] = (struct scope){ form, outer, negated, false };
	return x->scopes++;
}

/* What of a schema with unevaluated* is about values of the kind; TG_FORM_NONE: nothing. */
static uint32_t unevaluated(const struct tg_form *form, unsigned kind)
{
	return kind == TG_ARRAY ? form->arg[1] : kind == TG_OBJECT ? form->arg[2] : TG_FORM_NONE;
}

/* In a closed world, what nothing is said of is left alone: see tg_forms_read. */
static bool push_unevaluated(struct tg_solver *s, struct tg_expansion *x, uint32_t lit,
			     uint32_t scope)
{
	const struct tg_form form = s->f->form[lit / 2];

	if (unevaluated(&form, x->kind) == TG_FORM_NONE)
		return push(s, x, form.arg[0] * 2 + (lit & 1), lit & 1 ? 0 : scope);
	if (!(lit & 1))
		return push(s, x, TG_LIT(form.arg[0]), push_scope(x, lit / 2, scope, false));
	push_choice(x, lit, 0, UINT32_MAX);
	return true;
}

/* What follows from one literal. */
static bool follow(struct tg_solver *s, struct tg_expansion *x, struct entry e)
{
	const struct tg_form form = s->f->form[e.lit / 2];
	bool negated = e.lit & 1;

	if (tg_form_is_atom(&form))
		return true;
	switch (form.op) {
	case TG_FORM_TRUE:
		return !negated;
	case TG_FORM_FALSE:
		return negated;
	case TG_FORM_KINDS:
		return !(form.kinds & TG_KIND_BIT(x->kind)) == negated;
	case TG_FORM_NOT:
		return push(s, x, form.arg[0] * 2 + !negated, 0);
	case TG_FORM_UNEVALUATED:
		return push_unevaluated(s, x, e.lit, e.scope);
	case TG_FORM_AND:
	case TG_FORM_OR:
		if ((form.op == TG_FORM_AND) == negated) {
			push_choice(x, e.lit, e.scope, UINT32_MAX);
			for (uint32_t i = 0; e.scope && !negated && i < form.args; i++)
				push_choice(x, e.lit, e.scope, i);
			return true;
		}
		for (uint32_t i = 0; i < form.args; i++)
			if (!push(s, x, form.arg[i] * 2 + negated, negated ? 0 : e.scope))
				return false;
		return true;
	case TG_FORM_ONE:
	case TG_FORM_IF:
		push_choice(x, e.lit, e.scope, UINT32_MAX);
		return true;
	}
	return true; /* opaque */
}

static bool propagate(struct tg_solver *s, struct tg_expansion *x)
{
	while (x->next < x->entries)
		if (!follow(s, x, x->entry[x->next++]))
			return false;
	return true;
}

/*
 * Choices
 */

/* How many ways a choice leaves. */
static uint32_t ways_of(const struct tg_solver *s, const struct choice *c)
{
	const struct tg_form *form = &s->f->form[c->lit / 2];

	if (c->part != UINT32_MAX)
		return 2;
	switch (form->op) {
	case TG_FORM_ONE:
		return c->lit & 1 ? 1 + form->args * (form->args - 1) / 2 : form->args;
	case TG_FORM_IF:
	case TG_FORM_UNEVALUATED:
		return 2;
	}
	return form->args;
}

/* The two arguments that a way is of, where not exactly one of n is to be true: way 0 is none of them. */
static void pair_of(uint32_t n, uint32_t way, uint32_t *first, uint32_t *second)
{
	*first = 0;
	for (way--; way >= n - 1 - *first; ++*first)
		way -= n - 1 - *first;
	*second = *first + 1 + way;
}

static bool is_closed(struct tg_solver *s, struct tg_expansion *x, uint32_t form)
{
	return quick(s, x, TG_LIT(form), QUICK_DEPTH) == TG_TRUTH_NO;
}

static bool is_pairs(const struct tg_solver *s, const struct choice *c)
{
	return c->part == UINT32_MAX && (c->lit & 1) && s->f->form[c->lit / 2].op == TG_FORM_ONE;
}

/* The next way from `way` on that is worth a look: of pairs there are many, and most have a closed part. */
static uint32_t worth_a_look(struct tg_solver *s, struct tg_expansion *x, const struct choice *c,
			     uint32_t way, uint32_t ways)
{
	const struct tg_form *form = &s->f->form[c->lit / 2];
	uint32_t first, second;

	if (!is_pairs(s, c))
		return way;
	while (way > 0 && way < ways) {
		pair_of(form->args, way, &first, &second);
		if (is_closed(s, x, form->arg[first]))
			way += form->args - second; /* on to the next first one */
		else if (is_closed(s, x, form->arg[second]))
			way++;
		else
			break;
	}
	return way;
}

/* The literals of a way; *scoped: how many of the first are asked what they evaluate. */
static void way_of(const struct tg_solver *s, const struct choice *c, uint32_t way,
		   struct tg_lits *out, uint32_t *scoped)
{
	const struct tg_form *form = &s->f->form[c->lit / 2];
	bool negated = c->lit & 1;
	uint32_t first = 0, second;

	out->n = 0;
	*scoped = 0;
	if (c->part != UINT32_MAX) {
		tg_lits_add(out, form->arg[c->part] * 2 + way);
		*scoped = way == 0;
		return;
	}
	switch (form->op) {
	case TG_FORM_AND:
		tg_lits_add(out, TG_LIT_NOT(form->arg[way]));
		return;
	case TG_FORM_OR:
		tg_lits_add(out, TG_LIT(form->arg[way]));
		*scoped = 1;
		return;
	case TG_FORM_UNEVALUATED: /* negated: the rest is not as it says, or what is unevaluated is not */
		tg_lits_add(out, form->arg[0] * 2 + (way == 0));
		*scoped = way;
		return;
	case TG_FORM_IF:
		tg_lits_add(out, form->arg[0] * 2 + way);
		tg_lits_add(out, form->arg[1 + way] * 2 + negated);
		*scoped = 2;
		return;
	}
	if (!negated) { /* exactly one of them */
		tg_lits_add(out, TG_LIT(form->arg[way]));
		*scoped = 1;
		for (uint32_t i = 0; i < form->args; i++)
			if (i != way)
				tg_lits_add(out, TG_LIT_NOT(form->arg[i]));
		return;
	}
	if (way == 0) { /* none of them */
		for (uint32_t i = 0; i < form->args; i++)
			tg_lits_add(out, TG_LIT_NOT(form->arg[i]));
		return;
	}
	pair_of(form->args, way, &first, &second); /* or two */
	tg_lits_add(out, TG_LIT(form->arg[first]));
	tg_lits_add(out, TG_LIT(form->arg[second]));
}

static bool has_negated_scope(const struct tg_expansion *x, uint32_t form)
{
	for (uint32_t i = 1; i < x->scopes; i++)
		if (x->scope[i].form == form && x->scope[i].negated)
			return true;
	return false;
}

/* Whether a way is open, closed, or walked already. */
static enum tg_truth look_at_way(struct tg_solver *s, struct tg_expansion *x,
				 const struct choice *c, uint32_t way)
{
	enum tg_truth so_far = TG_TRUTH_YES;
	uint32_t scoped;

	way_of(s, c, way, &x->lits, &scoped);
	for (uint32_t i = 0; i < x->lits.n; i++) {
		uint32_t lit = x->lits.p[i];
		enum tg_truth t = quick(s, x, lit, QUICK_DEPTH);

		if (t == TG_TRUTH_NO)
			return t;
		/* What is true anyway must also have been asked what it evaluates. */
		if (t == TG_TRUTH_MAYBE ||
		    (i < scoped && c->scope && !(lit & 1) && !is_in_scope(x, lit, c->scope)))
			so_far = TG_TRUTH_MAYBE;
	}
	if (c->part == UINT32_MAX && s->f->form[c->lit / 2].op == TG_FORM_UNEVALUATED && way == 1)
		return has_negated_scope(x, c->lit / 2) ? TG_TRUTH_YES : TG_TRUTH_MAYBE;
	return so_far;
}

static bool take_way(struct tg_solver *s, struct tg_expansion *x, const struct choice *from,
		     uint32_t way)
{
	const struct choice c = *from; /* the list may move */
	struct tg_lits lits = { NULL, 0, 0 };
	uint32_t scoped, scope = c.scope;
	bool good = true;

	way_of(s, &c, way, &lits, &scoped);
	if (c.part == UINT32_MAX && s->f->form[c.lit / 2].op == TG_FORM_UNEVALUATED && way == 1)
		scope = push_scope(x, c.lit / 2, 0, true);
	for (uint32_t i = 0; good && i < lits.n; i++)
		good = push(s, x, lits.p[i], i < scoped && !(lits.p[i] & 1) ? scope : 0);
	tg_lits_release(&lits);
	return good;
}

struct mark {
	uint32_t entries, next, choices, scopes;
};

static struct mark mark_of(const struct tg_expansion *x)
{
	return (struct mark){ x->entries, x->next, x->choices, x->scopes };
}

static void go_back(struct tg_expansion *x, struct mark m)
{
	while (x->entries > m.entries) {
		struct entry e = x->entry[--x->entries];

		if (e.fresh)
			x->bit[e.lit / 64] &= ~(UINT64_C(1) << (e.lit % 64));
	}
	x->next = m.next;
	x->choices = m.choices;
	x->scopes = m.scopes;
}

/*
 * The leaf: what is unevaluated, and then atoms only
 */

/* The empty schema: who writes it out means no more than who leaves it out. */
static bool is_anything(const struct tg_solver *s, uint32_t form)
{
	while (s->f->form[form].op == TG_FORM_UNEVALUATED && s->f->form[form].strict)
		form = s->f->form[form].arg[0];
	return s->f->form[form].op == TG_FORM_TRUE ||
	       (s->f->form[form].op == TG_FORM_AND && s->f->form[form].args == 0);
}

/* Which members or elements some schema of the scope has looked at, as one more keyword: what is left is as `rest` says. */
static uint32_t left_members(struct tg_solver *s, const struct tg_expansion *x, uint32_t scope,
			     uint32_t rest, bool closed, bool *all)
{
	struct tg_form_members *m = tg_arena_take(&s->f->arena, sizeof(*m));
	uint32_t rules = 0, patterns = 0, at;

	for (uint32_t i = 0; i < x->entries; i++) {
		const struct tg_form *form = &s->f->form[x->entry[i].lit / 2];

		if (x->entry[i].scope != scope || form->op != TG_FORM_MEMBERS)
			continue;
		rules += form->members->rules;
		patterns += form->members->patterns;
	}
	m->rule = tg_arena_array(&s->f->arena, rules, sizeof(*m->rule));
	m->pattern = tg_arena_array(&s->f->arena, patterns, sizeof(*m->pattern));
	tg_names_init(&m->names, rules, &s->f->arena);
	m->rest = rest;
	for (uint32_t i = 0; i < x->entries; i++) {
		const struct tg_form *form = &s->f->form[x->entry[i].lit / 2];

		if (x->entry[i].scope != scope || form->op != TG_FORM_MEMBERS)
			continue;
		*all |= form->members->rest != TG_FORM_NONE &&
			!(closed && is_anything(s, form->members->rest));
		for (uint32_t k = 0; k < form->members->rules; k++) {
			struct tg_str name = form->members->rule[k].name;

			if (tg_names_add(&m->names, name, m->rules) != m->rules)
				continue;
			m->rule[m->rules++] = (struct tg_form_rule){ name, TG_FORM_TRUE };
		}
		for (uint32_t k = 0; k < form->members->patterns; k++)
			m->pattern[m->patterns++] =
				(struct tg_form_pattern){ form->members->pattern[k].name,
							  TG_FORM_TRUE };
	}
	/* A rule stands for its patterns too. */
	at = tg_form_new(s->f, TG_FORM_MEMBERS);
	s->f->form[at].kind = TG_OBJECT;
	s->f->form[at].members = m;
	return at;
}

static uint32_t left_items(struct tg_solver *s, const struct tg_expansion *x, uint32_t scope,
			   uint32_t rest, bool *all)
{
	struct tg_lits arg = { NULL, 0, 0 }, any = { NULL, 0, 0 };
	uint32_t at, prefix = 0;

	for (uint32_t i = 0; i < x->entries; i++) {
		const struct tg_form *form = &s->f->form[x->entry[i].lit / 2];

		if (x->entry[i].scope != scope)
			continue;
		if (form->op == TG_FORM_ITEMS) {
			*all |= form->rest != TG_FORM_NONE;
			prefix = form->args > prefix ? form->args : prefix;
		} else if (form->op == TG_FORM_CONTAINS && !form->unmarked) {
			tg_lits_add(&any, form->arg[0]);
		}
	}
	for (uint32_t i = 0; i < prefix; i++)
		tg_lits_add(&arg, TG_FORM_TRUE);
	if (any.n) { /* an element that some `contains` takes is evaluated */
		tg_lits_add(&any, rest);
		rest = tg_form_of(s->f, TG_FORM_OR, any.p, any.n);
	}
	at = tg_form_of(s->f, TG_FORM_ITEMS, arg.p, arg.n);
	s->f->form[at].kind = TG_ARRAY;
	s->f->form[at].rest = rest;
	tg_lits_release(&arg);
	tg_lits_release(&any);
	return at;
}

/* Settles the innermost scope that is not yet. False: the branch is contradictory. */
static bool settle_scope(struct tg_solver *s, struct tg_expansion *x, uint32_t scope)
{
	struct scope *c = &x->scope[scope];
	const struct tg_form form = s->f->form[c->form];
	bool all = c->all, negated = c->negated;
	uint32_t left, outer = c->outer;

	left = x->kind == TG_ARRAY ? left_items(s, x, scope, form.arg[1], &all)
				   : left_members(s, x, scope, form.arg[2], form.strict, &all);
	if (outer)
		x->scope[outer].all = true; /* unevaluated* evaluates all that is left */
	if (form.strict && s->f->form[left].members->rules == 0)
		return !negated; /* closed only where something is declared */
	if (all)
		return !negated;
	return push(s, x, left * 2 + negated, 0);
}

static enum tg_sat of_atoms(struct tg_solver *s, struct tg_expansion *x)
{
	struct tg_str *value = x->value;

	x->atoms.n = 0;
	for (uint32_t i = 0; i < x->entries; i++) {
		const struct tg_form *form = &s->f->form[x->entry[i].lit / 2];

		if (tg_form_is_atom(form) && form->kind == x->kind)
			tg_lits_add(&x->atoms, x->entry[i].lit);
	}
	switch ((enum tg_kind)x->kind) {
	case TG_NUMBER:
		return tg_solve_number(s, &x->atoms, value);
	case TG_STRING:
		return tg_solve_text(s, &x->atoms, value);
	case TG_ARRAY:
		return tg_solve_array(s, &x->atoms, value);
	case TG_OBJECT:
		return tg_solve_object(s, &x->atoms, value);
	case TG_NULL:
	case TG_FALSE:
	case TG_TRUE:
		break;
	}
	if (value)
		*value = x->kind == TG_NULL    ? TG_STR("null")
			 : x->kind == TG_FALSE ? TG_STR("false")
					       : TG_STR("true");
	return TG_SAT_SOME;
}

/* A branch without choices: the scopes are settled, the innermost first, and what is left are atoms. */
static enum tg_sat leaf(struct tg_solver *s, struct tg_expansion *x)
{
	enum tg_sat got = TG_SAT_SOME;

	for (uint32_t scope = x->scopes; got == TG_SAT_SOME && scope-- > 1;)
		if (!settle_scope(s, x, scope))
			got = TG_SAT_NONE;
	if (got == TG_SAT_SOME)
		got = of_atoms(s, x);
	for (uint32_t scope = 1; scope < x->scopes; scope++)
		x->scope[scope].all = false; /* another branch may see it otherwise */
	return got;
}

/* Of the pairs none need be looked at to see that two are true, or all are false. */
static bool is_walked(struct tg_solver *s, struct tg_expansion *x, const struct choice *c)
{
	const struct tg_form *form = &s->f->form[c->lit / 2];
	uint32_t yes = 0, no = 0;

	for (uint32_t i = 0; i < form->args; i++) {
		enum tg_truth t = quick(s, x, TG_LIT(form->arg[i]), QUICK_DEPTH);

		yes += t == TG_TRUTH_YES;
		no += t == TG_TRUTH_NO;
	}
	return yes > 1 || no == form->args;
}

/* How many ways a choice leaves open, *last one of them; pairs are not counted beyond OPEN_MAX, nor others beyond most. */
static uint32_t count_open(struct tg_solver *s, struct tg_expansion *x, const struct choice *c,
			   uint32_t most, uint32_t *last, bool *walked)
{
	uint32_t ways = ways_of(s, c), open = 0;
	bool pairs = is_pairs(s, c);

	*walked = pairs && is_walked(s, x, c);
	if (pairs && most > OPEN_MAX)
		most = OPEN_MAX;
	for (uint32_t w = 0; w < ways && !*walked && open < most;
	     w = worth_a_look(s, x, c, w + 1, ways)) {
		enum tg_truth t = look_at_way(s, x, c, w);

		*walked = t == TG_TRUTH_YES;
		if (t == TG_TRUTH_MAYBE) {
			open++;
			*last = w;
		}
		if (!tg_solve_step(s, 1))
			break;
	}
	return open;
}

/*
 * Whether a form is within the one that stands at its place among others that must all be refused, as from version to version most are:
 * then the way is closed, whatever else the branch has. A question about the same value, as in probe.
 */
static bool is_within_its_like(struct tg_solver *s, struct tg_expansion *x, const struct choice *c,
			       uint32_t way)
{
	const struct tg_form form = s->f->form[c->lit / 2];
	bool within = false;

	if (c->part != UINT32_MAX || (c->lit & 1) || s->probing == s->depth ||
	    (form.op != TG_FORM_OR && form.op != TG_FORM_ONE))
		return false;
	for (uint32_t i = 0; i < x->entries && !within; i++) {
		const struct tg_form *other = &s->f->form[x->entry[i].lit / 2];
		uint32_t goal[2] = { TG_LIT(form.arg[way]), 0 };
		unsigned before = s->probing;

		if (!(x->entry[i].lit & 1) || other->op != TG_FORM_OR || way >= other->args)
			continue;
		goal[1] = TG_LIT_NOT(other->arg[way]);
		s->probing = s->depth + 1;
		within = tg_solve(s, goal, 2, NULL) == TG_SAT_NONE;
		s->probing = before;
	}
	return within;
}

/* Looks at all choices: walks those that leave one way, and finds the one that leaves fewest. False: one leaves none. */
static bool look_at_choices(struct tg_solver *s, struct tg_expansion *x, uint32_t *best,
			    bool *moved)
{
	uint32_t fewest = UINT32_MAX;

	*best = UINT32_MAX;
	*moved = false;
	for (uint32_t i = 0; i < x->choices; i++) {
		uint32_t last = 0, open;
		bool walked;

		open = count_open(s, x, &x->choice[i], fewest, &last, &walked);
		if (!tg_solve_step(s, 0))
			return true;
		if (walked)
			continue;
		if (open == 0)
			return false;
		if (open == 1) {
			*moved = true;
			return !is_within_its_like(s, x, &x->choice[i], last) &&
			       take_way(s, x, &x->choice[i], last);
		}
		if (open < fewest) {
			fewest = open;
			*best = i;
		}
	}
	return true;
}

static enum tg_sat branch(struct tg_solver *s, struct tg_expansion *x);

/*
 * Of many that must not be true alone, those that cannot be true beside what the branch has are put aside first: else all pairs would be
 * looked at. Each is a question about the same value, so it asks no such questions itself. False: the branch contradicts itself.
 */
static bool probe(struct tg_solver *s, struct tg_expansion *x, const struct choice *from)
{
	const struct tg_form form = s->f->form[from->lit / 2];
	struct tg_lits lits = { NULL, 0, 0 };
	bool good = true;

	if (!is_pairs(s, from) || form.args < PROBE_LEAST || s->probing == s->depth)
		return true;
	for (uint32_t i = 0; i < x->entries; i++)
		if (!(x->entry[i].lit & 1) && s->f->form[x->entry[i].lit / 2].op == TG_FORM_AND)
			tg_lits_add(&lits, x->entry[i].lit);
	for (uint32_t i = 0; i < form.args && good; i++) {
		enum tg_sat got;
		unsigned before = s->probing;

		/* What is true already would make this very goal of it, which is under way. */
		if (quick(s, x, TG_LIT(form.arg[i]), QUICK_DEPTH) != TG_TRUTH_MAYBE)
			continue;
		tg_lits_add(&lits, TG_LIT(form.arg[i]));
		s->probing = s->depth + 1;
		got = tg_solve(s, lits.p, lits.n, NULL);
		s->probing = before;
		lits.n--;
		if (got == TG_SAT_NONE)
			good = push(s, x, TG_LIT_NOT(form.arg[i]), 0);
	}
	tg_lits_release(&lits);
	return good && propagate(s, x);
}

static enum tg_sat try_ways(struct tg_solver *s, struct tg_expansion *x, uint32_t choice)
{
	enum tg_sat so_far = TG_SAT_NONE;
	uint32_t ways = ways_of(s, &x->choice[choice]);

	if (!probe(s, x, &x->choice[choice]))
		return TG_SAT_NONE;
	for (uint32_t w = 0; w < ways; w = worth_a_look(s, x, &x->choice[choice], w + 1, ways)) {
		struct mark m = mark_of(x);
		enum tg_sat got = TG_SAT_NONE;

		if (look_at_way(s, x, &x->choice[choice], w) != TG_TRUTH_NO &&
		    !is_within_its_like(s, x, &x->choice[choice], w) &&
		    take_way(s, x, &x->choice[choice], w))
			got = branch(s, x);
		go_back(x, m);
		if (got == TG_SAT_SOME)
			return got;
		if (got == TG_SAT_UNSURE)
			so_far = got;
		if (!tg_solve_step(s, 1))
			return tg_solve_too_long(s);
	}
	return so_far;
}

static enum tg_sat grow(struct tg_solver *s, struct tg_expansion *x)
{
	for (;;) {
		uint32_t best;
		bool moved;

		if (!propagate(s, x) || !look_at_choices(s, x, &best, &moved))
			return TG_SAT_NONE;
		if (!tg_solve_step(s, 1))
			return tg_solve_too_long(s);
		if (moved || x->next < x->entries)
			continue;
		if (best != UINT32_MAX)
			return try_ways(s, x, best);
		return leaf(s, x);
	}
}

static enum tg_sat branch(struct tg_solver *s, struct tg_expansion *x)
{
	enum tg_sat got;

	if (!tg_solve_deeper(s))
		return TG_SAT_UNSURE;
	got = grow(s, x);
	tg_solve_back(s);
	return got;
}

static struct tg_expansion *expansion(struct tg_solver *s)
{
	struct tg_expansion *x = s->pool[s->depth];

	if (!x)
		x = s->pool[s->depth] = tg_alloc(sizeof(*x));
	return x;
}

enum tg_sat tg_branch(struct tg_solver *s, const uint32_t *lit, uint32_t n, unsigned kind,
		      struct tg_str *value)
{
	struct tg_expansion *x = expansion(s);
	enum tg_sat got = TG_SAT_NONE;
	bool good = true;

	go_back(x, (struct mark){ 0, 0, 0, 0 });
	x->kind = kind;
	x->value = value;
	for (uint32_t i = 0; good && i < n; i++)
		good = push(s, x, lit[i], 0);
	if (good)
		got = branch(s, x);
	go_back(x, (struct mark){ 0, 0, 0, 0 });
	return got;
}
