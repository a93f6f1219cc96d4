#include "common/rules/read.h"

#include "common/json/text.h"

size_t tg_read_index(const struct tg_reader *c, const struct tg_span *v)
{
	return (size_t)(v - c->doc->span);
}

size_t tg_read_count(const struct tg_reader *c, const struct tg_span *v)
{
	bool object = v->kind == TG_OBJECT;
	size_t n = 0;

	if (v->kind != TG_ARRAY && !object)
		return 0;
	for (size_t k = tg_read_index(c, v) + 1; k < v->next; k = c->doc->span[k + object].next)
		n++;
	return n;
}

enum tg_status tg_read_unknown(const struct tg_reader *c, const struct tg_span *key,
			       const struct tg_str *known, size_t n)
{
	const struct tg_str *near = tg_str_nearest(tg_text_get(c->arena, c->doc, key), known, n);

	return TG_READ_FAULT(c, key + 1, "is not known here%s%.*s%s", near ? "; did you mean " : "",
			     TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

enum tg_status tg_read_path_text(const struct tg_reader *c, struct tg_path *path,
				 const struct tg_span *v, struct tg_str text, bool stars)
{
	struct tg_error why = TG_ERROR_INIT;

	if (text.n == 0)
		return TG_READ_FAULT(c, v, "is the whole record; a rule is about its members");
	if (tg_path_compile(path, text, stars, c->arena, &why))
		return TG_READ_FAULT(c, v, "%s", why.text);
	return TG_OK;
}

enum tg_status tg_read_path(const struct tg_reader *c, struct tg_path *path,
			    const struct tg_span *v, bool stars)
{
	if (v->kind != TG_STRING)
		return TG_READ_FAULT(c, v, "must be a JSON Pointer, such as \"/amount\"");
	return tg_read_path_text(c, path, v, tg_text_get(c->arena, c->doc, v), stars);
}

enum tg_status tg_read_paths(const struct tg_reader *c, struct tg_path **path, size_t *n,
			     const struct tg_span *v, bool stars)
{
	enum tg_status st = TG_OK;
	size_t at = 0;

	*n = v->kind == TG_ARRAY ? tg_read_count(c, v) : 1;
	if (*n == 0)
		return TG_READ_FAULT(c, v, "must name a member");
	*path = tg_arena_array(c->arena, *n, sizeof(**path));
	if (v->kind != TG_ARRAY)
		return tg_read_path(c, *path, v, stars);
	for (size_t k = tg_read_index(c, v) + 1; !st && k < v->next; k = c->doc->span[k].next)
		st = tg_read_path(c, *path + at++, c->doc->span + k, stars);
	return st;
}
