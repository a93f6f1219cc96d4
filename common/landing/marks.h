/*
 * marks: a set of many short texts, of each of which it holds 64 bits: a digest keyed by what is drawn for the set, so that nobody
 * can make two collide. Some sixteen bytes a text; by chance two of 10^6 texts collide once in 10^7 sets. Not shared by threads while
 * it grows.
 */
#ifndef TG_LANDING_MARKS_H
#define TG_LANDING_MARKS_H

#include "common/digest/siphash.h"

struct tg_marks {
	struct tg_siphash_key key;
	uint64_t *slot; /* a table; 0: free */
	size_t n, slots;
};

/* Zeroed is empty. False: it was there already. */
bool tg_marks_add(struct tg_marks *marks, struct tg_str text);

TG_MUST_USE bool tg_marks_have(const struct tg_marks *marks, struct tg_str text);

void tg_marks_release(struct tg_marks *marks);

#endif
