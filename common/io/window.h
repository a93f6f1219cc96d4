/*
 * window: the bytes of a stream that are in memory now, with TG_SLACK readable bytes behind them.
 *
 * Its user takes whole records from the front and asks for more; what is left over is moved to the start of the block and read on
 * behind. The block grows only while one record fills it. Views into it die at the next fill.
 */
#ifndef TG_IO_WINDOW_H
#define TG_IO_WINDOW_H

#include "common/io/input.h"

struct tg_window {
	char *p;	 /* the first byte not yet taken */
	size_t n;	 /* bytes from there */
	uint64_t offset; /* of p in the decompressed stream */
	bool last;	 /* nothing comes behind these */
	char *block;
	size_t room;
};

#define TG_WINDOW_INIT ((struct tg_window){ NULL, 0, 0, false, NULL, 0 })

enum { TG_WINDOW_BLOCK = 256 * 1024 };

/* Takes memory for so many bytes, where the usual block is not what its user wants. Before the first fill. */
void tg_window_open(struct tg_window *w, size_t room);

/* Starts over, for the next input. */
void tg_window_reset(struct tg_window *w);

/* Reads at least one more byte behind what is there, or sets last. */
TG_MUST_USE enum tg_status tg_window_fill(struct tg_window *w, struct tg_input *in,
					  struct tg_error *err);

/* Puts bytes behind what is there, which came from another place than a read. */
void tg_window_put(struct tg_window *w, struct tg_str bytes);

static inline void tg_window_take(struct tg_window *w, size_t n)
{
	w->p += n;
	w->n -= n;
	w->offset += n;
}

void tg_window_release(struct tg_window *w);

#endif
