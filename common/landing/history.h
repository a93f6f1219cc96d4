/*
 * history: what has landed before, by source, entity, content, and date where that matters.
 *
 * Brings a manifest up to its end, through the index where there is one, and puts lines that have become many into the index.
 */
#ifndef TG_LANDING_HISTORY_H
#define TG_LANDING_HISTORY_H

#include "common/landing/manifest.h"

/* What is looked for, and the first landing that fits. */
struct tg_sought {
	struct tg_str source, entity, sha256;
	struct tg_str date; /* none: any */
	struct tg_str at;   /* its path; none: any */
	bool found;
	struct tg_str path, landing, on; /* of the landing found: in the arena; on: its date */
	uint64_t bytes, records;
};

/*
 * Walks m to its end and answers for each sought. *known: a line that counts names a path that begins with `directory` and a slash,
 * as far as the walk has seen: then that directory and all above it have been synced. With `write` (the lock is held) the index is
 * brought up when it lags.
 */
TG_MUST_USE enum tg_status tg_history_find(struct tg_manifest *m, struct tg_sought *sought,
					   size_t n, struct tg_str directory, bool *known,
					   bool write, struct tg_arena *arena,
					   struct tg_error *err);

#endif
