/*
 * besides: what lies in a zone and is named by no line.
 *
 * A zone has three levels of directories and files below them, so whatever else stands there is foreign. A file in its place that no
 * line names may be of a landing that is under way just now, of a writer that was killed, of one whose line was taken away, or
 * somebody else's: here they are only found, and sorted by path. Not for threads.
 */
#ifndef TG_LANDING_BESIDES_H
#define TG_LANDING_BESIDES_H

#include "common/base/memory.h"
#include "common/landing/marks.h"
#include "common/landing/zone.h"

struct tg_besides {
	struct tg_str
		*path; /* in order; of a directory that is none of ours, it and not what is in it */
	size_t n, room;
	uint64_t more; /* found and not kept: there are too many */
	struct tg_arena *arena;
};

/* Lists all whose path (that of its data, for a sidecar) is not among `known`. TG_IO: a directory cannot be read. */
TG_MUST_USE enum tg_status tg_besides_look(struct tg_besides *tree, const struct tg_zone *zone,
					   const struct tg_marks *known, struct tg_arena *arena,
					   struct tg_error *err);

/* The path of the data that a file of the zone is, or is the sidecar of. */
struct tg_str tg_besides_data(struct tg_str path);

void tg_besides_release(struct tg_besides *tree);

#endif
