#include "common/run/upstream.h"

/* U+0000 may stand in an argument. */
static json_t *read_line(struct tg_str line)
{
	return line.n ? json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL) : NULL;
}

static void drop(struct tg_upstream *up)
{
	for (size_t i = 0; i < up->stages; i++) {
		json_decref((json_t *)(uintptr_t)up->stage[i].start);
		json_decref((json_t *)(uintptr_t)up->stage[i].finish);
	}
}

void tg_upstream_read(struct tg_upstream *up)
{
	struct tg_upstream_files *files = up->files;

	if (!files || files->drop)
		return;
	for (size_t i = 0; i < up->stages; i++) {
		up->stage[i].start = read_line(files->lines[i].start);
		up->stage[i].finish = read_line(files->lines[i].finish);
	}
	files->drop = drop;
}

const json_t *tg_upstream_meta(const struct tg_upstream *up, const char *name)
{
	for (size_t i = 0; i < up->stages; i++) {
		const json_t *meta =
			json_object_get(json_object_get(up->stage[i].finish, "meta"), name);

		if (meta)
			return meta;
	}
	return NULL;
}
