/*
 * setup: what a tool's open is given: the common options as they came out of command line, variables and defaults, and ways to say
 * what it found. A tool asks for nothing else: no clock, environment or descriptor.
 */
#ifndef TG_RUN_SETUP_H
#define TG_RUN_SETUP_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/time/time.h"

struct tg_setup {
	struct tg_arena *arena; /* lives as long as the run; NUL stands behind every text in it */
	struct tg_str contract; /* --contract: a path; none: there is none */
	struct tg_str source;	/* --source; none: not given */
	struct tg_str entity;	/* --entity */
	struct tg_time now;	/* the clock at start, or --now */
	uint64_t max_record;
	bool max_record_given;
	bool show_values;   /* --show-values: messages may quote */
	bool keeps_rejects; /* there is a reject file */
	bool dry_run;
	bool provenance; /* --provenance (sources) */
	size_t lanes;	 /* that a filter or source may be asked to make (--jobs); 1: none */
	const char *const *operand;
	size_t operands;
	bool binary; /* a source may set it in open: its input may begin with any bytes (io/magic.h) */
	/* How faults are told; a tool may set these two in open. */
	unsigned faults;	    /* the most that are kept of a record, 0: TG_FAULTS_MAX */
	bool fault_lines;	    /* each is a message, whether there is a reject file or not */
	struct tg_program *program; /* for the calls below */
};

/* One line on stderr, at level warn or info. */
TG_COLD TG_PRINTF(2, 3) void tg_setup_warn(const struct tg_setup *setup, const char *format, ...);
TG_COLD TG_PRINTF(2, 3) void tg_setup_info(const struct tg_setup *setup, const char *format, ...);

/* Whether the command line has that option: for one in which 0 is no value. */
bool tg_setup_given(const struct tg_setup *setup, const char *option);

/* The run's id, as the run log has it; from the start line on, that is, from a sink's first take. */
struct tg_str tg_setup_run(const struct tg_setup *setup);

/* The time now, or --now: for what is judged by the clock while records flow, maybe for days. */
struct tg_time tg_setup_clock(const struct tg_setup *setup);

/* Another file that the tool writes (a key store, a list): the runtime refuses one that is also an input, the output, the reject
 * file or the like, with TG_USAGE, before anything is read. `what` is static text. From open; path lives as long as the run. */
void tg_setup_writes(const struct tg_setup *setup, const char *what, struct tg_str path);

/* For the run log's start line: which contract this run goes by. All but file may be none. Copied. */
void tg_setup_contract(const struct tg_setup *setup, struct tg_str file, struct tg_str sha256,
		       struct tg_str id, struct tg_str version);

/* For the run log's start line: the member that this stage adds to records, by which the next one knows where they come from. From
 * open. */
void tg_setup_adds(const struct tg_setup *setup, struct tg_str member);

/* For the run log's finish line: something that the tool found out; json is a JSON value's text. A name set again is replaced.
 * Copied. Also for use at end of input (tg_work has the same). */
void tg_setup_meta(const struct tg_setup *setup, const char *name, struct tg_str json);

/* To be called when all is written and synced, and the chain before is believed as a publisher believes it: for a tool that commits what
 * it has passed on by itself. Its status is the run's. TG_USAGE unless standard output is a file: what --output names would be there
 * before the tool could refuse. */
TG_MUST_USE enum tg_status tg_setup_commit(const struct tg_setup *setup,
					   enum tg_status (*commit)(void *self,
								    struct tg_error *err),
					   void *self, struct tg_error *err);

/* What has been rejected so far is in the reject file, and on disk: for a tool that does with what was rejected what cannot be undone.
 * At end of input. */
TG_MUST_USE enum tg_status tg_setup_keep_rejects(const struct tg_setup *setup,
						 struct tg_error *err);

/* Whether what passes goes to a file, which may be read on when this pipeline is gone. */
bool tg_setup_to_file(const struct tg_setup *setup);

#endif
