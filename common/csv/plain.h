/*
 * plain: inside common/csv: a text that needs no quotes is copied into its row while it is found out that it needs none.
 *
 * The text stands in a JSON string and has no escape there. So control characters, which are escaped in JSON, are not in it, and no line
 * end is: a delimiter or a quote is all that can make it need quotes. What a delimiter of several bytes begins with counts as one.
 * TG_SLACK bytes behind the text are read, and as many behind the copy written.
 */
#ifndef TG_CSV_PLAIN_H
#define TG_CSV_PLAIN_H

#include "common/base/cpu.h"
#include "common/csv/field.h"

#if TG_CPU_X86
#include <emmintrin.h>
#endif

/* The byte to look for as a quote: where there is none, one that no such text has. */
static inline char tg_csv_plain_quote(const struct tg_csv_dialect *d)
{
	return (char)(d->quote < 0 ? '\n' : d->quote);
}

/* The end of the copy; NULL: the text is not plain. The same of the next. */
static inline char *tg_csv_plain_scalar(const struct tg_csv_form *form, const char *p, size_t n,
					char *to)
{
	for (size_t i = 0; i < n; i++) {
		if (form->special[(unsigned char)p[i]])
			return NULL;
		to[i] = p[i];
	}
	return to + n;
}

#if TG_CPU_X86

static inline char *tg_csv_plain_sse2(char delimiter, char quote, const char *p, size_t n, char *to)
{
	__m128i delimiters = _mm_set1_epi8(delimiter), quotes = _mm_set1_epi8(quote);

	for (;;) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		uint32_t found = (uint32_t)_mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(v, delimiters), _mm_cmpeq_epi8(v, quotes)));

		_mm_storeu_si128((__m128i *)(void *)to, v);
		if (n <= 16)
			return found & ((1U << n) - 1) ? NULL : to + n;
		if (found)
			return NULL;
		to += 16;
		p += 16;
		n -= 16;
	}
}

#endif

#endif
