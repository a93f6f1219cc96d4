#include "common/csv/converter.h"

/* Rows that are independent of each other, in bytes that show where quotes and line feeds stand. In another dialect they would not tell
 * where rows begin, and most of what is cut by them would be taken twice. */
static bool may_have_lanes(const struct tg_csv_converter *c)
{
	const struct tg_csv_dialect *d = &c->dialect;

	return c->phase == TG_CSV_AT_ROWS && (d->header || !c->first_row) && !c->sorter &&
	       !tg_csv_tallies(c) &&
	       (!c->origin.decodes || tg_encoding_is_ascii_based(c->origin.encoding)) &&
	       c->options.engine == TG_CSV_SCAN && d->newline != TG_CSV_CR && d->escape < 0 &&
	       !d->comment.n;
}

bool tg_csv_converter_lane(const struct tg_csv_converter *c, struct tg_csv_converter **lane)
{
	struct tg_error err = TG_ERROR_INIT;
	struct tg_csv_converter *own = *lane;
	struct tg_buffer scratch;

	if (!may_have_lanes(c))
		return false;
	if (!own) {
		own = *lane = tg_alloc(sizeof(*own));
		TG_BUG_IF(tg_csv_reader_new(&own->reader, &c->dialect, c->options.engine, &err));
		TG_BUG_IF(tg_csv_origin_open(&own->origin, &c->dialect, c->origin.max, &err));
	}
	own->options = c->options;
	own->setup = c->setup;
	own->contract = c->contract;
	own->contracted = c->contracted;
	own->dialect = c->dialect;
	own->phase = TG_CSV_AT_ROWS;
	own->crlf = c->crlf;
	scratch = own->plan.scratch;
	own->plan = c->plan;
	own->plan.scratch = scratch;
	own->plan.origin = &own->origin;
	return true;
}

size_t tg_csv_converter_cut(const struct tg_csv_converter *c, struct tg_str bytes, bool last,
			    uint64_t *lines)
{
	char quote = (char)c->dialect.quote;
	size_t n = last ? bytes.n : tg_source_last_line(bytes.p, bytes.n);
	struct tg_str_counts all = tg_str_count_both(tg_str_from(bytes.p, n), '\n', quote);

	*lines = all.a;
	if (last || c->dialect.quote < 0)
		return n;
	/* Behind an odd number of quotes a line feed is part of a field. The last one at which no field is open is looked for from the
	 * end, so that most bytes are counted once. */
	while (all.b & 1 && n) {
		size_t before = tg_source_last_line(bytes.p, n - 1);

		all.b += tg_str_count(tg_str_from(bytes.p + before, n - before), quote);
		--*lines;
		n = before;
	}
	return n;
}
