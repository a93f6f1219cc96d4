#include "common/run/sink.h"

#include "common/json/text.h"
#include "common/run/program.h"

#include <unistd.h>

/*
 * A sink gives nothing on before the end, so it takes whole blocks, whatever a pipe brings at a time: they go to its file at offsets
 * that are multiples of large pages, which costs the kernel less (through a pipe, a tenth of landing-write's CPU).
 */
enum { BLOCK = 512 * 1024 };

static enum tg_status fill(struct tg_program *p, struct tg_input *in, struct tg_error *err)
{
	enum tg_status st;

	do
		st = tg_program_fill(p, in, err);
	while (!st && !p->window.last && p->window.n < p->window.room);
	return st;
}

static enum tg_status take_input(const struct tg_sink *sink, void *self, struct tg_program *p,
				 struct tg_input *in, struct tg_error *err)
{
	struct tg_window *w = &p->window;
	char last = '\n';

	tg_window_reset(w);
	while (!w->last) {
		enum tg_status st = fill(p, in, err);

		if (!st && w->n) {
			last = w->p[w->n - 1];
			st = sink->take(self, tg_str_from(w->p, w->n), err);
		}
		if (st)
			return st;
		tg_window_take(w, w->n);
	}
	if (last == '\n' || in == &p->input[p->inputs - 1])
		return TG_OK;
	return tg_fail(
		err, TG_DATA,
		"%s does not end with a line feed: its last record and the first of %s would become one",
		in->name, in[1].name);
}

static void sum_up(const struct tg_upstream *up, const char *what, uint64_t *sum)
{
	for (size_t i = 0; i < up->stages; i++) {
		json_int_t n = json_integer_value(
			json_object_get(json_object_get(up->stage[i].finish, "records"), what));

		if (n > 0)
			*sum += (uint64_t)n;
	}
}

/* The one line on stdout, for failures too; what is not known is left out. */
static void compose_receipt(struct tg_program *p, const struct tg_receipt *receipt,
			    const struct tg_upstream *up, enum tg_status st)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	uint64_t dropped = p->dropped, rejected = p->rejects.total;

	sum_up(up, "dropped", &dropped);
	sum_up(up, "rejected", &rejected);
	tg_buffer_putc(&b, '{');
	tg_json_put_member(&b, "tool", tg_str_of(p->tool.name));
	tg_json_put_member(&b, "status", tg_str_of(tg_status_name(st)));
	tg_json_put_member(&b, "result", tg_str_of(st ? "refused" : receipt->result));
	tg_json_put_member(&b, "state", tg_str_of(receipt->state));
	tg_json_put_member(&b, "run", tg_log_run(p->log));
	tg_json_put_member(&b, "source", receipt->source);
	tg_json_put_member(&b, "entity", receipt->entity);
	tg_json_put_member(&b, "source_file", receipt->source_file);
	tg_json_put_member(&b, "path", st ? TG_STR_NONE : receipt->path);
	tg_json_put_member(&b, "sha256", receipt->sha256);
	tg_json_put_member_u64(&b, "bytes", receipt->bytes);
	tg_json_put_member_u64(&b, "records", receipt->records);
	tg_json_put_member_u64(&b, "dropped", dropped);
	tg_json_put_member_u64(&b, "rejected", rejected);
	tg_json_put_member(&b, "upstream", tg_str_of(tg_upstream_name(up->verdict)));
	if (p->common.dry_run)
		tg_buffer_puts(&b, ",\"dry_run\":true");
	tg_json_put_name(&b, "time");
	tg_buffer_putc(&b, '"');
	tg_time_put(&b, p->common.now.p ? p->setup.now : tg_time_now());
	tg_buffer_puts(&b, "\"}\n");
	p->receipt = tg_arena_copy(&p->arena, tg_buffer_str(&b));
}

static enum tg_status run(const struct tg_sink *sink, void *self, struct tg_program *p,
			  struct tg_upstream *up, struct tg_receipt *receipt, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	tg_window_open(&p->window, BLOCK);
	for (size_t i = 0; !st && i < p->inputs; i++)
		st = take_input(sink, self, p, &p->input[i], err);
	if (!st)
		st = tg_program_judge(p, up, err);
	tg_upstream_read(up);
	if (!st)
		st = sink->commit(self, &p->setup, up, receipt, err);
	if (!st) {
		p->records_in = p->records_out = receipt->records;
		p->nothing = strcmp(receipt->result, "landed") != 0;
		if (up->verdict == TG_UPSTREAM_VERIFIED && !p->common.dry_run)
			tg_chain_forget(up);
	}
	return st;
}

/* For failures too; a wrong command line gets a message alone. */
static void give_receipt(const struct tg_sink *sink, const void *self, struct tg_program *p,
			 struct tg_receipt *receipt, const struct tg_upstream *up,
			 enum tg_status *st, struct tg_error *err)
{
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status logged = tg_program_log_failure(p, &why);

	if (logged && !*st) {
		*st = logged;
		*err = why;
	}
	if (p->out.fd < 0) /* it failed before */
		tg_output_open(&p->out, STDOUT_FILENO, "standard output");
	if (*st && sink->describe)
		sink->describe(self, up, receipt);
	compose_receipt(p, receipt, up, *st);
}

int tg_main_sink(const struct tg_sink *sink, int argc, char **argv)
{
	struct tg_tool tool = {
		.shape = TG_SHAPE_SINK,
		.name = sink->name,
		.about = sink->about,
		.operands = sink->operands,
		.options = sink->options,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct tg_upstream up = { .verdict = TG_UPSTREAM_NONE };
	struct tg_receipt receipt = { .result = "refused" };
	struct tg_program p;
	void *self = tg_alloc(sink->size);
	enum tg_status st = tg_program_begin(&p, &tool, self, argc, argv, &err);
	int code;

	if (!st && !p.done) {
		st = sink->open ? sink->open(self, &p.setup, &err) : TG_OK;
		if (!st)
			st = tg_program_start(&p, &err);
		if (!st)
			st = run(sink, self, &p, &up, &receipt, &err);
		if (st != TG_USAGE)
			give_receipt(sink, self, &p, &receipt, &up, &st, &err);
	}
	code = tg_program_end(&p, st, &err);
	tg_upstream_release(&up);
	if (sink->release)
		sink->release(self);
	tg_free(self);
	tg_program_release(&p);
	return code;
}
