#include "common/landing/zone.h"

#include "common/base/check.h"
#include "common/digest/digest.h"
#include "common/io/lock.h"
#include "common/io/publish.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN ".tidegate"

enum {
	NOTE_MAX = 4096,
	FORMAT = 1,	  /* of the zone as a whole: its tree, manifest and sidecars */
	BESIDE_MAX = 200, /* bytes of the zone's name in that of the directory it is made as */
	MAKE_MICROS = 10 * 1000000, /* wait for another who makes the zone */
};

static enum tg_status open_directory(int *fd, int at, const char *path, const char *zone,
				     struct tg_error *err)
{
	*fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return tg_fail(err, TG_IO, "cannot open the zone %s: %s", zone, strerror(errno));
	return TG_OK;
}

/* Reads a small file of the zone's own; false when it is not there or cannot be read. */
static bool read_small(int directory, const char *name, char *to, size_t room, size_t *n)
{
	TG_OWN(tg_close_fd) int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	*n = 0;
	while (fd >= 0 && *n < room) {
		ssize_t got = read(fd, to + *n, room - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		*n += (size_t)got;
	}
	return fd >= 0;
}

static bool read_id(struct tg_zone *zone, struct tg_str text, uint64_t *format)
{
	struct tg_record rec = { 0 };
	const struct tg_span *v, *id;
	struct tg_str digits;

	if (tg_scan(zone->scanner, text, &rec) != TG_SCAN_OK)
		return false;
	v = tg_member_find(&rec, rec.span, TG_STR("v"));
	id = tg_member_find(&rec, rec.span, TG_STR("zone"));
	if (!v || v->kind != TG_NUMBER || !tg_read_u64(tg_span_text(&rec, v), format))
		return false;
	if (!id || id->kind != TG_STRING)
		return false;
	digits = tg_span_text(&rec, id);
	if (digits.n != TG_ZONE_ID || strspn(digits.p, "0123456789abcdef") < TG_ZONE_ID)
		return false;
	memcpy(zone->id, digits.p, TG_ZONE_ID);
	return true;
}

static enum tg_status check_broken(struct tg_zone *zone, struct tg_error *err)
{
	struct stat st;

	if (fstatat(zone->own, "broken", &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		return TG_OK;
	zone->broken = true;
	if (zone->looks)
		return TG_OK;
	return tg_fail(err, TG_IO,
		       "the zone %s is broken: its manifest could not be written to the end; "
		       "`landing-verify --repair` puts it right",
		       zone->path);
}

/* zone->directory is open. *there: it is a zone. */
static enum tg_status look(struct tg_zone *zone, struct tg_arena *arena, bool *there,
			   struct tg_error *err)
{
	TG_OWN(tg_free_pointer) char *absolute = NULL;
	char text[512 + TG_SLACK];
	uint64_t format = 0;
	size_t n;

	*there = false;
	zone->own = openat(zone->directory, OWN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (zone->own < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return TG_OK;
	if (zone->own < 0)
		return tg_fail(err, TG_IO, "cannot open the zone %s: %s", zone->path,
			       strerror(errno));
	if (!read_small(zone->own, "zone", text, 512, &n)) {
		if (errno == ENOENT)
			return TG_OK;
		return tg_fail(err, TG_IO, "cannot read the zone file of %s: %s", zone->path,
			       strerror(errno));
	}
	memset(text + n, 0, sizeof(text) - n);
	if (!read_id(zone, tg_str_from(text, n), &format))
		return tg_fail(err, TG_CONFIG, "the zone file %s/" OWN "/zone is damaged",
			       zone->path);
	if (format != FORMAT)
		return tg_fail(err, TG_CONFIG,
			       "the zone %s has format %llu, and this program knows format %d",
			       zone->path, (unsigned long long)format, FORMAT);
	absolute = realpath(zone->path, NULL);
	if (!absolute)
		return tg_fail(err, TG_IO, "cannot find out the full path of %s: %s", zone->path,
			       strerror(errno));
	zone->absolute = tg_arena_copy(arena, tg_str_of(absolute));
	*there = true;
	return check_broken(zone, err);
}

/* In a directory that is open as zone->directory: makes it a zone, step by step, each of which may be there already. */
static enum tg_status furnish(struct tg_zone *zone, struct tg_error *err)
{
	TG_OWN(tg_publish_release) struct tg_publish p = TG_PUBLISH_INIT;
	char text[128], id[TG_ZONE_ID / 2];
	TG_OWN(tg_buffer_release) struct tg_buffer hex = TG_BUFFER_INIT;
	enum tg_status st;
	bool there;
	int n;

	if (mkdirat(zone->directory, OWN, 0777) != 0 && errno != EEXIST)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make %s/" OWN ": %s", zone->path,
			       strerror(errno));
	tg_close_fd(&zone->own);
	st = open_directory(&zone->own, zone->directory, OWN, zone->path, err);
	if (st)
		return st;
	tg_random(id, sizeof(id));
	tg_buffer_put_hex(&hex, id, sizeof(id));
	n = snprintf(text, sizeof(text), "{\"v\":%d,\"zone\":\"%.*s\"}\n", FORMAT,
		     TG_STR_ARG(tg_buffer_str(&hex)));
	st = tg_publish_stage(&p, zone->own, 0444, "the zone file", err);
	if (!st)
		st = tg_publish_write(&p, tg_str_from(text, (size_t)n), err);
	if (!st)
		st = tg_sync(p.fd, "the zone file", err);
	if (!st)
		st = tg_publish_link(&p, zone->own, "zone", &there, err);
	if (!st)
		st = tg_sync(zone->own, zone->path, err);
	if (!st)
		st = tg_sync(zone->directory, zone->path, err);
	return st;
}

/* The zone's parent directory, and what the zone is called in it. */
static enum tg_status open_parent(const struct tg_zone *zone, int *parent, struct tg_str *name,
				  struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT;
	struct tg_str s = tg_str_of(zone->path);
	size_t slash;

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	for (slash = s.n; slash && s.p[slash - 1] != '/';)
		slash--;
	*name = tg_str_after(s, slash);
	if (slash > 1)
		tg_buffer_put(&path, s.p, slash - 1);
	else
		tg_buffer_puts(&path, slash ? "/" : ".");
	tg_buffer_putc(&path, '\0');
	*parent = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*parent < 0)
		return tg_fail(err, TG_CANNOT_CREATE,
			       "cannot make the zone %s: its directory %s: %s", zone->path, path.p,
			       strerror(errno));
	if (!name->n || tg_str_is(*name, ".") || tg_str_is(*name, ".."))
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make the zone %s: it has no name",
			       zone->path);
	return TG_OK;
}

static enum tg_status find(struct tg_zone *zone, const char *path, bool init,
			   struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int parent = -1;
	struct tg_str name;
	enum tg_status st;
	bool there;

	if (!zone->scanner)
		zone->scanner = tg_scanner_new();
	zone->path = path;
	zone->manifest = tg_arena_format(arena, "%s/manifest.jsonl", path).p;
	zone->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (zone->directory < 0 && errno == ENOENT)
		return open_parent(zone, &parent, &name, err);
	if (zone->directory < 0)
		return tg_fail(err, errno == ENOTDIR ? TG_CONFIG : TG_IO,
			       "cannot open the zone %s: %s", path, strerror(errno));
	st = look(zone, arena, &there, err);
	if (st || there)
		return st;
	if (!init)
		return tg_fail(err, TG_CONFIG,
			       "no zone here: %s is a directory without " OWN "/zone (is the disk "
			       "mounted?)%s",
			       path, zone->looks ? "" : "; --init makes one");
	st = furnish(zone, err);
	if (st)
		return st;
	tg_close_fd(&zone->own);
	st = look(zone, arena, &there, err);
	TG_BUG_IF(!st && !there);
	return st;
}

enum tg_status tg_zone_find(struct tg_zone *zone, const char *path, struct tg_arena *arena,
			    struct tg_error *err)
{
	return find(zone, path, false, arena, err);
}

enum tg_status tg_zone_look(struct tg_zone *zone, const char *path, struct tg_arena *arena,
			    struct tg_error *err)
{
	enum tg_status st;

	zone->looks = true;
	st = find(zone, path, false, arena, err);
	if ((st == TG_OK && zone->directory < 0) || st == TG_CANNOT_CREATE)
		return tg_fail(err, TG_NO_INPUT, "there is no zone %s", path);
	return st;
}

enum tg_status tg_zone_init(struct tg_zone *zone, const char *path, struct tg_arena *arena,
			    struct tg_error *err)
{
	enum tg_status st = find(zone, path, true, arena, err);

	return st || zone->directory >= 0 ? st : tg_zone_make(zone, arena, err);
}

/* Whether a directory still has the name under which it was opened. */
static bool still_named(int parent, const char *name, int fd)
{
	struct stat by_name, by_fd;

	return fstatat(parent, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &by_fd) == 0 && by_name.st_dev == by_fd.st_dev &&
	       by_name.st_ino == by_fd.st_ino;
}

/* The zone has come about under its name meanwhile, so what we made beside it is one too many. */
static void remove_beside(struct tg_zone *zone, int parent, const char *beside)
{
	unlinkat(zone->own, "zone", 0);
	unlinkat(zone->directory, OWN, AT_REMOVEDIR);
	unlinkat(parent, beside, AT_REMOVEDIR);
}

/*
 * A directory that is the zone's in all but name, held under flock. Its name is derived from the zone's: who is killed here leaves
 * it, and the next one goes on with it. When another has finished it meanwhile, nothing is left to do.
 */
static enum tg_status make_beside(struct tg_zone *zone, int parent, const char *beside,
				  const char *name, struct tg_error *err)
{
	enum tg_status st;

	if (mkdirat(parent, beside, 0777) != 0 && errno != EEXIST)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make the zone %s: %s", zone->path,
			       strerror(errno));
	zone->directory = openat(parent, beside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (zone->directory < 0 && errno == ENOENT)
		return TG_OK;
	if (zone->directory < 0)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make the zone %s: %s", zone->path,
			       strerror(errno));
	st = tg_lock(zone->directory, MAKE_MICROS, zone->path, err);
	if (!st && !still_named(parent, beside, zone->directory))
		return TG_OK;
	if (!st)
		st = furnish(zone, err);
	if (!st && tg_rename_new(parent, beside, parent, name) != 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return tg_fail(err, TG_CANNOT_CREATE, "cannot make the zone %s: %s",
				       zone->path, strerror(errno));
		remove_beside(zone, parent, beside);
	}
	return st;
}

enum tg_status tg_zone_make(struct tg_zone *zone, struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int parent = -1;
	struct tg_str name, zone_name, beside;
	struct stat there;
	enum tg_status st;

	if (lstat(zone->path, &there) == 0 && S_ISLNK(there.st_mode))
		return tg_fail(err, TG_CONFIG,
			       "no zone here: %s is a symbolic link to nothing (is the disk "
			       "mounted?)",
			       zone->path);
	st = open_parent(zone, &parent, &name, err);
	if (st)
		return st;
	zone_name = tg_arena_copy(arena, name);
	if (name.n > BESIDE_MAX)
		name.n = BESIDE_MAX;
	beside = tg_arena_format(arena, OWN "-new-%.*s", TG_STR_ARG(name));
	st = make_beside(zone, parent, beside.p, zone_name.p, err);
	tg_close_fd(&zone->own);
	tg_close_fd(&zone->directory);
	if (!st)
		st = tg_sync(parent, zone->path, err);
	if (!st)
		st = find(zone, zone->path, false, arena, err);
	if (!st && zone->directory < 0)
		st = tg_fail(err, TG_TRY_AGAIN, "the zone %s was taken away while it was made",
			     zone->path);
	return st;
}

/* The lock's file may be taken away and made anew while we wait for it: a lock on a file without a name excludes nobody. */
enum tg_status tg_zone_lock(struct tg_zone *zone, uint64_t micros, struct tg_error *err)
{
	enum tg_status st;

	for (unsigned attempt = 0; attempt < 10; attempt++) {
		zone->lock =
			openat(zone->own, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (zone->lock < 0 && errno == EINTR)
			continue;
		if (zone->lock < 0)
			return tg_fail(err, TG_IO, "cannot open the lock of the zone %s: %s",
				       zone->path, strerror(errno));
		st = tg_lock(zone->lock, micros, "the zone's lock", err);
		if (!st && tg_zone_holds(zone))
			st = check_broken(zone, err);
		else if (!st) {
			tg_zone_unlock(zone);
			continue;
		}
		if (st)
			tg_zone_unlock(zone);
		return st;
	}
	return tg_fail(err, TG_TRY_AGAIN, "the lock of the zone %s is taken away all the time",
		       zone->path);
}

bool tg_zone_holds(const struct tg_zone *zone)
{
	return zone->lock >= 0 && still_named(zone->own, "lock", zone->lock);
}

void tg_zone_unlock(struct tg_zone *zone)
{
	tg_close_fd(&zone->lock);
}

enum tg_status tg_zone_note(struct tg_zone *zone, struct tg_str note, struct tg_error *err)
{
	int rc;

	TG_BUG_IF(zone->lock < 0);
	do
		rc = ftruncate(zone->lock, 0);
	while (rc != 0 && errno == EINTR);
	for (off_t at = 0; rc == 0 && note.n;) {
		ssize_t n = pwrite(zone->lock, note.p, note.n, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = -1;
			break;
		}
		note = tg_str_after(note, (size_t)n);
		at += n;
	}
	if (rc != 0)
		return tg_fail(err, TG_IO, "cannot write the lock of the zone %s: %s", zone->path,
			       strerror(errno));
	return TG_OK;
}

void tg_zone_noted(const struct tg_zone *zone, struct tg_buffer *out)
{
	TG_OWN(tg_close_fd) int own = -1;
	ssize_t n;

	if (zone->lock < 0)
		own = openat(zone->own, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	do
		n = pread(zone->lock < 0 ? own : zone->lock, tg_buffer_room(out, NOTE_MAX),
			  NOTE_MAX, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		out->n += (size_t)n;
}

enum tg_status tg_zone_break(struct tg_zone *zone, struct tg_error *err)
{
	TG_OWN(tg_close_fd)
	int fd = openat(zone->own, "broken", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	struct tg_error ignored = TG_ERROR_INIT;

	zone->broken = true;
	if (fd >= 0) {
		(void)!tg_sync(zone->own, zone->path, &ignored);
		tg_within(err, "the zone %s is broken now, `landing-verify --repair` puts it right",
			  zone->path);
	} else {
		tg_within(err, "the zone %s is broken and could not be marked so (%s)", zone->path,
			  strerror(errno));
	}
	return err->status = TG_IO;
}

enum tg_status tg_zone_mend(struct tg_zone *zone, struct tg_error *err)
{
	if (unlinkat(zone->own, "broken", 0) != 0 && errno != ENOENT)
		return tg_fail(err, TG_IO, "cannot remove %s/" OWN "/broken: %s", zone->path,
			       strerror(errno));
	zone->broken = false;
	return tg_sync(zone->own, zone->path, err);
}

enum tg_status tg_zone_sync(const struct tg_zone *zone, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int parent = -1;
	struct tg_str name;
	enum tg_status st = tg_sync(zone->own, zone->path, err);

	if (!st)
		st = tg_sync(zone->directory, zone->path, err);
	if (!st)
		st = open_parent(zone, &parent, &name, err);
	return st ? st : tg_sync(parent, zone->path, err);
}

void tg_zone_release(struct tg_zone *zone)
{
	tg_close_fd(&zone->lock);
	tg_close_fd(&zone->own);
	tg_close_fd(&zone->directory);
	tg_scanner_free(&zone->scanner);
}
