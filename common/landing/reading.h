/*
 * reading: a zone as its readers see it: the landings in their order, and which of them are gone.
 *
 *	TG_OWN(tg_reading_release) struct tg_reading r = TG_READING_INIT;
 *	TG_OWN(tg_checker_release) struct tg_checker c = { 0 };
 *
 *	st = tg_reading_open(&r, path, arena, err);
 *	...	st = tg_checker_init(&c, r.zone.directory, err);
 *	...	while (!(st = tg_reading_next(&r, &line, &gone, &more, err)) && more)
 *	...		st = tg_landed_open(&landed, &c, &line, &finding, err);	(landed.h)
 *
 * No lock is needed, and none is taken. What is read is the manifest as it was when it was opened: what lands meanwhile is not seen,
 * but data that are pruned meanwhile are not there any more (tg_reading_is_gone tells). r.chain says whether the chain holds: with
 * r.chain.lost lines, what they landed is not among what next gives. path and arena live as long as the reading. For one thread.
 */
#ifndef TG_LANDING_READING_H
#define TG_LANDING_READING_H

#include "common/landing/chain.h"

struct tg_reading {
	struct tg_zone zone;
	struct tg_manifest manifest;
	struct tg_manifest later; /* what has come since, walked on when it is asked for */
	struct tg_chain chain;
	bool begun;
};

#define TG_READING_INIT                                                                            \
	((struct tg_reading){                                                                      \
		.zone = TG_ZONE_INIT, .manifest = TG_MANIFEST_INIT, .later = TG_MANIFEST_INIT })

/* Opens the zone, a broken one too (r->zone.broken), and reads its manifest once, to the end. What tg_zone_look gives, and TG_IO. */
TG_MUST_USE enum tg_status tg_reading_open(struct tg_reading *r, const char *path,
					   struct tg_arena *arena, struct tg_error *err);

/* The same in two steps: opens, and reads; tally, which may be NULL, sees each line that counts. */
TG_MUST_USE enum tg_status tg_reading_find(struct tg_reading *r, const char *path,
					   struct tg_arena *arena, struct tg_error *err);
TG_MUST_USE enum tg_status tg_reading_read(struct tg_reading *r, tg_manifest_visit tally, void *arg,
					   struct tg_error *err);

/* The next landing. *gone: its data were pruned, or another landing has taken its place (line->replaces of that one). */
TG_MUST_USE enum tg_status tg_reading_next(struct tg_reading *r, struct tg_line *line, bool *gone,
					   bool *more, struct tg_error *err);

/* The first landing is the next. */
void tg_reading_rewind(struct tg_reading *r);

/* For data that are not there: looks at what was appended since the zone was opened, and says whether the landing is gone now. */
TG_MUST_USE enum tg_status tg_reading_is_gone(struct tg_reading *r, struct tg_str landing,
					      bool *gone, struct tg_error *err);

void tg_reading_release(struct tg_reading *r);

#endif
