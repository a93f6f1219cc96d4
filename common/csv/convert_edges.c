#include "common/csv/converter.h"

/*
 * Rows before a trailer
 */

/* A trailer is the last row. */
static enum tg_status behind_trailer(const struct tg_csv_converter *c, const struct tg_place *base,
				     uint64_t line, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;

	return tg_fail_code(
		err, TG_DATA, "csv-trailer",
		"%.*s: a row stands behind the trailer, which is on line %llu: were several files put together?",
		TG_STR_ARG(tg_csv_put_where(&where, base, line, 0)),
		(unsigned long long)c->trailer.line);
}

enum tg_status tg_csv_convert_tagged(struct tg_csv_converter *c, const struct tg_csv_rows *rows,
				     struct tg_str rest, const struct tg_place *base,
				     struct tg_work *w, size_t *done, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	const struct tg_csv_edge *trailer = c->dialect.trailer;
	size_t stop = 0;
	enum tg_status st;

	*done = 0;
	if (c->trailer.there && rows->rows)
		return behind_trailer(c, base, rows->row[0].line, err);
	while (stop < rows->rows &&
	       !tg_csv_edge_is(trailer, &c->dialect, rows, &rows->row[stop],
			       tg_str_from(rest.p + rows->row[stop].at, rows->row[stop].n)))
		stop++;
	if (c->lane && stop < rows->rows)
		return tg_fail(err, TG_TRY_AGAIN, "the trailer is not a lane's");
	st = tg_csv_convert(c, rows, stop, rest, base, w, done, err);
	if (st || *done < stop || stop == rows->rows ||
	    tg_csv_origin_is_long(&c->origin, rest.p, rows->row[stop].at, rows->row[stop].n))
		return st;
	c->trailer = tg_csv_edge_take(trailer, &c->dialect,
				      tg_str_from(rest.p + rows->row[stop].at, rows->row[stop].n),
				      rows->row[stop].line, &c->arena);
	st = tg_csv_edge_check(trailer, &c->trailer,
			       tg_csv_put_where(&where, base, c->trailer.line, 0), err);
	*done = ++stop;
	if (!st && stop < rows->rows)
		return behind_trailer(c, base, rows->row[stop].line, err);
	return st;
}

/* The first n rows of those that are held turn out to be none of the trailer's. */
static enum tg_status convert_held(struct tg_csv_converter *c, size_t n, struct tg_work *w,
				   struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (!c->again)
		st = tg_csv_reader_new(&c->again, &c->dialect, c->options.engine, err);
	for (size_t i = 0; !st && i < n; i++) {
		struct tg_str text = tg_csv_held_text(&c->held, i);
		struct tg_csv_rows rows;
		size_t done;

		tg_csv_reader_restart(c->again, c->held.row[i].place.line);
		tg_csv_read(c->again, text, true, c->plan.columns, 1, &rows);
		TG_BUG_IF(rows.rows != 1);
		c->origin.held = tg_csv_held_sent(&c->held, i);
		st = tg_csv_convert(c, &rows, 1, text, &c->held.row[i].place, w, &done, err);
	}
	c->origin.held = TG_STR_NONE;
	tg_csv_held_drop(&c->held, n);
	return st;
}

enum tg_status tg_csv_convert_but_last(struct tg_csv_converter *c, const struct tg_csv_rows *rows,
				       struct tg_str rest, const struct tg_place *base,
				       struct tg_work *w, size_t *done, struct tg_error *err)
{
	size_t n = 0, keep = (size_t)c->dialect.trailer->last, old = c->held.rows, ready, stop;
	enum tg_status st = TG_OK;

	*done = 0;
	while (n < rows->rows &&
	       !tg_csv_origin_is_long(&c->origin, rest.p, rows->row[n].at, rows->row[n].n))
		n++;
	if (c->gap && n)
		st = convert_held(c, old, w, err);
	if (c->gap && n) {
		c->gap = false;
		old = 0;
	}
	ready = old + n > keep ? old + n - keep : 0;
	if (!st && old && ready)
		st = convert_held(c, ready < old ? ready : old, w, err);
	stop = ready > old ? ready - old : 0;
	if (!st)
		st = tg_csv_convert(c, rows, stop, rest, base, w, done, err);
	for (size_t i = stop; !st && i < n; i++) {
		const struct tg_csv_row *row = &rows->row[i];
		const struct tg_place at = { .file = c->plan.file,
					     .line = row->line,
					     .offset = tg_csv_origin_place(&c->origin, base->offset,
									   rest.p, row->at) };

		struct tg_str text = tg_str_from(rest.p + row->at, row->n), sent = TG_STR_NONE;

		if (row->code && strcmp(row->code, "csv-encoding") == 0)
			sent = tg_csv_origin_bytes(&c->origin, text, at.offset);
		tg_csv_held_put(&c->held, text, sent, &at);
	}
	if (!st)
		*done = n;
	return st;
}

/*
 * At the end
 */

/* The rows that are held are the trailer, of which the first has the numbers. */
static enum tg_status end_held(struct tg_csv_converter *c, const struct tg_place *at,
			       struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	const struct tg_csv_edge *trailer = c->dialect.trailer;

	if (c->gap || c->held.rows < trailer->last)
		return tg_fail_code(
			err, TG_DATA, "csv-trailer",
			"%.*s: the trailer should be the last %llu row%s, and there %s",
			TG_STR_ARG(at->file.p ? at->file : TG_STR("the input")),
			(unsigned long long)trailer->last, trailer->last == 1 ? "" : "s",
			c->gap ? "is one among them that is too long" : "are not so many");
	c->trailer = tg_csv_edge_take(trailer, &c->dialect, tg_csv_held_text(&c->held, 0),
				      c->held.row[0].place.line, &c->arena);
	return tg_csv_edge_check(trailer, &c->trailer,
				 tg_csv_put_where(&where, at, c->trailer.line, 0), err);
}

static enum tg_status judge_edge(struct tg_csv_converter *c, const struct tg_csv_edge *edge,
				 const struct tg_csv_edge_row *row,
				 struct tg_csv_announced *announced, const struct tg_place *at,
				 struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer unsure = TG_BUFFER_INIT;
	struct tg_str there = tg_csv_put_where(&where, at, row->line, 0);
	enum tg_status st = TG_OK;

	if (row->there)
		st = tg_csv_tally_judge(&c->tally, edge, row, there, c->setup->show_values, &unsure,
					err);
	if (unsure.n)
		tg_setup_warn(c->setup, "%.*s: what the %s says cannot be checked of %.*s",
			      TG_STR_ARG(there), edge->what, TG_STR_ARG(tg_buffer_str(&unsure)));
	if (!st)
		tg_csv_announced_add(announced, edge, &c->tally, row, c->setup->arena);
	return st;
}

/* What was announced, for who stands behind: the trailer's numbers, or without a trailer the lead's. */
static void tell_edges(struct tg_csv_converter *c)
{
	const struct tg_csv_edge *lead = c->dialect.lead, *trailer = c->dialect.trailer;
	TG_OWN(tg_buffer_release) struct tg_buffer fields = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer numbers = TG_BUFFER_INIT;

	if (lead && c->led.fields.n) {
		tg_csv_announced_put_fields(&fields, &c->led);
		tg_setup_meta(c->setup, "lead", tg_buffer_str(&fields));
	}
	if (trailer)
		tg_csv_announced_put(&numbers, &c->trailed, trailer);
	else if (lead && (lead->count || lead->sums))
		tg_csv_announced_put(&numbers, &c->led, lead);
	if (numbers.n)
		tg_setup_meta(c->setup, "trailer", tg_buffer_str(&numbers));
}

enum tg_status tg_csv_end_edges(struct tg_csv_converter *c, const struct tg_place *at,
				struct tg_error *err)
{
	const struct tg_csv_edge *lead = c->dialect.lead, *trailer = c->dialect.trailer;
	enum tg_status st = TG_OK;

	if (trailer && trailer->last)
		st = end_held(c, at, err);
	else if (trailer && !c->trailer.there && !trailer->optional)
		st = tg_fail_code(
			err, TG_DATA, "csv-trailer",
			"%.*s: there is no trailer: the last row should begin with \"%.*s\"; %llu rows were read: was the file cut off?",
			TG_STR_ARG(at->file.p ? at->file : TG_STR("the input")),
			TG_STR_ARG(trailer->tag), (unsigned long long)c->tally.rows);
	if (!st && lead)
		st = judge_edge(c, lead, &c->lead, &c->led, at, err);
	if (!st && trailer)
		st = judge_edge(c, trailer, &c->trailer, &c->trailed, at, err);
	if (!st)
		tell_edges(c);
	return st;
}
