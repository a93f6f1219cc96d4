#include "common/json/escapes.h"

#include "common/base/cpu.h"

#if TG_CPU_X86

#include <immintrin.h>
#include <pthread.h>

/* From block to block one bit is carried: that the last byte was a backslash. So no step waits for the one before it. */

__attribute__((target("avx2"))) static size_t skip(const char *text, size_t p, size_t n)
{
	const __m256i quote = _mm256_set1_epi8('"'), mark = _mm256_set1_epi8('/'),
		      slash = _mm256_set1_epi8('\\'), control = _mm256_set1_epi8(0x1f);
	unsigned carry = 0;

	for (; p + 32 <= n; p += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(text + p));
		__m256i quotes = _mm256_cmpeq_epi8(v, quote);
		unsigned found = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, slash));
		unsigned ends = (unsigned)_mm256_movemask_epi8(quotes);
		unsigned plain = ends | (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, mark));
		unsigned bad = (unsigned)_mm256_movemask_epi8(
			_mm256_cmpeq_epi8(_mm256_min_epu8(v, control), v));
		unsigned escaped = found << 1 | carry;

		bad |= escaped & ~plain;
		ends &= ~escaped;
		if (TG_UNLIKELY(ends | bad)) {
			/* Up to the end what is escaped must be plain; else one looks at it byte by byte. */
			if (ends && !(bad & (ends ^ (ends - 1))))
				return p + (unsigned)__builtin_ctz(ends);
			break;
		}
		carry = found >> 31;
	}
	return p - carry;
}

/* Which of eight bytes stay, when those of the mask go: as pshufb wants it. */
static unsigned char kept[256][8];
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;

static void fill_kept(void)
{
	for (unsigned mask = 0; mask < 256; mask++)
		for (unsigned from = 0, to = 0; from < 8; from++)
			if (!(mask >> from & 1))
				kept[mask][to++] = (unsigned char)from;
}

__attribute__((target("ssse3,popcnt"))) static void drop(char **to, const char *last,
							 const char **p, const char *end)
{
	char *at = *to;
	const char *from = *p;
	unsigned carry = 0;

	for (; end - from >= 16 && at <= last; from += 16) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)from);
		const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
			      mark = _mm_cmpeq_epi8(v, _mm_set1_epi8('/'));
		unsigned slash =
			(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		unsigned plain = (unsigned)_mm_movemask_epi8(_mm_or_si128(quote, mark));
		const void *low = kept[slash & 0xff], *high = kept[slash >> 8];

		if (TG_UNLIKELY(((slash << 1 | carry) & 0xffff) & ~plain))
			break;
		_mm_storel_epi64((__m128i *)(void *)at,
				 _mm_shuffle_epi8(v, _mm_loadl_epi64((const __m128i *)low)));
		_mm_storel_epi64(
			(__m128i *)(void *)(at + 8 - (unsigned)__builtin_popcount(slash & 0xff)),
			_mm_shuffle_epi8(_mm_srli_si128(v, 8),
					 _mm_loadl_epi64((const __m128i *)high)));
		at += 16 - (unsigned)__builtin_popcount(slash);
		carry = slash >> 15;
	}
	*to = at;
	*p = from - carry; /* its backslash is still to be looked at */
}

size_t tg_escapes_skip(const char *text, size_t p, size_t n)
{
	return tg_cpu_level() >= TG_CPU_AVX2 ? skip(text, p, n) : p;
}

void tg_escapes_drop(char **to, const char *last, const char **p, const char *end)
{
	if (tg_cpu_level() < TG_CPU_AVX2)
		return;
	TG_BUG_IF(pthread_once(&kept_once, fill_kept) != 0);
	drop(to, last, p, end);
}

#else

size_t tg_escapes_skip(const char *text, size_t p, size_t n)
{
	(void)text;
	(void)n;
	return p;
}

void tg_escapes_drop(char **to, const char *last, const char **p, const char *end)
{
	(void)to;
	(void)last;
	(void)p;
	(void)end;
}

#endif
