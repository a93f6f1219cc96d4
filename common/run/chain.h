/*
 * chain: who stood before me, and did he finish well? Finds the stages before a sink by the pipes between them, in the run log, and
 * judges whether the end of the input can be believed (tidegate-runlog(5)).
 */
#ifndef TG_RUN_CHAIN_H
#define TG_RUN_CHAIN_H

#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/run/log.h"

#include <jansson.h>

enum tg_upstream_verdict {
	TG_UPSTREAM_NONE,	/* no pipe: a file that no stage wrote, a terminal, /dev/null */
	TG_UPSTREAM_VERIFIED,	/* every stage before finished well, and all its bytes came */
	TG_UPSTREAM_UNVERIFIED, /* nobody vouches for the end; only with --upstream any */
};

/* One stage upstream, as its lines tell. */
struct tg_upstream_stage {
	struct tg_str tool;
	const json_t *start;  /* its start line; NULL until tg_upstream_read */
	const json_t *finish; /* its finish line; the same */
};

struct tg_upstream {
	enum tg_upstream_verdict verdict;
	struct tg_upstream_stage *stage; /* nearest first */
	size_t stages;
	struct tg_arena arena; /* holds the above */
	void *files;	       /* chain.c's own */
};

/* "none", "verified", "unverified". */
const char *tg_upstream_name(enum tg_upstream_verdict verdict);

/* Makes documents of the stages' lines. For who looks into them: it calls for jansson. */
void tg_upstream_read(struct tg_upstream *up);

/* After tg_upstream_read: what a stage found out (finish.meta.NAME), the nearest stage that has it; NULL: none did. */
const json_t *tg_upstream_meta(const struct tg_upstream *up, const char *name);

/*
 * Judges the chain before `log`'s stage, at the end of its input. `any` is --upstream any; `read` is how many bytes the stage took
 * from each of its inputs, in the order of the start line. On TG_OK up is filled (texts and JSON live until tg_upstream_release).
 * Otherwise the status is the one to end with (tidegate-exit(7)), err says which stage did what and how to go on, and up has the stages
 * that were found all the same: for what is told of a failure, and for nothing else.
 */
TG_MUST_USE enum tg_status tg_chain_judge(struct tg_upstream *up, struct tg_log *log, bool any,
					  const uint64_t *read, size_t reads, struct tg_error *err);

/* When the first bytes have come: the member that all who write our inputs have said they add; none: they do not, or nobody knows. From
 * then on this stage says so too, to those further down. Whose lines count is as in judging. Copied to the arena. */
struct tg_str tg_chain_adds(const struct tg_log *log, struct tg_arena *arena);

/* When the first bytes have come: the member that all who write our inputs have said they add; none: they do not, or nobody knows. From
 * then on this stage says so too, to those further down. Copied to the arena. */
struct tg_str tg_chain_adds(const struct tg_log *log, struct tg_arena *arena);

/* After a sink's commit: removes the log files of a verified chain. Else it does nothing: another stage may need them. */
void tg_chain_forget(const struct tg_upstream *up);

void tg_upstream_release(struct tg_upstream *up);

#endif
