#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/text.h"
#include "common/schema/machine.h"

/* How the number of the record is to the contract's. */
static inline int compare_number(const struct tg_machine *m, const struct tg_span *v,
				 const struct tg_bound *bound)
{
	const char *p = m->rec->text.p + v->at;
	bool negative = p[0] == '-';
	int64_t value = 0;

	if (!bound->small || (v->flags & TG_SPAN_FRACTION) || v->n > 18)
		return tg_number_compare(tg_span_text(m->rec, v), bound->text);
	for (uint32_t i = negative; i < v->n; i++)
		value = value * 10 + (p[i] - '0');
	if (negative)
		value = -value;
	return (value > bound->value) - (value < bound->value);
}

/* Whether the string has at least so many code points. A code point is at most four bytes, or twelve as escapes. */
static inline bool length_at_least(const struct tg_machine *m, const struct tg_span *v, uint64_t n)
{
	uint64_t bytes = v->flags & TG_SPAN_ESCAPED ? 12 : v->flags & TG_SPAN_WIDE ? 4 : 1;

	if (v->n < n)
		return false;
	return v->n >= n * bytes || tg_text_length(m->rec, v) >= n;
}

static inline uint64_t parts(const struct tg_machine *m, const struct tg_span *v)
{
	uint32_t at = (uint32_t)(v - m->rec->span);
	bool object = v->kind == TG_OBJECT;
	uint64_t n = 0;

	for (uint32_t k = at + 1; k < v->next; k = m->rec->span[k + object].next)
		n += k + 1 != m->rec->source || !object;
	return n;
}

static bool among(struct tg_machine *m, const struct tg_check *c, const struct tg_span *v)
{
	const struct tg_record *doc = &m->schema->contract->document;

	for (uint32_t i = 0; i < c->spans; i++) {
		const struct tg_span *value = &doc->span[c->span[i]];

		if (v->kind == TG_NUMBER
			    ? tg_number_compare(tg_span_text(m->rec, v),
						tg_span_text(doc, value)) == 0
			    : tg_value_eq(m->rec, v, doc, value, &tg_machine_state(m)->scratch))
			return true;
	}
	return false;
}

__attribute__((__noinline__)) static bool among_many(struct tg_machine *m, const struct tg_check *c,
						     const struct tg_span *v)
{
	struct tg_state *s = tg_machine_state(m);

	s->canonical.n = 0;
	tg_canon_put(&s->canonical, m->rec, v, &s->scratch);
	(void)tg_buffer_room(&s->canonical, TG_SLACK);
	return tg_names_find(c->words, tg_buffer_str(&s->canonical)) != TG_NAMES_NONE;
}

/* The last answer of a pattern's engine may be "too much work", which is no answer about the text. */
TG_COLD static void pattern_limit(struct tg_machine *m, const struct tg_node *node,
				  const struct tg_check *c, const struct tg_span *v)
{
	tg_find_limit(m, (uint32_t)(v - m->rec->span), c->where, node, c);
}

static inline bool check_pattern(struct tg_machine *m, const struct tg_node *node,
				 const struct tg_check *c, const struct tg_span *v,
				 struct tg_str text)
{
	enum tg_match got = tg_machine_match(m, c->pattern, c->engine, text);

	if (TG_UNLIKELY(got == TG_MATCH_LIMIT))
		pattern_limit(m, node, c, v);
	return got == TG_MATCH_YES;
}

static bool items_differ(struct tg_machine *m, const struct tg_span *v)
{
	uint32_t x, y;

	return tg_items_differ(m, (uint32_t)(v - m->rec->span), &x, &y);
}

/* text is the decoded text of a string. */
static inline bool check(struct tg_machine *m, const struct tg_node *node, const struct tg_check *c,
			 const struct tg_span *v, struct tg_str text)
{
	switch (c->what) {
	case TG_CHECK_NEVER:
		return false;
	case TG_CHECK_AMONG:
		return among(m, c, v);
	case TG_CHECK_AMONG_MANY:
		return among_many(m, c, v);
	case TG_CHECK_WORDS:
		return tg_names_find(c->words, text) != TG_NAMES_NONE;
	case TG_CHECK_INTEGER:
		return !(v->flags & TG_SPAN_FRACTION) ||
		       tg_number_is_integer(tg_span_text(m->rec, v));
	case TG_CHECK_INTEGER_SPELT:
		return !(v->flags & TG_SPAN_FRACTION);
	case TG_CHECK_MINIMUM:
		return compare_number(m, v, &c->bound) >= 0;
	case TG_CHECK_EXCLUSIVE_MINIMUM:
		return compare_number(m, v, &c->bound) > 0;
	case TG_CHECK_MAXIMUM:
		return compare_number(m, v, &c->bound) <= 0;
	case TG_CHECK_EXCLUSIVE_MAXIMUM:
		return compare_number(m, v, &c->bound) < 0;
	case TG_CHECK_MULTIPLE:
		return tg_number_is_multiple(tg_span_text(m->rec, v), c->bound.text);
	case TG_CHECK_MIN_LENGTH:
		return length_at_least(m, v, c->count);
	case TG_CHECK_MAX_LENGTH:
		return v->n <= c->count || !length_at_least(m, v, c->count + 1);
	case TG_CHECK_PATTERN:
		return check_pattern(m, node, c, v, text);
	case TG_CHECK_FORMAT:
		return c->format->is(text);
	case TG_CHECK_MIN_ITEMS:
	case TG_CHECK_MIN_MEMBERS:
		return parts(m, v) >= c->count;
	case TG_CHECK_MAX_ITEMS:
	case TG_CHECK_MAX_MEMBERS:
		return parts(m, v) <= c->count;
	case TG_CHECK_UNIQUE:
		return items_differ(m, v);
	}
	return false;
}

static inline struct tg_str text_of(struct tg_machine *m, const struct tg_span *v)
{
	if (TG_UNLIKELY(v->kind == TG_STRING && (v->flags & TG_SPAN_ESCAPED)))
		return tg_text_get(m->arena, m->rec, v);
	return tg_span_text(m->rec, v);
}

bool tg_check_passes(struct tg_machine *m, const struct tg_node *node, const struct tg_check *c,
		     const struct tg_span *v)
{
	return check(m, node, c, v, text_of(m, v));
}

static inline bool checks_pass(struct tg_machine *m, const struct tg_node *node,
			       const struct tg_span *v)
{
	const struct tg_check *c = node->check + node->first[v->kind],
			      *end = node->check + node->first[v->kind + 1];
	const struct tg_str text = text_of(m, v);

	do {
		if (TG_UNLIKELY(!check(m, node, c, v, text)))
			return false;
	} while (++c < end);
	return true;
}

/* Whether the string is right by what can be told quickly. */
static inline bool is_quick(const struct tg_quick *q, const char *text, const struct tg_span *v)
{
	struct tg_str s = { text + v->at, v->n };

	if (TG_UNLIKELY(v->n < q->least || v->n > q->most || (v->flags & TG_SPAN_ESCAPED)))
		return false;
	switch (q->test) {
	case TG_QUICK_ALL:
		return true;
	case TG_QUICK_ROW:
		return tg_row_match(q->row, s);
	case TG_QUICK_DFA:
		return tg_dfa_match(q->dfa, s);
	case TG_QUICK_WORDS:
		return tg_names_find(q->words, s) != TG_NAMES_NONE;
	case TG_QUICK_FORMAT:
		return q->is(s);
	}
	return false;
}

bool tg_checks_pass(struct tg_machine *m, const struct tg_node *node, const struct tg_span *v)
{
	if (!(node->checked & TG_KIND_BIT(v->kind)))
		return true;
	if (v->kind == TG_STRING && is_quick(&node->quick, m->rec->text.p, v))
		return true;
	return checks_pass(m, node, v);
}

static inline __attribute__((__always_inline__)) void
take_ordinary(struct tg_machine *m, const struct tg_members *members, uint32_t end,
	      struct tg_walk *w, const bool explain)
{
	const struct tg_span *span = m->rec->span, *key = span + w->k, *stop = span + end;
	const struct tg_member_rule *guess = w->guess;
	const char *text = m->rec->text.p;
	/* The member that is left out, where there is one. */
	const struct tg_span *source = m->rec->source ? span + m->rec->source - 1 : NULL;

	for (; key < stop; key = span + key[1].next) {
		const uint8_t kind = TG_KIND_BIT(key[1].kind);
		const struct tg_member_rule *r =
			tg_rule_of(members, tg_str_from(text + key->at, key->n), guess);

		if (TG_UNLIKELY(!r || key == source || (key->flags & TG_SPAN_ESCAPED))) {
			if (key == source)
				continue;
			break;
		}
		if (key[1].kind != TG_STRING || TG_UNLIKELY(!is_quick(&r->quick, text, key + 1))) {
			if (TG_UNLIKELY(!(r->plain & kind)))
				break;
			if ((r->node->checked & kind) &&
			    TG_UNLIKELY(!tg_checks_pass(m, r->node, key + 1)))
				break;
		}
		if (explain && r->node->class)
			tg_note_class(m, (uint32_t)(key + 1 - span), r->node);
		w->count += r->required;
		guess = r + 1;
	}
	w->k = (uint32_t)(key - span);
	w->guess = guess;
}

void tg_take_ordinary(struct tg_machine *m, const struct tg_members *members, uint32_t end,
		      struct tg_walk *w)
{
	take_ordinary(m, members, end, w, false);
}

void tg_find_ordinary(struct tg_machine *m, const struct tg_members *members, uint32_t end,
		      struct tg_walk *w)
{
	take_ordinary(m, members, end, w, true);
}
