/*
 * op: inside common/fixed: a step of a plan: one field, and how it is written. plan.c makes them, emit.c goes by them.
 */
#ifndef TG_FIXED_OP_H
#define TG_FIXED_OP_H

#include "common/fixed/emit.h"

/* How a value is written: the quick ways, which know what to do with what is in order, and the careful one. */
enum tg_fixed_way {
	TG_WAY_CARE,
	TG_WAY_SHORT, /* a text of a set like ASCII, TG_QUICK_TEXT bytes at most, which is trimmed at its end and not asked for */
	TG_WAY_TEXT,  /* another */
	TG_WAY_TABLE, /* of another */
	TG_WAY_DIGITS, /* without a sign */
	TG_WAY_ZONED,  /* a sign over the last digit */
	TG_WAY_PACKED,
	TG_WAY_BINARY,
	TG_WAY_DATE,
	TG_WAY_CHECK, /* a filler that must be something */
	TG_WAY_LIST,  /* or a group, or conditions: what is more than a value */
};

enum tg_fixed_side { TG_TRIM_NOT, TG_TRIM_RIGHT, TG_TRIM_LEFT };

enum {
	TG_QUICK_DIGITS = 16, /* of the quick ways */
	TG_QUICK_PACKED = 8,  /* bytes */
	TG_QUICK_TEXT = 32,
};

struct tg_fixed_op {
	struct tg_str piece; /* `,"name":` with TG_SLACK readable bytes behind it */
	const struct tg_fixed_field *field;
	uint32_t at, width;
	uint32_t slot;
	enum tg_fixed_way way, plain; /* plain: of one item, where way is TG_WAY_LIST */
	enum tg_fixed_side trim;
	unsigned char pad, zero;   /* zero: the digit */
	const unsigned char *over; /* what a last digit with a sign over it means (charset.h) */
	uint8_t decimals;	   /* of the quick ways; they have no scale below zero */
	struct tg_fixed_op *op;	   /* of a group */
	size_t ops;
};

/* The one for this machine. */
tg_fixed_emitter *tg_fixed_emitter_choose(void);

#endif
