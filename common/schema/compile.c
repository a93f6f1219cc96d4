#include "common/schema/compile.h"

#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/machine.h"
#include "common/schema/registry.h"
#include "common/schema/words.h"

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

enum tg_status tg_compile_pattern(struct tg_compiler *c, struct tg_str text,
				  const struct tg_span *span, struct tg_pattern **pattern)
{
	struct tg_schema *schema = c->schema;
	struct tg_error why = TG_ERROR_INIT;
	bool loose = false;
	enum tg_status st =
		tg_pattern_compile(pattern, text, TG_PATTERN_BEST, &loose, c->arena, &why);

	if (st) {
		(void)tg_contract_fault(
			c->c, span, c->err, "%s%s",
			st == TG_CONFIG ? "is no regular expression (ECMA-262): " : "", why.text);
		c->err->status = st; /* if not that, the engine is not there */
		return st;
	}
	if (schema->patterns == schema->pattern_room) {
		schema->pattern_room = schema->pattern_room ? schema->pattern_room * 2 : 16;
		schema->pattern = tg_resize_array(schema->pattern, schema->pattern_room,
						  sizeof(struct tg_pattern *));
	}
	schema->pattern[schema->patterns++] = *pattern;
	if (loose && !c->told_loose) {
		c->told_loose = true;
		tg_teller_warn(
			c->teller, span,
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

static enum tg_status compile_schema(struct tg_compiler *c, uint32_t at)
{
	const struct tg_span *value = &c->c->document.span[at];
	struct tg_source s = { .c = c, .doc = &c->c->document };
	const struct tg_resource *resource = &c->layout.resource[c->layout.spot[at].resource];
	enum tg_status st;

	s.node = tg_compile_node(c, at);
	if (s.node->compiled)
		return TG_OK;
	s.node->compiled = true;
	s.node->keyword = c->layout.spot[at].keyword;
	s.node->resource = c->layout.spot[at].resource;
	if (resource->stranger) {
		struct tg_dialect none;

		return tg_layout_dialect(&c->layout, resource->stranger, &none, c->err);
	}
	if (value->kind != TG_OBJECT && at == 0 && resource->dialect.draft == TG_DRAFT_4)
		return tg_contract_fault(c->c, value, c->err,
					 "must be an object: draft 4 has no other schemas");
	if (value->kind != TG_OBJECT) {
		s.node->never = value->kind == TG_FALSE;
		s.node->kinds = s.node->never ? 0 : TG_KINDS_ALL;
		return TG_OK;
	}
	s.dialect = &resource->dialect;
	st = tg_keywords_read(&s.key, &c->keywords, at, s.dialect, c->teller, c->err);
	if (st)
		return st;
	s.node->class = (uint8_t)tg_contract_class(c->c, value);
	s.node->silent = !tg_words_are_there(s.doc, value);
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

void tg_compile_later(struct tg_compiler *c, uint32_t at)
{
	if (c->todos == c->todo_room) {
		c->todo_room = c->todo_room ? c->todo_room * 2 : 8;
		c->todo = tg_resize_array(c->todo, c->todo_room, sizeof(*c->todo));
	}
	c->todo[c->todos++] = at;
}

static void release(struct tg_compiler *c)
{
	tg_free(c->list);
	tg_free(c->todo);
	tg_free(c->anchor);
	tg_matcher_release(&c->matcher);
}

/* The document `part`, and all that its references lead to. */
static enum tg_status compile_part(struct tg_compiler *c, uint32_t part)
{
	uint32_t root = c->c->part[part].first;
	enum tg_status st = TG_OK;

	c->node = tg_arena_array(c->arena, c->c->document.spans, sizeof(struct tg_node *));
	c->part = tg_arena_array(c->arena, c->c->parts, sizeof(*c->part));
	c->part[part] = true;
	tg_compile_later(c, root);
	for (uint32_t i = 0; !st && i < c->todos; i++)
		st = compile_all(c, c->todo[i]);
	if (!st)
		st = tg_compile_finish(c);
	c->schema->nodes = c->list_n;
	c->schema->root = c->node[root];
	return st;
}

static struct tg_schema *new_schema(struct tg_arena *arena, const struct tg_contract *joined)
{
	struct tg_schema *schema = tg_arena_take(arena, sizeof(*schema));

	schema->contract = joined;
	schema->pool = tg_pool_new();
	return schema;
}

/*
 * The meta-schema
 */

/* Whether the place belongs to a resource of another draft than the contract's: its meta-schema is not the one asked. */
static bool is_foreign(const void *self, uint32_t span)
{
	const struct tg_compiler *c = self;
	const struct tg_span *all = c->c->document.span;
	uint32_t at = 0;

	/* Down from the whole; the resource that stands nearest counts. */
	while (at != span) {
		bool object = all[at].kind == TG_OBJECT;
		uint32_t k = at + 1;

		if (c->layout.spot[at].holds == TG_HOLDS_SCHEMA &&
		    tg_layout_dialect_at(&c->layout, at)->draft !=
			    c->layout.resource[0].dialect.draft)
			return true;
		while (all[k + object].next <= span)
			k = all[k + object].next;
		at = k == span ? span : k + object;
	}
	return false;
}

/* Which document is the meta-schema of the contract, where it need be asked: all that those of the drafts say keyword.c says too. */
static bool meta_part(const struct tg_compiler *c, bool thorough, uint32_t *part)
{
	const struct tg_span *schema =
		tg_member_find(&c->c->document, c->c->document.span, TG_STR("$schema"));
	struct tg_str uri = tg_draft_uri(c->layout.resource[0].dialect.draft);
	enum tg_draft draft;

	if (schema && schema->kind == TG_STRING && !c->layout.whatever) {
		struct tg_str named = tg_text_get(c->arena, &c->c->document, schema);

		if (tg_str_ends(named, TG_STR("#")))
			named.n--;
		if (!tg_draft_of_uri(named, &draft)) {
			uri = named;
			thorough = true;
		}
	}
	if (!thorough)
		return false;
	return tg_layout_part(&c->layout, uri, part);
}

static enum tg_status check_meta(struct tg_compiler *c, bool thorough)
{
	struct tg_compiler meta = *c;
	struct tg_schema *schema = NULL;
	uint32_t part;
	enum tg_status st;

	if (!meta_part(c, thorough, &part))
		return TG_OK;
	schema = new_schema(c->arena, c->c);
	meta.schema = schema;
	meta.list = NULL;
	meta.todo = NULL;
	meta.anchor = NULL;
	meta.list_n = meta.list_room = meta.todos = meta.todo_room = 0;
	meta.anchors = meta.anchor_room = 0;
	meta.matcher = (struct tg_matcher){ NULL, NULL };
	meta.annotate_formats = true;
	st = compile_part(&meta, part);
	if (!st)
		st = tg_schema_hold(schema, c->c, is_foreign, c, c->err);
	release(&meta);
	tg_schema_release(&schema);
	return st;
}

enum tg_status tg_schema_compile(struct tg_schema **schema, const struct tg_contract *contract,
				 const struct tg_setup *setup, const struct tg_schema_wish *wish,
				 struct tg_error *err)
{
	TG_OWN(release)
	struct tg_compiler c = { .setup = setup,
				 .arena = setup->arena,
				 .err = err,
				 .annotate_formats = wish->annotate_formats };
	enum tg_draft draft =
		wish->draft_given || wish->draft_default ? wish->draft : TG_DRAFT_2020;
	struct tg_contract *joined = tg_arena_take(setup->arena, sizeof(*joined));
	struct tg_teller teller;
	enum tg_status st;

	*schema = c.schema = new_schema(setup->arena, joined);
	c.schema->first = wish->first;
	c.schema->output = wish->output;
	c.schema->language = wish->language;
	st = tg_registry_join(joined, contract, wish->registry, draft, wish->thorough, setup->arena,
			      err);
	if (st)
		return st;
	c.c = joined;
	teller = (struct tg_teller){ joined, setup, 0 };
	c.teller = &teller;
	tg_keyword_table_init(&c.keywords, setup->arena);
	st = tg_layout_init(&c.layout, joined, &c.keywords, tg_dialect_of(draft), wish->draft_given,
			    setup->arena, err);
	if (!st)
		st = compile_part(&c, 0);
	if (!st)
		st = check_meta(&c, wish->thorough);
	tg_teller_end(&teller);
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
