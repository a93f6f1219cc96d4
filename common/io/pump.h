/*
 * pump: all bytes of a pipe to another descriptor, counted, without looking at them.
 */
#ifndef TG_IO_PUMP_H
#define TG_IO_PUMP_H

#include "common/base/status.h"

/* What tg_pump tells while it works; may be NULL: called before each wait, and whenever a signal has come. */
typedef void tg_pump_tick(void *arg);

/*
 * Moves bytes from the pipe `from` to `to` until the end of `from`; inside the kernel where it can (splice). Adds to *bytes what
 * was written. A signal does not end it: whoever writes to the pipe ends it. TG_PIPE: the reader of `to` is gone, which is noticed
 * while nothing comes, too. TG_IO.
 */
TG_MUST_USE enum tg_status tg_pump(int from, int to, uint64_t *bytes, tg_pump_tick *tick, void *arg,
				   struct tg_error *err);

#endif
