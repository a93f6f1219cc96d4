#include "common/fixed/converter.h"

/*
 * Records that are independent of each other: of one kind, as many as there may be, with nothing in the file that counts them, adds them up
 * or fills it. What is sent of several kinds has a header that comes first and a trailer that comes last.
 */
static bool may_have_lanes(const struct tg_fixed_converter *c)
{
	const struct tg_fixed_layout *l = &c->layout;
	const struct tg_fixed_kind *kind = &l->kind[0];
	bool framed = l->framing == TG_FRAMING_LINES ||
		      (l->framing == TG_FRAMING_FIXED && kind->length && !kind->tail);

	return c->begun && framed && l->kinds == 1 && !l->tagged && kind->emit && !kind->after &&
	       kind->max == UINT64_MAX && c->course[0].seen >= kind->min && !c->fill && !c->tally;
}

bool tg_fixed_converter_lane(const struct tg_fixed_converter *c, struct tg_fixed_converter **lane)
{
	const struct tg_fixed_plan *plan = &c->course[0].plan;
	struct tg_fixed_converter *own;

	if (!may_have_lanes(c))
		return false;
	if (*lane)
		return true; /* a layout is the same for all files */
	*lane = own = tg_alloc(sizeof(*own));
	*own = *c;
	tg_framer_begin(&own->framer);
	own->framer.padded = TG_BUFFER_INIT;
	own->framer.index = NULL;
	own->framer.indexes = 0;
	own->matcher = (struct tg_matcher){ 0 };
	own->course = tg_alloc(sizeof(*own->course));
	own->course->plan = *plan;
	own->row.slot = tg_alloc_array(c->layout.kind[0].slots + 1, sizeof(*own->row.slot));
	own->row.scratch = tg_alloc(plan->value_most + TG_SLACK);
	own->row.source = TG_STR_NONE;
	own->aside = own->text = own->source = own->told = TG_BUFFER_INIT;
	own->before = own->huge = NULL;
	return true;
}

void tg_fixed_converter_lane_free(struct tg_fixed_converter **lane)
{
	struct tg_fixed_converter *own = TG_TAKE(*lane);

	if (!own)
		return;
	tg_framer_release(&own->framer);
	tg_buffer_release(&own->course->last);
	tg_free(own->course);
	tg_free(own->row.slot);
	tg_free(own->row.scratch);
	tg_buffer_release(&own->text);
	tg_buffer_release(&own->source);
	tg_free(own);
}

size_t tg_fixed_converter_cut(const struct tg_fixed_converter *c, struct tg_str bytes, bool last,
			      uint64_t *lines)
{
	size_t n = bytes.n, length = c->layout.kind[0].length;

	if (c->layout.framing == TG_FRAMING_FIXED) {
		n -= last ? 0 : n % length;
		*lines = n / length;
		return n;
	}
	if (!last)
		n = tg_source_last_line(bytes.p, n);
	*lines = tg_str_count(tg_str_from(bytes.p, n), '\n');
	return n;
}
