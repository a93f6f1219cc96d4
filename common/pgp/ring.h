/*
 * ring: the keys of a run: which are at hand, which decrypt, and which are pins.
 *
 * What the operator names is brought into the run's home, file by file. A file that holds a secret key decrypts, and pins nobody: it
 * is our own, and its public half must not vouch for what others send. The public keys of all other files may be pins.
 */
#ifndef TG_PGP_RING_H
#define TG_PGP_RING_H

#include "common/pgp/home.h"
#include "common/pgp/keys.h"
#include "common/pgp/verdict.h"

/* A key or subkey at hand. */
struct tg_pgp_ring_key {
	char fingerprint[TG_PGP_FINGERPRINT];
	char primary[TG_PGP_FINGERPRINT];
	int64_t expires; /* it, or the key that it belongs to, the earlier; 0: never */
	bool revoked;	 /* or not to be used for another reason: the same of both */
};

struct tg_pgp_ring {
	struct tg_pgp_ring_key *key;
	size_t keys;
	struct tg_pgp_keys public; /* of the files without secret keys: they may be pins */
	struct tg_pgp_keys secret;
	struct tg_arena *arena;
};

void tg_pgp_ring_release(struct tg_pgp_ring *ring);

/* Brings in a key file, or all files of a folder (tg_pgp_keys_add, TG_PGP_EITHER). */
TG_MUST_USE enum tg_status tg_pgp_ring_add(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
					   const char *path, struct tg_error *err);

/* Brings in secret keys (the same, TG_PGP_SECRET). */
TG_MUST_USE enum tg_status tg_pgp_ring_add_secret(struct tg_pgp_ring *ring,
						  struct tg_pgp_home *home, const char *path,
						  struct tg_error *err);

/* Whether there is a secret key; the first file of one that others may read, or NULL. */
bool tg_pgp_ring_decrypts(const struct tg_pgp_ring *ring);
const char *tg_pgp_ring_open_to_others(const struct tg_pgp_ring *ring);

/* All is brought in: asks gpg what there is. */
TG_MUST_USE enum tg_status tg_pgp_ring_list(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
					    struct tg_error *err);

/* The key or subkey of that fingerprint, or NULL. */
const struct tg_pgp_ring_key *tg_pgp_ring_find(const struct tg_pgp_ring *ring,
					       const char *fingerprint);

#endif
