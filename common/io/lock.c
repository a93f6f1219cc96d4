#include "common/io/lock.h"

#include "common/io/interrupt.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

static const uint64_t GRACE = 500000; /* microseconds; a program must end within 2 s of a signal */

static uint64_t monotonic(void)
{
	struct timespec t;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/*
 * Asks again and again instead of waiting in flock: that has no time limit, and a signal that comes just before it blocks would be
 * seen when the lock is free only. After a signal the wait goes on for a moment: what must be kept (rejects, the finish line) is kept
 * though another stage is writing just then. The pauses grow from 1 to 50 ms; that of the last round is cut, so the wait ends on time.
 */
enum tg_status tg_lock(int fd, uint64_t micros, const char *what, struct tg_error *err)
{
	uint64_t start = monotonic(), pause = 1000;
	bool interrupted = false;

	for (;;) {
		uint64_t waited;
		struct timespec t;

		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return TG_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return tg_fail(err, TG_IO, "cannot lock %s: %s", what, strerror(errno));
		waited = monotonic() - start;
		if (!interrupted && tg_interrupted()) {
			interrupted = true;
			micros = micros > waited + GRACE ? waited + GRACE : micros;
		}
		if (waited >= micros && interrupted)
			return tg_fail(err, TG_INTERRUPTED, "interrupted while waiting for %s",
				       what);
		if (waited >= micros)
			return tg_fail(err, TG_TRY_AGAIN,
				       "%s is held by another process, still after %llu.%llu s",
				       what, (unsigned long long)(waited / 1000000),
				       (unsigned long long)(waited / 100000 % 10));
		if (pause > micros - waited)
			pause = micros - waited;
		t = (struct timespec){ .tv_nsec = (long)pause * 1000 };
		nanosleep(&t, NULL); /* a signal ends it early, which is as well */
		pause = pause * 2 < 50000 ? pause * 2 : 50000;
	}
}
