/*
 * meta: inside common/schema: the meta-schemas of all drafts, so that a reference to them needs no file.
 *
 * They are the drafts' own (json-schema.org), less what they say to people: titles, descriptions, comments, defaults.
 */
#ifndef TG_SCHEMA_META_H
#define TG_SCHEMA_META_H

#include "common/schema/dialect.h"

struct tg_meta {
	enum tg_draft draft;
	const char *uri;
	const char *text; /* with ' for " */
};

/* All of them, those of a draft one behind the other. */
const struct tg_meta *tg_meta_all(size_t *n);

#endif
