/*
 * record: one JSON text as the scanner left it: the bytes, and spans that say where each value stands. No tree.
 *
 * The spans are in the order of the text. span[0] is the whole value. Behind an object's span stand its members, each a key (a
 * string) and then its value; behind an array's span its elements; each followed by what is within it. `next` is the index of the
 * first span after a value and all within it, so a walk over the members of span[i] is
 *
 *	for (uint32_t k = i + 1; k < span[i].next; k = span[k + 1].next)
 *		... key span[k], value span[k + 1]
 *
 * and over the elements of an array
 *
 *	for (uint32_t k = i + 1; k < span[i].next; k = span[k].next)
 *
 * A record is a view: text and spans belong to whoever scanned it and live until that one scans the next, or as long as it was told
 * to keep them.
 */
#ifndef TG_JSON_RECORD_H
#define TG_JSON_RECORD_H

#include "common/base/str.h"

enum tg_kind {
	TG_NULL,
	TG_FALSE,
	TG_TRUE,
	TG_NUMBER,
	TG_STRING,
	TG_ARRAY,
	TG_OBJECT,
};

enum {
	TG_SPAN_ESCAPED = 1,  /* a string that holds a backslash: compare by its decoded text */
	TG_SPAN_WIDE = 2,     /* a string that holds a byte above 0x7f */
	TG_SPAN_FRACTION = 4, /* a number with a point or an exponent */
};

struct tg_span {
	uint32_t
		at; /* offset in the text: of a string the first byte behind its quote, else the first byte of the value */
	uint32_t n; /* bytes: of a string those between the quotes, else of the whole value */
	uint32_t next; /* index of the first span after this value */
	uint8_t kind;  /* enum tg_kind */
	uint8_t flags;
	uint16_t spare;
};

/* Where a record came from, as the partner would look for it. */
struct tg_place {
	struct tg_str file; /* base name; none: standard input */
	uint64_t line;	    /* physical, from 1; 0: not known */
	uint64_t offset;    /* of its first byte in the input, decompressed */
};

struct tg_record {
	struct tg_str text; /* without its line end */
	const struct tg_span *span;
	uint32_t spans;
	uint32_t
		source; /* index of the value of an honoured "_source" member of the whole (its key is one before), 0: none */
	struct tg_place at;
};

/* The text of a span: of a string what stands between the quotes, as spelt (escapes not decoded). */
static inline struct tg_str tg_span_text(const struct tg_record *rec, const struct tg_span *span)
{
	return (struct tg_str){ rec->text.p + span->at, span->n };
}

/* The same with the quotes: the value's bytes as they came. */
static inline struct tg_str tg_span_raw(const struct tg_record *rec, const struct tg_span *span)
{
	return span->kind == TG_STRING
		       ? (struct tg_str){ rec->text.p + span->at - 1, (size_t)span->n + 2 }
		       : (struct tg_str){ rec->text.p + span->at, span->n };
}

#endif
