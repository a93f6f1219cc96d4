#include "common/io/window.h"

#include "common/base/memory.h"

void tg_window_open(struct tg_window *w, size_t room)
{
	w->room = room;
	w->block = tg_resize(w->block, room + TG_SLACK);
	w->p = w->block;
}

void tg_window_reset(struct tg_window *w)
{
	w->p = w->block;
	w->n = 0;
	w->offset = 0;
	w->last = false;
}

void tg_window_put(struct tg_window *w, struct tg_str bytes)
{
	if (w->n + bytes.n > w->room) {
		size_t room = w->room ? w->room : TG_WINDOW_BLOCK, at = (size_t)(w->p - w->block);

		while (room < w->n + bytes.n)
			room *= 2;
		if (!w->block)
			at = 0;
		w->block = tg_resize(w->block, room + TG_SLACK);
		w->p = w->block + at;
		w->room = room;
	}
	if (w->p != w->block && w->n)
		memmove(w->block, w->p, w->n);
	w->p = w->block;
	if (bytes.n)
		memcpy(w->block + w->n, bytes.p, bytes.n);
	w->n += bytes.n;
	memset(w->block + w->n, 0, TG_SLACK);
}

enum tg_status tg_window_fill(struct tg_window *w, struct tg_input *in, struct tg_error *err)
{
	size_t got;
	enum tg_status st;

	if (w->last)
		return TG_OK;
	if (!w->block)
		tg_window_open(w, TG_WINDOW_BLOCK);
	if (w->n == w->room) {
		w->room *= 2; /* the caller's limit on a record ends this */
		w->block = tg_resize(w->block, w->room + TG_SLACK);
		w->p = w->block;
	} else if (w->p != w->block) {
		memmove(w->block, w->p, w->n);
		w->p = w->block;
	}
	st = tg_input_read(in, w->block + w->n, w->room - w->n, &got, err);
	if (st)
		return st;
	w->n += got;
	w->last = got == 0;
	memset(w->block + w->n, 0, TG_SLACK);
	return TG_OK;
}

void tg_window_release(struct tg_window *w)
{
	tg_free(w->block);
	*w = TG_WINDOW_INIT;
}
