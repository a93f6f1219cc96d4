/*
 * field: inside common/fixed: one field of a layout as it is being read. field.c says where it is and what it belongs to; notation.c what
 * its bytes are.
 */
#ifndef TG_FIXED_FIELD_H
#define TG_FIXED_FIELD_H

#include "common/fixed/read.h"

enum tg_fixed_key {
	TG_KEY_NAME,
	TG_KEY_AT,
	TG_KEY_WIDTH,
	TG_KEY_TYPE,
	TG_KEY_ENCODING,
	TG_KEY_PAD,
	TG_KEY_PAD_CHAR,
	TG_KEY_TRIM,
	TG_KEY_SCALE,
	TG_KEY_SIGN,
	TG_KEY_POINT,
	TG_KEY_BLANK,
	TG_KEY_NULLS,
	TG_KEY_FORMAT,
	TG_KEY_PIVOT,
	TG_KEY_ZONE,
	TG_KEY_ORDER,
	TG_KEY_OCCURS,
	TG_KEY_DEPENDS_ON,
	TG_KEY_REDEFINES,
	TG_KEY_WHEN,
	TG_KEY_VALUE,
	TG_KEY_TRUE,
	TG_KEY_FALSE,
	TG_KEY_FIELDS,
	TG_KEYS,
};

/* The words of "type". Some of them are one type to the rest of the room. */
enum tg_fixed_word {
	TG_WORD_TEXT,
	TG_WORD_NUMBER,
	TG_WORD_INTEGER,
	TG_WORD_ZONED,
	TG_WORD_PACKED,
	TG_WORD_BINARY,
	TG_WORD_DATE,
	TG_WORD_BOOLEAN,
	TG_WORD_FILLER,
	TG_WORD_GROUP,
};

struct tg_fixed_raw {
	const struct tg_span *span;
	const struct tg_span *v[TG_KEYS]; /* NULL: it is not there */
	enum tg_fixed_word word;
};

/* "a number", "an integer". */
const char *tg_fixed_article(enum tg_fixed_word word);
const char *tg_fixed_word(enum tg_fixed_word word);

/* Whether fields of a type may have a key. */
bool tg_fixed_has_key(enum tg_fixed_type type, enum tg_fixed_key key);

/* Reads what the bytes of a field are: of its type, its place and its set are known. */
TG_MUST_USE enum tg_status tg_fixed_read_notation(struct tg_fixed_reading *r,
						  const struct tg_fixed_raw *raw,
						  struct tg_fixed_field *f);

#endif
