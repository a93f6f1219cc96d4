/*
 * backend: inside common/state: what a kind of store must be able to do. The protocol (mark.c, view.c, sweep.c, admin.c) is written
 * once, over these.
 *
 * All calls but open, close and find stand between begin and commit or rollback. A statement that fails leaves the transaction to be rolled
 * back by the caller.
 */
#ifndef TG_STATE_BACKEND_H
#define TG_STATE_BACKEND_H

#include "common/base/buffer.h"
#include "common/state/entry.h"
#include "common/state/store.h"

/*
 * A batch that was deleted is no batch from that transaction on, but its pages, which may be gigabytes, go in slices: one at each
 * opening for a run, and as many more as the run itself writes pages. Until then its row keeps the run from being another's. To
 * a version that knows nothing of this the row is an open batch that nobody owns, which it may delete whole.
 */
enum {
	TG_REMOVE_PAGES = 1024, /* in a slice: 4 MiB, some 170,000 keys */
};

enum tg_txn {
	TG_TXN_READ,  /* one moment of the store */
	TG_TXN_ADD,   /* adds pages to a batch of one's own; may overlap others */
	TG_TXN_WRITE, /* serialised: nobody else writes until it ends */
};

typedef enum tg_status (*tg_page_visit)(void *arg, uint32_t prefix, struct tg_str page,
					struct tg_error *err);

/* The page of the i-th run that was asked for. */
typedef void (*tg_find_visit)(void *arg, size_t i, struct tg_str page, bool *stop);

struct tg_backend {
	void (*close)(struct tg_store *store);
	enum tg_status (*begin)(struct tg_store *store, enum tg_txn kind, struct tg_error *err);
	enum tg_status (*commit)(struct tg_store *store, struct tg_error *err);
	void (*rollback)(struct tg_store *store);
	/* Fills store->head. */
	enum tg_status (*read_head)(struct tg_store *store, struct tg_error *err);
	enum tg_status (*write_head)(struct tg_store *store, struct tg_error *err);
	/* All rows, oldest run first; not those that are being removed. */
	enum tg_status (*read_batches)(struct tg_store *store, struct tg_batch **batch, size_t *n,
				       struct tg_arena *arena, struct tg_error *err);
	/* A new row gets a run that is not in use; else the row of b->run and b->id is replaced, if it is still there, and nobody else
	 * changes it until the transaction ends. */
	enum tg_status (*put_batch)(struct tg_store *store, struct tg_batch *b,
				    struct tg_error *err);
	/* No row for anybody any more: it is being removed. Its pages, and its run, stay until they are taken away. */
	enum tg_status (*delete_batch)(struct tg_store *store, uint32_t run, struct tg_error *err);
	/* The first run that is being removed, 0: none; and how many. */
	enum tg_status (*removing)(struct tg_store *store, uint32_t *run, uint64_t *batches,
				   struct tg_error *err);
	/* Reads all pages. */
	enum tg_status (*count_removing)(struct tg_store *store, uint64_t *pages,
					 struct tg_error *err);
	/* Takes away at most `most` pages of a run that is being removed; *n: how many it were. */
	enum tg_status (*remove_pages)(struct tg_store *store, uint32_t run, size_t most, size_t *n,
				       struct tg_error *err);
	/* It has no pages any more: its run may be another's. */
	enum tg_status (*remove_batch)(struct tg_store *store, uint32_t run, struct tg_error *err);
	/* May keep pages back until the end of the transaction. */
	enum tg_status (*put_page)(struct tg_store *store, uint32_t run, uint32_t prefix,
				   struct tg_str page, struct tg_error *err);
	/* By itself, in no transaction: the head's generation, and of each run in turn the page with the highest prefix that is not
	 * above this one, until visit sets *stop. */
	enum tg_status (*find)(struct tg_store *store, const uint32_t *run, size_t runs,
			       uint32_t prefix, uint64_t *generation, tg_find_visit visit,
			       void *arg, struct tg_error *err);
	/* The page with the highest prefix that is not above this one, in place of what page held; nothing: none. */
	enum tg_status (*page)(struct tg_store *store, uint32_t run, uint32_t prefix,
			       struct tg_buffer *page, struct tg_error *err);
	/* At most `most` pages from prefix on, ascending. */
	enum tg_status (*pages)(struct tg_store *store, uint32_t run, uint32_t prefix, size_t most,
				tg_page_visit visit, void *arg, struct tg_error *err);
	/* A file that landed, or (in_doubt) will have when its landing is settled. One that is there already stays as it is. */
	enum tg_status (*put_file)(struct tg_store *store, const struct tg_store_file *file,
				   bool in_doubt, struct tg_error *err);
	/* Those in doubt of a landing: they have landed, or go. */
	enum tg_status (*settle_files)(struct tg_store *store, const char *landing, bool landed,
				       struct tg_error *err);
	enum tg_status (*has_file)(struct tg_store *store, const struct tg_file_digest *digest,
				   bool *landed, struct tg_error *err);
	/* Those that landed before go. */
	enum tg_status (*forget_files)(struct tg_store *store, int64_t before, uint64_t *n,
				       struct tg_error *err);
	/* At most `most` that landed, behind `after`, by digest. */
	enum tg_status (*files)(struct tg_store *store, const struct tg_file_digest *after,
				size_t most, tg_file_visit visit, void *arg, struct tg_error *err);
	/* How many have landed, and how many are in doubt of landings that none of the batches knows. */
	enum tg_status (*count_files)(struct tg_store *store, uint64_t *landed, uint64_t *lost,
				      struct tg_error *err);
	/* What the database itself can check. */
	enum tg_status (*check)(struct tg_store *store, struct tg_error *err);
};

struct tg_store {
	const struct tg_backend *backend;
	struct tg_store_head head;
	struct tg_arena arena; /* holds the texts of the head, and url */
	struct tg_str url;
	bool only_look;
	bool removing; /* there was something to remove when it was swept */
	/* Since the last begin. */
	bool lost;	 /* the connection: nothing is known of what was under way */
	bool unanswered; /* that was a commit */
	void *own;	 /* the backend's */
};

static inline size_t tg_store_width(const struct tg_store *s)
{
	return s->head.timed ? TG_ENTRY_TIMED : TG_ENTRY_PLAIN;
}

/* Open or make; fill s->backend, own, head and url. */
TG_MUST_USE enum tg_status tg_sqlite_open(struct tg_store *s, struct tg_str path, bool memory,
					  const struct tg_store_wish *wish, struct tg_error *err);
TG_MUST_USE enum tg_status tg_postgres_open(struct tg_store *s, struct tg_str url,
					    const struct tg_store_wish *wish, struct tg_error *err);

/* In a transaction that writes: takes away at most this many pages of batches that are being removed. */
TG_MUST_USE enum tg_status tg_store_remove(struct tg_store *s, size_t pages, struct tg_error *err);
/* The same in a transaction of its own, of TG_REMOVE_PAGES. s->removing tells whether more is left. */
TG_MUST_USE enum tg_status tg_store_remove_slice(struct tg_store *s, struct tg_error *err);

/* A head for a new store. */
void tg_head_draw(struct tg_store_head *head, const struct tg_store_wish *wish);

/* begin, head and batches in one. */
TG_MUST_USE enum tg_status tg_store_begin(struct tg_store *s, enum tg_txn kind,
					  struct tg_batch **batch, size_t *n,
					  struct tg_arena *arena, struct tg_error *err);
/* Commits when st is TG_OK, else rolls back and gives st. */
TG_MUST_USE enum tg_status tg_store_end(struct tg_store *s, enum tg_status st,
					struct tg_error *err);

#endif
