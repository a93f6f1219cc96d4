/*
 * step: inside common/value: what a pattern of dates is made into, and how what comes out is put together. pattern.c compiles, date.c
 * reads and writes.
 */
#ifndef TG_VALUE_STEP_H
#define TG_VALUE_STEP_H

#include "common/value/date.h"

enum part {
	LITERAL,
	YEAR,
	SHORT_YEAR,
	CENTURY, /* 0 is 1900 */
	MONTH,
	MONTH_NAME,
	DAY,
	DAY_OF_YEAR,
	HOUR,
	HALF_HOUR, /* 1 to 12, with a half of the day */
	MINUTE,
	SECOND,
	FRACTION,
	HALF, /* AM or PM */
	ZONE,
};

struct tg_date_step {
	enum part part;
	/* Digits; of a zone the number of letters, of a month's name whether it is whole. */
	uint8_t least, most;
	bool letter;	    /* of a zone: Z is zero */
	struct tg_str text; /* of a literal */
};

static inline char *tg_date_put_str(char *to, struct tg_str s)
{
	if (s.n)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

#endif
