/*
 * verify: a whole zone held against its manifest: the chain of hashes, each landing's data and sidecar, and what lies there besides.
 *
 * It takes no lock and changes nothing, and writers may go on meanwhile. What it finds is reported in this order: anchors, the lines
 * of the manifest with their landings, files that no line names. The same faults come in the same order for every number of jobs.
 *
 * A fault is what no run of ours leaves behind, killed when it may be: somebody, or a disk, has changed something. A note is what a
 * killed run leaves, and the next one puts right; or a line that never counted.
 */
#ifndef TG_LANDING_VERIFY_H
#define TG_LANDING_VERIFY_H

#include "common/landing/anchor.h"
#include "common/landing/reading.h"

/* What was found. Texts live while it is reported; what it does not say is none. */
struct tg_verify_fault {
	const char *code; /* landing-verify(1) lists them */
	bool note;
	uint64_t line; /* of the manifest; 0: none */
	struct tg_str landing, path;
	const char *member;
	struct tg_str expected, found;
};

typedef enum tg_status (*tg_verify_report)(void *arg, const struct tg_verify_fault *fault,
					   struct tg_error *err);

struct tg_verify {
	/* What is asked for. */
	size_t jobs;
	const struct tg_anchor *anchor; /* that the chain must hold */
	size_t anchors;
	const struct tg_anchor *
		since; /* one that it must hold too; what landed up to it is not read again; NULL: all is read */
	bool chain_only; /* no data are looked at, and no files */
	tg_verify_report report;
	void *arg;

	/* What was found out. */
	struct tg_anchor head;
	uint64_t faults, notes, unreadable;
	uint64_t first_break; /* the number of the first line that does not count and had */
	uint64_t lines, landings, gone, lost, read;
};

/* The manifest of r, which has just been opened (not read). TG_OK whatever was found; TG_IO, TG_INTERRUPTED, what report gave. */
TG_MUST_USE enum tg_status tg_verify(struct tg_verify *v, struct tg_reading *r,
				     struct tg_arena *arena, struct tg_error *err);

#endif
