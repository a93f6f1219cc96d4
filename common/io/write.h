/*
 * write: all of a text to a descriptor, in as many pieces as the system likes.
 */
#ifndef TG_IO_WRITE_H
#define TG_IO_WRITE_H

#include "common/base/status.h"

/* TG_IO names `what`; TG_INTERRUPTED when a signal came while the write waited (a pipe nobody reads), and a part may be written. */
TG_MUST_USE enum tg_status tg_write_all(int fd, struct tg_str bytes, const char *what,
					struct tg_error *err);

#endif
