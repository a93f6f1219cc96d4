/*
 * marks: a set of many short texts, of each of which it holds 64 bits: a digest keyed by what is drawn for the set, so that nobody
 * can make two collide. Eight bytes a text; by chance two of 10^6 texts collide once in 10^7 sets. Not shared by threads while it
 * grows.
 */
#ifndef TG_LANDING_MARKS_H
#define TG_LANDING_MARKS_H

#include "common/digest/siphash.h"

struct tg_marks {
	struct tg_siphash_key key;
	bool keyed;
	uint64_t *mark;
	size_t n, room;
	size_t sorted; /* so many from the front are in order */
};

/* Zeroed is empty. */
void tg_marks_add(struct tg_marks *marks, struct tg_str text);

/* Puts what was added in order; false: a text was added twice. */
bool tg_marks_sort(struct tg_marks *marks);

/* Fast after a sort; what was added since is looked through one by one. */
TG_MUST_USE bool tg_marks_have(const struct tg_marks *marks, struct tg_str text);

void tg_marks_release(struct tg_marks *marks);

#endif
