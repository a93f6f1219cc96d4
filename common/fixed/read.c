#include "common/fixed/read.h"

#include "common/base/check.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

struct tg_str tg_fixed_text(const struct tg_fixed_reading *r, const struct tg_span *value)
{
	return tg_text_get(r->arena, &r->doc->document, value);
}

enum tg_status tg_fixed_collect(struct tg_fixed_reading *r, const struct tg_span *object,
				const char *what, const struct tg_str *name,
				const struct tg_span **value, size_t n)
{
	const struct tg_span *span = r->doc->document.span;

	if (object->kind != TG_OBJECT)
		return TG_LAYOUT_FAULT(r, object, "must be an object");
	memset(value, 0, n * sizeof(*value));
	for (uint32_t k = (uint32_t)(object - span) + 1; k < object->next; k = span[k + 1].next) {
		struct tg_str key = tg_fixed_text(r, &span[k]);
		const struct tg_str *near;
		size_t i = 0;

		while (i < n && !tg_str_eq(name[i], key))
			i++;
		if (i < n) {
			value[i] = &span[k + 1];
			continue;
		}
		near = tg_str_nearest(key, name, n);
		if (near)
			return TG_LAYOUT_FAULT(r, &span[k + 1],
					       "is no key of %s; did you mean %.*s?", what,
					       TG_STR_ARG(*near));
		return TG_LAYOUT_FAULT(r, &span[k + 1], "is no key of %s", what);
	}
	return TG_OK;
}

enum tg_status tg_fixed_read_string(struct tg_fixed_reading *r, const struct tg_span *value,
				    struct tg_str *to)
{
	if (!value)
		return TG_OK;
	if (value->kind != TG_STRING)
		return TG_LAYOUT_FAULT(r, value, "must be a string");
	*to = tg_fixed_text(r, value);
	return TG_OK;
}

enum tg_status tg_fixed_read_flag(struct tg_fixed_reading *r, const struct tg_span *value, bool *to)
{
	if (!value)
		return TG_OK;
	if (value->kind != TG_TRUE && value->kind != TG_FALSE)
		return TG_LAYOUT_FAULT(r, value, "must be true or false");
	*to = value->kind == TG_TRUE;
	return TG_OK;
}

enum tg_status tg_fixed_read_number(struct tg_fixed_reading *r, const struct tg_span *value,
				    uint64_t least, uint64_t most, uint64_t *to)
{
	uint64_t n = 0;

	if (!value)
		return TG_OK;
	if (value->kind != TG_NUMBER || !tg_read_u64(tg_span_text(&r->doc->document, value), &n) ||
	    n < least || n > most)
		return TG_LAYOUT_FAULT(r, value, "must be a whole number from %llu to %llu",
				       (unsigned long long)least, (unsigned long long)most);
	*to = n;
	return TG_OK;
}

enum tg_status tg_fixed_read_choice(struct tg_fixed_reading *r, const struct tg_span *value,
				    const char *const *word, unsigned *to)
{
	TG_OWN(tg_buffer_release) struct tg_buffer list = TG_BUFFER_INIT;
	struct tg_str text;

	if (!value)
		return TG_OK;
	text = value->kind == TG_STRING ? tg_fixed_text(r, value) : TG_STR("");
	for (unsigned i = 0; word[i]; i++) {
		if (tg_str_is(text, word[i])) {
			*to = i;
			return TG_OK;
		}
		tg_buffer_printf(&list, "%s%s", i ? ", " : "", word[i]);
	}
	return TG_LAYOUT_FAULT(r, value, "must be one of %.*s", TG_STR_ARG(tg_buffer_str(&list)));
}

enum tg_status tg_fixed_read_set(struct tg_fixed_reading *r, const struct tg_span *value,
				 const struct tg_charset **to)
{
	struct tg_error why = TG_ERROR_INIT;
	struct tg_str name = TG_STR_NONE;
	enum tg_status st = tg_fixed_read_string(r, value, &name);

	if (st || !value)
		return st;
	st = tg_charset_open(to, name, r->arena, &why);
	return st ? TG_LAYOUT_FAULT(r, value, "%s", why.text) : TG_OK;
}

size_t tg_fixed_count(const struct tg_fixed_reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->doc->document.span;
	size_t n = 0;

	if (value->kind != TG_ARRAY && value->kind != TG_OBJECT)
		return 1;
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k].next)
		n++;
	return value->kind == TG_OBJECT ? n / 2 : n;
}

const struct tg_span *tg_fixed_next(const struct tg_fixed_reading *r, const struct tg_span *list,
				    const struct tg_span *now)
{
	const struct tg_span *span = r->doc->document.span;
	uint32_t k = now ? now->next : (uint32_t)(list - span) + 1;

	if (list->kind != TG_ARRAY)
		return now ? NULL : list;
	return k < list->next ? &span[k] : NULL;
}

enum tg_status tg_fixed_read_pointer(struct tg_fixed_reading *r, const struct tg_span *value,
				     struct tg_str text, struct tg_str *name)
{
	struct tg_error ignored = TG_ERROR_INIT;
	struct tg_pointer pointer;

	if (tg_pointer_compile(&pointer, text, r->arena, &ignored) || pointer.steps != 1)
		return TG_LAYOUT_FAULT(
			r, value,
			"must name a field of the record by a pointer such as \"/amount\"");
	*name = pointer.step[0];
	return TG_OK;
}
