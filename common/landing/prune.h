/*
 * prune: landings whose time is over, or that must not be there any more, go: their line stays, their data do not.
 *
 * A line that counts says so first (kind prune), then data and sidecar are removed: killed between the two, files remain that belong to
 * a landing which is gone, and tg_prune_finish removes them. The other way round a crash would leave a line without its data, which
 * nobody could tell from tampering. Nothing is done to a zone whose chain does not hold: it may be evidence.
 *
 * A landing that is gone is known still: the same content again is a duplicate, keys stay seen in their stores, and the newest landing
 * of a store is the newest. For one thread.
 */
#ifndef TG_LANDING_PRUNE_H
#define TG_LANDING_PRUNE_H

#include "common/landing/path.h"
#include "common/landing/reading.h"
#include "common/time/period.h"

enum { TG_PRUNE_EACH = 64 }; /* landings that one line names at most */

/* What became of a landing. Texts live while it is reported. */
struct tg_pruned {
	const char *
		result; /* pruned, erased, finished (files that a killed run had left), unsearchable */
	const struct tg_line *line;
	uint64_t records; /* that are gone */
	struct tg_str
		by; /* of erased: the landing that has taken its place; none: no record was left */
	struct tg_str path; /* of erased: that one's */
	const char *why;    /* of unsearchable */
};

typedef enum tg_status (*tg_prune_report)(void *arg, const struct tg_pruned *pruned,
					  struct tg_error *err);

struct tg_prune {
	struct tg_reading *r;	      /* open */
	struct tg_str source, entity; /* whose landings; none: all */
	struct tg_str run, reason;
	struct tg_time now;
	uint64_t lock_micros;
	bool dry; /* only says what would be done */
	tg_prune_report report;
	void *arg;
};

/* Whether the zone may be changed: TG_IO, it is broken; TG_DATA: its chain does not hold. */
TG_MUST_USE enum tg_status tg_prune_check(const struct tg_prune *p, struct tg_error *err);

/* Removes files of landings that are gone, wherever they are. */
TG_MUST_USE enum tg_status tg_prune_finish(struct tg_prune *p, struct tg_error *err);

/* How long landings are kept. */
struct tg_retention {
	struct tg_period keep;
	bool from_receipt; /* by the day of receipt (UTC), and not by the date that they are of */
};

/* Prunes what has been kept for as long as that. TG_TRY_AGAIN: the lock is held, or was lost; what was reported is done. */
TG_MUST_USE enum tg_status tg_prune_old(struct tg_prune *p, const struct tg_retention *retention,
					struct tg_error *err);

/* Prunes the landing with that id, if it is there; one that is gone is none to report. TG_NO_INPUT: there never was one, of those that p
 * speaks of. */
TG_MUST_USE enum tg_status tg_prune_landing(struct tg_prune *p, struct tg_str id,
					    struct tg_error *err);

/* Whether p speaks of the landing. */
bool tg_prune_is_of(const struct tg_prune *p, const struct tg_line *line);

/* One landing, whose line is copied: for who has found it to be empty. *done: it has not gone meanwhile. */
TG_MUST_USE enum tg_status tg_prune_one(struct tg_prune *p, const struct tg_line *line, bool *done,
					struct tg_error *err);

/* Under the lock: removes data and sidecar of a landing that is gone by a line that is on the disk, and syncs their directory. */
TG_MUST_USE enum tg_status tg_prune_remove(struct tg_prune *p, struct tg_path_walk *dirs,
					   struct tg_str path, struct tg_error *err);

#endif
