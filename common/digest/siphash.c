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
#define TURN(x, by) _mm256_or_si256(_mm256_slli_epi64(x, by), _mm256_srli_epi64(x, 64 - (by)))

struct lanes {
	__m256i a, b, c, d;
};

AVX2 static inline __m256i load_lanes(const void *p)
{
	return _mm256_loadu_si256(p);
}

AVX2 static inline struct lanes lanes_rounds(struct lanes v, int n)
{
	const __m256i by_16 =
		_mm256_setr_epi8(6, 7, 0, 1, 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13, 6, 7, 0, 1,
				 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13);

	for (int i = 0; i < n; i++) {
		v.a = _mm256_add_epi64(v.a, v.b);
		v.c = _mm256_add_epi64(v.c, v.d);
		v.b = _mm256_xor_si256(TURN(v.b, 13), v.a);
		v.d = _mm256_xor_si256(_mm256_shuffle_epi8(v.d, by_16), v.c);
		v.a = _mm256_shuffle_epi32(v.a, _MM_SHUFFLE(2, 3, 0, 1));
		v.c = _mm256_add_epi64(v.c, v.b);
		v.a = _mm256_add_epi64(v.a, v.d);
		v.b = _mm256_xor_si256(TURN(v.b, 17), v.c);
		v.d = _mm256_xor_si256(TURN(v.d, 21), v.a);
		v.c = _mm256_shuffle_epi32(v.c, _MM_SHUFFLE(2, 3, 0, 1));
	}
	return v;
}

AVX2 static inline struct lanes take_in(struct lanes v, __m256i m)
{
	v.d = _mm256_xor_si256(v.d, m);
	v = lanes_rounds(v, 2);
	v.a = _mm256_xor_si256(v.a, m);
	return v;
}

/* The lanes of b where live is set, else those of a. */
AVX2 static inline struct lanes choose(struct lanes a, struct lanes b, __m256i live)
{
	return (struct lanes){
		_mm256_blendv_epi8(a.a, b.a, live),
		_mm256_blendv_epi8(a.b, b.b, live),
		_mm256_blendv_epi8(a.c, b.c, live),
		_mm256_blendv_epi8(a.d, b.d, live),
	};
}

AVX2 static inline __m256i over_all(struct lanes v)
{
	return _mm256_xor_si256(_mm256_xor_si256(v.a, v.b), _mm256_xor_si256(v.c, v.d));
}

AVX2 static inline struct lanes lanes_begin(const struct tg_siphash_key *key)
{
	struct sip v = begin(key);

	return (struct lanes){
		_mm256_set1_epi64x((long long)v.a),
		_mm256_set1_epi64x((long long)v.b),
		_mm256_set1_epi64x((long long)v.c),
		_mm256_set1_epi64x((long long)v.d),
	};
}

AVX2 static inline void lanes_end(struct lanes v, uint64_t low[LANES], uint64_t high[LANES])
{
	v.c = _mm256_xor_si256(v.c, _mm256_set1_epi64x(0xee));
	v = lanes_rounds(v, 4);
	_mm256_storeu_si256((__m256i *)(void *)low, over_all(v));
	v.b = _mm256_xor_si256(v.b, _mm256_set1_epi64x(0xdd));
	v = lanes_rounds(v, 4);
	_mm256_storeu_si256((__m256i *)(void *)high, over_all(v));
}

/* The first `count` digests of the eight are wanted. */
AVX2 static void eight(const struct tg_siphash_key *key, const struct tg_str text[EIGHT],
		       unsigned char (*out)[TG_SIPHASH_SIZE], size_t count)
{
	const unsigned char *p[EIGHT];
	size_t words[EIGHT], least = SIZE_MAX, most = 0;
	uint64_t last[EIGHT], m[EIGHT], live[EIGHT], low[EIGHT], high[EIGHT];
	struct lanes v = lanes_begin(key), w = v;
	size_t j;

	for (size_t i = 0; i < EIGHT; i++) {
		p[i] = (const unsigned char *)text[i].p;
		words[i] = text[i].n / 8;
		last[i] = tail(p[i], text[i].n);
		least = words[i] < least ? words[i] : least;
		most = words[i] > most ? words[i] : most;
	}
	for (j = 0; j < least; j++) {
		for (size_t i = 0; i < EIGHT; i++)
			m[i] = load(p[i] + 8 * j);
		v = take_in(v, load_lanes(m));
		w = take_in(w, load_lanes(m + LANES));
	}
	for (; j <= most; j++) { /* a text that is at its end waits for the others */
		for (size_t i = 0; i < EIGHT; i++) {
			m[i] = j < words[i] ? load(p[i] + 8 * j) : last[i];
			live[i] = j <= words[i] ? UINT64_MAX : 0;
		}
		v = choose(v, take_in(v, load_lanes(m)), load_lanes(live));
		w = choose(w, take_in(w, load_lanes(m + LANES)), load_lanes(live + LANES));
	}
	lanes_end(v, low, high);
	lanes_end(w, low + LANES, high + LANES);
	for (size_t i = 0; i < count; i++) {
		store(out[i], low[i]);
		store(out[i] + 8, high[i]);
	}
}

/* How many of the texts were done. */
static size_t in_eights(const struct tg_siphash_key *key, const struct tg_str *text, size_t n,
			unsigned char (*out)[TG_SIPHASH_SIZE])
{
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
