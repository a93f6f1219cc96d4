#include "common/landing/select.h"

#include "common/io/interrupt.h"

#include <stdlib.h>

static int compare(struct tg_str a, struct tg_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_id(const void *a, const void *b)
{
	const struct tg_replacing *x = a, *y = b;

	return compare(x->replaced, y->replaced);
}

static bool is(struct tg_str wanted, struct tg_str found)
{
	return !wanted.p || tg_str_eq(wanted, found);
}

static bool received_in_time(const struct tg_wanted *w, struct tg_str received)
{
	struct tg_time t;

	if (!w->has_received_since && !w->has_received_until)
		return true;
	return tg_time_read(received, &t) &&
	       (!w->has_received_since || !tg_time_is_before(t, w->received_since)) &&
	       (!w->has_received_until || tg_time_is_before(t, w->received_until));
}

/* Days are of one form, so their order is that of their texts. */
static bool is_wanted(const struct tg_wanted *w, const struct tg_line *line)
{
	return is(w->source, line->source) && is(w->entity, line->entity) &&
	       is(w->run, line->run) && is(w->sha256, line->sha256) &&
	       is(w->landing, line->landing) &&
	       (!w->since.p || compare(line->date, w->since) >= 0) &&
	       (!w->until.p || compare(line->date, w->until) <= 0) &&
	       received_in_time(w, line->time);
}

static enum tg_status tally(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct tg_select *s = arg;

	(void)err;
	if (line->kind != TG_LINE_LANDING || !line->replaces.n)
		return TG_OK;
	if (s->replacings == s->room) {
		s->room = s->room ? 2 * s->room : 16;
		s->replacing = tg_resize_array(s->replacing, s->room, sizeof(*s->replacing));
	}
	s->replacing[s->replacings++] =
		(struct tg_replacing){ tg_arena_copy(s->arena, line->replaces), line->offset };
	return TG_OK;
}

/* What took the place of *line, in the end: nothing changes where nothing did. */
static enum tg_status follow(struct tg_select *s, struct tg_line *line, struct tg_error *err)
{
	for (;;) {
		struct tg_replacing wanted = { .replaced = line->landing }, *found = NULL;

		if (s->replacings)
			found = bsearch(&wanted, s->replacing, s->replacings, sizeof(wanted),
					by_id);
		if (!found || found->offset <= line->offset)
			return TG_OK;
		if (!tg_manifest_read(&s->reading->manifest, found->offset, line))
			return tg_fail(err, TG_IO, "%s: the manifest changes while it is read",
				       s->reading->zone.path);
	}
}

/* The next that is wanted, without regard to `last`. */
static enum tg_status next(struct tg_select *s, struct tg_line *line, bool *gone, bool *more,
			   struct tg_error *err)
{
	enum tg_status st;

	for (;;) {
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		st = tg_reading_next(s->reading, line, gone, more, err);
		if (st || !*more)
			return st;
		if (line->replaces.n)
			continue; /* it was given where the one stood that it replaces */
		if (*gone)
			st = follow(s, line, err);
		if (st)
			return st;
		*gone = *gone && tg_marks_have(&s->reading->chain.gone, line->landing);
		if (is_wanted(&s->wanted, line))
			return TG_OK;
	}
}

static enum tg_status check(const struct tg_reading *r, const char *path, struct tg_error *err)
{
	if (r->zone.broken)
		return tg_fail(err, TG_IO,
			       "%s is broken: what its last line says may be lost; landing-verify "
			       "--repair puts it right",
			       path);
	if (r->chain.lost)
		return tg_fail(err, TG_DATA,
			       "%s: the chain breaks at line %llu of the manifest, so what has "
			       "landed is not known; landing-verify says more",
			       path, (unsigned long long)r->chain.first_lost);
	return TG_OK;
}

static enum tg_status count_those_there(struct tg_select *s, struct tg_error *err)
{
	uint64_t there = 0;
	struct tg_line line;
	bool gone, more = true;
	enum tg_status st = TG_OK;

	while (!st && more) {
		st = next(s, &line, &gone, &more, err);
		there += !st && more && !gone;
	}
	s->skip = there > s->wanted.last ? there - s->wanted.last : 0;
	tg_reading_rewind(s->reading);
	return st;
}

enum tg_status tg_select_open(struct tg_select *s, struct tg_reading *reading, const char *path,
			      struct tg_arena *arena, struct tg_error *err)
{
	enum tg_status st;

	s->reading = reading;
	s->arena = arena;
	st = tg_reading_find(reading, path, arena, err);
	if (!st)
		st = tg_reading_read(reading, tally, s, err);
	if (!st)
		st = check(reading, path, err);
	if (st)
		return st;
	if (s->replacings)
		qsort(s->replacing, s->replacings, sizeof(*s->replacing), by_id);
	return s->wanted.last ? count_those_there(s, err) : TG_OK;
}

enum tg_status tg_select_next(struct tg_select *s, struct tg_line *line, bool *gone, bool *more,
			      struct tg_error *err)
{
	for (;;) {
		enum tg_status st = next(s, line, gone, more, err);

		if (st || !*more || !s->skip)
			return st;
		s->skip -= !*gone;
	}
}

void tg_select_release(struct tg_select *s)
{
	tg_free(s->replacing);
	s->replacing = NULL;
	s->replacings = s->room = 0;
}
