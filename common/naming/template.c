#include "common/naming/template.h"

#include "common/base/check.h"

#include <stdlib.h>

enum {
	SHA256_DIGITS = 64,
	CRC32_DIGITS = 8,
};

/*
 * Compiling
 */

struct compiling {
	struct tg_template *t;
	struct tg_str text;
	size_t at;
	const struct tg_name_values *list;
	size_t lists;
	struct tg_arena *arena;
	struct tg_error *err;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || tg_digit((unsigned char)c) || c == '_';
}

/* Up to the next field, with {{ and }} for the braces themselves. */
static enum tg_status read_literal(struct compiling *c, struct tg_str *literal)
{
	char *p = tg_arena_take(c->arena, c->text.n + 1);
	size_t n = 0;

	while (c->at < c->text.n) {
		char now = c->text.p[c->at];
		bool twice = c->at + 1 < c->text.n && c->text.p[c->at + 1] == now;

		if (now == '{' && !twice)
			break;
		if (now == '}' && !twice)
			return tg_fail(c->err, TG_CONFIG,
				       "a } stands at byte %zu and closes nothing; }} is one that "
				       "belongs to the name",
				       c->at + 1);
		p[n++] = now;
		c->at += now == '{' || now == '}' ? 2 : 1;
	}
	*literal = tg_str_from(p, n);
	return TG_OK;
}

static enum tg_name_role role_of(struct tg_str name)
{
	static const char *const word[] = {
		[TG_NAME_WORD] = "",	     [TG_NAME_SOURCE] = "source",
		[TG_NAME_ENTITY] = "entity", [TG_NAME_DAY] = "date",
		[TG_NAME_SEQ] = "seq",	     [TG_NAME_CRC32] = "crc32",
		[TG_NAME_SHA256] = "sha256", [TG_NAME_EXT] = "ext",
	};

	for (size_t i = 1; i < TG_COUNT(word); i++)
		if (tg_str_is(name, word[i]))
			return (enum tg_name_role)i;
	return TG_NAME_WORD;
}

static int longest_first(const void *x, const void *y)
{
	const struct tg_str *a = x, *b = y;

	return a->n == b->n ? tg_str_compare(*a, *b) : (a->n < b->n) - (a->n > b->n);
}

static enum tg_status take_values(struct compiling *c, struct tg_name_field *f,
				  const struct tg_name_values *list)
{
	struct tg_str *value = tg_arena_array(c->arena, list->values + 1, sizeof(*value));

	if (!list->values)
		return tg_fail(c->err, TG_CONFIG, "{%.*s} has a list of values with nothing in it",
			       TG_STR_ARG(f->name));
	for (size_t i = 0; i < list->values; i++) {
		if (!list->value[i].n || !tg_name_is_text(list->value[i]))
			return tg_fail(
				c->err, TG_CONFIG,
				"a value of {%.*s} is empty, or holds what no file's name can",
				TG_STR_ARG(f->name));
		value[i] = tg_arena_copy(c->arena, list->value[i]);
	}
	qsort(value, list->values, sizeof(*value), longest_first);
	for (size_t i = 1; i < list->values; i++)
		if (tg_str_eq(value[i - 1], value[i]))
			return tg_fail(c->err, TG_CONFIG, "a value of {%.*s} stands there twice",
				       TG_STR_ARG(f->name));
	f->form = TG_NAME_VALUES;
	f->value = value;
	f->values = list->values;
	return TG_OK;
}

/* Each part has a width of its own, so a time does too; what makes a day must be there. */
static enum tg_status check_format(struct compiling *c, const struct tg_name_field *f)
{
	static const char known[] = "YmdHMSj%";
	struct tg_str s = f->format;
	unsigned seen[TG_COUNT(known)] = { 0 };

	for (size_t i = 0; i < s.n; i++) {
		const char *k;

		if (s.p[i] != '%')
			continue;
		k = i + 1 < s.n && s.p[i + 1] ? strchr(known, s.p[i + 1]) : NULL;
		if (!k)
			return tg_fail(c->err, TG_CONFIG,
				       "{%.*s}: a format has %%Y %%m %%d %%j %%H %%M %%S and %%%%, "
				       "and here is something else",
				       TG_STR_ARG(f->name));
		if (*k != '%' && seen[k - known]++)
			return tg_fail(c->err, TG_CONFIG, "{%.*s}: %%%c stands there twice",
				       TG_STR_ARG(f->name), *k);
		i++;
	}
	if (!seen[0] || !(seen[6] ? !seen[1] && !seen[2] : seen[1] && seen[2]))
		return tg_fail(c->err, TG_CONFIG,
			       "{%.*s}: a day is %%Y with %%m and %%d, or %%Y with %%j",
			       TG_STR_ARG(f->name));
	return TG_OK;
}

/* What stands behind the colon: %..., or digits and perhaps x. */
static enum tg_status read_form(struct compiling *c, struct tg_name_field *f, struct tg_str spec)
{
	uint64_t width = 0;
	bool hex = false;

	if (spec.n && spec.p[0] == '%') {
		f->form = TG_NAME_TIME;
		f->format = spec;
		return check_format(c, f);
	}
	if (spec.n && (spec.p[spec.n - 1] == 'x' || spec.p[spec.n - 1] == 'X')) {
		hex = true;
		spec.n--;
	}
	if (!tg_read_u64(spec, &width) || !width || width > (hex ? SHA256_DIGITS : TG_NAME_DIGITS))
		return tg_fail(
			c->err, TG_CONFIG,
			"{%.*s}: behind the colon stands a width of 1 to %d digits, one with "
			"x for hexadecimal ones, or a format such as %%Y-%%m-%%d",
			TG_STR_ARG(f->name), hex ? SHA256_DIGITS : TG_NAME_DIGITS);
	f->form = hex ? TG_NAME_HEX : TG_NAME_NUMBER;
	f->width = (size_t)width;
	return TG_OK;
}

static enum tg_status check_role(struct compiling *c, struct tg_name_field *f, bool formed)
{
	const char *want = NULL;

	switch (f->role) {
	case TG_NAME_DAY:
		want = f->form != TG_NAME_TIME ? "a format, such as {date:%Y-%m-%d}" : NULL;
		break;
	case TG_NAME_SEQ:
		if (!formed)
			f->form = TG_NAME_NUMBER;
		want = f->form != TG_NAME_NUMBER ? "a width, such as {seq:5}, or nothing" : NULL;
		break;
	case TG_NAME_CRC32:
		if (!formed) {
			f->form = TG_NAME_HEX;
			f->width = CRC32_DIGITS;
		}
		want = f->form != TG_NAME_HEX || f->width != CRC32_DIGITS ? "8x, or nothing" : NULL;
		break;
	case TG_NAME_SHA256:
		if (!formed) {
			f->form = TG_NAME_HEX;
			f->width = SHA256_DIGITS;
		}
		want = f->form != TG_NAME_HEX || f->width < CRC32_DIGITS
			       ? "a width of 8x to 64x, or nothing"
			       : NULL;
		break;
	case TG_NAME_EXT:
		if (!formed)
			f->form = TG_NAME_PLAIN;
		break;
	case TG_NAME_SOURCE:
	case TG_NAME_ENTITY:
	case TG_NAME_WORD:
		break;
	}
	if (f->role != TG_NAME_DAY && f->form == TG_NAME_TIME)
		want = "no format: the day of a file is {date}";
	return want ? tg_fail(c->err, TG_CONFIG, "{%.*s} wants %s", TG_STR_ARG(f->name), want)
		    : TG_OK;
}

static enum tg_status read_field(struct compiling *c)
{
	struct tg_template *t = c->t;
	struct tg_name_field *f = &t->field[t->fields];
	const char *end = memchr(c->text.p + c->at, '}', c->text.n - c->at);
	struct tg_str inside = tg_str_after(c->text, c->at + 1);
	enum tg_status st = TG_OK;
	bool formed = false;
	size_t n = 0;

	if (!end)
		return tg_fail(
			c->err, TG_CONFIG,
			"the { at byte %zu is not closed; {{ is one that belongs to the name",
			c->at + 1);
	inside.n = (size_t)(end - inside.p);
	while (n < inside.n && is_word(inside.p[n]))
		n++;
	if (n == 0 || (n < inside.n && inside.p[n] != ':'))
		return tg_fail(c->err, TG_CONFIG,
			       "the field at byte %zu is none: it is {name} or {name:form}, and a "
			       "name has small letters, digits and _",
			       c->at + 1);
	if (t->fields == TG_NAME_FIELDS)
		return tg_fail(c->err, TG_CONFIG, "there are more than %d fields", TG_NAME_FIELDS);
	f->name = tg_str_from(inside.p, n);
	for (size_t i = 0; i < t->fields; i++)
		if (tg_str_eq(t->field[i].name, f->name))
			return tg_fail(c->err, TG_CONFIG, "{%.*s} stands there twice",
				       TG_STR_ARG(f->name));
	f->role = role_of(f->name);
	t->fields++;
	if (n < inside.n) {
		st = read_form(c, f, tg_str_after(inside, n + 1));
		formed = true;
	}
	for (size_t i = 0; !st && i < c->lists; i++) {
		if (!tg_str_eq(c->list[i].field, f->name))
			continue;
		if (formed)
			return tg_fail(c->err, TG_CONFIG,
				       "{%.*s} has a form and a list of values: one of the two",
				       TG_STR_ARG(f->name));
		st = take_values(c, f, &c->list[i]);
		formed = true;
	}
	if (!st)
		st = check_role(c, f, formed);
	c->at = (size_t)(end + 1 - c->text.p);
	return st ? st : read_literal(c, &f->behind);
}

static bool one_begins_another(const struct tg_name_field *f)
{
	for (size_t i = 0; i < f->values; i++)
		for (size_t j = i + 1; j < f->values; j++)
			if (tg_str_starts(f->value[i], f->value[j]))
				return true;
	return false;
}

static bool begins_with_digit(struct tg_str literal, bool hex)
{
	return literal.n && (hex ? tg_hex((unsigned char)literal.p[0]) >= 0
				 : tg_digit((unsigned char)literal.p[0]));
}

/* How a name could be read in two ways. */
static enum tg_status check_end(struct compiling *c, size_t i)
{
	const struct tg_name_field *f = &c->t->field[i];
	bool last = i + 1 == c->t->fields, open = f->behind.n == 0 && !last;
	const char *why = NULL;

	switch (f->form) {
	case TG_NAME_TEXT:
	case TG_NAME_PLAIN:
		if (open)
			why = "another field follows at once, and nothing says where this one "
			      "ends: put a text between them, or list its values";
		else if (f->form == TG_NAME_PLAIN && f->behind.n &&
			 !(f->behind.p[0] == '.' || f->behind.p[0] == '_' || f->behind.p[0] == '-'))
			why = "what follows could be a part of it";
		break;
	case TG_NAME_VALUES:
		if (open && one_begins_another(f))
			why = "another field follows at once, and one of its values begins "
			      "another: put a text between them";
		break;
	case TG_NAME_NUMBER:
		if (!f->width && (open || begins_with_digit(f->behind, false)))
			why = "what follows may be digits: give it a width";
		break;
	case TG_NAME_HEX:
	case TG_NAME_TIME:
		break;
	}
	return why ? tg_fail(c->err, TG_CONFIG, "a name could be read in two ways at {%.*s}: %s",
			     TG_STR_ARG(f->name), why)
		   : TG_OK;
}

static enum tg_status check_lists(struct compiling *c)
{
	for (size_t i = 0; i < c->lists; i++) {
		bool used = false;

		for (size_t j = 0; j < c->t->fields; j++)
			used |= tg_str_eq(c->list[i].field, c->t->field[j].name);
		if (!used)
			return tg_fail(c->err, TG_CONFIG,
				       "values are listed for %.*s, and the template has no such "
				       "field",
				       TG_STR_ARG(c->list[i].field));
	}
	return TG_OK;
}

enum tg_status tg_template_compile(struct tg_template *t, struct tg_str text,
				   const struct tg_name_values *list, size_t lists,
				   struct tg_arena *arena, struct tg_error *err)
{
	struct compiling c = { .t = t,
			       .text = tg_arena_copy(arena, text),
			       .list = list,
			       .lists = lists,
			       .arena = arena,
			       .err = err };
	enum tg_status st;

	*t = (struct tg_template){ .text = c.text };
	if (!text.n || text.n > 4 * TG_NAME_BYTES || !tg_name_is_text(text))
		return tg_fail(err, TG_CONFIG,
			       "a template is a file's name: not empty, no slash, no control "
			       "characters, 1020 bytes at most");
	st = read_literal(&c, &t->front);
	while (!st && c.at < c.text.n)
		st = read_field(&c);
	if (!st && !t->fields)
		st = tg_fail(err, TG_CONFIG, "there is no field in it, such as {source}");
	for (size_t i = 0; !st && i < t->fields; i++)
		st = check_end(&c, i);
	return st ? st : check_lists(&c);
}

const struct tg_name_field *tg_template_find(const struct tg_template *t, enum tg_name_role role)
{
	for (size_t i = 0; i < t->fields; i++)
		if (t->field[i].role == role)
			return &t->field[i];
	return NULL;
}

uint64_t tg_template_highest(const struct tg_template *t)
{
	const struct tg_name_field *seq = tg_template_find(t, TG_NAME_SEQ);
	uint64_t highest = 1;

	if (!seq)
		return 0;
	for (size_t i = 0; i < (seq->width ? seq->width : TG_NAME_DIGITS); i++)
		highest *= 10;
	return highest - 1;
}
