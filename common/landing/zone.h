/*
 * zone: a landing zone as a place: its directory, its id, its lock (protocol.md, A1 and A6).
 *
 * A path that is not there, in a directory that is, becomes a zone when it is first needed. A directory that holds no zone file may
 * be where a disk is not mounted, so it is made a zone only when asked for by name. Everything visible in a zone changes under its
 * lock only. Not shared by threads.
 */
#ifndef TG_LANDING_ZONE_H
#define TG_LANDING_ZONE_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/json/scan.h"

enum { TG_ZONE_ID = 32 }; /* hexadecimal digits */

struct tg_zone {
	const char *path;	/* as given */
	const char *manifest;	/* path/manifest.jsonl, for messages */
	struct tg_str absolute; /* set once the zone is there */
	int directory;		/* -1: the zone is not there yet */
	int own;		/* its .tidegate */
	int lock;		/* -1: not held */
	bool broken;		/* tg_zone_break was called, by us or (for tg_zone_look) before */
	bool looks;		/* a broken zone is opened and locked all the same */
	char id[TG_ZONE_ID + 1];
	struct tg_scanner *
		scanner; /* for the zone's files, the manifest among them: it is large, and one does for all */
};

#define TG_ZONE_INIT ((struct tg_zone){ .directory = -1, .own = -1, .lock = -1 })

/* Opens the zone at path, which must live as long as zone; leaves it "not there yet" where tg_zone_make can make it. TG_CONFIG: a
 * directory that is no zone, or a zone of a later format. TG_CANNOT_CREATE: nothing there, and no directory to make it in. TG_IO:
 * it is broken. */
TG_MUST_USE enum tg_status tg_zone_find(struct tg_zone *zone, const char *path,
					struct tg_arena *arena, struct tg_error *err);

/* The same, but a directory that is no zone becomes one. */
TG_MUST_USE enum tg_status tg_zone_init(struct tg_zone *zone, const char *path,
					struct tg_arena *arena, struct tg_error *err);

/* For who reads, or mends: a broken zone is as good as any (zone->broken says it). TG_NO_INPUT: there is none. */
TG_MUST_USE enum tg_status tg_zone_look(struct tg_zone *zone, const char *path,
					struct tg_arena *arena, struct tg_error *err);

/* Makes the zone that was not there yet; whole at once, and safe against others who do the same. */
TG_MUST_USE enum tg_status tg_zone_make(struct tg_zone *zone, struct tg_arena *arena,
					struct tg_error *err);

/* Takes the zone's lock, waiting at most `micros` (then TG_TRY_AGAIN). TG_IO: the zone is broken. */
TG_MUST_USE enum tg_status tg_zone_lock(struct tg_zone *zone, uint64_t micros,
					struct tg_error *err);
void tg_zone_unlock(struct tg_zone *zone);

/* Whether the lock that is held still is the zone's: its file may have been taken away and made anew. */
bool tg_zone_holds(const struct tg_zone *zone);

/*
 * What the holder of the lock is about to name in the zone. It stays when he is killed, so that the next one finds what he left.
 * Without a sync: after a loss of power the note may be an older one or cut; its reader checks all it says. Nothing (an empty text)
 * takes it back.
 */
TG_MUST_USE enum tg_status tg_zone_note(struct tg_zone *zone, struct tg_str note,
					struct tg_error *err);
/* Appends the note that stands there; one that cannot be read is none. A reader may ask without the lock. */
void tg_zone_noted(const struct tg_zone *zone, struct tg_buffer *out);

/* The manifest can be neither written nor put right: stops every writer until landing-verify --repair. Adds to the message in err
 * and gives TG_IO. */
enum tg_status tg_zone_break(struct tg_zone *zone, struct tg_error *err);

/* It has been put right: writers may go on. For the holder of the lock. */
TG_MUST_USE enum tg_status tg_zone_mend(struct tg_zone *zone, struct tg_error *err);

/* Syncs the zone's own directories and that which it is in: who made them may have been killed before he did. For the first landing;
 * later ones find them synced. */
TG_MUST_USE enum tg_status tg_zone_sync(const struct tg_zone *zone, struct tg_error *err);

void tg_zone_release(struct tg_zone *zone);

#endif
