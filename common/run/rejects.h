/*
 * rejects: the file of what did not pass (tidegate-rejects(5)), and the counts by code. Inside run/.
 *
 * Several stages and runs may append to one file: envelopes are gathered and written in one piece under flock; what could not be
 * written whole is cut off again, and a torn line that a dead run left gets its line feed. A record over the limit goes through an
 * unnamed spool as base64, so memory stays bounded. A line takes some 200 bytes however short its record is, so a file in which all is
 * wrong can fill a disk: what one run may add has a limit, and at it the run ends.
 */
#ifndef TG_RUN_REJECTS_H
#define TG_RUN_REJECTS_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/json/record.h"
#include "common/run/log.h"

enum { TG_REJECT_CODES = 64 };

struct tg_rejects {
	int fd; /* -1: no file */
	const char *path;
	char *name; /* for messages; owned */
	bool regular;
	bool fresh; /* its directory may not know it yet */
	struct tg_buffer pending;
	struct tg_buffer head;	    /* how the last envelope began */
	struct tg_buffer head_file; /* the file that it is about */
	const char *head_code;	    /* known by its address: codes are static text */
	bool head_named;
	struct tg_log_count count[TG_REJECT_CODES];
	size_t codes;
	uint64_t total;
	uint64_t most;	/* bytes that this run may add; UINT64_MAX: no limit */
	uint64_t bytes; /* that it has added, gathered ones among them */
	bool opaque; /* the record that comes next is no UTF-8, though it may look so: it is kept as base64 */
	bool scanned; /* it is known to be UTF-8 */
	bool held; /* what is gathered is for others to write (tg_rejects_append), and never written from here; fd is -1 */
	const char *tool;
	struct tg_str run;
	/* the record over the limit that is being spooled */
	int spool;
	unsigned char rest[3]; /* bytes that do not make four digits yet */
	size_t rest_n;
};

#define TG_REJECTS_INIT ((struct tg_rejects){ .fd = -1, .spool = -1, .most = UINT64_MAX })

/* Opens path for appending, 0600. TG_CANNOT_CREATE. */
TG_MUST_USE enum tg_status tg_rejects_open(struct tg_rejects *r, const char *path,
					   struct tg_error *err);

/* Counts, and keeps where there is a file. TG_DATA when that would take it over its limit: then it is counted, is not kept, and the run
 * must end. faults: JSON objects with commas between; output: a JSON value, empty: none. */
TG_MUST_USE enum tg_status tg_rejects_add(struct tg_rejects *r, const char *code,
					  const struct tg_place *at, struct tg_str faults,
					  struct tg_str output, struct tg_str text,
					  struct tg_error *err);

/* Whether all that `held` gathered may still be added. */
bool tg_rejects_fit(const struct tg_rejects *r, const struct tg_rejects *held);
/* Adds it, as if it had been added here one after the other, and empties it. */
TG_MUST_USE enum tg_status tg_rejects_append(struct tg_rejects *r, struct tg_rejects *held,
					     struct tg_error *err);
/* Forgets what was gathered and counted. */
void tg_rejects_drop(struct tg_rejects *held);

/* A record over the limit: begin, its bytes piece by piece, end. */
TG_MUST_USE enum tg_status tg_rejects_begin_long(struct tg_rejects *r, const char *code,
						 const struct tg_place *at, struct tg_str faults,
						 struct tg_error *err);
TG_MUST_USE enum tg_status tg_rejects_add_long(struct tg_rejects *r, struct tg_str piece,
					       struct tg_error *err);
TG_MUST_USE enum tg_status tg_rejects_end_long(struct tg_rejects *r, struct tg_error *err);

/* Writes what is gathered. */
TG_MUST_USE enum tg_status tg_rejects_flush(struct tg_rejects *r, struct tg_error *err);

/* Flushes and syncs: before the finish line. */
TG_MUST_USE enum tg_status tg_rejects_sync(struct tg_rejects *r, struct tg_error *err);

void tg_rejects_release(struct tg_rejects *r);

/* Counts one of a kind in a table of kinds. name is static text. */
void tg_count_add(struct tg_log_count *count, size_t *kinds, const char *name, uint64_t n);

#endif
