/*
 * command: a command of the user's that is asked about a file: run by sh, with the file as its standard input, and what it says kept.
 *
 * It is in a group of processes of its own, which is killed, all of it, when its time is over or a signal comes.
 */
#ifndef TG_IO_COMMAND_H
#define TG_IO_COMMAND_H

#include "common/base/buffer.h"
#include "common/base/status.h"

enum { TG_COMMAND_SAYS = 4096 }; /* bytes of what it says that are kept */

struct tg_command {
	const char *text;      /* for sh -c */
	uint64_t micros;       /* most that it may take */
	int status;	       /* as a shell would have it in $? */
	int signal;	       /* it was ended by this one; 0: it was not */
	struct tg_buffer said; /* on both its outputs; released by the caller */
};

/* Runs it over fd, from the beginning. The command may read it, and not write it. TG_TRY_AGAIN: its time was over. TG_INTERRUPTED. How it ended
 * by itself is no failure. */
TG_MUST_USE enum tg_status tg_command_run(struct tg_command *c, int fd, struct tg_error *err);

#endif
