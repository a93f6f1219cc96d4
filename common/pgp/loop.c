#include "common/pgp/loop.h"

#include "common/base/memory.h"
#include "common/io/interrupt.h"
#include "common/pgp/gpgme.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum {
	PIPE_SIZE = 1 << 20,
	BLOCK = 128 * 1024,
	LOOK = 1000,	   /* milliseconds */
	LONG = 256 * 1024, /* what a short message does not have */
};

/* gpg takes and gives 8 KB at a time, and each would wake us: half of what a long message cost beyond gpg. So where little was there we
 * let some come together. gpg does not wait for us: the pipes hold what it does in three times as long at its best. */
static const struct timespec rest = { .tv_nsec = 1000000 };

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
		loop->narrow |= fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE) < PIPE_SIZE;
#else
		loop->narrow = true;
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

void tg_pgp_loop_release(struct tg_pgp_loop *loop)
{
	tg_free(loop->in);
	tg_free(loop->out);
	loop->in = loop->out = NULL;
}

/*
 * Data
 */

static ssize_t give_some(struct tg_pgp_loop *loop, void *p, size_t room)
{
	ssize_t n;

	if (loop->given)
		return 0;
	n = loop->refused ? -1 : loop->give(loop->give_arg, p, room);
	loop->idle = 0;
	loop->given = n == 0;
	loop->refused |= n < 0;
	return n;
}

static bool take_all(struct tg_pgp_loop *loop, const void *p, size_t n)
{
	if (!loop->refused)
		loop->refused = loop->take(loop->take_arg, p, n) != (ssize_t)n;
	loop->idle = 0;
	loop->moved += n;
	return !loop->refused;
}

static ssize_t broken_off(void)
{
	errno = EIO;
	return -1;
}

/* GPGME is at it: now it is known where. */
static void note_watch(struct tg_pgp_loop *loop, bool reads)
{
	if (loop->calling && loop->calling->reads == reads)
		loop->calling->ours = true;
}

/* The pipe is empty, so what is no larger than PIPE_BUF is written whole, and GPGME keeps nothing of it. */
static ssize_t gpgme_reads(void *arg, void *p, size_t room)
{
	struct tg_pgp_loop *loop = arg;
	ssize_t n;

	if (loop->cut)
		return 0;
	n = give_some(loop, p, room < PIPE_BUF ? room : PIPE_BUF);
	note_watch(loop, false);
	return n < 0 ? broken_off() : n;
}

static ssize_t gpgme_writes(void *arg, const void *p, size_t n)
{
	struct tg_pgp_loop *loop = arg;

	note_watch(loop, true);
	return take_all(loop, p, n) ? (ssize_t)n : broken_off();
}

static enum tg_status make_data(gpgme_data_t *data, struct gpgme_data_cbs *calls,
				struct tg_pgp_loop *loop, struct tg_error *err)
{
	gpgme_error_t e = tg_gpgme.data_new_from_cbs(data, calls, loop);

	return e ? tg_fail(err, TG_UNAVAILABLE, "GPGME: %s", tg_gpgme.strerror(e)) : TG_OK;
}

enum tg_status tg_pgp_loop_source(struct tg_pgp_loop *loop, gpgme_data_t *data, tg_pgp_give *give,
				  void *arg, struct tg_error *err)
{
	static struct gpgme_data_cbs calls = { .read = gpgme_reads };

	loop->give = give;
	loop->give_arg = arg;
	loop->in = tg_resize(NULL, BLOCK);
	return make_data(data, &calls, loop, err);
}

enum tg_status tg_pgp_loop_target(struct tg_pgp_loop *loop, gpgme_data_t *data, tg_pgp_take *take,
				  void *arg, struct tg_error *err)
{
	static struct gpgme_data_cbs calls = { .write = gpgme_writes };

	loop->take = take;
	loop->take_arg = arg;
	loop->out = tg_resize(NULL, BLOCK);
	return make_data(data, &calls, loop, err);
}

/* False: it is for GPGME to see what is the matter, the end for one. After a failure it reads again, when there is something, and is
 * told of it. */
static bool read_here(struct tg_pgp_loop *loop, struct tg_pgp_watch *w)
{
	ssize_t n = read(w->fd, loop->out, BLOCK);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	w->ours = take_all(loop, loop->out, (size_t)n);
	return true;
}

/* False: GPGME asks for more, and is told of the end or the failure, or closes a pipe that gpg has closed before. */
static bool write_here(struct tg_pgp_loop *loop, const struct tg_pgp_watch *w)
{
	ssize_t n;

	if (loop->in_n == 0) {
		n = give_some(loop, loop->in, BLOCK);
		if (n <= 0)
			return false;
		loop->in_at = 0;
		loop->in_n = (size_t)n;
	}
	n = write(w->fd, loop->in + loop->in_at, loop->in_n);
	if (n < 0) {
		loop->cut = errno != EINTR && errno != EAGAIN;
		return !loop->cut;
	}
	loop->in_at += (size_t)n;
	loop->in_n -= (size_t)n;
	loop->idle = 0;
	loop->moved += (size_t)n;
	return true;
}

static void serve(struct tg_pgp_loop *loop, struct tg_pgp_watch *w)
{
	struct tg_pgp_watch was = *w; /* the call may take it away */

	if (w->ours && (w->reads ? read_here(loop, w) : write_here(loop, w)))
		return;
	loop->calling = w;
	(void)was.call(was.arg, was.fd); /* a failure comes as the end */
	loop->calling = NULL;
}

/*
 * Waiting
 */

/* One wait. */
static enum tg_status turn(struct tg_pgp_loop *loop, struct tg_error *err)
{
	struct pollfd fds[TG_PGP_LOOP_WATCHES + 1];
	struct tg_pgp_watch was[TG_PGP_LOOP_WATCHES];
	uint64_t before = loop->moved;
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
	if (!loop->narrow && before > LONG && loop->moved > before && loop->moved - before < BLOCK)
		(void)nanosleep(&rest, NULL);
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
