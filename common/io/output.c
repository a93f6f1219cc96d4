#include "common/io/output.h"

#include "common/base/memory.h"
#include "common/io/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	ROOM = 256 * 1024,
	WORTH_A_WRITE = 32 * 1024, /* less than this, all together, is copied to the buffer */
	WORTH_A_VIEW = 1024,	   /* a shorter run is copied where nothing long stands before it */
	PIPE_SIZE = 1 << 20,
	SENT = 1 << 20, /* at once, so that a signal is seen */
};

void tg_output_open(struct tg_output *out, int fd, const char *name)
{
	*out = TG_OUTPUT_INIT;
	out->fd = fd;
	out->name = name;
#ifdef F_SETPIPE_SZ
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
}

static void failed(struct tg_output *out, enum tg_status status, int error)
{
	out->status = status;
	out->error = error;
	out->n = 0;
	out->runs = out->run_bytes = out->view_n = 0;
}

static void wait_until_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	(void)poll(&p, 1, -1);
}

/* Buffer first, then what passed: those that are not empty. */
static int vector_of(const struct tg_output *out, struct iovec v[TG_OUTPUT_RUNS + 2])
{
	int n = 0;

	if (out->n)
		v[n++] = (struct iovec){ out->p, out->n };
	for (size_t i = 0; i < out->runs; i++) /* writev's type has no const */
		v[n++] = (struct iovec){ (void *)(uintptr_t)out->run[i].p, out->run[i].n };
	if (out->view_n)
		v[n++] = (struct iovec){ (void *)(uintptr_t)out->view, out->view_n };
	return n;
}

static void append(struct tg_output *out, struct tg_str s)
{
	memcpy(out->p + out->n, s.p, s.n);
	out->n += s.n;
}

/* Room for n bytes more than the buffer has: twice as much, so that it comes to rest. */
static void grow(struct tg_output *out, size_t n)
{
	size_t room = out->n + n > ROOM ? out->n + n : (size_t)ROOM;

	if (out->most && room < 2 * out->room)
		room = 2 * out->room;
	out->room = room + TG_SLACK;
	out->quick = room < ROOM ? room : ROOM;
	out->p = tg_resize(out->p, out->room);
}

/* What passed is copied behind what was put: what comes next is put too. */
TG_COLD static void keep(struct tg_output *out)
{
	size_t n = out->run_bytes + out->view_n;

	if (out->n + n > out->most) {
		failed(out, TG_IO, EFBIG);
		return;
	}
	if (out->n + n + TG_SLACK > out->room)
		grow(out, n);
	for (size_t i = 0; i < out->runs; i++)
		append(out, out->run[i]);
	if (out->view_n)
		append(out, tg_str_from(out->view, out->view_n));
	out->runs = out->run_bytes = out->view_n = 0;
}

/* In as few writes as the system allows. */
static void write_out(struct tg_output *out)
{
	struct iovec v[TG_OUTPUT_RUNS + 2];
	int first = 0, end;

	if (TG_UNLIKELY(out->most)) {
		keep(out);
		return;
	}
	end = vector_of(out, v);
	while (!out->status && first < end) {
		ssize_t n = writev(out->fd, v + first, end - first);

		if (n < 0) {
			int error = errno;

			if (tg_interrupted())
				failed(out, TG_INTERRUPTED, EINTR);
			else if (error == EAGAIN)
				wait_until_writable(out->fd);
			else if (error != EINTR)
				failed(out, error == EPIPE ? TG_PIPE : TG_IO, error);
			continue;
		}
		out->bytes += (uint64_t)n;
		for (; n > 0 && (size_t)n >= v[first].iov_len; first++)
			n -= (ssize_t)v[first].iov_len;
		if (n > 0) {
			v[first].iov_base = (char *)v[first].iov_base + n;
			v[first].iov_len -= (size_t)n;
		}
		/* A reader that takes a little at a time would hold us for as long as it likes. */
		if (tg_interrupted() && first < end)
			failed(out, TG_INTERRUPTED, EINTR);
	}
	out->n = 0;
	out->runs = out->run_bytes = out->view_n = 0;
}

/* Room for n bytes in the buffer, which holds no more than it should. */
static void make_room(struct tg_output *out, size_t n)
{
	if (out->n > 0 && (n > ROOM || out->n > ROOM - n))
		write_out(out);
	if (out->n + n + TG_SLACK > out->room)
		grow(out, n);
}

void tg_output_hold(struct tg_output *out, size_t most)
{
	*out = TG_OUTPUT_INIT;
	out->most = most;
}

void tg_output_hand(struct tg_output *held, struct tg_output *to)
{
	if (held->n)
		tg_output_pass(to, tg_str_from(held->p, held->n));
	for (size_t i = 0; i < held->runs; i++)
		tg_output_pass(to, held->run[i]);
	if (held->view_n)
		tg_output_pass(to, tg_str_from(held->view, held->view_n));
	tg_output_settle(to);
	held->n = held->runs = held->run_bytes = held->view_n = 0;
	held->status = TG_OK;
}

char *tg_output_make_room(struct tg_output *out, size_t n)
{
	tg_output_settle(out);
	make_room(out, n);
	return out->p + out->n;
}

void tg_output_put(struct tg_output *out, struct tg_str s)
{
	char *to = tg_output_room(out, s.n);

	if (s.n)
		memcpy(to, s.p, s.n);
	out->n += s.n;
}

/* The view ends here, and does not go out yet. */
static void end_view(struct tg_output *out)
{
	if (out->runs == 0 && out->view_n < WORTH_A_VIEW) {
		make_room(out, out->view_n); /* may write, and then the view is gone with it */
		if (out->view_n)
			append(out, tg_str_from(out->view, out->view_n));
	} else if (out->runs < TG_OUTPUT_RUNS) {
		out->run[out->runs++] = tg_str_from(out->view, out->view_n);
		out->run_bytes += out->view_n;
	} else {
		write_out(out);
	}
	out->view_n = 0;
}

void tg_output_pass(struct tg_output *out, struct tg_str s)
{
	if (out->view_n && out->view + out->view_n == s.p) {
		out->view_n += s.n;
		return;
	}
	if (out->view_n)
		end_view(out);
	out->view = s.p;
	out->view_n = s.n;
}

void tg_output_settle(struct tg_output *out)
{
	size_t bytes = out->run_bytes + out->view_n;

	if (bytes == 0)
		return;
	if (bytes >= WORTH_A_WRITE) {
		write_out(out);
		return;
	}
	make_room(out, bytes); /* may write, and then they are gone with it */
	for (size_t i = 0; i < out->runs; i++)
		append(out, out->run[i]);
	if (out->view_n)
		append(out, tg_str_from(out->view, out->view_n));
	out->runs = out->run_bytes = out->view_n = 0;
}

static enum tg_status report(const struct tg_output *out, struct tg_error *err)
{
	switch (out->status) {
	case TG_OK:
		return TG_OK;
	case TG_PIPE:
		return tg_fail(err, TG_PIPE, "the reader of %s is gone", out->name);
	case TG_INTERRUPTED:
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	default:
		return tg_fail(err, TG_IO, "cannot write %s: %s", out->name, strerror(out->error));
	}
}

enum tg_status tg_output_flush(struct tg_output *out, struct tg_error *err)
{
	write_out(out);
	return report(out, err);
}

/* By way of our memory, where the system cannot send to such a descriptor (one that appends). */
static ssize_t copy_some(struct tg_output *out, int from, uint64_t n)
{
	char *to = tg_output_room(out, ROOM);
	ssize_t got = read(from, to, n < ROOM ? (size_t)n : (size_t)ROOM);

	if (got > 0)
		tg_output_commit(out, (size_t)got);
	return got;
}

enum tg_status tg_output_send(struct tg_output *out, int from, uint64_t n, struct tg_error *err)
{
	bool able = true;

	write_out(out);
	while (n && !out->status) {
		ssize_t sent;

#ifdef __linux__
		if (able) {
			sent = sendfile(out->fd, from, NULL, n < SENT ? (size_t)n : (size_t)SENT);
			if (sent > 0)
				out->bytes += (uint64_t)sent;
		} else
#endif
			sent = copy_some(out, from, n);
		if (sent > 0)
			n -= (uint64_t)sent;
		else if (sent == 0)
			return tg_fail(err, TG_IO, "cannot write %s: what was to be sent is short",
				       out->name);
		else if (tg_interrupted())
			failed(out, TG_INTERRUPTED, EINTR);
		else if (errno == EAGAIN)
			wait_until_writable(out->fd);
		else if (able && (errno == EINVAL || errno == ENOSYS))
			able = false;
		else if (errno != EINTR)
			failed(out, errno == EPIPE ? TG_PIPE : TG_IO, errno);
	}
	return tg_output_flush(out, err);
}

enum tg_status tg_output_close(struct tg_output *out, struct tg_error *err)
{
	int fd = out->fd;

	write_out(out);
	out->fd = -1;
	if (close(fd) != 0 && !out->status && errno != EINTR) /* NFS and quotas report here */
		failed(out, TG_IO, errno);
	return report(out, err);
}

void tg_output_release(struct tg_output *out)
{
	tg_free(out->p);
	*out = TG_OUTPUT_INIT;
}
