/*
 * shape: inside common/json: the orders of keys that the records before had, so that the keys of the next are only recognised.
 *
 * Records of one kind have the same keys in the same order. A tg_shape is a key behind those that led to it in its object, so all the
 * keys on the way to it are known to differ: where a record follows such a way, no key is searched for its end, hashed, or compared
 * with those before it. A key that no way goes on with makes its object a stranger: its keys are looked at one by one (keys.h), and
 * make a new way while there is room for it.
 *
 * The ways say nothing about what a text means; a scanner that has learnt none, or wrong ones, gives the same answers.
 */
#ifndef TG_JSON_SHAPE_H
#define TG_JSON_SHAPE_H

#include "common/json/grammar.h"
#include "common/json/record.h"

enum {
	TG_SHAPES = 2048,    /* that are learnt, the first of them none */
	TG_SHAPE_MORE = 240, /* bytes of a key beyond those that a shape holds */
};

struct tg_shape {
	uint64_t word[2],
		mask[2];     /* `"key":`, and the bits of its first 16 bytes that are its own */
	struct tg_span span; /* of the key, but for its place and number */
	uint32_t n;	     /* bytes of the text */
	uint32_t other;	     /* another that was seen in its place; 0: none */
	uint32_t next;	     /* the one behind it */
	uint32_t within;     /* the first key of an object that is its value */
};

struct tg_shapes {
	struct tg_shape *shape; /* the first is like no text */
	char *more;		/* TG_SHAPE_MORE each: what is behind the first 16 bytes */
	uint32_t shapes;
	uint32_t refused; /* keys that were not learnt since all was forgotten last */
	uint32_t texts, spans,
		missed; /* since the last look: texts, and of them values and keys that were not expected */
	uint32_t idle;	/* looks until something is expected again */
	uint32_t first; /* of an object that is no member's value */
	uint32_t none;	/* 0: where nothing is learnt */
};

void tg_shapes_init(struct tg_shapes *s);
void tg_shapes_release(struct tg_shapes *s);

/* Looks back on the texts since the last look: where most keys were not expected, nothing is expected for a while, and where many could
 * not be learnt, the ways are made anew. */
TG_COLD void tg_shapes_weigh(struct tg_shapes *s);

enum { TG_SHAPES_TEXTS = 256 }; /* from look to look */

/* Before a text. */
static inline void tg_shapes_begin(struct tg_shapes *s)
{
	if (TG_UNLIKELY(++s->texts == TG_SHAPES_TEXTS))
		tg_shapes_weigh(s);
}

/* The place of the first key of an object that is no member's value. */
static inline uint32_t *tg_shapes_first(struct tg_shapes *s)
{
	return s->idle ? &s->none : &s->first;
}

/* The rest of a long one. */
bool tg_shape_fits_more(const struct tg_shapes *s, const struct tg_shape *shape, const char *p);

/* Whether the text at p, of which `left` bytes are left and TG_SLACK more readable, goes on with this key; what is found may stand up to
 * 16 bytes too far. */
static inline bool tg_shape_fits(const struct tg_shapes *s, const struct tg_shape *shape,
				 const char *p, size_t left)
{
	uint64_t differs = ((tg_load64(p) & shape->mask[0]) ^ shape->word[0]) |
			   ((tg_load64(p + 8) & shape->mask[1]) ^ shape->word[1]);

	return TG_LIKELY(!differs) &&
	       (TG_LIKELY(shape->n <= 16) || (shape->n <= left && tg_shape_fits_more(s, shape, p)));
}

/* Another shape in the place `at` that the text at p goes on with; NULL: there is none. It is tried first the next time. */
struct tg_shape *tg_shape_other(struct tg_shapes *s, uint32_t *at, const char *p, size_t left);

/* The shape of the key at p, n bytes with quotes and colon, learnt where it is not there yet; NULL: it cannot be. All keys of its
 * object are new ones and behind p the text is readable as for a search. */
struct tg_shape *tg_shape_learn(struct tg_shapes *s, uint32_t *at, const char *p, size_t n,
				unsigned flags);

#endif
