#include "common/pgp/open.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/io/interrupt.h"
#include "common/pgp/apart.h"
#include "common/pgp/gpgme.h"
#include "common/pgp/loop.h"
#include "common/pgp/wire.h"

#include <errno.h>
#include <sys/resource.h>

enum {
	RATIO = 200, /* bytes out for a byte in */
	NAMES = 4,   /* of keys in a message */
};

static const rlim_t MEMORY = 1 << 30; /* for gpg, which takes some 10 MB */
static const uint64_t RATIO_FROM = 64 << 20;

struct operation {
	const struct tg_pgp_opener *opener;
	struct tg_input *in;
	struct tg_pgp_wire wire; /* not of data with a detached signature */
	bool detached;
	bool end; /* of the input, and it was whole */
	struct tg_spool *spool;
	struct tg_digest *digest;
	uint64_t bytes; /* out */
	struct tg_pgp_loop loop;
	/* What gpg's status lines say that GPGME does not hand on. */
	bool as_text;	/* the literal packet says that it is text */
	bool as_binary; /* a good signature is over bytes, not over lines of text */
	bool known;	/* the literal packet's length: */
	uint64_t literal;
	enum tg_status status; /* of the callbacks: the first that failed */
	struct tg_error err;
};

/*
 * What gpg reads and writes
 */

static ssize_t broken_off(struct operation *op, enum tg_status st)
{
	if (!op->status)
		op->status = st;
	errno = EIO;
	return -1;
}

/* Most of what a bomb does is to grow. The limit is looked at before a byte is kept. */
static enum tg_status check_limits(struct operation *op, size_t more)
{
	uint64_t bytes = op->bytes + more, most = op->opener->max_output;

	if (bytes > most)
		return tg_fail_code(&op->err, TG_DATA, "pgp-too-large",
				    "%s is refused: it holds more than %llu bytes; --max-output "
				    "raises the limit",
				    op->in->name, (unsigned long long)most);
	if (!op->detached && bytes > RATIO_FROM && bytes / RATIO > op->wire.bytes)
		return tg_fail_code(
			&op->err, TG_DATA, "pgp-too-large",
			"%s is refused: what it holds is more than %d times as large as itself, "
			"which honest data are not",
			op->in->name, RATIO);
	return TG_OK;
}

static enum tg_status keep(struct operation *op, const void *p, size_t n)
{
	enum tg_status st = check_limits(op, n);

	if (!st)
		st = tg_spool_put(op->spool, tg_str_from(p, n), &op->err);
	if (!st) {
		tg_digest_add(op->digest, p, n);
		op->bytes += n;
	}
	return st;
}

static ssize_t write_text(void *arg, const void *p, size_t n)
{
	struct operation *op = arg;
	enum tg_status st = op->status ? op->status : keep(op, p, n);

	return st ? broken_off(op, st) : (ssize_t)n;
}

/* The message, or the data of a detached signature. What is left of armor may be nothing for a while. */
static ssize_t read_input(void *arg, void *p, size_t room)
{
	struct operation *op = arg;
	enum tg_status st = op->status;
	size_t n = 0;

	while (!st && !op->end && n == 0) {
		st = tg_input_read(op->in, p, room, &n, &op->err);
		if (st)
			break;
		if (op->detached) {
			op->end = n == 0;
			st = keep(op, p, n);
			continue;
		}
		if (n == 0) {
			st = tg_pgp_wire_end(&op->wire, &op->err);
			op->end = !st;
		} else {
			st = tg_pgp_wire_take(&op->wire, p, &n, &op->err);
		}
	}
	return st ? broken_off(op, st) : (ssize_t)n;
}

/*
 * A message can be made of little and hold millions of signatures, each of which gpg keeps in memory; nothing of it comes out, so no
 * other limit is met. Set for the child only: it is inherited at its start.
 */
static void limit_memory(struct rlimit *old)
{
	struct rlimit low;

	if (getrlimit(RLIMIT_DATA, old) != 0)
		*old = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	low = *old;
	if (!TG_SANITIZED && low.rlim_cur > MEMORY)
		low.rlim_cur = MEMORY;
	(void)setrlimit(RLIMIT_DATA, &low);
}

/*
 * What gpg says
 */

static struct tg_str word(const char *args, size_t at)
{
	for (; at > 0 && args; at--) {
		args = strchr(args, ' ');
		args = args ? args + 1 : NULL;
	}
	return tg_str_from(args, args ? strcspn(args, " ") : 0);
}

/* "PLAINTEXT 62 1795653027 name", "PLAINTEXT_LENGTH 42", "VALIDSIG" with the signature's class as its ninth word. */
static gpgme_error_t hear(void *arg, const char *keyword, const char *args)
{
	struct operation *op = arg;

	if (strcmp(keyword, "PLAINTEXT") == 0)
		op->as_text = !tg_str_is(word(args, 0), "62");
	else if (strcmp(keyword, "PLAINTEXT_LENGTH") == 0)
		op->known = tg_read_u64(word(args, 0), &op->literal);
	else if (strcmp(keyword, "VALIDSIG") == 0)
		op->as_binary |= !tg_str_is(word(args, 8), "01");
	return 0;
}

/*
 * Whether a literal packet is text or bytes is said in a place that no signature covers, and of text gpg leaves out all carriage
 * returns. So who makes bytes that a partner has signed into text takes some of them away.
 */
static enum tg_status check_lines(const struct operation *op, struct tg_error *err)
{
	if (!op->as_text || !op->as_binary || (op->known && op->literal == op->bytes))
		return TG_OK;
	return tg_fail_code(
		err, TG_REFUSED, "pgp-content",
		"%s is refused: it was signed as bytes and says that it is text, so gpg "
		"has left out its carriage returns, or may have; the sender's program "
		"should send it as binary",
		op->in->name);
}

static enum tg_pgp_state state_of(gpgme_error_t status)
{
	switch (gpgme_err_code(status)) {
	case GPG_ERR_NO_ERROR:
		return TG_PGP_GOOD;
	case GPG_ERR_KEY_EXPIRED:
		return TG_PGP_KEY_EXPIRED;
	case GPG_ERR_SIG_EXPIRED:
		return TG_PGP_SIGNATURE_EXPIRED;
	case GPG_ERR_CERT_REVOKED:
		return TG_PGP_KEY_REVOKED;
	case GPG_ERR_NO_PUBKEY:
		return TG_PGP_NO_KEY;
	case GPG_ERR_BAD_SIGNATURE:
		return TG_PGP_BAD;
	default:
		return TG_PGP_ODD;
	}
}

static enum tg_pgp_hash hash_of(gpgme_hash_algo_t hash)
{
	switch (hash) {
	case GPGME_MD_SHA224:
	case GPGME_MD_SHA256:
	case GPGME_MD_SHA384:
	case GPGME_MD_SHA512:
		return TG_PGP_HASH_GOOD;
	case GPGME_MD_SHA1:
		return TG_PGP_HASH_SHA1;
	default:
		return TG_PGP_HASH_BROKEN;
	}
}

/* Only what is made of hexadecimal digits: nothing else can be a fingerprint or key id. */
static void copy_fingerprint(char to[TG_PGP_FINGERPRINT], const char *from)
{
	size_t n = 0;

	while (from && from[n] && n < TG_PGP_FINGERPRINT - 1 && tg_hex((unsigned char)from[n]) >= 0)
		n++;
	if (n)
		memcpy(to, from, n);
	to[n] = '\0';
}

static struct tg_pgp_signature read_signature(const struct tg_pgp_ring *ring, gpgme_signature_t s)
{
	struct tg_pgp_signature found = {
		.state = state_of(s->status),
		.hash = hash_of(s->hash_algo),
		.made = (int64_t)s->timestamp,
		.wrong_usage = s->wrong_key_usage,
	};
	const struct tg_pgp_ring_key *key;

	copy_fingerprint(found.fingerprint, s->fpr);
	key = tg_pgp_ring_find(ring, found.fingerprint);
	if (!key) {
		/* gpg has it and we do not: then it counts for nothing. */
		if (found.state != TG_PGP_BAD)
			found.state = TG_PGP_NO_KEY;
		return found;
	}
	strcpy(found.primary, key->primary);
	found.key_expires = key->expires;
	if (key->revoked && found.state != TG_PGP_BAD)
		found.state = TG_PGP_KEY_REVOKED;
	return found;
}

static void read_signatures(const struct tg_pgp_opener *o, gpgme_verify_result_t result,
			    struct tg_pgp_opened *opened)
{
	struct tg_pgp_signature *to;
	size_t n = 0;

	for (gpgme_signature_t s = result ? result->signatures : NULL; s; s = s->next)
		n++;
	to = tg_arena_array(o->arena, n + 1, sizeof(*to));
	opened->signature = to;
	for (gpgme_signature_t s = result ? result->signatures : NULL; s; s = s->next)
		to[opened->signatures++] = read_signature(o->ring, s);
}

static bool is_for_us(gpgme_decrypt_result_t result)
{
	if (!result->recipients)
		return true; /* it did not come so far */
	for (gpgme_recipient_t r = result->recipients; r; r = r->next)
		if (gpgme_err_code(r->status) != GPG_ERR_NO_SECKEY)
			return true;
	return false;
}

static enum tg_status not_for_us(gpgme_decrypt_result_t result, const char *name,
				 struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer ids = TG_BUFFER_INIT;
	int n = 0;

	for (gpgme_recipient_t r = result->recipients; r && n < NAMES; r = r->next) {
		char id[TG_PGP_FINGERPRINT];

		copy_fingerprint(id, r->keyid);
		if (strspn(id, "0") != strlen(id))
			tg_buffer_printf(&ids, "%s%s", n++ ? ", " : "", id);
	}
	return tg_fail_code(err, TG_REFUSED, "pgp-recipient",
			    "%s is refused: it is not encrypted for any of our secret keys, but "
			    "for %.*s; send the partner our public key again, or give the "
			    "right secret key",
			    name,
			    TG_STR_ARG(n ? tg_buffer_str(&ids) : TG_STR("hidden recipients")));
}

static enum tg_status no_passphrase(const struct tg_pgp_home *home, const char *name,
				    struct tg_error *err)
{
	if (home->passphrase.p)
		return tg_fail_code(err, TG_REFUSED, "pgp-passphrase",
				    "%s: the passphrase is not that of the secret key", name);
	return tg_fail_code(err, TG_CONFIG, "pgp-passphrase",
			    "%s: the secret key has a passphrase; --passphrase says where it is",
			    name);
}

/* gpg failed, and neither the input nor the frame says why. */
static enum tg_status explain(const struct tg_pgp_opener *o, gpgme_error_t e,
			      gpgme_decrypt_result_t result, const char *name, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer word = TG_BUFFER_INIT;

	if (gpgme_err_code(e) & GPG_ERR_SYSTEM_ERROR) /* no word about the message */
		return tg_fail(err, TG_TRY_AGAIN, "%s was not opened, for gpg cannot work here: %s",
			       name, tg_gpgme.strerror(e));
	if (result && result->legacy_cipher_nomdc)
		return tg_fail_code(
			err, TG_REFUSED, "pgp-integrity",
			"%s is refused: it has no integrity protection (no MDC), so it could have "
			"been changed on the way; the sender's program is too old, or told so",
			name);
	if (result && result->unsupported_algorithm) {
		tg_utf8_put_safe(&word, tg_str_of(result->unsupported_algorithm), 64);
		return tg_fail_code(err, TG_DATA, "pgp-algorithm",
				    "%s is encrypted by an algorithm that this gpg does not know "
				    "(%.*s)",
				    name, TG_STR_ARG(tg_buffer_str(&word)));
	}
	if (o->home->passphrase_wanted && (o->home->passphrase_refused || !o->home->passphrase.p ||
					   gpgme_err_code(e) == GPG_ERR_BAD_PASSPHRASE))
		return no_passphrase(o->home, name, err);
	if (result && !is_for_us(result))
		return not_for_us(result, name, err);
	switch (gpgme_err_code(e)) {
	case GPG_ERR_NO_SECKEY:
		return tg_fail_code(err, TG_REFUSED, "pgp-recipient",
				    "%s is refused: it is not encrypted for any of our secret keys",
				    name);
	case GPG_ERR_DECRYPT_FAILED:
	case GPG_ERR_BAD_DATA:
	case GPG_ERR_NO_DATA:
	case GPG_ERR_INV_PACKET:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-integrity",
			"%s is refused: it was changed or damaged on the way, for its integrity "
			"check fails, or what it holds is not one signed file; have it sent again",
			name);
	default:
		return tg_fail_code(err, TG_REFUSED, "pgp-failed", "%s is refused: gpg says: %s",
				    name, tg_gpgme.strerror(e));
	}
}

/*
 * Opening
 */

static void clear_home(struct tg_pgp_home *home)
{
	home->passphrase_wanted = home->passphrase_refused = false;
	(void)tg_pgp_apart_printed(home);
}

/* What was found out before gpg's answer counts more: it says why. */
static enum tg_status broken(struct operation *op, enum tg_status st, struct tg_error *err)
{
	(void)tg_pgp_home_settle(op->opener->home);
	if (tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (op->status) {
		*err = op->err;
		return op->status;
	}
	return st == TG_DATA ? tg_within(err, "%s is refused", op->in->name) : st;
}

static void finish(struct operation *op, struct tg_pgp_opened *opened)
{
	opened->bytes = op->bytes;
	tg_digest_hex(op->digest, opened->sha256);
}

static enum tg_status decrypt(struct operation *op, gpgme_ctx_t ctx, struct tg_pgp_opened *opened,
			      struct tg_error *err)
{
	TG_OWN(tg_pgp_data_free) gpgme_data_t cipher = NULL;
	TG_OWN(tg_pgp_data_free) gpgme_data_t plain = NULL;
	const struct tg_pgp_opener *o = op->opener;
	gpgme_decrypt_result_t result;
	struct rlimit old;
	gpgme_error_t e = 0;
	enum tg_status st;

	tg_pgp_loop_init(&op->loop, ctx, op->in->watch);
	st = tg_pgp_loop_source(&op->loop, &cipher, read_input, op, err);
	if (!st)
		st = tg_pgp_loop_target(&op->loop, &plain, write_text, op, err);
	if (st)
		return st;
	e = tg_gpgme.set_ctx_flag(ctx, "full-status", "1");
	tg_gpgme.set_status_cb(ctx, hear, op);
	limit_memory(&old);
	if (!e)
		e = tg_gpgme.op_decrypt_verify_start(ctx, cipher, plain);
	(void)setrlimit(RLIMIT_DATA, &old);
	if (!e)
		st = tg_pgp_loop_run(&op->loop, ctx, &e, err);
	if (st || op->status || tg_interrupted())
		return broken(op, st, err);
	result = tg_gpgme.op_decrypt_result(ctx);
	if (e) {
		if (tg_pgp_home_settle(o->home))
			return tg_fail(
				err, TG_TRY_AGAIN,
				"%s was not opened: gpg was killed, maybe for want of memory",
				op->in->name);
		return explain(o, e, result, op->in->name, err);
	}
	/* Success is a word; these are the facts. */
	if (!result || !result->recipients || result->legacy_cipher_nomdc ||
	    result->unsupported_algorithm || !op->end)
		return explain(o, gpgme_error(GPG_ERR_DECRYPT_FAILED), result, op->in->name, err);
	if (tg_pgp_apart_printed(o->home))
		return tg_fail_code(err, TG_REFUSED, "pgp-content",
				    "%s is refused: beside a signed file it holds keys or the like "
				    "under the encryption, which are nobody's business there",
				    op->in->name);
	if (result->file_name && result->file_name[0])
		opened->inner_name = tg_arena_copy(o->arena, tg_str_of(result->file_name));
	read_signatures(o, tg_gpgme.op_verify_result(ctx), opened);
	return check_lines(op, err);
}

enum tg_status tg_pgp_open_message(const struct tg_pgp_opener *o, struct tg_input *in,
				   struct tg_spool *spool, struct tg_pgp_opened *opened,
				   struct tg_error *err)
{
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
	TG_OWN(tg_digest_free) struct tg_digest *digest = NULL;
	struct operation op = { .opener = o, .in = in, .spool = spool };
	enum tg_status st = tg_digest_new(&digest, err);

	*opened = (struct tg_pgp_opened){ .bytes = 0 };
	op.digest = digest;
	tg_pgp_wire_init(&op.wire, TG_PGP_WIRE_MESSAGE, o->no_armor, in->name);
	clear_home(o->home);
	if (!st)
		st = tg_pgp_home_context(o->home, &ctx, err);
	if (!st)
		st = decrypt(&op, ctx, opened, err);
	tg_pgp_loop_release(&op.loop);
	if (!st)
		st = tg_pgp_judge(&o->policy, opened->signature, opened->signatures, in->name,
				  &opened->verdict, err);
	if (!st)
		finish(&op, opened);
	return st;
}

/* The signature's own frame, and its armor taken off: bytes is changed. */
static enum tg_status unwrap_signature(const struct tg_pgp_opener *o, struct tg_buffer *bytes,
				       const char *what, struct tg_error *err)
{
	struct tg_pgp_wire wire;
	enum tg_status st;

	tg_pgp_wire_init(&wire, TG_PGP_WIRE_SIGNATURE, o->no_armor, what);
	st = tg_pgp_wire_take(&wire, bytes->p, &bytes->n, err);
	return st ? st : tg_pgp_wire_end(&wire, err);
}

static enum tg_status verify(struct operation *op, gpgme_ctx_t ctx, struct tg_str signature,
			     struct tg_pgp_opened *opened, struct tg_error *err)
{
	TG_OWN(tg_pgp_data_free) gpgme_data_t sig = NULL;
	TG_OWN(tg_pgp_data_free) gpgme_data_t text = NULL;
	const struct tg_pgp_opener *o = op->opener;
	struct rlimit old;
	gpgme_error_t e = tg_gpgme.data_new_from_mem(&sig, signature.p, signature.n, 0);
	enum tg_status st;

	tg_pgp_loop_init(&op->loop, ctx, op->in->watch);
	st = tg_pgp_loop_source(&op->loop, &text, read_input, op, err);
	if (st)
		return st;
	limit_memory(&old);
	if (!e)
		e = tg_gpgme.op_verify_start(ctx, sig, text, NULL);
	(void)setrlimit(RLIMIT_DATA, &old);
	if (!e)
		st = tg_pgp_loop_run(&op->loop, ctx, &e, err);
	if (st || op->status || tg_interrupted())
		return broken(op, st, err);
	read_signatures(o, tg_gpgme.op_verify_result(ctx), opened);
	/* gpg may stop at a signature that it cannot check, before all was read. */
	if (!op->end && opened->signatures == 0)
		return explain(o, e ? e : gpgme_error(GPG_ERR_NO_DATA), NULL, op->in->name, err);
	return e && opened->signatures == 0 ? explain(o, e, NULL, op->in->name, err) : TG_OK;
}

enum tg_status tg_pgp_open_detached(const struct tg_pgp_opener *o, struct tg_input *in,
				    struct tg_str signature, const char *what,
				    struct tg_spool *spool, struct tg_pgp_opened *opened,
				    struct tg_error *err)
{
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
	TG_OWN(tg_digest_free) struct tg_digest *digest = NULL;
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	struct operation op = { .opener = o, .in = in, .spool = spool, .detached = true };
	enum tg_status st = tg_digest_new(&digest, err);

	*opened = (struct tg_pgp_opened){ .bytes = 0 };
	op.digest = digest;
	tg_buffer_put_str(&bytes, signature);
	clear_home(o->home);
	if (!st)
		st = unwrap_signature(o, &bytes, what, err);
	if (!st)
		st = tg_pgp_home_context(o->home, &ctx, err);
	if (!st)
		st = verify(&op, ctx, tg_buffer_str(&bytes), opened, err);
	tg_pgp_loop_release(&op.loop);
	if (!st)
		st = tg_pgp_judge(&o->policy, opened->signature, opened->signatures, in->name,
				  &opened->verdict, err);
	if (!st && !op.end)
		st = tg_fail_code(err, TG_REFUSED, "pgp-failed",
				  "%s is refused: gpg did not read all of it", in->name);
	if (!st)
		finish(&op, opened);
	return st;
}
