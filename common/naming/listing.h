/*
 * listing: many files, and which of them may be taken now, in which order.
 *
 * Files are looked through as they are added. Then they are put in the order of their source, entity and number, and judged against
 * each other and against what has landed. Texts live in the listing's arena. Not shared by threads.
 */
#ifndef TG_NAMING_LISTING_H
#define TG_NAMING_LISTING_H

#include "common/json/record.h"
#include "common/naming/check.h"
#include "common/naming/sequence.h"

enum tg_on_gap {
	TG_GAP_WAIT,   /* files behind a gap are left until it is filled */
	TG_GAP_REJECT, /* they are rejected */
	TG_GAP_WARN,   /* they are taken */
};

enum tg_file_verdict {
	TG_FILE_TAKE,
	TG_FILE_DUPLICATE, /* it has landed, or is there twice */
	TG_FILE_WAIT,	   /* not now */
	TG_FILE_IGNORE,	   /* still being written, by its name */
	TG_FILE_REJECT,
};

struct tg_file {
	struct tg_str path, base;
	struct tg_str text; /* its record */
	struct tg_place at;
	enum tg_file_verdict verdict;
	const char *code;     /* why not: a reject code, or "gap", "changing" */
	struct tg_str reason; /* the same for people */
	bool warned;	      /* it is taken, and there is something to say about it: reason */
	bool landed;	      /* it is a duplicate of what has landed, not of another in the list */
	bool looked;	      /* what is below is known */
	struct tg_name name;
	uint64_t bytes, count;
	uint32_t crc32;
	char sha256[TG_SHA256_HEX + 1];
	struct stat seen; /* which file it was */
	size_t order;	  /* as they were added */
};

struct tg_listing {
	struct tg_check check;
	enum tg_on_gap on_gap;
	struct tg_sequence *sequence; /* borrowed */
	struct tg_look look;
	struct tg_file **file;
	size_t n, room;
	struct tg_arena arena;
	uint64_t waiting; /* after tg_listing_judge */
};

/* Fill check, on_gap and sequence before. */
TG_MUST_USE enum tg_status tg_listing_begin(struct tg_listing *l, struct tg_error *err);
/* Looks through a file. The texts are copied. A failure is the run's. */
TG_MUST_USE enum tg_status tg_listing_add(struct tg_listing *l, struct tg_str path,
					  struct tg_str text, const struct tg_place *at,
					  struct tg_error *err);
/* All are added: puts them in order, and gives each its verdict. */
TG_MUST_USE enum tg_status tg_listing_judge(struct tg_listing *l, struct tg_error *err);
void tg_listing_release(struct tg_listing *l); /* takes a zeroed one too */

/* Appends what is known of a file as one JSON object: name-check(1). */
void tg_file_put(struct tg_buffer *out, const struct tg_file *file, const struct tg_naming *naming);

/* What stands in the way of a number, in words; answer is a gap's. */
void tg_gap_put(struct tg_buffer *out, const struct tg_naming *naming,
		const struct tg_sequence_answer *answer);
/* Appends a number as names have it. */
void tg_number_put(struct tg_buffer *out, const struct tg_naming *naming, uint64_t n);

#endif
