/*
 * erase: records leave the landings that they are in.
 *
 * A landing that holds some of them is landed anew without them, by one line that says whose place it takes and why; from that line on
 * the one before is gone, and then its data are removed. Killed at any moment there is the one or the other, and the next run finds
 * what is left to be done by looking again. What goes stands in no line, no sidecar and no message: only the digest of data that held
 * it stays in the manifest, for a chain cannot be changed.
 */
#ifndef TG_LANDING_ERASE_H
#define TG_LANDING_ERASE_H

#include "common/json/record.h"
#include "common/landing/prune.h"

/* Whether a record is one that must go. */
typedef bool (*tg_erase_match)(void *arg, const struct tg_record *rec);

struct tg_erase {
	struct tg_prune
		*prune; /* its source, entity, reason: a landing of no records left is pruned */
	tg_erase_match match;
	void *match_arg;
	uint64_t max_record; /* a longer line makes a landing unsearchable */
	uint64_t searched, unsearchable;
};

/* Goes through all landings that are there. An unsearchable one is reported, and left as it is. TG_DATA: a landing is not what it was.
 * TG_TRY_AGAIN: the lock is held, or was lost; what was reported is done. */
TG_MUST_USE enum tg_status tg_erase_records(struct tg_erase *e, struct tg_error *err);

#endif
