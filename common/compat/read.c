/*
 * A compiled schema as formulas. The compiler has made one form of all drafts already: what is left is to say what each check and
 * step means of values of all kinds.
 */
#include "common/compat/form.h"

#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/text.h"

/*
 * The way to a schema, as far as it matters: where a dynamic reference leads, by anchor; NULL: no resource on the way has it. A schema
 * that is come to on several such ways is several formulas.
 */
struct way {
	const struct tg_node **leads;
	struct tg_place_form **at[2]; /* by span: as it stands, and closed; see tg_forms_read */
};

/* The last one is for when there are too many: where it leads is not known. */
enum { WAYS_MAX = 64, WAY_LOST = WAYS_MAX - 1 };

/* A schema that is promised. */
struct task {
	const struct tg_node *node;
	unsigned way;
	bool closed;
};

struct reader {
	struct tg_forms *f;
	struct tg_form_doc *doc;
	const struct tg_schema *schema;
	const struct tg_record *text; /* the document */
	uint8_t number;
	struct task *todo;
	uint32_t todos, todo_room;
	struct way way[WAYS_MAX];
	unsigned ways;
	/* Of the schema under way: by which way it was come to, and whether it is closed. */
	unsigned here;
	bool closing;
	/* Of the schema under way. */
	struct tg_part *part;
	uint32_t parts, part_room;
};

/* The way to a schema of that resource, from the one under way. */
static unsigned way_to(struct reader *r, uint32_t resource)
{
	const struct tg_schema *schema = r->schema;
	const struct tg_node **leads;
	size_t n = schema->anchors * sizeof(struct tg_node *);

	if (schema->anchors == 0 || r->here == WAY_LOST)
		return r->here;
	leads = tg_arena_array(&r->f->arena, schema->anchors, sizeof(struct tg_node *));
	for (uint32_t a = 0; a < schema->anchors; a++) {
		leads[a] = r->ways ? r->way[r->here].leads[a] : NULL;
		if (!leads[a])
			leads[a] = schema->dynamic[a * schema->resources + resource];
	}
	for (unsigned i = 0; i < r->ways; i++)
		if (memcmp(r->way[i].leads, leads, n) == 0)
			return i;
	if (r->ways == WAY_LOST)
		return WAY_LOST;
	r->way[r->ways].leads = leads;
	return r->ways++;
}

static struct tg_place_form **places(struct reader *r, unsigned way, bool closed)
{
	if (!r->way[way].at[closed])
		r->way[way].at[closed] = tg_arena_array(&r->f->arena, r->text->spans + 1,
							sizeof(struct tg_place_form *));
	return r->way[way].at[closed];
}

/* The formula of a schema; it is filled later. NULL, no schema, is true of all. */
static uint32_t promise(struct reader *r, const struct tg_node *node, bool closed)
{
	struct tg_place_form **at, *place;
	unsigned way;

	if (!node)
		return TG_FORM_TRUE;
	way = way_to(r, node->resource);
	at = places(r, way, closed);
	if (at[node->at])
		return at[node->at]->form;
	place = tg_arena_take(&r->f->arena, sizeof(*place));
	place->node = node;
	place->form = tg_form_new(r->f, TG_FORM_AND);
	r->f->form[place->form].doc = r->number;
	at[node->at] = place;
	if (!closed && !r->doc->at[node->at])
		r->doc->at[node->at] = place;
	if (r->todos == r->todo_room) {
		r->todo_room = r->todo_room ? r->todo_room * 2 : 64;
		r->todo = tg_resize_array(r->todo, r->todo_room, sizeof(*r->todo));
	}
	r->todo[r->todos++] = (struct task){ node, way, closed };
	return place->form;
}

/* As it stands: for what is denied or counted. */
static uint32_t plain_form(struct reader *r, const struct tg_node *node)
{
	return promise(r, node, false);
}

/* Of the same value. */
static uint32_t node_form(struct reader *r, const struct tg_node *node)
{
	return promise(r, node, r->closing);
}

/* Of another value, within: where it is closed, what it leaves unevaluated is not there. */
static uint32_t value_form(struct reader *r, const struct tg_node *node)
{
	uint32_t arg[3] = { node_form(r, node), TG_FORM_NONE, TG_FORM_FALSE }, at;

	if (!r->closing || !node)
		return arg[0];
	at = tg_form_of(r->f, TG_FORM_UNEVALUATED, arg, 3);
	r->f->form[at].strict = true;
	return at;
}

static void add_part(struct reader *r, enum tg_part_kind what, uint32_t form, uint32_t where)
{
	if (r->parts == r->part_room) {
		r->part_room = r->part_room ? r->part_room * 2 : 32;
		r->part = tg_resize_array(r->part, r->part_room, sizeof(*r->part));
	}
	r->part[r->parts++] = (struct tg_part){ form, where, (uint8_t)what };
}

static struct tg_form *new_atom(struct reader *r, enum tg_form_op op, unsigned kind, uint32_t *at)
{
	struct tg_form *form;

	*at = tg_form_new(r->f, op);
	form = &r->f->form[*at];
	form->kind = (uint8_t)kind;
	form->doc = r->number;
	return form;
}

static uint32_t kinds_form(struct reader *r, uint8_t kinds)
{
	uint32_t at = tg_form_new(r->f, TG_FORM_KINDS);

	r->f->form[at].kinds = kinds;
	return at;
}

/*
 * Checks
 */

static struct tg_str canonical(struct reader *r, uint32_t span)
{
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	tg_canon_put(&out, r->text, &r->text->span[span], &scratch);
	return tg_arena_copy(&r->f->arena, tg_buffer_str(&out));
}

static uint32_t among(struct reader *r, unsigned kind, const struct tg_check *c)
{
	struct tg_str *value;
	uint32_t n = 0, at;

	if (c->what == TG_CHECK_AMONG) {
		value = tg_arena_array(&r->f->arena, c->spans, sizeof(*value));
		for (; n < c->spans; n++)
			value[n] = canonical(r, c->span[n]);
	} else {
		value = tg_arena_array(&r->f->arena, c->words->n, sizeof(*value));
		for (size_t i = 0; i <= (size_t)(UINT64_MAX >> c->words->shift); i++)
			if (c->words->slot[i].value != TG_NAMES_NONE)
				value[n++] = canonical(r, c->words->slot[i].value);
	}
	(void)new_atom(r, TG_FORM_AMONG, kind, &at);
	r->f->form[at].value = value;
	r->f->form[at].args = n;
	return at;
}

static struct tg_str bound_text(struct reader *r, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	tg_number_put_canonical(&out, text);
	return tg_arena_copy(&r->f->arena, tg_buffer_str(&out));
}

static void bound(struct reader *r, enum tg_form_op op, enum tg_part_kind what, bool strict,
		  const struct tg_check *c)
{
	struct tg_str text = bound_text(r, c->bound.text);
	uint32_t at;
	struct tg_form *form = new_atom(r, op, TG_NUMBER, &at);

	form->text = text;
	form->strict = strict;
	add_part(r, what, at, c->where);
}

static void count(struct reader *r, enum tg_form_op op, unsigned kind, enum tg_part_kind what,
		  const struct tg_check *c)
{
	uint32_t at;

	new_atom(r, op, kind, &at)->count = c->count;
	add_part(r, what, at, c->where);
}

static uint32_t pattern_form(struct reader *r, const struct tg_pattern *pattern, uint32_t where)
{
	struct tg_str text = tg_arena_copy(
		&r->f->arena, tg_text_get(&r->f->arena, r->text, &r->text->span[where]));
	uint32_t at;
	struct tg_form *form = new_atom(r, TG_FORM_PATTERN, TG_STRING, &at);

	form->text = text;
	form->pattern = pattern;
	return at;
}

static void read_check(struct reader *r, unsigned kind, const struct tg_check *c)
{
	uint32_t at;

	switch (c->what) {
	case TG_CHECK_NEVER:
		add_part(r, TG_PART_VALUES,
			 kinds_form(r, (uint8_t)(TG_KINDS_ALL & ~TG_KIND_BIT(kind))), c->where);
		break;
	case TG_CHECK_AMONG:
	case TG_CHECK_AMONG_MANY:
	case TG_CHECK_WORDS:
		add_part(r, TG_PART_VALUES, among(r, kind, c), c->where);
		break;
	case TG_CHECK_INTEGER:
		new_atom(r, TG_FORM_MULTIPLE, TG_NUMBER, &at)->text = TG_STR("1e0");
		add_part(r, TG_PART_TYPE, at, c->where);
		break;
	case TG_CHECK_INTEGER_SPELT:
		(void)new_atom(r, TG_FORM_SPELT, TG_NUMBER, &at);
		add_part(r, TG_PART_TYPE, at, c->where);
		break;
	case TG_CHECK_MINIMUM:
	case TG_CHECK_EXCLUSIVE_MINIMUM:
		bound(r, TG_FORM_LEAST, TG_PART_LEAST, c->what == TG_CHECK_EXCLUSIVE_MINIMUM, c);
		break;
	case TG_CHECK_MAXIMUM:
	case TG_CHECK_EXCLUSIVE_MAXIMUM:
		bound(r, TG_FORM_MOST, TG_PART_MOST, c->what == TG_CHECK_EXCLUSIVE_MAXIMUM, c);
		break;
	case TG_CHECK_MULTIPLE:
		bound(r, TG_FORM_MULTIPLE, TG_PART_MULTIPLE, false, c);
		break;
	case TG_CHECK_MIN_LENGTH:
		count(r, TG_FORM_MIN_LENGTH, TG_STRING, TG_PART_MIN_LENGTH, c);
		break;
	case TG_CHECK_MAX_LENGTH:
		count(r, TG_FORM_MAX_LENGTH, TG_STRING, TG_PART_MAX_LENGTH, c);
		break;
	case TG_CHECK_PATTERN:
		add_part(r, TG_PART_PATTERN, pattern_form(r, c->pattern, c->where), c->where);
		break;
	case TG_CHECK_FORMAT: {
		struct tg_form *form = new_atom(r, TG_FORM_FORMAT, TG_STRING, &at);

		form->format = c->format;
		form->text = c->format->name;
		add_part(r, TG_PART_FORMAT, at, c->where);
		break;
	}
	case TG_CHECK_MIN_ITEMS:
		count(r, TG_FORM_MIN_ITEMS, TG_ARRAY, TG_PART_MIN_ITEMS, c);
		break;
	case TG_CHECK_MAX_ITEMS:
		count(r, TG_FORM_MAX_ITEMS, TG_ARRAY, TG_PART_MAX_ITEMS, c);
		break;
	case TG_CHECK_UNIQUE:
		(void)new_atom(r, TG_FORM_UNIQUE, TG_ARRAY, &at);
		add_part(r, TG_PART_UNIQUE, at, c->where);
		break;
	case TG_CHECK_MIN_MEMBERS:
		count(r, TG_FORM_MIN_MEMBERS, TG_OBJECT, TG_PART_MIN_MEMBERS, c);
		break;
	case TG_CHECK_MAX_MEMBERS:
		count(r, TG_FORM_MAX_MEMBERS, TG_OBJECT, TG_PART_MAX_MEMBERS, c);
		break;
	}
}

/*
 * Steps
 */

static uint32_t has(struct reader *r, struct tg_str name)
{
	struct tg_str text = tg_arena_copy(&r->f->arena, name);
	uint32_t at;

	new_atom(r, TG_FORM_HAS, TG_OBJECT, &at)->text = text;
	return at;
}

/* "An object with a member of that name": false of all that are none. */
static uint32_t has_indeed(struct reader *r, struct tg_str name)
{
	uint32_t both[2] = { kinds_form(r, TG_KIND_BIT(TG_OBJECT)), has(r, name) };

	return tg_form_of(r->f, TG_FORM_AND, both, 2);
}

static uint32_t all_of(struct reader *r, const struct tg_member_rule *rule)
{
	TG_OWN(tg_free_pointer) uint32_t *arg = tg_alloc_array(rule->mores + 1, sizeof(*arg));
	uint32_t n = 0;

	if (!rule->node)
		return TG_FORM_TRUE;
	arg[n++] = value_form(r, rule->node);
	for (uint32_t i = 0; i < rule->mores; i++)
		arg[n++] = value_form(r, rule->more[i]);
	return n == 1 ? arg[0] : tg_form_of(r->f, TG_FORM_AND, arg, n);
}

static void read_dependents(struct reader *r, const struct tg_member_rule *rule)
{
	TG_OWN(tg_free_pointer) uint32_t *arg = tg_alloc_array(rule->dependents, sizeof(*arg));
	uint32_t branch[2];

	for (uint32_t i = 0; i < rule->dependents; i++)
		arg[i] = has(r, rule->dependent[i].name);
	branch[0] = has_indeed(r, rule->name);
	branch[0] = tg_form_of(r->f, TG_FORM_NOT, branch, 1);
	branch[1] = tg_form_of(r->f, TG_FORM_AND, arg, rule->dependents);
	add_part(r, TG_PART_DEPENDENT, tg_form_of(r->f, TG_FORM_OR, branch, 2),
		 rule->dependent[0].where);
}

static void read_members(struct reader *r, const struct tg_step *step)
{
	const struct tg_members *m = step->members;
	struct tg_form_members *members = tg_arena_take(&r->f->arena, sizeof(*members));
	uint32_t at;

	members->rest = m->rest ? value_form(r, m->rest) : TG_FORM_NONE;
	members->rule = tg_arena_array(&r->f->arena, m->rules, sizeof(*members->rule));
	tg_names_init(&members->names, m->rules, &r->f->arena);
	for (uint32_t i = 0; i < m->rules; i++) {
		const struct tg_member_rule *rule = &m->rule[i];

		if (rule->required)
			add_part(r, TG_PART_REQUIRED, has(r, rule->name), rule->required_at);
		if (rule->dependents)
			read_dependents(r, rule);
		if (!rule->evaluated)
			continue; /* as if there were no rule */
		members->rule[members->rules] =
			(struct tg_form_rule){ tg_arena_copy(&r->f->arena, rule->name),
					       all_of(r, rule) };
		(void)tg_names_add(&members->names, members->rule[members->rules].name,
				   members->rules);
		members->rules++;
	}
	members->pattern = tg_arena_array(&r->f->arena, m->patterns, sizeof(*members->pattern));
	for (uint32_t i = 0; i < m->patterns; i++)
		members->pattern[members->patterns++] =
			(struct tg_form_pattern){ pattern_form(r, m->pattern[i], m->pattern_at[i]),
						  node_form(r, m->pattern_node[i]) };
	if (!members->rules && !members->patterns && members->rest == TG_FORM_NONE)
		return;
	new_atom(r, TG_FORM_MEMBERS, TG_OBJECT, &at)->members = members;
	add_part(r, TG_PART_MEMBERS, at, step->where);
}

typedef uint32_t form_of(struct reader *r, const struct tg_node *node);

/* One or several formulas of a step's schemas. */
static uint32_t combined(struct reader *r, enum tg_form_op op, const struct tg_step *step,
			 form_of *of)
{
	TG_OWN(tg_free_pointer) uint32_t *arg = tg_alloc_array(step->nodes, sizeof(*arg));

	for (uint32_t i = 0; i < step->nodes; i++)
		arg[i] = of(r, step->node[i]);
	return tg_form_of(r->f, op, arg, step->nodes);
}

/* Which one of them it is, is asked of them as they stand. */
static uint32_t one_of(struct reader *r, const struct tg_step *step)
{
	uint32_t both[2] = { combined(r, TG_FORM_ONE, step, plain_form) };

	if (!r->closing)
		return both[0];
	both[1] = combined(r, TG_FORM_OR, step, node_form);
	return tg_form_of(r->f, TG_FORM_AND, both, 2);
}

static uint32_t condition(struct reader *r, const struct tg_step *step)
{
	uint32_t arg[3] = { plain_form(r, step->node[0]), node_form(r, step->node[1]),
			    node_form(r, step->node[2]) };

	return tg_form_of(r->f, TG_FORM_IF, arg, 3);
}

static void read_items(struct reader *r, const struct tg_step *step)
{
	uint32_t rest = step->rest ? value_form(r, step->rest) : TG_FORM_NONE;
	uint32_t at = combined(r, TG_FORM_ITEMS, step, value_form);

	r->f->form[at].kind = TG_ARRAY;
	r->f->form[at].rest = rest;
	add_part(r, TG_PART_ITEMS, at, step->where);
}

static void read_contains(struct reader *r, const struct tg_step *step)
{
	uint32_t at = combined(r, TG_FORM_CONTAINS, step, plain_form);
	struct tg_form *form = &r->f->form[at];

	form->kind = TG_ARRAY;
	form->count = step->least;
	form->most = step->most;
	form->unmarked = step->unmarked;
	add_part(r, TG_PART_CONTAINS, at, step->where);
}

static uint32_t dynamic(struct reader *r, const struct tg_step *step)
{
	const struct tg_node *node;

	if (r->here == WAY_LOST)
		return tg_form_new(r->f, TG_FORM_OPAQUE);
	node = r->way[r->here].leads[step->anchor];
	return node_form(r, node ? node : step->node[0]);
}

/* A schema for objects with a certain member: a condition, so that it counts as evaluated only where it was asked. */
static void read_dependent_schemas(struct reader *r, const struct tg_step *step)
{
	for (uint32_t i = 0; i < step->nodes; i++) {
		uint32_t arg[3] = { has_indeed(r, step->name[i]), node_form(r, step->node[i]),
				    TG_FORM_TRUE };

		add_part(r, TG_PART_DEPENDENT, tg_form_of(r->f, TG_FORM_IF, arg, 3),
			 step->node[i]->at);
	}
}

static void read_step(struct reader *r, const struct tg_step *step)
{
	uint32_t at;

	switch (step->what) {
	case TG_STEP_MEMBERS:
		read_members(r, step);
		break;
	case TG_STEP_ITEMS:
		read_items(r, step);
		break;
	case TG_STEP_CONTAINS:
		read_contains(r, step);
		break;
	case TG_STEP_NAMES:
		at = combined(r, TG_FORM_NAMES, step, plain_form);
		r->f->form[at].kind = TG_OBJECT;
		add_part(r, TG_PART_NAMES, at, step->where);
		break;
	case TG_STEP_REF:
		add_part(r, TG_PART_REF, node_form(r, step->node[0]), step->where);
		break;
	case TG_STEP_DYNAMIC:
		add_part(r, TG_PART_REF, dynamic(r, step), step->where);
		break;
	case TG_STEP_ALL:
		add_part(r, TG_PART_ALL, combined(r, TG_FORM_AND, step, node_form), step->where);
		break;
	case TG_STEP_ANY:
		add_part(r, TG_PART_ANY, combined(r, TG_FORM_OR, step, node_form), step->where);
		break;
	case TG_STEP_ONE:
		add_part(r, TG_PART_ONE, one_of(r, step), step->where);
		break;
	case TG_STEP_NOT:
		add_part(r, TG_PART_NOT, combined(r, TG_FORM_NOT, step, plain_form), step->where);
		break;
	case TG_STEP_IF:
		add_part(r, TG_PART_IF, condition(r, step), step->where);
		break;
	case TG_STEP_DEPENDENT:
		read_dependent_schemas(r, step);
		break;
	case TG_STEP_UNEVALUATED_ITEMS:
	case TG_STEP_UNEVALUATED_MEMBERS:
		break; /* with the whole: read_node */
	}
}

/* The parts of a schema from `from` on make one formula. */
static uint32_t both(struct reader *r)
{
	TG_OWN(tg_free_pointer) uint32_t *arg = tg_alloc_array(r->parts + 1, sizeof(*arg));

	for (uint32_t i = 0; i < r->parts; i++)
		arg[i] = r->part[i].form;
	return tg_form_of(r->f, TG_FORM_AND, arg, r->parts);
}

static uint32_t unevaluated(struct reader *r, const struct tg_node *node)
{
	uint32_t arg[3] = { both(r), TG_FORM_NONE, TG_FORM_NONE }, at;

	for (uint32_t i = 0; i < node->steps; i++) {
		bool items = node->step[i].what == TG_STEP_UNEVALUATED_ITEMS;

		if (!items && node->step[i].what != TG_STEP_UNEVALUATED_MEMBERS)
			continue;
		arg[items ? 1 : 2] = value_form(r, node->step[i].node[0]);
		add_part(r, items ? TG_PART_UNEVALUATED_ITEMS : TG_PART_UNEVALUATED_MEMBERS,
			 arg[items ? 1 : 2], node->step[i].where);
	}
	at = tg_form_of(r->f, TG_FORM_UNEVALUATED, arg, 3);
	r->f->form[at].doc = r->number;
	/* The validator can judge it by itself where the way to it does not matter. */
	r->f->form[at].node = r->closing || r->schema->anchors ? NULL : node;
	return at;
}

/* Fills the formula that was promised for a schema. */
static void read_node(struct reader *r, struct task task)
{
	const struct tg_node *node = task.node;
	struct tg_place_form *place = places(r, task.way, task.closed)[node->at];
	uint32_t whole;

	r->closing = task.closed;
	r->here = task.way;
	r->parts = 0;
	if (node->never) {
		add_part(r, TG_PART_TYPE, TG_FORM_FALSE, node->at);
	} else if (node->kinds != TG_KINDS_ALL) {
		add_part(r, TG_PART_TYPE, kinds_form(r, node->kinds),
			 node->type_at ? node->type_at : node->at);
	}
	for (unsigned kind = 0; kind <= TG_OBJECT; kind++)
		for (unsigned i = node->first[kind]; i < node->first[kind + 1]; i++)
			read_check(r, kind, &node->check[i]);
	for (uint32_t i = 0; i < node->steps; i++)
		read_step(r, &node->step[i]);
	if (node->collects) {
		whole = unevaluated(r, node);
		r->f->form[place->form].arg = tg_arena_array(&r->f->arena, 1, sizeof(whole));
		r->f->form[place->form].arg[0] = whole;
		r->f->form[place->form].args = 1;
	} else {
		whole = both(r);
		r->f->form[place->form].arg = r->f->form[whole].arg;
		r->f->form[place->form].args = r->f->form[whole].args;
	}
	place->part = tg_arena_array(&r->f->arena, r->parts, sizeof(*r->part));
	place->parts = r->parts;
	if (r->parts)
		memcpy(place->part, r->part, r->parts * sizeof(*r->part));
}

void tg_forms_read(struct tg_forms *f, unsigned doc, const struct tg_schema *schema, bool closed)
{
	struct reader r = { .f = f,
			    .doc = &f->doc[doc],
			    .schema = schema,
			    .text = &schema->contract->document,
			    .number = (uint8_t)doc,
			    .closing = closed };

	r.doc->schema = schema;
	r.doc->at = tg_arena_array(&f->arena, r.text->spans + 1, sizeof(struct tg_place_form *));
	if (schema->anchors == 0)
		r.ways = 1; /* the one */
	r.doc->root = value_form(&r, schema->root);
	for (uint32_t i = 0; i < r.todos; i++)
		read_node(&r, r.todo[i]);
	tg_free(r.todo);
	tg_free(r.part);
}
