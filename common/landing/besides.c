#include "common/landing/besides.h"

#include "common/io/interrupt.h"
#include "common/landing/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MOST = 100000 };

/* A walk of four directories at most, one in another. */
struct walk {
	struct tg_besides *tree;
	const struct tg_zone *zone;
	const struct tg_marks *known;
	DIR *list[TG_PATH_LEVELS + 1];
	size_t length[TG_PATH_LEVELS + 1]; /* of path, at each level */
	struct tg_buffer path;
};

static void walk_release(struct walk *w)
{
	for (size_t i = 0; i < TG_COUNT(w->list); i++)
		if (w->list[i])
			closedir(w->list[i]);
	tg_buffer_release(&w->path);
}

struct tg_str tg_besides_data(struct tg_str path)
{
	if (tg_str_ends(path, TG_STR(TG_SIDECAR)))
		path.n -= sizeof(TG_SIDECAR) - 1;
	return path;
}

static void keep(struct tg_besides *tree, struct tg_str path)
{
	if (tree->n == KEPT_MOST) {
		tree->more++;
		return;
	}
	if (tree->n == tree->room) {
		tree->room = tree->room ? tree->room * 2 : 16;
		tree->path = tg_resize_array(tree->path, tree->room, sizeof(*tree->path));
	}
	tree->path[tree->n++] = tg_arena_copy(tree->arena, path);
}

static enum tg_status fail(const struct walk *w, const char *what, struct tg_error *err)
{
	return tg_fail(err, TG_IO, "cannot %s a directory of the zone %s: %s", what, w->zone->path,
		       strerror(errno));
}

/* Opens the directory `name` in that of the level above; *there is false when it is no directory, or has gone. */
static enum tg_status enter(struct walk *w, size_t level, int above, const char *name, bool *there,
			    struct tg_error *err)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*there = fd >= 0;
	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP || errno == ENOENT ? TG_OK
									     : fail(w, "open", err);
	w->list[level] = fdopendir(fd);
	if (!w->list[level]) {
		close(fd);
		return fail(w, "read", err);
	}
	w->length[level] = w->path.n;
	return TG_OK;
}

static bool is_own(size_t level, const char *name)
{
	static const char *const own[] = { ".tidegate", "manifest.jsonl" };

	for (size_t i = 0; level == 0 && i < TG_COUNT(own); i++)
		if (strcmp(name, own[i]) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One entry of the directory at *level; may go down. */
static enum tg_status look_at(struct walk *w, size_t *level, const char *name, struct tg_error *err)
{
	static const char *const begin[TG_PATH_LEVELS] = { "source=", "entity=", "date=" };
	enum tg_status st = TG_OK;
	bool there = false;

	if (is_own(*level, name))
		return TG_OK;
	tg_buffer_puts(&w->path, name);
	if (*level < TG_PATH_LEVELS && tg_str_starts(tg_str_of(name), tg_str_of(begin[*level]))) {
		tg_buffer_putc(&w->path, '/');
		st = enter(w, *level + 1, dirfd(w->list[*level]), name, &there, err);
		if (!there)
			w->path.n--;
	}
	if (there) {
		++*level;
		return st;
	}
	if (!st && (*level < TG_PATH_LEVELS ||
		    !tg_marks_have(w->known, tg_besides_data(tg_buffer_str(&w->path)))))
		keep(w->tree, tg_buffer_str(&w->path));
	w->path.n = w->length[*level];
	return st;
}

/* The zone's own directory, which has files of five names, and what is being staged. */
static enum tg_status look_at_own(struct walk *w, struct tg_error *err)
{
	static const char *const own[] = { ".", "..", "zone", "lock", "index", "broken" };
	bool there;
	enum tg_status st = enter(w, 0, w->zone->own, ".", &there, err);
	struct dirent *entry;

	while (!st && w->list[0] && (entry = readdir(w->list[0])) != NULL) {
		bool known = tg_str_starts(tg_str_of(entry->d_name), TG_STR(".tidegate-"));

		for (size_t i = 0; i < TG_COUNT(own); i++)
			known |= strcmp(entry->d_name, own[i]) == 0;
		tg_buffer_puts(&w->path, ".tidegate/");
		tg_buffer_puts(&w->path, entry->d_name);
		if (!known)
			keep(w->tree, tg_buffer_str(&w->path));
		tg_buffer_clear(&w->path);
	}
	return st;
}

static int by_path(const void *x, const void *y)
{
	return tg_str_compare(*(const struct tg_str *)x, *(const struct tg_str *)y);
}

static enum tg_status walk(struct walk *w, struct tg_error *err)
{
	size_t level = 0;
	bool there;
	enum tg_status st = enter(w, 0, w->zone->directory, ".", &there, err);

	while (!st && w->list[0]) {
		struct dirent *entry;

		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		errno = 0;
		entry = readdir(w->list[level]);
		if (!entry && errno)
			return fail(w, "read", err);
		if (entry) {
			st = look_at(w, &level, entry->d_name, err);
			continue;
		}
		closedir(w->list[level]);
		w->list[level] = NULL;
		if (level)
			w->path.n = w->length[--level];
	}
	return st;
}

enum tg_status tg_besides_look(struct tg_besides *tree, const struct tg_zone *zone,
			       const struct tg_marks *known, struct tg_arena *arena,
			       struct tg_error *err)
{
	TG_OWN(walk_release) struct walk w = { .tree = tree, .zone = zone, .known = known };
	enum tg_status st;

	tree->arena = arena;
	st = walk(&w, err);
	if (!st)
		st = look_at_own(&w, err);
	if (tree->n)
		qsort(tree->path, tree->n, sizeof(*tree->path), by_path);
	return st;
}

void tg_besides_release(struct tg_besides *tree)
{
	tg_free(tree->path);
	tree->path = NULL;
	tree->n = tree->room = 0;
}
