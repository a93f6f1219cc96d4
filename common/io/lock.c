#include "common/io/lock.h"

#include "common/io/interrupt.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

static uint64_t monotonic(void)
{
	struct timespec t;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/*
 * Asks again and again instead of waiting in flock: that has no time limit, and a signal that comes just before it blocks would be
 * seen when the lock is free only. The pauses grow from 1 to 50 ms; that of the last round is cut, so the wait ends on time.
 */
enum tg_status tg_lock(int fd, uint64_t micros, const char *what, struct tg_error *err)
{
	uint64_t start = monotonic(), pause = 1000;

	for (;;) {
		uint64_t waited;
		struct timespec t;

		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return TG_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return tg_fail(err, TG_IO, "cannot lock %s: %s", what, strerror(errno));
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted while waiting for %s",
				       what);
		waited = monotonic() - start;
		if (waited >= micros)
			return tg_fail(err, TG_TRY_AGAIN,
				       "%s is held by another process, still after %llu s", what,
				       (unsigned long long)(waited / 1000000));
		if (pause > micros - waited)
			pause = micros - waited;
		t = (struct timespec){ .tv_nsec = (long)pause * 1000 };
		nanosleep(&t, NULL); /* a signal ends it early, which is as well */
		pause = pause * 2 < 50000 ? pause * 2 : 50000;
	}
}
