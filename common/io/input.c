#include "common/io/input.h"

#include "common/io/interrupt.h"
#include "common/io/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, REST_SIZE = 1 << 18 };

/* The default pipe of 64 KiB is the dearest part of a fast chain: 2.6 times the wall time of one of 1 MiB. A user may hold
 * 64 MiB in pipes; a refusal changes nothing. */
static void enlarge(int fd)
{
#ifdef F_SETPIPE_SZ
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#else
	(void)fd;
#endif
}

/* Only what the partner can mend is "no input". */
static enum tg_status cannot_open(const char *path, struct tg_error *err)
{
	int error = errno;
	enum tg_status st = TG_NO_INPUT;

	if (error == EINTR)
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		st = TG_TRY_AGAIN;
	else if (error == EIO)
		st = TG_IO;
	return tg_fail(err, st, "cannot open %s: %s", path, strerror(error));
}

static struct tg_str base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return tg_str_of(slash ? slash + 1 : path);
}

enum tg_status tg_input_open(struct tg_input *in, const char *path, enum tg_input_mode mode,
			     struct tg_error *err)
{
	bool standard = strcmp(path, "-") == 0;

	in->fd = STDIN_FILENO;
	in->name = standard ? "standard input" : path;
	in->base = standard ? TG_STR_NONE : base_of(path);
	in->mode = mode;
	if (!standard) {
		do /* a FIFO waits for its writer, and a request for progress is no end */
			in->fd = open(path, O_RDONLY | O_CLOEXEC);
		while (in->fd < 0 && errno == EINTR && !tg_interrupted());
		if (in->fd < 0)
			return cannot_open(path, err);
	}
	if (fstat(in->fd, &in->stat) != 0)
		return tg_fail(err, TG_IO, "cannot read %s: %s", in->name, strerror(errno));
	if (S_ISDIR(in->stat.st_mode))
		return tg_fail(err, TG_NO_INPUT, "cannot read %s: it is a directory", in->name);
	in->blocks = !S_ISREG(in->stat.st_mode);
	if (S_ISFIFO(in->stat.st_mode))
		enlarge(in->fd);
	return TG_OK;
}

enum tg_status tg_input_hold(struct tg_input *in, struct tg_str bytes, const char *name,
			     struct tg_error *err)
{
	int fd[2];

	TG_BUG_IF(bytes.n > TG_INPUT_HELD_MOST);
	in->name = name;
	in->mode = TG_INPUT_RAW;
	if (pipe2(fd, O_CLOEXEC) != 0)
		return tg_fail(err, TG_IO, "cannot read %s: %s", name, strerror(errno));
	in->fd = fd[0];
	/* A pipe holds so many, so this does not wait. */
	if (write(fd[1], bytes.p, bytes.n) != (ssize_t)bytes.n) {
		tg_close_fd(&fd[1]);
		return tg_fail(err, TG_IO, "cannot read %s: it cannot be put into a pipe", name);
	}
	tg_close_fd(&fd[1]);
	return TG_OK;
}

static enum tg_status be_idle(struct tg_input *in, struct tg_error *err)
{
	return in->idle ? in->idle(in->idle_arg, err) : TG_OK;
}

/* Waits until a read answers at once. Before it blocks, what is ready goes out; while it waits, our own reader's death counts. */
static enum tg_status wait_for_input(struct tg_input *in, struct tg_error *err)
{
	struct pollfd fds[2] = {
		{ .fd = in->fd, .events = POLLIN },
		{ .fd = in->watch, .events = 0 },
	};
	int ready = poll(fds, 1, 0);

	while (ready <= 0) {
		enum tg_status st;

		if (ready < 0 && errno != EINTR)
			return tg_fail(err, TG_IO, "cannot wait for %s: %s", in->name,
				       strerror(errno));
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		st = be_idle(in, err); /* after a signal too: it may ask for progress */
		if (st)
			return st;
		ready = poll(fds, in->watch >= 0 ? 2 : 1, -1);
		if (ready > 0 && in->watch >= 0 && (fds[1].revents & (POLLERR | POLLHUP)) &&
		    !fds[0].revents)
			return tg_fail(err, TG_PIPE, "the reader of standard output is gone");
	}
	return TG_OK;
}

static enum tg_status read_bytes(struct tg_input *in, char *p, size_t room, size_t *n,
				 struct tg_error *err)
{
	for (;;) {
		ssize_t got;
		enum tg_status st = in->blocks ? wait_for_input(in, err) : TG_OK;

		if (st)
			return st;
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		got = read(in->fd, p, room);
		if (got >= 0) {
			*n = (size_t)got;
			in->bytes += (uint64_t)got;
			in->ended = got == 0;
			if (in->digest)
				tg_digest_add(in->digest, p, *n);
			return TG_OK;
		}
		if (errno == EAGAIN) { /* somebody left O_NONBLOCK on it */
			in->blocks = true;
			continue;
		}
		if (errno != EINTR)
			return tg_fail(err, TG_IO, "cannot read %s: %s", in->name, strerror(errno));
	}
}

static enum tg_status read_packed(void *arg, char *p, size_t room, size_t *n, struct tg_error *err)
{
	return read_bytes(arg, p, room, n, err);
}

/* The first bytes of the input, enough to know a compressed one by. A pipe may bring them one at a time. */
static enum tg_status read_head(struct tg_input *in, char *p, size_t room, size_t *n,
				struct tg_error *err)
{
	*n = 0;
	if (room > TG_UNPACK_HEAD)
		room = TG_UNPACK_HEAD;
	while (*n < TG_UNPACK_MAGIC && *n < room) {
		size_t got;
		enum tg_status st = read_bytes(in, p + *n, room - *n, &got, err);

		if (st)
			return st;
		*n += got;
		if (got == 0 || !tg_unpack_may_be(tg_str_from(p, *n)))
			break;
	}
	return TG_OK;
}

enum { RATIO_MOST = 200, RATIO_FROM = 64 << 20 };

/* Honest data stay far below, and memory is bounded in any case; but what reads on for a week, or rejects without end, is no reader. */
static enum tg_status read_unpacked(struct tg_input *in, char *p, size_t room, size_t *n,
				    struct tg_error *err)
{
	enum tg_status st = tg_unpack_read(in->unpack, p, room, n, err);

	in->unpacked += *n;
	if (st || in->unpacked <= RATIO_FROM || in->unpacked / RATIO_MOST <= in->bytes)
		return st;
	return tg_fail_code(err, TG_DATA, "archive-limit",
			    "%s is refused: what it holds is more than %d times as large as "
			    "itself, which honest data are not; archive-open --max-ratio N lets it "
			    "out",
			    in->name, RATIO_MOST);
}

enum tg_status tg_input_read(struct tg_input *in, char *p, size_t room, size_t *n,
			     struct tg_error *err)
{
	enum tg_status st;

	*n = 0;
	if (in->unpack)
		return read_unpacked(in, p, room, n, err);
	if (in->mode == TG_INPUT_RAW || in->bytes)
		return read_bytes(in, p, room, n, err);
	st = read_head(in, p, room, n, err);
	if (st || !(in->packed = tg_unpack_kind(tg_str_from(p, *n))))
		return st;
	st = tg_unpack_new(&in->unpack, in->packed, in->name, tg_str_from(p, *n), read_packed, in,
			   err);
	return st ? st : read_unpacked(in, p, room, n, err);
}

enum tg_status tg_input_want_digest(struct tg_input *in, struct tg_error *err)
{
	return tg_digest_new(&in->digest, err);
}

enum tg_status tg_input_digest(struct tg_input *in, char hex[TG_SHA256_HEX + 1],
			       struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer rest = TG_BUFFER_INIT;
	size_t n;

	while (!in->ended) {
		enum tg_status st =
			read_bytes(in, tg_buffer_room(&rest, REST_SIZE), REST_SIZE, &n, err);

		if (st)
			return st;
	}
	tg_digest_hex(in->digest, hex);
	return TG_OK;
}

void tg_input_release(struct tg_input *in)
{
	tg_digest_free(&in->digest);
	tg_unpack_free(&in->unpack);
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	*in = TG_INPUT_INIT;
}

enum tg_status tg_input_slurp(struct tg_buffer *out, const char *path, size_t most,
			      struct tg_error *err)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	enum tg_status st = tg_input_open(&in, path, TG_INPUT_RAW, err);
	size_t start = out->n, n;

	while (!st) {
		st = tg_input_read(&in, tg_buffer_room(out, 65536), 65536, &n, err);
		if (st || n == 0)
			break;
		out->n += n;
		if (out->n - start > most)
			return tg_fail(err, TG_DATA, "%s is larger than %zu bytes", path, most);
	}
	return st;
}
