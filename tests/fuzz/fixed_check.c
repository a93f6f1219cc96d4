#include "tests/fuzz/fixed_check.h"

#include "common/base/cpu.h"
#include "common/fixed/faults.h"
#include "common/fixed/tally.h"
#include "common/json/scan.h"
#include "common/run/runner.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(x) ((x) ? (void)0 : fail(#x, __LINE__))

enum { CUTS = 24, RECORDS_MAX = 2000 };

static void fail(const char *what, int line)
{
	(void)fprintf(stderr, "fixed_check.c:%d: not so: %s\n", line, what);
	abort();
}

static const char *const level[] = { "scalar", "sse2", "avx2", NULL };

/* What one layout's records are looked at with. */
struct bench {
	struct tg_arena arena;
	struct tg_contract contract;
	struct tg_fixed_layout layout;
	struct tg_fixed_plan *plan[TG_COUNT(level)];
	struct tg_fixed_row row;
	struct tg_fixed_tally *tally;
	struct tg_buffer out[TG_COUNT(level)];
	struct tg_scanner *scanner;
	struct tg_runner runner;
};

static bool open(struct bench *b, struct tg_str layout)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	const struct tg_setup setup = { .arena = &b->arena };
	struct tg_error err = TG_ERROR_INIT;
	size_t most = 0;
	uint32_t slots = 1;

	tg_buffer_puts(&text, "{\"x-fixed\":");
	tg_buffer_put_str(&text, layout);
	tg_buffer_putc(&text, '}');
	if (tg_contract_read(&b->contract, tg_arena_copy(&b->arena, tg_buffer_str(&text)), "c.json",
			     &setup, &err) ||
	    tg_fixed_layout_read(&b->layout, &b->contract, &setup, &err)) {
		MUST(err.status == TG_CONFIG && strstr(err.text, "c.json"));
		return false;
	}
	if (b->layout.longest > 1 << 16)
		return false; /* right, and no use here */
	for (size_t l = 0; l < TG_COUNT(level); l++) {
		b->plan[l] = tg_arena_array(&b->arena, b->layout.kinds, sizeof(*b->plan[l]));
		if (!tg_cpu_choose(level[l]))
			(void)tg_cpu_choose("scalar");
		for (size_t k = 0; k < b->layout.kinds; k++) {
			tg_fixed_plan_make(&b->plan[l][k], &b->layout, &b->layout.kind[k],
					   &b->arena);
			if (b->plan[l][k].value_most > most)
				most = b->plan[l][k].value_most;
			if (b->layout.kind[k].slots > slots)
				slots = b->layout.kind[k].slots;
		}
	}
	b->tally = tg_fixed_tally_new(&b->layout, &b->arena);
	if (b->tally)
		tg_fixed_tally_begin(b->tally);
	b->row.scratch = tg_arena_take(&b->arena, most + TG_SLACK);
	b->row.slot = tg_arena_array(&b->arena, slots, sizeof(*b->row.slot));
	return true;
}

/* What the record adds, and what it says about those before it. */
static void tally(struct bench *b, size_t kind)
{
	struct tg_error err = TG_ERROR_INIT;
	uint64_t untold = 0;

	if (!b->tally)
		return;
	tg_fixed_tally_add(b->tally, (uint32_t)kind, &b->row);
	if (tg_fixed_tally_judges(b->tally, (uint32_t)kind) &&
	    tg_fixed_tally_judge(b->tally, (uint32_t)kind, &b->row, &untold, &err))
		MUST(err.status == TG_DATA && strcmp(err.code, "fixed-control") == 0);
}

static void look_at_record(struct bench *b, struct tg_framer *framer, const struct tg_frame *frame)
{
	const struct tg_fixed_bad bad = { .layout = &b->layout,
					  .contract = &b->contract,
					  .frame = frame,
					  .row = &b->row,
					  .line = 1 };
	struct tg_record rec = { .at = { .line = 1 } };
	char *end[TG_COUNT(level)];
	size_t k;

	tg_framer_row(framer, frame, &b->row);
	tg_runner_next(&b->runner);
	if (!frame->kind || !tg_fixed_length_fits(frame->kind, &b->row)) {
		MUST(tg_fixed_length_fault(&bad, &b->runner.work));
		return;
	}
	k = (size_t)(frame->kind - b->layout.kind);
	for (size_t l = 0; l < TG_COUNT(level); l++) {
		size_t most = b->plan[l][k].most;
		char *to = tg_buffer_room(&b->out[l], most);

		end[l] = tg_fixed_emit(&b->plan[l][k], &b->row, to);
		MUST(!end[l] || (size_t)(end[l] - to) <= most);
		b->out[l].n = end[l] ? (size_t)(end[l] - to) : 0;
		MUST(tg_str_eq(tg_buffer_str(&b->out[l]), tg_buffer_str(&b->out[0])));
	}
	if (end[0])
		tally(b, k);
	MUST(!tg_fixed_faults_add(&bad, &b->runner.work) == (end[0] != NULL));
	(void)tg_buffer_room(&b->out[0], TG_SLACK);
	MUST(!end[0] || tg_scan(b->scanner, tg_buffer_str(&b->out[0]), &rec) == TG_SCAN_OK);
	for (size_t l = 0; l < TG_COUNT(level); l++)
		tg_buffer_clear(&b->out[l]);
}

/* The bytes with nothing readable behind their slack. */
static char *exact(struct tg_str bytes)
{
	char *p = malloc(bytes.n + TG_SLACK);

	MUST(p);
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	memset(p + bytes.n, 0x5a, TG_SLACK);
	return p;
}

static bool same_frame(const struct tg_frame *a, const struct tg_frame *b)
{
	return a->before == b->before && a->text.n == b->text.n && a->behind == b->behind &&
	       a->kind == b->kind;
}

/* A record that is there in part is told as the whole is, or not at all. */
static void cut(const struct tg_framer *framer, struct tg_str rest, const struct tg_frame *whole,
		enum tg_frame_found found)
{
	for (size_t i = 0; i < CUTS; i++) {
		struct tg_framer now = *framer;
		struct tg_frame frame = { .before = 0 };
		struct tg_error err = TG_ERROR_INIT;
		size_t n = i < CUTS / 2 ? i + 1 : rest.n * (i - CUTS / 2) / CUTS + 1;
		enum tg_frame_found part;

		if (n >= rest.n)
			continue;
		part = tg_framer_find(&now, tg_str_from(rest.p, n), false, &frame, &err);
		MUST(part == TG_FRAME_MORE || part == found);
		MUST(part == TG_FRAME_MORE || part == TG_FRAME_BROKEN || same_frame(&frame, whole));
	}
}

static long walk(struct bench *b, struct tg_str bytes)
{
	struct tg_framer framer = { .layout = NULL };
	char *copy = exact(bytes);
	struct tg_str rest = tg_str_from(copy, bytes.n);
	long records = 0;

	tg_framer_open(&framer, &b->layout, 1 << 20, &b->arena);
	tg_framer_begin(&framer);
	while (rest.n && records < RECORDS_MAX) {
		struct tg_framer before = framer;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_frame frame = { .before = 0 };
		enum tg_frame_found found = tg_framer_find(&framer, rest, true, &frame, &err);

		cut(&before, rest, &frame, found);
		if (found == TG_FRAME_BROKEN)
			MUST(err.status == TG_DATA && err.code);
		if (found != TG_FRAME_RECORD && found != TG_FRAME_NOTHING)
			break;
		MUST(frame.before + frame.text.n + frame.behind > 0);
		if (found == TG_FRAME_RECORD) {
			look_at_record(b, &framer, &frame);
			records++;
		}
		rest = tg_str_after(rest, frame.before + frame.text.n + frame.behind);
	}
	tg_framer_release(&framer);
	free(copy);
	return records;
}

long fixed_check(struct tg_str layout, struct tg_str bytes)
{
	static struct tg_program program;
	struct bench b = { .arena = TG_ARENA_INIT };
	const struct tg_setup setup = { .arena = &b.arena };
	long records = -1;

	b.scanner = tg_scanner_new();
	tg_runner_init(&b.runner, &program);
	b.runner.work.setup = &setup;
	/* A file of its own is none of what is looked at here. */
	if (!memmem(layout.p, layout.n, "layout", 6) && open(&b, layout))
		records = walk(&b, bytes);
	if (b.tally)
		tg_fixed_tally_end(b.tally);
	tg_fixed_tally_release(b.tally);
	(void)tg_cpu_choose(NULL);
	for (size_t l = 0; l < TG_COUNT(level); l++)
		tg_buffer_release(&b.out[l]);
	tg_runner_release(&b.runner);
	tg_scanner_free(&b.scanner);
	tg_arena_release(&b.arena);
	return records;
}
