/*
 * Strings: lengths, patterns, formats and words. Patterns and words are automata; of a format is known what its texts are within,
 * and of some what they are exactly. What no automaton says, each text that is found is asked about.
 */
#include "common/compat/text.h"

#include "common/json/text.h"

struct texts {
	struct tg_solver *s;
	const struct tg_lits *atom;
	struct tg_text_walk walk;
	bool partly; /* the automata do not say all */
	struct tg_str *value;
};

static bool fits(struct texts *t, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	struct tg_span span;
	struct tg_record rec = tg_eval_string(t->s, text, &span);

	for (uint32_t i = 0; i < t->atom->n; i++) {
		uint32_t lit = t->atom->p[i];

		if (tg_eval(t->s, lit / 2, &rec, 0) != (lit & 1 ? TG_TRUTH_NO : TG_TRUTH_YES))
			return false;
	}
	if (t->value) {
		tg_json_put_string(&json, text);
		*t->value = tg_arena_copy(&t->s->arena, tg_buffer_str(&json));
	}
	return true;
}

static bool found(void *self, struct tg_str text)
{
	return fits(self, tg_arena_copy(&((struct texts *)self)->s->arena, text));
}

static bool any(void *self, struct tg_str text)
{
	(void)self, (void)text;
	return true;
}

/* A canonical string, decoded. */
static struct tg_str decoded(struct tg_solver *s, struct tg_str json)
{
	struct tg_record rec;

	if (!tg_eval_scan(s, json, &rec) || rec.span[0].kind != TG_STRING)
		return TG_STR("");
	return tg_arena_copy(&s->arena, tg_text_get(&s->arena, &rec, rec.span));
}

static void add(struct texts *t, const struct tg_dfa *dfa, bool complement)
{
	if (!dfa || t->walk.n == TG_TEXT_AUTOMATA) {
		t->partly = true;
		return;
	}
	t->walk.automaton[t->walk.n++] = (struct tg_automaton){ dfa, complement };
}

static void add_words(struct texts *t, const struct tg_form *form, bool complement)
{
	TG_OWN(tg_free_pointer) struct tg_str *word = tg_alloc_array(form->args, sizeof(*word));

	for (uint32_t i = 0; i < form->args; i++)
		word[i] = decoded(t->s, form->value[i]);
	add(t, tg_text_words(t->s, word, form->args), complement);
}

/* A format's texts are within a set, and it is that set where that is known: else nothing is known of what it leaves out. */
static void add_format(struct texts *t, const struct tg_form *form, bool complement)
{
	const struct tg_known_format *known = tg_text_format(form->format->name);

	if (!known || (complement && !known->exactly)) {
		t->partly = true;
		return;
	}
	add(t, tg_text_format_dfa(t->s, known), complement);
	if (!known->exactly)
		t->partly = true;
}

/* Whether some format that the text has takes no text that some other, which it has not, refuses. */
static bool formats_clash(const struct texts *t)
{
	for (uint32_t i = 0; i < t->atom->n; i++) {
		const struct tg_form *is = tg_lit_form(t->s, t->atom->p[i]);
		const struct tg_known_format *known;

		if (is->op != TG_FORM_FORMAT || (t->atom->p[i] & 1))
			continue;
		known = tg_text_format(is->format->name);
		for (uint32_t k = 0; known && k < t->atom->n; k++) {
			const struct tg_form *other = tg_lit_form(t->s, t->atom->p[k]);

			if (other->op != TG_FORM_FORMAT || !(t->atom->p[k] & 1))
				continue;
			for (unsigned n = 0; n < TG_COUNT(known->also) && known->also[n]; n++)
				if (tg_str_is(other->format->name, known->also[n]))
					return true;
		}
	}
	return false;
}

static void take_lengths(struct texts *t)
{
	t->walk.longest = UINT64_MAX;
	for (uint32_t i = 0; i < t->atom->n; i++) {
		const struct tg_form *form = tg_lit_form(t->s, t->atom->p[i]);
		bool negated = t->atom->p[i] & 1;

		if (form->op != TG_FORM_MIN_LENGTH && form->op != TG_FORM_MAX_LENGTH)
			continue;
		if ((form->op == TG_FORM_MIN_LENGTH) != negated) {
			uint64_t least = form->count + negated;

			if (least > t->walk.shortest)
				t->walk.shortest = least;
		} else {
			uint64_t most = form->count - negated;

			if (form->count == 0 && negated) {
				t->walk.shortest = 1;
				most = 0;
			}
			if (most < t->walk.longest)
				t->walk.longest = most;
		}
	}
}

static void take_automata(struct texts *t)
{
	for (uint32_t i = 0; i < t->atom->n; i++) {
		uint32_t lit = t->atom->p[i];
		const struct tg_form form = *tg_lit_form(t->s, lit);

		if (form.op == TG_FORM_PATTERN)
			add(t, tg_text_pattern(t->s, lit / 2), lit & 1);
		else if (form.op == TG_FORM_FORMAT)
			add_format(t, &form, lit & 1);
		else if (form.op == TG_FORM_AMONG)
			add_words(t, &form, lit & 1);
	}
}

/* A long text of one character, for lengths that no walk goes. */
static bool fits_long(struct texts *t)
{
	uint64_t n = t->walk.shortest;
	char *p;

	if (n > (1 << 17) || n > t->walk.longest || !tg_solve_step(t->s, n / 16))
		return false;
	p = tg_arena_take(&t->s->arena, (size_t)n + TG_SLACK);
	for (size_t i = 0; i < 3; i++) {
		memset(p, "a0A"[i], (size_t)n);
		if (fits(t, tg_str_from(p, (size_t)n)))
			return true;
	}
	return false;
}

static uint32_t unknown_atom(const struct texts *t)
{
	for (uint32_t i = 0; i < t->atom->n; i++) {
		const struct tg_form *form = tg_lit_form(t->s, t->atom->p[i]);

		if (form->op == TG_FORM_FORMAT || form->op == TG_FORM_PATTERN)
			return t->atom->p[i] / 2;
	}
	return TG_FORM_NONE;
}

enum tg_sat tg_solve_text(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value)
{
	struct texts t = { .s = s, .atom = atom, .value = value };
	const struct tg_form *among = NULL;
	bool ended;

	for (uint32_t i = 0; i < atom->n; i++) {
		const struct tg_form *form = tg_lit_form(s, atom->p[i]);

		if (form->op == TG_FORM_AMONG && !(atom->p[i] & 1) &&
		    (!among || form->args < among->args))
			among = form;
	}
	if (among)
		return tg_solve_among(s, atom, among, value);
	take_lengths(&t);
	if (t.walk.shortest > t.walk.longest || formats_clash(&t))
		return TG_SAT_NONE;
	for (size_t i = 0; tg_text_samples[i]; i++)
		if (fits(&t, tg_arena_copy(&s->arena, tg_str_of(tg_text_samples[i]))))
			return TG_SAT_SOME;
	take_automata(&t);
	if (fits_long(&t) || tg_text_walk(s, &t.walk, found, &t, &ended))
		return TG_SAT_SOME;
	if (ended && !t.partly)
		return TG_SAT_NONE;
	/* No text at all is in a larger set. */
	if (ended && !tg_text_walk(s, &t.walk, any, &t, &ended) && ended)
		return TG_SAT_NONE;
	return tg_solve_unsure(s, "it cannot be decided which texts its patterns and formats leave",
			       unknown_atom(&t));
}
