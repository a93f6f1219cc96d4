#include "common/run/lanes.h"

#include "common/base/memory.h"

#include <signal.h>

enum {
	HELD = 2 << 20,	 /* bytes that come of a block, before it is too much to hold */
	STACK = 1 << 20, /* musl gives a thread 128 KiB */
};

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
	p->noted.n = 0;
}

void tg_lanes_give(struct tg_jobs *j, struct tg_block *b)
{
	struct tg_lane *l = &j->lane[b->lane];

	b->next = l->free;
	l->free = b;
	j->free++;
}

struct tg_block *tg_lanes_take(struct tg_jobs *j, size_t lane)
{
	for (size_t i = 0; j->free && i < j->lanes; i++) {
		struct tg_lane *l = &j->lane[(lane + i) % j->lanes];
		struct tg_block *b = l->free;

		if (!b)
			continue;
		l->free = b->next;
		j->free--;
		return b;
	}
	return NULL;
}

struct tg_block *tg_lanes_begin(const struct tg_jobs *j, struct tg_block *b, const char *p,
				size_t n)
{
	if (!b->p) {
		b->p = tg_resize(NULL, TG_BLOCK_ROOM + TG_SLACK);
		begin_program(j, &b->program);
	}
	if (n)
		memcpy(b->p, p, n);
	b->n = n;
	b->done = b->ordinary = b->last = false;
	clear_program(&b->program);
	return b;
}

struct tg_block *tg_lanes_next(const struct tg_jobs *j)
{
	return j->ring[j->merged % j->blocks];
}

bool tg_lanes_may_read(const struct tg_jobs *j)
{
	return !j->reading && !j->main_reads && j->free > 0 && !j->ended && !j->failed;
}

void tg_lanes_drop(struct tg_jobs *j)
{
	tg_lanes_lock(j);
	tg_lanes_give(j, tg_lanes_next(j));
	j->merged++;
	if (j->waiting && tg_lanes_may_read(j))
		tg_lanes_wake(&j->more);
	tg_lanes_unlock(j);
}

/*
 * Reading
 */

static struct tg_str in_hand(const struct tg_jobs *j)
{
	return tg_str_from(j->hand->p, j->hand->n);
}

/* A read would wait. The other lanes leave that to the main thread, which does first what there is to do, all of it. */
enum tg_status tg_lanes_idle(void *arg, struct tg_error *err)
{
	struct tg_jobs *j = arg;
	uint64_t lines;

	if (!j->may_give_up)
		return tg_program_idle(j->program, err);
	if (j->reader == 0 && j->merged == j->put &&
	    (j->hand->n == 0 || j->loop->cut(j->arg, in_hand(j), false, &lines) == 0))
		return tg_program_idle(j->program, err);
	j->dry = true;
	return tg_fail(err, TG_TRY_AGAIN, "nothing is there yet");
}

/* The same from what was read ahead. */
static void read_ahead(struct tg_jobs *j)
{
	struct tg_block *b = j->hand;
	struct tg_str rest = tg_str_after(tg_buffer_str(&j->ahead), j->ahead_at);

	if (rest.n > j->room - b->n)
		rest.n = j->room - b->n;
	memcpy(b->p + b->n, rest.p, rest.n);
	b->n += rest.n;
	j->ahead_at += rest.n;
	j->ended = j->all_ahead && j->ahead_at == j->ahead.n;
}

void tg_lanes_read_some(struct tg_jobs *j, bool may_give_up)
{
	struct tg_block *b = j->hand;
	enum tg_status st;
	size_t got = 0;

	if (j->ahead_at < j->ahead.n) {
		read_ahead(j);
		return;
	}
	j->why = TG_ERROR_INIT;
	j->may_give_up = may_give_up;
	st = tg_input_read(j->in, b->p + b->n, j->room - b->n, &got, &j->why);
	if (j->dry)
		return;
	if (st)
		j->failed = st;
	b->n += got;
	j->ended = !st && got == 0;
}

/* Whether there is no point in reading on. */
static bool is_read(const struct tg_jobs *j)
{
	return j->hand->n >= j->room || j->ended || j->failed || j->dry;
}

/* Into a block that the lane has had before, unless there is much in hand. */
void tg_lanes_read(struct tg_jobs *j, size_t lane)
{
	struct tg_block *old = j->hand, *own = NULL;

	tg_lanes_lock(j);
	j->room = j->wanted;
	if (old->lane != lane && old->n < TG_BLOCK_LEAST)
		own = tg_lanes_take(j, lane);
	if (own)
		tg_lanes_give(j, old); /* nobody else takes any now */
	tg_lanes_unlock(j);
	if (own) {
		own->lane = lane;
		j->hand = tg_lanes_begin(j, own, old->p, old->n);
	}
	j->reader = lane;
	while (!is_read(j))
		tg_lanes_read_some(j, true);
}

/* The first n bytes of what is in hand, which are records, become a block, and the rest begins the next one. */
static struct tg_block *put_block(struct tg_jobs *j, size_t lane, size_t n, uint64_t lines)
{
	struct tg_block *b = j->hand, *behind;

	tg_lanes_lock(j);
	behind = tg_lanes_take(j, lane);
	tg_lanes_unlock(j);
	j->hand = tg_lanes_begin(j, behind, b->p + n, b->n - n);
	b->n = n;
	b->last = j->ended && j->hand->n == 0;
	b->lane = lane;
	memset(b->p + n, 0, TG_SLACK);
	b->at = j->next;
	j->next.line += lines;
	j->next.offset += n;
	b->end = j->next;
	return b;
}

/* A little at the end is taken sooner than it is handed over. */
struct tg_block *tg_lanes_cut(struct tg_jobs *j, size_t lane)
{
	const struct tg_block *b = j->hand;
	uint64_t lines = 0;
	size_t n = 0;

	if (b->n == 0 || j->failed || j->dry ||
	    (lane == 0 && j->ended && b->n < j->room / 4 && j->merged == j->put))
		return NULL;
	n = j->loop->cut(j->arg, in_hand(j), j->ended, &lines);
	return n ? put_block(j, lane, n, lines) : NULL;
}

void tg_lanes_queue(struct tg_jobs *j, struct tg_block *b)
{
	j->ring[j->put++ % j->blocks] = b;
}

/*
 * Lanes
 */

void tg_lanes_work(struct tg_jobs *j, size_t lane, struct tg_block *b)
{
	struct tg_place at = b->at;
	struct tg_program *p = &b->program;
	bool whole =
		j->loop->take(j->arg, j->lane[lane].own, p, tg_str_from(b->p, b->n), b->last, &at);

	/* Nothing is found out about a block, so what is has to do with the run. */
	b->ordinary = whole && !p->out.status && p->metas == 0 &&
		      (b->last || tg_lanes_is_same_place(&at, &b->end));
	if (b->last)
		b->end = at; /* there may be no line end to count */
}

void tg_lanes_finish(struct tg_jobs *j, struct tg_block *b)
{
	b->done = true;
	if (b == tg_lanes_next(j))
		tg_lanes_wake(&j->done);
}

/* A lane reads a block and takes it. With the lock, as it comes back. */
static void take_turn(struct tg_jobs *j, size_t lane)
{
	struct tg_block *b;

	j->reading = true;
	tg_lanes_unlock(j);
	tg_lanes_read(j, lane);
	b = tg_lanes_cut(j, lane);
	tg_lanes_lock(j);
	j->reading = false;
	if (b) {
		tg_lanes_queue(j, b);
	} else {
		j->dry = false;
		j->main_reads = true;
	}
	tg_lanes_wake(j->waiting && tg_lanes_may_read(j) ? &j->more : &j->done);
	if (!b)
		return;
	tg_lanes_unlock(j);
	tg_lanes_work(j, lane, b);
	tg_lanes_lock(j);
	tg_lanes_finish(j, b);
}

static void *work(void *arg)
{
	struct tg_lane *l = arg;
	struct tg_jobs *j = l->jobs;

	tg_lanes_lock(j);
	while (!j->over) {
		if (tg_lanes_may_read(j)) {
			take_turn(j, (size_t)(l - j->lane));
			continue;
		}
		j->waiting++;
		tg_lanes_wait(j, &j->more);
		j->waiting--;
	}
	tg_lanes_unlock(j);
	return NULL;
}

/* A thread that cannot be made is one less: the main thread can do all. Signals are the main thread's. */
void tg_lanes_start(struct tg_jobs *j)
{
	pthread_attr_t attr;
	sigset_t all, before;

	j->threads = true;
	TG_BUG_IF(pthread_attr_init(&attr) != 0);
	(void)pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	TG_BUG_IF(pthread_sigmask(SIG_SETMASK, &all, &before) != 0);
	for (size_t i = 1; i < j->lanes; i++) {
		struct tg_lane *l = &j->lane[i];

		l->running = pthread_create(&l->thread, &attr, work, l) == 0;
	}
	TG_BUG_IF(pthread_sigmask(SIG_SETMASK, &before, NULL) != 0);
	pthread_attr_destroy(&attr);
}

void tg_lanes_end(struct tg_jobs *j)
{
	tg_lanes_lock(j);
	j->over = true;
	TG_BUG_IF(pthread_cond_broadcast(&j->more) != 0);
	tg_lanes_unlock(j);
	for (size_t i = 1; i < j->lanes; i++)
		if (j->lane[i].running)
			TG_BUG_IF(pthread_join(j->lane[i].thread, NULL) != 0);
}
