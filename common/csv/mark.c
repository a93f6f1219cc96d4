#include "common/csv/mark.h"

#include "common/base/cpu.h"
#include "common/base/neon.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

#define EACH(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* One bit for each of 64 bytes. Of a delimiter, that it starts there; odd: controls, line feeds among them, and backslashes. */
struct bits {
	uint64_t quote, delimiter, line_feed, odd;
};

/* A store that gcc leaves alone: of eight plain ones side by side it would build vectors, which takes longer. */
static inline void put_place(uint32_t *to, uint32_t place)
{
	__atomic_store_n(to, place, __ATOMIC_RELAXED);
}

/* The place of the lowest bit; of none, any. */
static inline unsigned lowest(uint64_t bits)
{
#ifdef __BMI__
	return (unsigned)__builtin_ctzll(bits);
#else
	return (unsigned)__builtin_ctzll(bits | UINT64_C(1) << 63);
#endif
}

/* Writes at + i for each bit i; up to eight places more than there are bits are scribbled on. */
static inline uint32_t *put_places(uint32_t *to, uint64_t bits, uint32_t at)
{
	uint32_t *end = to + __builtin_popcountll(bits);

	/* Eight at once, so that the number of bits is no branch that is guessed wrongly at every word. */
	while (bits) {
		for (unsigned i = 0; i < 8; i++) {
			put_place(to + i, at + lowest(bits));
			bits &= bits - 1;
		}
		to += 8;
	}
	return end;
}

/* The same where there are two at most, mostly. */
static inline uint32_t *put_few(uint32_t *to, uint64_t bits, uint32_t at)
{
	uint64_t rest = bits & (bits - 1);

	put_place(to, at + lowest(bits));
	put_place(to + 1, at + lowest(rest));
	if (TG_UNLIKELY(rest & (rest - 1)))
		return put_places(to, bits, at);
	return to + (bits != 0) + (rest != 0);
}

/* The same behind n others. */
static inline void put_more(uint32_t *first, size_t *n, uint64_t bits, uint32_t at)
{
	*n = (size_t)(put_few(first + *n, bits, at) - first);
}

/* Separators. quoted: the field behind it starts with a quote; whoever cuts the fields may look for himself. */
static inline uint32_t *put_separators(uint32_t *to, uint64_t bits, uint64_t quoted, uint32_t at)
{
	(void)quoted;
	return put_places(to, bits, at);
}

/* Without a branch: whether there are quotes is not to be guessed. At the end of a row there is a line end. */
static inline struct tg_csv_field field_of(const char *p, uint32_t at, uint32_t stop, int quote)
{
	uint32_t quoted = (unsigned char)p[at] == quote;

	return tg_csv_field_make(at + quoted, stop - at - 2 * quoted, quoted);
}

static inline void cut_fields(const struct tg_csv_marks *m, const char *p,
			      struct tg_csv_field *field, uint32_t width)
{
	const uint32_t *separator = m->separator;
	int quote = m->wanted.quoting ? (unsigned char)m->wanted.quote : -1;
	uint32_t at = 0;

	for (size_t i = 0; i < m->separators; i++) {
		uint32_t stop = separator[i] & TG_CSV_PLACE;

		field[i] = field_of(p, at, stop, quote);
		at = stop + (width == 1 || p[stop] == '\n' ? 1 : width);
	}
}

static void cut_looking(const struct tg_csv_marks *m, const char *p, struct tg_csv_field *field)
{
	if (m->wanted.delimiter_n == 1)
		cut_fields(m, p, field, 1);
	else
		cut_fields(m, p, field, m->wanted.delimiter_n);
}

/* Of delimiters of tail + 1 bytes that overlap, the leftmost ones; begun is where the last of the word before ends. */
static uint64_t apart(uint64_t delimiter, uint64_t begun, unsigned tail)
{
	uint64_t left = 0, low;

	if (begun)
		delimiter &= UINT64_C(0) - (begun << 1);
	while (delimiter) {
		low = delimiter & (UINT64_C(0) - delimiter);
		left |= low;
		for (unsigned i = 0; i <= tail; i++)
			delimiter &= ~(low << i);
	}
	return left;
}

static uint64_t parity_by_shifts(uint64_t x)
{
	for (unsigned i = 1; i < 64; i *= 2)
		x ^= x << i;
	return x;
}

/* 0x80 in each byte that is zero, and 0 in the others: exact, nothing runs from byte to byte. */
static uint64_t zeros(uint64_t word)
{
	return ~(((word & EACH(0x7f)) + EACH(0x7f)) | word) & EACH(0x80);
}

static uint64_t equal_scalar(const char *p, char byte)
{
	uint64_t bits = 0, word;

	for (unsigned i = 0; i < 8; i++) {
		memcpy(&word, p + 8 * i, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		bits |= (zeros(word ^ EACH(byte)) >> 7) * UINT64_C(0x0102040810204080) >>
			56 << 8 * i;
	}
	return bits;
}

static uint64_t odd_scalar(const char *p)
{
	uint64_t bits = 0, word, found;

	for (unsigned i = 0; i < 8; i++) {
		memcpy(&word, p + 8 * i, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		found = zeros(word & EACH(0xe0)) | zeros(word ^ EACH('\\'));
		bits |= (found >> 7) * UINT64_C(0x0102040810204080) >> 56 << 8 * i;
	}
	return bits;
}

static struct bits bits_scalar(const struct tg_csv_wanted *m, const char *p, unsigned tail)
{
	struct bits b = {
		.quote = equal_scalar(p, m->quote),
		.delimiter = equal_scalar(p, m->delimiter[0]),
		.line_feed = equal_scalar(p, '\n'),
		.odd = odd_scalar(p),
	};

	for (unsigned i = 1; i <= tail; i++)
		b.delimiter &= equal_scalar(p + i, m->delimiter[i]);
	return b;
}

#define MARK_NAME mark_scalar
#define MARK_CALM false
#define MARK_BODY body_scalar
#define MARK_EQUAL equal_scalar
#define MARK_PLACES put_separators
#define MARK_TARGET
#define MARK_BITS bits_scalar
#define MARK_PARITY parity_by_shifts
#include "common/csv/mark_loop.h"

#if TG_CPU_X86

static inline uint64_t equal_sse2(const __m128i v[4], char byte)
{
	__m128i wanted = _mm_set1_epi8(byte);
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++)
		bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted))
			<< 16 * i;
	return bits;
}

static inline uint64_t odd_sse2(const __m128i v[4])
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i found = _mm_cmpeq_epi8(_mm_min_epu8(v[i], _mm_set1_epi8(0x1f)), v[i]);

		found = _mm_or_si128(found, _mm_cmpeq_epi8(v[i], _mm_set1_epi8('\\')));
		bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << 16 * i;
	}
	return bits;
}

static inline void load_sse2(__m128i v[4], const char *p)
{
	for (unsigned i = 0; i < 4; i++)
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
}

static inline uint64_t equal_at_sse2(const char *p, char byte)
{
	__m128i v[4];

	load_sse2(v, p);
	return equal_sse2(v, byte);
}

static inline struct bits bits_sse2(const struct tg_csv_wanted *m, const char *p, unsigned tail)
{
	__m128i v[4];
	struct bits b;

	load_sse2(v, p);
	b.quote = equal_sse2(v, m->quote);
	b.delimiter = equal_sse2(v, m->delimiter[0]);
	b.line_feed = equal_sse2(v, '\n');
	b.odd = odd_sse2(v);
	for (unsigned i = 1; i <= tail; i++) {
		load_sse2(v, p + i);
		b.delimiter &= equal_sse2(v, m->delimiter[i]);
	}
	return b;
}

#define MARK_NAME mark_sse2
#define MARK_CALM false
#define MARK_BODY body_sse2
#define MARK_EQUAL equal_at_sse2
#define MARK_PLACES put_separators
#define MARK_TARGET
#define MARK_BITS bits_sse2
#define MARK_PARITY parity_by_shifts
#include "common/csv/mark_loop.h"

#define AVX2 __attribute__((__target__("avx2,bmi,bmi2,pclmul,popcnt")))

AVX2 static inline uint64_t equal_avx2(__m256i low, __m256i high, char byte)
{
	__m256i wanted = _mm256_set1_epi8(byte);
	uint64_t l = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
	uint64_t h = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));

	return l | h << 32;
}

AVX2 static inline uint64_t odd_avx2(__m256i v)
{
	__m256i found = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);

	found = _mm256_or_si256(found, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
	return (uint32_t)_mm256_movemask_epi8(found);
}

AVX2 static inline __m256i load_avx2(const char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline uint64_t equal_at_avx2(const char *p, char byte)
{
	return equal_avx2(load_avx2(p), load_avx2(p + 32), byte);
}

AVX2 static inline struct bits bits_avx2(const struct tg_csv_wanted *m, const char *p,
					 unsigned tail)
{
	__m256i low = load_avx2(p), high = load_avx2(p + 32);
	struct bits b = {
		.quote = equal_avx2(low, high, m->quote),
		.delimiter = equal_avx2(low, high, m->delimiter[0]),
		.line_feed = equal_avx2(low, high, '\n'),
		.odd = odd_avx2(low) | odd_avx2(high) << 32,
	};

	for (unsigned i = 1; i <= tail; i++)
		b.delimiter &= equal_avx2(load_avx2(p + i), load_avx2(p + i + 32), m->delimiter[i]);
	return b;
}

AVX2 static inline uint64_t parity_avx2(uint64_t x)
{
	__m128i product =
		_mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8(-1), 0);

	return (uint64_t)_mm_cvtsi128_si64(product);
}

/* The same, with what cut_flagged wants to know in the top bit. */
AVX2 static inline uint32_t *put_flagged(uint32_t *to, uint64_t bits, uint64_t quoted, uint32_t at)
{
	uint32_t *end = to + __builtin_popcountll(bits);

	while (bits) {
		for (unsigned i = 0; i < 8; i++) {
			unsigned place = (unsigned)_tzcnt_u64(bits);

			put_place(to + i, (at + place) | (uint32_t)(quoted >> (place & 63)) << 31);
			bits &= bits - 1;
		}
		to += 8;
	}
	return end;
}

/* Delimiters are of one byte. No look at the text, so that compilers do several fields a step. */
AVX2 static void cut_flagged(const struct tg_csv_marks *m, const char *p,
			     struct tg_csv_field *restrict field)
{
	const uint32_t *restrict separator = m->separator;
	size_t n = m->separators;
	int quote = m->wanted.quoting ? (unsigned char)m->wanted.quote : -1;

	if (n)
		field[0] = field_of(p, 0, separator[0] & TG_CSV_PLACE, quote);
	for (size_t i = 1; i < n; i++) {
		uint32_t quoted = separator[i - 1] >> 31;
		uint32_t at = (separator[i - 1] & TG_CSV_PLACE) + 1 + quoted;

		field[i].at = at;
		field[i].size = ((separator[i] & TG_CSV_PLACE) - at - quoted) | quoted << 31;
	}
}

#define MARK_NAME mark_avx2
#define MARK_CALM true /* customers 5 %, a hundred columns 12 % */
#define MARK_BODY body_avx2
#define MARK_EQUAL equal_at_avx2
#define MARK_PLACES put_flagged
#define MARK_TARGET AVX2
#define MARK_BITS bits_avx2
#define MARK_PARITY parity_avx2
#include "common/csv/mark_loop.h"

#define AVX512                                                                                     \
	__attribute__((__target__("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,"     \
				  "avx2,bmi,bmi2,pclmul,popcnt")))

AVX512 static inline __m512i load_avx512(const char *p)
{
	return _mm512_loadu_si512((const void *)p);
}

AVX512 static inline uint64_t equal_avx512(__m512i v, char byte)
{
	return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(byte));
}

AVX512 static inline uint64_t equal_at_avx512(const char *p, char byte)
{
	return equal_avx512(load_avx512(p), byte);
}

AVX512 static inline struct bits bits_avx512(const struct tg_csv_wanted *m, const char *p,
					     unsigned tail)
{
	__m512i v = load_avx512(p);
	struct bits b = {
		.quote = equal_avx512(v, m->quote),
		.delimiter = equal_avx512(v, m->delimiter[0]),
		.line_feed = equal_avx512(v, '\n'),
		.odd = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20)) | equal_avx512(v, '\\'),
	};

	for (unsigned i = 1; i <= tail; i++)
		b.delimiter &= equal_avx512(load_avx512(p + i), m->delimiter[i]);
	return b;
}

/* Sixteen a step: the numbers of the bits side by side as bytes, the mark of quoted ones in their top bits, and then as words. */
AVX512 static inline uint32_t *put_avx512(uint32_t *to, uint64_t bits, uint64_t quoted, uint32_t at)
{
	const __m512i number = _mm512_set_epi64(
		0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
		0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
	__m512i place = _mm512_or_si512(number, _mm512_maskz_set1_epi8(quoted, -128));
	uint32_t *end = to + __builtin_popcountll(bits);

	place = _mm512_maskz_compress_epi8(bits, place);
	for (;;) {
		__m512i word = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(place));
		__m512i flag = _mm512_slli_epi32(word, 24);

		word = _mm512_and_si512(word, _mm512_set1_epi32(63));
		word = _mm512_add_epi32(word, _mm512_set1_epi32((int)at));
		/* word | flag & top bit */
		word = _mm512_ternarylogic_epi32(word, flag, _mm512_set1_epi32(INT32_MIN), 0xf8);
		_mm512_storeu_si512((void *)to, word);
		to += 16;
		if (TG_LIKELY(to >= end))
			return end;
		place = _mm512_alignr_epi64(place, place, 2);
	}
}

#define MARK_NAME mark_avx512
#define MARK_CALM false /* a hundred columns 7 %, and customers lose 4 % */
#define MARK_BODY body_avx512
#define MARK_EQUAL equal_at_avx512
#define MARK_PLACES put_avx512
#define MARK_TARGET AVX512
#define MARK_BITS bits_avx512
#define MARK_PARITY parity_avx2
#include "common/csv/mark_loop.h"

#endif

#if TG_CPU_ARM64

static inline void load_neon(uint8x16_t v[4], const char *p)
{
	for (unsigned i = 0; i < 4; i++)
		v[i] = tg_neon_load(p + 16 * i);
}

static inline uint64_t equal_neon(const uint8x16_t v[4], char byte)
{
	const uint8x16_t wanted = vdupq_n_u8((unsigned char)byte);

	return tg_neon_bits(vceqq_u8(v[0], wanted), vceqq_u8(v[1], wanted), vceqq_u8(v[2], wanted),
			    vceqq_u8(v[3], wanted));
}

static inline uint64_t odd_neon(const uint8x16_t v[4])
{
	const uint8x16_t space = vdupq_n_u8(' '), slash = vdupq_n_u8('\\');
	uint8x16_t found[4];

	for (unsigned i = 0; i < 4; i++)
		found[i] = vorrq_u8(vcltq_u8(v[i], space), vceqq_u8(v[i], slash));
	return tg_neon_bits(found[0], found[1], found[2], found[3]);
}

static inline uint64_t equal_at_neon(const char *p, char byte)
{
	uint8x16_t v[4];

	load_neon(v, p);
	return equal_neon(v, byte);
}

static inline struct bits bits_neon(const struct tg_csv_wanted *m, const char *p, unsigned tail)
{
	uint8x16_t v[4];
	struct bits b;

	load_neon(v, p);
	b.quote = equal_neon(v, m->quote);
	b.delimiter = equal_neon(v, m->delimiter[0]);
	b.line_feed = equal_neon(v, '\n');
	b.odd = odd_neon(v);
	for (unsigned i = 1; i <= tail; i++)
		b.delimiter &= equal_at_neon(p + i, m->delimiter[i]);
	return b;
}

#define MARK_NAME mark_neon
#define MARK_CALM false
#define MARK_BODY body_neon
#define MARK_EQUAL equal_at_neon
#define MARK_PLACES put_separators
#define MARK_TARGET
#define MARK_BITS bits_neon
#define MARK_PARITY parity_by_shifts
#include "common/csv/mark_loop.h"

#endif

static void choose(struct tg_csv_marks *m)
{
	m->mark = mark_scalar;
	m->cut = cut_looking;
#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_SSE2)
		m->mark = mark_sse2;
	if (tg_cpu_level() >= TG_CPU_AVX2)
		m->mark = mark_avx2;
	if (tg_cpu_level() >= TG_CPU_AVX512)
		m->mark = mark_avx512;
	if (tg_cpu_level() >= TG_CPU_AVX2 && m->wanted.delimiter_n == 1)
		m->cut = cut_flagged;
#endif
#if TG_CPU_ARM64
	if (tg_cpu_level() >= TG_CPU_NEON)
		m->mark = mark_neon;
#endif
}

static bool overlaps_itself(const char *p, unsigned n)
{
	for (unsigned by = 1; by < n; by++) {
		if (memcmp(p, p + by, n - by) == 0)
			return true;
	}
	return false;
}

struct tg_csv_marks *tg_csv_marks_new(const struct tg_csv_dialect *d)
{
	struct tg_csv_marks *m = tg_alloc(sizeof(*m));

	m->wanted.delimiter_n = d->delimiter_n;
	memcpy(m->wanted.delimiter, d->delimiter, sizeof(m->wanted.delimiter));
	m->wanted.overlaps = overlaps_itself(d->delimiter, d->delimiter_n);
	m->wanted.quote = d->quote < 0 ? '"' : (char)d->quote;
	m->plain = m->wanted.quote == '"';
	m->wanted.quoting = d->quote < 0 ? 0 : ~UINT64_C(0);
	tg_csv_marks_grow(m, TG_CSV_ROWS);
	choose(m);
	return m;
}

void tg_csv_marks_grow(struct tg_csv_marks *m, size_t n)
{
	enum { LISTS = 4 };
	/* One a byte at most, and what is scribbled. */
	size_t room = n > TG_CSV_PIECE_MAX / 2 ? TG_CSV_PIECE_MAX : 2 * n, all = room + 64 + 16;

	/* In one piece, and not cleared. */
	tg_free(m->separator);
	m->separator = tg_resize_array(NULL, LISTS * all, sizeof(*m->separator));
	m->feed = m->separator + all;
	m->inner = m->feed + all;
	m->special = m->inner + all;
	m->room = room;
}

void tg_csv_marks_free(struct tg_csv_marks **marks)
{
	struct tg_csv_marks *m = *marks;

	if (m) {
		tg_free(m->separator);
		tg_free(m);
	}
	*marks = NULL;
}
