#include "common/digest/siphash.h"

#include "common/base/cpu.h"

#include <string.h>

#if TG_CPU_X86
#include <immintrin.h>
#endif

/* Little-endian, on every machine: digests are kept in files. */
static inline uint64_t load(const unsigned char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static inline void store(unsigned char *p, uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(p, &x, sizeof(x));
}

static inline uint64_t turn(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

struct sip {
	uint64_t a, b, c, d;
};

static inline void rounds(struct sip *v, int n)
{
	for (int i = 0; i < n; i++) {
		v->a += v->b;
		v->c += v->d;
		v->b = turn(v->b, 13) ^ v->a;
		v->d = turn(v->d, 16) ^ v->c;
		v->a = turn(v->a, 32);
		v->c += v->b;
		v->a += v->d;
		v->b = turn(v->b, 17) ^ v->c;
		v->d = turn(v->d, 21) ^ v->a;
		v->c = turn(v->c, 32);
	}
}

/* The bytes behind the last whole word, and the length's low byte on top. */
static inline uint64_t tail(const unsigned char *p, size_t n)
{
	uint64_t x = (uint64_t)n << 56;
	size_t rest = n & 7;

	if (n >= 8)
		return rest ? x | load(p + n - 8) >> (64 - 8 * rest) : x;
	for (size_t i = 0; i < rest; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

/* The state before anything is taken in. */
static inline struct sip begin(const struct tg_siphash_key *key)
{
	return (struct sip){
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};
}

struct tg_siphash_key tg_siphash_key_of(const unsigned char bytes[TG_SIPHASH_KEY])
{
	return (struct tg_siphash_key){ { load(bytes), load(bytes + 8) } };
}

void tg_siphash(const struct tg_siphash_key *key, const void *p, size_t n,
		unsigned char out[TG_SIPHASH_SIZE])
{
	const unsigned char *at = p, *end = at + (n & ~(size_t)7);
	struct sip v = begin(key);
	uint64_t m;

	for (; at < end; at += 8) {
		m = load(at);
		v.d ^= m;
		rounds(&v, 2);
		v.a ^= m;
	}
	m = tail(p, n);
	v.d ^= m;
	rounds(&v, 2);
	v.a ^= m;
	v.c ^= 0xee;
	rounds(&v, 4);
	store(out, v.a ^ v.b ^ v.c ^ v.d);
	v.b ^= 0xdd;
	rounds(&v, 4);
	store(out + 8, v.a ^ v.b ^ v.c ^ v.d);
}

#if TG_CPU_X86

/*
 * A round waits for the one before it, so one text alone leaves most of the machine idle. Eight texts go side by side, in two vectors
 * of four whose rounds do not wait for each other.
 */
enum { LANES = 4, EIGHT = 2 * LANES };

#define AVX2 __attribute__((__target__("avx2")))

AVX2 static inline __m256i turn_avx2(__m256i x, int by)
{
	const __m256i by_16 =
		_mm256_setr_epi8(6, 7, 0, 1, 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13, 6, 7, 0, 1,
				 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13);

	if (by == 16)
		return _mm256_shuffle_epi8(x, by_16);
	if (by == 32)
		return _mm256_shuffle_epi32(x, _MM_SHUFFLE(2, 3, 0, 1));
	return _mm256_or_si256(_mm256_slli_epi64(x, by), _mm256_srli_epi64(x, 64 - by));
}

#define SIP_NAME(what) what##_avx2
#define SIP_TARGET AVX2
#define SIP_TURN(x, by) turn_avx2(x, by)
#include "common/digest/siphash_loop.h"

#define SIP_NAME(what) what##_avx512
#define SIP_TARGET __attribute__((__target__("avx512f,avx512vl,avx2")))
#define SIP_TURN(x, by) _mm256_rol_epi64(x, by)
#include "common/digest/siphash_loop.h"

/* How many of the texts were done. */
static size_t in_eights(const struct tg_siphash_key *key, const struct tg_str *text, size_t n,
			unsigned char (*out)[TG_SIPHASH_SIZE])
{
	void (*eight)(const struct tg_siphash_key *, const struct tg_str *,
		      unsigned char(*)[TG_SIPHASH_SIZE], size_t) =
		tg_cpu_level() >= TG_CPU_AVX512 ? eight_avx512 : eight_avx2;
	struct tg_str some[EIGHT];
	size_t done = 0, left;

	for (; n - done >= EIGHT; done += EIGHT)
		eight(key, text + done, out + done, EIGHT);
	left = n - done;
	if (left < EIGHT / 2)
		return done;
	for (size_t i = 0; i < EIGHT; i++)
		some[i] = text[done + (i < left ? i : 0)];
	eight(key, some, out + done, left);
	return n;
}

#endif

void tg_siphash_each(const struct tg_siphash_key *key, const struct tg_str *text, size_t n,
		     unsigned char (*out)[TG_SIPHASH_SIZE])
{
	size_t done = 0;

#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_AVX2)
		done = in_eights(key, text, n, out);
#endif
	for (; done < n; done++)
		tg_siphash(key, text[done].p, text[done].n, out[done]);
}
