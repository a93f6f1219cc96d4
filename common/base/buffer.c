#include "common/base/buffer.h"

#include "common/base/memory.h"

#include <stdio.h>

void tg_buffer_release(struct tg_buffer *b)
{
	tg_free(b->p);
	*b = TG_BUFFER_INIT;
}

char *tg_buffer_grow(struct tg_buffer *b, size_t extra)
{
	size_t need, room;

	TG_BUG_IF(__builtin_add_overflow(b->n, extra, &need) ||
		  __builtin_add_overflow(need, TG_SLACK, &need));
	if (need > b->room) {
		room = b->room + b->room / 2;
		if (room < need)
			room = need;
		if (room < 256)
			room = 256;
		b->p = tg_resize(b->p, room);
		b->room = room;
	}
	return b->p + b->n;
}

void tg_buffer_put(struct tg_buffer *b, const void *p, size_t n)
{
	char *to = tg_buffer_room(b, n);

	if (n)
		memcpy(to, p, n);
	b->n += n;
}

void tg_buffer_put_str(struct tg_buffer *b, struct tg_str s)
{
	tg_buffer_put(b, s.p, s.n);
}

void tg_buffer_put_u64(struct tg_buffer *b, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	tg_buffer_put(b, digits + n, sizeof(digits) - n);
}

/* Most of what is printed is shorter, and then written at once. */
enum { PRINTED = 128 };

void tg_buffer_vprintf(struct tg_buffer *b, const char *format, va_list args)
{
	char *to = tg_buffer_room(b, PRINTED);
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(to, PRINTED, format, again);
	va_end(again);
	TG_BUG_IF(n < 0);
	if (n >= PRINTED)
		vsnprintf(tg_buffer_room(b, (size_t)n + 1), (size_t)n + 1, format, args);
	b->n += (size_t)n;
}

void tg_buffer_printf(struct tg_buffer *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tg_buffer_vprintf(b, format, args);
	va_end(args);
}

void tg_buffer_put_base64(struct tg_buffer *b, const void *p, size_t n)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = p;
	char *start = tg_buffer_room(b, n / 3 * 4 + 4), *to = start;

	for (; n >= 3; n -= 3, from += 3) {
		*to++ = digit[from[0] >> 2];
		*to++ = digit[(from[0] & 3) << 4 | from[1] >> 4];
		*to++ = digit[(from[1] & 15) << 2 | from[2] >> 6];
		*to++ = digit[from[2] & 63];
	}
	if (n) {
		unsigned second = n == 2 ? from[1] : 0;

		*to++ = digit[from[0] >> 2];
		*to++ = digit[(from[0] & 3u) << 4 | second >> 4];
		*to++ = n == 2 ? digit[(second & 15) << 2] : '=';
		*to++ = '=';
	}
	b->n += (size_t)(to - start);
}

void tg_buffer_put_hex(struct tg_buffer *b, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *from = p;
	char *to = tg_buffer_room(b, n * 2);

	for (size_t i = 0; i < n; i++) {
		*to++ = digit[from[i] >> 4];
		*to++ = digit[from[i] & 15];
	}
	b->n += n * 2;
}
