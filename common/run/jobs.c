#include "common/run/lanes.h"

#include "common/base/memory.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The main thread
 */

/* From now on the main thread reads, and nobody else. */
static void take_reading(struct tg_jobs *j)
{
	tg_lanes_lock(j);
	j->main_reads = true;
	while (j->reading)
		tg_lanes_wait(j, &j->done);
	tg_lanes_unlock(j);
}

/* Whoever comes first. */
static void give_reading(struct tg_jobs *j)
{
	tg_lanes_lock(j);
	j->main_reads = false;
	if (j->waiting && tg_lanes_may_read(j))
		tg_lanes_wake(&j->more);
	tg_lanes_unlock(j);
}

static struct tg_block *wait_for_next(struct tg_jobs *j)
{
	struct tg_block *b;

	tg_lanes_lock(j);
	b = tg_lanes_next(j);
	while (!b->done)
		tg_lanes_wait(j, &j->done);
	tg_lanes_unlock(j);
	return b;
}

/*
 * Alone
 */

/* The program's fill: the blocks that were read ahead, what is in hand, and then the input. */
static enum tg_status feed(void *arg, struct tg_input *in, struct tg_error *err)
{
	struct tg_jobs *j = arg;
	struct tg_window *w = &j->program->window;
	struct tg_block *b;

	(void)in;
	if (j->merged < j->put) {
		b = wait_for_next(j);
		tg_window_put(w, tg_str_from(b->p, b->n));
		w->last = b->last;
		tg_lanes_drop(j);
		return TG_OK;
	}
	b = j->hand;
	if (!b->n && !j->ended && !j->failed)
		tg_lanes_read_some(j, false);
	if (!b->n && j->failed) {
		*err = j->why;
		return j->failed;
	}
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
	struct tg_block *b = j->hand;

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
		return w->n == 0 && tg_lanes_is_same_place(at, &tg_lanes_next(j)->at);
	return j->hand->n == 0 && !j->failed && w->n <= j->room / 2;
}

/* The program itself takes the next block, and goes on until it is with the blocks again. */
static enum tg_status go_alone(struct tg_jobs *j, struct tg_place *at, struct tg_error *err)
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

		st = tg_program_fill(p, j->in, err);
		do {
			before = w->n;
			if (!st && w->n)
				st = j->loop->alone(j->arg, j->in, at, err);
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

/* Asked once about each. */
static bool may_be_merged(const struct tg_jobs *j, const struct tg_block *b)
{
	const struct tg_rejects *r = &b->program.rejects;

	if (!b->ordinary ||
	    (r->total && (tg_runner_says(j->runner) || !tg_rejects_fit(&j->program->rejects, r))))
		return false;
	return !j->loop->merge || j->loop->merge(j->arg, b->program.records_in);
}

/* Less comes of less. */
static void want_less(struct tg_jobs *j, size_t n)
{
	tg_lanes_lock(j);
	if (n >= TG_BLOCK_LEAST && n < j->wanted)
		j->wanted = n;
	tg_lanes_unlock(j);
}

/* The next block, as it came out. */
static struct tg_block *next_block(struct tg_jobs *j)
{
	struct tg_block *b = wait_for_next(j);
	const struct tg_program *p = &b->program;

	if (p->out.status || p->out.n > TG_BLOCK_MUCH || p->rejects.pending.n > TG_BLOCK_MUCH ||
	    p->noted.n > TG_BLOCK_MUCH)
		want_less(j, b->n / 2);
	return b;
}

static enum tg_status merge(struct tg_jobs *j, struct tg_block *b, struct tg_place *at,
			    struct tg_error *err)
{
	struct tg_program *p = j->program, *from = &b->program;
	enum tg_status st;

	p->records_in += from->records_in;
	p->records_out += from->records_out;
	p->dropped += from->dropped;
	for (size_t i = 0; i < from->drops; i++)
		tg_count_add(p->drop, &p->drops, from->drop[i].name, from->drop[i].n);
	st = tg_rejects_append(&p->rejects, &from->rejects, err);
	tg_output_hand(&from->out, &p->out);
	if (!st && j->loop->settle)
		st = j->loop->settle(j->arg, from, err);
	*at = b->end;
	tg_lanes_drop(j);
	if (!st && p->out.status)
		st = tg_output_flush(&p->out, err); /* says what went wrong */
	return st;
}

static enum tg_status take_over(struct tg_jobs *j, struct tg_place *at, struct tg_error *err)
{
	struct tg_block *b = next_block(j);
	enum tg_status st;

	if (may_be_merged(j, b))
		return merge(j, b, at, err);
	take_reading(j);
	st = go_alone(j, at, err);
	give_reading(j);
	return st;
}

/*
 * The order of things
 */

/* What is in hand is not for the lanes. */
static enum tg_status take_at_once(struct tg_jobs *j, struct tg_place *at, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	while (!st && j->merged < j->put) {
		struct tg_block *b = next_block(j);

		st = may_be_merged(j, b) ? merge(j, b, at, err) : go_alone(j, at, err);
	}
	if (!st && j->hand->n) /* the program may have taken it with a block before */
		st = go_alone(j, at, err);
	j->dry = false;
	return st;
}

/* The main thread works on a block, as any lane. */
static void work_on(struct tg_jobs *j, struct tg_block *b)
{
	if (!j->threads)
		tg_lanes_start(j);
	tg_lanes_lock(j);
	tg_lanes_queue(j, b);
	tg_lanes_unlock(j);
	give_reading(j);
	tg_lanes_work(j, 0, b);
	tg_lanes_lock(j);
	tg_lanes_finish(j, b);
	tg_lanes_unlock(j);
}

/* The main thread reads. */
static enum tg_status read_on(struct tg_jobs *j, struct tg_place *at, struct tg_error *err)
{
	enum tg_status st = TG_OK;
	struct tg_block *b;

	tg_lanes_read(j, 0);
	b = tg_lanes_cut(j, 0);
	if (b) {
		work_on(j, b);
		return TG_OK;
	}
	/* What came before a failure is taken first, as it would have been. */
	if (j->failed != TG_INTERRUPTED && j->failed != TG_PIPE)
		st = take_at_once(j, at, err);
	if (!st && j->failed) {
		*err = j->why;
		st = j->failed;
	}
	give_reading(j);
	return st;
}

enum turn { MERGE, READ, END };

/* What the main thread does next. Whoever reads, it may be the one that cannot. */
static enum turn next_turn(struct tg_jobs *j)
{
	enum turn turn = END;

	tg_lanes_lock(j);
	for (;;) {
		bool blocks = j->merged < j->put;

		if (blocks && tg_lanes_next(j)->done) {
			turn = MERGE;
			break;
		}
		if (!j->reading && j->free > 0 && !(j->ended && j->hand->n == 0)) {
			j->main_reads = true;
			turn = READ;
			break;
		}
		if (!j->reading && !blocks)
			break;
		tg_lanes_wait(j, &j->done);
	}
	if (!j->reading)
		tg_program_tick(j->program);
	tg_lanes_unlock(j);
	return turn;
}

static void begin_input(struct tg_jobs *j, struct tg_input *in, const struct tg_place *at)
{
	struct tg_window *w = &j->program->window;

	tg_output_settle(&j->program->out); /* before the window can go */
	tg_buffer_clear(&j->ahead);
	tg_buffer_put_str(&j->ahead, tg_str_from(w->p, w->n));
	j->ahead_at = 0;
	j->all_ahead = w->last;
	j->ended = w->last && w->n == 0;
	j->dry = false;
	j->failed = TG_OK;
	tg_window_reset(w);
	j->in = in;
	j->next = *at;
	if (!j->hand) {
		tg_lanes_lock(j);
		j->hand = tg_lanes_take(j, 0);
		tg_lanes_unlock(j);
	}
	tg_lanes_begin(j, j->hand, NULL, 0);
}

enum tg_status tg_jobs_take(struct tg_jobs *j, struct tg_input *in, struct tg_place *at,
			    struct tg_error *err)
{
	enum tg_status (*idle_before)(void *arg, struct tg_error *err) = in->idle;
	void *idle_arg = in->idle_arg;
	enum tg_status st = TG_OK;
	enum turn turn;

	begin_input(j, in, at);
	in->idle = tg_lanes_idle;
	in->idle_arg = j;
	give_reading(j);
	while (!st && (turn = next_turn(j)) != END)
		st = turn == MERGE ? take_over(j, at, err) : read_on(j, at, err);
	take_reading(j);
	in->idle = idle_before;
	in->idle_arg = idle_arg;
	return st;
}

/*
 * Life
 */

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

	if (!text || !tg_read_u64(tg_str_of(text), &n) || n == 0 || n > TG_BLOCK_ROOM)
		return TG_BLOCK_ROOM;
	return (size_t)n;
}

bool tg_jobs_may_take(struct tg_jobs *j, const struct tg_input *in)
{
	if (!j || (in->packed && in->blocks))
		return false;
	for (size_t i = 0; i < j->lanes; i++)
		if (!j->loop->ready(j->arg, j->lane[i].own))
			return false;
	return true;
}

struct tg_jobs *tg_jobs_new(const struct tg_runner *runner, const struct tg_jobs_loop *loop,
			    void *arg)
{
	size_t lanes = runner->program->setup.lanes;
	struct tg_jobs *j;

	if (lanes == 1)
		return NULL;
	j = tg_alloc(sizeof(*j));
	j->program = runner->program;
	j->runner = runner;
	j->loop = loop;
	j->arg = arg;
	j->lanes = lanes;
	j->lane = tg_alloc_array(lanes, sizeof(*j->lane));
	for (size_t i = 0; i < lanes; i++) {
		j->lane[i].jobs = j;
		j->lane[i].own = tg_alloc(loop->lane_size);
	}
	j->blocks = 2 * lanes + 2;
	j->block = tg_alloc_array(j->blocks, sizeof(*j->block));
	j->ring = tg_alloc_array(j->blocks, sizeof(struct tg_block *));
	for (size_t i = 0; i < j->blocks; i++) {
		j->block[i].lane = i % lanes;
		tg_lanes_give(j, &j->block[i]);
	}
	j->main_reads = true;
	j->room = j->wanted = wanted_room();
	TG_BUG_IF(pthread_mutex_init(&j->mutex, NULL) != 0 ||
		  pthread_cond_init(&j->more, NULL) != 0 || pthread_cond_init(&j->done, NULL) != 0);
	return j;
}

void tg_jobs_free(struct tg_jobs **jobs)
{
	struct tg_jobs *j = TG_TAKE(*jobs);

	if (!j)
		return;
	tg_lanes_end(j);
	for (size_t i = 0; i < j->lanes; i++) {
		j->loop->release(j->arg, j->lane[i].own);
		tg_free(j->lane[i].own);
	}
	for (size_t i = 0; i < j->blocks; i++) {
		struct tg_block *b = &j->block[i];

		tg_output_release(&b->program.out);
		tg_buffer_release(&b->program.noted);
		tg_arena_release(&b->program.arena);
		if (b->p)
			tg_rejects_release(&b->program.rejects);
		tg_free(b->p);
	}
	tg_buffer_release(&j->ahead);
	pthread_cond_destroy(&j->done);
	pthread_cond_destroy(&j->more);
	pthread_mutex_destroy(&j->mutex);
	tg_free(j->ring);
	tg_free(j->block);
	tg_free(j->lane);
	tg_free(j);
}
