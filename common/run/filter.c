#include "common/run/filter.h"

#include "common/base/check.h"
#include "common/io/interrupt.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "common/run/jobs.h"
#include "common/run/runner.h"

#include <unistd.h>

/* Bytes of text after which a group ends: all that is kept of it should stay in the cache. */
enum { GROUP_BYTES = 64 * 1024 };

/* Records that are scanned and not yet judged. */
struct group {
	struct tg_record rec[TG_GROUP];
	/* The bytes that pass: with the line feed, or without one at the end of input. */
	struct tg_str line[TG_GROUP];
	unsigned char *notes; /* a note each */
	size_t n, most, bytes;
};

/* A record whose note was made in a lane, as it waits for its turn. Behind it stands the note. */
struct noted {
	struct tg_record rec; /* without spans */
	struct tg_str line;
};

struct loop {
	const struct tg_filter *filter;
	const void *self;
	void *state; /* a lane's own self; NULL: it has none yet */
	bool ready;  /* it is as self is */
	bool notes;  /* it makes notes, and judges nothing */
	struct tg_runner runner;
	struct tg_scanner *scanner;
	struct tg_str source_member; /* none: not honoured */
	bool asked_upstream;
	struct tg_arena places; /* file names out of _source, of a group */
	size_t searched;	/* bytes at the front of the window that hold no line feed */
	struct group group;
};

/* A text that is no JSON: the fault by its column in the line. */
static enum tg_status reject_text(struct loop *l, enum tg_scan_fault fault,
				  const struct tg_record *rec, struct tg_error *err)
{
	size_t offset;
	struct tg_str what = tg_scanner_fault(l->scanner, &offset);
	uint64_t line, column;

	l->runner.program->records_in++;
	tg_runner_next(&l->runner);
	tg_document_locate(rec->text, offset, &line, &column);
	tg_fault_add(&l->runner.work, &(struct tg_fault){ .pointer = TG_STR(""),
							  .message = what,
							  .line = rec->at.line,
							  .column = column });
	return tg_runner_reject(&l->runner, tg_scan_code(fault), rec->text, &rec->at, err);
}

static bool read_number(const struct tg_record *rec, const struct tg_span *object, const char *name,
			uint64_t *value)
{
	const struct tg_span *span = tg_member_find(rec, object, tg_str_of(name));

	return span && span->kind == TG_NUMBER && tg_read_u64(tg_span_text(rec, span), value);
}

/* The record's place is the partner's file, where a stage before has put it. A member of another form is an ordinary member. */
static void honour_source(struct loop *l, struct tg_record *rec)
{
	const struct tg_span *whole = rec->span, *source, *file;
	struct tg_place at = { .file = TG_STR_NONE };

	if (whole->kind != TG_OBJECT || !(source = tg_member_find(rec, whole, l->source_member)) ||
	    source->kind != TG_OBJECT)
		return;
	file = tg_member_find(rec, source, TG_STR("file"));
	if ((file && file->kind != TG_STRING) || !read_number(rec, source, "line", &at.line) ||
	    !read_number(rec, source, "offset", &at.offset))
		return;
	if (file)
		at.file = tg_text_get(&l->places, rec, file);
	rec->source = (uint32_t)(source - rec->span);
	rec->at = at;
}

/* line is the bytes that pass: the record with its line feed, or without one. */
static inline enum tg_status settle(struct loop *l, enum tg_verdict verdict,
				    const struct tg_record *rec, struct tg_str line,
				    struct tg_error *err)
{
	struct tg_program *p = l->runner.program;
	struct tg_work *w = &l->runner.work;

	switch (verdict) {
	case TG_PASS:
		p->records_out++;
		if (TG_LIKELY(line.n > rec->text.n)) {
			tg_output_pass(&p->out, line);
		} else {
			tg_output_put(&p->out, rec->text);
			tg_output_put(&p->out, TG_STR("\n"));
		}
		return TG_OK;
	case TG_REPLACE:
		p->records_out++;
		tg_output_put(&p->out, tg_buffer_str(&w->replacement));
		if (!l->filter->whole)
			tg_output_put(&p->out, TG_STR("\n"));
		return TG_OK;
	case TG_DROP:
		p->dropped++;
		tg_count_add(p->drop, &p->drops, w->code, 1);
		return TG_OK;
	case TG_REJECT:
		p->rejects.scanned = true;
		return tg_runner_reject(&l->runner, w->code, rec->text, &rec->at, err);
	case TG_HOLD:
		p->records_in--; /* it is counted when something becomes of it */
		return TG_OK;
	case TG_STOP:
		p->records_in--; /* nothing became of it */
		*err = w->stop;
		return err->status;
	}
	TG_BUG_IF(true);
	return TG_INTERNAL;
}

/* The group is over. */
static void clear_group(struct loop *l)
{
	l->group.n = l->group.bytes = 0;
	tg_scanner_drop(l->scanner);
	if (l->places.block)
		tg_arena_reset(&l->places);
}

/* In a lane: the group's records go behind those of the block that were noted before. */
static enum tg_status note(struct loop *l, struct tg_error *err)
{
	struct tg_buffer *b = &l->runner.program->noted;
	struct group *g = &l->group;
	size_t size = l->filter->note;

	if (g->n)
		l->filter->prepare(l->self, g->rec, g->n, g->notes);
	for (size_t i = 0; i < g->n; i++) {
		struct noted noted = { g->rec[i], g->line[i] };

		noted.rec.span = NULL;
		noted.rec.spans = 0;
		tg_buffer_put(b, &noted, sizeof(noted));
		tg_buffer_put(b, g->notes + i * size, size);
	}
	/* A name with escapes would not outlive the group. */
	if (l->places.block)
		return tg_fail(err, TG_TRY_AGAIN, "file names are spelt with escapes");
	clear_group(l);
	return TG_OK;
}

/* The notes of n records that come next, of which the first was noted at p. */
static void expect(struct loop *l, const char *p, size_t n)
{
	struct group *g = &l->group;
	size_t size = l->filter->note;

	for (size_t i = 0; i < n; i++, p += sizeof(struct noted) + size)
		memcpy(g->notes + i * size, p + sizeof(struct noted), size);
	if (l->filter->expect)
		l->filter->expect(l->self, g->notes, n);
}

/* When the block's turn has come. */
static enum tg_status settle_noted(void *arg, struct tg_program *block, struct tg_error *err)
{
	struct loop *l = arg;
	struct tg_program *p = l->runner.program;
	struct tg_work *w = &l->runner.work;
	struct group *g = &l->group;
	size_t size = l->filter->note, each = sizeof(struct noted) + size,
	       n = block->noted.n / each;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < n; i++) {
		const char *at = block->noted.p + i * each;
		struct noted noted;

		if (i % TG_GROUP == 0)
			expect(l, at, n - i < TG_GROUP ? n - i : TG_GROUP);
		memcpy(&noted, at, sizeof(noted));
		p->records_in++;
		tg_runner_next(&l->runner);
		w->note = g->notes + i % TG_GROUP * size;
		st = settle(l, l->filter->record(l->self, &noted.rec, w), &noted.rec, noted.line,
			    err);
	}
	tg_output_settle(&p->out);
	return st;
}

/* Asks about all records of the group. */
static enum tg_status judge(struct loop *l, struct tg_error *err)
{
	struct tg_program *p = l->runner.program;
	struct tg_work *w = &l->runner.work;
	struct group *g = &l->group;
	enum tg_status st = TG_OK;

	if (l->notes)
		return note(l, err);
	if (g->n && l->filter->prepare)
		l->filter->prepare(l->self, g->rec, g->n, g->notes);
	for (size_t i = 0; !st && i < g->n; i++) {
		const struct tg_record *rec = g->rec + i;

		p->records_in++;
		tg_runner_next(&l->runner);
		w->note = g->notes ? g->notes + i * l->filter->note : NULL;
		st = settle(l, l->filter->record(l->self, rec, w), rec, g->line[i], err);
	}
	clear_group(l);
	return st;
}

/* The record that has been scanned into the group's next place. */
static enum tg_status take_scanned(struct loop *l, const struct tg_place *at, struct tg_str line,
				   struct tg_error *err)
{
	struct group *g = &l->group;
	struct tg_record *rec = g->rec + g->n;

	rec->at = *at;
	if (l->source_member.p)
		honour_source(l, rec);
	g->line[g->n++] = line;
	g->bytes += rec->text.n;
	if (g->n == g->most || g->bytes >= GROUP_BYTES)
		return judge(l, err);
	tg_scanner_keep(l->scanner);
	return TG_OK;
}

/* Scans a record into the group. What is no JSON is rejected when those before it are judged. */
static enum tg_status take_record(struct loop *l, struct tg_str text, const struct tg_place *at,
				  struct tg_str line, struct tg_error *err)
{
	struct tg_record *rec = l->group.rec + l->group.n;
	enum tg_scan_fault fault = tg_scan(l->scanner, text, rec);

	if (TG_UNLIKELY(fault != TG_SCAN_OK)) {
		enum tg_status st = judge(l, err);

		rec->at = *at;
		if (!st && l->notes)
			st = tg_fail(err, TG_TRY_AGAIN,
				     "this is no JSON, and is rejected in its turn");
		return st ? st : reject_text(l, fault, rec, err);
	}
	return take_scanned(l, at, line, err);
}

/* What the tool has kept until the end of input. */
static enum tg_status take_held(struct loop *l, struct tg_error *err)
{
	struct tg_program *p = l->runner.program;
	enum tg_status st = TG_OK;

	while (!st) {
		struct tg_record rec = { .span = NULL };
		enum tg_verdict verdict;
		bool more = false;

		tg_runner_next(&l->runner);
		verdict = l->filter->held(l->self, &rec, &more, &l->runner.work);
		if (!more && verdict != TG_STOP)
			return TG_OK;
		p->records_in++;
		st = settle(l, verdict, &rec, rec.text, err);
		if (!st && tg_interrupted())
			st = tg_fail(err, TG_INTERRUPTED, "interrupted");
		if (!st && p->out.status)
			st = tg_output_flush(&p->out, err);
	}
	return st;
}

/* The record at the front of the window, scanned into the group's next place, if its line is plain. */
static inline bool is_plain(struct loop *l)
{
	const struct tg_program *p = l->runner.program;
	struct tg_record *rec = l->group.rec + l->group.n;

	return tg_scan_line(l->scanner, tg_str_from(p->window.p, p->window.n), rec) &&
	       rec->text.n <= p->setup.max_record;
}

/* The line at the front of the window, n bytes with its end. False: it does not end here, or is too long. */
static bool find_line(struct loop *l, struct tg_str *text, size_t *n)
{
	const struct tg_program *p = l->runner.program;
	const struct tg_window *w = &p->window;
	const char *end = memchr(w->p + l->searched, '\n', w->n - l->searched);

	if (!end && !w->last) {
		l->searched = w->n; /* a long record is not searched again at each fill */
		return false;
	}
	*text = tg_str_from(w->p, end ? (size_t)(end - w->p) : w->n);
	*n = end ? text->n + 1 : text->n;
	if (text->n && text->p[text->n - 1] == '\r')
		text->n--;
	if (text->n > p->setup.max_record)
		return false;
	l->searched = 0;
	return true;
}

/* All whole lines that the window holds; at the end of input the last one too. */
static enum tg_status take_lines(struct loop *l, struct tg_place *at, struct tg_error *err)
{
	struct tg_program *p = l->runner.program;
	struct tg_window *w = &p->window;

	tg_scanner_moved(l->scanner);
	while (w->n > 0) {
		const struct tg_record *rec = l->group.rec + l->group.n;
		enum tg_status st = TG_OK;
		size_t n;

		if (TG_LIKELY(l->searched == 0 && is_plain(l))) {
			n = rec->text.n + 1;
			st = take_scanned(l, at, tg_str_from(w->p, n), err);
		} else {
			struct tg_str text;
			bool plain; /* with a CR before the line feed the bytes are not the ones to pass */

			if (!find_line(l, &text, &n))
				break;
			plain = text.n + 1 == n;
			if (!tg_str_is_blank(text))
				st = take_record(l, text, at, plain ? tg_str_from(w->p, n) : text,
						 err);
		}
		tg_window_take(w, n);
		at->line++;
		at->offset += n;
		if (st)
			return st;
	}
	return judge(l, err);
}

/* When the first bytes are there, the stage before has logged its start. */
static void ask_upstream(struct loop *l)
{
	struct tg_program *p = l->runner.program;

	if (l->asked_upstream)
		return;
	l->asked_upstream = true;
	if (p->common.source_member)
		l->source_member = TG_STR("_source");
	else
		l->source_member = tg_chain_adds(p->log, &p->arena);
}

/* What is whole in the window, what is too long among it. */
static enum tg_status take_window(struct loop *l, struct tg_input *in, struct tg_place *at,
				  struct tg_error *err)
{
	struct tg_program *p = l->runner.program;
	enum tg_status st = take_lines(l, at, err);

	/* All of them, before more is read: the next read may be the one that fails. */
	while (!st && tg_runner_is_over(&p->window, p->setup.max_record)) {
		p->records_in++;
		tg_output_settle(&p->out);
		st = tg_runner_reject_long(&l->runner, in, &tg_line_feed, at, err);
		l->searched = 0;
		if (!st)
			st = take_lines(l, at, err);
	}
	return st;
}

/*
 * Lanes
 */

static size_t cut(void *arg, struct tg_str bytes, bool last, uint64_t *lines)
{
	size_t n = last ? bytes.n : tg_source_last_line(bytes.p, bytes.n);

	(void)arg;
	*lines = tg_str_count(tg_str_from(bytes.p, n), '\n');
	return n;
}

static void open_loop(struct loop *l, struct tg_program *p)
{
	tg_runner_init(&l->runner, p);
	l->scanner = tg_scanner_new();
	l->group.most = l->filter->prepare ? TG_GROUP : 1;
	if (l->filter->note)
		l->group.notes = tg_alloc_array(TG_GROUP, l->filter->note);
}

static void close_loop(struct loop *l)
{
	tg_scanner_free(&l->scanner);
	tg_arena_release(&l->places);
	tg_free(l->group.notes);
	tg_runner_release(&l->runner);
}

/* What a lane has for itself is a loop. */
static bool ready(void *arg, void *lane)
{
	const struct loop *l = arg;
	struct loop *own = lane;

	if (!own->state) {
		own->filter = l->filter;
		own->self = own->state = tg_alloc(l->filter->size);
		own->notes = l->filter->in_order;
		open_loop(own, l->runner.program);
		tg_runner_hush(&own->runner);
	}
	own->ready = own->ready || l->filter->lane(l->self, own->state);
	return own->ready;
}

static void release(void *arg, void *lane)
{
	const struct loop *l = arg;
	struct loop *own = lane;

	close_loop(own);
	if (own->state && l->filter->lane_release)
		l->filter->lane_release(own->state);
	tg_free(own->state);
}

static bool take_in_lane(void *arg, void *lane, struct tg_program *block, struct tg_str bytes,
			 bool last, struct tg_place *at)
{
	const struct loop *l = arg;
	struct loop *own = lane;
	struct tg_window *w = &block->window;
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st;

	own->runner.program = block;
	own->runner.work.setup = &block->setup;
	own->source_member = l->source_member;
	own->searched = 0;
	/* The window is a view: nothing fills it, and nothing is freed. */
	*w = (struct tg_window){ .n = bytes.n, .offset = at->offset, .last = last };
	w->p = (char *)(uintptr_t)bytes.p;
	st = take_lines(own, at, &err);
	clear_group(own);
	return !st && w->n == 0;
}

static enum tg_status take_alone(void *arg, struct tg_input *in, struct tg_place *at,
				 struct tg_error *err)
{
	return take_window(arg, in, at, err);
}

static void move(void *arg, const struct tg_place *at)
{
	struct loop *l = arg;

	(void)at;
	l->searched = 0;
}

static const struct tg_jobs_loop jobs_loop = {
	.lane_size = sizeof(struct loop),
	.ready = ready,
	.release = release,
	.cut = cut,
	.take = take_in_lane,
	.settle = settle_noted,
	.alone = take_alone,
	.move = move,
};

/* jobs NULL: one thread takes all. */
static enum tg_status take_input(struct loop *l, struct tg_jobs *jobs, struct tg_input *in,
				 struct tg_error *err)
{
	static const struct tg_str bom = { "\xef\xbb\xbf", 3 };
	struct tg_program *p = l->runner.program;
	struct tg_window *w = &p->window;
	struct tg_place at = { .file = in->base, .line = 1 };
	enum tg_status st;

	tg_window_reset(w);
	l->searched = 0;
	do { /* a pipe may bring half a mark */
		st = tg_program_fill(p, in, err);
		if (st)
			return st;
	} while (!w->last && w->n < bom.n && tg_str_starts(bom, tg_str_from(w->p, w->n)));
	if (w->n > 0)
		ask_upstream(l);
	if (tg_str_starts(tg_str_from(w->p, w->n), bom)) {
		tg_window_take(w, bom.n);
		at.offset = bom.n;
	}
	for (;;) {
		if (tg_jobs_may_take(jobs, in))
			return tg_jobs_take(jobs, in, &at, err);
		st = take_window(l, in, &at, err);
		if (st)
			return st;
		if (w->last && w->n == 0)
			return TG_OK;
		st = tg_program_fill(p, in, err);
		if (st)
			return st;
	}
}

/* Appends all of an input; a record's size is the limit of each. */
static enum tg_status read_whole(struct tg_program *p, struct tg_input *in, struct tg_buffer *out,
				 struct tg_error *err)
{
	size_t start = out->n;

	for (;;) {
		size_t n = 0;
		char *to = tg_buffer_room(out, TG_WINDOW_BLOCK);
		enum tg_status st = tg_input_read(in, to, TG_WINDOW_BLOCK, &n, err);

		if (st || n == 0)
			return st;
		out->n += n;
		if (out->n - start > p->setup.max_record)
			return tg_fail(
				err, TG_DATA,
				"%s is longer than %llu bytes; --max-record raises the limit",
				in->name, (unsigned long long)p->setup.max_record);
	}
}

/* The inputs are one record together. */
static enum tg_status take_pieces(struct loop *l, void *self, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_program *p = l->runner.program;
	struct tg_str *content = tg_arena_array(&p->arena, p->inputs, sizeof(*content));
	struct tg_place at = { .file = p->input[0].base, .line = 1 };
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < p->inputs; i++) {
		content[i].n = bytes.n;
		st = read_whole(p, &p->input[i], &bytes, err);
		content[i].n = bytes.n - content[i].n;
	}
	for (size_t i = 0, from = 0; i < p->inputs; from += content[i++].n)
		content[i].p = tg_buffer_str(&bytes).p + from;
	if (!st)
		st = l->filter->compose(self, content, p->inputs, &text, err);
	if (st)
		return st;
	(void)tg_buffer_room(&text, TG_SLACK); /* readable behind the record */
	st = take_record(l, tg_buffer_str(&text), &at, tg_buffer_str(&text), err);
	if (!st)
		st = judge(l, err);
	tg_output_settle(&p->out);
	return st;
}

/* Records that the tool makes itself. */
static enum tg_status take_made(struct loop *l, void *self, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_place at = { .line = 0 };
	enum tg_status st = TG_OK;

	while (!st && l->filter->make(self, &text, &at)) {
		(void)tg_buffer_room(&text, TG_SLACK); /* readable behind the record */
		st = take_record(l, tg_buffer_str(&text), &at, tg_buffer_str(&text), err);
		if (!st)
			st = judge(l, err);
		tg_output_settle(&l->runner.program->out);
		tg_buffer_clear(&text);
		at = (struct tg_place){ .line = 0 };
		if (!st && tg_interrupted())
			st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	}
	return st;
}

/* Bytes that pass as they are, each piece looked at before it goes out. */
static enum tg_status pass_bytes(const struct tg_filter *filter, void *self, struct tg_program *p,
				 struct tg_error *err)
{
	struct tg_window *w = &p->window;
	enum tg_status st;

	if (p->inputs != 1)
		return tg_fail(err, TG_USAGE, "one file at a time, and here are %zu", p->inputs);
	st = filter->begin(self, &p->input[0], err);
	tg_window_reset(w);
	while (!st && !w->last) {
		st = tg_program_fill(p, &p->input[0], err);
		if (!st && w->n)
			st = filter->piece(self, tg_str_from(w->p, w->n), err);
		if (st)
			break;
		tg_output_pass(&p->out, tg_str_from(w->p, w->n));
		tg_window_take(w, w->n);
	}
	tg_output_settle(&p->out);
	p->nothing = w->offset == 0;
	return st;
}

static void put_tail(const struct tg_filter *filter, const void *self, struct tg_program *p)
{
	TG_OWN(tg_buffer_release) struct tg_buffer tail = TG_BUFFER_INIT;

	filter->tail(self, &tail);
	tg_output_put(&p->out, tg_buffer_str(&tail));
}

static enum tg_status run(const struct tg_filter *filter, void *self, struct tg_program *p,
			  struct tg_error *err)
{
	struct loop l = { .filter = filter, .self = self, .source_member = TG_STR_NONE };
	struct tg_jobs *jobs = NULL;
	enum tg_status st = TG_OK;

	open_loop(&l, p);
	if (filter->lane && !p->pieces && !p->makes)
		jobs = tg_jobs_new(&l.runner, &jobs_loop, &l);
	if (p->pieces)
		st = take_pieces(&l, self, err);
	else if (p->makes)
		st = take_made(&l, self, err);
	for (size_t i = 0; !p->pieces && !st && i < p->inputs; i++)
		st = take_input(&l, jobs, &p->input[i], err);
	if (!st && filter->held)
		st = take_held(&l, err);
	if (!st && filter->tail)
		put_tail(filter, self, p);
	tg_output_settle(&p->out); /* before the window can go */
	tg_jobs_free(&jobs);
	close_loop(&l);
	return st;
}

static enum tg_status answer(const struct tg_filter *filter, void *self, struct tg_program *p,
			     struct tg_error *err)
{
	struct tg_output out;
	enum tg_status st;

	tg_output_open(&out, STDOUT_FILENO, "standard output");
	st = filter->answer(self, &p->setup, &out, err);
	if (!st)
		st = tg_output_close(&out, err);
	tg_output_release(&out);
	p->done = true;
	return st;
}

int tg_main_filter(const struct tg_filter *filter, int argc, char **argv)
{
	struct tg_tool tool = {
		.shape = TG_SHAPE_FILTER,
		.name = filter->name,
		.about = filter->about,
		.operands = "[FILE ...]",
		.options = filter->options,
		.asks = filter->asks,
		.rejected = filter->rejected,
		.pieces = filter->pieces,
		.makes = filter->makes,
		.passes = filter->passes,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct tg_program p;
	void *self = tg_alloc(filter->size);
	enum tg_status st = tg_program_begin(&p, &tool, self, argc, argv, &err);
	int code;

	if (!st && !p.done && filter->asks && filter->asks(self)) {
		st = answer(filter, self, &p, &err);
	} else if (!st && !p.done) {
		st = filter->open ? filter->open(self, &p.setup, &err) : TG_OK;
		if (!st)
			st = tg_program_start(&p, &err);
		if (!st && p.tool.shape == TG_SHAPE_BYTES)
			st = pass_bytes(filter, self, &p, &err);
		else if (!st)
			st = run(filter, self, &p, &err);
		if (!st && filter->close)
			st = filter->close(self, &p.setup, &err);
		if (p.counted)
			p.nothing = p.records_in == 0;
	}
	code = tg_program_end(&p, st, &err);
	if (filter->release)
		filter->release(self);
	tg_free(self);
	tg_program_release(&p);
	return code;
}
