#include "common/schema/names.h"

void tg_names_init(struct tg_names *names, size_t n, struct tg_arena *arena)
{
	unsigned bits = 2;

	while ((UINT64_C(1) << bits) < n * 2 + 1)
		bits++;
	names->shift = 64 - bits;
	names->n = 0;
	names->factor = UINT64_C(0xd6e8feb86659fd93);
	names->slot = tg_arena_array(arena, (size_t)1 << bits, sizeof(*names->slot));
	for (size_t i = 0; i < (size_t)1 << bits; i++)
		names->slot[i].value = TG_NAMES_NONE;
}

uint32_t tg_names_add(struct tg_names *names, struct tg_str text, uint32_t value)
{
	uint64_t head = tg_names_head(text.p, text.n), tail = tg_names_tail(text.p, text.n);
	size_t mask = (size_t)(UINT64_MAX >> names->shift);
	size_t at = tg_names_home(names, text, head, tail);

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

enum {
	SETTLED = 32, /* names; of more hardly any hash has each in a slot of its own */
	TRIES = 64,
};

/* How many do not begin where another does. */
static uint32_t homes(const struct tg_names *names, const struct tg_name *name, uint32_t n)
{
	uint64_t taken[4 * SETTLED / 64] = { 0 };
	uint32_t own = 0;

	for (uint32_t i = 0; i < n; i++) {
		size_t at = tg_names_home(names, name[i].text, name[i].head, name[i].tail);
		uint64_t bit = UINT64_C(1) << at % 64;

		own += !(taken[at / 64] & bit);
		taken[at / 64] |= bit;
	}
	return own;
}

void tg_names_settle(struct tg_names *names)
{
	size_t slots = (size_t)(UINT64_MAX >> names->shift) + 1;
	uint64_t factor = names->factor, best = factor;
	struct tg_name name[SETTLED];
	uint32_t n = 0, most = 0;

	if (names->n > SETTLED || slots > 4 * SETTLED)
		return;
	for (size_t i = 0; i < slots; i++) {
		if (names->slot[i].value != TG_NAMES_NONE)
			name[n++] = names->slot[i];
		names->slot[i] = (struct tg_name){ .value = TG_NAMES_NONE };
	}
	for (unsigned i = 0; i < TRIES && most < n; i++) {
		uint32_t own;

		names->factor = factor + 2 * i * UINT64_C(0x9e3779b97f4a7c15);
		own = homes(names, name, n);
		if (own > most) {
			most = own;
			best = names->factor;
		}
	}
	names->factor = best;
	names->n = 0;
	for (uint32_t i = 0; i < n; i++)
		(void)tg_names_add(names, name[i].text, name[i].value);
}
