#include "tests/unit/state_fixture.h"

#include "common/digest/siphash.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

char folder[] = "/tmp/tidegate-state-XXXXXX";
static unsigned stores;

struct tg_key_entry entry_of(uint64_t n)
{
	static const struct tg_siphash_key key = { { 1, 2 } };
	struct tg_key_entry e = { .time = (int64_t)n };

	tg_siphash(&key, &n, sizeof(n), e.key);
	memcpy(e.content, &n, sizeof(n));
	return e;
}

struct tg_store *open_store(const char *url, bool timed)
{
	struct tg_store_wish wish = { .make = true, .timed = timed };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_store *s = NULL;

	is_int("open", tg_store_open(&s, tg_str_of(url), &wish, &err), TG_OK);
	if (!s)
		printf("# %s\n", err.text);
	return s;
}

void fixture_open(struct fixture *f, const char *kind, bool timed)
{
	*f = (struct fixture){ .now = 1000 * DAY };
	if (strcmp(kind, "memory:") == 0)
		snprintf(f->url, sizeof(f->url), "memory:");
	else if (stores || mkdtemp(folder))
		snprintf(f->url, sizeof(f->url), "%s/%u.db", folder, stores++);
	f->store = open_store(f->url, timed);
}

/* A batch of the keys from..to-1, pending; by an owner that lives. */
void save(struct fixture *f, tg_store_id id, uint64_t snapshot, uint64_t from, uint64_t to)
{
	TG_OWN(tg_table_free) struct tg_table *t = tg_table_new(tg_store_head(f->store)->timed);
	struct tg_batch b = { .snapshot = snapshot, .time = f->now, .latest = (int64_t)to };
	struct tg_error err = TG_ERROR_INIT;

	for (uint64_t i = from; i < to; i++) {
		struct tg_key_entry e = entry_of(i);

		tg_table_put(t, &e, true);
	}
	tg_store_draw_id(b.id);
	memcpy(id, b.id, sizeof(b.id));
	tg_owner_here(&b.owner, false);
	is_int("save", tg_batch_save(f->store, &b, t, &err), TG_OK);
	is_int("keys", (long long)b.keys, (long long)(to - from));
}

struct tg_mark mark_of(const struct fixture *f, const char *batch, const char *landing,
		       uint64_t keys)
{
	return (struct tg_mark){ .batch = batch,
				 .landing = landing,
				 .zone = ZONE_A,
				 .zone_path = TG_STR("/the/zone"),
				 .keys = keys,
				 .now = f->now };
}

enum tg_status land(struct fixture *f, const char *batch, const char *landing, uint64_t keys)
{
	struct tg_mark mark = mark_of(f, batch, landing, keys);
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st = tg_store_mark(f->store, &mark, &err);

	return st ? st : tg_store_see(f->store, &mark, &err);
}

uint64_t snapshot_of(struct fixture *f)
{
	TG_OWN(tg_view_free) struct tg_view *v = NULL;
	struct tg_view_wish wish = { .now = f->now };
	struct tg_error err = TG_ERROR_INIT;

	is_int("view", tg_view_open(&v, f->store, &wish, &err), TG_OK);
	return tg_view_snapshot(v);
}

/* How many of the keys from..to-1 the view knows. */
uint64_t known(struct tg_view *v, uint64_t from, uint64_t to)
{
	struct tg_error err = TG_ERROR_INIT;
	uint64_t n = 0;

	for (uint64_t i = from; i < to; i++) {
		struct tg_seen seen = { .entry = entry_of(i) };
		bool found = false;

		memset(seen.entry.content, 0, sizeof(seen.entry.content));
		if (tg_view_find(v, &seen, &found, &err))
			ok(err.text, false);
		n += found && memcmp(seen.entry.content, &i, sizeof(i)) == 0;
	}
	return n;
}

uint64_t known_now(struct fixture *f, uint64_t window, uint64_t from, uint64_t to)
{
	TG_OWN(tg_view_free) struct tg_view *v = NULL;
	struct tg_view_wish wish = { .now = f->now, .window = window };
	struct tg_error err = TG_ERROR_INIT;

	is_int("view", tg_view_open(&v, f->store, &wish, &err), TG_OK);
	return known(v, from, to);
}

size_t batches_of(struct fixture *f, enum tg_batch_state state)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_batch *b;
	size_t n, count = 0;

	is_int("batches", tg_store_batches(f->store, &b, &n, &arena, &err), TG_OK);
	for (size_t i = 0; i < n; i++)
		count += b[i].state == state;
	return count;
}

void check_store(struct fixture *f)
{
	struct tg_error err = TG_ERROR_INIT;
	uint64_t keys;

	if (tg_store_check(f->store, &keys, &err))
		ok(err.text, false);
}

bool has_file(struct fixture *f, unsigned char n)
{
	struct tg_file_digest digest = { { n } };
	struct tg_error err = TG_ERROR_INIT;
	bool landed = false;

	is_int("ask", tg_store_has_file(f->store, &digest, &landed, &err), TG_OK);
	return landed;
}

void damage(const char *url, const char *statement)
{
	sqlite3 *db = NULL;

	is_int("open", sqlite3_open(url, &db), SQLITE_OK);
	is_int(statement, sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

long long count(const char *url, const char *question)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *p = NULL;
	long long n = -1;

	if (sqlite3_open(url, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, question, -1, &p, NULL) == SQLITE_OK &&
	    sqlite3_step(p) == SQLITE_ROW)
		n = sqlite3_column_int64(p, 0);
	sqlite3_finalize(p);
	sqlite3_close(db);
	return n;
}

bool remove_folder(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0;
}
