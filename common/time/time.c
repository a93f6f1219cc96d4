#include "common/time/time.h"

#include "common/base/check.h"

#include <time.h>

static inline bool digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline unsigned two(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static bool leap_year(unsigned y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

unsigned tg_time_days_of_month(unsigned y, unsigned m)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return m == 2 && leap_year(y) ? 29 : days[m - 1];
}

/* Days since 1970-01-01 of a day in the Gregorian calendar: years begin in March, so that the leap day is the last one. */
static int64_t days_of_date(int64_t y, unsigned m, unsigned d)
{
	int64_t era, of_era;
	unsigned day;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	of_era = y - era * 400;
	day = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719468;
}

static void date_of_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era, of_era, year;
	unsigned day, month;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	of_era = days - era * 146097;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	day = (unsigned)(of_era - (365 * year + year / 4 - year / 100));
	month = (5 * day + 2) / 153;
	*d = day - (153 * month + 2) / 5 + 1;
	*m = month < 10 ? month + 3 : month - 9;
	*y = year + era * 400 + (*m <= 2);
}

/* The bounds of what has four digits for its year. */
#define SECONDS_MIN (-62167219200)
#define SECONDS_MAX 253402300799

struct tg_time tg_time_now(void)
{
	struct timespec now;

	/* CLOCK_REALTIME is there on every system that this builds on. */
	TG_BUG_IF(clock_gettime(CLOCK_REALTIME, &now) != 0);
	return (struct tg_time){ now.tv_sec, (uint32_t)(now.tv_nsec / 1000) };
}

static void put_digits(char *to, unsigned value, unsigned digits)
{
	while (digits > 0) {
		to[--digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Gives the seconds of the day. A year that has not four digits is drawn to the nearest that has: such a clock is broken. */
static unsigned put_date(struct tg_buffer *out, struct tg_time t)
{
	int64_t s = t.seconds < SECONDS_MIN   ? SECONDS_MIN
		    : t.seconds > SECONDS_MAX ? SECONDS_MAX
					      : t.seconds;
	int64_t days = (s - SECONDS_MIN) / 86400 + SECONDS_MIN / 86400, y;
	unsigned m, d;
	char text[10];

	date_of_days(days, &y, &m, &d);
	put_digits(text, (unsigned)y, 4);
	text[4] = text[7] = '-';
	put_digits(text + 5, m, 2);
	put_digits(text + 8, d, 2);
	tg_buffer_put(out, text, sizeof(text));
	return (unsigned)(s - days * 86400);
}

void tg_time_put(struct tg_buffer *out, struct tg_time t)
{
	unsigned s = put_date(out, t);
	char text[17];

	text[0] = 'T';
	put_digits(text + 1, s / 3600, 2);
	text[3] = text[6] = ':';
	put_digits(text + 4, s / 60 % 60, 2);
	put_digits(text + 7, s % 60, 2);
	text[9] = '.';
	put_digits(text + 10, t.micros, 6);
	text[16] = 'Z';
	tg_buffer_put(out, text, sizeof(text));
}

bool tg_time_is_before(struct tg_time a, struct tg_time b)
{
	return a.seconds != b.seconds ? a.seconds < b.seconds : a.micros < b.micros;
}

void tg_time_put_date(struct tg_buffer *out, struct tg_time t)
{
	(void)put_date(out, t);
}

/* What a full-time says. */
struct clock {
	unsigned hour, minute, second;
	uint32_t micros; /* what is finer is cut off */
	int offset;	 /* minutes east of UTC */
};

static bool read_date(struct tg_str s, unsigned *y, unsigned *m, unsigned *d)
{
	const char *p = s.p;

	if (s.n != 10 || !digit(p[0]) || !digit(p[1]) || !digit(p[2]) || !digit(p[3]) ||
	    p[4] != '-' || !digit(p[5]) || !digit(p[6]) || p[7] != '-' || !digit(p[8]) ||
	    !digit(p[9]))
		return false;
	*y = two(p) * 100 + two(p + 2);
	*m = two(p + 5);
	*d = two(p + 8);
	return *m >= 1 && *m <= 12 && *d >= 1 && *d <= tg_time_days_of_month(*y, *m);
}

static bool read_offset(struct tg_str s, int *offset)
{
	const char *p = s.p;
	int minutes;

	*offset = 0;
	if (s.n == 1)
		return p[0] == 'Z' || p[0] == 'z';
	if (s.n != 6 || (p[0] != '+' && p[0] != '-') || !digit(p[1]) || !digit(p[2]) ||
	    p[3] != ':' || !digit(p[4]) || !digit(p[5]) || two(p + 1) > 23 || two(p + 4) > 59)
		return false;
	minutes = (int)(two(p + 1) * 60 + two(p + 4));
	*offset = p[0] == '-' ? -minutes : minutes;
	return true;
}

/* Seconds are 0 to 59; 60 only where it is 23:59:60 in UTC, the one place where a leap second may be. */
static bool seconds_exist(const struct clock *c)
{
	int utc = (int)(c->hour * 60 + c->minute) - c->offset;

	if (c->second < 60)
		return true;
	return c->second == 60 && (utc + 1440) % 1440 == 1439;
}

static bool read_clock(struct tg_str s, struct clock *c)
{
	const char *p = s.p;
	size_t i = 8;

	if (s.n < 9 || !digit(p[0]) || !digit(p[1]) || p[2] != ':' || !digit(p[3]) ||
	    !digit(p[4]) || p[5] != ':' || !digit(p[6]) || !digit(p[7]))
		return false;
	c->hour = two(p);
	c->minute = two(p + 3);
	c->second = two(p + 6);
	c->micros = 0;
	if (p[i] == '.') {
		uint32_t unit = 100000;

		for (i++; i < s.n && digit(p[i]); i++) {
			c->micros += unit * (uint32_t)(p[i] - '0');
			unit /= 10;
		}
		if (i == 9)
			return false;
	}
	return c->hour <= 23 && c->minute <= 59 && read_offset(tg_str_after(s, i), &c->offset) &&
	       seconds_exist(c);
}

static bool has_t(struct tg_str s)
{
	return s.n > 11 && (s.p[10] == 'T' || s.p[10] == 't');
}

/*
 * Eight bytes at a time: all of them digits, but for those that must be a sign. What is asked for a field at a time above is here a
 * few sums over a word, the first byte of which is the lowest.
 */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define AT(i, byte) ((uint64_t)(byte) << 8 * (i))

static inline uint64_t load64(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Not zero where the bytes are not digits, or, where `signs` has 0xff, not the byte of `sign`. The digits, as numbers, in *word. */
static inline uint64_t not_digits(uint64_t *word, uint64_t signs, uint64_t sign)
{
	uint64_t digits = *word ^ ((sign & signs) | (EACH('0') & ~signs));

	*word = digits;
	return (digits & signs) | ((digits | (digits + EACH(6))) & EACH(0xf0));
}

/* The number of the two digits from i on. */
static inline unsigned pair(uint64_t word, unsigned i)
{
	return (unsigned)(word >> 8 * i & 15) * 10 + (unsigned)(word >> 8 * (i + 1) & 15);
}

/* Of ten bytes. */
static inline bool is_day(const char *p)
{
	static const uint8_t days[16] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint64_t front = load64(p);
	uint64_t wrong = not_digits(&front, AT(4, 0xff) | AT(7, 0xff), EACH('-'));
	unsigned m = pair(front, 5), d = two(p + 8);

	if (wrong || !digit(p[8]) || !digit(p[9]) || m > 12)
		return false;
	return d - 1 < days[m] ||
	       (m == 2 && d == 29 && leap_year(pair(front, 0) * 100 + pair(front, 2)));
}

/* A date and time as most are: to the second, that is no leap second, with Z or an offset. */
static inline bool is_usual_date_time(struct tg_str s)
{
	uint64_t word, wrong;

	if ((s.n != 20 && s.n != 25) || (s.p[10] | 0x20) != 't' || !is_day(s.p))
		return false;
	word = load64(s.p + 11);
	wrong = not_digits(&word, AT(2, 0xff) | AT(5, 0xff), EACH(':'));
	if (wrong || pair(word, 0) > 23 || pair(word, 3) > 59 || pair(word, 6) > 59)
		return false;
	if (s.n == 20)
		return (s.p[19] | 0x20) == 'z';
	if (s.p[19] != '+' && s.p[19] != '-')
		return false;
	/* The seconds before it are digits, and stand in for the sign. */
	word = (load64(s.p + 17) & ~AT(2, 0xff)) | AT(2, '0');
	wrong = not_digits(&word, AT(5, 0xff), EACH(':'));
	return !wrong && pair(word, 3) <= 23 && pair(word, 6) <= 59;
}

bool tg_time_is_date(struct tg_str s)
{
	return s.n == 10 && is_day(s.p);
}

bool tg_time_is_time(struct tg_str s)
{
	struct clock c;

	return read_clock(s, &c);
}

bool tg_time_is_date_time(struct tg_str s)
{
	return is_usual_date_time(s) || (has_t(s) && tg_time_is_date(tg_str_from(s.p, 10)) &&
					 tg_time_is_time(tg_str_after(s, 11)));
}

static bool read_date_time(struct tg_str s, struct tg_time *t)
{
	struct clock c = { .micros = 0 };
	unsigned y, m, d;

	if (!read_date(tg_str_from(s.p, s.n < 10 ? s.n : 10), &y, &m, &d))
		return false;
	if (s.n > 10 && (!has_t(s) || !read_clock(tg_str_after(s, 11), &c)))
		return false;
	t->seconds = days_of_date(y, m, d) * 86400 + c.hour * 3600 + c.minute * 60 + c.second -
		     c.offset * 60;
	t->micros = c.micros;
	return true;
}

bool tg_time_read(struct tg_str s, struct tg_time *t)
{
	struct tg_time read = { 0, 0 };
	uint64_t seconds;

	if (s.n == 0)
		return false;
	if (tg_read_u64(s.p[0] == '-' ? tg_str_after(s, 1) : s, &seconds)) {
		if (seconds > SECONDS_MAX)
			return false;
		read.seconds = s.p[0] == '-' ? -(int64_t)seconds : (int64_t)seconds;
	} else if (!read_date_time(s, &read)) {
		return false;
	}
	if (read.seconds < SECONDS_MIN || read.seconds > SECONDS_MAX)
		return false;
	*t = read;
	return true;
}
