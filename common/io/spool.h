/*
 * spool: bytes that are written once and read once, in order, through a file without a name: what does not fit into memory.
 *
 * The first quarter of a megabyte, or as much as `memory` says, stays in memory, so that small inputs touch no disk. The file is
 * 0600, and gone when its holder is, however it ends. Owned by one thread. One with `through` keeps nothing: what is put into it goes
 * on at once, for who has asked for that.
 */
#ifndef TG_IO_SPOOL_H
#define TG_IO_SPOOL_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/io/output.h"

struct tg_spool {
	int fd;		   /* -1: all is in held */
	const char *place; /* the directory it is made in; may be set after init, and with it ... */
	const char *
		elsewhere; /* ... what the user changes to have it in another ("TMPDIR"), for messages */
	size_t memory;		   /* so much stays in memory; the same */
	struct tg_output *through; /* NULL, or where all goes at once; the same */
	struct tg_buffer held;	   /* not written yet, or read ahead */
	size_t at;		   /* in held, when reading */
	uint64_t left;		   /* in the file, when reading */
	uint64_t size;
	char last; /* the last byte that was put */
};

/* An unnamed file in the directory of path; -1 and errno. */
int tg_spool_beside(const char *path);

/* It will lie in $TMPDIR, else in /var/tmp. */
void tg_spool_init(struct tg_spool *s);
/* TG_IO: the disk is full, or there is no place to write. TG_INTERRUPTED: a signal came. */
TG_MUST_USE enum tg_status tg_spool_put(struct tg_spool *s, struct tg_str bytes,
					struct tg_error *err);
/* From here on it is read. */
TG_MUST_USE enum tg_status tg_spool_rewind(struct tg_spool *s, struct tg_error *err);
/* How much is still to be read. */
uint64_t tg_spool_left(const struct tg_spool *s);
/* The next n bytes, of which there are so many; they live until the next call. */
TG_MUST_USE enum tg_status tg_spool_take(struct tg_spool *s, size_t n, struct tg_str *bytes,
					 struct tg_error *err);
/* n bytes at `at`, of all that was put: reads anywhere, after rewind and without take. */
TG_MUST_USE enum tg_status tg_spool_look(const struct tg_spool *s, uint64_t at, char *p, size_t n,
					 struct tg_error *err);
/* All of it to `out`, at once, and by the kernel where it lies in a file; instead of rewind and take. What `out` could not take, its
 * own flush or close tells. */
TG_MUST_USE enum tg_status tg_spool_send(struct tg_spool *s, struct tg_output *out,
					 struct tg_error *err);
void tg_spool_release(struct tg_spool *s); /* takes a zeroed one too, if fd is -1 */

#endif
