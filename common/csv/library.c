/*
 * library: the engine that has libcsv cut the fields. libcsv 3.0.3 gives no places and changes values unless it is held: no space
 * function (it would strip blanks), strict mode always (without it, text behind a closing quote swallows what follows), LF the only
 * terminator (so that a CR is seen). It is fed a physical line at a time, without the line end; then its state says whether the
 * line end is data. So lines, rows and faults have places, and a field's place in the row follows from its text.
 */
#include "common/csv/reader.h"

#include "common/base/library.h"

#include <csv.h>

static struct {
	__typeof__(&csv_init) init;
	__typeof__(&csv_set_delim) set_delim;
	__typeof__(&csv_set_quote) set_quote;
	__typeof__(&csv_set_space_func) set_space_func;
	__typeof__(&csv_set_term_func) set_term_func;
	__typeof__(&csv_set_blk_size) set_blk_size;
	__typeof__(&csv_set_realloc_func) set_realloc_func;
	__typeof__(&csv_set_free_func) set_free_func;
	__typeof__(&csv_free) free;
	__typeof__(&csv_parse) parse;
	__typeof__(&csv_fini) fini;
} csv;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_CALL(csv.init, csv_init),
	TG_LIBRARY_CALL(csv.set_delim, csv_set_delim),
	TG_LIBRARY_CALL(csv.set_quote, csv_set_quote),
	TG_LIBRARY_CALL(csv.set_space_func, csv_set_space_func),
	TG_LIBRARY_CALL(csv.set_term_func, csv_set_term_func),
	TG_LIBRARY_CALL(csv.set_blk_size, csv_set_blk_size),
	TG_LIBRARY_CALL(csv.set_realloc_func, csv_set_realloc_func),
	TG_LIBRARY_CALL(csv.set_free_func, csv_set_free_func),
	TG_LIBRARY_CALL(csv.free, csv_free),
	TG_LIBRARY_CALL(csv.parse, csv_parse),
	TG_LIBRARY_CALL(csv.fini, csv_fini),
};

static struct tg_library libcsv = {
	.file = TG_LIBRARY_FILE("libcsv", "3"),
	.package = "libcsv3",
	.needs = "--engine libcsv needs libcsv",
	.call = calls,
	.calls = TG_COUNT(calls),
};

struct tg_csv_library {
	struct csv_parser parser;
	unsigned char delimiter, quote;
	struct tg_buffer text; /* of the fields of the rows at hand */
	/* The row at hand; places count from its first byte, as in tg_csv_walk. */
	const char *row;
	size_t row_n;	 /* bytes that are there */
	size_t fed;	 /* the parser has them */
	size_t searched; /* no line feed is in them, from fed on */
	size_t at;	 /* where the next field starts */
	size_t fields;
	uint64_t lines;
	bool broken;
	const char *code;
	size_t fault;
	size_t n, next;		  /* of a whole row */
	size_t first, first_text; /* of its fields in r->field, and of their text */
	/* For the callback. */
	struct tg_csv_reader *reader;
	size_t keep;
};

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int line_feed_only(unsigned char c)
{
	return c == '\n';
}

static void begin_parser(struct tg_csv_library *l)
{
	if (csv.init(&l->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		tg_bug(__FILE__, __LINE__, "csv_init");
	csv.set_delim(&l->parser, l->delimiter);
	csv.set_quote(&l->parser, l->quote);
	csv.set_space_func(&l->parser, no_space);
	csv.set_term_func(&l->parser, line_feed_only);
	csv.set_blk_size(&l->parser, 64 * 1024);
	csv.set_realloc_func(&l->parser, tg_resize);
	csv.set_free_func(&l->parser, tg_free);
}

enum tg_status tg_csv_library_new(struct tg_csv_library **out, const struct tg_csv_dialect *d,
				  struct tg_error *err)
{
	enum tg_status st = tg_library_load(&libcsv, err);
	struct tg_csv_library *l;

	if (st)
		return st;
	*out = l = tg_alloc(sizeof(*l));
	l->delimiter = (unsigned char)d->delimiter[0];
	l->quote = (unsigned char)d->quote;
	begin_parser(l);
	return TG_OK;
}

static void forget_row(struct tg_csv_library *l)
{
	l->fed = l->searched = l->at = l->fields = 0;
	l->lines = 0;
	l->broken = false;
	l->code = NULL;
}

void tg_csv_library_restart(struct tg_csv_library *l)
{
	csv.free(&l->parser);
	begin_parser(l);
	forget_row(l);
}

void tg_csv_library_free(struct tg_csv_library **library)
{
	struct tg_csv_library *l = *library;

	if (l) {
		csv.free(&l->parser);
		tg_buffer_release(&l->text);
		tg_free(l);
	}
	*library = NULL;
}

static size_t count(const char *p, size_t n, int byte)
{
	const char *end = p + n;
	size_t found = 0;

	while (p < end && (p = memchr(p, byte, (size_t)(end - p)))) {
		found++;
		p++;
	}
	return found;
}

/* A CR in text without quotes, which libcsv takes for data. */
static void look_for_returns(struct tg_csv_library *l, const char *p, size_t n)
{
	const char *found = n && !l->code ? memchr(p, '\r', n) : NULL;

	if (found) {
		l->code = "csv-newline";
		l->fault = l->at + (size_t)(found - p);
	}
}

static void field_done(void *p, size_t n, void *data)
{
	struct tg_csv_library *l = data;
	struct tg_csv_reader *r = l->reader;
	bool quoted = l->at < l->row_n && (unsigned char)l->row[l->at] == l->quote;

	if (!quoted)
		look_for_returns(l, p, n);
	if (l->fields < l->keep) {
		tg_csv_fields_room(r, l->first + l->fields + 1);
		r->field[l->first + l->fields] = tg_csv_field_make(l->text.n, n, quoted);
		tg_buffer_put(&l->text, p, n);
	}
	l->fields++;
	l->at += n + 1 + (quoted ? 2 + count(p, n, l->quote) : 0);
}

static void row_done(int c, void *data)
{
	(void)c;
	(void)data;
}

static size_t feed(struct tg_csv_library *l, const char *p, size_t n)
{
	return csv.parse(&l->parser, p, n, field_done, row_done, l);
}

/* libcsv refused the byte at `at`. */
static void refused(struct tg_csv_library *l, size_t at)
{
	if ((unsigned char)l->row[l->at] != l->quote)
		look_for_returns(l, l->row + l->at, at - l->at);
	if (!l->code) {
		l->code = l->row[at] == '\r' ? "csv-newline" : "csv-quote";
		l->fault = at;
	}
	csv.free(&l->parser);
	begin_parser(l);
	l->broken = true;
	l->searched = at;
}

static bool inside_quotes(const struct tg_csv_library *l)
{
	enum { FIELD_BEGUN = 2 }; /* libcsv.c's, which its header does not name */

	return l->parser.pstate == FIELD_BEGUN && l->parser.quoted;
}

static enum tg_csv_walked row_on(struct tg_csv_library *l, bool last)
{
	const char *p = l->row, *found;
	size_t end, used;

	for (;;) {
		found = l->searched < l->row_n
				? memchr(p + l->searched, '\n', l->row_n - l->searched)
				: NULL;
		if (!found && !last) {
			l->searched = l->row_n;
			return TG_CSV_MORE;
		}
		end = found ? (size_t)(found - p) : l->row_n;
		l->next = end + (found != NULL);
		l->n = end - (found && end > l->fed && p[end - 1] == '\r');
		if (l->broken)
			return TG_CSV_ROW;
		if (l->n == 0)
			return TG_CSV_BLANK;
		used = feed(l, p + l->fed, l->n - l->fed);
		if (used < l->n - l->fed) {
			refused(l, l->fed + used);
			continue;
		}
		l->fed = l->n;
		if (!inside_quotes(l))
			break;
		if (!found)
			return TG_CSV_UNTERMINATED;
		(void)feed(l, p + l->n, l->next - l->n);
		l->fed = l->searched = l->next;
		l->lines++;
	}
	if (found)
		(void)feed(l, "\n", 1);
	else
		(void)csv.fini(&l->parser, field_done, row_done, l);
	return TG_CSV_ROW;
}

/* Fields of a row that was begun in the bytes before go to the front. */
static void keep_row_only(struct tg_csv_library *l, struct tg_csv_reader *r)
{
	size_t kept = l->fields < l->keep ? l->fields : l->keep;

	if (l->first && kept)
		memmove(r->field, r->field + l->first, kept * sizeof(*r->field));
	for (size_t i = 0; i < kept; i++)
		r->field[i].at -= (uint32_t)l->first_text;
	l->text.n -= l->first_text;
	if (l->first_text && l->text.n)
		memmove(l->text.p, l->text.p + l->first_text, l->text.n);
	l->first = l->first_text = 0;
}

void tg_csv_library_read(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep,
			 size_t most, struct tg_csv_rows *rows)
{
	struct tg_csv_library *l = r->library;
	enum tg_csv_walked walked = TG_CSV_ROW;

	keep_row_only(l, r);
	l->reader = r;
	l->keep = keep;
	while (rows->rows < most && l->first_text < 64 * 1024) {
		l->row = bytes.p + rows->taken;
		l->row_n = bytes.n - rows->taken;
		walked = row_on(l, last);
		if (walked != TG_CSV_ROW && walked != TG_CSV_BLANK)
			break;
		if (walked == TG_CSV_BLANK && l->next == 0)
			break;
		if (walked == TG_CSV_ROW) {
			r->row[rows->rows++] = (struct tg_csv_row){
				.at = rows->taken,
				.n = l->n,
				.line = r->line,
				.field = l->first,
				.fields = l->fields,
				.code = l->code,
				.fault = rows->taken + l->fault,
			};
			l->first += l->fields < keep ? l->fields : keep;
		}
		r->line += l->lines + (l->next > l->n);
		rows->taken += l->next;
		l->first_text = l->text.n;
		forget_row(l);
	}
	if (walked == TG_CSV_UNTERMINATED && rows->rows == 0) {
		rows->unterminated = true;
		rows->opened = l->at;
		rows->opened_line = r->line + count(l->row, l->at, '\n');
	}
	rows->text = tg_buffer_str(&l->text).p;
	rows->field = r->field;
}
