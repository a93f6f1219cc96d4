#include "common/run/rejects.h"

#include "common/base/memory.h"
#include "common/base/utf8.h"
#include "common/io/interrupt.h"
#include "common/io/lock.h"
#include "common/io/publish.h"
#include "common/io/spool.h"
#include "common/io/write.h"
#include "common/json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GATHERED = 64 * 1024,
	HELD = 2 << 20,	   /* that are not written from here */
	PIECE = 64 * 1024, /* a spool is copied in such */
};

static const uint64_t LOCK_WAIT = 60 * UINT64_C(1000000);

void tg_count_add(struct tg_log_count *count, size_t *kinds, const char *name, uint64_t n)
{
	for (size_t i = 0; i < *kinds; i++) {
		if (strcmp(count[i].name, name) == 0) {
			count[i].n += n;
			return;
		}
	}
	TG_BUG_IF(*kinds == TG_REJECT_CODES);
	count[*kinds].name = name;
	count[*kinds].n = n;
	++*kinds;
}

static char *named(const char *path)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_printf(&b, "the reject file %s", path);
	tg_buffer_putc(&b, '\0');
	return TG_TAKE(b.p);
}

enum tg_status tg_rejects_open(struct tg_rejects *r, const char *path, struct tg_error *err)
{
	int how = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC;
	struct stat st;

	r->path = path;
	r->name = named(path);
	r->fresh = stat(path, &st) != 0;
	/* Read and write would make us the reader of a FIFO: its real one could go away unseen. */
	if (!r->fresh && !S_ISREG(st.st_mode))
		how = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;
	do
		r->fd = open(path, how, 0600);
	while (r->fd < 0 && errno == EINTR && !tg_interrupted());
	if (r->fd < 0 && errno == EINTR)
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (r->fd < 0)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot open %s: %s", r->name,
			       strerror(errno));
	if (fstat(r->fd, &st) != 0)
		return tg_fail(err, TG_IO, "cannot read %s: %s", r->name, strerror(errno));
	r->regular = S_ISREG(st.st_mode);
	return TG_OK;
}

static enum tg_status put(const struct tg_rejects *r, int fd, struct tg_str bytes,
			  struct tg_error *err)
{
	return tg_write_all(fd, bytes, r->name, err);
}

static enum tg_status copy_spool(const struct tg_rejects *r, int spool, struct tg_error *err)
{
	char piece[PIECE];
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(spool, piece, sizeof(piece), at);
		enum tg_status st;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tg_fail(err, TG_IO, "cannot read the spool of %s: %s", r->name,
				       strerror(errno));
		if (n == 0)
			return TG_OK;
		st = put(r, r->fd, tg_str_from(piece, (size_t)n), err);
		if (st)
			return st;
		at += n;
	}
}

/* Whether the last byte is a line feed: a run that was killed within its write may have left half a line. */
static bool is_torn(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static enum tg_status append_pieces(struct tg_rejects *r, int spool, struct tg_error *err)
{
	enum tg_status st = put(r, r->fd, tg_buffer_str(&r->pending), err);

	if (!st && spool >= 0)
		st = copy_spool(r, spool, err);
	return st;
}

/* In a file that others append to too: whole or not at all. */
static enum tg_status append_locked(struct tg_rejects *r, int spool, struct tg_error *err)
{
	enum tg_status status = TG_OK;
	struct stat st;

	if (fstat(r->fd, &st) != 0)
		return tg_fail(err, TG_IO, "cannot read %s: %s", r->name, strerror(errno));
	if (is_torn(r->fd, st.st_size))
		status = put(r, r->fd, TG_STR("\n"), err);
	if (!status)
		status = append_pieces(r, spool, err);
	if (status && ftruncate(r->fd, st.st_size) != 0)
		tg_within(err, "half of a line could not be taken back");
	return status;
}

/* Appends what is gathered, and then the spool if there is one. */
static enum tg_status append(struct tg_rejects *r, int spool, struct tg_error *err)
{
	enum tg_status st;

	if (r->regular) {
		st = tg_lock(r->fd, LOCK_WAIT, r->name, err);
		if (st)
			return st;
		st = append_locked(r, spool, err);
		tg_unlock(r->fd);
	} else {
		st = append_pieces(r, spool, err);
	}
	r->pending.n = 0;
	return st;
}

enum tg_status tg_rejects_flush(struct tg_rejects *r, struct tg_error *err)
{
	if (r->fd < 0 || r->pending.n == 0)
		return TG_OK;
	return append(r, -1, err);
}

/* A name on disk need not be UTF-8, and JSON must. */
static void put_file(struct tg_buffer *out, struct tg_str file)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT, safe = TG_BUFFER_INIT;

	if (!file.p)
		return;
	tg_buffer_put_str(&name, file); /* with readable bytes behind it */
	if (tg_utf8_check(tg_buffer_str(&name)) == name.n) {
		tg_json_put_member(out, "file", file);
		return;
	}
	tg_utf8_put_safe(&safe, file, file.n);
	tg_json_put_member(out, "file", tg_buffer_str(&safe));
}

/* What one envelope after the other begins with: all before the line. */
static void put_head(struct tg_buffer *out, struct tg_rejects *r, const char *code,
		     struct tg_str file)
{
	struct tg_buffer *head = &r->head;

	if (TG_UNLIKELY(r->head_code != code || r->head_named != (file.p != NULL) ||
			!tg_str_eq(file, tg_buffer_str(&r->head_file)))) {
		head->n = r->head_file.n = 0;
		tg_buffer_putc(head, '{');
		tg_json_put_member(head, "tool", tg_str_of(r->tool));
		tg_json_put_member(head, "code", tg_str_of(code));
		tg_json_put_member(head, "run", r->run);
		tg_json_put_name(head, "at");
		tg_buffer_putc(head, '{');
		put_file(head, file);
		tg_buffer_put_str(&r->head_file, file);
		r->head_code = code;
		r->head_named = file.p != NULL;
	}
	tg_buffer_put_str(out, tg_buffer_str(head));
}

/* All but the record. */
static void put_envelope(struct tg_buffer *out, struct tg_rejects *r, const char *code,
			 const struct tg_place *at, struct tg_str faults)
{
	put_head(out, r, code, at->file);
	if (at->line)
		tg_json_put_member_u64(out, "line", at->line);
	tg_json_put_member_u64(out, "offset", at->offset);
	tg_buffer_putc(out, '}');
	tg_json_put_name(out, "errors");
	tg_buffer_putc(out, '[');
	tg_buffer_put_str(out, faults);
	tg_buffer_putc(out, ']');
}

static void put_base64_member(struct tg_buffer *out)
{
	tg_json_put_name(out, "record_base64");
	tg_buffer_putc(out, '"');
}

/* What a run may add is used up. Nothing is lost without a word: the run ends here, and its sink lands nothing. */
TG_COLD static enum tg_status over(const struct tg_rejects *r, const struct tg_place *at,
				   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;

	if (at)
		tg_buffer_printf(&where, " at %.*s%s%llu", TG_STR_ARG(at->file),
				 at->file.n ? ":" : "line ", (unsigned long long)at->line);
	return tg_fail_code(
		err, TG_DATA, "too-many-rejects",
		"%s would get more than %llu bytes from this run; it stops%.*s after %llu rejects, and what follows is not read: is this the right file and the right contract? --max-reject-bytes raises the limit",
		r->name, (unsigned long long)r->most, TG_STR_ARG(tg_buffer_str(&where)),
		(unsigned long long)r->total - 1);
}

/* Whether n bytes more may be added; then they are counted. */
static bool take_room(struct tg_rejects *r, size_t n)
{
	if (n > r->most || r->bytes > r->most - n)
		return false;
	r->bytes += n;
	return true;
}

enum tg_status tg_rejects_add(struct tg_rejects *r, const char *code, const struct tg_place *at,
			      struct tg_str faults, struct tg_str output, struct tg_str text,
			      struct tg_error *err)
{
	size_t start = r->pending.n;
	bool opaque = r->opaque, scanned = r->scanned;

	r->opaque = r->scanned = false;
	tg_count_add(r->count, &r->codes, code, 1);
	r->total++;
	if (r->fd < 0 && !r->held)
		return TG_OK;
	put_envelope(&r->pending, r, code, at, faults);
	if (output.n) {
		tg_json_put_name(&r->pending, "output");
		tg_buffer_put_str(&r->pending, output);
	}
	if (scanned || (!opaque && tg_utf8_check(text) == text.n)) {
		tg_json_put_member(&r->pending, "record", text);
	} else {
		put_base64_member(&r->pending);
		tg_buffer_put_base64(&r->pending, text.p, text.n);
		tg_buffer_putc(&r->pending, '"');
	}
	tg_buffer_puts(&r->pending, "}\n");
	if (TG_UNLIKELY(!take_room(r, r->pending.n - start))) {
		r->pending.n = start;
		return over(r, at, err);
	}
	if (TG_LIKELY(r->pending.n < GATHERED))
		return TG_OK;
	if (!r->held)
		return tg_rejects_flush(r, err);
	return r->pending.n < HELD ? TG_OK
				   : tg_fail(err, TG_DATA, "more is rejected than can be held");
}

bool tg_rejects_fit(const struct tg_rejects *r, const struct tg_rejects *held)
{
	return held->pending.n <= r->most && r->bytes <= r->most - held->pending.n;
}

void tg_rejects_drop(struct tg_rejects *held)
{
	held->pending.n = held->codes = 0;
	held->total = held->bytes = 0;
	held->opaque = held->scanned = false;
}

enum tg_status tg_rejects_append(struct tg_rejects *r, struct tg_rejects *held,
				 struct tg_error *err)
{
	for (size_t i = 0; i < held->codes; i++)
		tg_count_add(r->count, &r->codes, held->count[i].name, held->count[i].n);
	r->total += held->total;
	if (held->pending.n) {
		r->bytes += held->pending.n;
		tg_buffer_put_str(&r->pending, tg_buffer_str(&held->pending));
	}
	tg_rejects_drop(held);
	return r->pending.n >= GATHERED ? tg_rejects_flush(r, err) : TG_OK;
}

enum tg_status tg_rejects_begin_long(struct tg_rejects *r, const char *code,
				     const struct tg_place *at, struct tg_str faults,
				     struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer head = TG_BUFFER_INIT;

	tg_count_add(r->count, &r->codes, code, 1);
	r->total++;
	if (r->fd < 0)
		return TG_OK;
	r->spool = tg_spool_beside(r->path); /* so that the same disk fills up or does not */
	if (r->spool < 0)
		return tg_fail(err, TG_IO, "cannot make a spool beside the reject file %s: %s",
			       r->path, strerror(errno));
	put_envelope(&head, r, code, at, faults);
	put_base64_member(&head);
	r->rest_n = 0;
	if (!take_room(r, head.n))
		return over(r, at, err);
	return put(r, r->spool, tg_buffer_str(&head), err);
}

enum tg_status tg_rejects_add_long(struct tg_rejects *r, struct tg_str piece, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer digits = TG_BUFFER_INIT;
	size_t whole;

	if (r->spool < 0)
		return TG_OK;
	if (r->rest_n) {
		while (r->rest_n < sizeof(r->rest) && piece.n > 0) {
			r->rest[r->rest_n++] = (unsigned char)*piece.p;
			piece = tg_str_after(piece, 1);
		}
		if (r->rest_n < sizeof(r->rest))
			return TG_OK;
		tg_buffer_put_base64(&digits, r->rest, sizeof(r->rest));
		r->rest_n = 0;
	}
	whole = piece.n / 3 * 3;
	tg_buffer_put_base64(&digits, piece.p, whole);
	r->rest_n = piece.n - whole;
	memcpy(r->rest, piece.p + whole, r->rest_n);
	if (!take_room(r, digits.n))
		return over(r, NULL, err);
	return put(r, r->spool, tg_buffer_str(&digits), err);
}

enum tg_status tg_rejects_end_long(struct tg_rejects *r, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int spool = r->spool;
	TG_OWN(tg_buffer_release) struct tg_buffer tail = TG_BUFFER_INIT;
	enum tg_status st;

	r->spool = -1;
	if (spool < 0)
		return TG_OK;
	tg_buffer_put_base64(&tail, r->rest, r->rest_n);
	tg_buffer_puts(&tail, "\"}\n");
	if (!take_room(r, tail.n))
		return over(r, NULL, err);
	st = put(r, spool, tg_buffer_str(&tail), err);
	return st ? st : append(r, spool, err);
}

enum tg_status tg_rejects_sync(struct tg_rejects *r, struct tg_error *err)
{
	enum tg_status st = tg_rejects_flush(r, err);

	if (st || r->fd < 0 || !r->regular || r->total == 0)
		return st;
	st = tg_sync(r->fd, r->name, err);
	if (!st && r->fresh)
		st = tg_sync_beside(r->path, err);
	return st;
}

void tg_rejects_release(struct tg_rejects *r)
{
	tg_close_fd(&r->fd);
	tg_close_fd(&r->spool);
	tg_buffer_release(&r->pending);
	tg_buffer_release(&r->head);
	tg_buffer_release(&r->head_file);
	tg_free_pointer(&r->name);
}
