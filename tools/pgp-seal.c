/*
 * pgp-seal: encrypt and sign a file for the partners whose keys are pinned.
 *
 *	pgp-seal --keys partners/acme --secret-key ours.key -o out.csv.pgp out.csv
 *
 * A signature says that the whole is ours, so nothing is given out before the end of the input has come and is believed. None of
 * the three shapes: bytes in, bytes out, and a main of its own.
 */
#include "common/base/utf8.h"
#include "common/digest/digest.h"
#include "common/io/interrupt.h"
#include "common/io/spool.h"
#include "common/json/text.h"
#include "common/pgp/gpgme.h"
#include "common/pgp/home.h"
#include "common/pgp/keys.h"
#include "common/pgp/seal.h"
#include "common/run/program.h"
#include "common/time/time.h"

#include <errno.h>
#include <stdio.h>

enum { NAME_MOST = 255, PASSPHRASE_MOST = 4096 };

struct seal {
	struct tg_list keys, recipient, secret_key;
	struct tg_str sign_with, passphrase, name, spool_in;
	unsigned compress;
	bool armor;

	struct tg_program program;
	struct tg_pgp_home home;
	gpgme_ctx_t context;
	struct tg_seal what;
	struct tg_buffer recipients; /* what.recipients' text */
	struct tg_buffer sealed_for; /* JSON */

	struct tg_spool spool; /* the message, where it goes to standard output */
	struct tg_digest *plain, *sealed;
	enum tg_status status; /* of the callbacks */
	struct tg_error err;
};

static const char *const compressions[] = { "zip", "zlib", "bzip2", "none", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_LIST('k', "keys", struct seal, keys, "PATH", "the recipients' public keys: a file, or a folder of files"),
	TG_OPT_LIST(0, "recipient", struct seal, recipient, "FPR", "seal for this key of --keys (all of them)"),
	TG_OPT_LIST('K', "secret-key", struct seal, secret_key, "FILE", "our secret key: a file, cred:NAME, fd:N or env:NAME"),
	TG_OPT_TEXT(0, "sign-with", struct seal, sign_with, "FPR", "which secret key signs, where there are several"),
	TG_OPT_TEXT(0, "passphrase", struct seal, passphrase, "SPEC", "the secret key's: cred:NAME, file:PATH, fd:N or env:NAME"),
	TG_OPT_FLAG('a', "armor", struct seal, armor, "write ASCII armor"),
	TG_OPT_CHOICE(0, "compress", struct seal, compress, "HOW", "zip, zlib, bzip2 or none (zip)", compressions),
	TG_OPT_TEXT(0, "name", struct seal, name, "TEXT", "the file name inside (the base name of FILE)"),
	TG_OPT_TEXT(0, "spool", struct seal, spool_in, "DIR", "where a large message waits for its end (TMPDIR, /var/tmp)"),
	TG_OPT_END,
};
// clang-format on

/*
 * What is asked for
 */

/* A reader may do with the name as it likes, so it is a plain one. */
static bool is_plain_name(struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer copy = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	if (name.n == 0 || name.n > NAME_MOST || memchr(name.p, '/', name.n) ||
	    tg_str_is(name, ".") || tg_str_is(name, "..") || tg_str_is(name, "_CONSOLE"))
		return false;
	tg_buffer_put_str(&copy, name); /* with slack behind it */
	if (tg_utf8_check(tg_buffer_str(&copy)) != name.n)
		return false;
	tg_utf8_put_safe(&safe, name, 4 * NAME_MOST);
	return tg_str_eq(tg_buffer_str(&safe), name); /* nothing had to be made harmless */
}

static enum tg_status check(struct seal *s, struct tg_error *err)
{
	struct tg_program *p = &s->program;

	if (p->options.operands > 1)
		return tg_fail(err, TG_USAGE, "one file is sealed at a time; there are %zu",
			       p->options.operands);
	if (s->keys.n == 0)
		return tg_fail(err, TG_USAGE, "no --keys: there is nobody to seal for");
	if (s->name.p && !is_plain_name(s->name))
		return tg_fail(
			err, TG_USAGE,
			"--name: the value must be a file name of 1 to %d bytes, without '/' "
			"and control characters",
			NAME_MOST);
	for (size_t i = 0; i < s->recipient.n; i++) {
		char ignored[64 + 1];
		enum tg_status st =
			tg_pgp_keys_pin(s->recipient.item[i], "--recipient", ignored, err);

		if (st)
			return st;
	}
	if (s->sign_with.p) {
		char ignored[64 + 1];

		return tg_pgp_keys_pin(s->sign_with, "--sign-with", ignored, err);
	}
	return TG_OK;
}

/*
 * Keys
 */

/* All that were brought in. */
struct all {
	gpgme_key_t *key;
	size_t n;
};

static void add_key(void *arg, gpgme_key_t key)
{
	struct all *all = arg;

	all->key = tg_resize_array(all->key, all->n + 1, sizeof(gpgme_key_t));
	all->key[all->n++] = key;
}

static void release_all(struct all *all)
{
	for (size_t i = 0; i < all->n; i++)
		tg_gpgme.key_unref(all->key[i]);
	tg_free(all->key);
}

static bool has(const struct _gpgme_key *key, const char *fingerprint)
{
	for (const struct _gpgme_subkey *k = key->subkeys; k; k = k->next)
		if (k->fpr && strcmp(k->fpr, fingerprint) == 0)
			return true;
	return false;
}

static bool is_secret(const struct _gpgme_key *key)
{
	for (const struct _gpgme_subkey *k = key->subkeys; k; k = k->next)
		if (k->secret)
			return true;
	return false;
}

/* The fingerprint may be that of a subkey, which anybody can put under a key of his own: then it is nobody's. */
static enum tg_status find_key(const struct all *all, const char *fingerprint, bool secret,
			       const struct _gpgme_key **key, struct tg_error *err)
{
	const struct _gpgme_key *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct _gpgme_key *k = all->key[i];

		if (!k->subkeys || !k->subkeys->fpr || !has(k, fingerprint) ||
		    (secret && !is_secret(k)))
			continue;
		if (found)
			return tg_fail(err, TG_CONFIG, "two keys given have the fingerprint %s",
				       fingerprint);
		found = k;
	}
	if (!found)
		return tg_fail(err, TG_CONFIG, "no key given has the fingerprint %s", fingerprint);
	*key = found;
	return TG_OK;
}

/* fingerprint is that of a key, or of the one subkey that shall be used. */
static enum tg_status add_recipient(struct seal *s, const struct all *all,
				    const struct tg_pgp_keys *known, const char *fingerprint,
				    struct tg_error *err)
{
	const struct _gpgme_key *key = NULL;
	const struct _gpgme_subkey *chosen = NULL;
	enum tg_status st = find_key(all, fingerprint, false, &key, err);
	const char *primary = st ? "" : key->subkeys->fpr;

	if (st || !tg_pgp_keys_have(known, primary))
		return tg_fail(err, TG_CONFIG, "no key of --keys has the fingerprint %s",
			       fingerprint);
	st = tg_seal_choose(key, TG_SEAL_ENCRYPT,
			    strcmp(primary, fingerprint) == 0 ? NULL : fingerprint, &chosen, err);
	if (st)
		return tg_within(err, "nothing is sealed for %s", fingerprint);
	tg_buffer_printf(&s->recipients, "%s!\n", chosen->fpr);
	tg_buffer_printf(&s->sealed_for, "%s\"%s\"", s->what.recipients_n++ ? "," : "[", primary);
	return TG_OK;
}

static enum tg_status choose_recipients(struct seal *s, const struct all *all,
					const struct tg_pgp_keys *known, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < s->recipient.n; i++) {
		char fingerprint[64 + 1];

		st = tg_pgp_keys_pin(s->recipient.item[i], "--recipient", fingerprint, err);
		if (!st)
			st = add_recipient(s, all, known, fingerprint, err);
	}
	if (!st && s->recipient.n == 0 && known->n == 0)
		st = tg_fail(
			err, TG_CONFIG,
			"--keys: there is nobody to seal for: a file that holds a secret key is "
			"our own");
	for (size_t i = 0; !st && s->recipient.n == 0 && i < known->n; i++)
		st = add_recipient(s, all, known, known->fingerprint[i].p, err);
	if (st)
		return st;
	tg_buffer_putc(&s->sealed_for, ']');
	tg_buffer_putc(&s->recipients, '\0');
	s->what.recipients = tg_str_from(s->recipients.p, s->recipients.n - 1);
	tg_setup_meta(&s->program.setup, "sealed_for", tg_buffer_str(&s->sealed_for));
	return TG_OK;
}

static void put_meta(struct seal *s, const char *name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

	tg_json_put_string(&json, text);
	tg_setup_meta(&s->program.setup, name, tg_buffer_str(&json));
}

static enum tg_status choose_signer(struct seal *s, const struct all *all,
				    const struct tg_pgp_keys *ours, struct tg_error *err)
{
	const struct _gpgme_key *key = NULL;
	const struct _gpgme_subkey *chosen = NULL;
	char wanted[64 + 1];
	const char *exactly = NULL;
	enum tg_status st = TG_OK;

	if (ours->n == 0)
		return tg_fail(
			err, TG_USAGE,
			"there is no secret key to sign with: --secret-key names its file, or "
			"it lies in the folder of --keys");
	if (s->sign_with.p)
		st = tg_pgp_keys_pin(s->sign_with, "--sign-with", wanted, err);
	else if (ours->n > 1)
		st = tg_fail(err, TG_USAGE,
			     "%zu secret keys are given: --sign-with FPR says which of them signs",
			     ours->n);
	else
		memcpy(wanted, ours->fingerprint[0].p, ours->fingerprint[0].n + 1);
	if (!st)
		st = find_key(all, wanted, true, &key, err);
	if (st)
		return tg_within(err, "--secret-key");
	if (strcmp(key->subkeys->fpr, wanted) != 0)
		exactly = wanted;
	st = tg_seal_choose(key, TG_SEAL_SIGN, exactly, &chosen, err);
	if (st)
		return tg_within(err, "our key %s does not sign", wanted);
	s->what.signer = tg_arena_copy(&s->program.arena, tg_str_of(chosen->fpr)).p;
	put_meta(s, "pgp_fingerprint", tg_str_of(key->subkeys->fpr));
	return TG_OK;
}

static enum tg_status add_keys(struct seal *s, struct tg_pgp_keys *keys, const struct tg_list *path,
			       enum tg_pgp_keys_kind kind, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < path->n; i++)
		st = tg_pgp_keys_add(keys, &s->home, path->item[i].p, kind, &s->program.arena, err);
	return st;
}

/* A key may come into force, or expire, by a clock that is set. */
static enum tg_status set_clock(struct seal *s, struct tg_error *err)
{
	const struct tg_program *p = &s->program;
	char line[64];

	if (!p->common.now.p)
		return TG_OK;
	snprintf(line, sizeof(line), "faked-system-time %lld!\n", (long long)p->setup.now.seconds);
	return tg_pgp_home_configure(&s->home, line, err);
}

static enum tg_status read_passphrase(struct seal *s, struct tg_error *err)
{
	enum tg_status st;

	if (!s->passphrase.p)
		return TG_OK;
	st = tg_secret_read(&s->home.passphrase, s->passphrase, TG_SECRET_TEXT, PASSPHRASE_MOST,
			    "--passphrase", err);
	if (!st && s->home.passphrase.open_to_others)
		tg_say(&s->program.messages, TG_LEVEL_WARN,
		       "--passphrase: others than you may read that file");
	return st;
}

static enum tg_status prepare(struct seal *s, struct tg_error *err)
{
	TG_OWN(tg_pgp_keys_release) struct tg_pgp_keys known = { 0 };
	TG_OWN(tg_pgp_keys_release) struct tg_pgp_keys ours = { 0 };
	TG_OWN(release_all) struct all all = { 0 };
	TG_OWN(tg_buffer_release) struct tg_buffer conf = TG_BUFFER_INIT;
	enum tg_status st = read_passphrase(s, err);

	if (s->secret_key.n == 0)
		known.own = &ours;
	if (!st)
		st = tg_pgp_home_open(&s->home, NULL, err);
	if (!st)
		st = set_clock(s, err);
	if (!st)
		st = add_keys(s, &ours, &s->secret_key, TG_PGP_SECRET, err);
	if (!st)
		st = add_keys(s, &known, &s->keys, TG_PGP_EITHER, err);
	if (!ours.open_to_others)
		ours.open_to_others = known.open_to_others;
	if (!st && ours.open_to_others)
		tg_say(&s->program.messages, TG_LEVEL_WARN,
		       "others than you may read the secret key in %s", ours.open_to_others);
	if (!st)
		st = tg_pgp_home_context(&s->home, &s->context, err);
	if (!st)
		st = tg_pgp_home_list(&s->home, true, add_key, &all, err);
	if (!st)
		st = choose_recipients(s, &all, &known, err);
	if (!st)
		st = choose_signer(s, &all, &ours, err);
	if (st)
		return st;
	tg_seal_put_conf(&conf, s->what.signer, (enum tg_seal_compression)s->compress);
	tg_buffer_putc(&conf, '\0');
	return tg_pgp_home_configure(&s->home, conf.p, err);
}

/*
 * Sealing
 */

static ssize_t fail_callback(struct seal *s, enum tg_status st)
{
	s->status = st;
	errno = EIO;
	return -1;
}

static ssize_t read_plain(void *handle, void *buffer, size_t room)
{
	struct seal *s = handle;
	size_t n = 0;
	enum tg_status st;

	if (s->status)
		return fail_callback(s, s->status);
	tg_program_tick(&s->program);
	st = tg_input_read(s->program.input, buffer, room, &n, &s->err);
	if (st)
		return fail_callback(s, st);
	tg_digest_add(s->plain, buffer, n);
	return (ssize_t)n;
}

/* --output is out of sight until it is published; standard output is not, so there it waits. */
static ssize_t write_sealed(void *handle, const void *buffer, size_t n)
{
	struct seal *s = handle;
	struct tg_program *p = &s->program;
	struct tg_str bytes = tg_str_from(buffer, n);
	enum tg_status st = TG_OK;

	if (s->status)
		return fail_callback(s, s->status);
	if (tg_interrupted())
		return fail_callback(s, tg_fail(&s->err, TG_INTERRUPTED, "interrupted"));
	tg_digest_add(s->sealed, buffer, n);
	if (p->publish.fd < 0)
		st = tg_spool_put(&s->spool, bytes, &s->err);
	else
		tg_output_put(&p->out, bytes);
	if (!st && p->out.status)
		st = tg_output_flush(&p->out, &s->err);
	return st ? fail_callback(s, st) : (ssize_t)n;
}

/* The chain before is judged here for standard output; --output is judged by the runtime. */
static enum tg_status pour(struct seal *s, struct tg_error *err)
{
	struct tg_upstream up = { .verdict = TG_UPSTREAM_NONE };
	struct tg_program *p = &s->program;
	enum tg_status st = tg_program_judge(p, &up, err);

	tg_upstream_release(&up);
	return st ? st : tg_spool_send(&s->spool, &p->out, err);
}

static void find_out(struct seal *s)
{
	TG_OWN(tg_buffer_release) struct tg_buffer time = TG_BUFFER_INIT;
	char hex[TG_SHA256_HEX + 1];

	if (s->what.name.n)
		put_meta(s, "name", s->what.name);
	tg_digest_hex(s->plain, hex);
	put_meta(s, "sha256", tg_str_of(hex));
	tg_digest_hex(s->sealed, hex);
	put_meta(s, "sealed_sha256", tg_str_of(hex));
	tg_time_put(&time, (struct tg_time){ .seconds = s->what.signed_at });
	put_meta(s, "signed_at", tg_buffer_str(&time));
}

static enum tg_status seal(struct seal *s, struct tg_error *err)
{
	struct tg_program *p = &s->program;
	enum tg_status st;

	s->what.context = s->context;
	s->what.armor = s->armor;
	s->what.name = s->name;
	if (!s->name.p && is_plain_name(p->input[0].base))
		s->what.name = p->input[0].base;
	tg_spool_init(&s->spool);
	if (s->spool_in.p)
		s->spool.place = s->spool_in.p;
	s->spool.elsewhere = "--spool";
	st = tg_digest_new(&s->plain, err);
	if (!st)
		st = tg_digest_new(&s->sealed, err);
	if (!st)
		st = tg_seal_run(&s->what, read_plain, write_sealed, s, err);
	if (s->status) { /* the callbacks know what came first */
		*err = s->err;
		st = s->status;
	} else if (st && tg_interrupted()) {
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	}
	if (st)
		return st;
	find_out(s);
	/* Nothing secret is needed from here on, and whoever reads our output may take long. */
	tg_pgp_context_free(&s->context);
	tg_pgp_home_close(&s->home);
	p->nothing = p->input[0].bytes == 0;
	return p->publish.fd < 0 ? pour(s, err) : TG_OK;
}

static void release(struct seal *s)
{
	tg_pgp_context_free(&s->context);
	tg_pgp_home_close(&s->home);
	tg_digest_free(&s->plain);
	tg_digest_free(&s->sealed);
	tg_spool_release(&s->spool);
	tg_buffer_release(&s->recipients);
	tg_buffer_release(&s->sealed_for);
}

int main(int argc, char **argv)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_BYTES,
		.name = "pgp-seal",
		.about = "encrypt and sign a file for the partners whose keys are pinned",
		.operands = "[FILE]",
		.options = options,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct seal s = { .home = TG_PGP_HOME_INIT, .spool = { .fd = -1 } };
	enum tg_status st;
	int code;

	tg_secret_harden();
	st = tg_program_begin(&s.program, &tool, &s, argc, argv, &err);
	if (!st && !s.program.done) {
		st = check(&s, &err);
		if (!st)
			st = prepare(&s, &err);
		if (!st)
			st = tg_program_start(&s.program, &err);
		if (!st)
			st = seal(&s, &err);
	}
	release(&s); /* before the end, which may be a signal's */
	code = tg_program_end(&s.program, st, &err);
	tg_program_release(&s.program);
	return code;
}
