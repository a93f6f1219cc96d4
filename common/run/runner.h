/*
 * runner: the loop that a tg_work belongs to: where its verdicts go. Inside run/.
 */
#ifndef TG_RUN_RUNNER_H
#define TG_RUN_RUNNER_H

#include "common/run/program.h"
#include "common/run/source.h"
#include "common/run/work.h"

struct tg_runner {
	struct tg_program *program;
	struct tg_work work;
	struct tg_buffer first; /* the first fault of the record, for people */
	struct tg_buffer lines; /* with setup->fault_lines: all that are kept, a line each */
	unsigned said;		/* messages about rejects so far */
	enum tg_status status;	/* of what could not be reported at once */
	struct tg_error err;
};

void tg_runner_init(struct tg_runner *r, struct tg_program *p);
void tg_runner_release(struct tg_runner *r);

/* Has a source read one input, from its begin to its end, on one thread. */
TG_MUST_USE enum tg_status tg_runner_take(struct tg_runner *r, const struct tg_source *source,
					  void *self, struct tg_input *in, struct tg_error *err);

/* Forgets the record before. */
static inline void tg_runner_next(struct tg_runner *r)
{
	r->work.faults.n = 0;
	r->work.fault_count = 0;
	r->first.n = 0;
	r->lines.n = 0;
	r->work.output.n = 0;
	if (r->work.arena.block)
		tg_arena_reset(&r->work.arena);
}

/* Whether the record at the front of the window, whose end is not in sight, is longer than max bytes. A CR behind it is none of
 * them, and its line feed may still come. */
static inline bool tg_runner_is_over(const struct tg_window *w, uint64_t max)
{
	return w->n > max && (w->last || w->n > max + 1 || w->p[max] != '\r');
}

/* The same where a line ends in another way, of which only a part may be there yet. */
static inline bool tg_runner_is_over_by(const struct tg_window *w, uint64_t max,
					const struct tg_line_end *end)
{
	struct tg_str rest = { w->p + max, 0 };

	if (w->n <= max || w->last)
		return w->n > max;
	rest.n = w->n - (size_t)max;
	if (rest.n < end->feed.n && tg_str_starts(end->feed, rest))
		return false;
	if (end->before.n == 0 || rest.n >= end->before.n + end->feed.n)
		return true;
	if (rest.n <= end->before.n)
		return !tg_str_starts(end->before, rest);
	return !tg_str_starts(rest, end->before) ||
	       !tg_str_starts(end->feed, tg_str_after(rest, end->before.n));
}

/* Whether the next reject is one that people are told of. */
bool tg_runner_says(const struct tg_runner *r);
/* They are not, whatever comes. */
void tg_runner_hush(struct tg_runner *r);

/* Keeps a reject, with the faults added, and tells people where it is not kept. */
TG_COLD enum tg_status tg_runner_reject(struct tg_runner *r, const char *code, struct tg_str text,
					const struct tg_place *at, struct tg_error *err);

/* The record at the front of the window is over the limit: rejects it up to the next line end, streamed, and moves the window and
 * *at behind it. */
TG_COLD enum tg_status tg_runner_reject_long(struct tg_runner *r, struct tg_input *in,
					     const struct tg_line_end *line_end,
					     struct tg_place *at, struct tg_error *err);

#endif
