#include "common/landing/anchor.h"
#include "common/landing/landed.h"
#include "common/landing/reading.h"
#include "common/landing/stage.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ZONE_ID "0123456789abcdef0123456789abcdef"

/* -- a zone made by hand ------------------------------------------------------------------------------------------------------- */

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

static void hash(struct tg_str text, char hex[TG_SHA256_HEX + 1])
{
	struct tg_error err = TG_ERROR_INIT;

	TG_BUG_IF(tg_digest_of(text, hex, &err) != TG_OK);
}

static void make_zone(void)
{
	TG_BUG_IF(mkdir("zone", 0755) != 0 || mkdir("zone/.tidegate", 0755) != 0);
	add("zone/.tidegate/zone", "w", TG_STR("{\"v\":1,\"zone\":\"" ZONE_ID "\"}\n"));
	TG_BUG_IF(mkdir("zone/source=s", 0755) != 0 || mkdir("zone/source=s/entity=e", 0755) != 0);
	TG_BUG_IF(mkdir("zone/source=s/entity=e/date=2025-11-05", 0755) != 0);
}

/* Ends a line that begins with what `text` says behind its prev, and appends it. */
static void put_line(char prev[TG_SHA256_HEX + 1], const char *kind, struct tg_str rest)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

	tg_buffer_printf(&line, "{\"v\":1,\"kind\":\"%s\",\"prev\":\"%s\"%.*s}", kind, prev,
			 TG_STR_ARG(rest));
	hash(tg_buffer_str(&line), prev);
	tg_buffer_putc(&line, '\n');
	add("zone/manifest.jsonl", "a", tg_buffer_str(&line));
}

/* Lands content: data, sidecar, line. */
static void land(char prev[TG_SHA256_HEX + 1], unsigned id, struct tg_str content, const char *more)
{
	TG_OWN(tg_buffer_release) struct tg_buffer sidecar = TG_BUFFER_INIT, rest = TG_BUFFER_INIT;
	char sha256[TG_SHA256_HEX + 1], sidecar_sha256[TG_SHA256_HEX + 1], path[256], file[300];

	hash(content, sha256);
	snprintf(path, sizeof(path), "source=s/entity=e/date=2025-11-05/%.16s-x", sha256);
	tg_buffer_printf(&sidecar,
			 "{\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
			 "\"received_at\":\"2025-11-05T06:00:00.000000Z\","
			 "\"checksum\":\"sha256:%s\",\"run\":\"r\",\"landing\":\"%032x\"}\n",
			 sha256, id);
	hash(tg_buffer_str(&sidecar), sidecar_sha256);
	snprintf(file, sizeof(file), "zone/%s", path);
	add(file, "w", content);
	snprintf(file, sizeof(file), "zone/%s.meta.json", path);
	add(file, "w", tg_buffer_str(&sidecar));
	tg_buffer_printf(&rest,
			 ",\"landing\":\"%032x\",\"time\":\"2025-11-05T06:00:00.000000Z\","
			 "\"run\":\"r\",\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
			 "\"path\":\"%s\",\"sha256\":\"%s\",\"bytes\":%zu,\"records\":1,"
			 "\"sidecar_sha256\":\"%s\",\"batches\":[]%s",
			 id, path, sha256, content.n, sidecar_sha256, more);
	put_line(prev, "landing", tg_buffer_str(&rest));
}

/* -- which landings there are --------------------------------------------------------------------------------------------------- */

/* What a reader finds, a letter a landing: capital, or small when it is gone; then "!" when lines are lost. */
static struct tg_buffer found(void)
{
	TG_OWN(tg_reading_release) struct tg_reading r = TG_READING_INIT;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_line line;
	bool gone, more = true;
	enum tg_status st = tg_reading_open(&r, "zone", &arena, &err);

	is_int(err.text, st, TG_OK);
	while (!st && more) {
		st = tg_reading_next(&r, &line, &gone, &more, &err);
		if (!st && more)
			tg_buffer_putc(
				&out,
				(char)((gone ? 'a' : 'A') +
				       strtoul(line.landing.p + line.landing.n - 2, NULL, 16) - 1));
	}
	is_int("read to the end", st, TG_OK);
	if (r.chain.lost)
		tg_buffer_printf(&out, "!%llu", (unsigned long long)r.chain.first_lost);
	return out;
}

static void finds(const char *about, const char *expected)
{
	TG_OWN(tg_buffer_release) struct tg_buffer got = found();

	is_str(about, tg_buffer_str(&got), tg_str_of(expected));
}

static void edit(const char *how)
{
	char command[400];

	snprintf(command, sizeof(command), "sed -i '%s' zone/manifest.jsonl", how);
	TG_BUG_IF(system(command) != 0);
}

TEST(which_landings_there_are)
{
	char prev[TG_SHA256_HEX + 1] = ZEROS;
	ROOM;

	make_zone();
	finds("an empty zone", "");
	land(prev, 1, TG_STR("one"), "");
	land(prev, 2, TG_STR("two"), "");
	land(prev, 3, TG_STR("three"), "");
	finds("three", "ABC");
	put_line(prev, "later", TG_STR(",\"x\":1"));
	put_line(prev, "prune",
		 TG_STR(",\"landings\":[\"00000000000000000000000000000002\",7,\"none\"]"));
	land(prev, 4, TG_STR("four"), ",\"replaces\":\"00000000000000000000000000000001\"");
	finds("one replaced, one pruned", "abCD");
	add("zone/manifest.jsonl", "a", TG_STR("{\"v\":1,\"kind\":\"landing\",\"prev\":\"torn"));
	finds("with a torn tail", "abCD");
}

TEST(where_a_chain_breaks)
{
	static const struct {
		const char *about, *how, *finds;
	} row[] = {
		// clang-format off
		{ "a line changed", "2s/\"run\":\"r\"/\"run\":\"s\"/", "AB!3" },
		{ "a line taken away", "2d", "A!2" },
		{ "the first taken away", "1d", "!1" },
		{ "two exchanged", "2{h;d};3{G}", "AB!2" },
		{ "the last changed: nothing builds on it", "5s/\"run\":\"r\"/\"run\":\"s\"/", "ABCDE" },
		{ "the last taken away", "5d", "ABCD" },
		{ "a line twice: nobody builds on it", "2p", "ABCDE" },
		{ "an old line at the end", "1{p;h};${G}", "ABCDE" },
		{ "no JSON among them", "2i\\garbage", "ABCDE" },
		// clang-format on
	};
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		char prev[TG_SHA256_HEX + 1] = ZEROS;
		ROOM;

		make_zone();
		land(prev, 1, TG_STR("one"), "");
		land(prev, 2, TG_STR("two"), "");
		land(prev, 3, TG_STR("three"), "");
		land(prev, 4, TG_STR("four"), "");
		land(prev, 5, TG_STR("five"), "");
		edit(row[i].how);
		finds(row[i].about, row[i].finds);
	}
}

/* A line that is put in counts, and the one behind it, on which others build, does not. */
TEST(a_line_put_in)
{
	char prev[TG_SHA256_HEX + 1] = ZEROS, before[TG_SHA256_HEX + 1];
	ROOM;

	make_zone();
	land(prev, 1, TG_STR("one"), "");
	memcpy(before, prev, sizeof(before));
	put_line(before, "tidy", TG_STR(",\"paths\":[]"));
	land(prev, 2, TG_STR("two"), "");
	land(prev, 3, TG_STR("three"), "");
	finds("two are lost", "A!3");
	put_line(before, "tidy", TG_STR(",\"paths\":[]"));
	finds("and still when the chain goes on", "A!3");
}

/* -- their data ----------------------------------------------------------------------------------------------------------------- */

static struct tg_str first_line(struct tg_reading *r, struct tg_line *line, struct tg_arena *arena)
{
	struct tg_error err = TG_ERROR_INIT;
	bool gone, more;

	TG_BUG_IF(tg_reading_open(r, "zone", arena, &err) != TG_OK);
	TG_BUG_IF(tg_reading_next(r, line, &gone, &more, &err) != TG_OK || !more);
	return line->path;
}

static const char data_path[] = "zone/source=s/entity=e/date=2025-11-05/*-x";

static void shell(const char *format, const char *path)
{
	char command[1024];

	snprintf(command, sizeof(command), "f=$(echo %s); g=${f%%/*}; %s", path, format);
	TG_BUG_IF(system(command) != 0);
}

TEST(what_is_wrong_with_data)
{
	static const struct {
		const char *how;
		enum tg_landed_fault data, sidecar;
	} row[] = {
		// clang-format off
		{ "true", TG_LANDED_FINE, TG_LANDED_FINE },
		{ "rm $f", TG_LANDED_MISSING, TG_LANDED_FINE },
		{ "printf x >>$f", TG_LANDED_SIZE, TG_LANDED_FINE },
		{ "printf onf >$f", TG_LANDED_ALTERED, TG_LANDED_FINE },
		{ "rm $f; ln -s /etc/passwd $f", TG_LANDED_NO_FILE, TG_LANDED_FINE },
		{ "rm $f; mkfifo $f", TG_LANDED_NO_FILE, TG_LANDED_FINE },
		{ "mv $g h; ln -s $PWD/h $g", TG_LANDED_NO_FILE, TG_LANDED_NO_FILE },
		{ "rm $f.meta.json", TG_LANDED_FINE, TG_LANDED_SIDECAR_MISSING },
		{ "printf ' ' >>$f.meta.json", TG_LANDED_FINE, TG_LANDED_SIDECAR_ALTERED },
		{ "sed -i 's/\"run\":\"r\"/\"run\":\"q\"/' zone/manifest.jsonl", TG_LANDED_FINE, TG_LANDED_SIDECAR_DIFFERS },
		{ "sed -i s/entity=e/entity=../ zone/manifest.jsonl", TG_LANDED_LINE, TG_LANDED_FINE },
		{ "sed -i s,date=2025-11-05/,, zone/manifest.jsonl", TG_LANDED_LINE, TG_LANDED_FINE },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_reading_release) struct tg_reading r = TG_READING_INIT;
		TG_OWN(tg_checker_release) struct tg_checker c = { .block = NULL };
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_landed_finding f;
		struct tg_error err = TG_ERROR_INIT;
		char prev[TG_SHA256_HEX + 1] = ZEROS;
		struct tg_line line;
		ROOM;

		make_zone();
		land(prev, 1, TG_STR("one"), "");
		shell(row[i].how, data_path);
		(void)first_line(&r, &line, &arena);
		TG_BUG_IF(tg_checker_init(&c, r.zone.directory, &err) != TG_OK);
		tg_checker_check(&c, &line, true, &f);
		is_int(row[i].how, f.data, row[i].data);
		is_int(row[i].how, f.sidecar, row[i].sidecar);
	}
}

/* A file that is changed between its check and its reading gives nothing out that was not checked. */
TEST(data_are_given_out_as_they_were_checked)
{
	enum { BYTES = 3 * 1024 * 1024 + 17 };

	for (int change = 0; change < 3; change++) {
		TG_OWN(tg_reading_release) struct tg_reading r = TG_READING_INIT;
		TG_OWN(tg_checker_release) struct tg_checker c = { .block = NULL };
		TG_OWN(tg_landed_release) struct tg_landed d = TG_LANDED_INIT;
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		TG_OWN(tg_free_pointer) char *content = tg_alloc(BYTES);
		struct tg_landed_finding f;
		struct tg_error err = TG_ERROR_INIT;
		char prev[TG_SHA256_HEX + 1] = ZEROS;
		struct tg_line line;
		struct tg_str bytes = { "", 1 };
		uint64_t at = 0;
		enum tg_status st = TG_OK;
		ROOM;

		for (size_t i = 0; i < BYTES; i++)
			content[i] = (char)(i * 31 >> 8);
		make_zone();
		land(prev, 1, tg_str_from(content, BYTES), "");
		(void)first_line(&r, &line, &arena);
		TG_BUG_IF(tg_checker_init(&c, r.zone.directory, &err) != TG_OK);
		is_int("open", tg_landed_open(&d, &c, &line, &f, &err), TG_OK);
		ok("the sidecar is at hand", c.sidecar.n > 0);
		if (change == 1)
			shell("printf x | dd of=$f bs=1 seek=2500000 conv=notrunc 2>/dev/null",
			      data_path);
		if (change == 2)
			shell("truncate -s 2500000 $f", data_path);
		while (!st && bytes.n) {
			st = tg_landed_read(&d, &bytes, &err);
			if (!st && bytes.n) {
				ok("as it was", memcmp(content + at, bytes.p, bytes.n) == 0);
				at += bytes.n;
			}
		}
		is_int("ends", st, change ? TG_DATA : TG_OK);
		is_int("so much came", (long long)at, change ? 2 * 1024 * 1024 : BYTES);
	}
}

TEST(gone_meanwhile)
{
	TG_OWN(tg_reading_release) struct tg_reading r = TG_READING_INIT;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	char prev[TG_SHA256_HEX + 1] = ZEROS;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_line line;
	bool gone, more;
	ROOM;

	make_zone();
	land(prev, 1, TG_STR("one"), "");
	land(prev, 2, TG_STR("two"), "");
	(void)first_line(&r, &line, &arena);
	is_int("asked", tg_reading_is_gone(&r, line.landing, &gone, &err), TG_OK);
	ok("it is there", !gone);
	put_line(prev, "prune", TG_STR(",\"landings\":[\"00000000000000000000000000000001\"]"));
	land(prev, 3, TG_STR("three"), "");
	is_int("asked again", tg_reading_is_gone(&r, line.landing, &gone, &err), TG_OK);
	ok("it has gone", gone);
	is_int("the next", tg_reading_next(&r, &line, &gone, &more, &err), TG_OK);
	ok("is the second", more && tg_str_ends(line.landing, TG_STR("02")) && line.number == 2);
	is_int("the next", tg_reading_next(&r, &line, &gone, &more, &err), TG_OK);
	ok("is none: the third came later", !more);
}

/* -- anchors -------------------------------------------------------------------------------------------------------------------- */

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(what_is_an_anchor)
{
	static const struct {
		const char *text;
		bool good;
	} row[] = {
		{ "tidegate-anchor 1 " ZONE_ID " 200 " HEX, true },
		{ "tidegate-anchor 1 " ZONE_ID " 0 " HEX "\n", true },
		{ " \ttidegate-anchor 1 " ZONE_ID " 7 " HEX " \r\n", true },
		{ "tidegate-anchor 2 " ZONE_ID " 200 " HEX, false },
		{ "tidegate-anchor 1 " ZONE_ID " -1 " HEX, false },
		{ "tidegate-anchor 1 " ZONE_ID " 200 " HEX "0", false },
		{ "tidegate-anchor 1 " ZONE_ID " 200  " HEX, false },
		{ "tidegate-anchor 1 " ZONE_ID " 200 " HEX " more", false },
		{ "tidegate-anchor 1 " ZONE_ID " 99999999999999999999 " HEX, false },
		{ "tidegate-anchor 1 " ZONE_ID "0 200 " HEX, false },
		{ "tidegate-anchor 1 " ZONE_ID " 200", false },
		{ "tidegate-anchor", false },
		{ "", false },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_anchor anchor = { .line = 0 };

		is_int(row[i].text, tg_anchor_read(&anchor, tg_str_of(row[i].text)), row[i].good);
		if (row[i].good)
			is_str(row[i].text, tg_str_of(anchor.sha256), TG_STR(HEX));
	}
}

TEST(marks)
{
	TG_OWN(tg_marks_release) struct tg_marks m = { .n = 0 };
	char text[16];

	ok("an empty one has none", !tg_marks_have(&m, TG_STR("1")));
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ok("new", tg_marks_add(&m, tg_str_of(text)));
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ok("there", tg_marks_have(&m, tg_str_of(text)));
	}
	ok("not there", !tg_marks_have(&m, TG_STR("1000")));
	ok("twice", !tg_marks_add(&m, TG_STR("17")));
}
