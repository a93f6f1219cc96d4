/*
 * select: some of a zone's landings, in their order: by whose data they are, by day, by when they were received, by run or content.
 *
 * A landing that another has replaced (landing-prune --erase) is given as the one that took its place, and where it stood itself: who
 * reads a month again gets the records in the order in which they came. One that is gone is given too, and said to be gone.
 */
#ifndef TG_LANDING_SELECT_H
#define TG_LANDING_SELECT_H

#include "common/landing/reading.h"
#include "common/time/time.h"

/* What is wanted; what is none, or 0, does not matter. Texts stay the caller's. */
struct tg_wanted {
	struct tg_str source, entity, run, sha256, landing;
	struct tg_str since, until; /* days, as 2025-11-05, both among the wanted */
	struct tg_time received_since, received_until; /* the second is the first that is not */
	bool has_received_since, has_received_until;
	uint64_t last; /* only so many of those that are there, the last ones */
};

struct tg_replacing {
	struct tg_str replaced; /* its id */
	uint64_t offset;	/* of the line that took its place */
};

struct tg_select {
	struct tg_wanted wanted;
	struct tg_reading *reading;
	struct tg_arena *arena;
	struct tg_replacing *replacing; /* in the order of the ids */
	size_t replacings, room;
	uint64_t skip; /* of those that are there, because of `last` */
};

/*
 * Opens the zone at path (tg_reading_open says what that can give) and finds out what is needed to go through it. TG_DATA: its chain
 * does not hold, so nobody knows what has landed. TG_IO: it is broken. reading is the caller's, and is released by him.
 */
TG_MUST_USE enum tg_status tg_select_open(struct tg_select *s, struct tg_reading *reading,
					  const char *path, struct tg_arena *arena,
					  struct tg_error *err);

/* The next that is wanted; its texts live until the next call. *gone: its data are no more. */
TG_MUST_USE enum tg_status tg_select_next(struct tg_select *s, struct tg_line *line, bool *gone,
					  bool *more, struct tg_error *err);

void tg_select_release(struct tg_select *s);

#endif
