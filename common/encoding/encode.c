/*
 * encode: UTF-8 becomes bytes of a set.
 */
#include "common/base/utf8.h"
#include "common/encoding/set.h"

static const struct tg_set_back *find(const struct tg_encoding *e, uint32_t character)
{
	size_t low = 0, high = e->backs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (e->back[middle].character < character)
			low = middle + 1;
		else
			high = middle;
	}
	return low < e->backs && e->back[low].character == character ? &e->back[low] : NULL;
}

static void put16(const struct tg_encoding *e, uint32_t unit, struct tg_buffer *out)
{
	char high = (char)(unsigned char)(unit >> 8 & 0xff),
	     low = (char)(unsigned char)(unit & 0xff);

	tg_buffer_putc(out, e->big ? high : low);
	tg_buffer_putc(out, e->big ? low : high);
}

static bool put(const struct tg_encoding *e, uint32_t c, struct tg_buffer *out)
{
	const struct tg_set_back *back;

	switch (e->kind) {
	case TG_SET_UTF16:
		if (c >= 0x10000) {
			put16(e, 0xd800 + ((c - 0x10000) >> 10), out);
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		put16(e, c, out);
		return true;
	case TG_SET_UTF32:
		put16(e, e->big ? c >> 16 : c & 0xffff, out);
		put16(e, e->big ? c & 0xffff : c >> 16, out);
		return true;
	case TG_SET_TABLE:
		back = find(e, c);
		if (back)
			tg_buffer_putc(out, (char)back->byte);
		return back;
	case TG_SET_UTF8:
	case TG_SET_ICONV:
		break;
	}
	return false;
}

size_t tg_encoding_encode(struct tg_encoding *e, struct tg_str text, struct tg_buffer *out)
{
	size_t size = 0;

	if (e->kind == TG_SET_UTF8) {
		tg_buffer_put_str(out, text);
		return text.n;
	}
	if (e->kind == TG_SET_ICONV)
		return tg_set_iconv_encode(e, text, out);
	for (size_t i = 0; i < text.n; i += size) {
		uint32_t c = tg_utf8_decode(tg_str_after(text, i), &size);

		if (c == UINT32_MAX || !put(e, c, out))
			return i;
	}
	return text.n;
}

struct tg_str tg_encoding_mark_written(const struct tg_encoding *e)
{
	if (!e->marked)
		return TG_STR("");
	if (e->kind == TG_SET_UTF16)
		return e->big ? TG_STR("\xfe\xff") : TG_STR("\xff\xfe");
	return e->big ? TG_STR("\0\0\xfe\xff") : TG_STR("\xff\xfe\0\0");
}
