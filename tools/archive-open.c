/*
 * archive-open: what archives hold, checked to the last byte before any of it comes out.
 *
 *	archive-open --entry customers.csv acme_2025-11-05.zip
 *
 * One entry goes to standard output; with --list, what there is, as JSON lines; with --into, all of it to a directory, whole or not at
 * all. What is damaged, cut off, too large or to be read in two ways is refused.
 */
#include "common/archive/into.h"
#include "common/archive/name.h"
#include "common/archive/open.h"
#include "common/base/utf8.h"
#include "common/digest/digest.h"
#include "common/io/secret.h"
#include "common/json/text.h"
#include "common/run/opener.h"

enum {
	PASSPHRASE_MOST = 1024,
	PATTERN_MOST = 1024,
	SPOOL_MEMORY = 1 << 20,
	/* A line of the run log has its limit: so many archives are told one by one, and none any more when that has taken so many bytes. */
	TOLD = 32,
	TOLD_BYTES = 16 * 1024,
};

/* What becomes of the entries. */
enum mode {
	PICK, /* one comes out */
	LIST,
	INTO, /* all go to a directory */
};

struct archive_open {
	struct tg_str entry, into, passphrase, spool;
	struct tg_list methods;
	uint64_t max_entries, max_entry, max_total, max_ratio, max_memory, spool_memory;
	bool list, strict, stream;

	enum mode mode;
	struct tg_archive_opener opener;
	struct tg_secret secret;
	struct tg_into target;
	struct tg_digest *digest;
	const struct tg_setup *setup;

	/* Of the archive that is open. */
	struct tg_input *in;
	struct tg_spool *out;
	struct tg_buffer line;
	struct tg_str picked; /* the name of the entry that comes out; none: it has none */
	uint64_t picked_bytes;
	uint64_t picks;

	/* Found out. */
	uint64_t opened, told;
	struct tg_buffer archives;
	char sha256[TG_SHA256_HEX + 1];
};

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('e', "entry", struct archive_open, entry, "NAME", "the entry that comes out: its name, or a pattern that fits one (the only file)"),
	TG_OPT_FLAG('l', "list", struct archive_open, list, "tell what there is, as JSON lines, instead"),
	TG_OPT_TEXT(0, "into", struct archive_open, into, "DIR", "put all entries there instead, whole or not at all"),
	TG_OPT_FLAG(0, "strict", struct archive_open, strict, "read entries of a zip that are not wanted, too"),
	TG_OPT_FLAG(0, "stream", struct archive_open, stream, "let the entry out while it is read, before it is known to be good"),
	TG_OPT_TEXT(0, "passphrase", struct archive_open, passphrase, "SPEC", "of an encrypted zip: cred:NAME, file:PATH, fd:N or env:NAME"),
	TG_OPT_LIST(0, "allow-method", struct archive_open, methods, "NAME", "inside a zip take bzip2 or zstd, too"),
	TG_OPT_COUNT(0, "max-entries", struct archive_open, max_entries, "N", "refuse an archive with more entries (10000)"),
	TG_OPT_SIZE(0, "max-entry", struct archive_open, max_entry, "SIZE", "refuse an entry that holds more (10GB)"),
	TG_OPT_SIZE(0, "max-total", struct archive_open, max_total, "SIZE", "refuse an archive that holds more (20GB)"),
	TG_OPT_COUNT(0, "max-ratio", struct archive_open, max_ratio, "N", "refuse what holds N times its own size, above 64MiB (200)"),
	TG_OPT_SIZE(0, "max-memory", struct archive_open, max_memory, "SIZE", "refuse xz that takes more memory (256MiB)"),
	TG_OPT_TEXT(0, "spool", struct archive_open, spool, "DIR", "where what is held back waits ($TMPDIR, else /var/tmp)"),
	TG_OPT_SIZE(0, "spool-memory", struct archive_open, spool_memory, "SIZE", "so much of it waits in memory (1MiB)"),
	TG_OPT_END,
};
// clang-format on

/*
 * Options
 */

static void set_default(uint64_t *value, uint64_t usual)
{
	if (*value == 0)
		*value = usual;
}

static enum tg_status check_options(struct archive_open *a, struct tg_error *err)
{
	if (a->list + (a->into.p != NULL) + (a->entry.p != NULL) > 1)
		return tg_fail(err, TG_USAGE,
			       "--entry, --list and --into: only one of them can be");
	if (a->stream && (a->list || a->into.p))
		return tg_fail(
			err, TG_USAGE,
			"--stream lets an entry out, and with --list or --into none comes out");
	if (a->entry.p && (a->entry.n == 0 || a->entry.n > PATTERN_MOST))
		return tg_fail(err, TG_USAGE, "--entry: the name must have 1 to %d bytes",
			       PATTERN_MOST);
	if (a->into.p && a->into.n == 0)
		return tg_fail(err, TG_USAGE, "--into: the directory has no name");
	if (a->spool_memory > UINT64_C(1) << 32)
		return tg_fail(err, TG_USAGE, "--spool-memory: the value must be 4GiB at most");
	for (size_t i = 0; i < a->methods.n; i++) {
		bool bzip2 = tg_str_is(a->methods.item[i], "bzip2"),
		     zstd = tg_str_is(a->methods.item[i], "zstd");

		if (!bzip2 && !zstd)
			return tg_fail(err, TG_USAGE, "--allow-method: there are bzip2 and zstd");
		a->opener.bzip2 |= bzip2;
		a->opener.zstd |= zstd;
	}
	a->mode = a->list ? LIST : a->into.p ? INTO : PICK;
	return TG_OK;
}

static enum tg_status read_passphrase(struct archive_open *a, struct tg_error *err)
{
	enum tg_status st;

	if (!a->passphrase.p)
		return TG_OK;
	tg_secret_harden();
	st = tg_secret_read(&a->secret, a->passphrase, TG_SECRET_TEXT, PASSPHRASE_MOST,
			    "--passphrase", err);
	if (st)
		return st;
	if (a->secret.open_to_others)
		tg_setup_warn(a->setup, "the file of --passphrase is open to others: chmod 600 it");
	a->opener.passphrase = a->secret.p;
	return TG_OK;
}

/*
 * What is told about entries
 */

static enum tg_status put_line(struct archive_open *a, struct tg_error *err)
{
	enum tg_status st;

	tg_buffer_puts(&a->line, "}\n");
	st = tg_spool_put(a->out, tg_buffer_str(&a->line), err);
	tg_buffer_clear(&a->line);
	return st;
}

static void put_file_name(struct tg_buffer *out, const char *member, struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_utf8_put_safe(&safe, name, name.n);
	tg_json_put_member(out, member, tg_buffer_str(&safe));
}

static enum tg_status list_entry(struct archive_open *a, const struct tg_archive_entry *e,
				 struct tg_error *err)
{
	struct tg_buffer *out = &a->line;

	tg_buffer_putc(out, '{');
	if (a->in->base.n)
		put_file_name(out, "archive", a->in->base);
	if (e->name.n)
		put_file_name(out, "name", e->name);
	tg_json_put_member(out, "type",
			   e->type == TG_ARCHIVE_FILE ? TG_STR("file") : TG_STR("directory"));
	tg_json_put_member_u64(out, "bytes", e->size);
	if (e->method && e->type == TG_ARCHIVE_FILE) {
		tg_json_put_member(out, "method", tg_str_of(e->method));
		tg_json_put_member_u64(out, "packed_bytes", e->packed);
		tg_json_put_name(out, "encrypted");
		tg_buffer_puts(out, e->encrypted ? "true" : "false");
	}
	return put_line(a, err);
}

static enum tg_status more_than_one(const struct archive_open *a, const struct tg_archive_entry *e,
				    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer one = TG_BUFFER_INIT, two = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&one, a->picked);
	tg_archive_name_put_safe(&two, e->name);
	return tg_fail_code(err, TG_DATA, "archive-entry", "%s: %s: %.*s and %.*s; %s", a->in->name,
			    a->entry.p ? "more than one entry fits --entry"
				       : "it holds more than one file",
			    TG_STR_ARG(tg_buffer_str(&one)), TG_STR_ARG(tg_buffer_str(&two)),
			    a->entry.p ? "--list tells all" : "--entry says which one");
}

static enum tg_status pick(struct archive_open *a, const struct tg_archive_entry *e, bool *wanted,
			   struct tg_error *err)
{
	if (e->type != TG_ARCHIVE_FILE ||
	    (a->entry.p && !tg_archive_pattern_fits(a->entry, e->name)))
		return TG_OK;
	if (a->picks++)
		return more_than_one(a, e, err);
	a->picked = e->name;
	*wanted = true;
	return TG_OK;
}

static enum tg_status meet(void *self, const struct tg_archive_entry *e, bool *wanted,
			   struct tg_error *err)
{
	struct archive_open *a = self;

	switch (a->mode) {
	case PICK:
		return pick(a, e, wanted, err);
	case LIST:
		*wanted = !e->sized; /* to know how much it holds */
		return e->sized ? list_entry(a, e, err) : TG_OK;
	case INTO:
		if (e->type == TG_ARCHIVE_DIRECTORY)
			return tg_into_directory(&a->target, e->name, err);
		*wanted = true;
		if (e->name.n == 0)
			return tg_fail(
				err, TG_USAGE,
				"%s: what it holds has no name to be put by; give it as a file",
				a->in->name);
		return e->sized ? TG_OK : tg_archive_name_check(e->name, a->in->name, err);
	}
	return TG_OK;
}

static enum tg_status data(void *self, const struct tg_archive_entry *e, struct tg_str bytes,
			   struct tg_error *err)
{
	struct archive_open *a = self;

	if (a->mode == LIST)
		return TG_OK;
	if (a->mode == INTO)
		return tg_into_write(&a->target, e->name, bytes, err);
	tg_digest_add(a->digest, bytes.p, bytes.n);
	return tg_spool_put(a->out, bytes, err);
}

static enum tg_status end(void *self, const struct tg_archive_entry *e, struct tg_error *err)
{
	struct archive_open *a = self;

	if (a->mode == LIST)
		return list_entry(a, e, err);
	if (a->mode == INTO)
		return tg_into_end(&a->target, e->name, a->in->base, err);
	a->picked_bytes = e->size;
	tg_digest_hex(a->digest, a->sha256);
	return TG_OK;
}

/*
 * Opening
 */

static enum tg_status read_limits(struct archive_open *a, const struct tg_setup *setup,
				  struct tg_error *err)
{
	const struct {
		const char *option;
		uint64_t *value, normal;
	} limit[] = {
		{ "max-entries", &a->max_entries, 10000 },
		{ "max-entry", &a->max_entry, UINT64_C(10000000000) },
		{ "max-total", &a->max_total, UINT64_C(20000000000) },
		{ "max-ratio", &a->max_ratio, 200 },
		{ "max-memory", &a->max_memory, 256 << 20 },
	};

	for (size_t i = 0; i < TG_COUNT(limit); i++) {
		if (*limit[i].value == 0 && tg_setup_given(setup, limit[i].option))
			return tg_fail(err, TG_USAGE,
				       "--%s: it must be 1 or more; there is no word for no limit",
				       limit[i].option);
		set_default(limit[i].value, limit[i].normal);
	}
	return TG_OK;
}

static enum tg_status archive_open_open(void *self, struct tg_setup *setup, struct tg_spool *spool,
					struct tg_error *err)
{
	struct archive_open *a = self;
	enum tg_status st;

	a->setup = setup;
	a->target = TG_INTO_INIT;
	st = read_limits(a, setup, err);
	if (st)
		return st;
	set_default(&a->spool_memory, SPOOL_MEMORY);
	st = check_options(a, err);
	if (!st)
		st = read_passphrase(a, err);
	a->opener.limits = (struct tg_archive_limits){
		.entries = a->max_entries,
		.entry_bytes = a->max_entry,
		.total_bytes = a->max_total,
		.ratio = a->max_ratio,
		.memory = a->max_memory,
	};
	a->opener.taker = (struct tg_archive_taker){ a, meet, data, end };
	a->opener.strict = a->strict;
	a->opener.arena = setup->arena;
	if (a->spool.p)
		spool->place = a->spool.p;
	spool->elsewhere = "--spool";
	spool->memory = (size_t)a->spool_memory;
	a->opener.place = spool->place;
	a->opener.elsewhere = spool->elsewhere;
	a->opener.memory = spool->memory;
	if (!st)
		st = tg_digest_new(&a->digest, err);
	if (!st && a->mode == INTO)
		st = tg_into_open(&a->target, a->into.p, setup->arena, err);
	return st;
}

static enum tg_status none_fits(const struct archive_open *a, struct tg_error *err)
{
	if (a->entry.p)
		return tg_fail_code(err, TG_DATA, "archive-entry",
				    "%s: no entry fits --entry; --list tells what there is",
				    a->in->name);
	return tg_fail_code(err, TG_DATA, "archive-entry", "%s: it holds no file", a->in->name);
}

static void tell(struct archive_open *a, const struct tg_archive_opened *opened)
{
	struct tg_buffer *out = &a->archives;

	if (a->told < a->opened || a->told >= TOLD || out->n >= TOLD_BYTES)
		return;
	a->told++;
	tg_buffer_puts(out, out->n ? ",{" : "{");
	if (a->in->base.n)
		put_file_name(out, "file", a->in->base);
	tg_json_put_member(out, "kind", tg_str_of(opened->kind));
	if (opened->packing)
		tg_json_put_member(out, "packing", tg_str_of(opened->packing));
	tg_json_put_member_u64(out, "entries", opened->entries);
	tg_json_put_member_u64(out, "bytes", opened->bytes);
	tg_json_put_member_u64(out, "packed_bytes", opened->packed);
	if (a->mode == PICK) {
		if (a->picked.n)
			put_file_name(out, "entry", a->picked);
		tg_json_put_member_u64(out, "entry_bytes", a->picked_bytes);
		tg_json_put_member(out, "sha256", tg_str_of(a->sha256));
	}
	tg_buffer_putc(out, '}');
}

static enum tg_status archive_open_take(void *self, struct tg_input *in, struct tg_spool *spool,
					struct tg_error *err)
{
	struct archive_open *a = self;
	struct tg_archive_opened opened;
	enum tg_status st;

	a->in = in;
	a->out = spool;
	a->picks = 0;
	a->picked = TG_STR_NONE;
	st = tg_archive_read(&a->opener, in, &opened, err);
	if (st)
		return st;
	if (a->mode == PICK && !a->picks)
		return none_fits(a, err);
	if (opened.weak)
		tg_setup_warn(
			a->setup,
			"%s is encrypted by ZipCrypto, which can be broken: have it sent with "
			"AES, or better as an OpenPGP message",
			in->name);
	tell(a, &opened);
	a->opened++;
	return TG_OK;
}

/*
 * What is found out
 */

static void meta_text(const struct tg_setup *setup, const char *name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_json_put_string(&b, text);
	tg_setup_meta(setup, name, tg_buffer_str(&b));
}

static struct tg_str base_of(struct tg_str name)
{
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/')
			return tg_str_after(name, i);
	return name;
}

static enum tg_status publish(struct archive_open *a, struct tg_error *err)
{
	enum tg_status st = tg_into_commit(&a->target, err);

	for (size_t i = 0; !st && i < a->target.files; i++) {
		tg_into_put_file(&a->line, &a->target, i);
		tg_buffer_putc(&a->line, '\n');
		st = tg_spool_put(a->out, tg_buffer_str(&a->line), err);
		tg_buffer_clear(&a->line);
	}
	return st;
}

static enum tg_status archive_open_finish(void *self, const struct tg_setup *setup,
					  struct tg_error *err)
{
	struct archive_open *a = self;
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	if (a->mode == PICK && a->opened == 1) {
		if (a->picked.n) {
			tg_utf8_put_safe(&b, base_of(a->picked), a->picked.n);
			meta_text(setup, "name", tg_buffer_str(&b));
		}
		meta_text(setup, "sha256", tg_str_of(a->sha256));
	}
	tg_buffer_clear(&b);
	tg_buffer_printf(&b, "[%.*s]", TG_STR_ARG(tg_buffer_str(&a->archives)));
	tg_setup_meta(setup, "archives", tg_buffer_str(&b));
	if (a->opened > a->told) {
		tg_buffer_clear(&b);
		tg_buffer_put_u64(&b, a->opened);
		tg_setup_meta(setup, "archives_count", tg_buffer_str(&b));
	}
	return a->mode == INTO ? publish(a, err) : TG_OK;
}

static bool archive_open_streams(const void *self)
{
	const struct archive_open *a = self;

	return a->stream;
}

static void archive_open_release(void *self)
{
	struct archive_open *a = self;

	tg_into_release(&a->target);
	tg_secret_release(&a->secret);
	tg_digest_free(&a->digest);
	tg_buffer_release(&a->line);
	tg_buffer_release(&a->archives);
}

const struct tg_opener tg_archive_open = {
	.name = "archive-open",
	.about = "let one checked entry of an archive out, list them, or put all into a directory",
	.operands = "[FILE ...]",
	.options = options,
	.size = sizeof(struct archive_open),
	.open = archive_open_open,
	.streams = archive_open_streams,
	.take = archive_open_take,
	.finish = archive_open_finish,
	.release = archive_open_release,
};
