/*
 * lock: flock on a file, with a wait that ends.
 */
#ifndef TG_IO_LOCK_H
#define TG_IO_LOCK_H

#include "common/base/status.h"

#include <sys/file.h>

/* Locks fd exclusively; waits at most `micros`, then TG_TRY_AGAIN. TG_INTERRUPTED when a signal comes and the
 * lock is not free within half a second after it. `what` is named in the
 * message. Closing fd unlocks. */
TG_MUST_USE enum tg_status tg_lock(int fd, uint64_t micros, const char *what, struct tg_error *err);

static inline void tg_unlock(int fd)
{
	(void)flock(fd, LOCK_UN); /* fails for a bad descriptor only */
}

#endif
