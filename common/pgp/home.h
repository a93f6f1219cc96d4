/*
 * home: the private key home of one run: a directory that GnuPG works in, made for the run and removed with it.
 *
 *	TG_OWN(tg_pgp_home_close) struct tg_pgp_home home = TG_PGP_HOME_INIT;
 *	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
 *
 *	st = tg_pgp_home_open(&home, NULL, err);
 *	...	st = tg_pgp_home_import(&home, bytes, "partner.asc", arena, &import, err);
 *	...	st = tg_pgp_home_context(&home, &ctx, err);
 *
 * Nothing of the user's own GnuPG is read: no keys, no gpg.conf, no trust. Nothing is fetched from anywhere, and nobody is asked:
 * a passphrase comes from home.passphrase or not at all. What is in it is what was imported, so what gpg finds is what the operator
 * named.
 *
 * The directory is tidegate-pgp-XXXXXX (0700), in `directory`, or else in the first of these that can be used: $TMPDIR, /dev/shm
 * (which is memory: secret keys never come on a disk), /tmp. Its path is short enough for the agent's socket to stand in it. It is
 * held under flock while its run lives. A kill -9 leaves it behind, and an agent; the next run of the same user that opens a home
 * finds both there, by the prefix and the free lock, and removes them.
 *
 * gpg starts a gpg-agent for secret keys, which outlives it. While a home is open this process is the one that orphans below it
 * fall to (PR_SET_CHILD_SUBREAPER), so that close can wait for every process that was started for the home, the agent included,
 * and kill what does not go by itself. One home at a time; not for threads.
 */
#ifndef TG_PGP_HOME_H
#define TG_PGP_HOME_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/io/secret.h"

#include <gpgme.h>

enum {
	TG_PGP_HOME_PATH = 80, /* with its NUL; "/S.gpg-agent.browser" behind it fits 108 */
	TG_PGP_KEY_FILE_MOST = 10 << 20,
};

struct tg_pgp_home {
	char path[TG_PGP_HOME_PATH]; /* "": there is none */
	int lock;		     /* the directory, under flock */
	bool agent;		     /* a secret key came in: there may be an agent */
	/* Of every secret key that has one; the owner fills it in, and close wipes it. */
	struct tg_secret passphrase;
	bool passphrase_wanted;	 /* gpg asked for one since this was last cleared */
	bool passphrase_refused; /* ... and asked again: it was wrong */
	int *older;		 /* children that are not of this home */
	size_t olders;
};

#define TG_PGP_HOME_INIT ((struct tg_pgp_home){ .lock = -1, .passphrase = TG_SECRET_INIT })

/* Removes what dead runs left, then makes the home. directory: NULL for the usual ones. TG_UNAVAILABLE: there is no gpg, or GPGME
 * does not like it. TG_CANNOT_CREATE. */
TG_MUST_USE enum tg_status tg_pgp_home_open(struct tg_pgp_home *home, const char *directory,
					    struct tg_error *err);

/* Adds lines to the home's gpg.conf: later ones win over those that it has. TG_IO. */
TG_MUST_USE enum tg_status tg_pgp_home_configure(const struct tg_pgp_home *home, const char *lines,
						 struct tg_error *err);

/* Ends the agent, waits for gpg, removes the directory. Any way out of the program must come through here, a signal's too; calling
 * it twice is fine. */
void tg_pgp_home_close(struct tg_pgp_home *home);

/* A context for operations in the home: OpenPGP, offline, with the home's passphrase (a prompt for a symmetric message's passphrase
 * is refused). */
TG_MUST_USE enum tg_status tg_pgp_home_context(struct tg_pgp_home *home, gpgme_ctx_t *ctx,
					       struct tg_error *err);

void tg_pgp_context_free(gpgme_ctx_t *ctx); /* for TG_OWN */
void tg_pgp_data_free(gpgme_data_t *data);

/* What came from one key file. */
struct tg_pgp_import {
	struct tg_str
		*fingerprint; /* of the primary keys, 40 or 64 upper-case hexadecimal digits */
	size_t n;
	bool secret; /* there were secret keys among them */
};

/*
 * Imports the keys that a file holds. what: its name in messages. Texts go to the arena. TG_CONFIG: it holds no key, or one that
 * gpg cannot read.
 */
TG_MUST_USE enum tg_status tg_pgp_home_import(struct tg_pgp_home *home, struct tg_str bytes,
					      const char *what, struct tg_arena *arena,
					      struct tg_pgp_import *import, struct tg_error *err);

/* Gives every key of the home to `each`, which owns it then: gpg is asked once. secret: the keys say of their subkeys which have a
 * secret part, which takes an agent. TG_UNAVAILABLE: gpg does not answer. */
TG_MUST_USE enum tg_status tg_pgp_home_list(struct tg_pgp_home *home, bool secret,
					    void (*each)(void *arg, gpgme_key_t key), void *arg,
					    struct tg_error *err);

/* Waits a moment for processes of the home that have ended, or are about to, the agent excepted: after an operation that was broken
 * off, before the next one. Whether one of them was killed by somebody else (SIGKILL, SIGTERM). */
bool tg_pgp_home_settle(struct tg_pgp_home *home);

/* GPGME is set up for this process: by open, and for who wants no more than the versions. TG_UNAVAILABLE. */
TG_MUST_USE enum tg_status tg_pgp_begin(struct tg_error *err);

/* "gpg 2.2.40 (/usr/bin/gpg), GPGME 1.18.0"; says so where there is no gpg. */
void tg_pgp_put_version(struct tg_buffer *out);

/*
 * Reads a fingerprint as people write it: 40 or 64 hexadecimal digits, either case, blanks and colons between them. out gets upper
 * case. False for anything else, a key id above all.
 */
TG_MUST_USE bool tg_pgp_read_fingerprint(struct tg_str text, char out[64 + 1]);

#endif
