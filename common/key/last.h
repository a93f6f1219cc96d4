/*
 * last: --keep last: records that are held back until the end of input, when it is known which of those with one key is the last.
 *
 * Their texts go through a spool; in memory stay 28 to 38 bytes a key (state/table.h) and a bit a record. First all are added; then
 * they come back in the order in which they came, with those marked that another has superseded. Owned by one thread.
 */
#ifndef TG_KEY_LAST_H
#define TG_KEY_LAST_H

#include "common/json/record.h"
#include "common/state/key.h"
#include "common/state/table.h"

struct tg_last; /* opaque */

TG_MUST_USE struct tg_last *tg_last_new(void);
void tg_last_free(struct tg_last **l);

/* Asks for the memory in which tg_last_add will look the key up: as tg_table_prefetch. */
void tg_last_prefetch(const struct tg_last *l, const unsigned char key[TG_KEY_SIZE], bool again);

/* Holds one back; the one before with its key, if there is one, is not the last any more. TG_IO: no room for it. */
TG_MUST_USE enum tg_status tg_last_add(struct tg_last *l, const struct tg_record *rec,
				       const struct tg_key_entry *e, struct tg_error *err);

/* The next of them, with its text and place but without spans, as it was added; it lives until the next call. *more is false behind
 * the last. The first call ends the adding, and gives back the memory that it took. */
TG_MUST_USE enum tg_status tg_last_next(struct tg_last *l, struct tg_record *rec,
					struct tg_key_entry *e, bool *superseded, bool *more,
					struct tg_error *err);

#endif
