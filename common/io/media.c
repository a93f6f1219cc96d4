#include "common/io/media.h"

#include "common/base/library.h"

/* libmagic, from its manual. */
enum { MIME_TYPE = 0x10, ERRORS = 0x200, NOT_COMPRESSED = 0x1000 };

static struct {
	void *(*open)(int flags);
	int (*load)(void *cookie, const char *file);
	const char *(*buffer)(void *cookie, const void *p, size_t n);
	void (*close)(void *cookie);
} magic;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_OPTIONAL(magic.open, magic_open),
	TG_LIBRARY_OPTIONAL(magic.load, magic_load),
	TG_LIBRARY_OPTIONAL(magic.buffer, magic_buffer),
	TG_LIBRARY_OPTIONAL(magic.close, magic_close),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libmagic", "1"),
	.package = "libmagic1",
	.needs = "cannot tell what the content is: that needs libmagic",
	.call = calls,
	.calls = TG_COUNT(calls),
};

enum tg_status tg_media_type(struct tg_str *type, struct tg_str head, struct tg_arena *arena,
			     struct tg_error *err)
{
	enum tg_status st = tg_library_load(&library, err);
	const char *text = NULL;
	void *cookie;

	if (st)
		return st;
	cookie = magic.open(MIME_TYPE | ERRORS | NOT_COMPRESSED);
	if (cookie && magic.load(cookie, NULL) == 0)
		text = magic.buffer(cookie, head.p, head.n);
	if (text)
		*type = tg_arena_copy(arena, tg_str_of(text));
	if (cookie)
		magic.close(cookie);
	if (!text)
		return tg_fail(err, TG_UNAVAILABLE,
			       "cannot tell what the content is: %s does not say, or has not its "
			       "data",
			       library.file);
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
