#include "common/contract/notation.h"

#include "common/json/text.h"

/* The key and the value of each member of an object, in turn: begins at 0, false behind the last. */
static bool next_member(const struct tg_contract *c, const struct tg_span *object, uint32_t *k)
{
	const struct tg_span *span = c->document.span;

	*k = *k ? span[*k + 1].next : (uint32_t)(object - span) + 1;
	return *k < object->next;
}

static struct tg_str text_of(const struct tg_contract *c, const struct tg_span *value,
			     struct tg_arena *arena)
{
	return value->kind == TG_STRING ? tg_text_get(arena, &c->document, value) : TG_STR("");
}

static enum tg_status not_known(const struct tg_contract *c, const struct tg_span *value,
				struct tg_str key, const struct tg_str *names, size_t n,
				struct tg_error *err)
{
	const struct tg_str *near = tg_str_nearest(key, names, n);

	return tg_contract_fault(c, value, err, "is not known here%s%.*s%s",
				 near ? "; did you mean " : "",
				 TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

enum tg_status tg_notation_texts(struct tg_spellings *texts, const struct tg_contract *c,
				 const struct tg_span *value, struct tg_arena *arena,
				 struct tg_error *err)
{
	const struct tg_span *span = c->document.span;
	uint32_t first = (uint32_t)(value - span) + 1;
	struct tg_str *text;
	size_t n = 0;

	if (value->kind != TG_ARRAY)
		return tg_contract_fault(c, value, err, "must be a list of strings");
	text = tg_arena_array(arena, value->next - first + 1, sizeof(*text));
	for (uint32_t k = first; k < value->next; k = span[k].next) {
		if (span[k].kind != TG_STRING)
			return tg_contract_fault(c, &span[k], err, "must be a string");
		text[n++] = tg_text_get(arena, &c->document, &span[k]);
	}
	*texts = (struct tg_spellings){ text, n };
	return TG_OK;
}

/*
 * Dates
 */

/* A mistake in the pattern is one of `value`. */
static enum tg_status compile(struct tg_date_form *form, const struct tg_date_says *says,
			      const struct tg_contract *c, const struct tg_span *value,
			      struct tg_arena *arena, struct tg_error *err)
{
	struct tg_error why = TG_ERROR_INIT;

	if (!tg_date_compile(form, says, arena, &why))
		return TG_OK;
	return tg_contract_fault(c, value, err, "%s", why.text);
}

enum tg_status tg_notation_date(struct tg_date_form *form, const struct tg_contract *c,
				const struct tg_span *value, struct tg_arena *arena,
				struct tg_error *err)
{
	static const struct tg_str name[] = { { "format", 6 }, { "pivot", 5 }, { "zone", 4 } };
	const struct tg_span *span = c->document.span;
	struct tg_date_says says = { .pattern = text_of(c, value, arena) };

	if (value->kind == TG_STRING)
		return compile(form, &says, c, value, arena, err);
	if (value->kind != TG_OBJECT)
		return tg_contract_fault(
			c, value, err,
			"must be a pattern such as \"dd.MM.yyyy\", or an object with it as format");
	for (uint32_t k = 0; next_member(c, value, &k);) {
		struct tg_str key = tg_text_get(arena, &c->document, &span[k]);
		const struct tg_span *v = &span[k + 1];

		if (tg_str_eq(key, name[0]) && v->kind == TG_STRING)
			says.pattern = text_of(c, v, arena);
		else if (tg_str_eq(key, name[0]))
			return tg_contract_fault(c, v, err,
						 "must be a pattern such as \"dd.MM.yyyy\"");
		else if (tg_str_eq(key, name[1]) && v->kind == TG_NUMBER)
			says.pivot = tg_span_text(&c->document, v);
		else if (tg_str_eq(key, name[1]))
			return tg_contract_fault(c, v, err, "must be a number from 0 to 100");
		else if (tg_str_eq(key, name[2]) && v->kind == TG_STRING)
			says.zone = text_of(c, v, arena);
		else if (tg_str_eq(key, name[2]))
			return tg_contract_fault(c, v, err,
						 "must be \"UTC\" or an offset such as \"+01:00\"");
		else
			return not_known(c, v, key, name, TG_COUNT(name), err);
	}
	if (!says.pattern.p || says.pattern.n == 0)
		return tg_contract_fault(
			c, value, err, "has no format, which is a pattern such as \"dd.MM.yyyy\"");
	return compile(form, &says, c, value, arena, err);
}

/*
 * Numbers
 */

static enum tg_status read_sign(struct tg_str *sign, const struct tg_contract *c,
				const struct tg_span *value, struct tg_arena *arena,
				struct tg_error *err)
{
	struct tg_str s = text_of(c, value, arena);

	if (!tg_decimal_is_sign(s))
		return tg_contract_fault(
			c, value, err,
			"must be one character that is no digit, no sign and no line end");
	*sign = s;
	return TG_OK;
}

enum tg_status tg_notation_number_key(struct tg_decimal_form *form, struct tg_str key,
				      const struct tg_contract *c, const struct tg_span *value,
				      struct tg_arena *arena, struct tg_error *err)
{
	struct tg_str s = text_of(c, value, arena);

	if (tg_str_is(key, "decimal"))
		return read_sign(&form->decimal, c, value, arena, err);
	if (tg_str_is(key, "group")) {
		form->group = TG_STR_NONE;
		return value->kind == TG_NULL ? TG_OK
					      : read_sign(&form->group, c, value, arena, err);
	}
	if (tg_str_is(key, "groups")) {
		form->groups = tg_str_is(s, "indian") ? TG_GROUPS_INDIAN : TG_GROUPS_THREE;
		if (form->groups == TG_GROUPS_INDIAN || tg_str_is(s, "three"))
			return TG_OK;
		return tg_contract_fault(c, value, err,
					 "must be \"three\" (1,234,567) or \"indian\" (12,34,567)");
	}
	form->minus = tg_str_is(s, "trailing")	    ? TG_MINUS_TRAILING
		      : tg_str_is(s, "parentheses") ? TG_MINUS_PARENTHESES
						    : TG_MINUS_LEADING;
	if (form->minus != TG_MINUS_LEADING || tg_str_is(s, "leading"))
		return TG_OK;
	return tg_contract_fault(c, value, err,
				 "must be \"leading\", \"trailing\" or \"parentheses\"");
}

static enum tg_status read_as(enum tg_number_as *as, const struct tg_contract *c,
			      const struct tg_span *value, struct tg_arena *arena,
			      struct tg_error *err)
{
	struct tg_str s = text_of(c, value, arena);

	*as = tg_str_is(s, "string") ? TG_AS_STRING : TG_AS_NUMBER;
	if (*as == TG_AS_STRING || tg_str_is(s, "number"))
		return TG_OK;
	return tg_contract_fault(c, value, err,
				 "must be \"number\", or \"string\": its digits in a string");
}

enum tg_status tg_notation_number(struct tg_decimal_form *form, enum tg_number_as *as,
				  const struct tg_contract *c, const struct tg_span *value,
				  struct tg_arena *arena, struct tg_error *err)
{
	static const struct tg_str name[] = {
		{ "decimal", 7 }, { "group", 5 }, { "groups", 6 }, { "minus", 5 }, { "number", 6 }
	};
	const struct tg_span *span = c->document.span;

	*as = TG_AS_TYPED;
	if (value->kind != TG_OBJECT)
		return tg_contract_fault(c, value, err, "must be an object");
	for (uint32_t k = 0; next_member(c, value, &k);) {
		struct tg_str key = tg_text_get(arena, &c->document, &span[k]);
		enum tg_status st;
		size_t i = 0;

		while (i < TG_COUNT(name) && !tg_str_eq(key, name[i]))
			i++;
		if (i == TG_COUNT(name))
			return not_known(c, &span[k + 1], key, name, TG_COUNT(name), err);
		st = i == 4 ? read_as(as, c, &span[k + 1], arena, err)
			    : tg_notation_number_key(form, key, c, &span[k + 1], arena, err);
		if (st)
			return st;
	}
	return TG_OK;
}

/*
 * Booleans
 */

enum tg_status tg_notation_boolean(struct tg_spellings *yes, struct tg_spellings *no,
				   const struct tg_contract *c, const struct tg_span *value,
				   struct tg_arena *arena, struct tg_error *err)
{
	static const struct tg_str name[] = { { "true", 4 }, { "false", 5 } };
	const struct tg_span *span = c->document.span;

	if (value->kind != TG_OBJECT)
		return tg_contract_fault(c, value, err, "must be an object");
	for (uint32_t k = 0; next_member(c, value, &k);) {
		struct tg_str key = tg_text_get(arena, &c->document, &span[k]);
		enum tg_status st;

		if (!tg_str_eq(key, name[0]) && !tg_str_eq(key, name[1]))
			return not_known(c, &span[k + 1], key, name, TG_COUNT(name), err);
		st = tg_notation_texts(tg_str_eq(key, name[0]) ? yes : no, c, &span[k + 1], arena,
				       err);
		if (st)
			return st;
	}
	for (size_t i = 0; i < yes->n; i++)
		if (tg_spellings_have(*no, yes->text[i]))
			return tg_contract_fault(c, value, err,
						 "the same text stands under true and under false");
	return TG_OK;
}
