#include "common/schema/compile.h"

/*
 * Loops: a schema that asks itself about the same value would never come to an answer. The steps that lead to the same value are
 * walked depth first; a node that is met while it is open closes a loop.
 */

enum colour { WHITE, OPEN, DONE };

struct walk {
	const struct tg_node *node;
	uint32_t step, i;
};

static bool same_value(const struct tg_step *step)
{
	switch (step->what) {
	case TG_STEP_REF:
	case TG_STEP_DYNAMIC:
	case TG_STEP_ALL:
	case TG_STEP_ANY:
	case TG_STEP_ONE:
	case TG_STEP_NOT:
	case TG_STEP_IF:
	case TG_STEP_DEPENDENT:
		return true;
	case TG_STEP_MEMBERS:
	case TG_STEP_ITEMS:
	case TG_STEP_CONTAINS:
	case TG_STEP_NAMES:
	case TG_STEP_UNEVALUATED_ITEMS:
	case TG_STEP_UNEVALUATED_MEMBERS:
		return false;
	}
	return false;
}

/* The next node that the walk's node asks about the same value; *where is the step's place. NULL: none any more. */
static const struct tg_node *next_node(struct walk *w, uint32_t *where)
{
	for (; w->step < w->node->steps; w->step++, w->i = 0) {
		const struct tg_step *step = &w->node->step[w->step];

		if (!same_value(step))
			continue;
		while (w->i < step->nodes) {
			const struct tg_node *node = step->node[w->i++];

			*where = step->where;
			if (node)
				return node;
		}
	}
	return NULL;
}

static enum tg_status find_loops(struct tg_compiler *c)
{
	TG_OWN(tg_free_pointer) uint8_t *colour = tg_alloc_array(c->c->document.spans, 1);
	TG_OWN(tg_free_pointer) struct walk *walk = tg_alloc_array(c->list_n + 1, sizeof(*walk));

	for (uint32_t i = 0; i < c->list_n; i++) {
		uint32_t n = 0;

		if (colour[c->list[i]->at] != WHITE)
			continue;
		walk[n++] = (struct walk){ c->list[i], 0, 0 };
		colour[c->list[i]->at] = OPEN;
		while (n > 0) {
			uint32_t where = 0;
			const struct tg_node *node = next_node(&walk[n - 1], &where);

			if (!node) {
				colour[walk[--n].node->at] = DONE;
			} else if (colour[node->at] == OPEN) {
				return tg_contract_fault(
					c->c, &c->c->document.span[where], c->err,
					"leads back to itself without going into the value");
			} else if (colour[node->at] == WHITE) {
				colour[node->at] = OPEN;
				walk[n++] = (struct walk){ node, 0, 0 };
			}
		}
	}
	return TG_OK;
}

enum {
	DYNAMIC_MAX = 1 << 22
}; /* places of the table of dynamic anchors; it is small in all that is meant well */

static void keep_homes(struct tg_compiler *c)
{
	struct tg_home *home =
		tg_arena_array(c->arena, c->layout.resources, sizeof(struct tg_home));

	for (uint32_t i = 0; i < c->layout.resources; i++)
		home[i] = (struct tg_home){ c->layout.resource[i].uri, c->layout.resource[i].at };
	c->schema->home = home;
}

static enum tg_status settle_dynamic(struct tg_compiler *c)
{
	struct tg_schema *schema = c->schema;

	schema->resources = c->layout.resources;
	schema->anchors = c->anchors;
	if ((uint64_t)c->anchors * schema->resources > DYNAMIC_MAX)
		return tg_contract_fault(c->c, c->c->document.span, c->err,
					 "%u dynamic anchors in %u resources are too many",
					 c->anchors, schema->resources);
	schema->dynamic = tg_arena_array(c->arena, (size_t)c->anchors * schema->resources,
					 sizeof(struct tg_node *));
	for (uint32_t a = 0; a < c->anchors; a++) {
		for (uint32_t r = 0; r < schema->resources; r++) {
			uint32_t at;

			/* A record passes through what is compiled only. */
			if (c->part[c->layout.resource[r].part] &&
			    tg_layout_dynamic(&c->layout, r, c->anchor[a], &at))
				schema->dynamic[a * schema->resources + r] = tg_compile_node(c, at);
		}
	}
	return TG_OK;
}

/*
 * Branches told apart by a word: where each branch of a oneOf or anyOf wants another string for one member, that member chooses the
 * branch, and the others need not be tried: they would fail.
 */

/* What a branch says about members, through references too. */
static const struct tg_members *members_of(const struct tg_node *node)
{
	for (unsigned depth = 0; node && depth < 8; depth++) {
		const struct tg_node *next = NULL;

		for (uint32_t i = 0; i < node->steps; i++) {
			if (node->step[i].what == TG_STEP_MEMBERS)
				return node->step[i].members;
			if (node->step[i].what == TG_STEP_REF)
				next = node->step[i].node[0];
		}
		node = next;
	}
	return NULL;
}

/* The words that a branch allows for a member, NULL: it does not say. */
static const struct tg_names *words_of(const struct tg_members *m, struct tg_str name)
{
	uint32_t i = m ? tg_names_find(&m->names, name) : TG_NAMES_NONE;
	const struct tg_node *node = i == TG_NAMES_NONE ? NULL : m->rule[i].node;

	for (unsigned k = 0; node && k < node->first[TG_STRING + 1]; k++)
		if (k >= node->first[TG_STRING] && node->check[k].what == TG_CHECK_WORDS)
			return node->check[k].words;
	return NULL;
}

/* False when a word would lead to two branches. */
static bool add_words(struct tg_names *all, const struct tg_names *words, uint32_t branch)
{
	for (size_t i = 0; i <= (size_t)(UINT64_MAX >> words->shift); i++)
		if (words->slot[i].value != TG_NAMES_NONE &&
		    tg_names_add(all, words->slot[i].text, branch) != branch)
			return false;
	return true;
}

static const struct tg_switch *switch_by(struct tg_compiler *c, const struct tg_step *step,
					 struct tg_str name)
{
	size_t words = 0;
	struct tg_switch *by;

	for (uint32_t i = 0; i < step->nodes; i++) {
		const struct tg_names *some = words_of(members_of(step->node[i]), name);

		if (!some)
			return NULL;
		words += some->n;
	}
	by = tg_arena_take(c->arena, sizeof(*by));
	by->name = name;
	tg_names_init(&by->words, words, c->arena);
	for (uint32_t i = 0; i < step->nodes; i++)
		if (!add_words(&by->words, words_of(members_of(step->node[i]), name), i))
			return NULL;
	tg_names_settle(&by->words);
	return by;
}

static void find_switch(struct tg_compiler *c, struct tg_step *step)
{
	const struct tg_members *first = members_of(step->node[0]);

	for (uint32_t i = 0; first && !step->by && step->nodes > 1 && i < first->rules; i++)
		step->by = switch_by(c, step, first->rule[i].name);
}

/* Members whose value needs no frame, which can be told when all schemas are there. */
static void find_plain(struct tg_step *step)
{
	const struct tg_members *m = step->members;

	step->plain = true;
	for (uint32_t i = 0; i < m->rules; i++) {
		struct tg_member_rule *r = &m->rule[i];

		r->quick = (struct tg_quick){ .least = 1 };
		if (r->node && !r->mores && !r->dependents)
			r->plain = (uint8_t)(r->node->kinds & ~r->node->step_kinds);
		if (r->plain & TG_KIND_BIT(TG_STRING))
			r->quick = r->node->quick;
		step->plain = step->plain && r->plain && !(r->node->step_kinds & r->node->kinds);
	}
}

enum tg_status tg_compile_finish(struct tg_compiler *c)
{
	enum tg_status st = find_loops(c);

	if (!st)
		st = settle_dynamic(c);
	if (st)
		return st;
	if (c->schema->output > TG_OUTPUT_FLAG)
		keep_homes(c);
	for (uint32_t i = 0; i < c->list_n; i++) {
		struct tg_node *node = c->list[i];

		for (uint32_t k = 0; k < node->steps; k++) {
			struct tg_step *step = &node->step[k];

			if (step->what == TG_STEP_ANY || step->what == TG_STEP_ONE)
				find_switch(c, step);
			else if (step->what == TG_STEP_MEMBERS)
				find_plain(step);
		}
		node->plain = node->steps == 1 && node->step[0].plain && !node->collects &&
			      !(node->checked & TG_KIND_BIT(TG_OBJECT));
	}
	return TG_OK;
}
