/*
 * path: JSON Pointers in which a step * stands for every element of an array. Compiled once, walked over the spans of a record.
 *
 * What is absent is an answer, not a failure. A path is read-only, lives in its arena, and may be shared by threads. A walk allocates
 * nothing, and no element is come by twice in it, so its work is bounded by the record.
 */
#ifndef TG_RULES_PATH_H
#define TG_RULES_PATH_H

#include "common/json/pointer.h"

enum { TG_PATH_STARS = 4 }; /* in one path */

struct tg_path {
	struct tg_pointer leg[TG_PATH_STARS +
			      1]; /* what stands between the stars; the first from the start on */
	size_t stars;
	struct tg_str text; /* as it was written */
};

/* Copies text. TG_CONFIG for what is no pointer, has stars and must not, or more than TG_PATH_STARS. */
TG_MUST_USE enum tg_status tg_path_compile(struct tg_path *path, struct tg_str text, bool stars,
					   struct tg_arena *arena, struct tg_error *err);

struct tg_path_walk {
	const struct tg_path *path;
	const struct tg_record *rec;
	uint32_t at[TG_PATH_STARS], end[TG_PATH_STARS]; /* elements that are left, by star */
	size_t depth;					/* stars that are open */
	const struct tg_span *only; /* of a path without stars, or the one before the first */
	bool found; /* there was something before the first star: an array, or the value itself */
};

/* Begins at `from`, a value of rec. */
void tg_path_begin(struct tg_path_walk *walk, const struct tg_path *path,
		   const struct tg_record *rec, const struct tg_span *from);

/* The next value that the path leads to; NULL: there are no more. */
const struct tg_span *tg_path_next(struct tg_path_walk *walk);

#endif
