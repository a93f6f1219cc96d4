#include "common/webhook/scheme.h"

#include "common/io/input.h"

#include <unistd.h>

enum { DESCRIPTION_MAX = 1 << 20, NAMES_MAX = 128 };

struct names {
	struct tg_str name[NAMES_MAX];
	size_t scheme[NAMES_MAX];
	size_t n;
};

static void add(struct names *names, struct tg_str name, size_t scheme)
{
	TG_BUG_IF(names->n == NAMES_MAX);
	names->name[names->n] = name;
	names->scheme[names->n++] = scheme;
}

/* The word in quotes that begins at *p; moves *p behind it. */
static struct tg_str take_word(const char **p)
{
	const char *from = *p + 1, *end = strchr(from, '"');

	*p = end + 1;
	return tg_str_from(from, (size_t)(end - from));
}

/* Names and short names. The texts are ours and all begin with them, so they need not be parsed for that; a test does. */
static void gather(struct names *names)
{
	static const char head[] = "{\"name\":", list[] = ",\"aliases\":[";

	names->n = 0;
	for (size_t i = 0; i < tg_scheme_builtins; i++) {
		const char *p = tg_scheme_builtin[i] + sizeof(head) - 1;

		add(names, take_word(&p), i);
		if (strncmp(p, list, sizeof(list) - 1) != 0)
			continue;
		for (p += sizeof(list) - 1; *p != ']'; p += *p == ',')
			add(names, take_word(&p), i);
	}
}

static enum tg_status load_file(struct tg_scheme *s, struct tg_str name, const struct names *names,
				struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str path = tg_arena_copy(arena, name);
	const struct tg_str *nearest;
	enum tg_status st;

	if (memchr(path.p, '\0', path.n))
		return tg_fail(err, TG_USAGE, "--scheme: it holds a NUL");
	/* A word is a name; what has a slash or a dot is a file, as is what is there. */
	if (!memchr(path.p, '/', path.n) && !memchr(path.p, '.', path.n) &&
	    access(path.p, F_OK) != 0) {
		nearest = tg_str_nearest(name, names->name, names->n);
		return tg_fail(err, TG_USAGE,
			       "--scheme: no scheme or file of that name%s%.*s%s; --list-schemes "
			       "shows those that are built in",
			       nearest ? ", did you mean " : "",
			       TG_STR_ARG(nearest ? *nearest : TG_STR_NONE), nearest ? "?" : "");
	}
	st = tg_input_slurp(&text, path.p, DESCRIPTION_MAX, err);
	if (st == TG_DATA) /* too large: it is no description */
		st = err->status = TG_CONFIG;
	if (!st)
		st = tg_scheme_parse(s, tg_buffer_str(&text), arena, err);
	return st ? tg_within(err, "in the scheme %s", path.p) : TG_OK;
}

enum tg_status tg_scheme_load(struct tg_scheme *s, struct tg_str name, struct tg_arena *arena,
			      struct tg_error *err)
{
	struct names names;

	gather(&names);
	for (size_t i = 0; i < names.n; i++)
		if (tg_str_eq(names.name[i], name))
			return tg_scheme_parse(s, tg_str_of(tg_scheme_builtin[names.scheme[i]]),
					       arena, err);
	return load_file(s, name, &names, arena, err);
}
