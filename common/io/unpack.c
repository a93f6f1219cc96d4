#include "common/io/unpack.h"

#include "common/base/library.h"
#include "common/base/memory.h"

#include <archive.h>
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
	bool damaged; /* nothing can come behind what has come */
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
 * The libraries, by the few calls that are needed: nobody pays who reads plain text. Seventeen others come with libarchive, and 1.5 ms.
 */
static struct {
	__typeof__(&archive_read_new) new;
	__typeof__(&archive_read_append_filter) filter;
	__typeof__(&archive_read_support_format_raw) format;
	__typeof__(&archive_read_open) open;
	__typeof__(&archive_read_next_header) header;
	__typeof__(&archive_read_data) data;
	__typeof__(&archive_error_string) error;
	__typeof__(&archive_read_free) free;
} lib;

static const struct tg_library_call archive_calls[] = {
	TG_LIBRARY_CALL(lib.new, archive_read_new),
	TG_LIBRARY_CALL(lib.filter, archive_read_append_filter),
	TG_LIBRARY_CALL(lib.format, archive_read_support_format_raw),
	TG_LIBRARY_CALL(lib.open, archive_read_open),
	TG_LIBRARY_CALL(lib.header, archive_read_next_header),
	TG_LIBRARY_CALL(lib.data, archive_read_data),
	TG_LIBRARY_CALL(lib.error, archive_error_string),
	TG_LIBRARY_CALL(lib.free, archive_read_free),
};

static struct tg_library archive_library = {
	.file = TG_LIBRARY_FILE("libarchive", "13"),
	.package = "libarchive13",
	.needs = "zstd input needs libarchive",
	.call = archive_calls,
	.calls = TG_COUNT(archive_calls),
};

static struct {
	__typeof__(&inflateInit2_) init;
	__typeof__(&inflate) inflate;
	__typeof__(&inflateReset) reset;
	__typeof__(&inflateEnd) end;
} zlib;

static const struct tg_library_call zlib_calls[] = {
	TG_LIBRARY_CALL(zlib.init, inflateInit2_),
	TG_LIBRARY_CALL(zlib.inflate, inflate),
	TG_LIBRARY_CALL(zlib.reset, inflateReset),
	TG_LIBRARY_CALL(zlib.end, inflateEnd),
};

static struct tg_library zlib_library = {
	.file = TG_LIBRARY_FILE("libz", "1"),
	.package = "zlib1g",
	.needs = "gzip input needs zlib",
	.call = zlib_calls,
	.calls = TG_COUNT(zlib_calls),
};

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
	enum tg_status st = tg_library_load(&archive_library, err);

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
	enum tg_status st;

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
	st = tg_library_load(&zlib_library, err);
	if (st)
		return st;
	TG_BUG_IF(zlib.init(&u->z, 15 + 16, ZLIB_VERSION, sizeof(u->z)) !=
		  Z_OK); /* 16: gzip alone */
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
		TG_BUG_IF(zlib.reset(&u->z) != Z_OK);
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

		if (u->damaged) /* what came before it has come out, however much was asked for at once */
			return tg_fail(err, TG_DATA, "%s is damaged gzip: %s", u->name,
				       u->z.msg ? u->z.msg : "no more is known");
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
		answer = zlib.inflate(&u->z, Z_NO_FLUSH);
		if (answer == Z_STREAM_END)
			u->between = true;
		else if (answer != Z_OK && answer != Z_BUF_ERROR)
			u->damaged = true;
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
	if (!u->zstd && zlib_library.loaded)
		zlib.end(&u->z);
	tg_free(u);
}
