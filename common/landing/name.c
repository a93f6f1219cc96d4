#include "common/landing/name.h"

#include "common/base/utf8.h"

#include <stdio.h>

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

const char *tg_name_fault(struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer encoded = TG_BUFFER_INIT;

	if (!text.n)
		return "is empty";
	if (tg_str_is(text, ".") || tg_str_is(text, ".."))
		return "is a directory's own or its parent's name";
	for (struct tg_str rest = text; rest.n;) {
		size_t size;
		uint32_t c = tg_utf8_decode(rest, &size);

		if (c == UINT32_MAX)
			return "is not UTF-8";
		if (c == '/')
			return "holds a slash";
		if (c == '=')
			return "holds a =";
		if (is_control(c))
			return "holds a control character";
		rest = tg_str_after(rest, size);
	}
	tg_name_put(&encoded, text, SIZE_MAX);
	if (encoded.n > TG_NAME_MAX)
		return "is too long: it has more than 200 bytes when encoded for a path";
	return NULL;
}

/* Blanks that are not one and marks that cannot be seen or turn the writing direction: a name with them looks like another. */
static bool is_hidden(uint32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x2000 && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3000 ||
	       c == 0xfeff || (c >= 0xfff0 && c <= 0xffff) || c >= 0xe0000;
}

static bool is_safe(uint32_t c)
{
	if (c >= 0x80)
		return !is_control(c) && c != 0xa0 && !is_hidden(c);
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~+,@", (int)c));
}

void tg_name_put(struct tg_buffer *out, struct tg_str text, size_t most)
{
	size_t used = 0;

	while (text.n) {
		char piece[4 * 3 + 1];
		size_t size, n = 0;
		uint32_t c = tg_utf8_decode(text, &size);

		if (c != UINT32_MAX && is_safe(c)) {
			memcpy(piece, text.p, size);
			n = size;
		} else {
			for (size_t i = 0; i < size; i++, n += 3)
				snprintf(piece + n, 4, "%%%02X", (unsigned char)text.p[i]);
		}
		if (n > most - used)
			return;
		tg_buffer_put(out, piece, n);
		used += n;
		text = tg_str_after(text, size);
	}
}

void tg_name_put_decoded(struct tg_buffer *out, struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		int high = i + 2 < text.n ? tg_hex((unsigned char)text.p[i + 1]) : -1;
		int low = i + 2 < text.n ? tg_hex((unsigned char)text.p[i + 2]) : -1;

		if (text.p[i] != '%' || high < 0 || low < 0) {
			tg_buffer_putc(out, text.p[i]);
			continue;
		}
		tg_buffer_putc(out, (char)(high * 16 + low));
		i += 2;
	}
}
