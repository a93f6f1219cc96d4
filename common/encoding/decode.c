/*
 * decode: bytes of a set become UTF-8. Text that is ASCII goes eight bytes a step; nothing here knows about streams.
 */
#include "common/base/utf8.h"
#include "common/encoding/set.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

enum { STEP = 16 * 1024 }; /* bytes for which there is room at once */

static uint64_t word_at(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* As much of p[0..n) as begins it and is ASCII, in whole steps. */
static size_t copy_ascii(char *to, const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t word = word_at(p + i);

		if (word & HIGH_BITS)
			break;
		memcpy(to + i, &word, sizeof(word));
	}
	return i;
}

static size_t decode_table(const struct tg_encoding *e, struct tg_str bytes, struct tg_buffer *out)
{
	static const struct tg_set_byte bad = { { TG_ENCODING_BAD }, 1 };
	const char *p = bytes.p, *end = p + bytes.n;

	while (p < end) {
		size_t n = (size_t)(end - p) < STEP ? (size_t)(end - p) : STEP;
		const char *stop = p + n;
		char *to = tg_buffer_room(out, 4 * n);

		while (p < stop) {
			size_t plain = e->ascii ? copy_ascii(to, p, (size_t)(stop - p)) : 0;
			const char *some;

			p += plain;
			to += plain;
			some = stop - p < 8 ? stop : p + 8;
			for (; p < some; p++) {
				const struct tg_set_byte *b = &e->byte[(unsigned char)*p];

				if (TG_UNLIKELY(b->n == 0))
					b = &bad;
				memcpy(to, b->p, sizeof(b->p));
				to += b->n;
			}
		}
		out->n = (size_t)(to - out->p);
	}
	return bytes.n;
}

static uint32_t unit16(const struct tg_encoding *e, const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return e->big ? (uint32_t)u[0] << 8 | u[1] : (uint32_t)u[1] << 8 | u[0];
}

static uint32_t unit32(const struct tg_encoding *e, const char *p)
{
	return e->big ? unit16(e, p) << 16 | unit16(e, p + 2)
		      : unit16(e, p + 2) << 16 | unit16(e, p);
}

/* Four units that are ASCII give four bytes. */
static size_t copy_ascii16(const struct tg_encoding *e, char *to, const char *p, size_t n)
{
	static const char mask_little[8] = { '\x80', '\xff', '\x80', '\xff',
					     '\x80', '\xff', '\x80', '\xff' };
	static const char mask_big[8] = { '\xff', '\x80', '\xff', '\x80',
					  '\xff', '\x80', '\xff', '\x80' };
	uint64_t mask = word_at(e->big ? mask_big : mask_little);
	size_t i = 0;

	for (; n - i >= 8 && !(word_at(p + i) & mask); i += 8) {
		const char *low = p + i + e->big;

		for (size_t k = 0; k < 4; k++)
			to[i / 2 + k] = low[2 * k];
	}
	return i;
}

/* A surrogate is a character only with its other half right behind it. */
static uint32_t surrogates(const struct tg_encoding *e, uint32_t high, const char *p, size_t n,
			   bool *more)
{
	uint32_t low;

	if (high >= 0xdc00)
		return UINT32_MAX;
	if (n < 2) {
		*more = true;
		return UINT32_MAX;
	}
	low = unit16(e, p);
	if (low < 0xdc00 || low > 0xdfff)
		return UINT32_MAX;
	return 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
}

static size_t decode16(const struct tg_encoding *e, struct tg_str bytes, bool last,
		       struct tg_buffer *out)
{
	size_t i = 0;

	while (bytes.n - i >= 2) {
		size_t stop = bytes.n - i < STEP ? bytes.n : i + STEP;
		char *to = tg_buffer_room(out, 3 * (stop - i));

		while (stop - i >= 2) {
			size_t plain = copy_ascii16(e, to, bytes.p + i, stop - i);
			bool more = false;
			uint32_t c;

			i += plain;
			to += plain / 2;
			if (stop - i < 2)
				break;
			c = unit16(e, bytes.p + i);
			if (c >= 0xd800 && c <= 0xdfff)
				c = surrogates(e, c, bytes.p + i + 2, bytes.n - i - 2, &more);
			if (more && !last) {
				out->n = (size_t)(to - out->p);
				return i;
			}
			i += c >= 0x10000 && c != UINT32_MAX ? 4 : 2;
			if (c == UINT32_MAX)
				*to++ = TG_ENCODING_BAD;
			else
				to += tg_utf8_encode(c, to);
			if (i > stop)
				break;
		}
		out->n = (size_t)(to - out->p);
	}
	return i;
}

static size_t decode32(const struct tg_encoding *e, struct tg_str bytes, struct tg_buffer *out)
{
	size_t i = 0;

	for (; bytes.n - i >= 4; i += 4) {
		uint32_t c = unit32(e, bytes.p + i);
		char *to = tg_buffer_room(out, 4);

		if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
			*to = TG_ENCODING_BAD;
			out->n++;
		} else {
			out->n += tg_utf8_encode(c, to);
		}
	}
	return i;
}

size_t tg_set_decode(struct tg_encoding *e, struct tg_str bytes, bool last, struct tg_buffer *out,
		     struct tg_buffer *sizes)
{
	size_t used = bytes.n;

	switch (e->kind) {
	case TG_SET_UTF8:
		tg_buffer_put_str(out, bytes);
		break;
	case TG_SET_UTF16:
		used = decode16(e, bytes, last, out);
		break;
	case TG_SET_UTF32:
		used = decode32(e, bytes, out);
		break;
	case TG_SET_TABLE:
		return decode_table(e, bytes, out);
	case TG_SET_ICONV:
		return tg_set_iconv_decode(e, bytes, last, out, sizes);
	}
	if (last && used < bytes.n) { /* less than a unit */
		tg_buffer_putc(out, TG_ENCODING_BAD);
		used = bytes.n;
	}
	return used;
}

size_t tg_set_measure(const struct tg_encoding *e, struct tg_str text, const char *sizes)
{
	size_t n = 0;

	switch (e->kind) {
	case TG_SET_UTF8:
		return text.n;
	case TG_SET_UTF16:
		for (size_t i = 0; i < text.n; i++) {
			unsigned char c = (unsigned char)text.p[i];

			n += (c & 0xc0) != 0x80;
			n += c >= 0xf0 && c < 0xf8;
		}
		return 2 * n;
	case TG_SET_UTF32:
		return 4 * tg_utf8_count(text);
	case TG_SET_TABLE:
		return tg_utf8_count(text);
	case TG_SET_ICONV:
		break;
	}
	for (size_t i = 0; i < text.n; i++)
		n += (unsigned char)sizes[i];
	return n;
}

size_t tg_encoding_decode(struct tg_encoding *e, struct tg_str bytes, struct tg_buffer *out)
{
	TG_OWN(tg_buffer_release) struct tg_buffer sizes = TG_BUFFER_INIT;
	size_t start = out->n, bad, place;

	tg_set_iconv_restart(e);
	(void)tg_set_decode(e, bytes, true, out, &sizes);
	(void)tg_buffer_room(out, 0);
	bad = tg_utf8_check(tg_str_from(out->p + start, out->n - start));
	if (bad == out->n - start)
		return bytes.n;
	place = tg_set_measure(e, tg_str_from(out->p + start, bad), sizes.p);
	return place < bytes.n ? place : bytes.n - 1;
}
