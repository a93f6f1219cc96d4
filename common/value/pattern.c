#include "common/value/step.h"

#include "common/base/check.h"
#include "common/base/utf8.h"

static const struct letter {
	char letter;
	uint8_t least, most; /* how often it may stand */
	const char *hint;
} letter[] = {
	// clang-format off
	{ 'y', 2, 4, "a year is yyyy, or yy with a pivot" },
	{ 'c', 1, 1, "a century is c before yy: 0 is 1900" },
	{ 'M', 1, 4, "a month is MM, M, MMM (Nov) or MMMM (November)" },
	{ 'd', 1, 2, "a day is dd or d" },
	{ 'D', 3, 3, "a day of the year is DDD, a day of the month dd" },
	{ 'H', 1, 2, "an hour is HH or H, or hh with a" },
	{ 'h', 1, 2, "an hour is HH or H, or hh with a" },
	{ 'm', 1, 2, "minutes are mm, a month is MM" },
	{ 's', 1, 2, "seconds are ss" },
	{ 'S', 1, 9, "a fraction of a second is S to SSSSSSSSS" },
	{ 'a', 1, 1, "AM or PM is a" },
	{ 'X', 1, 3, "a zone is X, XX or XXX, or x where Z is not taken" },
	{ 'x', 1, 3, "a zone is X, XX or XXX, or x where Z is not taken" },
	// clang-format on
};

/* Letters that people write for others. */
static const struct letter meant[] = {
	{ 'Y', 0, 0, "a year is yyyy" },
	{ 'u', 0, 0, "a year is yyyy" },
	{ 'Z', 0, 0, "a zone is XXX, and the letter Z stands in apostrophes" },
	{ 'z', 0, 0, "zones by name are not taken: a zone is XXX" },
	{ 'f', 0, 0, "a fraction of a second is SSS" },
	{ 'E', 0, 0, "days of the week are not taken" },
	{ 'e', 0, 0, "days of the week are not taken" },
};

struct compiling {
	struct tg_date_form *form;
	const struct tg_date_says *says;
	struct tg_arena *arena;
	struct tg_error *err;
	struct tg_date_step *step;
	size_t steps;
	uint32_t has; /* by 1 << enum part */
};

static bool has(const struct compiling *c, enum part part)
{
	return c->has >> part & 1;
}

/* The number of the character at byte `at`, from 1. */
static unsigned character(const struct compiling *c, size_t at)
{
	return (unsigned)tg_utf8_count(tg_str_from(c->says->pattern.p, at)) + 1;
}

TG_COLD static enum tg_status not_taken(const struct compiling *c, size_t at, const char *why)
{
	return tg_fail(c->err, TG_CONFIG, "character %u: %s", character(c, at), why);
}

TG_COLD static enum tg_status unknown_letter(const struct compiling *c, size_t at)
{
	char l = c->says->pattern.p[at];

	for (size_t i = 0; i < TG_COUNT(meant); i++)
		if (meant[i].letter == l)
			return tg_fail(c->err, TG_CONFIG, "character %u: %c means nothing here; %s",
				       character(c, at), l, meant[i].hint);
	return tg_fail(
		c->err, TG_CONFIG,
		"character %u: %c means nothing here; letters that stand for themselves are put in apostrophes",
		character(c, at), l);
}

static struct tg_date_step step_of(char l, unsigned times)
{
	struct tg_date_step s = { .least = (uint8_t)times, .most = 2 };

	switch (l) {
	case 'y':
		s.part = times == 4 ? YEAR : SHORT_YEAR;
		s.most = (uint8_t)times;
		break;
	case 'c':
		s.part = CENTURY;
		s.most = 1;
		break;
	case 'M':
		s.part = times > 2 ? MONTH_NAME : MONTH;
		s.most = times > 2 ? times == 4 : 2;
		break;
	case 'd':
		s.part = DAY;
		break;
	case 'D':
		s.part = DAY_OF_YEAR;
		s.most = 3;
		break;
	case 'H':
		s.part = HOUR;
		break;
	case 'h':
		s.part = HALF_HOUR;
		break;
	case 'm':
		s.part = MINUTE;
		break;
	case 's':
		s.part = SECOND;
		break;
	case 'S':
		s.part = FRACTION;
		s.most = (uint8_t)times;
		break;
	case 'a':
		s.part = HALF;
		break;
	case 'X':
	case 'x':
		s.part = ZONE;
		s.most = (uint8_t)times;
		s.letter = l == 'X';
		break;
	}
	return s;
}

/* Takes a run of one letter; *at moves behind it. */
static enum tg_status take_letters(struct compiling *c, size_t *at)
{
	struct tg_str p = c->says->pattern;
	const struct letter *known = NULL;
	struct tg_date_step step;
	size_t times = 1;

	for (size_t i = 0; i < TG_COUNT(letter); i++)
		if (letter[i].letter == p.p[*at])
			known = &letter[i];
	if (!known)
		return unknown_letter(c, *at);
	while (*at + times < p.n && p.p[*at + times] == known->letter)
		times++;
	if (times < known->least || times > known->most || (known->letter == 'y' && times == 3))
		return not_taken(c, *at, known->hint);
	step = step_of(known->letter, (unsigned)times);
	if (has(c, step.part))
		return tg_fail(c->err, TG_CONFIG,
			       "character %u: %c stands for what has a place already",
			       character(c, *at), known->letter);
	c->has |= UINT32_C(1) << step.part;
	c->step[c->steps++] = step;
	*at += times;
	return TG_OK;
}

/* Between apostrophes; two of them are one. *at stands on the first. */
static enum tg_status take_quoted(struct compiling *c, struct tg_buffer *text, size_t *at)
{
	struct tg_str p = c->says->pattern;
	size_t opened = *at;

	if (opened + 1 < p.n && p.p[opened + 1] == '\'') {
		tg_buffer_putc(text, '\'');
		*at += 2;
		return TG_OK;
	}
	for (++*at; *at < p.n; ++*at) {
		if (p.p[*at] != '\'') {
			tg_buffer_putc(text, p.p[*at]);
			continue;
		}
		++*at;
		if (*at == p.n || p.p[*at] != '\'')
			return TG_OK;
		tg_buffer_putc(text, '\'');
	}
	return not_taken(c, opened, "an apostrophe opens here and never closes");
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* Takes all that stands for itself. T may do so without apostrophes, as the T of RFC 3339. */
static enum tg_status take_literal(struct compiling *c, size_t *at)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str p = c->says->pattern;
	enum tg_status st = TG_OK;

	while (!st && *at < p.n && (!is_letter(p.p[*at]) || p.p[*at] == 'T')) {
		if (p.p[*at] == '\'') {
			st = take_quoted(c, &text, at);
			continue;
		}
		tg_buffer_putc(&text, p.p[*at]);
		++*at;
	}
	c->step[c->steps++] =
		(struct tg_date_step){ .part = LITERAL,
				       .text = tg_arena_copy(c->arena, tg_buffer_str(&text)) };
	return st;
}

static bool begins_with_digit(const struct tg_date_step *s)
{
	switch (s->part) {
	case LITERAL:
		return s->text.n && tg_digit((unsigned char)s->text.p[0]);
	case MONTH_NAME:
	case HALF:
	case ZONE:
		return false;
	case YEAR:
	case SHORT_YEAR:
	case CENTURY:
	case MONTH:
	case DAY:
	case DAY_OF_YEAR:
	case HOUR:
	case HALF_HOUR:
	case MINUTE:
	case SECOND:
	case FRACTION:
		break;
	}
	return true;
}

/* What has no fixed number of digits must end where no digit follows. */
static enum tg_status check_ends(const struct compiling *c)
{
	for (size_t i = 0; i + 1 < c->steps; i++) {
		const struct tg_date_step *s = &c->step[i];
		bool open = s->part == ZONE ? s->least == 1
					    : s->part != LITERAL && s->part != MONTH_NAME &&
						      s->part != HALF && s->least != s->most;

		if (open && begins_with_digit(&s[1]))
			return tg_fail(
				c->err, TG_CONFIG,
				"what has one digit or two stands right before more digits, so that nobody can tell where it ends");
	}
	return TG_OK;
}

static enum tg_status check_day(const struct compiling *c, bool *day)
{
	bool year = has(c, YEAR) || has(c, SHORT_YEAR);
	bool month = has(c, MONTH) || has(c, MONTH_NAME);

	*day = year || month || has(c, DAY) || has(c, DAY_OF_YEAR) || has(c, CENTURY);
	if (has(c, YEAR) && has(c, SHORT_YEAR))
		return tg_fail(c->err, TG_CONFIG, "there are two years");
	if (has(c, MONTH) && has(c, MONTH_NAME))
		return tg_fail(c->err, TG_CONFIG, "there are two months");
	if (has(c, CENTURY) && !has(c, SHORT_YEAR))
		return tg_fail(c->err, TG_CONFIG,
			       "a century (c) goes with a year of two digits (yy)");
	if (has(c, DAY_OF_YEAR) && (month || has(c, DAY)))
		return tg_fail(c->err, TG_CONFIG,
			       "a day of the year (DDD) needs no month and no day");
	if (*day && (!year || !(has(c, DAY_OF_YEAR) || (month && has(c, DAY)))))
		return tg_fail(c->err, TG_CONFIG, "there is no %s, so it names no day%s",
			       !year	? "year (yyyy)"
			       : !month ? "month (MM)"
					: "day (dd)",
			       !month && has(c, MINUTE) ? " (mm are minutes)" : "");
	return TG_OK;
}

static enum tg_status check_time(const struct compiling *c, bool *time)
{
	bool hour = has(c, HOUR) || has(c, HALF_HOUR);

	*time = hour || has(c, MINUTE) || has(c, SECOND) || has(c, FRACTION) || has(c, HALF);
	if (has(c, HOUR) && has(c, HALF_HOUR))
		return tg_fail(c->err, TG_CONFIG, "there are two hours");
	if (has(c, HALF_HOUR) != has(c, HALF))
		return tg_fail(
			c->err, TG_CONFIG,
			has(c, HALF)
				? "AM or PM (a) goes with hours to twelve (hh)"
				: "hours to twelve (hh) need AM or PM (a); hours to 23 are HH");
	if ((*time && !hour) || (has(c, SECOND) && !has(c, MINUTE)) ||
	    (has(c, FRACTION) && !has(c, SECOND)))
		return tg_fail(c->err, TG_CONFIG, "the time lacks its %s",
			       !hour		 ? "hour (HH)"
			       : !has(c, MINUTE) ? "minutes (mm)"
						 : "seconds (ss)");
	return TG_OK;
}

static enum tg_status read_pivot(const struct compiling *c)
{
	bool needed = has(c, SHORT_YEAR) && !has(c, CENTURY);
	uint64_t pivot = 0;

	if (!c->says->pivot.p)
		return needed ? tg_fail(c->err, TG_CONFIG,
					"a year of two digits (yy) needs a pivot: years below it are 20xx, the others 19xx")
			      : TG_OK;
	if (!needed)
		return tg_fail(c->err, TG_CONFIG, "there is a pivot, and no year that needs it");
	if (!tg_read_u64(c->says->pivot, &pivot) || pivot > 100)
		return tg_fail(c->err, TG_CONFIG, "pivot must be a number from 0 to 100");
	c->form->pivot = (unsigned)pivot;
	return TG_OK;
}

/* +01:00 */
static bool is_offset(struct tg_str s)
{
	return s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && tg_digit((unsigned char)s.p[1]) &&
	       tg_digit((unsigned char)s.p[2]) && s.p[3] == ':' &&
	       tg_digit((unsigned char)s.p[4]) && tg_digit((unsigned char)s.p[5]) &&
	       memcmp(s.p + 1, "23", 2) <= 0 && s.p[4] <= '5';
}

static enum tg_status read_zone(const struct compiling *c)
{
	struct tg_str zone = c->says->zone;

	if (!zone.p) {
		if (c->form->kind == TG_DATE_DATE_TIME && !has(c, ZONE))
			return tg_fail(
				c->err, TG_CONFIG,
				"the times have no zone: say where they are, as in \"zone\": \"+01:00\" or \"UTC\"");
		return TG_OK;
	}
	if (c->form->kind == TG_DATE_DAY)
		return tg_fail(c->err, TG_CONFIG, "there is a zone, and no time that needs it");
	if (has(c, ZONE))
		return tg_fail(c->err, TG_CONFIG, "there is a zone, and each time has its own (X)");
	if (tg_str_is(zone, "UTC") || tg_str_is(zone, "Z"))
		c->form->zone = TG_STR("Z");
	else if (is_offset(zone))
		c->form->zone = tg_arena_copy(c->arena, zone);
	else
		return tg_fail(
			c->err, TG_CONFIG,
			"zone must be \"UTC\" or an offset such as \"+01:00\"; names of zones, whose clocks change, are not supported");
	return TG_OK;
}

/* Where the digits of a part go in what comes out; SIZE_MAX: that is not so simple. */
static size_t place_of(const struct tg_date_form *f, const struct tg_date_step *s)
{
	size_t time = f->kind == TG_DATE_DATE_TIME ? 11 : 0;

	if (s->least != s->most || s->most < 2)
		return SIZE_MAX;
	switch (s->part) {
	case YEAR:
		return 0;
	case MONTH:
		return 5;
	case DAY:
		return 8;
	case HOUR:
		return time;
	case MINUTE:
		return time + 3;
	case SECOND:
		return time + 6;
	case FRACTION:
		return time + 9;
	case LITERAL:
	case SHORT_YEAR:
	case CENTURY:
	case MONTH_NAME:
	case DAY_OF_YEAR:
	case HALF_HOUR:
	case HALF:
	case ZONE:
		break;
	}
	return SIZE_MAX;
}

/* All of what comes out, with zeros for its digits. */
static void make_out(struct tg_date_form *f, unsigned fraction)
{
	static const char zeros[] = ".000000000";
	char *to = f->out;

	if (f->kind != TG_DATE_TIME)
		to = tg_date_put_str(to, TG_STR("0000-00-00"));
	if (f->kind == TG_DATE_DATE_TIME)
		*to++ = 'T';
	if (f->kind != TG_DATE_DAY)
		to = tg_date_put_str(to, TG_STR("00:00:00"));
	if (fraction)
		to = tg_date_put_str(to, tg_str_from(zeros, 1 + fraction));
	to = tg_date_put_str(to, f->zone);
	f->size = (uint8_t)(to - f->out);
}

static void find_quick_way(struct tg_date_form *f)
{
	unsigned fraction = 0;
	size_t at = 0;

	for (size_t i = 0; i < f->steps; i++) {
		const struct tg_date_step *s = &f->step[i];
		size_t to;

		if (s->part == LITERAL) {
			for (size_t k = 0; k < s->text.n; k++, at++) {
				if (f->literals == TG_DATE_LITERALS)
					return;
				f->literal_at[f->literals] = (uint8_t)at;
				f->literal[f->literals++] = s->text.p[k];
			}
			continue;
		}
		to = place_of(f, s);
		if (to == SIZE_MAX)
			return;
		if (s->part == FRACTION)
			fraction = s->most;
		/* An odd number of digits has two pairs that overlap. */
		for (size_t k = 0; k < s->most; k += 2) {
			size_t pair = k + 2 > s->most ? s->most - 2U : k;

			f->from[f->pairs] = (uint8_t)(at + pair);
			f->to[f->pairs++] = (uint8_t)(to + pair);
		}
		at += s->most;
	}
	make_out(f, fraction);
	f->width = (uint8_t)at;
	f->quick = true;
}

enum tg_status tg_date_compile(struct tg_date_form *form, const struct tg_date_says *says,
			       struct tg_arena *arena, struct tg_error *err)
{
	struct compiling c = { .form = form, .says = says, .arena = arena, .err = err };
	struct tg_str p = says->pattern;
	enum tg_status st = TG_OK;
	bool day, time;

	*form = (struct tg_date_form){ .pattern = tg_arena_copy(arena, p) };
	if (p.n == 0 || p.n > TG_DATE_PATTERN_MAX)
		return tg_fail(err, TG_CONFIG, "a pattern has one to %d bytes, such as dd.MM.yyyy",
			       TG_DATE_PATTERN_MAX);
	c.step = tg_arena_array(arena, p.n, sizeof(*c.step));
	for (size_t at = 0; !st && at < p.n;)
		st = is_letter(p.p[at]) && p.p[at] != 'T' ? take_letters(&c, &at)
							  : take_literal(&c, &at);
	st = st ? st : check_ends(&c);
	st = st ? st : check_day(&c, &day);
	st = st ? st : check_time(&c, &time);
	if (st)
		return st;
	if (!day && !time)
		return tg_fail(err, TG_CONFIG, "there is neither a day nor a time in it");
	if (!time && has(&c, ZONE))
		return tg_fail(err, TG_CONFIG, "a day has no zone: there is no time in it");
	form->kind = !time ? TG_DATE_DAY : day ? TG_DATE_DATE_TIME : TG_DATE_TIME;
	form->step = c.step;
	form->steps = c.steps;
	st = read_pivot(&c);
	st = st ? st : read_zone(&c);
	form->zoned = has(&c, ZONE) || form->zone.n;
	find_quick_way(form);
	return st;
}
