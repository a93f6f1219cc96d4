/*
 * output: bytes to a descriptor, in large writes, with errors that stick.
 *
 * Records that are made go through a buffer (room, commit). Records that pass are views into the input block (pass): neighbours
 * are joined, and long runs of them are written straight from the block, without a copy. Nothing is reported by the calls that
 * put: a failed write makes the output do nothing from then on, and flush, close and `status` tell.
 *
 * A held output has no descriptor: what is put stays in memory until it is handed to another output, in the order of putting.
 */
#ifndef TG_IO_OUTPUT_H
#define TG_IO_OUTPUT_H

#include "common/base/status.h"

enum { TG_OUTPUT_RUNS = 62 };

struct tg_output {
	int fd;
	const char *name; /* for messages */
	char *p;
	size_t n, room;
	size_t quick; /* below so many nothing is asked when more comes */
	/* Passed and not yet written, always behind what is in the buffer: long runs, and the one that still grows. */
	struct tg_str run[TG_OUTPUT_RUNS];
	size_t runs, run_bytes; /* without view */
	const char *view;
	size_t view_n;
	uint64_t bytes; /* written to fd */
	enum tg_status
		status; /* TG_OK, or what the first failed write was: TG_PIPE, TG_IO, TG_INTERRUPTED */
	int error;	/* its errno */
	size_t most;	/* held: bytes that it copies at most; 0: it writes */
};

#define TG_OUTPUT_INIT ((struct tg_output){ .fd = -1 })

/* fd stays the caller's until tg_output_close. Asks for a large pipe where it is one. */
void tg_output_open(struct tg_output *out, int fd, const char *name);

/* A held output. What comes to more than most bytes in its own memory is a failure, TG_IO; passed bytes are not copied until they must. */
void tg_output_hold(struct tg_output *out, size_t most);
/* Hands all that is held to another output, which has written or copied it when this returns, and is empty then, and well again. */
void tg_output_hand(struct tg_output *held, struct tg_output *to);

/* What the next one does when there is no room yet. */
char *tg_output_make_room(struct tg_output *out, size_t n);

/* Where n bytes can go (TG_SLACK more may be scribbled on); commit says how many did. */
static inline char *tg_output_room(struct tg_output *out, size_t n)
{
	if (TG_LIKELY(out->n + n < out->quick && out->run_bytes + out->view_n == 0))
		return out->p + out->n;
	return tg_output_make_room(out, n);
}

static inline void tg_output_commit(struct tg_output *out, size_t n)
{
	out->n += n;
}

void tg_output_put(struct tg_output *out, struct tg_str s);

/* s stays readable and unchanged until tg_output_settle, room, put or flush. */
void tg_output_pass(struct tg_output *out, struct tg_str s);

/* Writes or copies the views, so that the block they are in may move. */
void tg_output_settle(struct tg_output *out);

/* Writes what is there, then n bytes of the file from, from where it stands, inside the kernel where that can be done. TG_IO also when
 * the file is shorter. */
TG_MUST_USE enum tg_status tg_output_send(struct tg_output *out, int from, uint64_t n,
					  struct tg_error *err);

/* Writes all that is there. */
enum tg_status tg_output_flush(struct tg_output *out, struct tg_error *err);

/* Flushes and closes, both checked. */
TG_MUST_USE enum tg_status tg_output_close(struct tg_output *out, struct tg_error *err);

void tg_output_release(struct tg_output *out); /* frees; does not close, writes nothing */

#endif
