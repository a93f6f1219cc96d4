#include "common/landing/landed.h"

#include "common/digest/siphash.h"
#include "common/io/interrupt.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK = 1024 * 1024, /* of what is given out, each with its mark */
	SIDECAR_MOST = 16 * 1024 * 1024,
};

/* -- a checker ---------------------------------------------------------------------------------------------------------------- */

enum tg_status tg_checker_init(struct tg_checker *c, int zone, struct tg_error *err)
{
	c->walk = TG_PATH_WALK_INIT(zone);
	c->scanner = tg_scanner_new();
	c->block = tg_alloc(BLOCK + TG_SLACK);
	return tg_digest_new(&c->digest, err);
}

void tg_checker_release(struct tg_checker *c)
{
	if (!c->block)
		return;
	tg_path_walk_release(&c->walk);
	tg_digest_free(&c->digest);
	tg_scanner_free(&c->scanner);
	tg_arena_release(&c->arena);
	tg_buffer_release(&c->sidecar);
	tg_free(c->block);
	c->block = NULL;
}

/* Reads until a block is full or the file ends; -1 and errno. */
static ssize_t read_block(int fd, char *to, uint64_t at)
{
	size_t n = 0;

	while (n < BLOCK) {
		ssize_t got = pread(fd, to + n, BLOCK - n, (off_t)(at + n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static enum tg_landed_fault why_not_open(int error, enum tg_landed_fault missing)
{
	if (error == ENOENT)
		return missing;
	return error == ELOOP || error == ENOTDIR || error == ENXIO ? TG_LANDED_NO_FILE
								    : TG_LANDED_UNREADABLE;
}

/* d may be NULL: nothing is to be given out. */
static enum tg_landed_fault check_bytes(struct tg_checker *c, int fd, struct tg_str sha256,
					struct tg_landed *d, struct tg_landed_finding *f)
{
	uint64_t at = 0;
	ssize_t n;

	while ((n = read_block(fd, c->block, at)) > 0) {
		if (tg_interrupted()) {
			errno = EINTR;
			n = -1;
			break;
		}
		tg_digest_add(c->digest, c->block, (size_t)n);
		if (d && at < f->bytes) /* what has grown has no mark there, and needs none */
			tg_siphash(d->key, c->block, (size_t)n, d->mark[at / BLOCK]);
		at += (uint64_t)n;
		if (n < BLOCK) { /* the file's end was seen */
			n = 0;
			break;
		}
	}
	f->error = errno;
	tg_digest_hex(c->digest, f->sha256);
	if (n < 0)
		return TG_LANDED_UNREADABLE;
	if (at != f->bytes) {
		f->bytes = at; /* it has grown or shrunk while it was read */
		return TG_LANDED_SIZE;
	}
	return tg_str_is(sha256, f->sha256) ? TG_LANDED_FINE : TG_LANDED_ALTERED;
}

static enum tg_landed_fault check_data(struct tg_checker *c, const struct tg_line *line,
				       const struct tg_path *path, bool bytes, struct tg_landed *d,
				       struct tg_landed_finding *f)
{
	TG_OWN(tg_close_fd) int fd = tg_path_open(&c->walk, path, NULL);
	bool packed = line->encoding.p != NULL;
	enum tg_landed_fault fault;
	struct stat st;

	f->error = errno;
	if (fd < 0)
		return why_not_open(f->error, TG_LANDED_MISSING);
	if (fstat(fd, &st) != 0) {
		f->error = errno;
		return TG_LANDED_UNREADABLE;
	}
	if (!S_ISREG(st.st_mode))
		return TG_LANDED_NO_FILE;
	f->bytes = (uint64_t)st.st_size;
	if (f->bytes != (packed ? line->stored_bytes : line->bytes))
		return TG_LANDED_SIZE;
	if (!bytes)
		return TG_LANDED_FINE;
	if (d)
		d->mark = tg_alloc_array((size_t)(f->bytes / BLOCK + 1), sizeof(*d->mark));
	fault = check_bytes(c, fd, packed ? line->stored_sha256 : line->sha256, d, f);
	if (!fault && d) {
		d->fd = fd;
		d->size = f->bytes;
		fd = -1;
	}
	return fault;
}

static enum tg_landed_fault read_sidecar(struct tg_checker *c, const struct tg_path *path,
					 bool bytes, struct tg_landed_finding *f)
{
	TG_OWN(tg_close_fd) int fd = tg_path_open(&c->walk, path, TG_SIDECAR);
	struct stat st;

	f->error = errno;
	if (fd < 0)
		return why_not_open(f->error, TG_LANDED_SIDECAR_MISSING);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return TG_LANDED_NO_FILE;
	for (ssize_t n = bytes; n && c->sidecar.n <= SIDECAR_MOST;) {
		n = pread(fd, tg_buffer_room(&c->sidecar, 8192), 8192, (off_t)c->sidecar.n);
		if (n < 0 && errno == EINTR)
			continue;
		f->error = errno;
		if (n < 0)
			return TG_LANDED_UNREADABLE;
		c->sidecar.n += (size_t)n;
	}
	return TG_LANDED_FINE;
}

static bool says(const struct tg_record *rec, const char *name, struct tg_str text)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));

	if (!text.p)
		return !v;
	return v && v->kind == TG_STRING && tg_text_eq(rec, v, text);
}

/* What stands in the line and in the sidecar must be the same: so the last line of all, on which no other builds, is held too. */
static const char *differing_member(struct tg_checker *c, const struct tg_line *line)
{
	struct tg_str checksum;
	struct tg_record rec = { 0 };

	memset(tg_buffer_room(&c->sidecar, 0), 0, TG_SLACK);
	if (tg_scan(c->scanner, tg_buffer_str(&c->sidecar), &rec) != TG_SCAN_OK ||
	    rec.span[0].kind != TG_OBJECT)
		return "v";
	tg_arena_reset(&c->arena);
	checksum = tg_arena_format(&c->arena, "sha256:%.*s", TG_STR_ARG(line->sha256));
	if (!says(&rec, "checksum", checksum))
		return "checksum";
	if (!says(&rec, "landing", line->landing))
		return "landing";
	if (!says(&rec, "source", line->source))
		return "source";
	if (!says(&rec, "entity", line->entity))
		return "entity";
	if (!says(&rec, "date", line->date))
		return "date";
	if (!says(&rec, "received_at", line->time))
		return "received_at";
	if (!says(&rec, "run", line->run))
		return "run";
	return says(&rec, "schema_version", line->schema_version) ? NULL : "schema_version";
}

static enum tg_landed_fault check_sidecar(struct tg_checker *c, const struct tg_line *line,
					  const struct tg_path *path, bool bytes,
					  struct tg_landed_finding *f)
{
	enum tg_landed_fault fault;

	tg_buffer_clear(&c->sidecar);
	fault = read_sidecar(c, path, bytes, f);
	if (fault || !bytes)
		return fault;
	tg_digest_add(c->digest, c->sidecar.p, c->sidecar.n);
	tg_digest_hex(c->digest, f->sidecar_sha256);
	if (!tg_str_is(line->sidecar_sha256, f->sidecar_sha256)) {
		tg_buffer_clear(&c->sidecar);
		return TG_LANDED_SIDECAR_ALTERED;
	}
	f->member = differing_member(c, line);
	return f->member ? TG_LANDED_SIDECAR_DIFFERS : TG_LANDED_FINE;
}

static bool is_digest(struct tg_str text)
{
	return text.n == TG_SHA256_HEX && strspn(text.p, "0123456789abcdef") >= TG_SHA256_HEX;
}

static void check(struct tg_checker *c, const struct tg_line *line, bool bytes, struct tg_landed *d,
		  struct tg_landed_finding *f)
{
	struct tg_path path;

	*f = (struct tg_landed_finding){ .data = TG_LANDED_LINE };
	if (!is_digest(line->sha256) || !is_digest(line->sidecar_sha256) || !line->landing.n ||
	    (line->encoding.p && !is_digest(line->stored_sha256)))
		return;
	if (!tg_path_split(line->path, &path) ||
	    !tg_path_fits(&path, line->source, line->entity, line->date, line->sha256))
		return;
	f->data = check_data(c, line, &path, bytes, d, f);
	f->sidecar = check_sidecar(c, line, &path, bytes, f);
}

void tg_checker_check(struct tg_checker *c, const struct tg_line *line, bool bytes,
		      struct tg_landed_finding *finding)
{
	check(c, line, bytes, NULL, finding);
}

const char *tg_landed_fault_name(enum tg_landed_fault fault)
{
	static const char *const name[] = {
		[TG_LANDED_FINE] = "fine",
		[TG_LANDED_LINE] = "line",
		[TG_LANDED_MISSING] = "missing",
		[TG_LANDED_NO_FILE] = "no-file",
		[TG_LANDED_SIZE] = "size",
		[TG_LANDED_ALTERED] = "altered",
		[TG_LANDED_UNREADABLE] = "unreadable",
		[TG_LANDED_SIDECAR_MISSING] = "sidecar-missing",
		[TG_LANDED_SIDECAR_ALTERED] = "sidecar-altered",
		[TG_LANDED_SIDECAR_DIFFERS] = "sidecar-differs",
	};

	return name[fault];
}

/* -- an opener ---------------------------------------------------------------------------------------------------------------- */

static enum tg_status tell(const struct tg_line *line, const struct tg_landed_finding *f,
			   struct tg_error *err)
{
	enum tg_landed_fault fault = f->data ? f->data : f->sidecar;
	static const char *const said[] = {
		[TG_LANDED_FINE] = "",
		[TG_LANDED_LINE] = "its line does not say where its data lie",
		[TG_LANDED_MISSING] = "its data are not there",
		[TG_LANDED_NO_FILE] = "what has its name is no regular file",
		[TG_LANDED_SIZE] = "its data are shorter or longer than what landed",
		[TG_LANDED_ALTERED] = "its data are not what landed",
		[TG_LANDED_SIDECAR_MISSING] = "its sidecar is not there",
		[TG_LANDED_SIDECAR_ALTERED] = "its sidecar is not what landed",
		[TG_LANDED_SIDECAR_DIFFERS] = "its sidecar and its line say different things",
	};

	if (fault == TG_LANDED_UNREADABLE)
		return tg_fail(err, TG_IO, "the landing in line %llu of the manifest: %s",
			       (unsigned long long)line->number, strerror(f->error));
	return tg_fail(err, TG_DATA, "the landing in line %llu of the manifest: %s",
		       (unsigned long long)line->number, said[fault]);
}

/* The next block of the file, when it is what it was. */
static enum tg_status read_checked(struct tg_landed *d, struct tg_str *bytes, struct tg_error *err)
{
	unsigned char mark[TG_SIPHASH_SIZE];
	ssize_t n;

	*bytes = tg_str_from(d->block, 0);
	if (d->at == d->size)
		return TG_OK;
	n = read_block(d->fd, d->block, d->at);
	if (n < 0)
		return tg_fail(err, TG_IO, "cannot read landed data: %s", strerror(errno));
	if ((uint64_t)n != (d->size - d->at < BLOCK ? d->size - d->at : BLOCK))
		return tg_fail(err, TG_DATA, "landed data have changed while they were read");
	tg_siphash(d->key, d->block, (size_t)n, mark);
	if (memcmp(mark, d->mark[d->at / BLOCK], sizeof(mark)) != 0)
		return tg_fail(err, TG_DATA, "landed data have changed while they were read");
	d->at += (uint64_t)n;
	*bytes = tg_str_from(d->block, (size_t)n);
	return TG_OK;
}

static enum tg_status pull(void *arg, char *p, size_t room, size_t *n, struct tg_error *err)
{
	struct tg_landed *d = arg;
	enum tg_status st = d->packed.n ? TG_OK : read_checked(d, &d->packed, err);

	*n = d->packed.n < room ? d->packed.n : room;
	if (st || !*n)
		return st;
	memcpy(p, d->packed.p, *n);
	d->packed = tg_str_after(d->packed, *n);
	return TG_OK;
}

static enum tg_status begin_unpacking(struct tg_landed *d, const struct tg_line *line,
				      struct tg_error *err)
{
	enum tg_status st;

	if (!tg_str_is(line->encoding, "zstd"))
		return tg_fail(err, TG_DATA,
			       "the landing in line %llu of the manifest is packed in a way that "
			       "this program does not know",
			       (unsigned long long)line->number);
	st = tg_digest_new(&d->digest, err);
	if (!st)
		st = tg_unpack_new(&d->unpack, "zstd", "landed data", TG_STR(""), pull, d, err);
	memcpy(d->sha256, line->sha256.p, TG_SHA256_HEX); /* it is that long */
	d->bytes = line->bytes;
	d->out = tg_alloc(BLOCK + TG_SLACK);
	return st;
}

enum tg_status tg_landed_open(struct tg_landed *d, struct tg_checker *c, const struct tg_line *line,
			      struct tg_landed_finding *finding, struct tg_error *err)
{
	d->key = tg_alloc(sizeof(*d->key));
	tg_random(d->key, sizeof(*d->key));
	check(c, line, true, d, finding);
	if (finding->data || finding->sidecar)
		return tell(line, finding, err);
	d->block = c->block;
	return line->encoding.p ? begin_unpacking(d, line, err) : TG_OK;
}

static enum tg_status end_unpacking(struct tg_landed *d, struct tg_error *err)
{
	char hex[TG_SHA256_HEX + 1];

	tg_digest_hex(d->digest, hex);
	if (d->plain != d->bytes || memcmp(hex, d->sha256, TG_SHA256_HEX) != 0)
		return tg_fail(err, TG_DATA,
			       "what is packed in a landing is not what its line says");
	return TG_OK;
}

enum tg_status tg_landed_read(struct tg_landed *d, struct tg_str *bytes, struct tg_error *err)
{
	size_t n = 0;
	enum tg_status st;

	if (!d->unpack)
		return read_checked(d, bytes, err);
	st = tg_unpack_read(d->unpack, d->out, BLOCK, &n, err);
	*bytes = tg_str_from(d->out, n);
	if (st)
		return st;
	if (!n)
		return end_unpacking(d, err);
	tg_digest_add(d->digest, d->out, n);
	d->plain += n;
	if (d->plain > d->bytes)
		return tg_fail(err, TG_DATA,
			       "what is packed in a landing is more than its line says");
	return TG_OK;
}

void tg_landed_release(struct tg_landed *d)
{
	tg_close_fd(&d->fd);
	tg_free(d->key);
	tg_free(d->mark);
	tg_unpack_free(&d->unpack);
	tg_digest_free(&d->digest);
	tg_free(d->out);
	*d = TG_LANDED_INIT;
}
