#include "common/io/media.h"

#include <dlfcn.h>

/* libmagic, from its manual. */
enum { MIME_TYPE = 0x10, ERRORS = 0x200, NOT_COMPRESSED = 0x1000 };

typedef void *open_function(int flags);
typedef int load_function(void *cookie, const char *file);
typedef const char *buffer_function(void *cookie, const void *p, size_t n);
typedef void close_function(void *cookie);

#ifdef __APPLE__
static const char library[] = "libmagic.1.dylib";
#else
static const char library[] = "libmagic.so.1";
#endif

static bool find(void *handle, const char *name, void *function, size_t size)
{
	void *symbol = handle ? dlsym(handle, name) : NULL;

	memcpy(function, &symbol, size); /* POSIX says that they are of one size */
	return symbol != NULL;
}

#define FIND(handle, name, function) find(handle, name, &(function), sizeof(function))

enum tg_status tg_media_type(struct tg_str *type, struct tg_str head, struct tg_arena *arena,
			     struct tg_error *err)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), *cookie;
	open_function *open;
	load_function *load;
	buffer_function *buffer;
	close_function *close;
	const char *text = NULL;
	bool loaded;

	if (!FIND(handle, "magic_open", open) || !FIND(handle, "magic_load", load) ||
	    !FIND(handle, "magic_buffer", buffer) || !FIND(handle, "magic_close", close))
		return tg_fail(err, TG_UNAVAILABLE,
			       "cannot tell what the content is: that needs %s", library);
	cookie = open(MIME_TYPE | ERRORS | NOT_COMPRESSED);
	loaded = cookie && load(cookie, NULL) == 0;
	if (loaded)
		text = buffer(cookie, head.p, head.n);
	if (text)
		*type = tg_arena_copy(arena, tg_str_of(text));
	if (cookie)
		close(cookie);
	if (!text)
		return tg_fail(err, TG_UNAVAILABLE,
			       "cannot tell what the content is: %s does not say, or has not its "
			       "data",
			       library);
	return TG_OK;
}

bool tg_media_is_type(struct tg_str text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_";
	bool slash = false;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '/' && !slash && i > 0 && i + 1 < text.n)
			slash = true;
		else if (text.p[i] == '*' && slash && i + 1 == text.n && text.p[i - 1] == '/')
			continue;
		else if (!memchr(allowed, text.p[i], sizeof(allowed) - 1))
			return false;
	}
	return slash;
}

bool tg_media_fits(struct tg_str type, struct tg_str wanted)
{
	if (tg_str_ends(wanted, TG_STR("/*")))
		return tg_str_starts(type, tg_str_from(wanted.p, wanted.n - 1));
	return tg_str_eq(type, wanted);
}
