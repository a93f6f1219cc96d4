#include "common/sniff/inside.h"

/*
 * What stands around rows and values: lines that are comments, blanks around fields, a delimiter behind the last field. Each is drafted
 * where the rows leave no other way to read them, and asked about all the same.
 */

/* For what is looked at where rows are as long as most: memory that is not used costs nothing. */
enum { ROWS = 32 * 1024 };

static bool add_row(void *self, const struct tg_csv_rows *rows, const struct tg_csv_row *row)
{
	struct tg_sniff_shapes *all = self;
	bool wrong = row->code != NULL;
	const struct tg_csv_field *f = row->fields ? rows->field + row->field : NULL;
	size_t kept = row->fields < TG_SNIFF_COLUMNS_MAX ? row->fields : TG_SNIFF_COLUMNS_MAX;

	if (all->n == all->room) {
		all->room = all->room ? all->room * 2 : ROWS;
		all->row = tg_resize_array(all->row, all->room, sizeof(*all->row));
	}
	all->row[all->n++] = (struct tg_sniff_shape){
		.line = row->line,
		.fields = (uint32_t)row->fields,
		.wrong = wrong,
		.marked = row->n && rows->bytes[row->at] == '#',
		.open_end = !wrong && kept && row->fields == kept &&
			    !tg_csv_field_n(&f[kept - 1]) && !tg_csv_field_quoted(&f[kept - 1]),
	};
	all->wrong += wrong;
	for (size_t i = 1; !wrong && i < kept; i++) {
		if (!tg_csv_field_n(&f[i]) || tg_csv_field_quoted(&f[i]))
			continue;
		all->inner++;
		all->behind_blank += rows->text[f[i].at] == ' ';
	}
	return true;
}

void tg_sniff_shapes_read(struct tg_sniff_shapes *all, const struct tg_csv_dialect *d,
			  struct tg_str text, bool whole, uint64_t line)
{
	*all = (struct tg_sniff_shapes){ .row = NULL };
	tg_sniff_rows(d, text, whole, line, add_row, all);
}

void tg_sniff_shapes_release(struct tg_sniff_shapes *all)
{
	tg_free(TG_TAKE(all->row));
}

uint32_t tg_sniff_width(const struct tg_sniff_shapes *all)
{
	TG_OWN(tg_free_pointer) uint32_t *times = NULL;
	uint32_t widest = 0, usual = 0;

	for (size_t i = 0; i < all->n; i++)
		if (!all->row[i].wrong && all->row[i].fields > widest)
			widest = all->row[i].fields;
	times = tg_alloc_array((size_t)widest + 1, sizeof(*times));
	for (size_t i = 0; i < all->n; i++)
		if (!all->row[i].wrong && ++times[all->row[i].fields] > times[usual])
			usual = all->row[i].fields;
	return usual;
}

/*
 * Comments
 */

static bool has_marked_lines(struct tg_str text, char end)
{
	bool begins = true;

	for (size_t i = 0; i < text.n; i++) {
		if (begins && text.p[i] == '#')
			return true;
		begins = text.p[i] == end;
	}
	return false;
}

/* Lines with the mark are none like the others: one that has as many fields is a row, or a header that begins so. */
static bool are_comments(const struct tg_sniffing *g, struct tg_str text, uint64_t line,
			 uint64_t *lines)
{
	TG_OWN(tg_sniff_shapes_release) struct tg_sniff_shapes without = { .row = NULL };
	TG_OWN(tg_sniff_shapes_release) struct tg_sniff_shapes all = { .row = NULL };
	struct tg_csv_dialect d = g->s->dialect;
	uint32_t width;

	tg_sniff_shapes_read(&without, &d, text, g->s->whole, line);
	width = tg_sniff_width(&without);
	d.comment = TG_STR_NONE;
	tg_sniff_shapes_read(&all, &d, text, g->s->whole, line);
	*lines = 0;
	for (size_t i = 0; i < all.n; i++) {
		if (all.row[i].marked && !all.row[i].wrong && all.row[i].fields == width)
			return false;
		*lines += all.row[i].marked;
	}
	return width > 0;
}

static void find_dialect(struct tg_sniffing *g, struct tg_str text, uint64_t line)
{
	struct tg_sniff *s = g->s;
	struct tg_csv_dialect before = s->dialect;
	size_t questions = s->questions;
	uint64_t lines;

	if (has_marked_lines(text, tg_csv_line_end(&before))) {
		s->dialect.comment = TG_STR("#");
		tg_sniff_dialect(g, text, s->whole, line);
		if (are_comments(g, text, line, &lines)) {
			tg_sniff_ask(
				g,
				"Are lines that begin with # comments? There are %llu, with other "
				"fields than rows have; no row may begin so.",
				(unsigned long long)lines);
			return;
		}
		s->dialect = before;
		s->questions = questions;
	}
	tg_sniff_dialect(g, text, s->whole, line);
}

/*
 * Blanks
 */

/* Whether all rows are well formed in d, and there are two that could show it. */
static bool reads_all(const struct tg_sniffing *g, const struct tg_csv_dialect *d,
		      struct tg_str text, uint64_t line)
{
	TG_OWN(tg_sniff_shapes_release) struct tg_sniff_shapes all = { .row = NULL };

	tg_sniff_shapes_read(&all, d, text, g->s->whole, line);
	return all.n > 1 && !all.wrong && tg_sniff_width(&all) > 1;
}

/* `1, "a, b"`: quotes that stand behind a blank are none, unless blanks are cut off first. */
static bool find_blanks_at_quotes(struct tg_sniffing *g, const struct tg_sniff_shapes *all,
				  struct tg_str text, uint64_t line)
{
	struct tg_sniff *s = g->s;
	struct tg_csv_dialect d = s->dialect;

	if ((d.quote == '"' && !all->wrong) || (d.quote < 0 && g->known->quote.p) ||
	    !memchr(text.p, '"', text.n))
		return false;
	if (d.quote < 0)
		d.quote = '"';
	d.trim_start = d.trim_end = true;
	if (!reads_all(g, &d, text, line))
		return false;
	if (s->dialect.quote < 0 && s->questions)
		s->questions--; /* whether they are text: it is the last that was asked */
	s->dialect = d;
	tg_sniff_ask(g, "Are blanks around quotes, and around fields, no part of the values? They "
			"are drafted to be cut off.");
	return true;
}

static void find_blanks(struct tg_sniffing *g, struct tg_str text, uint64_t line)
{
	TG_OWN(tg_sniff_shapes_release) struct tg_sniff_shapes all = { .row = NULL };

	tg_sniff_shapes_read(&all, &g->s->dialect, text, g->s->whole, line);
	if (find_blanks_at_quotes(g, &all, text, line))
		return;
	if (all.wrong || all.n < 2 || all.inner < 2 || all.behind_blank < all.inner ||
	    memchr(g->s->dialect.delimiter, ' ', g->s->dialect.delimiter_n))
		return;
	g->s->dialect.trim_start = true;
	tg_sniff_ask(g,
		     "Is the blank behind each delimiter no part of the values? All %llu fields "
		     "behind one begin so; it is drafted to be cut off.",
		     (unsigned long long)all.inner);
}

/*
 * A delimiter behind the last field
 */

/* The header has a field less than most rows, and in these the last one is always empty. */
static void find_open_ends(struct tg_sniffing *g, struct tg_str text, uint64_t line)
{
	TG_OWN(tg_sniff_shapes_release) struct tg_sniff_shapes all = { .row = NULL };
	uint32_t width;
	size_t i = 0;

	if (g->known->header == TG_SNIFF_HEADER_NO)
		return;
	tg_sniff_shapes_read(&all, &g->s->dialect, text, g->s->whole, line);
	width = tg_sniff_width(&all);
	while (i < all.n &&
	       (all.row[i].wrong || (all.row[i].fields != width && all.row[i].fields + 1 != width)))
		i++;
	if (width < 3 || i == all.n || all.row[i].fields == width)
		return;
	for (; i < all.n; i++)
		if (!all.row[i].wrong && all.row[i].fields == width && !all.row[i].open_end)
			return;
	g->s->dialect.ragged = TG_CSV_RAGGED_TRAILING;
	tg_sniff_ask(g, "Have rows a delimiter behind their last field? They have one field more "
			"than the header, always empty; it is drafted to be dropped.");
}

void tg_sniff_around(struct tg_sniffing *g, struct tg_str text, uint64_t line)
{
	find_dialect(g, text, line);
	find_blanks(g, text, line);
	find_open_ends(g, text, line);
}
