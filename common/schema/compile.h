/*
 * compile: inside common/schema: what the parts of the compiler share. compile.c goes through the document; of a schema assertion.c
 * makes the checks, member.c what is said of an object's members, applicator.c all else that asks other schemas; finish.c looks at
 * the whole.
 */
#ifndef TG_SCHEMA_COMPILE_H
#define TG_SCHEMA_COMPILE_H

#include "common/schema/keyword.h"
#include "common/schema/layout.h"
#include "common/schema/program.h"

struct tg_compiler {
	const struct tg_contract *c; /* with the other documents behind it */
	const struct tg_setup *setup;
	struct tg_teller *teller; /* of warnings */
	struct tg_arena *arena;
	struct tg_schema *schema;
	struct tg_error *err;
	struct tg_layout layout;
	struct tg_keyword_table keywords;
	bool *part;	       /* by document: all its schemas are compiled, or will be */
	struct tg_node **node; /* by span */
	struct tg_node **list; /* all, in the order of their making */
	uint32_t list_n, list_room;
	uint32_t *
		todo; /* documents, and places outside the known schemas, that references point to */
	uint32_t todos, todo_room;
	struct tg_str *anchor; /* names of dynamic anchors that references go by */
	uint32_t anchors, anchor_room;
	struct tg_matcher matcher;
	struct tg_str format[TG_WARNINGS_MAX + 1]; /* that were warned of */
	uint32_t formats;
	bool annotate_formats, told_loose;
};

/* A schema object that is being compiled. */
struct tg_source {
	struct tg_compiler *c;
	const struct tg_record *doc;
	const struct tg_dialect *dialect;
	struct tg_node *node;
	struct tg_keywords key;
	struct tg_check check[TG_OBJECT + 1][10];
	unsigned checks[TG_OBJECT + 1];
	struct tg_step step[16];
	uint32_t steps;
	size_t rule_room;
};

static inline uint32_t tg_compile_index(const struct tg_compiler *c, const struct tg_span *value)
{
	return (uint32_t)(value - c->c->document.span);
}

/* How many members or elements a value has, not counting what is within them; NULL: none. */
static inline uint32_t tg_compile_parts(const struct tg_record *doc, const struct tg_span *value)
{
	bool object = value && value->kind == TG_OBJECT;
	uint32_t n = 0;

	for (uint32_t k = value ? (uint32_t)(value - doc->span) + 1 : 0; value && k < value->next;
	     k = doc->span[k + object].next)
		n++;
	return n;
}

/* The schemas in the value at `at` are to be compiled too. */
void tg_compile_later(struct tg_compiler *c, uint32_t at);

/* The node of the schema at a span; made, though not yet filled, when it is not there. */
struct tg_node *tg_compile_node(struct tg_compiler *c, uint32_t at);

/* A further step of the schema; kinds are those of the values that it is for. */
struct tg_step *tg_compile_step(struct tg_source *s, enum tg_step_kind what, uint8_t kinds,
				const struct tg_span *value);

/* Compiles a pattern that stands at span; the schema releases it. */
TG_MUST_USE enum tg_status tg_compile_pattern(struct tg_compiler *c, struct tg_str text,
					      const struct tg_span *span,
					      struct tg_pattern **pattern);

/* Type, values, bounds, lengths, pattern, format. */
TG_MUST_USE enum tg_status tg_compile_checks(struct tg_source *s);
/* Lays the checks of all kinds in one row. */
void tg_compile_settle_checks(struct tg_source *s);

/* properties, patternProperties, additionalProperties, required, dependentRequired. */
TG_MUST_USE enum tg_status tg_compile_members(struct tg_source *s);

/* References, items, and the combinations of schemas. */
TG_MUST_USE enum tg_status tg_compile_applicators(struct tg_source *s);

/* When all schemas are compiled: loops of references, dynamic anchors, branches told apart by a word. */
TG_MUST_USE enum tg_status tg_compile_finish(struct tg_compiler *c);

#endif
