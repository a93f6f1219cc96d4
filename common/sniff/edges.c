#include "common/json/sum.h"
#include "common/sniff/inside.h"

/*
 * The rows at a file's edges that are no records: which words they begin with, and what adds up in them.
 */

static bool is_one_of(struct tg_str text, const char *const *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tg_str_eq(text, tg_str_of(word[i])))
			return true;
	return false;
}

bool tg_sniff_is_trailer_tag(struct tg_str text)
{
	static const char *const tags[] = { "TRAILER", "TRL",	 "TRLR",  "TLR",    "EOF",
					    "END",     "FOOTER", "TOTAL", "TOTALS", "SUM",
					    "SUMME",   "T",	 "Z",	  "99",	    "9" };

	return is_one_of(text, tags, TG_COUNT(tags));
}

bool tg_sniff_is_lead_tag(struct tg_str text)
{
	static const char *const tags[] = { "HEADER", "HDR", "HEAD", "BOF", "START",
					    "LEAD",   "H",   "A",    "00",  "0" };

	return is_one_of(text, tags, TG_COUNT(tags));
}

/*
 * Sums
 */

/* A column whose numbers are added up, as they are in one form. */
struct adder {
	size_t column;
	const struct tg_decimal_form *form;
	struct tg_sum sum;
	uint64_t added;
	bool off; /* a value is no such number, or has too many digits */
};

struct adding {
	const struct tg_csv_dialect *dialect;
	struct adder *adder;
	size_t adders;
	size_t at, from, to; /* rows, by their index: those of [from, to) count */
	size_t columns;
	struct tg_buffer text, number;
};

/* The text as a JSON number; none: it is no number of that form. */
static struct tg_str number_of(struct tg_buffer *number, struct tg_str text,
			       const struct tg_decimal_form *form)
{
	char *to, *end;

	tg_buffer_clear(number);
	to = tg_buffer_room(number, text.n + 2);
	end = text.n ? tg_decimal_read(to, text, form, false) : NULL;
	return end ? tg_str_from(to, (size_t)(end - to)) : TG_STR_NONE;
}

static bool add_row(void *self, const struct tg_csv_rows *rows, const struct tg_csv_row *row)
{
	struct adding *g = self;
	size_t at = g->at++;

	if (at < g->from || at >= g->to || row->code || row->fields < g->columns)
		return true;
	for (size_t i = 0; i < g->adders; i++) {
		struct adder *a = &g->adder[i];
		struct tg_str number;

		if (a->off)
			continue;
		tg_buffer_clear(&g->text);
		tg_csv_put_field(&g->text, rows, &rows->field[row->field + a->column], g->dialect);
		if (!g->text.n)
			continue;
		number = number_of(&g->number, tg_buffer_str(&g->text), a->form);
		a->off = !number.n || !tg_sum_add(&a->sum, number, false);
		a->added += !a->off;
	}
	return true;
}

/* Whether text is the sum. */
static bool is_sum(struct adding *g, struct adder *a, struct tg_str text)
{
	struct tg_str number = number_of(&g->number, text, a->form);
	struct tg_sum rest = a->sum;

	return !a->off && a->added > 1 && number.n && tg_sum_add(&rest, number, true) &&
	       tg_sum_sign(&rest) == 0;
}

static void release(struct adding *g)
{
	tg_buffer_release(&g->text);
	tg_buffer_release(&g->number);
	tg_free(TG_TAKE(g->adder));
}

static struct adding begin(const struct tg_sniff_edge *e, size_t adders)
{
	return (struct adding){ .dialect = &e->s->dialect,
				.adder = tg_alloc_array(adders + 1, sizeof(struct adder)),
				.from = e->from,
				.to = e->to,
				.columns = e->s->columns };
}

static void add_up(struct adding *g, const struct tg_sniff_edge *e)
{
	tg_sniff_rows(&e->s->dialect, e->text, e->s->whole, e->line, add_row, g);
}

bool tg_sniff_adds_up(const struct tg_sniff_edge *e)
{
	static const struct tg_decimal_form forms[] = {
		{ .decimal = { ".", 1 }, .group = { ",", 1 } },
		{ .decimal = { ",", 1 }, .group = { ".", 1 } },
	};
	size_t columns = e->fields < e->s->columns ? e->fields : e->s->columns;
	TG_OWN(release) struct adding g = begin(e, columns * TG_COUNT(forms));

	for (size_t i = 1; i < columns; i++)
		for (size_t k = 0; k < TG_COUNT(forms); k++)
			if (number_of(&g.number, e->field[i], &forms[k]).n)
				g.adder[g.adders++] =
					(struct adder){ .column = i, .form = &forms[k] };
	add_up(&g, e);
	for (size_t i = 0; i < g.adders; i++)
		if (is_sum(&g, &g.adder[i], e->field[g.adder[i].column]))
			return true;
	return false;
}

static bool is_of_number(const struct tg_sniff_column *c)
{
	return c->type == TG_SNIFF_INTEGER || c->type == TG_SNIFF_NUMBER;
}

void tg_sniff_find_sums(struct tg_sniffing *sniffing, const struct tg_sniff_edge *e)
{
	static const struct tg_decimal_form plain = { .decimal = { ".", 1 } };
	struct tg_sniff *s = sniffing->s;
	TG_OWN(release) struct adding g = begin(e, s->columns);

	for (size_t i = 0; i < s->columns; i++)
		if (is_of_number(&s->column[i]))
			g.adder[g.adders++] =
				(struct adder){ .column = i,
						.form = s->column[i].type == TG_SNIFF_NUMBER
								? &s->column[i].number
								: &plain };
	add_up(&g, e);
	s->sum = tg_arena_array(sniffing->arena, e->fields + 1, sizeof(*s->sum));
	for (size_t i = 1; i < e->fields; i++) {
		size_t fits = 0, which = 0;

		for (size_t k = 0; k < g.adders && i + 1 != s->trailer_count; k++) {
			if (!is_sum(&g, &g.adder[k], e->field[i]))
				continue;
			fits++;
			which = g.adder[k].column;
		}
		if (fits == 1)
			s->sum[s->sums++] =
				(struct tg_sniff_sum){ .field = i + 1, .column = which };
	}
}
