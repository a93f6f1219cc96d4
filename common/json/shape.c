#include "common/json/shape.h"

#include "common/base/memory.h"

enum {
	OTHERS_MAX = 8, /* in one place */
	IDLE = 63,	/* looks in which nothing is expected: one text in 64 tries */
	REFUSED = 1 << 13,
	KEY_MAX = 16 + TG_SHAPE_MORE,
};

void tg_shapes_init(struct tg_shapes *s)
{
	/* Pages that are not touched cost nothing. */
	*s = (struct tg_shapes){
		.shape = tg_resize_array(NULL, TG_SHAPES, sizeof(*s->shape)),
		.more = tg_resize_array(NULL, TG_SHAPES, TG_SHAPE_MORE),
		.shapes = 1,
	};
	s->shape[0] = (struct tg_shape){ .word = { 1 } }; /* outside its mask */
}

void tg_shapes_release(struct tg_shapes *s)
{
	tg_free(s->shape);
	tg_free(s->more);
}

static void forget(struct tg_shapes *s)
{
	s->shapes = 1;
	s->refused = s->first = 0;
}

void tg_shapes_weigh(struct tg_shapes *s)
{
	if (s->idle > 0) {
		s->idle--;
	} else if (s->missed > s->spans / 4) { /* keys are half of an object's spans */
		forget(s);
		s->idle = IDLE;
	} else if (s->refused > REFUSED) {
		forget(s);
	}
	s->texts = s->spans = s->missed = 0;
}

static char *more_of(const struct tg_shapes *s, const struct tg_shape *shape)
{
	return s->more + (shape - s->shape) * TG_SHAPE_MORE;
}

bool tg_shape_fits_more(const struct tg_shapes *s, const struct tg_shape *shape, const char *p)
{
	return memcmp(p + 16, more_of(s, shape), shape->n - 16) == 0;
}

struct tg_shape *tg_shape_other(struct tg_shapes *s, uint32_t *at, const char *p, size_t left)
{
	struct tg_shape *before = s->shape + *at;

	while (before->other) {
		uint32_t i = before->other;
		struct tg_shape *found = s->shape + i;

		if (tg_shape_fits(s, found, p, left)) {
			before->other = found->other;
			found->other = *at;
			*at = i;
			return found;
		}
		before = found;
	}
	return NULL;
}

/* Whether there is room for one more in the place. */
static bool has_room(const struct tg_shapes *s, uint32_t at, size_t n)
{
	unsigned others = 0;

	for (; at; at = s->shape[at].other)
		others++;
	return others < OTHERS_MAX && n <= KEY_MAX && s->shapes < TG_SHAPES;
}

static uint64_t low_bytes(size_t n)
{
	return n >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * n) - 1;
}

struct tg_shape *tg_shape_learn(struct tg_shapes *s, uint32_t *at, const char *p, size_t n,
				unsigned flags)
{
	struct tg_shape *new;

	if (tg_shape_fits(s, s->shape + *at, p, n))
		return s->shape + *at;
	new = tg_shape_other(s, at, p, n);
	if (new)
		return new;
	if (!has_room(s, *at, n)) {
		s->refused++;
		return NULL;
	}
	new = s->shape + s->shapes;
	*new = (struct tg_shape){
		.mask = { low_bytes(n), n > 8 ? low_bytes(n - 8) : 0 },
		.span = { .n = (uint32_t)n - 3, .kind = TG_STRING, .flags = (uint8_t)flags },
		.n = (uint32_t)n,
		.other = *at,
	};
	new->word[0] = tg_load64(p) & new->mask[0];
	new->word[1] = tg_load64(p + 8) & new->mask[1];
	if (n > 16)
		memcpy(more_of(s, new), p + 16, n - 16);
	*at = s->shapes++;
	return new;
}
