/*
 * period: years, months, weeks and days as ISO 8601 writes them, added to a day of the calendar. No hours: what is kept by law is kept
 * by days, whatever the clock said.
 */
#ifndef TG_TIME_PERIOD_H
#define TG_TIME_PERIOD_H

#include "common/time/time.h"

enum { TG_PERIOD_YEARS_MOST = 1000 }; /* and as many months and days as that are */

struct tg_period {
	unsigned months, days;
};

/* P10Y, P18M, P1Y6M, P6W, P400D. False for anything else, a time of the day, and more than the most. */
TG_MUST_USE bool tg_period_read(struct tg_str s, struct tg_period *period);

/*
 * The day that comes so long after `day` (as 2025-11-05), as its midnight in UTC. Months first, and where that month is too short its
 * last day: P1M after January 31 is February 28. False when day is none, or the year has more than four digits.
 */
TG_MUST_USE bool tg_period_after(struct tg_str day, struct tg_period period, struct tg_time *t);

#endif
