#include "common/schema/compile.h"
#include "common/base/utf8.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/layout.h"
#include "common/schema/machine.h"

#include <stdlib.h>

struct tg_node *tg_compile_node(struct tg_compiler *c, uint32_t at)
{
	struct tg_node *node = c->node[at];

	if (!node) {
		node = tg_arena_take(c->arena, sizeof(*node));
		node->at = at;
		c->node[at] = node;
		if (c->list_n == c->list_room) {
			c->list_room = c->list_room ? c->list_room * 2 : 64;
			c->list = tg_resize_array(c->list, c->list_room, sizeof(*c->list));
		}
		c->list[c->list_n++] = node;
	}
	return node;
}

/*
 * The draft
 */

static enum tg_status check_draft(const struct tg_contract *c, const struct tg_span *value,
				  struct tg_error *err)
{
	static const struct {
		struct tg_str uri;
		const char *draft; /* NULL: ours */
	} known[] = {
		{ { "https://json-schema.org/draft/2020-12/schema", 44 }, NULL },
		{ { "https://json-schema.org/draft/2019-09/schema", 44 }, "2019-09" },
		{ { "http://json-schema.org/draft-07/schema", 38 }, "7" },
		{ { "http://json-schema.org/draft-06/schema", 38 }, "6" },
		{ { "http://json-schema.org/draft-04/schema", 38 }, "4" },
		{ { "http://json-schema.org/draft-03/schema", 38 }, "3" },
	};
	struct tg_str text = tg_span_text(&c->document, value);

	if (tg_str_ends(text, TG_STR("#")))
		text.n--;
	for (size_t i = 0; i < TG_COUNT(known); i++) {
		if (!tg_str_eq(text, known[i].uri))
			continue;
		if (!known[i].draft)
			return TG_OK;
		return tg_contract_fault(c, value, err, "draft %s is not supported yet; 2020-12 is",
					 known[i].draft);
	}
	return tg_contract_fault(c, value, err,
				 "names no draft that is known here; 2020-12 is %.*s",
				 TG_STR_ARG(known[0].uri));
}

/*
 * Checks
 */

static struct tg_check *add_check(struct tg_source *s, unsigned kind, enum tg_check_kind what,
				  const struct tg_span *value)
{
	struct tg_check *check = &s->check[kind][s->checks[kind]++];

	TG_BUG_IF(s->checks[kind] > TG_COUNT(s->check[kind]));
	*check = (struct tg_check){ .what = what, .where = tg_compile_index(s->c, value) };
	return check;
}

static void count_check(struct tg_source *s, enum tg_keyword key, unsigned kind,
			enum tg_check_kind what)
{
	const struct tg_span *value = s->key.of[key];

	if (value)
		add_check(s, kind, what, value)->count = tg_keyword_count(s->c->c, value);
}

static bool small_integer(struct tg_str text, int64_t *value)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	size_t i = negative;

	if (text.n - i > 18)
		return false;
	*value = 0;
	for (; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*value = *value * 10 + (text.p[i] - '0');
	}
	*value = negative ? -*value : *value;
	return true;
}

static void bound_check(struct tg_source *s, enum tg_keyword key, enum tg_check_kind what)
{
	const struct tg_span *value = s->key.of[key];
	struct tg_bound *bound;

	if (!value)
		return;
	bound = &add_check(s, TG_NUMBER, what, value)->bound;
	bound->text = tg_span_text(s->doc, value);
	bound->small = small_integer(bound->text, &bound->value);
}

static enum tg_status compile_pattern(struct tg_compiler *c, struct tg_str text,
				      const struct tg_span *span, struct tg_pattern **pattern)
{
	struct tg_schema *schema = c->schema;
	struct tg_error why = TG_ERROR_INIT;
	bool loose = false;

	if (tg_pattern_compile(pattern, text, TG_PATTERN_BEST, &loose, c->arena, &why))
		return tg_contract_fault(c->c, span, c->err,
					 "is no regular expression (ECMA-262): %s", why.text);
	if (schema->patterns == schema->pattern_room) {
		schema->pattern_room = schema->pattern_room ? schema->pattern_room * 2 : 16;
		schema->pattern = tg_resize_array(schema->pattern, schema->pattern_room,
						  sizeof(struct tg_pattern *));
	}
	schema->pattern[schema->patterns++] = *pattern;
	if (loose && !c->told_loose) {
		c->told_loose = true;
		tg_contract_warn(
			c->c, c->setup, span,
			"has an escape that ECMA-262 refuses with the u flag; it is taken as without");
	}
	return TG_OK;
}

static enum tg_status pattern_check(struct tg_source *s)
{
	const struct tg_span *value = s->key.of[TG_KEY_PATTERN];
	struct tg_pattern *pattern = NULL;
	struct tg_check *check;
	enum tg_status st;

	if (!value)
		return TG_OK;
	st = compile_pattern(s->c, tg_text_get(s->c->arena, s->doc, value), value, &pattern);
	if (st)
		return st;
	check = add_check(s, TG_STRING, TG_CHECK_PATTERN, value);
	check->pattern = pattern;
	check->engine = tg_pattern_engine(pattern)[0] == 'p';
	return TG_OK;
}

/* One warning a format that is not known. */
TG_COLD static void unknown_format(struct tg_compiler *c, const struct tg_span *value,
				   struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	const struct tg_str *near = tg_format_nearest(name);

	for (uint32_t i = 0; i < c->formats; i++)
		if (tg_str_eq(c->format[i], name))
			return;
	if (c->formats < TG_COUNT(c->format))
		c->format[c->formats++] = name;
	tg_utf8_put_safe(&safe, name, 60);
	tg_contract_warn(c->c, c->setup, value,
			 "the format %.*s is not known and not checked%s%.*s%s",
			 TG_STR_ARG(tg_buffer_str(&safe)), near ? "; did you mean " : "",
			 TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

static void format_check(struct tg_source *s)
{
	const struct tg_span *value = s->key.of[TG_KEY_FORMAT];
	const struct tg_format *format;
	struct tg_str name;

	if (!value || !s->c->assert_formats)
		return;
	name = tg_text_get(s->c->arena, s->doc, value);
	format = tg_format_find(name);
	if (format)
		add_check(s, TG_STRING, TG_CHECK_FORMAT, value)->format = format;
	else
		unknown_format(s->c, value, name);
}

/* The values of an enum (or the one of const), by kind: [first, end) of the contract's spans, at most one step apart. */
static void value_checks(struct tg_source *s, const struct tg_span *value, uint32_t first,
			 uint32_t end)
{
	const struct tg_span *span = s->doc->span;
	uint32_t n[TG_OBJECT + 1] = { 0 };

	for (uint32_t k = first; k < end; k = span[k].next)
		n[span[k].kind]++;
	for (unsigned kind = 0; kind <= TG_OBJECT; kind++) {
		struct tg_check *check;
		uint32_t *list, at = 0;
		struct tg_names *words;

		if (n[kind] > 0 && kind <= TG_TRUE)
			continue; /* a value of its own */
		check = add_check(s, kind,
				  n[kind] == 0	      ? TG_CHECK_NEVER
				  : kind == TG_STRING ? TG_CHECK_WORDS
						      : TG_CHECK_AMONG,
				  value);
		if (n[kind] == 0)
			continue;
		if (kind == TG_STRING) {
			words = tg_arena_take(s->c->arena, sizeof(*words));
			tg_names_init(words, n[kind], s->c->arena);
			for (uint32_t k = first; k < end; k = span[k].next)
				if (span[k].kind == TG_STRING)
					(void)tg_names_add(
						words, tg_text_get(s->c->arena, s->doc, &span[k]),
						k);
			check->words = words;
			continue;
		}
		list = tg_arena_array(s->c->arena, n[kind], sizeof(*list));
		for (uint32_t k = first; k < end; k = span[k].next)
			if (span[k].kind == kind)
				list[at++] = k;
		check->span = list;
		check->spans = at;
	}
}

static void all_value_checks(struct tg_source *s)
{
	const struct tg_span *list = s->key.of[TG_KEY_ENUM], *value = s->key.of[TG_KEY_CONST];

	if (list)
		value_checks(s, list, tg_compile_index(s->c, list) + 1, list->next);
	if (value)
		value_checks(s, value, tg_compile_index(s->c, value), value->next);
}

static void type_check(struct tg_source *s)
{
	const struct tg_span *value = s->key.of[TG_KEY_TYPE];
	unsigned types = tg_contract_types(s->c->c, value);
	struct tg_node *node = s->node;

	node->kinds = TG_KINDS_ALL;
	node->types = types;
	if (!value)
		return;
	node->type_at = tg_compile_index(s->c, value);
	node->kinds = (uint8_t)(types & TG_KINDS_ALL);
	if (types & TG_TYPE_BOOLEAN)
		node->kinds |= TG_KIND_BIT(TG_FALSE);
	if ((types & TG_TYPE_INTEGER) && !(types & TG_TYPE_NUMBER)) {
		node->kinds |= TG_KIND_BIT(TG_NUMBER);
		(void)add_check(s, TG_NUMBER, TG_CHECK_INTEGER, value);
	}
}

static enum tg_status build_checks(struct tg_source *s)
{
	const struct tg_span *unique = s->key.of[TG_KEY_UNIQUE];

	type_check(s);
	all_value_checks(s);
	bound_check(s, TG_KEY_MINIMUM, TG_CHECK_MINIMUM);
	bound_check(s, TG_KEY_EXCLUSIVE_MINIMUM, TG_CHECK_EXCLUSIVE_MINIMUM);
	bound_check(s, TG_KEY_MAXIMUM, TG_CHECK_MAXIMUM);
	bound_check(s, TG_KEY_EXCLUSIVE_MAXIMUM, TG_CHECK_EXCLUSIVE_MAXIMUM);
	bound_check(s, TG_KEY_MULTIPLE, TG_CHECK_MULTIPLE);
	count_check(s, TG_KEY_MIN_LENGTH, TG_STRING, TG_CHECK_MIN_LENGTH);
	count_check(s, TG_KEY_MAX_LENGTH, TG_STRING, TG_CHECK_MAX_LENGTH);
	format_check(s);
	count_check(s, TG_KEY_MIN_ITEMS, TG_ARRAY, TG_CHECK_MIN_ITEMS);
	count_check(s, TG_KEY_MAX_ITEMS, TG_ARRAY, TG_CHECK_MAX_ITEMS);
	if (unique && unique->kind == TG_TRUE)
		(void)add_check(s, TG_ARRAY, TG_CHECK_UNIQUE, unique);
	count_check(s, TG_KEY_MIN_MEMBERS, TG_OBJECT, TG_CHECK_MIN_MEMBERS);
	count_check(s, TG_KEY_MAX_MEMBERS, TG_OBJECT, TG_CHECK_MAX_MEMBERS);
	return pattern_check(s);
}

/* Lays the checks of all kinds in one row. */
static void settle_checks(struct tg_source *s)
{
	unsigned n = 0;

	for (unsigned kind = 0; kind <= TG_OBJECT; kind++)
		n += s->checks[kind];
	s->node->check = tg_arena_array(s->c->arena, n, sizeof(*s->node->check));
	n = 0;
	for (unsigned kind = 0; kind <= TG_OBJECT; kind++) {
		s->node->first[kind] = (uint8_t)n;
		if (s->checks[kind])
			s->node->checked |= TG_KIND_BIT(kind);
		for (unsigned i = 0; i < s->checks[kind]; i++)
			s->node->check[n++] = s->check[kind][i];
	}
	s->node->first[TG_OBJECT + 1] = (uint8_t)n;
}

/*
 * The members of an object
 */

static struct tg_member_rule *rule_of(struct tg_source *s, struct tg_members *m, struct tg_str name)
{
	uint32_t i = tg_names_add(&m->names, name, m->rules);

	if (i == m->rules) {
		m->rule[m->rules++] =
			(struct tg_member_rule){ .name = name,
						 .head = tg_names_head(name.p, name.n) };
		TG_BUG_IF(m->rules >= s->rule_room);
	}
	return &m->rule[i];
}

static size_t spans_in(const struct tg_span *value, const struct tg_record *doc)
{
	return value ? value->next - (uint32_t)(value - doc->span) : 0;
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
		uint32_t n = 0;

		if (span[k + 1].kind != TG_ARRAY || span[k + 1].next == k + 2)
			continue;
		rule = rule_of(s, m, tg_text_get(s->c->arena, s->doc, &span[k]));
		/* "dependentRequired" and "dependencies" may both speak of a name. */
		{
			struct tg_dependent *both = tg_arena_array(
				s->c->arena, rule->dependents + span[k + 1].next - k - 2,
				sizeof(*both));

			if (rule->dependents)
				memcpy(both, rule->dependent, rule->dependents * sizeof(*both));
			rule->dependent = both;
			n = rule->dependents;
		}
		for (uint32_t e = k + 2; e < span[k + 1].next; e++)
			rule->dependent[n++] =
				(struct tg_dependent){ tg_text_get(s->c->arena, s->doc, &span[e]),
						       e };
		rule->dependents = n;
	}
}

static enum tg_status add_patterns(struct tg_source *s, struct tg_members *m)
{
	const struct tg_span *map = s->key.of[TG_KEY_PATTERNS], *span = s->doc->span;
	size_t room = spans_in(map, s->doc);

	if (!map)
		return TG_OK;
	m->pattern = tg_arena_array(s->c->arena, room, sizeof(struct tg_pattern *));
	m->pattern_node = tg_arena_array(s->c->arena, room, sizeof(struct tg_node *));
	m->pattern_at = tg_arena_array(s->c->arena, room, sizeof(*m->pattern_at));
	for (uint32_t k = tg_compile_index(s->c, map) + 1; k < map->next; k = span[k + 1].next) {
		struct tg_pattern *pattern = NULL;
		enum tg_status st = compile_pattern(
			s->c, tg_text_get(s->c->arena, s->doc, &span[k]), &span[k], &pattern);

		if (st)
			return st;
		m->pattern[m->patterns] = pattern;
		m->pattern_at[m->patterns] = k;
		m->pattern_node[m->patterns++] = tg_compile_node(s->c, k + 1);
	}
	return TG_OK;
}

static void add_node(struct tg_source *s, struct tg_member_rule *rule, const struct tg_node *node,
		     uint32_t most)
{
	rule->evaluated = true;
	if (!rule->node) {
		rule->node = node;
		return;
	}
	if (!rule->more)
		rule->more = tg_arena_array(s->c->arena, most, sizeof(struct tg_node *));
	rule->more[rule->mores++] = node;
}

/* A name of which something is known is held against the patterns now, and then never again. */
static enum tg_status settle_rule(struct tg_source *s, struct tg_members *m,
				  struct tg_member_rule *rule)
{
	for (uint32_t i = 0; i < m->patterns; i++) {
		struct tg_str name = tg_arena_copy(s->c->arena, rule->name);
		enum tg_match match = tg_pattern_match(m->pattern[i], name, &s->c->matcher);

		if (match == TG_MATCH_LIMIT)
			return tg_contract_fault(s->c->c, &s->doc->span[m->pattern_at[i]],
						 s->c->err,
						 "takes too long on the contract's own names");
		if (match == TG_MATCH_YES)
			add_node(s, rule, m->pattern_node[i], m->patterns);
	}
	if (!rule->evaluated && m->rest)
		add_node(s, rule, m->rest, 1);
	return TG_OK;
}

static enum tg_status build_members(struct tg_source *s)
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
			s->rule_room += spans_in(s->key.of[part[i]], s->doc);
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
		add_node(s, rule, tg_compile_node(s->c, k + 1), 1);
	}
	st = add_required(s, m);
	if (!st)
		st = add_patterns(s, m);
	if (st)
		return st;
	add_dependents(s, m, s->key.of[TG_KEY_DEPENDENT_REQUIRED]);
	add_dependents(s, m, s->key.of[TG_KEY_DEPENDENCIES]);
	for (uint32_t i = 0; !st && i < m->rules; i++)
		st = settle_rule(s, m, &m->rule[i]);
	m->rule[m->rules].name.n = SIZE_MAX; /* no name is like it */
	where = s->key.of[TG_KEY_REQUIRED] ? s->key.of[TG_KEY_REQUIRED] : rest;
	step = tg_compile_step(s, TG_STEP_MEMBERS, TG_KIND_BIT(TG_OBJECT), where);
	step->members = m;
	return st;
}

/*
 * Schemas
 */

static void settle_steps(struct tg_source *s)
{
	s->node->steps = s->steps;
	s->node->step = tg_arena_array(s->c->arena, s->steps, sizeof(*s->node->step));
	for (uint32_t i = 0; i < s->steps; i++) {
		s->node->step[i] = s->step[i];
		s->node->step_kinds |= s->step[i].kinds;
	}
}

/* Rules of the contract that this version cannot check: that must not go unsaid. */
static void tell_unchecked(struct tg_compiler *c, uint32_t at)
{
	static const struct tg_str name[] = {
		{ "x-format", 8 }, { "x-rules", 7 }, { "x-unique", 8 },
		{ "x-sum", 5 },	   { "x-count", 7 },
	};
	const struct tg_span *schema = &c->c->document.span[at];

	for (size_t i = 0; i < TG_COUNT(name); i++) {
		const struct tg_span *value = tg_member_find(&c->c->document, schema, name[i]);

		if (!value || (i > 0 && at > 0) || (c->told_unchecked & 1U << i))
			continue;
		c->told_unchecked |= 1U << i;
		tg_contract_warn(c->c, c->setup, value, "is not checked by this version");
	}
}

static enum tg_status compile_schema(struct tg_compiler *c, uint32_t at)
{
	const struct tg_span *value = &c->c->document.span[at];
	struct tg_source s = { .c = c, .doc = &c->c->document };
	enum tg_status st;

	s.node = tg_compile_node(c, at);
	if (s.node->compiled)
		return TG_OK;
	s.node->compiled = true;
	s.node->keyword = c->layout.spot[at].keyword;
	s.node->resource = c->layout.spot[at].resource;
	if (value->kind != TG_OBJECT) {
		s.node->never = value->kind == TG_FALSE;
		s.node->kinds = s.node->never ? 0 : TG_KINDS_ALL;
		return TG_OK;
	}
	st = tg_keywords_read(&s.key, c->c, at, c->setup, c->err);
	if (st)
		return st;
	tell_unchecked(c, at);
	if (s.key.of[TG_KEY_SCHEMA]) {
		st = check_draft(c->c, s.key.of[TG_KEY_SCHEMA], c->err);
		if (st)
			return st;
	}
	s.node->class = (uint8_t)tg_contract_class(c->c, value);
	st = build_checks(&s);
	if (!st)
		st = build_members(&s);
	if (!st)
		st = tg_compile_applicators(&s);
	if (st)
		return st;
	settle_checks(&s);
	settle_steps(&s);
	return TG_OK;
}

/* All schemas in the value at `at`, whether a record can reach them or not. */
static enum tg_status compile_all(struct tg_compiler *c, uint32_t at)
{
	enum tg_status st = TG_OK;

	for (uint32_t i = at; !st && i < c->c->document.span[at].next; i++)
		if (c->layout.spot[i].holds == TG_HOLDS_SCHEMA)
			st = compile_schema(c, i);
	return st;
}

static enum tg_status compile_document(struct tg_compiler *c)
{
	enum tg_status st = tg_layout_add(&c->layout, 0, 0, c->err);

	if (!st)
		st = compile_all(c, 0);
	for (uint32_t i = 0; !st && i < c->todos; i++)
		st = compile_all(c, c->todo[i]);
	return st ? st : tg_compile_finish(c);
}

enum tg_status tg_schema_compile(struct tg_schema **schema, const struct tg_contract *contract,
				 const struct tg_setup *setup, bool formats, struct tg_error *err)
{
	const struct tg_span *whole = contract->document.span, *draft;
	struct tg_compiler c = { .c = contract,
				 .setup = setup,
				 .arena = setup->arena,
				 .err = err,
				 .assert_formats = formats };
	enum tg_status st;

	c.schema = tg_arena_take(setup->arena, sizeof(*c.schema));
	*schema = c.schema;
	c.schema->contract = contract;
	c.schema->pool = tg_pool_new();
	/* The draft first: under another one the document means something else. */
	draft = tg_member_find(&contract->document, whole, TG_STR("$schema"));
	if (draft && draft->kind == TG_STRING) {
		st = check_draft(contract, draft, err);
		if (st)
			return st;
	}
	c.node = tg_arena_array(setup->arena, contract->document.spans, sizeof(struct tg_node *));
	tg_layout_init(&c.layout, contract, setup->arena);
	st = compile_document(&c);
	c.schema->nodes = c.list_n;
	c.schema->root = c.node[0];
	tg_free(c.list);
	tg_free(c.todo);
	tg_free(c.anchor);
	tg_matcher_release(&c.matcher);
	return st;
}

void tg_schema_release(struct tg_schema **schema)
{
	struct tg_schema *s = *schema;

	if (!s)
		return;
	for (uint32_t i = 0; i < s->patterns; i++)
		tg_pattern_release(s->pattern[i]);
	tg_free(s->pattern);
	s->pattern = NULL;
	s->patterns = 0;
	tg_pool_free(&s->pool);
	*schema = NULL;
}
