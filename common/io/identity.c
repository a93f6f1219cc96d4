#include "common/io/identity.h"

#include "common/base/check.h"

#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *const names[] = {
	[TG_IDENTITY_CLOSED] = "closed",     [TG_IDENTITY_NULL] = "null",
	[TG_IDENTITY_TTY] = "tty",	     [TG_IDENTITY_PIPE] = "pipe",
	[TG_IDENTITY_SOCKET] = "socket",     [TG_IDENTITY_FILE] = "file",
	[TG_IDENTITY_NAMELESS] = "nameless", [TG_IDENTITY_DEVICE] = "device",
};

static bool has_inode(enum tg_identity_kind kind)
{
	return kind == TG_IDENTITY_PIPE || kind == TG_IDENTITY_SOCKET || kind == TG_IDENTITY_FILE ||
	       kind == TG_IDENTITY_NAMELESS;
}

static enum tg_identity_kind kind_of(int fd, const char *path, const struct stat *st)
{
	if (S_ISFIFO(st->st_mode))
		return TG_IDENTITY_PIPE;
	if (S_ISSOCK(st->st_mode))
		return TG_IDENTITY_SOCKET;
	if (S_ISCHR(st->st_mode)) {
		if (st->st_rdev == makedev(1, 3))
			return TG_IDENTITY_NULL;
		return isatty(fd) == 1 ? TG_IDENTITY_TTY : TG_IDENTITY_DEVICE;
	}
	if (S_ISBLK(st->st_mode))
		return TG_IDENTITY_DEVICE;
	/* A file that will get its name at the end (--output) has none yet, but the name is given. */
	return st->st_nlink == 0 && !path ? TG_IDENTITY_NAMELESS : TG_IDENTITY_FILE;
}

/* The kernel knows the name, links resolved; else what was given is put behind the working directory. */
static struct tg_str find_path(int fd, const char *path, const struct stat *st,
			       struct tg_arena *arena)
{
	char link[64], text[PATH_MAX], directory[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = st->st_nlink == 0 ? -1 : readlink(link, text, sizeof(text));
	if (n > 0 && (size_t)n < sizeof(text) && text[0] == '/')
		return tg_arena_copy(arena, tg_str_from(text, (size_t)n));
	if (!path)
		return TG_STR_NONE;
	if (path[0] == '/')
		return tg_arena_copy(arena, tg_str_of(path));
	if (!getcwd(directory, sizeof(directory)))
		return TG_STR_NONE;
	return tg_arena_format(arena, "%s/%s", directory, path);
}

struct tg_identity tg_identity_of(int fd, const char *path, struct stat *st, struct tg_arena *arena)
{
	struct tg_identity id = { .kind = TG_IDENTITY_CLOSED };

	memset(st, 0, sizeof(*st));
	if (fd < 0 || fstat(fd, st) != 0)
		return id;
	id.kind = kind_of(fd, path, st);
	if (has_inode(id.kind)) {
		id.dev = (uint64_t)st->st_dev;
		id.ino = (uint64_t)st->st_ino;
	} else if (id.kind == TG_IDENTITY_DEVICE) {
		id.dev = (uint64_t)st->st_rdev;
	}
	if (id.kind == TG_IDENTITY_FILE)
		id.path = find_path(fd, path, st, arena);
	return id;
}

bool tg_identity_same(const struct tg_identity *a, const struct tg_identity *b)
{
	return a->kind == b->kind && (a->kind == TG_IDENTITY_PIPE || a->kind == TG_IDENTITY_FILE) &&
	       a->dev == b->dev && a->ino == b->ino;
}

void tg_identity_put_short(struct tg_buffer *out, const struct tg_identity *id)
{
	tg_buffer_puts(out, names[id->kind]);
	if (has_inode(id->kind) || id->kind == TG_IDENTITY_DEVICE)
		tg_buffer_printf(out, ":%llx", (unsigned long long)id->dev);
	if (has_inode(id->kind))
		tg_buffer_printf(out, ":%llu", (unsigned long long)id->ino);
}

void tg_identity_put(struct tg_buffer *out, const struct tg_identity *id)
{
	tg_identity_put_short(out, id);
	if (id->path.n) {
		tg_buffer_putc(out, ':');
		tg_buffer_put_str(out, id->path);
	}
}

/* What stands before the next colon; *rest is behind it, none when there is no colon. */
static struct tg_str take_part(struct tg_str *rest)
{
	const char *colon = rest->n ? memchr(rest->p, ':', rest->n) : NULL;
	struct tg_str part = *rest;

	if (!colon) {
		*rest = TG_STR_NONE;
		return part;
	}
	part.n = (size_t)(colon - part.p);
	*rest = tg_str_after(*rest, part.n + 1);
	return part;
}

static bool read_hex(struct tg_str s, uint64_t *value)
{
	*value = 0;
	if (s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, s.p[i], sizeof(digits) - 1);

		if (!digit)
			return false;
		*value = *value << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

bool tg_identity_read(struct tg_str text, struct tg_identity *id)
{
	struct tg_str name = take_part(&text);
	size_t kind = 0;

	while (kind < TG_COUNT(names) && !tg_str_is(name, names[kind]))
		kind++;
	*id = (struct tg_identity){ .kind = TG_IDENTITY_CLOSED };
	if (kind == TG_COUNT(names))
		return false;
	id->kind = (enum tg_identity_kind)kind;
	if (!has_inode(id->kind) && id->kind != TG_IDENTITY_DEVICE)
		return text.p == NULL;
	if (!text.p || !read_hex(take_part(&text), &id->dev))
		return false;
	if (has_inode(id->kind) && (!text.p || !tg_read_u64(take_part(&text), &id->ino)))
		return false;
	if (id->kind == TG_IDENTITY_FILE) {
		id->path = text;
		return true;
	}
	return text.p == NULL;
}
