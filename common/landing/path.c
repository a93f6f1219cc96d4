#include "common/landing/path.h"

#include "common/landing/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const begin[TG_PATH_LEVELS] = { "source=", "entity=", "date=" };

bool tg_path_split(struct tg_str text, struct tg_path *path)
{
	struct tg_str rest = text;
	size_t hex = 0;

	if (!text.n || memchr(text.p, '\0', text.n))
		return false;
	for (size_t i = 0; i < TG_PATH_LEVELS; i++) {
		const char *slash = memchr(rest.p, '/', rest.n);

		if (!slash || !tg_str_starts(rest, tg_str_of(begin[i])))
			return false;
		path->level[i] = tg_str_from(rest.p, (size_t)(slash - rest.p));
		rest = tg_str_after(rest, path->level[i].n + 1);
	}
	path->directory = tg_str_from(text.p, text.n - rest.n - 1);
	path->file = rest;
	while (hex < rest.n && strchr("0123456789abcdef", rest.p[hex]))
		hex++;
	return rest.n > 17 && rest.n <= NAME_MAX && hex >= 16 && !memchr(rest.p, '/', rest.n);
}

static bool is_encoded(struct tg_str level, const char *before, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_puts(&b, before);
	tg_name_put(&b, text, TG_NAME_MAX);
	return tg_str_eq(level, tg_buffer_str(&b));
}

bool tg_path_fits(const struct tg_path *path, struct tg_str source, struct tg_str entity,
		  struct tg_str date, struct tg_str sha256)
{
	size_t hex = 0;

	while (hex < path->file.n && path->file.p[hex] != '-')
		hex++;
	return hex >= 16 && hex < path->file.n && hex <= sha256.n &&
	       memcmp(path->file.p, sha256.p, hex) == 0 &&
	       is_encoded(path->level[0], begin[0], source) &&
	       is_encoded(path->level[1], begin[1], entity) &&
	       is_encoded(path->level[2], begin[2], date);
}

static int open_step(int at, struct tg_str name)
{
	char text[NAME_MAX + 1];
	int fd;

	if (name.n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	do
		fd = openat(at, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int tg_path_directory(struct tg_path_walk *walk, const struct tg_path *path)
{
	int at = walk->zone;

	if (walk->fd >= 0 && tg_str_eq(tg_buffer_str(&walk->directory), path->directory))
		return walk->fd;
	tg_close_fd(&walk->fd);
	for (size_t i = 0; i < TG_PATH_LEVELS; i++) {
		int next = open_step(at, path->level[i]), error = errno;

		if (at != walk->zone)
			close(at);
		errno = error;
		if (next < 0)
			return -1;
		at = next;
	}
	tg_buffer_clear(&walk->directory);
	tg_buffer_put_str(&walk->directory, path->directory);
	return walk->fd = at;
}

int tg_path_open(struct tg_path_walk *walk, const struct tg_path *path, const char *suffix)
{
	char name[NAME_MAX + sizeof(TG_SIDECAR)];
	int directory = tg_path_directory(walk, path), fd;

	if (directory < 0)
		return -1;
	snprintf(name, sizeof(name), "%.*s%s", TG_STR_ARG(path->file), suffix ? suffix : "");
	do
		fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

void tg_path_walk_release(struct tg_path_walk *walk)
{
	tg_close_fd(&walk->fd);
	tg_buffer_release(&walk->directory);
}
