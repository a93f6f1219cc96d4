/*
 * What a schema says about the members of an object: all keywords that do so become one step, with a rule for each name that is known
 * now, so that a record's members are looked up once.
 */
#include "common/schema/compile.h"

#include "common/json/text.h"

static struct tg_member_rule *rule_of(struct tg_source *s, struct tg_members *m, struct tg_str name)
{
	uint32_t i = tg_names_add(&m->names, name, m->rules);

	if (i == m->rules) {
		struct tg_member_rule *rule = &m->rule[m->rules++];

		*rule = (struct tg_member_rule){ .name = name,
						 .head = tg_names_head(name.p, name.n) };
		rule->mask = tg_names_mask(name.n);
		rule->tail_at = name.n > 8 ? name.n - 8 : 0;
		rule->tail = name.n > 8 ? tg_names_tail(name.p, name.n) : rule->head;
		TG_BUG_IF(m->rules >= s->rule_room);
	}
	return &m->rule[i];
}

static enum tg_status add_required(struct tg_source *s, struct tg_members *m)
{
	const struct tg_span *value = s->key.of[TG_KEY_REQUIRED], *span = s->doc->span;

	if (!value)
		return TG_OK;
	for (uint32_t k = tg_compile_index(s->c, value) + 1; k < value->next; k++) {
		struct tg_member_rule *rule =
			rule_of(s, m, tg_text_get(s->c->arena, s->doc, &span[k]));

		if (rule->required)
			return tg_contract_fault(s->c->c, &span[k], s->c->err,
						 "stands twice in the list");
		rule->required = true;
		rule->required_at = k;
		m->required++;
	}
	return TG_OK;
}

static void add_dependents(struct tg_source *s, struct tg_members *m, const struct tg_span *map)
{
	const struct tg_span *span = s->doc->span;

	if (!map)
		return;
	for (uint32_t k = tg_compile_index(s->c, map) + 1; k < map->next; k = span[k + 1].next) {
		struct tg_member_rule *rule;
		struct tg_dependent *both;

		if (span[k + 1].kind != TG_ARRAY || span[k + 1].next == k + 2)
			continue;
		rule = rule_of(s, m, tg_text_get(s->c->arena, s->doc, &span[k]));
		both = tg_arena_array(s->c->arena,
				      rule->dependents + tg_compile_parts(s->doc, &span[k + 1]),
				      sizeof(*both));
		if (rule->dependents) /* "dependentRequired" and "dependencies" speak of it */
			memcpy(both, rule->dependent, rule->dependents * sizeof(*both));
		rule->dependent = both;
		for (uint32_t e = k + 2; e < span[k + 1].next; e++)
			both[rule->dependents++] =
				(struct tg_dependent){ tg_text_get(s->c->arena, s->doc, &span[e]),
						       e };
	}
}

static enum tg_status add_patterns(struct tg_source *s, struct tg_members *m)
{
	const struct tg_span *map = s->key.of[TG_KEY_PATTERNS], *span = s->doc->span;
	size_t room = tg_compile_parts(s->doc, map);

	if (!map)
		return TG_OK;
	m->pattern = tg_arena_array(s->c->arena, room, sizeof(struct tg_pattern *));
	m->pattern_node = tg_arena_array(s->c->arena, room, sizeof(struct tg_node *));
	m->pattern_at = tg_arena_array(s->c->arena, room, sizeof(*m->pattern_at));
	for (uint32_t k = tg_compile_index(s->c, map) + 1; k < map->next; k = span[k + 1].next) {
		struct tg_pattern *pattern = NULL;
		enum tg_status st = tg_compile_pattern(
			s->c, tg_text_get(s->c->arena, s->doc, &span[k]), &span[k], &pattern);

		if (st)
			return st;
		m->pattern[m->patterns] = pattern;
		m->pattern_at[m->patterns] = k;
		m->pattern_node[m->patterns++] = tg_compile_node(s->c, k + 1);
	}
	return TG_OK;
}

static void add_node(struct tg_source *s, struct tg_member_rule *rule, const struct tg_node *node)
{
	rule->evaluated = true;
	if (!rule->node) {
		rule->node = node;
		return;
	}
	if ((rule->mores & (rule->mores - 1)) == 0) { /* full: room doubles */
		const struct tg_node **more = tg_arena_array(
			s->c->arena, rule->mores ? rule->mores * 2 : 1, sizeof(struct tg_node *));

		if (rule->mores)
			memcpy(more, rule->more, rule->mores * sizeof(struct tg_node *));
		rule->more = more;
	}
	rule->more[rule->mores++] = node;
}

enum { PAIRS_MAX = 1 << 24 }; /* of names and patterns: a second's work */

/* A name of which something is known is held against the patterns now, and then never again. */
static enum tg_status settle_rule(struct tg_source *s, struct tg_members *m,
				  struct tg_member_rule *rule)
{
	struct tg_str name = m->patterns ? tg_arena_copy(s->c->arena, rule->name) : rule->name;

	for (uint32_t i = 0; i < m->patterns; i++) {
		enum tg_match match = tg_pattern_match(m->pattern[i], name, &s->c->matcher);

		if (match == TG_MATCH_LIMIT)
			return tg_contract_fault(s->c->c, &s->doc->span[m->pattern_at[i]],
						 s->c->err,
						 "takes too long on the contract's own names");
		if (match == TG_MATCH_YES)
			add_node(s, rule, m->pattern_node[i]);
	}
	if (!rule->evaluated && m->rest)
		add_node(s, rule, m->rest);
	return TG_OK;
}

enum tg_status tg_compile_members(struct tg_source *s)
{
	static const enum tg_keyword part[] = { TG_KEY_PROPERTIES,	   TG_KEY_PATTERNS,
						TG_KEY_ADDITIONAL,	   TG_KEY_REQUIRED,
						TG_KEY_DEPENDENT_REQUIRED, TG_KEY_DEPENDENCIES };
	const struct tg_span *map = s->key.of[TG_KEY_PROPERTIES], *span = s->doc->span, *where;
	const struct tg_span *rest = s->key.of[TG_KEY_ADDITIONAL];
	struct tg_members *m;
	struct tg_step *step;
	enum tg_status st;
	bool any = false;

	s->rule_room = 2; /* one stays empty, behind the last */
	for (size_t i = 0; i < TG_COUNT(part); i++) {
		any |= s->key.of[part[i]] != NULL;
		if (part[i] != TG_KEY_PATTERNS && part[i] != TG_KEY_ADDITIONAL)
			s->rule_room += tg_compile_parts(s->doc, s->key.of[part[i]]);
	}
	if (!any)
		return TG_OK;
	m = tg_arena_take(s->c->arena, sizeof(*m));
	tg_names_init(&m->names, s->rule_room, s->c->arena);
	m->rule = tg_arena_array(s->c->arena, s->rule_room, sizeof(*m->rule));
	if (rest)
		m->rest = tg_compile_node(s->c, tg_compile_index(s->c, rest));
	for (uint32_t k = map ? tg_compile_index(s->c, map) + 1 : 0; map && k < map->next;
	     k = span[k + 1].next) {
		struct tg_member_rule *rule =
			rule_of(s, m, tg_text_get(s->c->arena, s->doc, &span[k]));

		rule->declared = true;
		add_node(s, rule, tg_compile_node(s->c, k + 1));
	}
	st = add_required(s, m);
	if (!st)
		st = add_patterns(s, m);
	if (st)
		return st;
	add_dependents(s, m, s->key.of[TG_KEY_DEPENDENT_REQUIRED]);
	add_dependents(s, m, s->key.of[TG_KEY_DEPENDENCIES]);
	if ((uint64_t)m->rules * m->patterns > PAIRS_MAX)
		return tg_contract_fault(
			s->c->c, s->key.of[TG_KEY_PATTERNS], s->c->err,
			"has %u patterns for %u names, which are too many together", m->patterns,
			m->rules);
	for (uint32_t i = 0; !st && i < m->rules; i++)
		st = settle_rule(s, m, &m->rule[i]);
	tg_names_settle(&m->names);
	m->rule[m->rules].name.n = SIZE_MAX; /* no name is like it */
	where = s->key.of[TG_KEY_REQUIRED] ? s->key.of[TG_KEY_REQUIRED] : rest;
	step = tg_compile_step(s, TG_STEP_MEMBERS, TG_KIND_BIT(TG_OBJECT), where);
	step->members = m;
	return st;
}
