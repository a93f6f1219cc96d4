/*
 * format: inside common/schema: what the values of "format" ask of a string.
 */
#ifndef TG_SCHEMA_FORMAT_H
#define TG_SCHEMA_FORMAT_H

#include "common/base/own.h"
#include "common/base/str.h"

struct tg_format {
	struct tg_str name;
	bool (*is)(struct tg_str text); /* decoded, UTF-8 */
	const char *message;		/* "is not an e-mail address" */
};

/* NULL: not known. */
const struct tg_format *tg_format_find(struct tg_str name);

/* The one that was probably meant, or NULL. */
const struct tg_str *tg_format_nearest(struct tg_str name);

#endif
