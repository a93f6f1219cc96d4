#include "common/schema/parse.h"

/* Whether the bytes of the class are a range. */
static bool find_range(const struct tg_row *row, uint32_t item, unsigned *low, unsigned *high)
{
	uint8_t bit = (uint8_t)(1U << item);

	*low = 0;
	while (*low < 256 && !(row->member[*low] & bit))
		++*low;
	*high = *low;
	while (*high < 256 && (row->member[*high] & bit))
		++*high;
	for (unsigned i = *high; i < 256; i++)
		if (row->member[i] & bit)
			return false;
	return *low < *high;
}

void tg_row_settle(struct tg_row *row)
{
	uint64_t at = 0;

	row->placed = false;
	for (uint32_t i = 0; i < row->items; i++) {
		bool last = i + 1 == row->items;
		unsigned low, high;

		if (!find_range(row, i, &low, &high) ||
		    (!last && row->item[i].least != row->item[i].most))
			return;
		for (uint64_t k = 0; at < TG_ROW_PLACES && (last || k < row->item[i].least); k++) {
			row->low[at] = (uint8_t)low;
			row->range[at++] = (uint8_t)(high - 1 - low);
		}
	}
	row->placed = at == TG_ROW_PLACES;
}

/* Ones for the places of a text, and zeros for those behind it, when read from so many before the middle. */
static const uint8_t counts[2 * TG_ROW_PLACES] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
						   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

/* Whether sixteen bytes from place `from` on are right. What is behind the n bytes of the text is looked at too, and does not count. */
static inline bool match_sixteen(const struct tg_row *row, const unsigned char *p, size_t from,
				 size_t n)
{
	const uint8_t *low = row->low + from, *range = row->range + from;
	const uint8_t *inside = counts + TG_ROW_PLACES - n + from;
	uint8_t bad[16];
	uint64_t half[2];

	p += from;
	for (size_t i = 0; i < 16; i++)
		bad[i] = (uint8_t)((uint8_t)(p[i] - low[i]) > range[i]) & inside[i];
	memcpy(half, bad, sizeof(half)); /* two words are asked sooner than sixteen bytes */
	return !(half[0] | half[1]);
}

static bool match_places(const struct tg_row *row, const unsigned char *p, size_t n)
{
	_Static_assert(TG_ROW_PLACES == 32, "two steps");
	return match_sixteen(row, p, 0, n) && (n <= 16 || match_sixteen(row, p, 16, n));
}

/* Item by item. */
static __attribute__((__noinline__)) bool
match_items(const struct tg_row *row, const unsigned char *p, const unsigned char *end)
{
	for (uint32_t i = 0; i < row->items; i++) {
		uint8_t bit = (uint8_t)(1U << i);
		uint32_t least = row->item[i].least, most = row->item[i].most;
		size_t left = (size_t)(end - p);

		if (left < least)
			return false;
		if (least) { /* these must be members: no branch a byte */
			uint8_t all = bit;

			for (uint32_t k = 0; k < least; k++)
				all &= row->member[p[k]];
			if (!all)
				return false;
			p += least;
			left -= least;
		}
		if (most - least < left)
			left = most - least;
		for (; left > 0 && (row->member[*p] & bit); left--)
			p++;
	}
	return p == end;
}

bool tg_row_match(const struct tg_row *row, struct tg_str text)
{
	const unsigned char *p = (const unsigned char *)text.p;

	if (text.n < row->shortest || text.n > row->longest)
		return false;
	if (row->placed && text.n > 0 && text.n <= TG_ROW_PLACES)
		return match_places(row, p, text.n);
	return match_items(row, p, p + text.n);
}
