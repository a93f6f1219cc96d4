/*
 * fixed2json: records whose fields stand at fixed places become JSON lines, one object a record.
 *
 *	fixed2json --contract pay.json pay.txt >pay.jsonl
 *
 * Where each field stands and what its bytes are comes from the contract's x-fixed, and nothing is guessed. A record that is too short
 * or too long, of a kind that is not known, or holds bytes that are not of its type, is a reject with its place.
 */
#include "common/fixed/convert.h"

struct fixed2json {
	unsigned on_type_error;
	struct tg_fixed_converter *converter;
};

enum { REJECT, STRING };

static const char *const on_type_errors[] = { "reject", "string", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_CHOICE(0, "on-type-error", struct fixed2json, on_type_error, "WHAT", "what becomes of a value that is not of its type (reject)", on_type_errors),
	TG_OPT_END,
};
// clang-format on

static enum tg_status fixed2json_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct fixed2json *f = self;
	const struct tg_fixed_options convert = { .as_text = f->on_type_error == STRING };

	return tg_fixed_converter_new(&f->converter, &convert, setup, err);
}

static enum tg_status fixed2json_begin(void *self, struct tg_work *w, const struct tg_place *at,
				       struct tg_error *err)
{
	struct fixed2json *f = self;

	(void)w;
	return tg_fixed_begin(f->converter, at, err);
}

static enum tg_status fixed2json_take(void *self, struct tg_str bytes, bool last,
				      struct tg_place *at, struct tg_work *w, size_t *taken,
				      struct tg_error *err)
{
	struct fixed2json *f = self;

	return tg_fixed_take(f->converter, bytes, last, at, w, taken, err);
}

static void fixed2json_resume(void *self, const struct tg_place *at)
{
	struct fixed2json *f = self;

	tg_fixed_resume(f->converter, at);
}

static enum tg_status fixed2json_end(void *self, struct tg_work *w, const struct tg_place *at,
				     struct tg_error *err)
{
	struct fixed2json *f = self;

	(void)w;
	return tg_fixed_end(f->converter, at, err);
}

static bool fixed2json_lane(const void *self, void *lane)
{
	const struct fixed2json *f = self;
	struct fixed2json *own = lane;

	return tg_fixed_converter_lane(f->converter, &own->converter);
}

static void fixed2json_lane_release(void *lane)
{
	struct fixed2json *own = lane;

	tg_fixed_converter_lane_free(&own->converter);
}

static size_t fixed2json_cut(const void *self, struct tg_str bytes, bool last, uint64_t *lines)
{
	const struct fixed2json *f = self;

	return tg_fixed_converter_cut(f->converter, bytes, last, lines);
}

static void fixed2json_release(void *self)
{
	struct fixed2json *f = self;

	tg_fixed_converter_free(&f->converter);
}

const struct tg_source tg_fixed2json = {
	.name = "fixed2json",
	.about = "turn records of fixed width into JSON lines",
	.operands = "[FILE ...]",
	.options = options,
	.size = sizeof(struct fixed2json),
	.open = fixed2json_open,
	.begin = fixed2json_begin,
	.take = fixed2json_take,
	.resume = fixed2json_resume,
	.end = fixed2json_end,
	.release = fixed2json_release,
	.lane = fixed2json_lane,
	.lane_release = fixed2json_lane_release,
	.cut = fixed2json_cut,
};
