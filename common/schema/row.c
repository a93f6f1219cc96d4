#include "common/schema/parse.h"

bool tg_row_match(const struct tg_row *row, struct tg_str text)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;

	if (text.n < row->shortest || text.n > row->longest)
		return false;
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
