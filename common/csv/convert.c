#include "common/csv/converter.h"

#include "common/base/utf8.h"
#include "common/csv/dialect.h"
#include "common/csv/emit.h"
#include "common/csv/faults.h"
#include "common/json/text.h"

enum {
	COLUMNS_MAX = 100000,
};

enum tg_status tg_csv_converter_new(struct tg_csv_converter **converter,
				    const struct tg_csv_options *options, struct tg_setup *setup,
				    struct tg_error *err)
{
	struct tg_csv_converter *c = tg_alloc(sizeof(*c));
	enum tg_status st = TG_OK;

	*converter = c;
	c->options = *options;
	c->setup = setup;
	c->dialect = tg_csv_dialect_default();
	setup->faults = TG_CSV_FAULTS_MAX;
	c->contracted = setup->contract.p != NULL;
	if (c->contracted)
		st = tg_contract_open(&c->contract, setup, err);
	if (!st && c->contracted)
		st = tg_csv_dialect_read(&c->dialect, &c->contract, setup->arena, err);
	if (!st && c->dialect.max_record && !setup->max_record_given &&
	    c->dialect.max_record < setup->max_record)
		setup->max_record = c->dialect.max_record;
	if (!st)
		st = tg_csv_origin_open(&c->origin, &c->dialect, setup->max_record, err);
	if (!st)
		st = tg_csv_reader_new(&c->reader, &c->dialect, options->engine, err);
	if (!st && c->dialect.kinds)
		st = tg_csv_sorter_new(&c->sorter, &c->dialect, &c->contract, &c->origin, setup,
				       options->as_text, err);
	return st;
}

void tg_csv_converter_free(struct tg_csv_converter **converter)
{
	struct tg_csv_converter *c = *converter;

	if (c) {
		tg_csv_reader_free(&c->reader);
		tg_csv_reader_free(&c->again);
		tg_csv_sorter_free(&c->sorter);
		tg_csv_front_release(&c->front);
		tg_csv_origin_release(&c->origin);
		tg_csv_held_release(&c->held);
		tg_csv_tally_release(&c->tally);
		tg_csv_announced_release(&c->led);
		tg_csv_announced_release(&c->trailed);
		tg_buffer_release(&c->plan.scratch);
		tg_arena_release(&c->arena);
		tg_free(c);
	}
	*converter = NULL;
}

/*
 * Columns
 */

struct tg_str tg_csv_put_where(struct tg_buffer *b, const struct tg_place *at, uint64_t line,
			       uint64_t column)
{
	tg_buffer_clear(b);
	tg_buffer_put_str(b, at->file);
	tg_buffer_printf(b, "%sline %llu", at->file.p ? ": " : "", (unsigned long long)line);
	if (column)
		tg_buffer_printf(b, ", column %llu", (unsigned long long)column);
	return tg_buffer_str(b);
}

/* The first name as a row that repeats the header holds it. */
static struct tg_str repeated(struct tg_csv_converter *c, struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t i = 0; i < name.n; i++) {
		tg_buffer_putc(&b, name.p[i]);
		if (c->options.engine == TG_CSV_SCAN &&
		    (unsigned char)name.p[i] == c->dialect.quote)
			tg_buffer_putc(&b, name.p[i]);
	}
	return tg_arena_copy(&c->arena, tg_buffer_str(&b));
}

static enum tg_status make_plan(struct tg_csv_converter *c, const struct tg_str *name, size_t n,
				const struct tg_place *at, struct tg_error *err)
{
	const struct tg_csv_expected expected = {
		.dialect = &c->dialect,
		.contract = c->contracted ? &c->contract : NULL,
		.provenance = c->setup->provenance,
		.show_values = c->setup->show_values,
	};
	struct tg_csv_column *column;
	enum tg_status st = tg_csv_columns_make(&column, name, n, &expected, &c->arena, err);

	if (st)
		return st;
	c->plan.dialect = &c->dialect;
	c->plan.column = column;
	c->plan.columns = n;
	c->plan.first = repeated(c, name[0]);
	c->plan.as_text = c->options.as_text;
	c->plan.provenance = c->setup->provenance;
	c->plan.file = at->file.p ? tg_arena_copy(&c->arena, at->file) : TG_STR_NONE;
	c->plan.origin = &c->origin;
	tg_csv_plan_make(&c->plan, &c->arena);
	if (tg_csv_tallies(c))
		tg_csv_tally_begin(&c->tally, &c->dialect, column, n, &c->arena);
	c->first_row = true;
	return TG_OK;
}

enum tg_status tg_csv_begin(struct tg_csv_converter *c, const struct tg_place *at,
			    struct tg_error *err)
{
	tg_arena_reset(&c->arena);
	tg_csv_reader_restart(c->reader, at->line);
	c->phase = TG_CSV_AT_START;
	tg_csv_front_begin(&c->front, &c->dialect, c->origin.encoding);
	c->crlf = c->gap = false;
	c->lead = c->trailer = (struct tg_csv_edge_row){ .there = false };
	tg_csv_held_drop(&c->held, c->held.rows);
	if (c->sorter)
		tg_csv_sorter_begin(c->sorter, at->file);
	if (c->dialect.header || c->sorter)
		return TG_OK;
	return make_plan(c, c->dialect.column, c->dialect.columns, at, err);
}

/*
 * What stands before the rows
 */

static enum tg_csv_phase behind_lead(const struct tg_csv_converter *c)
{
	return c->dialect.header ? TG_CSV_AT_HEADER : TG_CSV_AT_ROWS;
}

static enum tg_status take_front(struct tg_csv_converter *c, struct tg_str bytes, bool last,
				 struct tg_place *at, size_t *taken, struct tg_error *err)
{
	enum tg_status st;
	size_t used;
	bool done;

	st = tg_csv_front_lines(&c->front, bytes, last, at, &at->line, &used, &done, err);
	at->offset = tg_csv_origin_place(&c->origin, at->offset, bytes.p, used);
	*taken += used;
	if (!st && done) {
		c->phase = c->dialect.lead ? TG_CSV_AT_LEAD : behind_lead(c);
		tg_csv_reader_restart(c->reader, at->line);
	}
	return st;
}

static enum tg_status unterminated(const struct tg_csv_converter *c, const struct tg_csv_rows *rows,
				   struct tg_str bytes, const struct tg_place *at,
				   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	uint64_t line, column, lines = 0;

	tg_csv_locate(&c->dialect, bytes, at->line, rows->opened, &line, &column);
	for (size_t i = rows->opened; i < bytes.n; i++)
		lines += bytes.p[i] == tg_csv_line_end(&c->dialect) && i + 1 < bytes.n;
	tg_csv_put_where(&where, at, line, column);
	return tg_fail_code(
		err, TG_DATA, "csv-unterminated",
		"%.*s: a quote opens here and never closes; %llu more line%s would be part of its field: was the file cut off, or is a quote missing?",
		TG_STR_ARG(tg_buffer_str(&where)), (unsigned long long)lines,
		lines == 1 ? "" : "s");
}

/* The names in one piece of the arena: there may be many. */
static struct tg_str *copy_names(struct tg_csv_converter *c, const struct tg_csv_rows *rows)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	size_t n = rows->row[0].fields;
	struct tg_str *name = tg_arena_array(&c->arena, n, sizeof(*name));
	const char *p;

	for (size_t i = 0; i < n; i++) {
		size_t start = text.n;

		tg_csv_put_field(&text, rows, &rows->field[rows->row[0].field + i], &c->dialect);
		name[i].n = text.n - start;
	}
	p = tg_arena_copy(&c->arena, tg_buffer_str(&text)).p;
	for (size_t i = 0; i < n; i++) {
		name[i].p = p;
		p += name[i].n;
	}
	return name;
}

static enum tg_status header_too_long(const struct tg_csv_converter *c, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "csv-header", "the header is longer than %llu bytes",
			    (unsigned long long)c->setup->max_record);
}

static enum tg_status use_header(struct tg_csv_converter *c, const struct tg_csv_rows *rows,
				 struct tg_str bytes, const struct tg_place *at,
				 struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	const struct tg_csv_row *row = &rows->row[0];
	const struct tg_csv_plan plan = { .dialect = &c->dialect };
	const struct tg_csv_bad bad = {
		.plan = &plan, .rows = rows, .row = row, .text = { bytes.p + row->at, row->n }
	};
	uint64_t line = row->line, column = 1;
	enum tg_status st;

	if (row->code) {
		struct tg_str message = tg_csv_fault_message(&bad, &c->arena);

		tg_csv_locate(&c->dialect, bad.text, row->line, row->fault - row->at, &line,
			      &column);
		tg_csv_put_where(&where, at, line, column);
		return tg_fail_code(err, TG_DATA, "csv-header", "%.*s: the header %.*s (%s)",
				    TG_STR_ARG(tg_buffer_str(&where)), TG_STR_ARG(message),
				    row->code);
	}
	if (row->fields > COLUMNS_MAX)
		return tg_fail_code(err, TG_DATA, "csv-header",
				    "the header has %zu columns; at most %d are taken", row->fields,
				    COLUMNS_MAX);
	c->crlf = row->at + row->n < bytes.n && bytes.p[row->at + row->n] == '\r';
	st = make_plan(c, copy_names(c, rows), row->fields, at, err);
	if (!st)
		return TG_OK;
	return tg_within(err, "%.*s: the header",
			 TG_STR_ARG(tg_csv_put_where(&where, at, line, 0)));
}

/* Row i is longer than a record may be, or what is left is: it becomes the runtime's once nothing stands before it. */
static void leave_long(struct tg_csv_converter *c, const struct tg_csv_rows *rows, size_t i,
		       struct tg_str rest, struct tg_place *at, size_t *taken)
{
	c->left = true;
	if (i < rows->rows) {
		*taken += rows->row[i].at;
		at->offset = tg_csv_origin_place(&c->origin, at->offset, rest.p, rows->row[i].at);
		at->line = rows->row[i].line;
	}
	tg_csv_reader_restart(c->reader, at->line);
}

static enum tg_status take_header(struct tg_csv_converter *c, struct tg_str bytes, bool last,
				  struct tg_place *at, size_t *taken, struct tg_error *err)
{
	struct tg_csv_rows rows;
	enum tg_status st = TG_OK;

	do {
		struct tg_str rest = tg_str_after(bytes, *taken);

		tg_csv_read(c->reader, rest, last, COLUMNS_MAX + 1, 1, &rows);
		if ((rows.rows &&
		     tg_csv_origin_is_long(&c->origin, rest.p, rows.row[0].at, rows.row[0].n)) ||
		    (rows.unterminated && tg_csv_origin_is_long(&c->origin, rest.p, 0, rest.n))) {
			leave_long(c, &rows, 0, rest, at, taken);
			return TG_OK; /* the runtime says so, and then there is no header */
		}
		if (rows.unterminated)
			return unterminated(c, &rows, rest, at, err);
		if (rows.rows) {
			st = use_header(c, &rows, rest, at, err);
			c->phase = TG_CSV_AT_ROWS;
		}
		*taken += rows.taken;
		at->offset = tg_csv_origin_place(&c->origin, at->offset, rest.p, rows.taken);
		at->line = rows.line;
	} while (!st && c->phase == TG_CSV_AT_HEADER && rows.taken);
	return st;
}

/* The row before the header, or before the first one. */
static enum tg_status take_lead(struct tg_csv_converter *c, struct tg_str bytes, bool last,
				struct tg_place *at, size_t *taken, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	const struct tg_csv_edge *lead = c->dialect.lead;
	struct tg_str rest = tg_str_after(bytes, *taken), text;
	struct tg_csv_rows rows;
	enum tg_status st;

	tg_csv_read(c->reader, rest, last, 1, 1, &rows);
	if (rows.unterminated && !tg_csv_origin_is_long(&c->origin, rest.p, 0, rest.n))
		return unterminated(c, &rows, rest, at, err);
	if (rows.unterminated ||
	    (rows.rows &&
	     tg_csv_origin_is_long(&c->origin, rest.p, rows.row[0].at, rows.row[0].n))) {
		leave_long(c, &rows, 0, rest, at, taken);
		return TG_OK;
	}
	if (rows.rows) {
		text = tg_str_from(rest.p + rows.row[0].at, rows.row[0].n);
		c->phase = behind_lead(c);
		if (lead->optional &&
		    !tg_csv_edge_is(lead, &c->dialect, &rows, &rows.row[0], text)) {
			tg_csv_reader_restart(c->reader, at->line);
			return TG_OK;
		}
		c->lead = tg_csv_edge_take(lead, &c->dialect, text, rows.row[0].line, &c->arena);
		st = tg_csv_edge_check(lead, &c->lead,
				       tg_csv_put_where(&where, at, c->lead.line, 0), err);
		if (st)
			return st;
	}
	*taken += rows.taken;
	at->offset = tg_csv_origin_place(&c->origin, at->offset, rest.p, rows.taken);
	at->line = rows.line;
	return TG_OK;
}

/*
 * Rows
 */

/* Emits one row although it begins as the header does. */
static void emit_anyway(struct tg_csv_converter *c, const struct tg_csv_rows *rows, size_t i,
			struct tg_str rest, uint64_t offset, struct tg_work *w)
{
	struct tg_str first = c->plan.first;
	size_t done = i;

	c->plan.first.n = SIZE_MAX;
	tg_csv_emit_rows(&c->plan, rows, &done, i + 1, rest.p, offset, tg_source_output(w));
	c->plan.first = first;
	TG_BUG_IF(done != i + 1);
	tg_source_emitted(w, 1);
}

/* Whether a row of another number of fields may come out, and then the fields that are its own. */
static bool may_be_ragged(const struct tg_csv_converter *c, const struct tg_csv_row *row,
			  struct tg_str text, size_t *fields)
{
	const struct tg_csv_dialect *d = &c->dialect;
	size_t at;

	*fields = row->fields;
	if (row->code || row->fields == c->plan.columns)
		return false;
	if (row->fields < c->plan.columns)
		return d->ragged == TG_CSV_RAGGED_PADDED;
	if (d->ragged != TG_CSV_RAGGED_TRAILING)
		return false;
	*fields = c->plan.columns;
	/* What is left must be delimiters, and blanks where those are trimmed. */
	at = tg_csv_field_start(d, text, c->plan.columns);
	while (at < text.n) {
		if (text.n - at >= d->delimiter_n &&
		    memcmp(text.p + at, d->delimiter, d->delimiter_n) == 0)
			at += d->delimiter_n;
		else if (d->trim_start && d->trim_end && tg_csv_is_blank(d, text.p[at]))
			at++;
		else
			return false;
	}
	return true;
}

static enum tg_status odd_row(struct tg_csv_converter *c, const struct tg_csv_rows *rows, size_t i,
			      struct tg_str rest, const struct tg_place *base, struct tg_work *w,
			      struct tg_error *err);

/* A row of another number of fields, as one of `fields`: what it says of them is judged as any row's. */
static enum tg_status ragged_row(struct tg_csv_converter *c, const struct tg_csv_rows *rows,
				 size_t i, size_t fields, struct tg_str rest,
				 const struct tg_place *base, struct tg_work *w,
				 struct tg_error *err)
{
	struct tg_csv_row row = rows->row[i];
	struct tg_csv_rows one = *rows;
	size_t columns = c->plan.columns;
	enum tg_status st;

	c->padded = fields < columns;
	row.fields = c->plan.columns = fields;
	one.row = &row;
	one.rows = 1;
	st = odd_row(c, &one, 0, rest, base, w, err);
	c->plan.columns = columns;
	c->padded = false;
	return st;
}

/* A row that is out of the ordinary. */
static enum tg_status odd_row(struct tg_csv_converter *c, const struct tg_csv_rows *rows, size_t i,
			      struct tg_str rest, const struct tg_place *base, struct tg_work *w,
			      struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	const struct tg_csv_row *row = &rows->row[i];
	const struct tg_csv_bad bad = { .plan = &c->plan,
					.rows = rows,
					.row = row,
					.text = { rest.p + row->at, row->n },
					.contract = &c->contract,
					.padded = c->padded };
	struct tg_place at = { .file = base->file,
			       .line = row->line,
			       .offset = tg_csv_origin_place(&c->origin, base->offset, rest.p,
							     row->at) };
	const char *code;
	size_t fields;

	if (may_be_ragged(c, row, bad.text, &fields))
		return ragged_row(c, rows, i, fields, rest, base, w, err);
	code = tg_csv_faults_add(&bad, w);
	if (!code) {
		emit_anyway(c, rows, i, rest, base->offset, w);
		if (tg_csv_tallies(c))
			tg_csv_tally_add(&c->tally, rows, i, i + 1);
		return TG_OK;
	}
	if (tg_csv_tallies(c) && strcmp(code, "csv-header") == 0)
		c->tally.rows++; /* it hides no value */
	else if (tg_csv_tallies(c))
		tg_csv_tally_reject(&c->tally, rows, i,
				    !row->code && row->fields == c->plan.columns);
	if (c->first_row && !c->dialect.header && strcmp(code, "csv-header") == 0)
		return tg_fail_code(
			err, TG_DATA, "csv-header",
			"%.*s: the first row holds the names of the columns, and the contract says that there is no header (x-csv, header)",
			TG_STR_ARG(tg_csv_put_where(&where, base, row->line, 0)));
	tg_csv_origin_reject(&c->origin, code, bad.text, &at, w);
	return tg_source_status(w, err);
}

enum tg_status tg_csv_convert(struct tg_csv_converter *c, const struct tg_csv_rows *rows,
			      size_t stop, struct tg_str rest, const struct tg_place *base,
			      struct tg_work *w, size_t *done, struct tg_error *err)
{
	struct tg_output *out = tg_source_output(w);
	enum tg_status st = TG_OK;
	size_t i = 0, end = 0;

	while (end < stop &&
	       !tg_csv_origin_is_long(&c->origin, rest.p, rows->row[end].at, rows->row[end].n))
		end++;
	while (!st && i < end) {
		size_t first = i;

		tg_csv_emit_rows(&c->plan, rows, &i, end, rest.p, base->offset, out);
		tg_source_emitted(w, i - first);
		if (tg_csv_tallies(c))
			tg_csv_tally_add(&c->tally, rows, first, i);
		if (i > first)
			c->first_row = false;
		if (i == end)
			break;
		st = odd_row(c, rows, i++, rest, base, w, err);
		c->first_row = false;
	}
	*done = i;
	return st;
}

static enum tg_status convert_rows(struct tg_csv_converter *c, const struct tg_csv_rows *rows,
				   struct tg_str rest, const struct tg_place *base,
				   struct tg_work *w, size_t *done, struct tg_error *err)
{
	if (TG_UNLIKELY(c->sorter != NULL))
		return tg_csv_sorter_convert(c->sorter, rows, rest, base, w, done, err);
	if (TG_LIKELY(!c->dialect.trailer))
		return tg_csv_convert(c, rows, rows->rows, rest, base, w, done, err);
	if (c->dialect.trailer->tagged)
		return tg_csv_convert_tagged(c, rows, rest, base, w, done, err);
	return tg_csv_convert_but_last(c, rows, rest, base, w, done, err);
}

static enum tg_status take_rows(struct tg_csv_converter *c, struct tg_str bytes, bool last,
				struct tg_place *at, struct tg_work *w, size_t *taken,
				struct tg_error *err)
{
	size_t keep = c->sorter ? tg_csv_sorter_keep(c->sorter) : c->plan.columns;
	struct tg_csv_rows rows;
	enum tg_status st = TG_OK;

	do {
		struct tg_str rest = tg_str_after(bytes, *taken);
		size_t done = 0;

		tg_csv_read(c->reader, rest, last, keep, SIZE_MAX, &rows);
		if (rows.unterminated && !tg_csv_origin_is_long(&c->origin, rest.p, 0, rest.n))
			return unterminated(c, &rows, rest, at, err);
		st = convert_rows(c, &rows, rest, at, w, &done, err);
		if (st)
			return st;
		if (done < rows.rows || rows.unterminated) {
			leave_long(c, &rows, done, rest, at, taken);
			return st;
		}
		*taken += rows.taken;
		at->offset = tg_csv_origin_place(&c->origin, at->offset, rest.p, rows.taken);
		at->line = rows.line;
	} while (!st && rows.taken);
	return st;
}

/* The text of the input, all of it that is there from the first byte not yet taken. */
static enum tg_status take_text(struct tg_csv_converter *c, struct tg_str text, bool last,
				struct tg_place *at, struct tg_work *w, size_t *taken,
				struct tg_error *err)
{
	enum { DOS_END = 0x1a };
	/* Also when it is not known yet whether anything comes behind it: what the reader has seen it does not forget. */
	bool dos_end = c->dialect.dos_end && text.n && text.p[text.n - 1] == DOS_END;
	enum tg_status st = TG_OK;

	*taken = 0;
	text.n -= dos_end;
	if (c->phase == TG_CSV_AT_FRONT)
		st = take_front(c, text, last, at, taken, err);
	if (!st && c->phase == TG_CSV_AT_LEAD)
		st = take_lead(c, text, last, at, taken, err);
	if (!st && c->phase == TG_CSV_AT_HEADER)
		st = take_header(c, text, last, at, taken, err);
	if (!st && c->phase == TG_CSV_AT_ROWS)
		st = take_rows(c, text, last, at, w, taken, err);
	if (last && dos_end && *taken == text.n) {
		at->offset = tg_csv_origin_place(&c->origin, at->offset, text.p + text.n, 1);
		++*taken;
	}
	return st;
}

/* Bytes that are to be decoded. The decoder has those from *at on, as far as it has been given any; they come again, since a row that is
 * not whole, or not of the encoding, is kept as it was sent. */
static enum tg_status take_decoded(struct tg_csv_converter *c, struct tg_str bytes, bool last,
				   struct tg_place *at, struct tg_work *w, size_t *taken,
				   struct tg_error *err)
{
	struct tg_csv_origin *o = &c->origin;
	bool more, text_last;
	enum tg_status st;

	do {
		struct tg_str rest = tg_str_after(bytes, *taken);
		size_t used;

		text_last = last;
		more = tg_csv_origin_decode(o, rest, at->offset, &text_last);
		st = take_text(c, tg_buffer_str(&o->decoder.text), text_last, at, w, &used, err);
		*taken += tg_csv_origin_take(o, used);
		at->offset = o->begins;
	} while (!st && !c->left && more);
	return st;
}

enum tg_status tg_csv_take(struct tg_csv_converter *c, struct tg_str bytes, bool last,
			   struct tg_place *at, struct tg_work *w, size_t *taken,
			   struct tg_error *err)
{
	enum tg_status st;
	size_t used = 0;
	bool more = false;

	*taken = 0;
	c->left = false;
	if (c->phase == TG_CSV_AT_LOST)
		return header_too_long(c, err);
	if (c->phase == TG_CSV_AT_START) {
		st = tg_csv_front_mark(&c->front, bytes, last, at, &used, &more, err);
		if (st || more)
			return st;
		c->phase = TG_CSV_AT_FRONT;
		at->offset += used;
		tg_csv_origin_begin(&c->origin, &c->dialect);
	}
	bytes = tg_str_after(bytes, used);
	st = c->origin.decodes ? take_decoded(c, bytes, last, at, w, taken, err)
			       : take_text(c, bytes, last, at, w, taken, err);
	*taken += used;
	return st;
}

void tg_csv_resume(struct tg_csv_converter *c, const struct tg_place *at)
{
	if (c->phase != TG_CSV_AT_ROWS)
		c->phase = TG_CSV_AT_LOST;
	else if (tg_csv_tallies(c))
		tg_csv_tally_lose(&c->tally);
	if (c->sorter)
		tg_csv_sorter_lose(c->sorter);
	c->gap = c->held.rows > 0;
	tg_csv_converter_move(c, at);
}

struct tg_line_end tg_csv_converter_line_end(const struct tg_csv_converter *c)
{
	return tg_csv_origin_line_end(&c->origin);
}

/* What the input was like. */
static void tell_form(struct tg_csv_converter *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	bool cr = c->dialect.newline == TG_CSV_CR;

	tg_json_put_string(&json, tg_encoding_name(c->origin.encoding));
	tg_setup_meta(c->setup, "encoding", tg_buffer_str(&json));
	tg_setup_meta(c->setup, "bom", c->front.mark ? TG_STR("true") : TG_STR("false"));
	if (c->dialect.header)
		tg_setup_meta(c->setup, "newline",
			      c->crlf ? TG_STR("\"crlf\"")
			      : cr    ? TG_STR("\"cr\"")
				      : TG_STR("\"lf\""));
	if (c->dialect.skip) {
		tg_buffer_clear(&json);
		tg_csv_front_put_skipped(&c->front, &json);
		tg_setup_meta(c->setup, "skipped", tg_buffer_str(&json));
	}
}

enum tg_status tg_csv_end(struct tg_csv_converter *c, const struct tg_place *at,
			  struct tg_error *err)
{
	const char *what = "it is empty, and there should be a header";

	if (c->phase == TG_CSV_AT_LOST)
		return header_too_long(c, err);
	if (c->phase == TG_CSV_AT_ROWS) {
		tell_form(c);
		if (c->sorter)
			return tg_csv_sorter_end(c->sorter, at, err);
		return tg_csv_tallies(c) ? tg_csv_end_edges(c, at, err) : TG_OK;
	}
	if (c->phase == TG_CSV_AT_LEAD)
		what = "it is empty, and there should be a lead";
	if (c->phase == TG_CSV_AT_FRONT && c->dialect.skip)
		what = "it ends within the lines that are to be skipped";
	else if (c->dialect.skip)
		what = "there is nothing behind the lines that are skipped: it is empty where there should be a header";
	return tg_fail_code(err, TG_DATA, "csv-empty", "%.*s: %s",
			    TG_STR_ARG(at->file.p ? at->file : TG_STR("the input")), what);
}
