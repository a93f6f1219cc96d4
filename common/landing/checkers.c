#include "common/landing/checkers.h"

#include "common/base/memory.h"

#include <pthread.h>

enum {
	JOBS_MOST = 256,
	HELD_EACH =
		32, /* items a job: small landings are checked in less time than a thread needs to wake up */
};

struct slot {
	struct tg_checkers_item item;
	struct tg_arena arena;
	bool done;
};

struct worker {
	struct tg_checkers *pool;
	struct tg_checker checker;
	pthread_t thread;
	bool running;
};

struct tg_checkers {
	struct slot *slot;
	size_t slots;
	uint64_t put, given, taken; /* so many were put in, given to a thread, taken by the owner */
	struct worker *worker;
	size_t workers;
	tg_checkers_take take;
	void *arg;
	bool threads, over;
	pthread_mutex_t mutex;
	pthread_cond_t more, done;
};

static void check(struct tg_checker *checker, struct slot *slot)
{
	struct tg_checkers_item *item = &slot->item;

	if (item->check)
		tg_checker_check(checker, &item->line, item->bytes, &item->finding);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct tg_checkers *pool = w->pool;

	TG_BUG_IF(pthread_mutex_lock(&pool->mutex) != 0);
	for (;;) {
		struct slot *slot;

		while (pool->given == pool->put && !pool->over)
			TG_BUG_IF(pthread_cond_wait(&pool->more, &pool->mutex) != 0);
		if (pool->over)
			break;
		slot = &pool->slot[pool->given++ % pool->slots];
		TG_BUG_IF(pthread_mutex_unlock(&pool->mutex) != 0);
		check(&w->checker, slot);
		TG_BUG_IF(pthread_mutex_lock(&pool->mutex) != 0);
		slot->done = true;
		if (slot == &pool->slot[pool->taken % pool->slots])
			TG_BUG_IF(pthread_cond_signal(&pool->done) != 0);
	}
	TG_BUG_IF(pthread_mutex_unlock(&pool->mutex) != 0);
	return NULL;
}

static enum tg_status start(struct tg_checkers *pool, int zone, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < pool->workers; i++) {
		struct worker *w = &pool->worker[i];

		w->pool = pool;
		st = tg_checker_init(&w->checker, zone, err);
		if (st || !pool->threads)
			continue;
		w->running = pthread_create(&w->thread, NULL, work, w) == 0;
		if (!w->running)
			st = tg_fail(err, TG_UNAVAILABLE, "cannot make %zu threads", pool->workers);
	}
	return st;
}

enum tg_status tg_checkers_new(struct tg_checkers **out, int zone, size_t jobs,
			       tg_checkers_take take, void *arg, struct tg_error *err)
{
	struct tg_checkers *pool = tg_alloc(sizeof(*pool));

	*out = pool;
	if (jobs > JOBS_MOST)
		jobs = JOBS_MOST;
	pool->workers = jobs ? jobs : 1;
	pool->threads = pool->workers > 1;
	pool->slots = pool->threads ? pool->workers * HELD_EACH : 1;
	pool->slot = tg_alloc_array(pool->slots, sizeof(*pool->slot));
	pool->worker = tg_alloc_array(pool->workers, sizeof(*pool->worker));
	pool->take = take;
	pool->arg = arg;
	TG_BUG_IF(pthread_mutex_init(&pool->mutex, NULL) != 0 ||
		  pthread_cond_init(&pool->more, NULL) != 0 ||
		  pthread_cond_init(&pool->done, NULL) != 0);
	return start(pool, zone, err);
}

/* Waits for the oldest item and hands it on. */
static enum tg_status take_one(struct tg_checkers *pool, struct tg_error *err)
{
	struct slot *slot = &pool->slot[pool->taken % pool->slots];

	if (pool->threads) {
		TG_BUG_IF(pthread_mutex_lock(&pool->mutex) != 0);
		while (!slot->done)
			TG_BUG_IF(pthread_cond_wait(&pool->done, &pool->mutex) != 0);
		slot->done = false;
		pool->taken++;
		TG_BUG_IF(pthread_mutex_unlock(&pool->mutex) != 0);
	} else {
		check(&pool->worker->checker, slot);
		pool->taken++;
	}
	return pool->take(pool->arg, &slot->item, err);
}

enum tg_status tg_checkers_put(struct tg_checkers *pool, const struct tg_checkers_item *item,
			       struct tg_error *err)
{
	struct slot *slot;
	enum tg_status st = TG_OK;

	if (pool->put - pool->taken == pool->slots)
		st = take_one(pool, err);
	if (st)
		return st;
	slot = &pool->slot[pool->put % pool->slots];
	tg_arena_reset(&slot->arena);
	slot->item = *item;
	slot->item.finding = (struct tg_landed_finding){ .data = TG_LANDED_FINE };
	tg_line_copy(&slot->arena, &slot->item.line, &item->line);
	if (!pool->threads) {
		pool->put++;
		return TG_OK;
	}
	TG_BUG_IF(pthread_mutex_lock(&pool->mutex) != 0);
	pool->put++;
	TG_BUG_IF(pthread_cond_signal(&pool->more) != 0);
	TG_BUG_IF(pthread_mutex_unlock(&pool->mutex) != 0);
	return TG_OK;
}

enum tg_status tg_checkers_drain(struct tg_checkers *pool, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	while (!st && pool->taken < pool->put)
		st = take_one(pool, err);
	return st;
}

void tg_checkers_free(struct tg_checkers **out)
{
	struct tg_checkers *pool = TG_TAKE(*out);

	if (!pool)
		return;
	TG_BUG_IF(pthread_mutex_lock(&pool->mutex) != 0);
	pool->over = true;
	TG_BUG_IF(pthread_cond_broadcast(&pool->more) != 0);
	TG_BUG_IF(pthread_mutex_unlock(&pool->mutex) != 0);
	for (size_t i = 0; i < pool->workers; i++) {
		if (pool->worker[i].running)
			TG_BUG_IF(pthread_join(pool->worker[i].thread, NULL) != 0);
		tg_checker_release(&pool->worker[i].checker);
	}
	for (size_t i = 0; i < pool->slots; i++)
		tg_arena_release(&pool->slot[i].arena);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->more);
	pthread_mutex_destroy(&pool->mutex);
	tg_free(pool->slot);
	tg_free(pool->worker);
	tg_free(pool);
}
