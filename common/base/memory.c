#include "common/base/memory.h"

#include "common/base/check.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TG_NORETURN TG_COLD static void no_memory(size_t n)
{
	static int said;
	char text[128];
	int length;

	/* Of several threads one speaks, and ends them all. */
	while (__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		(void)pause();
	length = snprintf(text, sizeof(text),
			  "tidegate: out of memory (%zu bytes were asked for)\n", n);

	if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0)
		_exit(75);
	_exit(75);
}

static size_t product(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		no_memory(SIZE_MAX);
	return bytes;
}

void *tg_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		no_memory(n);
	return p;
}

void *tg_alloc_array(size_t n, size_t size)
{
	return tg_alloc(product(n, size));
}

void *tg_resize(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		no_memory(n);
	return q;
}

void *tg_resize_array(void *p, size_t n, size_t size)
{
	return tg_resize(p, product(n, size));
}

void tg_free(void *p)
{
	free(p);
}

struct tg_arena_block {
	struct tg_arena_block *before;
	size_t used, room;
	alignas(max_align_t) char bytes[];
};

enum { ARENA_FIRST = 4096, ARENA_LARGEST = 1 << 20 };

void *tg_arena_take(struct tg_arena *arena, size_t n)
{
	size_t align = alignof(max_align_t);
	struct tg_arena_block *block = arena->block;
	void *p;

	if (n > SIZE_MAX - align - sizeof(*block))
		no_memory(n);
	n = (n + align - 1) / align * align;
	if (!block || block->room - block->used < n) {
		size_t room = block ? block->room * 2 : ARENA_FIRST;

		if (room > ARENA_LARGEST)
			room = ARENA_LARGEST;
		if (room < n)
			room = n;
		block = tg_resize(NULL, sizeof(*block) + room);
		block->before = arena->block;
		block->used = 0;
		block->room = room;
		arena->block = block;
	}
	p = block->bytes + block->used;
	block->used += n;
	memset(p, 0, n);
	return p;
}

void *tg_arena_array(struct tg_arena *arena, size_t n, size_t size)
{
	return tg_arena_take(arena, product(n, size));
}

struct tg_str tg_arena_copy(struct tg_arena *arena, struct tg_str s)
{
	char *p;

	if (s.n > SIZE_MAX - TG_SLACK)
		no_memory(s.n);
	p = tg_arena_take(arena, s.n + TG_SLACK);
	if (s.n)
		memcpy(p, s.p, s.n);
	return tg_str_from(p, s.n);
}

struct tg_str tg_arena_vformat(struct tg_arena *arena, const char *format, va_list args)
{
	va_list again;
	int n;
	char *p;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	TG_BUG_IF(n < 0);
	p = tg_arena_take(arena, (size_t)n + TG_SLACK);
	vsnprintf(p, (size_t)n + 1, format, args);
	return tg_str_from(p, (size_t)n);
}

struct tg_str tg_arena_format(struct tg_arena *arena, const char *format, ...)
{
	va_list args;
	struct tg_str text;

	va_start(args, format);
	text = tg_arena_vformat(arena, format, args);
	va_end(args);
	return text;
}

void tg_arena_reset(struct tg_arena *arena)
{
	struct tg_arena_block *block = arena->block;

	if (!block)
		return;
	while (block->before) {
		struct tg_arena_block *before = block->before;

		if (before->room > block->room) { /* a large piece came before smaller ones */
			free(block);
			block = before;
		} else {
			block->before = before->before;
			free(before);
		}
	}
	block->used = 0;
	arena->block = block;
}

void tg_arena_release(struct tg_arena *arena)
{
	while (arena->block) {
		struct tg_arena_block *block = arena->block;

		arena->block = block->before;
		free(block);
	}
}
