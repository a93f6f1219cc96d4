#include "common/io/unpack.h"

#include "common/base/memory.h"

#include <archive.h>
#include <dlfcn.h>
#include <zlib.h>

enum { PACKED = TG_UNPACK_HEAD };

struct tg_unpack {
	const char *name;
	tg_unpack_pull *pull;
	void *arg;
	char packed[PACKED];
	size_t n; /* bytes in packed that nobody has taken */
	bool zstd;
	bool end;
	/* gzip */
	z_stream z;
	bool between; /* at the start of a member, the first excepted */
	/* zstd */
	struct archive *archive;
	struct tg_error pulled; /* why the callback failed */
};

bool tg_unpack_may_be(struct tg_str head)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	size_t n = head.n < sizeof(zstd) ? head.n : sizeof(zstd),
	       m = n < sizeof(gzip) ? n : sizeof(gzip);

	return memcmp(head.p, zstd, n) == 0 || memcmp(head.p, gzip, m) == 0;
}

const char *tg_unpack_kind(struct tg_str head)
{
	if (head.n >= 2 && memcmp(head.p, "\x1f\x8b", 2) == 0)
		return "gzip";
	if (head.n >= 4 && memcmp(head.p, "\x28\xb5\x2f\xfd", 4) == 0)
		return "zstd";
	return NULL;
}

/*
 * libarchive, by the few calls that are needed. Seventeen libraries come with it and 1.5 ms, so nobody pays who reads plain text.
 */
static struct {
	void *library;
	struct archive *(*new)(void);
	int (*filter)(struct archive *, int);
	int (*format)(struct archive *);
	int (*open)(struct archive *, void *, archive_open_callback *, archive_read_callback *,
		    archive_close_callback *);
	int (*header)(struct archive *, struct archive_entry **);
	la_ssize_t (*data)(struct archive *, void *, size_t);
	const char *(*error)(struct archive *);
	int (*free)(struct archive *);
} lib;

static bool load(const char *name, void *target)
{
	void *symbol = dlsym(lib.library, name);

	memcpy(target, &symbol,
	       sizeof(symbol)); /* ISO C has no cast from an object pointer to a function */
	return symbol != NULL;
}

static enum tg_status load_library(struct tg_error *err)
{
	if (lib.library)
		return TG_OK;
	lib.library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	if (!lib.library)
		return tg_fail(err, TG_UNAVAILABLE, "zstd input needs libarchive: %s", dlerror());
	if (load("archive_read_new", &lib.new) && load("archive_read_append_filter", &lib.filter) &&
	    load("archive_read_support_format_raw", &lib.format) &&
	    load("archive_read_open", &lib.open) && load("archive_read_next_header", &lib.header) &&
	    load("archive_read_data", &lib.data) && load("archive_error_string", &lib.error) &&
	    load("archive_read_free", &lib.free))
		return TG_OK;
	return tg_fail(err, TG_UNAVAILABLE,
		       "zstd input needs libarchive, and this one lacks a function");
}

static la_ssize_t feed(struct archive *archive, void *arg, const void **p)
{
	struct tg_unpack *u = arg;
	size_t n = u->n;

	(void)archive;
	if (n == 0 && u->pull(u->arg, u->packed, PACKED, &n, &u->pulled))
		return -1;
	u->n = 0;
	*p = u->packed;
	return (la_ssize_t)n;
}

/* What went wrong; the callback's own error first. libarchive's text can be NULL. */
static enum tg_status archive_failed(struct tg_unpack *u, struct tg_error *err)
{
	const char *text = lib.error(u->archive);

	if (u->pulled.status) {
		*err = u->pulled;
		return err->status;
	}
	return tg_fail(err, TG_DATA, "%s is damaged zstd, or cut off: %s", u->name,
		       text ? text : "no more is known");
}

static enum tg_status open_zstd(struct tg_unpack *u, struct tg_error *err)
{
	struct archive_entry *entry;
	enum tg_status st = load_library(err);

	if (st)
		return st;
	u->archive = lib.new();
	TG_BUG_IF(!u->archive);
	/* Appended, one layer is taken off. Where it is left to find out what there is, it goes on, 25 layers deep. */
	if (lib.filter(u->archive, ARCHIVE_FILTER_ZSTD) != ARCHIVE_OK ||
	    lib.format(u->archive) != ARCHIVE_OK)
		return tg_fail(err, TG_UNAVAILABLE,
			       "zstd input needs a libarchive with zstd built in");
	if (lib.open(u->archive, u, NULL, feed, NULL) != ARCHIVE_OK)
		return archive_failed(u, err);
	switch (lib.header(u->archive, &entry)) {
	case ARCHIVE_OK:
		return TG_OK;
	case ARCHIVE_EOF: /* an empty stream has no entry */
		u->end = true;
		return TG_OK;
	default:
		return archive_failed(u, err);
	}
}

/* zlib's memory is ours: when there is none the run ends as it does elsewhere, and no partner is blamed for his file. */
static void *allocate(void *arg, unsigned n, unsigned size)
{
	(void)arg;
	return tg_alloc_array(n, size);
}

static void release(void *arg, void *p)
{
	(void)arg;
	tg_free(p);
}

enum tg_status tg_unpack_new(struct tg_unpack **out, const char *kind, const char *name,
			     struct tg_str head, tg_unpack_pull *pull, void *arg,
			     struct tg_error *err)
{
	struct tg_unpack *u = tg_alloc(sizeof(*u));

	*out = u;
	u->name = name;
	u->pull = pull;
	u->arg = arg;
	u->zstd = strcmp(kind, "zstd") == 0;
	TG_BUG_IF(head.n > PACKED); /* input.c reads no more before it knows */
	memcpy(u->packed, head.p, head.n);
	u->n = head.n;
	if (u->zstd)
		return open_zstd(u, err);
	u->z.zalloc = allocate;
	u->z.zfree = release;
	TG_BUG_IF(inflateInit2(&u->z, 15 + 16) != Z_OK); /* 16: gzip alone */
	u->z.next_in = (unsigned char *)u->packed;
	u->z.avail_in = (unsigned)u->n;
	return TG_OK;
}

/* Behind a member: another one, zero octets to the end, or damage. *more is false at the end of input. */
static enum tg_status next_member(struct tg_unpack *u, bool *more, struct tg_error *err)
{
	for (bool padding = false;;) {
		if (u->z.avail_in == 0) {
			size_t n;
			enum tg_status st = u->pull(u->arg, u->packed, PACKED, &n, err);

			if (st)
				return st;
			*more = n != 0;
			if (n == 0)
				return TG_OK;
			u->z.next_in = (unsigned char *)u->packed;
			u->z.avail_in = (unsigned)n;
		}
		if (*u->z.next_in == 0) {
			padding = true;
			u->z.next_in++;
			u->z.avail_in--;
			continue;
		}
		if (*u->z.next_in != 0x1f || padding)
			return tg_fail(
				err, TG_DATA,
				"%s is damaged: something that is no gzip stands behind the compressed data",
				u->name);
		TG_BUG_IF(inflateReset(&u->z) != Z_OK);
		*more = true;
		return TG_OK;
	}
}

static enum tg_status read_gzip(struct tg_unpack *u, char *p, size_t room, size_t *n,
				struct tg_error *err)
{
	u->z.next_out = (unsigned char *)p;
	u->z.avail_out = room > UINT32_MAX ? UINT32_MAX : (unsigned)room;
	while (u->z.next_out == (unsigned char *)p && !u->end) {
		int answer;

		if (u->between) {
			bool more;
			enum tg_status st = next_member(u, &more, err);

			if (st)
				return st;
			u->between = false;
			u->end = !more;
			continue;
		}
		if (u->z.avail_in == 0) {
			size_t got;
			enum tg_status st = u->pull(u->arg, u->packed, PACKED, &got, err);

			if (st)
				return st;
			if (got == 0)
				return tg_fail(err, TG_DATA,
					       "%s is cut off: the compressed data have no end",
					       u->name);
			u->z.next_in = (unsigned char *)u->packed;
			u->z.avail_in = (unsigned)got;
		}
		answer = inflate(&u->z, Z_NO_FLUSH);
		if (answer == Z_STREAM_END)
			u->between = true;
		else if (answer != Z_OK && answer != Z_BUF_ERROR)
			return tg_fail(err, TG_DATA, "%s is damaged gzip: %s", u->name,
				       u->z.msg ? u->z.msg : "no more is known");
	}
	*n = (size_t)(u->z.next_out - (unsigned char *)p);
	return TG_OK;
}

enum tg_status tg_unpack_read(struct tg_unpack *u, char *p, size_t room, size_t *n,
			      struct tg_error *err)
{
	la_ssize_t got;

	*n = 0;
	if (!u->zstd)
		return read_gzip(u, p, room, n, err);
	if (u->end)
		return TG_OK;
	got = lib.data(u->archive, p, room);
	if (got < 0)
		return archive_failed(u, err);
	*n = (size_t)got;
	u->end = got == 0;
	return TG_OK;
}

void tg_unpack_free(struct tg_unpack **out)
{
	struct tg_unpack *u = *out;

	*out = NULL;
	if (!u)
		return;
	if (u->archive)
		lib.free(u->archive);
	if (!u->zstd)
		inflateEnd(&u->z);
	tg_free(u);
}
