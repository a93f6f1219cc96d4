/*
 * csv2json: a CSV file becomes JSON lines, one object a row.
 *
 *	csv2json customers.csv >customers.jsonl
 *
 * Dialect, header and types come from the contract, and nothing is guessed: without one, every value is the string that was sent.
 * A row that is not well formed, or holds a text that is not of its column's type, is a reject with its line.
 */
#include "common/csv/convert.h"

struct csv2json {
	unsigned engine, on_type_error;
	struct tg_csv_converter *converter;
};

enum { REJECT, STRING };

static const char *const engines[] = { "scan", "libcsv", NULL };
static const char *const on_type_errors[] = { "reject", "string", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_CHOICE('e', "engine", struct csv2json, engine, "ENGINE", "what splits the rows (scan)", engines),
	TG_OPT_CHOICE(0, "on-type-error", struct csv2json, on_type_error, "WHAT", "what becomes of a text that is not of its type (reject)", on_type_errors),
	TG_OPT_END,
};
// clang-format on

static enum tg_status csv2json_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct csv2json *c = self;
	const struct tg_csv_options convert = {
		.engine = (enum tg_csv_engine)c->engine,
		.as_text = c->on_type_error == STRING,
	};

	return tg_csv_converter_new(&c->converter, &convert, setup, err);
}

static enum tg_status csv2json_begin(void *self, struct tg_work *w, const struct tg_place *at,
				     struct tg_error *err)
{
	struct csv2json *c = self;

	(void)w;
	return tg_csv_begin(c->converter, at, err);
}

static enum tg_status csv2json_take(void *self, struct tg_str bytes, bool last, struct tg_place *at,
				    struct tg_work *w, size_t *taken, struct tg_error *err)
{
	struct csv2json *c = self;

	return tg_csv_take(c->converter, bytes, last, at, w, taken, err);
}

static void csv2json_resume(void *self, const struct tg_place *at)
{
	struct csv2json *c = self;

	tg_csv_resume(c->converter, at);
}

static struct tg_line_end csv2json_line_end(const void *self)
{
	const struct csv2json *c = self;

	return tg_csv_converter_line_end(c->converter);
}

static enum tg_status csv2json_end(void *self, struct tg_work *w, const struct tg_place *at,
				   struct tg_error *err)
{
	struct csv2json *c = self;

	(void)w;
	return tg_csv_end(c->converter, at, err);
}

static bool csv2json_lane(const void *self, void *lane)
{
	const struct csv2json *c = self;
	struct csv2json *own = lane;

	return tg_csv_converter_lane(c->converter, &own->converter);
}

static size_t csv2json_cut(const void *self, struct tg_str bytes, bool last, uint64_t *lines)
{
	const struct csv2json *c = self;

	return tg_csv_converter_cut(c->converter, bytes, last, lines);
}

static bool csv2json_merge(void *self, uint64_t n)
{
	struct csv2json *c = self;

	return tg_csv_converter_merge(c->converter, n);
}

static void csv2json_move(void *self, const struct tg_place *at)
{
	struct csv2json *c = self;

	tg_csv_converter_move(c->converter, at);
}

static void csv2json_release(void *self)
{
	struct csv2json *c = self;

	tg_csv_converter_free(&c->converter);
}

const struct tg_source tg_csv2json = {
	.name = "csv2json",
	.about = "turn CSV into JSON lines",
	.operands = "[FILE ...]",
	.options = options,
	.size = sizeof(struct csv2json),
	.open = csv2json_open,
	.begin = csv2json_begin,
	.take = csv2json_take,
	.resume = csv2json_resume,
	.line_end = csv2json_line_end,
	.end = csv2json_end,
	.release = csv2json_release,
	.lane = csv2json_lane,
	.lane_release = csv2json_release,
	.cut = csv2json_cut,
	.merge = csv2json_merge,
	.move = csv2json_move,
};
