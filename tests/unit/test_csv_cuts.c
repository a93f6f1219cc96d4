/*
 * Every input of the cases of csv2json, and of the public corpora where they are beside the source, cut at every byte into two reads, and
 * read in pieces of 1, 2, 3 and 7 bytes: records, rejects with their offsets, what the run log is told and how it ends are those of
 * the whole. Both engines, where both read the dialect. In one process, on the runtime's own loop: read(2) is this file's.
 */
#undef _FORTIFY_SOURCE /* or the system has an inline read(2) */

#include "common/base/decode.h"
#include "common/csv/convert.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/run/runner.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What read(2) gives of the input: first so many bytes, then so many a time
 */

enum { FEED = 1 << 20 }; /* no descriptor of the system's */

static struct {
	struct tg_str text;
	size_t at, first, size;
} feed;

ssize_t read(int fd, void *to, size_t n);

ssize_t read(int fd, void *to, size_t n)
{
	size_t most = feed.at == 0 && feed.first ? feed.first : feed.size;

	if (fd != FEED)
		return syscall(SYS_read, fd, to, n);
	if (n > most)
		n = most;
	if (n > feed.text.n - feed.at)
		n = feed.text.n - feed.at;
	if (n)
		memcpy(to, feed.text.p + feed.at, n);
	feed.at += n;
	return (ssize_t)n;
}

/*
 * The source, as tools/csv2json.c has it, and a program around it that writes nowhere
 */

struct tool {
	struct tg_csv_converter *converter;
};

static enum tg_status tool_begin(void *self, struct tg_work *w, const struct tg_place *at,
				 struct tg_error *err)
{
	(void)w;
	return tg_csv_begin(((struct tool *)self)->converter, at, err);
}

static enum tg_status tool_take(void *self, struct tg_str bytes, bool last, struct tg_place *at,
				struct tg_work *w, size_t *taken, struct tg_error *err)
{
	return tg_csv_take(((struct tool *)self)->converter, bytes, last, at, w, taken, err);
}

static void tool_resume(void *self, const struct tg_place *at)
{
	tg_csv_resume(((struct tool *)self)->converter, at);
}

static struct tg_line_end tool_line_end(const void *self)
{
	return tg_csv_converter_line_end(((const struct tool *)self)->converter);
}

static enum tg_status tool_end(void *self, struct tg_work *w, const struct tg_place *at,
			       struct tg_error *err)
{
	(void)w;
	return tg_csv_end(((struct tool *)self)->converter, at, err);
}

static const struct tg_source source = {
	.name = "csv2json",
	.begin = tool_begin,
	.take = tool_take,
	.resume = tool_resume,
	.line_end = tool_line_end,
	.end = tool_end,
};

static int scratch_file(void)
{
	char path[] = "/tmp/tidegate-cuts-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) != 0)
		tg_bug(__FILE__, __LINE__, "a scratch file");
	return fd;
}

static void open_program(struct tg_program *p)
{
	static char name[] = "the rejects";

	*p = (struct tg_program){ .rejects = TG_REJECTS_INIT, .window = TG_WINDOW_INIT };
	p->setup.arena = &p->arena;
	p->setup.program = p;
	p->setup.max_record = 16 << 20;
	p->setup.keeps_rejects = p->setup.provenance = true;
	p->messages.closed = true;
	tg_output_open(&p->out, scratch_file(), "records");
	p->rejects.fd = scratch_file();
	p->rejects.path = "/tmp/tidegate-cuts"; /* a spool stands beside it */
	p->rejects.regular = true;
	p->rejects.name = name;
	p->rejects.tool = "csv2json";
	p->rejects.run = TG_STR("run");
}

static void close_program(struct tg_program *p)
{
	tg_close_fd(&p->out.fd);
	tg_close_fd(&p->rejects.fd);
	p->rejects.name = NULL;
	tg_output_release(&p->out);
	tg_rejects_release(&p->rejects);
	tg_window_release(&p->window);
	tg_arena_release(&p->arena);
}

/* What has been written to the file, which is emptied, and what waits for it. */
static void put_written(struct tg_buffer *out, int fd, const char *p, size_t n)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size > 0) {
		char *to = tg_buffer_room(out, (size_t)size);

		if (pread(fd, to, (size_t)size, 0) != size || ftruncate(fd, 0) != 0 ||
		    lseek(fd, 0, SEEK_SET) != 0)
			tg_bug(__FILE__, __LINE__, "a scratch file");
		out->n += (size_t)size;
	}
	tg_buffer_put(out, p, n);
}

/* All that can be seen of a run over the text. */
static void run(struct tg_buffer *seen, struct tg_program *p, struct tool *tool, struct tg_str text,
		size_t first, size_t size)
{
	struct tg_input in = {
		.fd = FEED, .name = "in.csv", .base = TG_STR("in.csv"), .watch = -1
	};
	struct tg_error err = TG_ERROR_INIT;
	struct tg_runner runner;
	enum tg_status st;

	feed.text = text;
	feed.at = 0;
	feed.first = first;
	feed.size = size;
	p->metas = 0;
	p->records_in = p->records_out = 0;
	p->rejects.codes = 0;
	p->rejects.total = 0;
	tg_runner_init(&runner, p);
	st = tg_runner_take(&runner, &source, tool, &in, &err);
	tg_runner_release(&runner);
	tg_output_settle(&p->out);
	tg_buffer_clear(seen);
	put_written(seen, p->out.fd, p->out.p, p->out.n);
	p->out.n = 0;
	put_written(seen, p->rejects.fd, p->rejects.pending.p, p->rejects.pending.n);
	p->rejects.pending.n = 0;
	for (size_t i = 0; i < p->metas; i++)
		tg_buffer_printf(seen, "%s %.*s\n", p->meta[i].name, TG_STR_ARG(p->meta[i].json));
	tg_buffer_printf(seen, "%llu in, %llu out, %s: %s\n", (unsigned long long)p->records_in,
			 (unsigned long long)p->records_out, tg_status_name(st), err.text);
}

/* Gives how many ways were tried. */
static size_t in_every_way(const char *name, const char *contract, enum tg_csv_engine engine,
			   struct tg_str text)
{
	static const size_t sizes[] = { 1, 2, 3, 7 };
	TG_OWN(tg_buffer_release) struct tg_buffer whole = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer seen = TG_BUFFER_INIT;
	TG_OWN(tg_csv_converter_free) struct tg_csv_converter *converter = NULL;
	const struct tg_csv_options options = { .engine = engine };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_program p;
	struct tool tool;
	enum tg_status st;
	size_t tried = 0, step = TG_SANITIZED ? 13 : 1;

	open_program(&p);
	p.setup.contract = contract ? tg_str_of(contract) : TG_STR_NONE;
	st = tg_csv_converter_new(&converter, &options, &p.setup, &err);
	if (engine == TG_CSV_SCAN && st)
		is_str(name, tg_str_of(err.text), TG_STR("a contract that is taken"));
	tool.converter = converter;
	if (!st)
		run(&whole, &p, &tool, text, 0, SIZE_MAX);
	for (size_t cut = 1; !st && cut < text.n; cut += step, tried++) {
		run(&seen, &p, &tool, text, cut, SIZE_MAX);
		if (!tg_str_eq(tg_buffer_str(&seen), tg_buffer_str(&whole)))
			is_str(name, tg_buffer_str(&seen), tg_buffer_str(&whole));
	}
	for (size_t i = 0; !st && i < TG_COUNT(sizes); i++, tried++) {
		run(&seen, &p, &tool, text, 0, sizes[i]);
		is_str(name, tg_buffer_str(&seen), tg_buffer_str(&whole));
	}
	tg_csv_converter_free(&converter);
	close_program(&p);
	return tried;
}

static size_t by_both(const char *name, const char *contract, struct tg_str text)
{
	return in_every_way(name, contract, TG_CSV_SCAN, text) +
	       in_every_way(name, contract, TG_CSV_LIBCSV, text);
}

/*
 * The inputs
 */

static const char *root(void)
{
	const char *given = getenv("TIDEGATE_SOURCE");

	return given ? given : ".";
}

static bool slurp(struct tg_buffer *text, struct tg_str path)
{
	struct tg_error err = TG_ERROR_INIT;

	tg_buffer_clear(text);
	return tg_input_slurp(text, path.p, 16 << 20, &err) == TG_OK;
}

TEST(cases)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str folder = tg_arena_format(&arena, "%s/tests/cases/csv2json", root());
	DIR *cases = opendir(folder.p);
	struct dirent *entry;
	size_t n = 0, tried = 0;

	if (!cases) {
		tap_skip("tests/cases is not there: TIDEGATE_SOURCE names the source");
		return;
	}
	while ((entry = readdir(cases))) {
		struct tg_str contract =
			tg_arena_format(&arena, "%s/%s/contract.json", folder.p, entry->d_name);

		if (!slurp(&text, tg_arena_format(&arena, "%s/%s/in.csv", folder.p, entry->d_name)))
			continue;
		tried += by_both(entry->d_name, access(contract.p, R_OK) == 0 ? contract.p : NULL,
				 tg_buffer_str(&text));
		n++;
	}
	(void)closedir(cases);
	ok("there are cases", n > 40 && tried > 1000);
}

static void folder_of_files(const char *name)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str path =
		tg_arena_format(&arena, "%s/../shared/conformance/csv/%s", root(), name);
	DIR *folder = opendir(path.p);
	struct dirent *entry;
	size_t n = 0;

	if (!folder) {
		tap_skip("the corpora are not beside the source (../shared/conformance/csv)");
		return;
	}
	while ((entry = readdir(folder))) {
		if (!tg_str_ends(tg_str_of(entry->d_name), TG_STR(".csv")) ||
		    !slurp(&text, tg_arena_format(&arena, "%s/%s", path.p, entry->d_name)))
			continue;
		(void)by_both(entry->d_name, NULL, tg_buffer_str(&text));
		n++;
	}
	(void)closedir(folder);
	ok("there are files", n > 5);
}

TEST(csv_spectrum)
{
	folder_of_files("csv-spectrum");
}

TEST(w3c_csvw)
{
	folder_of_files("w3c-csvw");
}

/* The file of one variant; false: there is none. */
static bool input_of(struct tg_buffer *out, struct tg_str line, struct tg_arena *arena)
{
	struct tg_error err = TG_ERROR_INIT;
	const struct tg_span *text, *base64;
	struct tg_record rec;

	tg_buffer_clear(out);
	if (tg_document_parse(&rec, line, arena, &err))
		return false;
	text = tg_member_find(&rec, rec.span, TG_STR("input"));
	base64 = tg_member_find(&rec, rec.span, TG_STR("input_base64"));
	if (text)
		tg_buffer_put_str(out, tg_text_get(arena, &rec, text));
	return text || (base64 && tg_base64_decode(out, tg_text_get(arena, &rec, base64)));
}

TEST(pollution)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer lines = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str rest;
	size_t n = 0;

	if (!slurp(&lines,
		   tg_arena_format(&arena, "%s/../shared/conformance/csv/pollution/mutations.jsonl",
				   root()))) {
		tap_skip("the corpora are not beside the source (../shared/conformance/csv)");
		return;
	}
	rest = tg_buffer_str(&lines);
	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t size = end ? (size_t)(end - rest.p) : rest.n;
		struct tg_str line = tg_arena_copy(&arena, tg_str_from(rest.p, size));

		ok("is JSON", input_of(&text, line, &arena));
		(void)by_both("pollution", NULL, tg_buffer_str(&text));
		rest = tg_str_after(rest, size + 1);
		n++;
	}
	ok("there are variants", n > 200);
}
