#include "common/schema/compile.h"

#include "common/json/text.h"

struct tg_step *tg_compile_step(struct tg_source *s, enum tg_step_kind what, uint8_t kinds,
				const struct tg_span *value)
{
	struct tg_step *step = &s->step[s->steps++];

	TG_BUG_IF(s->steps > TG_COUNT(s->step));
	*step = (struct tg_step){ .what = what, .kinds = kinds };
	if (value)
		step->where = tg_compile_index(s->c, value);
	return step;
}

static void set_nodes(struct tg_source *s, struct tg_step *step, uint32_t room)
{
	step->node = tg_arena_array(s->c->arena, room, sizeof(struct tg_node *));
}

static void add_node(struct tg_source *s, struct tg_step *step, uint32_t at)
{
	step->node[step->nodes++] = tg_compile_node(s->c, at);
}

/* A step of one schema, or of the list of them that the keyword has. */
static struct tg_step *step_of(struct tg_source *s, enum tg_keyword key, enum tg_step_kind what,
			       uint8_t kinds)
{
	const struct tg_span *value = s->key.of[key], *span = s->doc->span;
	struct tg_step *step;
	uint32_t at;

	if (!value)
		return NULL;
	at = tg_compile_index(s->c, value);
	step = tg_compile_step(s, what, kinds, value);
	set_nodes(s, step, value->kind == TG_ARRAY ? tg_compile_parts(s->doc, value) : 1);
	if (value->kind != TG_ARRAY)
		add_node(s, step, at);
	else
		for (uint32_t k = at + 1; k < value->next; k = span[k].next)
			add_node(s, step, k);
	return step;
}

/*
 * References
 */

/* What is pointed to counts as a schema, wherever it stands; but not what is a list or a map of schemas. */
static enum tg_status take_target(struct tg_compiler *c, const struct tg_span *reference,
				  uint32_t at, uint32_t resource)
{
	const struct tg_span *target = &c->c->document.span[at];
	enum tg_holds holds = (enum tg_holds)c->layout.spot[at].holds;
	uint32_t part = c->layout.resource[resource].part;

	if (!c->part[part]) {
		c->part[part] = true;
		tg_compile_later(c, c->c->part[part].first);
	}
	if (holds == TG_HOLDS_SCHEMA)
		return TG_OK;
	if (holds != TG_HOLDS_NOTHING ||
	    (target->kind != TG_OBJECT && target->kind != TG_TRUE && target->kind != TG_FALSE))
		return tg_contract_fault(c->c, reference, c->err, "points to what is no schema");
	tg_compile_later(c, at);
	return tg_layout_add(&c->layout, at, resource, c->err);
}

static uint32_t anchor_number(struct tg_compiler *c, struct tg_str name)
{
	for (uint32_t i = 0; i < c->anchors; i++)
		if (tg_str_eq(c->anchor[i], name))
			return i;
	if (c->anchors == c->anchor_room) {
		c->anchor_room = c->anchor_room ? c->anchor_room * 2 : 4;
		c->anchor = tg_resize_array(c->anchor, c->anchor_room, sizeof(*c->anchor));
	}
	c->anchor[c->anchors] = name;
	return c->anchors++;
}

static enum tg_status reference(struct tg_source *s, enum tg_keyword key)
{
	const struct tg_span *value = s->key.of[key];
	uint32_t at, resource, dynamic;
	struct tg_step *step;
	struct tg_str name;
	enum tg_status st;

	if (!value)
		return TG_OK;
	st = tg_layout_resolve(&s->c->layout, s->node->at, value, &at, &resource, &name, s->c->err);
	if (!st)
		st = take_target(s->c, value, at, resource);
	if (st)
		return st;
	step = tg_compile_step(s, TG_STEP_REF, TG_KINDS_ALL, value);
	set_nodes(s, step, 1);
	add_node(s, step, at);
	/* Only where the anchor that is there at first is a dynamic one does the way to it matter (core, 8.2.3.2). */
	if (key == TG_KEY_RECURSIVE_REF)
		name = TG_STR("");
	if (key != TG_KEY_REF && name.p &&
	    tg_layout_dynamic(&s->c->layout, resource, name, &dynamic) && dynamic == at) {
		step->what = TG_STEP_DYNAMIC;
		step->anchor = anchor_number(s->c, name);
	}
	return TG_OK;
}

/*
 * Arrays, names, conditions
 */

static void items(struct tg_source *s)
{
	const struct tg_span *rest = s->key.of[TG_KEY_ITEMS];
	enum tg_keyword prefix = TG_KEY_PREFIX;
	struct tg_step *step;

	if (s->dialect->draft < TG_DRAFT_2020 && rest && rest->kind == TG_ARRAY) {
		prefix = TG_KEY_ITEMS;
		rest = s->key.of[TG_KEY_ADDITIONAL_ITEMS]; /* which else means nothing */
	}
	step = step_of(s, prefix, TG_STEP_ITEMS, TG_KIND_BIT(TG_ARRAY));
	if (!rest)
		return;
	if (!step)
		step = tg_compile_step(s, TG_STEP_ITEMS, TG_KIND_BIT(TG_ARRAY), rest);
	step->rest = tg_compile_node(s->c, tg_compile_index(s->c, rest));
}

static void contains(struct tg_source *s)
{
	const struct tg_span *least = s->key.of[TG_KEY_MIN_CONTAINS];
	const struct tg_span *most = s->key.of[TG_KEY_MAX_CONTAINS];
	struct tg_step *step = step_of(s, TG_KEY_CONTAINS, TG_STEP_CONTAINS, TG_KIND_BIT(TG_ARRAY));

	if (!step)
		return;
	step->least = least ? tg_keyword_count(s->c->c, least) : 1;
	step->least_at = least ? tg_compile_index(s->c, least) : step->where;
	step->most = most ? tg_keyword_count(s->c->c, most) : UINT64_MAX;
	step->most_at = most ? tg_compile_index(s->c, most) : step->where;
	step->unmarked = s->dialect->draft < TG_DRAFT_2020;
}

static void condition(struct tg_source *s)
{
	const struct tg_span *then = s->key.of[TG_KEY_THEN], *otherwise = s->key.of[TG_KEY_ELSE];
	const struct tg_span *value = s->key.of[TG_KEY_IF];
	struct tg_step *step;

	if (!value)
		return;
	step = tg_compile_step(s, TG_STEP_IF, TG_KINDS_ALL, value);
	set_nodes(s, step, 3);
	add_node(s, step, tg_compile_index(s->c, value));
	step->nodes = 3;
	if (then)
		step->node[1] = tg_compile_node(s->c, tg_compile_index(s->c, then));
	if (otherwise)
		step->node[2] = tg_compile_node(s->c, tg_compile_index(s->c, otherwise));
}

static void dependent(struct tg_source *s, enum tg_keyword key)
{
	const struct tg_span *map = s->key.of[key], *span = s->doc->span;
	struct tg_step *step;
	uint32_t at;

	if (!map)
		return;
	at = tg_compile_index(s->c, map);
	step = tg_compile_step(s, TG_STEP_DEPENDENT, TG_KIND_BIT(TG_OBJECT), map);
	set_nodes(s, step, tg_compile_parts(s->doc, map));
	step->name =
		tg_arena_array(s->c->arena, tg_compile_parts(s->doc, map), sizeof(*step->name));
	for (uint32_t k = at + 1; k < map->next; k = span[k + 1].next) {
		if (span[k + 1].kind ==
		    TG_ARRAY) /* "dependencies": names, which go with the members */
			continue;
		step->name[step->nodes] = tg_text_get(s->c->arena, s->doc, &span[k]);
		add_node(s, step, k + 1);
	}
}

enum tg_status tg_compile_applicators(struct tg_source *s)
{
	enum tg_status st;

	items(s);
	contains(s);
	(void)step_of(s, TG_KEY_NAMES, TG_STEP_NAMES, TG_KIND_BIT(TG_OBJECT));
	st = reference(s, TG_KEY_REF);
	if (!st)
		st = reference(s, TG_KEY_DYNAMIC_REF);
	if (!st)
		st = reference(s, TG_KEY_RECURSIVE_REF);
	if (st)
		return st;
	(void)step_of(s, TG_KEY_ALL, TG_STEP_ALL, TG_KINDS_ALL);
	(void)step_of(s, TG_KEY_ANY, TG_STEP_ANY, TG_KINDS_ALL);
	(void)step_of(s, TG_KEY_ONE, TG_STEP_ONE, TG_KINDS_ALL);
	(void)step_of(s, TG_KEY_NOT, TG_STEP_NOT, TG_KINDS_ALL);
	condition(s);
	dependent(s, TG_KEY_DEPENDENT_SCHEMAS);
	dependent(s, TG_KEY_DEPENDENCIES);
	/* Last, for they look at what the others have seen. */
	(void)step_of(s, TG_KEY_UNEVALUATED_ITEMS, TG_STEP_UNEVALUATED_ITEMS,
		      TG_KIND_BIT(TG_ARRAY));
	(void)step_of(s, TG_KEY_UNEVALUATED_MEMBERS, TG_STEP_UNEVALUATED_MEMBERS,
		      TG_KIND_BIT(TG_OBJECT));
	s->node->collects =
		s->key.of[TG_KEY_UNEVALUATED_ITEMS] || s->key.of[TG_KEY_UNEVALUATED_MEMBERS];
	return TG_OK;
}
