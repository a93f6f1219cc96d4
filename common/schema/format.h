/*
 * format: inside common/schema: what the values of "format" and "x-format" ask of a string.
 */
#ifndef TG_SCHEMA_FORMAT_H
#define TG_SCHEMA_FORMAT_H

#include "common/base/status.h"

struct tg_format {
	struct tg_str name;
	bool (*is)(struct tg_str text); /* decoded, UTF-8, with TG_SLACK readable bytes behind it */
	const char *message;		/* "is not an e-mail address" */
	const char *(*why)(struct tg_str text); /* the same, of this text, where message is NULL */
};

/* NULL: not known. */
const struct tg_format *tg_format_find(struct tg_str name);

/* The same of "x-format": the formats of the trade. */
const struct tg_format *tg_format_find_trade(struct tg_str name);
const struct tg_str *tg_format_nearest_trade(struct tg_str name);

/* Gets what the format needs; TG_UNAVAILABLE: a library is not there. */
TG_MUST_USE enum tg_status tg_format_prepare(const struct tg_format *format, struct tg_error *err);

/* The one that was probably meant, or NULL. */
const struct tg_str *tg_format_nearest(struct tg_str name);

#endif
