#include "common/json/mark.h"

#include "common/base/cpu.h"
#include "common/base/neon.h"
#include "common/json/grammar.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* 0x80 in each byte of word that is zero, and 0 in the others: exact, no borrow runs from byte to byte. */
static uint64_t zeros(uint64_t word)
{
	return ~(((word & EACH(0x7f)) + EACH(0x7f)) | word) & EACH(0x80);
}

/* The top bits of the eight bytes side by side. */
static uint64_t gather(uint64_t tops)
{
	return (tops >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* As all variants: so many words of both kinds, for 64 bytes each from p on; not zero when one of those was high. */
static uint64_t mark_scalar(const char *p, size_t words, uint64_t *stop, uint64_t *high)
{
	uint64_t any = 0;

	for (size_t w = 0; w < words; w++, p += 64) {
		uint64_t stops = 0, highs = 0;

		for (unsigned i = 0; i < 8; i++) {
			uint64_t eight = tg_load64(p + 8 * i);
			uint64_t found = zeros(eight ^ EACH('"')) | zeros(eight ^ EACH('\\')) |
					 zeros(eight & EACH(0xe0));

			stops |= gather(found) << 8 * i;
			highs |= gather(eight & EACH(0x80)) << 8 * i;
		}
		stop[w] = stops;
		high[w] = highs;
		any |= highs;
	}
	return any;
}

#if TG_CPU_X86

static uint64_t mark_sse2(const char *p, size_t words, uint64_t *stop, uint64_t *high)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
		      control = _mm_set1_epi8(0x1f);
	uint64_t any = 0;

	for (size_t w = 0; w < words; w++, p += 64) {
		uint64_t stops = 0, highs = 0;

		for (unsigned i = 0; i < 4; i++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
			__m128i found = _mm_or_si128(
				_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)),
				_mm_cmpeq_epi8(_mm_min_epu8(v, control), v));

			stops |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << 16 * i;
			highs |= (uint64_t)(uint32_t)_mm_movemask_epi8(v) << 16 * i;
		}
		stop[w] = stops;
		high[w] = highs;
		any |= highs;
	}
	return any;
}

__attribute__((target("avx2"))) static uint64_t mark_avx2(const char *p, size_t words,
							  uint64_t *stop, uint64_t *high)
{
	const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\'),
		      control = _mm256_set1_epi8(0x1f);
	uint64_t any = 0;

	for (size_t w = 0; w < words; w++, p += 64) {
		uint64_t stops = 0, highs = 0;

		for (unsigned i = 0; i < 2; i++) {
			__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 * i));
			__m256i found =
				_mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, quote),
								_mm256_cmpeq_epi8(v, slash)),
						_mm256_cmpeq_epi8(_mm256_min_epu8(v, control), v));

			stops |= (uint64_t)(uint32_t)_mm256_movemask_epi8(found) << 32 * i;
			highs |= (uint64_t)(uint32_t)_mm256_movemask_epi8(v) << 32 * i;
		}
		stop[w] = stops;
		high[w] = highs;
		any |= highs;
	}
	return any;
}

#endif

#if TG_CPU_ARM64

static uint64_t mark_neon(const char *p, size_t words, uint64_t *stop, uint64_t *high)
{
	const uint8x16_t quote = vdupq_n_u8('"'), slash = vdupq_n_u8('\\'), space = vdupq_n_u8(' ');
	uint64_t any = 0;

	for (size_t w = 0; w < words; w++, p += 64) {
		uint8x16_t v[4], found[4], all = vdupq_n_u8(0);

		for (unsigned i = 0; i < 4; i++) {
			v[i] = tg_neon_load(p + 16 * i);
			found[i] = vorrq_u8(vorrq_u8(vceqq_u8(v[i], quote), vceqq_u8(v[i], slash)),
					    vcltq_u8(v[i], space));
			all = vorrq_u8(all, v[i]);
		}
		stop[w] = tg_neon_bits(found[0], found[1], found[2], found[3]);
		high[w] = 0;
		if (tg_neon_is_high(all)) {
			for (unsigned i = 0; i < 4; i++)
				v[i] = vcltzq_s8(vreinterpretq_s8_u8(v[i]));
			high[w] = tg_neon_bits(v[0], v[1], v[2], v[3]);
		}
		any |= high[w];
	}
	return any;
}

#endif

static uint64_t mark(const char *p, size_t words, uint64_t *stop, uint64_t *high)
{
#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_AVX2)
		return mark_avx2(p, words, stop, high);
	if (tg_cpu_level() >= TG_CPU_SSE2)
		return mark_sse2(p, words, stop, high);
#endif
#if TG_CPU_ARM64
	if (tg_cpu_level() >= TG_CPU_NEON)
		return mark_neon(p, words, stop, high);
#endif
	return mark_scalar(p, words, stop, high);
}

bool tg_mark(struct tg_str text, uint64_t *stop, uint64_t *high)
{
	size_t words = (text.n + 63) / 64, last = text.n / 64;
	uint64_t inside = (UINT64_C(1) << text.n % 64) - 1, any = mark(text.p, words, stop, high);

	if (last == words) /* it ends with a word: the next one is for the end alone */
		stop[last] = high[last] = 0;
	if (any && high[last] & ~inside) { /* perhaps only behind the end */
		any = high[last] &= inside;
		for (size_t w = 0; w < last; w++)
			any |= high[w];
	}
	stop[last] |= ~inside;
	high[last] |= ~inside;
	stop[last + 1] = high[last + 1] = ~UINT64_C(0);
	return any != 0;
}
