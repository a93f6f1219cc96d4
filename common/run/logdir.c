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
 * Names
 */

static unsigned bucket_of(const struct tg_identity *id)
{
	uint64_t mixed = id->ino ^ id->ino >> 8 ^ id->dev;

	return (unsigned)(mixed % TG_BUCKETS);
}

unsigned tg_logdir_bucket(const struct tg_logdir_name *name)
{
	if (name->out.kind == TG_IDENTITY_PIPE || name->out.kind == TG_IDENTITY_FILE)
		return bucket_of(&name->out);
	return ((unsigned char)name->span.p[0] * 16u + (unsigned char)name->span.p[1]) % TG_BUCKETS;
}

void tg_logdir_put_prefix(struct tg_buffer *out, struct tg_str boot, const struct tg_identity *id)
{
	tg_buffer_put_str(out, boot);
	tg_buffer_putc(out, '.');
	tg_identity_put_short(out, id);
	tg_buffer_putc(out, '.');
}

void tg_logdir_put_name(struct tg_buffer *out, const struct tg_logdir_name *name)
{
	tg_buffer_printf(out, "%02x/", tg_logdir_bucket(name));
	tg_logdir_put_prefix(out, name->boot, &name->out);
	tg_buffer_put_u64(out, name->seconds);
	tg_buffer_putc(out, '.');
	tg_buffer_put_u64(out, name->sid);
	tg_buffer_putc(out, '.');
	tg_buffer_put_str(out, name->span);
}

bool tg_logdir_read_name(struct tg_str text, struct tg_logdir_name *name)
{
	struct tg_str part[5];

	for (size_t i = 0; i < TG_COUNT(part); i++) {
		bool last = i + 1 == TG_COUNT(part);
		const char *end = last ? text.p + text.n : memchr(text.p, '.', text.n);

		if (!end)
			return false;
		part[i] = tg_str_from(text.p, (size_t)(end - text.p));
		text = tg_str_after(text, part[i].n + !last);
	}
	name->boot = part[0];
	name->span = part[4];
	return part[0].n == TG_BOOT_SIZE && part[4].n == TG_SPAN_SIZE &&
	       tg_identity_read(part[1], &name->out) && tg_read_u64(part[2], &name->seconds) &&
	       tg_read_u64(part[3], &name->sid);
}

int tg_logdir_make(int dir, const char *file)
{
	static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, file, flags, S_IRUSR | S_IWUSR);
	char bucket[3] = { file[0], file[1] };

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(dir, bucket, S_IRWXU) != 0 && errno != EEXIST)
		return -1;
	return openat(dir, file, flags, S_IRUSR | S_IWUSR);
}

/*
 * Reading
 */

static void close_directory(DIR **d)
{
	if (*d)
		closedir(*d);
}

static DIR *open_bucket(int dir, unsigned bucket)
{
	char name[16];
	TG_OWN(tg_close_fd) int fd = -1;
	DIR *stream;

	snprintf(name, sizeof(name), "%02x", bucket);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	stream = fd < 0 ? NULL : fdopendir(fd);
	if (stream)
		fd = -1;
	return stream;
}

struct tg_logdir_entry *tg_logdir_list(int dir, unsigned bucket, struct tg_str prefix, size_t *n,
				       struct tg_arena *arena)
{
	TG_OWN(close_directory) DIR *stream = open_bucket(dir, bucket);
	struct tg_logdir_entry *list = NULL;
	const struct dirent *entry;
	size_t room = 0;
	char text[16];

	*n = 0;
	snprintf(text, sizeof(text), "%02x/", bucket);
	while (stream && (entry = readdir(stream))) {
		struct tg_str name = tg_str_of(entry->d_name);
		struct tg_logdir_entry e;
		char *p;

		if (!tg_str_starts(name, prefix))
			continue;
		if (*n == room) {
			struct tg_logdir_entry *more;

			room = room ? room * 2 : 32;
			more = tg_arena_array(arena, room, sizeof(*more));
			if (*n)
				memcpy(more, list, *n * sizeof(*more));
			list = more;
		}
		p = tg_arena_take(arena, name.n + 4);
		memcpy(p, text, 3);
		memcpy(p + 3, name.p, name.n);
		e.file = tg_str_from(p, name.n + 3);
		if (tg_logdir_read_name(tg_str_after(e.file, 3), &e.name))
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

void tg_logdir_seal(int fd)
{
	(void)fchmod(fd, S_IRUSR); /* unsealed, it is opened and read */
}

bool tg_logdir_sealed_before(int dir, const char *file, int64_t time)
{
	struct stat st;

	return fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && !(st.st_mode & S_IWUSR) &&
	       ((int64_t)st.st_mtime + 1) * 1000000 < time;
}

int64_t tg_logdir_found_dead(int dir, const char *file)
{
	TG_OWN(tg_close_fd) int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return 0;
	if (st.st_mode & S_IWUSR) {
		(void)futimens(fd, NULL);
		tg_logdir_seal(fd);
		if (fstat(fd, &st) != 0)
			return 0;
	}
	return (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
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

void tg_logdir_sweep(int dir, unsigned bucket, uint64_t now)
{
	TG_OWN(close_directory) DIR *stream = open_bucket(dir, bucket);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		struct tg_logdir_name name;

		if (tg_logdir_read_name(tg_str_of(entry->d_name), &name) &&
		    name.seconds + KEPT_SECONDS < now && is_old(dirfd(stream), entry->d_name, now))
			(void)unlinkat(dirfd(stream), entry->d_name, 0);
	}
}
