/*
 * names: inside common/schema: a fixed set of texts (property names, the strings of an enum), made once and looked up in records.
 *
 * A text is told from others by its length, its first and its last eight bytes, which are loaded at once; only what is longer than
 * sixteen bytes is compared further. The hash goes over all of it, so that no contract makes a look-up slow.
 */
#ifndef TG_SCHEMA_NAMES_H
#define TG_SCHEMA_NAMES_H

#include "common/base/memory.h"

#define TG_NAMES_NONE UINT32_MAX

struct tg_name {
	uint64_t head, tail;
	struct tg_str text;
	uint32_t value; /* TG_NAMES_NONE: a free slot */
};

struct tg_names {
	struct tg_name *slot; /* a power of two of them */
	unsigned shift;	      /* 64 less its exponent */
	uint32_t n;
	uint64_t factor; /* of the hash; odd */
};

/* Room for n names. */
void tg_names_init(struct tg_names *names, size_t n, struct tg_arena *arena);

/* Adds a text, which must live as long; where it is there already, nothing is changed. Gives the value that it has now. */
uint32_t tg_names_add(struct tg_names *names, struct tg_str text, uint32_t value);

/* When all are there: spreads a small set so that, where it can be, each name is found at the first look. */
void tg_names_settle(struct tg_names *names);

/* The first up to eight bytes of a word. */
static inline uint64_t tg_names_mask(size_t n)
{
	static const unsigned char mask[16] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	uint64_t keep;

	memcpy(&keep, mask + 8 - (n < 8 ? n : 8), sizeof(keep));
	return keep;
}

/* The first up to eight bytes; what is behind them is blotted out. Eight bytes must be readable. */
static inline uint64_t tg_names_head(const char *p, size_t n)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word & tg_names_mask(n);
}

static inline uint64_t tg_names_tail(const char *p, size_t n)
{
	uint64_t word = 0;

	if (n > 8)
		memcpy(&word, p + n - 8, sizeof(word));
	return word;
}

/* The slot at which a look-up begins. */
static inline size_t tg_names_home(const struct tg_names *names, struct tg_str text, uint64_t head,
				   uint64_t tail)
{
	uint64_t h = (head ^ text.n) * UINT64_C(0x9e3779b97f4a7c15) ^
		     tail * UINT64_C(0xc2b2ae3d27d4eb4f);

	for (size_t i = 8; i + 8 < text.n; i += 8) {
		uint64_t word;

		memcpy(&word, text.p + i, sizeof(word));
		h = (h ^ word ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return (size_t)((h ^ h >> 32) * names->factor >> names->shift);
}

/* The value of text, or TG_NAMES_NONE. TG_SLACK bytes behind text are readable. */
static inline uint32_t tg_names_find(const struct tg_names *names, struct tg_str text)
{
	uint64_t head = tg_names_head(text.p, text.n), tail = tg_names_tail(text.p, text.n);
	size_t mask = (size_t)(UINT64_MAX >> names->shift);
	size_t at = tg_names_home(names, text, head, tail);

	for (;; at = (at + 1) & mask) {
		const struct tg_name *name = &names->slot[at];

		if (name->head == head && name->text.n == text.n && name->tail == tail &&
		    (text.n <= 16 || memcmp(name->text.p + 8, text.p + 8, text.n - 16) == 0))
			return name->value;
		if (name->value == TG_NAMES_NONE)
			return TG_NAMES_NONE;
	}
}

#endif
