/*
 * dialect: inside common/schema: the drafts of JSON Schema, and what a meta-schema's vocabularies switch on and off.
 */
#ifndef TG_SCHEMA_DIALECT_H
#define TG_SCHEMA_DIALECT_H

#include "common/schema/schema.h"

/* Sets of vocabularies. The drafts before 2019-09 have all that they know. */
enum {
	TG_VOCABULARY_CORE = 1 << 0,
	TG_VOCABULARY_APPLICATOR = 1 << 1,
	TG_VOCABULARY_UNEVALUATED = 1 << 2, /* in 2019-09 part of the applicators */
	TG_VOCABULARY_VALIDATION = 1 << 3,
	TG_VOCABULARY_META = 1 << 4,
	TG_VOCABULARY_FORMAT = 1 << 5,
	TG_VOCABULARY_CONTENT = 1 << 6,
	TG_VOCABULARY_ALL = (1 << 7) - 1,
};

struct tg_dialect {
	enum tg_draft draft;
	unsigned vocabulary; /* set of TG_VOCABULARY_* */
	bool asserts_format; /* whatever the options say */
};

static inline struct tg_dialect tg_dialect_of(enum tg_draft draft)
{
	return (struct tg_dialect){ draft, TG_VOCABULARY_ALL, false };
}

/* The draft whose meta-schema has that URI (an empty fragment may be there); false: none of ours has. */
TG_MUST_USE bool tg_draft_of_uri(struct tg_str uri, enum tg_draft *draft);

/* The URI of the draft's meta-schema, without a fragment. */
struct tg_str tg_draft_uri(enum tg_draft draft);

/* "7", "2019-09". */
const char *tg_draft_name(enum tg_draft draft);

/* A known URI that was probably meant, or NULL. */
const struct tg_str *tg_draft_nearest(struct tg_str uri);

/* The vocabulary of that URI, 0: not known here. *asserts: it says that format is asserted. */
unsigned tg_vocabulary_of_uri(struct tg_str uri, bool *asserts);

#endif
