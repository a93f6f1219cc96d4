/*
 * The check of whole texts for UTF-8. A wide variant only says in which step something is wrong; the decoder then says where.
 *
 * All of them leave ASCII by quickly. What the AVX2 and NEON ones do with the rest was published by J. Keiser and D. Lemire ("Validating
 * UTF-8 in less than one instruction per byte", 2020): every mistake but one kind shows in two neighbouring bytes, by the high half
 * of the first, its low half, and the high half of the second.
 */
#include "common/base/utf8.h"

#include "common/base/cpu.h"
#include "common/base/neon.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

/* From byte i on, which begins a character. */
static size_t check_from(struct tg_str s, size_t i)
{
	while (i < s.n) {
		uint64_t word;
		size_t size;

		if (s.n - i >= sizeof(word)) {
			memcpy(&word, s.p + i, sizeof(word));
			if (!(word & UINT64_C(0x8080808080808080))) {
				i += sizeof(word);
				continue;
			}
		}
		if (tg_utf8_decode(tg_str_after(s, i), &size) == UINT32_MAX)
			return i;
		i += size;
	}
	return s.n;
}

#if TG_CPU_X86 || TG_CPU_ARM64

/* Something is wrong in the step at i, or before it with a character that the step cuts. */
TG_COLD static size_t locate(struct tg_str s, size_t i)
{
	for (size_t back = 1; back <= 3 && back <= i; back++) {
		if ((unsigned char)s.p[i - back] >= 0xc0)
			return check_from(s, i - back);
	}
	return check_from(s, i);
}

/* Bytes from left on are to be cleared in the last step. */
static const unsigned char keep[64] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
					255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
					255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };

/* What two neighbours can do wrong; a bit that all three tables have for them is a mistake. */
enum {
	SHORT = 1,	 /* a lead byte, and then none of those that follow */
	LONG = 2,	 /* ASCII, and then one that follows */
	OVERLONG_3 = 4,	 /* e0 and 80 to 9f */
	SURROGATE = 8,	 /* ed and a0 to bf */
	OVERLONG_2 = 16, /* c0 or c1 */
	LARGE = 32,	 /* f4 or more and 90 to bf */
	EDGE = 64,	 /* f0 and 80 to 8f: overlong; f5 or more and 80 to 8f: too large */
	FOLLOWERS = 128, /* two that follow; right or wrong by what stands before them */
	ANY = SHORT | LONG | FOLLOWERS,
	TWO = LONG | OVERLONG_2 | FOLLOWERS,
};

// clang-format off
static const unsigned char first_high[16] = {
	LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG,
	FOLLOWERS, FOLLOWERS, FOLLOWERS, FOLLOWERS,
	SHORT | OVERLONG_2, SHORT, SHORT | OVERLONG_3 | SURROGATE, SHORT | LARGE | EDGE,
};
static const unsigned char first_low[16] = {
	ANY | OVERLONG_2 | OVERLONG_3 | EDGE, ANY | OVERLONG_2, ANY, ANY,
	ANY | LARGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE,
	ANY | LARGE | EDGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE, ANY | LARGE | EDGE,
	ANY | LARGE | EDGE, ANY | LARGE | EDGE | SURROGATE, ANY | LARGE | EDGE, ANY | LARGE | EDGE,
};
static const unsigned char second_high[16] = {
	SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
	TWO | OVERLONG_3 | EDGE, TWO | OVERLONG_3 | LARGE, TWO | SURROGATE | LARGE, TWO | SURROGATE | LARGE,
	SHORT, SHORT, SHORT, SHORT,
};
// clang-format on

#endif

#if TG_CPU_X86

static __m128i load_sse2(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

/* The 16 bytes that stand n before v, whose forerunner is before. */
#define EARLIER_SSE2(v, before, n)                                                                 \
	_mm_or_si128(_mm_slli_si128(v, n), _mm_srli_si128(before, 16 - (n)))

static __m128i at_least_sse2(__m128i v, int byte)
{
	return _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8((char)byte)), v);
}

static __m128i is_sse2(__m128i v, int byte)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte));
}

/* Not zero where v, behind before, is wrong. Bytes from 0x80 to 0xbf are the lowest when compared with their sign. */
static __m128i wrong_sse2(__m128i v, __m128i before)
{
	__m128i back1 = EARLIER_SSE2(v, before, 1), back2 = EARLIER_SSE2(v, before, 2),
		back3 = EARLIER_SSE2(v, before, 3);
	__m128i follows = _mm_cmplt_epi8(v, _mm_set1_epi8((char)0xc0));
	__m128i must_follow =
		_mm_or_si128(at_least_sse2(back1, 0xc0),
			     _mm_or_si128(at_least_sse2(back2, 0xe0), at_least_sse2(back3, 0xf0)));
	__m128i below_90 = _mm_cmplt_epi8(v, _mm_set1_epi8((char)0x90));
	__m128i below_a0 = _mm_cmplt_epi8(v, _mm_set1_epi8((char)0xa0));
	__m128i wrong = _mm_xor_si128(follows, must_follow);

	wrong = _mm_or_si128(wrong, _mm_and_si128(is_sse2(back1, 0xe0), below_a0));
	wrong = _mm_or_si128(wrong, _mm_andnot_si128(below_a0, is_sse2(back1, 0xed)));
	wrong = _mm_or_si128(wrong, _mm_and_si128(is_sse2(back1, 0xf0), below_90));
	wrong = _mm_or_si128(wrong, _mm_andnot_si128(below_90, is_sse2(back1, 0xf4)));
	wrong = _mm_or_si128(wrong, at_least_sse2(v, 0xf5));
	return _mm_or_si128(wrong, is_sse2(_mm_and_si128(v, _mm_set1_epi8((char)0xfe)), 0xc0));
}

static size_t check_sse2(struct tg_str s)
{
	const __m128i none = _mm_setzero_si128();
	__m128i before = none;
	size_t i = 0;
	bool open = false; /* the step before ends with bytes above 0x7f */

	while (i < s.n) {
		__m128i v = load_sse2(s.p + i);
		int high;

		if (s.n - i < 16)
			v = _mm_and_si128(v, load_sse2(keep + 32 - (s.n - i)));
		high = _mm_movemask_epi8(v);
		if (high || open) {
			__m128i right = _mm_cmpeq_epi8(wrong_sse2(v, before), none);

			if (TG_UNLIKELY(_mm_movemask_epi8(right) != 0xffff))
				return locate(s, i);
		}
		i += 16;
		open = high >> 13;
		before = v;
		while (!open && i <= s.n && s.n - i >= 64) {
			v = _mm_or_si128(
				_mm_or_si128(load_sse2(s.p + i), load_sse2(s.p + i + 16)),
				_mm_or_si128(load_sse2(s.p + i + 32), load_sse2(s.p + i + 48)));
			if (_mm_movemask_epi8(v))
				break;
			i += 64;
			before = none;
		}
	}
	return open && i == s.n ? locate(s, i) : s.n;
}

#define AVX2 __attribute__((target("avx2")))

AVX2 static __m256i load_avx2(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

AVX2 static __m256i table_avx2(const unsigned char *table, __m256i index)
{
	return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_sse2(table)), index);
}

/* Not zero where v, behind before, is wrong. */
AVX2 static __m256i wrong_avx2(__m256i v, __m256i before)
{
	const __m256i half = _mm256_set1_epi8(0x0f);
	__m256i seam = _mm256_permute2x128_si256(before, v, 0x21);
	__m256i back1 = _mm256_alignr_epi8(v, seam, 15), back2 = _mm256_alignr_epi8(v, seam, 14),
		back3 = _mm256_alignr_epi8(v, seam, 13);
	__m256i found = _mm256_and_si256(
		_mm256_and_si256(
			table_avx2(first_high, _mm256_and_si256(_mm256_srli_epi16(back1, 4), half)),
			table_avx2(first_low, _mm256_and_si256(back1, half))),
		table_avx2(second_high, _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
	/* The top bit where a third or fourth byte belongs: there, and only there, two that follow are right. */
	__m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xe0 - 0x80));
	__m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xf0 - 0x80));
	__m256i right =
		_mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));

	return _mm256_xor_si256(found, right);
}

AVX2 static bool is_zero_avx2(__m256i v)
{
	return _mm256_testz_si256(v, v);
}

/* Steps of 128 bytes, from i on. Where bytes above 0x7f stand here and there, to ask at each step for them is a branch that is often
 * guessed wrongly, and costs more than to check; so behind a step that has some, eight are checked without asking. False: there is
 * something wrong in the step at *i, or before it. */
AVX2 static bool check_steps_avx2(struct tg_str s, size_t *i, __m256i *before)
{
	enum { STEP = 128, WITHOUT_ASKING = 8 };
	unsigned unasked = 0;

	for (; *i <= s.n && s.n - *i >= STEP; *i += STEP) {
		const char *p = s.p + *i;
		__m256i a = load_avx2(p), b = load_avx2(p + 32), c = load_avx2(p + 64),
			d = load_avx2(p + 96);
		__m256i any = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));

		if (unasked > 0)
			unasked--;
		else if (_mm256_movemask_epi8(_mm256_or_si256(any, *before)))
			unasked = WITHOUT_ASKING;
		else
			continue; /* and before is ASCII as d is */
		any = _mm256_or_si256(_mm256_or_si256(wrong_avx2(a, *before), wrong_avx2(b, a)),
				      _mm256_or_si256(wrong_avx2(c, b), wrong_avx2(d, c)));
		if (TG_UNLIKELY(!is_zero_avx2(any)))
			return false;
		*before = d;
	}
	return true;
}

AVX2 static size_t check_avx2(struct tg_str s)
{
	__m256i before = _mm256_setzero_si256();
	size_t i = 0;

	if (TG_UNLIKELY(!check_steps_avx2(s, &i, &before)))
		return locate(s, i);
	for (; i < s.n; i += 32) {
		__m256i v = load_avx2(s.p + i);

		/* The last step is filled up with NUL: a character that is cut there is followed by ASCII. */
		if (s.n - i < 32)
			v = _mm256_and_si256(v, load_avx2(keep + 32 - (s.n - i)));
		if (TG_UNLIKELY(!is_zero_avx2(wrong_avx2(v, before))))
			return locate(s, i);
		before = v;
	}
	/* The text may end where a step does, and then nothing has followed what it ends with. */
	if (i == s.n && (uint32_t)_mm256_movemask_epi8(before) >> 29)
		return locate(s, i);
	return s.n;
}

#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX512 static __m512i table_avx512(const unsigned char *table, __m512i index)
{
	return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_sse2(table)), index);
}

/* As wrong_avx2. */
AVX512 static __m512i wrong_avx512(__m512i v, __m512i before)
{
	const __m512i half = _mm512_set1_epi8(0x0f), top = _mm512_set1_epi8((char)0x80);
	__m512i seam = _mm512_alignr_epi64(v, before, 6);
	__m512i back1 = _mm512_alignr_epi8(v, seam, 15), back2 = _mm512_alignr_epi8(v, seam, 14),
		back3 = _mm512_alignr_epi8(v, seam, 13);
	__m512i found = _mm512_and_si512(
		_mm512_and_si512(table_avx512(first_high,
					      _mm512_and_si512(_mm512_srli_epi16(back1, 4), half)),
				 table_avx512(first_low, _mm512_and_si512(back1, half))),
		table_avx512(second_high, _mm512_and_si512(_mm512_srli_epi16(v, 4), half)));
	__m512i third = _mm512_subs_epu8(back2, _mm512_set1_epi8(0xe0 - 0x80));
	__m512i fourth = _mm512_subs_epu8(back3, _mm512_set1_epi8(0xf0 - 0x80));

	return _mm512_xor_si512(found, _mm512_and_si512(_mm512_or_si512(third, fourth), top));
}

/* As check_steps_avx2. */
AVX512 static bool check_steps_avx512(struct tg_str s, size_t *i, __m512i *before)
{
	enum { STEP = 128, WITHOUT_ASKING = 8 };
	unsigned unasked = 0;

	for (; *i <= s.n && s.n - *i >= STEP; *i += STEP) {
		__m512i a = _mm512_loadu_si512(s.p + *i), b = _mm512_loadu_si512(s.p + *i + 64);

		if (unasked > 0)
			unasked--;
		else if (_mm512_movepi8_mask(_mm512_or_si512(_mm512_or_si512(a, b), *before)))
			unasked = WITHOUT_ASKING;
		else
			continue;
		a = _mm512_or_si512(wrong_avx512(a, *before), wrong_avx512(b, a));
		if (TG_UNLIKELY(_mm512_test_epi8_mask(a, a)))
			return false;
		*before = b;
	}
	return true;
}

AVX512 static size_t check_avx512(struct tg_str s)
{
	__m512i before = _mm512_setzero_si512();
	size_t i = 0;

	if (TG_UNLIKELY(!check_steps_avx512(s, &i, &before)))
		return locate(s, i);
	for (; i < s.n; i += 64) {
		__mmask64 inside = s.n - i < 64 ? (UINT64_C(1) << (s.n - i)) - 1 : UINT64_MAX;
		__m512i v = _mm512_maskz_loadu_epi8(inside, s.p + i);
		__m512i wrong = wrong_avx512(v, before);

		if (TG_UNLIKELY(_mm512_test_epi8_mask(wrong, wrong)))
			return locate(s, i);
		before = v;
	}
	if (i == s.n && _mm512_movepi8_mask(before) >> 61)
		return locate(s, i);
	return s.n;
}

#endif

#if TG_CPU_ARM64

/* Not zero where v, behind before, is wrong. */
static uint8x16_t wrong_neon(uint8x16_t v, uint8x16_t before)
{
	uint8x16_t back1 = vextq_u8(before, v, 15), back2 = vextq_u8(before, v, 14),
		   back3 = vextq_u8(before, v, 13);
	uint8x16_t found = vandq_u8(
		vandq_u8(vqtbl1q_u8(tg_neon_load(first_high), vshrq_n_u8(back1, 4)),
			 vqtbl1q_u8(tg_neon_load(first_low), vandq_u8(back1, vdupq_n_u8(0x0f)))),
		vqtbl1q_u8(tg_neon_load(second_high), vshrq_n_u8(v, 4)));
	/* The top bit where a third or fourth byte belongs: there, and only there, two that follow are right. */
	uint8x16_t third = vqsubq_u8(back2, vdupq_n_u8(0xe0 - 0x80));
	uint8x16_t fourth = vqsubq_u8(back3, vdupq_n_u8(0xf0 - 0x80));

	return veorq_u8(found, vandq_u8(vorrq_u8(third, fourth), vdupq_n_u8(0x80)));
}

/* Steps of 64 bytes, from i on; false: there is something wrong in the step at *i, or before it. */
static bool check_steps_neon(struct tg_str s, size_t *i, uint8x16_t *before)
{
	for (; *i <= s.n && s.n - *i >= 64; *i += 64) {
		const char *p = s.p + *i;
		uint8x16_t a = tg_neon_load(p), b = tg_neon_load(p + 16), c = tg_neon_load(p + 32),
			   d = tg_neon_load(p + 48);
		uint8x16_t any = vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d));

		if (!tg_neon_is_high(vorrq_u8(any, *before)))
			continue; /* and before is ASCII as d is */
		any = vorrq_u8(vorrq_u8(wrong_neon(a, *before), wrong_neon(b, a)),
			       vorrq_u8(wrong_neon(c, b), wrong_neon(d, c)));
		if (TG_UNLIKELY(vmaxvq_u8(any)))
			return false;
		*before = d;
	}
	return true;
}

static size_t check_neon(struct tg_str s)
{
	uint8x16_t before = vdupq_n_u8(0);
	size_t i = 0;

	if (TG_UNLIKELY(!check_steps_neon(s, &i, &before)))
		return locate(s, i);
	for (; i < s.n; i += 16) {
		uint8x16_t v = tg_neon_load(s.p + i);

		/* The last step is filled up with NUL: a character that is cut there is followed by ASCII. */
		if (s.n - i < 16)
			v = vandq_u8(v, tg_neon_load(keep + 32 - (s.n - i)));
		if (TG_UNLIKELY(vmaxvq_u8(wrong_neon(v, before))))
			return locate(s, i);
		before = v;
	}
	/* The text may end where a step does, and then nothing has followed what it ends with. */
	if (i == s.n && tg_neon_nibbles(vcltzq_s8(vreinterpretq_s8_u8(before))) >> 52)
		return locate(s, i);
	return s.n;
}

#endif

size_t tg_utf8_check(struct tg_str s)
{
#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_AVX512)
		return check_avx512(s);
	if (tg_cpu_level() >= TG_CPU_AVX2)
		return check_avx2(s);
	if (tg_cpu_level() >= TG_CPU_SSE2)
		return check_sse2(s);
#endif
#if TG_CPU_ARM64
	if (tg_cpu_level() >= TG_CPU_NEON)
		return check_neon(s);
#endif
	return check_from(s, 0);
}
