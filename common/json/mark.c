#include "common/json/mark.h"

#include "common/base/cpu.h"
#include "common/json/grammar.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* 0x80 in each byte of word that is zero, and 0 in the others: exact, no borrow runs from byte to byte. */
static uint64_t zeros(uint64_t word)
{
	return ~(((word & EACH(0x7f)) + EACH(0x7f)) | word) & EACH(0x80);
}

/* The top bits of the eight bytes side by side. */
static uint64_t gather(uint64_t tops)
{
	return (tops >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static uint64_t mark_scalar(const char *p, size_t words, uint64_t *stop, uint64_t *high)
{
	uint64_t any = 0;

	for (size_t w = 0; w < words; w++, p += 64) {
		uint64_t stops = 0, highs = 0;

		for (unsigned i = 0; i < 8; i++) {
			uint64_t eight = tg_load64(p + 8 * i);
			uint64_t found = zeros(eight ^ EACH('"')) | zeros(eight ^ EACH('\\')) |
					 zeros(eight & EACH(0xe0));

			stops |= gather(found) << 8 * i;
			highs |= gather(eight & EACH(0x80)) << 8 * i;
		}
		stop[w] = stops;
		high[w] = highs;
		any |= highs;
	}
	return any;
}

bool tg_mark(struct tg_str text, uint64_t *stop, uint64_t *high)
{
	size_t words = (text.n + 63) / 64, last = text.n / 64;
	uint64_t inside = (UINT64_C(1) << text.n % 64) - 1, any = 0;

	any = mark_scalar(text.p, words, stop, high);
	if (text.n % 64 == 0)
		stop[last] = high[last] = 0;
	if (any && (high[last] & ~inside)) { /* seen behind the end only, perhaps */
		any = high[last] &= inside;
		for (size_t w = 0; w < last; w++)
			any |= high[w];
	}
	stop[last] |= ~inside;
	stop[last + 1] = ~UINT64_C(0);
	high[last + 1] = 0;
	return any != 0;
}
