#include "common/time/period.h"
#include "common/time/time.h"
#include "tests/unit/tap.h"

#include <stdio.h>

static struct tg_str put(struct tg_buffer *out, int64_t seconds, uint32_t micros)
{
	tg_buffer_clear(out);
	tg_time_put(out, (struct tg_time){ seconds, micros });
	return tg_buffer_str(out);
}

TEST(instants_and_their_notation)
{
	static const struct {
		const char *text;
		int64_t seconds;
		uint32_t micros;
	} row[] = {
		{ "1970-01-01T00:00:00.000000Z", 0, 0 },
		{ "1969-12-31T23:59:59.999999Z", -1, 999999 },
		{ "2025-11-05T06:00:00.104112Z", 1762322400, 104112 },
		{ "2000-02-29T12:34:56.000001Z", 951827696, 1 },
		{ "0000-01-01T00:00:00.000000Z", -62167219200, 0 },
		{ "9999-12-31T23:59:59.000000Z", 253402300799, 0 },
		{ "1900-03-01T00:00:00.000000Z", -2203891200, 0 },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_time t = { 0, 0 };

		is_str(row[i].text, put(&out, row[i].seconds, row[i].micros),
		       tg_str_of(row[i].text));
		ok(row[i].text, tg_time_read(tg_str_of(row[i].text), &t));
		is_int(row[i].text, t.seconds, row[i].seconds);
		is_int(row[i].text, t.micros, row[i].micros);
	}
	is_str("a broken clock has four digits too", put(&out, INT64_MAX, 0),
	       TG_STR("9999-12-31T23:59:59.000000Z"));
}

TEST(every_day_of_four_centuries_comes_back)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	unsigned wrong = 0;

	for (int64_t day = -80000; day < 80000; day++) {
		struct tg_time t = { day * 86400, 0 }, back = { 0, 1 };

		tg_buffer_clear(&out);
		tg_time_put_date(&out, t);
		wrong += !tg_time_read(tg_buffer_str(&out), &back) || back.seconds != t.seconds ||
			 back.micros != 0 || !tg_time_is_date(tg_buffer_str(&out));
	}
	is_int("days that differ", wrong, 0);
}

TEST(times_on_a_command_line)
{
	static const struct {
		const char *text;
		int good;
		int64_t seconds;
		uint32_t micros;
	} row[] = {
		{ "2025-11-05", 1, 1762300800, 0 },
		{ "1762322400", 1, 1762322400, 0 },
		{ "-1", 1, -1, 0 },
		{ "2025-11-05T07:00:00+01:00", 1, 1762322400, 0 },
		{ "2025-11-04T23:30:00.5-06:30", 1, 1762322400, 500000 },
		{ "2025-11-05T06:00:00.1234567Z", 1, 1762322400, 123456 },
		{ "2016-12-31T23:59:60Z", 1, 1483228800, 0 },
		{ "253402300800", 0, 0, 0 },
		{ "9999-12-31T23:59:59-01:00", 0, 0, 0 },
		{ "2025-11-05 06:00:00Z", 0, 0, 0 },
		{ "2025-11-05T06:00:00", 0, 0, 0 },
		{ "2025-11-05T", 0, 0, 0 },
		{ "2025-02-30", 0, 0, 0 },
		{ "2025-1-05", 0, 0, 0 },
		{ "", 0, 0, 0 },
		{ "-", 0, 0, 0 },
		{ " 1", 0, 0, 0 },
		{ "yesterday", 0, 0, 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_time t = { 0, 0 };

		is_int(row[i].text, tg_time_read(tg_str_of(row[i].text), &t), row[i].good);
		if (row[i].good) {
			is_int(row[i].text, t.seconds, row[i].seconds);
			is_int(row[i].text, t.micros, row[i].micros);
		}
	}
}

TEST(rfc_3339)
{
	static const struct {
		const char *text;
		int date_time, date, time;
	} row[] = {
		// clang-format off
		{ "1963-06-19T08:30:06.283185Z", 1, 0, 0 },
		{ "1963-06-19t08:30:06.283185z", 1, 0, 0 },
		{ "1990-12-31T23:59:60Z",        1, 0, 0 },
		{ "1990-12-31T15:59:60.123-08:00", 1, 0, 0 },
		{ "1998-12-31T23:59:61Z",        0, 0, 0 },
		{ "1998-12-31T23:58:60Z",        0, 0, 0 },
		{ "1998-12-31T22:59:60Z",        0, 0, 0 },
		{ "1998-12-31T23:59:60+01:00",   0, 0, 0 },
		{ "1999-01-01T00:59:60+01:00",   1, 0, 0 },
		{ "1990-12-31T24:00:00Z",        0, 0, 0 },
		{ "1990-12-31T15:59:59-24:00",   0, 0, 0 },
		{ "1990-12-31T15:59:59+0100",    0, 0, 0 },
		{ "1990-12-31T15:59:59",         0, 0, 0 },
		{ "1990-12-31 15:59:59Z",        0, 0, 0 },
		{ "1990-12-31T15:59:59.Z",       0, 0, 0 },
		{ "1990-02-29T15:59:59Z",        0, 0, 0 },
		{ "2000-02-29T15:59:59Z",        1, 0, 0 },
		{ "1900-02-29",                  0, 0, 0 },
		{ "2024-02-29",                  0, 1, 0 },
		{ "2024-13-01",                  0, 0, 0 },
		{ "2024-00-01",                  0, 0, 0 },
		{ "2024-01-00",                  0, 0, 0 },
		{ "2024-04-31",                  0, 0, 0 },
		{ "\xe0\xa7\xa8\x30-01-01",      0, 0, 0 },
		{ "08:30:06Z",                   0, 0, 1 },
		{ "08:30:06.0001+00:20",         0, 0, 1 },
		{ "23:59:60Z",                   0, 0, 1 },
		{ "01:29:60+01:30",              0, 0, 1 },
		{ "01:29:60-01:30",              0, 0, 0 },
		{ "08:30:06",                    0, 0, 0 },
		{ "8:30:06Z",                    0, 0, 0 },
		{ "08:30:06-8:00",               0, 0, 0 },
		{ "08:30:06+00:60",              0, 0, 0 },
		{ "",                            0, 0, 0 },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str s = tg_str_of(row[i].text);

		is_int(row[i].text, tg_time_is_date_time(s), row[i].date_time);
		is_int(row[i].text, tg_time_is_date(s), row[i].date);
		is_int(row[i].text, tg_time_is_time(s), row[i].time);
	}
}

/* The usual ones are read eight bytes at a time; with a fraction, a field at a time. */
TEST(usual_date_times)
{
	static const char *const base[] = { "2024-02-29T23:59:59+01:30",
					    "1999-12-31t09:05:00-23:59", "2023-04-30T00:00:00Z",
					    "1900-02-28T19:38:47z" };
	unsigned wrong = 0, good = 0;

	for (size_t b = 0; b < TG_COUNT(base); b++) {
		for (size_t i = 0; i < strlen(base[b]); i++) {
			for (unsigned byte = 1; byte < 256; byte++) {
				char text[32], other[40];
				bool date_time, date;

				if (i == 19 && byte >= '.' && byte <= '9')
					continue; /* would belong to the fraction */
				snprintf(text, sizeof(text), "%s", base[b]);
				text[i] = (char)byte;
				snprintf(other, sizeof(other), "%.19s.5%s", text, text + 19);
				date_time = tg_time_is_date_time(tg_str_of(text));
				wrong += date_time != tg_time_is_date_time(tg_str_of(other));
				good += date_time;
				date = tg_time_is_date(tg_str_from(text, 10));
				snprintf(other, sizeof(other), "%.10sT00:00:00.5Z", text);
				wrong += date != tg_time_is_date_time(tg_str_of(other));
			}
		}
	}
	is_int("both ways alike", wrong, 0);
	ok("and some are good", good > 200);
}

TEST(iso_durations)
{
	static const struct {
		const char *text;
		int good;
	} row[] = {
		{ "P4DT12H30M5S", 1 }, { "P4Y", 1 },	 { "PT0S", 1 },	  { "P0D", 1 },
		{ "P1M", 1 },	       { "PT1M", 1 },	 { "PT36H", 1 },  { "P1DT12H", 1 },
		{ "P2W", 1 },	       { "P1Y2M3D", 1 }, { "PT1H1S", 0 }, { "P1Y1D", 0 },
		{ "PT1D", 0 },	       { "4DT12H", 0 },	 { "P", 0 },	  { "P1YT", 0 },
		{ "PT", 0 },	       { "P2D1Y", 0 },	 { "P1D2H", 0 },  { "P2S", 0 },
		{ "P1Y2W", 0 },	       { "P1", 0 },	 { "P1W1D", 0 },  { "PT1H2", 0 },
		{ "P1.5D", 0 },	       { "-P1D", 0 },	 { "", 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		is_int(row[i].text, tg_time_is_duration(tg_str_of(row[i].text)), row[i].good);
}

TEST(durations_on_a_command_line)
{
	static const struct {
		const char *text;
		int good;
		uint64_t micros;
	} row[] = {
		{ "250ms", 1, 250000 },
		{ "30s", 1, 30000000 },
		{ "1h30m", 1, 5400000000 },
		{ "2w", 1, 1209600000000 },
		{ "1w1d1h1m1s1ms", 1, 694861001000 },
		{ "PT5M", 1, 300000000 },
		{ "P7D", 1, 604800000000 },
		{ "P1DT1H", 1, 90000000000 },
		{ "0s", 1, 0 },
		{ "30", 0, 0 },
		{ "30m1h", 0, 0 },
		{ "1h1h", 0, 0 },
		{ "1 h", 0, 0 },
		{ "1M", 0, 0 },
		{ "P1M", 0, 0 },
		{ "P1Y", 0, 0 },
		{ "h", 0, 0 },
		{ "-1s", 0, 0 },
		{ "", 0, 0 },
		{ "30500568904944w", 0, 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		uint64_t micros = 0;

		is_int(row[i].text, tg_time_read_duration(tg_str_of(row[i].text), &micros),
		       row[i].good);
		if (row[i].good)
			is_int(row[i].text, (long long)micros, (long long)row[i].micros);
	}
}

TEST(periods)
{
	static const struct {
		const char *period, *day,
			*after; /* NULL: it is no period, or there is no such day */
	} row[] = {
		{ "P400D", "2025-11-05", "2026-12-10" },
		{ "P1M", "2025-01-31", "2025-02-28" },
		{ "P1M", "2024-01-31", "2024-02-29" },
		{ "P1Y", "2024-02-29", "2025-02-28" },
		{ "P10Y", "2025-11-05", "2035-11-05" },
		{ "P1Y2M3D", "2025-11-05", "2027-01-08" },
		{ "P6W", "2025-11-05", "2025-12-17" },
		{ "P0D", "2025-11-05", "2025-11-05" },
		{ "P13M", "2025-12-31", "2027-01-31" },
		{ "P1Y", "9999-01-01", NULL },
		{ "P1D", "2025-02-29", NULL },
		{ "PT5M", "2025-11-05", NULL },
		{ "P1DT1H", "2025-11-05", NULL },
		{ "400D", "2025-11-05", NULL },
		{ "P", "2025-11-05", NULL },
		{ "P2000Y", "2025-11-05", NULL },
		{ "P99999999999999999999D", "2025-11-05", NULL },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
		struct tg_period period;
		struct tg_time t = { .seconds = 0 };
		bool good = tg_period_read(tg_str_of(row[i].period), &period) &&
			    tg_period_after(tg_str_of(row[i].day), period, &t);

		is_int(row[i].period, good, row[i].after != NULL);
		if (!good || !row[i].after)
			continue;
		tg_time_put_date(&b, t);
		is_str(row[i].period, tg_buffer_str(&b), tg_str_of(row[i].after));
	}
}
