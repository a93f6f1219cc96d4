#include "common/naming/template.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/time/time.h"

#include <stdarg.h>
#include <stdio.h>

enum { PLACE_MAX = 200 /* bytes of a source or an entity, as a landing zone takes them */ };

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool tg_name_is_text(struct tg_str text)
{
	while (text.n) {
		size_t size;
		uint32_t c = tg_utf8_decode(text, &size);

		if (c == UINT32_MAX || c == '/' || is_control(c))
			return false;
		text = tg_str_after(text, size);
	}
	return true;
}

struct tg_str tg_name_base(struct tg_str path)
{
	size_t at = path.n;

	while (at && path.p[at - 1] != '/')
		at--;
	return tg_str_after(path, at);
}

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
		if (f->width ? n < f->width : n == 0 || n > TG_NAME_DIGITS) {
			(void)snprintf(want, sizeof(want), "%zu %sdigits",
				       f->width ? f->width : (size_t)TG_NAME_DIGITS,
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
	if (!tg_name_is_text(base))
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
