#include "common/value/date.h"

#include "common/time/time.h"
#include "common/value/step.h"

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

static char *put_digits(char *to, unsigned value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + digits;
}

static char *put_zone(char *to, const struct tg_date_form *f, const struct moment *m)
{
	if (f->zone.n)
		return tg_date_put_str(to, f->zone);
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
		to = tg_date_put_str(to, m->fraction);
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
		return tg_date_put_str(to, step->text);
	case YEAR:
		return put_digits(to, m->year, 4);
	case SHORT_YEAR:
		return put_digits(to, m->year, 2);
	case CENTURY:
		return put_digits(to, m->year < 1900 ? 9 : m->year / 100 - 19, 1);
	case MONTH:
		return put_number(to, step, m->month);
	case MONTH_NAME:
		return tg_date_put_str(to, step->most ? month_name[m->month - 1]
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
		tg_date_put_str(to, tg_str_from(m->fraction.p, m->fraction.n < step->most
								       ? m->fraction.n
								       : step->most));
		return to + step->most;
	case HALF:
		return tg_date_put_str(to, m->hour < 12 ? TG_STR("AM") : TG_STR("PM"));
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
