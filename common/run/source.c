#include "common/run/source.h"

#include "common/io/magic.h"
#include "common/json/text.h"
#include "common/run/jobs.h"
#include "common/run/runner.h"

struct tg_output *tg_source_output(struct tg_work *w)
{
	return &w->runner->program->out;
}

void tg_source_emitted(struct tg_work *w, uint64_t n)
{
	w->runner->program->records_in += n;
	w->runner->program->records_out += n;
}

void tg_source_reject(struct tg_work *w, const char *code, struct tg_str text,
		      const struct tg_place *at)
{
	struct tg_runner *r = w->runner;
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st;

	r->program->records_in++;
	st = tg_runner_reject(r, code, text, at, &err);
	if (st && !r->status) { /* the loop looks after each block */
		r->status = st;
		r->err = err;
	}
	tg_runner_next(r);
}

void tg_source_reject_bytes(struct tg_work *w, const char *code, struct tg_str bytes,
			    const struct tg_place *at)
{
	w->runner->program->rejects.opaque = true;
	tg_source_reject(w, code, bytes, at);
}

enum tg_status tg_source_status(const struct tg_work *w, struct tg_error *err)
{
	const struct tg_runner *r = w->runner;

	if (r->status)
		*err = r->err;
	return r->status;
}

void tg_source_put_provenance(struct tg_buffer *out, const struct tg_place *at)
{
	tg_buffer_puts(out, "\"_source\":{");
	tg_json_put_member(out, "file", at->file);
	tg_json_put_member_u64(out, "line", at->line);
	tg_json_put_member_u64(out, "offset", at->offset);
	tg_buffer_putc(out, '}');
}

/* A file of another kind is refused as what it is, before its bytes are taken for records that are all wrong. Most files are known not
 * to be one by their first byte; then nothing waits for a second. */
static enum tg_status refuse_other_kinds(const struct tg_source *source, struct tg_program *p,
					 struct tg_input *in, struct tg_error *err)
{
	struct tg_window *w = &p->window;
	const struct tg_magic *magic = NULL;
	bool more = true;

	while (more && !magic && !w->last) {
		enum tg_status st = tg_program_fill(p, in, err);

		if (st)
			return st;
		magic = tg_magic_find(
			tg_str_from(w->p, w->n < TG_MAGIC_HEAD ? w->n : TG_MAGIC_HEAD),
			p->setup.binary, &more);
	}
	if (!magic)
		return TG_OK;
	return tg_fail_code(err, TG_DATA, "other-kind", "%s%s is %s, which %s does not read: %s",
			    in->name, in->packed ? ", decompressed," : "", magic->what,
			    source->name, magic->hint);
}

/* What the loop goes by. */
struct loop {
	const struct tg_source *source;
	void *self;
	struct tg_runner *runner;
};

/* What a lane has for itself. */
struct lane {
	void *self; /* a source of its own */
	struct tg_runner runner;
};

static struct tg_line_end line_end(const struct loop *l)
{
	return l->source->line_end ? l->source->line_end(l->self) : tg_line_feed;
}

/* The whole records of the window, or one that is too long. */
static enum tg_status take_window(struct loop *l, struct tg_input *in, struct tg_place *at,
				  struct tg_error *err)
{
	struct tg_runner *r = l->runner;
	struct tg_program *p = r->program;
	struct tg_window *w = &p->window;
	struct tg_line_end end;
	size_t taken = 0;
	enum tg_status st = l->source->take(l->self, tg_str_from(w->p, w->n), w->last, at, &r->work,
					    &taken, err);

	end = line_end(l); /* its first bytes may say what it is */
	TG_BUG_IF(taken > w->n || (!st && w->last && taken == 0 && w->n > 0 &&
				   !tg_runner_is_over_by(w, p->setup.max_record, &end)));
	tg_window_take(w, taken);
	if (!st && r->status) {
		*err = r->err;
		st = r->status;
	}
	if (!st && taken == 0 && tg_runner_is_over_by(w, p->setup.max_record, &end)) {
		p->records_in++;
		st = tg_runner_reject_long(r, in, &end, at, err);
		tg_runner_next(r);
		if (l->source->resume)
			l->source->resume(l->self, at);
	}
	return st;
}

/*
 * Lanes
 */

size_t tg_source_last_line(const char *p, size_t n)
{
	const char *last = n ? memrchr(p, '\n', n) : NULL;

	return last ? (size_t)(last - p) + 1 : 0;
}

static size_t cut(void *arg, struct tg_str bytes, bool last, uint64_t *lines)
{
	const struct loop *l = arg;

	return l->source->cut(l->self, bytes, last, lines);
}

static bool ready(void *arg, void *lane)
{
	const struct loop *l = arg;
	struct lane *own = lane;

	if (!own->self) {
		own->self = tg_alloc(l->source->size);
		tg_runner_init(&own->runner, l->runner->program);
		tg_runner_hush(&own->runner);
	}
	return l->source->lane(l->self, own->self);
}

static void release(void *arg, void *lane)
{
	const struct loop *l = arg;
	struct lane *own = lane;

	tg_runner_release(&own->runner);
	if (own->self && l->source->lane_release)
		l->source->lane_release(own->self);
	tg_free(own->self);
}

static bool take_in_lane(void *arg, void *lane, struct tg_program *block, struct tg_str bytes,
			 bool last, struct tg_place *at)
{
	const struct loop *l = arg;
	struct lane *own = lane;
	struct tg_error err = TG_ERROR_INIT;
	size_t taken = 0;
	enum tg_status st;

	own->runner.program = block;
	own->runner.work.setup = &block->setup;
	own->runner.status = TG_OK;
	tg_runner_next(&own->runner);
	l->source->resume(own->self, at);
	st = l->source->take(own->self, bytes, last, at, &own->runner.work, &taken, &err);
	return !st && !own->runner.status && taken == bytes.n;
}

static enum tg_status take_alone(void *arg, struct tg_input *in, struct tg_place *at,
				 struct tg_error *err)
{
	return take_window(arg, in, at, err);
}

static void move(void *arg, const struct tg_place *at)
{
	const struct loop *l = arg;

	if (l->source->move)
		l->source->move(l->self, at);
	else
		l->source->resume(l->self, at);
}

static bool merge(void *arg, uint64_t records)
{
	const struct loop *l = arg;

	return !l->source->merge || l->source->merge(l->self, records);
}

static const struct tg_jobs_loop jobs_loop = {
	.lane_size = sizeof(struct lane),
	.ready = ready,
	.release = release,
	.cut = cut,
	.take = take_in_lane,
	.alone = take_alone,
	.move = move,
	.merge = merge,
};

/*
 * Inputs
 */

/* jobs NULL: one thread takes all. */
static enum tg_status take_input(struct loop *l, struct tg_jobs *jobs, struct tg_input *in,
				 struct tg_error *err)
{
	const struct tg_source *source = l->source;
	struct tg_runner *r = l->runner;
	struct tg_program *p = r->program;
	struct tg_window *w = &p->window;
	struct tg_place at = { .file = in->base, .line = 1 };
	enum tg_status st = source->begin ? source->begin(l->self, &r->work, &at, err) : TG_OK;
	struct tg_line_end end;
	bool first = true;

	tg_window_reset(w);
	if (!st)
		st = refuse_other_kinds(source, p, in, err);
	while (!st && (first || !(w->last && w->n == 0))) {
		/* What is left of a block that holds a record which is too long is not moved for each of them. */
		end = line_end(l);
		if (!first && tg_jobs_may_take(jobs, in)) {
			st = tg_jobs_take(jobs, in, &at, err);
			break;
		}
		if (!first && !tg_runner_is_over_by(w, p->setup.max_record, &end))
			st = tg_program_fill(p, in, err);
		first = false;
		if (!st)
			st = take_window(l, in, &at, err);
	}
	if (!st && source->end)
		st = source->end(l->self, &r->work, &at, err);
	if (!st && r->status) {
		*err = r->err;
		st = r->status;
	}
	return st;
}

enum tg_status tg_runner_take(struct tg_runner *r, const struct tg_source *source, void *self,
			      struct tg_input *in, struct tg_error *err)
{
	struct loop l = { .source = source, .self = self, .runner = r };

	return take_input(&l, NULL, in, err);
}

static enum tg_status run(const struct tg_source *source, void *self, struct tg_program *p,
			  struct tg_error *err)
{
	struct tg_runner r;
	struct loop l = { .source = source, .self = self, .runner = &r };
	struct tg_jobs *jobs = NULL;
	enum tg_status st = TG_OK;

	tg_runner_init(&r, p);
	if (source->lane)
		jobs = tg_jobs_new(&r, &jobs_loop, &l);
	for (size_t i = 0; !st && i < p->inputs; i++)
		st = take_input(&l, jobs, &p->input[i], err);
	tg_jobs_free(&jobs);
	tg_runner_release(&r);
	return st;
}

int tg_main_source(const struct tg_source *source, int argc, char **argv)
{
	struct tg_tool tool = {
		.shape = TG_SHAPE_SOURCE,
		.name = source->name,
		.about = source->about,
		.operands = source->operands,
		.options = source->options,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct tg_program p;
	void *self = tg_alloc(source->size);
	enum tg_status st = tg_program_begin(&p, &tool, self, argc, argv, &err);
	int code;

	if (!st && !p.done) {
		if (p.common.provenance)
			p.adds = TG_STR("_source");
		st = source->open ? source->open(self, &p.setup, &err) : TG_OK;
		if (!st)
			st = tg_program_start(&p, &err);
		if (!st)
			st = run(source, self, &p, &err);
		p.nothing = p.records_in == 0;
	}
	code = tg_program_end(&p, st, &err);
	if (source->release)
		source->release(self);
	tg_free(self);
	tg_program_release(&p);
	return code;
}
