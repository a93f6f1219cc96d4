/*
 * repair: a zone whose manifest could be neither written nor put right (.tidegate/broken) is made fit for writers again.
 *
 * Under the lock: a torn tail is cut off, the end of the manifest is written once more and synced, and the mark goes. Lines that count
 * stay byte for byte as they are, and no file but the manifest is touched. Landings that are in doubt are settled by whoever opens
 * their key stores next: by then the manifest says what became of them, and it is on the disk. Killed at any moment it starts again.
 */
#ifndef TG_LANDING_REPAIR_H
#define TG_LANDING_REPAIR_H

#include "common/landing/zone.h"

struct tg_repair {
	bool broken;  /* it was marked so */
	uint64_t cut; /* bytes */
};

/* zone: opened by tg_zone_look, not locked. TG_TRY_AGAIN: the lock is held. TG_IO: it cannot be put right still. */
TG_MUST_USE enum tg_status tg_repair_zone(struct tg_repair *repair, struct tg_zone *zone,
					  uint64_t lock_micros, struct tg_error *err);

#endif
