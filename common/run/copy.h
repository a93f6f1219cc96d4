/*
 * copy: the file of --run, to which many stages append: lines go in whole, under its lock. Inside run/.
 */
#ifndef TG_RUN_COPY_H
#define TG_RUN_COPY_H

#include "common/base/status.h"
#include "common/run/ids.h"

struct tg_copy {
	int fd; /* -1: there is none */
	const char *name;
};

/* Opens and locks it, and takes the run's id from its first line, where it has one. TG_IO for a file of something else: that is
 * not ours to write to. name must live as long as the copy. */
TG_MUST_USE enum tg_status tg_copy_open(struct tg_copy *copy, const char *name, struct tg_ids *ids,
					struct tg_error *err);

/* Locks it again, later; also for a stage that was interrupted. tg_unlock of copy->fd gives it back. */
TG_MUST_USE enum tg_status tg_copy_lock(const struct tg_copy *copy, struct tg_error *err);

/* Under the lock. */
TG_MUST_USE enum tg_status tg_copy_append(const struct tg_copy *copy, struct tg_str lines,
					  struct tg_error *err);

/* All of it, to any log; name may be NULL. */
TG_MUST_USE enum tg_status tg_log_write(int fd, struct tg_str s, const char *name,
					struct tg_error *err);

#endif
