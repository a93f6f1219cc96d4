#include "common/fixed/tally.h"

#include "common/base/utf8.h"
#include "common/json/number.h"
#include "common/json/sum.h"
#include "common/json/text.h"

/* One check as it goes. */
struct line {
	const struct tg_fixed_check *check;
	uint64_t count;
	struct tg_sum sum;
	bool untold;	       /* a value that should have been added is not known */
	struct tg_buffer said; /* what the file said last */
	struct tg_sum all;     /* of all files */
	bool silent;	       /* one said nothing */
};

struct tg_fixed_tally {
	const struct tg_fixed_layout *layout;
	struct line *line;
	size_t lines;
	bool *judges; /* by kind */
	bool *counts; /* by kind: some check looks at its records */
};

static bool looks_at(const struct tg_fixed_check *c, size_t kind)
{
	return (c->sum ? c->added[kind] != NULL : c->of[kind]) || (c->since && c->since[kind]);
}

struct tg_fixed_tally *tg_fixed_tally_new(const struct tg_fixed_layout *layout,
					  struct tg_arena *arena)
{
	struct tg_fixed_tally *t;

	if (layout->checks == 0)
		return NULL;
	t = tg_arena_take(arena, sizeof(*t));
	t->layout = layout;
	t->lines = layout->checks;
	t->line = tg_arena_array(arena, t->lines, sizeof(*t->line));
	t->judges = tg_arena_array(arena, layout->kinds, sizeof(*t->judges));
	t->counts = tg_arena_array(arena, layout->kinds, sizeof(*t->counts));
	for (size_t i = 0; i < t->lines; i++) {
		t->line[i].check = &layout->check[i];
		t->judges[layout->check[i].in] = true;
		for (size_t k = 0; k < layout->kinds; k++)
			t->counts[k] |= looks_at(&layout->check[i], k);
	}
	return t;
}

void tg_fixed_tally_release(struct tg_fixed_tally *t)
{
	for (size_t i = 0; t && i < t->lines; i++)
		tg_buffer_release(&t->line[i].said);
}

static void clear(struct line *l)
{
	l->count = 0;
	tg_sum_clear(&l->sum);
	l->untold = false;
}

void tg_fixed_tally_begin(struct tg_fixed_tally *t)
{
	for (size_t i = 0; i < t->lines; i++) {
		clear(&t->line[i]);
		tg_buffer_clear(&t->line[i].said);
	}
}

bool tg_fixed_tally_judges(const struct tg_fixed_tally *t, uint32_t kind)
{
	return t->judges[kind];
}

/* The number that a value is, without quotes and leading zeros; none: it is none. */
static struct tg_str number_of(struct tg_str json)
{
	bool quoted = json.n >= 2 && json.p[0] == '"';
	struct tg_str s = quoted ? tg_str_from(json.p + 1, json.n - 2) : json;

	while (quoted && s.n > 1 && s.p[0] == '0' && tg_digit((unsigned char)s.p[1]))
		s = tg_str_after(s, 1);
	return tg_number_is(s) ? s : TG_STR_NONE;
}

/* False: not known. */
static bool conditions(const struct tg_fixed_when *when, const struct tg_fixed_row *row, bool *hold)
{
	*hold = true;
	for (size_t i = 0; i < when->tests; i++) {
		struct tg_str value = row->slot[when->test[i].field->slot];

		if (!value.p)
			return false;
		if (value.n == 0 || !tg_fixed_test_holds(&when->test[i], value))
			*hold = false;
	}
	return true;
}

static void add(struct line *l, uint32_t kind, const struct tg_fixed_row *row)
{
	const struct tg_fixed_check *c = l->check;
	struct tg_str value, number;
	bool hold = true;

	if (c->when && !conditions(&c->when[kind], row, &hold)) {
		l->untold = true;
		return;
	}
	if (!hold)
		return;
	l->count++;
	if (!c->sum)
		return;
	value = row->slot[c->added[kind]->slot];
	if (value.p && (value.n == 0 || tg_str_is(value, "null")))
		return;
	number = value.p ? number_of(value) : TG_STR_NONE;
	if (!number.p || !tg_sum_add(&l->sum, number, false))
		l->untold = true;
}

void tg_fixed_tally_add(struct tg_fixed_tally *t, uint32_t kind, const struct tg_fixed_row *row)
{
	if (!t->counts[kind])
		return;
	for (size_t i = 0; i < t->lines; i++) {
		struct line *l = &t->line[i];

		if (l->check->since && l->check->since[kind])
			clear(l);
		if (l->check->sum ? l->check->added[kind] != NULL : l->check->of[kind])
			add(l, kind, row);
	}
}

/* A whole number, however large, in the remainder that fits the field. */
static void put_remainder(struct tg_buffer *out, struct tg_str number, uint64_t modulo)
{
	bool minus = number.n && number.p[0] == '-';
	uint64_t rest = 0; /* below 10^18, so that ten of it fit */

	for (size_t i = minus; i < number.n && tg_digit((unsigned char)number.p[i]); i++)
		rest = (rest * 10 + (unsigned char)(number.p[i] - '0')) % modulo;
	if (minus && rest)
		tg_buffer_putc(out, '-');
	tg_buffer_put_u64(out, rest);
}

static void put_found(struct tg_buffer *out, struct line *l)
{
	TG_OWN(tg_buffer_release) struct tg_buffer number = TG_BUFFER_INIT;

	if (l->check->sum)
		tg_sum_put(&number, &l->sum);
	else
		tg_buffer_put_u64(&number, l->count);
	if (l->check->modulo)
		put_remainder(out, tg_buffer_str(&number), l->check->modulo);
	else
		tg_buffer_put_str(out, tg_buffer_str(&number));
}

static size_t decimals(struct tg_str number)
{
	const char *point = number.n ? memchr(number.p, '.', number.n) : NULL;

	return point ? number.n - (size_t)(point - number.p) - 1 : 0;
}

/* With the decimals that the file gives its own number, so that the eye can compare them. */
static void match_decimals(struct tg_buffer *found, struct tg_str said)
{
	size_t has = decimals(tg_buffer_str(found)), wanted = decimals(said);

	if (wanted > has && has == 0)
		tg_buffer_putc(found, '.');
	for (; has < wanted; has++)
		tg_buffer_putc(found, '0');
}

static void put_labels(struct tg_buffer *out, const struct tg_fixed_tally *t, const bool *of)
{
	const char *comma = "";

	for (size_t i = 0; i < t->layout->kinds; i++) {
		if (!of[i])
			continue;
		tg_buffer_puts(out, comma);
		tg_utf8_put_safe(out, t->layout->kind[i].label, 40);
		comma = ", ";
	}
}

/* What is checked: "/count is 3, and there are 2 records of pay". */
static void put_difference(struct tg_buffer *out, const struct tg_fixed_tally *t,
			   const struct line *l, struct tg_str said, struct tg_str found)
{
	const struct tg_fixed_check *c = l->check;

	tg_buffer_puts(out, out->n ? "; /" : "/");
	tg_utf8_put_safe(out, c->field->name, 80);
	if (!c->sum) {
		tg_buffer_printf(out, " says %.*s, and of ", TG_STR_ARG(said));
		put_labels(out, t, c->of);
		tg_buffer_printf(out, " there are %.*s", TG_STR_ARG(found));
	} else if (c->quotable) {
		tg_buffer_printf(out, " says %.*s, and ", TG_STR_ARG(said));
		tg_utf8_put_safe(out, c->pointer, 80);
		tg_buffer_printf(out, " adds up to %.*s", TG_STR_ARG(found));
	} else {
		tg_buffer_puts(out, " is not what ");
		tg_utf8_put_safe(out, c->pointer, 80);
		tg_buffer_puts(out,
			       " adds up to; the numbers may not be told (x-class; --show-values)");
	}
}

static void judge(struct tg_fixed_tally *t, struct line *l, const struct tg_fixed_row *row,
		  uint64_t *untold, struct tg_buffer *differ)
{
	TG_OWN(tg_buffer_release) struct tg_buffer found = TG_BUFFER_INIT;
	struct tg_str value = row->slot[l->check->field->slot];
	struct tg_str said = value.p ? number_of(value) : TG_STR_NONE;

	tg_buffer_clear(&l->said);
	if (!said.p) {
		tg_buffer_puts(differ, differ->n ? "; /" : "/");
		tg_utf8_put_safe(differ, l->check->field->name, 80);
		tg_buffer_puts(differ, " says no number");
		return;
	}
	tg_buffer_put_str(&l->said, said);
	if (l->untold) {
		++*untold;
		return;
	}
	put_found(&found, l);
	match_decimals(&found, said);
	if (tg_number_compare(said, tg_buffer_str(&found)))
		put_difference(differ, t, l, said, tg_buffer_str(&found));
}

enum tg_status tg_fixed_tally_judge(struct tg_fixed_tally *t, uint32_t kind,
				    const struct tg_fixed_row *row, uint64_t *untold,
				    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer differ = TG_BUFFER_INIT;

	for (size_t i = 0; i < t->lines; i++)
		if (t->line[i].check->in == kind)
			judge(t, &t->line[i], row, untold, &differ);
	if (differ.n == 0)
		return TG_OK;
	return tg_fail_code(err, TG_DATA, "fixed-control", "%.*s",
			    TG_STR_ARG(tg_buffer_str(&differ)));
}

/* Of all records that come out, and of no others. */
static bool is_of_all(const struct tg_fixed_tally *t, const struct tg_fixed_check *c)
{
	if (c->since || c->when || c->modulo)
		return false;
	for (size_t i = 0; i < t->layout->kinds; i++)
		if ((c->sum ? c->added[i] != NULL : c->of[i]) && !t->layout->kind[i].emit)
			return false;
	for (size_t i = 0; !c->sum && i < t->layout->kinds; i++)
		if (t->layout->kind[i].emit && !c->of[i])
			return false;
	return true;
}

void tg_fixed_tally_end(struct tg_fixed_tally *t)
{
	for (size_t i = 0; i < t->lines; i++) {
		struct line *l = &t->line[i];

		if (l->said.n == 0 || !tg_sum_add(&l->all, tg_buffer_str(&l->said), false))
			l->silent = true;
	}
}

static bool is_told(const struct tg_fixed_tally *t, const struct line *l)
{
	return !l->silent && is_of_all(t, l->check);
}

bool tg_fixed_tally_put_trailer(struct tg_fixed_tally *t, struct tg_buffer *json)
{
	size_t before = json->n;
	bool sums = false;

	for (size_t i = 0; i < t->lines && json->n == before; i++) {
		if (t->line[i].check->sum || !is_told(t, &t->line[i]))
			continue;
		tg_buffer_puts(json, "\"count\":");
		tg_sum_put(json, &t->line[i].all);
	}
	for (size_t i = 0; i < t->lines; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer sum = TG_BUFFER_INIT;
		struct line *l = &t->line[i];

		if (!l->check->sum || !is_told(t, l))
			continue;
		tg_sum_put(&sum, &l->all);
		tg_buffer_puts(json, sums ? "," : json->n > before ? ",\"sums\":{" : "\"sums\":{");
		tg_json_put_string(json, l->check->pointer);
		tg_buffer_putc(json, ':');
		tg_json_put_string(json, tg_buffer_str(&sum));
		sums = true;
	}
	if (sums)
		tg_buffer_putc(json, '}');
	return json->n > before;
}
