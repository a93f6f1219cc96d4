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

/* All bytes at once: what is behind the text is looked at too, and does not count. */
static bool match_places(const struct tg_row *row, const unsigned char *p, uint8_t n)
{
	uint8_t bad = 0;

	for (uint8_t i = 0; i < 16; i++)
		bad |= (uint8_t)((uint8_t)(p[i] - row->low[i]) > row->range[i]) & (uint8_t)(i < n);
	if (n > 16)
		for (uint8_t i = 16; i < TG_ROW_PLACES; i++)
			bad |= (uint8_t)((uint8_t)(p[i] - row->low[i]) > row->range[i]) &
			       (uint8_t)(i < n);
	return !bad;
}

bool tg_row_match(const struct tg_row *row, struct tg_str text)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;

	if (text.n < row->shortest || text.n > row->longest)
		return false;
	if (row->placed && text.n > 0 && text.n <= TG_ROW_PLACES)
		return match_places(row, p, (uint8_t)text.n);
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
