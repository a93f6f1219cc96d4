/*
 * line: composes the lines of the run log (tidegate-runlog(5)). Inside run/.
 *
 * A line stays below 64 KiB: what comes from outside is cut, and inputs for which there is no room follow in lines of their own.
 */
#ifndef TG_RUN_LINE_H
#define TG_RUN_LINE_H

#include "common/run/ids.h"
#include "common/run/stage.h"

#include <time.h>

/* What the lines of a stage share. */
struct tg_line {
	const struct tg_ids *ids;
	const struct tg_stage *stage;
	const char *boot;
	struct timespec clock;	/* at the start, monotonic */
	struct tg_arena *arena; /* for what is copied on the way */
};

/* Each appends whole lines with their line feeds. */
void tg_line_start(const struct tg_line *line, struct tg_buffer *b,
		   const struct tg_log_start *start);
void tg_line_adds(const struct tg_line *line, struct tg_buffer *b, struct tg_str member);
void tg_line_finish(const struct tg_line *line, struct tg_buffer *b, const struct tg_log_finish *f);

#endif
