#include "common/pgp/seal.h"

#include "common/pgp/gpgme.h"
#include "common/pgp/home.h"

#include <strings.h>

/*
 * Keys
 */

enum { LEAST_BITS = 2048 };

static const char *const purposes[] = {
	[TG_SEAL_ENCRYPT] = "encrypts",
	[TG_SEAL_SIGN] = "signs",
};

static bool is_good_curve(const char *curve)
{
	static const char *const good[] = {
		"cv25519",   "ed25519",		"ed448",	   "cv448",
		"nistp256",  "nistp384",	"nistp521",	   "brainpoolP256r1",
		"secp256k1", "brainpoolP384r1", "brainpoolP512r1",
	};

	for (size_t i = 0; curve && i < TG_COUNT(good); i++)
		if (strcasecmp(curve, good[i]) == 0)
			return true;
	return false;
}

/* What is wrong with the strength of a subkey; NULL: nothing. */
static const char *weakness(const struct _gpgme_subkey *k)
{
	switch (k->pubkey_algo) {
	case GPGME_PK_RSA:
	case GPGME_PK_RSA_E:
	case GPGME_PK_RSA_S:
	case GPGME_PK_ELG_E:
	case GPGME_PK_ELG:
	case GPGME_PK_DSA:
		return k->length < LEAST_BITS ? "has less than 2048 bits" : NULL;
	case GPGME_PK_ECC:
	case GPGME_PK_ECDSA:
	case GPGME_PK_ECDH:
	case GPGME_PK_EDDSA:
		return is_good_curve(k->curve) ? NULL
					       : "is on a curve that is not known to be good";
	}
	return "is of an algorithm that is not known to be good";
}

static const char *fault_of_subkey(const struct _gpgme_subkey *k)
{
	if (k->revoked)
		return "is revoked";
	if (k->expired)
		return "has expired";
	if (k->disabled)
		return "is disabled";
	if (k->invalid)
		return "is invalid";
	return weakness(k);
}

static bool is_for(const struct _gpgme_subkey *k, enum tg_seal_purpose purpose)
{
	/* Of a key that signs, the secret part may be kept elsewhere. */
	return purpose == TG_SEAL_ENCRYPT ? k->can_encrypt : k->can_sign && k->secret;
}

static const char *fault_of_key(const struct _gpgme_key *key)
{
	if (key->revoked)
		return "is revoked";
	if (key->expired)
		return "has expired";
	if (key->disabled)
		return "is disabled";
	if (key->invalid)
		return "is invalid";
	return NULL;
}

enum tg_status tg_seal_choose(const struct _gpgme_key *key, enum tg_seal_purpose purpose,
			      const char *exactly, const struct _gpgme_subkey **chosen,
			      struct tg_error *err)
{
	const struct _gpgme_subkey *best = NULL;
	const char *fault = fault_of_key(key), *last = NULL;

	if (fault)
		return tg_fail(err, TG_REFUSED, "it %s", fault);
	/* A subkey is as good as the primary key that vouches for it. */
	fault = key->subkeys ? weakness(key->subkeys) : "is empty";
	if (fault)
		return tg_fail(err, TG_REFUSED, "its primary key %s", fault);
	for (const struct _gpgme_subkey *k = key->subkeys; k; k = k->next) {
		if (!is_for(k, purpose) || (exactly && strcmp(k->fpr, exactly) != 0))
			continue;
		fault = fault_of_subkey(k);
		if (fault)
			last = fault;
		else if (!best || k->timestamp >= best->timestamp)
			best = k;
	}
	if (best) {
		*chosen = best;
		return TG_OK;
	}
	if (last)
		return tg_fail(err, TG_REFUSED, "its subkey that %s %s", purposes[purpose], last);
	return tg_fail(err, TG_REFUSED, "it has no subkey that %s", purposes[purpose]);
}

/*
 * Sealing
 */

void tg_seal_put_conf(struct tg_buffer *conf, const char *signer,
		      enum tg_seal_compression compression)
{
	static const char *const word[] = {
		[TG_SEAL_ZIP] = "zip",
		[TG_SEAL_ZLIB] = "zlib",
		[TG_SEAL_BZIP2] = "bzip2",
		[TG_SEAL_NONE] = "none",
	};

	/* rfc4880 keeps gpg 2.4 from packets (OCB) that older programs cannot read; it resets the others, so it comes first. */
	tg_buffer_printf(
		conf,
		"rfc4880\ncipher-algo AES256\ndigest-algo SHA256\ncompress-algo %s\ndefault-key %s!\n"
		"no-auto-key-locate\nno-auto-key-retrieve\nno-emit-version\nno-comments\n",
		word[compression], signer);
}

/* gpg's own account of what it does: method 2 is the MDC, after RFC 4880. */
static gpgme_error_t hear(void *self, const char *keyword, const char *args)
{
	struct tg_seal *s = self;

	if (strcmp(keyword, "BEGIN_ENCRYPTION") == 0)
		s->protected = args && strncmp(args, "2 ", 2) == 0;
	return 0;
}

static const char *reason_of(gpgme_error_t e)
{
	switch (gpgme_err_code(e)) {
	case GPG_ERR_BAD_PASSPHRASE:
		return "the passphrase is wrong";
	case GPG_ERR_NO_PASSPHRASE:
	case GPG_ERR_CANCELED:
	case GPG_ERR_FULLY_CANCELED:
		return "the secret key has a passphrase, and --passphrase gave none";
	default:
		return tg_gpgme.strerror(e);
	}
}

static bool is_refusal(gpgme_error_t e)
{
	switch (gpgme_err_code(e)) {
	case GPG_ERR_BAD_PASSPHRASE:
	case GPG_ERR_NO_PASSPHRASE:
	case GPG_ERR_CANCELED:
	case GPG_ERR_FULLY_CANCELED:
	case GPG_ERR_UNUSABLE_PUBKEY:
	case GPG_ERR_UNUSABLE_SECKEY:
	case GPG_ERR_NO_SECKEY:
		return true;
	default:
		return false;
	}
}

static enum tg_status hold_against(struct tg_seal *s, struct tg_error *err)
{
	gpgme_encrypt_result_t encrypted = tg_gpgme.op_encrypt_result(s->context);
	gpgme_sign_result_t made = tg_gpgme.op_sign_result(s->context);
	const struct _gpgme_new_signature *sig = made ? made->signatures : NULL;

	if (!encrypted || encrypted->invalid_recipients)
		return tg_fail(err, TG_REFUSED, "gpg did not take a recipient's key");
	if (!s->protected)
		return tg_fail(err, TG_REFUSED,
			       "gpg would not protect the integrity of the message");
	if (!sig || sig->next || made->invalid_signers || !sig->fpr ||
	    strcmp(sig->fpr, s->signer) != 0 || sig->hash_algo != GPGME_MD_SHA256)
		return tg_fail(err, TG_REFUSED, "gpg did not sign with the key that was chosen");
	s->signed_at = sig->timestamp;
	s->signed_well = true;
	return TG_OK;
}

enum tg_status tg_seal_run(struct tg_seal *s, tg_pgp_give *plain, tg_pgp_take *sealed, void *arg,
			   struct tg_error *err)
{
	TG_OWN(tg_pgp_loop_release) struct tg_pgp_loop loop;
	TG_OWN(tg_pgp_data_free) gpgme_data_t in = NULL;
	TG_OWN(tg_pgp_data_free) gpgme_data_t out = NULL;
	enum tg_status st;
	gpgme_error_t e = 0;

	s->protected = s->signed_well = false;
	tg_pgp_loop_init(&loop, s->context, -1);
	st = tg_pgp_loop_source(&loop, &in, plain, arg, err);
	if (!st)
		st = tg_pgp_loop_target(&loop, &out, sealed, arg, err);
	if (st)
		return st;
	if (s->name.n)
		e = tg_gpgme.data_set_file_name(in, s->name.p);
	if (!e)
		e = tg_gpgme.set_ctx_flag(s->context, "full-status", "1");
	if (e)
		return tg_fail(err, TG_UNAVAILABLE, "cannot set up GPGME: %s",
			       tg_gpgme.strerror(e));
	tg_gpgme.set_status_cb(s->context, hear, s);
	tg_gpgme.set_armor(s->context, s->armor);
	tg_gpgme.signers_clear(s->context); /* gpg.conf names the signer: GPGME would by key id */
	e = tg_gpgme.op_encrypt_sign_ext_start(
		s->context, NULL, s->recipients.p,
		GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_ENCRYPT_TO, in, out);
	if (!e)
		st = tg_pgp_loop_run(&loop, s->context, &e, err);
	tg_gpgme.set_status_cb(s->context, NULL, NULL);
	if (st)
		return st;
	if (e)
		return tg_fail(err, is_refusal(e) ? TG_REFUSED : TG_IO, "cannot seal: %s",
			       reason_of(e));
	return hold_against(s, err);
}
