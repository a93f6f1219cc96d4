#include "common/csv/converter.h"

/* Rows that are independent of each other, in bytes that show where quotes and line ends stand. In another encoding they would not tell where
 * rows begin, and most of what is cut by them would be taken twice. */
static bool may_have_lanes(const struct tg_csv_converter *c)
{
	const struct tg_csv_dialect *d = &c->dialect;

	/* That rows are counted is no bond between them, but that they are added up is, or that the last ones are held back. */
	if (tg_csv_tallies(c) &&
	    (c->tally.totals || c->trailer.there || (d->trailer && d->trailer->last)))
		return false;
	return c->phase == TG_CSV_AT_ROWS && (d->header || !c->first_row) && !c->sorter &&
	       (!c->origin.decodes || tg_encoding_is_ascii_based(c->origin.encoding)) &&
	       c->options.engine == TG_CSV_SCAN;
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
	own->lane = true;
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

/* Nothing may stand behind a trailer; that is said by who has come to it. */
bool tg_csv_converter_merge(struct tg_csv_converter *c, uint64_t n)
{
	if (n && c->trailer.there)
		return false;
	if (tg_csv_tallies(c))
		c->tally.rows += n;
	return true;
}

void tg_csv_converter_move(struct tg_csv_converter *c, const struct tg_place *at)
{
	tg_csv_reader_restart(c->reader, at->line);
	tg_csv_origin_begin(&c->origin, &c->dialect);
}

/* Behind the last line end in p[0..n). */
static size_t last_line(const char *p, size_t n, char end)
{
	const char *last = n ? memrchr(p, end, n) : NULL;

	return last ? (size_t)(last - p) + 1 : 0;
}

/* Whether what is behind p[0..n) is escaped: an escape may be escaped itself. */
static bool is_escaped(const struct tg_csv_dialect *d, const char *p, size_t n)
{
	size_t escapes = 0;

	while (escapes < n && (unsigned char)p[n - 1 - escapes] == d->escape)
		escapes++;
	return escapes & 1;
}

/* Behind the last line end that is not escaped, where quotes are text. */
static size_t last_row_unquoted(const struct tg_csv_dialect *d, struct tg_str bytes)
{
	char end = tg_csv_line_end(d);
	size_t n = last_line(bytes.p, bytes.n, end);

	while (n) {
		size_t before = n - 1; /* an escape before CRLF is one for both of them */

		before -= end == '\n' && before && bytes.p[before - 1] == '\r';
		if (!is_escaped(d, bytes.p, before))
			break;
		n = last_line(bytes.p, n - 1, end);
	}
	return n;
}

/* Behind the last line end outside quotes, where a quote within them may be escaped. */
static size_t last_row_escaped(const struct tg_csv_dialect *d, struct tg_str bytes)
{
	const char *p = bytes.p, *stop = p + bytes.n, *quote;
	size_t n = 0;

	while (p < stop) {
		size_t outside, found;
		const char *opened;

		quote = memchr(p, d->quote, (size_t)(stop - p));
		outside = (size_t)((quote ? quote : stop) - p);
		found = last_line(p, outside, tg_csv_line_end(d));
		if (found)
			n = (size_t)(p - bytes.p) + found;
		if (!quote)
			break;
		opened = p = quote + 1;
		do {
			quote = p < stop ? memchr(p, d->quote, (size_t)(stop - p)) : NULL;
			if (!quote)
				return n;
			p = quote + 1;
		} while (is_escaped(d, opened, (size_t)(quote - opened)));
	}
	return n;
}

/* The same without escapes, and with their number. What comments say is taken for quotes too: they seldom have an odd number of them. */
static size_t last_row(const struct tg_csv_dialect *d, struct tg_str bytes, uint64_t *lines)
{
	char quote = (char)d->quote, end = tg_csv_line_end(d);
	size_t n = last_line(bytes.p, bytes.n, end);
	struct tg_str_counts all = tg_str_count_both(tg_str_from(bytes.p, n), end, quote);

	*lines = all.a;
	if (d->quote < 0)
		return n;
	/* Behind an odd number of quotes a line end is part of a field. The last one at which no field is open is looked for from the end,
	 * so that most bytes are counted once. */
	while (all.b & 1 && n) {
		size_t before = last_line(bytes.p, n - 1, end);

		all.b += tg_str_count(tg_str_from(bytes.p + before, n - before), quote);
		--*lines;
		n = before;
	}
	return n;
}

size_t tg_csv_converter_cut(const struct tg_csv_converter *c, struct tg_str bytes, bool last,
			    uint64_t *lines)
{
	const struct tg_csv_dialect *d = &c->dialect;
	size_t n = bytes.n;

	if (!last && d->escape < 0)
		return last_row(d, bytes, lines);
	if (!last)
		n = d->quote < 0 ? last_row_unquoted(d, bytes) : last_row_escaped(d, bytes);
	*lines = tg_str_count(tg_str_from(bytes.p, n), tg_csv_line_end(d));
	return n;
}
