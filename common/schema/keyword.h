/*
 * keyword: inside common/schema: the keywords of all drafts, and what form each one's value has in which.
 */
#ifndef TG_SCHEMA_KEYWORD_H
#define TG_SCHEMA_KEYWORD_H

#include "common/schema/dialect.h"
#include "common/schema/names.h"

enum tg_keyword {
	TG_KEY_SCHEMA,
	TG_KEY_ID,
	TG_KEY_REF,
	TG_KEY_ANCHOR,
	TG_KEY_DYNAMIC_REF,
	TG_KEY_DYNAMIC_ANCHOR,
	TG_KEY_RECURSIVE_REF,
	TG_KEY_RECURSIVE_ANCHOR,
	TG_KEY_VOCABULARY,
	TG_KEY_COMMENT,
	TG_KEY_DEFS,
	TG_KEY_DEFINITIONS,
	TG_KEY_TYPE,
	TG_KEY_ENUM,
	TG_KEY_CONST,
	TG_KEY_MULTIPLE,
	TG_KEY_MAXIMUM,
	TG_KEY_EXCLUSIVE_MAXIMUM,
	TG_KEY_MINIMUM,
	TG_KEY_EXCLUSIVE_MINIMUM,
	TG_KEY_MAX_LENGTH,
	TG_KEY_MIN_LENGTH,
	TG_KEY_PATTERN,
	TG_KEY_MAX_ITEMS,
	TG_KEY_MIN_ITEMS,
	TG_KEY_UNIQUE,
	TG_KEY_MAX_CONTAINS,
	TG_KEY_MIN_CONTAINS,
	TG_KEY_MAX_MEMBERS,
	TG_KEY_MIN_MEMBERS,
	TG_KEY_REQUIRED,
	TG_KEY_DEPENDENT_REQUIRED,
	TG_KEY_ALL,
	TG_KEY_ANY,
	TG_KEY_ONE,
	TG_KEY_NOT,
	TG_KEY_IF,
	TG_KEY_THEN,
	TG_KEY_ELSE,
	TG_KEY_DEPENDENT_SCHEMAS,
	TG_KEY_DEPENDENCIES,
	TG_KEY_PREFIX,
	TG_KEY_ITEMS,
	TG_KEY_ADDITIONAL_ITEMS,
	TG_KEY_CONTAINS,
	TG_KEY_PROPERTIES,
	TG_KEY_PATTERNS,
	TG_KEY_ADDITIONAL,
	TG_KEY_NAMES,
	TG_KEY_UNEVALUATED_ITEMS,
	TG_KEY_UNEVALUATED_MEMBERS,
	TG_KEY_FORMAT,
	TG_KEY_TITLE,
	TG_KEY_DESCRIPTION,
	TG_KEY_DEFAULT,
	TG_KEY_DEPRECATED,
	TG_KEY_READ_ONLY,
	TG_KEY_WRITE_ONLY,
	TG_KEY_EXAMPLES,
	TG_KEY_CONTENT_ENCODING,
	TG_KEY_CONTENT_MEDIA_TYPE,
	TG_KEY_CONTENT_SCHEMA,
	TG_KEYWORDS,
};

/* The values that a schema object gives its keywords, NULL: it has it not. */
struct tg_keywords {
	const struct tg_span *of[TG_KEYWORDS];
};

enum { TG_WARNINGS_MAX = 10 }; /* told one by one */

/* Who warns about a contract: the first are told, the others counted. */
struct tg_teller {
	const struct tg_contract *c;
	const struct tg_setup *setup;
	unsigned n;
};

TG_COLD TG_PRINTF(3, 4) void tg_teller_warn(struct tg_teller *t, const struct tg_span *value,
					    const char *format, ...);
/* At the end: how many were not told. */
void tg_teller_end(const struct tg_teller *t);

/* Keywords by their names. */
struct tg_keyword_table {
	struct tg_names names;
};

void tg_keyword_table_init(struct tg_keyword_table *table, struct tg_arena *arena);

/* What of schemas stands under a keyword; nothing where the dialect has it not. */
enum tg_holds tg_keyword_holds(const struct tg_keyword_table *table, struct tg_str name,
			       const struct tg_span *value, const struct tg_dialect *dialect);

/*
 * Reads the schema object at `at`, as the dialect has it. A value of the wrong form is TG_CONFIG; a key that is nearly a keyword, or
 * one of another draft, is a warning.
 */
TG_MUST_USE enum tg_status tg_keywords_read(struct tg_keywords *k,
					    const struct tg_keyword_table *table, uint32_t at,
					    const struct tg_dialect *dialect,
					    struct tg_teller *teller, struct tg_error *err);

/* The value of a keyword that counts; more than 2^32 is 2^32, which nothing of a record reaches. */
uint64_t tg_keyword_count(const struct tg_contract *c, const struct tg_span *value);

#endif
