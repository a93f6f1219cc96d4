/*
 * sequence: which numbers of a source and entity have come: the memory behind duplicates, conflicts and gaps.
 *
 * It lives in a key store (common/state). What a run takes is a batch of kind "names" there: pending until the landing has
 * happened, as the keys of dedupe are. A batch holds three kinds of entries: the number, with a digest of the file's content; the
 * highest number of its source and entity; and the day of that one. Since every batch of a source and entity holds the second, two
 * runs that took files of it at the same time cannot both land: the store refuses the later one, whose order nobody has checked.
 *
 * Numbers that roll over are counted on: the number in the name is one of the count's, the one nearest to what is expected.
 */
#ifndef TG_NAMING_SEQUENCE_H
#define TG_NAMING_SEQUENCE_H

#include "common/state/keeper.h"

struct tg_sequence; /* opaque */

struct tg_sequence_wish {
	struct tg_str url; /* none: this run's own memory */
	int64_t now;
	bool to_file;
	bool rolls;
	uint64_t again, highest; /* the range of numbers, where they roll over */
	bool has_first;
	uint64_t first;
};

TG_MUST_USE enum tg_status tg_sequence_open(struct tg_sequence **sequence,
					    const struct tg_sequence_wish *wish,
					    struct tg_error *err);
void tg_sequence_free(struct tg_sequence **sequence);
/* NULL: nothing lasts. For settling, between open and begin. */
struct tg_store *tg_sequence_store(struct tg_sequence *s);
TG_MUST_USE enum tg_status tg_sequence_begin(struct tg_sequence *s, struct tg_error *err);

/* A file, by what its name says. */
struct tg_sequence_file {
	struct tg_str source, entity;
	bool numbered;
	uint64_t seq;
	struct tg_str date;   /* 2025-11-05; none: the name has none */
	struct tg_str sha256; /* of its content */
};

enum tg_sequence_verdict {
	TG_SEQUENCE_NEXT,      /* it is the next, the first, or has no number and is new */
	TG_SEQUENCE_DUPLICATE, /* it has come, with this content */
	TG_SEQUENCE_CONFLICT,  /* its number has come, with other content */
	TG_SEQUENCE_GAP,       /* numbers before it have not come */
	TG_SEQUENCE_LATE,      /* higher numbers have come, and this one has not */
};

struct tg_sequence_answer {
	enum tg_sequence_verdict verdict;
	bool own;	/* it is this run that has taken that file */
	bool known;	/* something of this source and entity has come */
	uint64_t count; /* the number, counted on over rollovers */
	uint64_t
		expected; /* as a name would have it: the next; with a gap the first that is missing */
	uint64_t missing; /* how many are, in a gap */
	bool goes_back;	  /* its day is before that of the last one */
};

TG_MUST_USE enum tg_status tg_sequence_ask(struct tg_sequence *s,
					   const struct tg_sequence_file *file,
					   struct tg_sequence_answer *answer, struct tg_error *err);

/* The run takes it; count is that of the answer. */
TG_MUST_USE enum tg_status tg_sequence_take(struct tg_sequence *s,
					    const struct tg_sequence_file *file, uint64_t count,
					    struct tg_error *err);

/* What was taken becomes a pending batch: appends the value of meta.batch, by which the sink finds it; nothing without a store. */
TG_MUST_USE enum tg_status tg_sequence_save(struct tg_sequence *s, struct tg_buffer *meta,
					    struct tg_error *err);

#endif
