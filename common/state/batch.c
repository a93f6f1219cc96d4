/* A run's keys become a batch, and batches that are many, old or nobody's become fewer. */
#include "common/state/owner.h"
#include "common/state/page.h"

#include <stdlib.h>

enum {
	CHUNK_BYTES =
		16
		<< 20, /* of pages in one transaction: the write-ahead log stays about that long */
	FEW = 8,       /* batches of one size that need not be merged */
	REMOVE_BYTES = TG_REMOVE_PAGES * 4096,
	MERGE_RUNS = 64, /* batches in one merge */
	SLICES = 32,	 /* of the window, within which batches may be merged */
};

static const uint64_t merge_keys = 4 << 20; /* in one merge: others wait for it to end */

struct save {
	struct tg_page_writer writer;
	struct tg_batch *batch;
	uint64_t committed; /* bytes */
};

/* What is being removed shrinks as fast as the batch grows. */
static enum tg_status remove_as_much(struct tg_store *s, uint64_t bytes, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (uint64_t done = 0; !st && s->removing && done < bytes; done += REMOVE_BYTES)
		st = tg_store_remove_slice(s, err);
	return st;
}

/*
 * Goes on in another transaction, if the batch is still there: it can be swept when it is old, and its run be another's then. The row
 * is written before it is looked for: who would sweep it waits from then on, so no page is added to a run that is being removed.
 */
static enum tg_status next_chunk(struct save *save, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_store *s = save->writer.store;
	struct tg_batch *batch;
	size_t n;
	enum tg_status st = s->backend->commit(s, err);

	if (!st)
		st = remove_as_much(s, save->writer.bytes - save->committed, err);
	if (!st)
		st = s->backend->begin(s, TG_TXN_ADD, err);
	if (!st)
		st = s->backend->put_batch(s, save->batch, err);
	if (!st)
		st = s->backend->read_batches(s, &batch, &n, &arena, err);
	if (st)
		return st;
	save->committed = save->writer.bytes;
	for (size_t i = 0; i < n; i++)
		if (batch[i].run == save->batch->run && strcmp(batch[i].id, save->batch->id) == 0)
			return TG_OK;
	return tg_fail(err, TG_TRY_AGAIN, "the keys of this run were swept while it saved them");
}

static enum tg_status save_some(void *arg, const unsigned char *entries, size_t n,
				struct tg_error *err)
{
	struct save *save = arg;
	enum tg_status st = tg_page_put(&save->writer, entries, n, err);

	if (!st && save->writer.bytes - save->committed >= CHUNK_BYTES)
		st = next_chunk(save, err);
	return st;
}

static enum tg_status save_as(struct tg_store *s, struct tg_batch *b, const struct tg_table *table,
			      enum tg_batch_state state, struct tg_error *err)
{
	struct save save = { .batch = b };
	enum tg_status st = s->backend->begin(s, TG_TXN_WRITE, err);

	if (st)
		return st;
	b->state = TG_BATCH_OPEN;
	b->run = 0;
	b->keys = 0;
	st = s->backend->put_batch(s, b, err);
	tg_page_writer_init(&save.writer, s, b->run);
	if (!st)
		st = tg_table_walk(table, save_some, &save, err);
	if (!st)
		st = tg_page_finish(&save.writer, err);
	b->keys = save.writer.keys;
	tg_page_writer_release(&save.writer);
	b->state = state;
	if (!st)
		st = s->backend->put_batch(s, b, err);
	return tg_store_end(s, st, err);
}

enum tg_status tg_batch_save(struct tg_store *s, struct tg_batch *b, const struct tg_table *table,
			     struct tg_error *err)
{
	return save_as(s, b, table, TG_BATCH_PENDING, err);
}

enum tg_status tg_store_restore(struct tg_store *s, struct tg_batch *b,
				const struct tg_table *table, struct tg_error *err)
{
	return save_as(s, b, table, TG_BATCH_SEEN, err);
}

/*
 * Merging
 */

static int by_number(const void *x, const void *y)
{
	const struct tg_batch *const *a = x, *const *b = y;

	return ((*a)->number > (*b)->number) - ((*a)->number < (*b)->number);
}

static unsigned class_of(uint64_t keys)
{
	unsigned class = 0;

	for (; keys >= 8; keys /= 8)
		class ++;
	return class;
}

static int64_t slice_of(const struct tg_store *s, const struct tg_batch *b)
{
	int64_t slice = (int64_t)(s->head.window / SLICES);

	return slice > 0 ? (s->head.timed ? b->latest : b->time) / slice : 0;
}

/* The lowest snapshot of those that are not judged yet: what landed behind it must stay as it is. */
static uint64_t lowest_snapshot(const struct tg_batch *batch, size_t n)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < n; i++)
		if (batch[i].state <= TG_BATCH_PENDING && batch[i].snapshot < lowest)
			lowest = batch[i].snapshot;
	return lowest;
}

/* Batches of one size and time that have become too many, oldest first; how many. */
static size_t choose(const struct tg_store *s, struct tg_batch *batch, size_t n,
		     struct tg_batch *chosen[MERGE_RUNS])
{
	uint64_t lowest = lowest_snapshot(batch, n);

	for (size_t i = 0; i < n; i++) {
		size_t alike = 0;
		uint64_t keys = 0;

		for (size_t j = 0; j < n && alike < MERGE_RUNS; j++) {
			if (batch[j].state != TG_BATCH_SEEN || batch[j].number > lowest ||
			    batch[i].state != TG_BATCH_SEEN ||
			    class_of(batch[j].keys) != class_of(batch[i].keys) ||
			    slice_of(s, batch + j) != slice_of(s, batch + i) ||
			    keys + batch[j].keys > merge_keys)
				continue;
			keys += batch[j].keys;
			chosen[alike++] = batch + j;
		}
		if (alike > FEW) {
			qsort(chosen, alike, sizeof(struct tg_batch *), by_number);
			return alike;
		}
	}
	return 0;
}

/* A heap of cursors, by their next entry; of equal keys the newest batch first. */
struct merge {
	struct tg_cursor cursor[MERGE_RUNS];
	const unsigned char *entry[MERGE_RUNS];
	size_t heap[MERGE_RUNS];
	size_t n, cursors;
};

static void merge_release(struct merge *m)
{
	for (size_t i = 0; i < m->cursors; i++)
		tg_cursor_release(&m->cursor[i]);
}

static bool before(const struct merge *m, size_t a, size_t b)
{
	int order = tg_entry_compare(m->entry[a], m->entry[b]);

	return order < 0 || (order == 0 && a > b);
}

static void sink_down(struct merge *m, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1, held = m->heap[at];

		if (child >= m->n)
			return;
		if (child + 1 < m->n && before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m, m->heap[child], held))
			return;
		m->heap[at] = m->heap[child];
		m->heap[child] = held;
		at = child;
	}
}

static enum tg_status merge_fill(struct merge *m, struct tg_store *s, struct tg_batch *const *from,
				 size_t n, struct tg_error *err)
{
	for (size_t i = 0; i < n; i++) {
		enum tg_status st;

		tg_cursor_init(&m->cursor[i], s, from[i]->run);
		m->cursors = i + 1;
		st = tg_cursor_next(&m->cursor[i], &m->entry[i], err);
		if (st)
			return st;
		if (m->entry[i])
			m->heap[m->n++] = i;
	}
	for (size_t i = m->n / 2; i-- > 0;)
		sink_down(m, i);
	return TG_OK;
}

static enum tg_status merge_into(struct tg_page_writer *w, struct merge *m, struct tg_error *err)
{
	unsigned char last[TG_KEY_SIZE];
	enum tg_status st = TG_OK;

	for (bool begun = false; !st && m->n; begun = true) {
		size_t i = m->heap[0];

		if (!begun || tg_entry_compare(last, m->entry[i]) != 0)
			st = tg_page_put(w, m->entry[i], 1, err);
		memcpy(last, m->entry[i], TG_KEY_SIZE);
		if (!st)
			st = tg_cursor_next(&m->cursor[i], &m->entry[i], err);
		if (!st && !m->entry[i])
			m->heap[0] = m->heap[--m->n];
		sink_down(m, 0);
	}
	return st;
}

static enum tg_status merge(struct tg_store *s, struct tg_batch *const *from, size_t n,
			    struct tg_error *err)
{
	TG_OWN(merge_release) struct merge m = { .n = 0 };
	TG_OWN(tg_page_writer_release) struct tg_page_writer w = { .store = NULL };
	struct tg_batch to = *from[n - 1];
	enum tg_status st;

	to.run = 0;
	tg_store_draw_id(to.id);
	for (size_t i = 0; i < n; i++) {
		if (from[i]->time > to.time)
			to.time = from[i]->time;
		if (from[i]->first < to.first)
			to.first = from[i]->first;
		if (from[i]->latest > to.latest)
			to.latest = from[i]->latest;
		if (strcmp(from[i]->landing, to.landing) != 0)
			to.landing[0] = '\0';
	}
	st = s->backend->put_batch(s, &to, err);
	tg_page_writer_init(&w, s, to.run);
	if (!st)
		st = merge_fill(&m, s, from, n, err);
	if (!st)
		st = merge_into(&w, &m, err);
	if (!st)
		st = tg_page_finish(&w, err);
	to.keys = w.keys;
	if (!st)
		st = s->backend->put_batch(s, &to, err);
	for (size_t i = 0; !st && i < n; i++)
		st = s->backend->delete_batch(s, from[i]->run, err);
	/* The work of a merge is bounded already, by merge_keys; else what merges leave would pile up. */
	return st ? st
		  : tg_store_remove(s, (size_t)(2 * w.bytes / REMOVE_BYTES + 1) * TG_REMOVE_PAGES,
				    err);
}

/*
 * Sweeping
 */

static bool is_dead(struct tg_present *present, const struct tg_batch *b)
{
	return b->state <= TG_BATCH_PENDING &&
	       (tg_owner_old(present, &b->owner) || tg_owner_gone(present, &b->owner));
}

static bool is_expired(const struct tg_store *s, const struct tg_batch *b, int64_t oldest)
{
	return s->head.window && b->state == TG_BATCH_SEEN &&
	       (s->head.timed ? b->latest : b->time) < oldest;
}

/* Keys before this are not looked up any more. In a store that holds times it is their time that counts, up to the latest. */
static int64_t oldest_kept(const struct tg_store *s, const struct tg_batch *batch, size_t n,
			   int64_t now)
{
	int64_t latest = INT64_MIN / 2;

	for (size_t i = 0; s->head.timed && i < n; i++)
		if (batch[i].state == TG_BATCH_SEEN && batch[i].latest > latest)
			latest = batch[i].latest;
	if (s->head.timed)
		now = latest;
	return s->head.window > (uint64_t)INT64_MAX / 4 ? INT64_MIN : now - (int64_t)s->head.window;
}

static enum tg_status sweep_locked(struct tg_store *s, struct tg_batch *batch, size_t n,
				   struct tg_present *present, int64_t now, struct tg_error *err)
{
	struct tg_batch *chosen[MERGE_RUNS];
	int64_t oldest = oldest_kept(s, batch, n, now);
	uint64_t generation = s->head.generation;
	enum tg_status st = TG_OK;
	uint64_t lowest, files;
	size_t alike;

	for (size_t i = 0; !st && i < n; i++)
		if (is_dead(present, batch + i)) {
			st = s->backend->delete_batch(s, batch[i].run, err);
			batch[i--] = batch[--n];
		}
	if (!st && s->head.window && s->head.window <= (uint64_t)INT64_MAX / 4)
		st = s->backend->forget_files(s, now - (int64_t)s->head.window, &files, err);
	lowest = lowest_snapshot(batch, n);
	for (size_t i = 0; !st && i < n; i++)
		if (is_expired(s, batch + i, oldest) && batch[i].number <= lowest) {
			st = s->backend->delete_batch(s, batch[i].run, err);
			if (batch[i].number > s->head.floor)
				s->head.floor = batch[i].number;
			s->head.generation = generation + 1;
			batch[i--] = batch[--n];
		}
	alike = st ? 0 : choose(s, batch, n, chosen);
	if (alike) {
		st = merge(s, chosen, alike, err);
		s->head.generation = generation + 1;
	}
	return st || s->head.generation == generation ? st : s->backend->write_head(s, err);
}

static bool is_wanted(struct tg_store *s, struct tg_batch *batch, size_t n,
		      struct tg_present *present, int64_t now)
{
	struct tg_batch *chosen[MERGE_RUNS];
	int64_t oldest = oldest_kept(s, batch, n, now);

	for (size_t i = 0; i < n; i++)
		if (is_dead(present, batch + i) || (is_expired(s, batch + i, oldest) &&
						    batch[i].number <= lowest_snapshot(batch, n)))
			return true;
	return choose(s, batch, n, chosen) > 0;
}

enum tg_status tg_store_sweep(struct tg_store *s, int64_t now, struct tg_error *err)
{
	TG_OWN(tg_present_release) struct tg_present present = { .listed = false };
	enum tg_status st = TG_OK;
	bool wanted = true;

	for (int round = 0; !st && wanted && round < 4;
	     round++) { /* merging makes larger ones, which may be many too */
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_batch *batch;
		uint64_t removing = 0;
		uint32_t run;
		size_t n;

		st = tg_store_begin(s, TG_TXN_READ, &batch, &n, &arena, err);
		if (st)
			return st;
		wanted = is_wanted(s, batch, n, &present, now);
		st = tg_store_end(s, s->backend->removing(s, &run, &removing, err), err);
		s->removing = removing > 0;
		if (st || !wanted)
			break;
		st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);
		if (!st)
			st = tg_store_end(s, sweep_locked(s, batch, n, &present, now, err), err);
		s->removing = true; /* most often */
	}
	return st || !s->removing ? st : tg_store_remove_slice(s, err);
}
