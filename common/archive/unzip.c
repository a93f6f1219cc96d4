#include "common/archive/unzip.h"

#include "common/archive/name.h"
#include "common/base/check.h"
#include "common/base/library.h"
#include "common/io/interrupt.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <zlib.h>

enum { PIECE = 64 * 1024 };

/* By the calls that are made: what is no zip needs none of the seventeen libraries that come with this one, and 1.5 ms to start. */
static struct {
	__typeof__(&archive_error_string) error_string;
	__typeof__(&archive_entry_pathname_utf8) pathname;
	__typeof__(&archive_read_data) data;
	__typeof__(&archive_read_next_header) next_header;
	__typeof__(&archive_read_support_format_zip_seekable) support_zip;
	__typeof__(&archive_read_set_option) set_option;
	__typeof__(&archive_read_set_read_callback) set_read;
	__typeof__(&archive_read_set_seek_callback) set_seek;
	__typeof__(&archive_read_set_callback_data) set_data;
	__typeof__(&archive_read_add_passphrase) add_passphrase;
	__typeof__(&archive_read_open1) open;
	__typeof__(&archive_read_free) free;
	__typeof__(&archive_read_new) new;
} lib;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_CALL(lib.error_string, archive_error_string),
	TG_LIBRARY_CALL(lib.pathname, archive_entry_pathname_utf8),
	TG_LIBRARY_CALL(lib.data, archive_read_data),
	TG_LIBRARY_CALL(lib.next_header, archive_read_next_header),
	TG_LIBRARY_CALL(lib.support_zip, archive_read_support_format_zip_seekable),
	TG_LIBRARY_CALL(lib.set_option, archive_read_set_option),
	TG_LIBRARY_CALL(lib.set_read, archive_read_set_read_callback),
	TG_LIBRARY_CALL(lib.set_seek, archive_read_set_seek_callback),
	TG_LIBRARY_CALL(lib.set_data, archive_read_set_callback_data),
	TG_LIBRARY_CALL(lib.add_passphrase, archive_read_add_passphrase),
	TG_LIBRARY_CALL(lib.open, archive_read_open1),
	TG_LIBRARY_CALL(lib.free, archive_read_free),
	TG_LIBRARY_CALL(lib.new, archive_read_new),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libarchive", "13"),
	.package = "libarchive13",
	.needs = "a zip needs libarchive",
	.call = calls,
	.calls = TG_COUNT(calls),
};

struct reader {
	const struct tg_unzip *u;
	struct archive *archive;
	uint64_t at;
	struct tg_error *err;
	enum tg_status status; /* of reading the bytes */
	char in[PIECE], out[PIECE];
};

/*
 * What libarchive calls
 */

static la_ssize_t feed(struct archive *archive, void *arg, const void **p)
{
	struct reader *r = arg;
	const struct tg_archive_bytes *bytes = r->u->bytes;
	uint64_t left = bytes->size - r->at;
	size_t n = left < PIECE ? (size_t)left : PIECE;

	(void)archive;
	r->status = bytes->read(bytes->arg, r->at, r->in, n, r->err);
	if (r->status)
		return -1;
	r->at += n;
	*p = r->in;
	return (la_ssize_t)n;
}

static la_int64_t seek(struct archive *archive, void *arg, la_int64_t offset, int whence)
{
	struct reader *r = arg;
	int64_t size = (int64_t)r->u->bytes->size, to;
	int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)r->at : size;

	(void)archive;
	if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > size)
		return ARCHIVE_FATAL;
	r->at = (uint64_t)to;
	return to;
}

/*
 * What it says
 */

static enum tg_status failed(struct reader *r, const struct tg_zip_entry *e)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT, why = TG_BUFFER_INIT;
	const char *text = lib.error_string(r->archive); /* may be none, or hold a name */

	if (r->status)
		return r->status;
	tg_archive_name_put_safe(&name, e->entry.name);
	tg_archive_name_put_safe(&why, text ? tg_str_of(text) : TG_STR("no more is known"));
	if (e->entry.encrypted)
		return tg_fail_code(r->err, TG_REFUSED, "archive-encrypted",
				    "%s is refused: %.*s cannot be decrypted: the passphrase is "
				    "wrong, or the entry was changed (%.*s)",
				    r->u->bytes->name, TG_STR_ARG(tg_buffer_str(&name)),
				    TG_STR_ARG(tg_buffer_str(&why)));
	return tg_fail_code(r->err, TG_DATA, "archive-damaged",
			    "%s is refused: %.*s is damaged: %.*s", r->u->bytes->name,
			    TG_STR_ARG(tg_buffer_str(&name)), TG_STR_ARG(tg_buffer_str(&why)));
}

static enum tg_status of_entry(struct reader *r, enum tg_status st, const char *code,
			       const struct tg_zip_entry *e, const char *what)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&name, e->entry.name);
	return tg_fail_code(r->err, st, code, "%s is refused: %.*s %s", r->u->bytes->name,
			    TG_STR_ARG(tg_buffer_str(&name)), what);
}

static enum tg_status not_right(struct reader *r, const struct tg_zip_entry *e, const char *what)
{
	if (e->entry.encrypted)
		return of_entry(r, TG_REFUSED, "archive-encrypted", e,
				"cannot be decrypted: the passphrase is wrong, or the entry was "
				"changed");
	return of_entry(r, TG_DATA, "archive-damaged", e, what);
}

/*
 * Reading
 */

/* Before anything is read of any of them. */
static enum tg_status check_readable(struct reader *r, const struct tg_zip_entry *e)
{
	bool known = e->method == TG_ZIP_STORE || e->method == TG_ZIP_DEFLATE ||
		     (e->method == TG_ZIP_BZIP2 && r->u->bzip2) ||
		     (e->method == TG_ZIP_ZSTD && r->u->zstd);

	if (e->entry.encrypted && !r->u->passphrase)
		return of_entry(r, TG_REFUSED, "archive-encrypted", e,
				"is encrypted; --passphrase says where the passphrase is");
	if (known)
		return TG_OK;
	if (e->method == TG_ZIP_BZIP2 || e->method == TG_ZIP_ZSTD)
		return of_entry(
			r, TG_DATA, "archive-method", e,
			"is packed by bzip2 or zstd, which many programs do not read inside "
			"a zip; --allow-method takes it");
	return of_entry(r, TG_DATA, "archive-method", e,
			"is packed in a way that is not read here; ask for deflate");
}

/* Of a directory nothing is wanted, and a name without its '/'. */
static bool is_the_same(struct archive_entry *found, const struct tg_zip_entry *e)
{
	const char *text = lib.pathname(found);
	struct tg_str name = tg_str_of(text);

	if (!text)
		return false;
	if (e->entry.type == TG_ARCHIVE_DIRECTORY && name.n && name.p[name.n - 1] == '/')
		name.n--;
	return tg_str_eq(name, e->entry.name);
}

static enum tg_status check_content(struct reader *r, const struct tg_zip_entry *e, uint64_t bytes,
				    uint32_t crc)
{
	if (bytes != e->entry.size)
		return not_right(r, e, "is damaged: it holds less or more than it says");
	if (!e->crc_absent && crc != e->entry.crc)
		return not_right(r, e, "is damaged: its checksum (CRC) is wrong");
	return TG_OK;
}

static enum tg_status read_content(struct reader *r, const struct tg_zip_entry *e)
{
	const struct tg_archive_taker *taker = r->u->taker;
	uint64_t bytes = 0;
	uint32_t crc = 0;

	for (;;) {
		la_ssize_t n = lib.data(r->archive, r->out, PIECE);
		enum tg_status st = TG_OK;

		if (n < 0) /* a warning too */
			return failed(r, e);
		if (tg_interrupted())
			return tg_fail(r->err, TG_INTERRUPTED, "interrupted");
		if (n == 0)
			break;
		if ((uint64_t)n > e->entry.size - bytes)
			return not_right(r, e, "is damaged: it holds more than it says");
		bytes += (uint64_t)n;
		crc = (uint32_t)crc32(crc, (const Bytef *)r->out, (uInt)n);
		if (e->wanted)
			st = taker->data(taker->arg, &e->entry, tg_str_from(r->out, (size_t)n),
					 r->err);
		if (st)
			return st;
	}
	return check_content(r, e, bytes, crc);
}

static enum tg_status read_entries(struct reader *r)
{
	const struct tg_zip *zip = r->u->zip;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < zip->n; i++) {
		const struct tg_zip_entry *e = &zip->entry[i];
		struct archive_entry *found;

		if (lib.next_header(r->archive, &found) != ARCHIVE_OK)
			return failed(r, e);
		if (!is_the_same(found, e))
			return of_entry(r, TG_DATA, "archive-headers", e,
					"is found under another name by a second reader");
		if (e->entry.type == TG_ARCHIVE_DIRECTORY || !(e->wanted || r->u->all))
			continue;
		st = read_content(r, e);
		if (!st && e->wanted)
			st = r->u->taker->end(r->u->taker->arg, &e->entry, r->err);
	}
	return st;
}

static enum tg_status open_archive(struct reader *r)
{
	struct archive *a = r->archive;
	bool set = lib.support_zip(a) == ARCHIVE_OK &&
		   lib.set_option(a, "zip", "hdrcharset", "UTF-8") == ARCHIVE_OK &&
		   lib.set_option(a, "zip", "ignorecrc32", "1") == ARCHIVE_OK &&
		   lib.set_read(a, feed) == ARCHIVE_OK && lib.set_seek(a, seek) == ARCHIVE_OK &&
		   lib.set_data(a, r) == ARCHIVE_OK &&
		   (!r->u->passphrase || lib.add_passphrase(a, r->u->passphrase) == ARCHIVE_OK);

	if (!set)
		return tg_fail(r->err, TG_UNAVAILABLE, "libarchive: it does not do what is wanted");
	if (lib.open(a) != ARCHIVE_OK)
		return r->status ? r->status
				 : tg_fail_code(r->err, TG_DATA, "archive-damaged",
						"%s is refused: a second reader finds no zip in it",
						r->u->bytes->name);
	return TG_OK;
}

static void free_archive(struct reader **r)
{
	if (*r && (*r)->archive) /* else the library may not be there */
		lib.free((*r)->archive);
	tg_free(*r);
}

enum tg_status tg_unzip(const struct tg_unzip *u, struct tg_error *err)
{
	TG_OWN(free_archive) struct reader *r = tg_alloc(sizeof(*r));
	bool any = false;
	enum tg_status st = TG_OK;

	r->u = u;
	r->err = err;
	for (size_t i = 0; !st && i < u->zip->n; i++) {
		const struct tg_zip_entry *e = &u->zip->entry[i];

		if (e->entry.type == TG_ARCHIVE_DIRECTORY || !(e->wanted || u->all))
			continue;
		any = true;
		st = check_readable(r, e);
	}
	if (st || !any)
		return st;
	st = tg_library_load(&library, err);
	if (st)
		return st;
	/* Under "C" libarchive gives no names but those in ASCII. Nothing else depends on it, and it is 85 us of a start. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	r->archive = lib.new();
	TG_BUG_IF(!r->archive);
	st = open_archive(r);
	return st ? st : read_entries(r);
}
