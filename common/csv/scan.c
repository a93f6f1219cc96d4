/*
 * scan: the engine in wide steps. mark.c says where separators are, cut makes fields of them; whatever it does not bring to an end
 * is the walk's, one row at a time.
 */
#include "common/csv/mark.h"
#include "common/csv/reader.h"

/* How many of the marks make up whole rows: up to the last line feed. */
static size_t whole(const struct tg_csv_marks *m, const char *p)
{
	size_t n = m->separators;

	while (n && p[m->separator[n - 1]] != '\n')
		n--;
	return n;
}

/* The field in p[at..end). Without a branch: whether there are quotes is not to be guessed. */
static inline struct tg_csv_field field_of(const char *p, uint32_t at, uint32_t end, int quote)
{
	uint32_t quoted =
		(unsigned char)p[at] == quote; /* at the end of a row there is a line end */

	return tg_csv_field_make(at + quoted, end - at - 2 * quoted, quoted);
}

/* Whether a row, which is well formed in the default dialect and ends with a line feed at `stop`, is the walk's in this one. */
TG_COLD static bool is_walked(const struct tg_csv_dialect *d, struct tg_str row, const char *stop,
			      bool inner)
{
	bool returned = stop > row.p && stop[-1] == '\r';

	return (d->newline == TG_CSV_LF && returned) || (d->newline == TG_CSV_CRLF && !returned) ||
	       (d->one_line && inner) || (d->comment.n && tg_str_starts(row, d->comment));
}

/* Rows that end before the last mark. careful is known where this is called, so that the default dialect pays nothing for the others. */
static inline void cut_rows(struct tg_csv_reader *r, const char *p, size_t most,
			    struct tg_csv_rows *rows, bool careful)
{
	const struct tg_csv_marks *m = r->marks;
	const uint32_t *mark = m->separator, *end = mark + whole(m, p);
	const uint32_t *inner = m->inner, *inner_end = inner + m->inners;
	struct tg_csv_field *field = r->field;
	struct tg_csv_row *row = r->row, *row_end = row + most;
	uint32_t width = m->wanted.delimiter_n, at = 0;
	int quote = r->dialect->quote;
	bool blanks = careful && r->dialect->blank != TG_CSV_BLANK_SKIPPED;

	while (mark < end && row < row_end) {
		struct tg_csv_field *first = field;
		uint32_t start = at, stop, last;

		for (;;) {
			stop = *mark++;
			if (p[stop] == '\n')
				break;
			*field++ = field_of(p, at, stop, quote);
			at = stop + width;
		}
		if (careful && is_walked(r->dialect, tg_str_from(p + start, stop - start), p + stop,
					 inner < inner_end && *inner < stop)) {
			at = start;
			break;
		}
		row->line = r->line++;
		while (inner < inner_end && *inner < stop) {
			r->line++;
			inner++;
		}
		last = stop - (stop > start && p[stop - 1] == '\r');
		if (last > start || blanks) { /* else it is blank */
			*field++ = field_of(p, at, last, quote);
			row->at = start;
			row->n = last - start;
			row->field = (size_t)(first - r->field);
			row->fields = (size_t)(field - first);
			row->code = NULL;
			row->fault = 0;
			row++;
		}
		at = stop + 1;
	}
	rows->rows = (size_t)(row - r->row);
	rows->taken = at;
}

static void cut(struct tg_csv_reader *r, const char *p, size_t most, struct tg_csv_rows *rows)
{
	if (TG_LIKELY(!r->careful))
		cut_rows(r, p, most, rows, false);
	else
		cut_rows(r, p, most, rows, true);
}

/* Where a mark pass ended with less than a row: there is a fault in it, or its end is not there yet, or it is very long. */
static void walk(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep,
		 struct tg_csv_rows *rows)
{
	struct tg_csv_walk *w = &r->walk;

	switch (tg_csv_walk_on(r, bytes.p, bytes.n, last, keep)) {
	case TG_CSV_MORE:
		return;
	case TG_CSV_UNTERMINATED:
		rows->unterminated = true;
		rows->opened = w->opened;
		rows->opened_line = r->line + w->opened_lines;
		return;
	case TG_CSV_BLANK:
		break;
	case TG_CSV_ROW:
		r->row[0] = (struct tg_csv_row){
			.n = w->n,
			.line = r->line,
			.fields = w->fields,
			.code = w->code,
			.fault = w->fault,
			.unclosed = w->unclosed,
		};
		rows->rows = 1;
		break;
	}
	rows->taken = w->next;
	r->line += w->lines + (w->next > w->n);
	*w = (struct tg_csv_walk){ .state = TG_CSV_START };
}

void tg_csv_scan_read(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep,
		      size_t most, struct tg_csv_rows *rows)
{
	rows->text = bytes.p;
	rows->raw = true;
	if (r->walk.at == 0 && !r->walks) {
		tg_csv_mark(r->marks, bytes.p, bytes.n);
		tg_csv_fields_room(r, r->marks->separators);
		cut(r, bytes.p, most, rows);
	}
	if (rows->taken == 0)
		walk(r, bytes, last, keep, rows);
	rows->field = r->field;
}
