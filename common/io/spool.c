#include "common/io/spool.h"

#include "common/io/interrupt.h"
#include "common/io/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	GATHERED = 256 * 1024,
	RESERVED =
		1
		<< 20, /* at once, where so much may stay in memory: what is not used of it is none */
	WORTH_A_WRITE =
		128 * 1024, /* goes to the file without a copy, where nothing stands before it */
};

/* /tmp may be memory. */
static const char usual_place[] = "/var/tmp";

static int open_unnamed(const char *directory)
{
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT;
	int fd;

#ifdef O_TMPFILE
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
#endif
	tg_buffer_puts(&path, directory);
	tg_buffer_puts(&path, "/.tidegate-spool-XXXXXX");
	tg_buffer_putc(&path, '\0');
	fd = mkostemp(path.p, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.p);
	return fd;
}

int tg_spool_beside(const char *path)
{
	TG_OWN(tg_buffer_release) struct tg_buffer directory = TG_BUFFER_INIT;
	const char *slash = strrchr(path, '/');

	if (slash == path)
		tg_buffer_putc(&directory, '/');
	else if (slash)
		tg_buffer_put(&directory, path, (size_t)(slash - path));
	else
		tg_buffer_putc(&directory, '.');
	tg_buffer_putc(&directory, '\0');
	return open_unnamed(directory.p);
}

void tg_spool_init(struct tg_spool *s)
{
	const char *place = getenv("TMPDIR");

	*s = (struct tg_spool){
		.fd = -1,
		.place = place && *place ? place : usual_place,
		.elsewhere = "TMPDIR",
		.memory = GATHERED,
	};
}

static enum tg_status write_bytes(struct tg_spool *s, struct tg_str bytes, struct tg_error *err)
{
	enum tg_status st;

	if (s->fd < 0)
		s->fd = open_unnamed(s->place);
	if (s->fd < 0)
		return tg_fail(
			err, TG_IO,
			"cannot keep what is held back in a file in %s: %s; %s says where else",
			s->place, strerror(errno), s->elsewhere);
	st = tg_write_all(s->fd, bytes, "the file for what is held back", err);
	return st == TG_IO ? tg_within(err, "in %s (%s says where else)", s->place, s->elsewhere)
			   : st;
}

static enum tg_status write_out(struct tg_spool *s, struct tg_error *err)
{
	enum tg_status st = write_bytes(s, tg_buffer_str(&s->held), err);

	s->held.n = 0;
	return st;
}

enum tg_status tg_spool_put(struct tg_spool *s, struct tg_str bytes, struct tg_error *err)
{
	s->size += bytes.n;
	if (bytes.n)
		s->last = bytes.p[bytes.n - 1];
	if (s->through) {
		tg_output_pass(s->through, bytes);
		tg_output_settle(s->through);
		return s->through->status ? tg_output_flush(s->through, err) : TG_OK;
	}
	if (s->fd >= 0 && s->held.n == 0 && bytes.n >= WORTH_A_WRITE)
		return write_bytes(s, bytes, err);
	if (!s->held.p)
		(void)tg_buffer_room(&s->held,
				     GATHERED + (s->memory < RESERVED ? s->memory : RESERVED));
	tg_buffer_put_str(&s->held, bytes);
	return s->held.n >= (s->fd < 0 ? s->memory : GATHERED) ? write_out(s, err) : TG_OK;
}

enum tg_status tg_spool_rewind(struct tg_spool *s, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	s->at = 0;
	s->left = 0;
	if (s->fd < 0)
		return TG_OK;
	if (s->held.n)
		st = write_out(s, err);
	if (!st && lseek(s->fd, 0, SEEK_SET) != 0)
		st = tg_fail(err, TG_IO, "cannot read again what was held back: %s",
			     strerror(errno));
	s->left = s->size;
	return st;
}

uint64_t tg_spool_left(const struct tg_spool *s)
{
	return s->left + (s->held.n - s->at);
}

/* Moves what is unread to the front, and reads until n are there. */
static enum tg_status fill(struct tg_spool *s, size_t n, struct tg_error *err)
{
	struct tg_buffer *b = &s->held;

	memmove(b->p, b->p + s->at, b->n - s->at);
	b->n -= s->at;
	s->at = 0;
	while (b->n < n) {
		size_t want = n - b->n > GATHERED ? n - b->n : GATHERED;
		char *room = tg_buffer_room(b, want);
		ssize_t got = read(s->fd, room, want < s->left ? want : (size_t)s->left);

		if (got < 0 && errno == EINTR && tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return tg_fail(err, TG_IO, "cannot read again what was held back: %s",
				       got ? strerror(errno) : "the file is short");
		b->n += (size_t)got;
		s->left -= (uint64_t)got;
	}
	return TG_OK;
}

enum tg_status tg_spool_take(struct tg_spool *s, size_t n, struct tg_str *bytes,
			     struct tg_error *err)
{
	TG_BUG_IF(n > tg_spool_left(s));
	*bytes = TG_STR("");
	if (n == 0)
		return TG_OK; /* of an empty spool there is no buffer either */
	if (s->held.n - s->at < n) {
		enum tg_status st = fill(s, n, err);

		if (st)
			return st;
	}
	*bytes = tg_str_from(s->held.p + s->at, n);
	s->at += n;
	return TG_OK;
}

enum tg_status tg_spool_look(const struct tg_spool *s, uint64_t at, char *p, size_t n,
			     struct tg_error *err)
{
	TG_BUG_IF(at > s->size || n > s->size - at);
	if (s->fd < 0) {
		if (n)
			memcpy(p, s->held.p + at, n);
		return TG_OK;
	}
	while (n) {
		ssize_t got = pread(s->fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR && !tg_interrupted())
			continue;
		if (got < 0 && errno == EINTR)
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		if (got <= 0)
			return tg_fail(err, TG_IO, "cannot read again what was held back: %s",
				       got ? strerror(errno) : "the file is short");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return TG_OK;
}

enum tg_status tg_spool_send(struct tg_spool *s, struct tg_output *out, struct tg_error *err)
{
	enum tg_status st;

	if (s->through)
		return tg_output_flush(out, err);
	st = tg_spool_rewind(s, err);
	if (st)
		return st;
	if (s->fd >= 0)
		return tg_output_send(out, s->fd, s->left, err);
	tg_output_pass(out, tg_buffer_str(&s->held));
	return tg_output_flush(out, err);
}

void tg_spool_release(struct tg_spool *s)
{
	tg_close_fd(&s->fd);
	tg_buffer_release(&s->held);
}
