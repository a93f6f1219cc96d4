#include "common/base/check.h"
#include "common/time/time.h"

/* How many digits s begins with. */
static size_t digits(struct tg_str s)
{
	size_t n = 0;

	while (n < s.n && (unsigned char)(s.p[n] - '0') < 10)
		n++;
	return n;
}

/*
 * Takes `1*DIGIT unit` runs off s, whose units are the first and its followers in `units`, without a gap: RFC 3339's grammar has
 * "dur-hour = 1*DIGIT "H" [dur-minute]", so P1Y1D and PT1H1S are none. False when there is not one.
 */
static bool take_run(struct tg_str *s, const char *units)
{
	size_t n = digits(*s);
	const char *at;

	if (n == 0 || n == s->n || !(at = strchr(units, s->p[n])) || !*at)
		return false;
	for (;;) {
		*s = tg_str_after(*s, n + 1);
		at++;
		n = digits(*s);
		if (!*at || n == 0 || n == s->n || s->p[n] != *at)
			return true;
	}
}

bool tg_time_is_duration(struct tg_str s)
{
	if (s.n < 3 || s.p[0] != 'P')
		return false;
	s = tg_str_after(s, 1);
	if (s.p[0] != 'T') {
		struct tg_str weeks = s;

		if (take_run(&weeks, "W"))
			return weeks.n == 0;
		if (!take_run(&s, "YMD"))
			return false;
		if (s.n == 0)
			return true;
	}
	if (s.p[0] != 'T')
		return false;
	s = tg_str_after(s, 1);
	return take_run(&s, "HMS") && s.n == 0;
}

struct unit {
	struct tg_str name;
	uint64_t micros;
};

/* From the longest to the shortest. */
static const struct unit spelt[] = {
	{ { "w", 1 }, 604800000000 }, { { "d", 1 }, 86400000000 }, { { "h", 1 }, 3600000000 },
	{ { "m", 1 }, 60000000 },     { { "s", 1 }, 1000000 },	   { { "ms", 2 }, 1000 },
};
static const struct unit iso_date[] = { { { "W", 1 }, 604800000000 }, { { "D", 1 }, 86400000000 } };
static const struct unit iso_time[] = { { { "H", 1 }, 3600000000 },
					{ { "M", 1 }, 60000000 },
					{ { "S", 1 }, 1000000 } };

/* Sums up numbers with units, each unit at most once and the longer ones first. */
static bool sum(struct tg_str s, const struct unit *unit, size_t units, uint64_t *micros)
{
	size_t next = 0;

	while (s.n > 0) {
		size_t n = digits(s), letters = n, i;
		uint64_t value;

		while (letters < s.n && (unsigned char)(s.p[letters] - '0') >= 10)
			letters++;
		for (i = next; i < units; i++)
			if (tg_str_eq(tg_str_from(s.p + n, letters - n), unit[i].name))
				break;
		if (i == units || !tg_read_u64(tg_str_from(s.p, n), &value) ||
		    !tg_mul(&value, value, unit[i].micros) || !tg_add(micros, *micros, value))
			return false;
		next = i + 1;
		s = tg_str_after(s, letters);
	}
	return true;
}

bool tg_time_read_duration(struct tg_str s, uint64_t *micros)
{
	uint64_t total = 0;
	const char *t;
	bool good;

	if (s.n == 0)
		return false;
	if (s.p[0] != 'P') {
		good = sum(s, spelt, TG_COUNT(spelt), &total);
	} else {
		size_t date;

		if (!tg_time_is_duration(s))
			return false;
		t = memchr(s.p, 'T', s.n);
		date = t ? (size_t)(t - s.p) : s.n;
		good = sum(tg_str_from(s.p + 1, date - 1), iso_date, TG_COUNT(iso_date), &total) &&
		       (!t || sum(tg_str_after(s, date + 1), iso_time, TG_COUNT(iso_time), &total));
	}
	if (good)
		*micros = total;
	return good;
}
