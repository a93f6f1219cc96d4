#include "common/value/decimal.h"

#include "common/base/utf8.h"

static size_t digits(struct tg_str s, size_t at)
{
	size_t end = at;

	while (end < s.n && tg_digit((unsigned char)s.p[end]))
		end++;
	return end - at;
}

static bool sign_at(struct tg_str s, size_t at, struct tg_str sign)
{
	return sign.n && s.n - at >= sign.n && memcmp(s.p + at, sign.p, sign.n) == 0;
}

bool tg_decimal_is_sign(struct tg_str s)
{
	size_t size = 0;

	return s.n > 0 && tg_utf8_decode(s, &size) != UINT32_MAX && size == s.n &&
	       !memchr("0123456789+-eE\r\n\0", s.p[0], 17);
}

static bool is_parenthesis(struct tg_str s)
{
	return tg_str_is(s, "(") || tg_str_is(s, ")");
}

const char *tg_decimal_wrong(const struct tg_decimal_form *f)
{
	if (tg_str_eq(f->decimal, f->group))
		return "decimal and group are the same sign";
	if (f->minus == TG_MINUS_PARENTHESES &&
	    (is_parenthesis(f->decimal) || is_parenthesis(f->group)))
		return "a parenthesis is decimal or group, and minus too";
	return NULL;
}

/*
 * Reading
 */

/* Copies groups of `size` digits; *at stands on a group sign, and then on the first byte that is none of them. */
static char *groups(char *to, struct tg_str s, size_t *at, struct tg_str sign, size_t size)
{
	while (sign_at(s, *at, sign) && digits(s, *at + sign.n) == size) {
		memcpy(to, s.p + *at + sign.n, size);
		to += size;
		*at += sign.n + size;
	}
	return to;
}

/* The whole part, copied without group signs; *at moves behind it. The last group has three digits, those before it three or, the Indian
 * way, two, the first one at most as many: 12.34 is not 1234, it is a mistake. NULL when it is one. So is 0,123: most who write it mean less
 * than one. */
static char *whole_part(char *to, struct tg_str s, size_t *at, const struct tg_decimal_form *f)
{
	size_t n = digits(s, *at), size = f->groups == TG_GROUPS_INDIAN ? 2 : 3;
	size_t end = *at + n;

	memcpy(to, s.p + *at, n);
	to += n;
	*at = end;
	if (n == 0 || !sign_at(s, end, f->group))
		return to;
	if (n > size || (n == 1 && s.p[end - 1] == '0'))
		return NULL;
	to = groups(to, s, at, f->group, size);
	if (size != 3) {
		size_t last = *at;

		to = groups(to, s, at, f->group, 3);
		if (*at - last != f->group.n + 3)
			return NULL;
	}
	return sign_at(s, *at, f->group) ? NULL : to;
}

/* Leading zeros are no JSON; one digit there must be. */
static char *without_zeros(char *from, char *to)
{
	char *p = from;

	if (from == to)
		*to++ = '0';
	while (to - p > 1 && *p == '0')
		p++;
	memmove(from, p, (size_t)(to - p));
	return from + (to - p);
}

static char *exponent(char *to, struct tg_str s, size_t *at)
{
	size_t i = *at + 1, n;

	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	n = digits(s, i);
	if (n == 0)
		return NULL;
	i += n;
	memcpy(to, s.p + *at, i - *at);
	to += i - *at;
	*at = i;
	return to;
}

/* Takes the sign off, and says whether it is a minus. */
static bool take_sign(struct tg_str *s, enum tg_minus minus)
{
	char c;

	if (s->n == 0)
		return false;
	if (minus == TG_MINUS_TRAILING) {
		c = s->p[s->n - 1];
		s->n -= c == '-' || c == '+';
		return c == '-';
	}
	c = s->p[0];
	if (minus == TG_MINUS_PARENTHESES && c == '(' && s->n > 1 && s->p[s->n - 1] == ')') {
		*s = tg_str_from(s->p + 1, s->n - 2);
		return true;
	}
	if (c != '+' && (c != '-' || minus != TG_MINUS_LEADING))
		return false;
	*s = tg_str_after(*s, 1);
	return c == '-';
}

char *tg_decimal_read(char *to, struct tg_str s, const struct tg_decimal_form *f, bool integer)
{
	size_t at = 0, fraction;
	char *whole;

	if (take_sign(&s, f->minus))
		*to++ = '-';
	whole = to;
	to = whole_part(to, s, &at, f);
	if (!to)
		return NULL;
	if (!integer && sign_at(s, at, f->decimal)) {
		at += f->decimal.n;
		fraction = digits(s, at);
		if (fraction == 0 && to == whole)
			return NULL;
		to = without_zeros(whole, to);
		if (fraction)
			*to++ = '.';
		memcpy(to, s.p + at, fraction);
		to += fraction;
		at += fraction;
	} else if (to == whole) {
		return NULL;
	} else {
		to = without_zeros(whole, to);
	}
	if (!integer && at < s.n && (s.p[at] | 0x20) == 'e')
		to = exponent(to, s, &at);
	return to && at == s.n ? to : NULL;
}

/*
 * Writing
 */

/* n digits with the groups' signs between them. */
static void put_grouped(struct tg_buffer *out, const char *p, size_t n,
			const struct tg_decimal_form *f)
{
	size_t size = f->groups == TG_GROUPS_INDIAN ? 2 : 3;

	for (size_t i = 0; i < n; i++) {
		size_t left = n - i; /* digits from here on */

		if (i && left >= 3 && (left - 3) % size == 0)
			tg_buffer_put_str(out, f->group);
		tg_buffer_putc(out, p[i]);
	}
}

void tg_decimal_write(struct tg_buffer *out, struct tg_str number, const struct tg_decimal_form *f)
{
	bool negative = number.n && number.p[0] == '-';
	struct tg_str s = tg_str_after(number, negative);
	size_t whole = digits(s, 0);

	if (negative && f->minus != TG_MINUS_TRAILING)
		tg_buffer_putc(out, f->minus == TG_MINUS_LEADING ? '-' : '(');
	if (f->group.n)
		put_grouped(out, s.p, whole, f);
	else
		tg_buffer_put(out, s.p, whole);
	s = tg_str_after(s, whole);
	if (s.n && s.p[0] == '.') {
		tg_buffer_put_str(out, f->decimal);
		s = tg_str_after(s, 1);
	}
	tg_buffer_put_str(out, s);
	if (negative && f->minus != TG_MINUS_LEADING)
		tg_buffer_putc(out, f->minus == TG_MINUS_TRAILING ? '-' : ')');
}

void tg_decimal_expect(struct tg_buffer *out, const struct tg_decimal_form *f, bool integer)
{
	if (integer)
		tg_buffer_puts(out, "digits, no decimals and no exponent");
	else
		tg_buffer_printf(out, "digits, decimals behind '%.*s'", TG_STR_ARG(f->decimal));
	if (f->group.n)
		tg_buffer_printf(out, ", groups of three%s with '%.*s'",
				 f->groups == TG_GROUPS_INDIAN ? " and then two" : "",
				 TG_STR_ARG(f->group));
	if (f->minus == TG_MINUS_TRAILING)
		tg_buffer_puts(out, ", a minus behind them");
	if (f->minus == TG_MINUS_PARENTHESES)
		tg_buffer_puts(out, ", parentheses for minus");
}
