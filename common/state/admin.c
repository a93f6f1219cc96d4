/* What people ask of a key store. */
#include "common/io/interrupt.h"
#include "common/state/page.h"

#include <stdlib.h>

enum { FILES = 1000 }; /* read at once */

static int by_number(const void *x, const void *y)
{
	const struct tg_batch *a = x, *b = y;
	uint64_t m = a->number ? a->number : UINT64_MAX, n = b->number ? b->number : UINT64_MAX;

	return m != n ? (m > n) - (m < n) : (a->time > b->time) - (a->time < b->time);
}

enum tg_status tg_store_batches(struct tg_store *s, struct tg_batch **batch, size_t *n,
				struct tg_arena *arena, struct tg_error *err)
{
	enum tg_status st = tg_store_begin(s, TG_TXN_READ, batch, n, arena, err);

	if (!st)
		st = tg_store_end(s, TG_OK, err);
	if (!st && *n)
		qsort(*batch, *n, sizeof(**batch), by_number);
	return st;
}

static enum tg_status check_batch(struct tg_store *s, const struct tg_batch *b, uint64_t *keys,
				  struct tg_error *err)
{
	TG_OWN(tg_cursor_release) struct tg_cursor c = { .run = 0 };
	const unsigned char *entry;
	uint64_t count = 0;
	enum tg_status st;

	tg_cursor_init(&c, s, b->run);
	while (!(st = tg_cursor_next(&c, &entry, err)) && entry)
		count++;
	if (st)
		return tg_fail(err, TG_DATA, "batch %s: its pages are not in order", b->id);
	*keys += count;
	if (b->state != TG_BATCH_OPEN && count != b->keys)
		return tg_fail(err, TG_DATA, "batch %s: holds %llu keys, and says %llu", b->id,
			       (unsigned long long)count, (unsigned long long)b->keys);
	if (b->state > TG_BATCH_SEEN || (b->state == TG_BATCH_SEEN) != (b->number > 0) ||
	    b->number > s->head.clock || b->first > b->number ||
	    (b->state == TG_BATCH_COMMITTING && !b->landing[0]))
		return tg_fail(err, TG_DATA, "batch %s: its row contradicts itself", b->id);
	return TG_OK;
}

static enum tg_status check_files(struct tg_store *s, struct tg_error *err)
{
	uint64_t landed, lost;
	enum tg_status st = s->backend->count_files(s, &landed, &lost, err);

	if (!st && lost)
		return tg_fail(err, TG_DATA, "%llu files are in doubt, and no batch is with them",
			       (unsigned long long)lost);
	return st;
}

enum tg_status tg_store_check(struct tg_store *s, uint64_t *keys, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch;
	size_t n;
	enum tg_status st = tg_store_begin(s, TG_TXN_READ, &batch, &n, &arena, err);

	if (st)
		return st;
	*keys = 0;
	st = s->backend->check(s, err);
	if (!st)
		st = check_files(s, err);
	for (size_t i = 0; !st && i < n; i++) {
		st = check_batch(s, batch + i, keys, err);
		for (size_t j = 0; !st && batch[i].number && j < i; j++)
			if (batch[j].number == batch[i].number)
				st = tg_fail(err, TG_DATA, "two batches have the number %llu",
					     (unsigned long long)batch[i].number);
	}
	return tg_store_end(s, st, err);
}

enum tg_status tg_store_keep(struct tg_store *s, uint64_t window, struct tg_error *err)
{
	enum tg_status st;

	if (s->head.window == 0 || (window && window <= s->head.window))
		return TG_OK;
	st = s->backend->begin(s, TG_TXN_WRITE, err);
	if (st)
		return st;
	st = s->backend->read_head(s, err);
	if (!st && s->head.window && (!window || window > s->head.window)) {
		s->head.window = window;
		st = s->backend->write_head(s, err);
	}
	return tg_store_end(s, st, err);
}

enum tg_status tg_store_forget(struct tg_store *s, int64_t before, uint64_t *keys, uint64_t *files,
			       struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch;
	size_t n;
	enum tg_status st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);

	if (st)
		return st;
	*keys = *files = 0;
	for (size_t i = 0; !st && i < n; i++) {
		if (batch[i].state != TG_BATCH_SEEN || batch[i].time >= before)
			continue;
		*keys += batch[i].keys;
		if (batch[i].number > s->head.floor)
			s->head.floor = batch[i].number;
		st = s->backend->delete_batch(s, batch[i].run, err);
	}
	if (!st)
		st = s->backend->forget_files(s, before, files, err);
	s->head.generation++;
	if (!st)
		st = s->backend->write_head(s, err);
	st = tg_store_end(s, st, err);
	/* It was asked for, so it waits for the end; others get their turn between two slices. */
	for (s->removing = true; !st && s->removing;)
		st = tg_interrupted() ? tg_fail(err, TG_INTERRUPTED, "interrupted")
				      : tg_store_remove_slice(s, err);
	return st;
}

enum tg_status tg_store_walk(struct tg_store *s, tg_store_visit visit, void *arg,
			     struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch;
	size_t n, width;
	enum tg_status st = tg_store_begin(s, TG_TXN_READ, &batch, &n, &arena, err);

	if (st)
		return st;
	width = tg_store_width(s);
	if (n)
		qsort(batch, n, sizeof(*batch), by_number);
	for (size_t i = 0; !st && i < n; i++) {
		TG_OWN(tg_cursor_release) struct tg_cursor c = { .run = 0 };
		const unsigned char *p;

		if (batch[i].state != TG_BATCH_SEEN)
			continue;
		tg_cursor_init(&c, s, batch[i].run);
		while (!(st = tg_cursor_next(&c, &p, err)) && p) {
			struct tg_key_entry e = { .time = 0 };

			memcpy(e.key, p, TG_KEY_SIZE);
			memcpy(e.content, p + TG_KEY_SIZE, TG_CONTENT_SIZE);
			if (width == TG_ENTRY_TIMED)
				e.time = tg_entry_time(p);
			st = visit(arg, batch + i, &e, err);
			if (st)
				break;
		}
	}
	return tg_store_end(s, st, err);
}

enum tg_status tg_store_adopt(struct tg_store *s, const struct tg_store_head *head,
			      struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch;
	size_t n;
	enum tg_status st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);

	if (st)
		return st;
	if (n || s->head.clock)
		return tg_store_end(
			s,
			tg_fail(err, TG_CANNOT_CREATE,
				"the key store %.*s holds keys already: import into a new one",
				TG_STR_ARG(s->url)),
			err);
	s->head = *head;
	s->head.zone_path = tg_arena_copy(&s->arena, head->zone_path);
	s->head.place = TG_STR("");
	return tg_store_end(s, s->backend->write_head(s, err), err);
}

/*
 * Files
 */

enum tg_status tg_store_has_file(struct tg_store *s, const struct tg_file_digest *digest,
				 bool *landed, struct tg_error *err)
{
	enum tg_status st = s->backend->begin(s, TG_TXN_READ, err);

	if (st)
		return st;
	return tg_store_end(s, s->backend->has_file(s, digest, landed, err), err);
}

enum tg_status tg_store_count_files(struct tg_store *s, uint64_t *files, struct tg_error *err)
{
	uint64_t lost;
	enum tg_status st = s->backend->begin(s, TG_TXN_READ, err);

	if (st)
		return st;
	return tg_store_end(s, s->backend->count_files(s, files, &lost, err), err);
}

struct walk {
	tg_file_visit visit;
	void *arg;
	struct tg_file_digest last;
	size_t n;
};

static enum tg_status step(void *arg, const struct tg_store_file *file, struct tg_error *err)
{
	struct walk *w = arg;

	w->last = file->digest;
	w->n++;
	return w->visit(w->arg, file, err);
}

enum tg_status tg_store_walk_files(struct tg_store *s, tg_file_visit visit, void *arg,
				   struct tg_error *err)
{
	struct walk w = { .visit = visit, .arg = arg };
	enum tg_status st = s->backend->begin(s, TG_TXN_READ, err);

	if (st)
		return st;
	do {
		w.n = 0;
		st = s->backend->files(s, &w.last, FILES, step, &w, err);
	} while (!st && w.n == FILES);
	return tg_store_end(s, st, err);
}

enum tg_status tg_store_restore_files(struct tg_store *s, const struct tg_store_file *file,
				      size_t n, struct tg_error *err)
{
	enum tg_status st = s->backend->begin(s, TG_TXN_WRITE, err);

	if (st)
		return st;
	for (size_t i = 0; !st && i < n; i++)
		st = s->backend->put_file(s, file + i, false, err);
	return tg_store_end(s, st, err);
}
