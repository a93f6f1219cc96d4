/*
 * bench_scan: the scanner alone, and yardsticks that do the same work, each as a process of its own so that its CPU time is whole.
 *
 *	bench_scan scan FILE       every line scanned: spans, UTF-8, duplicate keys
 *	bench_scan jansson FILE    every line loaded by jansson, which refuses duplicate keys too
 *	bench_scan lines FILE      lines are only found: what both of them pay for
 *	bench_scan utf8 FILE [N]   tg_utf8_check over blocks, each N times
 *
 * Prints the records, and the spans or the bytes that passed, on stderr.
 */
#include "common/base/utf8.h"
#include "common/json/scan.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024 };

struct totals {
	uint64_t records, good, sum;
};

typedef void (*use_line)(struct tg_str line, void *self, struct totals *totals);

static void scan_line(struct tg_str line, void *self, struct totals *totals)
{
	struct tg_record rec;

	if (tg_scan(self, line, &rec) == TG_SCAN_OK) {
		totals->good++;
		totals->sum += rec.spans;
	}
}

static void jansson_line(struct tg_str line, void *self, struct totals *totals)
{
	json_error_t error;
	json_t *value = json_loadb(
		line.p, line.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	(void)self;
	if (value) {
		totals->good++;
		totals->sum += line.n;
	}
	json_decref(value);
}

static void measure_line(struct tg_str line, void *self, struct totals *totals)
{
	(void)self;
	totals->good++;
	totals->sum += line.n;
}

/* Lines of any length, through a buffer that grows; the rest of one is moved to the front. */
static bool each_line(int fd, use_line use, void *self, struct totals *totals)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (;;) {
		ssize_t got = read(fd, tg_buffer_room(&b, BLOCK), BLOCK);
		char *line = b.p, *end = b.p + b.n, *newline;

		if (got < 0)
			return false;
		end += got;
		if (got == 0 && b.n)
			*end++ = '\n';
		/* What was there before holds no line end. */
		newline = memchr(b.p + b.n, '\n', (size_t)(end - b.p) - b.n);
		while (newline) {
			use(tg_str_from(line, (size_t)(newline - line)), self, totals);
			totals->records++;
			line = newline + 1;
			newline = memchr(line, '\n', (size_t)(end - line));
		}
		b.n = (size_t)(end - line);
		memmove(b.p, line, b.n);
		if (got == 0)
			return true;
	}
}

static bool each_block(int fd, unsigned times, struct totals *totals)
{
	static char block[BLOCK + TG_SLACK];

	for (;;) {
		ssize_t got = read(fd, block, BLOCK);

		if (got <= 0)
			return got == 0;
		for (unsigned i = 0; i < times; i++)
			totals->sum += tg_utf8_check(tg_str_from(block, (size_t)got));
		totals->records++;
	}
}

int main(int argc, char **argv)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_close_fd) int fd = -1;
	struct totals totals = { 0 };
	struct tg_str mode = tg_str_of(argc > 1 ? argv[1] : "");
	bool good;

	fd = argc > 2 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		fprintf(stderr, "usage: bench_scan scan|jansson|lines|utf8 FILE\n");
		return 64;
	}
	if (tg_str_is(mode, "utf8"))
		good = each_block(fd, argc > 3 ? (unsigned)atoi(argv[3]) : 1, &totals);
	else
		good = each_line(fd,
				 tg_str_is(mode, "scan")      ? scan_line
				 : tg_str_is(mode, "jansson") ? jansson_line
							      : measure_line,
				 scanner, &totals);
	fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " good, sum %" PRIu64 "\n", totals.records,
		totals.good, totals.sum);
	return good ? 0 : 74;
}
