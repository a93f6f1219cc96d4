#include "common/run/option.h"
#include "common/run/rejects.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct target {
	bool all, loud;
	struct tg_str name;
	struct tg_list key;
	uint64_t size, count, wait;
	unsigned color;
};

static const char *const colors[] = { "red", "green", NULL };

static const struct tg_option options[] = {
	TG_OPT_FLAG('a', "all", struct target, all, "all of it"),
	TG_OPT_FLAG('l', "loud", struct target, loud, "loudly"),
	TG_OPT_TEXT('n', "name", struct target, name, "NAME", "a name"),
	TG_OPT_LIST('k', "key", struct target, key, "PTR", "a key"),
	TG_OPT_SIZE(0, "size", struct target, size, "SIZE", "a size"),
	TG_OPT_COUNT(0, "count", struct target, count, "N", "a count"),
	TG_OPT_DURATION(0, "wait", struct target, wait, "D", "a wait"),
	TG_OPT_CHOICE(0, "color", struct target, color, "C", "a colour", colors),
	{ 0, "zone", TG_OPTION_TEXT, offsetof(struct target, name), "Z", "a zone", NULL, "ZONE" },
	TG_OPT_END,
};

static enum tg_status parse(struct tg_options *o, struct target *t, struct tg_arena *arena,
			    const char *line, struct tg_error *err)
{
	char **argv = tg_arena_array(arena, 32, sizeof(*argv)); /* the options keep views of it */
	int argc = 1;
	char *copy = (char *)(uintptr_t)tg_arena_copy(arena, tg_str_of(line)).p;

	argv[0] = (char *)(uintptr_t) "test";

	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	*o = (struct tg_options){ .table = { { options, t } }, .tables = 1, .arena = arena };
	return tg_options_parse(o, argc, argv, err);
}

TEST(command_lines)
{
	static const struct {
		const char *line;
		enum tg_status status;
		const char *message;
		size_t operands;
	} row[] = {
		{ "", TG_OK, NULL, 0 },
		{ "--all --name x", TG_OK, NULL, 0 },
		{ "--name=x a b", TG_OK, NULL, 2 },
		{ "-alnx", TG_OK, NULL, 0 },
		{ "-al -n x -", TG_OK, NULL, 1 },
		{ "-k /a -k /b --key=/c", TG_OK, NULL, 0 },
		{ "--size 16MiB --count 3 --wait 1h30m --color green", TG_OK, NULL, 0 },
		{ "-- -x --all", TG_OK, NULL, 2 },
		{ "--al", TG_USAGE, "there is no option --al", 0 },
		{ "--nmae x", TG_USAGE, "there is no option --nmae; did you mean --name?", 0 },
		{ "-x", TG_USAGE, "there is no option -x", 0 },
		{ "--all=yes", TG_USAGE, "--all takes no value", 0 },
		{ "--name", TG_USAGE, "--name needs a value: NAME", 0 },
		{ "-n", TG_USAGE, "-n needs a value: NAME", 0 },
		{ "--name x -n y", TG_USAGE, "--name is given twice", 0 },
		{ "in.csv --all", TG_USAGE, "options come before operands", 0 },
		{ "--size 16M", TG_USAGE, "--size: the value must be", 0 },
		{ "--count -1", TG_USAGE, "--count: the value must be", 0 },
		{ "--wait 30", TG_USAGE, "--wait: the value must be", 0 },
		{ "--color blue", TG_USAGE, "--color: the value must be one of: red, green", 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct target t = { 0 };
		struct tg_options o;

		is_int(row[i].line, parse(&o, &t, &arena, row[i].line, &err), row[i].status);
		if (row[i].status)
			ok(err.text,
			   strncmp(err.text, row[i].message, strlen(row[i].message)) == 0);
		else
			is_int(row[i].line, (long long)o.operands, (long long)row[i].operands);
	}
}

TEST(what_a_command_line_sets)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct target t = { 0 };
	struct tg_options o;

	is_int("parse",
	       parse(&o, &t, &arena,
		     "-alnvalue -k/a --key /b --size 2kB --wait PT5M --color green file", &err),
	       TG_OK);
	ok("flags", t.all && t.loud);
	is_str("text", t.name, TG_STR("value"));
	is_int("list", (long long)t.key.n, 2);
	is_str("its first", t.key.item[0], TG_STR("/a"));
	is_str("its last", t.key.item[1], TG_STR("/b"));
	is_int("size", (long long)t.size, 2000);
	is_int("duration", (long long)t.wait, 300000000);
	is_int("choice", t.color, 1);
	is_str("operand", tg_str_of(o.operand[0]), TG_STR("file"));
	ok("given", tg_options_given(&o, "size") && !tg_options_given(&o, "count"));
}

static void count_unknown(void *arg, struct tg_str name)
{
	++*(int *)arg;
	is_str("the unknown one", name, TG_STR("ZOEN"));
}

TEST(variables_come_second)
{
	char zone[] = "TIDEGATE_ZONE=from variable", typo[] = "TIDEGATE_ZOEN=x",
	     other[] = "PATH=/bin";
	char *environment[] = { zone, typo, other, NULL };
	static const struct {
		const char *line, *zone;
	} row[] = { { "", "from variable" }, { "--zone z", "z" } };

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct target t = { 0 };
		struct tg_options o;
		int unknown = 0;

		is_int("parse", parse(&o, &t, &arena, row[i].line, &err), TG_OK);
		is_int("read",
		       tg_options_environment(&o, environment, count_unknown, &unknown, &err),
		       TG_OK);
		is_str(row[i].line, t.name, tg_str_of(row[i].zone));
		is_int("unknown variables", unknown, 1);
	}
}

/*
 * Rejects
 */

struct file {
	char path[40];
	int fd;
};

static void make(struct file *f)
{
	strcpy(f->path, "/tmp/tidegate-test-XXXXXX");
	f->fd = mkstemp(f->path);
	TG_BUG_IF(f->fd < 0);
}

static struct tg_str content(const struct file *f, struct tg_arena *arena)
{
	char *p = tg_arena_take(arena, 1 << 20);
	ssize_t n = pread(f->fd, p, 1 << 20, 0);

	return tg_str_from(p, n > 0 ? (size_t)n : 0);
}

static const struct tg_place place = { { "in.csv", 6 }, 3, 17 };

TEST(envelopes)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_rejects_release) struct tg_rejects r = TG_REJECTS_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char padded[3 + TG_SLACK] = "a\xff";
	struct file f;

	make(&f);
	TG_BUG_IF(write(f.fd, "{\"torn", 6) != 6); /* by a run that was killed */
	r.tool = "test";
	is_int("open", tg_rejects_open(&r, f.path, &err), TG_OK);
	is_int("text",
	       tg_rejects_add(&r, "schema", &place, TG_STR("{}"), TG_STR("{\"valid\":false}"),
			      tg_arena_copy(&arena, TG_STR("\"\\\t")), &err),
	       TG_OK);
	is_int("bytes",
	       tg_rejects_add(&r, "encoding", &place, TG_STR_NONE, TG_STR_NONE,
			      tg_str_from(padded, 2), &err),
	       TG_OK);
	is_int("sync", tg_rejects_sync(&r, &err), TG_OK);
	is_str("file", content(&f, &arena),
	       TG_STR("{\"torn\n"
		      "{\"tool\":\"test\",\"code\":\"schema\",\"at\":{\"file\":\"in.csv\",\"line\":3,\"offset\":17},\"errors\":[{}],\"output\":{\"valid\":false},"
		      "\"record\":\"\\\"\\\\\\t\"}\n"
		      "{\"tool\":\"test\",\"code\":\"encoding\",\"at\":{\"file\":\"in.csv\",\"line\":3,\"offset\":17},\"errors\":[],"
		      "\"record_base64\":\"Yf8=\"}\n"));
	is_int("total", (long long)r.total, 2);
	unlink(f.path);
	close(f.fd);
}

/* What was held and is appended is what would have been added one after the other. */
TEST(rejects_that_were_held)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_rejects_release) struct tg_rejects r = TG_REJECTS_INIT, held = TG_REJECTS_INIT;
	static const char *const code[] = { "schema", "json", "schema" };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_str plain, appended;
	struct file f;

	make(&f);
	r.tool = held.tool = "test";
	held.held = true;
	is_int("open", tg_rejects_open(&r, f.path, &err), TG_OK);
	for (size_t i = 0; i < TG_COUNT(code); i++)
		is_int("add",
		       tg_rejects_add(&r, code[i], &place, TG_STR_NONE, TG_STR_NONE,
				      tg_arena_copy(&arena, TG_STR("x")), &err),
		       TG_OK);
	is_int("flush", tg_rejects_flush(&r, &err), TG_OK);
	plain = content(&f, &arena);
	TG_BUG_IF(ftruncate(f.fd, 0) != 0);
	for (size_t i = 0; i < TG_COUNT(code); i++)
		is_int("hold",
		       tg_rejects_add(&held, code[i], &place, TG_STR_NONE, TG_STR_NONE,
				      tg_arena_copy(&arena, TG_STR("x")), &err),
		       TG_OK);
	r.most = r.bytes + plain.n;
	ok("it fits", tg_rejects_fit(&r, &held));
	r.most--;
	ok("one byte less, and it does not", !tg_rejects_fit(&r, &held));
	is_int("append", tg_rejects_append(&r, &held, &err), TG_OK);
	is_int("flush", tg_rejects_flush(&r, &err), TG_OK);
	appended = content(&f, &arena);
	is_str("the same bytes", appended, plain);
	is_int("total", (long long)r.total, 6);
	is_int("kinds", (long long)r.codes, 2);
	is_int("of the first", (long long)r.count[0].n, 4);
	is_int("held no more", (long long)(held.total + held.codes + held.pending.n), 0);
	unlink(f.path);
	close(f.fd);
}

TEST(long_records_are_spooled_as_they_come)
{
	for (size_t piece = 1; piece < 9; piece++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		TG_OWN(tg_rejects_release) struct tg_rejects r = TG_REJECTS_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
		static const struct tg_str text = { "0123456789abcdefghij", 20 };
		struct tg_error err = TG_ERROR_INIT;
		struct file f;

		make(&f);
		r.tool = "test";
		is_int("open", tg_rejects_open(&r, f.path, &err), TG_OK);
		is_int("begin", tg_rejects_begin_long(&r, "too-long", &place, TG_STR_NONE, &err),
		       TG_OK);
		for (size_t at = 0; at < text.n; at += piece)
			is_int("piece",
			       tg_rejects_add_long(&r,
						   tg_str_from(text.p + at, text.n - at < piece
										    ? text.n - at
										    : piece),
						   &err),
			       TG_OK);
		is_int("end", tg_rejects_end_long(&r, &err), TG_OK);
		tg_buffer_puts(
			&expected,
			"{\"tool\":\"test\",\"code\":\"too-long\",\"at\":{\"file\":\"in.csv\",\"line\":3,"
			"\"offset\":17},\"errors\":[],\"record_base64\":\"");
		tg_buffer_put_base64(&expected, text.p, text.n);
		tg_buffer_puts(&expected, "\"}\n");
		is_str("file", content(&f, &arena), tg_buffer_str(&expected));
		unlink(f.path);
		close(f.fd);
	}
}

/* What does not fit is taken back whole: the file ends with the last good line. */
TEST(a_full_disk_leaves_no_half_line)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_rejects_release) struct tg_rejects r = TG_REJECTS_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct rlimit limit, old;
	struct file f;
	char *big = tg_arena_take(&arena, 3000);

	signal(SIGXFSZ, SIG_IGN);
	make(&f);
	r.tool = "test";
	is_int("open", tg_rejects_open(&r, f.path, &err), TG_OK);
	is_int("a small one",
	       tg_rejects_add(&r, "schema", &place, TG_STR_NONE, TG_STR_NONE,
			      tg_arena_copy(&arena, TG_STR("1")), &err),
	       TG_OK);
	is_int("fits", tg_rejects_flush(&r, &err), TG_OK);
	TG_BUG_IF(getrlimit(RLIMIT_FSIZE, &old) != 0);
	limit = old;
	limit.rlim_cur = 1000;
	TG_BUG_IF(setrlimit(RLIMIT_FSIZE, &limit) != 0);
	memset(big, 'x', 2900);
	is_int("a large one",
	       tg_rejects_add(&r, "schema", &place, TG_STR_NONE, TG_STR_NONE,
			      tg_str_from(big, 2900), &err),
	       TG_OK);
	is_int("does not", tg_rejects_flush(&r, &err), TG_IO);
	TG_BUG_IF(setrlimit(RLIMIT_FSIZE, &old) != 0);
	ok("the file ends with a line feed",
	   tg_str_ends(content(&f, &arena), TG_STR("\"record\":\"1\"}\n")));
	unlink(f.path);
	close(f.fd);
}
