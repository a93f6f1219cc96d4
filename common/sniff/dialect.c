#include "common/base/utf8.h"
#include "common/sniff/inside.h"

/*
 * Which dialect: each candidate reads the start of the file, by the reader that csv2json has, and is worth the more the more rows have the
 * same number of fields, and the more fields look like something by themselves: a number, a word, nothing, and not like two fields with
 * another delimiter between them. All in whole numbers, so that every machine finds the same.
 */
enum {
	START = 256 << 10, /* bytes that candidates read */
	CANDIDATES = 64,
	ROWS = 4096,
	COUNTS = 64, /* numbers of fields that are told apart */
};

struct candidate {
	struct tg_csv_dialect dialect;
	uint64_t rows, wrong, cells, typed;
	size_t count[COUNTS];
	uint64_t times[COUNTS];
	size_t counts;
	size_t fields; /* that most rows have */
	uint64_t most, score;
};

void tg_sniff_rows(const struct tg_csv_dialect *d, struct tg_str text, bool whole, uint64_t line,
		   tg_sniff_row *row, void *self)
{
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_csv_rows rows;
	bool more = true;

	TG_BUG_IF(tg_csv_reader_new(&reader, d, TG_CSV_SCAN, &err) != TG_OK);
	tg_csv_reader_restart(reader, line);
	while (more) {
		tg_csv_read(reader, text, whole, TG_SNIFF_COLUMNS_MAX, 512, &rows);
		for (size_t i = 0; more && i < rows.rows; i++)
			more = row(self, &rows, &rows.row[i]);
		if (more && rows.unterminated) {
			const struct tg_csv_row open = { .line = rows.opened_line,
							 .code = "csv-unterminated" };

			(void)row(self, &rows, &open);
		}
		if (rows.unterminated || (!rows.rows && !rows.taken))
			break;
		text = tg_str_after(text, rows.taken);
	}
}

/* A field that could stand for itself: nothing in it that separates or quotes elsewhere. A comma may be within a number or a sentence. */
static bool stands_alone(struct tg_str f, const struct tg_csv_dialect *d, bool quoted)
{
	if (quoted || f.n == 0)
		return true;
	if (f.p[0] == '"' || f.p[f.n - 1] == '"' ||
	    (f.n > 1 && f.p[0] == '\'' && f.p[f.n - 1] == '\''))
		return false;
	for (size_t i = 0; i < f.n; i++)
		if (memchr(";|\t\x1f", f.p[i], 4) && !memchr(d->delimiter, f.p[i], d->delimiter_n))
			return false;
	return true;
}

static void note_count(struct candidate *c, size_t fields)
{
	size_t i = 0;

	while (i < c->counts && c->count[i] != fields)
		i++;
	if (i == COUNTS)
		return;
	if (i == c->counts)
		c->count[c->counts++] = fields;
	c->times[i]++;
}

static bool try_row(void *self, const struct tg_csv_rows *rows, const struct tg_csv_row *row)
{
	struct candidate *c = self;

	c->rows++;
	c->wrong += row->code != NULL;
	if (row->code)
		return c->rows < ROWS;
	note_count(c, row->fields);
	for (size_t i = 0; i < row->fields && i < TG_SNIFF_COLUMNS_MAX; i++) {
		const struct tg_csv_field *f = &rows->field[row->field + i];

		c->cells++;
		c->typed += stands_alone(tg_str_from(rows->text + f->at, tg_csv_field_n(f)),
					 &c->dialect, tg_csv_field_quoted(f));
	}
	return c->rows < ROWS;
}

static uint64_t thousandths(uint64_t part, uint64_t whole)
{
	return whole ? part * 1000 / whole : 0;
}

static void rate(struct candidate *c, struct tg_str text, bool whole, uint64_t line)
{
	uint64_t same, typed;

	tg_sniff_rows(&c->dialect, text, whole, line, try_row, c);
	for (size_t i = 0; i < c->counts; i++) {
		if (c->times[i] <= c->most)
			continue;
		c->most = c->times[i];
		c->fields = c->count[i];
	}
	same = thousandths(c->most, c->rows);
	typed = thousandths(c->typed, c->cells);
	if (c->fields < 2)
		c->score = same * same * typed / 1000 * 150 /
			   1000; /* better than a split that hardly fits */
	else
		c->score = same * same * typed / 1000 * (c->fields - 1) / c->fields;
}

/* Whether text has the character at the edge of a field, as a quote must be. */
static bool at_an_edge(struct tg_str text, char quote, const struct tg_csv_dialect *d)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == quote &&
		    (i == 0 || text.p[i - 1] == '\n' || text.p[i - 1] == '\r' ||
		     text.p[i - 1] == d->delimiter[d->delimiter_n - 1]))
			return true;
	return false;
}

/* The ways of quoting that are worth a try with that delimiter, the usual one first. */
static size_t add_quotes(const struct tg_sniffing *g, struct candidate *c, struct tg_csv_dialect d,
			 struct tg_str text)
{
	struct tg_str known = g->known->quote;
	size_t n = 0;

	d.quote = known.p ? (known.n ? (unsigned char)known.p[0] : -1) : '"';
	if (d.quote >= 0 && memchr(d.delimiter, d.quote, d.delimiter_n))
		d.quote = -1;
	c[n++].dialect = d;
	if (d.quote >= 0 && !memchr(d.delimiter, '\\', d.delimiter_n) &&
	    memchr(text.p, '\\', text.n) && memchr(text.p, d.quote, text.n)) {
		c[n].dialect = d;
		c[n++].dialect.escape = '\\';
	}
	if (known.p)
		return n;
	if (!memchr(d.delimiter, '\'', d.delimiter_n) && at_an_edge(text, '\'', &d)) {
		c[n].dialect = d;
		c[n++].dialect.quote = '\'';
	}
	if (memchr(text.p, '"', text.n)) {
		c[n].dialect = d;
		c[n++].dialect.quote = -1;
	}
	return n;
}

static void put_delimiter(struct tg_buffer *out, const struct tg_csv_dialect *d)
{
	if (d->delimiter[0] == '\t' && d->delimiter_n == 1) {
		tg_buffer_puts(out, "tab");
		return;
	}
	tg_buffer_putc(out, '\'');
	tg_utf8_put_safe(out, tg_str_from(d->delimiter, d->delimiter_n), TG_CSV_DELIMITER_MAX);
	tg_buffer_putc(out, '\'');
}

static bool same_delimiter(const struct candidate *a, const struct candidate *b)
{
	return a->dialect.delimiter_n == b->dialect.delimiter_n &&
	       memcmp(a->dialect.delimiter, b->dialect.delimiter, a->dialect.delimiter_n) == 0;
}

static void explain(struct tg_sniffing *g, const struct candidate *best,
		    const struct candidate *next)
{
	TG_OWN(tg_buffer_release) struct tg_buffer why = TG_BUFFER_INIT;

	if (g->known->delimiter.p)
		tg_buffer_puts(&why, "it was given; ");
	tg_buffer_printf(&why, "%llu of the first %llu rows have %zu field%s",
			 (unsigned long long)best->most, (unsigned long long)best->rows,
			 best->fields, best->fields == 1 ? "" : "s");
	if (next && next->fields > 1) {
		tg_buffer_puts(&why, "; with ");
		put_delimiter(&why, &next->dialect);
		tg_buffer_printf(&why, " %llu have %zu", (unsigned long long)next->most,
				 next->fields);
	}
	g->s->delimiter_why = tg_arena_copy(g->arena, tg_buffer_str(&why));
	if (best->fields < 2 && !g->known->delimiter.p)
		tg_sniff_ask(g, "Is there one column only? No delimiter splits the rows evenly.");
	if (next && next->fields > 1 && next->score * 100 >= best->score * 95) {
		tg_buffer_clear(&why);
		put_delimiter(&why, &next->dialect);
		tg_sniff_ask(g, "Is the delimiter right? %.*s would fit nearly as well.",
			     TG_STR_ARG(tg_buffer_str(&why)));
	}
}

/* Bars that are always two would, one by one, have an empty field between each two others. */
static bool always_two(struct tg_str text)
{
	size_t i = 0, pairs = 0;

	for (; i < text.n; i++) {
		if (text.p[i] != '|')
			continue;
		if (i + 1 == text.n || text.p[i + 1] != '|')
			return false;
		pairs++;
		i++;
	}
	return pairs > 0;
}

/* Quotes that are no quotes are seldom meant so: mostly there are blanks before them, or somebody forgot to double one. */
static void ask_about_quotes(struct tg_sniffing *g, const struct candidate *best,
			     const struct candidate *all, size_t n, struct tg_str text)
{
	if (best->dialect.quote >= 0 || g->known->quote.p || !memmem(text.p, text.n, "\"", 1))
		return;
	for (size_t i = 0; i < n; i++)
		if (same_delimiter(&all[i], best) && all[i].dialect.quote == '"' &&
		    all[i].dialect.escape < 0)
			tg_sniff_ask(
				g,
				"Are double quotes text? They are drafted so: if they quoted, %llu of the "
				"first %llu rows would not be well formed.",
				(unsigned long long)all[i].wrong, (unsigned long long)all[i].rows);
}

void tg_sniff_dialect(struct tg_sniffing *g, struct tg_str text, bool whole, uint64_t line)
{
	static const char *const usual[] = { ",", ";", "\t", "|", "~", "^", "\x1f", "\x01", "||" };
	struct candidate *c = tg_arena_array(g->arena, CANDIDATES, sizeof(*c));
	struct candidate *best = c, *next = NULL;
	struct tg_str known = g->known->delimiter;
	size_t n = 0;

	if (text.n > START) {
		text.n = START;
		whole = false;
	}
	for (size_t i = 0; i < (known.p ? 1 : TG_COUNT(usual)); i++) {
		struct tg_str delimiter = known.p ? known : tg_str_of(usual[i]);
		struct tg_csv_dialect d = g->s->dialect;

		if (!known.p && i && !memmem(text.p, text.n, delimiter.p, delimiter.n))
			continue;
		if (!known.p && tg_str_is(delimiter, "|") && always_two(text))
			continue;
		memcpy(d.delimiter, delimiter.p, delimiter.n);
		d.delimiter_n = (unsigned)delimiter.n;
		n += add_quotes(g, c + n, d, text);
	}
	for (size_t i = 0; i < n; i++) {
		rate(&c[i], text, whole, line);
		if (c[i].score > best->score)
			best = &c[i];
	}
	for (size_t i = 0; i < n; i++)
		if (!same_delimiter(&c[i], best) && (!next || c[i].score > next->score))
			next = &c[i];
	g->s->dialect = best->dialect;
	explain(g, best, next);
	ask_about_quotes(g, best, c, n, text);
}
