/*
 * pieces: preloaded into a program under test, makes the system answer reads and writes in pieces, as it may.
 *
 *	PIECES_READ=7		a read gives at most 7 bytes
 *	PIECES_READ=cut:100	the first read of a descriptor gives at most 100 bytes, later ones what they like
 *	PIECES_WRITE=7		a write takes at most 7 bytes
 *
 * It holds for every descriptor: short answers are lawful everywhere. Messages on stderr and lines of the run log are one write each
 * by promise, so PIECES_WRITE is for standard output alone.
 */
#undef _FORTIFY_SOURCE /* or the system has an inline read(2) */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t limit_of(const char *name, int fd)
{
	static unsigned char seen[1024];
	const char *text = getenv(name);

	if (!text)
		return (size_t)-1;
	if (strncmp(text, "cut:", 4) != 0)
		return strtoul(text, NULL, 10);
	if (fd < 0 || fd >= 1024 || seen[fd])
		return (size_t)-1;
	seen[fd] = 1;
	return strtoul(text + 4, NULL, 10);
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

ssize_t read(int fd, void *p, size_t n)
{
	static ssize_t (*real)(int, void *, size_t);
	size_t most = limit_of("PIECES_READ", fd);

	if (!real)
		*(void **)&real = next("read");
	return real(fd, p, n < most ? n : most);
}

ssize_t write(int fd, const void *p, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);
	size_t most = fd == STDOUT_FILENO ? limit_of("PIECES_WRITE", fd) : (size_t)-1;

	if (!real)
		*(void **)&real = next("write");
	return real(fd, p, n < most ? n : most);
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	static ssize_t (*real)(int, const struct iovec *, int);
	size_t most = fd == STDOUT_FILENO ? limit_of("PIECES_WRITE", fd) : (size_t)-1;

	if (!real)
		*(void **)&real = next("writev");
	while (count > 1 && v->iov_len == 0) {
		v++;
		count--;
	}
	if (most == (size_t)-1 || count < 1)
		return real(fd, v, count);
	return write(fd, v->iov_base, v->iov_len);
}
