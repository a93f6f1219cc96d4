/*
 * attempt: one attempt to land, as the files that make it up see it; inside landing/. place.c gives names in the zone, leftover.c deals
 * with what a killed writer left, land.c has the order of it all.
 */
#ifndef TG_LANDING_ATTEMPT_H
#define TG_LANDING_ATTEMPT_H

#include "common/landing/history.h"
#include "common/landing/land.h"

enum { TG_ATTEMPT_LEVELS = 3 };

/* What a writer that was killed had begun to name: its note in the lock. */
struct tg_leftover {
	struct tg_str path; /* relative to the zone; none: nothing was left */
	struct tg_str directory, file;
	struct tg_str stored; /* the digest of the file as it lies there */
};

struct tg_attempt {
	struct tg_landing *landing;
	struct tg_zone *zone;
	struct tg_stage *stage;
	struct tg_arena *arena;
	struct tg_manifest manifest;
	struct tg_sought sought[2]; /* this landing; the leftover's */
	struct tg_leftover leftover;
	struct tg_str level[TG_ATTEMPT_LEVELS]; /* source=S entity=E date=D */
	struct tg_str directory;		/* the three with slashes */
	bool synced;				/* the directory and all above it are known to be */
	int at[TG_ATTEMPT_LEVELS];
	struct tg_publish sidecar;
	char sidecar_sha256[TG_SHA256_HEX + 1];
	struct tg_str file; /* the data's name in its directory, once it has one */
	bool named;	    /* something of this landing is visible */
};

/* -- place.c */

/* Sets level and directory. */
void tg_attempt_prepare(struct tg_attempt *a);

/* The data's file name with so many digits of their digest. */
struct tg_str tg_attempt_file(struct tg_attempt *a, size_t digits);

/* The path of a file in the attempt's directory, relative to the zone. */
struct tg_str tg_attempt_path(struct tg_attempt *a, struct tg_str file);

/* A4.6: gives data and sidecar their names, and syncs the directories. */
TG_MUST_USE enum tg_status tg_attempt_place(struct tg_attempt *a, struct tg_error *err);

/* Whether the file of that name has the content with that digest; then it is synced too. *there: there is something of that name. */
TG_MUST_USE enum tg_status tg_attempt_check(struct tg_attempt *a, int directory, struct tg_str file,
					    struct tg_str sha256, bool *there, bool *same,
					    struct tg_error *err);

/*
 * Removes data that no line names, and their sidecar. The line that is appended before makes void what a writer that lost its lock
 * may be about to append about them (protocol.md, A6).
 */
TG_MUST_USE enum tg_status tg_attempt_tidy(struct tg_attempt *a, int directory, struct tg_str path,
					   struct tg_str file, struct tg_error *err);

/* -- leftover.c */

/* Reads the note in the lock. */
void tg_leftover_read(struct tg_attempt *a);

/* What it names is tidied, if it is what it says and no line names it; the same content under the same name is left to be taken over. */
TG_MUST_USE enum tg_status tg_leftover_settle(struct tg_attempt *a, struct tg_error *err);

#endif
