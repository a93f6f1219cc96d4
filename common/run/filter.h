/*
 * filter: a program that reads records and writes records. The runtime owns the loop: it reads lines, scans them, asks `record`,
 * writes what passes, keeps what is rejected, counts, logs.
 */
#ifndef TG_RUN_FILTER_H
#define TG_RUN_FILTER_H

#include "common/io/input.h"
#include "common/io/output.h"
#include "common/run/option.h"
#include "common/run/work.h"

enum { TG_GROUP = 32 };

struct tg_filter {
	const char *name;
	const char *about; /* one line, lower case, no full stop */
	const struct tg_option
		*options; /* its own; the common ones come from the runtime; NULL: none */
	size_t size;	  /* of its state, zeroed before open */
	/* Options are read. Check them, load what is needed. */
	enum tg_status (*open)(void *self, struct tg_setup *setup, struct tg_error *err);
	/* What becomes of a record. */
	enum tg_verdict (*record)(const void *self, const struct tg_record *rec, struct tg_work *w);
	bool whole; /* what replaces a record has its end with it: it is no record, and no line feed is put behind it */
	/* Looks at the n records, TG_GROUP at most, that `record` is asked about next, one after the other: for who can do some of the
	 * work for several at once, or ask for memory before it is needed. No verdict may depend on how records are grouped, and after
	 * TG_STOP the rest of a group is not asked about. What it leaves of each, `note` bytes at `notes`, is there when `record` is asked
	 * (w->note). May be NULL. */
	void (*prepare)(const void *self, const struct tg_record *rec, size_t n, void *notes);
	size_t note;
	/* For --jobs: makes lane, zeroed or made before, a state by which another thread may ask `record` and `prepare`, with the answers
	 * that self gives from now on. False: not now; it is asked again later. NULL: records are not independent of each other, and
	 * one thread takes them all. What a record changes must be in the lane or in the tg_work: what comes of a block may be thrown
	 * away, and the block taken by self. */
	bool (*lane)(const void *self, void *lane);
	/* Records do depend on those before them, but `prepare` does not: lanes are asked for no more than that. `record` is asked on self,
	 * in order, with text, place and note of a record that may be without its spans (rec->span is NULL). Before it is, `expect` sees the
	 * notes of n records that come next, TG_GROUP at most, and asks for memory that they lead to. */
	bool in_order;
	void (*expect)(const void *self, const void *notes, size_t n);
	void (*lane_release)(void *lane); /* frees what is the lane's own; may be NULL */
	/* At the end of input, again and again while it sets *more: the next of the records that were held (TG_HOLD), text and place, and
	 * what becomes of it. NULL: none is held. */
	enum tg_verdict (*held)(const void *self, struct tg_record *rec, bool *more,
				struct tg_work *w);
	/* When the input has ended well: appends what stands behind the last record and is none itself; or, where none came, before
	 * it. May be NULL. */
	void (*tail)(const void *self, struct tg_buffer *out);
	/* After the last record; may be NULL. */
	enum tg_status (*close)(void *self, const struct tg_setup *setup, struct tg_error *err);
	/* What the end says when more is rejected than allowed, where that is not TG_REJECTED (0). */
	enum tg_status rejected;
	/* Files that are one record together (the head of a request and its body), where the options name such: read whole and as they
	 * are, in place of operands and standard input. compose makes the record of what they hold. Both may be NULL. */
	size_t (*pieces)(const void *self,
			 const char **path); /* how many, TG_PIECES_MAX at most; 0: none */
	enum tg_status (*compose)(void *self, const struct tg_str *content, size_t n,
				  struct tg_buffer *record, struct tg_error *err);
	/* Whether the operands are no inputs but the tool's own: what `make` makes of them are the records, with their places, until it
	 * says false, and nothing is read. Without operands standard input has the records. Both may be NULL. */
	bool (*makes)(const void *self);
	bool (*make)(void *self, struct tg_buffer *record, struct tg_place *at);
	/* Whether the options ask for the bytes of one input to pass as they are, with nothing taken for a record. `begin` sees the input
	 * when it is open, and it stays until close; `piece` all its bytes in order, each before it goes out. All may be NULL. */
	bool (*passes)(const void *self);
	enum tg_status (*begin)(void *self, const struct tg_input *in, struct tg_error *err);
	enum tg_status (*piece)(void *self, struct tg_str bytes, struct tg_error *err);
	/* Whether the options ask for something that `answer` says on out, with nothing read and nothing logged, as --help does. Both
	 * may be NULL. */
	bool (*asks)(const void *self);
	enum tg_status (*answer)(void *self, struct tg_setup *setup, struct tg_output *out,
				 struct tg_error *err);
	/* Frees what the arena does not hold; takes a zeroed state; may be NULL. */
	void (*release)(void *self);
};

/* The whole program: called by main.c. */
int tg_main_filter(const struct tg_filter *filter, int argc, char **argv);

#endif
