/*
 * While all errors of a record are gathered: keeping them, and of branches that failed those of the closest. Nothing here runs for a
 * record that is valid.
 */
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/units.h"

static uint32_t condition_of(const struct tg_machine *m)
{
	for (uint32_t i = m->frames; i > 0; i--) {
		const struct tg_frame *f = &m->frame[i - 1];
		const struct tg_step *s = &f->node->step[f->step];

		if (s->what == TG_STEP_IF && f->i > 0)
			return s->where;
	}
	return 0;
}

/* Those that ask about the value: the one whose keyword it is, and what leads to it. */
static void find_about(const struct tg_machine *m, struct tg_found *found)
{
	uint32_t n = 0;

	if (found->name)
		return;
	if (!found->node->never)
		found->about[n++] = found->node;
	for (uint32_t i = m->frames; i > 0 && n < TG_ABOUT_MAX; i--) {
		const struct tg_frame *f = &m->frame[i - 1];

		if (f->span != found->span || f->relation == TG_RELATION_NAME)
			break;
		if (n == 0 || f->node != found->about[n - 1])
			found->about[n++] = f->node;
	}
}

/* Whether a fault that is found now stands, whatever else comes out: none of the first frames tries what need not be right. */
static bool is_sure(const struct tg_machine *m, uint32_t frames)
{
	for (uint32_t i = 0; i < frames; i++) {
		const struct tg_frame *f = &m->frame[i];
		const struct tg_step *s = &f->node->step[f->step];

		switch (s->what) {
		case TG_STEP_NOT:
		case TG_STEP_CONTAINS:
			return false;
		case TG_STEP_IF:
			if (f->i == 0)
				return false;
			break;
		case TG_STEP_ANY:
		case TG_STEP_ONE:
			if (!s->by || !f->any)
				return false;
			break;
		case TG_STEP_MEMBERS:
		case TG_STEP_ITEMS:
		case TG_STEP_NAMES:
		case TG_STEP_REF:
		case TG_STEP_DYNAMIC:
		case TG_STEP_ALL:
		case TG_STEP_DEPENDENT:
		case TG_STEP_UNEVALUATED_ITEMS:
		case TG_STEP_UNEVALUATED_MEMBERS:
			break;
		}
	}
	return true;
}

/* frames: those that the fault depends on. */
static void find(struct tg_machine *m, const struct tg_found *found, uint32_t frames)
{
	struct tg_state *s = tg_machine_state(m);

	if (m->schema->first && is_sure(m, frames))
		m->stop = true;

	if (s->founds == TG_FOUND_MAX) {
		s->lost++;
		return;
	}
	if (s->founds == s->found_room) {
		s->found_room = s->found_room ? s->found_room * 2 : 16;
		s->found = tg_resize_array(s->found, s->found_room, sizeof(*s->found));
	}
	s->found[s->founds] = *found;
	find_about(m, &s->found[s->founds]);
	s->found[s->founds].condition = condition_of(m);
	if (m->schema->output > TG_OUTPUT_FLAG)
		tg_units_note(m, &s->found[s->founds], frames == m->frames);
	s->founds++;
}

void tg_find_here(struct tg_machine *m, const struct tg_frame *f, uint32_t where,
		  enum tg_fault_kind what, uint32_t x, uint32_t y)
{
	find(m,
	     &(struct tg_found){ .span = f->span,
				 .where = where,
				 .depth = f->depth,
				 .what = (uint8_t)what,
				 .name = f->name,
				 .x = x,
				 .y = y,
				 .node = f->node },
	     m->frames - 1);
}

void tg_find_limit(struct tg_machine *m, uint32_t span, uint32_t where, const struct tg_node *node,
		   const struct tg_check *check)
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

/* All that is wrong with the value by itself, where something is. */
static void find_faults(struct tg_machine *m, const struct tg_frame *f, const struct tg_node *node,
			uint32_t span, enum tg_relation relation, bool name)
{
	const struct tg_span *v = &m->rec->span[span];
	struct tg_found found = { .span = span, .node = node, .what = TG_FAULT_CHECK };
	bool good = true;

	found.depth = f ? f->depth + (relation != TG_RELATION_SAME) : 0;
	found.name = name;
	found.asker = f ? f->node : NULL;
	if (node->never) {
		found.what = TG_FAULT_FALSE;
		found.where = node->at;
		find(m, &found, m->frames);
		return;
	}
	if (!(node->kinds & TG_KIND_BIT(v->kind))) {
		found.what = TG_FAULT_TYPE;
		found.where = node->type_at;
		find(m, &found, m->frames);
		found.what = TG_FAULT_CHECK;
		good = false;
	}
	for (unsigned i = node->first[v->kind]; i < node->first[v->kind + 1] && !m->stop; i++) {
		const struct tg_check *c = &node->check[i];

		if (tg_check_passes(m, node, c, v))
			continue;
		if (m->limited)
			return;
		/* What has not the right type is not told that it is no value of the enum either. */
		if (!good && c->what == TG_CHECK_NEVER)
			continue;
		found.check = c;
		found.where = c->where;
		if (c->what == TG_CHECK_UNIQUE)
			(void)tg_items_differ(m, span, &found.x, &found.y);
		find(m, &found, m->frames);
		good = false;
	}
}

enum tg_answer tg_find_in(struct tg_machine *m, const struct tg_frame *f,
			  const struct tg_node *node, uint32_t span, enum tg_relation relation)
{
	const struct tg_span *v = &m->rec->span[span];
	bool name = relation == TG_RELATION_NAME || (relation == TG_RELATION_SAME && f && f->name);
	bool good;

	if (node->class && !name)
		tg_note_class(m, span, node);
	/* Of a record that is refused most values are right. */
	good = !node->never && (node->kinds & TG_KIND_BIT(v->kind)) && tg_checks_pass(m, node, v);
	if (!good && !m->limited)
		find_faults(m, f, node, span, relation, name);
	if (m->stop || m->limited || node->never)
		return TG_ANSWER_NO;
	if (node->step_kinds & TG_KIND_BIT(v->kind))
		return tg_machine_later(m, node, span, relation, !good);
	return good ? TG_ANSWER_YES : TG_ANSWER_NO;
}

void tg_find_missing(struct tg_machine *m, const struct tg_frame *f,
		     const struct tg_members *members)
{
	const struct tg_span *span = m->rec->span;
	struct tg_state *s = tg_machine_state(m);

	/* One walk over the record's members, however many are missing. */
	if (s->seen_room < members->rules) {
		s->seen_room = members->rules;
		s->seen = tg_resize_array(s->seen, s->seen_room, 1);
	}
	memset(s->seen, 0, members->rules);
	for (uint32_t k = f->span + 1; k < span[f->span].next; k = span[k + 1].next) {
		uint32_t rule =
			tg_names_find(&members->names, tg_text_get(m->arena, m->rec, &span[k]));

		if (rule != TG_NAMES_NONE && k + 1 != m->rec->source)
			s->seen[rule] = 1;
	}
	for (uint32_t i = 0; i < members->rules; i++) /* in the order of the contract */
		if (members->rule[i].required && !s->seen[i])
			tg_find_here(m, f, members->rule[i].required_at, TG_FAULT_REQUIRED, i, 0);
}

void tg_find_forget(struct tg_machine *m, uint32_t down_to)
{
	m->state->founds = down_to;
	if (down_to < TG_FOUND_MAX) /* what was lost had come later */
		m->state->lost = 0;
	if (m->schema->output > TG_OUTPUT_FLAG)
		tg_units_forget(m->state);
}

/*
 * Of the branches that failed the closest is told of. A branch is further off when the value has not its type at all, or another
 * word stands where it wants its own; then the one that got deepest is closest, and among equals the one with fewest errors.
 */
static uint64_t score_branch(const struct tg_machine *m, const struct tg_frame *f, uint32_t from)
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

void tg_find_weigh(struct tg_machine *m, struct tg_frame *f, uint32_t from)
{
	struct tg_state *s = m->state;
	uint32_t n = s->founds - from;
	uint64_t score = score_branch(m, f, from);

	if (n == 1 && s->found[from].what == TG_FAULT_TYPE && s->found[from].span == f->span) {
		f->types |= s->found[from].node->types;
		f->typed++;
	}
	if (f->best > f->errors && score <= f->score) {
		tg_find_forget(m, from);
		return;
	}
	if (n)
		memmove(s->found + f->errors, s->found + from, n * sizeof(*s->found));
	tg_find_forget(m, f->errors + n);
	f->best = s->founds;
	f->score = score;
}

/* Where all ask for other types, that is one error and not several. */
void tg_find_no_branch(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s)
{
	if (f->typed == s->nodes && s->nodes > 1) {
		tg_find_forget(m, f->errors);
		tg_find_here(m, f, s->where, TG_FAULT_TYPES, f->types, 0);
	}
	for (uint32_t i = f->errors; i < m->state->founds && s->nodes > 1; i++) {
		struct tg_found *e = &m->state->found[i];

		if (e->what == TG_FAULT_TYPES || e->branches)
			continue;
		e->branches = s->nodes;
		if (f->any && e->what != TG_FAULT_WORD)
			e->by = s->by;
	}
	if (m->schema->first && is_sure(m, m->frames - 1))
		m->stop = true;
}

void tg_find_word(struct tg_machine *m, const struct tg_frame *f, const struct tg_step *s)
{
	const struct tg_span *v = tg_member_find(m->rec, &m->rec->span[f->span], s->by->name);

	find(m,
	     &(struct tg_found){ .span = (uint32_t)(v - m->rec->span),
				 .where = s->where,
				 .depth = f->depth + 1,
				 .what = TG_FAULT_WORD,
				 .node = f->node,
				 .by = s->by },
	     m->frames - 1);
}
