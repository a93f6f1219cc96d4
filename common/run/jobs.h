/*
 * jobs: several threads at the records of one input, and the bytes that one thread would have made. Inside run/.
 *
 * The main thread reads, cuts what it read into blocks at the end of a record, and takes the results in the order of the blocks. Between
 * the two, lanes work: one on the main thread, which works when it would have to wait, and a thread each for the others. A lane has a
 * state of the tool, a scanner and buffers of its own; what becomes of a block goes into a program of the block's, whose streams are
 * memory. So whatever deals with records works against a program, and does not know of lanes.
 *
 * The same bytes come out for every number of threads because a result counts only when it is ordinary. A block in which anything else
 * happens (the end of the run, an error, a record that is too long, more rejects than may be kept, one that people are to be told of,
 * an end that is not where it was thought to be) is taken again by the program itself, which goes on until it stands at the start of a
 * block. What is rare has one implementation, and nothing said here about where records end needs to be right: it is only quicker so.
 *
 * Blocks are handed over under a lock, one of 256 KiB at a time, which costs nothing that could be measured; nothing is shared while
 * records are looked at. Memory: 2 N + 2 blocks, and what comes out of each, which has a limit too.
 */
#ifndef TG_RUN_JOBS_H
#define TG_RUN_JOBS_H

#include "common/run/runner.h"

enum { TG_JOBS_MOST = 256 };

/* What the loop of a shape does, and knows. */
struct tg_jobs_loop {
	/* Where the last record that is whole ends in bytes, which begin with one: 0, none is. *lines: how many lines there are up to it,
	 * as a place counts them; with last all of bytes is meant. Called on the main thread. */
	size_t (*cut)(void *arg, struct tg_str bytes, bool last, uint64_t *lines);
	/* A lane takes a block, which begins at *at, and leaves *at where it has come to. False: something was out of the ordinary. Called on
	 * the lane's thread. */
	bool (*take)(void *arg, size_t lane, struct tg_program *block, struct tg_str bytes,
		     bool last, struct tg_place *at);
	/* The program itself takes what is whole in its window. Called on the main thread, like the next. */
	enum tg_status (*alone)(void *arg, struct tg_input *in, struct tg_place *at,
				struct tg_error *err);
	/* The program itself goes on at *at, which it has not come to by itself. May be NULL. */
	void (*move)(void *arg, const struct tg_place *at);
};

struct tg_jobs;

/* How many threads --jobs asks for, TG_JOBS_MOST at most. */
size_t tg_jobs_wanted(const struct tg_program *p);

/* lanes: 2 at least. runner is the one of the serial run; it, loop and arg live as long. */
TG_MUST_USE struct tg_jobs *tg_jobs_new(const struct tg_runner *runner, size_t lanes,
					const struct tg_jobs_loop *loop, void *arg);
/* Ends the threads. Before what they work with goes. */
void tg_jobs_free(struct tg_jobs **jobs); /* for TG_OWN too */

/* Whether an input can be read so: what is decompressed while it comes is not, since a read of it cannot be given up. */
bool tg_jobs_may_read(const struct tg_input *in);

/* Takes an input from *at on, where a record begins, to its end. The first bytes may be in the program's window. */
TG_MUST_USE enum tg_status tg_jobs_take(struct tg_jobs *jobs, struct tg_input *in,
					struct tg_place *at, struct tg_error *err);

#endif
