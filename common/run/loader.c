#include "common/run/loader.h"

#include "common/base/check.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "common/run/judge.h"

/*
 * Reading a stage's lines
 */

static struct tg_str text_member(const struct tg_loader *l, const struct tg_record *rec,
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

static void read_inputs(const struct tg_loader *l, const struct tg_record *rec, struct tg_stage *s)
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

static void read_start(const struct tg_loader *l, const struct tg_record *rec, struct tg_stage *s)
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

static void read_finish(const struct tg_loader *l, const struct tg_record *rec, struct tg_stage *s)
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
static void read_lines(const struct tg_loader *l, struct tg_str text, struct tg_stage *s,
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

static void make_room(struct tg_loader *l)
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

static void load(struct tg_loader *l, struct tg_bucket *b, size_t i)
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
	if (s->state == TG_STAGE_DIED)
		s->finished = tg_logdir_found_dead(tg_log_directory(l->log), e->file.p);
	l->stages++;
}

static struct tg_bucket *list(struct tg_loader *l, unsigned which)
{
	struct tg_bucket *b = &l->bucket[which];
	const char *own = tg_log_file(l->log);

	if (b->listed)
		return b;
	b->listed = true;
	b->entry = tg_logdir_list(tg_log_directory(l->log), which, tg_str_of(tg_log_boot(l->log)),
				  &b->n, l->arena);
	b->loaded = tg_arena_array(l->arena, b->n + 1, sizeof(*b->loaded));
	for (size_t i = 0; i < b->n; i++)
		if (own && tg_str_is(b->entry[i].file, own))
			b->loaded[i] = true; /* one does not judge oneself */
	return b;
}

static void load_writers(struct tg_loader *l, const struct tg_stage *reader)
{
	for (size_t i = 0; i < reader->ins; i++) {
		struct tg_logdir_name wanted = { .out = reader->in[i].id };
		struct tg_bucket *b;

		if (wanted.out.kind != TG_IDENTITY_PIPE && wanted.out.kind != TG_IDENTITY_FILE)
			continue;
		b = list(l, tg_logdir_bucket(&wanted));
		for (size_t k = 0; k < b->n; k++)
			if (!b->loaded[k] && tg_identity_same(&b->entry[k].name.out, &wanted.out))
				load(l, b, k);
	}
}

/* The stages that the walks can reach from those that are there. Files are found by their names; the others are not opened. */
static void load_chains(struct tg_loader *l)
{
	for (size_t i = 0; i < l->stages; i++) {
		struct tg_stage reader = l->stage[i]; /* the list may move */

		load_writers(l, &reader);
	}
}

static bool is_wanted(const struct tg_loader *l, const struct tg_logdir_entry *e)
{
	const struct tg_stage *self = tg_log_stage(l->log);

	return e->name.sid == self->sid &&
	       !tg_logdir_sealed_before(tg_log_directory(l->log), e->file.p, tg_judge_since(self));
}

void tg_loader_more(struct tg_loader *l, bool all)
{
	for (unsigned which = 0; which < TG_BUCKETS; which++) {
		struct tg_bucket *b = list(l, which);

		for (size_t k = 0; k < b->n; k++)
			if (!b->loaded[k] && (all || is_wanted(l, &b->entry[k])))
				load(l, b, k);
	}
	load_chains(l);
}

void tg_loader_nearest(struct tg_loader *l)
{
	load_writers(l, tg_log_stage(l->log));
}

void tg_loader_chain(struct tg_loader *l)
{
	tg_loader_nearest(l);
	load_chains(l);
}

void tg_loader_init(struct tg_loader *l, const struct tg_log *log, struct tg_arena *arena)
{
	*l = (struct tg_loader){ .log = log, .arena = arena, .scanner = tg_scanner_new() };
}

void tg_loader_reset(struct tg_loader *l)
{
	tg_arena_reset(l->arena);
	memset(l->bucket, 0, sizeof(l->bucket));
	l->stages = l->room = 0;
}

void tg_loader_release(struct tg_loader *l)
{
	tg_scanner_free(&l->scanner);
}
