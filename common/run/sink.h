/*
 * sink: a program that brings what it reads into the world, once, whole, or not at all, and says so in one line on stdout.
 *
 * The runtime reads, counts and judges the chain; `take` stages the bytes where nobody sees them; only when the end of input has
 * come and every stage before has finished well is `commit` called. Otherwise `release` undoes the staging. A sink acts on the
 * world through common/io and its own room.
 */
#ifndef TG_RUN_SINK_H
#define TG_RUN_SINK_H

#include "common/run/chain.h"
#include "common/run/option.h"
#include "common/run/work.h"

/* What the receipt says. Texts live in setup->arena. The runtime adds tool, status, run, dropped, rejected, upstream, time. */
struct tg_receipt {
	const char *result; /* "landed", "duplicate", "nothing", "refused" */
	const char *state;  /* "in doubt", or NULL */
	struct tg_str source, entity, path, sha256;
	struct tg_str source_file; /* the name of the file that all this came from */
	uint64_t bytes, records;   /* landed, or found again */
};

struct tg_sink {
	const char *name;
	const char *about;
	const char *operands;
	const struct tg_option *options;
	size_t size;
	enum tg_status (*open)(void *self, struct tg_setup *setup, struct tg_error *err);
	/* Bytes of the input, in order. */
	enum tg_status (*take)(void *self, struct tg_str bytes, struct tg_error *err);
	/* All has come and is believed. w is for meta. A failure leaves nothing behind. */
	enum tg_status (*commit)(void *self, const struct tg_setup *setup,
				 const struct tg_upstream *up, struct tg_receipt *receipt,
				 struct tg_error *err);
	/* For the receipt of what was refused or failed: what is known of where it came from and would have gone. up has the stages that
	 * are known, which is none where the end was not reached; what they say is not believed, only told. May be NULL. */
	void (*describe)(const void *self, const struct tg_upstream *up,
			 struct tg_receipt *receipt);
	void (*release)(void *self);
};

int tg_main_sink(const struct tg_sink *sink, int argc, char **argv);

#endif
