/*
 * jobs: several threads at the records of one input, and the bytes that one thread would have made. Inside run/.
 *
 * Each lane reads a block, cuts it at the end of a record, and takes what it has cut: bytes stay with the processor that has them. One
 * lane reads at a time. The first lane is the main thread's, which besides takes the results in the order of the blocks; the others have
 * a thread each. A lane has a state of the tool, a scanner and buffers of its own; what becomes of a block goes into a program of the
 * block's, whose streams are memory. So whatever deals with records works against a program, and does not know of lanes.
 *
 * The same bytes come out for every number of threads because a result counts only when it is ordinary. A block in which anything else
 * happens (the end of the run, an error, a record that is too long, more rejects than may be kept, one that people are to be told of,
 * an end that is not where it was thought to be) is taken again by the program itself, which goes on until it stands at the start of a
 * block. What is rare has one implementation, and nothing said here about where records end needs to be right: it is only quicker so.
 * Only the main thread waits for input, and says anything.
 *
 * Whose turn it is to read is settled under a lock, once a block of 256 KiB, which costs nothing that could be measured; nothing is
 * shared while records are looked at. Memory: 2 N + 2 blocks, and what comes out of each, which has a limit too.
 */
#ifndef TG_RUN_JOBS_H
#define TG_RUN_JOBS_H

#include "common/run/runner.h"

enum { TG_JOBS_MOST = 256 };

/* What the loop of a shape does, and knows. */
struct tg_jobs_loop {
	size_t lane_size; /* of what a lane has for itself, which is zeroed at first */
	/* Makes a lane ready to take what comes next, again and again. False: not now. On the main thread, like the next. */
	bool (*ready)(void *arg, void *lane);
	void (*release)(void *arg, void *lane);
	/* Where the last record that is whole ends in bytes, which begin with one: 0, none is. *lines: how many lines there are up to it,
	 * as a place counts them; with last all of bytes is meant. On any lane's thread, one at a time. */
	size_t (*cut)(void *arg, struct tg_str bytes, bool last, uint64_t *lines);
	/* A lane takes a block, which begins at *at, and leaves *at where it has come to. False: something was out of the ordinary. On the
	 * lane's thread. */
	bool (*take)(void *arg, void *lane, struct tg_program *block, struct tg_str bytes,
		     bool last, struct tg_place *at);
	/* The block's turn has come, on the main thread: what is to be done about its records one after the other. Its bytes are still there,
	 * and go when this returns. NULL: nothing is. */
	enum tg_status (*settle)(void *arg, struct tg_program *block, struct tg_error *err);
	/* The program itself takes what is whole in its window. On the main thread, like the next. */
	enum tg_status (*alone)(void *arg, struct tg_input *in, struct tg_place *at,
				struct tg_error *err);
	/* The program itself goes on at *at, which it has not come to by itself. May be NULL. */
	void (*move)(void *arg, const struct tg_place *at);
	/* So many records of a block, in which all is ordinary, are the next to be taken over. False: the program itself takes it. May be
	 * NULL. On the main thread. */
	bool (*merge)(void *arg, uint64_t records);
};

struct tg_jobs;

/* How many threads --jobs asks for, TG_JOBS_MOST at most. */
size_t tg_jobs_wanted(const struct tg_program *p);

/* As many lanes as the program has; with one, NULL: there is nothing to share. runner is the one of the serial run; it, loop and arg live as
 * long. */
struct tg_jobs *tg_jobs_new(const struct tg_runner *runner, const struct tg_jobs_loop *loop,
			    void *arg);
/* Ends the threads, and releases what the lanes have. Before what they work with goes. */
void tg_jobs_free(struct tg_jobs **jobs); /* for TG_OWN too */

/* Whether the lanes can take what comes next of an input; jobs may be NULL. What is decompressed while it comes they cannot, since a read
 * of it cannot be given up. */
bool tg_jobs_may_take(struct tg_jobs *jobs, const struct tg_input *in);

/* Takes an input from *at on, where a record begins, to its end. The first bytes may be in the program's window. */
TG_MUST_USE enum tg_status tg_jobs_take(struct tg_jobs *jobs, struct tg_input *in,
					struct tg_place *at, struct tg_error *err);

#endif
