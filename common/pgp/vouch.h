/*
 * vouch: a few bytes signed by a key of ours, apart from them; and whether a pinned key has so signed what is at hand.
 *
 * Each call makes a home for itself and is done with it when it returns. The rules are those of pgp-seal for who signs (a strong
 * subkey, chosen here and told to gpg exactly, SHA-256) and of pgp-open for whose signature counts.
 */
#ifndef TG_PGP_VOUCH_H
#define TG_PGP_VOUCH_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"

enum { TG_VOUCH_MOST = 4096 }; /* bytes that are signed */

/* Signs bytes with the one secret key of `key` (a file, or a SPEC of io/secret.h; passphrase the same, or none) and appends the armored
 * signature. TG_REFUSED: the key does not sign, or the passphrase is wrong. TG_CONFIG, TG_USAGE: there is no such key, or several. */
TG_MUST_USE enum tg_status tg_vouch(struct tg_str bytes, struct tg_str key,
				    struct tg_str passphrase, struct tg_arena *arena,
				    struct tg_buffer *signature, struct tg_error *err);

/* TG_REFUSED unless a key of one of the n key files or folders has signed these bytes. what is their name in messages. */
TG_MUST_USE enum tg_status tg_vouched(struct tg_str bytes, struct tg_str signature,
				      const char *what, const struct tg_str *keys, size_t n,
				      struct tg_arena *arena, struct tg_error *err);

#endif
