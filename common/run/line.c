#include "common/run/line.h"

#include "common/base/utf8.h"
#include "common/json/text.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	ARG_MOST = 4 << 10,
	ARGS_MOST = 12 << 10,
	IN_MOST = 36 << 10,
	CONTRACT_MOST = 8 << 10,
	COUNTS_MOST = 4 << 10,
	META_MOST = 40 << 10,
};

/* Text from outside: what is no UTF-8 is made so, what is long is cut. */
static void put_text(const struct tg_line *line, struct tg_buffer *b, struct tg_str s, size_t most)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	if (s.n <= most && tg_utf8_check(tg_arena_copy(line->arena, s)) == s.n) {
		tg_json_put_string(b, s);
		return;
	}
	tg_utf8_put_safe(&safe, s, most);
	tg_json_put_string(b, tg_buffer_str(&safe));
}

static void put_quoted_time(struct tg_buffer *b, int64_t micros)
{
	struct tg_time t = { micros / 1000000, (uint32_t)(micros % 1000000) };

	tg_buffer_putc(b, '"');
	tg_time_put(b, t);
	tg_buffer_putc(b, '"');
}

static void put_time_member(struct tg_buffer *b, const char *name, int64_t micros)
{
	tg_json_put_name(b, name);
	put_quoted_time(b, micros);
}

static void put_text_member(const struct tg_line *line, struct tg_buffer *b, const char *name,
			    struct tg_str s)
{
	tg_json_put_name(b, name);
	put_text(line, b, s, ARG_MOST);
}

/* What all lines begin with. */
static void put_head(const struct tg_line *line, struct tg_buffer *b, const char *event,
		     int64_t time)
{
	tg_buffer_puts(b, "{\"v\":1");
	tg_json_put_member(b, "event", tg_str_of(event));
	put_time_member(b, "time", time);
	tg_json_put_member(b, "run", tg_str_of(line->ids->run));
	tg_json_put_member(b, "trace_id", tg_str_of(line->ids->trace));
	tg_json_put_member(b, "span_id", tg_str_of(line->ids->span));
	if (line->ids->parent[0])
		tg_json_put_member(b, "parent_span_id", tg_str_of(line->ids->parent));
	put_text_member(line, b, "tool", line->stage->tool);
}

static void put_args(const struct tg_line *line, struct tg_buffer *b,
		     const struct tg_log_start *start)
{
	size_t begin = b->n;

	tg_json_put_name(b, "args");
	tg_buffer_putc(b, '[');
	for (size_t i = 0; i < start->args; i++) {
		if (b->n - begin > ARGS_MOST - ARG_MOST) {
			tg_buffer_printf(b, ",\"... and %zu more\"", start->args - i);
			break;
		}
		if (i)
			tg_buffer_putc(b, ',');
		put_text(line, b, start->arg[i], ARG_MOST / 2);
	}
	tg_buffer_putc(b, ']');
}

static void put_identity(const struct tg_line *line, struct tg_buffer *b,
			 const struct tg_identity *id)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_identity_put(&text, id);
	put_text(line, b, tg_buffer_str(&text), ARG_MOST + 64);
}

static bool are_pipes(const struct tg_stage *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (s->in[i].made != INT64_MIN)
			return true;
	return false;
}

/* The inputs from `from` on, as many as a line takes; gives the first that it did not take. One input is no list. */
static size_t put_inputs(const struct tg_line *line, struct tg_buffer *b, size_t from)
{
	const struct tg_stage *s = line->stage;
	size_t begin = b->n, to = from;
	bool list = s->ins != 1;

	tg_json_put_name(b, "in");
	if (list)
		tg_buffer_putc(b, '[');
	for (; to < s->ins && b->n - begin < IN_MOST; to++) {
		if (to > from)
			tg_buffer_putc(b, ',');
		put_identity(line, b, &s->in[to].id);
	}
	if (list)
		tg_buffer_putc(b, ']');
	return to;
}

static void put_made(const struct tg_line *line, struct tg_buffer *b, size_t from, size_t to)
{
	const struct tg_stage *s = line->stage;
	bool list = s->ins != 1;

	if (!are_pipes(s, from, to))
		return;
	tg_json_put_name(b, "made");
	if (list)
		tg_buffer_putc(b, '[');
	for (size_t i = from; i < to; i++) {
		if (i > from)
			tg_buffer_putc(b, ',');
		if (s->in[i].made == INT64_MIN)
			tg_buffer_puts(b, "null");
		else
			put_quoted_time(b, s->in[i].made);
	}
	if (list)
		tg_buffer_putc(b, ']');
}

static void put_adds(struct tg_buffer *b, struct tg_str member)
{
	tg_json_put_name(b, "adds");
	tg_buffer_putc(b, '[');
	tg_json_put_string(b, member);
	tg_buffer_putc(b, ']');
}

static void put_place(const struct tg_line *line, struct tg_buffer *b)
{
	char host[256] = "";

	tg_json_put_member(b, "version", TG_STR(TG_VERSION));
	tg_json_put_member_u64(b, "pid", line->stage->pid);
	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	put_text_member(line, b, "host", tg_str_of(host));
}

static void put_process(const struct tg_line *line, struct tg_buffer *b)
{
	tg_json_put_member_u64(b, "ppid", (uint64_t)getppid());
	tg_json_put_member_u64(b, "pgid", (uint64_t)getpgrp());
	tg_json_put_member_u64(b, "sid", line->stage->sid);
	tg_json_put_member_u64(b, "pidns", line->stage->pidns);
	tg_json_put_member(b, "boot", tg_str_of(line->boot));
}

void tg_line_start(const struct tg_line *line, struct tg_buffer *b,
		   const struct tg_log_start *start)
{
	const struct tg_stage *s = line->stage;
	size_t to, next;

	put_head(line, b, "start", s->started);
	put_place(line, b);
	put_args(line, b, start);
	to = put_inputs(line, b, 0);
	tg_json_put_name(b, "out");
	put_identity(line, b, &s->out);
	put_process(line, b);
	put_made(line, b, 0, to);
	if (start->contract.n && start->contract.n <= CONTRACT_MOST) {
		tg_json_put_name(b, "contract");
		tg_buffer_put_str(b, start->contract);
	}
	if (start->adds.n)
		put_adds(b, start->adds);
	if (s->receipt)
		tg_buffer_puts(b, ",\"receipt\":true");
	if (s->out_changed != INT64_MIN) {
		tg_json_put_member_u64(b, "out_bytes", s->out_bytes);
		put_time_member(b, "out_changed", s->out_changed);
	}
	tg_buffer_puts(b, "}\n");
	for (; to < s->ins; to = next) {
		put_head(line, b, "inputs", s->started);
		next = put_inputs(line, b, to);
		put_made(line, b, to, next);
		tg_buffer_puts(b, "}\n");
	}
}

void tg_line_adds(const struct tg_line *line, struct tg_buffer *b, struct tg_str member)
{
	put_head(line, b, "adds", tg_stage_time(tg_time_now()));
	put_adds(b, member);
	tg_buffer_puts(b, "}\n");
}

static void put_signal(struct tg_buffer *b, int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ SIGINT, "SIGINT" },	{ SIGTERM, "SIGTERM" }, { SIGHUP, "SIGHUP" },
		{ SIGPIPE, "SIGPIPE" }, { SIGKILL, "SIGKILL" }, { SIGSEGV, "SIGSEGV" },
		{ SIGABRT, "SIGABRT" }, { SIGQUIT, "SIGQUIT" }, { SIGBUS, "SIGBUS" },
		{ SIGXCPU, "SIGXCPU" },
	};
	char other[32];

	for (size_t i = 0; i < TG_COUNT(names); i++) {
		if (names[i].number == number) {
			tg_json_put_member(b, "signal", tg_str_of(names[i].name));
			return;
		}
	}
	snprintf(other, sizeof(other), "SIG%d", number);
	tg_json_put_member(b, "signal", tg_str_of(other));
}

static void put_records(struct tg_buffer *b, const struct tg_log_finish *f)
{
	tg_buffer_printf(
		b, ",\"records\":{\"in\":%llu,\"out\":%llu,\"dropped\":%llu,\"rejected\":%llu}",
		(unsigned long long)f->in, (unsigned long long)f->out,
		(unsigned long long)f->dropped, (unsigned long long)f->rejected);
}

static void put_counts(struct tg_buffer *b, const char *name, const struct tg_log_count *count,
		       size_t n)
{
	size_t begin = b->n;

	if (n == 0)
		return;
	tg_json_put_name(b, name);
	tg_buffer_putc(b, '{');
	for (size_t i = 0; i < n && b->n - begin < COUNTS_MOST; i++) {
		if (i)
			tg_buffer_putc(b, ',');
		tg_json_put_string(b, tg_str_of(count[i].name));
		tg_buffer_putc(b, ':');
		tg_buffer_put_u64(b, count[i].n);
	}
	tg_buffer_putc(b, '}');
}

static void put_seconds(struct tg_buffer *b, const char *name, int64_t micros)
{
	if (micros < 0)
		micros = 0;
	tg_buffer_printf(b, ",\"%s\":%lld.%06lld", name, (long long)(micros / 1000000),
			 (long long)(micros % 1000000));
}

static int64_t micros(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

/* Ours, and those of the command that a stage ran. */
static void put_usage(const struct tg_line *line, struct tg_buffer *b)
{
	struct rusage own = { 0 }, children = { 0 };
	struct timespec now;
	int64_t cpu = 0;
	long rss;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &now) != 0);
	(void)getrusage(RUSAGE_SELF, &own);
	(void)getrusage(RUSAGE_CHILDREN, &children);
	for (int i = 0; i < 2; i++) {
		const struct rusage *u = i ? &children : &own;

		cpu += (int64_t)u->ru_utime.tv_sec * 1000000 + u->ru_utime.tv_usec;
		cpu += (int64_t)u->ru_stime.tv_sec * 1000000 + u->ru_stime.tv_usec;
	}
	rss = own.ru_maxrss > children.ru_maxrss ? own.ru_maxrss : children.ru_maxrss;
#ifndef __APPLE__
	rss *= 1024;
#endif
	put_seconds(b, "seconds", micros(&now) - micros(&line->clock));
	put_seconds(b, "cpu_seconds", cpu);
	tg_json_put_member_u64(b, "max_rss_bytes", rss > 0 ? (uint64_t)rss : 0);
}

static const char *status_name(const struct tg_log_finish *f)
{
	return f->foreign && f->status == TG_OK && f->exit != 0 ? "foreign"
								: tg_status_name(f->status);
}

void tg_line_finish(const struct tg_line *line, struct tg_buffer *b, const struct tg_log_finish *f)
{
	(void)tg_buffer_room(b, 4096); /* at once, whatever the numbers */
	put_head(line, b, "finish", tg_stage_time(tg_time_now()));
	tg_json_put_member(b, "status", tg_str_of(status_name(f)));
	tg_json_put_member_u64(b, "exit", f->exit < 0 ? 0 : (uint64_t)f->exit);
	if (f->signal)
		put_signal(b, f->signal);
	if (f->counted) {
		put_records(b, f);
		put_counts(b, "dropped", f->drop, f->drops);
		put_counts(b, "rejected", f->reject, f->rejects);
	}
	tg_json_put_name(b, "bytes");
	tg_buffer_putc(b, '{');
	if (f->bytes_in_known)
		tg_json_put_member_u64(b, "in", f->bytes_in);
	tg_json_put_member_u64(b, "out", f->bytes_out);
	tg_buffer_putc(b, '}');
	put_usage(line, b);
	if (f->meta.n && f->meta.n <= META_MOST) {
		tg_json_put_name(b, "meta");
		tg_buffer_put_str(b, f->meta);
	} else if (f->meta.n) {
		tg_json_put_member_u64(b, "meta_bytes_left_out", f->meta.n);
	}
	if (f->early)
		tg_buffer_puts(b, ",\"early\":true");
	if (f->code) {
		tg_buffer_puts(b, ",\"error\":{");
		tg_json_put_member(b, "code", tg_str_of(f->code));
		put_text_member(line, b, "message", f->message);
		tg_buffer_putc(b, '}');
	}
	tg_buffer_puts(b, "}\n");
}
