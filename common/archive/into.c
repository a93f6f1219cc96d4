#include "common/archive/into.h"

#include "common/archive/name.h"
#include "common/base/utf8.h"
#include "common/io/interrupt.h"
#include "common/io/remove.h"
#include "common/json/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".tidegate-into-"
enum { ATTEMPTS = 100, PIECE = 64 * 1024 };

static enum tg_status cannot(const struct tg_into *into, struct tg_str name, struct tg_error *err)
{
	int error = errno;
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&safe, name);
	return tg_fail(
		err, error == EIO || error == ENOSPC || error == EDQUOT ? TG_IO : TG_CANNOT_CREATE,
		"cannot make %.*s in %s: %s", TG_STR_ARG(tg_buffer_str(&safe)), into->path,
		strerror(error));
}

/*
 * Our own directory
 */

/* Opens one of ours that nobody holds, and holds it. */
static int hold(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_nlink &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	tg_close_fd(&fd);
	return -1;
}

static void remove_held(int parent, const char *name, int held)
{
	tg_remove_inside(held, TG_ARCHIVE_DEPTH_MAX + 1);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static void sweep(int parent)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!list) {
		tg_close_fd(&copy);
		return;
	}
	while ((entry = readdir(list))) {
		TG_OWN(tg_close_fd) int held = -1;

		if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0)
			continue;
		held = hold(parent, entry->d_name);
		if (held >= 0)
			remove_held(parent, entry->d_name, held);
	}
	closedir(list);
}

/* Between making it and holding it, a sweep may take it for a dead run's. */
static enum tg_status make_stage(struct tg_into *into, struct tg_error *err)
{
	for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint64_t random;

		tg_random(&random, sizeof(random));
		snprintf(into->stage_name, sizeof(into->stage_name), PREFIX "%016llx",
			 (unsigned long long)random);
		if (mkdirat(into->parent, into->stage_name, 0700) != 0) {
			if (errno == EEXIST)
				continue;
			return tg_fail(err, errno == EIO ? TG_IO : TG_CANNOT_CREATE,
				       "cannot make anything for %s: %s", into->path,
				       strerror(errno));
		}
		into->stage = hold(into->parent, into->stage_name);
		if (into->stage >= 0)
			return TG_OK;
		(void)unlinkat(into->parent, into->stage_name, AT_REMOVEDIR);
	}
	return tg_fail(err, TG_CANNOT_CREATE, "cannot make a directory beside %s", into->path);
}

/* What the path will be called, with nothing relative in it. */
static enum tg_status find_place(struct tg_into *into, struct tg_error *err)
{
	struct tg_str path = tg_str_of(into->path);
	TG_OWN(tg_free_pointer) char *real = NULL;
	size_t cut;

	into->parent = open(into->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (into->parent >= 0) {
		real = realpath(into->path, NULL);
		into->absolute = tg_arena_copy(into->arena, tg_str_of(real ? real : into->path));
		return TG_OK;
	}
	if (errno != ENOENT)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot put anything into %s: %s", into->path,
			       strerror(errno));
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (cut = path.n; cut > 0 && path.p[cut - 1] != '/';)
		cut--;
	into->base = tg_arena_copy(into->arena, tg_str_after(path, cut));
	path = cut ? tg_arena_copy(into->arena, tg_str_from(path.p, cut)) : TG_STR(".");
	into->parent = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (into->parent < 0)
		return tg_fail(err, TG_CANNOT_CREATE,
			       "cannot make %s: the directory that it would be in: %s", into->path,
			       strerror(errno));
	real = realpath(path.p, NULL);
	into->absolute =
		tg_arena_format(into->arena, "%s%s%.*s", real ? real : path.p,
				real && strcmp(real, "/") == 0 ? "" : "/", TG_STR_ARG(into->base));
	return TG_OK;
}

enum tg_status tg_into_open(struct tg_into *into, const char *path, struct tg_arena *arena,
			    struct tg_error *err)
{
	enum tg_status st;

	into->path = path;
	into->arena = arena;
	st = find_place(into, err);
	if (st)
		return st;
	sweep(into->parent);
	st = make_stage(into, err);
	return st ? st : tg_digest_new(&into->digest, err);
}

/*
 * Writing
 */

static void note_directory(struct tg_into *into, struct tg_str name)
{
	if (into->directories == into->directory_room) {
		into->directory_room = into->directory_room ? into->directory_room * 2 : 16;
		into->directory = tg_resize_array(into->directory, into->directory_room,
						  sizeof(*into->directory));
	}
	into->directory[into->directories++] = name;
}

/* Opens the directory `name` below `top`, component by component, so that no link leads out; makes what is missing when `make` says so,
 * and tells `into` when `tell` does. -1 and errno. */
static int open_below(struct tg_into *into, int top, struct tg_str name, bool make, bool tell)
{
	int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t at = 0; fd >= 0 && at < name.n;) {
		TG_OWN(tg_close_fd) int above = fd;
		char component[TG_ARCHIVE_COMPONENT_MAX + 1];
		size_t n = 0;

		while (at + n < name.n && name.p[at + n] != '/')
			n++;
		TG_BUG_IF(n > TG_ARCHIVE_COMPONENT_MAX);
		memcpy(component, name.p + at, n);
		component[n] = '\0';
		if (make && mkdirat(above, component, 0777) == 0) {
			if (tell)
				note_directory(into, tg_str_from(name.p, at + n));
		} else if (make && errno != EEXIST) {
			return -1;
		}
		fd = openat(above, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		at += n + 1;
	}
	return fd;
}

static struct tg_str holder_of(struct tg_str name)
{
	size_t n = name.n;

	while (n && name.p[n - 1] != '/')
		n--;
	return tg_str_from(name.p, n ? n - 1 : 0);
}

/* NUL stands behind it. */
static struct tg_str base_of(struct tg_into *into, struct tg_str name)
{
	struct tg_str holder = holder_of(name);

	return tg_arena_copy(into->arena, holder.n ? tg_str_after(name, holder.n + 1) : name);
}

enum tg_status tg_into_directory(struct tg_into *into, struct tg_str name, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open_below(into, into->stage, name, true, true);

	return fd >= 0 ? TG_OK : cannot(into, name, err);
}

static enum tg_status begin(struct tg_into *into, struct tg_str name, struct tg_error *err)
{
	if (into->holder >= 0)
		return TG_OK;
	into->bytes = 0;
	into->holder = open_below(into, into->stage, holder_of(name), true, true);
	if (into->holder < 0)
		return cannot(into, name, err);
	return tg_publish_stage(&into->publish, into->holder, 0666, into->path, err);
}

enum tg_status tg_into_write(struct tg_into *into, struct tg_str name, struct tg_str bytes,
			     struct tg_error *err)
{
	enum tg_status st = begin(into, name, err);

	if (st)
		return st;
	tg_digest_add(into->digest, bytes.p, bytes.n);
	into->bytes += bytes.n;
	return tg_publish_write(&into->publish, bytes, err);
}

static struct tg_into_file *add_file(struct tg_into *into)
{
	if (into->files == into->room) {
		into->room = into->room ? into->room * 2 : 16;
		into->file = tg_resize_array(into->file, into->room, sizeof(*into->file));
	}
	return &into->file[into->files++];
}

/*
 * What is there
 */

static enum tg_status other_content(const struct tg_into *into, const struct tg_into_file *file,
				    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&safe, file->name);
	return tg_fail(err, TG_CANNOT_CREATE,
		       "%.*s is there already in %s, and is something else; nothing is replaced",
		       TG_STR_ARG(tg_buffer_str(&safe)), into->path);
}

static enum tg_status digest_file(struct tg_into *into, int fd, char hex[TG_SHA256_HEX + 1],
				  struct tg_error *err)
{
	char piece[PIECE];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tg_fail(err, TG_IO, "cannot read what is in %s: %s", into->path,
				       strerror(errno));
		if (n == 0)
			break;
		tg_digest_add(into->digest, piece, (size_t)n);
	}
	tg_digest_hex(into->digest, hex);
	return TG_OK;
}

/* Sets file->there when a file of that name and content is there. */
static enum tg_status look_up(struct tg_into *into, struct tg_into_file *file, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int holder = -1, fd = -1;
	char hex[TG_SHA256_HEX + 1];
	struct stat st;
	enum tg_status status;

	holder = open_below(into, into->parent, holder_of(file->name), false, false);
	if (holder < 0)
		return errno == ENOENT ? TG_OK : cannot(into, file->name, err);
	fd = openat(holder, base_of(into, file->name).p,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return TG_OK;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != file->bytes)
		return other_content(into, file, err);
	status = digest_file(into, fd, hex, err);
	if (status)
		return status;
	file->there = strcmp(hex, file->sha256) == 0;
	return file->there ? TG_OK : other_content(into, file, err);
}

/*
 * The end of a file
 */

/* Into our directory, synced. */
static enum tg_status keep(struct tg_into *into, struct tg_str name, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	bool there = false;
	enum tg_status st = tg_sync(into->publish.fd, into->path, err);

	if (!st)
		st = tg_publish_link(&into->publish, into->holder, base_of(into, name).p, &there,
				     err);
	if (st || !there)
		return st;
	tg_archive_name_put_safe(&safe, name);
	return tg_fail_code(err, TG_DATA, "archive-names",
			    "two of the archives hold a file called %.*s",
			    TG_STR_ARG(tg_buffer_str(&safe)));
}

enum tg_status tg_into_end(struct tg_into *into, struct tg_str name, struct tg_str archive,
			   struct tg_error *err)
{
	struct tg_into_file file = { .name = name };
	enum tg_status st = begin(into, name, err); /* one of no bytes */

	file.bytes = into->bytes;
	if (archive.n)
		file.archive = tg_arena_copy(into->arena, archive);
	tg_digest_hex(into->digest, file.sha256);
	/* What is there already need not be written for good. */
	if (!st && !into->base.n)
		st = look_up(into, &file, err);
	if (!st && !file.there)
		st = keep(into, name, err);
	tg_publish_release(&into->publish);
	into->publish = TG_PUBLISH_INIT;
	tg_close_fd(&into->holder);
	into->holder = -1;
	if (!st)
		*add_file(into) = file;
	return st;
}

/*
 * Commit
 */

static enum tg_status sync_below(struct tg_into *into, int top, struct tg_str name,
				 struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open_below(into, top, name, false, false);

	return fd >= 0 ? tg_sync(fd, into->path, err) : cannot(into, name, err);
}

static enum tg_status sync_all(struct tg_into *into, int top, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = into->directories; !st && i > 0; i--)
		st = sync_below(into, top, into->directory[i - 1], err);
	return st ? st : sync_below(into, top, TG_STR(""), err);
}

/* The directory is not there: ours becomes it. */
static enum tg_status become(struct tg_into *into, struct tg_error *err)
{
	mode_t mask = umask(0);
	enum tg_status st;

	(void)umask(mask);
	if (fchmod(into->stage, 0777 & ~mask) != 0)
		return cannot(into, into->base, err);
	st = sync_all(into, into->stage, err);
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (st)
		return st;
	if (tg_rename_new(into->parent, into->stage_name, into->parent, into->base.p) != 0) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return tg_fail(err, TG_TRY_AGAIN,
				       "%s was made by somebody else in the meantime: run it again",
				       into->path);
		return cannot(into, into->base, err);
	}
	tg_close_fd(&into->stage);
	into->stage = -1;
	return tg_sync(into->parent, into->path, err);
}

static enum tg_status look_up_directory(struct tg_into *into, struct tg_str name,
					struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open_below(into, into->parent, name, false, false);

	return fd >= 0 || errno == ENOENT ? TG_OK : cannot(into, name, err);
}

static enum tg_status name_file(struct tg_into *into, struct tg_into_file *file,
				struct tg_error *err)
{
	TG_OWN(tg_close_fd) int from = -1, to = -1;
	const char *base = base_of(into, file->name).p;

	from = open_below(into, into->stage, holder_of(file->name), false, false);
	to = open_below(into, into->parent, holder_of(file->name), false, false);
	if (from < 0 || to < 0)
		return cannot(into, file->name, err);
	if (tg_rename_new(from, base, to, base) == 0)
		return TG_OK;
	return errno == EEXIST ? look_up(into, file, err) : cannot(into, file->name, err);
}

/* The directory is there: each file gets its name in it. */
static enum tg_status fill(struct tg_into *into, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < into->directories; i++)
		st = look_up_directory(into, into->directory[i], err);
	for (size_t i = 0; !st && i < into->files; i++)
		if (!into->file[i].there) /* still not */
			st = look_up(into, &into->file[i], err);
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (st)
		return st;
	for (size_t i = 0; !st && i < into->directories; i++) {
		TG_OWN(tg_close_fd)
		int fd = open_below(into, into->parent, into->directory[i], true, false);

		if (fd < 0)
			st = cannot(into, into->directory[i], err);
	}
	for (size_t i = 0; !st && i < into->files; i++)
		if (!into->file[i].there)
			st = name_file(into, &into->file[i], err);
	return st ? st : sync_all(into, into->parent, err);
}

enum tg_status tg_into_commit(struct tg_into *into, struct tg_error *err)
{
	enum tg_status st;

	tg_interrupt_hold(); /* half of it would be there */
	st = into->base.n ? become(into, err) : fill(into, err);
	tg_interrupt_release();
	return st;
}

void tg_into_put_file(struct tg_buffer *out, const struct tg_into *into, size_t at)
{
	const struct tg_into_file *file = &into->file[at];
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT, archive = TG_BUFFER_INIT;

	tg_utf8_put_safe(&path, into->absolute, into->absolute.n);
	tg_buffer_putc(&path, '/');
	tg_buffer_put_str(&path, file->name);
	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "path", tg_buffer_str(&path));
	tg_json_put_member(out, "name", file->name);
	if (file->archive.n) {
		tg_utf8_put_safe(&archive, file->archive, file->archive.n);
		tg_json_put_member(out, "archive", tg_buffer_str(&archive));
	}
	tg_json_put_member_u64(out, "bytes", file->bytes);
	tg_json_put_member(out, "sha256", tg_str_of(file->sha256));
	tg_json_put_member(out, "result", file->there ? TG_STR("duplicate") : TG_STR("published"));
	tg_buffer_putc(out, '}');
}

void tg_into_release(struct tg_into *into)
{
	tg_publish_release(&into->publish);
	tg_close_fd(&into->holder);
	if (into->stage >= 0)
		remove_held(into->parent, into->stage_name, into->stage);
	tg_close_fd(&into->stage);
	tg_close_fd(&into->parent);
	tg_digest_free(&into->digest);
	tg_free(into->file);
	tg_free(into->directory);
	*into = TG_INTO_INIT;
}
