#include "common/schema/machine.h"

#include "common/base/utf8.h"
#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

/*
 * Everything here is made twice, by the constant `explain`: once to say yes or no, which stops at the first no, and once to find all
 * errors, which goes on.
 */
#define EACH static inline __attribute__((__always_inline__))

enum answer {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_LATER, /* a frame is needed: the machine calls, and the step is taken up again with the answer */
	ANSWER_NONE, /* to a step: it begins */
};

enum turn {
	TURN_FAIL,
	TURN_PASS,
	TURN_CALL,
};

static inline const struct tg_span *span_at(const struct tg_machine *m, uint32_t i)
{
	return &m->rec->span[i];
}

/*
 * Errors
 */

TG_COLD static void find(struct tg_machine *m, const struct tg_found *found)
{
	struct tg_state *s = tg_machine_state(m);

	if (s->founds == TG_FOUND_MAX) {
		s->lost++;
		return;
	}
	if (s->founds == s->found_room) {
		s->found_room = s->found_room ? s->found_room * 2 : 16;
		s->found = tg_resize_array(s->found, s->found_room, sizeof(*s->found));
	}
	s->found[s->founds++] = *found;
}

/* An error of the value that the frame is about. */
TG_COLD static void find_here(struct tg_machine *m, const struct tg_frame *f, uint32_t where,
			      enum tg_fault_kind what, uint32_t x, uint32_t y)
{
	find(m, &(struct tg_found){ .span = f->span,
				    .where = where,
				    .depth = f->depth,
				    .what = (uint8_t)what,
				    .name = f->name,
				    .x = x,
				    .y = y,
				    .node = f->node });
}

/* The limit of a pattern, of the value itself or of its name, or, with the node's own place, that of the record. */
TG_COLD static void hit_limit(struct tg_machine *m, uint32_t span, uint32_t where,
			      const struct tg_node *node, const struct tg_check *check)
{
	if (!m->limited)
		m->limit = (struct tg_found){ .span = span,
					      .where = where,
					      .what = TG_FAULT_LIMIT,
					      .x = where != node->at,
					      .node = node,
					      .check = check };
	m->limited = true;
}

/*
 * Marks: which parts of a value some schema has looked at
 */

TG_COLD static void grow_marks(struct tg_state *s)
{
	s->mark_room = s->mark_room ? s->mark_room * 2 : 64;
	s->mark = tg_resize_array(s->mark, s->mark_room, sizeof(*s->mark));
}

static inline void mark(struct tg_machine *m, const struct tg_frame *f, uint32_t part)
{
	struct tg_state *s;

	if (TG_LIKELY(!f->collect))
		return;
	s = tg_machine_state(m);
	if (s->marks == s->mark_room)
		grow_marks(s);
	s->mark[s->marks++] = part;
}

static inline uint32_t marks(const struct tg_machine *m)
{
	return m->state ? m->state->marks : 0;
}

static inline void forget_marks(struct tg_machine *m, uint32_t down_to)
{
	if (m->state && m->state->marks > down_to)
		m->state->marks = down_to;
}

/* The next member's key or element behind k. */
static inline uint32_t next_part(const struct tg_machine *m, uint32_t k, bool object)
{
	return span_at(m, k + object)->next;
}

static void mark_all(struct tg_machine *m, const struct tg_frame *f)
{
	bool object = span_at(m, f->span)->kind == TG_OBJECT;

	if (span_at(m, f->span)->kind < TG_ARRAY)
		return;
	for (uint32_t k = f->span + 1; k < span_at(m, f->span)->next; k = next_part(m, k, object))
		mark(m, f, k);
}

/* Stamps the parts that were marked since the frame began; gives the stamp. */
static uint32_t stamp_marks(struct tg_machine *m, const struct tg_frame *f)
{
	struct tg_state *s = tg_machine_state(m);

	if (s->stamp_room < m->rec->spans) { /* the first look into this record */
		s->stamp_room = m->rec->spans;
		s->stamp = tg_resize_array(s->stamp, s->stamp_room, sizeof(*s->stamp));
		memset(s->stamp, 0, s->stamp_room * sizeof(*s->stamp));
		s->stamped = 0;
	}
	s->stamped++;
	for (uint32_t i = f->mark; i < s->marks; i++)
		s->stamp[s->mark[i]] = s->stamped;
	return s->stamped;
}

/*
 * Checks: what a value is asked for itself
 */

/* The decoded text of a string, decoded once. */
static inline struct tg_str text_of(struct tg_machine *m, const struct tg_span *v, struct tg_str *t)
{
	if (!t->p)
		*t = tg_text_get(m->arena, m->rec, v);
	return *t;
}

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
	if (v->n / bytes >= n)
		return true;
	return tg_text_length(m->rec, v) >= n;
}

static inline uint64_t parts(const struct tg_machine *m, const struct tg_span *v)
{
	uint32_t at = (uint32_t)(v - m->rec->span);
	bool object = v->kind == TG_OBJECT;
	uint64_t n = 0;

	for (uint32_t k = at + 1; k < v->next; k = next_part(m, k, object))
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

static enum tg_match match(struct tg_machine *m, const struct tg_pattern *pattern, bool engine,
			   struct tg_str text)
{
	return tg_pattern_match(pattern, text, engine ? &tg_machine_state(m)->matcher : NULL);
}

static bool check_pattern(struct tg_machine *m, const struct tg_node *node,
			  const struct tg_check *c, const struct tg_span *v, struct tg_str text)
{
	enum tg_match got = match(m, c->pattern, c->engine, text);

	if (TG_UNLIKELY(got == TG_MATCH_LIMIT))
		hit_limit(m, (uint32_t)(v - m->rec->span), c->where, node, c);
	return got == TG_MATCH_YES;
}

static inline bool check(struct tg_machine *m, const struct tg_node *node, const struct tg_check *c,
			 const struct tg_span *v, struct tg_str *t)
{
	uint32_t x, y;

	switch (c->what) {
	case TG_CHECK_NEVER:
		return false;
	case TG_CHECK_AMONG:
		return among(m, c, v);
	case TG_CHECK_WORDS:
		return tg_names_find(c->words, text_of(m, v, t)) != TG_NAMES_NONE;
	case TG_CHECK_INTEGER:
		return !(v->flags & TG_SPAN_FRACTION) ||
		       tg_number_is_integer(tg_span_text(m->rec, v));
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
		return check_pattern(m, node, c, v, text_of(m, v, t));
	case TG_CHECK_FORMAT:
		return c->format->is(text_of(m, v, t));
	case TG_CHECK_MIN_ITEMS:
	case TG_CHECK_MIN_MEMBERS:
		return parts(m, v) >= c->count;
	case TG_CHECK_MAX_ITEMS:
	case TG_CHECK_MAX_MEMBERS:
		return parts(m, v) <= c->count;
	case TG_CHECK_UNIQUE:
		return tg_items_differ(m, (uint32_t)(v - m->rec->span), &x, &y);
	}
	return false;
}

/*
 * Asking a schema about a value
 */

TG_COLD static void note_class(struct tg_machine *m, uint32_t span, enum tg_class class)
{
	uint8_t *known = &m->state->class[span];

	if (*known < class)
		*known = (uint8_t) class;
}

EACH enum answer ask(struct tg_machine *m, const struct tg_frame *f, const struct tg_node *node,
		     uint32_t span, enum tg_relation relation, const bool explain)
{
	const struct tg_span *v = span_at(m, span);
	const struct tg_check *c = node->check + node->first[v->kind],
			      *end = node->check + node->first[v->kind + 1];
	struct tg_str text = TG_STR_NONE;
	struct tg_found found = { .what = TG_FAULT_CHECK };
	bool good = true;

	if (explain) {
		found.span = span;
		found.depth = f ? f->depth + (relation != TG_RELATION_SAME) : 0;
		found.name = relation == TG_RELATION_NAME ||
			     (relation == TG_RELATION_SAME && f && f->name);
		found.node = node;
		found.asker = f ? f->node : NULL;
		if (node->class && !found.name)
			note_class(m, span, (enum tg_class)node->class);
	}
	if (TG_UNLIKELY(node->never)) {
		if (explain) {
			found.what = TG_FAULT_FALSE;
			found.where = node->at;
			find(m, &found);
		}
		return ANSWER_NO;
	}
	if (!(node->kinds & TG_KIND_BIT(v->kind))) {
		if (!explain)
			return ANSWER_NO;
		found.what = TG_FAULT_TYPE;
		found.where = node->type_at;
		find(m, &found);
		found.what = TG_FAULT_CHECK;
		good = false;
	}
	for (; c < end; c++) {
		if (TG_LIKELY(check(m, node, c, v, &text)))
			continue;
		if (!explain || m->limited)
			return ANSWER_NO;
		/* What has not the right type is not told its other faults of the same kind too. */
		if (!good && c->what == TG_CHECK_NEVER)
			continue;
		found.check = c;
		found.where = c->where;
		found.what = TG_FAULT_CHECK;
		if (c->what == TG_CHECK_UNIQUE)
			(void)tg_items_differ(m, span, &found.x, &found.y);
		find(m, &found);
		good = false;
	}
	if (!(node->step_kinds & TG_KIND_BIT(v->kind)))
		return good ? ANSWER_YES : ANSWER_NO;
	m->call = node;
	m->call_span = span;
	m->call_relation = relation;
	m->call_failed = !good;
	return ANSWER_LATER;
}

/* Asks; a no ends the step, or is noted while errors are gathered. Gives TURN_PASS when there is an answer that lets it go on. */
EACH enum turn want(struct tg_machine *m, struct tg_frame *f, const struct tg_node *node,
		    uint32_t span, enum tg_relation relation, const bool explain)
{
	enum answer a = ask(m, f, node, span, relation, explain);

	if (a == ANSWER_LATER)
		return TURN_CALL;
	if (a == ANSWER_YES)
		return TURN_PASS;
	f->failed = true;
	return explain ? TURN_PASS : TURN_FAIL;
}

/* The answer to a call that `want` has made. */
EACH enum turn wanted(struct tg_frame *f, enum answer answer, const bool explain)
{
	if (answer != ANSWER_NO)
		return TURN_PASS;
	f->failed = true;
	return explain ? TURN_PASS : TURN_FAIL;
}

/*
 * Members
 */

/* The f->i-th schema for a member, NULL: none any more. Patterns that do not match are passed over. */
static inline const struct tg_node *schema_of_member(struct tg_machine *m, struct tg_frame *f,
						     const struct tg_members *members,
						     uint32_t rule, struct tg_str name)
{
	if (TG_LIKELY(rule != TG_NAMES_NONE)) {
		const struct tg_member_rule *r = &members->rule[rule];

		if (f->i == 0)
			return r->node;
		return f->i <= r->mores ? r->more[f->i - 1] : NULL;
	}
	for (; f->i < members->patterns; f->i++) {
		enum tg_match got = match(m, members->pattern[f->i], true, name);

		if (TG_UNLIKELY(got == TG_MATCH_LIMIT))
			hit_limit(m, f->k, members->pattern_at[f->i], members->pattern_node[f->i],
				  NULL);
		if (got == TG_MATCH_YES) {
			f->any = true;
			return members->pattern_node[f->i];
		}
	}
	if (f->i > members->patterns || f->any || !members->rest)
		return NULL;
	f->i = members->patterns;
	return members->rest;
}

static bool has_member(const struct tg_machine *m, uint32_t object, struct tg_str name)
{
	const struct tg_span *v = tg_member_find(m->rec, span_at(m, object), name);

	return v && (m->rec->source == 0 || (uint32_t)(v - m->rec->span) != m->rec->source);
}

TG_COLD static void find_missing(struct tg_machine *m, const struct tg_frame *f,
				 const struct tg_members *members)
{
	/* In the order of the contract. */
	for (uint32_t i = 0; i < members->rules; i++)
		if (members->rule[i].required && !has_member(m, f->span, members->rule[i].name))
			find_here(m, f, members->rule[i].required_at, TG_FAULT_REQUIRED, i, 0);
}

EACH bool dependents_there(struct tg_machine *m, const struct tg_frame *f,
			   const struct tg_members *members, uint32_t rule, const bool explain)
{
	const struct tg_member_rule *r = &members->rule[rule];
	bool all = true;

	for (uint32_t i = 0; i < r->dependents; i++) {
		if (has_member(m, f->span, r->dependent[i].name))
			continue;
		all = false;
		if (!explain)
			break;
		find_here(m, f, r->dependent[i].where, TG_FAULT_DEPENDENT, rule, i);
	}
	return all;
}

EACH enum turn step_members(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			    enum answer answer, const bool explain)
{
	const struct tg_members *members = s->members;
	const struct tg_span *span = m->rec->span;
	uint32_t end = span[f->span].next;

	if (answer == ANSWER_NONE) {
		f->k = f->span + 1;
		f->count = 0;
		f->i = 0;
		f->any = false;
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		f->i++;
	}
	for (; f->k < end; f->k = span[f->k + 1].next, f->i = 0, f->any = false) {
		const struct tg_node *node;
		struct tg_str name;
		uint32_t rule;

		if (f->k + 1 == m->rec->source)
			continue;
		name = tg_text_get(m->arena, m->rec, &span[f->k]);
		rule = tg_names_find(&members->names, name);
		while ((node = schema_of_member(m, f, members, rule, name))) {
			enum turn turn = want(m, f, node, f->k + 1, TG_RELATION_PART, explain);

			if (turn != TURN_PASS)
				return turn;
			f->i++;
		}
		if (TG_UNLIKELY(m->limited))
			return TURN_FAIL;
		if (TG_LIKELY(rule != TG_NAMES_NONE)) {
			const struct tg_member_rule *r = &members->rule[rule];

			f->count += r->required;
			if (r->evaluated)
				mark(m, f, f->k);
			if (r->dependents && !dependents_there(m, f, members, rule, explain)) {
				if (!explain)
					return TURN_FAIL;
				f->failed = true;
			}
		} else if (f->any || members->rest) {
			mark(m, f, f->k);
		}
	}
	if (f->count == members->required)
		return TURN_PASS;
	if (explain)
		find_missing(m, f, members);
	return TURN_FAIL;
}

EACH enum turn step_names(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			  enum answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;

	if (answer == ANSWER_NONE) {
		f->k = f->span + 1;
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		f->k = span[f->k + 1].next;
	}
	for (; f->k < span[f->span].next; f->k = span[f->k + 1].next) {
		enum turn turn;

		if (f->k + 1 == m->rec->source)
			continue;
		turn = want(m, f, s->node[0], f->k, TG_RELATION_NAME, explain);
		if (turn != TURN_PASS)
			return turn;
	}
	return TURN_PASS;
}

/*
 * Elements
 */

EACH enum turn step_items(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			  enum answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;

	if (answer == ANSWER_NONE) {
		f->k = f->span + 1;
		f->i = 0;
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		mark(m, f, f->k);
		f->k = span[f->k].next;
		f->i++;
	}
	for (; f->k < span[f->span].next; f->k = span[f->k].next, f->i++) {
		const struct tg_node *node = f->i < s->nodes ? s->node[f->i] : s->rest;
		enum turn turn;

		if (!node)
			break;
		turn = want(m, f, node, f->k, TG_RELATION_PART, explain);
		if (turn != TURN_PASS)
			return turn;
		mark(m, f, f->k);
	}
	return TURN_PASS;
}

/* Forgets the errors that were found since the step began, or the last branch did. */
static inline void forget_errors(struct tg_machine *m, uint32_t down_to)
{
	m->state->founds = down_to;
	if (down_to < TG_FOUND_MAX) /* what was lost had come later */
		m->state->lost = 0;
}

EACH enum turn step_contains(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			     enum answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;

	if (answer == ANSWER_NONE) {
		f->k = f->span + 1;
		f->count = 0;
		f->errors = explain ? m->state->founds : 0;
	}
	for (; f->k < span[f->span].next; f->k = span[f->k].next) {
		if (answer == ANSWER_NONE)
			answer = ask(m, f, s->node[0], f->k, TG_RELATION_PART, explain);
		if (answer == ANSWER_LATER)
			return TURN_CALL;
		if (explain)
			forget_errors(m, f->errors);
		if (answer == ANSWER_YES) {
			f->count++;
			mark(m, f, f->k);
		}
		answer = ANSWER_NONE;
		if (f->count >= s->least && s->most == UINT64_MAX && !f->collect)
			return TURN_PASS;
	}
	if (f->count < s->least) {
		if (explain)
			find_here(m, f, s->least_at, TG_FAULT_FEW_CONTAINED, f->count, 0);
		return TURN_FAIL;
	}
	if (f->count > s->most) {
		if (explain)
			find_here(m, f, s->most_at, TG_FAULT_MANY_CONTAINED, f->count, 0);
		return TURN_FAIL;
	}
	return TURN_PASS;
}

/*
 * The same value under other schemas
 */

static const struct tg_node *dynamic_target(const struct tg_machine *m, const struct tg_step *s)
{
	const struct tg_schema *schema = m->schema;

	/* The outermost resource on the way here that has the anchor. */
	for (uint32_t i = 0; i < m->frames; i++) {
		const struct tg_node *node =
			schema->dynamic[s->anchor * schema->resources + m->frame[i].node->resource];

		if (node)
			return node;
	}
	return s->node[0];
}

EACH enum turn step_ref(struct tg_machine *m, struct tg_frame *f, const struct tg_node *node,
			enum answer answer, const bool explain)
{
	if (answer != ANSWER_NONE)
		return wanted(f, answer, explain);
	return want(m, f, node, f->span, TG_RELATION_SAME, explain);
}

EACH enum turn step_all(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			enum answer answer, const bool explain)
{
	if (answer == ANSWER_NONE) {
		f->i = 0;
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		f->i++;
	}
	for (; f->i < s->nodes; f->i++) {
		enum turn turn = want(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);

		if (turn != TURN_PASS)
			return turn;
	}
	return TURN_PASS;
}

/*
 * Of the branches that failed the closest is told of. A branch is further off when the value has not its type at all, or another
 * word stands where it wants its own; then the one that got deepest is closest, and among equals the one with fewest errors.
 */
TG_COLD static uint64_t score_branch(const struct tg_machine *m, const struct tg_frame *f,
				     uint32_t from)
{
	const struct tg_state *s = m->state;
	uint64_t rank = 2, depth = 0, errors = s->founds - from;

	for (uint32_t i = from; i < s->founds; i++) {
		const struct tg_found *e = &s->found[i];
		bool word = e->what == TG_FAULT_CHECK && e->check->what <= TG_CHECK_WORDS;

		if (e->span == f->span && (e->what == TG_FAULT_TYPE || word))
			rank = 0;
		else if (word && e->depth == f->depth + 1 && rank > 1)
			rank = 1;
		/* To have parts that another branch knows is not to have come far in this one. */
		if (e->what != TG_FAULT_FALSE && e->depth > depth)
			depth = e->depth;
	}
	return rank << 62 | (depth < (1 << 30) ? depth : (1 << 30) - 1) << 32 |
	       (UINT32_MAX - errors);
}

/* A branch failed, with the errors from `from` on. They are kept where it is the closest so far. */
TG_COLD static void weigh_branch(struct tg_machine *m, struct tg_frame *f, uint32_t from)
{
	struct tg_state *s = m->state;
	uint32_t n = s->founds - from;
	uint64_t score = score_branch(m, f, from);

	if (n == 1 && s->found[from].what == TG_FAULT_TYPE && s->found[from].span == f->span) {
		f->types |= s->found[from].node->types;
		f->typed++;
	}
	if (f->best > f->errors && score <= f->score) {
		forget_errors(m, from);
		return;
	}
	if (n)
		memmove(s->found + f->errors, s->found + from, n * sizeof(*s->found));
	forget_errors(m, f->errors + n);
	f->best = s->founds;
	f->score = score;
}

/* No branch was right. Where all ask for other types, that is one error and not several. */
TG_COLD static void no_branch(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s)
{
	if (f->typed == s->nodes && s->nodes > 1) {
		forget_errors(m, f->errors);
		find_here(m, f, s->where, TG_FAULT_TYPES, f->types, 0);
	}
	for (uint32_t i = f->errors; i < m->state->founds && s->nodes > 1; i++)
		if (m->state->found[i].what != TG_FAULT_TYPES && !m->state->found[i].branches)
			m->state->found[i].branches = s->nodes;
	mark_all(m, f);
}

/* The branch that a word chooses, TG_NAMES_NONE: none does, all must be tried. */
static inline uint32_t chosen_branch(struct tg_machine *m, const struct tg_frame *f,
				     const struct tg_switch *by, bool *wrong)
{
	const struct tg_span *v = tg_member_find(m->rec, span_at(m, f->span), by->name);
	uint32_t branch;

	*wrong = false;
	if (!v || v->kind != TG_STRING)
		return TG_NAMES_NONE;
	branch = tg_names_find(&by->words, tg_text_get(m->arena, m->rec, v));
	*wrong = branch == TG_NAMES_NONE;
	return branch;
}

EACH enum turn step_branches(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			     enum answer answer, const bool explain)
{
	const bool one = s->what == TG_STEP_ONE;

	if (answer == ANSWER_NONE) {
		bool wrong;

		f->i = f->count = 0;
		f->any = false; /* one branch was chosen */
		f->errors = f->best = explain ? m->state->founds : 0;
		f->types = f->typed = 0;
		if (s->by) {
			uint32_t branch = chosen_branch(m, f, s->by, &wrong);

			if (wrong && !explain)
				return TURN_FAIL;
			if (branch != TG_NAMES_NONE) {
				f->i = branch;
				f->any = true;
			}
		}
	}
	for (; f->i < s->nodes; f->i++) {
		if (answer == ANSWER_NONE) {
			f->before = marks(m);
			answer = ask(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);
			if (answer == ANSWER_LATER)
				return TURN_CALL;
		}
		if (answer == ANSWER_YES) {
			f->count++;
			if (!one && !f->collect)
				break;
			if (one && f->count > 1 && !explain)
				return TURN_FAIL;
		} else {
			forget_marks(m, f->before);
			if (explain)
				weigh_branch(m, f, f->best);
		}
		answer = ANSWER_NONE;
		if (f->any)
			break;
	}
	if (f->count == 1 || (f->count > 1 && !one)) {
		if (explain)
			forget_errors(m, f->errors);
		return TURN_PASS;
	}
	if (explain && f->count > 1) {
		forget_errors(m, f->errors);
		find_here(m, f, s->where, TG_FAULT_MANY, f->count, s->nodes);
	} else if (explain) {
		no_branch(m, f, s);
	}
	return TURN_FAIL;
}

EACH enum turn step_not(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			enum answer answer, const bool explain)
{
	if (answer == ANSWER_NONE) {
		f->before = marks(m);
		f->errors = explain ? m->state->founds : 0;
		answer = ask(m, f, s->node[0], f->span, TG_RELATION_SAME, explain);
		if (answer == ANSWER_LATER)
			return TURN_CALL;
	}
	forget_marks(m, f->before);
	if (explain)
		forget_errors(m, f->errors);
	if (answer == ANSWER_NO)
		return TURN_PASS;
	if (explain)
		find_here(m, f, s->where, TG_FAULT_NOT, 0, 0);
	return TURN_FAIL;
}

EACH enum turn step_if(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
		       enum answer answer, const bool explain)
{
	if (answer == ANSWER_NONE) {
		f->i = 0;
		f->before = marks(m);
		f->errors = explain ? m->state->founds : 0;
		answer = ask(m, f, s->node[0], f->span, TG_RELATION_SAME, explain);
		if (answer == ANSWER_LATER)
			return TURN_CALL;
	}
	if (f->i > 0)
		return wanted(f, answer, explain);
	if (explain)
		forget_errors(m, f->errors);
	if (answer == ANSWER_NO)
		forget_marks(m, f->before);
	f->i = answer == ANSWER_YES ? 1 : 2;
	if (!s->node[f->i])
		return TURN_PASS;
	return want(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);
}

EACH enum turn step_dependent(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			      enum answer answer, const bool explain)
{
	if (answer == ANSWER_NONE) {
		f->i = 0;
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		f->i++;
	}
	for (; f->i < s->nodes; f->i++) {
		enum turn turn;

		if (!has_member(m, f->span, s->name[f->i]))
			continue;
		turn = want(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);
		if (turn != TURN_PASS)
			return turn;
	}
	return TURN_PASS;
}

EACH enum turn step_unevaluated(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
				enum answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;
	const bool object = s->what == TG_STEP_UNEVALUATED_MEMBERS;

	if (answer == ANSWER_NONE) {
		f->k = f->span + 1;
		f->i = stamp_marks(m, f);
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		mark(m, f, f->k);
		f->k = next_part(m, f->k, object);
	}
	for (; f->k < span[f->span].next; f->k = next_part(m, f->k, object)) {
		enum turn turn;

		if ((object && f->k + 1 == m->rec->source) || m->state->stamp[f->k] == f->i)
			continue;
		turn = want(m, f, s->node[0], f->k + object, TG_RELATION_PART, explain);
		if (turn != TURN_PASS)
			return turn;
		mark(m, f, f->k);
	}
	return TURN_PASS;
}

/*
 * The machine
 */

EACH enum turn take_step(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			 enum answer answer, const bool explain)
{
	switch (s->what) {
	case TG_STEP_MEMBERS:
		return step_members(m, f, s, answer, explain);
	case TG_STEP_ITEMS:
		return step_items(m, f, s, answer, explain);
	case TG_STEP_CONTAINS:
		return step_contains(m, f, s, answer, explain);
	case TG_STEP_NAMES:
		return step_names(m, f, s, answer, explain);
	case TG_STEP_REF:
		return step_ref(m, f, s->node[0], answer, explain);
	case TG_STEP_DYNAMIC:
		return step_ref(m, f, dynamic_target(m, s), answer, explain);
	case TG_STEP_ALL:
		return step_all(m, f, s, answer, explain);
	case TG_STEP_ANY:
	case TG_STEP_ONE:
		return step_branches(m, f, s, answer, explain);
	case TG_STEP_NOT:
		return step_not(m, f, s, answer, explain);
	case TG_STEP_IF:
		return step_if(m, f, s, answer, explain);
	case TG_STEP_DEPENDENT:
		return step_dependent(m, f, s, answer, explain);
	case TG_STEP_UNEVALUATED_ITEMS:
	case TG_STEP_UNEVALUATED_MEMBERS:
		return step_unevaluated(m, f, s, answer, explain);
	}
	return TURN_FAIL;
}

TG_COLD static void grow_frames(struct tg_machine *m)
{
	struct tg_state *s = tg_machine_state(m);

	if (s->frame_room <= m->frames) {
		s->frame_room = s->frame_room ? s->frame_room * 2 : 64;
		s->frame = tg_resize_array(s->frame, s->frame_room, sizeof(*s->frame));
	}
	if (m->frame == m->first)
		memcpy(s->frame, m->first, sizeof(m->first));
	m->frame = s->frame;
	m->frame_room = s->frame_room;
}

/* A frame for what the last step has asked. False when the record has had its share of work. */
static inline bool push(struct tg_machine *m)
{
	const struct tg_frame *below;
	struct tg_frame *f;
	bool same = m->call_relation == TG_RELATION_SAME;

	if (TG_UNLIKELY(m->calls++ == m->calls_max)) {
		hit_limit(m, m->call_span, m->call->at, m->call, NULL);
		return false;
	}
	if (TG_UNLIKELY(m->frames == m->frame_room))
		grow_frames(m);
	below = m->frames ? &m->frame[m->frames - 1] : NULL;
	f = &m->frame[m->frames++];
	f->node = m->call;
	f->span = m->call_span;
	f->step = 0;
	f->mark = marks(m);
	f->depth = below ? below->depth + !same : 0;
	f->relation = (uint8_t)m->call_relation;
	f->collect = m->call->collects || (same && below && below->collect);
	f->name = m->call_relation == TG_RELATION_NAME || (same && below && below->name);
	f->failed = m->call_failed;
	return true;
}

EACH bool run(struct tg_machine *m, const bool explain)
{
	enum answer answer = ask(m, NULL, m->schema->root, 0, TG_RELATION_PART, explain);

	if (answer != ANSWER_LATER)
		return answer == ANSWER_YES;
	if (!push(m))
		return false;
	answer = ANSWER_NONE;
	for (;;) {
		struct tg_frame *f = &m->frame[m->frames - 1];
		const struct tg_node *node = f->node;
		uint8_t kind = TG_KIND_BIT(span_at(m, f->span)->kind);
		enum turn turn = TURN_PASS;

		while (f->step < node->steps) {
			const struct tg_step *s = &node->step[f->step];

			if (s->kinds & kind) {
				turn = take_step(m, f, s, answer, explain);
				answer = ANSWER_NONE;
				if (turn == TURN_CALL || (turn == TURN_FAIL && !explain))
					break;
				if (turn == TURN_FAIL)
					f->failed = true;
			}
			f->step++;
		}
		if (TG_UNLIKELY(m->limited))
			return false;
		if (turn == TURN_CALL) {
			if (!push(m))
				return false;
			continue;
		}
		answer = (explain ? !f->failed : turn == TURN_PASS) ? ANSWER_YES : ANSWER_NO;
		if (f->relation != TG_RELATION_SAME)
			forget_marks(m, f->mark);
		if (--m->frames == 0)
			return answer == ANSWER_YES;
	}
}

bool tg_machine_valid(struct tg_machine *m)
{
	return run(m, false);
}

bool tg_machine_explain(struct tg_machine *m)
{
	struct tg_state *s = tg_machine_state(m);

	if (s->class_room < m->rec->spans) {
		s->class_room = m->rec->spans;
		s->class = tg_resize_array(s->class, s->class_room, 1);
	}
	memset(s->class, 0, m->rec->spans);
	s->founds = s->lost = 0;
	m->frames = 0;
	m->calls = 0;
	m->limited = false;
	return run(m, true);
}
