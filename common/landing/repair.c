#include "common/landing/repair.h"

#include "common/io/interrupt.h"
#include "common/landing/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static enum tg_status mend_manifest(struct tg_repair *repair, struct tg_zone *zone,
				    struct tg_error *err)
{
	TG_OWN(tg_manifest_release) struct tg_manifest m = TG_MANIFEST_INIT;
	struct stat there;
	enum tg_status st;

	if (fstatat(zone->directory, "manifest.jsonl", &there, AT_SYMLINK_NOFOLLOW) != 0 &&
	    errno == ENOENT)
		return TG_OK; /* it is made by who lands first, and not by us: its absence may be what is wrong */
	st = tg_manifest_make(&m, zone, err);
	if (!st)
		st = tg_manifest_walk(&m, NULL, NULL, err);
	if (st)
		return st;
	repair->cut = m.size - m.end;
	st = tg_manifest_cut(&m, err);
	return st ? st : tg_manifest_settle(&m, err);
}

enum tg_status tg_repair_zone(struct tg_repair *repair, struct tg_zone *zone, uint64_t lock_micros,
			      struct tg_error *err)
{
	enum tg_status st = tg_zone_lock(zone, lock_micros, err);

	if (st)
		return st;
	repair->broken = zone->broken;
	tg_interrupt_hold();
	st = mend_manifest(repair, zone, err);
	if (!st)
		st = tg_zone_sync(zone, err);
	if (!st && zone->broken)
		st = tg_zone_mend(zone, err);
	tg_interrupt_release();
	tg_zone_unlock(zone);
	return st;
}
