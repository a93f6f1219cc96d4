/*
 * judge: the rules by which the end of an input is believed or not (tidegate-runlog(5)), over stages that have been read and
 * facts about files. It touches nothing; the loader is chain.c. Inside run/.
 */
#ifndef TG_RUN_JUDGE_H
#define TG_RUN_JUDGE_H

#include "common/run/chain.h"
#include "common/run/stage.h"

/* A regular file as it is now. */
struct tg_file_facts {
	bool known;
	uint64_t size;
	int64_t changed;
	int64_t born; /* INT64_MIN: not known */
};

struct tg_judge_case {
	const struct tg_stage *self; /* whose input it is; among the stages it is not */
	const uint64_t *read;	     /* bytes that it took, one an input; none: not known */
	size_t reads;
	struct tg_identity own[2]; /* its standard output and error */
	const struct tg_stage *stage;
	size_t stages;
	bool any;	       /* --upstream any */
	int64_t session_began; /* a stage from before is of another session; INT64_MIN: not known */
	uint64_t
		pipe_dev; /* the device that pipes without a name live on; 0: not known. A pipe elsewhere is a named FIFO */
	struct tg_file_facts (*file)(void *arg, const struct tg_identity *id);
	void *arg;
};

struct tg_judgement {
	enum tg_upstream_verdict verdict;
	size_t *chain; /* indices of the stages upstream, nearest first */
	size_t chain_n;
	bool waits; /* a stage that matters still runs: look again, or take the status when the time is over */
	bool named; /* a named FIFO is in the chain: its earlier readers matter, of whatever session */
	bool lacks; /* something is unverified, or a reader was not found: other stages of the session matter */
};

/* Everything in *j is in the arena. TG_OK: publish. Else the status to end with, and err says which stage did what. */
TG_MUST_USE enum tg_status tg_judge(struct tg_judgement *j, const struct tg_judge_case *c,
				    struct tg_arena *arena, struct tg_error *err);

/* The stages whose bytes a file holds, as many as it says: their indices in writer, which has room for all stages. */
size_t tg_judge_file(const struct tg_judge_case *c, const struct tg_identity *id, size_t *writer);

/* Stages of the session that finished before are of no interest: a second before the pipe that self reads was made. */
int64_t tg_judge_since(const struct tg_stage *self);

#endif
