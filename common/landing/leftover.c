#include "common/landing/attempt.h"

#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/path.h"

#include <fcntl.h>

static struct tg_str member(struct tg_attempt *a, const struct tg_record *rec, const char *name)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	if (!v || v->kind != TG_STRING)
		return TG_STR_NONE;
	tg_text_decode(&text, rec, v);
	return tg_arena_copy(a->arena, tg_buffer_str(&text));
}

static bool split_path(struct tg_leftover *left)
{
	struct tg_path path;

	if (!tg_path_split(left->path, &path))
		return false;
	left->directory = path.directory;
	left->file = path.file;
	return true;
}

/* Reads the note in the lock. What it says is believed of nothing: whoever acts on it looks at the manifest and at the file. */
void tg_leftover_read(struct tg_attempt *a)
{
	TG_OWN(tg_buffer_release) struct tg_buffer note = TG_BUFFER_INIT;
	struct tg_sought *s = &a->sought[1];
	struct tg_record rec = { 0 };

	tg_zone_noted(a->zone, &note);
	if (!note.n || tg_scan(a->zone->scanner, tg_buffer_str(&note), &rec) != TG_SCAN_OK ||
	    rec.span[0].kind != TG_OBJECT)
		return;
	*s = (struct tg_sought){ .source = member(a, &rec, "source"),
				 .entity = member(a, &rec, "entity"),
				 .date = member(a, &rec, "date"),
				 .sha256 = member(a, &rec, "sha256") };
	a->leftover.path = member(a, &rec, "path");
	a->leftover.stored = member(a, &rec, "stored_sha256");
	if (!a->leftover.stored.p)
		a->leftover.stored = s->sha256;
	if (!s->source.p || !s->entity.p || !s->date.p || s->sha256.n != TG_SHA256_HEX ||
	    !a->leftover.path.p || !split_path(&a->leftover))
		a->leftover = (struct tg_leftover){ .path = TG_STR_NONE };
	s->at = a->leftover.path; /* the same content may have landed under another */
}

enum tg_status tg_leftover_settle(struct tg_attempt *a, struct tg_error *err)
{
	struct tg_leftover *left = &a->leftover;
	TG_OWN(tg_close_fd) int directory = -1;
	bool there, same = false;
	enum tg_status st = TG_OK;

	if (!left->path.p)
		return TG_OK;
	if (a->sought[1].found)
		return tg_zone_note(a->zone, TG_STR_NONE, err); /* it had landed */
	if (tg_str_eq(left->directory, a->directory) &&
	    tg_str_is(a->sought[1].sha256, a->stage->sha256) &&
	    tg_str_eq(left->stored, tg_stage_stored(a->stage)) &&
	    tg_str_eq(left->file, tg_attempt_file(a, 16)) && !a->sought[0].found)
		return TG_OK;
	left->directory = tg_arena_copy(a->arena, left->directory);
	directory = openat(a->zone->directory, left->directory.p,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory >= 0) /* else it had come no further than the directories */
		st = tg_attempt_check(a, directory, left->file, left->stored, &there, &same, err);
	if (!st && same)
		st = tg_attempt_tidy(a, directory, left->path, left->file, err);
	return st ? st : tg_zone_note(a->zone, TG_STR_NONE, err);
}
