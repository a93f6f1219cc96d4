#include "common/digest/siphash.h"

#include <string.h>

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

/* The last bytes, fewer than 8, and the length's low byte on top. */
static inline uint64_t tail(const unsigned char *p, size_t rest, size_t n)
{
	uint64_t x = (uint64_t)n << 56;

	for (size_t i = 0; i < rest; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

struct tg_siphash_key tg_siphash_key_of(const unsigned char bytes[TG_SIPHASH_KEY])
{
	return (struct tg_siphash_key){ { load(bytes), load(bytes + 8) } };
}

void tg_siphash(const struct tg_siphash_key *key, const void *p, size_t n,
		unsigned char out[TG_SIPHASH_SIZE])
{
	const unsigned char *at = p, *end = at + (n & ~(size_t)7);
	struct sip v = {
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t m;

	for (; at < end; at += 8) {
		m = load(at);
		v.d ^= m;
		rounds(&v, 2);
		v.a ^= m;
	}
	m = tail(at, n & 7, n);
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
