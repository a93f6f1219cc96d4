/* The archive room: names, patterns, and zips and tars made here byte by byte. What partners' and attackers' archives look like is in
 * tests/property/archive_attacks.py. */
#include "common/archive/into.h"
#include "common/archive/name.h"
#include "tests/fuzz/archive_check.h"
#include "tests/unit/tap.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/*
 * Names
 */

#define TEN "0123456789"
#define S(text)                                                                                    \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

TEST(names)
{
	// clang-format off
	static const struct {
		const char *about;
		struct tg_str name;
		enum tg_status st;
	} row[] = {
		{ "plain", S("a.csv"), TG_OK },
		{ "in a directory", S("a/b c/d.csv"), TG_OK },
		{ "beyond ASCII", S("M\xc3\xbcller.csv"), TG_OK },
		{ "points", S("...a/..b/c.."), TG_OK },
		{ "empty", S(""), TG_REFUSED },
		{ "a NUL", S("a\0b"), TG_REFUSED },
		{ "a line feed", S("a\nb"), TG_REFUSED },
		{ "an escape", S("\x1b[2J"), TG_REFUSED },
		{ "DEL", S("a\x7f"), TG_REFUSED },
		{ "C1", S("a\xc2\x9b"), TG_REFUSED },
		{ "writing turned round", S("a\xe2\x80\xaevsc.exe"), TG_REFUSED },
		{ "no UTF-8", S("a\xff"), TG_DATA },
		{ "overlong slash", S("a\xc0\xaf"), TG_DATA },
		{ "absolute", S("/etc/passwd"), TG_REFUSED },
		{ "two slashes", S("a//b"), TG_REFUSED },
		{ "up", S("../a"), TG_REFUSED },
		{ "up inside", S("a/../b"), TG_REFUSED },
		{ "up at the end", S("a/.."), TG_REFUSED },
		{ "here", S("a/./b"), TG_REFUSED },
		{ "a backslash", S("..\\a"), TG_REFUSED },
		{ "a drive", S("C:a"), TG_REFUSED },
		{ "a colon elsewhere", S("10:30.csv"), TG_OK },
		{ "a component of 250", S(HUNDRED HUNDRED TEN TEN TEN TEN TEN), TG_OK },
		{ "one of 260", S(HUNDRED HUNDRED TEN TEN TEN TEN TEN TEN), TG_DATA },
		{ "16 deep", S("1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g"), TG_OK },
		{ "17 deep", S("1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h"), TG_DATA },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_str name = tg_arena_copy(&arena, row[i].name);

		is_int(row[i].about, tg_archive_name_check(name, "x", &err), row[i].st);
		ok(row[i].about, !row[i].st || strcmp(err.code, "archive-name") == 0);
		for (const char *c = err.text; *c; c++)
			ok(row[i].about, (unsigned char)*c >= 0x20 && *c != 0x7f);
	}
}

TEST(names_together)
{
	// clang-format off
	static const struct {
		const char *about;
		const char *name[3]; /* a directory's ends with '/' */
		enum tg_status st;
	} row[] = {
		{ "different", { "a.csv", "b.csv", "c.csv" }, TG_OK },
		{ "the same", { "a.csv", "b.csv", "a.csv" }, TG_DATA },
		{ "but for case", { "a.csv", "b.csv", "A.CSV" }, TG_DATA },
		{ "but for composition", { "\xc3\xa9.csv", "b", "e\xcc\x81.csv" }, TG_DATA },
		{ "both", { "\xc3\x89.csv", "b", "e\xcc\x81.csv" }, TG_DATA },
		{ "a folded letter of two", { "stra\xc3\x9f" "e", "b", "STRASSE" }, TG_DATA },
		{ "a directory and what is in it", { "d/", "d/a", "d/b" }, TG_OK },
		{ "in the other order", { "d/a", "d/b", "d/" }, TG_OK },
		{ "a directory that is not said", { "d/a", "d/b", "e" }, TG_OK },
		{ "a file that another is in", { "d", "d/a", "e" }, TG_DATA },
		{ "in the other order", { "e", "d/x/a", "d" }, TG_DATA },
		{ "but for case", { "e", "d/x/a", "D/X" }, TG_DATA },
		{ "a directory twice", { "d/", "e", "d/" }, TG_DATA },
		{ "a file and a directory", { "d/", "e", "d" }, TG_DATA },
		{ "what only begins alike", { "d", "d.csv", "d-/a" }, TG_OK },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		TG_OWN(tg_archive_names_release)
		struct tg_archive_names names = { .arena = &arena, .archive = "x" };
		struct tg_error err = TG_ERROR_INIT;
		enum tg_status st = TG_OK;

		for (size_t n = 0; !st && n < 3; n++) {
			struct tg_str name = tg_arena_copy(&arena, tg_str_of(row[i].name[n]));
			bool directory = tg_str_ends(name, TG_STR("/"));

			name.n -= directory;
			st = tg_archive_names_add(
				&names, name, directory ? TG_ARCHIVE_DIRECTORY : TG_ARCHIVE_FILE,
				&err);
		}
		if (st == TG_UNAVAILABLE) {
			tap_skip("no libutf8proc");
			return;
		}
		is_int(row[i].about, st ? st : tg_archive_names_check(&names, &err), row[i].st);
	}
}

TEST(patterns)
{
	// clang-format off
	static const struct {
		const char *pattern, *name;
		bool fits;
	} row[] = {
		{ "a.csv", "a.csv", true },
		{ "a.csv", "b/a.csv", false },
		{ "*.csv", "a.csv", true },
		{ "*.csv", ".csv", true },
		{ "*.csv", "b/a.csv", false },
		{ "**.csv", "b/a.csv", true },
		{ "**/a.csv", "b/c/a.csv", true },
		{ "**/a.csv", "a.csv", false },
		{ "b/*", "b/a.csv", true },
		{ "b/*", "b/c/a.csv", false },
		{ "*_2025-*.csv", "x_2025-11-05.csv", true },
		{ "*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "?.csv", "\xc3\xbc.csv", true },
		{ "?.csv", "/.csv", false },
		{ "??.csv", "a.csv", false },
		{ "\\*.csv", "*.csv", true },
		{ "\\*.csv", "a.csv", false },
		{ "\\", "\\", true },
		{ "", "", false },
		{ "*", "", true },
		{ "**", "a/b", true },
		{ "***", "a/b", true },
		{ "a", "ab", false },
		{ "ab", "a", false },
		{ "\xc3\xbc*", "\xc3\xbc" "ber", true },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++)
		ok(row[i].pattern, tg_archive_pattern_fits(tg_str_of(row[i].pattern),
							   tg_str_of(row[i].name)) == row[i].fits);
}

/*
 * Archives
 */

static void put16(struct tg_buffer *out, unsigned value)
{
	tg_buffer_putc(out, (char)value);
	tg_buffer_putc(out, (char)(value >> 8));
}

static void put32(struct tg_buffer *out, size_t value)
{
	put16(out, (unsigned)value & 0xffff);
	put16(out, (unsigned)(value >> 16) & 0xffff);
}

struct member {
	const char *name, *content;
	bool deflate;
};

static const struct member members[] = {
	{ "a.csv", "id,name\n1,Ada\n", false },
	{ "d/", "", false },
	{ "d/b.csv", "id,name\n2,Bob\n2,Bob\n2,Bob\n2,Bob\n", true },
};

static void deflate_raw(struct tg_buffer *out, struct tg_str text)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text.p,
		       .avail_in = (unsigned)text.n };
	size_t room = text.n + 100;

	TG_BUG_IF(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK);
	z.next_out = (unsigned char *)tg_buffer_room(out, room);
	z.avail_out = (unsigned)room;
	TG_BUG_IF(deflate(&z, Z_FINISH) != Z_STREAM_END);
	out->n += room - z.avail_out;
	deflateEnd(&z);
}

static void put_fields(struct tg_buffer *out, const struct member *m, struct tg_str packed)
{
	put16(out, 20);
	put16(out, 0);
	put16(out, m->deflate ? 8 : 0);
	put32(out, 0x5b65a000); /* 2025-11-05 */
	put32(out, crc32(0, (const Bytef *)m->content, (unsigned)strlen(m->content)));
	put32(out, packed.n);
	put32(out, strlen(m->content));
	put16(out, (unsigned)strlen(m->name));
}

static void make_zip(struct tg_buffer *out)
{
	TG_OWN(tg_buffer_release) struct tg_buffer directory = TG_BUFFER_INIT;
	size_t at;

	for (size_t i = 0; i < TG_COUNT(members); i++) {
		const struct member *m = &members[i];
		TG_OWN(tg_buffer_release) struct tg_buffer packed = TG_BUFFER_INIT;

		if (m->deflate)
			deflate_raw(&packed, tg_str_of(m->content));
		else
			tg_buffer_puts(&packed, m->content);
		tg_buffer_put(&directory, "PK\1\2\x14\3", 6);
		put_fields(&directory, m, tg_buffer_str(&packed));
		tg_buffer_put(&directory, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
		put32(&directory, out->n);
		tg_buffer_puts(&directory, m->name);
		tg_buffer_put(out, "PK\3\4", 4);
		put_fields(out, m, tg_buffer_str(&packed));
		put16(out, 0);
		tg_buffer_puts(out, m->name);
		tg_buffer_put_str(out, tg_buffer_str(&packed));
	}
	at = out->n;
	tg_buffer_put_str(out, tg_buffer_str(&directory));
	tg_buffer_put(out, "PK\5\6\0\0\0\0\3\0\3\0", 12);
	put32(out, directory.n);
	put32(out, at);
	put16(out, 0);
}

static void put_header(struct tg_buffer *out, const char *name, size_t size, char type)
{
	char block[512] = { 0 };
	unsigned sum = 0;

	snprintf(block, 100, "%s", name);
	snprintf(block + 100, 8, "%07o", 0644);
	snprintf(block + 124, 12, "%011o", (unsigned)size & 0xffff);
	memset(block + 148, ' ', 8);
	block[156] = type;
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum & 0x3ffff);
	tg_buffer_put(out, block, sizeof(block));
}

static void put_padded(struct tg_buffer *out, struct tg_str text)
{
	static const char zeros[512];

	tg_buffer_put_str(out, text);
	tg_buffer_put(out, zeros, -text.n % 512);
}

static void make_tar(struct tg_buffer *out)
{
	static const char zeros[1024];

	for (size_t i = 0; i < TG_COUNT(members); i++) {
		const struct member *m = &members[i];
		bool directory = m->name[strlen(m->name) - 1] == '/';

		put_header(out, m->name, strlen(m->content), directory ? '5' : '0');
		put_padded(out, tg_str_of(m->content));
	}
	tg_buffer_put(out, zeros, sizeof(zeros));
}

/* Of a tar in the order of its entries; of a zip its directories come first. */
static void expect(struct tg_buffer *out, bool zip)
{
	for (int pass = zip ? 0 : 1; pass < 2; pass++) {
		for (size_t i = 0; i < TG_COUNT(members); i++) {
			const struct member *m = &members[i];
			bool directory = m->name[strlen(m->name) - 1] == '/';

			if (zip && directory != (pass == 0))
				continue;
			tg_buffer_put(out, m->name, strlen(m->name) + 1);
			if (directory)
				continue;
			tg_buffer_put_u64(out, strlen(m->content));
			tg_buffer_putc(out, '\0');
			tg_buffer_puts(out, m->content);
		}
	}
}

static enum tg_status read_as(const char *about, const struct tg_buffer *bytes, const char *kind,
			      bool zip)
{
	TG_OWN(archive_seen_release) struct archive_seen seen = { .text = TG_BUFFER_INIT };
	TG_OWN(tg_buffer_release) struct tg_buffer want = TG_BUFFER_INIT;
	enum tg_status st = archive_read_all(&seen, tg_buffer_str(bytes), NULL, NULL);

	if (st)
		return st;
	expect(&want, zip);
	is_str(about, tg_str_of(seen.opened.kind), tg_str_of(kind));
	is_str(about, tg_buffer_str(&seen.text), tg_buffer_str(&want));
	is_int(about, (long long)seen.opened.entries, 3);
	return st;
}

/* Not one that is shorter is taken for a whole one. */
static void cut_everywhere(struct tg_buffer *bytes)
{
	TG_OWN(archive_seen_release) struct archive_seen seen = { .text = TG_BUFFER_INIT };

	for (size_t n = 0; n < bytes->n; n++)
		is_int("cut off", archive_read_all(&seen, tg_str_from(bytes->p, n), NULL, NULL),
		       TG_DATA);
}

TEST(a_zip_whole_and_cut)
{
	TG_OWN(tg_buffer_release) struct tg_buffer zip = TG_BUFFER_INIT;

	make_zip(&zip);
	is_int("whole", read_as("zip", &zip, "zip", true), TG_OK);
	cut_everywhere(&zip);
	tg_buffer_putc(&zip, '\0');
	is_int("with something behind", read_as("zip", &zip, "zip", true), TG_DATA);
}

TEST(a_tar_whole_and_cut)
{
	TG_OWN(tg_buffer_release) struct tg_buffer tar = TG_BUFFER_INIT;

	make_tar(&tar);
	is_int("whole", read_as("tar", &tar, "tar", false), TG_OK);
	cut_everywhere(&tar);
	tg_buffer_put(&tar, "\0\0\0", 3);
	is_int("with zeros behind", read_as("tar", &tar, "tar", false), TG_OK);
	tg_buffer_putc(&tar, 'x');
	is_int("with something behind", read_as("tar", &tar, "tar", false), TG_DATA);
}

TEST(no_change_of_a_byte_gives_other_content)
{
	TG_OWN(tg_buffer_release) struct tg_buffer zip = TG_BUFFER_INIT;
	size_t refused, same;

	make_zip(&zip);
	is_int("zip", (long long)archive_flip_all(tg_buffer_str(&zip), NULL, &refused, &same),
	       (long long)zip.n);
	ok("most are refused", refused > 2 * same);
}

/* By libarchive's writer, into memory. */
static bool make_encrypted(struct tg_buffer *out, const char *encryption, const char *passphrase)
{
	static const char text[] = "id,name\n1,Ada\n2,Bob\n3,Eve\n";
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t room = 4096, used = 0;
	bool good;

	good = archive_write_set_format_zip(a) == ARCHIVE_OK &&
	       archive_write_set_option(a, "zip", "encryption", encryption) == ARCHIVE_OK &&
	       archive_write_set_passphrase(a, passphrase) == ARCHIVE_OK &&
	       archive_write_set_bytes_per_block(a, 0) == ARCHIVE_OK &&
	       archive_write_open_memory(a, tg_buffer_room(out, room), room, &used) == ARCHIVE_OK;
	archive_entry_set_pathname(e, "a.csv");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, sizeof(text) - 1);
	good = good && archive_write_header(a, e) == ARCHIVE_OK &&
	       archive_write_data(a, text, sizeof(text) - 1) == sizeof(text) - 1 &&
	       archive_write_close(a) == ARCHIVE_OK;
	archive_entry_free(e);
	archive_write_free(a);
	out->n = used;
	return good;
}

TEST(encrypted_zips)
{
	static const char *const way[] = { "traditional", "aes128", "aes256" };

	for (size_t i = 0; i < TG_COUNT(way); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer zip = TG_BUFFER_INIT;
		TG_OWN(archive_seen_release) struct archive_seen seen = { .text = TG_BUFFER_INIT };
		struct tg_str bytes;
		size_t refused, same;

		if (!make_encrypted(&zip, way[i], "secret")) {
			tap_skip("this libarchive does not encrypt");
			return;
		}
		bytes = tg_buffer_str(&zip);
		is_int(way[i], archive_read_all(&seen, bytes, NULL, "secret"), TG_OK);
		ok("its content", tg_str_ends(tg_buffer_str(&seen.text), TG_STR("3,Eve\n")));
		ok("weak or not", seen.opened.weak == (i == 0));
		is_int("wrong", archive_read_all(&seen, bytes, NULL, "Secret"), TG_REFUSED);
		is_int("none", archive_read_all(&seen, bytes, NULL, NULL), TG_REFUSED);
		ok("its code", strcmp(seen.err.code, "archive-encrypted") == 0);
		if (i != 1) /* to make a key of a passphrase takes its time */
			is_int("no change gives something else",
			       (long long)archive_flip_all(bytes, "secret", &refused, &same),
			       (long long)bytes.n);
	}
}

/*
 * A directory that is there whole, or not at all
 */

static enum tg_status put_into(const char *path, const char *const *names, const char *content,
			       struct tg_buffer *told)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_into_release) struct tg_into into = TG_INTO_INIT;
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st = tg_into_open(&into, path, &arena, &err);

	for (; !st && *names; names++) {
		struct tg_str name = tg_str_of(*names);

		if (tg_str_ends(name, TG_STR("/"))) {
			name.n--;
			st = tg_into_directory(&into, name, &err);
			continue;
		}
		st = tg_into_write(&into, name, tg_str_of(content), &err);
		if (!st)
			st = tg_into_end(&into, name, TG_STR("x.zip"), &err);
	}
	if (!st)
		st = tg_into_commit(&into, &err);
	for (size_t i = 0; !st && told && i < into.files; i++)
		tg_into_put_file(told, &into, i);
	return st;
}

static int count_entries(const char *command)
{
	FILE *f = popen(command, "r");
	int n = 0;

	TG_BUG_IF(!f || fscanf(f, "%d", &n) != 1);
	pclose(f);
	return n;
}

TEST(a_directory_is_there_whole_or_not_at_all)
{
	static const char *const names[] = { "a.csv", "d/", "d/e/b.csv", "empty/", NULL };
	static const char *const twice[] = { "a.csv", "a.csv", NULL };
	char top[] = "/tmp/tidegate-test-XXXXXX", path[64], command[400];
	TG_OWN(tg_buffer_release) struct tg_buffer told = TG_BUFFER_INIT;
	struct stat st;

	TG_BUG_IF(!mkdtemp(top));
	snprintf(path, sizeof(path), "%s/into", top);
	snprintf(command, sizeof(command), "find %s | wc -l", top);
	is_int("a file twice", put_into(path, twice, "x", NULL), TG_DATA);
	is_int("nothing is there", count_entries(command), 1);
	is_int("new", put_into(path, names, "x\n", &told), TG_OK);
	ok("it says so", tg_str_ends(tg_buffer_str(&told), TG_STR("\"result\":\"published\"}")));
	is_int("all is there, and no more", count_entries(command), 7);
	is_int("again", put_into(path, names, "x\n", &told), TG_OK);
	ok("it says so", tg_str_ends(tg_buffer_str(&told), TG_STR("\"result\":\"duplicate\"}")));
	is_int("other content", put_into(path, names, "y\n", NULL), TG_CANNOT_CREATE);
	is_int("longer content", put_into(path, names, "yyy\n", NULL), TG_CANNOT_CREATE);
	is_int("no trace of it", count_entries(command), 7);
	snprintf(command, sizeof(command), "rm %s/d/e/b.csv && ln -s /etc/passwd %s/d/e/b.csv",
		 path, path);
	TG_BUG_IF(system(command) != 0);
	is_int("a link in the way", put_into(path, names, "x\n", NULL), TG_CANNOT_CREATE);
	snprintf(command, sizeof(command), "rm -r %s/d && ln -s %s %s/d", path, top, path);
	TG_BUG_IF(system(command) != 0);
	is_int("a link on the way", put_into(path, names, "x\n", NULL), TG_CANNOT_CREATE);
	snprintf(command, sizeof(command), "rm %s/d %s/a.csv; mkdir -p %s/.tidegate-into-1/x/y",
		 path, path, path);
	TG_BUG_IF(system(command) != 0);
	is_int("what is missing comes back", put_into(path, names, "x\n", NULL), TG_OK);
	snprintf(command, sizeof(command), "find %s | wc -l", top);
	is_int("all is there, and a dead run's is gone", count_entries(command), 7);
	ok("its mode is a usual one", stat(path, &st) == 0 && (st.st_mode & 0700) == 0700);
	is_int("nowhere", put_into("/tmp/tidegate-not-there/x/y", names, "x\n", NULL),
	       TG_CANNOT_CREATE);
	snprintf(command, sizeof(command), "%s/into/a.csv", top);
	is_int("a file", put_into(command, names, "x\n", NULL), TG_CANNOT_CREATE);
	snprintf(command, sizeof(command), "rm -r %s", top);
	TG_BUG_IF(system(command) != 0);
}
