/*
 * dropped: the file of --duplicates: a JSON line for each record that was dropped, with where it stood and where its key was before.
 *
 * Written beside its place and published whole at the end, 0600: it holds what partners sent.
 */
#ifndef TG_KEY_DROPPED_H
#define TG_KEY_DROPPED_H

#include "common/base/buffer.h"
#include "common/io/output.h"
#include "common/io/publish.h"
#include "common/json/record.h"
#include "common/state/store.h"

struct tg_dropped {
	struct tg_publish publish;
	struct tg_output out;
	struct tg_buffer line;
	bool open;
};

#define TG_DROPPED_INIT ((struct tg_dropped){ .publish = TG_PUBLISH_INIT, .out = TG_OUTPUT_INIT })

/* path lives as long as d. */
TG_MUST_USE enum tg_status tg_dropped_open(struct tg_dropped *d, const char *path,
					   struct tg_error *err);
/* before: the batch that holds the key; NULL: this run itself. */
TG_MUST_USE enum tg_status tg_dropped_add(struct tg_dropped *d, const struct tg_record *rec,
					  const char *reason, bool own,
					  const struct tg_batch *before, struct tg_error *err);
TG_MUST_USE enum tg_status tg_dropped_publish(struct tg_dropped *d, struct tg_error *err);
void tg_dropped_release(struct tg_dropped *d);

#endif
