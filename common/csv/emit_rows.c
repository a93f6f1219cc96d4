#include "common/csv/emit_inside.h"

size_t tg_csv_plan_bound(const struct tg_csv_plan *plan, const struct tg_csv_row *row,
			 const char *bytes)
{
	enum { WORTH_COUNTING = 64 * 1024 };
	size_t escapes = row->n;

	if (row->n >
	    WORTH_COUNTING) { /* six times a long row is much; most need no escape at all */
		escapes = 0;
		for (size_t i = 0; i < row->n; i++)
			escapes += tg_csv_is_special((unsigned char)bytes[row->at + i]);
	}
	return plan->fixed + row->n + 5 * escapes;
}

/*
 * Long rows
 */

enum {
	LONG = 256 * 1024, /* bytes of a row */
	PART = 32 * 1024,
	ROOM = 128 * 1024, /* asked of the output at once, but for a longer row */
};

/* A text without its quotes around it. doubled: a double quote stands twice, and the two of them go together. */
static void write_text(const struct tg_csv_plan *plan, struct tg_str s, size_t doubled,
		       struct tg_output *out)
{
	while (s.n) {
		size_t n = s.n < PART ? s.n : PART, quotes = 0;
		char *to;

		while (doubled && quotes < n && s.p[n - 1 - quotes] == '"')
			quotes++;
		n += quotes & 1;
		to = tg_output_room(out, 6 * n);
		tg_output_commit(out, (size_t)(plan->text(to, s.p, n, doubled) - to));
		s = tg_str_after(s, n);
	}
}

static void write_string(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
			 const struct tg_csv_field *field, struct tg_output *out)
{
	const struct tg_csv_dialect *d = plan->dialect;

	if (rows->raw && d->quote == '"' && d->escape < 0)
		write_text(plan, tg_str_from(rows->text + field->at, tg_csv_field_n(field)), 1,
			   out);
	else
		write_text(plan, tg_csv_meant(plan, rows, field), 0, out);
	tg_output_put(out, TG_STR("\""));
}

/* A column of a row in which all is as it must be; *begun: the record has a member. */
static void write_member(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
			 const struct tg_csv_field *field, size_t i, bool *begun,
			 struct tg_output *out)
{
	const struct tg_csv_piece *piece = &plan->piece[i];
	const struct tg_csv_column *column = &plan->column[i];
	struct tg_str raw = { rows->text + field->at, tg_csv_field_n(field) };
	char *to;

	if (column->ignored || tg_csv_is_absent(plan->dialect, field))
		return;
	to = tg_output_room(out, piece->n + TG_SLACK);
	tg_output_commit(out, (size_t)(tg_csv_put_piece(to, piece) - to));
	if (plan->gaps && !*begun)
		*to = '{';
	*begun = true;
	if (piece->way == TG_CSV_AS_STRING) {
		write_string(plan, rows, field, out);
		return;
	}
	if (raw.n > PART && !tg_csv_is_null(column, raw) &&
	    !tg_csv_is_null_escape(plan->dialect, rows, field, column) &&
	    (column->kind == TG_CSV_TEXT || !tg_csv_value_fits(plan, rows, field, column))) {
		tg_output_put(out, TG_STR("\""));
		write_string(plan, rows, field, out);
		return;
	}
	to = tg_output_room(out, (raw.n > PART ? 2 : 6) * raw.n + TG_DATE_MAX + TG_SLACK);
	tg_output_commit(out, (size_t)(tg_csv_put_value(plan, rows, field, i, to) - to));
}

/* A row that is out of the ordinary is not written. */
static void write_long(struct tg_csv_plan *plan, const struct tg_csv_rows *rows, size_t *at,
		       uint64_t offset, struct tg_output *out)
{
	const struct tg_csv_row *row = &rows->row[*at];
	const struct tg_csv_field *field = &rows->field[row->field];
	bool begun = false;
	char *to;

	if (row->code || row->fields != plan->columns ||
	    (plan->columns && tg_csv_field_n(field) == plan->first.n &&
	     memcmp(rows->text + field->at, plan->first.p, plan->first.n) == 0))
		return;
	for (size_t i = 0; !plan->as_text && i < plan->columns; i++)
		if (!tg_csv_value_fits(plan, rows, &field[i], &plan->column[i]))
			return;
	for (size_t i = 0; i < plan->columns; i++)
		write_member(plan, rows, &field[i], i, &begun, out);
	if (plan->gaps && !begun)
		tg_output_put(out, TG_STR("{"));
	tg_output_put(out, plan->tail);
	to = tg_output_room(out, plan->fixed);
	tg_output_commit(out,
			 plan->provenance
				 ? (size_t)(tg_csv_put_source(plan, rows, row, offset, to) - to)
				 : 0);
	tg_output_put(out, TG_STR("}\n"));
	++*at;
}

void tg_csv_emit_rows(struct tg_csv_plan *plan, const struct tg_csv_rows *rows, size_t *row,
		      size_t end, const char *bytes, uint64_t offset, struct tg_output *out)
{
	while (*row < end) {
		size_t to = *row, room = 0;
		char *p;

		if (TG_UNLIKELY(rows->row[to++].n > LONG)) {
			write_long(plan, rows, row, offset, out);
		} else {
			room = tg_csv_plan_bound(plan, &rows->row[to - 1], bytes);
			while (to < end && room < ROOM && rows->row[to].n <= LONG)
				room += tg_csv_plan_bound(plan, &rows->row[to++], bytes);
			p = tg_output_room(out, room);
			p = tg_csv_emit(plan, rows, row, to, offset, p);
			tg_output_commit(out, (size_t)(p - out->p) - out->n);
		}
		if (*row < to)
			return;
	}
}
