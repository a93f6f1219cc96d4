#include "common/time/period.h"

#include "common/base/check.h"

#include <stdio.h>

/* The number that s begins with and the letter behind it, both taken off. */
static bool take(struct tg_str *s, uint64_t *value, char *unit)
{
	size_t n = 0;

	while (n < s->n && tg_digit((unsigned char)s->p[n]))
		n++;
	if (n == s->n || !tg_read_u64(tg_str_from(s->p, n), value))
		return false;
	*unit = s->p[n];
	*s = tg_str_after(*s, n + 1);
	return *value <= TG_PERIOD_YEARS_MOST * 366;
}

bool tg_period_read(struct tg_str s, struct tg_period *period)
{
	struct tg_period p = { 0 };

	if (!tg_time_is_duration(s) || memchr(s.p, 'T', s.n))
		return false;
	s = tg_str_after(s, 1);
	while (s.n) {
		uint64_t value;
		char unit;

		if (!take(&s, &value, &unit))
			return false;
		if (unit == 'Y' || unit == 'M')
			p.months += (unsigned)value * (unit == 'Y' ? 12 : 1);
		else
			p.days += (unsigned)value * (unit == 'W' ? 7 : 1);
	}
	if (p.months > TG_PERIOD_YEARS_MOST * 12 || p.days > TG_PERIOD_YEARS_MOST * 366)
		return false;
	*period = p;
	return true;
}

static unsigned number(struct tg_str day, size_t at, size_t n)
{
	uint64_t value = 0;

	return tg_read_u64(tg_str_from(day.p + at, n), &value) ? (unsigned)value : 0;
}

bool tg_period_after(struct tg_str day, struct tg_period period, struct tg_time *t)
{
	unsigned months, year, month, of_month;
	char text[16];

	if (!tg_time_is_date(day))
		return false;
	of_month = number(day, 8, 2);
	months = number(day, 0, 4) * 12 + number(day, 5, 2) - 1 + period.months;
	year = months / 12;
	month = months % 12 + 1;
	if (year > 9999)
		return false;
	if (of_month > tg_time_days_of_month(year, month))
		of_month = tg_time_days_of_month(year, month);
	snprintf(text, sizeof(text), "%04u-%02u-%02u", year, month, of_month);
	if (!tg_time_read(tg_str_of(text), t))
		return false;
	t->seconds += (int64_t)period.days * 86400;
	return true;
}
