/*
 * extract: takes signatures, times and ids out of a request, where the scheme says that they stand.
 *
 * Inside webhook/.
 */
#ifndef TG_WEBHOOK_EXTRACT_H
#define TG_WEBHOOK_EXTRACT_H

#include "common/webhook/request.h"
#include "common/webhook/scheme.h"

/* Values of one part, as text; views into the request. */
struct tg_extract {
	struct tg_str value[TG_REQUEST_SIGNATURES];
	size_t place[TG_REQUEST_SIGNATURES]; /* in which of the part's places it stood */
	size_t n;
	bool present; /* a place was there, though nothing of the right name in it */
};

/*
 * All values of the part. json and base: of the body, where a place is there. False: a header that is ambiguous or long, or more
 * than TG_REQUEST_SIGNATURES values. That there is none is no fault here.
 */
TG_MUST_USE bool tg_extract(const struct tg_webhook_part *part, const struct tg_request *r,
			    const struct tg_record *json, const struct tg_span *base,
			    struct tg_extract *e, struct tg_webhook_fault *fault);

/* The time in a text; false: it is none of that unit. */
TG_MUST_USE bool tg_extract_time(struct tg_str text, enum tg_time_unit unit, int64_t *micros);

/* How a place is written in a description, for messages. */
struct tg_str tg_place_name(const struct tg_webhook_place *place, struct tg_arena *arena);

#endif
