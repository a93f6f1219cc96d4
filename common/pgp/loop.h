/*
 * loop: waiting for an operation of GPGME, so that a signal ends it, and the death of our own reader too. Inside pgp/.
 *
 * GPGME's own wait goes on after a signal, and knows nothing of other descriptors. The pipes to and from gpg are made large here:
 * gpg writes 4 KB at a time, and each turn of the two processes then moves as much as is there.
 *
 * GPGME 1.18 spells out each piece that it reads or writes for a trace, byte by byte, whether one is wanted or not: a second for a
 * gigabyte each way. So GPGME moves the first piece of each data object that is made here. By then it has been seen which descriptor
 * is that object's, and all that follows is moved by the loop, until the end, which is GPGME's again.
 */
#ifndef TG_PGP_LOOP_H
#define TG_PGP_LOOP_H

#include "common/base/status.h"

#include <gpgme.h>

enum { TG_PGP_LOOP_WATCHES = 16 };

/* Gives at most so many bytes: how many, 0 at the end, -1 when it failed. Not called again after the last two. */
typedef ssize_t tg_pgp_give(void *arg, void *p, size_t room);

/* Takes all of them, or -1: it failed, and is not called again. */
typedef ssize_t tg_pgp_take(void *arg, const void *p, size_t n);

struct tg_pgp_watch {
	int fd;
	bool used, reads;
	bool ours;     /* GPGME has moved the first piece there: from then on the loop does */
	unsigned turn; /* tells a watch from one that had its place before */
	gpgme_io_cb_t call;
	void *arg;
	struct tg_pgp_loop *loop;
};

struct tg_pgp_loop {
	struct tg_pgp_watch watch[TG_PGP_LOOP_WATCHES];
	unsigned turn;
	bool done;
	gpgme_error_t result;
	struct tg_pgp_watch *calling; /* while GPGME is called for it */
	tg_pgp_give *give;
	tg_pgp_take *take;
	void *give_arg, *take_arg;
	bool given, refused; /* the end, or a failure, of each */
	bool cut;	     /* gpg did not read all that was there for it */
	char *in, *out;	     /* pieces to and from gpg */
	size_t in_at, in_n;  /* what of the piece is still to be written */
	int reader;	     /* to be watched for its reader's death; -1: none */
	bool narrow;	     /* a pipe is not as large as we want them */
	uint64_t moved;	     /* bytes, both ways */
	uint64_t idle;	     /* microseconds in which no data have moved */
	int64_t looked;
};

/* The context's operations that are started (gpgme_op_..._start) from here on belong to the loop, which lives as long. */
void tg_pgp_loop_init(struct tg_pgp_loop *loop, gpgme_ctx_t ctx, int reader);

/* A data object for gpg to read, and one for it to write: one of each at most. The loop must live longer than they do. */
TG_MUST_USE enum tg_status tg_pgp_loop_source(struct tg_pgp_loop *loop, gpgme_data_t *data,
					      tg_pgp_give *give, void *arg, struct tg_error *err);
TG_MUST_USE enum tg_status tg_pgp_loop_target(struct tg_pgp_loop *loop, gpgme_data_t *data,
					      tg_pgp_take *take, void *arg, struct tg_error *err);

void tg_pgp_loop_release(struct tg_pgp_loop *loop);

/* Until the operation is done, whose error goes to *result. TG_INTERRUPTED, TG_PIPE: it was broken off. TG_DATA: gpg
 * is busy, and no data have moved for a minute. */
TG_MUST_USE enum tg_status tg_pgp_loop_run(struct tg_pgp_loop *loop, gpgme_ctx_t ctx,
					   gpgme_error_t *result, struct tg_error *err);

#endif
