#include "common/rules/path.h"

/* Takes the next leg off *rest, up to a step that is a star; *star: there was one. */
static struct tg_str take_leg(struct tg_str *rest, bool *star)
{
	struct tg_str all = *rest;

	*star = false;
	for (size_t i = 0; i + 1 < all.n; i++) {
		if (all.p[i] != '/' || all.p[i + 1] != '*' ||
		    (i + 2 < all.n && all.p[i + 2] != '/'))
			continue;
		*star = true;
		*rest = tg_str_after(all, i + 2);
		return tg_str_from(all.p, i);
	}
	*rest = tg_str_from("", 0);
	return all;
}

enum tg_status tg_path_compile(struct tg_path *path, struct tg_str text, bool stars,
			       struct tg_arena *arena, struct tg_error *err)
{
	struct tg_path made = { .text = tg_arena_copy(arena, text) };
	struct tg_str rest = made.text;
	bool star = true;

	while (star) {
		struct tg_str leg = take_leg(&rest, &star);
		enum tg_status st;

		if (star && !stars)
			return tg_fail(err, TG_CONFIG,
				       "\"%.*s\" may not have a step *: one value is needed here",
				       TG_STR_ARG(text));
		if (star && made.stars == TG_PATH_STARS)
			return tg_fail(err, TG_CONFIG, "\"%.*s\" has more than %d steps *",
				       TG_STR_ARG(text), TG_PATH_STARS);
		st = tg_pointer_compile(&made.leg[made.stars], leg, arena, err);
		if (st)
			return st;
		made.stars += star;
	}
	*path = made;
	return TG_OK;
}

/* Opens the star behind the value, where that is an array. */
static void open_star(struct tg_path_walk *w, const struct tg_span *array)
{
	w->at[w->depth] = (uint32_t)(array - w->rec->span) + 1;
	w->end[w->depth++] = array->next;
}

void tg_path_begin(struct tg_path_walk *walk, const struct tg_path *path,
		   const struct tg_record *rec, const struct tg_span *from)
{
	const struct tg_span *first = tg_pointer_find_from(&path->leg[0], rec, from);

	walk->path = path;
	walk->rec = rec;
	walk->depth = 0;
	walk->only = path->stars ? NULL : first;
	walk->found = first && (!path->stars || first->kind == TG_ARRAY);
	if (path->stars && walk->found)
		open_star(walk, first);
}

const struct tg_span *tg_path_next(struct tg_path_walk *w)
{
	const struct tg_span *value = w->only;

	w->only = NULL;
	while (!value && w->depth) {
		size_t star = w->depth - 1;
		const struct tg_span *element = w->rec->span + w->at[star];

		if (w->at[star] >= w->end[star]) {
			w->depth--;
			continue;
		}
		w->at[star] = element->next;
		value = tg_pointer_find_from(&w->path->leg[star + 1], w->rec, element);
		if (value && w->depth < w->path->stars) {
			if (value->kind == TG_ARRAY)
				open_star(w, value);
			value = NULL;
		}
	}
	return value;
}
