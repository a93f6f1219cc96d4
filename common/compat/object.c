/*
 * Objects: which members there are, what their names and values must be, and how many.
 *
 * Names that some schema mentions are looked at one by one. All others are alike but for the patterns that they match: a set of
 * patterns that a name matches, and others that it does not, makes a class of names, and a name of the class is a goal of its own.
 * What is denied leaves choices: which member is not as it should be.
 */
#include "common/compat/solve.h"

#include "common/json/text.h"

enum { PATTERNS_MAX = 7, FILL_MAX = 200 };

struct member {
	struct tg_str name;
	bool must, never;
	bool looked;	       /* the next two are known */
	enum tg_truth allowed; /* by what is said of names */
	struct tg_lits lits;   /* of the value */
};

/* One with a name that nobody mentions. */
struct stranger {
	struct tg_lits name, value;
};

struct objects {
	struct tg_solver *s;
	const struct tg_lits *atom;
	struct tg_str *value;
	uint64_t fewest, most;
	struct tg_names table;
	struct member *member;
	uint32_t members, room;
	uint32_t pattern[PATTERNS_MAX]; /* formulas */
	unsigned patterns;
	bool many_patterns;
	uint32_t string, words; /* formulas: a string; one of the names that are mentioned */
	struct stranger *stranger;
	uint32_t strangers, stranger_room;
};

enum tg_truth tg_solve_member(struct tg_solver *s, const struct tg_form_members *m,
			      struct tg_str name, struct tg_lits *forms)
{
	uint32_t at = m->rules ? tg_names_find(&m->names, name) : TG_NAMES_NONE;
	bool any = false;

	if (at != TG_NAMES_NONE) {
		tg_lits_add(forms, m->rule[at].form);
		return TG_TRUTH_YES;
	}
	for (uint32_t i = 0; i < m->patterns; i++) {
		enum tg_match got =
			tg_pattern_match(s->f->form[m->pattern[i].name].pattern, name, &s->matcher);

		if (got == TG_MATCH_LIMIT)
			return TG_TRUTH_MAYBE;
		if (got == TG_MATCH_NO)
			continue;
		any = true;
		tg_lits_add(forms, m->pattern[i].form);
	}
	if (!any && m->rest != TG_FORM_NONE)
		tg_lits_add(forms, m->rest);
	return TG_TRUTH_YES;
}

/*
 * Names
 */

static uint32_t member_of(struct objects *o, struct tg_str name)
{
	uint32_t at = tg_names_add(&o->table, name, o->members);

	if (at == o->members) {
		TG_BUG_IF(o->members == o->room);
		o->member[o->members++] = (struct member){ .name = name };
	}
	return at;
}

static void see_pattern(struct objects *o, uint32_t form)
{
	for (unsigned i = 0; i < o->patterns; i++)
		if (o->pattern[i] == form)
			return;
	if (o->patterns == PATTERNS_MAX)
		o->many_patterns = true;
	else
		o->pattern[o->patterns++] = form;
}

/* What all schemas that hold say of a name and its value. */
static struct member *look(struct objects *o, uint32_t at)
{
	struct member *m = &o->member[at];
	struct tg_lits forms = { NULL, 0, 0 };

	if (m->looked)
		return m;
	m->looked = true;
	m->allowed = TG_TRUTH_YES;
	for (uint32_t i = 0; i < o->atom->n; i++) {
		const struct tg_form form = *tg_lit_form(o->s, o->atom->p[i]);
		enum tg_truth t = TG_TRUTH_YES;

		if (o->atom->p[i] & 1)
			continue;
		if (form.op == TG_FORM_MEMBERS) {
			t = tg_solve_member(o->s, form.members, m->name, &forms);
		} else if (form.op == TG_FORM_NAMES) {
			struct tg_span span;
			struct tg_record rec = tg_eval_string(o->s, m->name, &span);

			t = tg_eval(o->s, form.arg[0], &rec, 0);
		}
		if (t == TG_TRUTH_NO || (t == TG_TRUTH_MAYBE && m->allowed == TG_TRUTH_YES))
			m->allowed = t;
	}
	for (uint32_t i = 0; i < forms.n; i++)
		tg_lits_add(&m->lits, TG_LIT(forms.p[i]));
	tg_lits_release(&forms);
	return m;
}

/* Whether the member can be there, with a value of which lit is true too. */
static enum tg_sat ask_member(struct objects *o, uint32_t at, uint32_t lit)
{
	struct member *m = look(o, at);
	enum tg_sat got;

	if (m->never || m->allowed == TG_TRUTH_NO)
		return TG_SAT_NONE;
	tg_lits_add(&m->lits, lit);
	got = tg_solve(o->s, m->lits.p, m->lits.n, NULL);
	m->lits.n--;
	return got == TG_SAT_SOME && m->allowed == TG_TRUTH_MAYBE ? TG_SAT_UNSURE : got;
}

/*
 * Strangers: names that nobody mentions
 */

static void release_stranger(struct stranger *n)
{
	tg_lits_release(&n->name);
	tg_lits_release(&n->value);
}

/* What the class of names says of a value, by one keyword: the formulas go to `value`. */
static void class_says(const struct objects *o, const struct tg_form_members *m, unsigned class,
		       struct tg_lits *forms)
{
	bool any = false;

	for (uint32_t i = 0; i < m->patterns; i++)
		for (unsigned k = 0; k < o->patterns; k++)
			if (o->pattern[k] == m->pattern[i].name && (class >> k & 1)) {
				any = true;
				tg_lits_add(forms, m->pattern[i].form);
			}
	if (!any && m->rest != TG_FORM_NONE)
		tg_lits_add(forms, m->rest);
}

/* A stranger of a class, as all that holds has it. */
static void make_stranger(struct objects *o, unsigned class, struct stranger *n)
{
	struct tg_lits forms = { NULL, 0, 0 };

	*n = (struct stranger){ .name = { NULL, 0, 0 } };
	if (o->string == TG_FORM_NONE)
		o->string = tg_solve_string(o->s);
	tg_lits_add(&n->name, TG_LIT(o->string));
	if (o->members) {
		if (o->words == TG_FORM_NONE) {
			TG_OWN(tg_free_pointer)
			struct tg_str *word = tg_alloc_array(o->members, sizeof(*word));

			for (uint32_t i = 0; i < o->members; i++)
				word[i] = o->member[i].name;
			o->words = tg_solve_words(o->s, word, o->members);
		}
		tg_lits_add(&n->name, TG_LIT_NOT(o->words));
	}
	for (unsigned k = 0; k < o->patterns; k++)
		tg_lits_add(&n->name, o->pattern[k] * 2 + !(class >> k & 1));
	for (uint32_t i = 0; i < o->atom->n; i++) {
		const struct tg_form *form = tg_lit_form(o->s, o->atom->p[i]);

		if (o->atom->p[i] & 1)
			continue;
		if (form->op == TG_FORM_NAMES)
			tg_lits_add(&n->name, TG_LIT(form->arg[0]));
		else if (form->op == TG_FORM_MEMBERS)
			class_says(o, form->members, class, &forms);
	}
	for (uint32_t i = 0; i < forms.n; i++)
		tg_lits_add(&n->value, TG_LIT(forms.p[i]));
	tg_lits_release(&forms);
}

static enum tg_sat ask_stranger(struct objects *o, const struct stranger *n)
{
	enum tg_sat value = tg_solve(o->s, n->value.p, n->value.n, NULL), name;

	if (value == TG_SAT_NONE)
		return value;
	name = tg_solve(o->s, n->name.p, n->name.n, NULL);
	if (name != TG_SAT_SOME)
		return name;
	return o->many_patterns ? TG_SAT_UNSURE : value;
}

/*
 * Building one
 */

static void put_member(struct tg_buffer *out, struct tg_str name, struct tg_str value)
{
	if (out->n > 1)
		tg_buffer_putc(out, ',');
	tg_json_put_string(out, name);
	tg_buffer_putc(out, ':');
	tg_buffer_put_str(out, value);
}

/* The text of a JSON string. */
static struct tg_str name_of(struct tg_solver *s, struct tg_str json)
{
	struct tg_record rec;

	if (!tg_eval_scan(s, json, &rec))
		return TG_STR_NONE;
	return tg_arena_copy(&s->arena, tg_text_get(&s->arena, &rec, rec.span));
}

/* Puts a stranger in, under a name that was not used yet. */
static bool put_stranger(struct objects *o, struct tg_buffer *out, struct stranger *n,
			 struct tg_str *used, uint32_t *useds)
{
	struct tg_str value, json;
	uint32_t lits = n->name.n;
	bool good;

	if (*useds == FILL_MAX)
		return false;
	if (*useds)
		tg_lits_add(&n->name, TG_LIT_NOT(tg_solve_words(o->s, used, *useds)));
	good = tg_solve(o->s, n->name.p, n->name.n, &json) == TG_SAT_SOME &&
	       tg_solve(o->s, n->value.p, n->value.n, &value) == TG_SAT_SOME;
	n->name.n = lits;
	if (!good)
		return false;
	used[(*useds)++] = name_of(o->s, json);
	put_member(out, used[*useds - 1], value);
	return out->n <= 1 << 20;
}

/* Members that need not be there, until there are enough. */
static bool fill(struct objects *o, struct tg_buffer *out, uint64_t have, uint64_t want,
		 struct tg_str *used, uint32_t *useds)
{
	for (uint32_t i = 0; i < o->members && have < want; i++) {
		struct member *m = &o->member[i];
		struct tg_str value;

		if (m->must || m->never)
			continue;
		(void)look(o, i);
		if (m->allowed != TG_TRUTH_YES ||
		    tg_solve(o->s, m->lits.p, m->lits.n, &value) != TG_SAT_SOME)
			continue;
		put_member(out, m->name, value);
		have++;
	}
	for (unsigned class = 0; class < 1U << o->patterns && have < want; class ++) {
		struct stranger n;

		make_stranger(o, class, &n);
		while (have < want && put_stranger(o, out, &n, used, useds))
			have++;
		release_stranger(&n);
	}
	return have >= want;
}

static bool put_together(struct objects *o, struct tg_buffer *out, uint64_t want)
{
	struct tg_str used[FILL_MAX], value;
	uint64_t have = 0;
	uint32_t useds = 0;

	tg_buffer_putc(out, '{');
	for (uint32_t i = 0; i < o->members; i++) {
		struct member *m = &o->member[i];

		if (!m->must)
			continue;
		if (tg_solve(o->s, m->lits.p, m->lits.n, &value) != TG_SAT_SOME || out->n > 1 << 20)
			return false;
		put_member(out, m->name, value);
		have++;
	}
	for (uint32_t i = 0; i < o->strangers; i++, have++)
		if (!put_stranger(o, out, &o->stranger[i], used, &useds))
			return false;
	if (!fill(o, out, have, want, used, &useds))
		return false;
	tg_buffer_putc(out, '}');
	return true;
}

static enum tg_sat build(struct objects *o, uint64_t want)
{
	for (unsigned more = 0; more < 3 && want + more <= o->most; more++) {
		TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
		struct tg_str text;

		if (!put_together(o, &out, want + more))
			break;
		text = tg_arena_copy(&o->s->arena, tg_buffer_str(&out));
		if (tg_eval_all(o->s, o->atom->p, o->atom->n, text) == TG_TRUTH_NO)
			continue; /* where certain objects are ruled out, larger ones may do */
		if (o->value)
			*o->value = text;
		return TG_SAT_SOME;
	}
	return tg_solve_unsure(o->s, "no object was found that fits, nor that there is none",
			       o->atom->n ? o->atom->p[0] / 2 : TG_FORM_NONE);
}

/* So many members there can be at most; UINT64_MAX: without end, or not known. */
static uint64_t capacity(struct objects *o)
{
	uint64_t n = 0;

	if (o->many_patterns)
		return UINT64_MAX;
	for (unsigned class = 0; class < 1U << o->patterns; class ++) {
		struct stranger one;
		bool none;

		make_stranger(o, class, &one);
		none = ask_stranger(o, &one) == TG_SAT_NONE;
		release_stranger(&one);
		if (!none)
			return UINT64_MAX;
	}
	for (uint32_t i = 0; i < o->members; i++)
		n += ask_member(o, i, TG_LIT(TG_FORM_TRUE)) != TG_SAT_NONE;
	return n;
}

static enum tg_sat settle(struct objects *o)
{
	uint64_t must = 0;
	bool unsure = false;

	for (uint32_t i = 0; i < o->members; i++) {
		enum tg_sat got;

		if (!o->member[i].must)
			continue;
		must++;
		got = ask_member(o, i, TG_LIT(TG_FORM_TRUE));
		if (got == TG_SAT_NONE)
			return got;
		unsure |= got == TG_SAT_UNSURE;
	}
	if (must + (o->strangers > 0) > o->most)
		return TG_SAT_NONE;
	if (o->fewest > must + o->strangers && capacity(o) < o->fewest)
		return TG_SAT_NONE;
	if (unsure || must + o->strangers > o->most)
		return tg_solve_unsure(o->s, "of a member that must be there nothing sure is known",
				       TG_FORM_NONE);
	return build(o, o->fewest > must + o->strangers ? o->fewest : must + o->strangers);
}

/*
 * What is denied
 */

static enum tg_sat choose(struct objects *o, uint32_t at);

static enum tg_sat better(enum tg_sat a, enum tg_sat b)
{
	return a == TG_SAT_SOME || b == TG_SAT_SOME	  ? TG_SAT_SOME
	       : a == TG_SAT_UNSURE || b == TG_SAT_UNSURE ? TG_SAT_UNSURE
							  : TG_SAT_NONE;
}

/* Goes on with a stranger that has one more literal of its value, or its name; 0: none. */
static enum tg_sat with_stranger(struct objects *o, unsigned class, uint32_t name, uint32_t value,
				 uint32_t at)
{
	struct stranger n;
	enum tg_sat got;

	make_stranger(o, class, &n);
	if (name)
		tg_lits_add(&n.name, name);
	if (value)
		tg_lits_add(&n.value, value);
	got = ask_stranger(o, &n);
	if (got == TG_SAT_NONE) {
		release_stranger(&n);
		return got;
	}
	if (o->strangers == o->stranger_room) {
		o->stranger_room = o->stranger_room ? o->stranger_room * 2 : 8;
		o->stranger = tg_resize_array(o->stranger, o->stranger_room, sizeof(*o->stranger));
	}
	o->stranger[o->strangers++] = n;
	got = choose(o, at);
	release_stranger(&o->stranger[--o->strangers]);
	return got;
}

/* Goes on with a member that is there, with one more literal of its value; 0: none. */
static enum tg_sat with_member(struct objects *o, uint32_t i, uint32_t lit, uint32_t at)
{
	struct member *m = &o->member[i];
	bool must = m->must;
	enum tg_sat got;

	m->must = true;
	if (lit)
		tg_lits_add(&m->lits, lit);
	got = choose(o, at);
	m = &o->member[i];
	m->must = must;
	m->lits.n -= lit != 0;
	return got;
}

/* Whether some member that must be there is never as the keyword says: then nothing is left to choose. */
static bool is_denied_already(struct objects *o, const struct tg_form_members *m)
{
	struct tg_lits forms = { NULL, 0, 0 };
	bool denied = false;

	for (uint32_t i = 0; i < o->members && !denied; i++) {
		if (!o->member[i].must)
			continue;
		forms.n = 0;
		if (tg_solve_member(o->s, m, o->member[i].name, &forms) != TG_TRUTH_YES)
			continue;
		for (uint32_t k = 0; k < forms.n && !denied; k++)
			denied = ask_member(o, i, TG_LIT(forms.p[k])) == TG_SAT_NONE;
	}
	tg_lits_release(&forms);
	return denied;
}

/* Some member's value is not as it should be by its name. */
static enum tg_sat deny_members(struct objects *o, const struct tg_form_members *m, uint32_t at)
{
	struct tg_lits forms = { NULL, 0, 0 };
	enum tg_sat so_far = o->many_patterns ? TG_SAT_UNSURE : TG_SAT_NONE;

	if (is_denied_already(o, m))
		return choose(o, at);
	for (uint32_t i = 0; i < o->members && so_far != TG_SAT_SOME; i++) {
		forms.n = 0;
		if (tg_solve_member(o->s, m, o->member[i].name, &forms) == TG_TRUTH_MAYBE)
			so_far = TG_SAT_UNSURE;
		for (uint32_t k = 0; k < forms.n && so_far != TG_SAT_SOME; k++)
			if (forms.p[k] != TG_FORM_TRUE &&
			    ask_member(o, i, TG_LIT_NOT(forms.p[k])) != TG_SAT_NONE)
				so_far = better(so_far,
						with_member(o, i, TG_LIT_NOT(forms.p[k]), at));
	}
	for (unsigned class = 0; class < 1U << o->patterns && so_far != TG_SAT_SOME; class ++) {
		forms.n = 0;
		class_says(o, m, class, &forms);
		for (uint32_t k = 0; k < forms.n && so_far != TG_SAT_SOME; k++)
			if (forms.p[k] != TG_FORM_TRUE)
				so_far = better(so_far, with_stranger(o, class, 0,
								      TG_LIT_NOT(forms.p[k]), at));
	}
	tg_lits_release(&forms);
	return so_far;
}

/* Some name is not as it should be. */
static enum tg_sat deny_names(struct objects *o, uint32_t form, uint32_t at)
{
	enum tg_sat so_far = o->many_patterns ? TG_SAT_UNSURE : TG_SAT_NONE;

	for (uint32_t i = 0; i < o->members && so_far != TG_SAT_SOME; i++) {
		struct tg_span span;
		struct tg_record rec = tg_eval_string(o->s, o->member[i].name, &span);
		enum tg_truth t = tg_eval(o->s, form, &rec, 0);

		if (t == TG_TRUTH_MAYBE)
			so_far = TG_SAT_UNSURE;
		if (t == TG_TRUTH_NO && ask_member(o, i, TG_LIT(TG_FORM_TRUE)) != TG_SAT_NONE)
			so_far = better(so_far, with_member(o, i, 0, at));
	}
	for (unsigned class = 0; class < 1U << o->patterns && so_far != TG_SAT_SOME; class ++)
		so_far = better(so_far, with_stranger(o, class, TG_LIT_NOT(form), 0, at));
	return so_far;
}

static enum tg_sat choose_next(struct objects *o, uint32_t at)
{
	for (; at < o->atom->n; at++) {
		const struct tg_form form = *tg_lit_form(o->s, o->atom->p[at]);

		if (!(o->atom->p[at] & 1))
			continue;
		if (form.op == TG_FORM_MEMBERS)
			return deny_members(o, form.members, at + 1);
		if (form.op == TG_FORM_NAMES)
			return deny_names(o, form.arg[0], at + 1);
	}
	return settle(o);
}

/* Makes the choices of what is denied from the atom `at` on. */
static enum tg_sat choose(struct objects *o, uint32_t at)
{
	enum tg_sat got;

	if (!tg_solve_step(o->s, 1))
		return tg_solve_unsure(o->s, "there are too many cases to look at all of them",
				       TG_FORM_NONE);
	if (!tg_solve_deeper(o->s))
		return TG_SAT_UNSURE;
	got = choose_next(o, at);
	tg_solve_back(o->s);
	return got;
}

/*
 * What is asked for
 */

static void take_count(struct objects *o, const struct tg_form *form, bool negated)
{
	if ((form->op == TG_FORM_MIN_MEMBERS) != negated) {
		if (form->count + negated > o->fewest)
			o->fewest = form->count + negated;
	} else if (form->count == 0 && negated) {
		o->fewest = 1;
		o->most = 0;
	} else if (form->count - negated < o->most) {
		o->most = form->count - negated;
	}
}

static void take_atom(struct objects *o, uint32_t lit)
{
	const struct tg_form *form = tg_lit_form(o->s, lit);
	bool negated = lit & 1;

	if (form->op == TG_FORM_MIN_MEMBERS || form->op == TG_FORM_MAX_MEMBERS) {
		take_count(o, form, negated);
	} else if (form->op == TG_FORM_HAS) {
		struct member *m = &o->member[member_of(o, form->text)];

		*(negated ? &m->never : &m->must) = true;
	} else if (form->op == TG_FORM_MEMBERS) {
		for (uint32_t i = 0; i < form->members->rules; i++)
			(void)member_of(o, form->members->rule[i].name);
		for (uint32_t i = 0; i < form->members->patterns; i++)
			see_pattern(o, form->members->pattern[i].name);
	}
}

enum tg_sat tg_solve_object(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct objects o = { .s = s,
			     .atom = atom,
			     .value = value,
			     .most = UINT64_MAX,
			     .string = TG_FORM_NONE,
			     .words = TG_FORM_NONE };
	enum tg_sat got = TG_SAT_NONE;

	for (uint32_t i = 0; i < atom->n; i++) {
		const struct tg_form *form = tg_lit_form(s, atom->p[i]);

		if (form->op == TG_FORM_AMONG && !(atom->p[i] & 1))
			return tg_solve_among(s, atom, form, value);
		o.room += form->op == TG_FORM_HAS	? 1
			  : form->op == TG_FORM_MEMBERS ? form->members->rules
							: 0;
	}
	tg_names_init(&o.table, o.room, &arena);
	o.member = tg_alloc_array(o.room + 1, sizeof(*o.member));
	for (uint32_t i = 0; i < atom->n; i++)
		take_atom(&o, atom->p[i]);
	if (tg_solve_step(s, o.members) && o.fewest <= o.most)
		got = choose(&o, 0);
	for (uint32_t i = 0; i < o.members; i++)
		tg_lits_release(&o.member[i].lits);
	tg_free(o.member);
	tg_free(o.stranger);
	return got;
}
