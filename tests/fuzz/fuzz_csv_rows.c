/*
 * Whatever a contract says of leads, trailers and kinds of row, whatever file: no finding of a sanitizer; what comes out are lines of JSON,
 * as many as are counted; and records, rejects, what is told and how it ends are the same however the bytes come. The first line is the
 * contract, the others are the file.
 */
#include "common/csv/convert.h"
#include "common/json/scan.h"
#include "common/run/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

struct result {
	struct tg_buffer out, told;
	enum tg_status status;
};

static void release(struct result *r)
{
	tg_buffer_release(&r->out);
	tg_buffer_release(&r->told);
}

/* A file that holds the bytes, by its path. */
static int file_of(struct tg_str bytes, char path[64])
{
	int fd = memfd_create("contract", 0);

	MUST(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

/* As run/source.c does: what is not taken comes again with more behind it. */
static enum tg_status feed(struct tg_csv_converter *c, struct tg_str file, size_t step,
			   struct tg_work *w, struct tg_place *at, struct tg_error *err)
{
	size_t begin = 0, end = 0;
	enum tg_status st = tg_csv_begin(c, at, err);

	for (bool first = true; !st && (first || begin < file.n); first = false) {
		TG_OWN(tg_buffer_release) struct tg_buffer block = TG_BUFFER_INIT;
		size_t taken = 0;

		end = file.n - end > step ? end + step : file.n;
		(void)tg_buffer_room(&block, end - begin); /* with slack behind, and no more */
		tg_buffer_put(&block, file.p + begin, end - begin);
		st = tg_csv_take(c, tg_buffer_str(&block), end == file.n, at, w, &taken, err);
		MUST(st || taken <= end - begin);
		MUST(st || end < file.n || taken == end - begin);
		begin += taken;
	}
	return st ? st : tg_csv_end(c, at, err);
}

static void read_out(int fd, uint64_t bytes, struct tg_buffer *out)
{
	char *to = tg_buffer_room(out, bytes);

	MUST(pread(fd, to, bytes, 0) == (ssize_t)bytes);
	out->n = bytes;
}

static void convert(struct result *r, const char *contract, struct tg_str file, size_t step)
{
	static struct tg_program empty;
	struct tg_program p = empty;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_runner_release) struct tg_runner runner;
	TG_OWN(tg_csv_converter_free) struct tg_csv_converter *c = NULL;
	const struct tg_csv_options options = { .engine = TG_CSV_SCAN, .as_text = file.n % 5 == 0 };
	struct tg_error err = TG_ERROR_INIT, ignored = TG_ERROR_INIT;
	struct tg_place at = { .line = 1 };
	int fd = memfd_create("out", 0);

	MUST(fd >= 0);
	p.rejects = TG_REJECTS_INIT;
	p.messages.level = TG_LEVEL_ERROR;
	p.setup = (struct tg_setup){ .arena = &arena,
				     .contract = tg_str_of(contract),
				     .max_record = 1 << 20,
				     .provenance = file.n % 3 == 0,
				     .program = &p };
	tg_output_open(&p.out, fd, "out");
	tg_runner_init(&runner, &p);
	runner.work.setup = &p.setup;
	r->status = tg_csv_converter_new(&c, &options, &p.setup, &err);
	if (!r->status)
		r->status = feed(c, file, step, &runner.work, &at, &err);
	MUST(!r->status || r->status == TG_CONFIG || r->status == TG_DATA);
	MUST(tg_output_flush(&p.out, &ignored) == TG_OK);
	read_out(fd, p.out.bytes, &r->out);
	MUST(p.records_in == p.records_out + p.rejects.total);
	tg_buffer_printf(&r->told, "%d %llu %llu %llu %s", (int)r->status,
			 (unsigned long long)p.records_out, (unsigned long long)p.rejects.total,
			 r->status ? 0 : (unsigned long long)at.line, err.text);
	for (size_t i = 0; i < p.metas; i++)
		tg_buffer_printf(&r->told, " %s %.*s", p.meta[i].name, TG_STR_ARG(p.meta[i].json));
	tg_output_release(&p.out);
	tg_arena_release(&p.arena);
	close(fd);
}

/* Each line is JSON; on a run that ends well, there are as many as are counted. */
static void look_at_lines(struct tg_str out)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_record rec = { .at = { .file = TG_STR_NONE } };

	while (out.n) {
		const char *end = memchr(out.p, '\n', out.n);

		MUST(end != NULL);
		MUST(tg_scan(scanner,
			     tg_arena_copy(&arena, tg_str_from(out.p, (size_t)(end - out.p))),
			     &rec) == TG_SCAN_OK);
		out = tg_str_after(out, (size_t)(end - out.p) + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tg_str file = { (const char *)data, size }, contract = file;
	const char *end = size ? memchr(data, '\n', size) : NULL;
	const size_t steps[] = { SIZE_MAX, size / 2 + 1, 7, 1 };
	struct result first = { .status = TG_OK };
	char path[64];
	int fd;

	if (!end || size > 4096)
		return 0;
	contract.n = (size_t)(end - file.p);
	file = tg_str_after(file, contract.n + 1);
	fd = file_of(contract, path);
	for (size_t i = 0; i < TG_COUNT(steps); i++) {
		struct result r = { .status = TG_OK };

		if (i == 0) {
			convert(&first, path, file, steps[i]);
			look_at_lines(tg_buffer_str(&first.out));
			if (first.status == TG_CONFIG)
				break;
			continue;
		}
		convert(&r, path, file, steps[i]);
		if (!tg_str_eq(tg_buffer_str(&r.told), tg_buffer_str(&first.told))) {
			fprintf(stderr, "whole: %.*s\nin steps of %zu: %.*s\n",
				TG_STR_ARG(tg_buffer_str(&first.told)), steps[i],
				TG_STR_ARG(tg_buffer_str(&r.told)));
			abort();
		}
		MUST(tg_str_eq(tg_buffer_str(&r.out), tg_buffer_str(&first.out)));
		release(&r);
	}
	release(&first);
	close(fd);
	return 0;
}
