/*
 * str: text by length. A tg_str is a view: it owns nothing, and NUL is a byte like any other.
 * C strings stand only at the system's door.
 */
#ifndef TG_BASE_STR_H
#define TG_BASE_STR_H

#include "common/base/own.h"

#include <string.h>

struct tg_str {
	const char *p;
	size_t n;
};

#define TG_STR(literal) ((struct tg_str){ ("" literal), sizeof(literal) - 1 })
#define TG_STR_NONE ((struct tg_str){ NULL, 0 })
/* For "%.*s". A length beyond INT_MAX is cut: it is for messages only. */
#define TG_STR_ARG(s) (int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n), ((s).p ? (s).p : "")

static inline struct tg_str tg_str_of(const char *c)
{
	return (struct tg_str){ c, c ? strlen(c) : 0 };
}

static inline struct tg_str tg_str_from(const char *p, size_t n)
{
	return (struct tg_str){ p, n };
}

static inline bool tg_str_eq(struct tg_str a, struct tg_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool tg_str_is(struct tg_str a, const char *c)
{
	return tg_str_eq(a, tg_str_of(c));
}

static inline bool tg_str_starts(struct tg_str a, struct tg_str with)
{
	return a.n >= with.n && (with.n == 0 || memcmp(a.p, with.p, with.n) == 0);
}

static inline bool tg_str_ends(struct tg_str a, struct tg_str with)
{
	return a.n >= with.n && (with.n == 0 || memcmp(a.p + (a.n - with.n), with.p, with.n) == 0);
}

/* A line of JSON lines that holds nothing but blanks, tabs and CRs: it is no record. */
static inline bool tg_str_is_blank(struct tg_str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	return true;
}

static inline struct tg_str tg_str_after(struct tg_str a, size_t skip)
{
	size_t n = skip < a.n ? skip : a.n;

	return n ? (struct tg_str){ a.p + n, a.n - n } : a; /* nothing is added to a null pointer */
}

/* How often c stands in it. In wide steps. */
size_t tg_str_count(struct tg_str s, char c);

/* How often each of two bytes does, in one pass. */
struct tg_str_counts {
	size_t a, b;
};

struct tg_str_counts tg_str_count_both(struct tg_str s, char a, char b);

/* By byte; a prefix comes before what it begins. */
int tg_str_compare(struct tg_str a, struct tg_str b);

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b, ASCII case folded; stops counting beyond most. */
size_t tg_str_distance(struct tg_str a, struct tg_str b, size_t most);

/* The one of names[0..n) that a person probably meant by word: distance 1 or 2, or equal without case, '_', '-' and blanks.
 * NULL when none is near. */
const struct tg_str *tg_str_nearest(struct tg_str word, const struct tg_str *names, size_t n);

/* No locale: what an ASCII byte is. */
static inline bool tg_digit(unsigned char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* The value of a hexadecimal digit, -1 for other bytes. */
static inline int tg_hex(unsigned char c)
{
	if (tg_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
