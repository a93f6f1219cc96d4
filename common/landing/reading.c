#include "common/landing/reading.h"

enum tg_status tg_reading_find(struct tg_reading *r, const char *path, struct tg_arena *arena,
			       struct tg_error *err)
{
	enum tg_status st = tg_zone_look(&r->zone, path, arena, err);

	if (!st)
		st = tg_manifest_open(&r->manifest, &r->zone, err);
	return st ? st : tg_manifest_open(&r->later, &r->zone, err);
}

enum tg_status tg_reading_read(struct tg_reading *r, tg_manifest_visit tally, void *arg,
			       struct tg_error *err)
{
	enum tg_status st = tg_chain_read(&r->chain, &r->manifest, tally, arg, err);

	/* It stood there a moment ago; if it does not now, the next walk tells. */
	if (!st && tg_manifest_resume(&r->later, r->chain.end, r->chain.last, r->chain.last_n,
				      r->chain.tail))
		r->later.lines = r->chain.lines;
	return st;
}

enum tg_status tg_reading_open(struct tg_reading *r, const char *path, struct tg_arena *arena,
			       struct tg_error *err)
{
	enum tg_status st = tg_reading_find(r, path, arena, err);

	return st ? st : tg_reading_read(r, NULL, NULL, err);
}

void tg_reading_rewind(struct tg_reading *r)
{
	r->begun = false;
}

enum tg_status tg_reading_next(struct tg_reading *r, struct tg_line *line, bool *gone, bool *more,
			       struct tg_error *err)
{
	enum tg_status st;

	if (!r->begun) {
		tg_manifest_rewind(&r->manifest);
		tg_manifest_begin(&r->manifest);
		r->begun = true;
	}
	do
		st = tg_manifest_next(&r->manifest, line, more, err);
	while (!st && *more && line->offset < r->chain.end && line->kind != TG_LINE_LANDING);
	*more = !st && *more && line->offset < r->chain.end;
	*gone = *more && tg_marks_have(&r->chain.gone, line->landing);
	return st;
}

static enum tg_status add(void *arg, const struct tg_line *line, struct tg_error *err)
{
	(void)err;
	tg_chain_add(arg, line);
	return TG_OK;
}

enum tg_status tg_reading_is_gone(struct tg_reading *r, struct tg_str landing, bool *gone,
				  struct tg_error *err)
{
	enum tg_status st = tg_manifest_walk(&r->later, add, &r->chain, err);

	*gone = !st && tg_marks_have(&r->chain.gone, landing);
	return st;
}

void tg_reading_release(struct tg_reading *r)
{
	tg_chain_release(&r->chain);
	tg_manifest_release(&r->manifest);
	tg_manifest_release(&r->later);
	tg_zone_release(&r->zone);
}
