#include "common/landing/manifest.h"

#include "common/base/check.h"
#include "common/io/publish.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK = 128 * 1024,
	FOREIGN_MAX = 64 * 1024, /* longer lines are nobody's: passed over, never held */
	AGAIN = 64 * 1024,	 /* of the end that is written once more: many lines */
};

static enum tg_status io_error(const struct tg_manifest *m, const char *what, struct tg_error *err)
{
	return tg_fail(err, TG_IO, "cannot %s %s: %s", what, m->zone->manifest, strerror(errno));
}

static enum tg_status prepare(struct tg_manifest *m, struct tg_zone *zone, int flags,
			      struct tg_error *err)
{
	struct stat st;

	m->zone = zone;
	tg_manifest_rewind(m);
	do
		m->fd = openat(zone->directory, "manifest.jsonl", flags | O_NOFOLLOW | O_CLOEXEC,
			       0666);
	while (m->fd < 0 && errno == EINTR);
	if (m->fd < 0 && errno != ENOENT)
		return io_error(m, "open", err);
	if (m->fd >= 0 && fstat(m->fd, &st) != 0)
		return io_error(m, "examine", err);
	m->size = m->fd >= 0 ? (uint64_t)st.st_size : 0;
	return tg_digest_new(&m->digest, err);
}

enum tg_status tg_manifest_open(struct tg_manifest *m, struct tg_zone *zone, struct tg_error *err)
{
	return prepare(m, zone, O_RDONLY, err);
}

enum tg_status tg_manifest_make(struct tg_manifest *m, struct tg_zone *zone, struct tg_error *err)
{
	enum tg_status st = prepare(m, zone, O_RDWR | O_APPEND | O_CREAT, err);

	return st || m->size ? st : tg_zone_sync(zone, err);
}

void tg_manifest_rewind(struct tg_manifest *m)
{
	m->end = m->last = m->lines = 0;
	m->last_n = 0;
	memset(m->tail, '0', TG_SHA256_HEX);
	m->tail[TG_SHA256_HEX] = '\0';
}

static struct tg_str text_of(struct tg_arena *arena, const struct tg_record *rec, const char *name)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));

	return v && v->kind == TG_STRING ? tg_text_get(arena, rec, v) : TG_STR_NONE;
}

static uint64_t number_of(const struct tg_record *rec, const char *name)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));
	uint64_t n = 0;

	return v && v->kind == TG_NUMBER && tg_read_u64(tg_span_text(rec, v), &n) ? n : 0;
}

static enum tg_line_kind kind_of(struct tg_arena *arena, const struct tg_record *rec)
{
	struct tg_str kind = text_of(arena, rec, "kind");

	if (number_of(rec, "v") != 1)
		return TG_LINE_OTHER;
	if (tg_str_is(kind, "landing"))
		return TG_LINE_LANDING;
	if (tg_str_is(kind, "give-up"))
		return TG_LINE_GIVE_UP;
	if (tg_str_is(kind, "prune"))
		return TG_LINE_PRUNE;
	return tg_str_is(kind, "tidy") ? TG_LINE_TIDY : TG_LINE_OTHER;
}

/* The texts of a list, what is none left out. */
static void read_landings(struct tg_arena *arena, const struct tg_record *rec, struct tg_line *line)
{
	const struct tg_span *list = tg_member_find(rec, rec->span, TG_STR("landings"));
	struct tg_str *to;
	uint32_t first;

	if (!list || list->kind != TG_ARRAY)
		return;
	first = (uint32_t)(list - rec->span) + 1;
	to = tg_arena_array(arena, list->next - first, sizeof(*to));
	line->landings = to;
	for (uint32_t k = first; k < list->next; k = rec->span[k].next)
		if (rec->span[k].kind == TG_STRING)
			to[line->landings_n++] = tg_text_get(arena, rec, rec->span + k);
}

/* All but where it stands. */
static void read_line(struct tg_arena *arena, const struct tg_record *rec, struct tg_line *line)
{
	*line = (struct tg_line){ .kind = kind_of(arena, rec),
				  .text = rec->text,
				  .prev = text_of(arena, rec, "prev") };
	if (line->kind == TG_LINE_OTHER || line->kind == TG_LINE_TIDY)
		return;
	line->time = text_of(arena, rec, "time");
	line->run = text_of(arena, rec, "run");
	line->landing = text_of(arena, rec, "landing");
	line->reason = text_of(arena, rec, "reason");
	if (line->kind == TG_LINE_PRUNE)
		read_landings(arena, rec, line);
	if (line->kind != TG_LINE_LANDING)
		return;
	line->source = text_of(arena, rec, "source");
	line->entity = text_of(arena, rec, "entity");
	line->date = text_of(arena, rec, "date");
	line->path = text_of(arena, rec, "path");
	line->sha256 = text_of(arena, rec, "sha256");
	line->sidecar_sha256 = text_of(arena, rec, "sidecar_sha256");
	line->schema_version = text_of(arena, rec, "schema_version");
	line->replaces = text_of(arena, rec, "replaces");
	line->encoding = text_of(arena, rec, "encoding");
	line->stored_sha256 = text_of(arena, rec, "stored_sha256");
	line->stored_bytes = number_of(rec, "stored_bytes");
	line->bytes = number_of(rec, "bytes");
	line->records = number_of(rec, "records");
}

static struct tg_str copy(struct tg_arena *arena, struct tg_str text)
{
	return text.p ? tg_arena_copy(arena, text) : text;
}

void tg_line_copy(struct tg_arena *arena, struct tg_line *to, const struct tg_line *line)
{
	*to = *line;
	to->text = TG_STR_NONE;
	to->landings = NULL;
	to->landings_n = 0;
	to->prev = copy(arena, line->prev);
	to->time = copy(arena, line->time);
	to->run = copy(arena, line->run);
	to->landing = copy(arena, line->landing);
	to->source = copy(arena, line->source);
	to->entity = copy(arena, line->entity);
	to->date = copy(arena, line->date);
	to->path = copy(arena, line->path);
	to->sha256 = copy(arena, line->sha256);
	to->sidecar_sha256 = copy(arena, line->sidecar_sha256);
	to->schema_version = copy(arena, line->schema_version);
	to->replaces = copy(arena, line->replaces);
	to->reason = copy(arena, line->reason);
	to->encoding = copy(arena, line->encoding);
	to->stored_sha256 = copy(arena, line->stored_sha256);
}

static bool scan(struct tg_manifest *m, struct tg_arena *arena, struct tg_str text,
		 struct tg_record *rec)
{
	tg_arena_reset(arena);
	*rec = (struct tg_record){ 0 };
	return text.n && tg_scan(m->zone->scanner, text, rec) == TG_SCAN_OK &&
	       rec->span[0].kind == TG_OBJECT;
}

/* One line without its newline. TG_SLACK bytes stand behind it. */
static enum tg_line_state judge(struct tg_manifest *m, struct tg_str text, uint64_t offset,
				struct tg_line *line)
{
	struct tg_record rec;

	*line = (struct tg_line){ .text = text, .offset = offset, .number = m->at_lines };
	if (!scan(m, &m->arena, text, &rec))
		return TG_LINE_FOREIGN; /* m->end stays before it: when nothing whole comes behind, it is a torn tail */
	m->end = offset + text.n + 1;
	m->lines = m->at_lines;
	read_line(&m->arena, &rec, line);
	line->offset = offset;
	line->number = m->at_lines;
	if (!tg_str_is(line->prev, m->tail))
		return TG_LINE_VOID;
	tg_digest_add(m->digest, text.p, text.n);
	tg_digest_hex(m->digest, m->tail);
	m->last = offset;
	m->last_n = (uint32_t)text.n; /* at most FOREIGN_MAX */
	return TG_LINE_COUNTS;
}

/* Drops what was walked over and reads on behind it; *n is 0 at the end of the file. */
static enum tg_status read_on(struct tg_manifest *m, size_t *n, struct tg_error *err)
{
	ssize_t got;

	memmove(m->block.p, m->block.p + m->used, m->block.n - m->used);
	m->block.n -= m->used;
	m->used = 0;
	do
		got = pread(m->fd, tg_buffer_room(&m->block, BLOCK), BLOCK,
			    (off_t)(m->at + m->block.n));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return io_error(m, "read", err);
	*n = (size_t)got;
	m->block.n += *n;
	memset(m->block.p + m->block.n, 0, TG_SLACK); /* scanners may look at it */
	return TG_OK;
}

void tg_manifest_begin(struct tg_manifest *m)
{
	(void)tg_buffer_room(&m->block, BLOCK);
	tg_buffer_clear(&m->block);
	m->used = 0;
	m->at = m->end;
	m->at_lines = m->lines;
	m->skipping = false;
}

/* The next whole line of the block; false: it holds none. */
static bool take_line(struct tg_manifest *m, struct tg_str *text)
{
	struct tg_str rest = tg_str_after(tg_buffer_str(&m->block), m->used);
	const char *nl = memchr(rest.p, '\n', rest.n);

	if (!nl)
		return false;
	*text = tg_str_from(rest.p, (size_t)(nl - rest.p));
	m->used += text->n + 1;
	m->at += text->n + 1;
	m->at_lines++;
	return true;
}

/* What is in the block is the beginning of a line; of one that is too long nothing is held. */
static void pass_over_long(struct tg_manifest *m)
{
	size_t n = m->block.n - m->used;

	if (n <= FOREIGN_MAX)
		return;
	m->skipping = true;
	m->at += n;
	m->used = m->block.n;
}

enum tg_status tg_manifest_step(struct tg_manifest *m, struct tg_line *line,
				enum tg_line_state *state, struct tg_error *err)
{
	struct tg_str text;
	size_t n = m->fd >= 0;
	enum tg_status st;

	while (n) {
		if (take_line(m, &text)) {
			bool skipped = m->skipping || text.n > FOREIGN_MAX;

			m->skipping = false;
			*line = (struct tg_line){ .offset = m->at - text.n - 1,
						  .number = m->at_lines };
			*state = skipped ? TG_LINE_FOREIGN
					 : judge(m, text, m->at - text.n - 1, line);
			return TG_OK;
		}
		pass_over_long(m);
		st = read_on(m, &n, err);
		if (st)
			return st;
	}
	m->size = m->at + m->block.n;
	*line = (struct tg_line){ .offset = m->at, .number = m->at_lines + 1 };
	*state = m->block.n || m->skipping ? TG_LINE_TORN : TG_LINE_END;
	m->at += m->block.n; /* said once */
	m->used = m->block.n = 0;
	m->skipping = false;
	return TG_OK;
}

enum tg_status tg_manifest_next(struct tg_manifest *m, struct tg_line *line, bool *more,
				struct tg_error *err)
{
	enum tg_line_state state;
	enum tg_status st;

	do
		st = tg_manifest_step(m, line, &state, err);
	while (!st && state != TG_LINE_COUNTS && state != TG_LINE_END);
	*more = !st && state == TG_LINE_COUNTS;
	return st;
}

enum tg_status tg_manifest_walk(struct tg_manifest *m, tg_manifest_visit visit, void *arg,
				struct tg_error *err)
{
	struct tg_line line;
	bool more;
	enum tg_status st;

	tg_manifest_begin(m);
	do {
		st = tg_manifest_next(m, &line, &more, err);
		if (!st && more && visit)
			st = visit(arg, &line, err);
	} while (!st && more);
	return st;
}

static bool read_at(const struct tg_manifest *m, uint64_t offset, struct tg_buffer *out, size_t n)
{
	ssize_t got;

	tg_buffer_clear(out);
	do
		got = pread(m->fd, tg_buffer_room(out, n), n, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		out->n = (size_t)got;
	return got > 0;
}

bool tg_manifest_resume(struct tg_manifest *m, uint64_t end, uint64_t last, uint32_t last_n,
			const char *tail)
{
	char hash[TG_SHA256_HEX + 1];

	if (m->fd < 0 || end > m->size || last_n > FOREIGN_MAX || last >= end ||
	    end - last <= last_n)
		return false;
	if (!read_at(m, last, &m->line, (size_t)last_n + 1) || m->line.n != (size_t)last_n + 1 ||
	    m->line.p[last_n] != '\n')
		return false;
	tg_digest_add(m->digest, m->line.p, last_n);
	tg_digest_hex(m->digest, hash);
	if (memcmp(hash, tail, TG_SHA256_HEX) != 0)
		return false;
	m->end = end;
	m->last = last;
	m->last_n = last_n;
	m->lines = 0;
	memcpy(m->tail, hash, sizeof(hash));
	return true;
}

bool tg_manifest_read(struct tg_manifest *m, uint64_t offset, struct tg_line *line)
{
	struct tg_record rec;
	const char *nl;

	if (m->fd < 0 || !read_at(m, offset, &m->line, TG_LINE_MAX))
		return false;
	nl = memchr(m->line.p, '\n', m->line.n);
	if (!nl || !scan(m, &m->line_arena, tg_str_from(m->line.p, (size_t)(nl - m->line.p)), &rec))
		return false;
	read_line(&m->line_arena, &rec, line);
	line->offset = offset;
	return true;
}

bool tg_manifest_moved(const struct tg_manifest *m)
{
	struct stat st;

	return fstat(m->fd, &st) != 0 || (uint64_t)st.st_size != m->end;
}

static bool truncate_to(const struct tg_manifest *m, uint64_t size)
{
	int rc;

	do
		rc = ftruncate(m->fd, (off_t)size);
	while (rc != 0 && errno == EINTR);
	return rc == 0;
}

enum tg_status tg_manifest_cut(struct tg_manifest *m, struct tg_error *err)
{
	if (m->size == m->end)
		return TG_OK;
	if (!truncate_to(m, m->end))
		return io_error(m, "cut a torn line off", err);
	m->size = m->end;
	return tg_sync(m->fd, m->zone->manifest, err);
}

enum tg_status tg_manifest_settle(struct tg_manifest *m, struct tg_error *err)
{
	/* Not for appending: to a descriptor that appends, Linux writes at the end whatever the offset. */
	TG_OWN(tg_close_fd)
	int fd = openat(m->zone->directory, "manifest.jsonl", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	uint64_t at = m->end > AGAIN ? m->end - AGAIN : 0;

	if (fd < 0 || (m->end > at && !read_at(m, at, &m->line, (size_t)(m->end - at))))
		return io_error(m, fd < 0 ? "open" : "read", err);
	for (size_t done = 0; m->end > at && done < m->line.n;) {
		ssize_t n = pwrite(fd, m->line.p + done, m->line.n - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return io_error(m, "write", err);
		done += (size_t)n;
	}
	return tg_sync(fd, m->zone->manifest, err);
}

enum tg_status tg_manifest_sync(struct tg_manifest *m, struct tg_error *err)
{
	return tg_sync(m->fd, m->zone->manifest, err) ? tg_zone_break(m->zone, err) : TG_OK;
}

void tg_manifest_put_head(const struct tg_manifest *m, struct tg_buffer *line, const char *kind)
{
	tg_buffer_puts(line, "{\"v\":1");
	tg_json_put_member(line, "kind", tg_str_of(kind));
	tg_json_put_member(line, "prev", tg_str_of(m->tail));
}

/*
 * Takes back what was appended of a line, if that and nothing else stands behind the tail: behind a whole line of ours, another may
 * have put one that builds on it (then we had lost the lock).
 */
static enum tg_status undo(struct tg_manifest *m, struct tg_str line, struct tg_error *err)
{
	struct tg_error ignored = TG_ERROR_INIT;
	struct stat st;
	uint64_t added;

	if (fstat(m->fd, &st) != 0 || (uint64_t)st.st_size < m->end)
		return tg_zone_break(m->zone, err);
	added = (uint64_t)st.st_size - m->end;
	if (!added)
		return TG_IO;
	if (added <= line.n && read_at(m, m->end, &m->line, (size_t)added) && m->line.n == added &&
	    memcmp(m->line.p, line.p, (size_t)added) == 0 && truncate_to(m, m->end) &&
	    tg_sync(m->fd, m->zone->manifest, &ignored) == TG_OK)
		return TG_IO;
	return tg_zone_break(m->zone, err);
}

struct own_line {
	uint64_t offset;
	bool counts;
};

static enum tg_status is_own(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct own_line *own = arg;

	(void)err;
	own->counts |= line->offset == own->offset;
	return TG_OK;
}

enum tg_status tg_manifest_append(struct tg_manifest *m, struct tg_str line, struct tg_error *err)
{
	struct own_line own = { 0 };
	enum tg_status st;
	ssize_t n;

	if (line.n > TG_LINE_MAX)
		return tg_fail(err, TG_CONFIG,
			       "the manifest line would have %zu bytes, and may have %d: the names "
			       "or the schema version are too long",
			       line.n, TG_LINE_MAX);
	do
		n = write(m->fd, line.p, line.n);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		io_error(m, "write", err);
		return undo(m, line, err);
	}
	if ((size_t)n != line.n) {
		tg_fail(err, TG_IO, "cannot write %s: a part of the line was taken only",
			m->zone->manifest);
		return undo(m, line, err);
	}
	own.offset = (uint64_t)lseek(m->fd, 0, SEEK_CUR) - line.n; /* where O_APPEND has put it */
	if (tg_sync(m->fd, m->zone->manifest, err))
		return undo(m, line, err);
	st = tg_manifest_walk(m, is_own, &own, err);
	if (st)
		return tg_zone_break(
			m->zone, err); /* it stands there, and nobody can say whether it counts */
	if (!own.counts)
		st = tg_fail(
			err, TG_TRY_AGAIN,
			"another writer has appended to %s meanwhile: the zone's lock was lost",
			m->zone->manifest);
	return st;
}

void tg_manifest_release(struct tg_manifest *m)
{
	tg_close_fd(&m->fd);
	tg_digest_free(&m->digest);
	tg_buffer_release(&m->block);
	tg_buffer_release(&m->line);
	tg_arena_release(&m->arena);
	tg_arena_release(&m->line_arena);
}
