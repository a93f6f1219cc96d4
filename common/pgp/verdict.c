#include "common/pgp/verdict.h"

bool tg_pgp_is_pinned(const struct tg_pgp_policy *policy, const char *fingerprint)
{
	for (size_t i = 0; i < policy->pins; i++)
		if (fingerprint[0] && strcmp(policy->pin[i], fingerprint) == 0)
			return true;
	return false;
}

static bool is_pinned(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *s)
{
	return s->primary[0] &&
	       (tg_pgp_is_pinned(policy, s->fingerprint) || tg_pgp_is_pinned(policy, s->primary));
}

/* What a signature lacks to count. In the order of what to tell first: the nearer to good, the more it helps. */
enum lack {
	NOTHING,
	SHA1,
	EXPIRED_KEY,
	EXPIRED_SIGNATURE,
	WRONG_USAGE,
	BROKEN_HASH,
	REVOKED,
	ODD,
	PIN,
	KEY,
};

static enum lack find_lack(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *s)
{
	if (s->state == TG_PGP_NO_KEY)
		return KEY;
	if (!is_pinned(policy, s))
		return PIN;
	switch (s->state) {
	case TG_PGP_GOOD:
		break;
	case TG_PGP_KEY_EXPIRED:
		if (s->hash == TG_PGP_HASH_BROKEN || s->wrong_usage)
			break;
		return EXPIRED_KEY;
	case TG_PGP_SIGNATURE_EXPIRED:
		return EXPIRED_SIGNATURE;
	case TG_PGP_KEY_REVOKED:
		return REVOKED;
	case TG_PGP_NO_KEY:
	case TG_PGP_BAD:
	case TG_PGP_ODD:
		return ODD;
	}
	if (s->wrong_usage)
		return WRONG_USAGE;
	switch (s->hash) {
	case TG_PGP_HASH_GOOD:
		return NOTHING;
	case TG_PGP_HASH_SHA1:
		return SHA1;
	case TG_PGP_HASH_BROKEN:
		break;
	}
	return BROKEN_HASH;
}

/* Whether the operator lets it count all the same. The moment of an expired key's signature is what its holder says: good for a
 * partner who was late to renew, no help against a thief. */
static bool counts(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *s,
		   bool exceptions)
{
	enum lack lack = find_lack(policy, s);

	if (lack == NOTHING || !exceptions)
		return lack == NOTHING;
	if (lack == SHA1)
		return policy->allow_sha1;
	return lack == EXPIRED_KEY && policy->allow_expired_signer && s->key_expires > s->made &&
	       (s->hash == TG_PGP_HASH_GOOD || policy->allow_sha1);
}

bool tg_pgp_counts(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *signature,
		   const struct tg_pgp_verdict *verdict)
{
	return counts(policy, signature, verdict->used_sha1 || verdict->used_expired);
}

/* Signers, not signatures: two by one key are one. */
static uint64_t count(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *s,
		      size_t n, bool exceptions, struct tg_pgp_verdict *verdict)
{
	uint64_t signers = 0;

	*verdict = (struct tg_pgp_verdict){ .by = NULL };
	for (size_t i = 0; i < n; i++) {
		bool again = false;

		if (!counts(policy, &s[i], exceptions))
			continue;
		for (size_t j = 0; j < i; j++)
			again |= counts(policy, &s[j], exceptions) &&
				 strcmp(s[i].primary, s[j].primary) == 0;
		if (again)
			continue;
		signers++;
		if (!verdict->by)
			verdict->by = &s[i];
		verdict->used_sha1 |= s[i].hash == TG_PGP_HASH_SHA1;
		verdict->used_expired |= s[i].state == TG_PGP_KEY_EXPIRED;
	}
	verdict->signers = signers;
	return signers;
}

static enum tg_status refuse_lack(const struct tg_pgp_policy *policy,
				  const struct tg_pgp_signature *s, const char *name,
				  struct tg_error *err)
{
	const char *who = s->fingerprint;

	switch (find_lack(policy, s)) {
	case SHA1:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-sha1",
			"%s is refused: the signature by %s is over SHA-1, which can be forged; "
			"the sender should sign with SHA-256, or --allow-sha1 takes the risk",
			name, who);
	case EXPIRED_KEY:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-expired",
			"%s is refused: the signer's key %s has expired%s", name, who,
			s->key_expires > s->made
				? "; have him extend it and send the key again, or "
				  "--allow-expired-signer takes what was signed before"
				: ", and it had when it signed; have him sign with a valid key");
	case EXPIRED_SIGNATURE:
		return tg_fail_code(err, TG_REFUSED, "pgp-expired",
				    "%s is refused: the signature by %s was made to expire, and it "
				    "has; have the file signed again",
				    name, who);
	case WRONG_USAGE:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-usage",
			"%s is refused: the key %s that signed it is not one for signing", name,
			who);
	case BROKEN_HASH:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-hash",
			"%s is refused: the signature by %s is over a hash that is broken; the "
			"sender should sign with SHA-256",
			name, who);
	case REVOKED:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-revoked",
			"%s is refused: the signer's key %s is revoked: its owner says not to "
			"trust it any more; ask him what happened",
			name, who);
	case PIN:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-signer",
			"%s is refused: it is signed by %s, which is none of the pinned signers; "
			"if that is the partner's new key, confirm it with him before pinning it",
			name, s->primary[0] ? s->primary : who);
	case KEY:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-signer",
			"%s is refused: it is signed by %s, which is none of the keys that were "
			"given; if it is the partner's, get the key from him, not from a server",
			name, who[0] ? who : "an unnamed key");
	case ODD:
	case NOTHING:
		break;
	}
	return tg_fail_code(err, TG_REFUSED, "pgp-signature",
			    "%s is refused: gpg could not check the signature by %s", name, who);
}

static enum tg_status refuse(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *s,
			     size_t n, uint64_t signers, const char *name, struct tg_error *err)
{
	const struct tg_pgp_signature *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		enum lack lack = find_lack(policy, &s[i]);

		if (!counts(policy, &s[i], true) && (!nearest || lack < find_lack(policy, nearest)))
			nearest = &s[i];
	}
	if (n == 0)
		return tg_fail_code(
			err, TG_REFUSED, "pgp-unsigned",
			"%s is refused: nobody has signed it, so anybody may have made it; have it "
			"signed, or --unsigned-ok takes the risk",
			name);
	if (signers)
		return tg_fail_code(
			err, TG_REFUSED, "pgp-signers",
			"%s is refused: %llu of the pinned signers signed it well, and --require "
			"wants %llu",
			name, (unsigned long long)signers, (unsigned long long)policy->require);
	return refuse_lack(policy, nearest, name, err);
}

enum tg_status tg_pgp_judge(const struct tg_pgp_policy *policy, const struct tg_pgp_signature *s,
			    size_t n, const char *name, struct tg_pgp_verdict *verdict,
			    struct tg_error *err)
{
	struct tg_pgp_verdict found;

	for (size_t i = 0; i < n; i++)
		if (s[i].state == TG_PGP_BAD)
			return tg_fail_code(
				err, TG_REFUSED, "pgp-bad-signature",
				"%s is refused: the signature by %s is bad: what was signed is not "
				"what is here",
				name, s[i].fingerprint[0] ? s[i].fingerprint : "an unnamed key");
	if (policy->unsigned_ok && (n == 0 || policy->pins == 0)) {
		*verdict = (struct tg_pgp_verdict){ .by = NULL };
		return TG_OK;
	}
	/* No exception is noted that was not needed. */
	if (count(policy, s, n, false, &found) < policy->require &&
	    count(policy, s, n, true, &found) < policy->require)
		return refuse(policy, s, n, found.signers, name, err);
	*verdict = found;
	return TG_OK;
}
