#include "common/run/opener.h"

#include "common/io/interrupt.h"
#include "common/run/program.h"

static enum tg_status no_line_end(const struct tg_input *in, struct tg_error *err)
{
	return tg_fail(err, TG_DATA,
		       "what %s holds does not end with a line feed: its last record and the first "
		       "of %s would become one; open them one by one",
		       in[-1].name, in->name);
}

static enum tg_status run(const struct tg_opener *opener, void *self, struct tg_program *p,
			  struct tg_spool *spool, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < p->inputs; i++) {
		uint64_t before = spool->size;
		char last = spool->last;

		tg_program_tick(p);
		st = opener->take(self, &p->input[i], spool, err);
		if (!st && tg_interrupted())
			st = tg_fail(err, TG_INTERRUPTED, "interrupted");
		if (!st && before && last != '\n' && spool->size > before)
			st = no_line_end(&p->input[i], err);
	}
	if (!st && opener->finish)
		st = opener->finish(self, &p->setup, err);
	p->nothing = spool->size == 0;
	return st;
}

int tg_main_opener(const struct tg_opener *opener, int argc, char **argv)
{
	struct tg_tool tool = {
		.shape = TG_SHAPE_BYTES,
		.name = opener->name,
		.about = opener->about,
		.operands = opener->operands,
		.options = opener->options,
		.version = opener->version,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct tg_spool spool;
	struct tg_program p;
	void *self = tg_alloc(opener->size);
	enum tg_status st = tg_program_begin(&p, &tool, self, argc, argv, &err);
	bool opened = !st && !p.done;
	int code;

	tg_spool_init(&spool);
	if (opened) {
		st = opener->open(self, &p.setup, &spool, &err);
		if (!st)
			st = tg_program_start(&p, &err);
		if (!st && opener->streams && opener->streams(self))
			spool.through = &p.out;
		if (!st)
			st = run(opener, self, &p, &spool, &err);
	}
	if (opened) {
		tg_interrupt_hold();
		opener->release(self);
		tg_interrupt_release();
	}
	if (opened && !st)
		st = tg_spool_send(&spool, &p.out, &err);
	tg_spool_release(&spool);
	code = tg_program_end(&p, st, &err);
	tg_free(self);
	tg_program_release(&p);
	return code;
}
