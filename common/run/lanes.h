/*
 * lanes: what any lane of jobs.h does: it reads a block, cuts it, works on it. jobs.c has what the main thread does alone: the order of the
 * results, and all that is out of the ordinary. Inside run/.
 *
 * "Of who reads" is what the reader may touch: the lane for which `reading` is set, or the main thread while main_reads is and reading is
 * not. A block is its lane's from when it was cut until it is done, and then the main thread's, until it is free again. All else that
 * changes is under the lock.
 */
#ifndef TG_RUN_LANES_H
#define TG_RUN_LANES_H

#include "common/base/check.h"
#include "common/run/jobs.h"

#include <pthread.h>

enum {
	TG_BLOCK_ROOM = TG_WINDOW_BLOCK,
	TG_BLOCK_LEAST = 16 * 1024, /* they do not get smaller, whatever comes of them */
	TG_BLOCK_MUCH =
		512 * 1024, /* that comes of one: it had better stay in the cache of the lane */
};

/* A part of the input, and what came of it. */
struct tg_block {
	char *p; /* TG_BLOCK_ROOM, and TG_SLACK */
	size_t n;
	struct tg_place at, end; /* where it begins; where the next one does */
	bool last;
	bool done, ordinary;
	struct tg_program program;
	size_t lane;	       /* that had it last, in whose cache it may be */
	struct tg_block *next; /* of that lane's free ones */
};

struct tg_lane {
	struct tg_jobs *jobs;
	void *own;	       /* the loop's */
	struct tg_block *free; /* the last one used comes first */
	pthread_t thread;      /* of all but the first */
	bool running;
};

struct tg_jobs {
	struct tg_program *program;
	const struct tg_runner *
		runner; /* of the program: knows whether people are to be told of the next reject */
	const struct tg_jobs_loop *loop;
	void *arg;
	struct tg_lane *lane;
	size_t lanes;
	bool threads;
	struct tg_block *block, **ring;
	size_t blocks;

	pthread_mutex_t mutex; /* for what follows, and the lanes' lists */
	pthread_cond_t more;   /* a lane may read */
	pthread_cond_t done;   /* the main thread has something to do */
	uint64_t put, merged;  /* so many were read, taken over by the program */
	size_t free;	       /* blocks in the lists */
	size_t waiting;	       /* lanes */
	bool reading;	       /* a lane is */
	bool main_reads; /* the main thread does, or must: there is something out of the ordinary about what comes next */
	bool over;
	size_t wanted; /* bytes that make a block */

	/* Of who reads. */
	size_t reader; /* a lane */
	struct tg_input *in;
	struct tg_block *hand;	/* is being read */
	size_t room;		/* bytes that make it */
	struct tg_place next;	/* where it begins */
	struct tg_buffer ahead; /* the program had read these when it came here */
	size_t ahead_at;
	bool may_give_up;      /* a read, where it would wait and there is something to do */
	bool dry;	       /* one was */
	bool ended;	       /* nothing comes behind what is in hand */
	bool all_ahead;	       /* nothing comes behind what was read ahead */
	enum tg_status failed; /* how reading ended otherwise */
	struct tg_error why;
};

static inline void tg_lanes_lock(struct tg_jobs *j)
{
	TG_BUG_IF(pthread_mutex_lock(&j->mutex) != 0);
}

static inline void tg_lanes_unlock(struct tg_jobs *j)
{
	TG_BUG_IF(pthread_mutex_unlock(&j->mutex) != 0);
}

static inline void tg_lanes_wait(struct tg_jobs *j, pthread_cond_t *condition)
{
	TG_BUG_IF(pthread_cond_wait(condition, &j->mutex) != 0);
}

static inline void tg_lanes_wake(pthread_cond_t *condition)
{
	TG_BUG_IF(pthread_cond_signal(condition) != 0);
}

/* Ends what tg_jobs_new began. */
void tg_lanes_start(struct tg_jobs *j);
void tg_lanes_end(struct tg_jobs *j);

/* Free blocks: gives one back, takes one, its lane's own if it can be (NULL: there is none). With the lock; only who reads takes any. */
void tg_lanes_give(struct tg_jobs *j, struct tg_block *b);
struct tg_block *tg_lanes_take(struct tg_jobs *j, size_t lane);
/* Makes a block that was taken ready to be read into; the n bytes at p are its first. */
struct tg_block *tg_lanes_begin(const struct tg_jobs *j, struct tg_block *b, const char *p,
				size_t n);

/* Whether a lane may read now. With the lock. */
bool tg_lanes_may_read(const struct tg_jobs *j);
/* Reads until there is a block in hand, or a reason to stop. */
void tg_lanes_read(struct tg_jobs *j, size_t lane);
/* Reads on behind what is in hand, once; may_give_up: not where that would wait and there is something to do. */
void tg_lanes_read_some(struct tg_jobs *j, bool may_give_up);
/* What is in hand, as far as it is records; what is left of it begins the next block. NULL: the main thread must look at it. */
struct tg_block *tg_lanes_cut(struct tg_jobs *j, size_t lane);
/* The input's idle, while it is read by lanes; arg is the jobs. */
enum tg_status tg_lanes_idle(void *arg, struct tg_error *err);

/* A block takes its place among those to be merged. With the lock. */
void tg_lanes_queue(struct tg_jobs *j, struct tg_block *b);
void tg_lanes_work(struct tg_jobs *j, size_t lane, struct tg_block *b);
/* What came of it will not change any more. With the lock. */
void tg_lanes_finish(struct tg_jobs *j, struct tg_block *b);

/* Of the main thread: the block to be merged next, and what it was merged of is free. */
struct tg_block *tg_lanes_next(const struct tg_jobs *j);
void tg_lanes_drop(struct tg_jobs *j);

static inline bool tg_lanes_is_same_place(const struct tg_place *a, const struct tg_place *b)
{
	return a->line == b->line && a->offset == b->offset;
}

#endif
