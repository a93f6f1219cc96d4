/*
 * keys: inside common/json: finds a key that stands twice in one object, in linear time whatever the keys are.
 *
 * Of each open object a word of 64 bits says which hashes were seen. Only when a key's bit is set already are the object's hashes
 * looked through, and only for an equal hash its names. An object of more than TG_KEYS_FEW keys goes into a table that all such
 * objects of the text share. Hashes begin with a secret drawn for each scanner, so nobody can write keys that meet.
 *
 * Records of one kind have the same keys, and under about half of the secrets two of them fall on one bit, in every record. So a
 * secret under which that happens is changed for another before the next text; of a few that all do it the best stays.
 */
#ifndef TG_JSON_KEYS_H
#define TG_JSON_KEYS_H

#include "common/base/buffer.h"
#include "common/json/grammar.h"
#include "common/json/scan.h"

enum { TG_KEYS_FEW = 32 };

/* A key of an open object that has few: its hash in the low half, the index of its span in the high one. */
typedef uint64_t tg_key;

/* The keys of one open object. */
struct tg_key_set {
	uint64_t seen;
	tg_key *first, *end; /* in tg_keys.few */
	tg_key *most;	     /* end gets no further; first == most: all are in the table */
	uint32_t object;     /* its span */
};

/* A key in the table. */
struct tg_many_key {
	uint32_t hash;
	uint32_t span;
	uint32_t object;
};

struct tg_keys {
	uint64_t secret[4], best[4];
	uint32_t met;	  /* names of this text that are new, and fell on the bit of another */
	uint32_t least;	  /* of them, under the secret best */
	unsigned secrets; /* drawn so far */
	tg_key *few;	  /* TG_DEPTH_MAX times TG_KEYS_FEW, used like a stack */
	struct tg_many_key *many;
	uint32_t many_n, many_room;
	uint32_t *slot; /* 1 + index in many, 0: free */
	uint32_t slots; /* in use: a power of two; 0: not set up for this text */
	uint32_t slot_room;
	struct tg_buffer text;
};

void tg_keys_init(struct tg_keys *keys);
void tg_keys_release(struct tg_keys *keys);

TG_COLD void tg_keys_change_secret(struct tg_keys *keys);

/* Before a text: what the one before left is forgotten. */
static inline void tg_keys_begin(struct tg_keys *keys)
{
	keys->slots = keys->many_n = 0;
	if (TG_UNLIKELY(keys->met))
		tg_keys_change_secret(keys);
}

/* For when a key's bit was seen already, or the object has many keys: keeps the key, or says that its name stands there twice. */
TG_MUST_USE bool tg_keys_add(struct tg_keys *keys, struct tg_key_set *set, uint64_t hash,
			     uint32_t span, const struct tg_record *rec);

/* The hash of a key's decoded text. */
uint64_t tg_keys_hash_escaped(struct tg_keys *keys, const struct tg_record *rec,
			      const struct tg_span *key);

/* The lowest 0, 1 ... 8 bytes of a word. */
extern const uint64_t tg_keys_low[9];

static inline uint64_t tg_keys_bit(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58);
}

/* The two halves of the product, one over the other. */
static inline uint64_t tg_keys_mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	uint64_t low = UINT32_MAX, cross = (a >> 32) * (b & low) + ((a & low) * (b & low) >> 32),
		 other = (a & low) * (b >> 32) + (cross & low);

	return a * b ^ ((a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32));
#endif
}

/* Reads up to 8 bytes behind the name. Long names go through 16 bytes at a time. */
static inline uint64_t tg_keys_hash(const struct tg_keys *keys, const char *p, size_t n)
{
	uint64_t state = keys->secret[0] ^ n, b = 0;

	while (TG_UNLIKELY(n > 16)) {
		state = tg_keys_mix(tg_load64(p) ^ keys->secret[1] ^ state,
				    tg_load64(p + 8) ^ keys->secret[2]);
		p += 16;
		n -= 16;
	}
	if (n > 8)
		b = tg_load64(p + n - 8);
	return tg_keys_mix((tg_load64(p) & tg_keys_low[n < 8 ? n : 8]) ^ keys->secret[1] ^ state,
			   b ^ keys->secret[2]);
}

#endif
