#include "common/csv/reader.h"

#include "common/base/utf8.h"

const char *tg_csv_beyond_library(const struct tg_csv_dialect *d)
{
	if (d->delimiter_n != 1)
		return "delimiter";
	if (d->quote < 0)
		return "quote";
	if (d->escape >= 0)
		return "escape";
	if (d->newline != TG_CSV_LF_OR_CRLF)
		return "newline";
	if (d->comment.n)
		return "comment";
	if (d->blank != TG_CSV_BLANK_SKIPPED)
		return "blank";
	if (d->one_line)
		return "multiline";
	return d->trim_start || d->trim_end ? "trim" : NULL;
}

enum tg_status tg_csv_reader_new(struct tg_csv_reader **reader, const struct tg_csv_dialect *d,
				 enum tg_csv_engine engine, struct tg_error *err)
{
	struct tg_csv_library *library = NULL;
	struct tg_csv_reader *r;

	TG_BUG_IF(d->delimiter_n == 0 || d->delimiter_n > TG_CSV_DELIMITER_MAX);
	if (engine == TG_CSV_LIBCSV && tg_csv_beyond_library(d))
		return tg_fail(
			err, TG_USAGE,
			"the engine libcsv cannot read this dialect, because of its %s (x-csv): it needs a delimiter of one byte and a quote, and knows no other rules than the default ones",
			tg_csv_beyond_library(d));
	if (engine == TG_CSV_LIBCSV) {
		enum tg_status st = tg_csv_library_new(&library, d, err);

		if (st)
			return st;
	}
	r = tg_alloc(sizeof(*r));
	r->library = library;
	r->dialect = d;
	r->engine = engine;
	r->row = tg_alloc_array(TG_CSV_ROWS, sizeof(*r->row));
	r->stop['\n'] = r->stop['\r'] = r->stop[(unsigned char)d->delimiter[0]] = true;
	if (d->quote >= 0)
		r->stop[d->quote] = true;
	else if (d->escape >= 0)
		r->stop[d->escape] = true;
	/* What the marks cannot see at all; what they can see most of is a matter of single rows (scan.c). */
	r->walks = d->escape >= 0 || d->newline == TG_CSV_CR;
	r->careful = d->newline != TG_CSV_LF_OR_CRLF || d->comment.n || d->one_line ||
		     d->blank != TG_CSV_BLANK_SKIPPED;
	r->trims = d->trim_start || d->trim_end;
	if (engine == TG_CSV_SCAN)
		r->marks = tg_csv_marks_new(d);
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

/* Blanks around fields without quotes; those around quotes are the walk's. */
static void trim(const struct tg_csv_reader *r, const struct tg_csv_rows *rows, size_t keep)
{
	const struct tg_csv_dialect *d = r->dialect;

	for (size_t i = 0; i < rows->rows; i++) {
		struct tg_csv_field *field = &r->field[r->row[i].field];
		size_t fields = r->row[i].fields < keep ? r->row[i].fields : keep;

		for (size_t k = 0; k < fields && !r->row[i].code; k++, field++) {
			size_t at = field->at, n = tg_csv_field_n(field);

			if (tg_csv_field_quoted(field))
				continue;
			for (; d->trim_start && n && tg_csv_is_blank(d, rows->text[at]); n--)
				at++;
			while (d->trim_end && n && tg_csv_is_blank(d, rows->text[at + n - 1]))
				n--;
			*field = tg_csv_field_make(at, n, false);
		}
	}
}

/* Rows without anything, where they are not to be. */
static void find_blank(const struct tg_csv_reader *r, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		if (r->row[i].n == 0) {
			r->row[i].code = "csv-fields";
			r->row[i].fault = r->row[i].at;
		}
	}
}

void tg_csv_read(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep, size_t most,
		 struct tg_csv_rows *rows)
{
	*rows = (struct tg_csv_rows){
		.row = r->row, .field = r->field, .text = bytes.p, .bytes = bytes.p
	};
	if (bytes.n > TG_CSV_BYTES_MAX) {
		bytes.n = TG_CSV_BYTES_MAX;
		last = false;
	}
	if (most > TG_CSV_ROWS)
		most = TG_CSV_ROWS;
	r->controls = true;
	if (r->engine == TG_CSV_SCAN)
		tg_csv_scan_read(r, bytes, last, keep, most, rows);
	else
		tg_csv_library_read(r, bytes, last, keep, most, rows);
	rows->line = r->line;
	if (rows->rows && ((r->controls && memchr(bytes.p, '\0', rows->taken)) ||
			   tg_utf8_check(tg_str_from(bytes.p, rows->taken)) < rows->taken))
		find_damaged(r->row, rows->rows, bytes.p);
	if (TG_UNLIKELY(r->dialect->blank == TG_CSV_BLANK_REJECTED))
		find_blank(r, rows->rows);
	if (TG_UNLIKELY(r->trims))
		trim(r, rows, keep);
}

/* The character that an escape in front of c stands for, -1: none. Letters stand for control characters where the escape is a backslash, as
 * databases write them; anything else that is not a letter or a digit is itself. */
static int unescaped(const struct tg_csv_dialect *d, char c)
{
	static const char letters[] = "bfnrtv", meant[] = "\b\f\n\r\t\v";
	const char *found;
	char letter = (char)(c | 0x20);

	if (c == '\0' || (unsigned char)c >= 0x80)
		return -1;
	found = memchr(letters, c, sizeof(letters) - 1);
	if (found && d->escape == '\\')
		return meant[found - letters];
	return (letter >= 'a' && letter <= 'z') || tg_digit((unsigned char)c) ? -1 : c;
}

size_t tg_csv_escaped(const struct tg_csv_dialect *d, const char *p, size_t n)
{
	if (n >= d->delimiter_n && memcmp(p, d->delimiter, d->delimiter_n) == 0)
		return d->delimiter_n;
	if (n >= 2 && p[0] == '\r' && p[1] == '\n')
		return 2;
	return n && unescaped(d, p[0]) >= 0 ? 1 : 0;
}

/* Appends what p[0..n) is meant to be, where escapes may be in it; it is well formed. */
static void put_unescaped(struct tg_buffer *out, const char *p, size_t n,
			  const struct tg_csv_dialect *d)
{
	for (size_t i = 0; i < n; i++) {
		size_t size;

		if ((unsigned char)p[i] == d->escape && i + 1 < n) {
			size = tg_csv_escaped(d, p + i + 1, n - i - 1);
			if (size == 1 && d->delimiter[0] != p[i + 1])
				tg_buffer_putc(out, (char)unescaped(d, p[i + 1]));
			else if (size)
				tg_buffer_put(out, p + i + 1, size);
			else
				tg_buffer_putc(out, p[i]); /* of a spelling of null */
			i += size;
			continue;
		}
		tg_buffer_putc(out, p[i]);
		if ((unsigned char)p[i] == d->quote)
			i++; /* the second of two */
	}
}

void tg_csv_put_field(struct tg_buffer *out, const struct tg_csv_rows *rows,
		      const struct tg_csv_field *field, const struct tg_csv_dialect *dialect)
{
	const char *p = rows->text + field->at;
	size_t n = tg_csv_field_n(field);

	if (tg_csv_escapes(dialect, field)) {
		put_unescaped(out, p, n, dialect);
		return;
	}
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

void tg_csv_locate(const struct tg_csv_dialect *d, struct tg_str row, uint64_t row_line, size_t at,
		   uint64_t *line, uint64_t *column)
{
	size_t start = 0, size;
	char end = tg_csv_line_end(d);

	*line = row_line;
	for (size_t i = 0; i < at; i++) {
		if (row.p[i] == end) {
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

/* Behind what an escape at i stands before; i itself where there is none. */
static size_t behind_escape(const struct tg_csv_dialect *d, struct tg_str row, size_t i)
{
	size_t size;

	if (d->escape < 0 || (unsigned char)row.p[i] != d->escape || i + 1 >= row.n)
		return i;
	size = tg_csv_escaped(d, row.p + i + 1, row.n - i - 1);
	return i + 1 + (size ? size : 1);
}

/* Behind the quoted field that begins at i: what is well formed has an even number of quotes before the delimiter. */
static size_t behind_quoted(const struct tg_csv_dialect *d, struct tg_str row, size_t i)
{
	bool inside = true;

	for (i++; i < row.n && (inside || (unsigned char)row.p[i] == d->quote);) {
		size_t behind = inside ? behind_escape(d, row, i) : i;

		if (behind > i) {
			i = behind;
			continue;
		}
		inside ^= (unsigned char)row.p[i++] == d->quote;
	}
	return i;
}

size_t tg_csv_field_start(const struct tg_csv_dialect *d, struct tg_str row, size_t index)
{
	size_t i = 0;

	for (;; index--) {
		while (d->trim_start && i < row.n && tg_csv_is_blank(d, row.p[i]))
			i++;
		if (index == 0 || i >= row.n)
			break;
		if ((unsigned char)row.p[i] == d->quote)
			i = behind_quoted(d, row, i);
		while (i + d->delimiter_n <= row.n &&
		       memcmp(row.p + i, d->delimiter, d->delimiter_n) != 0) {
			size_t behind = d->quote < 0 ? behind_escape(d, row, i) : i;

			i = behind > i ? behind : i + 1;
		}
		i += d->delimiter_n;
	}
	return i < row.n ? i : row.n;
}
