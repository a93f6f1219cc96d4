#include "common/run/logdir.h"

#include "common/base/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	KEPT_SECONDS = 24 * 60 * 60,
	SWEPT_MOST = 512,
	LARGEST_FILE =
		16 << 20, /* a start line is 64 KiB at most; more inputs than fit there follow it */
};

/*
 * The directory
 */

static enum tg_status check_private(int dir, const char *path, struct tg_error *err)
{
	struct stat st;

	if (fstat(dir, &st) != 0)
		return tg_fail(err, TG_IO, "cannot look at %s: %s", path, strerror(errno));
	if (st.st_uid != geteuid())
		return tg_fail(err, TG_IO, "%s belongs to another user", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return tg_fail(err, TG_IO, "%s is open to other users: its mode must be 0700",
			       path);
	return TG_OK;
}

enum tg_status tg_logdir_open(int *dir, struct tg_error *err)
{
	static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	TG_OWN(tg_close_fd) int fd = -1;
	char path[sizeof(P_tmpdir) + 32];
	enum tg_status st;

	snprintf(path, sizeof(path), P_tmpdir "/tidegate-%lu", (unsigned long)geteuid());
	fd = open(path, flags);
	if (fd < 0 && errno == ENOENT) {
		/* Another stage of the pipeline may be quicker. */
		if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
			return tg_fail(err, TG_IO, "cannot make %s: %s", path, strerror(errno));
		fd = open(path, flags);
	}
	if (fd < 0)
		return tg_fail(err, TG_IO, "cannot open %s: %s", path,
			       errno == ELOOP || errno == ENOTDIR ? "it is no directory"
								  : strerror(errno));
	st = check_private(fd, path, err);
	if (st)
		return st;
	*dir = fd;
	fd = -1;
	return TG_OK;
}

void tg_logdir_boot(char boot[TG_BOOT_SIZE + 1])
{
	TG_OWN(tg_close_fd) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	size_t kept = 0;

	for (ssize_t i = 0; i < n && kept < TG_BOOT_SIZE; i++)
		if (text[i] != '-' && text[i] != '\n')
			boot[kept++] = text[i];
	while (kept < TG_BOOT_SIZE)
		boot[kept++] = '0';
	boot[kept] = '\0';
}

/*
 * Names: BOOT.OUT.SECONDS.SPAN
 */

void tg_logdir_put_name(struct tg_buffer *out, const struct tg_logdir_name *name)
{
	tg_buffer_put_str(out, name->boot);
	tg_buffer_putc(out, '.');
	tg_identity_put_short(out, &name->out);
	tg_buffer_putc(out, '.');
	tg_buffer_put_u64(out, name->seconds);
	tg_buffer_putc(out, '.');
	tg_buffer_put_str(out, name->span);
}

bool tg_logdir_read_name(struct tg_str text, struct tg_logdir_name *name)
{
	struct tg_str part[4];

	for (size_t i = 0; i < TG_COUNT(part); i++) {
		const char *dot = i < 3 ? memchr(text.p, '.', text.n) : text.p + text.n;

		if (!dot)
			return false;
		part[i] = tg_str_from(text.p, (size_t)(dot - text.p));
		text = tg_str_after(text, part[i].n + (i < 3));
	}
	name->boot = part[0];
	name->span = part[3];
	return part[0].n == TG_BOOT_SIZE && part[3].n == TG_SPAN_SIZE &&
	       tg_identity_read(part[1], &name->out) && tg_read_u64(part[2], &name->seconds);
}

/*
 * Reading
 */

static void close_directory(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* A stream of its own: the descriptor keeps its place for nobody. */
static DIR *open_stream(int dir)
{
	TG_OWN(tg_close_fd) int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (stream)
		fd = -1;
	return stream;
}

struct tg_logdir_entry *tg_logdir_list(int dir, struct tg_str boot, size_t *n,
				       struct tg_arena *arena)
{
	TG_OWN(close_directory) DIR *stream = open_stream(dir);
	struct tg_logdir_entry *list = NULL;
	const struct dirent *entry;
	size_t room = 0;

	*n = 0;
	while (stream && (entry = readdir(stream))) {
		struct tg_logdir_entry e;

		if (!tg_str_starts(tg_str_of(entry->d_name), boot))
			continue;
		if (*n == room) {
			struct tg_logdir_entry *more;

			room = room ? room * 2 : 32;
			more = tg_arena_array(arena, room, sizeof(*more));
			if (*n)
				memcpy(more, list, *n * sizeof(*more));
			list = more;
		}
		e.file = tg_arena_copy(arena, tg_str_of(entry->d_name));
		if (tg_logdir_read_name(e.file, &e.name))
			list[(*n)++] = e;
	}
	return list;
}

bool tg_logdir_read(int dir, const char *file, struct tg_str *text, bool *held,
		    struct tg_arena *arena)
{
	TG_OWN(tg_close_fd)
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *p;
	size_t n = 0;

	if (fd < 0)
		return false;
	*held = flock(fd, LOCK_SH | LOCK_NB) != 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > LARGEST_FILE)
		return false;
	p = tg_arena_take(arena, (size_t)st.st_size + TG_SLACK);
	while (n < (size_t)st.st_size) {
		ssize_t got = read(fd, p + n, (size_t)st.st_size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	*text = tg_str_from(p, n);
	return true;
}

/*
 * Sweeping
 */

static bool is_old(int dir, const char *file, uint64_t now)
{
	TG_OWN(tg_close_fd)
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	/* A stage that ran for two days may have finished just now. */
	return fd >= 0 && fstat(fd, &st) == 0 && st.st_mtime >= 0 &&
	       (uint64_t)st.st_mtime + KEPT_SECONDS < now && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void tg_logdir_sweep(int dir, uint64_t now)
{
	TG_OWN(close_directory) DIR *stream = open_stream(dir);
	const struct dirent *entry;
	size_t swept = 0;

	while (stream && swept < SWEPT_MOST && (entry = readdir(stream))) {
		struct tg_logdir_name name;

		if (!tg_logdir_read_name(tg_str_of(entry->d_name), &name) ||
		    name.seconds + KEPT_SECONDS >= now || !is_old(dir, entry->d_name, now))
			continue;
		if (unlinkat(dir, entry->d_name, 0) == 0)
			swept++;
	}
}
