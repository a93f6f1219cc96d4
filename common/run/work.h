/*
 * work: what a tool may do with a record while it has it. One a thread; what changes between records is in here or behind it.
 *
 * A verdict is about a record, and normal: pass it as it came, put this in its place, drop it for a counted reason, reject it with
 * errors, or stop the run. Faults are collected first (tg_fault_add), then answered with tg_reject_faults, or all at once with
 * tg_reject.
 */
#ifndef TG_RUN_WORK_H
#define TG_RUN_WORK_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/json/record.h"
#include "common/run/setup.h"

enum tg_verdict {
	TG_PASS,    /* its bytes, verbatim */
	TG_REPLACE, /* what tg_replace was given */
	TG_DROP,
	TG_REJECT,
	TG_HOLD, /* the tool keeps it, and says at the end of input what becomes of it (filter.h) */
	TG_STOP, /* the run ends with w->stop */
};

struct tg_work {
	struct tg_arena arena; /* emptied before each record */
	const struct tg_setup *setup;
	struct tg_buffer faults; /* JSON objects, comma between */
	unsigned fault_count;	 /* beyond the most that are kept they are counted only */
	struct tg_buffer
		output;	  /* a JSON value for the envelope's member of that name; empty: none */
	const void *note; /* what prepare has left of the record (filter.h) */
	const char *code; /* of the reject, or reason of the drop: static text */
	struct tg_buffer replacement;
	struct tg_error stop;
	struct tg_runner *runner; /* the loop that it belongs to */
};

enum { TG_FAULTS_MAX = 20 }; /* kept of a record where the tool sets nothing else */

/* One fault of a record. What is none (p NULL, or 0) is left out. */
struct tg_fault {
	struct tg_str pointer; /* to the value at fault; "" is the whole record */
	struct tg_str keyword; /* what asked for it: "type", "required"; for sources the notation */
	struct tg_str
		message; /* "is not an e-mail address": what is, and what must be; no value of a field that may not be quoted */
	struct tg_str title;   /* what the contract calls the field */
	struct tg_str schema;  /* pointer into the contract */
	struct tg_str hint;    /* what to do */
	uint64_t line, column; /* of the fault itself, in the partner's file */
};

void tg_fault_add(struct tg_work *w, const struct tg_fault *fault);

/* The most faults that are kept of a record. */
static inline unsigned tg_faults_most(const struct tg_work *w)
{
	return w->setup->faults ? w->setup->faults : TG_FAULTS_MAX;
}

/* Rejects for the faults added; code is static text from tidegate-rejects(5). */
enum tg_verdict tg_reject_faults(struct tg_work *w, const char *code);

/* Rejects for one reason. */
enum tg_verdict tg_reject(struct tg_work *w, const char *code, struct tg_str pointer,
			  const char *message);

/* Drops it; reason is static text ("seen-before"). */
enum tg_verdict tg_drop(struct tg_work *w, const char *reason);

/* Passes text instead; copied. */
enum tg_verdict tg_replace(struct tg_work *w, struct tg_str text);

/* Ends the run: fill w->stop with tg_fail first. */
enum tg_verdict tg_stop(struct tg_work *w);

#endif
