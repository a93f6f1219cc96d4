/*
 * keeper: the memory of one run of a filter that lets things pass once: whether a key is new, what came with it before, and at the
 * end its batch.
 *
 * Without a store it remembers this run alone. With one it takes a view of what landed when it begins, keeps in a table what the run
 * itself passes on, and saves that as a pending batch. Owned by one thread.
 *
 * A batch has a kind (protocol.md, A4.1). Of keys (dedupe) the sink wants each record that passed to land. Replay ids (the
 * ids of signed requests) may be passed by records that a later stage drops or rejects: a request is used up when what it
 * brought has been judged and landed. A filter other than dedupe does this:
 *
 *	open	tg_setup_writes(setup, "the key store", url), tg_keeper_open (kind TG_KEEP_REPLAY, a window of at least
 *		twice the tolerance of its clock), tg_settle_if_free(tg_keeper_store(k), ...) where there is a store
 *		(common/landing/settle.h), tg_keeper_begin
 *	record	tg_keeper_replay_id fills an entry, tg_keeper_find; known: tg_drop(w, "replayed"), else tg_keeper_keep and TG_PASS
 *	close	tg_keeper_finish, and tg_setup_meta(setup, "batch", ...) with what that has told, if it told anything
 *	release	tg_keeper_free
 *
 * Names (name-check: numbers of files that have come) are not held against counts of records, and are seen where nothing was left
 * to land, too. A store may hold all kinds at once: their digests cannot meet.
 */
#ifndef TG_STATE_KEEPER_H
#define TG_STATE_KEEPER_H

#include "common/base/buffer.h"
#include "common/state/store.h"

struct tg_keeper; /* opaque */

enum tg_keeper_kind {
	TG_KEEP_KEYS,	/* what passes here must land, all of it */
	TG_KEEP_REPLAY, /* what passes here must land, or be dropped or rejected further down */
	TG_KEEP_NAMES, /* of whole files: whatever becomes of their records, they have come when the landing has happened */
};

struct tg_keeper_wish {
	enum tg_keeper_kind kind;
	struct tg_str url; /* none, or memory: nothing lasts */
	bool timed;	   /* entries hold times; TG_CONFIG for a store that does not */
	uint64_t window;   /* microseconds; 0: none */
	bool by_time;	   /* the window is of the entries' times, which the caller judges */
	int64_t now;
	bool to_file; /* what the run passes on may be landed when it is gone */
};

/* Opens the store, or makes it. What is in doubt there can be settled between this and tg_keeper_begin. */
TG_MUST_USE enum tg_status tg_keeper_open(struct tg_keeper **keeper,
					  const struct tg_keeper_wish *wish, struct tg_error *err);
void tg_keeper_free(struct tg_keeper **keeper);

/* NULL: nothing lasts. */
struct tg_store *tg_keeper_store(struct tg_keeper *k);
const unsigned char *tg_keeper_secret(const struct tg_keeper *k); /* TG_STORE_SECRET bytes */

/* The entry of a replay id: `scope` says whose ids they are (a sender's name), for two senders may use the same; time is its time. */
void tg_keeper_replay_id(const struct tg_keeper *k, struct tg_str scope, struct tg_str id,
			 int64_t time, struct tg_key_entry *e);

/* The key of something that is no record, known by these texts in their order; of *e the rest is zero. */
void tg_keeper_name_key(const struct tg_keeper *k, const struct tg_str *part, size_t parts,
			struct tg_key_entry *e);
/* The digest of a content, into e->content. */
void tg_keeper_content(const struct tg_keeper *k, struct tg_str text, struct tg_key_entry *e);

/* Sweeps, and takes the view: from here on it can be asked. */
TG_MUST_USE enum tg_status tg_keeper_begin(struct tg_keeper *k, struct tg_error *err);
/* The latest time among what had landed; INT64_MIN: none. */
int64_t tg_keeper_latest(const struct tg_keeper *k);

/* Asks for the memory in which tg_keeper_find will look: as tg_table_prefetch. */
void tg_keeper_prefetch(const struct tg_keeper *k, const unsigned char key[TG_KEY_SIZE],
			bool again);

/* Fills all but the key of *e with what is known of it. *own: from this run. */
TG_MUST_USE enum tg_status tg_keeper_find(struct tg_keeper *k, struct tg_key_entry *e, bool *known,
					  bool *own, struct tg_error *err);
/* This run passes it on. */
void tg_keeper_keep(struct tg_keeper *k, const struct tg_key_entry *e);

/* Where a key that is known, and not own, landed: the batch, NULL when it is gone meanwhile. Reads the store: not for each record. */
TG_MUST_USE enum tg_status tg_keeper_where(struct tg_keeper *k,
					   const unsigned char key[TG_KEY_SIZE],
					   const struct tg_batch **batch, struct tg_error *err);

/* Saves what was passed on; b->keys is 0 when that is nothing, and there is then no batch. */
TG_MUST_USE enum tg_status tg_keeper_save(struct tg_keeper *k, struct tg_batch *b,
					  struct tg_error *err);

/* tg_keeper_save, and appends the value of meta.batch, by which the sink finds the batch; nothing when there is none. */
TG_MUST_USE enum tg_status tg_keeper_finish(struct tg_keeper *k, struct tg_batch *b,
					    struct tg_buffer *meta, struct tg_error *err);

uint64_t tg_keeper_memory(const struct tg_keeper *k); /* bytes of the table */

#endif
