/*
 * pour: a stage for tests that passes its records on and ends as it is told.
 *
 *	pour --act fail --status 65 --at 3 <in.jsonl >out.jsonl
 *
 * --at is the record at which it happens; 0: before anything is read; beyond the last: when all is read.
 */
#include "common/run/filter.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

enum act { NOTHING, FAIL, KILL, WAIT };

struct pour {
	unsigned act;
	uint64_t at, status, millis;
	struct tg_str trailer; /* --trailer */
	uint64_t *seen;
	bool done;
};

static const char *const acts[] = { "nothing", "fail", "kill", "wait", NULL };

static const struct tg_option options[] = {
	TG_OPT_CHOICE(0, "act", struct pour, act, "WHAT", "nothing, fail, kill or wait", acts),
	TG_OPT_COUNT(0, "at", struct pour, at, "N", "at which record"),
	TG_OPT_COUNT(0, "status", struct pour, status, "N", "fail: with this status"),
	TG_OPT_TEXT(0, "trailer", struct pour, trailer, "JSON",
		    "say in the run log that this was the trailer"),
	TG_OPT_COUNT(0, "millis", struct pour, millis, "N", "wait: so long"),
	TG_OPT_END,
};

static enum tg_status act(const struct pour *p, struct tg_error *err)
{
	struct timespec t = { (time_t)(p->millis / 1000), (long)(p->millis % 1000) * 1000000 };

	switch ((enum act)p->act) {
	case NOTHING:
		return TG_OK;
	case FAIL:
		return tg_fail(err, (enum tg_status)p->status, "told to fail");
	case KILL:
		kill(getpid(), SIGKILL);
		return TG_OK;
	case WAIT:
		nanosleep(&t, NULL);
		return TG_OK;
	}
	return TG_OK;
}

static enum tg_status pour_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct pour *p = self;

	p->seen = tg_arena_take(setup->arena, sizeof(*p->seen));
	return p->at == 0 ? act(p, err) : TG_OK;
}

static enum tg_verdict pour_record(const void *self, const struct tg_record *rec, struct tg_work *w)
{
	const struct pour *p = self;

	(void)rec;
	if (++*p->seen == p->at && act(p, &w->stop))
		return tg_stop(w);
	return TG_PASS;
}

static enum tg_status pour_close(void *self, const struct tg_setup *setup, struct tg_error *err)
{
	const struct pour *p = self;

	if (p->trailer.p)
		tg_setup_meta(setup, "trailer", p->trailer);
	return p->at > *p->seen ? act(p, err) : TG_OK;
}

extern const struct tg_filter tg_pour;
const struct tg_filter tg_pour = {
	.name = "pour",
	.about = "pass records on, and end as told (for tests)",
	.options = options,
	.size = sizeof(struct pour),
	.open = pour_open,
	.record = pour_record,
	.close = pour_close,
};
