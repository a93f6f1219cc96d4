#include "common/landing/attempt.h"

#include "common/json/text.h"
#include "common/landing/name.h"
#include "common/landing/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKED ".zst"

enum { READ_BLOCK = 128 * 1024, FILE_NAME_MAX = 255 };

static struct tg_str encoded(struct tg_arena *arena, const char *before, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_puts(&b, before);
	tg_name_put(&b, text, TG_NAME_MAX);
	return tg_arena_copy(arena, tg_buffer_str(&b));
}

/* NAME gives way where the whole would be too long. */
struct tg_str tg_attempt_file(struct tg_attempt *a, size_t digits)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	const char *packed = a->stage->packs ? PACKED : "";
	size_t room = FILE_NAME_MAX - (sizeof(TG_SIDECAR) - 1) - strlen(packed) - digits - 1;

	tg_buffer_put(&b, a->stage->sha256, digits);
	tg_buffer_putc(&b, '-');
	tg_name_put(&b, a->landing->name, room < TG_NAME_MAX ? room : TG_NAME_MAX);
	tg_buffer_puts(&b, packed);
	return tg_arena_copy(a->arena, tg_buffer_str(&b));
}

static struct tg_str sidecar_of(struct tg_attempt *a, struct tg_str file)
{
	return tg_arena_format(a->arena, "%.*s" TG_SIDECAR, TG_STR_ARG(file));
}

void tg_attempt_prepare(struct tg_attempt *a)
{
	a->level[0] = encoded(a->arena, "source=", a->landing->source);
	a->level[1] = encoded(a->arena, "entity=", a->landing->entity);
	a->level[2] = encoded(a->arena, "date=", a->landing->date);
	a->directory =
		tg_arena_format(a->arena, "%s/%s/%s", a->level[0].p, a->level[1].p, a->level[2].p);
}

enum tg_status tg_attempt_check(struct tg_attempt *a, int directory, struct tg_str file,
				struct tg_str sha256, bool *there, bool *same, struct tg_error *err)
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
 * Asked before anything that is visible is taken away. Who has lost the lock finds, at the latest when he appends, that his line is
 * void; but what he removed may by then be named by another's.
 */
static enum tg_status check_alone(const struct tg_attempt *a, struct tg_error *err)
{
	if (tg_zone_holds(a->zone) && !tg_manifest_moved(&a->manifest))
		return TG_OK;
	return tg_fail(err, TG_TRY_AGAIN, "the lock of the zone %s was lost", a->zone->path);
}

/* The sidecar first: by the data it is known again when we are killed between. */
enum tg_status tg_attempt_tidy(struct tg_attempt *a, int directory, struct tg_str path,
			       struct tg_str file, struct tg_error *err)
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
		st = check_alone(a, err);
	if (!st)
		st = unlink_in(directory, sidecar_of(a, file), err);
	if (!st)
		st = unlink_in(directory, file, err);
	return st ? st : tg_sync(directory, path.p, err);
}

static enum tg_status make_directories(struct tg_attempt *a, struct tg_error *err)
{
	int above = a->zone->directory;

	for (size_t i = 0; i < TG_ATTEMPT_LEVELS; i++) {
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

static enum tg_status note(struct tg_attempt *a, struct tg_str path, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_puts(&b, "{\"v\":1");
	tg_json_put_member(&b, "source", a->landing->source);
	tg_json_put_member(&b, "entity", a->landing->entity);
	tg_json_put_member(&b, "date", a->landing->date);
	tg_json_put_member(&b, "path", path);
	tg_json_put_member(&b, "sha256", tg_str_of(a->stage->sha256));
	if (a->stage->packs)
		tg_json_put_member(&b, "stored_sha256", tg_stage_stored(a->stage));
	tg_buffer_puts(&b, "}\n");
	return tg_zone_note(a->zone, tg_buffer_str(&b), err);
}

struct tg_str tg_attempt_path(struct tg_attempt *a, struct tg_str file)
{
	return tg_arena_format(a->arena, "%s/%s", a->directory.p, file.p);
}

/*
 * Gives the data a name. Data that have it already and are in no line are a killed writer's, of this very content: kept. Other
 * content under it has the same first digits of its digest: then more digits are taken.
 */
static enum tg_status name_data(struct tg_attempt *a, struct tg_error *err)
{
	static const size_t digits[] = { 16, 32, TG_SHA256_HEX };
	int directory = a->at[TG_ATTEMPT_LEVELS - 1];

	for (size_t i = 0; i < TG_COUNT(digits); i++) {
		struct tg_str file = tg_attempt_file(a, digits[i]);
		bool there, same;
		enum tg_status st;

		st = tg_attempt_check(a, directory, file, tg_stage_stored(a->stage), &there, &same,
				      err);
		if (st)
			return st;
		if (there && !same)
			continue;
		st = note(a, tg_attempt_path(a, file), err);
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
		       tg_attempt_file(a, TG_SHA256_HEX).p);
}

/* A sidecar that is there belongs to data without a line: it is a killed writer's. */
static enum tg_status name_sidecar(struct tg_attempt *a, struct tg_error *err)
{
	int directory = a->at[TG_ATTEMPT_LEVELS - 1];
	struct tg_str name = sidecar_of(a, a->file);
	bool there;
	enum tg_status st = tg_publish_link(&a->sidecar, directory, name.p, &there, err);

	if (st || !there)
		return st;
	st = check_alone(a, err);
	if (!st)
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
static enum tg_status sync_directories(struct tg_attempt *a, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = TG_ATTEMPT_LEVELS; !st && i > (a->synced ? TG_ATTEMPT_LEVELS - 1 : 0); i--)
		st = tg_sync(a->at[i - 1], a->level[i - 1].p, err);
	if (!st && !a->synced)
		st = tg_sync(a->zone->directory, a->zone->path, err);
	return st;
}

enum tg_status tg_attempt_place(struct tg_attempt *a, struct tg_error *err)
{
	enum tg_status st = make_directories(a, err);

	if (!st)
		st = name_data(a, err);
	if (!st)
		st = name_sidecar(a, err);
	return st ? st : sync_directories(a, err);
}
