#include "common/landing/marks.h"

#include "common/base/memory.h"
#include "common/digest/digest.h"

enum { SLOTS_LEAST = 64 };

static uint64_t mark_of(const struct tg_marks *marks, struct tg_str text)
{
	unsigned char out[TG_SIPHASH_SIZE];
	uint64_t mark;

	tg_siphash(&marks->key, text.p, text.n, out);
	memcpy(&mark, out, sizeof(mark));
	return mark ? mark : 1;
}

/* Where the mark is, or would be. slots is a power of two, and at least one is free. */
static size_t find(const uint64_t *slot, size_t slots, uint64_t mark)
{
	size_t at = (size_t)mark & (slots - 1);

	while (slot[at] && slot[at] != mark)
		at = (at + 1) & (slots - 1);
	return at;
}

static void grow(struct tg_marks *marks)
{
	size_t slots = marks->slots ? marks->slots * 2 : SLOTS_LEAST;
	uint64_t *slot = tg_alloc_array(slots, sizeof(*slot));

	for (size_t i = 0; i < marks->slots; i++)
		if (marks->slot[i])
			slot[find(slot, slots, marks->slot[i])] = marks->slot[i];
	tg_free(marks->slot);
	marks->slot = slot;
	marks->slots = slots;
}

bool tg_marks_add(struct tg_marks *marks, struct tg_str text)
{
	uint64_t mark;
	size_t at;

	if (!marks->slots)
		tg_random(&marks->key, sizeof(marks->key));
	if (marks->n >= marks->slots / 4 * 3)
		grow(marks);
	mark = mark_of(marks, text);
	at = find(marks->slot, marks->slots, mark);
	if (marks->slot[at])
		return false;
	marks->slot[at] = mark;
	marks->n++;
	return true;
}

bool tg_marks_have(const struct tg_marks *marks, struct tg_str text)
{
	return marks->n && marks->slot[find(marks->slot, marks->slots, mark_of(marks, text))];
}

void tg_marks_release(struct tg_marks *marks)
{
	tg_free(marks->slot);
	*marks = (struct tg_marks){ .n = 0 };
}
