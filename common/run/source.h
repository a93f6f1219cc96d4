/*
 * source: a program that reads bytes in a foreign format and writes records. The runtime opens the operands (or standard input),
 * takes off compression, hands over blocks, and writes and counts what comes out.
 *
 * `take` is given all bytes that are held, from the first not yet taken; it deals with as many whole records as are there, calls
 * tg_source_emitted and tg_source_reject for each, keeps *at at the place of the first byte not taken, and says how many bytes it
 * took. What it leaves comes again with more behind it, until last is true: then all must be taken. When it takes nothing and more
 * than max_record bytes are there, the runtime rejects the record as too-long up to the first line end behind max_record bytes,
 * counts its lines into at, and calls `resume`, so that a state in the middle of the record is forgotten. A source that finds such
 * a record whole in the block stops before it too, so that what is rejected does not depend on the blocks.
 */
#ifndef TG_RUN_SOURCE_H
#define TG_RUN_SOURCE_H

#include "common/io/output.h"
#include "common/run/option.h"
#include "common/run/work.h"

/* How a line ends in the input's own bytes, where that is not LF or CRLF: what is too long is not the source's to look at. */
struct tg_line_end {
	struct tg_str feed;
	struct tg_str
		before; /* as many bytes, which may stand before it and are no part of the record; n 0: nothing may */
};

extern const struct tg_line_end tg_line_feed; /* LF or CRLF */

struct tg_source {
	const char *name;
	const char *about;
	const char *operands; /* "[FILE ...]" */
	const struct tg_option *options;
	size_t size;
	enum tg_status (*open)(void *self, struct tg_setup *setup, struct tg_error *err);
	/* A new input begins: at->file is its base name, line 1, offset 0. May be NULL. */
	enum tg_status (*begin)(void *self, struct tg_work *w, const struct tg_place *at,
				struct tg_error *err);
	enum tg_status (*take)(void *self, struct tg_str bytes, bool last, struct tg_place *at,
			       struct tg_work *w, size_t *taken, struct tg_error *err);
	/* See above. May be NULL. */
	void (*resume)(void *self, const struct tg_place *at);
	/* What ends a line now. May be NULL. */
	struct tg_line_end (*line_end)(const void *self);
	/* The input ended; all bytes were taken. May be NULL. */
	enum tg_status (*end)(void *self, struct tg_work *w, const struct tg_place *at,
			      struct tg_error *err);
	void (*release)(void *self);
	/* For --jobs: makes lane, zeroed or made before, a source that takes what self would take from now on, as far as the input at
	 * hand goes; another thread calls `resume` and `take` with it, for parts that begin where a record does. Both must be there, and
	 * `take` with the lane must leave the same behind as with self, whatever parts it has had before. False: not now; it is
	 * asked again later. NULL: one thread takes all. */
	bool (*lane)(const void *self, void *lane);
	void (*lane_release)(void *lane); /* frees what is the lane's own; may be NULL */
	/* Where the last whole record in bytes, which begin with one, probably ends: 0, none does. *lines: by how much that moves the line
	 * of a place; with last, of all bytes. When it is wrong, the source itself takes what was cut so. */
	size_t (*cut)(const void *self, struct tg_str bytes, bool last, uint64_t *lines);
	/* For a source that counts what it takes: n records that a lane has taken are to be the next of self. False: they are not, and it
	 * takes their bytes itself. Then, and whenever else self goes on where it has not come to, `move` is called, where it is there,
	 * in place of `resume`. Both may be NULL. */
	bool (*merge)(void *self, uint64_t n);
	void (*move)(void *self, const struct tg_place *at);
};

/* Where records are written: use tg_output_room and commit, each record with its line feed. */
struct tg_output *tg_source_output(struct tg_work *w);

/* n records were written. With --provenance the source itself writes the member "_source" (tg_source_put_provenance). */
void tg_source_emitted(struct tg_work *w, uint64_t n);

/* A record of the input that does not come out: text is its bytes in the input without the line end, or what they are in UTF-8. Uses the
 * faults added. */
void tg_source_reject(struct tg_work *w, const char *code, struct tg_str text,
		      const struct tg_place *at);
/* The same of bytes in another encoding, which must not be taken for UTF-8. */
void tg_source_reject_bytes(struct tg_work *w, const char *code, struct tg_str bytes,
			    const struct tg_place *at);

/* Why the last reject could not be kept, or TG_OK: a source that asks ends at that record, and not somewhere behind it. */
TG_MUST_USE enum tg_status tg_source_status(const struct tg_work *w, struct tg_error *err);

/* Appends `"_source":{"file":...,"line":...,"offset":...}`. */
void tg_source_put_provenance(struct tg_buffer *out, const struct tg_place *at);

/* Bytes before p[n] up to the last line feed in them, itself included; 0: there is none. */
size_t tg_source_last_line(const char *p, size_t n);

int tg_main_source(const struct tg_source *source, int argc, char **argv);

#endif
