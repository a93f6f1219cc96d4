/*
 * page: inside common/state: the keys of a batch on disk: sorted entries in pages that fit a page of SQLite, each under the first 32
 * bits of its first key. No two pages begin with the same 32 bits, and none begins with those that the one before ends with, so the
 * one page that may hold a key is found by its 32 bits alone.
 */
#ifndef TG_STATE_PAGE_H
#define TG_STATE_PAGE_H

#include "common/state/backend.h"

struct tg_page_writer {
	struct tg_store *store;
	uint32_t run;
	size_t width, most; /* entries a page */
	struct tg_buffer waiting;
	unsigned char last[TG_KEY_SIZE];
	uint64_t keys, bytes;
};

void tg_page_writer_init(struct tg_page_writer *w, struct tg_store *store, uint32_t run);
/* Entries in ascending order, no key twice. Inside a transaction. */
TG_MUST_USE enum tg_status tg_page_put(struct tg_page_writer *w, const unsigned char *entries,
				       size_t n, struct tg_error *err);
/* The last page. */
TG_MUST_USE enum tg_status tg_page_finish(struct tg_page_writer *w, struct tg_error *err);
void tg_page_writer_release(struct tg_page_writer *w);

/* Reads a run in order, some pages at a time. */
struct tg_cursor {
	struct tg_store *store;
	uint32_t run;
	size_t width;
	struct tg_buffer held;
	size_t at;
	uint64_t next; /* prefix; above UINT32_MAX: no more */
	unsigned char last[TG_KEY_SIZE];
	bool begun;
};

void tg_cursor_init(struct tg_cursor *c, struct tg_store *store, uint32_t run);
/* *entry is NULL at the end, and lives until the next call. TG_IO: the pages are not what they must be. */
TG_MUST_USE enum tg_status tg_cursor_next(struct tg_cursor *c, const unsigned char **entry,
					  struct tg_error *err);
void tg_cursor_release(struct tg_cursor *c);

/* The entry of a page that holds the key, or NULL. */
const unsigned char *tg_page_find(struct tg_str page, size_t width,
				  const unsigned char key[TG_KEY_SIZE]);

/* Whether two runs share a key. Inside a transaction. */
TG_MUST_USE enum tg_status tg_runs_meet(struct tg_store *s, const struct tg_batch *a,
					const struct tg_batch *b, bool *meet, struct tg_error *err);

#endif
