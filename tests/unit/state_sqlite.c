/* Stores in files: what is no store, damage, older versions, and what goes in slices. */
#include "tests/unit/state_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TEST(two_openers_see_each_other)
{
	TG_OWN(tg_store_close) struct tg_store *other = NULL;
	struct fixture f;
	tg_store_id batch, landing = "1";

	fixture_open(&f, "file", false);
	other = open_store(f.url, true);
	ok("one id", other && strcmp(tg_store_head(other)->id, tg_store_head(f.store)->id) == 0);
	ok("made once: it holds no times", other && !tg_store_head(other)->timed);
	save(&f, batch, 0, 0, 10);
	tg_store_close(&f.store);
	f.store = TG_TAKE(other);
	is_int("lands", land(&f, batch, landing, 10), TG_OK);
	tg_store_close(&f.store);
}

TEST(what_is_no_store)
{
	static const struct {
		const char *about, *statement;
		enum tg_status status;
	} row[] = {
		// clang-format off
		{ "of a later version", "pragma user_version=3", TG_CONFIG },
		{ "of no version", "pragma user_version=0", TG_CONFIG },
		{ "another's database", "pragma application_id=7", TG_CONFIG },
		{ "without its tables", "drop table store", TG_CONFIG },
		// clang-format on
	};
	struct tg_store_wish wish = { .make = true };
	struct tg_store *s = NULL;
	struct tg_error err = TG_ERROR_INIT;
	char path[128];
	FILE *text;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct fixture f;

		fixture_open(&f, "file", false);
		tg_store_close(&f.store);
		damage(f.url, row[i].statement);
		is_int(row[i].about, tg_store_open(&s, tg_str_of(f.url), &wish, &err),
		       row[i].status);
	}
	snprintf(path, sizeof(path), "%s/text", folder);
	text = fopen(path, "w");
	ok("a file of text",
	   text && fputs("a key store this is not, by any measure of mine\n", text) > 0);
	if (text)
		fclose(text);
	is_int("text", tg_store_open(&s, tg_str_of(path), &wish, &err), TG_CONFIG);
	is_int("a folder", tg_store_open(&s, tg_str_of(folder), &wish, &err), TG_CANNOT_CREATE);
	wish.make = false;
	snprintf(path, sizeof(path), "%s/none", folder);
	is_int("none", tg_store_open(&s, tg_str_of(path), &wish, &err), TG_NO_INPUT);
	ok("nothing was made", access(path, F_OK) != 0);
}

TEST(a_store_of_version_1)
{
	struct fixture f;
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id batch, landing = "1";
	uint64_t keys, files;

	fixture_open(&f, "file", false);
	save(&f, batch, 0, 0, 1000);
	is_int("lands", land(&f, batch, landing, 1000), TG_OK);
	tg_store_close(&f.store);
	damage(f.url, "drop table file");
	damage(f.url, "pragma user_version=1");
	f.store = open_store(f.url, false);
	is_int("whole", tg_store_check(f.store, &keys, &err), TG_OK);
	is_int("its keys are there", (long long)keys, 1000);
	is_int("count", tg_store_count_files(f.store, &files, &err), TG_OK);
	is_int("no files", (long long)files, 0);
	ok("none is known", !has_file(&f, 1));
	tg_store_close(&f.store);
}

TEST(check_finds_damage)
{
	static const char *const statement[] = {
		"delete from page where at = (select min(at) from page)",
		"update batch set number = 5",
		"update page set k = zeroblob(48)",
		"delete from batch",
		"insert into file values (x'00', '9', 1, 1)",
	};

	for (size_t i = 0; i < TG_COUNT(statement); i++) {
		struct fixture f;
		struct tg_error err = TG_ERROR_INIT;
		tg_store_id batch, landing = "1";
		uint64_t keys;

		fixture_open(&f, "file", false);
		save(&f, batch, 0, 0, 1000);
		is_int("lands", land(&f, batch, landing, 1000), TG_OK);
		is_int("whole", tg_store_check(f.store, &keys, &err), TG_OK);
		is_int("keys", (long long)keys, 1000);
		damage(f.url, statement[i]);
		is_int(statement[i], tg_store_check(f.store, &keys, &err), TG_DATA);
		tg_store_close(&f.store);
	}
}

static const char all_pages[] = "select count(*) from page";

/* As `save`, but its host was started anew since. */
static void abandon(struct fixture *f, tg_store_id id, uint64_t from, uint64_t to)
{
	save(f, id, 0, from, to);
	damage(f->url, "update batch set boot = 'another' where state = 1 and number = 0");
}

/* Opens it anew, as a run that was killed leaves it, and sweeps; how many pages went. */
static long long sweep_anew(struct fixture *f)
{
	struct tg_error err = TG_ERROR_INIT;
	long long before = count(f->url, all_pages);

	tg_store_close(&f->store);
	f->store = open_store(f->url, false);
	is_int("sweep", tg_store_sweep(f->store, f->now, &err), TG_OK);
	return before - count(f->url, all_pages);
}

enum { BIG = 600000, SLICE = 1024 };

TEST(a_big_batch_goes_in_slices)
{
	struct fixture f;
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id landed, big, later, landing = "1", next = "2";
	uint64_t batches = 0, pages = 0;
	long long n, slices = 0;

	fixture_open(&f, "file", false);
	save(&f, landed, 0, 0, 10);
	is_int("lands", land(&f, landed, landing, 10), TG_OK);
	abandon(&f, big, 100, BIG);
	n = count(f.url, all_pages);
	ok("a big one", n > 3 * SLICE);
	is_int("one slice of it goes", sweep_anew(&f), SLICE);
	is_int("it is gone for everybody", (long long)batches_of(&f, TG_BATCH_PENDING), 0);
	is_int("a landing notices", land(&f, big, next, BIG - 100), TG_TRY_AGAIN);
	is_int("removing", tg_store_removing(f.store, &batches, &pages, &err), TG_OK);
	is_int("one batch", (long long)batches, 1);
	is_int("and its pages", (long long)pages, n - 1 - SLICE);
	check_store(&f);
	save(&f, later, 1, 500, 600); /* under a run of its own */
	is_int("another lands", land(&f, later, next, 100), TG_OK);
	is_int("none of its keys is known", (long long)known_now(&f, 0, 600, 700), 0);
	is_int("those are that landed", (long long)known_now(&f, 0, 0, 600), 110);
	while ((n = sweep_anew(&f)) > 0 && slices < 10) {
		ok("a slice", n <= SLICE);
		slices++;
	}
	is_int("in slices", slices, 3);
	is_int("nothing of it is left", count(f.url, all_pages), 2);
	is_int("nor its row", count(f.url, "select count(*) from batch"), 2);
	is_int("none is removed", tg_store_removing(f.store, &batches, NULL, &err), TG_OK);
	is_int("any more", (long long)batches, 0);
	check_store(&f);
	tg_store_close(&f.store);
}

TEST(what_is_removed_shrinks_as_a_batch_grows)
{
	struct fixture f;
	tg_store_id big, other;
	long long own;

	fixture_open(&f, "file", false);
	abandon(&f, big, 0, BIG + BIG / 2);
	is_int("one slice of it goes", sweep_anew(&f), SLICE);
	save(&f, other, 0, 0, BIG + BIG / 2);
	own = count(f.url, "select count(*) from page where at >> 32 = 2");
	ok("there are its own", own > 5 * SLICE);
	ok("and less than a slice of what was removed", count(f.url, all_pages) - own < SLICE);
	check_store(&f);
	tg_store_close(&f.store);
}

TEST(what_is_old_goes_in_slices)
{
	struct fixture f;
	struct tg_error err = TG_ERROR_INIT;
	tg_store_id batch, landing = "1";
	uint64_t keys = 0, files = 0;

	for (int forget = 0; forget < 2; forget++) {
		fixture_open(&f, "file", false);
		save(&f, batch, 0, 0, BIG);
		is_int("lands", land(&f, batch, landing, BIG), TG_OK);
		f.now += 10 * DAY;
		if (forget) {
			is_int("forget", tg_store_forget(f.store, f.now - DAY, &keys, &files, &err),
			       TG_OK);
			is_int("they are forgotten", (long long)keys, BIG);
			is_int("all of them", count(f.url, all_pages), 0);
		} else {
			damage(f.url, "update store set keep = 86400000000");
			is_int("one slice of it goes", sweep_anew(&f), SLICE);
			is_int("none is known", (long long)known_now(&f, 0, 0, 100), 0);
		}
		check_store(&f);
		tg_store_close(&f.store);
	}
}
