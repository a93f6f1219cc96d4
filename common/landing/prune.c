#include "common/landing/prune.h"

#include "common/io/interrupt.h"
#include "common/io/publish.h"
#include "common/json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum tg_status tg_prune_check(const struct tg_prune *p, struct tg_error *err)
{
	const struct tg_reading *r = p->r;

	if (r->zone.broken)
		return tg_fail(err, TG_IO,
			       "the zone %s is broken: its manifest could not be written to the "
			       "end; `landing-verify --repair` puts it right",
			       r->zone.path);
	if (r->chain.lost)
		return tg_fail(err, TG_DATA,
			       "the chain of %s breaks at line %llu: nothing is removed from a "
			       "zone that somebody has changed; landing-verify says more",
			       r->zone.manifest, (unsigned long long)r->chain.first_lost);
	return TG_OK;
}

bool tg_prune_is_of(const struct tg_prune *p, const struct tg_line *line)
{
	return (!p->source.p || tg_str_eq(line->source, p->source)) &&
	       (!p->entity.p || tg_str_eq(line->entity, p->entity));
}

/* -- files -------------------------------------------------------------------------------------------------------------------- */

static enum tg_status fail_file(const struct tg_prune *p, const char *what, struct tg_error *err)
{
	return tg_fail(err, TG_IO, "cannot %s data in the zone %s: %s", what, p->r->zone.path,
		       strerror(errno));
}

static enum tg_status unlink_in(const struct tg_prune *p, int directory, const char *name,
				struct tg_error *err)
{
	if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
		return fail_file(p, "remove", err);
	return TG_OK;
}

/* The data first: they are what must go. Without syncing. */
static enum tg_status unlink_both(struct tg_prune *p, struct tg_path_walk *dirs, struct tg_str text,
				  struct tg_error *err)
{
	char data[NAME_MAX + 1], sidecar[NAME_MAX + sizeof(TG_SIDECAR)];
	struct tg_path path;
	int directory;
	enum tg_status st;

	if (!tg_path_split(text, &path))
		return TG_OK; /* no path of ours: nothing lies there that a line could name */
	directory = tg_path_directory(dirs, &path);
	if (directory < 0)
		return errno == ENOENT ? TG_OK : fail_file(p, "reach", err);
	snprintf(data, sizeof(data), "%.*s", TG_STR_ARG(path.file));
	snprintf(sidecar, sizeof(sidecar), "%.*s" TG_SIDECAR, TG_STR_ARG(path.file));
	st = unlink_in(p, directory, data, err);
	return st ? st : unlink_in(p, directory, sidecar, err);
}

enum tg_status tg_prune_remove(struct tg_prune *p, struct tg_path_walk *dirs, struct tg_str path,
			       struct tg_error *err)
{
	enum tg_status st = unlink_both(p, dirs, path, err);

	if (!st && dirs->fd >= 0)
		st = tg_sync(dirs->fd, p->r->zone.path, err);
	return st;
}

/* -- what a killed run had left ------------------------------------------------------------------------------------------------ */

static bool remains(struct tg_path_walk *dirs, struct tg_str text)
{
	char name[NAME_MAX + sizeof(TG_SIDECAR)];
	struct tg_path path;
	struct stat st;
	int directory;

	if (!tg_path_split(text, &path))
		return false;
	directory = tg_path_directory(dirs, &path);
	if (directory < 0)
		return false;
	snprintf(name, sizeof(name), "%.*s" TG_SIDECAR, TG_STR_ARG(path.file));
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	name[path.file.n] = '\0';
	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A path that a landing has which is there is never one that remains. Two have one path only when somebody has tampered. */
static enum tg_status find_live(struct tg_prune *p, struct tg_marks *live, struct tg_error *err)
{
	struct tg_line line;
	bool gone, more = true;
	enum tg_status st = TG_OK;

	tg_reading_rewind(p->r);
	while (!st && more) {
		st = tg_reading_next(p->r, &line, &gone, &more, err);
		if (!st && more && !gone)
			tg_marks_add(live, line.path);
	}
	return st;
}

/* Under the lock from the first that remains on. */
static enum tg_status finish_one(struct tg_prune *p, struct tg_path_walk *dirs,
				 const struct tg_line *line, struct tg_error *err)
{
	struct tg_pruned pruned = { .result = "finished", .line = line, .records = line->records };
	enum tg_status st = TG_OK;

	if (!p->dry && p->r->zone.lock < 0) {
		st = tg_zone_lock(&p->r->zone, p->lock_micros, err);
		/* What was read and not synced may vanish; then its data must be there still. */
		if (!st)
			st = tg_sync(p->r->manifest.fd, p->r->zone.manifest, err);
	}
	if (!st && !p->dry)
		st = tg_prune_remove(p, dirs, line->path, err);
	return st ? st : p->report(p->arg, &pruned, err);
}

enum tg_status tg_prune_finish(struct tg_prune *p, struct tg_error *err)
{
	TG_OWN(tg_marks_release) struct tg_marks live = { .n = 0 };
	TG_OWN(tg_path_walk_release)
	struct tg_path_walk dirs = TG_PATH_WALK_INIT(p->r->zone.directory);
	struct tg_line line;
	bool gone, more = p->r->chain.gone.n > 0;
	enum tg_status st = more ? find_live(p, &live, err) : TG_OK;

	tg_reading_rewind(p->r);
	while (!st && more && !tg_interrupted()) {
		st = tg_reading_next(p->r, &line, &gone, &more, err);
		if (!st && more && gone && !tg_marks_have(&live, line.path) &&
		    remains(&dirs, line.path))
			st = finish_one(p, &dirs, &line, err);
	}
	tg_zone_unlock(&p->r->zone);
	return !st && tg_interrupted() ? tg_fail(err, TG_INTERRUPTED, "interrupted") : st;
}

/* -- pruning ------------------------------------------------------------------------------------------------------------------ */

/* Where a landing's line stands. */
struct place {
	uint64_t offset, number;
};

/* Some landings on their way, under the lock. */
struct batch {
	struct tg_prune *p;
	struct tg_manifest manifest;
	struct tg_path_walk dirs;
	struct tg_buffer line;
	const struct place *place;
	size_t n;
	bool gone[TG_PRUNE_EACH]; /* meanwhile, by another run */
};

static void batch_release(struct batch *b)
{
	tg_manifest_release(&b->manifest);
	tg_path_walk_release(&b->dirs);
	tg_buffer_release(&b->line);
	tg_zone_unlock(&b->p->r->zone);
}

/* Goes on from where the reading ended. */
static enum tg_status begin(struct batch *b, struct tg_error *err)
{
	struct tg_reading *r = b->p->r;
	struct tg_chain *c = &r->chain;
	bool ignored;
	enum tg_status st = tg_zone_lock(&r->zone, b->p->lock_micros, err);

	if (!st)
		st = tg_manifest_make(&b->manifest, &r->zone, err);
	if (!st && !tg_manifest_resume(&b->manifest, c->end, c->last, c->last_n, c->tail) &&
	    c->counting)
		st = tg_fail(err, TG_TRY_AGAIN, "%s was changed while it was read",
			     r->zone.manifest);
	if (!st)
		st = tg_manifest_walk(&b->manifest, NULL, NULL, err);
	if (!st)
		st = tg_manifest_cut(&b->manifest, err);
	return st ? st : tg_reading_is_gone(r, TG_STR(""), &ignored, err); /* adds what came */
}

static void put_head(struct batch *b)
{
	const struct tg_prune *p = b->p;

	tg_manifest_put_head(&b->manifest, &b->line, "prune");
	tg_buffer_puts(&b->line, ",\"time\":\"");
	tg_time_put(&b->line, p->now);
	tg_buffer_putc(&b->line, '"');
	tg_json_put_member(&b->line, "run", p->run);
	tg_json_put_member(&b->line, "reason", p->reason);
	tg_buffer_puts(&b->line, ",\"landings\":[");
}

static enum tg_status read_line(struct batch *b, size_t i, struct tg_line *line,
				struct tg_error *err)
{
	if (tg_manifest_read(&b->manifest, b->place[i].offset, line)) {
		line->number = b->place[i].number;
		return TG_OK;
	}
	return tg_fail(err, TG_TRY_AGAIN, "%s was changed while it was read",
		       b->p->r->zone.manifest);
}

/* The line that says that they go; *some: it names any. */
static enum tg_status say_so(struct batch *b, bool *some, struct tg_error *err)
{
	struct tg_line line;
	enum tg_status st = TG_OK;

	*some = false;
	put_head(b);
	for (size_t i = 0; !st && i < b->n; i++) {
		st = read_line(b, i, &line, err);
		if (st)
			break;
		b->gone[i] = tg_marks_have(&b->p->r->chain.gone, line.landing);
		if (b->gone[i])
			continue;
		if (*some)
			tg_buffer_putc(&b->line, ',');
		tg_json_put_string(&b->line, line.landing);
		*some = true;
	}
	tg_buffer_puts(&b->line, "]}\n");
	if (!st && *some)
		st = tg_manifest_append(&b->manifest, tg_buffer_str(&b->line), err);
	return st;
}

/* A directory is synced when the next one comes, and at the end. */
static enum tg_status remove_them(struct batch *b, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer directory = TG_BUFFER_INIT;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < b->n; i++) {
		struct tg_line line;
		struct tg_path path;

		if (b->gone[i])
			continue;
		st = read_line(b, i, &line, err);
		if (st || !tg_path_split(line.path, &path))
			continue;
		if (b->dirs.fd >= 0 && !tg_str_eq(tg_buffer_str(&directory), path.directory))
			st = tg_sync(b->dirs.fd, b->p->r->zone.path, err);
		tg_buffer_clear(&directory);
		tg_buffer_put_str(&directory, path.directory);
		if (!st)
			st = unlink_both(b->p, &b->dirs, line.path, err);
	}
	if (!st && b->dirs.fd >= 0)
		st = tg_sync(b->dirs.fd, b->p->r->zone.path, err);
	return st;
}

static enum tg_status report_them(struct batch *b, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < b->n; i++) {
		struct tg_line line;
		struct tg_pruned pruned = { .result = "pruned", .line = &line };

		st = read_line(b, i, &line, err);
		pruned.records = line.records;
		if (!st && !b->gone[i])
			st = b->p->report(b->p->arg, &pruned, err);
	}
	return st;
}

static enum tg_status prune_batch(struct tg_prune *p, const struct place *place, size_t n,
				  bool *done, struct tg_error *err)
{
	TG_OWN(batch_release)
	struct batch b = { .p = p,
			   .manifest = TG_MANIFEST_INIT,
			   .dirs = TG_PATH_WALK_INIT(p->r->zone.directory),
			   .place = place,
			   .n = n };
	enum tg_status st = begin(&b, err);

	if (st)
		return st;
	tg_interrupt_hold();
	st = say_so(&b, done, err);
	if (!st)
		st = remove_them(&b, err);
	tg_interrupt_release();
	return st ? st : report_them(&b, err);
}

enum tg_status tg_prune_one(struct tg_prune *p, const struct tg_line *line, bool *done,
			    struct tg_error *err)
{
	struct place place = { line->offset, line->number };

	return prune_batch(p, &place, 1, done, err);
}

/* -- which ones --------------------------------------------------------------------------------------------------------------- */

/* Whether a landing that is there shall go. */
typedef bool wanted(const struct tg_prune *p, const void *arg, const struct tg_line *line);

static bool is_old(const struct tg_prune *p, const void *arg, const struct tg_line *line)
{
	const struct tg_retention *retention = arg;
	struct tg_str day = line->date;
	struct tg_time end;

	if (retention->from_receipt)
		day = tg_str_from(line->time.p, line->time.n < 10 ? line->time.n : 10);
	return tg_period_after(day, retention->keep, &end) && p->now.seconds >= end.seconds;
}

static enum tg_status say_dry(struct tg_prune *p, const struct tg_line *line, struct tg_error *err)
{
	struct tg_pruned pruned = { .result = "pruned", .line = line, .records = line->records };

	return p->report(p->arg, &pruned, err);
}

static bool has_id(const struct tg_prune *p, const void *arg, const struct tg_line *line)
{
	const struct tg_str *id = arg;

	(void)p;
	return tg_str_eq(line->landing, *id);
}

/* Where the lines of such landings stand: sixteen bytes each. */
static enum tg_status find(struct tg_prune *p, wanted *is_wanted, const void *arg,
			   struct tg_buffer *places, struct tg_error *err)
{
	struct tg_line line;
	bool gone, more = true;
	enum tg_status st = TG_OK;

	tg_reading_rewind(p->r);
	while (!st && more) {
		st = tg_reading_next(p->r, &line, &gone, &more, err);
		if (st || !more || gone || !tg_prune_is_of(p, &line) || !is_wanted(p, arg, &line))
			continue;
		tg_buffer_put(places, &(struct place){ line.offset, line.number },
			      sizeof(struct place));
		if (p->dry)
			st = say_dry(p, &line, err);
	}
	return st;
}

static enum tg_status prune_all(struct tg_prune *p, const struct tg_buffer *places,
				struct tg_error *err)
{
	size_t n = places->n / sizeof(struct place);
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && !p->dry && i < n; i += TG_PRUNE_EACH) {
		struct place place[TG_PRUNE_EACH];
		size_t some = n - i < TG_PRUNE_EACH ? n - i : TG_PRUNE_EACH;
		bool done;

		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		memcpy(place, places->p + i * sizeof(struct place), some * sizeof(struct place));
		st = prune_batch(p, place, some, &done, err);
	}
	return st;
}

enum tg_status tg_prune_old(struct tg_prune *p, const struct tg_retention *retention,
			    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer places = TG_BUFFER_INIT;
	enum tg_status st = find(p, is_old, retention, &places, err);

	return st ? st : prune_all(p, &places, err);
}

enum tg_status tg_prune_landing(struct tg_prune *p, struct tg_str id, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer places = TG_BUFFER_INIT;
	enum tg_status st = find(p, has_id, &id, &places, err);
	bool gone = false;

	if (!st && !places.n)
		st = tg_reading_is_gone(p->r, id, &gone, err);
	if (!st && !places.n && !gone)
		return tg_fail(err, TG_NO_INPUT,
			       "there is no landing %.*s of that source and entity in the zone %s",
			       TG_STR_ARG(id), p->r->zone.path);
	return st ? st : prune_all(p, &places, err);
}
