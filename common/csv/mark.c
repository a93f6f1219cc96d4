#include "common/csv/mark.h"

#include "common/base/cpu.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

#define EACH(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* One bit for each of 64 bytes. Of a delimiter, that it starts there. */
struct bits {
	uint64_t quote, delimiter, line_feed, carriage_return;
};

/* Writes at + i for each bit i; up to eight places more than there are bits are scribbled on. */
static inline uint32_t *put_places(uint32_t *to, uint64_t bits, uint32_t at)
{
	uint32_t *end = to + __builtin_popcountll(bits);

	/* Eight at once, so that the number of bits is no branch that is guessed wrongly at every word. */
	while (bits) {
		for (unsigned i = 0; i < 8; i++) {
			to[i] = at + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
			bits &= bits - 1;
		}
		to += 8;
	}
	return end;
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

static struct bits bits_scalar(const struct tg_csv_wanted *m, const char *p)
{
	struct bits b = {
		.quote = equal_scalar(p, m->quote),
		.delimiter = equal_scalar(p, m->delimiter[0]),
		.line_feed = equal_scalar(p, '\n'),
		.carriage_return = equal_scalar(p, '\r'),
	};

	for (unsigned i = 1; i < m->delimiter_n; i++)
		b.delimiter &= equal_scalar(p + i, m->delimiter[i]);
	return b;
}

#define MARK_NAME mark_scalar
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

static inline void load_sse2(__m128i v[4], const char *p)
{
	for (unsigned i = 0; i < 4; i++)
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
}

static inline struct bits bits_sse2(const struct tg_csv_wanted *m, const char *p)
{
	__m128i v[4];
	struct bits b;

	load_sse2(v, p);
	b.quote = equal_sse2(v, m->quote);
	b.delimiter = equal_sse2(v, m->delimiter[0]);
	b.line_feed = equal_sse2(v, '\n');
	b.carriage_return = equal_sse2(v, '\r');
	for (unsigned i = 1; i < m->delimiter_n; i++) {
		load_sse2(v, p + i);
		b.delimiter &= equal_sse2(v, m->delimiter[i]);
	}
	return b;
}

#define MARK_NAME mark_sse2
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

AVX2 static inline __m256i load_avx2(const char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline struct bits bits_avx2(const struct tg_csv_wanted *m, const char *p)
{
	__m256i low = load_avx2(p), high = load_avx2(p + 32);
	struct bits b = {
		.quote = equal_avx2(low, high, m->quote),
		.delimiter = equal_avx2(low, high, m->delimiter[0]),
		.line_feed = equal_avx2(low, high, '\n'),
		.carriage_return = equal_avx2(low, high, '\r'),
	};

	for (unsigned i = 1; i < m->delimiter_n; i++)
		b.delimiter &= equal_avx2(load_avx2(p + i), load_avx2(p + i + 32), m->delimiter[i]);
	return b;
}

AVX2 static inline uint64_t parity_avx2(uint64_t x)
{
	__m128i product =
		_mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8(-1), 0);

	return (uint64_t)_mm_cvtsi128_si64(product);
}

#define MARK_NAME mark_avx2
#define MARK_TARGET AVX2
#define MARK_BITS bits_avx2
#define MARK_PARITY parity_avx2
#include "common/csv/mark_loop.h"

#endif

static void choose(struct tg_csv_marks *m)
{
	m->mark = mark_scalar;
#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_SSE2)
		m->mark = mark_sse2;
	if (tg_cpu_level() >= TG_CPU_AVX2)
		m->mark = mark_avx2;
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
	/* One a byte at most, and what put_places scribbles. */
	enum { ROOM = TG_CSV_PIECE_MAX + 64 + 8 };
	struct tg_csv_marks *m = tg_alloc(sizeof(*m));

	m->wanted.delimiter_n = d->delimiter_n;
	memcpy(m->wanted.delimiter, d->delimiter, sizeof(m->wanted.delimiter));
	m->wanted.overlaps = overlaps_itself(d->delimiter, d->delimiter_n);
	m->wanted.quote = d->quote < 0 ? '\0' : (char)d->quote;
	m->wanted.quoting = d->quote < 0 ? 0 : ~UINT64_C(0);
	m->separator = tg_alloc_array(ROOM, sizeof(*m->separator));
	m->inner = tg_alloc_array(ROOM, sizeof(*m->inner));
	choose(m);
	return m;
}

void tg_csv_marks_free(struct tg_csv_marks **marks)
{
	struct tg_csv_marks *m = *marks;

	if (m) {
		tg_free(m->separator);
		tg_free(m->inner);
		tg_free(m);
	}
	*marks = NULL;
}
