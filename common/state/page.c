#include "common/state/page.h"

enum {
	PAGE_BYTES = 4032, /* with the row's head just under SQLite's page of 4096 */
	CHUNK = 32,	   /* pages that a cursor reads at a time */
	MUCH = 128,	   /* a run so many times as large as another is looked up in, not read */
};

void tg_page_writer_init(struct tg_page_writer *w, struct tg_store *store, uint32_t run)
{
	*w = (struct tg_page_writer){ .store = store, .run = run };
	w->width = tg_store_width(store);
	w->most = PAGE_BYTES / w->width;
}

/* Writes the first n of those waiting. */
static enum tg_status write_page(struct tg_page_writer *w, size_t n, struct tg_error *err)
{
	size_t bytes = n * w->width;
	enum tg_status st = w->store->backend->put_page(
		w->store, w->run, tg_entry_prefix((const unsigned char *)w->waiting.p),
		tg_str_from(w->waiting.p, bytes), err);

	if (st)
		return st;
	w->keys += n;
	w->bytes += bytes;
	w->waiting.n -= bytes;
	memmove(w->waiting.p, w->waiting.p + bytes, w->waiting.n);
	return TG_OK;
}

/* One more is waiting than a page holds: cuts where the first 32 bits change. */
static enum tg_status cut(struct tg_page_writer *w, struct tg_error *err)
{
	const unsigned char *entry = (const unsigned char *)w->waiting.p;
	size_t n = w->most;

	while (n > 0 &&
	       tg_entry_prefix(entry + n * w->width) == tg_entry_prefix(entry + (n - 1) * w->width))
		n--;
	if (n == 0)
		return tg_fail(err, TG_DATA, "more than %zu keys begin alike: these are no digests",
			       w->most);
	return write_page(w, n, err);
}

enum tg_status tg_page_put(struct tg_page_writer *w, const unsigned char *entries, size_t n,
			   struct tg_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char *entry = entries + i * w->width;

		if ((w->keys || w->waiting.n) && tg_entry_compare(w->last, entry) >= 0)
			return tg_fail(err, TG_DATA, "the keys of a batch are not in order");
		memcpy(w->last, entry, TG_KEY_SIZE);
		tg_buffer_put(&w->waiting, entry, w->width);
		if (w->waiting.n > w->most * w->width) {
			enum tg_status st = cut(w, err);

			if (st)
				return st;
		}
	}
	return TG_OK;
}

enum tg_status tg_page_finish(struct tg_page_writer *w, struct tg_error *err)
{
	return w->waiting.n ? write_page(w, w->waiting.n / w->width, err) : TG_OK;
}

void tg_page_writer_release(struct tg_page_writer *w)
{
	tg_buffer_release(&w->waiting);
}

void tg_cursor_init(struct tg_cursor *c, struct tg_store *store, uint32_t run)
{
	*c = (struct tg_cursor){ .store = store, .run = run };
	c->width = tg_store_width(store);
}

static enum tg_status damaged(const struct tg_store *s, struct tg_error *err)
{
	return tg_fail(err, TG_IO, "the key store %.*s is damaged; --check tells more",
		       TG_STR_ARG(s->url));
}

static enum tg_status hold(void *arg, uint32_t prefix, struct tg_str page, struct tg_error *err)
{
	struct tg_cursor *c = arg;

	if (page.n == 0 || page.n % c->width != 0 ||
	    tg_entry_prefix((const unsigned char *)page.p) != prefix)
		return damaged(c->store, err);
	tg_buffer_put_str(&c->held, page);
	c->next = (uint64_t)prefix + 1;
	return TG_OK;
}

enum tg_status tg_cursor_next(struct tg_cursor *c, const unsigned char **entry,
			      struct tg_error *err)
{
	const unsigned char *p;

	if (c->at == c->held.n) {
		enum tg_status st = TG_OK;

		c->at = c->held.n = 0;
		if (c->next <= UINT32_MAX)
			st = c->store->backend->pages(c->store, c->run, (uint32_t)c->next, CHUNK,
						      hold, c, err);
		if (st)
			return st;
		if (c->held.n == 0) {
			*entry = NULL;
			return TG_OK;
		}
	}
	p = (const unsigned char *)c->held.p + c->at;
	if (c->begun && tg_entry_compare(c->last, p) >= 0)
		return damaged(c->store, err);
	memcpy(c->last, p, TG_KEY_SIZE);
	c->begun = true;
	c->at += c->width;
	*entry = p;
	return TG_OK;
}

void tg_cursor_release(struct tg_cursor *c)
{
	tg_buffer_release(&c->held);
}

const unsigned char *tg_page_find(struct tg_str page, size_t width,
				  const unsigned char key[TG_KEY_SIZE])
{
	const unsigned char *entry = (const unsigned char *)page.p;
	size_t low = 0, high = page.n / width;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = tg_entry_compare(entry + middle * width, key);

		if (order == 0)
			return entry + middle * width;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Both are read side by side. */
static enum tg_status meet_reading(struct tg_cursor *a, struct tg_cursor *b, bool *meet,
				   struct tg_error *err)
{
	const unsigned char *x, *y;
	enum tg_status st = tg_cursor_next(a, &x, err);

	if (!st)
		st = tg_cursor_next(b, &y, err);
	while (!st && x && y) {
		int order = tg_entry_compare(x, y);

		if (order == 0) {
			*meet = true;
			return TG_OK;
		}
		st = order < 0 ? tg_cursor_next(a, &x, err) : tg_cursor_next(b, &y, err);
	}
	return st;
}

/* Each key of the small one is looked up; the keys come in order, so most are in the page that is there already. */
static enum tg_status meet_seeking(struct tg_cursor *small, uint32_t large, bool *meet,
				   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer page = TG_BUFFER_INIT;
	const unsigned char *x;
	enum tg_status st = tg_cursor_next(small, &x, err);

	while (!st && x) {
		const char *last = page.n ? page.p + page.n - small->width : NULL;

		if (!last || tg_entry_compare((const unsigned char *)last, x) < 0)
			st = small->store->backend->page(small->store, large, tg_entry_prefix(x),
							 &page, err);
		if (st)
			return st;
		if (page.n && tg_page_find(tg_buffer_str(&page), small->width, x)) {
			*meet = true;
			return TG_OK;
		}
		st = tg_cursor_next(small, &x, err);
	}
	return st;
}

enum tg_status tg_runs_meet(struct tg_store *s, const struct tg_batch *a, const struct tg_batch *b,
			    bool *meet, struct tg_error *err)
{
	TG_OWN(tg_cursor_release) struct tg_cursor small = { .run = 0 }, large = { .run = 0 };
	const struct tg_batch *fewer = a->keys <= b->keys ? a : b, *more = fewer == a ? b : a;

	*meet = false;
	tg_cursor_init(&small, s, fewer->run);
	tg_cursor_init(&large, s, more->run);
	if (more->keys / MUCH > fewer->keys)
		return meet_seeking(&small, more->run, meet, err);
	return meet_reading(&small, &large, meet, err);
}
