#include "common/base/decode.h"

/* One more than the value of a digit; 0: none. A look instead of comparisons: which digits a signature has nobody can predict, the
 * processor neither, and it would be wrong a third of the time. */
static const unsigned char hex_digit[256] = {
	// clang-format off
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	// clang-format on
};

bool tg_hex_decode(struct tg_buffer *out, struct tg_str text)
{
	const unsigned char *from = (const unsigned char *)text.p;
	char *to = tg_buffer_room(out, text.n / 2);
	bool all = true;

	if (text.n % 2)
		return false;
	for (size_t i = 0; i < text.n; i += 2) {
		unsigned high = hex_digit[from[i]], low = hex_digit[from[i + 1]];

		all &= high && low;
		*to++ = (char)((high - 1) << 4 | ((low - 1) & 15));
	}
	if (!all)
		return false;
	out->n += text.n / 2;
	return true;
}

/* What is no digit has the high bit, so one look at the bits of all says whether there was any. */
enum { NO_DIGIT = 0x80 };

#define COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Whole fours, then a rest of 0, 2 or 3 digits. The table is cheap to fill beside what follows. */
static bool decode(struct tg_buffer *out, const char alphabet[static 64], const char *from,
		   size_t n)
{
	char *start = tg_buffer_room(out, n / 4 * 3 + 2), *to = start;
	unsigned char value[256];
	unsigned bits = 0, unused = 0;

	memset(value, NO_DIGIT, sizeof(value));
	for (unsigned char i = 0; i < 64; i++)
		value[(unsigned char)alphabet[i]] = i;
#define DIGIT(i) (bits |= value[(unsigned char)from[i]], (unsigned)value[(unsigned char)from[i]])
	for (; n >= 4; n -= 4, from += 4) {
		unsigned a = DIGIT(0), b = DIGIT(1), c = DIGIT(2), d = DIGIT(3);

		*to++ = (char)(a << 2 | b >> 4);
		*to++ = (char)(b << 4 | c >> 2);
		*to++ = (char)(c << 6 | d);
	}
	if (n == 1)
		return false;
	if (n) {
		unsigned a = DIGIT(0), b = DIGIT(1), c = n == 3 ? DIGIT(2) : 0;

		*to++ = (char)(a << 2 | b >> 4);
		if (n == 3)
			*to++ = (char)(b << 4 | c >> 2);
		unused = n == 3 ? c & 3 : b & 15;
	}
#undef DIGIT
	if (bits & NO_DIGIT || unused)
		return false;
	out->n += (size_t)(to - start);
	return true;
}

bool tg_base64_decode(struct tg_buffer *out, struct tg_str text)
{
	size_t n = text.n;

	if (n % 4)
		return false;
	if (n && text.p[n - 1] == '=')
		n -= text.p[n - 2] == '=' ? 2 : 1;
	return decode(out, COMMON "+/", text.p, n);
}

bool tg_base64url_decode(struct tg_buffer *out, struct tg_str text)
{
	return decode(out, COMMON "-_", text.p, text.n);
}
