/*
 * keeper: the memory of one run of dedupe: whether a key is new, what came with it before, and at the end its batch.
 *
 * Without a store it remembers this run alone. With one it takes a view of what landed when it begins, keeps in a table what the run
 * itself passes on, and saves that as a pending batch. Owned by one thread.
 */
#ifndef TG_STATE_KEEPER_H
#define TG_STATE_KEEPER_H

#include "common/state/store.h"

struct tg_keeper; /* opaque */

struct tg_keeper_wish {
	struct tg_str url; /* none, or memory: nothing lasts */
	bool timed;	   /* entries hold times; TG_CONFIG for a store that does not */
	uint64_t window;   /* microseconds; 0: none */
	bool by_time;	   /* the window is of the entries' times, which the caller judges */
	int64_t now;
	bool to_file; /* what the run passes on may be landed when it is gone */
};

/* Opens the store, or makes it. What is in doubt there can be settled between this and tg_keeper_begin. */
TG_MUST_USE enum tg_status tg_keeper_open(struct tg_keeper **keeper,
					  const struct tg_keeper_wish *wish, struct tg_error *err);
void tg_keeper_free(struct tg_keeper **keeper);

/* NULL: nothing lasts. */
struct tg_store *tg_keeper_store(struct tg_keeper *k);
const unsigned char *tg_keeper_secret(const struct tg_keeper *k); /* TG_STORE_SECRET bytes */

/* Sweeps, and takes the view: from here on it can be asked. */
TG_MUST_USE enum tg_status tg_keeper_begin(struct tg_keeper *k, struct tg_error *err);
/* The latest time among what had landed; INT64_MIN: none. */
int64_t tg_keeper_latest(const struct tg_keeper *k);

/* Fills all but the key of *e with what is known of it. *own: from this run. */
TG_MUST_USE enum tg_status tg_keeper_find(struct tg_keeper *k, struct tg_key_entry *e, bool *known,
					  bool *own, struct tg_error *err);
/* This run passes it on. */
void tg_keeper_keep(struct tg_keeper *k, const struct tg_key_entry *e);

/* Where a key that is known, and not own, landed: the batch, NULL when it is gone meanwhile. Reads the store: not for each record. */
TG_MUST_USE enum tg_status tg_keeper_where(struct tg_keeper *k,
					   const unsigned char key[TG_KEY_SIZE],
					   const struct tg_batch **batch, struct tg_error *err);

/* Saves what was passed on; b->keys is 0 when that is nothing, and there is then no batch. */
TG_MUST_USE enum tg_status tg_keeper_save(struct tg_keeper *k, struct tg_batch *b,
					  struct tg_error *err);

uint64_t tg_keeper_memory(const struct tg_keeper *k); /* bytes of the table */

#endif
