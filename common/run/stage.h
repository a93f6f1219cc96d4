/*
 * stage: what the run log says about one stage, ready to be judged. Inside run/.
 *
 * Texts belong to whoever read the log (chain.c) or wrote it (log.c). Times are microseconds since 1970.
 */
#ifndef TG_RUN_STAGE_H
#define TG_RUN_STAGE_H

#include "common/base/status.h"
#include "common/io/identity.h"
#include "common/run/log.h"
#include "common/time/time.h"

enum tg_stage_state {
	TG_STAGE_RUNS,	   /* it holds its lock */
	TG_STAGE_DIED,	   /* no finish line and no lock */
	TG_STAGE_FINISHED, /* status and what follows it are known */
};

struct tg_stage_input {
	struct tg_identity id;
	int64_t made; /* when the pipe was made; INT64_MIN: no pipe, or not known */
};

struct tg_stage {
	struct tg_str tool;
	uint64_t pid, sid, pidns;
	struct tg_stage_input *in;
	size_t ins;
	struct tg_identity out;
	bool receipt; /* what it writes is a receipt, no records */
	int64_t started;
	/* Where out is a regular file: its bytes, and its last change, as they were at the start; INT64_MIN: not known. */
	uint64_t out_bytes;
	int64_t out_changed;

	enum tg_stage_state state;
	enum tg_status status;
	bool foreign; /* `exit` is a foreign program's */
	int exit;
	int64_t finished;    /* of a stage that died: when it was first found dead; 0: not known */
	bool bytes_in_known; /* it counted what it read */
	uint64_t bytes_in, bytes_out;
	bool early;	      /* it stopped reading on purpose */
	struct tg_str code;   /* of its first error */
	struct tg_str reason; /* that error's message */
};

static inline int64_t tg_stage_time(struct tg_time t)
{
	return t.seconds * 1000000 + t.micros;
}

/* The stage that `log` is of, as it started. */
const struct tg_stage *tg_log_stage(const struct tg_log *log);
/* Its own file in the directory of the log, and the descriptor of the directory (-1: not had). */
const char *tg_log_file(const struct tg_log *log);
int tg_log_directory(const struct tg_log *log);
/* The boot that the names of its files begin with. */
const char *tg_log_boot(const struct tg_log *log);
/* The descriptor of its i-th input. */
int tg_log_input_fd(const struct tg_log *log, size_t i);

#endif
