#include "common/compat/shelf.h"

#include "common/base/check.h"
#include "common/io/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

bool tg_version_read(struct tg_str text, struct tg_version *version)
{
	for (unsigned i = 0; i < 3; i++) {
		size_t n = 0;

		while (n < text.n && tg_digit((unsigned char)text.p[n]))
			n++;
		if ((n > 1 && text.p[0] == '0') ||
		    !tg_read_u64(tg_str_from(text.p, n), &version->part[i]))
			return false;
		text = tg_str_after(text, n);
		if (i < 2 && (text.n == 0 || text.p[0] != '.'))
			return false;
		text = tg_str_after(text, i < 2);
	}
	return text.n == 0;
}

int tg_version_compare(const struct tg_version *a, const struct tg_version *b)
{
	for (unsigned i = 0; i < 3; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return 0;
}

unsigned tg_version_step(const struct tg_version *from, const struct tg_version *to)
{
	unsigned i = 0;

	while (i < 3 && from->part[i] == to->part[i])
		i++;
	return i;
}

static int compare(const void *x, const void *y)
{
	const struct tg_shelved *a = x, *b = y;

	return tg_version_compare(&a->version, &b->version);
}

enum tg_status tg_shelf_open(struct tg_shelf *shelf, struct tg_str dir, struct tg_str name,
			     struct tg_arena *arena, struct tg_error *err)
{
	struct tg_str folder =
		tg_arena_format(arena, "%.*s/%.*s", TG_STR_ARG(dir), TG_STR_ARG(name));
	struct tg_walk walk;
	struct stat s;
	enum tg_status st;

	*shelf = (struct tg_shelf){ NULL, 0 };
	if (name.n == 0 || name.n > 255 || name.p[0] == '.' || memchr(name.p, '/', name.n) ||
	    memchr(name.p, '\0', name.n))
		return tg_fail(
			err, TG_USAGE,
			"a contract's name in the registry is a file name that begins with no "
			"point");
	if (stat(dir.p, &s) != 0)
		return tg_fail(err, errno == ENOENT ? TG_NO_INPUT : TG_IO,
			       "cannot look into the registry %s: %s", dir.p, strerror(errno));
	if (stat(folder.p, &s) != 0 && errno == ENOENT)
		return TG_OK;
	st = tg_walk(&walk, folder.p, TG_STR(".json"), arena, err);
	if (st)
		return tg_within(err, "in the registry");
	shelf->item = tg_arena_array(arena, walk.n, sizeof(*shelf->item));
	for (size_t i = 0; walk.folder && i < walk.n; i++) {
		struct tg_str file = walk.path[i];
		struct tg_str text = tg_str_from(file.p, file.n - TG_STR(".json").n);
		struct tg_version version;

		if (!tg_version_read(text, &version))
			continue;
		shelf->item[shelf->n++] =
			(struct tg_shelved){ version,
					     tg_arena_format(arena, "%s/%s", folder.p, file.p),
					     tg_arena_copy(arena, text) };
	}
	if (shelf->n > 1)
		qsort(shelf->item, shelf->n, sizeof(*shelf->item), compare);
	return TG_OK;
}
