/*
 * spelling: lists of texts that mean the same: true, false, null. Exactly these, byte for byte: no case is folded, no blank trimmed.
 * The first is the one that is written. The texts are their maker's.
 */
#ifndef TG_VALUE_SPELLING_H
#define TG_VALUE_SPELLING_H

#include "common/base/str.h"

struct tg_spellings {
	const struct tg_str *text;
	size_t n;
};

static inline bool tg_spellings_have(struct tg_spellings spellings, struct tg_str text)
{
	for (size_t i = 0; i < spellings.n; i++)
		if (tg_str_eq(spellings.text[i], text))
			return true;
	return false;
}

#endif
