/*
 * keys: key files, and folders of them, brought into a home.
 *
 * What the operator names is all there is; a key that is there is no pin by itself, and which ones count is the caller's business.
 * In a folder, files whose names begin with a point are passed over, folders are not gone into, and the order is that of the names.
 */
#ifndef TG_PGP_KEYS_H
#define TG_PGP_KEYS_H

#include "common/pgp/home.h"

enum tg_pgp_keys_kind {
	TG_PGP_SECRET, /* each file must hold one */
	/* A file with a secret key is our own: its keys decrypt and sign, and go to `own`, not among the others. Its public half must not
	 * vouch for what others send, nor be taken for a recipient. */
	TG_PGP_EITHER,
};

/* Zeroed is empty. */
struct tg_pgp_keys {
	struct tg_str *fingerprint; /* of the primary keys, each once */
	size_t n, room;
	size_t files;
	size_t secrets;		 /* files with secret keys */
	struct tg_pgp_keys *own; /* of TG_PGP_EITHER; NULL: they are not listed */
	const char *
		open_to_others; /* the first file with a secret key that others may read; NULL: none */
};

void tg_pgp_keys_release(struct tg_pgp_keys *keys);

/* Imports a file or a folder, or for secret keys what a SPEC (io/secret.h) says; path lives as long as the arena. TG_NO_INPUT: it is
 * not there. TG_CONFIG: an empty folder, a file without a key, a key of the wrong kind. */
TG_MUST_USE enum tg_status tg_pgp_keys_add(struct tg_pgp_keys *keys, struct tg_pgp_home *home,
					   const char *path, enum tg_pgp_keys_kind kind,
					   struct tg_arena *arena, struct tg_error *err);

/* Whether a primary key of this fingerprint is among them. */
bool tg_pgp_keys_have(const struct tg_pgp_keys *keys, const char *fingerprint);

/* The key that a fingerprint as people write it belongs to: out gets it as gpg writes it. TG_USAGE, with the option's name, for
 * anything that is no full fingerprint; it is not repeated in full. */
TG_MUST_USE enum tg_status tg_pgp_keys_pin(struct tg_str text, const char *option, char out[64 + 1],
					   struct tg_error *err);

#endif
