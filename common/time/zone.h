/*
 * zone: the day that it is somewhere, by the system's time zones. Nothing else here knows a zone: texts that we write are UTC.
 */
#ifndef TG_TIME_ZONE_H
#define TG_TIME_ZONE_H

#include "common/time/time.h"

/* "UTC", an offset such as "+01:00", or the name of a zone that the system has ("Europe/Berlin"). */
bool tg_zone_is_known(struct tg_str zone);

/* Appends the day, as 2025-11-05, that t is in a zone that is known; none (p NULL) is UTC. Not while other threads ask for local
 * times: it looks through the eyes of the variable TZ, and puts it back. */
void tg_zone_put_date(struct tg_buffer *out, struct tg_time t, struct tg_str zone);

#endif
