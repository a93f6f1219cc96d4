#include "common/pgp/loop.h"

#include "common/base/memory.h"
#include "common/io/interrupt.h"
#include "common/pgp/gpgme.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum {
	PIPE_SIZE = 1 << 20,
	BLOCK = 256 * 1024,
	LOOK = 1000, /* milliseconds */
};

static const uint64_t IDLE_MOST = 60000000, LOOK_MOST = 2000000; /* microseconds */

static gpgme_error_t add(void *data, int fd, int reads, gpgme_io_cb_t call, void *arg, void **tag)
{
	struct tg_pgp_loop *loop = data;

	for (size_t i = 0; i < TG_COUNT(loop->watch); i++) {
		struct tg_pgp_watch *w = &loop->watch[i];

		if (w->used)
			continue;
		*w = (struct tg_pgp_watch){
			.fd = fd,
			.used = true,
			.reads = reads,
			.turn = ++loop->turn,
			.call = call,
			.arg = arg,
			.loop = loop,
		};
		*tag = w;
#ifdef F_SETPIPE_SZ
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
		return 0;
	}
	return gpgme_error(GPG_ERR_ENOMEM);
}

static void drop(void *tag)
{
	struct tg_pgp_watch *w = tag;

	w->used = false;
}

static void happen(void *data, gpgme_event_io_t type, void *what)
{
	struct tg_pgp_loop *loop = data;

	if (type != GPGME_EVENT_DONE)
		return;
	loop->done = true;
	if (what) {
		const struct gpgme_io_event_done_data *end = what;

		loop->result = end->err ? end->err : end->op_err;
	}
}

void tg_pgp_loop_init(struct tg_pgp_loop *loop, gpgme_ctx_t ctx, int reader)
{
	struct gpgme_io_cbs calls = {
		.add = add,
		.add_priv = loop,
		.remove = drop,
		.event = happen,
		.event_priv = loop,
	};

	*loop = (struct tg_pgp_loop){ .reader = reader };
	tg_gpgme.set_io_cbs(ctx, &calls);
}

void tg_pgp_loop_take(struct tg_pgp_loop *loop,
		      ssize_t (*write)(void *arg, const void *p, size_t n), void *arg)
{
	loop->write = write;
	loop->write_arg = arg;
	loop->block = tg_resize(NULL, BLOCK);
}

void tg_pgp_loop_release(struct tg_pgp_loop *loop)
{
	tg_free(loop->block);
	loop->block = NULL;
}

/* False: it is for GPGME to see what is the matter, the end for one. After a failure it reads again, and is told of it. */
static bool read_here(struct tg_pgp_loop *loop, struct tg_pgp_watch *w)
{
	ssize_t n = read(w->fd, loop->block, BLOCK);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	if (loop->write(loop->write_arg, loop->block, (size_t)n) != n)
		w->ours = false;
	return true;
}

static void serve(struct tg_pgp_loop *loop, struct tg_pgp_watch *w)
{
	struct tg_pgp_watch was = *w; /* the call may take it away */

	if (w->ours && read_here(loop, w))
		return;
	loop->calling = w->reads && loop->write ? w : NULL;
	(void)was.call(was.arg, was.fd); /* a failure comes as the end */
	loop->calling = NULL;
}

/* One wait. */
static enum tg_status turn(struct tg_pgp_loop *loop, struct tg_error *err)
{
	struct pollfd fds[TG_PGP_LOOP_WATCHES + 1];
	struct tg_pgp_watch was[TG_PGP_LOOP_WATCHES];
	nfds_t n = 0;

	for (size_t i = 0; i < TG_COUNT(loop->watch); i++) {
		const struct tg_pgp_watch *w = &loop->watch[i];

		if (!w->used)
			continue;
		was[n] = *w;
		fds[n++] = (struct pollfd){ .fd = w->fd, .events = w->reads ? POLLIN : POLLOUT };
	}
	fds[n] = (struct pollfd){ .fd = loop->reader };
	if (poll(fds, n + 1, LOOK) < 0)
		return errno == EINTR
			       ? TG_OK
			       : tg_fail(err, TG_IO, "cannot wait for gpg: %s", strerror(errno));
	if (loop->reader >= 0 && (fds[n].revents & (POLLERR | POLLHUP)))
		return tg_fail(err, TG_PIPE, "the reader of standard output is gone");
	for (nfds_t i = 0; i < n && !loop->done; i++) {
		struct tg_pgp_watch *there = NULL;

		if (!fds[i].revents)
			continue;
		/* One call may take away what another was waiting for. */
		for (size_t j = 0; j < TG_COUNT(loop->watch); j++)
			if (loop->watch[j].used && loop->watch[j].turn == was[i].turn)
				there = &loop->watch[j];
		if (there)
			serve(loop, there);
	}
	return TG_OK;
}

static int64_t clock_now(void)
{
	struct timespec t;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/*
 * A message of half a megabyte can hold so many signatures that gpg works at it for an hour, and says nothing but that it does. What is
 * honest reads or writes all the time. Time in which we were stopped is not counted.
 */
static enum tg_status check_idle(struct tg_pgp_loop *loop, struct tg_error *err)
{
	int64_t now = clock_now();
	uint64_t since = (uint64_t)(now - loop->looked);

	loop->looked = now;
	loop->idle += since < LOOK_MOST ? since : LOOK_MOST;
	if (loop->idle < IDLE_MOST)
		return TG_OK;
	return tg_fail_code(err, TG_DATA, "pgp-too-long",
			    "gpg has been busy for a minute without reading or writing anything");
}

enum tg_status tg_pgp_loop_run(struct tg_pgp_loop *loop, gpgme_ctx_t ctx, gpgme_error_t *result,
			       struct tg_error *err)
{
	enum tg_status st = TG_OK;

	loop->looked = clock_now();
	while (!st && !loop->done) {
		st = tg_interrupted() ? tg_fail(err, TG_INTERRUPTED, "interrupted")
				      : turn(loop, err);
		if (!st && !loop->done)
			st = check_idle(loop, err);
	}
	if (st)
		(void)tg_gpgme.cancel(ctx);
	*result = loop->result;
	return st;
}
