/*
 * portable: a key store as text: what it holds in figures, and all of it as JSON lines that another store can be made of.
 *
 * The first line of an export is {"store":{...}}, with the secret; then for each batch, oldest first, {"batch":{...}} and its keys,
 * {"key":"<32 hex>","content":"<16 hex>"} with "time" (microseconds) in a store that holds times; last {"file":{...}} for each
 * file that landed (tidegate-state(5)).
 */
#ifndef TG_KEY_PORTABLE_H
#define TG_KEY_PORTABLE_H

#include "common/base/buffer.h"
#include "common/io/output.h"
#include "common/json/record.h"
#include "common/state/store.h"

/* One JSON line. */
TG_MUST_USE enum tg_status tg_store_put_stats(struct tg_store *store, struct tg_buffer *out,
					      struct tg_error *err);

TG_MUST_USE enum tg_status tg_store_export(struct tg_store *store, struct tg_output *out,
					   struct tg_error *err);

/* Takes an export line by line. */
struct tg_import {
	struct tg_store *store;
	struct tg_batch batch;
	struct tg_table *table; /* of the batch that is under way, NULL: none is */
	uint64_t keys;
	struct tg_store_file file[256]; /* not written yet */
	size_t files;
	bool begun;
};

/* False: not a line of an export; *message says why. *st: the store refused. */
TG_MUST_USE bool tg_import_take(struct tg_import *import, const struct tg_record *rec,
				struct tg_arena *arena, const char **message, enum tg_status *st,
				struct tg_error *err);
/* The last batch, and files. */
TG_MUST_USE enum tg_status tg_import_finish(struct tg_import *import, struct tg_error *err);
void tg_import_release(struct tg_import *import);

#endif
