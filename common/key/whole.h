/*
 * whole: inside common/key: the canonical form of a whole record, fast where records look alike.
 *
 * The bytes are those of tg_canon_put. The order of an object's members is sorted out once for each sequence of names, since records
 * of one file nearly always have the same.
 */
#ifndef TG_KEY_WHOLE_H
#define TG_KEY_WHOLE_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/json/record.h"

enum { TG_WHOLE_MEMBERS = 256 }; /* an object of more is sorted each time */

struct tg_whole {
	struct tg_buffer
		names; /* of the members of the last record, as they are written: ,"name": */
	uint16_t length[TG_WHOLE_MEMBERS], order[TG_WHOLE_MEMBERS];
	uint32_t at[TG_WHOLE_MEMBERS]; /* in names */
	uint32_t value
		[TG_WHOLE_MEMBERS]; /* index of the span of each member's value, in this record */
	size_t n;
	struct tg_arena scratch;
};

void tg_whole_put(struct tg_whole *w, struct tg_buffer *out, const struct tg_record *rec);
void tg_whole_release(struct tg_whole *w);

#endif
