/*
 * stage: data on their way into a zone: written where nobody sees them, digested and counted, in one pass. Nothing is read back.
 */
#ifndef TG_LANDING_STAGE_H
#define TG_LANDING_STAGE_H

#include "common/digest/digest.h"
#include "common/io/pack.h"
#include "common/io/publish.h"
#include "common/landing/zone.h"

/* Lines that are not blank, counted in any pieces. A line is blank that holds spaces, tabs and carriage returns at most. */
struct tg_line_count {
	uint64_t n;
	bool counted; /* the line that goes on */
};

void tg_line_count_add(struct tg_line_count *count, struct tg_str bytes);

struct tg_stage {
	bool packs;		/* the data are to lie there as zstd; set before tg_stage_open */
	struct tg_publish file; /* not open in a dry run */
	struct tg_digest *digest;
	uint64_t bytes;
	struct tg_line_count records;
	char sha256[TG_SHA256_HEX + 1]; /* from tg_stage_close on */
	/* Of the file that lies there, where it is packed; else nothing. The three above are the content's. */
	struct tg_pack *pack;
	struct tg_digest *stored_digest;
	uint64_t stored_bytes;
	char stored_sha256[TG_SHA256_HEX + 1];
	bool dry;
};

#define TG_STAGE_INIT ((struct tg_stage){ .file = TG_PUBLISH_INIT })

/* In a dry run nothing is written, and zone may be one that is not there yet. */
TG_MUST_USE enum tg_status tg_stage_open(struct tg_stage *stage, const struct tg_zone *zone,
					 bool dry, struct tg_error *err);
TG_MUST_USE enum tg_status tg_stage_take(struct tg_stage *stage, struct tg_str bytes,
					 struct tg_error *err);

/* All has come: its digest is known. tg_land syncs it. */
TG_MUST_USE enum tg_status tg_stage_close(struct tg_stage *stage, struct tg_error *err);

/* The digest of the file as it lies there. */
static inline struct tg_str tg_stage_stored(const struct tg_stage *stage)
{
	return tg_str_of(stage->packs && !stage->dry ? stage->stored_sha256 : stage->sha256);
}

/* Appends encoding, stored_sha256 and stored_bytes to a JSON object, for data that are packed. */
void tg_stage_put_encoding(const struct tg_stage *stage, struct tg_buffer *out);

void tg_stage_release(struct tg_stage *stage);

#endif
