/*
 * store: the key store: the keys that landed, and those that are on their way (tidegate-state(5); protocol.md, A2 to A7).
 *
 * One interface before a SQLite file (a path), a PostgreSQL database (postgresql://...) and memory (memory:, for tests and for what
 * need not last). Keys are kept by the batch: what one run of dedupe passed on. A batch is pending until a landing marks it
 * (committing) and then, when the landing has happened, makes it seen. Whoever marks or settles holds the lock of the zone; nothing
 * here waits for that lock. Each call is a transaction of its own, on disk when it returns.
 *
 * TG_CONFIG: no key store, made by a later version, of another zone, or restored. TG_TRY_AGAIN: another process holds it for too
 * long, or the call would land a key twice. TG_UNAVAILABLE: the database cannot be reached. A store is not shared by threads.
 */
#ifndef TG_STATE_STORE_H
#define TG_STATE_STORE_H

#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/state/table.h"

enum {
	TG_STORE_ID = 32, /* hexadecimal digits of stores, zones, batches, landings */
	TG_STORE_VERSION = 2,
	TG_STORE_SECRET = 32,
};

typedef char tg_store_id[TG_STORE_ID + 1];

/* What the store says of itself. */
struct tg_store_head {
	tg_store_id id;
	tg_store_id zone;	 /* empty: not bound yet */
	tg_store_id landing;	 /* the last that landed keys; empty: none yet */
	struct tg_str zone_path; /* where that zone was seen last; in the store's memory */
	struct tg_str
		place; /* of the last landing's line in the manifest, in the words of who landed; none: not known */
	unsigned char secret[TG_STORE_SECRET]; /* two SipHash keys: of keys, of contents */
	bool timed;			       /* entries hold a time */
	uint64_t clock;			       /* number of the last batch seen */
	uint64_t generation; /* changes whenever pages of seen batches go or move */
	uint64_t floor;	     /* the highest number of a batch that was forgotten */
	uint64_t window;     /* microseconds after which keys may be forgotten; 0: never */
};

enum tg_batch_state {
	TG_BATCH_OPEN,
	TG_BATCH_PENDING,
	TG_BATCH_COMMITTING,
	TG_BATCH_SEEN,
};

/* Who made a batch. */
struct tg_owner {
	char host[65];
	char boot[37];
	char session
		[48]; /* with the name space of processes; empty: its records went to a file, so it may come back any time */
	int64_t pid;
	int64_t since; /* seconds since 1970 by this host's clock, whatever --now says */
};

struct tg_batch {
	uint32_t run; /* under which its pages are; 0: not stored yet */
	tg_store_id id;
	enum tg_batch_state state;
	uint64_t snapshot;
	uint64_t keys;
	tg_store_id landing; /* committing, seen; empty: several were merged */
	uint64_t number;     /* seen */
	uint64_t first;	     /* seen: its number, or the lowest of those that were merged into it */
	int64_t time;	     /* microseconds since 1970: of the last change of state */
	int64_t latest;	     /* the latest time among its entries, in a store that holds times */
	struct tg_owner owner;
};

struct tg_store; /* opaque */

struct tg_store_wish {
	bool make;	 /* where there is none */
	bool timed;	 /* a store that is made holds times */
	uint64_t window; /* of a store that is made */
	bool only_look;	 /* nothing will be written */
};

/* *store is NULL unless TG_OK. TG_NO_INPUT: there is none, and none is to be made. */
TG_MUST_USE enum tg_status tg_store_open(struct tg_store **store, struct tg_str url,
					 const struct tg_store_wish *wish, struct tg_error *err);
void tg_store_close(struct tg_store **store); /* for TG_OWN too */

/* As it was at the last call that read it. */
const struct tg_store_head *tg_store_head(const struct tg_store *store);

/* By which name other programs find it: an absolute path, or a URL without a password. */
struct tg_str tg_store_url(const struct tg_store *store);

/* Whether url names a store that ends with the process. */
bool tg_store_is_memory(struct tg_str url);

/* A new id: 128 random bits. */
void tg_store_draw_id(tg_store_id id);

/* SHA-256 of a whole file. */
struct tg_file_digest {
	unsigned char byte[32];
};

/*
 * What landed up to now, for a dedupe that begins: head and batches of one moment.
 */

/* A key, as the view knows it. */
struct tg_seen {
	struct tg_key_entry entry;    /* fill entry.key before */
	const struct tg_batch *batch; /* lives until the next look-up */
};

struct tg_view;

struct tg_view_wish {
	uint64_t
		window; /* batches that landed longer ago than this are not looked up; 0: all are */
	bool by_time;	/* the window is of the entries' times, and the caller's to judge */
	int64_t now;
	uint64_t memory; /* keys may be loaded while they take no more than these bytes */
	uint64_t
		few; /* keys that are loaded without asking whether filters would do; 0: a million */
};

TG_MUST_USE enum tg_status tg_view_open(struct tg_view **view, struct tg_store *store,
					const struct tg_view_wish *wish, struct tg_error *err);
void tg_view_free(struct tg_view **view); /* for TG_OWN too */
uint64_t tg_view_snapshot(const struct tg_view *view);
uint64_t tg_view_keys(const struct tg_view *view);
int64_t tg_view_latest(const struct tg_view *view); /* time among the entries; INT64_MIN: none */

/*
 * Looks a key up. The first few look-ups go to the pages; when they have become many, a filter of 16 bits a key keeps new keys off the
 * pages; and when known keys have become many too, or there are few keys in all, they go into table, if there is memory for that: it
 * then answers by itself, and *loaded becomes true.
 */
TG_MUST_USE enum tg_status tg_view_find(struct tg_view *view, struct tg_seen *seen, bool *found,
					struct tg_error *err);
/* Whether it is time to give the table what the view knows, and does. Own entries stay as they are. */
TG_MUST_USE enum tg_status tg_view_load(struct tg_view *view, struct tg_table *table, bool *loaded,
					struct tg_error *err);

/* Asks for the memory in which tg_view_find will look first. */
void tg_view_prefetch(const struct tg_view *view, const unsigned char key[TG_KEY_SIZE]);

/* Saves the table's own entries as a batch, pending when this returns. b->id, snapshot, latest, owner, time are the caller's; run and
 * keys are filled in. */
TG_MUST_USE enum tg_status tg_batch_save(struct tg_store *store, struct tg_batch *b,
					 const struct tg_table *table, struct tg_error *err);

/* This process. to_file: what it writes may be landed when it is gone. */
void tg_owner_here(struct tg_owner *owner, bool to_file);

/* Keys may be forgotten once they are older than the longest window that anybody has asked for; 0: never. */
TG_MUST_USE enum tg_status tg_store_keep(struct tg_store *store, uint64_t window,
					 struct tg_error *err);

/* Housekeeping, safe at any time: deletes what dead owners left and what is older than the head's window, merges small batches, and
 * takes away a bounded number of the pages of what was deleted. now is the clock of windows. */
TG_MUST_USE enum tg_status tg_store_sweep(struct tg_store *store, int64_t now,
					  struct tg_error *err);

/*
 * For who lands, under the zone's lock.
 */

/* The landings in doubt: those whose batches are committing. In arena. */
TG_MUST_USE enum tg_status tg_store_doubts(struct tg_store *store, tg_store_id **landing, size_t *n,
					   struct tg_arena *arena, struct tg_error *err);

/* A landing in doubt has turned out: its batches are seen, or gone. Does nothing when none is there (somebody else settled it). */
TG_MUST_USE enum tg_status tg_store_settle(struct tg_store *store, const tg_store_id landing,
					   bool landed, struct tg_error *err);

struct tg_mark {
	const char *batch, *landing, *zone; /* ids */
	struct tg_str zone_path;	    /* absolute */
	uint64_t keys;			    /* as its dedupe said */
	struct tg_str place;		    /* for the head, once it is seen */
	int64_t now;
	const struct tg_file_digest *
		file; /* of the files that the landing comes from: known as landed when the batch is seen */
	size_t files;
};

/* A4.5. A refusal (TG_TRY_AGAIN) has deleted the batch. TG_CONFIG: the store serves another zone. */
TG_MUST_USE enum tg_status tg_store_mark(struct tg_store *store, const struct tg_mark *mark,
					 struct tg_error *err);

/* A4.9: the batch that was marked is seen. */
TG_MUST_USE enum tg_status tg_store_see(struct tg_store *store, const struct tg_mark *mark,
					struct tg_error *err);

/* A4.4: the content had landed before, in mark->landing: the batch is seen without having been marked. TG_TRY_AGAIN: it is not there. */
TG_MUST_USE enum tg_status tg_store_see_duplicate(struct tg_store *store,
						  const struct tg_mark *mark, struct tg_error *err);

/* For who lands without a zone: A4.5 and A4.9 in one, so that nothing is ever in doubt. TG_CONFIG: the store serves a zone. */
TG_MUST_USE enum tg_status tg_store_commit(struct tg_store *store, const struct tg_mark *mark,
					   struct tg_error *err);

/* The batch of a landing that failed before its line: deleted, if it is open, pending, or marked by mark->landing. */
TG_MUST_USE enum tg_status tg_store_drop(struct tg_store *store, const struct tg_mark *mark,
					 struct tg_error *err);

/*
 * Files: whose content has landed, whole, so that it need not be read again.
 */

struct tg_store_file {
	struct tg_file_digest digest;
	tg_store_id landing;
	int64_t time; /* of the landing */
};

/* Whether a landing that came from this content has happened. One that is under way, or in doubt, has not. */
TG_MUST_USE enum tg_status tg_store_has_file(struct tg_store *store,
					     const struct tg_file_digest *digest, bool *landed,
					     struct tg_error *err);

/* For who has found that all that these files hold had landed before: known as landed, with the last landing. TG_CONFIG: the store
 * serves another zone. */
TG_MUST_USE enum tg_status tg_store_note_files(struct tg_store *store, const struct tg_mark *mark,
					       struct tg_error *err);

TG_MUST_USE enum tg_status tg_store_count_files(struct tg_store *store, uint64_t *files,
						struct tg_error *err);

/* Those that landed, by their digests. */
typedef enum tg_status (*tg_file_visit)(void *arg, const struct tg_store_file *file,
					struct tg_error *err);
TG_MUST_USE enum tg_status tg_store_walk_files(struct tg_store *store, tg_file_visit visit,
					       void *arg, struct tg_error *err);

/* Of another store that is moved here. */
TG_MUST_USE enum tg_status tg_store_restore_files(struct tg_store *store,
						  const struct tg_store_file *file, size_t n,
						  struct tg_error *err);

/*
 * For people.
 */

/* All batches, by number and age. In arena. */
TG_MUST_USE enum tg_status tg_store_batches(struct tg_store *store, struct tg_batch **batch,
					    size_t *n, struct tg_arena *arena,
					    struct tg_error *err);

/* Batches that are gone for everybody, and are being removed bit by bit; how many pages that still are, for which all must be
 * read (NULL: not wanted). */
TG_MUST_USE enum tg_status tg_store_removing(struct tg_store *store, uint64_t *batches,
					     uint64_t *pages, struct tg_error *err);

/* Reads all, and says what is not as it must be: TG_DATA. */
TG_MUST_USE enum tg_status tg_store_check(struct tg_store *store, uint64_t *keys,
					  struct tg_error *err);

/* Forgets the batches and the files that landed before, at once for everybody; when this returns nothing of them is left in the
 * store. *keys, *files: how many it were. */
TG_MUST_USE enum tg_status tg_store_forget(struct tg_store *store, int64_t before, uint64_t *keys,
					   uint64_t *files, struct tg_error *err);

/* Every entry of the seen batches, from the oldest batch on. */
typedef enum tg_status (*tg_store_visit)(void *arg, const struct tg_batch *b,
					 const struct tg_key_entry *e, struct tg_error *err);
TG_MUST_USE enum tg_status tg_store_walk(struct tg_store *store, tg_store_visit visit, void *arg,
					 struct tg_error *err);

/* Takes over what another store says of itself; for one that holds nothing yet (else TG_CANNOT_CREATE). */
TG_MUST_USE enum tg_status tg_store_adopt(struct tg_store *store, const struct tg_store_head *head,
					  struct tg_error *err);

/* Saves the table's own entries as the seen batch that b says: of another store that is moved here. */
TG_MUST_USE enum tg_status tg_store_restore(struct tg_store *store, struct tg_batch *b,
					    const struct tg_table *table, struct tg_error *err);

#endif
