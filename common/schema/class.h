/*
 * class: inside common/schema: sets of code points, as a pattern's brackets and escapes name them.
 */
#ifndef TG_SCHEMA_CLASS_H
#define TG_SCHEMA_CLASS_H

#include "common/base/buffer.h"
#include "common/base/own.h"

struct tg_class_range {
	uint32_t low, high; /* both belong to it */
};

/* Zeroed is empty. Ranges are in order and apart after tg_class_settle. Surrogates are never in: they are no text. */
struct tg_class_set {
	struct tg_class_range *range;
	size_t n, room;
};

void tg_class_add(struct tg_class_set *set, uint32_t low, uint32_t high);
void tg_class_add_set(struct tg_class_set *set, const struct tg_class_range *range, size_t n);
void tg_class_settle(struct tg_class_set *set);
/* Settled: all other code points instead. */
void tg_class_invert(struct tg_class_set *set);
void tg_class_release(struct tg_class_set *set);

/* \d \w \s, and with a capital letter what they leave; false: no such letter. */
TG_MUST_USE bool tg_class_add_letter(struct tg_class_set *set, char letter);

/*
 * \p{...}: appends what PCRE2 calls it ("Lu", "sc:Greek"). Names are ECMA-262's, by letter and case; false: there is none such. That
 * a script's name is right is left to PCRE2.
 */
TG_MUST_USE bool tg_class_put_property(struct tg_buffer *out, struct tg_str name);

#endif
