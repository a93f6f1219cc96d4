#include "common/fixed/converter.h"

enum {
	MAX_RECORD = 1 << 30, /* characters are numbered in 32 bits */
	RDW_MAX = 0x10000,
};

static enum tg_status open_fill(struct tg_fixed_converter *c, struct tg_error *err)
{
	struct tg_error why = TG_ERROR_INIT;
	bool loose = false;
	enum tg_status st;

	if (!c->layout.fill.p)
		return TG_OK;
	st = tg_pattern_compile(&c->fill, c->layout.fill, TG_PATTERN_BEST, &loose, c->setup->arena,
				&why);
	if (!st)
		return TG_OK;
	(void)tg_contract_fault(c->layout.document, c->layout.fill_span, err, "%s", why.text);
	err->status = st;
	return st;
}

/* The runtime looks for the line feed behind a record that is too long; where lines do not end records, it must not be called upon. */
static enum tg_status open_limits(struct tg_fixed_converter *c, struct tg_error *err)
{
	struct tg_setup *s = c->setup;

	if (s->max_record > MAX_RECORD)
		s->max_record = MAX_RECORD;
	c->max = s->max_record;
	if (c->layout.framing == TG_FRAMING_LINES)
		return TG_OK;
	if (c->layout.framing == TG_FRAMING_FIXED && c->layout.longest > s->max_record)
		return tg_fail(err, TG_USAGE,
			       "records of %u bytes are longer than --max-record lets them be",
			       (unsigned)c->layout.longest);
	if (s->max_record < RDW_MAX)
		s->max_record = RDW_MAX;
	if (s->max_record < 2 * (uint64_t)c->layout.longest)
		s->max_record = 2 * (uint64_t)c->layout.longest;
	return TG_OK;
}

static void open_plans(struct tg_fixed_converter *c)
{
	const struct tg_fixed_layout *l = &c->layout;
	struct tg_arena *arena = c->setup->arena;
	size_t most = 0, value_most = 0;
	uint32_t slots = 0;

	c->course = tg_arena_array(arena, l->kinds, sizeof(*c->course));
	for (size_t i = 0; i < l->kinds; i++) {
		struct tg_fixed_plan *plan = &c->course[i].plan;

		tg_fixed_plan_make(plan, l, &l->kind[i], arena);
		most = plan->most > most ? plan->most : most;
		value_most = plan->value_most > value_most ? plan->value_most : value_most;
		slots = l->kind[i].slots > slots ? l->kind[i].slots : slots;
	}
	c->row.slot = tg_arena_array(arena, slots + 1, sizeof(*c->row.slot));
	c->row.scratch = tg_arena_take(arena, value_most + TG_SLACK);
	(void)tg_buffer_room(&c->aside, most + TG_SLACK);
}

enum tg_status tg_fixed_converter_new(struct tg_fixed_converter **converter,
				      const struct tg_fixed_options *options,
				      struct tg_setup *setup, struct tg_error *err)
{
	struct tg_fixed_converter *c = tg_alloc(sizeof(*c));
	enum tg_status st;

	*converter = c;
	c->setup = setup;
	c->row.as_text = options->as_text;
	if (!setup->contract.p)
		return tg_fail(err, TG_USAGE,
			       "no --contract: its x-fixed says where the fields are");
	st = tg_contract_open(&c->contract, setup, err);
	if (!st)
		st = tg_fixed_layout_read(&c->layout, &c->contract, setup, err);
	if (!st)
		st = open_fill(c, err);
	if (!st)
		st = open_limits(c, err);
	if (st)
		return st;
	setup->binary = c->layout.framing != TG_FRAMING_LINES || !c->layout.set->ascii_based;
	open_plans(c);
	c->tally = tg_fixed_tally_new(&c->layout, setup->arena);
	tg_framer_open(&c->framer, &c->layout, c->max, setup->arena);
	return TG_OK;
}

void tg_fixed_converter_free(struct tg_fixed_converter **converter)
{
	struct tg_fixed_converter *c = *converter;

	if (c) {
		tg_fixed_tally_release(c->tally);
		tg_framer_release(&c->framer);
		if (c->fill)
			tg_pattern_release(c->fill);
		tg_matcher_release(&c->matcher);
		tg_buffer_release(&c->aside);
		tg_buffer_release(&c->text);
		tg_buffer_release(&c->source);
		tg_buffer_release(&c->told);
		for (size_t i = 0; c->course && i < c->layout.kinds; i++)
			tg_buffer_release(&c->course[i].last);
		tg_free(c);
	}
	*converter = NULL;
}

enum tg_status tg_fixed_begin(struct tg_fixed_converter *c, const struct tg_place *at,
			      struct tg_error *err)
{
	(void)at;
	(void)err;
	tg_framer_begin(&c->framer);
	for (size_t i = 0; i < c->layout.kinds; i++) {
		c->course[i].seen = 0;
		tg_buffer_clear(&c->course[i].last);
	}
	c->begun = c->untold_said = false;
	c->before = NULL;
	c->fillers = 0;
	c->huge = NULL;
	c->blind = false;
	if (c->tally)
		tg_fixed_tally_begin(c->tally);
	return TG_OK;
}
