/*
 * land: one landing, from data that are staged and believed to the line in the manifest that makes them landed (protocol.md, A4).
 *
 * Killed at any moment it leaves what the next landing finds and puts right. Key stores of stages before take part: their batches are
 * marked before anything is visible, and seen when the line stands.
 */
#ifndef TG_LANDING_LAND_H
#define TG_LANDING_LAND_H

#include "common/landing/origin.h"
#include "common/landing/stage.h"
#include "common/landing/stores.h"
#include "common/time/time.h"

enum tg_landing_result {
	TG_LANDED,
	TG_DUPLICATE, /* the same content had landed before */
};

struct tg_landing {
	/* What is to land, and where. */
	struct tg_str source, entity, name, date;
	bool date_stated; /* by an option or a stage: then it is part of what makes a duplicate */
	struct tg_str run;
	struct tg_time time; /* of receipt */
	struct tg_str schema_version;
	const struct tg_origin *origin;
	struct tg_str media_type,
		scanned_by;   /* what a guard has found, and asked; none: it was not asked for */
	const char *upstream; /* verified, unverified, none */
	uint64_t lock_micros; /* most to wait for the zone's lock */
	struct tg_stores stores;
	/* Of one that takes another's place (erase.c); replaces: its id, none: it takes nobody's. The time of receipt stays the other's. */
	struct tg_str replaces, reason;
	struct tg_str sidecar; /* the other's, which this one's begins with */
	struct tg_time erased_at;
	uint64_t erased; /* records that are not there any more */
	enum tg_status (*still)(void *arg,
				struct tg_error *err); /* asked under the lock; not TG_OK: no */
	void *arg;

	/* What became of it. Texts are in the arena. */
	enum tg_landing_result result;
	struct tg_str path; /* absolute */
	struct tg_str id;   /* of the landing, or of that before */
	uint64_t bytes, records;
	bool in_doubt; /* it has landed, and a store could not be told: whoever settles will */
	struct tg_error doubt; /* why */
};

/*
 * Lands what stage holds, which is closed. In a dry run (the stage's) it only says what would happen, and changes nothing.
 * TG_TRY_AGAIN: the lock is held, or was lost, or a store refuses: another run has landed some of the records. TG_IO: nothing has landed. TG_CANNOT_CREATE: no place for it.
 */
TG_MUST_USE enum tg_status tg_land(struct tg_landing *landing, struct tg_zone *zone,
				   struct tg_stage *stage, struct tg_arena *arena,
				   struct tg_error *err);

#endif
