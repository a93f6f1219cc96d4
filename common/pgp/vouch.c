#include "common/pgp/vouch.h"

#include "common/io/input.h"
#include "common/pgp/gpgme.h"
#include "common/pgp/keys.h"
#include "common/pgp/loop.h"
#include "common/pgp/open.h"
#include "common/pgp/seal.h"

enum { PASSPHRASE_MOST = 4096, SIGNATURE_MOST = 64 * 1024 };

/* -- signing ------------------------------------------------------------------------------------------------------------------ */

static void free_key(gpgme_key_t *key)
{
	if (*key)
		tg_gpgme.key_unref(*key);
}

/* The subkey that signs; its fingerprint goes to the arena. */
static enum tg_status choose(gpgme_ctx_t ctx, const struct tg_pgp_keys *ours, const char **signer,
			     struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(free_key) gpgme_key_t key = NULL;
	const struct _gpgme_subkey *chosen = NULL;
	const char *fingerprint;
	enum tg_status st;

	if (ours->n != 1)
		return tg_fail(err, TG_USAGE, "one secret key signs, and here are %zu", ours->n);
	fingerprint = ours->fingerprint[0].p;
	if (tg_gpgme.get_key(ctx, fingerprint, &key, 1) || !key || !key->subkeys)
		return tg_fail(err, TG_CONFIG, "gpg does not find the secret key %s", fingerprint);
	st = tg_seal_choose(key, TG_SEAL_SIGN, NULL, &chosen, err);
	if (st)
		return tg_within(err, "our key %s does not sign", fingerprint);
	*signer = tg_arena_copy(arena, tg_str_of(chosen->fpr)).p;
	return TG_OK;
}

static enum tg_status fail(gpgme_error_t e, struct tg_error *err)
{
	switch (gpgme_err_code(e)) {
	case GPG_ERR_BAD_PASSPHRASE:
		return tg_fail(err, TG_REFUSED, "the passphrase is wrong");
	case GPG_ERR_NO_PASSPHRASE:
	case GPG_ERR_CANCELED:
	case GPG_ERR_FULLY_CANCELED:
		return tg_fail(err, TG_REFUSED,
			       "the secret key has a passphrase, and --passphrase gave none");
	default:
		return tg_fail(err, TG_REFUSED, "cannot sign: %s", tg_gpgme.strerror(e));
	}
}

static enum tg_status hold_against(gpgme_ctx_t ctx, const char *signer, struct tg_error *err)
{
	gpgme_sign_result_t made = tg_gpgme.op_sign_result(ctx);
	const struct _gpgme_new_signature *sig = made ? made->signatures : NULL;

	if (!sig || sig->next || made->invalid_signers || !sig->fpr ||
	    strcmp(sig->fpr, signer) != 0 || sig->hash_algo != GPGME_MD_SHA256)
		return tg_fail(err, TG_REFUSED, "gpg did not sign with the key that was chosen");
	return TG_OK;
}

static enum tg_status sign(gpgme_ctx_t ctx, const char *signer, struct tg_str bytes,
			   struct tg_buffer *signature, struct tg_error *err)
{
	TG_OWN(tg_pgp_data_free) gpgme_data_t in = NULL;
	TG_OWN(tg_pgp_data_free) gpgme_data_t out = NULL;
	gpgme_error_t e = tg_gpgme.data_new_from_mem(&in, bytes.p, bytes.n, 0);
	struct tg_pgp_loop loop;
	enum tg_status st = TG_OK;
	ssize_t n;

	if (!e)
		e = tg_gpgme.data_new(&out);
	if (e)
		return tg_fail(err, TG_UNAVAILABLE, "cannot set up GPGME: %s",
			       tg_gpgme.strerror(e));
	tg_gpgme.set_armor(ctx, 1);
	tg_gpgme.signers_clear(ctx); /* gpg.conf names the signer: GPGME would by key id */
	tg_pgp_loop_init(&loop, ctx, -1);
	e = tg_gpgme.op_sign_start(ctx, in, out, GPGME_SIG_MODE_DETACH);
	if (!e)
		st = tg_pgp_loop_run(&loop, ctx, &e, err);
	if (st)
		return st;
	if (e)
		return fail(e, err);
	st = hold_against(ctx, signer, err);
	tg_gpgme.data_seek(out, 0, SEEK_SET);
	while (!st && (n = tg_gpgme.data_read(out, tg_buffer_room(signature, 4096), 4096)) > 0)
		signature->n += (size_t)n;
	return st;
}

enum tg_status tg_vouch(struct tg_str bytes, struct tg_str key, struct tg_str passphrase,
			struct tg_arena *arena, struct tg_buffer *signature, struct tg_error *err)
{
	TG_OWN(tg_pgp_home_close) struct tg_pgp_home home = TG_PGP_HOME_INIT;
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
	TG_OWN(tg_pgp_keys_release) struct tg_pgp_keys ours = { .n = 0 };
	TG_OWN(tg_buffer_release) struct tg_buffer conf = TG_BUFFER_INIT;
	const char *signer = "";
	enum tg_status st = TG_OK;

	if (passphrase.p)
		st = tg_secret_read(&home.passphrase, passphrase, TG_SECRET_TEXT, PASSPHRASE_MOST,
				    "--passphrase", err);
	if (!st)
		st = tg_pgp_home_open(&home, NULL, err);
	if (!st)
		st = tg_pgp_keys_add(&ours, &home, key.p, TG_PGP_SECRET, arena, err);
	if (!st)
		st = tg_pgp_home_context(&home, &ctx, err);
	if (!st)
		st = choose(ctx, &ours, &signer, arena, err);
	if (st)
		return st;
	tg_seal_put_conf(&conf, signer, TG_SEAL_NONE);
	tg_buffer_putc(&conf, '\0');
	st = tg_pgp_home_configure(&home, conf.p, err);
	return st ? st : sign(ctx, signer, bytes, signature, err);
}

/* -- looking at a signature ---------------------------------------------------------------------------------------------------- */

static void pin_all(struct tg_pgp_policy *policy, const struct tg_pgp_ring *ring,
		    struct tg_arena *arena)
{
	char(*pin)[TG_PGP_FINGERPRINT] = tg_arena_array(arena, ring->public.n + 1, sizeof(*pin));

	for (size_t i = 0; i < ring->public.n; i++)
		if (ring->public.fingerprint[i].n < TG_PGP_FINGERPRINT)
			memcpy(pin[policy->pins++], ring->public.fingerprint[i].p,
			       ring->public.fingerprint[i].n);
	policy->pin = (const char(*)[TG_PGP_FINGERPRINT])pin;
	policy->require = 1;
}

static enum tg_status look(const struct tg_pgp_opener *o, struct tg_str bytes,
			   struct tg_str signature, const char *what, struct tg_error *err)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	TG_OWN(tg_spool_release) struct tg_spool spool = { .fd = -1 };
	struct tg_pgp_opened opened;
	enum tg_status st = tg_input_hold(&in, bytes, what, err);

	tg_spool_init(&spool);
	return st ? st : tg_pgp_open_detached(o, &in, signature, what, &spool, &opened, err);
}

enum tg_status tg_vouched(struct tg_str bytes, struct tg_str signature, const char *what,
			  const struct tg_str *keys, size_t n, struct tg_arena *arena,
			  struct tg_error *err)
{
	TG_OWN(tg_pgp_home_close) struct tg_pgp_home home = TG_PGP_HOME_INIT;
	TG_OWN(tg_pgp_ring_release) struct tg_pgp_ring ring = { .arena = arena };
	struct tg_pgp_opener opener = {
		.home = &home, .ring = &ring, .max_output = SIGNATURE_MOST, .arena = arena
	};
	enum tg_status st = tg_pgp_home_open(&home, NULL, err);

	for (size_t i = 0; !st && i < n; i++)
		st = tg_pgp_ring_add(&ring, &home, keys[i].p, err);
	if (!st)
		st = tg_pgp_ring_list(&ring, &home, err);
	if (st)
		return st;
	pin_all(&opener.policy, &ring, arena);
	if (!opener.policy.pins)
		return tg_fail(err, TG_CONFIG,
			       "--keys holds nobody's public key: a file with a secret key is our "
			       "own, and vouches for nobody");
	return look(&opener, bytes, signature, what, err);
}
