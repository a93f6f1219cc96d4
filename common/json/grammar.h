/*
 * grammar: inside common/json: what scanner and number reader both need to know of RFC 8259.
 */
#ifndef TG_JSON_GRAMMAR_H
#define TG_JSON_GRAMMAR_H

#include "common/base/str.h"

/* Eight bytes, the first of them the lowest, on every machine. */
static inline uint64_t tg_load64(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline bool tg_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Four hexadecimal digits, as behind \u; -1 when they are none. */
static inline int tg_hex4(const unsigned char *p)
{
	int a = tg_hex(p[0]), b = tg_hex(p[1]), c = tg_hex(p[2]), d = tg_hex(p[3]);

	return (a | b | c | d) < 0 ? -1 : a << 12 | b << 8 | c << 4 | d;
}

/*
 * How many of the n bytes at p make up a number that begins there. When none does, *why says what is missing (it is set to NULL
 * before) and the result is where. *fraction: there is a point or an exponent.
 */
static inline size_t tg_number_length(const unsigned char *p, size_t n, bool *fraction,
				      const char **why)
{
	size_t i = 0;

	*fraction = false;
	*why = NULL;
	if (i < n && p[i] == '-')
		i++;
	if (i == n || !tg_digit(p[i])) {
		*why = "expected a digit";
		return i;
	}
	if (p[i++] != '0') { /* a leading zero stands alone */
		while (i < n && tg_digit(p[i]))
			i++;
	}
	if (i < n && p[i] == '.') {
		*fraction = true;
		if (++i == n || !tg_digit(p[i])) {
			*why = "expected a digit behind the point";
			return i;
		}
		while (i < n && tg_digit(p[i]))
			i++;
	}
	if (i < n && (p[i] | 0x20) == 'e') {
		*fraction = true;
		i++;
		if (i < n && (p[i] == '+' || p[i] == '-'))
			i++;
		if (i == n || !tg_digit(p[i])) {
			*why = "expected a digit in the exponent";
			return i;
		}
		while (i < n && tg_digit(p[i]))
			i++;
	}
	return i;
}

#endif
