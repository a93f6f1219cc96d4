/*
 * decimal: inside common/fixed: digits whose point is implied become a JSON number.
 */
#ifndef TG_FIXED_DECIMAL_H
#define TG_FIXED_DECIMAL_H

#include "common/base/str.h"

/* Bytes behind the digits that tg_decimal_put may need. */
enum { TG_FIXED_DECIMAL_MORE = 66 + TG_SLACK };

static inline char *tg_fixed_copy(char *to, const char *p, size_t n)
{
	memcpy(to, p, 16); /* scribbles, which is quicker than to ask */
	if (TG_UNLIKELY(n > 16))
		memcpy(to + 16, p + 16, n - 16);
	return to + n;
}

/*
 * Writes digits, n of them and at least one, with `scale` decimals; below zero: so many zeros behind. Leading zeros are left out, and zero
 * has no sign. TG_SLACK bytes behind the digits are readable, and may be scribbled on behind what is written.
 */
static inline char *tg_fixed_put_decimal(char *to, const char *digit, size_t n, bool minus,
					 int scale)
{
	char *start = to;
	size_t decimals = scale > 0 ? (size_t)scale : 0;
	bool zero = true;

	*to = '-';
	to += minus;
	while (n > decimals + 1 && *digit == '0') {
		digit++;
		n--;
	}
	if (TG_LIKELY(n > decimals)) {
		zero = n - decimals == 1 && *digit == '0';
		to = tg_fixed_copy(to, digit, n - decimals);
		digit += n - decimals;
		n = decimals;
	} else {
		*to++ = '0';
	}
	if (decimals) {
		*to++ = '.';
		for (size_t i = n; i < decimals; i++)
			*to++ = '0';
		to = tg_fixed_copy(to, digit, n);
	} else if (!zero) {
		for (; scale < 0; scale++)
			*to++ = '0';
	}
	if (TG_LIKELY(!minus || !zero))
		return to;
	for (const char *p = to - decimals; decimals && p < to; p++)
		if (*p != '0')
			return to;
	memmove(start, start + 1, (size_t)(to - start) - 1);
	return to - 1;
}

#endif
