/*
 * digest: SHA-256, by libmd for little and over OpenSSL's EVP for much. Loading libcrypto costs more than a small run does, so it is
 * called for when the bytes are worth it.
 */
#ifndef TG_DIGEST_DIGEST_H
#define TG_DIGEST_DIGEST_H

#include "common/base/status.h"

enum { TG_SHA256_SIZE = 32, TG_SHA256_HEX = 64 };

struct tg_digest; /* one running digest; not shared by threads */

/* TG_OK; a digest has nothing to fail of. */
TG_MUST_USE enum tg_status tg_digest_new(struct tg_digest **digest, struct tg_error *err);
void tg_digest_add(struct tg_digest *digest, const void *p, size_t n);
/* Writes the digest as lowercase hex and a NUL, and makes it ready for the next one. */
void tg_digest_hex(struct tg_digest *digest, char hex[TG_SHA256_HEX + 1]);
void tg_digest_free(struct tg_digest **digest); /* for TG_OWN too */

/* All at once. */
TG_MUST_USE enum tg_status tg_digest_of(struct tg_str bytes, char hex[TG_SHA256_HEX + 1],
					struct tg_error *err);

/* Bytes that nobody can foresee (getrandom). */
void tg_random(void *p, size_t n);

#endif
