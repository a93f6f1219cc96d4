/* The manifest, and what is looked up in it. */
#include "common/landing/history.h"
#include "common/landing/index.h"
#include "tests/unit/landing_room.h"

#include <fcntl.h>

/* -- the manifest ------------------------------------------------------------------------------------------------------------- */

/* Composes a landing's line behind prev and gives its hash. */
static void put_landing(struct tg_buffer *out, char prev[TG_SHA256_HEX + 1], const char *source,
			unsigned long number, const char *date)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	struct tg_error err = TG_ERROR_INIT;

	tg_buffer_printf(&line,
			 "{\"v\":1,\"kind\":\"landing\",\"prev\":\"%s\",\"landing\":\"%032lx\","
			 "\"time\":\"2025-11-05T06:00:00.000000Z\",\"run\":\"r\",\"source\":\"%s\","
			 "\"entity\":\"e\",\"date\":\"%s\",\"path\":\"source=%s/entity=e/date=%s/"
			 "%016lx-e\",\"sha256\":\"%064lx\",\"bytes\":%lu,\"records\":1,"
			 "\"sidecar_sha256\":\"" ZEROS "\",\"batches\":[]}",
			 prev, number, source, date, source, date, number, number, number);
	TG_BUG_IF(tg_digest_of(tg_buffer_str(&line), prev, &err) != TG_OK);
	tg_buffer_putc(&line, '\n');
	tg_buffer_put_str(out, tg_buffer_str(&line));
}

struct seen {
	unsigned landings, lines;
	char last[40];
};

static enum tg_status see(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct seen *s = arg;

	(void)err;
	s->lines++;
	s->landings += line->kind == TG_LINE_LANDING;
	snprintf(s->last, sizeof(s->last), "%.*s", TG_STR_ARG(line->landing));
	return TG_OK;
}

static void manifest_in(struct place *p, struct tg_manifest *m, bool make)
{
	struct tg_error err = TG_ERROR_INIT;

	if (p->zone.directory < 0) {
		TG_BUG_IF(tg_zone_find(&p->zone, "zone", &p->arena, &err) != TG_OK);
		if (p->zone.directory < 0)
			TG_BUG_IF(tg_zone_make(&p->zone, &p->arena, &err) != TG_OK);
	}
	TG_BUG_IF((make ? tg_manifest_make(m, &p->zone, &err)
			: tg_manifest_open(m, &p->zone, &err)) != TG_OK);
}

TEST(which_lines_count)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	TG_OWN(tg_manifest_release) struct tg_manifest m = TG_MANIFEST_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char prev[TG_SHA256_HEX + 1] = ZEROS, old[TG_SHA256_HEX + 1] = ZEROS;
	struct seen seen = { 0 };
	uint64_t before_torn;
	ROOM;

	put_landing(&text, prev, "a", 1, "2025-11-05");
	put_landing(&text, old, "void", 2, "2025-11-05"); /* by who had lost the lock */
	tg_buffer_printf(&text, "no JSON\n\n[1]\n");
	{ /* a kind of a later version: it counts */
		TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

		tg_buffer_printf(&line, "{\"v\":1,\"kind\":\"lease\",\"prev\":\"%s\"}", prev);
		TG_BUG_IF(tg_digest_of(tg_buffer_str(&line), prev, &err) != TG_OK);
		tg_buffer_printf(&text, "%.*s\n", TG_STR_ARG(tg_buffer_str(&line)));
	}
	put_landing(&text, prev, "b", 3, "2025-11-05");
	for (size_t i = 0; i < 70000; i++) /* longer than any line may be */
		tg_buffer_putc(&text, 'x');
	tg_buffer_putc(&text, '\n');
	put_landing(&text, prev, "c", 4, "2025-11-05");
	before_torn = text.n;
	tg_buffer_printf(&text, "zeros and a newline: no JSON\n{\"v\":1,\"kind\":\"landing\",\"pr");

	manifest_in(&p, &m, true);
	add("zone/manifest.jsonl", "w", tg_buffer_str(&text));
	is_int("walk", tg_manifest_walk(&m, see, &seen, &err), TG_OK);
	is_int("landings", seen.landings, 3);
	is_int("lines that count", seen.lines, 4);
	is_str("the last", tg_str_of(seen.last), TG_STR("00000000000000000000000000000004"));
	is_str("tail", tg_str_of(m.tail), tg_str_of(prev));
	ok("whole to there", m.end == before_torn);
	ok("torn behind", m.size == text.n);
	is_int("cut", tg_manifest_cut(&m, &err), TG_OK);
	is_int("size", size_of("zone/manifest.jsonl"), (long long)before_torn);
}

TEST(appending)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	TG_OWN(tg_manifest_release)
	struct tg_manifest m = TG_MANIFEST_INIT, other = TG_MANIFEST_INIT;
	struct tg_error err = TG_ERROR_INIT;
	ROOM;

	manifest_in(&p, &m, true);
	manifest_in(&p, &other, true);
	for (int i = 0; i < 3; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

		tg_manifest_put_head(&m, &line, "tidy");
		tg_buffer_puts(&line, "}\n");
		is_int("append", tg_manifest_append(&m, tg_buffer_str(&line), &err), TG_OK);
	}
	{ /* one that has not seen the others: its lock was lost */
		TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

		tg_manifest_put_head(&other, &line, "tidy");
		tg_buffer_puts(&line, "}\n");
		is_int("lost", tg_manifest_append(&other, tg_buffer_str(&line), &err),
		       TG_TRY_AGAIN);
	}
	is_int("four lines", count("cat zone/manifest.jsonl"), 4);
	{
		TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

		tg_manifest_put_head(&m, &line, "tidy");
		tg_buffer_puts(&line, "}\n");
		is_int("behind a void line", tg_manifest_append(&m, tg_buffer_str(&line), &err),
		       TG_OK);
	}
	{
		TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

		tg_manifest_put_head(&m, &line, "tidy");
		for (size_t i = 0; i < TG_LINE_MAX; i++)
			tg_buffer_putc(&line, ' ');
		tg_buffer_puts(&line, "}\n");
		is_int("too long", tg_manifest_append(&m, tg_buffer_str(&line), &err), TG_CONFIG);
	}
	is_int("five lines", count("cat zone/manifest.jsonl"), 5);
}

/* -- history and index -------------------------------------------------------------------------------------------------------- */

enum { MANY = 3000 };

static struct tg_sought wanted(char sha256[TG_SHA256_HEX + 1], unsigned long number,
			       const char *source, const char *date)
{
	snprintf(sha256, TG_SHA256_HEX + 1, "%064lx", number);
	return (struct tg_sought){ .source = tg_str_of(source),
				   .entity = TG_STR("e"),
				   .sha256 = tg_str_from(sha256, TG_SHA256_HEX),
				   .date = tg_str_of(date) };
}

static bool has(unsigned long number, const char *source, const char *date, bool write)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	TG_OWN(tg_manifest_release) struct tg_manifest m = TG_MANIFEST_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char sha256[TG_SHA256_HEX + 1];
	struct tg_sought s = wanted(sha256, number, source, date);
	bool known;

	manifest_in(&p, &m, false);
	if (write)
		is_int("lock", tg_zone_lock(&p.zone, 0, &err), TG_OK);
	is_int("find",
	       tg_history_find(&m, &s, 1, TG_STR("source=a/entity=e/date=2025-11-05"), &known,
			       write, &p.arena, &err),
	       TG_OK);
	if (s.found)
		ok("its bytes", s.bytes == number);
	return s.found;
}

static void ask_all(const char *about, bool write)
{
	static const unsigned long present[] = { 0, 1, 2, MANY / 2, MANY - 2, MANY - 1 };
	static const unsigned long absent[] = { MANY, MANY + 1, 1000000 };

	for (size_t i = 0; i < TG_COUNT(present); i++) {
		ok(about, has(present[i], "a", NULL, write));
		ok(about, has(present[i], "a", "2025-11-05", write));
		ok(about, !has(present[i], "a", "2025-11-06", write));
		ok(about, !has(present[i], "b", NULL, write));
	}
	for (size_t i = 0; i < TG_COUNT(absent); i++)
		ok(about, !has(absent[i], "a", NULL, write));
}

static void make_many(char prev[TG_SHA256_HEX + 1], unsigned long from, unsigned long to)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	for (unsigned long i = from; i < to; i++)
		put_landing(&text, prev, "a", i, "2025-11-05");
	add("zone/manifest.jsonl", "a", tg_buffer_str(&text));
}

static void spoil(const char *path, long at, struct tg_str with)
{
	int fd = open(path, O_WRONLY);

	TG_BUG_IF(fd < 0 || pwrite(fd, with.p, with.n, at) != (ssize_t)with.n || close(fd) != 0);
}

TEST(an_index_is_believed_in_nothing)
{
	static char page[4096];
	char prev[TG_SHA256_HEX + 1] = ZEROS;
	long long pages;
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	make_many(prev, 0, MANY);
	ask_all("a reader without an index", false);
	is_int("makes none", size_of("zone/.tidegate/index"), -1);
	ask_all("made", true);
	pages = size_of("zone/.tidegate/index") / 4096;
	ok("is there", pages > 1);
	ask_all("used by a reader", false);

	TG_BUG_IF(truncate("zone/.tidegate/index", 5000) != 0);
	ask_all("cut", true);
	is_int("made again", size_of("zone/.tidegate/index") / 4096, pages);
	spoil("zone/.tidegate/index", 20, TG_STR("\xff"));
	ask_all("a damaged header", true);
	for (long i = 1; i < pages; i++)
		spoil("zone/.tidegate/index", i * 4096 + 8, TG_STR("\xff\xff"));
	ask_all("damaged pages", true);
	for (long i = 1; i < pages; i++)
		spoil("zone/.tidegate/index", i * 4096, tg_str_from(page, sizeof(page)));
	ask_all("pages of zeros, to a reader", false);
	ask_all("pages of zeros", true);
	add("zone/.tidegate/index", "w", TG_STR(""));
	ask_all("empty", true);
	TG_BUG_IF(unlink("zone/.tidegate/index") != 0 || mkdir("zone/.tidegate/index", 0755) != 0);
	ask_all("a directory", true);
	TG_BUG_IF(rmdir("zone/.tidegate/index") != 0);
	ask_all("made once more", true);
}

TEST(an_index_of_another_manifest)
{
	char prev[TG_SHA256_HEX + 1] = ZEROS, again[TG_SHA256_HEX + 1] = ZEROS;
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	make_many(prev, MANY, 2 * MANY);
	ok("made", has(MANY, "a", NULL, true));
	ok("is there", size_of("zone/.tidegate/index") > 0);
	TG_BUG_IF(unlink("zone/manifest.jsonl") != 0);
	make_many(again, 0, MANY); /* restored from elsewhere, of the same length */
	ask_all("of another", true);
	TG_BUG_IF(truncate("zone/manifest.jsonl", size_of("zone/manifest.jsonl") / 2) != 0);
	ok("a shorter one", has(0, "a", NULL, true));
	ok("what was cut off is not there", !has(MANY - 1, "a", NULL, true));
}

/* The same answers as without an index, while the manifest grows through all that an index goes through. */
TEST(an_index_that_grows)
{
	char prev[TG_SHA256_HEX + 1] = ZEROS;
	unsigned long n = 0;
	long long largest = 0;
	unsigned made = 0;
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	for (unsigned long step = 1; n < 12000; step = step * 3 / 2 + 1) {
		long long size;

		make_many(prev, n, n + step);
		n += step;
		ok("the first", has(0, "a", NULL, true));
		ok("the last", has(n - 1, "a", "2025-11-05", true));
		ok("the middle", has(n / 2, "a", NULL, true));
		ok("none", !has(n, "a", NULL, true));
		size = size_of("zone/.tidegate/index");
		made += size > largest;
		largest = size > largest ? size : largest;
	}
	ok("made larger more than once", made > 1);
	for (unsigned long i = 0; i < n; i += 997)
		ok("each", has(i, "a", NULL, true));
}

/* One content that lands each day: all under one key but for the date. */
TEST(the_same_content_on_many_days)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	char prev[TG_SHA256_HEX + 1] = ZEROS, date[24];
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	for (int i = 0; i < 2000; i++) {
		snprintf(date, sizeof(date), "%04d-%02d-%02d", 2000 + i / 336, 1 + i / 28 % 12,
			 1 + i % 28);
		put_landing(&text, prev, "a", 7, date);
	}
	add("zone/manifest.jsonl", "a", tg_buffer_str(&text));
	for (int round = 0; round < 2; round++) { /* made; used */
		ok("any day", has(7, "a", NULL, true));
		ok("the first day", has(7, "a", "2000-01-01", true));
		ok("the last day", has(7, "a", date, true));
		ok("another day", !has(7, "a", "1999-01-01", true));
	}
}
