#include "common/run/log.h"

#include "common/digest/digest.h"
#include "common/io/lock.h"
#include "common/run/copy.h"
#include "common/run/line.h"
#include "common/run/logdir.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { SWEEP_ONE_IN = 8 };

struct tg_log {
	struct tg_arena arena;
	struct tg_stage stage; /* as the judge would see it */
	struct tg_ids ids;
	struct tg_line line;
	char boot[TG_BOOT_SIZE + 1];
	int *input_fd;
	int out_fd; /* to sync at the end; -1: nothing to sync */
	int dir, fd;
	char *file; /* in dir */
	struct tg_copy copy;
	bool sink;
	int sweeps; /* the bucket to sweep at the end; -1: none */
};

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
		.span = tg_str_of(log->ids.span),
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
	st = tg_log_write(log->fd, lines, NULL, err);
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
	unsigned char chance[TG_IDS_CHANCE + 2];
	struct tg_time now = tg_time_now();

	tg_random(chance, sizeof(chance));
	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &log->line.clock) != 0);
	log->dir = log->fd = log->copy.fd = -1;
	log->sink = start->sink;
	log->sweeps = chance[TG_IDS_CHANCE] % SWEEP_ONE_IN == 0 ? chance[TG_IDS_CHANCE + 1] : -1;
	log->stage.tool = tg_arena_copy(&log->arena, tg_str_of(start->tool));
	log->stage.started = tg_stage_time(now);
	log->stage.receipt = start->sink && !start->out.path;
	tg_ids_draw(&log->ids, now, chance);
	find_process(&log->stage);
	find_streams(log, start);
	tg_logdir_boot(log->boot);
	log->line.ids = &log->ids;
	log->line.stage = &log->stage;
	log->line.boot = log->boot;
	log->line.arena = &log->arena;
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
		copied = tg_copy_open(&log->copy, tg_arena_copy(&log->arena, start->copy).p,
				      &log->ids, &why);
	}
	tg_ids_trace(&log->ids, tg_str_of(getenv("TRACEPARENT")));
	tg_line_start(&log->line, &lines, start);
	if (log->copy.fd >= 0 && !copied) {
		copied = tg_copy_append(&log->copy, tg_buffer_str(&lines), &why);
		tg_unlock(log->copy.fd);
	}
	if (copied)
		tg_close_fd(&log->copy.fd);
	kept = open_file(log, tg_buffer_str(&lines), err);
	if (kept) {
		tg_close_fd(&log->fd);
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
	return tg_str_from(log->ids.run, TG_RUN_SIZE);
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

const char *tg_log_boot(const struct tg_log *log)
{
	return log->boot;
}

int tg_log_input_fd(const struct tg_log *log, size_t i)
{
	return log->input_fd[i];
}

bool tg_log_adds(const struct tg_log *log, struct tg_str member)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	struct tg_error ignored;

	tg_line_adds(&log->line, &line, member);
	return log->fd < 0 || !tg_log_write(log->fd, tg_buffer_str(&line), NULL, &ignored);
}

/*
 * Finishing
 */

/* What the finish line vouches for is on the disk before it says so. */
static enum tg_status sync_output(const struct tg_log *log, struct tg_error *err)
{
	if (log->out_fd < 0 || fsync(log->out_fd) == 0)
		return TG_OK;
	if (errno == EINVAL || errno == EROFS || errno == EBADF)
		return TG_OK; /* there is nothing to sync */
	return tg_fail(err, TG_IO, "cannot sync standard output: %s", strerror(errno));
}

static enum tg_status copy_line(struct tg_log *log, struct tg_str line, struct tg_error *err)
{
	enum tg_status st;

	if (log->copy.fd < 0)
		return TG_OK;
	st = tg_copy_lock(&log->copy, err);
	if (st)
		return st;
	st = tg_copy_append(&log->copy, line, err);
	tg_unlock(log->copy.fd);
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
		f.exit = (int)synced;
		f.foreign = false;
		f.code = tg_status_name(synced);
		f.message = tg_str_of(err->text);
	}
	tg_line_finish(&log->line, &line, &f);
	copied = copy_line(log, tg_buffer_str(&line), &why);
	if (log->fd >= 0)
		kept = tg_log_write(log->fd, tg_buffer_str(&line), NULL, &why);
	if (log->fd >= 0 && !kept)
		tg_logdir_seal(log->fd);
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
	tg_close_fd(&log->copy.fd);
	tg_close_fd(&log->dir);
	tg_free(log->file);
	tg_arena_release(&log->arena);
	tg_free(log);
}
