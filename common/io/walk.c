#include "common/io/walk.h"

#include "common/base/buffer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILES_MAX = 100000, /* and folders */
	DEPTH_MAX = 64,
};

struct list {
	struct tg_str *item;
	size_t n, room;
};

struct walker {
	struct tg_arena *arena;
	struct list files, folders; /* folders are taken from the front, so nothing recurses */
	struct tg_str ending;
	const char *path;
	int root;
	struct tg_error *err;
};

static void close_directory(DIR **d)
{
	if (*d)
		closedir(*d);
}

static enum tg_status add(struct walker *w, struct list *list, struct tg_str folder,
			  struct tg_str name)
{
	if (list->n == FILES_MAX)
		return tg_fail(w->err, TG_DATA, "below %s there are more than %d files or folders",
			       w->path, FILES_MAX);
	if (list->n == list->room) {
		list->room = list->room ? list->room * 2 : 32;
		list->item = tg_resize_array(list->item, list->room, sizeof(*list->item));
	}
	list->item[list->n++] = tg_arena_format(w->arena, "%.*s%s%.*s", TG_STR_ARG(folder),
						folder.n ? "/" : "", TG_STR_ARG(name));
	return TG_OK;
}

static size_t depth_of(struct tg_str path)
{
	size_t depth = path.n > 0;

	for (size_t i = 0; i < path.n; i++)
		depth += path.p[i] == '/';
	return depth;
}

static enum tg_status failed(struct walker *w, struct tg_str folder)
{
	return tg_fail(w->err, TG_IO, "cannot read the folder %s%s%.*s: %s", w->path,
		       folder.n ? "/" : "", TG_STR_ARG(folder), strerror(errno));
}

static enum tg_status take_entry(struct walker *w, struct tg_str folder, int fd,
				 const struct dirent *entry)
{
	struct tg_str name = tg_str_of(entry->d_name);
	struct stat st;

	if (name.n == 0 || name.p[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return TG_OK;
	if (S_ISDIR(st.st_mode)) {
		if (depth_of(folder) >= DEPTH_MAX)
			return tg_fail(w->err, TG_DATA, "below %s folders are more than %d deep",
				       w->path, DEPTH_MAX);
		return add(w, &w->folders, folder, name);
	}
	if (S_ISLNK(st.st_mode) && fstatat(fd, entry->d_name, &st, 0))
		return TG_OK;
	if (!S_ISREG(st.st_mode) || !tg_str_ends(name, w->ending))
		return TG_OK;
	return add(w, &w->files, folder, name);
}

static enum tg_status list_folder(struct walker *w, struct tg_str folder)
{
	TG_OWN(close_directory) DIR *d = NULL;
	const struct dirent *entry;
	enum tg_status st = TG_OK;
	int fd = openat(w->root, folder.n ? folder.p : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(w, folder);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return failed(w, folder);
	}
	for (errno = 0; !st && (entry = readdir(d)); errno = 0)
		st = take_entry(w, folder, fd, entry);
	return !st && errno ? failed(w, folder) : st;
}

static int by_bytes(const void *a, const void *b)
{
	return tg_str_compare(*(const struct tg_str *)a, *(const struct tg_str *)b);
}

enum tg_status tg_walk(struct tg_walk *walk, const char *path, struct tg_str ending,
		       struct tg_arena *arena, struct tg_error *err)
{
	struct walker w = { .arena = arena, .ending = ending, .path = path, .err = err };
	TG_OWN(tg_close_fd) int root = -1;
	enum tg_status st;
	struct stat about;

	*walk = (struct tg_walk){ .n = 0 };
	if (stat(path, &about))
		return tg_fail(err, errno == ENOENT || errno == ENOTDIR ? TG_NO_INPUT : TG_IO,
			       "cannot read %s: %s", path, strerror(errno));
	if (!S_ISDIR(about.st_mode))
		return TG_OK;
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return tg_fail(err, TG_IO, "cannot read the folder %s: %s", path, strerror(errno));
	w.root = root;
	st = list_folder(&w, TG_STR(""));
	for (size_t i = 0; !st && i < w.folders.n; i++)
		st = list_folder(&w, w.folders.item[i]);
	if (!st) {
		if (w.files.n)
			qsort(w.files.item, w.files.n, sizeof(*w.files.item), by_bytes);
		*walk = (struct tg_walk){ .n = w.files.n, .folder = true };
		walk->path = tg_arena_array(arena, w.files.n + 1, sizeof(*walk->path));
		if (w.files.n)
			memcpy(walk->path, w.files.item, w.files.n * sizeof(*walk->path));
	}
	tg_free(w.files.item);
	tg_free(w.folders.item);
	return st;
}
