#include "common/rules/compare.h"

#include "common/json/number.h"
#include "common/json/text.h"
#include "common/time/time.h"

const struct tg_str tg_operator_name[TG_OPERATORS] = {
	[TG_EQUAL] = { "=", 1 },    [TG_UNEQUAL] = { "!=", 2 }, [TG_LESS] = { "<", 1 },
	[TG_AT_MOST] = { "<=", 2 }, [TG_MORE] = { ">", 1 },	[TG_AT_LEAST] = { ">=", 2 },
};

bool tg_operator_holds(enum tg_operator op, int order)
{
	switch (op) {
	case TG_EQUAL:
		return order == 0;
	case TG_UNEQUAL:
		return order != 0;
	case TG_LESS:
		return order < 0;
	case TG_AT_MOST:
		return order <= 0;
	case TG_MORE:
		return order > 0;
	case TG_AT_LEAST:
		return order >= 0;
	case TG_OPERATORS:
		break;
	}
	return false;
}

/* The digits of the fraction of a second, to whatever length; s is a date-time. */
static struct tg_str fraction(struct tg_str s)
{
	struct tg_str digits = tg_str_after(s, 19);
	size_t n = 0;

	if (digits.p[0] != '.')
		return TG_STR("");
	digits = tg_str_after(digits, 1);
	while (n < digits.n && tg_digit((unsigned char)digits.p[n]))
		n++;
	while (n && digits.p[n - 1] == '0')
		n--;
	return tg_str_from(digits.p, n);
}

/* A leap second is counted as the second behind it, and comes before it. */
static bool is_leap(struct tg_str s)
{
	return s.p[17] == '6';
}

/* False: they are not both date-times. */
static bool compare_times(struct tg_str a, struct tg_str b, int *order)
{
	struct tg_time x, y;

	/* Most texts are none, and that shows in their length or the first hyphen. */
	if (a.n < 20 || b.n < 20 || a.p[4] != '-' || b.p[4] != '-' || !tg_time_is_date_time(a) ||
	    !tg_time_is_date_time(b) || !tg_time_read(a, &x) || !tg_time_read(b, &y))
		return false;
	if (x.seconds != y.seconds)
		*order = x.seconds < y.seconds ? -1 : 1;
	else if (is_leap(a) != is_leap(b))
		*order = is_leap(a) ? -1 : 1;
	else
		*order = tg_str_compare(fraction(a), fraction(b));
	return true;
}

static struct tg_str text_of(const struct tg_record *rec, const struct tg_span *v,
			     struct tg_arena *arena)
{
	return v->flags & TG_SPAN_ESCAPED ? tg_text_get(arena, rec, v) : tg_span_text(rec, v);
}

enum tg_answer tg_compare(enum tg_operator op, const struct tg_record *a, const struct tg_span *x,
			  const struct tg_record *b, const struct tg_span *y,
			  struct tg_arena *arena)
{
	int order;

	if (x->kind == TG_NUMBER && y->kind == TG_NUMBER) {
		order = tg_number_compare(tg_span_text(a, x), tg_span_text(b, y));
	} else if (x->kind == TG_STRING && y->kind == TG_STRING) {
		struct tg_str s = text_of(a, x, arena), t = text_of(b, y, arena);

		if (!compare_times(s, t, &order))
			order = tg_str_compare(s, t); /* UTF-8 keeps the order of code points */
	} else if (x->kind < TG_NUMBER && y->kind < TG_NUMBER &&
		   (x->kind == TG_NULL) == (y->kind == TG_NULL)) {
		if (op != TG_EQUAL && op != TG_UNEQUAL)
			return TG_ANSWER_NONE;
		order = x->kind != y->kind;
	} else {
		return TG_ANSWER_NONE;
	}
	return tg_operator_holds(op, order) ? TG_ANSWER_YES : TG_ANSWER_NO;
}
