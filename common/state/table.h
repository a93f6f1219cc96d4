/*
 * table: the keys of a run in memory, those that it passed and those that it knows from a store.
 *
 * Extendible hashing: a segment that is full grows by a quarter or a fifth, and one that is then still full splits in two. So there
 * is no moment in which all is copied, and memory stays near what the keys take: 28 to 38 bytes a key of 24, 37 to 50 of 32. Segments hold ranges of
 * keys, so that walking them in order and sorting each gives all keys in order, in little more than the time of reading them.
 * Nothing is ever taken out. Not shared by threads.
 */
#ifndef TG_STATE_TABLE_H
#define TG_STATE_TABLE_H

#include "common/base/status.h"
#include "common/state/key.h"

struct tg_table;

TG_MUST_USE struct tg_table *tg_table_new(bool timed);
void tg_table_free(struct tg_table **table); /* for TG_OWN too */

/* Whether the key is there; fills all but the key of *e. *own: this run has put it. */
TG_MUST_USE bool tg_table_find(struct tg_table *table, struct tg_key_entry *e, bool *own);

/* Puts e, or replaces what was there under its key. What was own stays so. */
void tg_table_put(struct tg_table *table, const struct tg_key_entry *e, bool own);

/* Asks for the memory in which a look-up of the key will begin; again: for where it will probably end, which is known when the first
 * is there. So it is called for each of some keys, and then once more. */
void tg_table_prefetch(const struct tg_table *table, const unsigned char key[TG_KEY_SIZE],
		       bool again);

uint64_t tg_table_keys(const struct tg_table *table);
uint64_t tg_table_own(const struct tg_table *table);
uint64_t tg_table_bytes(const struct tg_table *table); /* of memory */

/* All own entries, by ascending key, many at a time, packed as in pages. Ends with visit's status when that is not TG_OK. */
typedef enum tg_status (*tg_table_visit)(void *arg, const unsigned char *entries, size_t n,
					 struct tg_error *err);
TG_MUST_USE enum tg_status tg_table_walk(const struct tg_table *table, tg_table_visit visit,
					 void *arg, struct tg_error *err);

#endif
