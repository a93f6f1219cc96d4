/*
 * frame: inside common/fixed: where a record ends, and of which kind it is.
 */
#ifndef TG_FIXED_FRAME_H
#define TG_FIXED_FRAME_H

#include "common/fixed/emit.h"
#include "common/json/record.h"

enum tg_frame_found {
	TG_FRAME_RECORD,
	TG_FRAME_NOTHING, /* bytes that are no record: a blank line, a block's descriptor word */
	TG_FRAME_MORE,	  /* it does not end yet */
	TG_FRAME_LONG,	  /* it is longer than a record may be */
	TG_FRAME_BROKEN,  /* nobody can tell where a record ends: err says why */
};

struct tg_frame {
	size_t before; /* bytes before it that are no part of it */
	struct tg_str text;
	size_t behind; /* a line end */
	const struct tg_fixed_kind
		*kind; /* NULL: no tag of the layout, or it is too short to have one */
	bool tagless;  /* it is too short to have one */
};

/* One a converter. Zeroed it is closed. */
struct tg_framer {
	const struct tg_fixed_layout *layout;
	const struct tg_fixed_kind *last; /* records come in runs */
	uint64_t *key;			  /* by kind, where tags have at most eight bytes */
	uint64_t mask;
	uint64_t max;	 /* bytes of a record */
	size_t block;	 /* bytes that the block at hand still has; rdw-bdw */
	bool blocked;	 /* a block was begun */
	uint32_t common; /* the length of all kinds; 0: they differ */
	uint32_t *index, indexes;
	struct tg_buffer padded;
};

void tg_framer_open(struct tg_framer *f, const struct tg_fixed_layout *layout, uint64_t max,
		    struct tg_arena *arena);
void tg_framer_release(struct tg_framer *f);
void tg_framer_begin(struct tg_framer *f); /* a new file */

/* The record at the front of bytes, of which there is at least one; last: no more will come. */
enum tg_frame_found tg_framer_find(struct tg_framer *f, struct tg_str bytes, bool last,
				   struct tg_frame *frame, struct tg_error *err);

/* The kind of a record by its beginning; NULL: it is none that is known. */
const struct tg_fixed_kind *tg_framer_kind(struct tg_framer *f, struct tg_str text);

/* The record as a row: its characters are found, and it is filled up where lines may be cut short. */
void tg_framer_row(struct tg_framer *f, const struct tg_frame *frame, struct tg_fixed_row *row);

#endif
