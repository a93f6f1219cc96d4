/*
 * missing: preloaded into a program under test, makes one library missing that the program would load late.
 *
 *	MISSING=libzstd.so.1	no file of that name is found
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void *dlopen(const char *file, int mode)
{
	static void *(*real)(const char *, int);
	const char *missing = getenv("MISSING");

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	return real(missing && file && strcmp(file, missing) == 0 ? "libmissing.so.0" : file, mode);
}
