#include "common/archive/zip.h"

#include "common/archive/name.h"
#include "common/base/check.h"

#include <stdlib.h>
#include <sys/stat.h>

enum {
	END = 22, /* 4.3.16 */
	COMMENT_MAX = 65535,
	SEEN = 16384,	   /* of the end of a file: libarchive looks no further */
	END64 = 56,	   /* 4.3.14 */
	LOCATOR = 20,	   /* 4.3.15 */
	CENTRAL = 46,	   /* 4.3.12 */
	LOCAL = 30,	   /* 4.3.7 */
	STEP = 256 * 1024, /* read at once, of the directory */
	STEP_LOCAL = 512,  /* of the entries, between which there is content */
	/* 4.4.4 */
	ENCRYPTED = 1 << 0,
	DESCRIPTOR = 1 << 3,
	PATCH = 1 << 5,
	STRONG = 1 << 6,
	MASKED = 1 << 13,
	/* 4.5.2 */
	EXTRA_ZIP64 = 0x0001,
	EXTRA_UNICODE_PATH = 0x7075,
	EXTRA_AES = 0x9901,
	METHOD_AES = 99,
	/* 4.4.2.2 */
	MADE_BY_DOS = 0,
	DOS_LABEL = 0x08,
	DOS_DIRECTORY = 0x10,
};

static const uint32_t ABSENT = UINT32_MAX;

struct reader {
	const struct tg_archive_bytes *bytes;
	const struct tg_archive_limits *limits;
	struct tg_arena *arena;
	struct tg_error *err;
	struct tg_archive_names names;
	/* what of the file lies in memory */
	size_t step;
	struct tg_buffer held;
	uint64_t held_at;
	/* of the end records */
	uint64_t entries, directory, directory_size;
};

static uint16_t get16(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static uint32_t get32(const char *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool is_mark(const char *p, const char *mark)
{
	return p[0] == 'P' && p[1] == 'K' && p[2] == mark[0] && p[3] == mark[1];
}

static enum tg_status damaged(struct reader *r, const char *what)
{
	return tg_fail_code(r->err, TG_DATA, "archive-damaged", "%s is refused: %s", r->bytes->name,
			    what);
}

static enum tg_status of_entry(struct reader *r, enum tg_status st, const char *code,
			       struct tg_str name, const char *what)
{
	return tg_fail_code(r->err, st, code, "%s is refused: %.*s %s", r->bytes->name,
			    TG_STR_ARG(tg_archive_name_safe(name, r->arena)), what);
}

/* n bytes at `at`; they live until the next call. */
static enum tg_status look(struct reader *r, uint64_t at, size_t n, const char **p,
			   const char *what)
{
	uint64_t end, left;
	size_t want;
	enum tg_status st;

	*p = NULL;
	if (!tg_add(&end, at, n) || end > r->bytes->size)
		return damaged(r, what);
	if (at >= r->held_at && end <= r->held_at + r->held.n) {
		*p = r->held.p + (at - r->held_at);
		return TG_OK;
	}
	left = r->bytes->size - at;
	want = n > r->step ? n : left < r->step ? (size_t)left : r->step;
	r->held.n = 0;
	st = r->bytes->read(r->bytes->arg, at, tg_buffer_room(&r->held, want), want, r->err);
	r->held_at = at;
	r->held.n = st ? 0 : want;
	*p = r->held.p;
	return st;
}

/*
 * The end records
 */

static const char no_end[] = "it is cut off: a zip ends with its directory, and here is none";

/* The end record is where its comment fills the file up to the end. A second place that looks like one is refused: which of them counts
 * is a matter of the program. */
static enum tg_status find_end(struct reader *r, uint64_t *at, const char **end)
{
	size_t most = END + COMMENT_MAX, n = r->bytes->size < most ? (size_t)r->bytes->size : most;
	uint64_t from = r->bytes->size - n;
	size_t found = 0, marks = 0;
	bool like = false;
	const char *p;
	enum tg_status st = look(r, from, n, &p, no_end);

	for (size_t i = 0; !st && i + END <= n; i++) {
		if (!is_mark(p + i, "\5\6"))
			continue;
		like = true;
		if (i + END + get16(p + i + 20) == n && marks++ == 0)
			found = i;
		else if (marks)
			return damaged(r,
				       "there are two end records, or its comment looks like one");
	}
	if (st)
		return st;
	if (!marks)
		return damaged(r,
			       like ? "something stands behind its end, or it is cut off" : no_end);
	/* Marks of a kind may stand in the content of entries; not behind the record, where they would be in its comment. */
	for (size_t i = found + 4; i + 4 <= n; i++)
		if (is_mark(p + i, "\5\6"))
			return damaged(r, "its comment looks like a second end record");
	if (n - found >= SEEN)
		return damaged(r, "its comment has more than 16000 bytes");
	*at = from + found;
	*end = p + found;
	return TG_OK;
}

static bool differs(uint64_t small, uint64_t most, uint64_t big)
{
	return small != most && small != big;
}

/* 4.3.14 and 4.3.15: the record for large archives, right before the ordinary one. */
static enum tg_status read_end64(struct reader *r, uint64_t end_at, uint64_t *directory_end)
{
	uint64_t at, entries = r->entries, directory = r->directory,
		     directory_size = r->directory_size;
	const char *p;
	enum tg_status st = look(r, end_at - LOCATOR, LOCATOR, &p, no_end);

	if (st)
		return st;
	at = get64(p + 8);
	if (get32(p + 4) != 0 || get32(p + 16) > 1)
		return damaged(r, "it is one of several volumes");
	st = look(r, at, END64, &p, "the end record for large archives is not where it should be");
	if (st)
		return st;
	/* 4.3.14.2: nothing more than what is known here. */
	if (!is_mark(p, "\6\6") || get64(p + 4) != END64 - 12 || at + END64 != end_at - LOCATOR)
		return damaged(r, "the end record for large archives is not where it should be");
	if (get32(p + 16) != 0 || get32(p + 20) != 0 || get64(p + 24) != get64(p + 32))
		return damaged(r, "it is one of several volumes");
	r->entries = get64(p + 32);
	r->directory_size = get64(p + 40);
	r->directory = get64(p + 48);
	if (differs(entries, UINT16_MAX, r->entries) || differs(directory, ABSENT, r->directory) ||
	    differs(directory_size, ABSENT, r->directory_size))
		return damaged(r, "its two end records say different things");
	*directory_end = at;
	return TG_OK;
}

static enum tg_status read_end(struct reader *r)
{
	uint64_t at = 0, directory_end, sum;
	const char *p = NULL;
	bool large;
	enum tg_status st = find_end(r, &at, &p);

	if (st)
		return st;
	r->entries = get16(p + 10);
	r->directory_size = get32(p + 12);
	r->directory = get32(p + 16);
	directory_end = at;
	large = r->entries == UINT16_MAX || r->directory == ABSENT || r->directory_size == ABSENT;
	if ((get16(p + 4) != 0 && get16(p + 4) != UINT16_MAX) || get16(p + 6) != get16(p + 4) ||
	    get16(p + 8) != get16(p + 10))
		return damaged(r, "it is one of several volumes");
	if (at >= LOCATOR) {
		st = look(r, at - LOCATOR, LOCATOR, &p, no_end);
		if (st)
			return st;
		if (is_mark(p, "\6\7")) {
			st = read_end64(r, at, &directory_end);
			large = false;
		}
	}
	if (!st && large)
		st = damaged(r, "the end record for large archives is missing");
	if (st)
		return st;
	if (!tg_add(&sum, r->directory, r->directory_size) || sum > directory_end)
		return damaged(r, "its directory does not fit into it: it is cut off, or damaged");
	if (sum < directory_end)
		return damaged(r,
			       "something stands before it, or between its directory and its end");
	if (r->entries > r->limits->entries)
		return tg_fail_code(r->err, TG_DATA, "archive-limit",
				    "%s is refused: it has %llu entries, and %llu are allowed; "
				    "--max-entries raises the limit",
				    r->bytes->name, (unsigned long long)r->entries,
				    (unsigned long long)r->limits->entries);
	/* Whatever its entries are, so many bytes they take. */
	if (r->entries > r->directory_size / CENTRAL)
		return damaged(r, "its directory is too small for the entries that it should have");
	return TG_OK;
}

/*
 * Extra fields, 4.5
 */

struct extra {
	struct tg_str zip64, unicode, aes; /* none: not there */
};

/* False: it is no list of fields, or one that counts is there twice. Zeros behind the last one are padding (zipalign). */
static bool read_extra(struct tg_str s, struct extra *extra)
{
	*extra = (struct extra){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	while (s.n >= 4) {
		uint16_t id = get16(s.p), n = get16(s.p + 2);
		struct tg_str *to = id == EXTRA_ZIP64	       ? &extra->zip64
				    : id == EXTRA_UNICODE_PATH ? &extra->unicode
				    : id == EXTRA_AES	       ? &extra->aes
							       : NULL;

		if (n > s.n - 4 || (to && to->p))
			return false;
		if (to)
			*to = tg_str_from(s.p + 4, n);
		s = tg_str_after(s, 4 + (size_t)n);
	}
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i])
			return false;
	return true;
}

/* 4.5.3: of the values that did not fit, in this order, those that are absent. */
static bool take64(struct tg_str *zip64, uint64_t *value)
{
	if (*value != ABSENT)
		return true;
	if (!zip64->p || zip64->n < 8)
		return false;
	*value = get64(zip64->p);
	*zip64 = tg_str_after(*zip64, 8);
	return true;
}

/* 4.6.9: a second name. Whoever knows of it takes it instead of the first. */
static bool has_second_name(const struct extra *extra, struct tg_str name)
{
	return extra->unicode.p &&
	       (extra->unicode.n < 5 || !tg_str_eq(tg_str_after(extra->unicode, 5), name));
}

/* AES by WinZip: version, vendor "AE", strength, the method below. */
static bool read_aes(struct tg_zip_entry *e, struct tg_str aes)
{
	if (aes.n != 7 || get16(aes.p) < 1 || get16(aes.p) > 2 || aes.p[2] != 'A' ||
	    aes.p[3] != 'E')
		return false;
	e->aes = true;
	e->crc_absent = get16(aes.p) == 2;
	e->method = get16(aes.p + 5);
	return true;
}

/*
 * The central directory
 */

static const char *method_name(uint16_t method)
{
	switch (method) {
	case TG_ZIP_STORE:
		return "store";
	case TG_ZIP_DEFLATE:
		return "deflate";
	case TG_ZIP_BZIP2:
		return "bzip2";
	case TG_ZIP_ZSTD:
		return "zstd";
	default:
		return "unknown";
	}
}

/* What kind of file the sender's system had there: by Unix's mode where one is given, whoever says that he made it, and by DOS's bits. */
static const char *strange_type(uint16_t made_by, uint32_t attributes, bool directory, bool empty)
{
	switch ((attributes >> 16) & S_IFMT) {
	case 0:
		break;
	case S_IFREG:
		if (directory)
			return "has a name like a directory's, and is none";
		break;
	case S_IFDIR:
		if (!directory)
			return "is a directory, and has a name like a file's";
		break;
	case S_IFIFO:
		/* So Info-ZIP calls what it has read from a pipe. A FIFO itself holds nothing. */
		if (!directory && !empty)
			break;
		return "is a FIFO, for which an archive of data has no use";
	case S_IFLNK:
		return "is a symbolic link, for which an archive of data has no use";
	default:
		return "is a device or the like, for which an archive of data has no use";
	}
	if (attributes & DOS_LABEL)
		return "is the label of a volume, for which an archive of data has no use";
	if (made_by >> 8 == MADE_BY_DOS && (attributes & DOS_DIRECTORY) && !directory)
		return "is a directory, and has a name like a file's";
	return NULL;
}

static enum tg_status check_flags(struct reader *r, const struct tg_zip_entry *e)
{
	if (e->flags & (STRONG | MASKED))
		return of_entry(r, TG_REFUSED, "archive-encrypted", e->entry.name,
				"is encrypted in a way that only PKWARE's programs read");
	if (e->flags & PATCH)
		return of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
				"is a patch to another file");
	if (e->method == METHOD_AES || (e->aes && !e->entry.encrypted))
		return of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
				"is encrypted in a way that is not said, or not said right");
	return TG_OK;
}

/* The sizes that it says it has. What comes out is counted again. */
static enum tg_status check_limits(struct reader *r, struct tg_zip *zip,
				   const struct tg_zip_entry *e)
{
	const struct tg_archive_limits *most = r->limits;
	bool fits = tg_add(&zip->total, zip->total, e->entry.size);

	if (e->entry.size > most->entry_bytes)
		return tg_fail_code(r->err, TG_DATA, "archive-limit",
				    "%s is refused: %.*s holds more than %llu bytes; --max-entry "
				    "raises the limit",
				    r->bytes->name,
				    TG_STR_ARG(tg_archive_name_safe(e->entry.name, r->arena)),
				    (unsigned long long)most->entry_bytes);
	if (!fits || zip->total > most->total_bytes)
		return tg_fail_code(
			r->err, TG_DATA, "archive-limit",
			"%s is refused: its entries hold more than %llu bytes together; "
			"--max-total raises the limit",
			r->bytes->name, (unsigned long long)most->total_bytes);
	if (zip->total > TG_ARCHIVE_RATIO_FROM && zip->total / most->ratio > r->bytes->size)
		return tg_fail_code(
			r->err, TG_DATA, "archive-limit",
			"%s is refused: what it holds is more than %llu times as large as itself, "
			"which honest data are not; --max-ratio raises the limit",
			r->bytes->name, (unsigned long long)most->ratio);
	return TG_OK;
}

/* The name as the rest of the program has it: checked, without the '/' of a directory. */
static enum tg_status take_name(struct reader *r, struct tg_zip_entry *e, struct tg_str name)
{
	struct tg_archive_entry *entry = &e->entry;

	entry->name = tg_arena_copy(r->arena, name);
	if (name.n && name.p[name.n - 1] == '/') {
		entry->type = TG_ARCHIVE_DIRECTORY;
		entry->name.n--;
	}
	return tg_archive_names_add(&r->names, entry->name, entry->type, r->err);
}

static enum tg_status read_central(struct reader *r, struct tg_zip *zip, uint64_t *at)
{
	struct tg_zip_entry *e = &zip->entry[zip->n];
	struct tg_str name, zip64;
	struct extra extra;
	uint64_t disk;
	size_t size;
	const char *p, *strange;
	enum tg_status st = look(r, *at, CENTRAL, &p, "its directory is cut off");

	if (st)
		return st;
	if (!is_mark(p, "\1\2"))
		return damaged(r,
			       "its directory is damaged: an entry does not begin where it should");
	size = (size_t)CENTRAL + get16(p + 28) + get16(p + 30) + get16(p + 32);
	if (size > r->directory + r->directory_size - *at)
		return damaged(r,
			       "its directory is damaged: its last entry goes on behind its end");
	st = look(r, *at, size, &p, "its directory is cut off");
	if (st)
		return st;
	name = tg_str_from(p + CENTRAL, get16(p + 28));
	*e = (struct tg_zip_entry){
		.entry = { .size = get32(p + 24),
			   .packed = get32(p + 20),
			   .crc = get32(p + 16),
			   .sized = true,
			   .encrypted = get16(p + 8) & ENCRYPTED },
		.at = get32(p + 42),
		.flags = get16(p + 8),
		.method = get16(p + 10),
	};
	disk = get16(p + 34) == UINT16_MAX ? ABSENT : get16(p + 34);
	st = take_name(r, e, name);
	if (st)
		return st;
	if (!read_extra(tg_str_from(name.p + name.n, get16(p + 30)), &extra))
		return of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
				"has extra fields that are damaged, or there twice");
	if (has_second_name(&extra, name))
		return of_entry(r, TG_DATA, "archive-headers", e->entry.name,
				"has a second, other name");
	zip64 = extra.zip64;
	if (!take64(&zip64, &e->entry.size) || !take64(&zip64, &e->entry.packed) ||
	    !take64(&zip64, &e->at) || (disk == ABSENT && (zip64.n < 4 || get32(zip64.p) != 0)) ||
	    (disk != 0 && disk != ABSENT))
		return of_entry(
			r, TG_DATA, "archive-damaged", e->entry.name,
			"has sizes or a place that are not said, or lies in another volume");
	if (e->method == METHOD_AES && !read_aes(e, extra.aes))
		e->method = METHOD_AES;
	e->entry.method = method_name(e->method);
	strange = strange_type(get16(p + 4), get32(p + 38), e->entry.type == TG_ARCHIVE_DIRECTORY,
			       e->entry.size == 0);
	if (strange)
		return of_entry(r, TG_REFUSED, "archive-type", e->entry.name, strange);
	if (e->entry.type == TG_ARCHIVE_DIRECTORY && e->entry.size)
		return of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
				"is a directory, and yet holds bytes");
	st = check_flags(r, e);
	zip->n++;
	*at += size;
	return st ? st : check_limits(r, zip, e);
}

/*
 * The entries themselves
 */

static int by_place(const void *a, const void *b)
{
	const struct tg_zip_entry *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* 4.3.9: what was not known when the local header was written. The mark may be there or not, the sizes may be of 4 or 8 bytes: it is
 * known by how much there is between the content and what comes next. */
static bool is_descriptor(const struct tg_zip_entry *e, const char *p, size_t n)
{
	size_t wide = n == 20 || n == 24 ? 8 : 4;

	if (n != 12 && n != 16 && n != 20 && n != 24)
		return false;
	if (n == 16 || n == 24) {
		if (!is_mark(p, "\7\10"))
			return false;
		p += 4;
	}
	return get32(p) == e->entry.crc &&
	       (wide == 8 ? get64(p + 4) : get32(p + 4)) == e->entry.packed &&
	       (wide == 8 ? get64(p + 12) : get32(p + 8)) == e->entry.size;
}

/* With a data descriptor the header may leave out, as 0, what stands there. */
static bool says_same(bool descriptor, uint64_t local, uint64_t central)
{
	return local == central || (descriptor && local == 0);
}

static const char headers[] =
	"is described in the archive's directory otherwise than where it stands: two programs "
	"would see two files";

/* From its local header to `end`, where the next one begins. */
static enum tg_status check_local(struct reader *r, const struct tg_zip_entry *e, uint64_t end)
{
	uint64_t size, packed, data, data_end;
	bool descriptor, same, directory = e->entry.type == TG_ARCHIVE_DIRECTORY;
	struct tg_str name, zip64;
	struct extra extra;
	size_t n;
	const char *p;
	enum tg_status st = look(r, e->at, LOCAL, &p, "an entry is cut off");

	if (st)
		return st;
	if (!is_mark(p, "\3\4"))
		return of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
				"is not where the directory says that it is");
	n = (size_t)LOCAL + get16(p + 26) + get16(p + 28);
	st = look(r, e->at, n, &p, "an entry is cut off");
	if (st)
		return st;
	name = tg_str_from(p + LOCAL, get16(p + 26));
	if (name.n != e->entry.name.n + directory || !tg_str_starts(name, e->entry.name) ||
	    (directory && name.p[name.n - 1] != '/') || get16(p + 6) != e->flags)
		return of_entry(r, TG_DATA, "archive-headers", e->entry.name, headers);
	if (!read_extra(tg_str_from(name.p + name.n, get16(p + 28)), &extra) ||
	    has_second_name(&extra, name))
		return of_entry(r, TG_DATA, "archive-headers", e->entry.name,
				"has extra fields that are damaged, or a second name");
	descriptor = e->flags & DESCRIPTOR;
	size = get32(p + 22);
	packed = get32(p + 18);
	zip64 = extra.zip64;
	if (!take64(&zip64, &size) || !take64(&zip64, &packed))
		return of_entry(r, TG_DATA, "archive-headers", e->entry.name, headers);
	same = get16(p + 8) == (e->aes ? METHOD_AES : e->method) &&
	       says_same(descriptor, get32(p + 14), e->entry.crc) &&
	       says_same(descriptor, size, e->entry.size) &&
	       says_same(descriptor, packed, e->entry.packed);
	if (same && e->aes) {
		struct tg_zip_entry again = *e;

		same = read_aes(&again, extra.aes) && again.method == e->method &&
		       again.crc_absent == e->crc_absent;
	}
	if (!same)
		return of_entry(r, TG_DATA, "archive-headers", e->entry.name, headers);
	data = e->at + n;
	if (!tg_add(&data_end, data, e->entry.packed) || data_end > end)
		return of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
				"reaches into what comes behind it");
	if (!descriptor)
		return data_end == end ? TG_OK
				       : of_entry(r, TG_DATA, "archive-damaged", e->entry.name,
						  "is followed by bytes that belong to nothing");
	n = end - data_end > 24 ? 25 : (size_t)(end - data_end);
	st = look(r, data_end, n, &p, "an entry is cut off");
	if (!st && !is_descriptor(e, p, n))
		st = of_entry(r, TG_DATA, "archive-headers", e->entry.name,
			      "has no data descriptor behind it, or one that says something else "
			      "than the directory");
	return st;
}

static enum tg_status check_entries(struct reader *r, struct tg_zip *zip)
{
	enum tg_status st = TG_OK;

	r->step = STEP_LOCAL;
	if (zip->n)
		qsort(zip->entry, zip->n, sizeof(*zip->entry), by_place);
	if ((zip->n ? zip->entry[0].at : r->directory) != 0)
		return damaged(r, "something stands before its first entry");
	for (size_t i = 0; !st && i < zip->n; i++) {
		uint64_t end = i + 1 < zip->n ? zip->entry[i + 1].at : r->directory;

		st = check_local(r, &zip->entry[i], end);
	}
	return st;
}

static enum tg_status read_all(struct reader *r, struct tg_zip *zip)
{
	enum tg_status st = read_end(r);
	uint64_t at = r->directory;

	if (st)
		return st;
	zip->entry = tg_arena_array(r->arena, (size_t)r->entries + 1, sizeof(*zip->entry));
	for (uint64_t i = 0; !st && i < r->entries; i++)
		st = read_central(r, zip, &at);
	if (!st && at != r->directory + r->directory_size)
		st = damaged(r, "its directory has more in it than its entries");
	if (!st)
		st = tg_archive_names_check(&r->names, r->err);
	return st ? st : check_entries(r, zip);
}

enum tg_status tg_zip_read(struct tg_zip *zip, const struct tg_archive_bytes *bytes,
			   const struct tg_archive_limits *limits, struct tg_arena *arena,
			   struct tg_error *err)
{
	struct reader r = {
		.bytes = bytes,
		.limits = limits,
		.arena = arena,
		.err = err,
		.step = STEP,
		.names = { .arena = arena, .archive = bytes->name },
	};
	enum tg_status st;

	*zip = (struct tg_zip){ NULL, 0, 0 };
	st = read_all(&r, zip);
	tg_archive_names_release(&r.names);
	tg_buffer_release(&r.held);
	return st;
}

bool tg_zip_is(struct tg_str head)
{
	return head.n >= 4 && (is_mark(head.p, "\3\4") || is_mark(head.p, "\5\6"));
}
