/*
 * time: instants, and their notations. RFC 3339 in, RFC 3339 UTC out; no locale, no TZ.
 */
#ifndef TG_TIME_TIME_H
#define TG_TIME_TIME_H

#include "common/base/buffer.h"
#include "common/base/str.h"

struct tg_time {
	int64_t seconds; /* since 1970-01-01T00:00:00Z, no leap seconds */
	uint32_t micros;
};

/* The clock. Only the runtime calls it; everybody else is handed the time (--now). */
struct tg_time tg_time_now(void);

/* Appends 2025-11-05T06:00:00.104112Z: always UTC, always six digits. */
void tg_time_put(struct tg_buffer *out, struct tg_time t);

bool tg_time_is_before(struct tg_time a, struct tg_time b);

/* Appends 2025-11-05, the UTC day. */
void tg_time_put_date(struct tg_buffer *out, struct tg_time t);

/* RFC 3339 date-time, or YYYY-MM-DD (midnight UTC), or Unix seconds: what --now and its like take. */
TG_MUST_USE bool tg_time_read(struct tg_str s, struct tg_time *t);

/* RFC 3339 section 5.6, exactly: lower-case t and z allowed, offset required, days must exist, a leap second only at 23:59:60 UTC
 * after the offset. */
bool tg_time_is_date_time(struct tg_str s);
bool tg_time_is_date(struct tg_str s);
bool tg_time_is_time(struct tg_str s);

/* Of the Gregorian calendar, whatever the year; month is 1 to 12. */
unsigned tg_time_days_of_month(unsigned year, unsigned month);

/* ISO 8601 durations by RFC 3339 appendix A (JSON Schema's "duration"). */
bool tg_time_is_duration(struct tg_str s);

/* A duration of the command line, in microseconds: 250ms 30s 5m 2h 7d 2w, 1h30m, PT5M, P7D; no bare number, no months or years. */
TG_MUST_USE bool tg_time_read_duration(struct tg_str s, uint64_t *micros);

#endif
