/*
 * chain: what a manifest says as a whole: whether its chain of hashes holds, and which landings are gone since.
 *
 * Some lines may stand there and not count: a writer that had lost its lock built on a line that was the last one once, and nobody
 * builds on its line. They do no harm. A line whose prev is the hash of no line before it, or one that others build on, had counted:
 * something before it was changed, taken away, put in or moved. Such lines are lost, and so is what they landed.
 */
#ifndef TG_LANDING_CHAIN_H
#define TG_LANDING_CHAIN_H

#include "common/landing/manifest.h"
#include "common/landing/marks.h"

/* A line that does not count. */
struct tg_chain_void {
	uint64_t number;
	uint64_t hash, prev; /* the first 16 digits of each */
	bool lost;
};

struct tg_chain {
	struct tg_marks gone; /* ids of the landings that were pruned, or replaced by another */
	uint64_t end;	      /* bytes of the manifest that were read; */
	uint64_t last;	      /* where its last line that counts stands, */
	uint32_t last_n;      /* how long that is, */
	char tail[TG_SHA256_HEX + 1]; /* and its hash */
	uint64_t lines;		      /* in the file, whole ones */
	uint64_t counting, landings;
	uint64_t last_counting;	     /* the number of the last line that counts; 0: none does */
	uint64_t lost;		     /* lines, see above */
	uint64_t first_lost;	     /* the number of the first of them */
	uint64_t foreign;	     /* lines that are no JSON, with counting ones behind them */
	bool torn;		     /* the end is: of a writer that was killed */
	struct tg_chain_void *voids; /* in the order of the file */
	size_t voids_n, voids_room;
};

/* Zeroed is empty. Walks m from its beginning to its end; tally, which may be NULL, sees each line that counts. */
TG_MUST_USE enum tg_status tg_chain_read(struct tg_chain *chain, struct tg_manifest *m,
					 tg_manifest_visit tally, void *arg, struct tg_error *err);

/* Whether a line that does not count has counted. */
bool tg_chain_is_lost(const struct tg_chain *chain, uint64_t number);

/* A line that counts and came later: adds to gone. */
void tg_chain_add(struct tg_chain *chain, const struct tg_line *line);

void tg_chain_release(struct tg_chain *chain);

#endif
