#include "common/naming/away.h"
#include "common/time/zone.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL "{source}_{entity}_{date:%Y-%m-%d}_seq-{seq:5}_crc32-{crc32:8X}.{ext}"

static const struct tg_str entities[] = { { "customers", 9 },
					  { "customer_orders", 15 },
					  { "customer", 8 } };
static const struct tg_name_values lists[] = { { { "entity", 6 }, entities, TG_COUNT(entities) } };

/* TG_OK, or why it is refused. */
static enum tg_status compile(struct tg_template *t, const char *text, size_t with,
			      struct tg_arena *arena, struct tg_error *err)
{
	return tg_template_compile(t, tg_str_of(text), lists, with, arena, err);
}

TEST(which_templates_are_taken)
{
	static const struct {
		const char *about, *text, *why; /* NULL: it is taken */
	} row[] = {
		{ "the usual", USUAL, NULL },
		{ "one field", "{name}", NULL },
		{ "fields of fixed width side by side", "{date:%Y%m%d}{seq:3}{x:4x}{y}", NULL },
		{ "braces of the name", "a{{{x}}}b", NULL },
		{ "nothing", "", "not empty" },
		{ "no field", "acme.csv", "no field" },
		{ "a slash", "in/{x}", "no slash" },
		{ "open", "{x", "not closed" },
		{ "closed only", "{x}}", "closes nothing" },
		{ "no name", "{}", "is none" },
		{ "a capital", "{X}", "is none" },
		{ "twice", "{x}_{x}", "twice" },
		{ "two words side by side", "{x}{y}", "two ways" },
		{ "a word before a number", "{x}{seq:5}", "two ways" },
		{ "a number of any width before a word", "{seq}{y}", "two ways" },
		{ "a number of any width before a digit", "{seq}5", "two ways" },
		{ "letters and digits before a letter", "{ext}x", "two ways" },
		{ "no format", "{date}", "format" },
		{ "half a day", "{date:%Y-%m}", "a day is" },
		{ "a day twice over", "{date:%Y-%m-%d-%j}", "a day is" },
		{ "a part twice", "{date:%Y-%m-%d-%d}", "twice" },
		{ "another part", "{date:%Y-%b-%d}", "something else" },
		{ "a format at its end", "{date:%Y-%m-%d%}", "something else" },
		{ "a format of another field", "{x:%Y-%m-%d}", "no format" },
		{ "no width", "{seq:0}", "width" },
		{ "too wide", "{seq:19}", "width" },
		{ "a hexadecimal number", "{seq:5x}", "width" },
		{ "half a CRC", "{crc32:7x}", "8x" },
		{ "a CRC in decimal digits", "{crc32:8}", "8x" },
		{ "a whole SHA-256", "{sha256}", NULL },
		{ "some of it", "{sha256:16x}", NULL },
		{ "too little of it", "{sha256:4x}", "8x to 64x" },
		{ "not UTF-8", "{x}\xff", "control" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_template t;

		is_int(row[i].about, compile(&t, row[i].text, 0, &arena, &err),
		       row[i].why ? TG_CONFIG : TG_OK);
		if (row[i].why)
			ok(row[i].about, strstr(err.text, row[i].why));
	}
}

TEST(lists_of_values)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	static const struct tg_str twice[] = { { "a", 1 }, { "a", 1 } }, empty[] = { { "", 0 } };
	const struct tg_name_values bad[] = { { { "entity", 6 }, twice, 2 },
					      { { "entity", 6 }, empty, 1 },
					      { { "entity", 6 }, twice, 0 },
					      { { "other", 5 }, twice, 1 } };
	struct tg_template t;

	is_int("one begins another, and a field follows",
	       compile(&t, "{entity}{seq:5}", 1, &arena, &err), TG_CONFIG);
	is_int("behind a literal", compile(&t, "{entity}-{seq:5}", 1, &arena, &err), TG_OK);
	is_int("a list and a form", compile(&t, "{entity:5}", 1, &arena, &err), TG_CONFIG);
	for (size_t i = 0; i < TG_COUNT(bad); i++)
		is_int("a bad list",
		       tg_template_compile(&t, TG_STR("{entity}"), &bad[i], 1, &arena, &err),
		       TG_CONFIG);
}

TEST(what_a_name_says)
{
	static const struct {
		const char *about, *base, *code; /* NULL: it fits */
		const char *entity, *date;
		unsigned long long seq;
		uint32_t crc32;
	} row[] = {
		{ "the usual", "acme_customers_2025-11-05_seq-00023_crc32-1F725426.csv", NULL,
		  "customers", "2025-11-05", 23, 0x1f725426 },
		{ "small digits", "acme_customers_2025-11-05_seq-00023_crc32-1f725426.csv", NULL,
		  "customers", "2025-11-05", 23, 0x1f725426 },
		{ "the longest value",
		  "acme_customer_orders_2025-11-05_seq-99999_crc32-00000000.csv", NULL,
		  "customer_orders", "2025-11-05", 99999, 0 },
		{ "the shorter value", "acme_customer_2024-02-29_seq-00000_crc32-00000000.csv",
		  NULL, "customer", "2024-02-29", 0, 0 },
		{ "no such value", "acme_orders_2025-11-05_seq-00023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "no leap year", "acme_customers_2025-02-29_seq-00023_crc32-1F725426.csv",
		  "name-date", "", "", 0, 0 },
		{ "month 13", "acme_customers_2025-13-01_seq-00023_crc32-1F725426.csv", "name-date",
		  "", "", 0, 0 },
		{ "day 0", "acme_customers_2025-12-00_seq-00023_crc32-1F725426.csv", "name-date",
		  "", "", 0, 0 },
		{ "no day", "acme_customers_2025-1-01_seq-00023_crc32-1F725426.csv", "name", "", "",
		  0, 0 },
		{ "four digits", "acme_customers_2025-11-05_seq-0023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "six digits", "acme_customers_2025-11-05_seq-000023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "no hexadecimal digit", "acme_customers_2025-11-05_seq-00023_crc32-1F72542G.csv",
		  "name", "", "", 0, 0 },
		{ "another case", "acme_customers_2025-11-05_SEQ-00023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "more behind it", "acme_customers_2025-11-05_seq-00023_crc32-1F725426.csv.gz",
		  "name", "", "", 0, 0 },
		{ "more before it", "xacme__customers_2025-11-05_seq-00023_crc32-1F725426.csv",
		  "name", "", "", 0, 0 },
		{ "no source", "_customers_2025-11-05_seq-00023_crc32-1F725426.csv", "name", "", "",
		  0, 0 },
		{ "no ending", "acme_customers_2025-11-05_seq-00023_crc32-1F725426.", "name", "",
		  "", 0, 0 },
		{ "an option", "-acme_customers_2025-11-05_seq-00023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "a slash", "a/cme_customers_2025-11-05_seq-00023_crc32-1F725426.csv", "name", "",
		  "", 0, 0 },
		{ "a line feed", "ac\nme_customers_2025-11-05_seq-00023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "a bad byte", "ac\xffme_customers_2025-11-05_seq-00023_crc32-1F725426.csv",
		  "name", "", "", 0, 0 },
		{ "an equals sign", "a=b_customers_2025-11-05_seq-00023_crc32-1F725426.csv", "name",
		  "", "", 0, 0 },
		{ "two points", ".._customers_2025-11-05_seq-00023_crc32-1F725426.csv", "name", "",
		  "", 0, 0 },
		{ "nothing", "", "name", "", "", 0, 0 },
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_template t;

	is_int("the usual", compile(&t, USUAL, 1, &arena, &err), TG_OK);
	is_int("five digits", (long long)tg_template_highest(&t), 99999);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_name_fault fault = { .code = NULL };
		struct tg_name name;
		bool fits = tg_name_read(&name, &t, tg_arena_copy(&arena, tg_str_of(row[i].base)),
					 &fault);

		is_int(row[i].about, fits, !row[i].code);
		if (!fits) {
			is_str(row[i].about, tg_str_of(fault.code), tg_str_of(row[i].code));
			continue;
		}
		is_str(row[i].about, name.source, TG_STR("acme"));
		is_str(row[i].about, name.entity, tg_str_of(row[i].entity));
		is_str(row[i].about, tg_str_of(name.date), tg_str_of(row[i].date));
		is_int(row[i].about, (long long)name.seq, (long long)row[i].seq);
		is_int(row[i].about, name.crc32, row[i].crc32);
	}
}

TEST(other_forms_of_days)
{
	static const struct {
		const char *template, *base, *date; /* empty: there is no such day */
	} row[] = {
		{ "{date:%d%m%Y}", "05112025", "2025-11-05" },
		{ "{date:%Y%j}", "2024366", "2024-12-31" },
		{ "{date:%Y%j}", "2025060", "2025-03-01" },
		{ "{date:%Y%j}", "2024060", "2024-02-29" },
		{ "{date:%Y%j}", "2025366", "" },
		{ "{date:%Y%j}", "2025000", "" },
		{ "{date:%Y%m%dT%H%M%S}", "20251105T235959", "2025-11-05" },
		{ "{date:%Y%m%dT%H%M%S}", "20251105T240000", "" },
		{ "{date:%%%Y%m%d}", "%20251105", "2025-11-05" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_name_fault fault;
		struct tg_template t;
		struct tg_name name;

		is_int(row[i].template, compile(&t, row[i].template, 0, &arena, &err), TG_OK);
		is_int(row[i].base,
		       tg_name_read(&name, &t, tg_arena_copy(&arena, tg_str_of(row[i].base)),
				    &fault),
		       row[i].date[0] != 0);
		if (row[i].date[0])
			is_str(row[i].base, tg_str_of(name.date), tg_str_of(row[i].date));
		else
			is_str(row[i].base, tg_str_of(fault.code), TG_STR("name-date"));
	}
}

TEST(what_is_still_being_written)
{
	static const char *const yes[] = { ".x", "x.tmp", "x.csv.part", "x.filepart", "x.TMP" };
	static const char *const no[] = { "x", "x.csv", "tmp", "xtmp", "x.tmp.csv", "x.parts" };

	for (size_t i = 0; i < TG_COUNT(yes); i++)
		ok(yes[i], tg_name_is_unfinished(tg_str_of(yes[i])));
	for (size_t i = 0; i < TG_COUNT(no); i++)
		ok(no[i], !tg_name_is_unfinished(tg_str_of(no[i])));
}

/* Check values of the catalogue of CRCs, and of cksum for the empty file. */
TEST(checksums)
{
	struct tg_crc32_others others;
	uint32_t right = tg_crc32_add(0, "123456789", 9);

	is_int("CRC-32", right, 0xcbf43926);
	is_int("nothing", tg_crc32_add(0, "", 0), 0);
	is_int("in pieces", tg_crc32_add(tg_crc32_add(0, "1234", 4), "56789", 5), 0xcbf43926);
	tg_crc32_others_init(&others);
	ok("cksum of nothing", strstr(tg_crc32_guess(&others, 0xffffffff, 0), "cksum"));
	tg_crc32_others_add(&others, "1234", 4);
	tg_crc32_others_add(&others, "56789", 5);
	ok("cksum", strstr(tg_crc32_guess(&others, 930766865, right), "cksum"));
	ok("CRC-32C", strstr(tg_crc32_guess(&others, 0xe3069283, right), "CRC-32C"));
	ok("bytes turned round", strstr(tg_crc32_guess(&others, 0x2639f4cb, right), "order"));
	ok("nothing known", !tg_crc32_guess(&others, 1, right));
}

TEST(days_in_zones)
{
	static const struct {
		const char *zone, *time, *day;
	} row[] = {
		{ "UTC", "2025-11-05T23:30:00Z", "2025-11-05" },
		{ "+01:00", "2025-11-05T23:30:00Z", "2025-11-06" },
		{ "-05:00", "2025-11-05T04:59:59Z", "2025-11-04" },
		{ "Europe/Berlin", "2025-11-05T22:59:59Z", "2025-11-05" },
		{ "Europe/Berlin", "2025-11-05T23:00:00Z", "2025-11-06" },
		{ "Europe/Berlin", "2025-07-05T22:00:00Z", "2025-07-06" },
		{ "Pacific/Auckland", "2025-11-05T11:00:00Z", "2025-11-06" },
	};
	static const char *const unknown[] = {
		"",	 "Berlin", "Europe/Nowhere", "../etc/passwd", "/etc/localtime",
		"+1:00", "+24:00", "+01:60",	     "Europe"
	};

	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0) {
		tap_skip("there are no time zones here (tzdata)");
		return;
	}
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer day = TG_BUFFER_INIT;
		struct tg_time t;

		ok(row[i].zone, tg_zone_is_known(tg_str_of(row[i].zone)));
		ok(row[i].time, tg_time_read(tg_str_of(row[i].time), &t));
		tg_zone_put_date(&day, t, tg_str_of(row[i].zone));
		is_str(row[i].zone, tg_buffer_str(&day), tg_str_of(row[i].day));
	}
	for (size_t i = 0; i < TG_COUNT(unknown); i++)
		ok(unknown[i], !tg_zone_is_known(tg_str_of(unknown[i])));
	ok("TZ is as it was", !getenv("TZ"));
}

/* What the files of one sequence, taken as they come, are: n next, d duplicate, c conflict, g gap, l late. */
static void follow(const char *about, const struct tg_sequence_wish *wish, const char *numbers,
		   const char *verdicts)
{
	TG_OWN(tg_sequence_free) struct tg_sequence *s = NULL;
	struct tg_error err = TG_ERROR_INIT;
	static const char word[] = "ndcgl";
	char got[64] = "";
	size_t n = 0;

	is_int(about, tg_sequence_open(&s, wish, &err), TG_OK);
	is_int(about, tg_sequence_begin(s, &err), TG_OK);
	for (const char *at = numbers; *at && n + 1 < sizeof(got);) {
		char *end;
		struct tg_sequence_file file = { .source = TG_STR("acme"),
						 .entity = TG_STR("orders"),
						 .numbered = true,
						 .seq = strtoull(at, &end, 10) };
		struct tg_sequence_answer answer;

		file.sha256 = *end == '!' ? TG_STR("other") : tg_str_from(at, (size_t)(end - at));
		is_int(about, tg_sequence_ask(s, &file, &answer, &err), TG_OK);
		got[n++] = word[answer.verdict];
		if (answer.verdict == TG_SEQUENCE_NEXT || answer.verdict == TG_SEQUENCE_LATE)
			is_int(about, tg_sequence_take(s, &file, answer.count, &err), TG_OK);
		at = end + strspn(end, "! ");
	}
	is_str(about, tg_str_from(got, n), tg_str_of(verdicts));
}

TEST(sequences)
{
	static const struct tg_sequence_wish any = { .now = 0 },
					     from = { .has_first = true, .first = 23 },
					     rolls = { .rolls = true, .again = 1, .highest = 9 },
					     zero = { .rolls = true, .again = 0, .highest = 9 };

	follow("in order", &any, "23 24 25", "nnn");
	follow("again", &any, "23 24 23 24!", "nndc");
	follow("a gap", &any, "23 25 24 25", "ngnn");
	follow("late", &any, "23 22 22 24", "nldn");
	follow("the first", &from, "24 22 23 24", "glnn");
	follow("over the highest", &rolls, "7 8 9 1 2 9 2!", "nnnnndc");
	follow("over it, twice", &rolls, "8 9 1 2 3 4 5 6 7 8 9 1 2", "nnnnnnnnnnnnn");
	follow("a gap over it", &rolls, "8 2 9 1 2", "ngnnn");
	follow("from zero", &zero, "8 9 0 1", "nnnn");
	follow("no rollover", &any, "8 9 1", "nnl");
}

/* A listing of files that are made here. */
static void put(const char *folder, const char *name, const char *text)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ok(name, fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Moves what is rejected; in the place of one there is another file by now. */
static void move_bad(const struct tg_listing *l, const char *folder)
{
	static const struct {
		const char *about, *name;
		bool stays;
	} row[] = {
		{ "rejected by its name", "acme_b_1.CSV", false },
		{ "rejected by its content", "acme_c_05.csv", false },
		{ "another file under that name", "acme_c_5.csv", true },
		{ "to be taken", "acme_b_1.csv", true },
		{ "twice, and neither has landed", "acme_a_7.csv", true },
	};
	TG_OWN(tg_away_release) struct tg_away away = TG_AWAY_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char bad[512], path[1024];

	put(folder, "acme_c_5.csv", "the right one");
	(void)snprintf(bad, sizeof(bad), "%s/bad", folder);
	ok("a folder for them", mkdir(bad, 0700) == 0);
	is_int("open", tg_away_open(&away, bad, bad, &err), TG_OK);
	ok("is one", tg_away_is(&away, bad) && !tg_away_is(&away, folder));
	is_int("move", tg_away_move(&away, l, &err), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, row[i].name);
		is_int(row[i].about, access(path, F_OK) == 0, row[i].stays);
		(void)snprintf(path, sizeof(path), "%s/%s", bad, row[i].name);
		is_int(row[i].about, unlink(path) != 0, row[i].stays);
	}
	(void)rmdir(bad);
}

TEST(a_listing)
{
	static const struct {
		const char *name, *text;
		enum tg_file_verdict verdict;
		const char *code;
	} row[] = {
		{ "acme_b_2.csv", "two", TG_FILE_TAKE, NULL },
		{ "acme_b_1.csv", "one", TG_FILE_TAKE, NULL },
		{ "acme_b_1.CSV", "one", TG_FILE_REJECT, "name" },
		{ "acme_b_4.csv", "four", TG_FILE_WAIT, "gap" },
		{ "acme_a_7.csv", "seven", TG_FILE_TAKE, NULL },
		{ "acme_a_07.csv", "seven", TG_FILE_DUPLICATE, "seen-before" },
		{ "acme_c_5.csv", "five", TG_FILE_REJECT, "seq-conflict" },
		{ "acme_c_05.csv", "FIVE", TG_FILE_REJECT, "seq-conflict" },
		{ "acme_c_6.csv.part", "", TG_FILE_IGNORE, "unfinished" },
		{ "acme_d_1.csv", NULL, TG_FILE_REJECT, "no-file" },
	};
	static const char *const order[] = { "acme_a_07.csv", "acme_a_7.csv", "acme_b_1.csv",
					     "acme_b_2.csv" };
	char folder[] = "/tmp/tidegate-naming-XXXXXX", path[512];
	TG_OWN(tg_listing_release) struct tg_listing l = { .on_gap = TG_GAP_WAIT };
	TG_OWN(tg_sequence_free) struct tg_sequence *s = NULL;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_sequence_wish wish = { .now = 0 };
	struct tg_naming naming = { .rolls = false };
	struct tg_error err = TG_ERROR_INIT;
	size_t taken = 0;

	ok("a folder", mkdtemp(folder));
	is_int("template",
	       compile(&naming.template, "{source}_{entity}_{seq}.csv", 0, &arena, &err), TG_OK);
	is_int("open", tg_sequence_open(&s, &wish, &err), TG_OK);
	l.sequence = s;
	l.check = (struct tg_check){ .naming = &naming };
	is_int("begin", tg_listing_begin(&l, &err), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_place at = { .line = 0 };

		if (row[i].text)
			put(folder, row[i].name, row[i].text);
		(void)snprintf(path, sizeof(path), "%s/%s", folder, row[i].name);
		is_int(row[i].name, tg_listing_add(&l, tg_str_of(path), TG_STR("{}"), &at, &err),
		       TG_OK);
	}
	is_int("judge", tg_listing_judge(&l, &err), TG_OK);
	is_int("waiting", (long long)l.waiting, 1);
	move_bad(&l, folder);
	for (size_t i = 0; i < l.n; i++) {
		const struct tg_file *f = l.file[i];

		if (f->verdict == TG_FILE_TAKE || f->verdict == TG_FILE_DUPLICATE) {
			/* Of two that are one the first by name is taken. */
			if (taken < TG_COUNT(order))
				is_str("in order", f->base, tg_str_of(order[taken]));
			taken++;
		}
		for (size_t k = 0; k < TG_COUNT(row); k++) {
			if (!tg_str_is(f->base, row[k].name) ||
			    tg_str_starts(f->base, TG_STR("acme_a")))
				continue;
			is_int(row[k].name, f->verdict, row[k].verdict);
			is_str(row[k].name, tg_str_of(f->code), tg_str_of(row[k].code));
		}
		(void)unlink(f->path.p);
	}
	is_int("taken", (long long)taken, 4);
	(void)rmdir(folder);
}
