#include "common/state/keeper.h"
#include "common/state/table.h"
#include "tests/unit/state_fixture.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The table
 */

static enum tg_status in_order(void *arg, const unsigned char *p, size_t n, struct tg_error *err)
{
	struct {
		unsigned char last[TG_KEY_SIZE];
		uint64_t n;
		size_t width;
		bool bad;
	} *walk = arg;

	(void)err;
	for (size_t i = 0; i < n; i++, p += walk->width) {
		walk->bad |= walk->n > 0 && memcmp(walk->last, p, TG_KEY_SIZE) >= 0;
		memcpy(walk->last, p, TG_KEY_SIZE);
		walk->n++;
	}
	return TG_OK;
}

static void try_table(uint64_t keys, bool timed)
{
	TG_OWN(tg_table_free) struct tg_table *t = tg_table_new(timed);
	struct {
		unsigned char last[TG_KEY_SIZE];
		uint64_t n;
		size_t width;
		bool bad;
	} walk = { .width = timed ? TG_ENTRY_TIMED : TG_ENTRY_PLAIN };
	struct tg_error err = TG_ERROR_INIT;
	bool own = false, missing = false, wrong = false, large = false;

	for (uint64_t i = 0; i < keys; i++) {
		struct tg_key_entry e = entry_of(i), f = e;

		missing |= tg_table_find(t, &f, &own); /* not there yet */
		tg_table_put(t, &e, i % 3 != 0);
		large |= i > 100000 && tg_table_bytes(t) > i * (timed ? 51 : 39);
	}
	for (uint64_t i = 0; i < keys; i++) {
		struct tg_key_entry e = entry_of(i), f = { .time = 0 };

		memcpy(f.key, e.key, sizeof(f.key));
		missing |= !tg_table_find(t, &f, &own);
		wrong |= memcmp(e.content, f.content, sizeof(e.content)) != 0 ||
			 own != (i % 3 != 0) || (timed && e.time != f.time);
	}
	ok("each is there once", !missing);
	ok("with what was put", !wrong);
	is_int("keys", (long long)tg_table_keys(t), (long long)keys);
	is_int("walk", tg_table_walk(t, in_order, &walk, &err), TG_OK);
	is_int("own ones", (long long)walk.n, (long long)(keys - (keys + 2) / 3));
	ok("in order", !walk.bad);
	ok("bytes a key at any time", !large);
}

TEST(table_of_any_size)
{
	static const uint64_t keys[] = { 0, 1, 223, 224, 225, 7167, 14336, 14337, 60000, 1000000 };

	for (size_t i = 0; i < TG_COUNT(keys); i++) {
		try_table(keys[i], false);
		try_table(keys[i], true);
	}
}

TEST(table_replaces)
{
	TG_OWN(tg_table_free) struct tg_table *t = tg_table_new(true);
	struct tg_key_entry e = entry_of(1);
	bool own;

	tg_table_put(t, &e, true);
	e.time = -5;
	e.content[0] = 77;
	tg_table_put(t, &e, false);
	memset(e.content, 0, sizeof(e.content));
	e.time = 0;
	ok("there", tg_table_find(t, &e, &own));
	ok("own stays own", own);
	is_int("content", e.content[0], 77);
	is_int("a time before 1970", (long long)e.time, -5);
	is_int("one key", (long long)tg_table_keys(t), 1);
}

/*
 * Stores: what is true of one kind is true of each.
 */

static void pending_until_landed(struct fixture *f)
{
	tg_store_id batch, landing;

	save(f, batch, snapshot_of(f), 0, 1000);
	is_int("pending keys are not seen", (long long)known_now(f, 0, 0, 1000), 0);
	tg_store_draw_id(landing);
	is_int("lands", land(f, batch, landing, 1000), TG_OK);
	is_int("seen", (long long)known_now(f, 0, 0, 1100), 1000);
	is_str("the last landing", tg_str_of(tg_store_head(f->store)->landing), tg_str_of(landing));
	is_str("bound to its zone", tg_str_of(tg_store_head(f->store)->zone), tg_str_of(ZONE_A));
	is_int("clock", (long long)snapshot_of(f), 1);
}

static void the_first_to_land_wins(struct fixture *f)
{
	tg_store_id one, two, three, landing = "1", other = "2", third = "3";
	uint64_t snapshot = snapshot_of(f);

	save(f, one, snapshot, 0, 500);
	save(f, two, snapshot, 499, 30000);
	save(f, three, snapshot, 30000, 30001);
	is_int("first", land(f, one, landing, 500), TG_OK);
	is_int("second", land(f, two, other, 29501), TG_TRY_AGAIN);
	is_int("its batch is gone", (long long)batches_of(f, TG_BATCH_PENDING), 1);
	is_int("without overlap", land(f, three, third, 1), TG_OK);
	save(f, two, snapshot_of(f), 500, 30000);
	is_int("again, without what landed", land(f, two, other, 29500), TG_OK);
	is_int("all", (long long)known_now(f, 0, 0, 30001), 30001);
}

static void what_was_there_before_does_not_refuse(struct fixture *f)
{
	tg_store_id one, two, landing = "1", other = "2";

	save(f, one, 0, 0, 10);
	is_int("first", land(f, one, landing, 10), TG_OK);
	save(f, two, snapshot_of(f), 5, 15); /* passed on purpose, or from outside the window */
	is_int("second", land(f, two, other, 10), TG_OK);
}

static void refusals(struct fixture *f)
{
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id one, two, landing = "1", other = "2";
	struct tg_mark mark, wrong;

	save(f, one, 0, 0, 10);
	mark = mark_of(f, one, landing, 9);
	is_int("another count", tg_store_mark(f->store, &mark, &err), TG_TRY_AGAIN);
	is_int("deletes it", (long long)batches_of(f, TG_BATCH_PENDING), 0);
	is_int("not there", tg_store_mark(f->store, &mark, &err), TG_TRY_AGAIN);
	save(f, one, 0, 0, 10);
	save(f, two, 0, 9, 12);
	mark = mark_of(f, one, landing, 10);
	is_int("marked", tg_store_mark(f->store, &mark, &err), TG_OK);
	is_int("shares a key with one that lands", land(f, two, other, 3), TG_TRY_AGAIN);
	is_int("marked twice", tg_store_mark(f->store, &mark, &err), TG_TRY_AGAIN);
	is_int("is left alone", (long long)batches_of(f, TG_BATCH_COMMITTING), 1);
	is_int("seen", tg_store_see(f->store, &mark, &err), TG_OK);
	save(f, two, 1, 20, 21);
	wrong = mark_of(f, two, other, 1);
	wrong.zone = ZONE_B;
	is_int("of another zone", tg_store_mark(f->store, &wrong, &err), TG_CONFIG);
	is_int("keeps the batch", (long long)batches_of(f, TG_BATCH_PENDING), 1);
	is_int("of this", land(f, two, other, 1), TG_OK);
}

static void doubts_are_settled(struct fixture *f)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id one, two, landing = "1", other = "2", *doubt;
	struct tg_mark mark;
	size_t n;

	save(f, one, 0, 0, 10);
	save(f, two, 0, 10, 20);
	mark = mark_of(f, one, landing, 10);
	is_int("mark", tg_store_mark(f->store, &mark, &err), TG_OK);
	mark = mark_of(f, two, other, 10);
	is_int("mark", tg_store_mark(f->store, &mark, &err), TG_OK);
	is_int("doubts", tg_store_doubts(f->store, &doubt, &n, &arena, &err), TG_OK);
	is_int("two", (long long)n, 2);
	is_int("landed", tg_store_settle(f->store, landing, true, &err), TG_OK);
	is_int("again", tg_store_settle(f->store, landing, true, &err), TG_OK);
	is_int("given up", tg_store_settle(f->store, other, false, &err), TG_OK);
	is_int("not there", tg_store_settle(f->store, other, false, &err), TG_OK);
	is_int("none left", tg_store_doubts(f->store, &doubt, &n, &arena, &err), TG_OK);
	is_int("none", (long long)n, 0);
	is_int("clock", (long long)snapshot_of(f), 1);
	is_int("seen", (long long)known_now(f, 0, 0, 20), 10);
}

static void content_that_had_landed(struct fixture *f)
{
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id one, landing = "1";
	struct tg_mark mark;

	save(f, one, 0, 0, 10);
	mark = mark_of(f, one, landing, 10);
	is_int("seen", tg_store_see_duplicate(f->store, &mark, &err), TG_OK);
	is_int("twice", tg_store_see_duplicate(f->store, &mark, &err), TG_OK);
	is_int("keys", (long long)known_now(f, 0, 0, 10), 10);
	is_int("not the last landing", tg_store_head(f->store)->landing[0], 0);
	mark.batch = "00000000000000000000000000000000";
	is_int("not there", tg_store_see_duplicate(f->store, &mark, &err), TG_TRY_AGAIN);
}

static void dropping(struct fixture *f)
{
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id one, landing = "1", other = "2";
	struct tg_mark mark, not_mine;

	save(f, one, 0, 0, 10);
	mark = mark_of(f, one, landing, 10);
	not_mine = mark_of(f, one, other, 10);
	is_int("mark", tg_store_mark(f->store, &mark, &err), TG_OK);
	is_int("another landing's", tg_store_drop(f->store, &not_mine, &err), TG_OK);
	is_int("stays", (long long)batches_of(f, TG_BATCH_COMMITTING), 1);
	is_int("one's own", tg_store_drop(f->store, &mark, &err), TG_OK);
	is_int("goes", (long long)batches_of(f, TG_BATCH_COMMITTING), 0);
}

static void many_small_ones_are_merged(struct fixture *f)
{
	TG_OWN(tg_view_free) struct tg_view *v = NULL;
	struct tg_view_wish wish = { .now = f->now };
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id batch, landing = "1", open_one;

	for (uint64_t i = 0; i < 20; i++) {
		save(f, batch, snapshot_of(f), i * 3, i * 3 + 3);
		is_int("lands", land(f, batch, landing, 3), TG_OK);
	}
	is_int("view", tg_view_open(&v, f->store, &wish, &err), TG_OK);
	save(f, open_one, 4, 1000, 1001); /* what landed behind its snapshot stays as it is */
	is_int("sweep", tg_store_sweep(f->store, f->now, &err), TG_OK);
	is_int("spared", (long long)batches_of(f, TG_BATCH_SEEN), 20);
	is_int("it lands", land(f, open_one, landing, 1), TG_OK);
	is_int("sweep", tg_store_sweep(f->store, f->now, &err), TG_OK);
	ok("merged", batches_of(f, TG_BATCH_SEEN) <= 8);
	is_int("an older view still knows all of its own", (long long)known(v, 0, 60), 60);
	is_int("all are there", (long long)known_now(f, 0, 0, 60), 60);
	is_int("clock", (long long)snapshot_of(f), 21);
}

static void windows(struct fixture *f)
{
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id batch, landing = "1";
	uint64_t keys = 0, files = 0;

	for (uint64_t i = 0; i < 10; i++) {
		save(f, batch, snapshot_of(f), i, i + 1);
		is_int("lands", land(f, batch, landing, 1), TG_OK);
		f->now += DAY;
	}
	is_int("three days", (long long)known_now(f, (uint64_t)(3 * DAY + SECOND), 0, 10), 3);
	is_int("for ever", (long long)known_now(f, 0, 0, 10), 10);
	is_int("forget", tg_store_forget(f->store, f->now - 5 * DAY, &keys, &files, &err), TG_OK);
	is_int("five are gone", (long long)keys, 5);
	is_int("five are left", (long long)known_now(f, 0, 0, 10), 5);
	save(f, batch, 2, 100, 101);
	is_int("what was compared before it forgot must not land", land(f, batch, landing, 1),
	       TG_TRY_AGAIN);
}

static void owners(struct fixture *f)
{
	TG_OWN(tg_table_free) struct tg_table *t = tg_table_new(false);
	struct tg_error err = TG_ERROR_INIT;
	struct tg_key_entry e = entry_of(1);
	static const struct {
		const char *about;
		bool other_host, other_boot, no_session, to_file, old;
		int left;
	} row[] = {
		// clang-format off
		{ "of this process",    false, false, false, false, false, 1 },
		{ "of another boot",    false, true,  false, false, false, 0 },
		{ "of a dead session",  false, false, true,  false, false, 0 },
		{ "of another host",    true,  true,  true,  false, false, 1 },
		{ "that went to a file", false, true, false, true,  false, 1 },
		{ "that is a week old", true,  true,  true,  true,  true,  0 },
		// clang-format on
	};

	tg_table_put(t, &e, true);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_batch b = { .time = f->now };

		tg_store_draw_id(b.id);
		tg_owner_here(&b.owner, row[i].to_file);
		if (row[i].old)
			b.owner.since -= 8 * 86400;
		if (row[i].other_host)
			snprintf(b.owner.host, sizeof(b.owner.host), "elsewhere");
		if (row[i].other_boot)
			snprintf(b.owner.boot, sizeof(b.owner.boot), "another");
		if (row[i].no_session) {
			char *colon = strchr(b.owner.session, ':');

			if (colon)
				snprintf(colon, sizeof("4194305") + 1, ":4194305");
		}
		is_int("save", tg_batch_save(f->store, &b, t, &err), TG_OK);
		is_int("sweep", tg_store_sweep(f->store, f->now, &err), TG_OK);
		is_int(row[i].about, (long long)batches_of(f, TG_BATCH_PENDING), row[i].left);
		if (row[i].left) {
			struct tg_mark mark = mark_of(f, b.id, "1", 1);

			is_int("drop", tg_store_drop(f->store, &mark, &err), TG_OK);
		}
	}
}

static void every_way_of_looking(struct fixture *f)
{
	static const uint64_t memory[] = { UINT64_MAX, 1 };
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id batch, landing = "1";

	for (uint64_t i = 0; i < 5; i++) {
		save(f, batch, snapshot_of(f), i * 4000, i * 4000 + 4000);
		is_int("lands", land(f, batch, landing, 4000), TG_OK);
	}
	for (size_t i = 0; i < TG_COUNT(memory); i++) {
		TG_OWN(tg_view_free) struct tg_view *v = NULL;
		TG_OWN(tg_table_free) struct tg_table *t = tg_table_new(false);
		struct tg_view_wish wish = { .now = f->now, .memory = memory[i] };
		struct tg_key_entry own = entry_of(7);
		bool loaded = false, own_stays = false;

		is_int("view", tg_view_open(&v, f->store, &wish, &err), TG_OK);
		is_int("load", tg_view_load(v, t, &loaded, &err), TG_OK);
		ok("not yet", !loaded);
		is_int("on pages", (long long)known(v, 0, 1000), 1000);
		own.content[0] = 99;
		tg_table_put(t, &own, true);
		is_int("load", tg_view_load(v, t, &loaded, &err), TG_OK);
		is_int("into memory where it fits", loaded, i == 0);
		is_int("keys", (long long)tg_table_keys(t), i == 0 ? 20000 : 1);
		ok("own ones stay",
		   tg_table_find(t, &own, &own_stays) && own.content[0] == 99 && own_stays);
		is_int("all", (long long)known(v, 0, 21000), 20000);
	}
}

/* New keys first: filters keep them off the pages. Then known ones, until the table is worth its cost. */
static void filters_first(struct fixture *f)
{
	TG_OWN(tg_view_free) struct tg_view *v = NULL;
	TG_OWN(tg_table_free) struct tg_table *t = tg_table_new(false);
	struct tg_view_wish wish = { .now = f->now, .memory = UINT64_MAX, .few = 1 };
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id batch, landing = "1";
	bool loaded = false;

	for (uint64_t i = 0; i < 5; i++) {
		save(f, batch, snapshot_of(f), i * 4000, i * 4000 + 4000);
		is_int("lands", land(f, batch, landing, 4000), TG_OK);
	}
	is_int("view", tg_view_open(&v, f->store, &wish, &err), TG_OK);
	is_int("none is known", (long long)known(v, 30000, 31000), 0);
	is_int("load", tg_view_load(v, t, &loaded, &err), TG_OK);
	ok("filters", !loaded);
	is_int("none is known", (long long)known(v, 30000, 34000), 0);
	is_int("load", tg_view_load(v, t, &loaded, &err), TG_OK);
	ok("which keep them off the pages", !loaded);
	is_int("all", (long long)known(v, 0, 21000), 20000);
	is_int("load", tg_view_load(v, t, &loaded, &err), TG_OK);
	ok("into memory", loaded);
	is_int("keys", (long long)tg_table_keys(t), 20000);
	is_int("all", (long long)known(v, 0, 21000), 20000);
}

static void times(struct fixture *f)
{
	TG_OWN(tg_view_free) struct tg_view *v = NULL;
	struct tg_view_wish wish = { .now = f->now };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_seen seen = { .entry = entry_of(9) };
	tg_store_id batch, landing = "1";
	bool found = false;

	seen.entry.time = 0;
	save(f, batch, 0, 0, 1000);
	is_int("lands", land(f, batch, landing, 1000), TG_OK);
	is_int("view", tg_view_open(&v, f->store, &wish, &err), TG_OK);
	is_int("find", tg_view_find(v, &seen, &found, &err), TG_OK);
	ok("found", found);
	is_int("time", (long long)seen.entry.time, tg_store_head(f->store)->timed ? 9 : 0);
	is_str("where", tg_str_of(found ? seen.batch->landing : ""), tg_str_of(landing));
}

static enum tg_status count_one(void *arg, const struct tg_store_file *file, struct tg_error *err)
{
	unsigned *n = arg;

	(void)err;
	ok("in order", file->digest.byte[0] > *n);
	*n = file->digest.byte[0];
	return TG_OK;
}

static void files_land_with_their_batch(struct fixture *f)
{
	static const tg_store_id landings[] = { "1", "2", "3" };
	static const struct tg_file_digest file[] = { { { 1 } }, { { 2 } }, { { 3 } } };
	tg_store_id batch[3];
	uint64_t keys, files = 0;
	unsigned last = 0;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_mark mark[3];

	for (unsigned i = 0; i < 3; i++) {
		save(f, batch[i], 0, 10 * i, 10 * i + 10);
		mark[i] = mark_of(f, batch[i], landings[i], 10);
		mark[i].file = file + i;
		mark[i].files = i ? 1 : 2; /* the second file comes with two landings */
		is_int("mark", tg_store_mark(f->store, &mark[i], &err), TG_OK);
		if (i == 0)
			is_int("see", tg_store_see(f->store, &mark[i], &err), TG_OK);
		ok("known when it has landed", has_file(f, 1) && has_file(f, 2) && !has_file(f, 3));
		if (i == 1)
			is_int("settled", tg_store_settle(f->store, landings[1], false, &err),
			       TG_OK);
	}
	ok("the other landing of it stands", has_file(f, 2));
	is_int("drop", tg_store_drop(f->store, &mark[2], &err), TG_OK);
	is_int("settled late", tg_store_settle(f->store, landings[2], true, &err), TG_OK);
	ok("it was dropped", !has_file(f, 3));
	mark[2].landing = "4";
	is_int("noted", tg_store_note_files(f->store, &mark[2], &err), TG_OK);
	ok("now", has_file(f, 3));
	is_int("walk", tg_store_walk_files(f->store, count_one, &last, &err), TG_OK);
	is_int("to the last", (long long)last, 3);
	is_int("count", tg_store_count_files(f->store, &files, &err), TG_OK);
	is_int("three", (long long)files, 3);
	is_int("whole", tg_store_check(f->store, &keys, &err), TG_OK);
	is_int("forget", tg_store_forget(f->store, f->now, &keys, &files, &err), TG_OK);
	is_int("none is older", (long long)files, 0);
	is_int("forget", tg_store_forget(f->store, f->now + 1, &keys, &files, &err), TG_OK);
	is_int("all are", (long long)files, 3);
	ok("gone", !has_file(f, 1) && !has_file(f, 2) && !has_file(f, 3));
}

static const struct {
	const char *about;
	void (*run)(struct fixture *f);
} behaviour[] = {
	// clang-format off
	{ "pending until landed",                  pending_until_landed },
	{ "files land with their batch",           files_land_with_their_batch },
	{ "the first to land wins",                the_first_to_land_wins },
	{ "what was there before does not refuse", what_was_there_before_does_not_refuse },
	{ "refusals",                              refusals },
	{ "doubts are settled",                    doubts_are_settled },
	{ "content that had landed",               content_that_had_landed },
	{ "dropping",                              dropping },
	{ "many small ones are merged",            many_small_ones_are_merged },
	{ "windows",                               windows },
	{ "owners",                                owners },
	{ "every way of looking",                  every_way_of_looking },
	{ "filters before the table",              filters_first },
	{ "times",                                 times },
	// clang-format on
};

static void behave(const char *kind)
{
	for (size_t i = 0; i < TG_COUNT(behaviour); i++)
		for (int timed = 0; timed < 2; timed++) {
			struct fixture f;

			if (timed && (behaviour[i].run == every_way_of_looking ||
				      behaviour[i].run == filters_first))
				continue;
			fixture_open(&f, kind, timed);
			if (!f.store)
				return;
			printf("# %s: %s\n", kind, behaviour[i].about);
			behaviour[i].run(&f);
			check_store(&f);
			tg_store_close(&f.store);
		}
}

TEST(stores_in_memory)
{
	behave("memory:");
}

TEST(stores_in_a_file)
{
	behave("file");
}

TEST(a_replay_id_is_its_senders)
{
	static const struct {
		const char *scope, *id;
	} row[] = { { "acme", "12" },
		    { "acme1", "2" },
		    { "acm", "e12" },
		    { "", "acme12" },
		    { "other", "12" } };
	TG_OWN(tg_keeper_free) struct tg_keeper *k = NULL;
	struct tg_keeper_wish wish = { .kind = TG_KEEP_REPLAY };
	struct tg_key_entry e[TG_COUNT(row)], again;
	struct tg_error err = TG_ERROR_INIT;

	is_int("open", tg_keeper_open(&k, &wish, &err), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		tg_keeper_replay_id(k, tg_str_of(row[i].scope), tg_str_of(row[i].id), 7, &e[i]);
		tg_keeper_replay_id(k, tg_str_of(row[i].scope), tg_str_of(row[i].id), 7, &again);
		ok("the same again",
		   memcmp(e[i].key, again.key, TG_KEY_SIZE) == 0 && e[i].time == 7);
		for (size_t j = 0; j < i; j++)
			ok("another", memcmp(e[i].key, e[j].key, TG_KEY_SIZE) != 0);
	}
}

TEST(clean_up)
{
	ok("folder is gone", remove_folder());
}
