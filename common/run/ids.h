/*
 * ids: who a stage is in the run log: the run that it belongs to, its span, and the trace of whoever called it. Inside run/.
 */
#ifndef TG_RUN_IDS_H
#define TG_RUN_IDS_H

#include "common/base/str.h"
#include "common/run/logdir.h"
#include "common/time/time.h"

enum {
	TG_RUN_SIZE = 36, /* a UUID */
	TG_TRACE_SIZE = 32,
	TG_IDS_CHANCE = 10 + TG_SPAN_SIZE / 2, /* random bytes that an id is made of */
};

/* C strings; parent is empty where no caller has said who it is. */
struct tg_ids {
	char run[TG_RUN_SIZE + 1], trace[TG_TRACE_SIZE + 1], parent[TG_SPAN_SIZE + 1];
	char span[TG_SPAN_SIZE + 1];
};

/* A new run and a span. */
void tg_ids_draw(struct tg_ids *ids, struct tg_time now, const unsigned char chance[TG_IDS_CHANCE]);

/* Takes the run of others instead; false when text is no run's id. */
TG_MUST_USE bool tg_ids_join(struct tg_ids *ids, struct tg_str run);

/* Takes the trace of the caller (TRACEPARENT; none: there is none). Without one, or a malformed one, it is made of the run's id,
 * so that stages of one run agree without talking. */
void tg_ids_trace(struct tg_ids *ids, struct tg_str caller);

#endif
