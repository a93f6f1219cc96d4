#include "common/landing/history.h"
#include "common/landing/index.h"
#include "common/landing/land.h"
#include "common/landing/name.h"
#include "common/state/keeper.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* TG_STR for a static table. */
#define T(literal)                                                                                 \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* -- a folder, files ---------------------------------------------------------------------------------------------------------- */

/* A folder of its own for each test, which is the working directory while it runs. */
static int room(void)
{
	char path[] = "/tmp/tidegate-test-XXXXXX";

	TG_BUG_IF(!mkdtemp(path) || chdir(path) != 0);
	return 0;
}

static void leave(int *ignored)
{
	char path[4096], command[4200];

	(void)ignored;
	TG_BUG_IF(!getcwd(path, sizeof(path)) || strncmp(path, "/tmp/tidegate-test-", 19) != 0);
	snprintf(command, sizeof(command), "rm -r %s", path);
	TG_BUG_IF(chdir("/") != 0 || system(command) != 0);
}

#define ROOM TG_OWN(leave) __attribute__((__unused__)) int in_room = room()

static void add(const char *path, const char *how, struct tg_str text)
{
	FILE *f = fopen(path, how);

	TG_BUG_IF(!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0);
}

static struct tg_buffer whole(const char *path)
{
	struct tg_buffer b = TG_BUFFER_INIT;
	FILE *f = fopen(path, "r");
	size_t n = 1;

	while (f && n) {
		n = fread(tg_buffer_room(&b, 65536), 1, 65536, f);
		b.n += n;
	}
	if (f)
		fclose(f);
	return b;
}

static long long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

/* Lines of what a command prints. */
static int count(const char *command)
{
	char text[1024];
	FILE *f;
	int n = -1;

	snprintf(text, sizeof(text), "%s | wc -l", command);
	f = popen(text, "r");
	TG_BUG_IF(!f || fscanf(f, "%d", &n) != 1);
	pclose(f);
	return n;
}

/* -- names -------------------------------------------------------------------------------------------------------------------- */

TEST(names_from_outside_become_harmless)
{
	static const struct {
		struct tg_str text;
		const char *encoded;
	} row[] = {
		// clang-format off
		{ T("acme_customers_2025-11-05.csv"), "acme_customers_2025-11-05.csv" },
		{ T("../../etc/passwd"), "..%2F..%2Fetc%2Fpasswd" },
		{ T("a b$c;d`e|f&g"), "a%20b%24c%3Bd%60e%7Cf%26g" },
		{ T("100%"), "100%25" },
		{ T("x=y"), "x%3Dy" },
		{ T("a\\b:c*d?\"<>"), "a%5Cb%3Ac%2Ad%3F%22%3C%3E" },
		{ { "nul\0nl\n\x7f", 8 }, "nul%00nl%0A%7F" },
		{ T("M\xc3\xbcller.csv"), "M\xc3\xbcller.csv" },
		{ T("bad\xff\xc3"), "bad%FF%C3" },
		{ T("\xe2\x80\xae" "fdp.exe"), "%E2%80%AEfdp.exe" }, /* turns the writing direction */
		{ T("no\xc2\xa0" "break"), "no%C2%A0break" },
		{ T("c1\xc2\x85"), "c1%C2%85" },
		{ T(""), "" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_name_put(&b, row[i].text, TG_NAME_MAX);
		is_str(row[i].encoded, tg_buffer_str(&b), tg_str_of(row[i].encoded));
	}
}

TEST(long_names_are_cut_between_characters)
{
	static const struct {
		const char *about, *text;
		size_t most;
		const char *cut;
	} row[] = {
		{ "plain", "abcdef", 4, "abcd" },
		{ "not within an escape", "abc/d", 5, "abc" },
		{ "not within a character", "abc\xc3\xbc", 4, "abc" },
		{ "just fits", "abc/", 6, "abc%2F" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_name_put(&b, tg_str_of(row[i].text), row[i].most);
		is_str(row[i].about, tg_buffer_str(&b), tg_str_of(row[i].cut));
	}
}

TEST(what_may_be_a_source)
{
	char exact[201], longer[202];
	static const struct {
		struct tg_str text;
		bool good;
	} row[] = {
		{ T("acme"), true },	   { T("a b"), true },	     { T("M\xc3\xbcller"), true },
		{ T("..."), true },	   { T(".a"), true },	     { T("a%2Fb"), true },
		{ T(""), false },	   { T("."), false },	     { T(".."), false },
		{ T("a/b"), false },	   { T("/"), false },	     { T("x=y"), false },
		{ T("a\nb"), false },	   { { "a\0b", 3 }, false }, { T("a\x7f"), false },
		{ T("a\xc2\x85"), false }, { T("a\xff"), false },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		is_int(row[i].text.p, tg_name_fault(row[i].text) == NULL, row[i].good);
	memset(exact, 'x', 200);
	memset(longer, 'x', 201);
	ok("200 bytes", !tg_name_fault(tg_str_from(exact, 200)));
	ok("201 bytes", tg_name_fault(tg_str_from(longer, 201)));
}

/* -- counting lines ----------------------------------------------------------------------------------------------------------- */

static uint64_t lines_in_pieces(struct tg_str text, size_t piece)
{
	struct tg_line_count c = { 0 };

	for (size_t at = 0; at < text.n; at += piece)
		tg_line_count_add(
			&c, tg_str_from(text.p + at, text.n - at < piece ? text.n - at : piece));
	return c.n + c.counted;
}

/* The definition, a byte at a time. */
static uint64_t lines_plainly(struct tg_str text)
{
	uint64_t n = 0;
	bool some = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\n') {
			n += some;
			some = false;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			some = true;
		}
	}
	return n + some;
}

TEST(lines_that_are_not_blank)
{
	static const struct {
		const char *text;
		uint64_t n;
	} row[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "a\n", 1 },
		{ "a\nb", 2 },
		{ "\n\n\n", 0 },
		{ " \t\r\n", 0 },
		{ "a\r\n\r\nb\r\n", 2 },
		{ " \na", 1 },
		{ "  a\n \n  b", 2 },
	};
	static const size_t piece[] = { 1, 2, 3, 7, 63, 64, 65, 1000 };
	char text[3000];
	unsigned seed = 1;

	for (size_t i = 0; i < TG_COUNT(row); i++)
		ok(row[i].text, lines_plainly(tg_str_of(row[i].text)) == row[i].n);
	for (size_t round = 0; round < 200; round++) {
		struct tg_str s = { text, sizeof(text) - round };

		for (size_t i = 0; i < s.n; i++) {
			seed = seed * 1103515245 + 12345;
			/* Mostly blanks and line feeds at first, mostly letters later. */
			text[i] = (seed >> 16) % 200 < round ? 'a' : " \t\r\n\n "[(seed >> 24) % 6];
		}
		for (size_t k = 0; k < TG_COUNT(piece); k++)
			is_int("in pieces", (long long)lines_in_pieces(s, piece[k]),
			       (long long)lines_plainly(s));
	}
}

/* -- zones -------------------------------------------------------------------------------------------------------------------- */

struct place {
	struct tg_arena arena;
	struct tg_zone zone;
};

#define PLACE_INIT                                                                                 \
	{                                                                                          \
		TG_ARENA_INIT, TG_ZONE_INIT                                                        \
	}

static void place_release(struct place *p)
{
	tg_zone_release(&p->zone);
	tg_arena_release(&p->arena);
}

static enum tg_status find_zone(const char *path, bool init, char id[TG_ZONE_ID + 1])
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st = init ? tg_zone_init(&p.zone, path, &p.arena, &err)
				 : tg_zone_find(&p.zone, path, &p.arena, &err);

	if (!st && p.zone.directory < 0)
		st = tg_zone_make(&p.zone, &p.arena, &err);
	if (st)
		ok("says why", err.text[0]);
	if (id)
		memcpy(id, p.zone.id, TG_ZONE_ID + 1);
	return st;
}

TEST(what_is_a_zone)
{
	char one[TG_ZONE_ID + 1], two[TG_ZONE_ID + 1];
	ROOM;

	is_int("not there: becomes one", find_zone("zone", false, one), TG_OK);
	is_int("is found again", find_zone("zone/", false, two), TG_OK);
	is_str("the same", tg_str_of(two), tg_str_of(one));
	is_int("--init changes nothing", find_zone("zone", true, two), TG_OK);
	is_str("the same", tg_str_of(two), tg_str_of(one));
	is_int("nothing beside it", count("ls -A"), 1);

	TG_BUG_IF(mkdir("empty", 0755) != 0);
	is_int("a directory that is none", find_zone("empty", false, NULL), TG_CONFIG);
	is_int("nothing made", count("ls -A empty"), 0);
	is_int("asked for by name", find_zone("empty", true, NULL), TG_OK);
	is_int("then it is one", find_zone("empty", false, NULL), TG_OK);

	is_int("no directory to be in", find_zone("none/zone", false, NULL), TG_CANNOT_CREATE);
	add("file", "w", TG_STR("x"));
	is_int("a file", find_zone("file", false, NULL), TG_CONFIG);
	is_int("in a file", find_zone("file/zone", false, NULL), TG_CONFIG);
	TG_BUG_IF(symlink("zone", "link") != 0);
	is_int("a link to one", find_zone("link", false, two), TG_OK);
	is_str("the same", tg_str_of(two), tg_str_of(one));
}

TEST(zones_that_are_not_to_be_touched)
{
	static const struct {
		const char *about, *text;
		enum tg_status status;
	} row[] = {
		// clang-format off
		{ "a later format", "{\"v\":2,\"zone\":\"0123456789abcdef0123456789abcdef\"}\n", TG_CONFIG },
		{ "with members of a later version", "{\"v\":1,\"zone\":\"0123456789abcdef0123456789abcdef\",\"x\":[]}\n", TG_OK },
		{ "no id", "{\"v\":1}\n", TG_CONFIG },
		{ "half an id", "{\"v\":1,\"zone\":\"0123456789abcdef\"}\n", TG_CONFIG },
		{ "no JSON", "zone\n", TG_CONFIG },
		{ "empty", "", TG_CONFIG },
		// clang-format on
	};
	ROOM;

	is_int("make", find_zone("zone", false, NULL), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_BUG_IF(unlink("zone/.tidegate/zone") != 0);
		add("zone/.tidegate/zone", "w", tg_str_of(row[i].text));
		is_int(row[i].about, find_zone("zone", false, NULL), row[i].status);
	}
	is_int("make another", find_zone("other", false, NULL), TG_OK);
	add("other/.tidegate/broken", "w", TG_STR(""));
	is_int("broken", find_zone("other", false, NULL), TG_IO);
}

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

/* -- what stages before found out --------------------------------------------------------------------------------------------- */

enum { STAGES = 4 };

/* text: [{"tool":...,"start":{...},"finish":{...}}], the nearest first. */
static json_t *upstream_of(const char *text, struct tg_upstream *up,
			   struct tg_upstream_stage stage[STAGES])
{
	json_t *all = json_loads(text, 0, NULL), *one;
	size_t i;

	TG_BUG_IF(!all || json_array_size(all) > STAGES);
	*up = (struct tg_upstream){ .stage = stage, .stages = json_array_size(all) };
	json_array_foreach(all, i, one) stage[i] = (struct tg_upstream_stage){
		.tool = tg_str_of(json_string_value(json_object_get(one, "tool"))),
		.start = json_object_get(one, "start"),
		.finish = json_object_get(one, "finish"),
	};
	return all;
}

TEST(what_a_landing_is_called)
{
	static const struct {
		const char *about, *stages, *own, *name, *source_file;
	} row[] = {
		// clang-format off
		{ "a file as it is", "[]", "a.csv", "a.csv", "a.csv" },
		{ "a pipe", "[]", NULL, NULL, NULL },
		{ "behind a converter",
		  "[{\"tool\":\"validate\",\"start\":{\"in\":\"pipe:f:2\"},\"finish\":{}},"
		  "{\"tool\":\"csv2json\",\"start\":{\"in\":\"file:fe01:7:/in/acme.csv\"},\"finish\":{}}]",
		  NULL, "acme.jsonl", "acme.csv" },
		{ "compressed, and in capitals",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":[\"file:fe01:7:/in/ACME.CSV.GZ\"]},\"finish\":{}}]",
		  NULL, "ACME.jsonl", "ACME.CSV.GZ" },
		{ "no ending that is known",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":\"file:fe01:7:/in/acme.2025\"},\"finish\":{}}]",
		  NULL, "acme.2025.jsonl", "acme.2025" },
		{ "no converter",
		  "[{\"tool\":\"stage\",\"start\":{\"in\":\"file:fe01:7:/in/acme.csv\"},\"finish\":{}}]",
		  NULL, "acme.csv", "acme.csv" },
		{ "a stage knows what it unpacked, a converter stands behind it",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":\"pipe:f:1\"},\"finish\":{}},"
		  "{\"tool\":\"pgp-open\",\"start\":{\"in\":\"file:fe01:7:/in/x.pgp\"},\"finish\":{\"meta\":{\"name\":\"acme.csv\"}}}]",
		  NULL, "acme.jsonl", "x.pgp" },
		{ "the nearest name counts, and nothing stands behind it",
		  "[{\"tool\":\"rename\",\"start\":{\"in\":\"pipe:f:1\"},\"finish\":{\"meta\":{\"name\":\"final.csv\"}}},"
		  "{\"tool\":\"csv2json\",\"start\":{\"in\":\"pipe:f:1\"},\"finish\":{\"meta\":{\"name\":\"x\"}}}]",
		  NULL, "final.csv", "x" },
		{ "several files",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":[\"file:fe01:7:/a.csv\",\"file:fe01:8:/b.csv\"]},\"finish\":{}}]",
		  NULL, NULL, NULL },
		{ "all but an ending",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":\"file:fe01:7:/in/.csv\"},\"finish\":{}}]",
		  NULL, ".csv.jsonl", ".csv" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_upstream_stage stage[STAGES];
		struct tg_upstream up;
		struct tg_origin origin;
		json_t *all = upstream_of(row[i].stages, &up, stage);

		tg_origin_find(&origin, &up, tg_str_of(row[i].own), &arena);
		is_str(row[i].about, origin.name, tg_str_of(row[i].name));
		is_str(row[i].about, origin.source_file, tg_str_of(row[i].source_file));
		json_decref(all);
	}
}

TEST(what_stages_found_out)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_upstream_stage stage[STAGES];
	struct tg_upstream up;
	struct tg_origin origin;
	json_t *all = upstream_of(
		"[{\"tool\":\"validate\",\"start\":{\"version\":\"1\",\"in\":\"pipe:f:1\","
		"\"contract\":{\"file\":\"c.json\",\"version\":\"2.1.0\"}},"
		"\"finish\":{\"records\":{\"in\":3,\"out\":2,\"dropped\":0,\"rejected\":1},"
		"\"rejected\":{\"schema\":1}}},"
		"{\"tool\":\"pgp-open\",\"start\":{\"in\":\"pipe:f:2\",\"contract\":{\"version\":\"1\"}},"
		"\"finish\":{\"meta\":{\"sha256\":\"ab\",\"pgp_fingerprint\":\"CD\","
		"\"signed_at\":\"2025-11-05T04:58:12Z\",\"signed\":true,\"pgp_allowed\":[\"allow-sha1\"]}}},"
		"{\"tool\":\"name-check\",\"start\":{\"in\":\"file:fe01:7:/in/x.pgp\"},"
		"\"finish\":{\"meta\":{\"source\":\"acme\",\"entity\":\"e\",\"date\":\"2025-11-05\","
		"\"sha256\":\"12\"}}}]",
		&up, stage);

	tg_origin_find(&origin, &up, TG_STR_NONE, &arena);
	is_str("source", origin.source, TG_STR("acme"));
	is_str("entity", origin.entity, TG_STR("e"));
	is_str("date", origin.date, TG_STR("2025-11-05"));
	is_str("the first digest is the file's", origin.source_sha256, TG_STR("12"));
	is_str("fingerprint", origin.pgp_fingerprint, TG_STR("CD"));
	is_str("when", origin.signed_at, TG_STR("2025-11-05T04:58:12Z"));
	is_str("exceptions", origin.pgp_allowed, TG_STR("[\"allow-sha1\"]"));
	ok("signed", !origin.is_unsigned);
	is_str("the nearest contract", origin.schema_version, TG_STR("2.1.0"));
	is_str("contract", origin.contract, TG_STR("{\"file\":\"c.json\",\"version\":\"2.1.0\"}"));
	is_str("stages", origin.stages,
	       TG_STR("[{\"tool\":\"name-check\"},{\"tool\":\"pgp-open\"},"
		      "{\"tool\":\"validate\",\"version\":\"1\",\"records\":{\"in\":3,\"out\":2,"
		      "\"dropped\":0,\"rejected\":1},\"rejected\":{\"schema\":1}}]"));
	json_decref(all);
}

/* -- batches of stages before ------------------------------------------------------------------------------------------------ */

static void keep_one(enum tg_keeper_kind kind, const char *id, struct tg_buffer *meta)
{
	TG_OWN(tg_keeper_free) struct tg_keeper *k = NULL;
	struct tg_keeper_wish wish = { .kind = kind, .url = TG_STR("keys.db"), .now = 1000000 };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_key_entry e;
	struct tg_batch b;
	bool known, own;

	is_int("open", tg_keeper_open(&k, &wish, &err), TG_OK);
	is_int("begin", tg_keeper_begin(k, &err), TG_OK);
	tg_keeper_replay_id(k, TG_STR("acme"), tg_str_of(id), 0, &e);
	is_int("find", tg_keeper_find(k, &e, &known, &own, &err), TG_OK);
	ok("new", !known);
	tg_keeper_keep(k, &e);
	is_int("finish", tg_keeper_finish(k, &b, meta, &err), TG_OK);
}

TEST(what_must_come_by_the_kind_of_batch)
{
	static const struct {
		const char *about, *stages; /* %s: a batch of keys (K) or of replay ids (R) */
		unsigned records;
		enum tg_status status;
	} row[] = {
		// clang-format off
		{ "replay, all lands", "[{\"finish\":{\"records\":{\"out\":3},\"meta\":{\"batch\":R}}}]", 3, TG_OK },
		{ "replay, some is rejected, some dropped behind",
		  "[{\"finish\":{\"records\":{\"out\":1,\"dropped\":1}}},{\"finish\":{\"records\":{\"out\":2,\"rejected\":1}}},"
		  "{\"finish\":{\"records\":{\"out\":3,\"rejected\":9},\"meta\":{\"batch\":R}}}]", 1, TG_OK },
		{ "replay, one is missing", "[{\"finish\":{\"records\":{\"out\":3},\"meta\":{\"batch\":R}}}]", 2, TG_USAGE },
		{ "replay, one too many", "[{\"finish\":{\"records\":{\"out\":3},\"meta\":{\"batch\":R}}}]", 4, TG_USAGE },
		{ "keys behind replay",
		  "[{\"finish\":{\"records\":{\"out\":1,\"dropped\":1},\"meta\":{\"batch\":K}}},"
		  "{\"finish\":{\"records\":{\"out\":2},\"meta\":{\"batch\":R}}}]", 1, TG_OK },
		{ "replay behind keys takes something away",
		  "[{\"finish\":{\"records\":{\"out\":1,\"dropped\":1},\"meta\":{\"batch\":R}}},"
		  "{\"finish\":{\"records\":{\"out\":2},\"meta\":{\"batch\":K}}}]", 1, TG_USAGE },
		{ "keys, something is rejected behind",
		  "[{\"finish\":{\"records\":{\"out\":1,\"rejected\":1}}},"
		  "{\"finish\":{\"records\":{\"out\":2},\"meta\":{\"batch\":K}}}]", 1, TG_USAGE },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer keys = TG_BUFFER_INIT, replay = TG_BUFFER_INIT;
	ROOM;

	keep_one(TG_KEEP_KEYS, "1", &keys);
	keep_one(TG_KEEP_REPLAY, "2", &replay);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		TG_OWN(tg_stores_release) struct tg_stores stores = { .n = 0 };
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_upstream_stage stage[STAGES];
		struct tg_upstream up;
		json_t *all;

		for (const char *p = row[i].stages; *p; p++) {
			if (*p == 'K' || *p == 'R')
				tg_buffer_put_str(&text,
						  tg_buffer_str(*p == 'K' ? &keys : &replay));
			else
				tg_buffer_putc(&text, *p);
		}
		tg_buffer_putc(&text, '\0');
		all = upstream_of(text.p, &up, stage);
		is_int(row[i].about, tg_stores_find(&stores, &up, row[i].records, &arena, &err),
		       row[i].status);
		json_decref(all);
	}
}

/* -- landings ----------------------------------------------------------------------------------------------------------------- */

struct asked {
	const char *source, *entity, *date, *name, *content;
	bool stated, dry;
};

static enum tg_status land(const struct asked *a, struct tg_landing *l, struct place *p,
			   struct tg_error *err)
{
	TG_OWN(tg_stage_release) struct tg_stage stage = TG_STAGE_INIT;
	static const struct tg_origin nowhere;
	enum tg_status st = TG_OK;

	*l = (struct tg_landing){ .source = tg_str_of(a->source),
				  .entity = tg_str_of(a->entity),
				  .name = tg_str_of(a->name),
				  .date = tg_str_of(a->date),
				  .date_stated = a->stated,
				  .run = TG_STR("run"),
				  .time = { 1762322400, 0 },
				  .origin = &nowhere,
				  .upstream = "none",
				  .stores = { .arena = &p->arena } };
	if (p->zone.directory < 0)
		st = tg_zone_find(&p->zone, "zone", &p->arena, err);
	if (!st && p->zone.directory < 0 && !a->dry)
		st = tg_zone_make(&p->zone, &p->arena, err);
	if (!st)
		st = tg_stage_open(&stage, &p->zone, a->dry, err);
	if (!st)
		st = tg_stage_take(&stage, tg_str_of(a->content), err);
	if (!st)
		st = tg_stage_close(&stage, err);
	return st ? st : tg_land(l, &p->zone, &stage, &p->arena, err);
}

TEST(landed_once)
{
	/* Each row in the zone that those before have left. */
	static const struct {
		const char *about;
		struct asked asked;
		enum tg_landing_result result;
		int files;
	} row[] = {
		// clang-format off
		{ "the first", { "s", "e", "2025-11-05", "n", "one\n", false, false }, TG_LANDED, 2 },
		{ "again", { "s", "e", "2025-11-05", "n", "one\n", false, false }, TG_DUPLICATE, 2 },
		{ "under another name", { "s", "e", "2025-11-05", "m", "one\n", false, false }, TG_DUPLICATE, 2 },
		{ "the next day", { "s", "e", "2025-11-06", "n", "one\n", false, false }, TG_DUPLICATE, 2 },
		{ "for another day", { "s", "e", "2025-11-06", "n", "one\n", true, false }, TG_LANDED, 4 },
		{ "for that day again", { "s", "e", "2025-11-06", "n", "one\n", true, false }, TG_DUPLICATE, 4 },
		{ "for the day of the first", { "s", "e", "2025-11-05", "n", "one\n", true, false }, TG_DUPLICATE, 4 },
		{ "other content, same name", { "s", "e", "2025-11-05", "n", "two\n", false, false }, TG_LANDED, 6 },
		{ "another source", { "t", "e", "2025-11-05", "n", "one\n", false, false }, TG_LANDED, 8 },
		{ "another entity", { "s", "f", "2025-11-05", "n", "one\n", false, false }, TG_LANDED, 10 },
		{ "a dry run, new", { "s", "e", "2025-11-05", "n", "three\n", false, true }, TG_LANDED, 10 },
		{ "a dry run, duplicate", { "s", "e", "2025-11-05", "n", "one\n", false, true }, TG_DUPLICATE, 10 },
		{ "a name from outside", { "s", "e", "2025-11-05", "../x y", "four\n", false, false }, TG_LANDED, 12 },
		// clang-format on
	};
	ROOM;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int(row[i].about, land(&row[i].asked, &l, &p, &err), TG_OK);
		is_int(row[i].about, l.result, row[i].result);
		is_int(row[i].about, count("find zone/source=* -type f"), row[i].files);
		ok("absolute", l.path.p[0] == '/');
		ok("names a file", row[i].asked.dry || access(l.path.p, R_OK) == 0);
		ok("records", l.records == 1);
	}
	is_int("lines", count("cat zone/manifest.jsonl"), 6);
	is_int("nothing staged is left", count("ls -A zone/.tidegate"), 2);
	is_int("encoded", count("ls zone/source=s/entity=e/date=2025-11-05/*-..%2Fx%20y"), 1);
}

TEST(a_dry_run_makes_no_zone)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "x", false, true };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_landing l;
	ROOM;

	is_int("dry", land(&asked, &l, &p, &err), TG_OK);
	is_int("would land", l.result, TG_LANDED);
	is_int("nothing made", count("ls -A"), 0);
}

/* SHA-256 of "one\n" begins 2c8b08da5ce60398; other content under that name has the same digits, as far as anybody can see. */
TEST(other_content_with_the_same_digits)
{
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "one\n", false, false };
	static const char directory[] = "zone/source=s/entity=e/date=2025-11-05";
	static const size_t digits[] = { 16, 32, 64 };
	static const char hex[] =
		"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";
	char path[256];
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	TG_BUG_IF(system("mkdir -p zone/source=s/entity=e/date=2025-11-05") != 0);
	for (size_t i = 0; i < TG_COUNT(digits); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("lands", land(&asked, &l, &p, &err), TG_OK);
		snprintf(path, sizeof(path), "%s/%.*s-n", directory, (int)digits[i], hex);
		ok(path, access(path, F_OK) == 0);
		/* Taken back by hand, and other content put there. */
		TG_BUG_IF(unlink("zone/manifest.jsonl") != 0 || unlink(path) != 0);
		add(path, "w", TG_STR("other\n"));
	}
	{
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("no name is left", land(&asked, &l, &p, &err), TG_CANNOT_CREATE);
		is_int("nothing landed", size_of("zone/manifest.jsonl"), 0);
	}
}

/* A writer that was killed has left data, a sidecar perhaps, and its note in the lock. */
TEST(what_a_killed_writer_left)
{
	static const struct {
		const char *about, *content, *day; /* of the next landing */
		int landings, tidies, files;
	} row[] = {
		{ "the same content takes it over", "one\n", "2025-11-05", 1, 0, 2 },
		{ "the same content on another day: it is tidied", "one\n", "2025-11-06", 1, 1, 2 },
		{ "other content: it is tidied", "two\n", "2025-11-05", 1, 1, 2 },
	};
	ROOM;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct asked asked = { "s", "e", row[i].day, "n", row[i].content, false, false };
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("zone", find_zone("zone", false, NULL), TG_OK);
		TG_BUG_IF(system("mkdir -p zone/source=s/entity=e/date=2025-11-05 && "
				 "cd zone/source=s/entity=e/date=2025-11-05 && "
				 "echo one >2c8b08da5ce60398-n && "
				 "echo '{}' >2c8b08da5ce60398-n.meta.json") != 0);
		add("zone/.tidegate/lock", "w",
		    TG_STR("{\"v\":1,\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
			   "\"path\":\"source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-n\","
			   "\"sha256\":"
			   "\"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806\"}"));
		is_int(row[i].about, land(&asked, &l, &p, &err), TG_OK);
		is_int(row[i].about, count("grep '\"kind\":\"landing\"' zone/manifest.jsonl"),
		       row[i].landings);
		is_int(row[i].about, count("grep '\"kind\":\"tidy\"' zone/manifest.jsonl"),
		       row[i].tidies);
		is_int(row[i].about, count("find zone/source=* -type f"), row[i].files);
		is_int("the note is gone", size_of("zone/.tidegate/lock"), 0);
		is_int("the sidecar is this landing's", count("grep -r received_at zone/source=*"),
		       1);
		TG_BUG_IF(system("rm -r zone") != 0);
	}
}

/* Notes that nobody should believe: nothing is removed. */
TEST(a_note_that_says_too_much)
{
	static const char *const path[] = {
		"../victim",
		"source=s/entity=e/date=2025-11-05/../../../../victim",
		"source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-v", /* other content */
		"source=s/entity=e/date=2025-11-05/x",
		"/etc/passwd",
		"manifest.jsonl",
		"",
	};
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "x\n", false, false };
	ROOM;

	add("victim", "w", TG_STR("stays\n"));
	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	TG_BUG_IF(system("mkdir -p zone/source=s/entity=e/date=2025-11-05 && "
			 "echo stays >zone/source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-v") !=
		  0);
	for (size_t i = 0; i < TG_COUNT(path); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer note = TG_BUFFER_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		tg_buffer_printf(&note,
				 "{\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
				 "\"path\":\"%s\",\"sha256\":\"2c8b08da5ce60398e1f19af0e5dccc744df2"
				 "74b826abe585eaba68c525434806\"}",
				 path[i]);
		add("zone/.tidegate/lock", "w", tg_buffer_str(&note));
		is_int(path[i], land(&asked, &l, &p, &err), TG_OK);
		is_int("the victim", size_of("victim"), 6);
		is_int("the other's data",
		       size_of("zone/source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-v"), 6);
	}
	is_int("no tidy line", count("cat zone/manifest.jsonl"), 1);
	add("zone/.tidegate/lock", "w", TG_STR("no JSON at all"));
	{
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("no JSON", land(&asked, &l, &p, &err), TG_OK);
	}
}

TEST(the_lock_is_held)
{
	TG_OWN(place_release) struct place p = PLACE_INIT, holder = PLACE_INIT;
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "x\n", false, false };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_landing l;
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	TG_BUG_IF(tg_zone_find(&holder.zone, "zone", &holder.arena, &err) != TG_OK ||
		  tg_zone_lock(&holder.zone, 0, &err) != TG_OK);
	is_int("held", land(&asked, &l, &p, &err), TG_TRY_AGAIN); /* asked to wait for no time */
	is_int("nothing landed", size_of("zone/manifest.jsonl"), -1);
	tg_zone_unlock(&holder.zone);
	is_int("free", land(&asked, &l, &p, &err), TG_OK);
}

TEST(a_sidecar_says_what_is_known)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "one\n", false, false };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_landing l;
	struct tg_buffer text;
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
	ROOM;

	is_int("lands", land(&asked, &l, &p, &err), TG_OK);
	text = whole("zone/source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-n.meta.json");
	tg_buffer_printf(&expected,
			 "{\"v\":1,\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
			 "\"received_at\":\"2025-11-05T06:00:00.000000Z\",\"checksum\":\"sha256:"
			 "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806\","
			 "\"bytes\":4,\"records\":1,\"upstream\":\"none\",\"run\":\"run\","
			 "\"landing\":\"%.*s\"}\n",
			 TG_STR_ARG(l.id));
	is_str("sidecar", tg_buffer_str(&text), tg_buffer_str(&expected));
	tg_buffer_release(&text);
}
