/*
 * found: what stages before this one have found out, for a filter that needs it at the end of its input.
 *
 * A sink is given the chain (chain.h). A filter asks, from close, and is believed no more than the chain is.
 */
#ifndef TG_RUN_FOUND_H
#define TG_RUN_FOUND_H

#include "common/json/record.h"
#include "common/run/setup.h"

struct tg_found {
	struct tg_record line; /* the finish line of the stage that has it; in the run's arena */
	const struct tg_span *value; /* of meta.NAME in it; NULL: no stage has found it out */
	uint64_t lost; /* records that this stage, and those behind it, have rejected or dropped */
};

/* Of the nearest stage that has it. The chain is judged as a publisher judges it: when a stage has failed, or nobody vouches for it,
 * that is the status (tidegate-runlog(5)). */
TG_MUST_USE enum tg_status tg_found(struct tg_found *found, const struct tg_setup *setup,
				    const char *name, struct tg_error *err);

/* The path of the one file that the first stage of the chain reads, in the run's arena; none: it reads a pipe, or several files. The
 * chain is judged in the same way. */
TG_MUST_USE enum tg_status tg_found_file(struct tg_str *path, const struct tg_setup *setup,
					 struct tg_error *err);

/* Records that were read so far, those that are no JSON and those that are too long among them. */
uint64_t tg_found_records(const struct tg_setup *setup);

#endif
