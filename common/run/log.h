/*
 * log: the run log of one stage (tidegate-runlog(5)).
 *
 * Two lines: one before the first write, with the identities of what is read and written, one after the last byte and before stdout
 * closes, with the status, the counts and what was found out. They always go to the implicit log, a file a stage in a private
 * directory of the user, held under flock while the stage lives: no finish line and no lock means that it died. --run or
 * TIDEGATE_RUN takes copies.
 */
#ifndef TG_RUN_LOG_H
#define TG_RUN_LOG_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"

struct tg_log;

struct tg_log_stream {
	int fd;		  /* its identity is fstat's; -1: closed */
	const char *path; /* as given, for files; NULL: ask the system */
};

struct tg_log_start {
	const char *tool;
	const struct tg_str *arg; /* without secrets */
	size_t args;
	const struct tg_log_stream *in; /* standard input or the operands */
	size_t ins;
	struct tg_log_stream out; /* stdout, or the file of --output */
	struct tg_str contract;	  /* a JSON object; none: no contract */
	struct tg_str adds; /* the member that this stage adds ("_source"); none: it adds none */
	struct tg_str copy; /* --run FILE; none: no copy */
	bool sink; /* publishes: what cannot be logged is TG_IO, where a filter is warned once (text in err, TG_OK) */
};

struct tg_log_count {
	const char *name; /* static: a reject code, a drop reason */
	uint64_t n;
};

struct tg_log_finish {
	enum tg_status status;
	int exit;     /* the exit code; for a signal 128 + its number */
	int signal;   /* 0: none */
	bool foreign; /* stage: the command ended with `exit` */
	bool early;   /* it stopped reading on purpose */
	bool counted; /* records are known */
	uint64_t in, out, dropped, rejected;
	const struct tg_log_count *drop, *reject;
	size_t drops, rejects;
	uint64_t bytes_in, bytes_out;
	bool bytes_in_known;
	struct tg_str meta;    /* a JSON object; none: nothing found out */
	const char *code;      /* of the first fatal error, NULL: none */
	struct tg_str message; /* quotes no record */
};

/* Draws span and run id, makes the file, takes its lock, writes the start line. On TG_OK with err->text not empty, that is a
 * warning for the user (once). *log is never NULL afterwards. */
TG_MUST_USE enum tg_status tg_log_start(struct tg_log **log, const struct tg_log_start *start,
					struct tg_error *err);

/* The run's id: of the first line of the copy, else drawn here (UUIDv7). */
struct tg_str tg_log_run(const struct tg_log *log);

/* From now on this stage says to those further down that its records have this member, which those before it add. False: it cannot be
 * written. */
TG_MUST_USE bool tg_log_adds(const struct tg_log *log, struct tg_str member);

/* Syncs stdout where it is a regular file, and writes the finish line. Call it after the last byte of stdout is flushed and before it
 * is closed. TG_IO when the sync failed, or a sink's line could not be written; on TG_OK with err->text not empty that is a warning. */
TG_MUST_USE enum tg_status tg_log_finish(struct tg_log *log, const struct tg_log_finish *finish,
					 struct tg_error *err);

void tg_log_free(struct tg_log **log);

#endif
