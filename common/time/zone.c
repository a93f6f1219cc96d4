#include "common/time/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { NAME_MAX_ = 64 };

/* +HH:MM, as RFC 3339 has it. */
static bool read_offset(struct tg_str zone, int64_t *seconds)
{
	unsigned h, m;

	if (zone.n != 6 || (zone.p[0] != '+' && zone.p[0] != '-') || zone.p[3] != ':')
		return false;
	for (size_t i = 1; i < 6; i++)
		if (i != 3 && !tg_digit((unsigned char)zone.p[i]))
			return false;
	h = (unsigned)(zone.p[1] - '0') * 10 + (unsigned)(zone.p[2] - '0');
	m = (unsigned)(zone.p[4] - '0') * 10 + (unsigned)(zone.p[5] - '0');
	*seconds = (int64_t)(h * 3600 + m * 60) * (zone.p[0] == '-' ? -1 : 1);
	return h < 24 && m < 60;
}

/* A path below the system's folder, and no way out of it. */
static bool is_name(struct tg_str zone)
{
	if (!zone.n || zone.n > NAME_MAX_ || zone.p[0] == '/' || zone.p[0] == '.')
		return false;
	for (size_t i = 0; i < zone.n; i++) {
		char c = zone.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      tg_digit((unsigned char)c) || c == '/' || c == '_' || c == '-' || c == '+'))
			return false;
	}
	return true;
}

bool tg_zone_is_known(struct tg_str zone)
{
	char path[NAME_MAX_ + 64];
	int64_t seconds;
	struct stat st;

	if (tg_str_is(zone, "UTC") || read_offset(zone, &seconds))
		return true;
	if (!is_name(zone))
		return false;
	/* The C library takes a zone that it does not find for UTC, without a word. */
	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", TG_STR_ARG(zone));
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void put_local(struct tg_buffer *out, struct tg_time t, struct tg_str zone)
{
	const char *before = getenv("TZ");
	char *old = before ? strdup(before) : NULL, name[NAME_MAX_ + 8];
	time_t seconds = (time_t)t.seconds;
	struct tm tm = { .tm_mday = 1, .tm_year = 70 };

	(void)snprintf(name, sizeof(name), ":%.*s", TG_STR_ARG(zone));
	(void)setenv("TZ", name, 1);
	tzset();
	(void)localtime_r(&seconds, &tm);
	if (old)
		(void)setenv("TZ", old, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	free(old);
	tg_buffer_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

void tg_zone_put_date(struct tg_buffer *out, struct tg_time t, struct tg_str zone)
{
	int64_t seconds = 0;

	if (!zone.p || tg_str_is(zone, "UTC") || read_offset(zone, &seconds)) {
		t.seconds += seconds;
		tg_time_put_date(out, t);
	} else {
		put_local(out, t, zone);
	}
}
