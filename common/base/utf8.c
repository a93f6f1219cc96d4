#include "common/base/utf8.h"

uint32_t tg_utf8_decode(struct tg_str s, size_t *size)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t c = p[0];
	size_t n;

	*size = 1;
	if (c < 0x80)
		return c;
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.n < n)
		return UINT32_MAX;
	c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < (n == 4	  ? 0x10000U
		 : n == 3 ? 0x800U
			  : 0x80U) ||
	    c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return UINT32_MAX;
	*size = n;
	return c;
}

size_t tg_utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define EACH_SECOND UINT64_C(0x00ff00ff00ff00ff)

/* All bytes but those that follow another in a character. Eight sums of a byte each go side by side, in a form that compilers
 * make wide. */
size_t tg_utf8_count(struct tg_str s)
{
	size_t n = 0, i = 0;

	while (s.n - i >= 8) {
		size_t words = (s.n - i) / 8;
		uint64_t sums = 0;

		if (words > 255)
			words = 255;
		for (size_t w = 0; w < words; w++) {
			uint64_t word;

			memcpy(&word, s.p + i + w * 8, sizeof(word));
			sums += (~word >> 7 | word >> 6) & EACH_BYTE;
		}
		i += words * 8;
		sums = (sums & EACH_SECOND) + (sums >> 8 & EACH_SECOND);
		n += sums * UINT64_C(0x0001000100010001) >> 48;
	}
	for (; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* Code points that a terminal or a reader's eye could be fooled with: C0, DEL, C1, zero widths, direction marks, line
 * separators, the byte order mark, tags. */
static bool unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void tg_utf8_put_safe(struct tg_buffer *out, struct tg_str s, size_t most)
{
	size_t end = s.n < most ? s.n : most;

	for (size_t i = 0; i < end;) {
		size_t size = 0;
		uint32_t c;

		while (i + size < end && s.p[i + size] >= ' ' && s.p[i + size] < 0x7f)
			size++;
		if (size) { /* all that most texts have */
			tg_buffer_put(out, s.p + i, size);
			i += size;
			continue;
		}
		c = tg_utf8_decode(tg_str_after(s, i), &size);
		if (c == UINT32_MAX)
			tg_buffer_printf(out, "\\x%02x", (unsigned)(unsigned char)s.p[i]);
		else if (c == '\n' || c == '\t' || c == '\r')
			tg_buffer_puts(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		else if (unsafe(c))
			tg_buffer_printf(out, c < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
		else
			tg_buffer_put(out, s.p + i, size);
		i += size;
	}
	if (end < s.n)
		tg_buffer_puts(out, "...");
}
