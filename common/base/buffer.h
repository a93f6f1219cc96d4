/*
 * buffer: bytes that grow at the end. Zeroed is empty. The owner releases it; views into it die at the next growth.
 */
#ifndef TG_BASE_BUFFER_H
#define TG_BASE_BUFFER_H

#include "common/base/own.h"
#include "common/base/str.h"

#include <stdarg.h>

struct tg_buffer {
	char *p;
	size_t n;
	size_t room;
};

#define TG_BUFFER_INIT ((struct tg_buffer){ NULL, 0, 0 })

void tg_buffer_release(struct tg_buffer *b);

/* What tg_buffer_room does when there is none. */
char *tg_buffer_grow(struct tg_buffer *b, size_t extra);

/* Room for extra more bytes and TG_SLACK behind them; gives where they go. Set b->n afterwards. */
static inline char *tg_buffer_room(struct tg_buffer *b, size_t extra)
{
	size_t left = b->room - b->n;

	return TG_LIKELY(left > extra && left - extra >= TG_SLACK) ? b->p + b->n
								   : tg_buffer_grow(b, extra);
}

static inline void tg_buffer_putc(struct tg_buffer *b, char c)
{
	*tg_buffer_room(b, 1) = c;
	b->n++;
}

void tg_buffer_put(struct tg_buffer *b, const void *p, size_t n);
void tg_buffer_put_str(struct tg_buffer *b, struct tg_str s);
static inline void tg_buffer_puts(struct tg_buffer *b, const char *c)
{
	tg_buffer_put(b, c, strlen(c));
}
void tg_buffer_put_u64(struct tg_buffer *b, uint64_t value); /* in decimal */
TG_PRINTF(2, 3) void tg_buffer_printf(struct tg_buffer *b, const char *format, ...);
TG_PRINTF(2, 0)
void tg_buffer_vprintf(struct tg_buffer *b, const char *format, va_list args);
void tg_buffer_put_base64(struct tg_buffer *b, const void *p,
			  size_t n); /* RFC 4648 section 4, padded */
void tg_buffer_put_hex(struct tg_buffer *b, const void *p, size_t n); /* lowercase */

static inline void tg_buffer_clear(struct tg_buffer *b)
{
	b->n = 0;
}

static inline struct tg_str tg_buffer_str(const struct tg_buffer *b)
{
	return (struct tg_str){ b->p ? b->p : "", b->n };
}

#endif
