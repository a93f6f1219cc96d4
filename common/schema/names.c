#include "common/schema/names.h"

void tg_names_init(struct tg_names *names, size_t n, struct tg_arena *arena)
{
	unsigned bits = 2;

	while ((UINT64_C(1) << bits) < n * 2 + 1)
		bits++;
	names->shift = 64 - bits;
	names->n = 0;
	names->slot = tg_arena_array(arena, (size_t)1 << bits, sizeof(*names->slot));
	for (size_t i = 0; i < (size_t)1 << bits; i++)
		names->slot[i].value = TG_NAMES_NONE;
}

uint32_t tg_names_add(struct tg_names *names, struct tg_str text, uint32_t value)
{
	uint64_t head = tg_names_head(text.p, text.n), tail = tg_names_tail(text.p, text.n);
	size_t mask = (size_t)(UINT64_MAX >> names->shift);
	size_t at = (size_t)(tg_names_hash(text, head, tail) >> names->shift);

	while (names->slot[at].value != TG_NAMES_NONE) {
		if (tg_str_eq(names->slot[at].text, text))
			return names->slot[at].value;
		at = (at + 1) & mask;
	}
	names->slot[at] = (struct tg_name){ head, tail, text, value };
	names->n++;
	TG_BUG_IF(names->n > mask);
	return value;
}
