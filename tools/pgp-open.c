/*
 * pgp-open: decrypt files and prove whose they are; not a byte comes out before.
 *
 *	pgp-open --keys partners/acme acme_customers_2025-11-05.csv.pgp
 *
 * What is signed well by a pinned key comes out; all else is refused, with 77, the rule that failed, and nothing on standard output.
 */
#include "common/base/utf8.h"
#include "common/io/secret.h"
#include "common/json/text.h"
#include "common/pgp/open.h"
#include "common/run/opener.h"
#include "common/time/time.h"

enum {
	PASSPHRASE_MOST = 1024,
	SIGNATURE_MOST = 1 << 20,
	NAME_MOST = 255,
	/* A line of the run log has its limit, and names in it are the sender's: so many messages are told one by one, so many of their
	 * signers, and none any more when that has taken so many bytes. */
	TOLD = 32,
	SIGNERS_TOLD = 16,
	TOLD_BYTES = 16 * 1024,
	SPOOL_MEMORY = 8 << 20,
};

static const uint64_t max_output = UINT64_C(10000000000);

struct pgp_open {
	struct tg_list keys, secret_keys, signers;
	struct tg_str signature, passphrase, spool;
	uint64_t require, max_output, spool_memory;
	bool no_armor, allow_sha1, unsigned_ok, allow_expired_signer;

	struct tg_pgp_home home;
	struct tg_pgp_ring ring;
	struct tg_pgp_opener opener;
	struct tg_buffer signature_bytes;
	const struct tg_setup *setup;

	/* Found out. */
	struct tg_pgp_opened last;
	struct tg_str name; /* that what came out should have; none: not known */
	struct tg_buffer messages;
	uint64_t opened, told;
	bool used_sha1, used_expired, used_unsigned;
	bool differ; /* not all have one signer */
	char signer[TG_PGP_FINGERPRINT];
};

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_LIST('k', "keys", struct pgp_open, keys, "PATH", "key files, a folder or one: public keys are pins, secret keys decrypt"),
	TG_OPT_LIST('K', "secret-key", struct pgp_open, secret_keys, "FILE", "our secret key: a file, cred:NAME, fd:N or env:NAME"),
	TG_OPT_LIST('S', "signer", struct pgp_open, signers, "FPR", "pin this key, by its full fingerprint, and no other"),
	TG_OPT_COUNT(0, "require", struct pgp_open, require, "N", "so many pinned signers must have signed (1)"),
	TG_OPT_TEXT(0, "signature", struct pgp_open, signature, "FILE", "a detached signature over FILE, which comes out as it is"),
	TG_OPT_TEXT(0, "passphrase", struct pgp_open, passphrase, "SPEC", "of the secret key: cred:NAME, file:PATH, fd:N or env:NAME"),
	TG_OPT_FLAG(0, "no-armor", struct pgp_open, no_armor, "refuse ASCII armor"),
	TG_OPT_FLAG(0, "allow-sha1", struct pgp_open, allow_sha1, "take signatures over SHA-1"),
	TG_OPT_FLAG(0, "allow-expired-signer", struct pgp_open, allow_expired_signer, "take what a key signed before it expired"),
	TG_OPT_FLAG(0, "unsigned-ok", struct pgp_open, unsigned_ok, "take what nobody has signed"),
	TG_OPT_SIZE(0, "max-output", struct pgp_open, max_output, "SIZE", "refuse a message that holds more (10GB)"),
	TG_OPT_TEXT(0, "spool", struct pgp_open, spool, "DIR", "where large content waits for the verdict ($TMPDIR, else /var/tmp)"),
	TG_OPT_SIZE(0, "spool-memory", struct pgp_open, spool_memory, "SIZE", "so much of it waits in memory (8MiB)"),
	TG_OPT_END,
};
// clang-format on

/*
 * Options
 */

static void set_defaults(struct pgp_open *p)
{
	if (p->require == 0)
		p->require = 1;
	if (p->max_output == 0)
		p->max_output = max_output;
	if (p->spool_memory == 0)
		p->spool_memory = SPOOL_MEMORY;
}

static enum tg_status check_options(struct pgp_open *p, const struct tg_setup *setup,
				    struct tg_error *err)
{
	if (p->keys.n + p->secret_keys.n == 0)
		return tg_fail(err, TG_USAGE,
			       "no keys: --keys names the partner's and ours, --secret-key ours");
	if (p->signature.p && setup->operands > 1)
		return tg_fail(err, TG_USAGE, "--signature is over one file, and here are %zu",
			       setup->operands);
	if (p->signature.p && p->unsigned_ok)
		return tg_fail(err, TG_USAGE,
			       "--signature and --unsigned-ok: there is nothing to do without a "
			       "signature");
	if (p->spool_memory > UINT64_C(1) << 32)
		return tg_fail(err, TG_USAGE, "--spool-memory: the value must be 4GiB at most");
	return TG_OK;
}

/* Before anything is made: a pin that is none must stop the run whatever else is wrong. */
static enum tg_status read_pins(struct pgp_open *p, struct tg_arena *arena, struct tg_error *err)
{
	char(*pin)[TG_PGP_FINGERPRINT] = tg_arena_array(arena, p->signers.n + 1, sizeof(*pin));
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < p->signers.n; i++)
		st = tg_pgp_keys_pin(p->signers.item[i], "--signer", pin[i], err);
	p->opener.policy.pin = (const char(*)[TG_PGP_FINGERPRINT])pin;
	p->opener.policy.pins = p->signers.n;
	return st;
}

/* Without --signer the public keys of the files without secret ones. */
static enum tg_status choose_pins(struct pgp_open *p, struct tg_arena *arena, struct tg_error *err)
{
	struct tg_pgp_policy *policy = &p->opener.policy;
	char(*pin)[TG_PGP_FINGERPRINT];

	for (size_t i = 0; i < policy->pins; i++)
		if (!tg_pgp_ring_find(&p->ring, policy->pin[i]))
			return tg_fail(err, TG_CONFIG,
				       "--signer %s: no file of --keys has this key, so nothing "
				       "that it signs can be checked",
				       policy->pin[i]);
	if (policy->pins == 0) {
		pin = tg_arena_array(arena, p->ring.public.n + 1, sizeof(*pin));
		for (size_t i = 0; i < p->ring.public.n; i++)
			if (p->ring.public.fingerprint[i].n < TG_PGP_FINGERPRINT)
				memcpy(pin[policy->pins++], p->ring.public.fingerprint[i].p,
				       p->ring.public.fingerprint[i].n);
		policy->pin = (const char(*)[TG_PGP_FINGERPRINT])pin;
	}
	if (policy->pins == 0 && !p->unsigned_ok)
		return tg_fail(err, TG_USAGE,
			       "nobody is pinned, so nobody's signature would count: --keys names "
			       "the partner's public key, --signer its fingerprint");
	if (policy->require > policy->pins && !p->unsigned_ok)
		return tg_fail(err, TG_USAGE, "--require %llu: only %zu signers are pinned",
			       (unsigned long long)policy->require, policy->pins);
	return TG_OK;
}

static enum tg_status read_keys(struct pgp_open *p, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < p->keys.n; i++)
		st = tg_pgp_ring_add(&p->ring, &p->home, p->keys.item[i].p, err);
	for (size_t i = 0; !st && i < p->secret_keys.n; i++)
		st = tg_pgp_ring_add_secret(&p->ring, &p->home, p->secret_keys.item[i].p, err);
	if (!st && !tg_pgp_ring_decrypts(&p->ring) && !p->signature.p)
		return tg_fail(err, TG_USAGE,
			       "there is no secret key to decrypt with: --secret-key names its "
			       "file");
	return st ? st : tg_pgp_ring_list(&p->ring, &p->home, err);
}

static void warn_of_modes(const struct pgp_open *p, const struct tg_setup *setup)
{
	const char *path = tg_pgp_ring_open_to_others(&p->ring);

	if (path)
		tg_setup_warn(setup, "%s holds a secret key and is open to others: chmod 600 it",
			      path);
	if (p->home.passphrase.open_to_others)
		tg_setup_warn(setup, "the file of --passphrase is open to others: chmod 600 it");
}

static enum tg_status pgp_open_open(void *self, struct tg_setup *setup, struct tg_spool *spool,
				    struct tg_error *err)
{
	struct pgp_open *p = self;
	enum tg_status st;

	p->home = TG_PGP_HOME_INIT;
	p->setup = setup;
	p->ring.arena = setup->arena;
	set_defaults(p);
	st = check_options(p, setup, err);
	p->opener = (struct tg_pgp_opener){
		.home = &p->home,
		.ring = &p->ring,
		.policy = { .require = p->require,
			    .allow_sha1 = p->allow_sha1,
			    .unsigned_ok = p->unsigned_ok,
			    .allow_expired_signer = p->allow_expired_signer },
		.no_armor = p->no_armor,
		.max_output = p->max_output,
		.arena = setup->arena,
	};
	if (!st)
		st = read_pins(p, setup->arena, err);
	if (p->spool.p)
		spool->place = p->spool.p;
	spool->elsewhere = "--spool";
	spool->memory = (size_t)p->spool_memory;
	tg_secret_harden();
	if (!st && p->passphrase.p)
		st = tg_secret_read(&p->home.passphrase, p->passphrase, TG_SECRET_TEXT,
				    PASSPHRASE_MOST, "--passphrase", err);
	if (!st && p->signature.p)
		st = tg_input_slurp(&p->signature_bytes, p->signature.p, SIGNATURE_MOST, err);
	if (!st)
		st = tg_pgp_home_open(&p->home, NULL, err);
	if (!st)
		st = read_keys(p, err);
	if (!st)
		st = choose_pins(p, setup->arena, err);
	if (!st)
		warn_of_modes(p, setup);
	return st;
}

/*
 * What is found out
 */

/* acme.csv.pgp holds acme.csv; a detached signature leaves the name as it is. */
static struct tg_str name_of(const struct pgp_open *p, struct tg_str base)
{
	static const struct tg_str ending[] = { { ".pgp", 4 }, { ".gpg", 4 }, { ".asc", 4 } };

	for (size_t i = 0; !p->signature.p && i < TG_COUNT(ending); i++)
		if (base.n > ending[i].n && tg_str_ends(base, ending[i]))
			return tg_str_from(base.p, base.n - ending[i].n);
	return base;
}

static void put_time(struct tg_buffer *out, int64_t seconds)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_time_put(&text, (struct tg_time){ .seconds = seconds });
	tg_buffer_put(out, text.p, sizeof("2025-11-05T06:00:00") - 1);
	tg_buffer_putc(out, 'Z');
}

/* Whatever the sender wrote there is made harmless before it goes anywhere. */
static void put_inner_name(struct tg_buffer *out, struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_utf8_put_safe(&safe, name, NAME_MOST);
	tg_json_put_member(out, "inner_name", tg_buffer_str(&safe));
}

static void put_file_name(struct tg_buffer *out, const char *member, struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_utf8_put_safe(&safe, name, name.n);
	tg_json_put_member(out, member, tg_buffer_str(&safe));
}

static void put_signers(struct tg_buffer *out, const struct pgp_open *p,
			const struct tg_pgp_opened *opened)
{
	const struct tg_pgp_policy *policy = &p->opener.policy;
	size_t told = 0;

	tg_json_put_name(out, "signers");
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < opened->signatures && opened->verdict.by && told < SIGNERS_TOLD;
	     i++) {
		const struct tg_pgp_signature *s = &opened->signature[i];

		if (!tg_pgp_counts(policy, s, &opened->verdict))
			continue;
		tg_buffer_puts(out, told++ ? ",{" : "{");
		tg_json_put_member(out, "fingerprint", tg_str_of(s->fingerprint));
		tg_json_put_member(out, "primary", tg_str_of(s->primary));
		tg_json_put_name(out, "signed_at");
		tg_buffer_putc(out, '"');
		put_time(out, s->made);
		tg_buffer_puts(out, "\"}");
	}
	tg_buffer_putc(out, ']');
}

static void put_message(struct pgp_open *p, const struct tg_input *in,
			const struct tg_pgp_opened *opened)
{
	struct tg_buffer *out = &p->messages;

	tg_buffer_puts(out, out->n ? ",{" : "{");
	if (in->base.n)
		put_file_name(out, "file", in->base);
	if (opened->inner_name.n)
		put_inner_name(out, opened->inner_name);
	tg_json_put_member(out, "sha256", tg_str_of(opened->sha256));
	tg_json_put_member_u64(out, "bytes", opened->bytes);
	put_signers(out, p, opened);
	tg_buffer_putc(out, '}');
}

static void note(struct pgp_open *p, const struct tg_input *in, const struct tg_pgp_opened *opened)
{
	const char *by = opened->verdict.by ? opened->verdict.by->primary : "";

	if (p->opened++ == 0)
		strcpy(p->signer, by);
	p->differ |= strcmp(p->signer, by) != 0;
	p->used_sha1 |= opened->verdict.used_sha1;
	p->used_expired |= opened->verdict.used_expired;
	p->used_unsigned |= !opened->verdict.by;
	p->last = *opened;
	p->name = name_of(p, in->base);
	if (p->told == p->opened - 1 && p->told < TOLD && p->messages.n < TOLD_BYTES) {
		put_message(p, in, opened);
		p->told++;
	}
}

static enum tg_status pgp_open_take(void *self, struct tg_input *in, struct tg_spool *spool,
				    struct tg_error *err)
{
	struct pgp_open *p = self;
	struct tg_pgp_opened opened;
	enum tg_status st;

	if (p->signature.p)
		st = tg_pgp_open_detached(&p->opener, in, tg_buffer_str(&p->signature_bytes),
					  p->signature.p, spool, &opened, err);
	else
		st = tg_pgp_open_message(&p->opener, in, spool, &opened, err);
	if (!st)
		note(p, in, &opened);
	return st;
}

static void meta_text(const struct tg_setup *setup, const char *name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_json_put_string(&b, text);
	tg_setup_meta(setup, name, tg_buffer_str(&b));
}

/* The exceptions that were made, by the names of the options that made them. */
static void meta_allowed(const struct pgp_open *p, const struct tg_setup *setup)
{
	const struct {
		bool used;
		const char *name;
	} exception[] = {
		{ p->used_sha1, "allow-sha1" },
		{ p->used_expired, "allow-expired-signer" },
		{ p->used_unsigned, "unsigned-ok" },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(exception); i++) {
		if (!exception[i].used)
			continue;
		tg_buffer_putc(&b, b.n ? ',' : '[');
		tg_json_put_string(&b, tg_str_of(exception[i].name));
	}
	if (!b.n)
		return;
	tg_buffer_putc(&b, ']');
	tg_setup_meta(setup, "pgp_allowed", tg_buffer_str(&b));
}

/* Of one message all at the top, where the landing looks; of several each by itself, and at the top what they have in common. */
static enum tg_status pgp_open_finish(void *self, const struct tg_setup *setup,
				      struct tg_error *err)
{
	struct pgp_open *p = self;
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	(void)err;
	if (p->opened == 1 && p->name.n) {
		tg_utf8_put_safe(&b, p->name, p->name.n);
		meta_text(setup, "name", tg_buffer_str(&b));
	}
	if (p->opened == 1)
		meta_text(setup, "sha256", tg_str_of(p->last.sha256));
	if (!p->differ && p->signer[0])
		meta_text(setup, "pgp_fingerprint", tg_str_of(p->signer));
	if (p->opened == 1 && p->last.verdict.by) {
		tg_buffer_clear(&b);
		put_time(&b, p->last.verdict.by->made);
		meta_text(setup, "signed_at", tg_buffer_str(&b));
	}
	tg_setup_meta(setup, "signed", p->used_unsigned ? TG_STR("false") : TG_STR("true"));
	meta_allowed(p, setup);
	tg_buffer_clear(&b);
	tg_buffer_printf(&b, "[%.*s]", TG_STR_ARG(tg_buffer_str(&p->messages)));
	tg_setup_meta(setup, "messages", tg_buffer_str(&b));
	if (p->opened > p->told) {
		tg_buffer_clear(&b);
		tg_buffer_put_u64(&b, p->opened);
		tg_setup_meta(setup, "messages_count", tg_buffer_str(&b));
	}
	return TG_OK;
}

static void pgp_open_release(void *self)
{
	struct pgp_open *p = self;

	tg_pgp_home_close(&p->home);
	tg_pgp_ring_release(&p->ring);
	tg_buffer_release(&p->signature_bytes);
	tg_buffer_release(&p->messages);
}

const struct tg_opener tg_pgp_open = {
	.name = "pgp-open",
	.about = "decrypt files and prove whose they are",
	.operands = "[FILE ...]",
	.options = options,
	.size = sizeof(struct pgp_open),
	.version = tg_pgp_put_version,
	.open = pgp_open_open,
	.take = pgp_open_take,
	.finish = pgp_open_finish,
	.release = pgp_open_release,
};
