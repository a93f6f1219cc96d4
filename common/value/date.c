#include "common/value/date.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/time/time.h"

enum part {
	LITERAL,
	YEAR,
	SHORT_YEAR,
	CENTURY, /* 0 is 1900 */
	MONTH,
	MONTH_NAME,
	DAY,
	DAY_OF_YEAR,
	HOUR,
	HALF_HOUR, /* 1 to 12, with a half of the day */
	MINUTE,
	SECOND,
	FRACTION,
	HALF, /* AM or PM */
	ZONE,
};

struct tg_date_step {
	enum part part;
	uint8_t least,
		most; /* digits; of a zone the number of letters, of a month's name whether it is whole */
	bool letter;	    /* of a zone: Z is zero */
	struct tg_str text; /* of a literal */
};

/* What a text says. */
struct moment {
	unsigned year, century, month, day, day_of_year, hour, minute, second;
	bool afternoon;
	struct tg_str fraction; /* its digits */
	bool zulu, west;	/* Z; a minus before the offset */
	unsigned zone_hour, zone_minute;
};

static const struct tg_str month_name[] = {
	{ "January", 7 },   { "February", 8 }, { "March", 5 },	  { "April", 5 },
	{ "May", 3 },	    { "June", 4 },     { "July", 4 },	  { "August", 6 },
	{ "September", 9 }, { "October", 7 },  { "November", 8 }, { "December", 8 },
};

bool tg_date_day_exists(unsigned year, unsigned month, unsigned day)
{
	return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= tg_time_days_of_month(year, month);
}

static char *put_digits(char *to, unsigned value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + digits;
}

static char *put_str(char *to, struct tg_str s)
{
	if (s.n)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

/*
 * Compiling
 */

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
		to = put_str(to, TG_STR("0000-00-00"));
	if (f->kind == TG_DATE_DATE_TIME)
		*to++ = 'T';
	if (f->kind != TG_DATE_DAY)
		to = put_str(to, TG_STR("00:00:00"));
	if (fraction)
		to = put_str(to, tg_str_from(zeros, 1 + fraction));
	for (char *p = f->out; p < to; p++)
		if (*p == '0')
			memset((char *)f->digit + (p - f->out), 0xff, 1);
	to = put_str(to, f->zone);
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

/*
 * Reading
 */

/* Takes at least `least` and at most `most` digits; false when there are fewer. */
static bool take_digits(struct tg_str *s, unsigned least, unsigned most, unsigned *value)
{
	unsigned n = 0;

	*value = 0;
	while (n < most && n < s->n && tg_digit((unsigned char)s->p[n]))
		*value = *value * 10 + (unsigned)(s->p[n++] - '0');
	*s = tg_str_after(*s, n);
	return n >= least;
}

static bool same_but_for_case(const char *p, struct tg_str word)
{
	for (size_t i = 0; i < word.n; i++)
		if ((p[i] | 0x20) != (word.p[i] | 0x20))
			return false;
	return true;
}

static bool take_month(struct tg_str *s, bool whole, unsigned *month)
{
	for (unsigned i = 0; i < TG_COUNT(month_name); i++) {
		struct tg_str name = month_name[i];

		if (!whole)
			name.n = 3;
		if (s->n < name.n || !same_but_for_case(s->p, name))
			continue;
		*month = i + 1;
		*s = tg_str_after(*s, name.n);
		return true;
	}
	return false;
}

static bool take_half(struct tg_str *s, bool *afternoon)
{
	if (s->n < 2 || (s->p[1] | 0x20) != 'm' ||
	    ((s->p[0] | 0x20) != 'a' && (s->p[0] | 0x20) != 'p'))
		return false;
	*afternoon = (s->p[0] | 0x20) == 'p';
	*s = tg_str_after(*s, 2);
	return true;
}

/* X is +01, +0130 or Z; XX always +0100; XXX +01:00. */
static bool take_zone(struct tg_str *s, const struct tg_date_step *step, struct moment *m)
{
	if (s->n && s->p[0] == 'Z') {
		m->zulu = true;
		*s = tg_str_after(*s, 1);
		return step->letter;
	}
	if (s->n == 0 || (s->p[0] != '+' && s->p[0] != '-'))
		return false;
	m->west = s->p[0] == '-';
	*s = tg_str_after(*s, 1);
	if (!take_digits(s, 2, 2, &m->zone_hour))
		return false;
	if (step->most == 1 && (s->n == 0 || !tg_digit((unsigned char)s->p[0])))
		return m->zone_hour < 24;
	if (step->most == 3) {
		if (s->n == 0 || s->p[0] != ':')
			return false;
		*s = tg_str_after(*s, 1);
	}
	return take_digits(s, 2, 2, &m->zone_minute) && m->zone_hour < 24 && m->zone_minute < 60;
}

static bool take_fraction(struct tg_str *s, unsigned n, struct moment *m)
{
	struct tg_str all = *s;
	unsigned value;

	if (!take_digits(s, n, n, &value))
		return false;
	m->fraction = tg_str_from(all.p, n);
	return true;
}

static bool take_step(struct tg_str *s, const struct tg_date_step *step, struct moment *m)
{
	switch (step->part) {
	case LITERAL:
		if (!tg_str_starts(*s, step->text))
			return false;
		*s = tg_str_after(*s, step->text.n);
		return true;
	case YEAR:
	case SHORT_YEAR:
		return take_digits(s, step->least, step->most, &m->year);
	case CENTURY:
		return take_digits(s, 1, 1, &m->century);
	case MONTH:
		return take_digits(s, step->least, step->most, &m->month);
	case MONTH_NAME:
		return take_month(s, step->most, &m->month);
	case DAY:
		return take_digits(s, step->least, step->most, &m->day);
	case DAY_OF_YEAR:
		return take_digits(s, 3, 3, &m->day_of_year);
	case HOUR:
	case HALF_HOUR:
		return take_digits(s, step->least, step->most, &m->hour);
	case MINUTE:
		return take_digits(s, step->least, step->most, &m->minute);
	case SECOND:
		return take_digits(s, step->least, step->most, &m->second);
	case FRACTION:
		return take_fraction(s, step->most, m);
	case HALF:
		return take_half(s, &m->afternoon);
	case ZONE:
		return take_zone(s, step, m);
	}
	return false;
}

/* Day and month of a day of the year. */
static bool find_day(struct moment *m)
{
	unsigned left = m->day_of_year;

	if (left == 0 || m->year == 0)
		return false;
	for (m->month = 1; m->month <= 12; m->month++) {
		unsigned days = tg_time_days_of_month(m->year, m->month);

		if (left <= days) {
			m->day = left;
			return true;
		}
		left -= days;
	}
	return false;
}

/* Whether it was 23:59:60 in UTC, the only moment when a leap second can be. */
static bool is_leap_second(const struct tg_date_form *f, const struct moment *m)
{
	int east = (int)(m->zone_hour * 60 + m->zone_minute);

	if (m->second != 60 || !f->zoned)
		return false;
	if (f->zone.n == 6)
		east = (f->zone.p[1] - '0') * 600 + (f->zone.p[2] - '0') * 60 +
		       (f->zone.p[4] - '0') * 10 + (f->zone.p[5] - '0');
	if (f->zone.n == 6 ? f->zone.p[0] == '-' : m->west)
		east = -east;
	return ((int)(m->hour * 60 + m->minute) - east + 1440) % 1440 == 1439;
}

/* Makes it a day and a time of 24 hours; false when there is no such thing. */
static bool settle(const struct tg_date_form *f, struct moment *m)
{
	uint32_t has = 0;

	for (size_t i = 0; i < f->steps; i++)
		has |= UINT32_C(1) << f->step[i].part;
	if (has >> CENTURY & 1)
		m->year += 1900 + 100 * m->century;
	else if (has >> SHORT_YEAR & 1)
		m->year += m->year < f->pivot ? 2000 : 1900;
	if (f->kind != TG_DATE_TIME) {
		if (has >> DAY_OF_YEAR & 1 && !find_day(m))
			return false;
		if (!tg_date_day_exists(m->year, m->month, m->day))
			return false;
	}
	if (has >> HALF_HOUR & 1) {
		if (m->hour == 0 || m->hour > 12)
			return false;
		m->hour = m->hour % 12 + (m->afternoon ? 12 : 0);
	}
	return m->hour < 24 && m->minute < 60 && (m->second < 60 || is_leap_second(f, m));
}

static bool parse(const struct tg_date_form *f, struct tg_str text, struct moment *m)
{
	for (size_t i = 0; i < f->steps; i++)
		if (!take_step(&text, &f->step[i], m))
			return false;
	return text.n == 0;
}

static char *put_zone(char *to, const struct tg_date_form *f, const struct moment *m)
{
	if (f->zone.n)
		return put_str(to, f->zone);
	if (m->zulu) {
		*to++ = 'Z';
		return to;
	}
	*to++ = m->west ? '-' : '+';
	to = put_digits(to, m->zone_hour, 2);
	*to++ = ':';
	return put_digits(to, m->zone_minute, 2);
}

static char *put_time(char *to, const struct tg_date_form *f, const struct moment *m)
{
	to = put_digits(to, m->hour, 2);
	*to++ = ':';
	to = put_digits(to, m->minute, 2);
	*to++ = ':';
	to = put_digits(to, m->second, 2);
	if (m->fraction.n) {
		*to++ = '.';
		to = put_str(to, m->fraction);
	}
	return f->zoned ? put_zone(to, f, m) : to;
}

char *tg_date_read(const struct tg_date_form *f, char *to, struct tg_str text)
{
	struct moment m = { .year = 0 };

	if (!parse(f, text, &m) || !settle(f, &m))
		return NULL;
	if (f->kind != TG_DATE_TIME) {
		to = put_digits(to, m.year, 4);
		*to++ = '-';
		to = put_digits(to, m.month, 2);
		*to++ = '-';
		to = put_digits(to, m.day, 2);
	}
	if (f->kind == TG_DATE_DATE_TIME)
		*to++ = 'T';
	return f->kind == TG_DATE_DAY ? to : put_time(to, f, &m);
}

const char *tg_date_fault(const struct tg_date_form *f, struct tg_str text)
{
	struct moment m = { .year = 0 };

	if (parse(f, text, &m))
		return f->kind == TG_DATE_TIME	? "is a time that there is not"
		       : f->kind == TG_DATE_DAY ? "is a day that there is not"
						: "is a day or time that there is not";
	return f->kind == TG_DATE_TIME	? "is no time"
	       : f->kind == TG_DATE_DAY ? "is no date"
					: "is no date with time";
}

struct tg_str tg_date_name(const struct tg_date_form *f)
{
	return f->kind == TG_DATE_TIME	? TG_STR("time")
	       : f->kind == TG_DATE_DAY ? TG_STR("date")
					: TG_STR("date-time");
}

/*
 * Writing
 */

/* Takes HH:mm:ss and what is behind it. */
static bool take_rfc_time(struct tg_str *s, struct moment *m)
{
	static const struct tg_date_step zone = { .part = ZONE, .most = 3, .letter = true };

	if (!take_digits(s, 2, 2, &m->hour) || !tg_str_starts(*s, TG_STR(":")))
		return false;
	*s = tg_str_after(*s, 1);
	if (!take_digits(s, 2, 2, &m->minute) || !tg_str_starts(*s, TG_STR(":")))
		return false;
	*s = tg_str_after(*s, 1);
	if (!take_digits(s, 2, 2, &m->second))
		return false;
	if (tg_str_starts(*s, TG_STR("."))) {
		*s = tg_str_after(*s, 1);
		m->fraction = tg_str_from(s->p, 0);
		while (m->fraction.n < s->n && tg_digit((unsigned char)s->p[m->fraction.n]))
			m->fraction.n++;
		*s = tg_str_after(*s, m->fraction.n);
	}
	return s->n == 0 || take_zone(s, &zone, m);
}

static bool take_rfc_day(struct tg_str *s, struct moment *m)
{
	if (!take_digits(s, 4, 4, &m->year) || !tg_str_starts(*s, TG_STR("-")))
		return false;
	*s = tg_str_after(*s, 1);
	if (!take_digits(s, 2, 2, &m->month) || !tg_str_starts(*s, TG_STR("-")))
		return false;
	*s = tg_str_after(*s, 1);
	return take_digits(s, 2, 2, &m->day) && tg_date_day_exists(m->year, m->month, m->day);
}

/* What RFC 3339 says; whatever else is wrong with it shows when it is read back. */
static bool parse_rfc(const struct tg_date_form *f, struct tg_str s, struct moment *m)
{
	if (f->kind != TG_DATE_TIME && !take_rfc_day(&s, m))
		return false;
	if (f->kind == TG_DATE_DATE_TIME) {
		if (!tg_str_starts(s, TG_STR("T")))
			return false;
		s = tg_str_after(s, 1);
	}
	return (f->kind == TG_DATE_DAY || take_rfc_time(&s, m)) && s.n == 0;
}

static char *put_number(char *to, const struct tg_date_step *step, unsigned value)
{
	return put_digits(to, value, step->least < step->most && value < 10 ? 1 : step->most);
}

static char *put_written_zone(char *to, const struct tg_date_step *step, const struct moment *m)
{
	if (m->zulu && step->letter) {
		*to++ = 'Z';
		return to;
	}
	*to++ = m->west ? '-' : '+';
	to = put_digits(to, m->zone_hour, 2);
	if (step->most == 1 && m->zone_minute == 0)
		return to;
	if (step->most == 3)
		*to++ = ':';
	return put_digits(to, m->zone_minute, 2);
}

static unsigned day_of_year(const struct moment *m)
{
	unsigned days = m->day;

	for (unsigned month = 1; month < m->month; month++)
		days += tg_time_days_of_month(m->year, month);
	return days;
}

static char *put_step(char *to, const struct tg_date_step *step, const struct moment *m)
{
	switch (step->part) {
	case LITERAL:
		return put_str(to, step->text);
	case YEAR:
		return put_digits(to, m->year, 4);
	case SHORT_YEAR:
		return put_digits(to, m->year, 2);
	case CENTURY:
		return put_digits(to, m->year < 1900 ? 9 : m->year / 100 - 19, 1);
	case MONTH:
		return put_number(to, step, m->month);
	case MONTH_NAME:
		return put_str(to, step->most ? month_name[m->month - 1]
					      : tg_str_from(month_name[m->month - 1].p, 3));
	case DAY:
		return put_number(to, step, m->day);
	case DAY_OF_YEAR:
		return put_digits(to, day_of_year(m), 3);
	case HOUR:
		return put_number(to, step, m->hour);
	case HALF_HOUR:
		return put_number(to, step, m->hour % 12 ? m->hour % 12 : 12);
	case MINUTE:
		return put_number(to, step, m->minute);
	case SECOND:
		return put_number(to, step, m->second);
	case FRACTION:
		memset(to, '0', step->most);
		put_str(to, tg_str_from(m->fraction.p,
					m->fraction.n < step->most ? m->fraction.n : step->most));
		return to + step->most;
	case HALF:
		return put_str(to, m->hour < 12 ? TG_STR("AM") : TG_STR("PM"));
	case ZONE:
		break;
	}
	return put_written_zone(to, step, m);
}

bool tg_date_write(const struct tg_date_form *f, struct tg_buffer *out, struct tg_str value)
{
	struct moment m = { .year = 0 };
	char back[TG_DATE_MAX], *start = tg_buffer_room(out, TG_DATE_TEXT_MAX), *to = start, *end;

	if (!parse_rfc(f, value, &m))
		return false;
	for (size_t i = 0; i < f->steps; i++)
		to = put_step(to, &f->step[i], &m);
	/* What the form has no place for (seconds, another zone, another century) shows here. */
	end = tg_date_read(f, back, tg_str_from(start, (size_t)(to - start)));
	if (!end || !tg_str_eq(tg_str_from(back, (size_t)(end - back)), value))
		return false;
	out->n += (size_t)(to - start);
	return true;
}
