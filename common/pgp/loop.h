/*
 * loop: waiting for an operation of GPGME, so that a signal ends it, and the death of our own reader too. Inside pgp/.
 *
 * GPGME's own wait goes on after a signal, and knows nothing of other descriptors. The pipes to and from gpg are made large here:
 * gpg writes 4 KB at a time, and each turn of the two processes then moves as much as is there.
 *
 * GPGME 1.18 spells out each piece that it reads for a trace, byte by byte, whether one is wanted or not: a second for a gigabyte. So
 * what gpg writes for a data object of ours is read here, once it has been seen from which descriptor it comes.
 */
#ifndef TG_PGP_LOOP_H
#define TG_PGP_LOOP_H

#include "common/base/status.h"

#include <gpgme.h>

enum { TG_PGP_LOOP_WATCHES = 16 };

struct tg_pgp_watch {
	int fd;
	bool used, reads;
	bool ours; /* GPGME has given to `write` what it had read from there: from then on the loop reads it */
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
	ssize_t (*write)(void *arg, const void *p, size_t n);
	void *write_arg;
	char *block;
	int reader;    /* to be watched for its reader's death; -1: none */
	uint64_t idle; /* microseconds in which no data have moved */
	int64_t looked;
};

/* The context's operations that are started (gpgme_op_..._start) from here on belong to the loop, which lives as long. */
void tg_pgp_loop_init(struct tg_pgp_loop *loop, gpgme_ctx_t ctx, int reader);

/* write is the callback of a data object, with its handle, and takes all that it is given or fails (and then fails again): what
 * comes for it need not go through GPGME, if it calls tg_pgp_loop_wrote. */
void tg_pgp_loop_take(struct tg_pgp_loop *loop,
		      ssize_t (*write)(void *arg, const void *p, size_t n), void *arg);

/* For that callback: it was called. */
static inline void tg_pgp_loop_wrote(struct tg_pgp_loop *loop)
{
	if (loop->calling)
		loop->calling->ours = true;
}

void tg_pgp_loop_release(struct tg_pgp_loop *loop);

/* Data have moved: for the callbacks. */
static inline void tg_pgp_loop_moved(struct tg_pgp_loop *loop)
{
	loop->idle = 0;
}

/* Until the operation is done, whose error goes to *result. TG_INTERRUPTED, TG_PIPE: it was broken off. TG_DATA: gpg
 * is busy, and no data have moved for a minute. */
TG_MUST_USE enum tg_status tg_pgp_loop_run(struct tg_pgp_loop *loop, gpgme_ctx_t ctx,
					   gpgme_error_t *result, struct tg_error *err);

#endif
