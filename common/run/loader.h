/*
 * loader: reads the stages that a judge wants out of the directory of the run log, and no others. Inside run/.
 *
 * What writes to a pipe is found by the names in one bucket; each is opened once. All that was read is in the arena.
 */
#ifndef TG_RUN_LOADER_H
#define TG_RUN_LOADER_H

#include "common/run/logdir.h"
#include "common/run/stage.h"
#include "common/run/upstream.h"

struct tg_bucket {
	struct tg_logdir_entry *entry;
	size_t n;
	bool *loaded;
	bool listed;
};

struct tg_loader {
	const struct tg_log *log; /* of the stage that judges; its own file is not read */
	struct tg_arena *arena;
	struct tg_scanner *scanner;
	struct tg_bucket bucket[TG_BUCKETS];
	struct tg_stage *stage;		 /* what was read */
	struct tg_upstream_lines *lines; /* the same stages' */
	size_t stages, room;
};

/* The arena stays the caller's. */
void tg_loader_init(struct tg_loader *l, const struct tg_log *log, struct tg_arena *arena);
void tg_loader_release(struct tg_loader *l);

/* The stages that write to what the inputs are. */
void tg_loader_nearest(struct tg_loader *l);

/* The stages that can be reached from the inputs, through all writers. */
void tg_loader_chain(struct tg_loader *l);

/* Those of the session that count, or all of this boot (the earlier readers of a named FIFO may be of any session); and what can be
 * reached from them. */
void tg_loader_more(struct tg_loader *l, bool all);

/* Forgets all, for another look. */
void tg_loader_reset(struct tg_loader *l);

#endif
