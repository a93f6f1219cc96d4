/*
 * mark: inside common/json: the first look at a text, in wide steps, that tells the scanner where strings may end.
 *
 * One bit a byte, bit i % 64 of word i / 64. All the wide code of the scanner is here; the walk over the marks is the same for
 * all machines.
 */
#ifndef TG_JSON_MARK_H
#define TG_JSON_MARK_H

#include "common/base/str.h"

/* Words that tg_mark writes of each kind for n bytes: one more than they need, since the walk reads across a word's end. */
static inline size_t tg_mark_words(size_t n)
{
	return n / 64 + 2;
}

/*
 * stop: the bytes that a string cannot simply run over: quote, backslash and control characters. high: bytes above 0x7f. In both
 * all bits from text.n on are set too, so that a search ends. True when there is a high byte. Reads up to TG_SLACK bytes behind
 * text.
 */
bool tg_mark(struct tg_str text, uint64_t *stop, uint64_t *high);

#endif
