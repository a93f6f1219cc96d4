/*
 * tally: inside common/fixed: what a file says about itself is counted and added up, and held against it (control).
 *
 * Sums are exact (json/sum.h). A record that is rejected counts, for it was sent; where it hides a value, a sum can no longer be told.
 * Adding allocates nothing. One file, one thread at a time.
 */
#ifndef TG_FIXED_TALLY_H
#define TG_FIXED_TALLY_H

#include "common/fixed/emit.h"

struct tg_fixed_tally; /* opaque */

/* In the arena, NULL where the layout checks nothing. */
struct tg_fixed_tally *tg_fixed_tally_new(const struct tg_fixed_layout *layout,
					  struct tg_arena *arena);
void tg_fixed_tally_release(struct tg_fixed_tally *t); /* may be NULL */

/* A new file. */
void tg_fixed_tally_begin(struct tg_fixed_tally *t);

/* A record of that kind; row's slots hold its values: p NULL is a value that cannot be told, n 0 none. */
void tg_fixed_tally_add(struct tg_fixed_tally *t, uint32_t kind, const struct tg_fixed_row *row);

/* Whether records of the kind say what must be right. */
bool tg_fixed_tally_judges(const struct tg_fixed_tally *t, uint32_t kind);

/* Behind tg_fixed_tally_add: TG_DATA with the code "fixed-control" and all that differs. Sums that cannot be told are passed over, and counted. */
TG_MUST_USE enum tg_status tg_fixed_tally_judge(struct tg_fixed_tally *t, uint32_t kind,
						const struct tg_fixed_row *row, uint64_t *untold,
						struct tg_error *err);

/* At the end of a file: what it says is added to what those before it said. */
void tg_fixed_tally_end(struct tg_fixed_tally *t);

/* For the run log: "count":N,"sums":{...} as far as the files say it of all records that come out, of all files together; false, and
 * nothing: they do not. */
bool tg_fixed_tally_put_trailer(struct tg_fixed_tally *t, struct tg_buffer *json);

#endif
