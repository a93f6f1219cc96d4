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

/* A member of the last record: its name as it is written, with quotes. */
struct tg_whole_member {
	uint64_t word[2], mask[2]; /* its first 16 bytes, and the bits of them that are its own */
	uint32_t n, at;		   /* where it stands in names, n bytes */
};

struct tg_whole {
	struct tg_buffer names; /* of the last record */
	struct tg_whole_member member[TG_WHOLE_MEMBERS];
	uint32_t value[TG_WHOLE_MEMBERS]; /* the span of each member's value, in this record */
	uint16_t order[TG_WHOLE_MEMBERS];
	size_t n;
	bool learnt;	/* there was one, and its members are these */
	bool all_short; /* their words say all of their names */
	struct tg_arena scratch;
};

void tg_whole_put(struct tg_whole *w, struct tg_buffer *out, const struct tg_record *rec);
void tg_whole_release(struct tg_whole *w);

#endif
