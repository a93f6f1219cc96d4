#include "common/naming/template.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/time/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DIGITS_MAX = 18, /* of a number: the next one is a number still */
	SHA256_DIGITS = 64,
	CRC32_DIGITS = 8,
	PLACE_MAX = 200, /* names of sources and entities, as a landing zone takes them */
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

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* What can be no part of a file's name. */
static bool is_bad_text(struct tg_str text)
{
	while (text.n) {
		size_t size;
		uint32_t c = tg_utf8_decode(text, &size);

		if (c == UINT32_MAX || c == '/' || is_control(c))
			return true;
		text = tg_str_after(text, size);
	}
	return false;
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
		if (!list->value[i].n || is_bad_text(list->value[i]))
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
	if (!tg_read_u64(spec, &width) || !width || width > (hex ? SHA256_DIGITS : DIGITS_MAX))
		return tg_fail(
			c->err, TG_CONFIG,
			"{%.*s}: behind the colon stands a width of 1 to %d digits, one with "
			"x for hexadecimal ones, or a format such as %%Y-%%m-%%d",
			TG_STR_ARG(f->name), hex ? SHA256_DIGITS : DIGITS_MAX);
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
	if (!text.n || text.n > 4 * TG_NAME_BYTES || is_bad_text(text))
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
	for (size_t i = 0; i < (seq->width ? seq->width : DIGITS_MAX); i++)
		highest *= 10;
	return highest - 1;
}

/*
 * Reading
 */

struct reading {
	const struct tg_template *t;
	struct tg_str base;
	size_t at;
	struct tg_name *name;
	struct tg_name_fault *fault;
};

static TG_PRINTF(3, 4) bool fail(struct reading *r, const char *code, const char *format, ...)
{
	va_list args;

	r->fault->code = code;
	va_start(args, format);
	(void)vsnprintf(r->fault->text, sizeof(r->fault->text), format, args);
	va_end(args);
	return false;
}

static bool fail_field(struct reading *r, const struct tg_name_field *f, const char *want)
{
	return fail(r, "name", "does not fit the template: at byte %zu {%.*s} must be %s",
		    r->at + 1, TG_STR_ARG(f->name), want);
}

static bool has_here(const struct reading *r, size_t at, struct tg_str text)
{
	return tg_str_starts(tg_str_after(r->base, at), text);
}

/* The longest value that is there and has behind it what must be there; 0: none. */
static size_t value_here(const struct reading *r, const struct tg_name_field *f, bool last)
{
	for (size_t i = 0; i < f->values; i++) {
		size_t end = r->at + f->value[i].n;

		if (has_here(r, r->at, f->value[i]) && has_here(r, end, f->behind) &&
		    (!last || end + f->behind.n == r->base.n))
			return f->value[i].n;
	}
	return 0;
}

static size_t digits_here(const struct reading *r, bool hex)
{
	size_t n = 0;

	while (r->at + n < r->base.n && (hex ? tg_hex((unsigned char)r->base.p[r->at + n]) >= 0
					     : tg_digit((unsigned char)r->base.p[r->at + n])))
		n++;
	return n;
}

static size_t text_here(const struct reading *r, const struct tg_name_field *f)
{
	struct tg_str rest = tg_str_after(r->base, r->at);
	const char *end;
	size_t n = 0;

	if (f->form == TG_NAME_PLAIN) {
		while (n < rest.n && (tg_digit((unsigned char)rest.p[n]) ||
				      ((rest.p[n] | 0x20) >= 'a' && (rest.p[n] | 0x20) <= 'z')))
			n++;
		return n;
	}
	end = f->behind.n ? memchr(rest.p, f->behind.p[0], rest.n) : NULL;
	return end ? (size_t)(end - rest.p) : rest.n;
}

struct parts {
	unsigned y, m, d, day, h, min, s;
	bool of_year;
};

static bool read_part(struct reading *r, size_t *at, size_t width, unsigned *value)
{
	*value = 0;
	for (size_t i = 0; i < width; i++, ++*at) {
		if (*at >= r->base.n || !tg_digit((unsigned char)r->base.p[*at]))
			return false;
		*value = *value * 10 + (unsigned)(r->base.p[*at] - '0');
	}
	return true;
}

static bool read_time_part(struct reading *r, char what, size_t *at, struct parts *p)
{
	switch (what) {
	case 'Y':
		return read_part(r, at, 4, &p->y);
	case 'm':
		return read_part(r, at, 2, &p->m);
	case 'd':
		return read_part(r, at, 2, &p->d);
	case 'j':
		p->of_year = true;
		return read_part(r, at, 3, &p->day);
	case 'H':
		return read_part(r, at, 2, &p->h);
	case 'M':
		return read_part(r, at, 2, &p->min);
	case 'S':
		return read_part(r, at, 2, &p->s);
	default: /* %% */
		return *at < r->base.n && r->base.p[(*at)++] == '%';
	}
}

/* The day of the year as month and day. */
static bool turn_day(struct parts *p)
{
	static const uint8_t length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = p->y % 4 == 0 && (p->y % 100 != 0 || p->y % 400 == 0);
	unsigned left = p->day;

	for (p->m = 1; p->m <= 12; p->m++) {
		unsigned days = length[p->m - 1] + (unsigned)(leap && p->m == 2);

		if (left <= days) {
			p->d = left;
			return left > 0;
		}
		left -= days;
	}
	return false;
}

static bool read_time(struct reading *r, const struct tg_name_field *f, size_t *n)
{
	struct parts p = { .m = 1, .d = 1 };
	size_t at = r->at;
	bool real;

	for (size_t i = 0; i < f->format.n; i++) {
		bool good;

		if (f->format.p[i] == '%')
			good = read_time_part(r, f->format.p[++i], &at, &p);
		else
			good = at < r->base.n && r->base.p[at++] == f->format.p[i];
		if (!good)
			return fail(r, "name",
				    "does not fit the template: at byte %zu {%.*s} must be of the "
				    "form %.*s",
				    r->at + 1, TG_STR_ARG(f->name), TG_STR_ARG(f->format));
	}
	*n = at - r->at;
	real = !p.of_year || turn_day(&p);
	if (real) {
		(void)snprintf(r->name->date, sizeof(r->name->date), "%04u-%02u-%02u", p.y % 10000,
			       p.m % 100, p.d % 100);
		real = tg_time_is_date(tg_str_of(r->name->date)) && p.h < 24 && p.min < 60 &&
		       p.s <= 60;
	}
	return real ? true : fail(r, "name-date", "is of a day or a time that there is not");
}

static bool check_place(struct reading *r, const struct tg_name_field *f, struct tg_str text)
{
	if (memchr(text.p, '=', text.n) || tg_str_is(text, ".") || tg_str_is(text, "..") ||
	    text.n > PLACE_MAX)
		return fail(r, "name",
			    "has a {%.*s} with which nothing can land: no =, no . or .. by "
			    "itself, 200 bytes at most",
			    TG_STR_ARG(f->name));
	return true;
}

static bool keep(struct reading *r, const struct tg_name_field *f, struct tg_str text)
{
	struct tg_name *name = r->name;

	switch (f->role) {
	case TG_NAME_SOURCE:
		name->source = text;
		return check_place(r, f, text);
	case TG_NAME_ENTITY:
		name->entity = text;
		return check_place(r, f, text);
	case TG_NAME_SEQ:
		name->numbered = true;
		return tg_read_u64(text, &name->seq) ? true : fail_field(r, f, "a number");
	case TG_NAME_CRC32:
		name->has_crc32 = true;
		name->crc32 = 0;
		for (size_t i = 0; i < text.n; i++)
			name->crc32 = name->crc32 << 4 | (uint32_t)tg_hex((unsigned char)text.p[i]);
		return true;
	case TG_NAME_SHA256:
		name->sha256 = text;
		return true;
	case TG_NAME_DAY:
	case TG_NAME_EXT:
	case TG_NAME_WORD:
		break;
	}
	return true;
}

static bool read_one(struct reading *r, size_t i)
{
	const struct tg_name_field *f = &r->t->field[i];
	bool last = i + 1 == r->t->fields;
	char want[64];
	size_t n = 0;

	switch (f->form) {
	case TG_NAME_TEXT:
	case TG_NAME_PLAIN:
		n = text_here(r, f);
		if (!n)
			return fail_field(r, f,
					  f->form == TG_NAME_PLAIN ? "letters and digits"
								   : "something");
		break;
	case TG_NAME_VALUES:
		n = value_here(r, f, last);
		if (!n)
			return fail_field(r, f, "one of the values that the contract lists");
		break;
	case TG_NAME_NUMBER:
	case TG_NAME_HEX:
		n = digits_here(r, f->form == TG_NAME_HEX);
		/* Of a fixed width what follows may be digits too. */
		if (f->width ? n < f->width : n == 0 || n > DIGITS_MAX) {
			(void)snprintf(want, sizeof(want), "%zu %sdigits",
				       f->width ? f->width : (size_t)DIGITS_MAX,
				       f->form == TG_NAME_HEX ? "hexadecimal " : "");
			return fail_field(r, f, f->width ? want : "a number of 18 digits at most");
		}
		n = f->width ? f->width : n;
		break;
	case TG_NAME_TIME:
		if (!read_time(r, f, &n))
			return false;
		break;
	}
	r->name->text[i] = tg_str_from(r->base.p + r->at, n);
	if (!keep(r, f, r->name->text[i]))
		return false;
	r->at += n;
	if (!has_here(r, r->at, f->behind))
		return fail(r, "name",
			    "does not fit the template: behind {%.*s}, at byte %zu, must "
			    "stand what the template has there",
			    TG_STR_ARG(f->name), r->at + 1);
	r->at += f->behind.n;
	return true;
}

bool tg_name_read(struct tg_name *name, const struct tg_template *t, struct tg_str base,
		  struct tg_name_fault *fault)
{
	struct reading r = { .t = t, .base = base, .name = name, .fault = fault };

	*name = (struct tg_name){ .seq = 0 };
	if (!base.n || base.n > TG_NAME_BYTES)
		return fail(&r, "name", "has 0 or more than %d bytes", TG_NAME_BYTES);
	if (base.p[0] == '-')
		return fail(&r, "name", "begins with -, and programs would take it for an option");
	if (is_bad_text(base))
		return fail(&r, "name", "is not UTF-8, or holds a slash or control characters");
	if (!has_here(&r, 0, t->front))
		return fail(&r, "name", "does not begin as the template does");
	r.at = t->front.n;
	for (size_t i = 0; i < t->fields; i++)
		if (!read_one(&r, i))
			return false;
	return r.at == base.n ? true
			      : fail(&r, "name",
				     "does not fit the template: it goes on behind byte %zu", r.at);
}

static bool ends_without_case(struct tg_str s, struct tg_str with)
{
	if (s.n < with.n)
		return false;
	for (size_t i = 0; i < with.n; i++) {
		char c = s.p[s.n - with.n + i];

		if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != with.p[i])
			return false;
	}
	return true;
}

bool tg_name_is_unfinished(struct tg_str base)
{
	return tg_str_starts(base, TG_STR(".")) || ends_without_case(base, TG_STR(".tmp")) ||
	       ends_without_case(base, TG_STR(".part")) ||
	       ends_without_case(base, TG_STR(".filepart"));
}
