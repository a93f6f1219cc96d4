/*
 * siphash: SipHash-2-4 with 128 bits of output, by Aumasson and Bernstein: a keyed hash that nobody without the key can make collide.
 *
 * For keys of records, which are short: no set-up, no library, a few tens of nanoseconds. It is no signature. Any thread may use it.
 */
#ifndef TG_DIGEST_SIPHASH_H
#define TG_DIGEST_SIPHASH_H

#include "common/base/str.h"

enum { TG_SIPHASH_KEY = 16, TG_SIPHASH_SIZE = 16 };

struct tg_siphash_key {
	uint64_t k[2];
};

/* The key as its reference writes it: 16 bytes. */
struct tg_siphash_key tg_siphash_key_of(const unsigned char bytes[TG_SIPHASH_KEY]);

/* p need not be aligned; nothing behind p + n is read. out in the byte order of the reference. */
void tg_siphash(const struct tg_siphash_key *key, const void *p, size_t n,
		unsigned char out[TG_SIPHASH_SIZE]);

/* The same of n texts, several side by side where the machine can: three to five times as fast. */
void tg_siphash_each(const struct tg_siphash_key *key, const struct tg_str *text, size_t n,
		     unsigned char (*out)[TG_SIPHASH_SIZE]);

#endif
