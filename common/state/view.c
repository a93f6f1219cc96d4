/* What landed up to one moment, and how it is looked up: in the pages, through filters, or from memory. */
#include "common/state/page.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	LOOKS_AT_LEAST = 256, /* before anything is read whole */
	/* By measurement, in hundredths of us: a look-up, each page of it, and a key that is read with all others. */
	LOOK_COST = 500,
	PAGE_COST = 600,
	KEY_COST = 6,
	BLOCK_BITS = 512, /* of a filter: a cache line */
	BITS_A_KEY = 16,
	PROBES = 7,    /* of 9 bits each, out of 64 */
	FEW = 1 << 20, /* keys that are loaded without much thought */
	MANY_KNOWN =
		8, /* one look in so many finds its key: filters would not keep enough off the pages */
};

struct filter {
	uint64_t *word; /* NULL: not made, so any key may be there */
	uint64_t blocks;
};

struct tg_view {
	struct tg_store *store;
	struct tg_view_wish wish;
	uint64_t snapshot, generation, keys;
	uint64_t looks, reads,
		hits;	/* all; those that went to pages; of these those that found the key */
	uint64_t spent; /* on pages, since filters were made, in hundredths of us */
	int64_t latest;
	struct tg_arena arena;
	struct tg_batch *batch; /* newest first */
	size_t n;
	struct filter *filter; /* NULL: none are made */
	uint32_t *run;	       /* of those to be asked */
	size_t *asked;
	bool loaded;
};

static int newest_first(const void *x, const void *y)
{
	const struct tg_batch *a = x, *b = y;

	return (a->number < b->number) - (a->number > b->number);
}

static void drop_filters(struct tg_view *v)
{
	for (size_t i = 0; v->filter && i < v->n; i++)
		tg_free(v->filter[i].word);
	v->filter = NULL;
}

/*
 * Takes those of the batches that this view looks at: those that hold what landed up to the snapshot. One that was merged since may
 * hold later keys too; they have landed, so to drop them is right. The other way round, not to look at it, would pass keys of before
 * the snapshot, which the landing would refuse, again and again where others land all the time.
 */
static void choose(struct tg_view *v, const struct tg_batch *batch, size_t n)
{
	struct filter *filter = v->filter ? tg_arena_array(&v->arena, n, sizeof(*filter)) : NULL;
	struct tg_batch *chosen = tg_arena_array(&v->arena, n, sizeof(*chosen));
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bool old = v->wish.window && !v->wish.by_time &&
			   v->wish.window < (uint64_t)INT64_MAX / 4 &&
			   batch[i].time < v->wish.now - (int64_t)v->wish.window;

		if (batch[i].state == TG_BATCH_SEEN && batch[i].first <= v->snapshot && !old)
			chosen[count++] = batch[i];
	}
	if (count)
		qsort(chosen, count, sizeof(*chosen), newest_first);
	v->keys = 0;
	for (size_t i = 0; i < count; i++) {
		v->keys += chosen[i].keys;
		if (chosen[i].latest > v->latest)
			v->latest = chosen[i].latest;
		for (size_t j = 0; filter && j < v->n; j++)
			if (chosen[i].run == v->batch[j].run &&
			    strcmp(chosen[i].id, v->batch[j].id) == 0)
				filter[i] = (struct filter){ TG_TAKE(v->filter[j].word),
							     v->filter[j].blocks };
	}
	drop_filters(v);
	v->filter = filter;
	v->batch = chosen;
	v->n = count;
	v->run = tg_arena_array(&v->arena, count, sizeof(*v->run));
	v->asked = tg_arena_array(&v->arena, count, sizeof(*v->asked));
}

/* The batches of now, up to the snapshot; the first time it is taken. The caller ends the transaction. */
static enum tg_status refresh(struct tg_view *v, bool first, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch;
	size_t n;
	enum tg_status st = tg_store_begin(v->store, TG_TXN_READ, &batch, &n, &arena, err);

	if (st)
		return st;
	if (first)
		v->snapshot = v->store->head.clock;
	v->generation = v->store->head.generation;
	choose(v, batch, n);
	return TG_OK;
}

enum tg_status tg_view_open(struct tg_view **view, struct tg_store *store,
			    const struct tg_view_wish *wish, struct tg_error *err)
{
	TG_OWN(tg_view_free) struct tg_view *v = tg_alloc(sizeof(*v));
	enum tg_status st;

	v->store = store;
	v->wish = *wish;
	v->latest = INT64_MIN;
	if (!v->wish.memory) {
		long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

		v->wish.memory = pages > 0 && size > 0 ? (uint64_t)pages / 4 * (uint64_t)size
						       : UINT64_C(1) << 30;
	}
	st = refresh(v, true, err);
	if (!st)
		st = tg_store_end(store, TG_OK, err);
	if (!st)
		*view = TG_TAKE(v);
	return st;
}

void tg_view_free(struct tg_view **view)
{
	struct tg_view *v = TG_TAKE(*view);

	if (!v)
		return;
	drop_filters(v);
	tg_arena_release(&v->arena);
	tg_free(v);
}

uint64_t tg_view_snapshot(const struct tg_view *v)
{
	return v->snapshot;
}

uint64_t tg_view_keys(const struct tg_view *v)
{
	return v->keys;
}

int64_t tg_view_latest(const struct tg_view *v)
{
	return v->latest;
}

/*
 * Filters: blocked Bloom filters. A key's block comes from its second half, the bits within from its first.
 */

static uint64_t *block_of(const struct filter *f, const unsigned char *key)
{
	__extension__ unsigned __int128 product =
		(unsigned __int128)tg_entry_word(key + 8) * f->blocks;

	return f->word + (uint64_t)(product >> 64) * (BLOCK_BITS / 64);
}

static void filter_add(struct filter *f, const unsigned char *key)
{
	uint64_t *block = block_of(f, key), bits = tg_entry_word(key);

	for (int i = 0; i < PROBES; i++, bits >>= 9)
		block[bits >> 6 & 7] |= UINT64_C(1) << (bits & 63);
}

static bool filter_may_have(const struct filter *f, const unsigned char *key)
{
	const uint64_t *block;
	uint64_t bits = tg_entry_word(key);

	if (!f->word)
		return true;
	block = block_of(f, key);
	for (int i = 0; i < PROBES; i++, bits >>= 9)
		if (!(block[bits >> 6 & 7] >> (bits & 63) & 1))
			return false;
	return true;
}

static enum tg_status make_filter(struct tg_view *v, size_t i, struct tg_error *err)
{
	TG_OWN(tg_cursor_release) struct tg_cursor c = { .run = 0 };
	struct filter *f = v->filter + i;
	const unsigned char *entry;
	enum tg_status st;

	f->blocks = v->batch[i].keys * BITS_A_KEY / BLOCK_BITS + 1;
	f->word = tg_alloc_array((size_t)f->blocks, BLOCK_BITS / 8);
	tg_cursor_init(&c, v->store, v->batch[i].run);
	while (!(st = tg_cursor_next(&c, &entry, err)) && entry)
		filter_add(f, entry);
	return st;
}

static void fill(struct tg_key_entry *e, const unsigned char *entry, size_t width)
{
	memcpy(e->key, entry, TG_KEY_SIZE);
	memcpy(e->content, entry + TG_KEY_SIZE, TG_CONTENT_SIZE);
	e->time = width == TG_ENTRY_TIMED ? tg_entry_time(entry) : 0;
}

/* Oldest first, so that the newest stays. */
static enum tg_status load(struct tg_view *v, struct tg_table *table, struct tg_error *err)
{
	size_t width = tg_store_width(v->store);
	enum tg_status st = TG_OK;

	for (size_t i = v->n; !st && i-- > 0;) {
		TG_OWN(tg_cursor_release) struct tg_cursor c = { .run = 0 };
		const unsigned char *entry;

		tg_cursor_init(&c, v->store, v->batch[i].run);
		while (!(st = tg_cursor_next(&c, &entry, err)) && entry) {
			struct tg_key_entry e;
			bool own = false;

			fill(&e, entry, width);
			if (tg_table_own(table) && tg_table_find(table, &e, &own) && own)
				continue;
			fill(&e, entry, width);
			tg_table_put(table, &e, false);
		}
	}
	return st;
}

static enum tg_status make_filters(struct tg_view *v, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	v->filter = tg_arena_array(&v->arena, v->n, sizeof(*v->filter));
	for (size_t i = 0; !st && i < v->n; i++)
		st = make_filter(v, i, err);
	v->spent = 0;
	return st;
}

/*
 * What has been spent on pages until now is what reading all keys may cost. Into filters that is a third of what it is into a table,
 * and new keys then stay off the pages; but each known key still goes there, and when those have become many the table is due.
 */
enum tg_status tg_view_load(struct tg_view *v, struct tg_table *table, bool *loaded,
			    struct tg_error *err)
{
	uint64_t cost = v->keys * KEY_COST;
	bool fits = v->keys * (tg_store_width(v->store) * 3 / 2) <= v->wish.memory;
	bool load_now = fits && (v->filter || v->keys <= (v->wish.few ? v->wish.few : FEW) ||
				 v->hits * MANY_KNOWN > v->reads);
	enum tg_status st;

	*loaded = v->loaded || v->n == 0;
	if (*loaded || v->looks < LOOKS_AT_LEAST || (v->filter && !fits) ||
	    v->spent < (load_now ? cost : cost / 3))
		return TG_OK;
	st = refresh(v, false, err);
	if (st)
		return st;
	if (load_now) {
		st = load(v, table, err);
		*loaded = v->loaded = true;
		drop_filters(v);
	} else {
		st = make_filters(v, err);
	}
	return tg_store_end(v->store, st, err);
}

void tg_view_prefetch(const struct tg_view *v, const unsigned char key[TG_KEY_SIZE])
{
	for (size_t i = 0; v->filter && i < v->n; i++)
		if (v->filter[i].word)
			__builtin_prefetch(block_of(v->filter + i, key));
}

struct look {
	struct tg_view *view;
	struct tg_seen *seen;
	bool found;
};

static void look_at(void *arg, size_t i, struct tg_str page, bool *stop)
{
	struct look *look = arg;
	struct tg_view *v = look->view;
	size_t width = tg_store_width(v->store);
	const unsigned char *entry;

	if (look->found)
		return;
	entry = tg_page_find(page, width, look->seen->entry.key);
	if (!entry)
		return;
	fill(&look->seen->entry, entry, width);
	look->seen->batch = v->batch + v->asked[i];
	look->found = *stop = true;
}

enum tg_status tg_view_find(struct tg_view *v, struct tg_seen *seen, bool *found,
			    struct tg_error *err)
{
	unsigned char key[TG_KEY_SIZE];

	memcpy(key, seen->entry.key, sizeof(key));
	v->looks++;
	*found = false;
	for (;;) {
		struct look look = { v, seen, false };
		uint64_t generation = 0;
		size_t n = 0;
		enum tg_status st;

		for (size_t i = 0; i < v->n; i++)
			if (!v->filter || filter_may_have(v->filter + i, key)) {
				v->run[n] = v->batch[i].run;
				v->asked[n++] = i;
			}
		if (n == 0)
			return TG_OK; /* whatever was merged since, it holds no key that was not there */
		v->reads++;
		v->spent += LOOK_COST + n * PAGE_COST;
		st = v->store->backend->find(v->store, v->run, n, tg_entry_prefix(key), &generation,
					     look_at, &look, err);
		if (st)
			return st;
		if (generation == v->generation) {
			*found = look.found;
			v->hits += look.found;
			return TG_OK;
		}
		/* Pages have moved since the list was read. */
		memcpy(seen->entry.key, key, sizeof(key));
		st = refresh(v, false, err);
		if (!st)
			st = tg_store_end(v->store, TG_OK, err);
		if (st)
			return st;
	}
}
