#include "common/base/own.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void tg_bug(const char *file, int line, const char *what)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "tidegate: bug at %s:%d: %s: please report it\n", file,
			 line, what);

	if (n > 0 &&
	    write(STDERR_FILENO, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1) < 0)
		_exit(70);
	_exit(70);
}

void tg_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void tg_free_pointer(void *pp)
{
	void **p = pp;

	free(*p);
	*p = NULL;
}
