#include "common/run/runner.h"

#include "common/base/utf8.h"
#include "common/json/text.h"

void tg_runner_init(struct tg_runner *r, struct tg_program *p)
{
	*r = (struct tg_runner){ .program = p };
	r->work.setup = &p->setup;
	r->work.runner = r;
}

void tg_runner_release(struct tg_runner *r)
{
	tg_arena_release(&r->work.arena);
	tg_buffer_release(&r->work.faults);
	tg_buffer_release(&r->work.replacement);
	tg_buffer_release(&r->work.output);
	tg_buffer_release(&r->first);
	tg_buffer_release(&r->lines);
}

enum { LINE_MAX = 1000 }; /* bytes of a part of a message */

/* "/price is a string, must be a number; send it without quotes", or "/price (net price): is ..." */
static void put_line(struct tg_buffer *out, const struct tg_fault *fault)
{
	tg_utf8_put_safe(out, fault->pointer, LINE_MAX);
	if (fault->title.n) {
		tg_buffer_puts(out, fault->pointer.n ? " (" : "");
		tg_utf8_put_safe(out, fault->title, LINE_MAX);
		tg_buffer_puts(out, fault->pointer.n ? "): " : ": ");
	} else {
		tg_buffer_puts(out, fault->pointer.n ? " " : "");
	}
	tg_utf8_put_safe(out, fault->message, LINE_MAX);
	if (fault->hint.n) {
		tg_buffer_puts(out, "; ");
		tg_utf8_put_safe(out, fault->hint, LINE_MAX);
	}
	tg_buffer_putc(out, '\n');
}

static void keep(struct tg_work *w, const struct tg_fault *fault)
{
	struct tg_buffer *b = &w->faults;

	if (w->setup->fault_lines)
		put_line(&w->runner->lines, fault);
	tg_buffer_puts(b, b->n ? ",{" : "{");
	tg_json_put_member(b, "pointer", fault->pointer);
	tg_json_put_member(b, "keyword", fault->keyword);
	tg_json_put_member(b, "title", fault->title);
	tg_json_put_member(b, "message", fault->message);
	tg_json_put_member(b, "schema", fault->schema);
	tg_json_put_member(b, "hint", fault->hint);
	if (fault->line)
		tg_json_put_member_u64(b, "line", fault->line);
	if (fault->column)
		tg_json_put_member_u64(b, "column", fault->column);
	tg_buffer_putc(b, '}');
}

void tg_fault_add(struct tg_work *w, const struct tg_fault *fault)
{
	if (w->fault_count++ == 0 && tg_runner_says(w->runner))
		tg_buffer_printf(&w->runner->first, "%.*s%s%.*s", TG_STR_ARG(fault->pointer),
				 fault->pointer.n ? " " : "", TG_STR_ARG(fault->message));
	if (w->fault_count <= tg_faults_most(w))
		keep(w, fault);
}

enum tg_verdict tg_reject_faults(struct tg_work *w, const char *code)
{
	w->code = code;
	return TG_REJECT;
}

enum tg_verdict tg_reject(struct tg_work *w, const char *code, struct tg_str pointer,
			  const char *message)
{
	tg_fault_add(w, &(struct tg_fault){ .pointer = pointer, .message = tg_str_of(message) });
	return tg_reject_faults(w, code);
}

enum tg_verdict tg_drop(struct tg_work *w, const char *reason)
{
	w->code = reason;
	return TG_DROP;
}

enum tg_verdict tg_replace(struct tg_work *w, struct tg_str text)
{
	w->replacement.n = 0;
	tg_buffer_put_str(&w->replacement, text);
	return TG_REPLACE;
}

enum tg_verdict tg_stop(struct tg_work *w)
{
	TG_BUG_IF(w->stop.status == TG_OK);
	return TG_STOP;
}

/*
 * Where rejects go
 */

/* False, and a last message, when enough has been said. */
static bool may_say(struct tg_runner *r, enum tg_level level)
{
	if (level > r->program->messages.level || r->said > TG_MESSAGES_OF_A_KIND)
		return false;
	if (r->said++ < TG_MESSAGES_OF_A_KIND)
		return true;
	tg_say(&r->program->messages, level,
	       "more records are rejected; the end will say how many of each kind");
	return false;
}

static enum tg_level level_of(const struct tg_runner *r)
{
	if (r->work.setup->fault_lines)
		return TG_LEVEL_WARN;
	return r->program->rejects.fd < 0 ? TG_LEVEL_WARN : TG_LEVEL_INFO;
}

bool tg_runner_says(const struct tg_runner *r)
{
	return level_of(r) <= r->program->messages.level && r->said <= TG_MESSAGES_OF_A_KIND;
}

void tg_runner_hush(struct tg_runner *r)
{
	r->said = TG_MESSAGES_OF_A_KIND + 1;
}

static void say_lines(struct tg_runner *r, const struct tg_place *at)
{
	struct tg_str rest = tg_buffer_str(&r->lines);

	while (rest.n > 0) {
		size_t n = (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p);
		struct tg_str line = tg_str_from(rest.p, n);

		if (!may_say(r, TG_LEVEL_WARN))
			return;
		if (at->file.p)
			tg_say(&r->program->messages, TG_LEVEL_WARN, "%.*s:%llu: %.*s",
			       TG_STR_ARG(at->file), (unsigned long long)at->line,
			       TG_STR_ARG(line));
		else
			tg_say(&r->program->messages, TG_LEVEL_WARN, "line %llu: %.*s",
			       (unsigned long long)at->line, TG_STR_ARG(line));
		rest = tg_str_after(rest, n + 1);
	}
}

static void say_reject(struct tg_runner *r, const char *code, const struct tg_place *at)
{
	const struct tg_messages *m = &r->program->messages;
	enum tg_level level = level_of(r);
	unsigned more = r->work.fault_count > 1 ? r->work.fault_count - 1 : 0;

	if (r->work.setup->fault_lines) {
		say_lines(r, at);
		return;
	}
	if (!may_say(r, level))
		return;
	if (at->file.p && !at->line) /* it is the file itself */
		tg_say(m, level, "%.*s: %s: %.*s%s", TG_STR_ARG(at->file), code,
		       TG_STR_ARG(tg_buffer_str(&r->first)), more ? " (and more)" : "");
	else if (at->file.p)
		tg_say(m, level, "%.*s:%llu: %s: %.*s%s", TG_STR_ARG(at->file),
		       (unsigned long long)at->line, code, TG_STR_ARG(tg_buffer_str(&r->first)),
		       more ? " (and more)" : "");
	else
		tg_say(m, level, "line %llu: %s: %.*s%s", (unsigned long long)at->line, code,
		       TG_STR_ARG(tg_buffer_str(&r->first)), more ? " (and more)" : "");
}

/* What stands beyond the limit on faults is said, not shown. */
static void count_more_faults(struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	unsigned most = tg_faults_most(w);

	if (w->fault_count <= most)
		return;
	tg_buffer_printf(&b, "has %u more fault%s", w->fault_count - most,
			 w->fault_count - most == 1 ? "" : "s");
	keep(w, &(struct tg_fault){ .pointer = TG_STR(""), .message = tg_buffer_str(&b) });
}

enum tg_status tg_runner_reject(struct tg_runner *r, const char *code, struct tg_str text,
				const struct tg_place *at, struct tg_error *err)
{
	struct tg_program *p = r->program;

	count_more_faults(&r->work);
	say_reject(r, code, at);
	return tg_rejects_add(&p->rejects, code, at, tg_buffer_str(&r->work.faults),
			      tg_buffer_str(&r->work.output), text, err);
}

const struct tg_line_end tg_line_feed = { { "\n", 1 }, { "\r", 1 } };

/* The first line feed from p[at] on, at a place that is a whole number of them from p. */
static const char *find_feed(struct tg_str feed, const char *p, size_t at, size_t n)
{
	if (feed.n == 1)
		return at < n ? memchr(p + at, feed.p[0], n - at) : NULL;
	for (at = (at + feed.n - 1) / feed.n * feed.n; at + feed.n <= n; at += feed.n)
		if (memcmp(p + at, feed.p, feed.n) == 0)
			return p + at;
	return NULL;
}

enum tg_status tg_runner_reject_long(struct tg_runner *r, struct tg_input *in,
				     const struct tg_line_end *line_end, struct tg_place *at,
				     struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	struct tg_program *p = r->program;
	struct tg_window *w = &p->window;
	uint64_t max = p->setup.max_record;
	size_t skip = max < w->n ? (size_t)max : w->n; /* these hold line feeds, and are its own */
	struct tg_str feed = line_end->feed, before = line_end->before;
	enum tg_status st;
	uint64_t lines = 0;

	tg_runner_next(r);
	tg_buffer_printf(
		&message,
		"is longer than %llu bytes; is a line feed or a quote missing? --max-record raises the limit",
		(unsigned long long)max);
	tg_fault_add(&r->work, &(struct tg_fault){ .pointer = TG_STR(""),
						   .message = tg_buffer_str(&message) });
	say_reject(r, "too-long", at);
	st = tg_rejects_begin_long(&p->rejects, "too-long", at, tg_buffer_str(&r->work.faults),
				   err);
	for (const char *own = w->p, *behind = own + skip;
	     (own = find_feed(feed, own, 0, (size_t)(behind - own))); own += feed.n)
		lines++;
	while (!st) {
		const char *end = find_feed(feed, w->p, skip, w->n);
		bool goes_on = !end && !w->last;
		size_t n = end ? (size_t)(end - w->p) : w->n;
		struct tg_str piece = tg_str_from(w->p, goes_on ? n -= n % feed.n : n);

		/* A CR before the line feed belongs to the line end, and the line feed may be in the next block. */
		if (before.n && tg_str_ends(piece, before)) {
			piece.n -= before.n;
			n -= goes_on ? before.n : 0;
		}
		st = tg_rejects_add_long(&p->rejects, piece, err);
		skip = 0;
		if (end) {
			lines++;
			n += feed.n;
		}
		tg_window_take(w, n);
		if (end || w->last)
			break;
		if (!st)
			st = tg_program_fill(p, in, err);
	}
	if (!st)
		st = tg_rejects_end_long(&p->rejects, err);
	at->line += lines;
	at->offset = w->offset;
	return st;
}
