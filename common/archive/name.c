#include "common/archive/name.h"

#include "common/base/normal.h"
#include "common/base/utf8.h"

#include <stdlib.h>

enum { SHOWN = 200 };

void tg_archive_name_put_safe(struct tg_buffer *out, struct tg_str text)
{
	tg_utf8_put_safe(out, text, SHOWN);
}

struct tg_str tg_archive_name_safe(struct tg_str text, struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&safe, text);
	return tg_arena_copy(arena, tg_buffer_str(&safe));
}

/*
 * One name
 */

static enum tg_status bad(enum tg_status st, struct tg_str name, const char *archive,
			  const char *why, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_archive_name_put_safe(&safe, name);
	return tg_fail_code(err, st, "archive-name", "%s is refused: the name of an entry %s: %.*s",
			    archive, why, TG_STR_ARG(tg_buffer_str(&safe)));
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* C0, DEL, C1, and what turns the direction of writing: names that show as other ones. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 ||
	       c == 0x2029;
}

static const char *hidden(struct tg_str name)
{
	while (name.n) {
		size_t size;
		uint32_t c = tg_utf8_decode(name, &size);

		if (c == '\\')
			return "has a backslash, which is a slash to some programs";
		if (is_control(c))
			return "has a control character";
		name = tg_str_after(name, size);
	}
	return NULL;
}

static const char *leads_out(struct tg_str name)
{
	if (name.p[0] == '/')
		return "is absolute";
	if (name.n >= 2 && is_letter(name.p[0]) && name.p[1] == ':')
		return "begins with a drive letter";
	return NULL;
}

/* Sets *why to why one of its components may not be. */
static enum tg_status look_at_components(struct tg_str name, const char **why)
{
	size_t depth = 0;

	for (;;) {
		const char *slash = memchr(name.p, '/', name.n);
		struct tg_str c = tg_str_from(name.p, slash ? (size_t)(slash - name.p) : name.n);

		if (c.n == 0 || tg_str_is(c, ".") || tg_str_is(c, "..")) {
			*why = c.n == 2 ? "leads out by '..'"
					: "has a component that is '.' or empty";
			return TG_REFUSED;
		}
		if (c.n > TG_ARCHIVE_COMPONENT_MAX || ++depth > TG_ARCHIVE_DEPTH_MAX) {
			*why = c.n > TG_ARCHIVE_COMPONENT_MAX
				       ? "has a component of more than 255 bytes"
				       : "is more than 16 components deep";
			return TG_DATA;
		}
		if (!slash)
			return TG_OK;
		name = tg_str_after(name, c.n + 1);
	}
}

enum tg_status tg_archive_name_check(struct tg_str name, const char *archive, struct tg_error *err)
{
	const char *why = NULL;
	enum tg_status st;

	if (name.n == 0)
		return bad(TG_REFUSED, name, archive, "is empty", err);
	if (name.n > TG_ARCHIVE_NAME_MAX)
		return bad(TG_DATA, name, archive, "has more than 1024 bytes", err);
	if (tg_utf8_check(name) != name.n)
		return bad(TG_DATA, name, archive,
			   "is not UTF-8; the sender's program must write names in UTF-8", err);
	why = hidden(name);
	if (!why)
		why = leads_out(name);
	if (why)
		return bad(TG_REFUSED, name, archive, why, err);
	st = look_at_components(name, &why);
	return st ? bad(st, name, archive, why, err) : TG_OK;
}

/*
 * All names
 */

enum kind { FILE_ENTRY, DIRECTORY_ENTRY, HOLDER /* a directory that a name goes through */ };

struct tg_archive_key {
	struct tg_str key; /* folded */
	struct tg_str name;
	enum kind kind;
};

static void take_in(struct tg_archive_names *names, struct tg_str key, struct tg_str name,
		    enum kind kind)
{
	if (names->n == names->room) {
		names->room = names->room ? names->room * 2 : 64;
		names->key = tg_resize_array(names->key, names->room, sizeof(*names->key));
	}
	names->key[names->n++] = (struct tg_archive_key){ key, name, kind };
}

static bool is_plain(struct tg_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] > 0x7f)
			return false;
	return true;
}

enum tg_status tg_archive_names_add(struct tg_archive_names *names, struct tg_str name,
				    enum tg_archive_type type, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer folded = TG_BUFFER_INIT;
	const unsigned how = TG_NORMAL_NFC | TG_NORMAL_FOLD;
	enum tg_status st = tg_archive_name_check(name, names->archive, err);
	struct tg_str key;

	if (!st && !names->prepared && !is_plain(name)) {
		st = tg_normal_prepare(
			how, "a name beyond ASCII may be another one spelt differently", err);
		names->prepared = !st;
	}
	if (st)
		return st;
	tg_normal_put(&folded, name, how);
	key = tg_arena_copy(names->arena, tg_buffer_str(&folded));
	take_in(names, key, name, type == TG_ARCHIVE_FILE ? FILE_ENTRY : DIRECTORY_ENTRY);
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] == '/')
			take_in(names, tg_str_from(key.p, i), name, HOLDER);
	return TG_OK;
}

static int compare(const void *a, const void *b)
{
	const struct tg_archive_key *x = a, *y = b;
	int order = tg_str_compare(x->key, y->key);

	return order ? order : (int)x->kind - (int)y->kind;
}

static bool go_together(const struct tg_archive_key *a, const struct tg_archive_key *b)
{
	/* In order of kind: an entry that is a directory may hold others, and many may lie in one that is none. */
	return a->kind != FILE_ENTRY && b->kind == HOLDER;
}

enum tg_status tg_archive_names_check(struct tg_archive_names *names, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer a = TG_BUFFER_INIT, b = TG_BUFFER_INIT;

	if (names->n)
		qsort(names->key, names->n, sizeof(*names->key), compare);
	for (size_t i = 1; i < names->n; i++) {
		const struct tg_archive_key *x = &names->key[i - 1], *y = &names->key[i];

		if (!tg_str_eq(x->key, y->key) || go_together(x, y))
			continue;
		tg_archive_name_put_safe(&a, x->name);
		tg_archive_name_put_safe(&b, y->name);
		return tg_fail_code(err, TG_DATA, "archive-names",
				    "%s is refused: two entries are in each other's way, for some "
				    "systems or all: %.*s and %.*s",
				    names->archive, TG_STR_ARG(tg_buffer_str(&a)),
				    TG_STR_ARG(tg_buffer_str(&b)));
	}
	return TG_OK;
}

void tg_archive_names_release(struct tg_archive_names *names)
{
	tg_free(names->key);
	names->key = NULL;
	names->n = names->room = 0;
}

/*
 * Patterns
 */

enum { PATTERN_MAX = 4096 };

/* The character of a pattern at i: how long it is with what escapes it, and where it is. */
static struct tg_str unit(struct tg_str pattern, size_t i, size_t *whole)
{
	size_t skip = pattern.p[i] == '\\' && i + 1 < pattern.n, size;

	(void)tg_utf8_decode(tg_str_after(pattern, i + skip), &size);
	*whole = skip + size;
	return tg_str_from(pattern.p + i + skip, size);
}

/* Adds to the places where the pattern can stand those that it reaches without a character. */
static void settle(struct tg_str pattern, bool *at)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (!at[i] || pattern.p[i] != '*')
			continue;
		at[i + (i + 1 < pattern.n && pattern.p[i + 1] == '*' ? 2 : 1)] = true;
	}
}

bool tg_archive_pattern_fits(struct tg_str pattern, struct tg_str name)
{
	bool at[PATTERN_MAX + 2] = { true }, next[PATTERN_MAX + 2];

	if (pattern.n == 0 || pattern.n > PATTERN_MAX)
		return false;
	settle(pattern, at);
	while (name.n) {
		struct tg_str c = { name.p, 0 };

		(void)tg_utf8_decode(name, &c.n);
		memset(next, 0, pattern.n + 2);
		for (size_t i = 0, whole; i < pattern.n; i++) {
			if (!at[i])
				continue;
			if (pattern.p[i] == '*') {
				bool across = i + 1 < pattern.n && pattern.p[i + 1] == '*';

				next[i] |= across || c.p[0] != '/';
				continue;
			}
			if (pattern.p[i] == '?') {
				next[i + 1] |= c.p[0] != '/';
				continue;
			}
			if (tg_str_eq(unit(pattern, i, &whole), c))
				next[i + whole] = true;
		}
		memcpy(at, next, pattern.n + 2);
		settle(pattern, at);
		name = tg_str_after(name, c.n);
	}
	return at[pattern.n];
}
