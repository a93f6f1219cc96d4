/*
 * scan: the engine in wide steps. mark.c says where separators are and makes fields of them, cut makes rows of those; whatever it
 * does not bring to an end is the walk's, one row at a time.
 */
#include "common/csv/reader.h"

/* Whether a row, which is well formed in the default dialect and ends with a line feed at `stop`, is the walk's in this one. */
TG_COLD static bool is_walked(const struct tg_csv_dialect *d, struct tg_str row, const char *stop,
			      bool inner)
{
	bool returned = stop > row.p && stop[-1] == '\r';

	return (d->newline == TG_CSV_LF && returned) || (d->newline == TG_CSV_CRLF && !returned) ||
	       (d->one_line && inner);
}

/* A line that is no row. *walked: what it says may have been taken for quotes. */
static bool is_comment(const struct tg_csv_dialect *d, struct tg_str row, bool *walked)
{
	if (d->comment.n == 0 || !tg_str_starts(row, d->comment))
		return false;
	*walked = d->quote >= 0 && memchr(row.p, d->quote, row.n);
	return true;
}

/* The number of the separator that stands at `stop`, which is `guess` or another one from `first` on. */
static inline size_t find_separator(const struct tg_csv_marks *m, size_t first, size_t guess,
				    uint32_t stop)
{
	if (TG_LIKELY(guess < m->separators && (m->separator[guess] & TG_CSV_PLACE) == stop))
		return guess;
	while ((m->separator[first] & TG_CSV_PLACE) != stop)
		first++;
	return first;
}

/* Rows that end before the last mark. careful is known where this is called, so that the default dialect pays nothing for the others. */
static inline void cut_rows(struct tg_csv_reader *r, const char *p, size_t most,
			    struct tg_csv_rows *rows, bool careful)
{
	const struct tg_csv_marks *m = r->marks;
	const uint32_t *feed = m->feed, *feed_end = feed + m->feeds;
	const uint32_t *inner = m->inner, *inner_end = inner + m->inners;
	const uint32_t *special = m->special, *special_end = special + m->specials;
	struct tg_csv_row *row = r->row, *row_end = row + most;
	uint32_t at = 0;
	size_t field = 0;
	bool blanks = careful && r->dialect->blank != TG_CSV_BLANK_SKIPPED;

	for (; feed < feed_end && row < row_end; feed++) {
		uint32_t stop = *feed, returned;
		size_t end = find_separator(m, field, field + r->width - 1, stop);
		bool plain = m->plain, comment = false, walked = false;

		if (careful) {
			struct tg_str text = { p + at, stop - at };

			comment = is_comment(r->dialect, text, &walked);
			if (walked || is_walked(r->dialect, text, p + stop,
						inner < inner_end && *inner < stop))
				break;
		}
		row->line = r->line++;
		while (inner < inner_end && *inner < stop) {
			r->line++;
			inner++;
		}
		while (special < special_end && *special < stop) {
			plain = false;
			special++;
		}
		returned = stop > at && p[stop - 1] == '\r';
		if (!comment && (stop - returned > at || blanks)) { /* else it is blank */
			r->field[end].size -= returned;
			row->at = at;
			row->n = stop - returned - at;
			row->field = field;
			row->fields = r->width = end + 1 - field;
			row->plain = plain;
			row->code = NULL;
			row->fault = 0;
			row++;
		}
		field = end + 1;
		at = stop + 1;
	}
	rows->rows = (size_t)(row - r->row);
	rows->taken = at;
}

static void cut(struct tg_csv_reader *r, const char *p, size_t most, struct tg_csv_rows *rows)
{
	tg_csv_fields_room(r, r->marks->separators);
	tg_csv_mark_cut(r->marks, p, r->field);
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
		cut(r, bytes.p, most, rows);
	}
	r->controls = rows->taken == 0 || r->marks->odd;
	if (rows->taken == 0)
		walk(r, bytes, last, keep, rows);
	rows->field = r->field;
}
