/*
 * stores: the key stores that take part in a landing: those whose batches stages before have named in their finish lines. A landing
 * makes all of them seen, or none (protocol.md, A4).
 */
#ifndef TG_LANDING_STORES_H
#define TG_LANDING_STORES_H

#include "common/landing/manifest.h"
#include "common/run/chain.h"
#include "common/state/store.h"
#include "common/time/time.h"

/* A batch that lands, in the order of the stores' ids. */
struct tg_stores_batch {
	struct tg_str url;
	const char *id;
	uint64_t keys;
	bool of_keys; /* and not of replay ids or names */
	struct tg_store *store;
	bool owned; /* the first of its store: it is closed with this one */
};

struct tg_stores {
	struct tg_stores_batch *batch;
	size_t n;
	struct tg_file_digest *
		file; /* SHA-256 of what the chain was made of, as far as stages told: they are known as landed with it */
	size_t files;
	struct tg_arena *arena;
};

/*
 * Finds the batches and opens their stores. records: how many have come; behind dedupe nothing may have been dropped, rejected or
 * added, for else keys would be seen whose records never landed (TG_USAGE). TG_CONFIG: a store is not there.
 */
TG_MUST_USE enum tg_status tg_stores_find(struct tg_stores *s, const struct tg_upstream *up,
					  uint64_t records, struct tg_arena *arena,
					  struct tg_error *err);

/*
 * For a landing of nothing: the files whose names stages before have taken have come all the same, so batches of names are seen, each
 * in one transaction (nothing of them was visible, so nothing is in doubt). zone may be one that is not there yet. TG_TRY_AGAIN: another
 * run has taken one of them.
 */
TG_MUST_USE enum tg_status tg_stores_see_names(const struct tg_upstream *up,
					       const struct tg_zone *zone, struct tg_time now,
					       struct tg_arena *arena, struct tg_error *err);

/* For a landing of nothing: where all that came had landed before (something was dropped as seen, and nothing rejected), the files
 * of the chain are known as landed in the stores that said so. TG_CONFIG: a store is not there. */
TG_MUST_USE enum tg_status tg_stores_note_nothing(const struct tg_upstream *up, struct tg_time now,
						  struct tg_arena *arena, struct tg_error *err);

/* A4.3, under the lock. */
TG_MUST_USE enum tg_status tg_stores_settle(struct tg_stores *s, struct tg_zone *zone,
					    struct tg_str run, struct tg_time now,
					    struct tg_error *err);

/* A4.5. A refusal has undone the marks that there were. */
TG_MUST_USE enum tg_status tg_stores_mark(struct tg_stores *s, const struct tg_zone *zone,
					  struct tg_str landing, struct tg_time now,
					  struct tg_error *err);

/* A4.9, with m behind the landing's line. What fails here has landed all the same, and is in doubt. */
TG_MUST_USE enum tg_status tg_stores_see(struct tg_stores *s, const struct tg_manifest *m,
					 struct tg_str landing, struct tg_time now,
					 struct tg_error *err);

/* A4.4: the content had landed before, as `landing`. */
TG_MUST_USE enum tg_status tg_stores_see_duplicate(struct tg_stores *s, const struct tg_zone *zone,
						   struct tg_str landing, struct tg_time now,
						   struct tg_error *err);

/* Nothing has landed: the batches go. Failures are for who settles. */
void tg_stores_drop(struct tg_stores *s, struct tg_str landing);

/* Appends the list for the manifest's line: [{"store":...,"id":...}] by the stores' ids. */
void tg_stores_put(const struct tg_stores *s, struct tg_buffer *out);

void tg_stores_release(struct tg_stores *s);

#endif
