#include "common/run/jobs.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ROOM = TG_WINDOW_BLOCK,
	LEAST = 16 * 1024, /* blocks do not get smaller, whatever comes of them */
	HELD = 2 << 20,	   /* bytes that come of one, before it is too much to hold */
	STACK = 1 << 20,   /* musl gives a thread 128 KiB */
};

/* A part of the input, and what came of it. */
struct block {
	char *p; /* ROOM, and TG_SLACK */
	size_t n;
	struct tg_place at, end; /* where it begins; where the next one does */
	bool last;
	bool done, ordinary;
	struct tg_program program;
};

struct worker {
	struct tg_jobs *jobs;
	size_t lane;
	pthread_t thread;
	bool running;
};

struct tg_jobs {
	struct tg_program *program;
	const struct tg_runner *
		runner; /* of the program: knows whether people are to be told of the next reject */
	const struct tg_jobs_loop *loop;
	void *arg;
	struct worker *worker; /* behind the first lane, which is the main thread's */
	size_t lanes;
	bool threads;
	struct block *block;
	size_t blocks;
	/* So many were read, given to a lane, taken over by the program. */
	uint64_t put, given, merged;
	bool over;
	pthread_mutex_t mutex;
	pthread_cond_t more, done;
	/* Of the main thread: block[put % blocks] is being read. */
	size_t room;		/* bytes that make a block */
	struct tg_place next;	/* where it begins */
	struct tg_buffer ahead; /* the program had read these when it came here */
	size_t ahead_at;
	bool reading;
	bool dry; /* a read was given up, because it would have waited while there was something to do */
	bool ended;	       /* nothing comes behind what is in hand */
	bool all_ahead;	       /* nothing comes behind what was read ahead */
	enum tg_status failed; /* how reading ended otherwise */
	struct tg_error why;
};

static void lock(struct tg_jobs *j)
{
	TG_BUG_IF(pthread_mutex_lock(&j->mutex) != 0);
}

static void unlock(struct tg_jobs *j)
{
	TG_BUG_IF(pthread_mutex_unlock(&j->mutex) != 0);
}

static struct block *block_of(const struct tg_jobs *j, uint64_t number)
{
	return &j->block[number % j->blocks];
}

static struct block *in_hand(const struct tg_jobs *j)
{
	return block_of(j, j->put);
}

/*
 * Lanes
 */

static bool is_same_place(const struct tg_place *a, const struct tg_place *b)
{
	return a->line == b->line && a->offset == b->offset;
}

static void take_block(struct tg_jobs *j, size_t lane, struct block *b)
{
	struct tg_place at = b->at;
	struct tg_program *p = &b->program;
	bool whole = j->loop->take(j->arg, lane, p, tg_str_from(b->p, b->n), b->last, &at);

	/* Nothing is found out about a block, so what is has to do with the run. */
	b->ordinary = whole && !p->out.status && p->metas == 0 &&
		      (b->last || is_same_place(&at, &b->end));
	if (b->last)
		b->end = at; /* there may be no line end to count */
}

/* The next block that no lane has, or none. With the lock, as it comes back. */
static bool take_next(struct tg_jobs *j, size_t lane)
{
	struct block *b;

	if (j->given == j->put)
		return false;
	b = block_of(j, j->given++);
	unlock(j);
	take_block(j, lane, b);
	lock(j);
	b->done = true;
	if (lane > 0 && b == block_of(j, j->merged)) /* nobody else waits */
		TG_BUG_IF(pthread_cond_signal(&j->done) != 0);
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct tg_jobs *j = w->jobs;

	lock(j);
	while (!j->over) {
		if (!take_next(j, w->lane))
			TG_BUG_IF(pthread_cond_wait(&j->more, &j->mutex) != 0);
	}
	unlock(j);
	return NULL;
}

/* A thread that cannot be made is one less: the main thread can do all. Signals are the main thread's. */
static void start_threads(struct tg_jobs *j)
{
	pthread_attr_t attr;
	sigset_t all, before;

	j->threads = true;
	TG_BUG_IF(pthread_attr_init(&attr) != 0);
	(void)pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	TG_BUG_IF(pthread_sigmask(SIG_SETMASK, &all, &before) != 0);
	for (size_t i = 1; i < j->lanes; i++) {
		struct worker *w = &j->worker[i];

		w->running = pthread_create(&w->thread, &attr, work, w) == 0;
	}
	TG_BUG_IF(pthread_sigmask(SIG_SETMASK, &before, NULL) != 0);
	pthread_attr_destroy(&attr);
}

/* Waits until the block that is to be merged next is done, and works meanwhile. */
static struct block *wait_for_next(struct tg_jobs *j)
{
	struct block *b = block_of(j, j->merged);

	lock(j);
	while (!b->done) {
		if (!take_next(j, 0))
			TG_BUG_IF(pthread_cond_wait(&j->done, &j->mutex) != 0);
	}
	unlock(j);
	return b;
}

static bool is_next_done(struct tg_jobs *j)
{
	bool done;

	if (j->merged == j->put)
		return false;
	lock(j);
	done = block_of(j, j->merged)->done;
	unlock(j);
	return done;
}

/*
 * Blocks
 */

/* The program of a block: what the tool and its loop ask a program for. */
static void begin_program(const struct tg_jobs *j, struct tg_program *p)
{
	const struct tg_program *whole = j->program;

	p->tool = whole->tool;
	p->common = whole->common;
	p->setup = whole->setup;
	p->setup.program = p;
	p->setup.arena = &p->arena;
	p->messages.closed = true; /* only the program itself speaks */
	p->rejects = TG_REJECTS_INIT;
	p->rejects.held = whole->rejects.fd >= 0;
	p->rejects.tool = whole->rejects.tool;
	p->rejects.run = whole->rejects.run;
	tg_output_hold(&p->out, HELD);
}

static void clear_program(struct tg_program *p)
{
	struct tg_output *out = &p->out;

	out->n = out->runs = out->run_bytes = out->view_n = 0;
	out->status = TG_OK;
	tg_rejects_drop(&p->rejects);
	p->records_in = p->records_out = p->dropped = 0;
	p->drops = p->metas = 0;
}

static struct block *free_block(struct tg_jobs *j, struct block *b)
{
	if (!b->p) {
		b->p = tg_resize(NULL, ROOM + TG_SLACK);
		begin_program(j, &b->program);
	}
	b->n = 0;
	b->done = b->ordinary = b->last = false;
	clear_program(&b->program);
	return b;
}

/* The first n bytes of what is in hand, which are records, go to the lanes; the rest begins the next block. */
static void put_block(struct tg_jobs *j, size_t n, uint64_t lines)
{
	struct block *b = in_hand(j), *behind = free_block(j, block_of(j, j->put + 1));

	if (!j->threads)
		start_threads(j);
	behind->n = b->n - n;
	if (behind->n)
		memcpy(behind->p, b->p + n, behind->n);
	b->n = n;
	b->last = j->ended && behind->n == 0;
	memset(b->p + n, 0, TG_SLACK);
	b->at = j->next;
	j->next.line += lines;
	j->next.offset += n;
	b->end = j->next;
	lock(j);
	j->put++;
	TG_BUG_IF(pthread_cond_signal(&j->more) != 0);
	unlock(j);
}

/* Its place in the ring is free. */
static void drop_block(struct tg_jobs *j)
{
	lock(j); /* a lane compares */
	j->merged++;
	unlock(j);
}

/* One block and the one being read are no lane's. */
static bool is_full(const struct tg_jobs *j)
{
	return j->put - j->merged + 2 >= j->blocks;
}

/*
 * Reading
 */

static struct tg_str rest_ahead(const struct tg_jobs *j)
{
	return tg_str_after(tg_buffer_str(&j->ahead), j->ahead_at);
}

/* A read would wait. What there is to do is done first, all of it. */
static enum tg_status idle(void *arg, struct tg_error *err)
{
	struct tg_jobs *j = arg;
	const struct block *b = in_hand(j);
	uint64_t lines;

	if (!j->reading)
		return tg_program_idle(j->program, err);
	if (j->merged == j->put &&
	    (b->n == 0 || j->loop->cut(j->arg, tg_str_from(b->p, b->n), false, &lines) == 0))
		return tg_program_idle(j->program, err);
	j->dry = true;
	return tg_fail(err, TG_TRY_AGAIN, "nothing is there yet");
}

/* The same from what was read ahead. */
static void read_ahead(struct tg_jobs *j)
{
	struct block *b = in_hand(j);
	struct tg_str rest = rest_ahead(j);

	if (rest.n > j->room - b->n)
		rest.n = j->room - b->n;
	memcpy(b->p + b->n, rest.p, rest.n);
	b->n += rest.n;
	j->ahead_at += rest.n;
	j->ended = j->all_ahead && j->ahead_at == j->ahead.n;
}

/* Reads on behind what is in hand. ahead: the read is given up where it would wait and there is something to do. */
static enum tg_status read_some(struct tg_jobs *j, struct tg_input *in, bool ahead,
				struct tg_error *err)
{
	struct block *b = in_hand(j);
	enum tg_status st;
	size_t got = 0;

	if (j->ahead_at < j->ahead.n) {
		read_ahead(j);
		return TG_OK;
	}
	tg_program_tick(j->program);
	j->why = TG_ERROR_INIT;
	j->reading = ahead;
	st = tg_input_read(in, b->p + b->n, j->room - b->n, &got, &j->why);
	j->reading = false;
	if (j->dry)
		return TG_OK;
	if (st == TG_INTERRUPTED || st == TG_PIPE) {
		*err = j->why;
		return st;
	}
	if (st) { /* what came before it is taken first, as it would have been */
		j->failed = st;
		return TG_OK;
	}
	b->n += got;
	j->ended = got == 0;
	return TG_OK;
}

/*
 * Alone
 */

/* The program's fill: the blocks that were read ahead, what is in hand, and then the input. */
static enum tg_status feed(void *arg, struct tg_input *in, struct tg_error *err)
{
	struct tg_jobs *j = arg;
	struct tg_window *w = &j->program->window;
	struct block *b;
	enum tg_status st;

	if (j->merged < j->put) {
		b = wait_for_next(j);
		tg_window_put(w, tg_str_from(b->p, b->n));
		w->last = b->last;
		drop_block(j);
		return TG_OK;
	}
	b = in_hand(j);
	st = b->n || j->ended || j->failed ? TG_OK : read_some(j, in, false, err);
	if (!st && !b->n && j->failed) {
		*err = j->why;
		st = j->failed;
	}
	if (st)
		return st;
	tg_window_put(w, tg_str_from(b->p, b->n));
	j->next.offset += b->n; /* its line is known when all is taken */
	b->n = 0;
	w->last = j->ended;
	return TG_OK;
}

/* What the program itself has left of what it was fed is in hand again. */
static void take_back(struct tg_jobs *j, const struct tg_place *at)
{
	struct tg_window *w = &j->program->window;
	struct block *b = in_hand(j);

	if (w->n)
		memcpy(b->p, w->p, w->n);
	b->n = w->n;
	j->next = *at;
	tg_window_reset(w);
}

/* Whether the lanes may go on: at a block's start, or with so little left that it fits into one, and grows there. */
static bool is_with_the_blocks(const struct tg_jobs *j, const struct tg_place *at)
{
	const struct tg_window *w = &j->program->window;

	if (w->last)
		return w->n == 0;
	if (j->merged < j->put)
		return w->n == 0 && is_same_place(at, &block_of(j, j->merged)->at);
	return in_hand(j)->n == 0 && !j->failed && w->n <= j->room / 2;
}

/* The program itself takes the next block, and goes on until it is with the blocks again. */
static enum tg_status go_alone(struct tg_jobs *j, struct tg_input *in, struct tg_place *at,
			       struct tg_error *err)
{
	struct tg_program *p = j->program;
	struct tg_window *w = &p->window;
	enum tg_status st;

	if (j->loop->move)
		j->loop->move(j->arg, at);
	tg_window_reset(w);
	w->offset = at->offset;
	p->feed = feed;
	p->feed_arg = j;
	do {
		size_t before;

		st = tg_program_fill(p, in, err);
		do {
			before = w->n;
			if (!st && w->n)
				st = j->loop->alone(j->arg, in, at, err);
		} while (!st && w->n && w->n < before);
	} while (!st && !is_with_the_blocks(j, at));
	p->feed = NULL;
	if (!st && j->merged == j->put)
		take_back(j, at);
	return st;
}

/*
 * Merging
 */

static bool may_be_merged(const struct tg_jobs *j, const struct block *b)
{
	const struct tg_rejects *r = &b->program.rejects;

	return b->ordinary && (r->total == 0 || (!tg_runner_says(j->runner) &&
						 tg_rejects_fit(&j->program->rejects, r)));
}

static enum tg_status merge(struct tg_jobs *j, struct tg_input *in, struct tg_place *at,
			    struct tg_error *err)
{
	struct tg_program *p = j->program, *from;
	struct block *b = wait_for_next(j);
	enum tg_status st;

	if (!may_be_merged(j, b)) {
		if (b->program.out.status || b->program.rejects.pending.n >= HELD)
			j->room = j->room / 2 > LEAST ? j->room / 2
						      : j->room; /* less may come of less */
		return go_alone(j, in, at, err);
	}
	from = &b->program;
	p->records_in += from->records_in;
	p->records_out += from->records_out;
	p->dropped += from->dropped;
	for (size_t i = 0; i < from->drops; i++)
		tg_count_add(p->drop, &p->drops, from->drop[i].name, from->drop[i].n);
	st = tg_rejects_append(&p->rejects, &from->rejects, err);
	tg_output_hand(&from->out, &p->out);
	*at = b->end;
	drop_block(j);
	if (!st && p->out.status)
		st = tg_output_flush(&p->out, err); /* says what went wrong */
	return st;
}

/*
 * The order of things
 */

/* What is in hand goes to the lanes, or it is taken at once. */
static enum tg_status send(struct tg_jobs *j, struct tg_input *in, struct tg_place *at,
			   struct tg_error *err)
{
	const struct block *b = in_hand(j);
	bool more = !j->ended && !j->failed && !j->dry;
	enum tg_status st = TG_OK;
	uint64_t lines = 0;
	size_t n;

	/* A little at the end is taken sooner than it is handed over. */
	if (more || (j->ended && (j->merged < j->put || b->n >= j->room / 4))) {
		n = j->loop->cut(j->arg, tg_str_from(b->p, b->n), j->ended, &lines);
		if (n) {
			put_block(j, n, lines);
			return TG_OK;
		}
	}
	while (!st && j->merged < j->put)
		st = merge(j, in, at, err);
	if (!st && in_hand(j)->n) /* the program may have taken it with a block before */
		st = go_alone(j, in, at, err);
	return st;
}

static enum tg_status step(struct tg_jobs *j, struct tg_input *in, struct tg_place *at,
			   struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (is_full(j) || is_next_done(j))
		return merge(j, in, at, err);
	if (in_hand(j)->n < j->room && !j->ended && !j->failed)
		st = read_some(j, in, true, err);
	if (st || (in_hand(j)->n < j->room && !j->ended && !j->failed && !j->dry))
		return st;
	st = send(j, in, at, err);
	j->dry = false;
	return st;
}

enum tg_status tg_jobs_take(struct tg_jobs *j, struct tg_input *in, struct tg_place *at,
			    struct tg_error *err)
{
	struct tg_window *w = &j->program->window;
	enum tg_status (*idle_before)(void *arg, struct tg_error *err) = in->idle;
	void *idle_arg = in->idle_arg;
	enum tg_status st = TG_OK;

	j->failed = TG_OK;
	j->dry = j->ended = false;
	j->next = *at;
	tg_output_settle(&j->program->out); /* before the window can go */
	tg_buffer_clear(&j->ahead);
	tg_buffer_put_str(&j->ahead, tg_str_from(w->p, w->n));
	j->ahead_at = 0;
	j->all_ahead = w->last;
	j->ended = w->last && w->n == 0;
	tg_window_reset(w);
	free_block(j, in_hand(j));
	in->idle = idle;
	in->idle_arg = j;
	while (!st && (!j->ended || in_hand(j)->n || j->merged < j->put)) {
		st = step(j, in, at, err);
		if (!st && j->failed && j->merged == j->put && in_hand(j)->n == 0) {
			*err = j->why;
			st = j->failed;
		}
	}
	in->idle = idle_before;
	in->idle_arg = idle_arg;
	return st;
}

/*
 * Life
 */

bool tg_jobs_may_read(const struct tg_input *in)
{
	return !(in->packed && in->blocks);
}

size_t tg_jobs_wanted(const struct tg_program *p)
{
	uint64_t n = p->common.jobs;
#ifdef CPU_COUNT
	cpu_set_t set;

	if (n == 0 && sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (uint64_t)CPU_COUNT(&set);
#endif
	if (n == 0) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		n = cpus > 0 ? (uint64_t)cpus : 1;
	}
	return n < TG_JOBS_MOST ? (size_t)n : TG_JOBS_MOST;
}

/* Tests make blocks small, so that there are many ends of them. */
static size_t wanted_room(void)
{
	const char *text = getenv("TIDEGATE_JOBS_BLOCK");
	uint64_t n;

	if (!text || !tg_read_u64(tg_str_of(text), &n) || n == 0 || n > ROOM)
		return ROOM;
	return (size_t)n;
}

struct tg_jobs *tg_jobs_new(const struct tg_runner *runner, size_t lanes,
			    const struct tg_jobs_loop *loop, void *arg)
{
	struct tg_jobs *j = tg_alloc(sizeof(*j));

	j->program = runner->program;
	j->runner = runner;
	j->loop = loop;
	j->arg = arg;
	j->lanes = lanes;
	j->worker = tg_alloc_array(lanes, sizeof(*j->worker));
	for (size_t i = 0; i < lanes; i++)
		j->worker[i] = (struct worker){ .jobs = j, .lane = i };
	j->blocks = 2 * lanes + 2;
	j->block = tg_alloc_array(j->blocks, sizeof(*j->block));
	j->room = wanted_room();
	TG_BUG_IF(pthread_mutex_init(&j->mutex, NULL) != 0 ||
		  pthread_cond_init(&j->more, NULL) != 0 || pthread_cond_init(&j->done, NULL) != 0);
	return j;
}

void tg_jobs_free(struct tg_jobs **jobs)
{
	struct tg_jobs *j = TG_TAKE(*jobs);

	if (!j)
		return;
	lock(j);
	j->over = true;
	j->given = j->put; /* what nobody has begun, nobody needs any more */
	TG_BUG_IF(pthread_cond_broadcast(&j->more) != 0);
	unlock(j);
	for (size_t i = 1; i < j->lanes; i++)
		if (j->worker[i].running)
			TG_BUG_IF(pthread_join(j->worker[i].thread, NULL) != 0);
	for (size_t i = 0; i < j->blocks; i++) {
		struct block *b = &j->block[i];

		tg_output_release(&b->program.out);
		tg_arena_release(&b->program.arena);
		if (b->p)
			tg_rejects_release(&b->program.rejects);
		tg_free(b->p);
	}
	tg_buffer_release(&j->ahead);
	pthread_cond_destroy(&j->done);
	pthread_cond_destroy(&j->more);
	pthread_mutex_destroy(&j->mutex);
	tg_free(j->block);
	tg_free(j->worker);
	tg_free(j);
}
