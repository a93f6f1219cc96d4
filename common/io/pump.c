#include "common/io/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
	AT_ONCE = 1 << 20,
	BLOCK = 64 * 1024,
};

/* 1: something is to be read, or the end has come; 0: a signal came. */
static int wait_for_input(int from, int to, struct tg_error *err)
{
	struct pollfd p[2] = { { .fd = from, .events = POLLIN }, { .fd = to, .events = 0 } };

	if (poll(p, 2, -1) < 0)
		return errno == EINTR ? 0 : (tg_fail(err, TG_IO, "poll: %s", strerror(errno)), -1);
	/* What has come is moved first: the write will tell. */
	if (!(p[0].revents & (POLLIN | POLLHUP)) && (p[1].revents & (POLLERR | POLLHUP))) {
		tg_fail(err, TG_PIPE, "the reader of standard output is gone");
		return -1;
	}
	return 1;
}

static enum tg_status write_failed(struct tg_error *err)
{
	if (errno == EPIPE)
		return tg_fail(err, TG_PIPE, "the reader of standard output is gone");
	return tg_fail(err, TG_IO, "cannot write standard output: %s", strerror(errno));
}

static bool again(int to)
{
	struct pollfd p = { .fd = to, .events = POLLOUT };

	if (errno == EAGAIN)
		(void)poll(&p, 1, -1);
	return errno == EINTR || errno == EAGAIN;
}

/* Through our own memory, where the system cannot splice: a terminal, a file that is appended to. *end: the input has ended. */
static enum tg_status copy_block(int from, int to, uint64_t *bytes, bool *end, struct tg_error *err)
{
	static char block[BLOCK];
	ssize_t n = read(from, block, sizeof(block));
	size_t done = 0;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? TG_OK
			       : tg_fail(err, TG_IO, "cannot read from the command: %s",
					 strerror(errno));
	*end = n == 0;
	while (done < (size_t)n) {
		ssize_t wrote = write(to, block + done, (size_t)n - done);

		if (wrote < 0 && !again(to))
			return write_failed(err);
		if (wrote > 0) {
			done += (size_t)wrote;
			*bytes += (uint64_t)wrote;
		}
	}
	return TG_OK;
}

#ifdef SPLICE_F_MOVE
/* *able becomes false when this cannot be done here; nothing was moved then. */
static enum tg_status splice_some(int from, int to, uint64_t *bytes, bool *end, bool *able,
				  struct tg_error *err)
{
	ssize_t n = splice(from, NULL, to, NULL, AT_ONCE, SPLICE_F_MOVE);

	if (n > 0)
		*bytes += (uint64_t)n;
	else if (n == 0)
		*end = true;
	else if (errno == EINVAL || errno == ENOSYS)
		*able = false;
	else if (!again(to))
		return write_failed(err);
	return TG_OK;
}
#else
static enum tg_status splice_some(int from, int to, uint64_t *bytes, bool *end, bool *able,
				  struct tg_error *err)
{
	(void)from, (void)to, (void)bytes, (void)end, (void)err;
	*able = false;
	return TG_OK;
}
#endif

enum tg_status tg_pump(int from, int to, uint64_t *bytes, tg_pump_tick *tick, void *arg,
		       struct tg_error *err)
{
	bool end = false, able = true;
	enum tg_status st = TG_OK;

	while (!end && !st) {
		int ready;

		if (tick)
			tick(arg);
		ready = wait_for_input(from, to, err);
		if (ready < 0)
			return err->status;
		if (ready == 0)
			continue;
		if (able)
			st = splice_some(from, to, bytes, &end, &able, err);
		if (!able)
			st = copy_block(from, to, bytes, &end, err);
	}
	return st;
}
