#include "common/landing/land.h"

#include "common/io/interrupt.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/history.h"
#include "common/landing/name.h"
#include "common/landing/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIDECAR ".meta.json"

enum { LEVELS = 3, READ_BLOCK = 128 * 1024, FILE_NAME_MAX = 255 };

/* What a writer that was killed had begun to name: its note in the lock. */
struct leftover {
	struct tg_str path; /* relative to the zone; none: nothing was left */
	struct tg_str directory, file;
};

struct attempt {
	struct tg_landing *landing;
	struct tg_zone *zone;
	struct tg_stage *stage;
	struct tg_arena *arena;
	struct tg_manifest manifest;
	struct tg_sought sought[2]; /* this landing; the leftover's */
	struct leftover leftover;
	struct tg_str level[LEVELS]; /* source=S entity=E date=D */
	struct tg_str directory;     /* the three with slashes */
	bool synced;		     /* the directory and all above it are known to be */
	int at[LEVELS];
	struct tg_publish sidecar;
	char sidecar_sha256[TG_SHA256_HEX + 1];
	struct tg_str file; /* the data's name in its directory, once it has one */
	bool named;	    /* something of this landing is visible */
};

static void attempt_release(struct attempt *a)
{
	for (size_t i = 0; i < LEVELS; i++)
		tg_close_fd(&a->at[i]);
	tg_publish_release(&a->sidecar);
	tg_manifest_release(&a->manifest);
	tg_zone_unlock(a->zone);
}

static struct tg_str encoded(struct tg_arena *arena, const char *before, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_puts(&b, before);
	tg_name_put(&b, text, TG_NAME_MAX);
	return tg_arena_copy(arena, tg_buffer_str(&b));
}

/* The data's file name with so many digits of their digest; NAME gives way where the whole would be too long. */
static struct tg_str file_name(struct attempt *a, size_t digits)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	size_t room = FILE_NAME_MAX - (sizeof(SIDECAR) - 1) - digits - 1;

	tg_buffer_put(&b, a->stage->sha256, digits);
	tg_buffer_putc(&b, '-');
	tg_name_put(&b, a->landing->name, room < TG_NAME_MAX ? room : TG_NAME_MAX);
	return tg_arena_copy(a->arena, tg_buffer_str(&b));
}

static struct tg_str sidecar_of(struct attempt *a, struct tg_str file)
{
	return tg_arena_format(a->arena, "%.*s" SIDECAR, TG_STR_ARG(file));
}

/* -- before the lock -------------------------------------------------------------------------------------------------------- */

static void draw_id(struct attempt *a)
{
	TG_OWN(tg_buffer_release) struct tg_buffer hex = TG_BUFFER_INIT;
	char id[16];

	tg_random(id, sizeof(id));
	tg_buffer_put_hex(&hex, id, sizeof(id));
	a->landing->id = tg_arena_copy(a->arena, tg_buffer_str(&hex));
}

static enum tg_status stage_sidecar(struct attempt *a, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	enum tg_status st;

	tg_sidecar_put(&text, a->landing, a->stage);
	tg_digest_add(a->stage->digest, text.p, text.n);
	tg_digest_hex(a->stage->digest, a->sidecar_sha256);
	st = tg_publish_stage(&a->sidecar, a->zone->own, 0444, "the sidecar in the zone", err);
	if (!st)
		st = tg_publish_write(&a->sidecar, tg_buffer_str(&text), err);
	return st ? st : tg_sync(a->sidecar.fd, a->sidecar.what, err);
}

static void prepare(struct attempt *a)
{
	struct tg_landing *l = a->landing;

	a->level[0] = encoded(a->arena, "source=", l->source);
	a->level[1] = encoded(a->arena, "entity=", l->entity);
	a->level[2] = encoded(a->arena, "date=", l->date);
	a->directory =
		tg_arena_format(a->arena, "%s/%s/%s", a->level[0].p, a->level[1].p, a->level[2].p);
	a->sought[0] = (struct tg_sought){ .source = l->source,
					   .entity = l->entity,
					   .sha256 = tg_str_of(a->stage->sha256),
					   .date = l->date_stated ? l->date : TG_STR_NONE };
	draw_id(a);
}

/* -- what a killed writer left ----------------------------------------------------------------------------------------------- */

static struct tg_str member(struct attempt *a, const struct tg_record *rec, const char *name)
{
	const struct tg_span *v = tg_member_find(rec, rec->span, tg_str_of(name));
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	if (!v || v->kind != TG_STRING)
		return TG_STR_NONE;
	tg_text_decode(&text, rec, v);
	return tg_arena_copy(a->arena, tg_buffer_str(&text));
}

/* A path as we make them, and nothing that could lead elsewhere: source=.../entity=.../date=.../FILE. */
static bool split_path(struct leftover *left)
{
	static const char *const begin[] = { "source=", "entity=", "date=" };
	struct tg_str rest = left->path;

	if (memchr(rest.p, '\0', rest.n))
		return false;
	for (size_t i = 0; i < LEVELS; i++) {
		const char *slash = memchr(rest.p, '/', rest.n);

		if (!slash || !tg_str_starts(rest, tg_str_of(begin[i])))
			return false;
		rest = tg_str_after(rest, (size_t)(slash - rest.p) + 1);
	}
	left->directory = tg_str_from(left->path.p, left->path.n - rest.n - 1);
	left->file = rest;
	return rest.n > 17 && !memchr(rest.p, '/', rest.n) &&
	       strspn(rest.p, "0123456789abcdef") >= 16;
}

/* Reads the note in the lock. What it says is believed of nothing: whoever acts on it looks at the manifest and at the file. */
static void read_leftover(struct attempt *a)
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
	if (!s->source.p || !s->entity.p || !s->date.p || s->sha256.n != TG_SHA256_HEX ||
	    !a->leftover.path.p || !split_path(&a->leftover))
		a->leftover = (struct leftover){ TG_STR_NONE, TG_STR_NONE, TG_STR_NONE };
}

/* Whether the file of that name has the content with that digest. *there: there is something of that name. */
static enum tg_status check_content(struct attempt *a, int directory, struct tg_str file,
				    struct tg_str sha256, bool *there, bool *same,
				    struct tg_error *err)
{
	TG_OWN(tg_close_fd)
	int fd = openat(directory, file.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	TG_OWN(tg_free_pointer) char *block = NULL;
	char hex[TG_SHA256_HEX + 1];
	struct stat st;

	*same = false;
	*there = fd >= 0 || errno == ELOOP;
	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return TG_OK;
	if (fd < 0 || fstat(fd, &st) != 0)
		return tg_fail(err, TG_IO, "cannot look at %s in the zone: %s", file.p,
			       strerror(errno));
	if (!S_ISREG(st.st_mode))
		return TG_OK;
	block = tg_alloc(READ_BLOCK);
	for (;;) {
		ssize_t n = read(fd, block, READ_BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tg_fail(err, TG_IO, "cannot read %s in the zone: %s", file.p,
				       strerror(errno));
		if (n == 0)
			break;
		tg_digest_add(a->stage->digest, block, (size_t)n);
	}
	tg_digest_hex(a->stage->digest, hex);
	*same = tg_str_is(sha256, hex);
	/* Whoever named it had synced it, so this costs nothing; but it is on what is written here that its landing will rest. */
	return *same ? tg_sync(fd, file.p, err) : TG_OK;
}

static enum tg_status unlink_in(int directory, struct tg_str file, struct tg_error *err)
{
	if (unlinkat(directory, file.p, 0) != 0 && errno != ENOENT)
		return tg_fail(err, TG_IO, "cannot remove %s from the zone: %s", file.p,
			       strerror(errno));
	return TG_OK;
}

/*
 * Removes data that no line names, and their sidecar, the sidecar first: by the data it is known again if we are killed between. The
 * line before makes void what a writer that lost its lock may be about to append about them (protocol.md, A6).
 */
static enum tg_status tidy(struct attempt *a, int directory, struct tg_str path, struct tg_str file,
			   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	enum tg_status st;

	tg_manifest_put_head(&a->manifest, &line, "tidy");
	tg_buffer_puts(&line, ",\"time\":\"");
	tg_time_put(&line, a->landing->time);
	tg_buffer_putc(&line, '"');
	tg_json_put_member(&line, "run", a->landing->run);
	tg_buffer_puts(&line, ",\"paths\":[");
	tg_json_put_string(&line, path);
	tg_buffer_puts(&line, "]}\n");
	st = tg_manifest_append(&a->manifest, tg_buffer_str(&line), err);
	if (!st)
		st = unlink_in(directory, sidecar_of(a, file), err);
	if (!st)
		st = unlink_in(directory, file, err);
	return st ? st : tg_sync(directory, path.p, err);
}

/* The same content under the same name is taken over where it is placed; anything else is tidied. */
static enum tg_status settle_leftover(struct attempt *a, struct tg_error *err)
{
	struct leftover *left = &a->leftover;
	TG_OWN(tg_close_fd) int directory = -1;
	bool there, same = false;
	enum tg_status st = TG_OK;

	if (!left->path.p)
		return TG_OK;
	if (a->sought[1].found)
		return tg_zone_note(a->zone, TG_STR_NONE, err); /* it had landed */
	if (tg_str_eq(left->directory, a->directory) &&
	    tg_str_is(a->sought[1].sha256, a->stage->sha256) &&
	    tg_str_eq(left->file, file_name(a, 16)) && !a->sought[0].found)
		return TG_OK;
	left->directory = tg_arena_copy(a->arena, left->directory);
	directory = openat(a->zone->directory, left->directory.p,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory >= 0) /* else it had come no further than the directories */
		st = check_content(a, directory, left->file, a->sought[1].sha256, &there, &same,
				   err);
	if (!st && same)
		st = tidy(a, directory, left->path, left->file, err);
	return st ? st : tg_zone_note(a->zone, TG_STR_NONE, err);
}

/* -- naming it --------------------------------------------------------------------------------------------------------------- */

static enum tg_status make_directories(struct attempt *a, struct tg_error *err)
{
	int above = a->zone->directory;

	for (size_t i = 0; i < LEVELS; i++) {
		const char *name = a->level[i].p;

		if (mkdirat(above, name, 0777) != 0 && errno != EEXIST)
			return tg_fail(err, errno == EIO ? TG_IO : TG_CANNOT_CREATE,
				       "cannot make %s in the zone %s: %s", name, a->zone->path,
				       strerror(errno));
		a->at[i] = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (a->at[i] < 0)
			return tg_fail(err, TG_CANNOT_CREATE, "cannot open %s in the zone %s: %s",
				       name, a->zone->path, strerror(errno));
		above = a->at[i];
	}
	return TG_OK;
}

static enum tg_status note(struct attempt *a, struct tg_str path, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_puts(&b, "{\"v\":1");
	tg_json_put_member(&b, "source", a->landing->source);
	tg_json_put_member(&b, "entity", a->landing->entity);
	tg_json_put_member(&b, "date", a->landing->date);
	tg_json_put_member(&b, "path", path);
	tg_json_put_member(&b, "sha256", tg_str_of(a->stage->sha256));
	tg_buffer_puts(&b, "}\n");
	return tg_zone_note(a->zone, tg_buffer_str(&b), err);
}

static struct tg_str path_of(struct attempt *a, struct tg_str file)
{
	return tg_arena_format(a->arena, "%s/%s", a->directory.p, file.p);
}

/*
 * Gives the data a name. Data that have it already and are in no line are a killed writer's, of this very content: kept. Other
 * content under it has the same first digits of its digest: then more digits are taken.
 */
static enum tg_status name_data(struct attempt *a, struct tg_error *err)
{
	static const size_t digits[] = { 16, 32, TG_SHA256_HEX };
	int directory = a->at[LEVELS - 1];

	for (size_t i = 0; i < TG_COUNT(digits); i++) {
		struct tg_str file = file_name(a, digits[i]);
		bool there, same;
		enum tg_status st;

		st = check_content(a, directory, file, tg_str_of(a->stage->sha256), &there, &same,
				   err);
		if (st)
			return st;
		if (there && !same)
			continue;
		st = note(a, path_of(a, file), err);
		if (st)
			return st;
		a->named = true;
		a->file = file;
		if (!there)
			st = tg_publish_link(&a->stage->file, directory, file.p, &there, err);
		if (!st && there && !same)
			st = tg_fail(err, TG_TRY_AGAIN,
				     "another writer has made %s meanwhile: the zone's lock was "
				     "lost",
				     file.p);
		return st;
	}
	return tg_fail(err, TG_CANNOT_CREATE,
		       "cannot make %s in the zone: other data have this name",
		       file_name(a, TG_SHA256_HEX).p);
}

/* A sidecar that is there belongs to data without a line: it is a killed writer's. */
static enum tg_status name_sidecar(struct attempt *a, struct tg_error *err)
{
	int directory = a->at[LEVELS - 1];
	struct tg_str name = sidecar_of(a, a->file);
	bool there;
	enum tg_status st = tg_publish_link(&a->sidecar, directory, name.p, &there, err);

	if (st || !there)
		return st;
	st = unlink_in(directory, name, err);
	if (!st)
		st = tg_publish_link(&a->sidecar, directory, name.p, &there, err);
	if (!st && there)
		st = tg_fail(err, TG_TRY_AGAIN,
			     "another writer has made %s meanwhile: the zone's lock was lost",
			     name.p);
	return st;
}

/* From the leaf up. A line that names this directory was written when all was synced: then the leaf is enough. */
static enum tg_status sync_directories(struct attempt *a, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = LEVELS; !st && i > (a->synced ? LEVELS - 1 : 0); i--)
		st = tg_sync(a->at[i - 1], a->level[i - 1].p, err);
	if (!st && !a->synced)
		st = tg_sync(a->zone->directory, a->zone->path, err);
	return st;
}

static enum tg_status place(struct attempt *a, struct tg_error *err)
{
	enum tg_status st = make_directories(a, err);

	if (!st)
		st = name_data(a, err);
	if (!st)
		st = name_sidecar(a, err);
	return st ? st : sync_directories(a, err);
}

/* -- the line ---------------------------------------------------------------------------------------------------------------- */

static enum tg_status commit(struct attempt *a, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	const struct tg_landing *l = a->landing;

	tg_manifest_put_head(&a->manifest, &line, "landing");
	tg_json_put_member(&line, "landing", l->id);
	tg_buffer_puts(&line, ",\"time\":\"");
	tg_time_put(&line, l->time);
	tg_buffer_putc(&line, '"');
	tg_json_put_member(&line, "run", l->run);
	tg_json_put_member(&line, "source", l->source);
	tg_json_put_member(&line, "entity", l->entity);
	tg_json_put_member(&line, "date", l->date);
	tg_json_put_member(&line, "path", path_of(a, a->file));
	tg_json_put_member(&line, "sha256", tg_str_of(a->stage->sha256));
	tg_json_put_member_u64(&line, "bytes", a->stage->bytes);
	tg_json_put_member_u64(&line, "records", a->stage->records.n);
	tg_json_put_member(&line, "sidecar_sha256", tg_str_of(a->sidecar_sha256));
	tg_json_put_member(&line, "schema_version", l->schema_version);
	tg_buffer_puts(&line, ",\"batches\":");
	tg_stores_put(&l->stores, &line);
	tg_buffer_puts(&line, "}\n");
	return tg_manifest_append(&a->manifest, tg_buffer_str(&line), err);
}

/*
 * It has not landed: what is visible of it goes again, if that can be done by the rules. If not, the note in the lock tells the next
 * writer. Who has lost the lock touches nothing.
 */
static void take_back(struct attempt *a, enum tg_status why)
{
	struct tg_error ignored = TG_ERROR_INIT;

	if (!a->named || why == TG_TRY_AGAIN || a->zone->broken)
		return;
	if (tidy(a, a->at[LEVELS - 1], path_of(a, a->file), a->file, &ignored) == TG_OK)
		(void)!tg_zone_note(a->zone, TG_STR_NONE, &ignored);
}

/* -- all of it --------------------------------------------------------------------------------------------------------------- */

static struct tg_str absolute(struct attempt *a, struct tg_str path)
{
	struct tg_str zone = a->zone->absolute;

	if (!zone.p)
		zone = tg_str_of(a->zone->path); /* a dry run, and no zone yet */
	return tg_arena_format(a->arena, "%.*s/%.*s", TG_STR_ARG(zone), TG_STR_ARG(path));
}

static void say(struct attempt *a, enum tg_landing_result result)
{
	struct tg_landing *l = a->landing;
	const struct tg_sought *before = &a->sought[0];

	l->result = result;
	if (result == TG_DUPLICATE) {
		l->path = absolute(a, before->path);
		l->id = before->landing;
		l->bytes = before->bytes;
		l->records = before->records;
		return;
	}
	l->path = absolute(a, path_of(a, a->file));
	l->bytes = a->stage->bytes;
	l->records = a->stage->records.n;
}

static enum tg_status look_only(struct attempt *a, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (a->zone->directory >= 0)
		st = tg_manifest_open(&a->manifest, a->zone, err);
	if (!st && a->zone->directory >= 0)
		st = tg_history_find(&a->manifest, a->sought, 1, a->directory, &a->synced, false,
				     a->arena, err);
	a->file = file_name(a, 16);
	if (!st)
		say(a, a->sought[0].found ? TG_DUPLICATE : TG_LANDED);
	return st;
}

/* Under the lock: what has been before. */
static enum tg_status recall(struct attempt *a, struct tg_error *err)
{
	enum tg_status st = tg_manifest_make(&a->manifest, a->zone, err);

	if (st)
		return st;
	if (a->stage->file
		    .temporary) /* the file system has no unnamed files: there may be dead ones */
		tg_publish_sweep(a->zone->own);
	read_leftover(a);
	st = tg_history_find(&a->manifest, a->sought, a->leftover.path.p ? 2 : 1, a->directory,
			     &a->synced, true, a->arena, err);
	if (!st)
		st = tg_manifest_cut(&a->manifest, err);
	return st ? st : settle_leftover(a, err);
}

/* A4.9. It has landed, whatever happens here. */
static void see(struct attempt *a)
{
	struct tg_landing *l = a->landing;

	l->in_doubt = tg_stores_see(&l->stores, &a->manifest, l->id, l->time, &l->doubt) != TG_OK;
}

/*
 * From here on nothing interrupts; what was begun is ended, or taken back. Batches stay marked where the manifest could not be put
 * right: its line may still come to count.
 */
static enum tg_status land(struct attempt *a, struct tg_error *err)
{
	struct tg_landing *l = a->landing;
	enum tg_status st = tg_stores_mark(&l->stores, a->zone, l->id, l->time, err); /* A4.5 */

	if (st)
		return st;
	st = place(a, err); /* A4.6 */
	if (!st)
		st = commit(a, err); /* A4.7, A4.8 */
	if (st) {
		take_back(a, st);
		if (!a->zone->broken)
			tg_stores_drop(&l->stores, l->id);
		return st;
	}
	see(a);
	say(a, TG_LANDED);
	return TG_OK;
}

/* A4.4: the same content is there, and its keys are seen with that landing. */
static enum tg_status repeat(struct attempt *a, struct tg_error *err)
{
	struct tg_landing *l = a->landing;
	enum tg_status st = tg_manifest_sync(&a->manifest, err);

	if (!st)
		st = tg_stores_see_duplicate(&l->stores, a->zone, a->sought[0].landing, l->time,
					     err);
	if (!st)
		say(a, TG_DUPLICATE);
	return st;
}

enum tg_status tg_land(struct tg_landing *landing, struct tg_zone *zone, struct tg_stage *stage,
		       struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(attempt_release)
	struct attempt a = { .landing = landing,
			     .zone = zone,
			     .stage = stage,
			     .arena = arena,
			     .manifest = TG_MANIFEST_INIT,
			     .at = { -1, -1, -1 },
			     .sidecar = TG_PUBLISH_INIT };
	struct tg_error ignored = TG_ERROR_INIT;
	enum tg_status st;

	prepare(&a);
	if (stage->dry)
		return look_only(&a, err);
	st = stage_sidecar(&a, err);
	if (!st)
		st = tg_zone_lock(zone, landing->lock_micros, err); /* A4.2 */
	if (!st)						    /* A4.3 */
		st = tg_stores_settle(&landing->stores, zone, landing->run, landing->time, err);
	if (!st)
		st = recall(&a, err); /* A4.4 */
	if (!st && a.sought[0].found)
		return repeat(&a, err);
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (st)
		return st;
	tg_interrupt_hold();
	st = land(&a, err);
	if (!st)
		(void)!tg_zone_note(zone, TG_STR_NONE, &ignored);
	tg_interrupt_release();
	return st;
}
