#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/text.h"
#include "common/schema/machine.h"

/*
 * uniqueItems. A few items are compared in pairs; many are hashed over their canonical forms, with a secret, so that no input makes
 * it slow.
 */
enum { FEW = 8 };

struct tg_item {
	uint64_t hash;
	size_t at, n; /* in canonical */
	uint32_t index;
};

static bool same(struct tg_machine *m, const struct tg_span *a, const struct tg_span *b)
{
	const struct tg_record *rec = m->rec;

	if (a->kind != b->kind)
		return false;
	if (a->kind == TG_NUMBER)
		return tg_number_compare(tg_span_text(rec, a), tg_span_text(rec, b)) == 0;
	if (a->kind == TG_STRING && !((a->flags | b->flags) & TG_SPAN_ESCAPED))
		return tg_str_eq(tg_span_text(rec, a), tg_span_text(rec, b));
	if (a->kind < TG_NUMBER)
		return true;
	return tg_value_eq(rec, a, rec, b, &tg_machine_state(m)->scratch);
}

static bool few_differ(struct tg_machine *m, uint32_t array, uint32_t *x, uint32_t *y)
{
	const struct tg_span *span = m->rec->span;
	uint32_t i = 0;

	for (uint32_t a = array + 1; a < span[array].next; a = span[a].next, i++) {
		uint32_t j = i + 1;

		for (uint32_t b = span[a].next; b < span[array].next; b = span[b].next, j++) {
			if (same(m, &span[a], &span[b])) {
				*x = i;
				*y = j;
				return false;
			}
		}
	}
	return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct tg_state *s, struct tg_str text)
{
	uint64_t h = s->secret[0] ^ text.n, word;

	for (; text.n >= 8; text = tg_str_after(text, 8)) {
		memcpy(&word, text.p, 8);
		h = mix(h ^ word, s->secret[1] | 1);
	}
	word = 0;
	if (text.n)
		memcpy(&word, text.p, text.n);
	return mix(h ^ word, s->secret[1] | 1);
}

static void make_room(struct tg_state *s, size_t items)
{
	size_t slots = 16;

	while (slots < items * 2)
		slots *= 2;
	if (s->item_room < items) {
		s->item_room = items;
		s->item = tg_resize_array(s->item, items, sizeof(*s->item));
	}
	if (s->slot_room < slots) {
		s->slot_room = slots;
		s->slot = tg_resize_array(s->slot, slots, sizeof(*s->slot));
	}
	memset(s->slot, 0, slots * sizeof(*s->slot));
}

static bool many_differ(struct tg_machine *m, uint32_t array, size_t items, uint32_t *x,
			uint32_t *y)
{
	const struct tg_span *span = m->rec->span;
	struct tg_state *s = tg_machine_state(m);
	size_t mask = 16;
	uint32_t n = 0;

	make_room(s, items);
	while (mask < items * 2)
		mask *= 2;
	mask--;
	s->canonical.n = 0;
	for (uint32_t a = array + 1; a < span[array].next; a = span[a].next, n++) {
		struct tg_item *item = &s->item[n];
		struct tg_str text;
		size_t at;

		item->at = s->canonical.n;
		item->index = n;
		tg_canon_put(&s->canonical, m->rec, &span[a], &s->scratch);
		item->n = s->canonical.n - item->at;
		text = tg_str_from(s->canonical.p + item->at, item->n);
		item->hash = hash_of(s, text);
		for (at = item->hash & mask; s->slot[at]; at = (at + 1) & mask) {
			const struct tg_item *other = &s->item[s->slot[at] - 1];

			if (other->hash == item->hash && other->n == item->n &&
			    memcmp(s->canonical.p + other->at, text.p, text.n) == 0) {
				*x = other->index;
				*y = n;
				return false;
			}
		}
		s->slot[at] = n + 1;
	}
	return true;
}

bool tg_items_differ(struct tg_machine *m, uint32_t array, uint32_t *x, uint32_t *y)
{
	const struct tg_span *span = m->rec->span;
	size_t items = 0;

	for (uint32_t a = array + 1; a < span[array].next; a = span[a].next)
		items++;
	return items <= FEW ? few_differ(m, array, x, y) : many_differ(m, array, items, x, y);
}
