/*
 * landing-verify: whether all that landed in a zone is still there, and is what landed.
 *
 *	landing-verify --zone landing
 *	landing-verify --zone landing --head >anchor	...	landing-verify --zone landing --expect anchor
 *
 * A JSON line for each thing that is wrong. None of the three shapes: it reads a zone, and has a main of its own.
 */
#include "common/base/utf8.h"
#include "common/io/input.h"
#include "common/io/publish.h"
#include "common/io/secret.h"
#include "common/json/text.h"
#include "common/landing/repair.h"
#include "common/landing/verify.h"
#include "common/run/program.h"
#ifdef TG_PGP
#include "common/pgp/vouch.h"
#endif

#include <unistd.h>

enum { ANCHORS_MOST = 64, CODES_MOST = 32, FILE_MOST = 64 * 1024 };

struct count {
	const char *code;
	uint64_t n;
};

struct landing_verify {
	struct tg_str zone, resume, sign, passphrase; /* options */
	struct tg_list expect, keys;
	bool head, repair;
	uint64_t lock_wait;

	struct tg_program program;
	struct tg_reading reading;
	struct tg_verify verify;
	struct tg_anchor anchor[ANCHORS_MOST], mark;
	struct count count[CODES_MOST]; /* of faults, in the order in which they came */
	size_t counts;
};

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('z', "zone", struct landing_verify, zone, "DIR", "the landing zone"),
	TG_OPT_FLAG(0, "head", struct landing_verify, head, "print an anchor: one line to be kept elsewhere"),
	TG_OPT_LIST(0, "expect", struct landing_verify, expect, "HEAD", "the chain must hold this anchor: a file, or the line itself"),
	TG_OPT_TEXT(0, "sign", struct landing_verify, sign, "KEY", "sign the anchor with this secret key: a file, cred:NAME, fd:N or env:NAME"),
	TG_OPT_TEXT(0, "passphrase", struct landing_verify, passphrase, "SPEC", "that key's: cred:NAME, file:PATH, fd:N or env:NAME"),
	TG_OPT_LIST('k', "keys", struct landing_verify, keys, "PATH", "public keys, one of which must have signed each anchor of --expect"),
	TG_OPT_TEXT(0, "resume", struct landing_verify, resume, "FILE", "data up to the anchor in FILE are not read again; it is brought up"),
	TG_OPT_FLAG(0, "repair", struct landing_verify, repair, "first put right what a writer could not"),
	TG_OPT_DURATION(0, "lock-wait", struct landing_verify, lock_wait, "DURATION", "most to wait for the zone's lock, with --repair (60s)"),
	TG_OPT_END,
};
// clang-format on

/*
 * What is asked for
 */

static enum tg_status check(const struct landing_verify *lv, struct tg_error *err)
{
	const struct tg_program *p = &lv->program;

	if (p->options.operands)
		return tg_fail(err, TG_USAGE, "there are no operands: --zone names the zone");
	if (!lv->zone.n)
		return tg_fail(err, TG_USAGE, "no --zone: what is to be verified?");
	if (memchr(lv->zone.p, '\0', lv->zone.n))
		return tg_fail(err, TG_USAGE, "--zone: it holds a NUL");
	if (lv->head && (lv->resume.p || lv->repair))
		return tg_fail(err, TG_USAGE,
			       "--head only looks at the chain: it does not go with --resume and "
			       "--repair");
	if (lv->sign.p && !lv->head)
		return tg_fail(err, TG_USAGE, "--sign: it signs the anchor that --head prints");
	if (lv->passphrase.p && !lv->sign.p)
		return tg_fail(err, TG_USAGE, "--passphrase: it is for the key of --sign");
	if (lv->keys.n && !lv->expect.n)
		return tg_fail(err, TG_USAGE, "--keys: they are for the anchors of --expect");
	if (lv->expect.n > ANCHORS_MOST)
		return tg_fail(err, TG_USAGE, "--expect: %d anchors at most", ANCHORS_MOST);
	return TG_OK;
}

#ifndef TG_PGP
static enum tg_status tg_vouch(struct tg_str bytes, struct tg_str key, struct tg_str passphrase,
			       struct tg_arena *arena, struct tg_buffer *signature,
			       struct tg_error *err)
{
	(void)bytes;
	(void)key;
	(void)passphrase;
	(void)arena;
	(void)signature;
	return tg_fail(err, TG_UNAVAILABLE, "--sign: this program was built without GPGME");
}

static enum tg_status tg_vouched(struct tg_str bytes, struct tg_str signature, const char *what,
				 const struct tg_str *keys, size_t n, struct tg_arena *arena,
				 struct tg_error *err)
{
	(void)bytes;
	(void)signature;
	(void)what;
	(void)keys;
	(void)n;
	(void)arena;
	return tg_fail(err, TG_UNAVAILABLE, "--keys: this program was built without GPGME");
}
#endif

/* With --keys a signature must stand below the anchor's line, and be good. Without, one that stands there is not looked at. */
static enum tg_status judge_signature(struct landing_verify *lv, struct tg_str line,
				      struct tg_str signature, const char *name,
				      struct tg_error *err)
{
	if (!lv->keys.n)
		return TG_OK;
	if (!signature.n)
		return tg_fail(err, TG_REFUSED,
			       "%s: nobody has signed this anchor, and --keys says that somebody "
			       "must have",
			       name);
	return tg_vouched(line, signature, name, lv->keys.item, lv->keys.n, &lv->program.arena,
			  err);
}

/* text: an anchor's line with its newline, and maybe the signature over it. */
static enum tg_status read_anchor(struct landing_verify *lv, struct tg_anchor *anchor,
				  struct tg_str text, const char *name, struct tg_error *err)
{
	const char *nl = memchr(text.p, '\n', text.n);
	struct tg_str line = nl ? tg_str_from(text.p, (size_t)(nl - text.p) + 1) : text;
	struct tg_str rest = tg_str_after(text, line.n);

	if (!tg_anchor_read(anchor, line) ||
	    (rest.n && !tg_str_starts(rest, TG_STR("-----BEGIN PGP SIGNATURE-----"))))
		return tg_fail(err, TG_CONFIG,
			       "%s holds no anchor: it must be what landing-verify --head prints",
			       name);
	return judge_signature(lv, line, rest, name, err);
}

static enum tg_status read_anchor_file(struct landing_verify *lv, struct tg_anchor *anchor,
				       struct tg_str path, const char *option, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	enum tg_status st = tg_input_slurp(&text, path.p, FILE_MOST, err);

	if (!st)
		st = read_anchor(lv, anchor, tg_buffer_str(&text), path.p, err);
	return st ? tg_within(err, "%s", option) : TG_OK;
}

static enum tg_status read_anchors(struct landing_verify *lv, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < lv->expect.n; i++) {
		struct tg_str text = lv->expect.item[i];

		if (tg_anchor_begins(text))
			st = read_anchor(lv, &lv->anchor[i], text, "the anchor of --expect", err);
		else
			st = read_anchor_file(lv, &lv->anchor[i], text, "--expect", err);
	}
	if (!st && lv->resume.p && access(lv->resume.p, F_OK) == 0) {
		/* It is our own, from the last time. */
		lv->keys.n = 0;
		lv->verify.since = &lv->mark;
		st = read_anchor_file(lv, &lv->mark, lv->resume, "--resume", err);
	}
	return st;
}

/*
 * What is found
 */

static void tally(struct landing_verify *lv, const char *code)
{
	for (size_t i = 0; i < lv->counts; i++)
		if (strcmp(lv->count[i].code, code) == 0) {
			lv->count[i].n++;
			return;
		}
	if (lv->counts < CODES_MOST)
		lv->count[lv->counts++] = (struct count){ .code = code, .n = 1 };
}

/* A file's name need not be UTF-8. */
static void put_path(struct tg_buffer *out, struct tg_str path)
{
	TG_OWN(tg_buffer_release) struct tg_buffer copy = TG_BUFFER_INIT;

	if (!path.p)
		return;
	tg_buffer_put_str(&copy, path); /* with slack behind it */
	if (tg_utf8_check(tg_buffer_str(&copy)) == path.n) {
		tg_json_put_member(out, "path", path);
		return;
	}
	tg_json_put_name(out, "path_base64");
	tg_buffer_putc(out, '"');
	tg_buffer_put_base64(out, path.p, path.n);
	tg_buffer_putc(out, '"');
}

static enum tg_status report(void *arg, const struct tg_verify_fault *fault, struct tg_error *err)
{
	struct landing_verify *lv = arg;
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

	if (fault->note && lv->head)
		return TG_OK;
	tg_buffer_putc(&line, '{');
	tg_json_put_member(&line, "code", tg_str_of(fault->code));
	tg_json_put_member(&line, "severity", fault->note ? TG_STR("note") : TG_STR("fault"));
	if (fault->line)
		tg_json_put_member_u64(&line, "line", fault->line);
	tg_json_put_member(&line, "landing", fault->landing);
	put_path(&line, fault->path);
	if (fault->member)
		tg_json_put_member(&line, "member", tg_str_of(fault->member));
	tg_json_put_member(&line, "expected", fault->expected);
	tg_json_put_member(&line, "found", fault->found);
	tg_buffer_puts(&line, "}\n");
	if (!fault->note)
		tally(lv, fault->code);
	tg_output_put(&lv->program.out, tg_buffer_str(&line));
	return lv->program.out.status ? tg_output_flush(&lv->program.out, err) : TG_OK;
}

static enum tg_status judge(const struct landing_verify *lv, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	const struct tg_verify *v = &lv->verify;

	if (!v->faults)
		return TG_OK;
	for (size_t i = 0; i < lv->counts; i++)
		tg_buffer_printf(&text, "%s%llu %s", i ? ", " : "",
				 (unsigned long long)lv->count[i].n, lv->count[i].code);
	if (v->first_break)
		return tg_fail(
			err, TG_DATA,
			"%s: the chain breaks at line %llu of the manifest: a line before it "
			"was changed, taken away, put in or moved, and %llu lines are lost by "
			"it (%.*s)",
			lv->zone.p, (unsigned long long)v->first_break, (unsigned long long)v->lost,
			TG_STR_ARG(tg_buffer_str(&text)));
	return tg_fail(err, v->faults == v->unreadable ? TG_IO : TG_DATA,
		       "%s: %llu fault%s, and %llu landings in the manifest (%.*s)", lv->zone.p,
		       (unsigned long long)v->faults, v->faults == 1 ? "" : "s",
		       (unsigned long long)v->landings, TG_STR_ARG(tg_buffer_str(&text)));
}

static void find_out(struct landing_verify *lv)
{
	TG_OWN(tg_buffer_release) struct tg_buffer anchor = TG_BUFFER_INIT, json = TG_BUFFER_INIT;
	const struct tg_verify *v = &lv->verify;

	tg_anchor_put(&anchor, &v->head);
	tg_json_put_string(&json, tg_buffer_str(&anchor));
	tg_setup_meta(&lv->program.setup, "anchor", tg_buffer_str(&json));
	if (lv->head)
		return;
	tg_say(&lv->program.messages, TG_LEVEL_INFO,
	       "%s: %llu landings in %llu lines: %llu read, %llu gone; %llu faults, %llu notes",
	       lv->zone.p, (unsigned long long)v->landings, (unsigned long long)v->lines,
	       (unsigned long long)v->read, (unsigned long long)v->gone,
	       (unsigned long long)v->faults, (unsigned long long)v->notes);
}

/*
 * What is done
 */

static enum tg_status repair(struct landing_verify *lv, struct tg_error *err)
{
	struct tg_repair what = { .cut = 0 };
	enum tg_status st = tg_repair_zone(&what, &lv->reading.zone, lv->lock_wait, err);

	if (!st && what.cut)
		tg_say(&lv->program.messages, TG_LEVEL_WARN,
		       "%s: %llu bytes of a line that was never finished were cut off the manifest",
		       lv->zone.p, (unsigned long long)what.cut);
	if (!st && what.broken)
		tg_say(&lv->program.messages, TG_LEVEL_WARN, "%s: writers may go on", lv->zone.p);
	return st;
}

/* All is well up to the head: from here on what lies before it need not be read. */
static enum tg_status keep_mark(const struct landing_verify *lv, struct tg_error *err)
{
	TG_OWN(tg_publish_release) struct tg_publish file = TG_PUBLISH_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	enum tg_status st;

	if (!lv->resume.p)
		return TG_OK;
	tg_anchor_put(&text, &lv->verify.head);
	tg_buffer_putc(&text, '\n');
	st = tg_publish_open(&file, lv->resume.p, 0666, err);
	if (!st)
		st = tg_publish_write(&file, tg_buffer_str(&text), err);
	return st ? st : tg_publish_commit(&file, TG_PUBLISH_REPLACE, err);
}

static enum tg_status print_head(struct landing_verify *lv, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer signature = TG_BUFFER_INIT;
	enum tg_status st = TG_OK;

	if (!lv->head)
		return TG_OK;
	tg_anchor_put(&text, &lv->verify.head);
	tg_buffer_putc(&text, '\n');
	if (lv->sign.p)
		st = tg_vouch(tg_buffer_str(&text), lv->sign, lv->passphrase, &lv->program.arena,
			      &signature, err);
	if (st)
		return tg_within(err, "--sign");
	tg_output_put(&lv->program.out, tg_buffer_str(&text));
	tg_output_put(&lv->program.out, tg_buffer_str(&signature));
	return tg_output_flush(&lv->program.out, err);
}

/* 0: one for each CPU. */
static size_t jobs_of(const struct tg_program *p)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (p->common.jobs)
		return p->common.jobs < SIZE_MAX ? (size_t)p->common.jobs : SIZE_MAX;
	return cpus > 0 ? (size_t)cpus : 1;
}

static enum tg_status run(struct landing_verify *lv, struct tg_error *err)
{
	struct tg_program *p = &lv->program;
	struct tg_verify *v = &lv->verify;
	enum tg_status st;

	tg_output_open(&p->out, STDOUT_FILENO, "standard output");
	v->jobs = jobs_of(p);
	v->anchor = lv->anchor;
	v->anchors = lv->expect.n;
	v->chain_only = lv->head;
	v->report = report;
	v->arg = lv;
	st = tg_reading_find(&lv->reading, lv->zone.p, &p->arena, err);
	if (!st && lv->repair)
		st = repair(lv, err);
	if (!st)
		st = tg_verify(v, &lv->reading, &p->arena, err);
	if (st)
		return st;
	find_out(lv);
	st = judge(lv, err);
	if (!st)
		st = keep_mark(lv, err);
	return st ? st : print_head(lv, err);
}

int main(int argc, char **argv)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_OTHER,
		.name = "landing-verify",
		.about = "whether all that landed in a zone is there, and is what landed",
		.options = options,
	};
	struct tg_error err = TG_ERROR_INIT;
	static struct landing_verify lv;
	enum tg_status st;
	int code;

	lv.reading = TG_READING_INIT;
	lv.lock_wait = 60 * 1000000;
	tg_secret_harden();
	st = tg_program_begin(&lv.program, &tool, &lv, argc, argv, &err);
	if (!st && !lv.program.done) {
		st = check(&lv, &err);
		if (!st && lv.resume.p)
			tg_setup_writes(&lv.program.setup, "the anchor of --resume", lv.resume);
		if (!st)
			st = read_anchors(&lv, &err);
		if (!st)
			st = tg_program_start(&lv.program, &err);
		if (!st)
			st = run(&lv, &err);
	}
	tg_reading_release(&lv.reading);
	code = tg_program_end(&lv.program, st, &err);
	tg_program_release(&lv.program);
	return code;
}
