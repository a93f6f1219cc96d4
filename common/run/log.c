#include "common/run/log.h"

#include "common/base/utf8.h"
#include "common/digest/digest.h"
#include "common/io/lock.h"
#include "common/json/text.h"
#include "common/run/logdir.h"
#include "common/run/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	RUN_SIZE = 36, /* a UUID */
	TRACE_SIZE = 32,
	/* So that a line stays below 64 KiB: */
	ARG_MOST = 4 << 10,
	ARGS_MOST = 12 << 10,
	IN_MOST = 36 << 10,
	CONTRACT_MOST = 8 << 10,
	COUNTS_MOST = 4 << 10,
	META_MOST = 40 << 10,
	SWEEP_ONE_IN = 8,
};

static const uint64_t copy_wait = 10 * 1000000; /* for the lock of --run FILE */

struct tg_log {
	struct tg_arena arena;
	struct tg_stage stage; /* as the judge would see it */
	int *input_fd;
	int out_fd; /* to sync at the end; -1: nothing to sync */
	int dir, fd, copy;
	char *file; /* in dir */
	const char *copy_name;
	bool sink;
	int sweeps; /* the bucket to sweep at the end; -1: none */
	char run[RUN_SIZE + 1], trace[TRACE_SIZE + 1], parent[TG_SPAN_SIZE + 1],
		span[TG_SPAN_SIZE + 1];
	char boot[TG_BOOT_SIZE + 1];
	struct timespec clock; /* at the start, monotonic */
};

/*
 * Ids
 */

static void put_hex(char *to, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*to++ = digits[p[i] >> 4];
		*to++ = digits[p[i] & 15];
	}
	*to = '\0';
}

static bool is_hex(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || s.p[i] == '\0')
			return false;
	return true;
}

/* RFC 9562, 5.7: milliseconds, then chance. */
static void draw_run(char run[RUN_SIZE + 1], struct tg_time now, const unsigned char chance[10])
{
	uint64_t millis = (uint64_t)now.seconds * 1000 + now.micros / 1000;
	unsigned char id[16];
	char hex[33];

	for (size_t i = 0; i < 6; i++)
		id[i] = (unsigned char)(millis >> (40 - 8 * i));
	memcpy(id + 6, chance, 10);
	id[6] = (unsigned char)((id[6] & 0x0f) | 0x70);
	id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
	put_hex(hex, id, sizeof(id));
	snprintf(run, RUN_SIZE + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

static bool is_run(struct tg_str s)
{
	if (s.n != RUN_SIZE)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : !is_hex(tg_str_from(s.p + i, 1)))
			return false;
	}
	return true;
}

static bool all_zero(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '0')
			return false;
	return true;
}

/* W3C Trace Context: 00-TRACE-PARENT-FLAGS; a later version may have more behind it. What is malformed is ignored. */
static bool read_traceparent(struct tg_log *log, struct tg_str text)
{
	struct tg_str version = tg_str_from(text.p, 2), trace, parent;

	if (text.n < 55 || (text.n > 55 && (tg_str_is(version, "00") || text.p[55] != '-')))
		return false;
	trace = tg_str_from(text.p + 3, TRACE_SIZE);
	parent = tg_str_from(text.p + 36, TG_SPAN_SIZE);
	if (text.p[2] != '-' || text.p[35] != '-' || text.p[52] != '-' ||
	    tg_str_is(version, "ff") || !is_hex(version) || !is_hex(trace) || !is_hex(parent) ||
	    !is_hex(tg_str_from(text.p + 53, 2)) || all_zero(trace) || all_zero(parent))
		return false;
	memcpy(log->trace, trace.p, trace.n);
	memcpy(log->parent, parent.p, parent.n);
	return true;
}

/* Without a caller's trace, stages of one run agree on the run's id, without talking. */
static void find_trace(struct tg_log *log)
{
	size_t n = 0;

	if (read_traceparent(log, tg_str_of(getenv("TRACEPARENT"))))
		return;
	for (size_t i = 0; i < RUN_SIZE; i++)
		if (log->run[i] != '-')
			log->trace[n++] = log->run[i];
}

/*
 * The copy: --run FILE
 */

/* The run's id is that of the first line. A file that holds something else is not ours to write to. */
static enum tg_status read_run(struct tg_log *log, struct tg_error *err)
{
	static const struct tg_str member = { "\"run\":\"", 7 };
	char line[4096];
	ssize_t n = pread(log->copy, line, sizeof(line), 0);
	const char *at;

	if (n < 0)
		return tg_fail(err, TG_IO, "cannot read the run log %s: %s", log->copy_name,
			       strerror(errno));
	if (n == 0)
		return TG_OK;
	at = tg_str_starts(tg_str_from(line, (size_t)n), TG_STR("{\"v\":"))
		     ? memmem(line, (size_t)n, member.p, member.n)
		     : NULL;
	if (!at || (size_t)(line + n - at) < member.n + RUN_SIZE ||
	    !is_run(tg_str_from(at + member.n, RUN_SIZE)))
		return tg_fail(err, TG_IO, "%s is no run log: nothing is appended to it",
			       log->copy_name);
	memcpy(log->run, at + member.n, RUN_SIZE);
	return TG_OK;
}

static enum tg_status open_copy(struct tg_log *log, struct tg_error *err)
{
	enum tg_status st;

	log->copy = open(log->copy_name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
			 S_IRUSR | S_IWUSR);
	if (log->copy < 0)
		return tg_fail(err, TG_IO, "cannot open the run log %s: %s", log->copy_name,
			       strerror(errno));
	st = tg_lock(log->copy, copy_wait, log->copy_name, err);
	return st ? st : read_run(log, err);
}

/* Gives up a copy that cannot be written. */
static void close_copy(struct tg_log *log)
{
	tg_close_fd(&log->copy);
	log->copy = -1;
}

static enum tg_status write_all(int fd, struct tg_str s, const char *name, struct tg_error *err)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return tg_fail(err, TG_IO, "cannot write to the run log%s%s: %s",
				       name ? " " : "", name ? name : "",
				       n < 0 ? strerror(errno) : "no space");
		s = tg_str_after(s, (size_t)n);
	}
	return TG_OK;
}

/* Under its lock. What a full disk has torn off is closed first: our line stands alone. */
static enum tg_status append_copy(struct tg_log *log, struct tg_str lines, struct tg_error *err)
{
	off_t end = lseek(log->copy, 0, SEEK_END);
	char last = '\n';

	if (end > 0 && pread(log->copy, &last, 1, end - 1) == 1 && last != '\n') {
		enum tg_status st = write_all(log->copy, TG_STR("\n"), log->copy_name, err);

		if (st)
			return st;
	}
	return write_all(log->copy, lines, log->copy_name, err);
}

/*
 * Composing lines
 */

/* Text from outside: what is no UTF-8 is made so, what is long is cut. */
static void put_text(struct tg_log *log, struct tg_buffer *b, struct tg_str s, size_t most)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	if (s.n <= most && tg_utf8_check(tg_arena_copy(&log->arena, s)) == s.n) {
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

static void put_text_member(struct tg_log *log, struct tg_buffer *b, const char *name,
			    struct tg_str s)
{
	tg_json_put_name(b, name);
	put_text(log, b, s, ARG_MOST);
}

/* What all lines begin with. */
static void put_head(struct tg_log *log, struct tg_buffer *b, const char *event, int64_t time)
{
	tg_buffer_puts(b, "{\"v\":1");
	tg_json_put_member(b, "event", tg_str_of(event));
	put_time_member(b, "time", time);
	tg_json_put_member(b, "run", tg_str_of(log->run));
	tg_json_put_member(b, "trace_id", tg_str_of(log->trace));
	tg_json_put_member(b, "span_id", tg_str_of(log->span));
	if (log->parent[0])
		tg_json_put_member(b, "parent_span_id", tg_str_of(log->parent));
	put_text_member(log, b, "tool", log->stage.tool);
}

static void put_args(struct tg_log *log, struct tg_buffer *b, const struct tg_log_start *start)
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
		put_text(log, b, start->arg[i], ARG_MOST / 2);
	}
	tg_buffer_putc(b, ']');
}

static void put_identity(struct tg_log *log, struct tg_buffer *b, const struct tg_identity *id)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_identity_put(&text, id);
	put_text(log, b, tg_buffer_str(&text), ARG_MOST + 64);
}

static bool are_pipes(const struct tg_stage *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (s->in[i].made != INT64_MIN)
			return true;
	return false;
}

/* The inputs from `from` on, as many as a line takes; gives the first that it did not take. One input is no list. */
static size_t put_inputs(struct tg_log *log, struct tg_buffer *b, size_t from)
{
	const struct tg_stage *s = &log->stage;
	size_t begin = b->n, to = from;
	bool list = s->ins != 1;

	tg_json_put_name(b, "in");
	if (list)
		tg_buffer_putc(b, '[');
	for (; to < s->ins && b->n - begin < IN_MOST; to++) {
		if (to > from)
			tg_buffer_putc(b, ',');
		put_identity(log, b, &s->in[to].id);
	}
	if (list)
		tg_buffer_putc(b, ']');
	return to;
}

static void put_made(struct tg_log *log, struct tg_buffer *b, size_t from, size_t to)
{
	const struct tg_stage *s = &log->stage;
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

static void put_place(struct tg_log *log, struct tg_buffer *b)
{
	char host[256] = "";

	tg_json_put_member(b, "version", TG_STR(TG_VERSION));
	tg_json_put_member_u64(b, "pid", log->stage.pid);
	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	put_text_member(log, b, "host", tg_str_of(host));
}

static void put_process(struct tg_log *log, struct tg_buffer *b)
{
	tg_json_put_member_u64(b, "ppid", (uint64_t)getppid());
	tg_json_put_member_u64(b, "pgid", (uint64_t)getpgrp());
	tg_json_put_member_u64(b, "sid", log->stage.sid);
	tg_json_put_member_u64(b, "pidns", log->stage.pidns);
	tg_json_put_member(b, "boot", tg_str_of(log->boot));
}

static void compose_start(struct tg_log *log, struct tg_buffer *b, const struct tg_log_start *start)
{
	struct tg_stage *s = &log->stage;
	size_t to, next;

	put_head(log, b, "start", s->started);
	put_place(log, b);
	put_args(log, b, start);
	to = put_inputs(log, b, 0);
	tg_json_put_name(b, "out");
	put_identity(log, b, &s->out);
	put_process(log, b);
	put_made(log, b, 0, to);
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
		put_head(log, b, "inputs", s->started);
		next = put_inputs(log, b, to);
		put_made(log, b, to, next);
		tg_buffer_puts(b, "}\n");
	}
}

/*
 * Starting
 */

static int64_t stat_time(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

#ifdef __APPLE__
#define st_atim st_atimespec
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

/* Reading sets one of a pipe's times, writing two of them; until then all are of its making. */
static int64_t pipe_made(const struct stat *st)
{
	int64_t a = stat_time(&st->st_atim), m = stat_time(&st->st_mtim),
		c = stat_time(&st->st_ctim);

	m = a < m ? a : m;
	return c < m ? c : m;
}

static void find_streams(struct tg_log *log, const struct tg_log_start *start)
{
	struct tg_stage *s = &log->stage;
	struct stat st;

	s->ins = start->ins;
	s->in = tg_arena_array(&log->arena, s->ins, sizeof(*s->in));
	log->input_fd = tg_arena_array(&log->arena, s->ins, sizeof(*log->input_fd));
	for (size_t i = 0; i < s->ins; i++) {
		log->input_fd[i] = start->in[i].fd;
		s->in[i].id = tg_identity_of(start->in[i].fd, start->in[i].path, &st, &log->arena);
		s->in[i].made = s->in[i].id.kind == TG_IDENTITY_PIPE ? pipe_made(&st) : INT64_MIN;
	}
	s->out = tg_identity_of(start->out.fd, start->out.path, &st, &log->arena);
	s->out_changed = INT64_MIN;
	log->out_fd = -1;
	if (s->out.kind == TG_IDENTITY_FILE) {
		s->out_bytes = (uint64_t)st.st_size;
		s->out_changed = stat_time(&st.st_mtim);
		if (!start->out.path)
			log->out_fd = start->out.fd;
	}
}

static void find_process(struct tg_stage *s)
{
	struct stat st;

	s->pid = (uint64_t)getpid();
	s->sid = (uint64_t)getsid(0);
	/* In another name space the same numbers are other processes. */
	s->pidns = stat("/proc/self/ns/pid", &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static enum tg_status open_file(struct tg_log *log, struct tg_str lines, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT;
	enum tg_status st = tg_logdir_open(&log->dir, err);
	struct tg_logdir_name parts = {
		.boot = tg_str_of(log->boot),
		.span = tg_str_of(log->span),
		.out = log->stage.out,
		.seconds = (uint64_t)(log->stage.started / 1000000),
		.sid = log->stage.sid,
	};

	if (st)
		return st;
	tg_logdir_put_name(&name, &parts);
	tg_buffer_putc(&name, '\0');
	log->fd = tg_logdir_make(log->dir, name.p);
	if (log->fd < 0)
		return tg_fail(err, TG_IO, "cannot make a file: %s", strerror(errno));
	/* Nobody else holds it but for a moment, to ask whether we do. */
	while (flock(log->fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return tg_fail(err, TG_IO, "cannot lock a file: %s", strerror(errno));
	}
	st = write_all(log->fd, lines, NULL, err);
	if (st) {
		(void)unlinkat(log->dir, name.p, 0);
		return st;
	}
	log->file = TG_TAKE(name.p);
	return TG_OK;
}

static struct tg_log *make(const struct tg_log_start *start)
{
	struct tg_log *log = tg_alloc(sizeof(*log));
	unsigned char chance[10 + TG_SPAN_SIZE / 2 + 2];
	struct tg_time now = tg_time_now();

	tg_random(chance, sizeof(chance));
	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &log->clock) != 0);
	log->dir = log->fd = log->copy = -1;
	log->sink = start->sink;
	log->sweeps = chance[18] % SWEEP_ONE_IN == 0 ? chance[19] : -1;
	log->stage.tool = tg_arena_copy(&log->arena, tg_str_of(start->tool));
	log->stage.started = tg_stage_time(now);
	log->stage.receipt = start->sink && !start->out.path;
	draw_run(log->run, now, chance);
	put_hex(log->span, chance + 10, TG_SPAN_SIZE / 2);
	find_process(&log->stage);
	find_streams(log, start);
	tg_logdir_boot(log->boot);
	return log;
}

enum tg_status tg_log_start(struct tg_log **out, const struct tg_log_start *start,
			    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer lines = TG_BUFFER_INIT;
	struct tg_log *log = *out = make(start);
	enum tg_status copied = TG_OK, kept;
	struct tg_error why = TG_ERROR_INIT;

	err->text[0] = '\0';
	if (start->copy.n) {
		log->copy_name = tg_arena_copy(&log->arena, start->copy).p;
		copied = open_copy(log, &why);
	}
	find_trace(log);
	compose_start(log, &lines, start);
	if (log->copy >= 0 && !copied) {
		copied = append_copy(log, tg_buffer_str(&lines), &why);
		tg_unlock(log->copy);
	}
	if (copied)
		close_copy(log);
	kept = open_file(log, tg_buffer_str(&lines), err);
	if (kept) {
		tg_close_fd(&log->fd);
		log->fd = -1;
		(void)tg_within(
			err, "the run log cannot be kept, so that no sink can believe this stage");
	} else if (copied) {
		*err = why;
	}
	return log->sink && (kept || copied) ? TG_IO : TG_OK;
}

/*
 * What others want to know
 */

struct tg_str tg_log_run(const struct tg_log *log)
{
	return tg_str_from(log->run, RUN_SIZE);
}

const struct tg_stage *tg_log_stage(const struct tg_log *log)
{
	return &log->stage;
}

const char *tg_log_file(const struct tg_log *log)
{
	return log->file;
}

int tg_log_directory(const struct tg_log *log)
{
	return log->dir;
}

int tg_log_input_fd(const struct tg_log *log, size_t i)
{
	return log->input_fd[i];
}

/* The member in the last list of `adds` among a stage's lines. No string of the line can look so: its quotes would be escaped. */
static struct tg_str find_adds(struct tg_str lines)
{
	static const struct tg_str begin = { ",\"adds\":[\"", 10 };
	struct tg_str found = TG_STR_NONE;
	const char *at;

	while (lines.n && (at = memmem(lines.p, lines.n, begin.p, begin.n))) {
		const char *end;

		lines = tg_str_after(lines, (size_t)(at - lines.p) + begin.n);
		end = lines.n ? memchr(lines.p, '"', lines.n) : NULL;
		if (end)
			found = tg_str_from(lines.p, (size_t)(end - lines.p));
	}
	return found;
}

/* What all writers of an input say that they add; of a file that was written again and again, the last ones. */
static struct tg_str input_adds(const struct tg_log *log, const struct tg_identity *in,
				struct tg_arena *arena)
{
	struct tg_logdir_name wanted = { .out = *in };
	struct tg_str found = TG_STR_NONE;
	const struct tg_logdir_entry *entry;
	uint64_t newest = 0;
	size_t entries;

	if (in->kind != TG_IDENTITY_PIPE && in->kind != TG_IDENTITY_FILE)
		return found;
	entry = tg_logdir_list(log->dir, tg_logdir_bucket(&wanted), tg_str_of(log->boot), &entries,
			       arena);
	for (size_t i = 0; i < entries; i++)
		if (tg_identity_same(&entry[i].name.out, in) && entry[i].name.seconds > newest)
			newest = entry[i].name.seconds;
	for (size_t i = 0; i < entries; i++) {
		struct tg_str lines, adds;
		bool held;

		if (!tg_identity_same(&entry[i].name.out, in) ||
		    (in->kind == TG_IDENTITY_FILE && entry[i].name.seconds != newest) ||
		    !tg_logdir_read(log->dir, entry[i].file.p, &lines, &held, arena))
			continue;
		adds = find_adds(lines);
		if (!adds.n || (found.n && !tg_str_eq(adds, found)))
			return TG_STR_NONE;
		found = adds;
	}
	return found;
}

struct tg_str tg_log_upstream_adds(struct tg_log *log, struct tg_arena *arena)
{
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	struct tg_str adds = TG_STR_NONE;
	struct tg_error ignored;

	if (log->dir < 0)
		return adds;
	for (size_t i = 0; i < log->stage.ins; i++) {
		struct tg_str one = input_adds(log, &log->stage.in[i].id, &scratch);

		if (!one.n || (i > 0 && !tg_str_eq(one, adds)))
			return TG_STR_NONE;
		adds = one;
	}
	if (!adds.n)
		return TG_STR_NONE;
	put_head(log, &line, "adds", tg_stage_time(tg_time_now()));
	put_adds(&line, adds);
	tg_buffer_puts(&line, "}\n");
	/* Where it cannot be written, those further down take the member for an ordinary one: they would reject, not accept. */
	if (log->fd >= 0 && write_all(log->fd, tg_buffer_str(&line), NULL, &ignored))
		return TG_STR_NONE;
	return tg_arena_copy(arena, adds);
}

/*
 * Finishing
 */

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

/* Ours, and those of the command that a stage ran. */
static void put_usage(struct tg_log *log, struct tg_buffer *b)
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
	put_seconds(b, "seconds", stat_time(&now) - stat_time(&log->clock));
	put_seconds(b, "cpu_seconds", cpu);
	tg_json_put_member_u64(b, "max_rss_bytes", rss > 0 ? (uint64_t)rss : 0);
}

static const char *status_name(const struct tg_log_finish *f)
{
	return f->foreign && f->status == TG_OK && f->exit != 0 ? "foreign"
								: tg_status_name(f->status);
}

static void compose_finish(struct tg_log *log, struct tg_buffer *b, const struct tg_log_finish *f)
{
	put_head(log, b, "finish", tg_stage_time(tg_time_now()));
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
	put_usage(log, b);
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
		put_text_member(log, b, "message", f->message);
		tg_buffer_putc(b, '}');
	}
	tg_buffer_puts(b, "}\n");
}

/* What the finish line vouches for is on the disk before it says so. */
static enum tg_status sync_output(const struct tg_log *log, struct tg_error *err)
{
	if (log->out_fd < 0 || fsync(log->out_fd) == 0)
		return TG_OK;
	if (errno == EINVAL || errno == EROFS || errno == EBADF)
		return TG_OK; /* there is nothing to sync */
	return tg_fail(err, TG_IO, "cannot sync standard output: %s", strerror(errno));
}

/* A stage that was interrupted says so in the copy too: a lock that is held for a line's time is waited for. */
static enum tg_status lock_copy(const struct tg_log *log, struct tg_error *err)
{
	static const struct timespec pause = { .tv_nsec = 5000000 };
	enum tg_status st = tg_lock(log->copy, copy_wait, log->copy_name, err);

	for (int i = 0; st == TG_INTERRUPTED && i < 100; i++) {
		if (flock(log->copy, LOCK_EX | LOCK_NB) == 0)
			return TG_OK;
		nanosleep(&pause, NULL);
	}
	return st;
}

static enum tg_status copy_line(struct tg_log *log, struct tg_str line, struct tg_error *err)
{
	enum tg_status st;

	if (log->copy < 0)
		return TG_OK;
	st = lock_copy(log, err);
	if (st)
		return st;
	st = append_copy(log, line, err);
	tg_unlock(log->copy);
	return st;
}

/* What went to a terminal or nowhere can be nobody's input: the file has served. */
static bool may_be_read(const struct tg_stage *s)
{
	return s->out.kind == TG_IDENTITY_PIPE || s->out.kind == TG_IDENTITY_FILE ||
	       s->out.kind == TG_IDENTITY_SOCKET;
}

enum tg_status tg_log_finish(struct tg_log *log, const struct tg_log_finish *finish,
			     struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	struct tg_error why = TG_ERROR_INIT;
	struct tg_log_finish f = *finish;
	enum tg_status synced = TG_OK, kept = TG_OK, copied;

	err->text[0] = '\0';
	if (f.status == TG_OK || f.status == TG_REJECTED)
		synced = sync_output(log, err);
	if (synced) {
		f.status = synced;
		f.exit = synced;
		f.foreign = false;
		f.code = tg_status_name(synced);
		f.message = tg_str_of(err->text);
	}
	compose_finish(log, &line, &f);
	copied = copy_line(log, tg_buffer_str(&line), &why);
	if (log->fd >= 0)
		kept = write_all(log->fd, tg_buffer_str(&line), NULL, &why);
	if (synced)
		return synced;
	if (kept || copied)
		*err = why;
	if (f.status == TG_OK && !f.foreign && log->file && !may_be_read(&log->stage))
		(void)unlinkat(log->dir, log->file, 0);
	return log->sink && (kept || copied) ? TG_IO : TG_OK;
}

void tg_log_free(struct tg_log **out)
{
	struct tg_log *log = TG_TAKE(*out);

	if (!log)
		return;
	if (log->sweeps >= 0 && log->dir >= 0)
		tg_logdir_sweep(log->dir, (unsigned)log->sweeps, (uint64_t)tg_time_now().seconds);
	tg_close_fd(&log->fd);
	tg_close_fd(&log->copy);
	tg_close_fd(&log->dir);
	tg_free(log->file);
	tg_arena_release(&log->arena);
	tg_free(log);
}
