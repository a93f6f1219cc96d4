/*
 * envelope: a line of a reject file (tidegate-rejects(5)), read: who rejected which record, why, and where it stood.
 *
 * Pure: text in, views and copies out.
 */
#ifndef TG_REPLAY_ENVELOPE_H
#define TG_REPLAY_ENVELOPE_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/json/record.h"

enum { TG_ENVELOPE_SHA256 = 64 }; /* hexadecimal digits */

struct tg_envelope {
	struct tg_str tool, code, run; /* run: none where the line does not say it */
	struct tg_place at;	       /* line 0: not said */
	struct tg_str record;	       /* the record's own bytes, without a line end */
	bool bytes;		       /* they stood there as base64: nobody has decoded them */
	struct tg_str
		sha256; /* of the record as it was rejected, where replay --prepare has put it; none: not said */
};

/*
 * Reads a scanned line. Texts live as long as the record and the arena; buffer holds the record where it stood as base64. NULL, or what
 * is wrong with it in words: "is no object", "has no member tool" ...
 */
const char *tg_envelope_read(struct tg_envelope *e, const struct tg_record *rec,
			     struct tg_arena *arena, struct tg_buffer *buffer);

/* What replay makes of it for a person to correct: the same line with the SHA-256 of the record as its last member. */
void tg_envelope_put_prepared(struct tg_buffer *out, const struct tg_record *rec,
			      const char sha256[TG_ENVELOPE_SHA256 + 1]);

#endif
