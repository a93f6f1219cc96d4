/*
 * recent: the records that passed last, a megabyte of them, so that a conflict can say which members differ.
 *
 * Of older records, and of those that landed, no more than a digest of the content is known: then nothing can be said.
 */
#ifndef TG_KEY_RECENT_H
#define TG_KEY_RECENT_H

#include "common/run/work.h"
#include "common/state/key.h"

struct tg_recent; /* opaque */

TG_MUST_USE struct tg_recent *tg_recent_new(void);
void tg_recent_free(struct tg_recent **r);

void tg_recent_keep(struct tg_recent *r, const unsigned char key[TG_KEY_SIZE], struct tg_str text);

/* Adds a fault for each member of the whole that is another than in the record of that key; how many. rec may be without its spans. */
unsigned tg_recent_faults(struct tg_recent *r, const unsigned char key[TG_KEY_SIZE],
			  const struct tg_record *rec, struct tg_work *w);

#endif
