#include "common/csv/csv.h"

static bool digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static size_t digits(struct tg_str s, size_t at)
{
	size_t end = at;

	while (end < s.n && digit(s.p[end]))
		end++;
	return end - at;
}

static bool sign_at(struct tg_str s, size_t at, struct tg_str sign)
{
	return sign.n && s.n - at >= sign.n && memcmp(s.p + at, sign.p, sign.n) == 0;
}

/* The whole part, copied without group signs; *at moves behind it. Groups have three digits, the first one to three: 12.34 is not
 * 1234, it is a mistake. NULL when it is one. */
static char *whole_part(char *to, struct tg_str s, size_t *at, struct tg_str group)
{
	size_t i = *at, n = digits(s, i);

	memcpy(to, s.p + i, n);
	to += n;
	i += n;
	if (n > 0 && sign_at(s, i, group)) {
		if (n > 3)
			return NULL;
		while (sign_at(s, i, group)) {
			i += group.n;
			if (digits(s, i) != 3)
				return NULL;
			memcpy(to, s.p + i, 3);
			to += 3;
			i += 3;
		}
	}
	*at = i;
	return to;
}

/* Leading zeros are no JSON; one digit there must be. */
static char *without_zeros(char *from, char *to)
{
	char *p = from;

	if (from == to)
		*to++ = '0';
	while (to - p > 1 && *p == '0')
		p++;
	memmove(from, p, (size_t)(to - p));
	return from + (to - p);
}

static char *exponent(char *to, struct tg_str s, size_t *at)
{
	size_t i = *at + 1, n;

	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	n = digits(s, i);
	if (n == 0)
		return NULL;
	i += n;
	memcpy(to, s.p + *at, i - *at);
	to += i - *at;
	*at = i;
	return to;
}

char *tg_csv_write_number(char *to, struct tg_str s, const struct tg_csv_notation *notation,
			  bool integer)
{
	size_t at = 0, fraction;
	char *whole;

	if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
		if (s.p[0] == '-')
			*to++ = '-';
		at = 1;
	}
	whole = to;
	to = whole_part(to, s, &at, notation->group);
	if (!to)
		return NULL;
	if (!integer && sign_at(s, at, notation->decimal)) {
		at += notation->decimal.n;
		fraction = digits(s, at);
		if (fraction == 0 && to == whole)
			return NULL;
		to = without_zeros(whole, to);
		if (fraction)
			*to++ = '.';
		memcpy(to, s.p + at, fraction);
		to += fraction;
		at += fraction;
	} else if (to == whole) {
		return NULL;
	} else {
		to = without_zeros(whole, to);
	}
	if (!integer && at < s.n && (s.p[at] | 0x20) == 'e')
		to = exponent(to, s, &at);
	return to && at == s.n ? to : NULL;
}
