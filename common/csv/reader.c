#include "common/csv/reader.h"

#include "common/base/utf8.h"
#include "common/csv/mark.h"

enum tg_status tg_csv_reader_new(struct tg_csv_reader **reader, const struct tg_csv_dialect *d,
				 enum tg_csv_engine engine, struct tg_error *err)
{
	struct tg_csv_reader *r;

	TG_BUG_IF(d->delimiter_n == 0 || d->delimiter_n > TG_CSV_DELIMITER_MAX);
	if (engine == TG_CSV_LIBCSV && (d->delimiter_n != 1 || d->quote < 0))
		return tg_fail(
			err, TG_USAGE,
			"the engine libcsv cannot read this dialect: it needs a delimiter of one byte and a quote");
	r = tg_alloc(sizeof(*r));
	r->dialect = d;
	r->engine = engine;
	r->row = tg_alloc_array(TG_CSV_ROWS, sizeof(*r->row));
	r->stop['\n'] = r->stop['\r'] = r->stop[(unsigned char)d->delimiter[0]] = true;
	if (d->quote >= 0)
		r->stop[d->quote] = true;
	if (engine == TG_CSV_SCAN)
		r->marks = tg_csv_marks_new(d);
	else
		r->library = tg_csv_library_new(d);
	tg_csv_reader_restart(r, 1);
	*reader = r;
	return TG_OK;
}

void tg_csv_reader_free(struct tg_csv_reader **reader)
{
	struct tg_csv_reader *r = *reader;

	if (r) {
		tg_csv_marks_free(&r->marks);
		tg_csv_library_free(&r->library);
		tg_free(r->row);
		tg_free(r->field);
		tg_free(r);
	}
	*reader = NULL;
}

void tg_csv_reader_restart(struct tg_csv_reader *r, uint64_t line)
{
	r->line = line;
	r->walk = (struct tg_csv_walk){ .state = TG_CSV_START };
	if (r->library)
		tg_csv_library_restart(r->library);
}

/* NUL and bytes that are no UTF-8 are rare and disturb no row's end, so they are looked for in all rows at once, and only where
 * there are some it is asked whose they are. */
TG_COLD static void find_damaged(struct tg_csv_row *row, size_t rows, const char *p)
{
	for (size_t i = 0; i < rows; i++) {
		struct tg_str text = { p + row[i].at, row[i].n };
		const char *nul = text.n ? memchr(text.p, '\0', text.n) : NULL;
		size_t bad = tg_utf8_check(text), at = nul ? (size_t)(nul - text.p) : text.n;
		bool encoding = bad < at;

		if (encoding)
			at = bad;
		at += row[i].at;
		if (at == row[i].at + text.n || (row[i].code && row[i].fault < at))
			continue;
		row[i].code = encoding ? "csv-encoding" : "csv-nul";
		row[i].fault = at;
	}
}

void tg_csv_read(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep, size_t most,
		 struct tg_csv_rows *rows)
{
	*rows = (struct tg_csv_rows){ .row = r->row, .field = r->field, .text = bytes.p };
	if (bytes.n > TG_CSV_BYTES_MAX) {
		bytes.n = TG_CSV_BYTES_MAX;
		last = false;
	}
	if (most > TG_CSV_ROWS)
		most = TG_CSV_ROWS;
	if (r->engine == TG_CSV_SCAN)
		tg_csv_scan_read(r, bytes, last, keep, most, rows);
	else
		tg_csv_library_read(r, bytes, last, keep, most, rows);
	rows->line = r->line;
	if (rows->rows && (memchr(bytes.p, '\0', rows->taken) ||
			   tg_utf8_check(tg_str_from(bytes.p, rows->taken)) < rows->taken))
		find_damaged(r->row, rows->rows, bytes.p);
}

void tg_csv_put_field(struct tg_buffer *out, const struct tg_csv_rows *rows,
		      const struct tg_csv_field *field, const struct tg_csv_dialect *dialect)
{
	const char *p = rows->text + field->at;
	size_t n = tg_csv_field_n(field);

	if (!rows->raw || !tg_csv_field_quoted(field)) {
		tg_buffer_put(out, p, n);
		return;
	}
	while (n) {
		const char *quote = memchr(p, dialect->quote, n);
		size_t size = quote ? (size_t)(quote - p) + 1 : n;

		tg_buffer_put(out, p, size);
		if (quote)
			size++; /* the second of two */
		p += size;
		n -= size;
	}
}

void tg_csv_locate(struct tg_str row, uint64_t row_line, size_t at, uint64_t *line,
		   uint64_t *column)
{
	size_t start = 0, size;

	*line = row_line;
	for (size_t i = 0; i < at; i++) {
		if (row.p[i] == '\n') {
			++*line;
			start = i + 1;
		}
	}
	*column = 1;
	for (size_t i = start; i < at; i += size) {
		(void)tg_utf8_decode(tg_str_after(row, i), &size);
		++*column;
	}
}

size_t tg_csv_field_start(const struct tg_csv_dialect *d, struct tg_str row, size_t index)
{
	size_t i = 0;

	for (; index && i < row.n; index--) {
		if ((unsigned char)row.p[i] == d->quote) {
			/* What is well formed has an even number of quotes before the delimiter. */
			bool inside = true;

			for (i++; i < row.n && (inside || (unsigned char)row.p[i] == d->quote); i++)
				inside ^= (unsigned char)row.p[i] == d->quote;
		}
		while (i + d->delimiter_n <= row.n &&
		       memcmp(row.p + i, d->delimiter, d->delimiter_n) != 0)
			i++;
		i += d->delimiter_n;
	}
	return i < row.n ? i : row.n;
}
