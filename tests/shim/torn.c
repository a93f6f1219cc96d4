/*
 * torn: preloaded into a program under test, makes writes come to half their end, and takes calls away that some file systems lack.
 *
 *	TORN_WRITE=3:half	the third write to a file below TORN_PATH takes half of the bytes
 *	TORN_WRITE=3:kill	the same, and the program dies there
 *	TORN_PATH=/zone		files whose path holds this
 *	TORN_LACKS=tmpfile,empty-path,link
 *	TORN_LACKS=answer	a hard link is made, the answer is lost, and who asks again hears that the name is taken: NFS
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int openat64(int directory, const char *path, int flags, ...);
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at);

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static int lacks(const char *what)
{
	const char *list = getenv("TORN_LACKS");

	return list && strstr(list, what) != NULL;
}

static int is_meant(int fd)
{
	char link[64], path[4096];
	const char *part = getenv("TORN_PATH");
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (!part || n < 0)
		return 0;
	path[n] = '\0';
	return strstr(path, part) != NULL;
}

/* How many bytes this write takes; *kill: and then it ends. */
static size_t taken(int fd, size_t n, int *kill)
{
	static unsigned long count;
	const char *what = getenv("TORN_WRITE");
	char *end;

	*kill = 0;
	if (!what || n < 2 || !is_meant(fd) || ++count != strtoul(what, &end, 10))
		return n;
	*kill = strcmp(end, ":kill") == 0;
	return n / 2;
}

ssize_t write(int fd, const void *p, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);
	int kill;
	size_t most = taken(fd, n, &kill);
	ssize_t got;

	if (!real)
		*(void **)&real = next("write");
	got = real(fd, p, most);
	if (kill)
		raise(SIGKILL);
	return got;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);
	int kill;
	size_t most = taken(fd, n, &kill);
	ssize_t got;

	if (!real)
		*(void **)&real = next("pwrite64");
	got = real(fd, p, most, at);
	if (kill)
		raise(SIGKILL);
	return got;
}

int openat64(int directory, const char *path, int flags, ...)
{
	static int (*real)(int, const char *, int, ...);
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (!real)
		*(void **)&real = next("openat64");
	if ((flags & O_TMPFILE) == O_TMPFILE && lacks("tmpfile")) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return real(directory, path, flags, mode);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
	static int (*real)(int, const char *, int, const char *, int);

	if (!real)
		*(void **)&real = next("linkat");
	if ((flags & AT_EMPTY_PATH) && lacks("empty-path")) {
		errno = ENOENT;
		return -1;
	}
	if (!(flags & AT_EMPTY_PATH) && lacks("link")) {
		errno = EPERM;
		return -1;
	}
	if (!(flags & AT_EMPTY_PATH) && lacks("answer") && real(from, old, to, new, flags) == 0) {
		errno = EEXIST;
		return -1;
	}
	return real(from, old, to, new, flags);
}
