#include "common/base/utf8.h"
#include "common/sniff/inside.h"

#include <stdlib.h>

/*
 * What a column holds: each value is tried by each form that is still worth it, with the same readers that csv2json uses, so that what
 * fits here is taken there. A form fits when all values do. Two forms that fit and give the same values are one; two that give others
 * (1.234 and 1234; 3 April and 4 March) are a question, and the column stays text.
 */
enum {
	DECIMALS = 9,
	MINUSES = 3,
	NUMBERS = DECIMALS * MINUSES,
	DATES_MAX = 48,
	PAIRS_MAX = 16,
	COMPARED = 100000, /* rows whose values are compared */
	TRIED = 64,	   /* a form that by then fits less than half is given up */
	NUMBER_MAX = 64,   /* bytes */
	DIGITS_EXACT = 15, /* that every reader of JSON keeps */
};

static const struct {
	const char *decimal, *group;
} decimals[DECIMALS] = {
	{ ".", "" },  { ",", "" },	   { ".", "," },
	{ ",", "." }, { ".", " " },	   { ",", " " },
	{ ".", "'" }, { ",", "\xc2\xa0" }, { ",", "\xe2\x80\xaf" },
};

static const struct tg_sniff_pair pairs[] = {
	{ "true", "false" }, { "True", "False" }, { "TRUE", "FALSE" }, { "yes", "no" },
	{ "Yes", "No" },     { "YES", "NO" },	  { "y", "n" },	       { "Y", "N" },
	{ "t", "f" },	     { "T", "F" },	  { "ja", "nein" },    { "Ja", "Nein" },
	{ "j", "n" },	     { "J", "N" },	  { "oui", "non" },    { "Oui", "Non" },
};

/* What a pattern leaves open, and a person must say. */
enum wants {
	WANTS_NOTHING,
	WANTS_ZONE,
	WANTS_PIVOT,
	WANTS_WORD, /* eight digits are a number as well; a time may be a duration */
};

/* Patterns of one order read a text alike where both fit it. */
enum order {
	YMD,
	DMY,
	MDY,
	TIME,
};

static const struct pattern {
	const char *text;
	enum order order;
	enum wants wants;
	bool native;
} patterns[] = {
	{ "yyyy-MM-dd", YMD, WANTS_NOTHING, true },
	{ "yyyy/MM/dd", YMD, WANTS_NOTHING, false },
	{ "yyyy.MM.dd", YMD, WANTS_NOTHING, false },
	{ "yyyyMMdd", YMD, WANTS_WORD, false },
	{ "dd.MM.yyyy", DMY, WANTS_NOTHING, false },
	{ "d.M.yyyy", DMY, WANTS_NOTHING, false },
	{ "dd/MM/yyyy", DMY, WANTS_NOTHING, false },
	{ "d/M/yyyy", DMY, WANTS_NOTHING, false },
	{ "dd-MM-yyyy", DMY, WANTS_NOTHING, false },
	{ "MM/dd/yyyy", MDY, WANTS_NOTHING, false },
	{ "M/d/yyyy", MDY, WANTS_NOTHING, false },
	{ "MM-dd-yyyy", MDY, WANTS_NOTHING, false },
	{ "dd-MMM-yyyy", DMY, WANTS_NOTHING, false },
	{ "dd MMM yyyy", DMY, WANTS_NOTHING, false },
	{ "d MMM yyyy", DMY, WANTS_NOTHING, false },
	{ "d MMMM yyyy", DMY, WANTS_NOTHING, false },
	{ "MMM d, yyyy", MDY, WANTS_NOTHING, false },
	{ "MMMM d, yyyy", MDY, WANTS_NOTHING, false },
	{ "dd.MM.yy", DMY, WANTS_PIVOT, false },
	{ "dd/MM/yy", DMY, WANTS_PIVOT, false },
	{ "MM/dd/yy", MDY, WANTS_PIVOT, false },
	{ "M/d/yy", MDY, WANTS_PIVOT, false },
	{ "dd-MMM-yy", DMY, WANTS_PIVOT, false },
	{ "yyyy-MM-ddTHH:mm:ssXXX", YMD, WANTS_NOTHING, true },
	{ "yyyy-MM-ddTHH:mm:ss.SSSXXX", YMD, WANTS_NOTHING, true },
	{ "yyyy-MM-ddTHH:mm:ss.SSSSSSXXX", YMD, WANTS_NOTHING, true },
	{ "yyyy-MM-dd HH:mm:ssXXX", YMD, WANTS_NOTHING, false },
	{ "yyyy-MM-ddTHH:mm:ssXX", YMD, WANTS_NOTHING, false },
	{ "yyyy-MM-ddTHH:mm:ss", YMD, WANTS_ZONE, false },
	{ "yyyy-MM-dd HH:mm:ss", YMD, WANTS_ZONE, false },
	{ "yyyy-MM-dd HH:mm", YMD, WANTS_ZONE, false },
	{ "yyyy-MM-dd HH:mm:ss.SSS", YMD, WANTS_ZONE, false },
	{ "yyyy-MM-dd HH:mm:ss.SSSSSS", YMD, WANTS_ZONE, false },
	{ "dd.MM.yyyy HH:mm:ss", DMY, WANTS_ZONE, false },
	{ "dd.MM.yyyy HH:mm", DMY, WANTS_ZONE, false },
	{ "dd/MM/yyyy HH:mm:ss", DMY, WANTS_ZONE, false },
	{ "dd/MM/yyyy HH:mm", DMY, WANTS_ZONE, false },
	{ "MM/dd/yyyy HH:mm:ss", MDY, WANTS_ZONE, false },
	{ "MM/dd/yyyy HH:mm", MDY, WANTS_ZONE, false },
	{ "M/d/yyyy h:mm:ss a", MDY, WANTS_ZONE, false },
	{ "HH:mm:ss", TIME, WANTS_WORD, false },
	{ "HH:mm", TIME, WANTS_WORD, false },
};
_Static_assert(TG_COUNT(patterns) <= DATES_MAX, "patterns are counted by bits");
_Static_assert(TG_COUNT(pairs) <= PAIRS_MAX, "and so are pairs");

struct tg_sniff_forms {
	struct tg_decimal_form number[NUMBERS];
	struct tg_date_form date[DATES_MAX];
};

struct tg_sniff_stats {
	uint64_t values, empties;
	uint32_t number[NUMBERS];  /* values that fit; the rest is given up */
	uint64_t meaning[NUMBERS]; /* a digest of what was read */
	uint32_t date[DATES_MAX];
	uint32_t yes[PAIRS_MAX], no[PAIRS_MAX];
	uint64_t integers, zeros, pluses, exponents, many_digits, bits, minuses;
	size_t longest;
	uint64_t *seen; /* digests of values */
	size_t seen_n, seen_most;
	bool sorted;
};

struct tg_sniff_forms *tg_sniff_forms_new(struct tg_arena *arena)
{
	struct tg_sniff_forms *f = tg_arena_take(arena, sizeof(*f));
	struct tg_error err = TG_ERROR_INIT;

	for (size_t i = 0; i < NUMBERS; i++)
		f->number[i] = (struct tg_decimal_form){
			.decimal = tg_str_of(decimals[i % DECIMALS].decimal),
			.group = tg_str_of(decimals[i % DECIMALS].group),
			.minus = (enum tg_minus)(i / DECIMALS),
		};
	for (size_t i = 0; i < TG_COUNT(patterns); i++) {
		struct tg_date_says says = { .pattern = tg_str_of(patterns[i].text) };

		if (patterns[i].wants == WANTS_ZONE)
			says.zone = TG_STR("UTC");
		if (patterns[i].wants == WANTS_PIVOT)
			says.pivot = TG_STR("70");
		TG_BUG_IF(tg_date_compile(&f->date[i], &says, arena, &err) != TG_OK);
	}
	return f;
}

struct tg_sniff_stats *tg_sniff_stats_new(size_t columns, size_t rows, struct tg_arena *arena)
{
	struct tg_sniff_stats *stats = tg_arena_array(arena, columns, sizeof(*stats));
	size_t most = rows < COMPARED ? rows : COMPARED;
	uint64_t *seen = tg_alloc_array(columns, most * sizeof(*seen)); /* of all columns */

	for (size_t i = 0; i < columns; i++) {
		stats[i].seen = seen + i * most;
		stats[i].seen_most = most;
	}
	return stats;
}

void tg_sniff_stats_release(struct tg_sniff_stats *stats)
{
	tg_free(TG_TAKE(stats[0].seen));
}

/* FNV-1a, finished by a mix: the same on every machine. Two values that meet make a column look less like a key, no more. */
static uint64_t digest(uint64_t start, struct tg_str s)
{
	uint64_t h = start ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

static void see(struct tg_sniff_stats *c, struct tg_str value)
{
	if (c->seen_n == c->seen_most)
		return;
	c->seen[c->seen_n++] = digest(0, value);
	c->sorted = false;
}

static bool worth_it(uint32_t fits, uint64_t before)
{
	return before < TRIED || (uint64_t)fits * 2 >= before;
}

/* Whether value could be a number or a date at all: the forms cost more than this look. */
static bool has_digits(struct tg_str v, size_t most)
{
	if (v.n > most)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (tg_digit((unsigned char)v.p[i]))
			return true;
	return false;
}

static void count_digits(struct tg_sniff_stats *c, struct tg_str v)
{
	size_t digits = 0, front = v.n && (v.p[0] == '-' || v.p[0] == '+');

	for (size_t i = 0; i < v.n; i++) {
		digits += tg_digit((unsigned char)v.p[i]);
		c->exponents += v.p[i] == 'e' || v.p[i] == 'E';
	}
	c->pluses += memchr(v.p, '+', v.n) != NULL;
	c->minuses += memchr(v.p, '-', v.n) != NULL;
	c->zeros += v.n > front + 1 && v.p[front] == '0' && tg_digit((unsigned char)v.p[front + 1]);
	c->many_digits += digits > DIGITS_EXACT;
	c->bits += v.n == 1 && (v.p[0] == '0' || v.p[0] == '1');
}

static void count_number(struct tg_sniff_stats *c, const struct tg_sniff_forms *f, struct tg_str v)
{
	char to[NUMBER_MAX + 2];
	bool any = false;

	if (!has_digits(v, NUMBER_MAX))
		return;
	for (size_t i = 0; i < NUMBERS; i++) {
		char *end;

		if (!worth_it(c->number[i], c->values))
			continue;
		end = tg_decimal_read(to, v, &f->number[i], false);
		if (!end)
			continue;
		any = true;
		c->number[i]++;
		c->meaning[i] = digest(c->meaning[i], tg_str_from(to, (size_t)(end - to)));
	}
	if (!any)
		return;
	count_digits(c, v);
	c->integers += tg_decimal_read(to, v, &f->number[0], true) != NULL;
}

static void count_date(struct tg_sniff_stats *c, const struct tg_sniff_forms *f, struct tg_str v)
{
	char to[TG_DATE_MAX];

	if (!has_digits(v, TG_DATE_PATTERN_MAX))
		return;
	for (size_t i = 0; i < TG_COUNT(patterns); i++)
		if (worth_it(c->date[i], c->values))
			c->date[i] += tg_date_read(&f->date[i], to, v) != NULL;
}

void tg_sniff_count(struct tg_sniff_stats *stats, size_t i, const struct tg_sniff_forms *forms,
		    struct tg_str value, bool quoted)
{
	struct tg_sniff_stats *c = &stats[i];
	size_t length = tg_utf8_count(value);

	see(c, value);
	if (value.n == 0 && !quoted) {
		c->empties++;
		return;
	}
	if (length > c->longest)
		c->longest = length;
	count_number(c, forms, value);
	count_date(c, forms, value);
	for (size_t p = 0; p < TG_COUNT(pairs) && value.n <= 5; p++) {
		c->yes[p] += tg_str_is(value, pairs[p].yes);
		c->no[p] += tg_str_is(value, pairs[p].no);
	}
	c->values++;
}

bool tg_sniff_is_value(const struct tg_sniff_forms *forms, struct tg_str value)
{
	char to[NUMBER_MAX + 2 > TG_DATE_MAX ? NUMBER_MAX + 2 : TG_DATE_MAX];

	if (value.n == 0)
		return true;
	if (!has_digits(value, NUMBER_MAX))
		return false;
	for (size_t i = 0; i < NUMBERS; i++)
		if (tg_decimal_read(to, value, &forms->number[i], false))
			return true;
	for (size_t i = 0; i < TG_COUNT(patterns); i++)
		if (tg_date_read(&forms->date[i], to, value))
			return true;
	return false;
}

static int by_digest(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort(struct tg_sniff_stats *c)
{
	if (!c->sorted && c->seen_n)
		qsort(c->seen, c->seen_n, sizeof(*c->seen), by_digest);
	c->sorted = true;
}

bool tg_sniff_was_seen(struct tg_sniff_stats *stats, size_t i, struct tg_str value)
{
	uint64_t d = digest(0, value);

	sort(&stats[i]);
	return stats[i].seen_n && bsearch(&d, stats[i].seen, stats[i].seen_n, sizeof(d), by_digest);
}

/*
 * Deciding
 */

static size_t first_number(const struct tg_sniff_stats *c)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (c->values && c->number[i] == c->values)
			return i;
	return NUMBERS;
}

static size_t first_date(const struct tg_sniff_stats *c)
{
	for (size_t i = 0; i < TG_COUNT(patterns); i++)
		if (c->values && c->date[i] == c->values)
			return i;
	return DATES_MAX;
}

/* A pair of words of which both occur, and nothing else. */
static size_t the_pair(const struct tg_sniff_stats *c)
{
	for (size_t i = 0; i < TG_COUNT(pairs); i++)
		if (c->yes[i] && c->no[i] && (uint64_t)c->yes[i] + c->no[i] == c->values)
			return i;
	return PAIRS_MAX;
}

bool tg_sniff_is_typed(const struct tg_sniff_stats *stats, size_t i)
{
	const struct tg_sniff_stats *c = &stats[i];

	return first_number(c) < NUMBERS || first_date(c) < DATES_MAX || the_pair(c) < PAIRS_MAX;
}

bool tg_sniff_would_fit(const struct tg_sniff_stats *stats, size_t i,
			const struct tg_sniff_forms *forms, struct tg_str value)
{
	size_t pair = the_pair(&stats[i]);

	if (pair < PAIRS_MAX)
		return tg_str_is(value, pairs[pair].yes) || tg_str_is(value, pairs[pair].no);
	return tg_sniff_is_value(forms, value);
}

static uint64_t most_of(const uint32_t *count, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (count[i] > most)
			most = count[i];
	return most;
}

#define ASK(g, column, format, ...)                                                                \
	tg_sniff_ask(g, "%.*s: " format, TG_STR_ARG(tg_sniff_called(g, column)), __VA_ARGS__)

/* All values fit the pattern at `first`; true when the column is drafted as a date. */
static bool decide_date(struct tg_sniffing *g, const struct tg_sniff_stats *c,
			struct tg_sniff_column *column, const struct tg_sniff_forms *forms,
			size_t first)
{
	static const char *const what[] = {
		[WANTS_NOTHING] = "",
		[WANTS_ZONE] = "in which zone are its times? All values are date-times by",
		[WANTS_PIVOT] = "from which year on is it 19xx? All values are dates by",
		[WANTS_WORD] = "is it a day or a time? All values fit",
	};
	const struct pattern *p = &patterns[first];
	size_t other = first + 1;

	while (other < TG_COUNT(patterns) &&
	       (c->date[other] != c->values || patterns[other].order == p->order))
		other++;
	if (other < TG_COUNT(patterns)) {
		ASK(g, column, "which comes first, the day or the month? All values fit %s and %s.",
		    p->text, patterns[other].text);
		column->why = tg_arena_format(g->arena, "dates by %s or by %s: nothing decides",
					      p->text, patterns[other].text);
		return false;
	}
	if (p->wants != WANTS_NOTHING) {
		ASK(g, column, "%s %s.", what[p->wants], p->text);
		column->why = tg_arena_format(g->arena, "all fit %s", p->text);
		return false;
	}
	column->type = TG_SNIFF_DATE;
	column->date = tg_str_of(p->text);
	column->format = tg_date_name(&forms->date[first]);
	column->native = p->native;
	column->why = tg_arena_format(g->arena, "all are dates by %s", p->text);
	return true;
}

/* What speaks for text although all are numbers. */
static const char *no_amount(const struct tg_sniff_stats *c)
{
	return c->zeros	      ? "some numbers have leading zeros, as codes have"
	       : c->pluses    ? "some numbers have a plus, as telephone numbers have"
	       : c->exponents ? "some numbers have an exponent, as codes may seem to"
	       : c->many_digits
		       ? "some numbers have more than 15 digits, which not all readers keep"
		       : NULL;
}

/* Whether two forms that both fit read all values alike. */
static size_t another_meaning(const struct tg_sniff_stats *c, size_t first, struct tg_str decimal,
			      const struct tg_sniff_forms *forms)
{
	for (size_t i = first + 1; i < NUMBERS; i++)
		if (c->number[i] == c->values && c->meaning[i] != c->meaning[first] &&
		    (!decimal.p || tg_str_eq(forms->number[i].decimal, decimal)))
			return i;
	return NUMBERS;
}

static void draft_number(struct tg_sniffing *g, const struct tg_sniff_stats *c,
			 struct tg_sniff_column *column, const struct tg_decimal_form *form)
{
	column->number = *form;
	column->type = c->integers == c->values ? TG_SNIFF_INTEGER : TG_SNIFF_NUMBER;
	if (column->type == TG_SNIFF_INTEGER) {
		column->why = TG_STR("all are digits");
		if (c->bits == c->values)
			ASK(g, column, "%s", "is it true or false? All values are 0 or 1.");
		return;
	}
	column->why =
		tg_arena_format(g->arena, "all are numbers with the decimal sign '%.*s'%s",
				TG_STR_ARG(form->decimal), form->group.n ? " and groups" : "");
}

/* decimal: the file's sign by its other columns, or none: not known yet. True when that decided. */
static bool decide_number(struct tg_sniffing *g, const struct tg_sniff_stats *c,
			  struct tg_sniff_column *column, const struct tg_sniff_forms *forms,
			  struct tg_str decimal)
{
	size_t first = first_number(c);
	const char *no = no_amount(c);

	if (no) {
		column->why = tg_str_of(no);
		return true;
	}
	while (decimal.p && first < NUMBERS &&
	       (c->number[first] != c->values || !tg_str_eq(forms->number[first].decimal, decimal)))
		first++;
	if (first == NUMBERS || another_meaning(c, first, decimal, forms) < NUMBERS)
		return false;
	draft_number(g, c, column, &forms->number[first]);
	if (decimal.p)
		column->why = tg_arena_format(g->arena, "%.*s, as in other columns",
					      TG_STR_ARG(column->why));
	return true;
}

static void ask_number(struct tg_sniffing *g, const struct tg_sniff_stats *c,
		       struct tg_sniff_column *column, const struct tg_sniff_forms *forms)
{
	size_t first = first_number(c), other = another_meaning(c, first, TG_STR_NONE, forms);
	const struct tg_decimal_form *f = &forms->number[first];

	ASK(g, column, "is '%.*s' its decimal sign, or does it stand between groups of digits?",
	    TG_STR_ARG(f->decimal));
	column->why = tg_arena_format(
		g->arena, "numbers with the decimal sign '%.*s' or '%.*s': nothing decides",
		TG_STR_ARG(f->decimal),
		TG_STR_ARG(forms->number[other < NUMBERS ? other : first].decimal));
}

/* Text it is; if most of it is something else, somebody should know. */
static void mostly(struct tg_sniffing *g, const struct tg_sniff_stats *c,
		   struct tg_sniff_column *column)
{
	uint64_t most = column->numbers > column->dates ? column->numbers : column->dates;

	if (c->values == 0) {
		column->why = TG_STR("always empty");
		return;
	}
	column->why = TG_STR("text");
	if (most == c->values || most * 10 < c->values * 9)
		return;
	ASK(g, column, "what are the other values? %llu of %llu are %s.", (unsigned long long)most,
	    (unsigned long long)c->values, column->numbers > column->dates ? "numbers" : "dates");
	column->why = tg_arena_format(g->arena, "%llu of %llu are %s, the others are not",
				      (unsigned long long)most, (unsigned long long)c->values,
				      column->numbers > column->dates ? "numbers" : "dates");
}

static void compare(struct tg_sniff_stats *c, struct tg_sniff_column *column)
{
	sort(c);
	column->distinct = c->seen_n > 0;
	for (size_t i = 1; i < c->seen_n; i++)
		column->distinct += c->seen[i] != c->seen[i - 1];
	column->key = c->seen_n > 1 && column->distinct == c->seen_n && c->empties == 0 &&
		      (column->type == TG_SNIFF_TEXT || column->type == TG_SNIFF_INTEGER);
}

/* The decimal sign that all decided numbers of the file have, or none. */
static struct tg_str common_decimal(const struct tg_sniff *s)
{
	struct tg_str sign = TG_STR_NONE;

	for (size_t i = 0; i < s->columns; i++) {
		if (s->column[i].type != TG_SNIFF_NUMBER)
			continue;
		if (sign.p && !tg_str_eq(sign, s->column[i].number.decimal))
			return TG_STR_NONE;
		sign = s->column[i].number.decimal;
	}
	return sign;
}

static bool same_form(const struct tg_decimal_form *a, const struct tg_decimal_form *b)
{
	return tg_str_eq(a->decimal, b->decimal) && tg_str_eq(a->group, b->group) &&
	       a->minus == b->minus;
}

/* One notation for all that are numbers is the file's. Integers have the usual minus. */
static void hoist(struct tg_sniff *s, const struct tg_sniff_forms *forms)
{
	const struct tg_decimal_form *form = NULL;

	for (size_t i = 0; i < s->columns; i++) {
		if (s->column[i].type != TG_SNIFF_NUMBER)
			continue;
		if (form && !same_form(form, &s->column[i].number))
			return;
		form = &s->column[i].number;
	}
	s->hoisted = form && form->minus == TG_MINUS_LEADING && !same_form(form, &forms->number[0]);
	if (s->hoisted)
		s->number = *form;
}

void tg_sniff_decide(struct tg_sniffing *g, struct tg_sniff_stats *stats,
		     const struct tg_sniff_forms *forms)
{
	struct tg_sniff *s = g->s;
	bool *open = tg_arena_array(g->arena, s->columns + 1, sizeof(*open));
	struct tg_str decimal;

	for (size_t i = 0; i < s->columns; i++) {
		struct tg_sniff_column *column = &s->column[i];
		const struct tg_sniff_stats *c = &stats[i];
		size_t pair = the_pair(c), date = first_date(c);

		column->values = c->values;
		column->empties = c->empties;
		column->longest = c->longest;
		column->numbers = most_of(c->number, NUMBERS);
		column->dates = most_of(c->date, TG_COUNT(patterns));
		if (pair < PAIRS_MAX) {
			column->type = TG_SNIFF_BOOLEAN;
			column->boolean = &pairs[pair];
			column->why = tg_arena_format(g->arena, "all are %s or %s", pairs[pair].yes,
						      pairs[pair].no);
		} else if (date < DATES_MAX) {
			(void)decide_date(g, c, column, forms, date);
		} else if (first_number(c) < NUMBERS) {
			open[i] = !decide_number(g, c, column, forms, TG_STR_NONE);
		} else {
			mostly(g, c, column);
		}
	}
	decimal = common_decimal(s);
	for (size_t i = 0; i < s->columns; i++)
		if (open[i] &&
		    (!decimal.p || !decide_number(g, &stats[i], &s->column[i], forms, decimal)))
			ask_number(g, &stats[i], &s->column[i], forms);
	hoist(s, forms);
	for (size_t i = 0; i < s->columns; i++) {
		compare(&stats[i], &s->column[i]);
		s->nulls |= s->column[i].type != TG_SNIFF_TEXT && s->column[i].empties;
		if (stats[i].seen_n > s->compared)
			s->compared = stats[i].seen_n;
	}
}
