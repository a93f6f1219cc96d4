#include "common/schema/machine.h"

#include "common/json/pointer.h"
#include "common/json/text.h"

/*
 * Everything here is made twice, by the constant `explain`: once to say yes or no, which stops at the first no, and once to find all
 * errors, which goes on.
 */
#define EACH static inline __attribute__((__always_inline__))

/* How deep schemas may ask each other: a dynamic reference may lead in a circle that no compiler sees. */
enum { FRAMES_MAX = 1 << 18 };

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
 * Asking a schema about a value
 */

EACH enum tg_answer ask(struct tg_machine *m, const struct tg_frame *f, const struct tg_node *node,
			uint32_t span, enum tg_relation relation, const bool explain)
{
	const struct tg_span *v = span_at(m, span);

	if (explain)
		return tg_find_in(m, f, node, span, relation);
	if (TG_UNLIKELY(!(node->kinds & TG_KIND_BIT(v->kind))))
		return TG_ANSWER_NO;
	if (TG_UNLIKELY(!tg_checks_pass(m, node, v)))
		return TG_ANSWER_NO;
	if (!(node->step_kinds & TG_KIND_BIT(v->kind)))
		return TG_ANSWER_YES;
	return tg_machine_later(m, node, span, relation, false);
}

/* Asks; a no ends the step, or is noted while errors are gathered. Gives TURN_PASS when there is an answer that lets it go on. */
EACH enum turn want(struct tg_machine *m, struct tg_frame *f, const struct tg_node *node,
		    uint32_t span, enum tg_relation relation, const bool explain)
{
	enum tg_answer a = ask(m, f, node, span, relation, explain);

	if (a == TG_ANSWER_LATER)
		return TURN_CALL;
	if (a == TG_ANSWER_YES)
		return TURN_PASS;
	f->failed = true;
	return explain && !m->stop ? TURN_PASS : TURN_FAIL;
}

/* The answer to a call that `want` has made. */
EACH enum turn wanted(struct tg_frame *f, enum tg_answer answer, const bool explain)
{
	if (answer != TG_ANSWER_NO)
		return TURN_PASS;
	f->failed = true;
	return explain ? TURN_PASS : TURN_FAIL;
}

/*
 * Members
 */

/* The f->i-th schema for a member without a rule, NULL: none any more. Patterns that do not match are passed over. */
static const struct tg_node *schema_of_stranger(struct tg_machine *m, struct tg_frame *f,
						const struct tg_members *members,
						struct tg_str name)
{
	for (; f->i < members->patterns; f->i++) {
		enum tg_match got = tg_machine_match(m, members->pattern[f->i], true, name);

		if (TG_UNLIKELY(got == TG_MATCH_LIMIT))
			tg_find_limit(m, f->k, members->pattern_at[f->i],
				      members->pattern_node[f->i], NULL);
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

static inline const struct tg_node *schema_of_member(struct tg_machine *m, struct tg_frame *f,
						     const struct tg_members *members,
						     const struct tg_member_rule *r,
						     struct tg_str name)
{
	if (TG_UNLIKELY(!r))
		return schema_of_stranger(m, f, members, name);
	if (f->i == 0)
		return r->node;
	return TG_UNLIKELY(f->i <= r->mores) ? r->more[f->i - 1] : NULL;
}

EACH bool dependents_there(struct tg_machine *m, const struct tg_frame *f,
			   const struct tg_members *members, const struct tg_member_rule *r,
			   const bool explain)
{
	bool all = true;

	for (uint32_t i = 0; i < r->dependents; i++) {
		if (tg_machine_has(m, f->span, r->dependent[i].name))
			continue;
		all = false;
		if (!explain)
			break;
		tg_find_here(m, f, r->dependent[i].where, TG_FAULT_DEPENDENT,
			     (uint32_t)(r - members->rule), i);
	}
	return all;
}

EACH enum turn step_members(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			    enum tg_answer answer, const bool explain)
{
	const struct tg_members *members = s->members;
	const struct tg_span *span = m->rec->span;
	const uint32_t end = span[f->span].next;
	struct tg_walk w = { f->span + 1, 0, members->rule };

	if (answer == TG_ANSWER_NONE) {
		f->i = 0;
		f->any = false;
		if (explain && m->known.k && m->frames == 1) /* it is the whole */
			w = m->known;
	} else { /* about the f->i-th schema of a member */
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		w = (struct tg_walk){ f->k, f->count, members->rule + f->guess };
		f->i++;
	}
	for (;; w.k = span[w.k + 1].next, f->i = 0, f->any = false) {
		const struct tg_member_rule *r;
		const struct tg_node *node;
		struct tg_str name;

		if (!f->collect && f->i == 0) {
			if (explain)
				tg_find_ordinary(m, members, end, &w);
			else
				tg_take_ordinary(m, members, end, &w);
		}
		if (w.k >= end)
			break;
		if (w.k + 1 == m->rec->source)
			continue;
		name = tg_text_get(m->arena, m->rec, &span[w.k]);
		r = tg_rule_of(members, name, w.guess);
		f->k = w.k;
		while ((node = schema_of_member(m, f, members, r, name))) {
			enum turn turn = want(m, f, node, w.k + 1, TG_RELATION_PART, explain);

			if (turn == TURN_CALL) {
				f->count = w.count;
				f->guess = (uint32_t)(w.guess - members->rule);
			}
			if (turn != TURN_PASS)
				return turn;
			f->i++;
		}
		if (TG_UNLIKELY(m->limited))
			return TURN_FAIL;
		if (r ? r->evaluated : f->any || members->rest)
			mark(m, f, w.k);
		if (!r)
			continue;
		w.count += r->required;
		w.guess = r + 1;
		if (r->dependents && !dependents_there(m, f, members, r, explain)) {
			if (!explain)
				return TURN_FAIL;
			f->failed = true;
		}
	}
	if (TG_LIKELY(w.count == members->required))
		return TURN_PASS;
	if (explain)
		tg_find_missing(m, f, members);
	return TURN_FAIL;
}

EACH enum turn step_names(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			  enum tg_answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;

	if (answer == TG_ANSWER_NONE) {
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
			  enum tg_answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;

	if (answer == TG_ANSWER_NONE) {
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

EACH enum turn step_contains(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			     enum tg_answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;

	if (answer == TG_ANSWER_NONE) {
		f->k = f->span + 1;
		f->count = 0;
		f->errors = explain ? m->state->founds : 0;
	}
	for (; f->k < span[f->span].next; f->k = span[f->k].next) {
		if (answer == TG_ANSWER_NONE)
			answer = ask(m, f, s->node[0], f->k, TG_RELATION_PART, explain);
		if (answer == TG_ANSWER_LATER)
			return TURN_CALL;
		if (explain)
			tg_find_forget(m, f->errors);
		if (answer == TG_ANSWER_YES) {
			f->count++;
			if (!s->unmarked)
				mark(m, f, f->k);
		}
		answer = TG_ANSWER_NONE;
		if (f->count >= s->least && s->most == UINT64_MAX && !f->collect)
			return TURN_PASS;
	}
	if (f->count < s->least) {
		if (explain)
			tg_find_here(m, f, s->least_at, TG_FAULT_FEW_CONTAINED, f->count,
				     (uint32_t)(s->least > UINT32_MAX ? UINT32_MAX : s->least));
		return TURN_FAIL;
	}
	if (f->count > s->most) {
		if (explain)
			tg_find_here(m, f, s->most_at, TG_FAULT_MANY_CONTAINED, f->count,
				     (uint32_t)s->most);
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
			enum tg_answer answer, const bool explain)
{
	if (answer != TG_ANSWER_NONE)
		return wanted(f, answer, explain);
	return want(m, f, node, f->span, TG_RELATION_SAME, explain);
}

EACH enum turn step_all(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			enum tg_answer answer, const bool explain)
{
	if (answer == TG_ANSWER_NONE) {
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
			     enum tg_answer answer, const bool explain)
{
	const bool one = s->what == TG_STEP_ONE;

	if (answer == TG_ANSWER_NONE) {
		bool wrong;

		f->i = f->count = 0;
		f->any = false; /* one branch was chosen */
		f->errors = f->best = explain ? m->state->founds : 0;
		f->types = f->typed = 0;
		if (s->by) {
			uint32_t branch = chosen_branch(m, f, s->by, &wrong);

			if (wrong) {
				if (explain) {
					tg_find_word(m, f, s);
					mark_all(m, f);
				}
				return TURN_FAIL;
			}
			if (branch != TG_NAMES_NONE) {
				f->i = branch;
				f->any = true;
			}
		}
	}
	for (; f->i < s->nodes; f->i++) {
		if (answer == TG_ANSWER_NONE) {
			f->before = marks(m);
			answer = ask(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);
			if (answer == TG_ANSWER_LATER)
				return TURN_CALL;
		}
		if (answer == TG_ANSWER_YES) {
			f->count++;
			if (!one && !f->collect)
				break;
			if (one && f->count > 1 && !explain)
				return TURN_FAIL;
		} else {
			forget_marks(m, f->before);
			if (explain)
				tg_find_weigh(m, f, f->best);
		}
		answer = TG_ANSWER_NONE;
		if (f->any)
			break;
	}
	if (f->count == 1 || (f->count > 1 && !one)) {
		if (explain)
			tg_find_forget(m, f->errors);
		return TURN_PASS;
	}
	if (explain && f->count > 1) {
		tg_find_forget(m, f->errors);
		tg_find_here(m, f, s->where, TG_FAULT_MANY, f->count, s->nodes);
	} else if (explain) {
		tg_find_no_branch(m, f, s);
		mark_all(m, f);
	}
	return TURN_FAIL;
}

EACH enum turn step_not(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			enum tg_answer answer, const bool explain)
{
	if (answer == TG_ANSWER_NONE) {
		f->before = marks(m);
		f->errors = explain ? m->state->founds : 0;
		answer = ask(m, f, s->node[0], f->span, TG_RELATION_SAME, explain);
		if (answer == TG_ANSWER_LATER)
			return TURN_CALL;
	}
	forget_marks(m, f->before);
	if (explain)
		tg_find_forget(m, f->errors);
	if (answer == TG_ANSWER_NO)
		return TURN_PASS;
	if (explain)
		tg_find_here(m, f, s->where, TG_FAULT_NOT, 0, 0);
	return TURN_FAIL;
}

EACH enum turn step_if(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
		       enum tg_answer answer, const bool explain)
{
	if (answer == TG_ANSWER_NONE) {
		f->i = 0;
		f->before = marks(m);
		f->errors = explain ? m->state->founds : 0;
		answer = ask(m, f, s->node[0], f->span, TG_RELATION_SAME, explain);
		if (answer == TG_ANSWER_LATER)
			return TURN_CALL;
	}
	if (f->i > 0)
		return wanted(f, answer, explain);
	if (explain)
		tg_find_forget(m, f->errors);
	if (answer == TG_ANSWER_NO)
		forget_marks(m, f->before);
	f->i = answer == TG_ANSWER_YES ? 1 : 2;
	if (!s->node[f->i])
		return TURN_PASS;
	return want(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);
}

EACH enum turn step_dependent(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
			      enum tg_answer answer, const bool explain)
{
	if (answer == TG_ANSWER_NONE) {
		f->i = 0;
	} else {
		if (wanted(f, answer, explain) == TURN_FAIL)
			return TURN_FAIL;
		f->i++;
	}
	for (; f->i < s->nodes; f->i++) {
		enum turn turn;

		if (!tg_machine_has(m, f->span, s->name[f->i]))
			continue;
		turn = want(m, f, s->node[f->i], f->span, TG_RELATION_SAME, explain);
		if (turn != TURN_PASS)
			return turn;
	}
	return TURN_PASS;
}

EACH enum turn step_unevaluated(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s,
				enum tg_answer answer, const bool explain)
{
	const struct tg_span *span = m->rec->span;
	const bool object = s->what == TG_STEP_UNEVALUATED_MEMBERS;

	if (answer == TG_ANSWER_NONE) {
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
			 enum tg_answer answer, const bool explain)
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
		tg_find_limit(m, m->call_span, m->call->at, m->call, NULL);
		return false;
	}
	if (TG_UNLIKELY(m->frames == m->frame_room)) {
		if (m->frames >= FRAMES_MAX) {
			tg_find_limit(m, m->call_span, m->call->at, m->call, NULL);
			return false;
		}
		grow_frames(m);
	}
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
	enum tg_answer answer = ask(m, NULL, m->schema->root, 0, TG_RELATION_PART, explain);

	if (answer != TG_ANSWER_LATER)
		return answer == TG_ANSWER_YES;
	if (!push(m))
		return false;
	answer = TG_ANSWER_NONE;
	for (;;) {
		struct tg_frame *f = &m->frame[m->frames - 1];
		const struct tg_node *node = f->node;
		uint8_t kind = TG_KIND_BIT(span_at(m, f->span)->kind);
		enum turn turn = TURN_PASS;

		while (f->step < node->steps) {
			const struct tg_step *s = &node->step[f->step];

			if (s->kinds & kind) {
				turn = take_step(m, f, s, answer, explain);
				answer = TG_ANSWER_NONE;
				if (explain && m->stop)
					return false;
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
		answer = (explain ? !f->failed : turn == TURN_PASS) ? TG_ANSWER_YES : TG_ANSWER_NO;
		if (f->relation != TG_RELATION_SAME)
			forget_marks(m, f->mark);
		if (--m->frames == 0)
			return answer == TG_ANSWER_YES;
	}
}

/* Whether the member that no ordinary one may be is at fault, so that it need not be looked at again to know. */
TG_COLD static bool is_at_fault(struct tg_machine *m, const struct tg_members *members,
				const struct tg_walk *w)
{
	const struct tg_span *key = span_at(m, w->k), *value = key + 1;
	const struct tg_member_rule *r;

	if (key->flags & TG_SPAN_ESCAPED)
		return false;
	r = tg_rule_of(members, tg_span_text(m->rec, key), w->guess);
	if (!r)
		return members->patterns == 0 && members->rest && members->rest->never;
	return !(r->plain & TG_KIND_BIT(value->kind)) || !tg_checks_pass(m, r->node, value);
}

/* An object whose members are all ordinary, as most records are, needs no frame. TG_ANSWER_NONE says nothing. */
static enum tg_answer judge_ordinary(struct tg_machine *m)
{
	const struct tg_node *root = m->schema->root;
	const struct tg_span *whole = m->rec->span;
	const struct tg_members *members;
	struct tg_walk w = { .k = 1 };

	if (!root->plain || whole->kind != TG_OBJECT || !(root->kinds & TG_KIND_BIT(TG_OBJECT)))
		return TG_ANSWER_NONE;
	members = root->step[0].members;
	w.guess = members->rule;
	tg_take_ordinary(m, members, whole->next, &w);
	if (TG_LIKELY(w.k >= whole->next && w.count == members->required))
		return TG_ANSWER_YES;
	m->known = w;
	if (w.k >= whole->next)
		return TG_ANSWER_NO;
	return is_at_fault(m, members, &w) ? TG_ANSWER_NO : TG_ANSWER_NONE;
}

bool tg_machine_valid(struct tg_machine *m)
{
	enum tg_answer answer = judge_ordinary(m);

	return answer == TG_ANSWER_NONE ? run(m, false) : answer == TG_ANSWER_YES;
}

bool tg_machine_explain(struct tg_machine *m)
{
	struct tg_state *s = tg_machine_state(m);

	if (s->class_room < m->rec->spans) {
		s->class_room = m->rec->spans;
		s->class = tg_resize_array(s->class, s->class_room, 1);
	}
	memset(s->class, 0, m->rec->spans);
	s->founds = s->lost = s->ways = 0;
	m->frames = 0;
	m->calls = 0;
	m->limited = m->stop = false;
	return run(m, true);
}
