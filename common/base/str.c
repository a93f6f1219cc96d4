#include "common/base/str.h"

#include "common/base/cpu.h"

int tg_str_compare(struct tg_str a, struct tg_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Sixteen counts side by side, of a byte each: every machine that we know has such steps, and its compiler finds them. */
typedef unsigned char wide16 __attribute__((vector_size(16)));

#define COUNT_NAME count_16
#define COUNT_TARGET
#define COUNT_WIDE wide16
#include "common/base/count_loop.h"

#if TG_CPU_X86

typedef unsigned char wide32 __attribute__((vector_size(32)));

#define COUNT_NAME count_32
#define COUNT_TARGET __attribute__((__target__("avx2")))
#define COUNT_WIDE wide32
#include "common/base/count_loop.h"

#endif

struct tg_str_counts tg_str_count_both(struct tg_str s, char a, char b)
{
	struct tg_str_counts counts = { 0 };

#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_AVX2) {
		count_32(s, a, b, &counts.a, &counts.b);
		return counts;
	}
#endif
	count_16(s, a, b, &counts.a, &counts.b);
	return counts;
}

size_t tg_str_count(struct tg_str s, char c)
{
	return tg_str_count_both(s, c, c).a;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

enum { LONGEST = 64 }; /* names that people mistype are shorter; others are near nothing */

/* Which letters stand in it, in 32 heaps: an edit takes one away and adds another, at most. */
static uint32_t letters_of(struct tg_str s)
{
	uint32_t set = 0;

	for (size_t i = 0; i < s.n; i++)
		set |= UINT32_C(1) << (s.p[i] & 31);
	return set;
}

size_t tg_str_distance(struct tg_str a, struct tg_str b, size_t most)
{
	unsigned row[3][LONGEST + 1];
	unsigned *old = row[0], *last = row[1], *now = row[2];

	if (a.n > LONGEST || b.n > LONGEST || a.n > b.n + most || b.n > a.n + most)
		return most + 1;
	if ((size_t)__builtin_popcount(letters_of(a) ^ letters_of(b)) > 2 * most)
		return most + 1;
	for (unsigned j = 0; j <= b.n; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *spare;

		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			char x = lower(a.p[i - 1]), y = lower(b.p[j - 1]);
			unsigned best = last[j - 1] + (x != y);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && x == lower(b.p[j - 2]) && lower(a.p[i - 2]) == y &&
			    old[j - 2] + 1 < best)
				best = old[j - 2] + 1;
			now[j] = best;
		}
		spare = old;
		old = last;
		last = now;
		now = spare;
	}
	return last[b.n] > most ? most + 1 : last[b.n];
}

static bool same_letters(struct tg_str a, struct tg_str b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && (a.p[i] == '_' || a.p[i] == '-' || a.p[i] == ' '))
			i++;
		while (j < b.n && (b.p[j] == '_' || b.p[j] == '-' || b.p[j] == ' '))
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if (lower(a.p[i++]) != lower(b.p[j++]))
			return false;
	}
}

const struct tg_str *tg_str_nearest(struct tg_str word, const struct tg_str *names, size_t n)
{
	const struct tg_str *nearest = NULL;
	size_t best = 3;

	for (size_t i = 0; i < n; i++) {
		size_t d;

		if (same_letters(word, names[i]))
			return &names[i];
		d = tg_str_distance(word, names[i], 2);
		if (d < best && 2 * d <= word.n &&
		    2 * d <= names[i].n) { /* two edits make anything of a three-letter word */
			best = d;
			nearest = &names[i];
		}
	}
	return nearest;
}
