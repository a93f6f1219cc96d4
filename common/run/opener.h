/*
 * opener: a program that takes a wrapping off, and lets nothing out before it knows what it has: bytes in, bytes out.
 *
 * The runtime opens the operands, or standard input, as they are (nothing is unpacked), and hands them over one after the other.
 * What an input holds goes into a spool, in memory while it is small, else in a file without a name. When the last input has been
 * opened, and each was well, the spool goes to standard output or --output; otherwise not a byte does. Several inputs come out one
 * behind the other; one that does not end with a line feed, and another behind it, is TG_DATA: two records would become one.
 *
 * `release` is called before anything is let out, and before the program ends, by a signal too: whatever is to be gone by then goes
 * there. A second signal waits for it.
 */
#ifndef TG_RUN_OPENER_H
#define TG_RUN_OPENER_H

#include "common/io/input.h"
#include "common/io/spool.h"
#include "common/run/option.h"
#include "common/run/setup.h"

struct tg_opener {
	const char *name;
	const char *about;
	const char *operands; /* "[FILE ...]" */
	const struct tg_option *options;
	size_t size;
	/* What --version says below its first line. May be NULL. */
	void (*version)(struct tg_buffer *out);
	/* May set where and from when on the spool is a file. */
	enum tg_status (*open)(void *self, struct tg_setup *setup, struct tg_spool *spool,
			       struct tg_error *err);
	/* After open: what is put into the spool is to go out at once, before it is known that all is well. May be NULL: never. */
	bool (*streams)(const void *self);
	/* Reads the input to its end, and puts what it holds into the spool. */
	enum tg_status (*take)(void *self, struct tg_input *in, struct tg_spool *spool,
			       struct tg_error *err);
	/* All are opened: says what was found out (tg_setup_meta). May be NULL. */
	enum tg_status (*finish)(void *self, const struct tg_setup *setup, struct tg_error *err);
	void (*release)(void *self);
};

int tg_main_opener(const struct tg_opener *opener, int argc, char **argv);

#endif
