/*
 * settle: landings in doubt: what became of those that were killed between the mark in their key store and the end (protocol.md, A5).
 *
 * The manifest knows: a line that counts says that it landed or never will. Where there is none, one is appended that gives the
 * landing up, which moves the tail, so that the landing's own line would be void if it still lives. Settling may die anywhere; it
 * starts again.
 */
#ifndef TG_LANDING_SETTLE_H
#define TG_LANDING_SETTLE_H

#include "common/landing/zone.h"
#include "common/state/store.h"
#include "common/time/time.h"

/*
 * Settles all landings in doubt of the store, under the zone's lock, and looks whether the store is what it was when it landed last:
 * TG_CONFIG when its newest landing in the manifest is one that it does not know (a backup was restored). TG_TRY_AGAIN: the lock was
 * lost.
 */
TG_MUST_USE enum tg_status tg_settle(struct tg_store *store, struct tg_zone *zone,
				     struct tg_str run, struct tg_time now, struct tg_error *err);

/* For who is no landing: does so when there is a doubt, the store's zone is in reach, and nobody holds its lock. */
TG_MUST_USE enum tg_status tg_settle_if_free(struct tg_store *store, struct tg_str run,
					     struct tg_time now, struct tg_error *err);

#endif
