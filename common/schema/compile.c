#include "common/schema/compile.h"

#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/machine.h"

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

enum tg_status tg_compile_pattern(struct tg_compiler *c, struct tg_str text,
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
	st = tg_compile_checks(&s);
	if (!st)
		st = tg_compile_members(&s);
	if (!st)
		st = tg_compile_applicators(&s);
	if (st)
		return st;
	tg_compile_settle_checks(&s);
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
