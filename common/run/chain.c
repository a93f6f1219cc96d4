#include "common/run/chain.h"

#include "common/base/check.h"
#include "common/io/interrupt.h"
#include "common/json/grammar.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "common/run/judge.h"
#include "common/run/logdir.h"
#include "common/run/upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const int64_t patience =
	2 * 1000000; /* for a stage that has closed its output and not yet ended */

struct bucket {
	struct tg_logdir_entry *entry;
	size_t n;
	bool *loaded;
	bool listed;
};

struct loader {
	struct tg_log *log;
	struct tg_arena *arena;
	struct tg_scanner *scanner;
	char boot[TG_BOOT_SIZE + 1];
	struct bucket bucket[TG_BUCKETS];
	struct tg_stage *stage;
	struct tg_upstream_lines *lines;
	size_t stages, room;
};

/*
 * Reading a stage's lines
 */

static struct tg_str text_member(const struct loader *l, const struct tg_record *rec,
				 const struct tg_span *object, const char *name)
{
	const struct tg_span *v = tg_member_find(rec, object, tg_str_of(name));

	return v && v->kind == TG_STRING ? tg_text_get(l->arena, rec, v) : TG_STR_NONE;
}

static bool number_member(const struct tg_record *rec, const struct tg_span *object,
			  const char *name, uint64_t *value)
{
	const struct tg_span *v = tg_member_find(rec, object, tg_str_of(name));

	return v && v->kind == TG_NUMBER && tg_read_u64(tg_span_text(rec, v), value);
}

static bool true_member(const struct tg_record *rec, const char *name)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));

	return v && v->kind == TG_TRUE;
}

static int64_t time_of(struct tg_str text)
{
	struct tg_time t;

	return text.p && tg_time_read(text, &t) ? tg_stage_time(t) : INT64_MIN;
}

/* The spans of a list's elements, or of the one value that stands for a list of one. */
static size_t list_items(const struct tg_record *rec, const char *name, const struct tg_span **item,
			 size_t room)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));
	size_t n = 0;
	uint32_t i;

	if (!v)
		return 0;
	if (v->kind != TG_ARRAY) {
		if (room)
			item[0] = v;
		return 1;
	}
	i = (uint32_t)(v - rec->span);
	for (uint32_t k = i + 1; k < rec->span[i].next; k = rec->span[k].next) {
		if (n < room)
			item[n] = &rec->span[k];
		n++;
	}
	return n;
}

static void read_inputs(const struct loader *l, const struct tg_record *rec, struct tg_stage *s)
{
	size_t n = list_items(rec, "in", NULL, 0);
	const struct tg_span **id = tg_arena_array(l->arena, n + 1, sizeof(*id)),
			     **made = tg_arena_array(l->arena, n + 1, sizeof(*made));
	struct tg_stage_input *in = tg_arena_array(l->arena, s->ins + n, sizeof(*in));

	(void)list_items(rec, "in", id, n);
	(void)list_items(rec, "made", made, n);
	if (s->ins)
		memcpy(in, s->in, s->ins * sizeof(*in));
	for (size_t i = 0; i < n; i++) {
		struct tg_stage_input *at = &in[s->ins + i];

		at->made = INT64_MIN;
		if (id[i]->kind != TG_STRING ||
		    !tg_identity_read(tg_text_get(l->arena, rec, id[i]), &at->id))
			at->id.kind = TG_IDENTITY_SOCKET; /* what cannot be known is not believed */
		if (made[i] && made[i]->kind == TG_STRING)
			at->made = time_of(tg_text_get(l->arena, rec, made[i]));
	}
	s->in = in;
	s->ins += n;
}

static void read_start(const struct loader *l, const struct tg_record *rec, struct tg_stage *s)
{
	int64_t started = time_of(text_member(l, rec, rec->span, "time"));

	s->tool = text_member(l, rec, rec->span, "tool");
	(void)number_member(rec, rec->span, "pid", &s->pid);
	(void)number_member(rec, rec->span, "sid", &s->sid);
	(void)number_member(rec, rec->span, "pidns", &s->pidns);
	s->started = started != INT64_MIN ? started : s->started;
	s->receipt = true_member(rec, "receipt");
	(void)number_member(rec, rec->span, "out_bytes", &s->out_bytes);
	s->out_changed = time_of(text_member(l, rec, rec->span, "out_changed"));
	read_inputs(l, rec, s);
}

static void read_finish(const struct loader *l, const struct tg_record *rec, struct tg_stage *s)
{
	struct tg_str status = text_member(l, rec, rec->span, "status");
	const struct tg_span *part;
	uint64_t code = 0;
	int64_t finished = time_of(text_member(l, rec, rec->span, "time"));

	s->state = TG_STAGE_FINISHED;
	s->finished = finished != INT64_MIN ? finished : s->started;
	s->foreign = tg_str_is(status, "foreign");
	s->status = s->foreign ? TG_OK : tg_status_of_name(status);
	if (number_member(rec, rec->span, "exit", &code) && code <= 255)
		s->exit = (int)code;
	part = tg_member_find(rec, rec->span, TG_STR("bytes"));
	if (part && part->kind == TG_OBJECT) {
		s->bytes_in_known = number_member(rec, part, "in", &s->bytes_in);
		(void)number_member(rec, part, "out", &s->bytes_out);
	}
	s->early = true_member(rec, "early");
	part = tg_member_find(rec, rec->span, TG_STR("error"));
	if (part && part->kind == TG_OBJECT) {
		s->code = text_member(l, rec, part, "code");
		s->reason = text_member(l, rec, part, "message");
	}
}

/* Lines of other kinds, and of later versions, are passed over; a torn one is no line. */
static void read_lines(const struct loader *l, struct tg_str text, struct tg_stage *s,
		       struct tg_upstream_lines *lines)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct tg_str event, line;
		struct tg_record rec;

		if (!end)
			return;
		line = tg_str_from(text.p, (size_t)(end - text.p));
		text = tg_str_after(text, line.n + 1);
		if (tg_scan(l->scanner, line, &rec) != TG_SCAN_OK || rec.span->kind != TG_OBJECT)
			continue;
		event = text_member(l, &rec, rec.span, "event");
		if (tg_str_is(event, "start")) {
			lines->start = line;
			read_start(l, &rec, s);
		} else if (tg_str_is(event, "inputs")) {
			read_inputs(l, &rec, s);
		} else if (tg_str_is(event, "finish")) {
			lines->finish = line;
			read_finish(l, &rec, s);
		}
	}
}

static void make_room(struct loader *l)
{
	size_t room = l->room ? l->room * 2 : 16;
	struct tg_stage *stage = tg_arena_array(l->arena, room, sizeof(*stage));
	struct tg_upstream_lines *lines = tg_arena_array(l->arena, room, sizeof(*lines));

	if (l->stages) {
		memcpy(stage, l->stage, l->stages * sizeof(*stage));
		memcpy(lines, l->lines, l->stages * sizeof(*lines));
	}
	l->stage = stage;
	l->lines = lines;
	l->room = room;
}

/* Between making its file and locking and filling it a stage looks as if it had died. */
static bool is_young(const struct tg_logdir_entry *e)
{
	return e->name.seconds + 5 > (uint64_t)tg_time_now().seconds;
}

static void load(struct loader *l, struct bucket *b, size_t i)
{
	const struct tg_logdir_entry *e = &b->entry[i];
	struct tg_stage *s;
	struct tg_str text;
	bool held;

	b->loaded[i] = true;
	if (!tg_logdir_read(tg_log_directory(l->log), e->file.p, &text, &held, l->arena))
		return; /* another sink has removed it: it has landed */
	if (l->stages == l->room)
		make_room(l);
	s = &l->stage[l->stages];
	*s = (struct tg_stage){
		.tool = TG_STR("unknown"),
		.out = e->name.out,
		.sid = e->name.sid,
		.started = (int64_t)(e->name.seconds * 1000000),
		.out_changed = INT64_MIN,
		.state = held ? TG_STAGE_RUNS : TG_STAGE_DIED,
	};
	l->lines[l->stages] = (struct tg_upstream_lines){ .file = e->file };
	read_lines(l, text, s, &l->lines[l->stages]);
	if (!l->lines[l->stages].start.n && is_young(e))
		s->state = TG_STAGE_RUNS;
	l->stages++;
}

static struct bucket *list(struct loader *l, unsigned which)
{
	struct bucket *b = &l->bucket[which];
	const char *own = tg_log_file(l->log);

	if (b->listed)
		return b;
	b->listed = true;
	b->entry = tg_logdir_list(tg_log_directory(l->log), which, tg_str_of(l->boot), &b->n,
				  l->arena);
	b->loaded = tg_arena_array(l->arena, b->n + 1, sizeof(*b->loaded));
	for (size_t i = 0; i < b->n; i++)
		if (own && tg_str_is(b->entry[i].file, own))
			b->loaded[i] = true; /* one does not judge oneself */
	return b;
}

static void load_writers(struct loader *l, const struct tg_stage *reader)
{
	for (size_t i = 0; i < reader->ins; i++) {
		struct tg_logdir_name wanted = { .out = reader->in[i].id };
		struct bucket *b;

		if (wanted.out.kind != TG_IDENTITY_PIPE && wanted.out.kind != TG_IDENTITY_FILE)
			continue;
		b = list(l, tg_logdir_bucket(&wanted));
		for (size_t k = 0; k < b->n; k++)
			if (!b->loaded[k] && tg_identity_same(&b->entry[k].name.out, &wanted.out))
				load(l, b, k);
	}
}

/* The stages that the walks can reach from those that are there. Files are found by their names; the others are not opened. */
static void load_chains(struct loader *l)
{
	for (size_t i = 0; i < l->stages; i++) {
		struct tg_stage reader = l->stage[i]; /* the list may move */

		load_writers(l, &reader);
	}
}

/* Those of the session, or all: the earlier readers of a named FIFO may be of any. */
static void load_more(struct loader *l, bool all)
{
	uint64_t sid = tg_log_stage(l->log)->sid;

	for (unsigned which = 0; which < TG_BUCKETS; which++) {
		struct bucket *b = list(l, which);

		for (size_t k = 0; k < b->n; k++)
			if (!b->loaded[k] && (all || b->entry[k].name.sid == sid))
				load(l, b, k);
	}
	load_chains(l);
}

/*
 * Facts about files
 */

static int64_t micros(int64_t seconds, int64_t nanos)
{
	return seconds * 1000000 + nanos / 1000;
}

static bool look(int fd, const char *path, const struct tg_identity *id,
		 struct tg_file_facts *facts)
{
	struct stat st;

	if (fd >= 0 ? fstat(fd, &st) != 0 : stat(path, &st) != 0)
		return false;
	if ((uint64_t)st.st_dev != id->dev || (uint64_t)st.st_ino != id->ino)
		return false;
	*facts = (struct tg_file_facts){ .known = true,
					 .size = (uint64_t)st.st_size,
					 .born = INT64_MIN };
#ifdef __APPLE__
	facts->changed = micros(st.st_mtimespec.tv_sec, st.st_mtimespec.tv_nsec);
	facts->born = micros(st.st_birthtimespec.tv_sec, st.st_birthtimespec.tv_nsec);
#else
	facts->changed = micros(st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
#endif
#ifdef STATX_BTIME
	struct statx x;

	if (statx(fd >= 0 ? fd : AT_FDCWD, fd >= 0 ? "" : path, fd >= 0 ? AT_EMPTY_PATH : 0,
		  STATX_BTIME, &x) == 0 &&
	    (x.stx_mask & STATX_BTIME))
		facts->born = micros(x.stx_btime.tv_sec, x.stx_btime.tv_nsec);
#endif
	return true;
}

/* By the open descriptor where the file is our own input, else by its name, if that still means the same file. */
static struct tg_file_facts look_at_file(void *arg, const struct tg_identity *id)
{
	const struct loader *l = arg;
	const struct tg_stage *self = tg_log_stage(l->log);
	struct tg_file_facts facts = { .known = false, .born = INT64_MIN };

	for (size_t i = 0; i < self->ins; i++) {
		int fd = tg_log_input_fd(l->log, i);

		if (fd >= 0 && tg_identity_same(&self->in[i].id, id) && look(fd, NULL, id, &facts))
			return facts;
	}
	if (id->path.n) {
		struct tg_str path = tg_arena_copy(l->arena, id->path);

		(void)look(-1, path.p, id, &facts);
	}
	return facts;
}

/*
 * When the leader of the session started. A stage from before that is of another session whose number has come again: process
 * numbers wrap within minutes on a busy host, and a stage that died leaves its file for a day. While a session lives, its number is
 * not given again, so a leader that is gone leaves no such doubt.
 */
static int64_t session_began(uint64_t sid)
{
	TG_OWN(tg_close_fd) int fd = -1;
	char path[64], text[1024];
	struct timespec boot;
	uint64_t ticks = 0;
	const char *at;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)sid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return INT64_MIN;
	text[n] = '\0';
	at = strrchr(text, ')'); /* the name in parentheses may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
		return INT64_MIN;
	for (at++; tg_digit((unsigned char)*at); at++)
		ticks = ticks * 10 + (uint64_t)(*at - '0');
	return tg_stage_time(tg_time_now()) - micros(boot.tv_sec, boot.tv_nsec) +
	       (int64_t)(ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* Pipes without a name live on a device of their own. */
static uint64_t find_pipe_device(void)
{
	uint64_t dev = 0;
	struct stat st;
	int fd[2];

	if (pipe(fd) != 0)
		return 0;
	if (fstat(fd[0], &st) == 0)
		dev = (uint64_t)st.st_dev;
	close(fd[0]);
	close(fd[1]);
	return dev;
}

/*
 * Judging
 */

static void keep_chain(struct tg_upstream *up, const struct loader *l, const struct tg_judgement *j)
{
	struct tg_upstream_files *files = tg_arena_take(l->arena, sizeof(*files));

	up->verdict = j->verdict;
	up->stages = j->chain_n;
	up->stage = tg_arena_array(l->arena, j->chain_n + 1, sizeof(*up->stage));
	files->dir = tg_log_directory(l->log);
	files->sink = tg_log_stage(l->log)->receipt;
	files->lines = tg_arena_array(l->arena, j->chain_n + 1, sizeof(*files->lines));
	for (size_t i = 0; i < j->chain_n; i++) {
		up->stage[i].tool = l->stage[j->chain[i]].tool;
		files->lines[i] = l->lines[j->chain[i]];
	}
	up->files = files;
}

/* One look. The stages that no walk reaches are read only where they matter: where not all is well. */
static enum tg_status judge_once(struct loader *l, struct tg_judge_case *c, struct tg_judgement *j,
				 struct tg_error *err)
{
	enum tg_status st;

	load_writers(l, tg_log_stage(l->log));
	load_chains(l);
	for (int looks = 1;; looks++) {
		bool well;

		c->stage = l->stage;
		c->stages = l->stages;
		st = tg_judge(j, c, l->arena, err);
		well = st == TG_OK && j->verdict != TG_UPSTREAM_UNVERIFIED;
		if (looks == 3 || (!j->named && (well || looks == 2)))
			return st;
		c->session_began = session_began(c->self->sid);
		load_more(l, looks == 2);
	}
}

static int64_t clock_now(void)
{
	struct timespec t;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return micros(t.tv_sec, t.tv_nsec);
}

static enum tg_status judge_patiently(struct tg_upstream *up, struct loader *l,
				      struct tg_judge_case *c, struct tg_error *err)
{
	int64_t end = clock_now() + patience;
	long pause = 500000;

	for (;;) {
		struct timespec t = { .tv_nsec = pause };
		struct tg_judgement j;
		enum tg_status st;

		st = judge_once(l, c, &j, err);
		if (!j.waits || clock_now() >= end) {
			up->verdict = j.verdict;
			if (!st)
				keep_chain(up, l, &j);
			return st;
		}
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		nanosleep(&t, NULL);
		pause = pause * 2 < 50000000 ? pause * 2 : 50000000;
		tg_arena_reset(l->arena);
		memset(l->bucket, 0, sizeof(l->bucket));
		l->stages = l->room = 0;
	}
}

enum tg_status tg_chain_judge(struct tg_upstream *up, struct tg_log *log, bool any,
			      const uint64_t *read, size_t reads, struct tg_error *err)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = NULL;
	TG_OWN(tg_arena_release) struct tg_arena own = TG_ARENA_INIT;
	struct tg_judge_case c = {
		.self = tg_log_stage(log),
		.read = read,
		.reads = reads,
		.any = any,
		.file = look_at_file,
	};
	struct loader l = { .log = log, .arena = &up->arena };
	struct stat st;

	*up = (struct tg_upstream){ .verdict = TG_UPSTREAM_UNVERIFIED };
	if (tg_log_directory(log) < 0)
		return tg_fail(err, TG_IO, "there is no run log to judge by");
	scanner = tg_scanner_new();
	l.scanner = scanner;
	tg_logdir_boot(l.boot);
	c.arg = &l;
	c.session_began = INT64_MIN;
	c.pipe_dev = find_pipe_device();
	c.own[0] = tg_identity_of(STDOUT_FILENO, NULL, &st, &own);
	c.own[1] = tg_identity_of(STDERR_FILENO, NULL, &st, &own);
	return judge_patiently(up, &l, &c, err);
}

void tg_chain_forget(const struct tg_upstream *up)
{
	const struct tg_upstream_files *files = up->files;

	/* Of an unverified chain another sink may need them; a filter has published a file, which another stage may read. */
	if (!files || !files->sink || up->verdict != TG_UPSTREAM_VERIFIED)
		return;
	for (size_t i = 0; i < up->stages; i++)
		(void)unlinkat(files->dir, files->lines[i].file.p, 0);
}

const char *tg_upstream_name(enum tg_upstream_verdict verdict)
{
	switch (verdict) {
	case TG_UPSTREAM_NONE:
		return "none";
	case TG_UPSTREAM_VERIFIED:
		return "verified";
	case TG_UPSTREAM_UNVERIFIED:
		return "unverified";
	}
	return "unverified";
}

void tg_upstream_release(struct tg_upstream *up)
{
	const struct tg_upstream_files *files = up->files;

	if (files && files->drop)
		files->drop(up);
	tg_arena_release(&up->arena);
	*up = (struct tg_upstream){ .verdict = TG_UPSTREAM_NONE };
}
