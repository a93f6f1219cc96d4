#include "common/run/chain.h"

#include "common/base/check.h"
#include "common/io/interrupt.h"
#include "common/run/judge.h"
#include "common/run/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const int64_t patience =
	2 * 1000000; /* for a stage that has closed its output and not yet ended */

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
	const struct tg_loader *l = arg;
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
	at++;
	if (!tg_read_u64(tg_str_from(at, strcspn(at, " ")), &ticks) || ticks > UINT64_MAX / 1000000)
		return INT64_MIN;
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
 * What the stages before say of their records
 */

struct adds {
	const struct tg_log *log;
	struct tg_str member; /* none: nobody was asked yet */
	size_t asked;
	bool no; /* one says nothing or something else, or there is none to ask */
	struct tg_arena arena;
};

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

/* One that writes what we read. */
static void ask(struct adds *a, const char *file)
{
	struct tg_str lines, member;
	bool held;

	if (!tg_logdir_read(tg_log_directory(a->log), file, &lines, &held, &a->arena))
		return;
	member = find_adds(lines);
	a->no = !member.n || (a->asked && !tg_str_eq(member, a->member));
	a->member = member;
	a->asked++;
}

/* Whether a stage wrote to another pipe that had this number, or to a FIFO before we began. */
static bool is_past(const struct tg_log *log, const struct tg_stage_input *in, const char *file)
{
	int dir = tg_log_directory(log);

	return tg_logdir_sealed_before(dir, file, in->made) ||
	       (tg_logdir_sealed_before(dir, file, tg_log_stage(log)->started) &&
		in->id.dev != find_pipe_device());
}

/* Most of this is done at every start. So the lines are looked through, and not read. */
static void ask_pipe(struct adds *a, const struct tg_stage_input *in)
{
	TG_OWN(tg_buffer_release) struct tg_buffer prefix = TG_BUFFER_INIT;
	struct tg_logdir_name wanted = { .out = in->id };
	const struct tg_logdir_entry *entry;
	size_t n;

	tg_logdir_put_prefix(&prefix, tg_str_of(tg_log_boot(a->log)), &in->id);
	entry = tg_logdir_list(tg_log_directory(a->log), tg_logdir_bucket(&wanted),
			       tg_buffer_str(&prefix), &n, &a->arena);
	for (size_t i = 0; i < n && !a->no; i++)
		if (!is_past(a->log, in, entry[i].file.p))
			ask(a, entry[i].file.p);
}

/* A name or a number of a file says nothing of what it holds by now. */
static void ask_file(struct adds *a, const struct tg_stage_input *in)
{
	TG_OWN(tg_loader_release) struct tg_loader l = { .scanner = NULL };
	struct tg_judge_case c = { .self = tg_log_stage(a->log), .file = look_at_file, .arg = &l };
	size_t *writer, n;

	tg_loader_init(&l, a->log, &a->arena);
	tg_loader_nearest(&l);
	c.stage = l.stage;
	c.stages = l.stages;
	writer = tg_arena_array(&a->arena, c.stages + 1, sizeof(*writer));
	n = tg_judge_file(&c, &in->id, writer);
	for (size_t i = 0; i < n && !a->no; i++)
		ask(a, l.lines[writer[i]].file.p);
}

struct tg_str tg_chain_adds(const struct tg_log *log, struct tg_arena *arena)
{
	const struct tg_stage *self = tg_log_stage(log);
	struct adds a = { .log = log, .no = tg_log_directory(log) < 0 };
	struct tg_str member = TG_STR_NONE;

	for (size_t i = 0; i < self->ins && !a.no; i++) {
		const struct tg_stage_input *in = &self->in[i];
		size_t before = a.asked;

		if (in->id.kind == TG_IDENTITY_PIPE)
			ask_pipe(&a, in);
		else if (in->id.kind == TG_IDENTITY_FILE)
			ask_file(&a, in);
		a.no = a.no || a.asked == before;
	}
	/* Where it cannot be written, those further down take the member for an ordinary one: they would reject, not accept. */
	if (!a.no && a.asked && tg_log_adds(log, a.member))
		member = tg_arena_copy(arena, a.member);
	tg_arena_release(&a.arena);
	return member;
}

/*
 * Judging
 */

static void keep_chain(struct tg_upstream *up, const struct tg_loader *l,
		       const struct tg_judgement *j)
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

/* One look. The stages that no walk reaches are read only where they matter. */
static enum tg_status judge_once(struct tg_loader *l, struct tg_judge_case *c,
				 struct tg_judgement *j, struct tg_error *err)
{
	tg_loader_chain(l);
	for (int looks = 1;; looks++) {
		enum tg_status st;

		c->stage = l->stage;
		c->stages = l->stages;
		st = tg_judge(j, c, l->arena, err);
		if (looks == 3 || (!j->named && (!j->lacks || looks == 2)))
			return st;
		c->session_began = session_began(c->self->sid);
		tg_loader_more(l, looks == 2);
	}
}

static int64_t clock_now(void)
{
	struct timespec t;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return micros(t.tv_sec, t.tv_nsec);
}

static enum tg_status judge_patiently(struct tg_upstream *up, struct tg_loader *l,
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
			keep_chain(up, l, &j);
			return st;
		}
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		nanosleep(&t, NULL);
		pause = pause * 2 < 50000000 ? pause * 2 : 50000000;
		tg_loader_reset(l);
	}
}

enum tg_status tg_chain_judge(struct tg_upstream *up, struct tg_log *log, bool any,
			      const uint64_t *read, size_t reads, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena own = TG_ARENA_INIT;
	struct tg_judge_case c = {
		.self = tg_log_stage(log),
		.read = read,
		.reads = reads,
		.any = any,
		.file = look_at_file,
	};
	TG_OWN(tg_loader_release) struct tg_loader l = { .scanner = NULL };
	struct stat st;

	*up = (struct tg_upstream){ .verdict = TG_UPSTREAM_UNVERIFIED };
	if (tg_log_directory(log) < 0)
		return tg_fail(err, TG_IO, "there is no run log to judge by");
	tg_loader_init(&l, log, &up->arena);
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
