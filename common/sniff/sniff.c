#include "common/sniff/sniff.h"

#include "common/base/utf8.h"
#include "common/encoding/encoding.h"
#include "common/json/text.h"
#include "common/sniff/inside.h"

enum {
	PREAMBLE_ROWS = 64, /* rows before the first of the right width that may be no rows */
	NAME_TOLD = 64,	    /* bytes of a name */
	QUESTIONS_MAX = 1000,
};

void tg_sniff_ask(struct tg_sniffing *g, const char *format, ...)
{
	struct tg_sniff *s = g->s;
	va_list args;

	if (s->questions == QUESTIONS_MAX)
		return;
	if (!s->question)
		s->question = tg_arena_array(g->arena, QUESTIONS_MAX, sizeof(*s->question));
	va_start(args, format);
	s->question[s->questions++] = tg_arena_vformat(g->arena, format, args);
	va_end(args);
}

struct tg_str tg_sniff_called(struct tg_sniffing *g, const struct tg_sniff_column *column)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_utf8_put_safe(&text, column->name, NAME_TOLD);
	return tg_arena_copy(g->arena, tg_buffer_str(&text));
}

/*
 * Text
 */

/* What is UTF-8 is not copied: text is in bytes then, else in the decoder's memory. */
static enum tg_status decode(struct tg_sniffing *g, struct tg_str bytes, struct tg_decoder *decoder,
			     struct tg_str *text, struct tg_error *err)
{
	TG_OWN(tg_encoding_free) struct tg_encoding *e = NULL;
	struct tg_mark mark;
	enum tg_status st = tg_encoding_open(&e, g->s->encoding, err);

	if (st) {
		(void)tg_within(err, "--encoding");
		return st;
	}
	if (g->s->dialect.next_line)
		g->s->dialect.next_line = tg_encoding_swap_line_ends(e);
	mark = tg_encoding_mark(e, bytes, g->s->whole);
	if (mark.kind == TG_MARK_OTHER || mark.kind == TG_MARK_LACKS || mark.kind == TG_MARK_MORE)
		return tg_fail(err, TG_DATA, "it is no %.*s: its first bytes are %s",
			       TG_STR_ARG(g->s->encoding),
			       mark.kind == TG_MARK_OTHER ? "the mark of another encoding"
							  : "no mark of it");
	bytes = tg_str_after(bytes, mark.kind == TG_MARK_OWN ? mark.n : 0);
	*text = bytes;
	if (tg_encoding_is_utf8(e) && tg_utf8_check(bytes) == bytes.n)
		return TG_OK;
	tg_decoder_begin(decoder, e);
	(void)tg_decoder_put(decoder, bytes, g->s->whole);
	*text = tg_buffer_str(&decoder->text);
	return TG_OK;
}

/* What is well formed text, and no table. */
static enum tg_status refuse_other_text(const struct tg_sniffing *g, struct tg_str text,
					struct tg_error *err)
{
	struct tg_str rest = text;
	size_t control = 0;

	while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\n' || rest.p[0] == '\r'))
		rest = tg_str_after(rest, 1);
	if (tg_str_starts(rest, TG_STR("{\"")) || tg_str_starts(rest, TG_STR("[{")) ||
	    tg_str_starts(rest, TG_STR("{\n")))
		return tg_fail(err, TG_DATA,
			       "it is JSON, and no table; validate and the others read JSON lines "
			       "as they are");
	/* Those that separate, and those that end lines and files, may stand in text. */
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		control += (c < 0x20 && c != 0x01 && c < 0x1a && !(c >= '\t' && c <= '\r')) ||
			   c == 0x1b || c == 0x7f;
	}
	if (g->known->encoding.p || control < 3 || control < text.n / 100)
		return TG_OK;
	return tg_fail(err, TG_DATA,
		       "this is no text that is known here: %zu of %zu characters control "
		       "something; if it is, say its --encoding",
		       control, text.n);
}

static void count_line_ends(struct tg_sniff *s, struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool before = i && text.p[i - 1] == '\r';

		s->crlf += text.p[i] == '\n' && before;
		s->lf += text.p[i] == '\n' && !before;
		s->cr += text.p[i] == '\r' && !(i + 1 < text.n && text.p[i + 1] == '\n');
	}
	/* The others may stand within quotes. */
	if (s->cr > s->lf + s->crlf && !s->dialect.next_line)
		s->dialect.newline = TG_CSV_CR;
}

/* One that a contract can name. TG_SLACK bytes behind it are readable. */
static bool is_delimiter(struct tg_str d)
{
	return d.n && d.n <= TG_CSV_DELIMITER_MAX && !memchr(d.p, '\n', d.n) &&
	       !memchr(d.p, '\r', d.n) && !memchr(d.p, '\0', d.n) && tg_utf8_check(d) == d.n;
}

/* "sep=;" on the first line says what the delimiter is. */
static struct tg_str separator_line(struct tg_sniffing *g, struct tg_str text,
				    struct tg_sniff_known *known)
{
	char end = tg_csv_line_end(&g->s->dialect);
	const char *line = text.n ? memchr(text.p, end, text.n) : NULL;
	size_t n = line ? (size_t)(line - text.p) : text.n;
	struct tg_str first = tg_str_from(text.p, n && text.p[n - 1] == '\r' ? n - 1 : n);

	if (first.n > 2 && first.p[0] == '"' && first.p[first.n - 1] == '"')
		first = tg_str_from(first.p + 1, first.n - 2);
	if (!tg_str_starts(first, TG_STR("sep=")))
		return text;
	first = tg_arena_copy(g->arena, tg_str_after(first, 4));
	if (!is_delimiter(first))
		return text;
	if (known->delimiter.p && !tg_str_eq(known->delimiter, first))
		return text;
	known->delimiter = first;
	g->s->dialect.separator_line = true;
	return tg_str_after(text, n + (line != NULL));
}

/*
 * Rows: which are records
 */

/* Where the header, or the first record, is: rows before it have another width. */
static size_t find_front(struct tg_sniffing *g, const struct tg_sniff_shapes *all, uint32_t width,
			 uint64_t line)
{
	size_t i = 0;

	while (i < all->n && i <= PREAMBLE_ROWS &&
	       (all->row[i].wrong || all->row[i].fields != width))
		i++;
	if (i == all->n || i > PREAMBLE_ROWS)
		i = 0;
	g->s->dialect.skip = all->n ? all->row[i].line - line : 0;
	/* Blank lines before a row are none anyway. */
	if (i == 0)
		g->s->dialect.skip = 0;
	if (g->s->dialect.skip)
		tg_sniff_ask(
			g,
			"Are the first %llu lines no rows, and always as many? They have not the "
			"%lu fields of the others.",
			(unsigned long long)g->s->dialect.skip, (unsigned long)width);
	return i;
}

/*
 * Values
 */
struct values {
	struct tg_sniffing *g;
	const struct tg_sniff_shapes *all;
	size_t at;	       /* index of the row */
	size_t front, trailer; /* of the first row that counts; of the trailer, or SIZE_MAX */
	struct tg_sniff_stats *stats;
	const struct tg_sniff_forms *forms;
	struct tg_str *first; /* the fields of the row at front */
	bool *quoted;
	struct tg_str *lead, *last; /* of the first row there is, and of the last */
	size_t lead_n, last_n;
	struct tg_buffer text;
};

static struct tg_str value_of(struct values *v, const struct tg_csv_rows *rows,
			      const struct tg_csv_field *f)
{
	tg_buffer_clear(&v->text);
	tg_csv_put_field(&v->text, rows, f, &v->g->s->dialect);
	return tg_buffer_str(&v->text);
}

static void keep_sample(struct values *v, const struct tg_csv_rows *rows,
			const struct tg_csv_row *row)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	struct tg_sniff *s = v->g->s;

	for (size_t i = 0; i < row->fields; i++) {
		tg_buffer_putc(&json, i ? ',' : '[');
		tg_json_put_string(&json, value_of(v, rows, &rows->field[row->field + i]));
	}
	tg_buffer_putc(&json, ']');
	s->sample[s->samples++] = tg_arena_copy(v->g->arena, tg_buffer_str(&json));
}

static void keep_fields(struct values *v, struct tg_str *to, const struct tg_csv_rows *rows,
			const struct tg_csv_row *row)
{
	for (size_t i = 0; i < row->fields && i < TG_SNIFF_COLUMNS_MAX; i++)
		to[i] = tg_arena_copy(v->g->arena, value_of(v, rows, &rows->field[row->field + i]));
}

static void note_odd(struct tg_sniff *s, const struct tg_sniff_shape *row)
{
	if (row->wrong && !s->wrong++)
		s->wrong_line = row->line;
	if (!row->wrong && !s->ragged++)
		s->ragged_line = row->line;
}

/* One field more is none where rows have a delimiter behind their last. */
static bool fits(const struct values *v, const struct tg_csv_row *row, size_t at)
{
	const struct tg_sniff *s = v->g->s;

	return row->fields == s->columns ||
	       (s->dialect.ragged == TG_CSV_RAGGED_TRAILING && row->fields == s->columns + 1 &&
		v->all->row[at].open_end);
}

static bool take_row(void *self, const struct tg_csv_rows *rows, const struct tg_csv_row *row)
{
	struct values *v = self;
	struct tg_sniff *s = v->g->s;
	size_t at = v->at++;

	if (at < v->front || at == v->trailer)
		return true;
	if (row->code || !fits(v, row, at)) {
		note_odd(s, &v->all->row[at]);
		return true;
	}
	if (at == v->front) {
		keep_fields(v, v->first, rows, row);
		for (size_t i = 0; i < s->columns; i++)
			v->quoted[i] = tg_csv_field_quoted(&rows->field[row->field + i]);
		return true;
	}
	s->rows++;
	if (s->samples < v->g->known->samples)
		keep_sample(v, rows, row);
	for (size_t i = 0; i < s->columns; i++) {
		const struct tg_csv_field *f = &rows->field[row->field + i];

		tg_sniff_count(v->stats, i, v->forms, value_of(v, rows, f), tg_csv_field_quoted(f));
	}
	return true;
}

/* The fields of the first row and of the last, whatever their number. */
static bool take_edges(void *self, const struct tg_csv_rows *rows, const struct tg_csv_row *row)
{
	struct values *v = self;
	bool first = v->at++ == 0, last = v->at == v->all->n;
	size_t n = row->fields < TG_SNIFF_COLUMNS_MAX ? row->fields : TG_SNIFF_COLUMNS_MAX;
	struct tg_str *fields;

	if ((!first && !last) || row->code)
		return true;
	fields = tg_arena_array(v->g->arena, n + 1, sizeof(*fields));
	keep_fields(v, fields, rows, row);
	if (first) {
		v->lead = fields;
		v->lead_n = n;
	}
	if (last) {
		v->last = fields;
		v->last_n = n;
	}
	return true;
}

/*
 * The first row: a lead?
 */

/* A row alone before the header that begins with such a word; or one as wide as the records, where the last row says that the first field
 * is a tag. */
static void find_lead(struct values *v)
{
	struct tg_sniff *s = v->g->s;
	bool tag = v->lead_n > 1 && tg_sniff_is_lead_tag(v->lead[0]);

	if (!tag || v->all->n < 3)
		return;
	if (v->front == 0 && (v->last_n < 2 || !tg_sniff_is_trailer_tag(v->last[0])))
		return;
	if (v->front > 1)
		return;
	if (v->front == 0 && v->all->row[1].fields != v->all->row[0].fields)
		return;
	if (v->front == 1)
		s->questions--; /* whether it is skipped, which was asked last */
	v->front = 1;
	s->dialect.skip = 0;
	s->lead_tag = v->lead[0];
	tg_sniff_ask(v->g,
		     "Is the first row a lead, before the header or the records, in every file?");
}

/*
 * The last row: a trailer?
 */
static bool is_number(struct tg_str text, uint64_t value)
{
	uint64_t n = 0;

	if (text.n == 0 || text.n > 18)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (!tg_digit((unsigned char)text.p[i]))
			return false;
		n = n * 10 + (uint64_t)(text.p[i] - '0');
	}
	return n == value;
}

/* A header is taken for no record: where the first row is one, its numbers are missed, and there is no sum. */
static struct tg_sniff_edge edge_of(const struct values *v, struct tg_str text, uint64_t line)
{
	return (struct tg_sniff_edge){ .s = v->g->s,
				       .text = text,
				       .line = line,
				       .from = v->front + 1,
				       .to = v->all->n ? v->all->n - 1 : 0,
				       .field = v->last,
				       .fields = v->last_n };
}

/* Needs the whole file, a first field that says so and one that counts the rows, or another width: less is a row like others. records:
 * without the row itself; a header may be among them. */
static void find_trailer(struct values *v, struct tg_str text, uint64_t line, uint32_t width,
			 uint64_t records)
{
	struct tg_sniff *s = v->g->s;
	struct tg_sniff_edge edge = edge_of(v, text, line);
	size_t exact = 0, with_header = 0;
	bool tag;

	v->trailer = SIZE_MAX;
	if (!s->whole || v->all->n < v->front + 3 || v->last_n < 2)
		return;
	tag = tg_sniff_is_trailer_tag(v->last[0]);
	for (size_t i = 1; i < v->last_n; i++) {
		if (!exact && is_number(v->last[i], records - 1))
			exact = i + 1;
		if (!with_header && is_number(v->last[i], records))
			with_header = i + 1;
	}
	if (v->last_n != width ? !tag && !exact && !with_header
			       : !tag || (!exact && !with_header && !tg_sniff_adds_up(&edge)))
		return;
	s->trailer = true;
	v->trailer = v->all->n - 1;
	if (tag)
		s->trailer_tag = v->last[0];
	s->trailer_count =
		exact ? exact : with_header; /* which of them is said once the header is known */
}

/* Whether the count that was found is the number of records. */
static void settle_trailer(struct tg_sniffing *g, const struct values *v, struct tg_str text,
			   uint64_t line)
{
	struct tg_sniff_edge edge = edge_of(v, text, line);
	struct tg_sniff *s = g->s;

	if (!s->trailer)
		return;
	if (s->trailer_tag.p && tg_sniff_was_seen(v->stats, 0, s->trailer_tag))
		s->trailer_tag = TG_STR_NONE; /* records begin so too: it is known by its place */
	s->trailer_count = 0;
	for (size_t i = 1; i < v->last_n && !s->trailer_count; i++)
		if (is_number(v->last[i], s->rows + s->ragged + s->wrong))
			s->trailer_count = i + 1;
	if (!s->dialect.header && v->front < v->all->n)
		edge.from = v->front;
	tg_sniff_find_sums(g, &edge);
	tg_sniff_ask(g, "Is the last row a trailer, in every file%s%s?",
		     s->trailer_count ? ", and does it count the rows" : "",
		     s->sums		? ", and add up columns"
		     : s->trailer_count ? ""
					: "; which of its fields count or add up something");
}

/*
 * The header
 */

static bool twice(const struct tg_str *name, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (tg_str_eq(name[k], name[i]))
			return true;
	return false;
}

/* Names that csv2json would take as they are. */
static bool are_names(const struct tg_str *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name[i].n == 0 || twice(name, i))
			return false;
	return true;
}

static bool find_header(struct tg_sniffing *g, const struct values *v)
{
	struct tg_sniff *s = g->s;
	size_t typed = 0, values = 0, again = 0;

	if (g->known->header != TG_SNIFF_HEADER_FIND) {
		s->header_why = TG_STR("it was given");
		return g->known->header == TG_SNIFF_HEADER_YES;
	}
	for (size_t i = 0; i < s->columns; i++) {
		bool fits = tg_sniff_would_fit(v->stats, i, v->forms, v->first[i]);

		typed += s->rows && tg_sniff_is_typed(v->stats, i) && !fits;
		values += v->first[i].n ? tg_sniff_is_value(v->forms, v->first[i]) : 0;
		again += v->first[i].n && tg_sniff_was_seen(v->stats, i, v->first[i]);
	}
	s->header_why = tg_arena_format(
		g->arena,
		"in the first row %zu fields are words over numbers, dates or booleans, %zu are numbers or "
		"dates, and %zu stand again below",
		typed, values, again);
	if ((typed > 0) == (values + again > 0))
		tg_sniff_ask(
			g, "%s",
			typed ? "Is the first row a header? Some of its fields look like values."
			      : "Is the first row a header? All columns hold text, as names are.");
	return typed > 0 ? typed >= values + again : values + again == 0;
}

/* Names of our own where the header has none that can be used, or there is none. */
static void name_columns(struct tg_sniffing *g, const struct values *v, bool header)
{
	struct tg_sniff *s = g->s;
	bool good = header && are_names(v->first, s->columns);

	for (size_t i = 0; i < s->columns; i++)
		s->column[i].name =
			good ? v->first[i] : tg_arena_format(g->arena, "column_%zu", i + 1);
	s->dialect.header = good;
	s->named = header && !good;
	if (!s->named)
		return;
	tg_sniff_ask(
		g,
		"What are the columns called? In the header some names are empty or stand twice; "
		"it is skipped, and the columns have numbers.");
}

/* The lines of the header are skipped, where its names cannot be used. */
static void skip_header(struct tg_sniff *s, const struct values *v, uint64_t line)
{
	s->dialect.skip = v->all->row[v->front + 1].line - line;
	s->lead_tag = TG_STR_NONE; /* its line is one of them */
}

static void ask_about_rows(struct tg_sniffing *g)
{
	struct tg_sniff *s = g->s;

	if (s->ragged == 1)
		tg_sniff_ask(g,
			     "Why has the row on line %llu another number of fields than %zu? It "
			     "would be rejected.",
			     (unsigned long long)s->ragged_line, s->columns);
	else if (s->ragged)
		tg_sniff_ask(
			g,
			"Why have %llu rows another number of fields than %zu, the first of them on "
			"line %llu? They would be rejected.",
			(unsigned long long)s->ragged, s->columns,
			(unsigned long long)s->ragged_line);
	if (s->wrong == 1)
		tg_sniff_ask(g,
			     "Why is the row on line %llu not well formed? It would be rejected.",
			     (unsigned long long)s->wrong_line);
	else if (s->wrong)
		tg_sniff_ask(
			g,
			"Why are %llu rows not well formed, the first of them on line %llu? They "
			"would be rejected.",
			(unsigned long long)s->wrong, (unsigned long long)s->wrong_line);
	if (!s->whole)
		tg_sniff_ask(
			g,
			"Is the rest of the file like its start? Only %llu bytes were looked at.",
			(unsigned long long)s->bytes);
}

static void look_at_values(struct values *v, struct tg_str text, uint64_t line)
{
	struct tg_sniffing *g = v->g;
	struct tg_sniff *s = g->s;
	bool header;

	v->at = 0;
	tg_sniff_rows(&s->dialect, text, s->whole, line, take_row, v);
	/* Names that cannot be used, and nothing behind them: a row as good as any. */
	header = find_header(g, v) && (v->front + 1 < v->all->n || are_names(v->first, s->columns));
	if (!header) {
		s->rows++;
		for (size_t i = 0; i < s->columns; i++)
			tg_sniff_count(v->stats, i, v->forms, v->first[i], v->quoted[i]);
	}
	name_columns(g, v, header);
	if (s->named)
		skip_header(s, v, line);
	tg_sniff_decide(g, v->stats, v->forms);
	settle_trailer(g, v, text, line);
	ask_about_rows(g);
}

static enum tg_status look_at_rows(struct tg_sniffing *g, struct tg_str text, uint64_t line,
				   struct tg_error *err)
{
	TG_OWN(tg_sniff_shapes_release) struct tg_sniff_shapes all = { .row = NULL };
	struct tg_sniff *s = g->s;
	struct values v = { .g = g, .all = &all };
	uint32_t width;

	tg_sniff_shapes_read(&all, &s->dialect, text, s->whole, line);
	width = tg_sniff_width(&all);
	if (s->dialect.ragged == TG_CSV_RAGGED_TRAILING)
		width--;
	if (width == 0)
		return tg_fail(
			err, TG_DATA,
			"there is no row that is well formed; what is known of the file can be "
			"said: --encoding, --delimiter, --quote");
	if (width > TG_SNIFF_COLUMNS_MAX)
		return tg_fail(err, TG_DATA, "rows have %lu fields, and %d are looked at",
			       (unsigned long)width, TG_SNIFF_COLUMNS_MAX);
	s->columns = width;
	s->column = tg_arena_array(g->arena, width, sizeof(*s->column));
	v.front = find_front(g, &all, width, line);
	if (all.row[v.front].fields != width || all.row[v.front].wrong)
		return tg_fail(err, TG_DATA,
			       "no row of the first %d has the %lu fields that most have",
			       PREAMBLE_ROWS, (unsigned long)width);
	tg_sniff_rows(&s->dialect, text, s->whole, line, take_edges, &v);
	find_lead(&v);
	find_trailer(&v, text, line, width, all.n - v.front - 1);
	v.forms = tg_sniff_forms_new(g->arena);
	v.stats = tg_sniff_stats_new(width, all.n, g->arena);
	v.first = tg_arena_array(g->arena, width, sizeof(*v.first));
	v.quoted = tg_arena_array(g->arena, width, sizeof(*v.quoted));
	s->sample = tg_arena_array(g->arena, g->known->samples + 1, sizeof(*s->sample));
	look_at_values(&v, text, line);
	tg_sniff_stats_release(v.stats);
	tg_buffer_release(&v.text);
	return TG_OK;
}

static enum tg_status check_known(const struct tg_sniff_known *known, struct tg_arena *arena,
				  struct tg_error *err)
{
	struct tg_str d = known->delimiter, q = known->quote;

	if (d.p && !is_delimiter(tg_arena_copy(arena, d)))
		return tg_fail(err, TG_USAGE,
			       "--delimiter is one to %d bytes of UTF-8, and no line end",
			       TG_CSV_DELIMITER_MAX);
	if (q.p &&
	    (q.n > 1 || (q.n && ((unsigned char)q.p[0] >= 0x7f || (unsigned char)q.p[0] < 0x20))))
		return tg_fail(err, TG_USAGE, "--quote is one ASCII character, or none");
	if (d.p && q.p && q.n && memchr(d.p, q.p[0], d.n))
		return tg_fail(err, TG_USAGE, "--delimiter and --quote are the same character");
	return TG_OK;
}

enum tg_status tg_sniff(struct tg_sniff *s, struct tg_str bytes, bool whole,
			const struct tg_sniff_known *known, struct tg_arena *arena,
			struct tg_error *err)
{
	struct tg_sniff_known now = *known;
	struct tg_sniffing g = { .s = s, .known = &now, .arena = arena };
	TG_OWN(tg_decoder_release) struct tg_decoder decoder = TG_DECODER_INIT;
	struct tg_str text;
	size_t mark;
	enum tg_status st = check_known(known, arena, err);

	*s = (struct tg_sniff){ .bytes = bytes.n,
				.whole = whole,
				.dialect = tg_csv_dialect_default() };
	if (!st && bytes.n == 0)
		st = tg_fail(err, TG_DATA, "it is empty: there is nothing to look at");
	if (!st)
		st = tg_sniff_encoding(&g, bytes, &mark, err);
	if (!st)
		st = decode(&g, bytes, &decoder, &text, err);
	if (st)
		return st;
	st = refuse_other_text(&g, text, err);
	if (st)
		return st;
	if (whole && text.n && text.p[text.n - 1] == 0x1a) {
		s->dialect.dos_end = true;
		text.n--;
	}
	count_line_ends(s, text);
	text = separator_line(&g, text, &now);
	tg_sniff_around(&g, text, s->dialect.separator_line ? 2 : 1);
	return look_at_rows(&g, text, s->dialect.separator_line ? 2 : 1, err);
}
