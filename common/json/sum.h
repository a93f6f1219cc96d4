/*
 * sum: exact sums of JSON numbers, without a double and without memory of their own.
 *
 * A sum holds TG_SUM_WHOLE digits before the point and TG_SUM_FRACTION behind it. A number that has more is refused, and the sum is as
 * it was: exponents of any length do no harm. Zeroed is zero. An addition costs about as much as reading the digits.
 */
#ifndef TG_JSON_SUM_H
#define TG_JSON_SUM_H

#include "common/base/buffer.h"
#include "common/base/str.h"

enum {
	TG_SUM_LIMB = 9, /* digits of a limb */
	TG_SUM_WHOLE = 32 * TG_SUM_LIMB,
	TG_SUM_FRACTION = 16 * TG_SUM_LIMB,
	TG_SUM_LIMBS = (TG_SUM_WHOLE + TG_SUM_FRACTION) / TG_SUM_LIMB + 2, /* room for carries */
};

struct tg_sum {
	int64_t limb
		[TG_SUM_LIMBS]; /* lowest first; each with a sign of its own until it is settled */
	uint32_t low, high;	/* limbs from low on, below high, may be other than zero */
	uint32_t added;		/* numbers since it was settled last */
};

/* Adds the number, or with `less` takes it off. text is a number by RFC 8259's grammar. False: it has too many digits for a sum. */
TG_MUST_USE bool tg_sum_add(struct tg_sum *sum, struct tg_str text, bool less);

/* Below zero, zero, above zero as the sum is. */
int tg_sum_sign(struct tg_sum *sum);

/* Appends the sum as a JSON number, without an exponent. */
void tg_sum_put(struct tg_buffer *out, struct tg_sum *sum);

/* Zero again. */
void tg_sum_clear(struct tg_sum *sum);

#endif
