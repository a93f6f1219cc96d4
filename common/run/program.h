/*
 * program: what the three shapes share: options, opening and closing of the streams, the run log's two lines, counts, the end.
 * Inside run/, and for a tool that is none of the three shapes (stage).
 *
 *	begin	options are read; --help and its like are answered (done is then true)
 *	start	inputs, reject file and output are opened, the start line is logged
 *	end	rejects are judged and synced, stdout is flushed, the finish line is logged, stdout is closed; gives the exit code,
 *		or raises the signal
 *
 * `end` is called once, whatever failed before; when `start` was not reached, it logs both lines, so that a usage error is found by
 * its pipe.
 */
#ifndef TG_RUN_PROGRAM_H
#define TG_RUN_PROGRAM_H

#include "common/io/input.h"
#include "common/io/output.h"
#include "common/io/publish.h"
#include "common/io/window.h"
#include "common/run/chain.h"
#include "common/run/log.h"
#include "common/run/message.h"
#include "common/run/option.h"
#include "common/run/rejects.h"
#include "common/run/setup.h"

enum tg_shape {
	TG_SHAPE_FILTER,
	TG_SHAPE_SOURCE,
	TG_SHAPE_SINK,
	TG_SHAPE_BYTES, /* bytes in, bytes out, as they are: no records and no reject file, but --output */
	TG_SHAPE_OTHER, /* no records: no reject file, no --output; it opens what it reads */
};

/* The head that the shapes have in common. */
struct tg_tool {
	enum tg_shape shape;
	const char *name, *about, *operands;
	const struct tg_option *options;
	bool (*asks)(const void *self); /* the options ask for what needs no input; may be NULL */
	void (*version)(
		struct tg_buffer *out); /* what --version says below its line; may be NULL */
	enum tg_status rejected;	/* when more is rejected than allowed; 0: TG_REJECTED */
	size_t (*pieces)(const void *self, const char **path); /* of tg_filter; may be NULL */
	bool (*makes)(const void *self);		       /* the same */
	bool inputless; /* it takes no operands and does not read standard input: it opens what it reads */
	bool (*passes)(const void *self); /* the same */
};

/* The targets of the common options. */
struct tg_common {
	struct tg_str contract, rejects, max_rejects, run, source, entity, output, now;
	uint64_t jobs, max_record, max_reject_bytes, nothing_status;
	unsigned upstream, log_level, log_format, progress, color;
	bool quiet, verbose, dry_run, show_values, source_member, provenance, digest, help, version,
		describe;
};

struct tg_meta {
	const char *name;
	struct tg_str json;
};

enum { TG_META_MAX = 32, TG_WRITES_MAX = 8, TG_PIECES_MAX = 4 };

/* A file that is written, besides standard output. */
struct tg_writes {
	const char *what;
	struct tg_str path;
};

struct tg_program {
	struct tg_tool tool;
	struct tg_arena arena;
	struct tg_options options;
	struct tg_common common;
	struct tg_setup setup;
	struct tg_messages messages;
	bool done; /* --help, --version, --describe: nothing more is to do */
	int argc;
	char **argv;

	const char *piece[TG_PIECES_MAX]; /* inputs that are one record together */
	size_t pieces;
	bool makes; /* nothing is read */
	struct tg_input *input;
	size_t inputs;
	struct tg_window window;
	/* Where fill gets bytes, for who reads ahead (jobs.h); NULL: from the input. */
	enum tg_status (*feed)(void *arg, struct tg_input *in, struct tg_error *err);
	void *feed_arg;
	struct tg_output out;
	struct tg_buffer noted;	   /* of a block: records that are judged when its turn has come */
	struct tg_publish publish; /* --output */
	struct tg_rejects rejects;
	bool rejects_limited;  /* --max-rejects was given */
	uint64_t rejects_most; /* a number, or millionths of the records read */
	bool rejects_share;

	struct tg_log *log;
	struct tg_str adds;	/* the member that this stage adds */
	struct tg_str contract; /* JSON for the start line */
	struct tg_meta meta[TG_META_MAX];
	size_t metas;
	struct tg_log_count drop[TG_REJECT_CODES];
	size_t drops;
	uint64_t records_in, records_out, dropped;
	struct tg_writes writes[TG_WRITES_MAX];
	size_t writes_n;
	bool counted; /* the program counts records */
	bool foreign; /* stage: the command's own code is the exit code */
	int foreign_exit;
	struct tg_str receipt; /* a sink's line, written behind the finish line */
	bool nothing;	       /* there was nothing to do */
	/* of tg_setup_commit; NULL: none */
	enum tg_status (*commit)(void *self, struct tg_error *err);
	void *commit_self;
	bool started;

	bool progress;
	struct tg_time progress_next;
};

/* self is the tool's state, the target of its own options. */
TG_MUST_USE enum tg_status tg_program_begin(struct tg_program *p, const struct tg_tool *tool,
					    void *self, int argc, char **argv,
					    struct tg_error *err);

/* Opens what the options name and logs the start. The operands are the inputs, or standard input without any. */
TG_MUST_USE enum tg_status tg_program_start(struct tg_program *p, struct tg_error *err);

/* Logs the start line, with what is open now; part of start, and of an end that comes before it. */
TG_MUST_USE enum tg_status tg_program_log_start(struct tg_program *p, struct tg_error *err);

/* The same when `start` was not reached; does nothing when it was. */
TG_MUST_USE enum tg_status tg_program_log_failure(struct tg_program *p, struct tg_error *err);

/* See above. */
TG_MUST_USE int tg_program_end(struct tg_program *p, enum tg_status st, struct tg_error *err);

/* Judges the chain before this stage, at the end of its input. up is released by the caller. */
TG_MUST_USE enum tg_status tg_program_judge(struct tg_program *p, struct tg_upstream *up,
					    struct tg_error *err);

/* A read is going to wait: what is ready goes out. An input's idle; arg is the program. */
TG_MUST_USE enum tg_status tg_program_idle(void *arg, struct tg_error *err);

/* A moment between two blocks: progress, where it is wanted. */
void tg_program_tick(struct tg_program *p);

/* Reads more of the input into the window. Settles the output first, since blocks move. */
TG_MUST_USE enum tg_status tg_program_fill(struct tg_program *p, struct tg_input *in,
					   struct tg_error *err);

void tg_program_release(struct tg_program *p);

#endif
