#include "common/archive/tree.h"

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

static enum tg_status cannot(const struct tg_tree *tree, struct tg_str name, struct tg_error *err)
{
	int error = errno;
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&safe, name);
	return tg_fail(
		err, error == EIO || error == ENOSPC || error == EDQUOT ? TG_IO : TG_CANNOT_CREATE,
		"cannot make %.*s in %s: %s", TG_STR_ARG(tg_buffer_str(&safe)), tree->path,
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
static enum tg_status make_stage(struct tg_tree *tree, struct tg_error *err)
{
	for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint64_t random;

		tg_random(&random, sizeof(random));
		snprintf(tree->stage_name, sizeof(tree->stage_name), PREFIX "%016llx",
			 (unsigned long long)random);
		if (mkdirat(tree->parent, tree->stage_name, 0700) != 0) {
			if (errno == EEXIST)
				continue;
			return tg_fail(err, errno == EIO ? TG_IO : TG_CANNOT_CREATE,
				       "cannot make anything for %s: %s", tree->path,
				       strerror(errno));
		}
		tree->stage = hold(tree->parent, tree->stage_name);
		if (tree->stage >= 0)
			return TG_OK;
		(void)unlinkat(tree->parent, tree->stage_name, AT_REMOVEDIR);
	}
	return tg_fail(err, TG_CANNOT_CREATE, "cannot make a directory beside %s", tree->path);
}

/* What the path will be called, with nothing relative in it. */
static enum tg_status find_place(struct tg_tree *tree, struct tg_error *err)
{
	struct tg_str path = tg_str_of(tree->path);
	TG_OWN(tg_free_pointer) char *real = NULL;
	size_t cut;

	tree->parent = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->parent >= 0) {
		real = realpath(tree->path, NULL);
		tree->absolute = tg_arena_copy(tree->arena, tg_str_of(real ? real : tree->path));
		return TG_OK;
	}
	if (errno != ENOENT)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot put anything into %s: %s", tree->path,
			       strerror(errno));
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (cut = path.n; cut > 0 && path.p[cut - 1] != '/';)
		cut--;
	tree->base = tg_arena_copy(tree->arena, tg_str_after(path, cut));
	path = cut ? tg_arena_copy(tree->arena, tg_str_from(path.p, cut)) : TG_STR(".");
	tree->parent = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->parent < 0)
		return tg_fail(err, TG_CANNOT_CREATE,
			       "cannot make %s: the directory that it would be in: %s", tree->path,
			       strerror(errno));
	real = realpath(path.p, NULL);
	tree->absolute =
		tg_arena_format(tree->arena, "%s%s%.*s", real ? real : path.p,
				real && strcmp(real, "/") == 0 ? "" : "/", TG_STR_ARG(tree->base));
	return TG_OK;
}

enum tg_status tg_tree_open(struct tg_tree *tree, const char *path, struct tg_arena *arena,
			    struct tg_error *err)
{
	enum tg_status st;

	tree->path = path;
	tree->arena = arena;
	st = find_place(tree, err);
	if (st)
		return st;
	sweep(tree->parent);
	st = make_stage(tree, err);
	return st ? st : tg_digest_new(&tree->digest, err);
}

/*
 * Writing
 */

static void note_directory(struct tg_tree *tree, struct tg_str name)
{
	if (tree->directories == tree->directory_room) {
		tree->directory_room = tree->directory_room ? tree->directory_room * 2 : 16;
		tree->directory = tg_resize_array(tree->directory, tree->directory_room,
						  sizeof(*tree->directory));
	}
	tree->directory[tree->directories++] = name;
}

/* Opens the directory `name` below `top`, component by component, so that no link leads out; makes what is missing when `make` says so,
 * and tells the tree when `tell` does. -1 and errno. */
static int open_below(struct tg_tree *tree, int top, struct tg_str name, bool make, bool tell)
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
				note_directory(tree, tg_str_from(name.p, at + n));
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
static struct tg_str base_of(struct tg_tree *tree, struct tg_str name)
{
	struct tg_str holder = holder_of(name);

	return tg_arena_copy(tree->arena, holder.n ? tg_str_after(name, holder.n + 1) : name);
}

enum tg_status tg_tree_directory(struct tg_tree *tree, struct tg_str name, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open_below(tree, tree->stage, name, true, true);

	return fd >= 0 ? TG_OK : cannot(tree, name, err);
}

static enum tg_status begin(struct tg_tree *tree, struct tg_str name, struct tg_error *err)
{
	if (tree->holder >= 0)
		return TG_OK;
	tree->bytes = 0;
	tree->holder = open_below(tree, tree->stage, holder_of(name), true, true);
	if (tree->holder < 0)
		return cannot(tree, name, err);
	return tg_publish_stage(&tree->publish, tree->holder, 0666, tree->path, err);
}

enum tg_status tg_tree_write(struct tg_tree *tree, struct tg_str name, struct tg_str bytes,
			     struct tg_error *err)
{
	enum tg_status st = begin(tree, name, err);

	if (st)
		return st;
	tg_digest_add(tree->digest, bytes.p, bytes.n);
	tree->bytes += bytes.n;
	return tg_publish_write(&tree->publish, bytes, err);
}

static struct tg_tree_file *add_file(struct tg_tree *tree)
{
	if (tree->files == tree->room) {
		tree->room = tree->room ? tree->room * 2 : 16;
		tree->file = tg_resize_array(tree->file, tree->room, sizeof(*tree->file));
	}
	return &tree->file[tree->files++];
}

enum tg_status tg_tree_end(struct tg_tree *tree, struct tg_str name, struct tg_str archive,
			   struct tg_error *err)
{
	bool there = false;
	struct tg_tree_file *file;
	enum tg_status st = begin(tree, name, err); /* one of no bytes */

	if (!st)
		st = tg_sync(tree->publish.fd, tree->path, err);
	if (!st)
		st = tg_publish_link(&tree->publish, tree->holder, base_of(tree, name).p, &there,
				     err);
	tg_publish_release(&tree->publish);
	tree->publish = TG_PUBLISH_INIT;
	tg_close_fd(&tree->holder);
	tree->holder = -1;
	if (st)
		return st;
	if (there) {
		TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

		tg_archive_name_put_safe(&safe, name);
		return tg_fail_code(err, TG_DATA, "archive-names",
				    "two of the archives hold a file called %.*s",
				    TG_STR_ARG(tg_buffer_str(&safe)));
	}
	file = add_file(tree);
	*file = (struct tg_tree_file){ .name = name, .bytes = tree->bytes };
	if (archive.n)
		file->archive = tg_arena_copy(tree->arena, archive);
	tg_digest_hex(tree->digest, file->sha256);
	return TG_OK;
}

/*
 * Commit
 */

static enum tg_status sync_below(struct tg_tree *tree, int top, struct tg_str name,
				 struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open_below(tree, top, name, false, false);

	return fd >= 0 ? tg_sync(fd, tree->path, err) : cannot(tree, name, err);
}

static enum tg_status sync_all(struct tg_tree *tree, int top, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = tree->directories; !st && i > 0; i--)
		st = sync_below(tree, top, tree->directory[i - 1], err);
	return st ? st : sync_below(tree, top, TG_STR(""), err);
}

/* The directory is not there: ours becomes it. */
static enum tg_status become(struct tg_tree *tree, struct tg_error *err)
{
	mode_t mask = umask(0);
	enum tg_status st;

	(void)umask(mask);
	if (fchmod(tree->stage, 0777 & ~mask) != 0)
		return cannot(tree, tree->base, err);
	st = sync_all(tree, tree->stage, err);
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (st)
		return st;
	if (tg_rename_new(tree->parent, tree->stage_name, tree->parent, tree->base.p) != 0) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return tg_fail(err, TG_TRY_AGAIN,
				       "%s was made by somebody else in the meantime: run it again",
				       tree->path);
		return cannot(tree, tree->base, err);
	}
	tg_close_fd(&tree->stage);
	tree->stage = -1;
	return tg_sync(tree->parent, tree->path, err);
}

static enum tg_status other_content(const struct tg_tree *tree, const struct tg_tree_file *file,
				    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&safe, file->name);
	return tg_fail(err, TG_CANNOT_CREATE,
		       "%.*s is there already in %s, and is something else; nothing is replaced",
		       TG_STR_ARG(tg_buffer_str(&safe)), tree->path);
}

static enum tg_status digest_file(struct tg_tree *tree, int fd, char hex[TG_SHA256_HEX + 1],
				  struct tg_error *err)
{
	char piece[PIECE];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tg_fail(err, TG_IO, "cannot read what is in %s: %s", tree->path,
				       strerror(errno));
		if (n == 0)
			break;
		tg_digest_add(tree->digest, piece, (size_t)n);
	}
	tg_digest_hex(tree->digest, hex);
	return TG_OK;
}

/* Sets file->there when a file of that name and content is there. */
static enum tg_status look_up(struct tg_tree *tree, struct tg_tree_file *file, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int holder = -1, fd = -1;
	char hex[TG_SHA256_HEX + 1];
	struct stat st;
	enum tg_status status;

	holder = open_below(tree, tree->parent, holder_of(file->name), false, false);
	if (holder < 0)
		return errno == ENOENT ? TG_OK : cannot(tree, file->name, err);
	fd = openat(holder, base_of(tree, file->name).p,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return TG_OK;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != file->bytes)
		return other_content(tree, file, err);
	status = digest_file(tree, fd, hex, err);
	if (status)
		return status;
	file->there = strcmp(hex, file->sha256) == 0;
	return file->there ? TG_OK : other_content(tree, file, err);
}

static enum tg_status look_up_directory(struct tg_tree *tree, struct tg_str name,
					struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open_below(tree, tree->parent, name, false, false);

	return fd >= 0 || errno == ENOENT ? TG_OK : cannot(tree, name, err);
}

static enum tg_status name_file(struct tg_tree *tree, struct tg_tree_file *file,
				struct tg_error *err)
{
	TG_OWN(tg_close_fd) int from = -1, to = -1;
	const char *base = base_of(tree, file->name).p;

	from = open_below(tree, tree->stage, holder_of(file->name), false, false);
	to = open_below(tree, tree->parent, holder_of(file->name), false, false);
	if (from < 0 || to < 0)
		return cannot(tree, file->name, err);
	if (tg_rename_new(from, base, to, base) == 0)
		return TG_OK;
	return errno == EEXIST ? look_up(tree, file, err) : cannot(tree, file->name, err);
}

/* The directory is there: each file gets its name in it. */
static enum tg_status fill(struct tg_tree *tree, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < tree->directories; i++)
		st = look_up_directory(tree, tree->directory[i], err);
	for (size_t i = 0; !st && i < tree->files; i++)
		st = look_up(tree, &tree->file[i], err);
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (st)
		return st;
	for (size_t i = 0; !st && i < tree->directories; i++) {
		TG_OWN(tg_close_fd)
		int fd = open_below(tree, tree->parent, tree->directory[i], true, false);

		if (fd < 0)
			st = cannot(tree, tree->directory[i], err);
	}
	for (size_t i = 0; !st && i < tree->files; i++)
		if (!tree->file[i].there)
			st = name_file(tree, &tree->file[i], err);
	return st ? st : sync_all(tree, tree->parent, err);
}

enum tg_status tg_tree_commit(struct tg_tree *tree, struct tg_error *err)
{
	enum tg_status st;

	tg_interrupt_hold(); /* half of it would be there */
	st = tree->base.n ? become(tree, err) : fill(tree, err);
	tg_interrupt_release();
	return st;
}

void tg_tree_put_file(struct tg_buffer *out, const struct tg_tree *tree, size_t at)
{
	const struct tg_tree_file *file = &tree->file[at];
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT, archive = TG_BUFFER_INIT;

	tg_utf8_put_safe(&path, tree->absolute, tree->absolute.n);
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

void tg_tree_release(struct tg_tree *tree)
{
	tg_publish_release(&tree->publish);
	tg_close_fd(&tree->holder);
	if (tree->stage >= 0)
		remove_held(tree->parent, tree->stage_name, tree->stage);
	tg_close_fd(&tree->stage);
	tg_close_fd(&tree->parent);
	tg_digest_free(&tree->digest);
	tg_free(tree->file);
	tg_free(tree->directory);
	*tree = TG_TREE_INIT;
}
