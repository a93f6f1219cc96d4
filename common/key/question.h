/*
 * question: what people ask of a key store: figures, whether it is whole, all of it as text, and to forget what is old.
 */
#ifndef TG_KEY_QUESTION_H
#define TG_KEY_QUESTION_H

#include "common/io/output.h"
#include "common/state/store.h"

/* As the options say; at most one of them. */
struct tg_question {
	bool stats, check, export;
	struct tg_str forget_before; /* a time */
};

/* How many are asked. */
unsigned tg_question_count(const struct tg_question *q);

/* Puts the answer, JSON lines. TG_USAGE: the time is none. TG_DATA: the store is not whole. */
TG_MUST_USE enum tg_status tg_question_answer(const struct tg_question *q, struct tg_store *store,
					      struct tg_output *out, struct tg_error *err);

#endif
