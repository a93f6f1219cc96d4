/*
 * mac: HMAC (RFC 2104) under several secrets, keyed once and copied for each message.
 *
 * Of each secret the states behind its inner and outer pad are kept, and a message begins with a copy of them: on small bodies
 * several times faster than HMAC() in one call. The first megabyte is computed by libmd, what follows by libcrypto, which is dear to
 * load. Secrets and states are wiped when the object goes. One thread.
 */
#ifndef TG_WEBHOOK_MAC_H
#define TG_WEBHOOK_MAC_H

#include "common/base/str.h"

enum tg_hash {
	TG_HASH_SHA1,
	TG_HASH_SHA256,
	TG_HASH_SHA512,
};

enum { TG_MAC_MAX = 64 }; /* bytes of the longest */

struct tg_mac;

/* plain: no HMAC, but the hash of the secret and the message (HubSpot v1). */
TG_MUST_USE struct tg_mac *tg_mac_new(enum tg_hash hash, bool plain);
void tg_mac_free(struct tg_mac **mac); /* for TG_OWN too */

/* Adds a secret; its number is how many there were. */
void tg_mac_key(struct tg_mac *mac, struct tg_str key);

size_t tg_mac_size(const struct tg_mac *mac);
size_t tg_mac_keys(const struct tg_mac *mac);

/* One message under secret number `key`. */
void tg_mac_begin(struct tg_mac *mac, size_t key);
void tg_mac_add(struct tg_mac *mac, const void *p, size_t n);
void tg_mac_end(struct tg_mac *mac, unsigned char out[TG_MAC_MAX]);

/* A plain hash, without a secret. */
void tg_mac_hash(struct tg_mac *mac, enum tg_hash hash, struct tg_str text,
		 unsigned char out[TG_MAC_MAX], size_t *n);

/* Whether the bytes are equal, in time that depends on their number alone. */
bool tg_same_bytes(const void *a, const void *b, size_t n);

#endif
