#include "common/io/publish.h"

#include "common/base/memory.h"
#include "common/digest/digest.h"
#include "common/io/interrupt.h"
#include "common/io/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#define PREFIX ".tidegate-"
enum { TEMPORARY_SIZE = sizeof(PREFIX) + 16 };

static char *copy(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(tg_alloc(n), text, n);
}

enum tg_status tg_sync(int fd, const char *what, struct tg_error *err)
{
	int rc;

	/* Only EINTR says that nothing was tried. After any other failure the pages may be marked clean: asking again would hear yes. */
	do {
#ifdef F_FULLFSYNC
		rc = fcntl(fd, F_FULLFSYNC);
		if (rc != 0 && errno != EINTR)
			rc = fsync(fd);
#else
		rc = fsync(fd);
#endif
	} while (rc != 0 && errno == EINTR);
	if (rc != 0)
		return tg_fail(err, TG_IO, "cannot sync %s: %s", what, strerror(errno));
	return TG_OK;
}

void tg_sync_soon(int fd)
{
#ifdef SYNC_FILE_RANGE_WRITE
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)fd;
#endif
}

enum tg_status tg_sync_beside(const char *path, struct tg_error *err)
{
	TG_OWN(tg_free_pointer) char *directory = copy(path);
	char *slash = strrchr(directory, '/');
	TG_OWN(tg_close_fd) int fd = -1;

	if (slash)
		slash[slash == directory] = '\0';
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tg_fail(err, TG_IO, "cannot open the directory of %s: %s", path,
			       strerror(errno));
	return tg_sync(fd, path, err);
}

/* Where the system cannot say "and never replace": look first. The landing zone does so under its lock. */
static int rename_after_look(int old_directory, const char *old, int directory, const char *name)
{
	struct stat st;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(old_directory, old, directory, name) : -1;
}

int tg_rename_new(int old_directory, const char *old, int directory, const char *name)
{
#ifdef SYS_renameat2
	enum { NOREPLACE = 1 };

	/* musl 1.2.3 has no function for it. NFS and old FUSE answer EINVAL. */
	if (syscall(SYS_renameat2, old_directory, old, directory, name, NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
#elif defined(__APPLE__)
	if (renameatx_np(old_directory, old, directory, name, RENAME_EXCL) == 0)
		return 0;
	if (errno != ENOTSUP)
		return -1;
#endif
	return rename_after_look(old_directory, old, directory, name);
}

static void draw_name(char name[TEMPORARY_SIZE])
{
	uint64_t random;

	tg_random(&random, sizeof(random));
	snprintf(name, TEMPORARY_SIZE, PREFIX "%016llx", (unsigned long long)random);
}

/* A named temporary, locked. Between making and locking it a sweep may take it for a dead one's: then it has no link left. */
static enum tg_status open_named(struct tg_publish *p, mode_t mode, struct tg_error *err)
{
	char name[TEMPORARY_SIZE];
	struct stat st;

	for (unsigned attempt = 0; attempt < 100; attempt++) {
		draw_name(name);
		p->fd = openat(p->directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (p->fd < 0 && (errno == EEXIST || errno == EINTR))
			continue;
		if (p->fd < 0)
			return tg_fail(err, errno == EIO ? TG_IO : TG_CANNOT_CREATE,
				       "cannot make %s: %s", p->what, strerror(errno));
		if (flock(p->fd, LOCK_EX | LOCK_NB) == 0 && fstat(p->fd, &st) == 0 && st.st_nlink) {
			p->temporary = copy(name);
			return TG_OK;
		}
		unlinkat(p->directory, name, 0);
		tg_close_fd(&p->fd);
	}
	return tg_fail(err, TG_CANNOT_CREATE, "cannot make a temporary file for %s", p->what);
}

static enum tg_status open_unnamed(struct tg_publish *p, mode_t mode, struct tg_error *err)
{
#ifdef O_TMPFILE
	do
		p->fd = openat(p->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	while (p->fd < 0 && errno == EINTR);
	if (p->fd >= 0)
		return TG_OK;
	/* NFS, FUSE and old overlayfs have it not, and kernels before 3.11 take it for an open of the directory. */
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
		return tg_fail(err, errno == EIO ? TG_IO : TG_CANNOT_CREATE, "cannot make %s: %s",
			       p->what, strerror(errno));
#endif
	return open_named(p, mode, err);
}

enum tg_status tg_publish_stage(struct tg_publish *p, int directory, mode_t mode, const char *what,
				struct tg_error *err)
{
	p->what = what;
	p->directory = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	if (p->directory < 0)
		return tg_fail(err, TG_IO, "cannot make %s: %s", what, strerror(errno));
	return open_unnamed(p, mode, err);
}

enum tg_status tg_publish_open(struct tg_publish *p, const char *path, mode_t mode,
			       struct tg_error *err)
{
	TG_OWN(tg_free_pointer) char *target = NULL;
	struct stat st;
	char *slash;
	bool replaces;
	enum tg_status status;

	p->what = path;
	replaces = stat(path, &st) == 0;
	if (replaces && !S_ISREG(st.st_mode))
		return tg_fail(err, TG_CANNOT_CREATE, "cannot replace %s: it is no regular file",
			       path);
	if (!replaces && lstat(path, &st) == 0)
		return tg_fail(err, TG_CANNOT_CREATE,
			       "cannot make %s: it is a symbolic link to nothing", path);
	target = realpath(path, NULL);
	if (!target)
		target = copy(
			path); /* nothing there, the usual case; else opening its directory tells */
	slash = strrchr(target, '/');
	p->name = copy(slash ? slash + 1 : target);
	if (!p->name[0])
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make %s: it names a directory", path);
	if (slash)
		slash[slash == target] = '\0';
	p->directory = open(slash ? target : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->directory < 0)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make %s: its directory: %s", path,
			       strerror(errno));
	status = open_unnamed(p, mode, err);
	/* Who may read a file may read what replaces it, and nobody else. */
	if (!status && replaces && fchmod(p->fd, st.st_mode & 0777) != 0)
		status =
			tg_fail(err, TG_CANNOT_CREATE, "cannot make %s: %s", path, strerror(errno));
	return status;
}

enum tg_status tg_publish_write(struct tg_publish *p, struct tg_str bytes, struct tg_error *err)
{
	return tg_write_all(p->fd, bytes, p->what, err);
}

/* Links the file of a descriptor. By the descriptor alone where that is allowed (Linux 6.10, or a capability), else by /proc. */
static int link_unnamed(int fd, int directory, const char *name)
{
#ifdef AT_EMPTY_PATH
	char self[64];

	if (linkat(fd, "", directory, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EINVAL && errno != EPERM)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, directory, name, AT_SYMLINK_FOLLOW);
#else
	(void)fd;
	(void)directory;
	(void)name;
	errno = ENOTSUP;
	return -1;
#endif
}

/*
 * Links a named temporary and takes its old name away. A network file system may have done the link, lost the answer, and say
 * EEXIST to the second asking: then the file has two links. Where there are no hard links it is renamed.
 */
static int link_named(struct tg_publish *p, int directory, const char *name)
{
	struct stat st;

	if (linkat(p->directory, p->temporary, directory, name, 0) != 0) {
		int error = errno;

		if (error == EPERM || error == EOPNOTSUPP || error == EMLINK || error == ENOSYS) {
			if (tg_rename_new(p->directory, p->temporary, directory, name) != 0)
				return -1;
			tg_free_pointer(&p->temporary);
			return 0;
		}
		errno = error;
		if (error != EEXIST)
			return -1;
		if (fstat(p->fd, &st) != 0 || st.st_nlink != 2) {
			errno = EEXIST;
			return -1;
		}
	}
	unlinkat(p->directory, p->temporary, 0); /* what stays is swept */
	tg_free_pointer(&p->temporary);
	return 0;
}

enum tg_status tg_publish_link(struct tg_publish *p, int directory, const char *name, bool *there,
			       struct tg_error *err)
{
	int rc;

	do
		rc = p->temporary ? link_named(p, directory, name)
				  : link_unnamed(p->fd, directory, name);
	while (rc != 0 && errno == EINTR);
	*there = rc != 0 && errno == EEXIST;
	if (rc != 0 && errno == EXDEV)
		return tg_fail(err, TG_IO,
			       "cannot name %s: its directory is on another file system", p->what);
	if (rc != 0 && !*there)
		return tg_fail(err, TG_IO, "cannot name %s: %s", p->what, strerror(errno));
	return TG_OK;
}

/* A rename replaces at once, but needs a name to rename. */
static enum tg_status replace(struct tg_publish *p, struct tg_error *err)
{
	char name[TEMPORARY_SIZE];

	if (!p->temporary) {
		bool there = true;

		for (unsigned attempt = 0; there && attempt < 100; attempt++) {
			enum tg_status st;

			draw_name(name);
			st = tg_publish_link(p, p->directory, name, &there, err);
			if (st)
				return st;
		}
		p->temporary = copy(name);
	}
	if (renameat(p->directory, p->temporary, p->directory, p->name) != 0)
		return tg_fail(err, TG_IO, "cannot name %s: %s", p->what, strerror(errno));
	tg_free_pointer(&p->temporary);
	return TG_OK;
}

enum tg_status tg_publish_commit(struct tg_publish *p, enum tg_publish_how how,
				 struct tg_error *err)
{
	bool there = false;
	enum tg_status st = tg_sync(p->fd, p->what, err);

	if (!st && tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (!st)
		st = tg_publish_link(p, p->directory, p->name, &there, err);
	if (!st && there && how == TG_PUBLISH_NEW)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make %s: it is there already",
			       p->what);
	if (!st && there)
		st = replace(p, err);
	return st ? st : tg_sync(p->directory, p->what, err);
}

void tg_publish_release(struct tg_publish *p)
{
	if (p->temporary)
		unlinkat(p->directory, p->temporary, 0);
	tg_close_fd(&p->fd);
	tg_close_fd(&p->directory);
	tg_free_pointer(&p->name);
	tg_free_pointer(&p->temporary);
}

static void closedir_of(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

void tg_publish_sweep(int directory)
{
	TG_OWN(closedir_of) DIR *list = NULL;
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return;
	}
	for (struct dirent *e = readdir(list); e; e = readdir(list)) {
		TG_OWN(tg_close_fd) int file = -1;

		if (!tg_str_starts(tg_str_of(e->d_name), TG_STR(PREFIX)))
			continue;
		file = openat(directory, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
			unlinkat(directory, e->d_name, 0);
	}
}
