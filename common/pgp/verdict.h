/*
 * verdict: whose a message is, by the signatures that gpg has looked at and the pins of the operator. Pure: facts in, verdict out.
 *
 * GnuPG's own trust is not asked: a key that is at hand is no pin, and a good signature by a stranger is worth nothing. Enough is:
 * so many good signatures by pinned keys, each with a hash that is not broken, made by a key that is neither expired nor revoked;
 * and no signature that is bad. A stranger's good signature beside them does no harm.
 */
#ifndef TG_PGP_VERDICT_H
#define TG_PGP_VERDICT_H

#include "common/base/buffer.h"
#include "common/base/status.h"

enum { TG_PGP_FINGERPRINT = 64 + 1 };

enum tg_pgp_state {
	TG_PGP_GOOD,
	TG_PGP_KEY_EXPIRED,	  /* good, by a key that has expired since or before */
	TG_PGP_SIGNATURE_EXPIRED, /* good, until a moment that has passed */
	TG_PGP_KEY_REVOKED,
	TG_PGP_NO_KEY, /* the key is not at hand: nothing is known */
	TG_PGP_BAD,    /* not over these bytes */
	TG_PGP_ODD,    /* gpg could not say */
};

enum tg_pgp_hash {
	TG_PGP_HASH_GOOD, /* SHA-2 */
	TG_PGP_HASH_SHA1,
	TG_PGP_HASH_BROKEN, /* MD5 and what nobody should use */
};

struct tg_pgp_signature {
	enum tg_pgp_state state;
	enum tg_pgp_hash hash;
	char fingerprint
		[TG_PGP_FINGERPRINT]; /* of the key that made it; its key id where that is all */
	char primary[TG_PGP_FINGERPRINT]; /* of the key that it belongs to; "": not at hand */
	int64_t made;			  /* seconds since 1970, as the signer says */
	int64_t key_expires;		  /* 0: never */
	bool wrong_usage;		  /* the key is not one for signing */
};

struct tg_pgp_policy {
	const char (*pin)[TG_PGP_FINGERPRINT]; /* primary keys, or subkeys */
	size_t pins;
	uint64_t require; /* so many signers; at least 1 */
	bool allow_sha1, unsigned_ok, allow_expired_signer;
};

struct tg_pgp_verdict {
	const struct tg_pgp_signature *
		by; /* the first signature that counts; NULL: nobody has signed, and that was allowed */
	uint64_t signers;
	bool used_sha1, used_expired; /* exceptions without which it would have been refused */
};

/* Whether fingerprint is one of the pins. */
bool tg_pgp_is_pinned(const struct tg_pgp_policy *policy, const char *fingerprint);

/* After tg_pgp_judge: whether the signature is one of those that counted. */
bool tg_pgp_counts(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *signature,
		   const struct tg_pgp_verdict *verdict);

/* TG_REFUSED says in one line which rule failed, who signed, and what to do. name is the message's; nothing that its sender chose is
 * in the text but that and fingerprints. */
TG_MUST_USE enum tg_status tg_pgp_judge(const struct tg_pgp_policy *policy,
					const struct tg_pgp_signature *signature, size_t n,
					const char *name, struct tg_pgp_verdict *verdict,
					struct tg_error *err);

#endif
