/*
 * memory: allocation that cannot fail, and arenas.
 *
 * A size that comes from outside has met its limit before it gets here; a size that we choose cannot fail: out of memory is
 * reported and the program exits 75, which is safe, because any instant is safe to die at.
 *
 * An arena hands out pieces that live until it is reset or released, all at once. One for the run, one per batch. Not shared by
 * threads.
 */
#ifndef TG_BASE_MEMORY_H
#define TG_BASE_MEMORY_H

#include "common/base/own.h"
#include "common/base/str.h"

#include <stdarg.h>

TG_MUST_USE void *tg_alloc(size_t n);			 /* zeroed */
TG_MUST_USE void *tg_alloc_array(size_t n, size_t size); /* zeroed; the product is checked */
TG_MUST_USE void *tg_resize(void *p, size_t n);		 /* what is new is not zeroed */
TG_MUST_USE void *tg_resize_array(void *p, size_t n, size_t size);
void tg_free(void *p);

struct tg_arena {
	struct tg_arena_block *block; /* the newest */
};

#define TG_ARENA_INIT ((struct tg_arena){ NULL })

/* Zeroed, aligned for any type. */
TG_MUST_USE void *tg_arena_take(struct tg_arena *arena, size_t n);
TG_MUST_USE void *tg_arena_array(struct tg_arena *arena, size_t n, size_t size);
/* A copy with TG_SLACK zero bytes behind it, so that scanners may read it and p is a C string too. */
struct tg_str tg_arena_copy(struct tg_arena *arena, struct tg_str s);
TG_PRINTF(2, 3) struct tg_str tg_arena_format(struct tg_arena *arena, const char *format, ...);
TG_PRINTF(2, 0)
struct tg_str tg_arena_vformat(struct tg_arena *arena, const char *format, va_list args);
/* Empties it and keeps the largest block. */
void tg_arena_reset(struct tg_arena *arena);
void tg_arena_release(struct tg_arena *arena);

#endif
