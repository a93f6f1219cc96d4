#include "common/fixed/read.h"

#include "common/json/number.h"
#include "common/json/text.h"

struct tg_fixed_field *tg_fixed_field_find(struct tg_fixed_field *field, size_t fields,
					   struct tg_str name)
{
	for (size_t i = 0; i < fields; i++)
		if (field[i].type != TG_FIXED_FILLER && tg_str_eq(field[i].name, name))
			return &field[i];
	return NULL;
}

/* A value that the field may have, as the field would come out. */
static enum tg_status read_value(struct tg_fixed_reading *r, const struct tg_span *value,
				 const struct tg_fixed_field *field, struct tg_str *to)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	struct tg_str text = value->kind == TG_STRING ? tg_fixed_text(r, value)
						      : tg_span_text(&r->doc->document, value);

	if (value->kind == TG_ARRAY || value->kind == TG_OBJECT)
		return TG_LAYOUT_FAULT(r, value, "must be a value that the field may have");
	if (tg_fixed_is_number(field) && value->kind == TG_STRING && !tg_number_is(text))
		return TG_LAYOUT_FAULT(r, value, "must be a number, since the field is one");
	if (value->kind != TG_STRING || tg_fixed_is_number(field))
		tg_buffer_put_str(&json, text);
	else
		tg_json_put_string(&json, text);
	*to = tg_arena_copy(r->arena, tg_buffer_str(&json));
	return TG_OK;
}

static enum tg_status read_test(struct tg_fixed_reading *r, const struct tg_span *key,
				struct tg_fixed_field *field, size_t fields,
				struct tg_fixed_test *test)
{
	const struct tg_span *list = key + 1, *item = NULL;
	struct tg_str name;
	enum tg_status st = tg_fixed_read_pointer(r, list, tg_fixed_text(r, key), &name);

	if (st)
		return st;
	test->field = tg_fixed_field_find(field, fields, name);
	if (!test->field)
		return TG_LAYOUT_FAULT(r, list, "there is no field of that name beside it");
	if (test->field->occurs || test->field->type == TG_FIXED_GROUP)
		return TG_LAYOUT_FAULT(r, list, "that field is more than one value");
	test->value = tg_arena_array(r->arena, tg_fixed_count(r, list) + 1, sizeof(*test->value));
	while (!st && (item = tg_fixed_next(r, list, item)))
		st = read_value(r, item, test->field, &test->value[test->values++]);
	if (!st && test->values == 0)
		return TG_LAYOUT_FAULT(r, list, "must hold a value");
	return st;
}

enum tg_status tg_fixed_read_when(struct tg_fixed_reading *r, const struct tg_span *value,
				  struct tg_fixed_field *field, size_t fields,
				  struct tg_fixed_when *when)
{
	const struct tg_span *span = r->doc->document.span;
	enum tg_status st = TG_OK;

	if (value->kind != TG_OBJECT || tg_fixed_count(r, value) == 0)
		return TG_LAYOUT_FAULT(r, value, "must be an object such as {\"/code\": [\"22\"]}");
	when->test = tg_arena_array(r->arena, tg_fixed_count(r, value), sizeof(*when->test));
	for (uint32_t k = (uint32_t)(value - span) + 1; !st && k < value->next;
	     k = span[k + 1].next)
		st = read_test(r, &span[k], field, fields, &when->test[when->tests++]);
	return st;
}
