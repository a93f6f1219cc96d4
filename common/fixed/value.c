#include "common/fixed/value.h"

#include "common/fixed/decimal.h"
#include "common/json/number.h"

enum {
	DIGITS_MAX = 4096, /* of one number: layout.c */
	BINARY_DIGITS = 20,
};

/* A number on the way: its digits in ASCII. */
struct number {
	char digit[DIGITS_MAX + TG_SLACK];
	size_t n;
	bool minus;
	int scale;
};

struct tg_str tg_fixed_trim(const struct tg_fixed_field *f, struct tg_str s)
{
	if (!f->trim)
		return s;
	if (f->pad_left) {
		while (s.n && (unsigned char)s.p[0] == f->pad)
			s = tg_str_from(s.p + 1, s.n - 1);
	} else {
		while (s.n && (unsigned char)s.p[s.n - 1] == f->pad)
			s.n--;
	}
	return s;
}

static bool all_are(struct tg_str s, unsigned char byte)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] != byte)
			return false;
	return true;
}

/* Whether the field holds exactly a spelling, and else only what fills it up. */
static bool is_spelt(const struct tg_fixed_field *f, struct tg_str s,
		     const struct tg_fixed_spelling *as)
{
	if (as->repeated) {
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] != as->bytes.p[i % as->bytes.n])
				return false;
		return true;
	}
	if (s.n < as->bytes.n)
		return false;
	if (f->pad_left)
		return tg_str_ends(s, as->bytes) &&
		       all_are(tg_str_from(s.p, s.n - as->bytes.n), f->pad);
	return tg_str_starts(s, as->bytes) && all_are(tg_str_after(s, as->bytes.n), f->pad);
}

static bool is_one_of(const struct tg_fixed_field *f, struct tg_str s,
		      const struct tg_fixed_spellings *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_spelt(f, s, &list->item[i]))
			return true;
	return false;
}

/* Digits that mean null, of packed and binary fields: whatever zeros stand before. */
static bool is_null_number(const struct tg_fixed_field *f, const struct number *number)
{
	for (size_t i = 0; i < f->null.n; i++) {
		struct tg_str null = f->null.item[i].bytes;
		struct tg_str digits = tg_str_from(number->digit, number->n);

		if (f->null.item[i].repeated || number->minus || null.n > digits.n)
			continue;
		if (tg_str_ends(digits, null) &&
		    all_are(tg_str_from(digits.p, digits.n - null.n), '0'))
			return true;
	}
	return false;
}

static void put_word(char **to, struct tg_str word)
{
	memcpy(*to, word.p, word.n);
	*to += word.n;
}

/*
 * Written numbers
 */

static bool take_sign(const struct tg_charset *set, unsigned char byte, bool *minus)
{
	*minus = byte == set->minus;
	return *minus || byte == set->plus || byte == set->blank;
}

/* Takes a sign that is a character of its own. Where there is none, the number is above zero. */
static struct tg_str without_sign(const struct tg_fixed_field *f, struct tg_str s,
				  struct number *number)
{
	if (f->sign == TG_SIGN_LEADING && s.n > 1 &&
	    take_sign(f->set, (unsigned char)s.p[0], &number->minus))
		return tg_str_after(s, 1);
	if (f->sign == TG_SIGN_TRAILING && s.n > 1 &&
	    take_sign(f->set, (unsigned char)s.p[s.n - 1], &number->minus))
		return tg_str_from(s.p, s.n - 1);
	return s;
}

/* Where a sign stands over a digit: s.n for nowhere. */
static size_t overpunched(const struct tg_fixed_field *f, struct tg_str s)
{
	switch (f->sign) {
	case TG_SIGN_OVER_LEADING:
	case TG_SIGN_OVER_LEADING_ASCII:
		return 0;
	case TG_SIGN_OVER_TRAILING:
	case TG_SIGN_OVER_TRAILING_ASCII:
		return s.n - 1;
	case TG_SIGN_NONE:
	case TG_SIGN_LEADING:
	case TG_SIGN_TRAILING:
	case TG_SIGN_NIBBLE:
	case TG_SIGN_TWOS:
		break;
	}
	return s.n;
}

/* A sent point: the digits behind it are counted. False for a second one, and where none may be. */
static bool take_point(const struct tg_fixed_field *f, unsigned char byte, bool *point)
{
	unsigned char wanted = f->point == TG_POINT_COMMA ? f->set->comma : f->set->point;

	if (f->point == TG_POINT_IMPLIED || *point || byte != wanted)
		return false;
	*point = true;
	return true;
}

/* How many decimals come out: as many as the layout says, else as many as were sent. */
static enum tg_fixed_wrong settle_scale(const struct tg_fixed_field *f, struct number *number,
					size_t decimals)
{
	if (f->point == TG_POINT_IMPLIED)
		return TG_WRONG_NOTHING;
	if (!f->scaled) {
		number->scale = (int)decimals;
		return TG_WRONG_NOTHING;
	}
	if (decimals > (size_t)f->scale)
		return TG_WRONG_POINT;
	for (; decimals < (size_t)f->scale; decimals++)
		number->digit[number->n++] = '0';
	return TG_WRONG_NOTHING;
}

static enum tg_fixed_wrong read_written(const struct tg_fixed_field *f, struct tg_str s,
					struct number *number)
{
	const unsigned char *over =
		f->sign == TG_SIGN_OVER_LEADING_ASCII || f->sign == TG_SIGN_OVER_TRAILING_ASCII
			? f->set->over_ascii
			: f->set->over;
	size_t punched, decimals = 0;
	bool point = false;

	if (f->pad != f->set->zero)
		s = tg_fixed_trim(f, s);
	if (s.n == 0)
		return TG_WRONG_NUMBER;
	s = without_sign(f, s, number);
	punched = overpunched(f, s);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char byte = (unsigned char)s.p[i];
		unsigned digit = (unsigned)byte - f->set->zero;

		if (i == punched) {
			if (over[byte] == 0xff)
				return TG_WRONG_SIGN;
			number->minus = (over[byte] & 0x10) != 0;
			digit = over[byte] & 0xf;
		} else if (digit > 9) {
			if (!take_point(f, byte, &point))
				return TG_WRONG_NUMBER;
			continue;
		}
		number->digit[number->n++] = (char)('0' + digit);
		decimals += point;
	}
	if (number->n == 0)
		return TG_WRONG_NUMBER;
	return settle_scale(f, number, decimals);
}

/*
 * Numbers in bits
 */

static enum tg_fixed_wrong read_packed(const struct tg_fixed_field *f, struct tg_str s,
				       struct number *number)
{
	bool signs = f->sign == TG_SIGN_NIBBLE;

	for (size_t i = 0; i < s.n; i++) {
		unsigned byte = (unsigned char)s.p[i], high = byte >> 4, low = byte & 15;

		if (high > 9)
			return TG_WRONG_NIBBLE;
		number->digit[number->n++] = (char)('0' + high);
		if (signs && i + 1 == s.n) {
			number->minus = low == 0xd || low == 0xb;
			return low > 9 ? TG_WRONG_NOTHING : TG_WRONG_SIGN;
		}
		if (low > 9)
			return TG_WRONG_NIBBLE;
		number->digit[number->n++] = (char)('0' + low);
	}
	return TG_WRONG_NOTHING;
}

static void read_binary(const struct tg_fixed_field *f, struct tg_str s, struct number *number)
{
	char digit[BINARY_DIGITS];
	uint64_t value = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		value = value << 8 | (unsigned char)s.p[f->little ? s.n - 1 - i : i];
	if (f->sign == TG_SIGN_TWOS && value >> (8 * s.n - 1)) {
		number->minus = true;
		value = ~value + 1;
		if (s.n < 8)
			value &= (UINT64_C(1) << (8 * s.n)) - 1;
	}
	do
		digit[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		number->digit[number->n++] = digit[--n];
}

/* The digits of a date: as many as its pattern has letters, with zeros before them. */
static enum tg_fixed_wrong put_packed_date(const struct tg_fixed_field *f,
					   const struct number *number, char **to)
{
	size_t width = f->date.pattern.n;
	char text[TG_DATE_PATTERN_MAX + TG_SLACK], *end;
	struct tg_str digits = tg_str_from(number->digit, number->n);

	if (number->minus || width > TG_DATE_PATTERN_MAX)
		return TG_WRONG_DATE;
	while (digits.n > width && digits.p[0] == '0')
		digits = tg_str_after(digits, 1);
	if (digits.n > width)
		return TG_WRONG_DATE;
	memset(text, '0', width);
	memcpy(text + width - digits.n, digits.p, digits.n);
	**to = '"';
	end = tg_date_read(&f->date, *to + 1, tg_str_from(text, width));
	if (!end)
		return TG_WRONG_DATE;
	*end = '"';
	*to = end + 1;
	return TG_WRONG_NOTHING;
}

static enum tg_fixed_wrong put_number(const struct tg_fixed_field *f, struct tg_str s, char **to)
{
	enum tg_fixed_wrong wrong = TG_WRONG_NOTHING;
	struct number number;

	number.n = 0;
	number.minus = false;
	number.scale = f->scale;
	if (f->type == TG_FIXED_NUMBER)
		wrong = read_written(f, s, &number);
	else if (f->type == TG_FIXED_PACKED)
		wrong = read_packed(f, s, &number);
	else
		read_binary(f, s, &number);
	if (wrong)
		return wrong;
	if (f->type != TG_FIXED_NUMBER && f->null.n && is_null_number(f, &number)) {
		put_word(to, TG_STR("null"));
		return TG_WRONG_NOTHING;
	}
	if (f->dated)
		return put_packed_date(f, &number, to);
	if (f->as_text)
		*(*to)++ = '"';
	*to = tg_fixed_put_decimal(*to, number.digit, number.n, number.minus, number.scale);
	if (f->as_text)
		*(*to)++ = '"';
	return TG_WRONG_NOTHING;
}

/*
 * Texts
 */

static enum tg_fixed_wrong put_text(const struct tg_fixed_field *f, struct tg_str s, char **to)
{
	const char *bad = NULL;
	char *end;

	**to = '"';
	end = tg_charset_write(*to + 1, f->set, s, &bad);
	if (!end)
		return (unsigned char)*bad == f->set->nul && f->set->character[f->set->nul] == 0
			       ? TG_WRONG_NUL
			       : TG_WRONG_BYTE;
	*end = '"';
	*to = end + 1;
	return TG_WRONG_NOTHING;
}

/* Patterns are ASCII, or UTF-8; so is what is compared with them. */
static enum tg_fixed_wrong put_date(const struct tg_fixed_field *f, struct tg_str s, char **to)
{
	char text[TG_DATE_TEXT_MAX + TG_SLACK], *end;
	size_t n = 0;

	s = tg_fixed_trim(f, s);
	if (s.n > TG_DATE_TEXT_MAX)
		return TG_WRONG_DATE;
	for (size_t i = 0; i < s.n; i++) {
		uint32_t c = f->set->character[(unsigned char)s.p[i]];

		if (c >= 0x80)
			return TG_WRONG_DATE;
		text[n++] = (char)c;
	}
	**to = '"';
	end = tg_date_read(&f->date, *to + 1, tg_str_from(text, n));
	if (!end)
		return TG_WRONG_DATE;
	*end = '"';
	*to = end + 1;
	return TG_WRONG_NOTHING;
}

static enum tg_fixed_wrong put_boolean(const struct tg_fixed_field *f, struct tg_str s, char **to)
{
	if (is_one_of(f, s, &f->yes))
		put_word(to, TG_STR("true"));
	else if (is_one_of(f, s, &f->no))
		put_word(to, TG_STR("false"));
	else
		return TG_WRONG_BOOLEAN;
	return TG_WRONG_NOTHING;
}

/* Nothing but blanks, or but what fills the field up where that is no digit. In binary numbers, and in packed ones without a sign, bytes
 * like blanks are numbers like any other, unless the layout says that blanks mean something. */
static bool is_blank(const struct tg_fixed_field *f, struct tg_str s)
{
	bool texts = f->type != TG_FIXED_PACKED && f->type != TG_FIXED_BINARY;

	if (f->blank == TG_BLANK_REJECT &&
	    (f->type == TG_FIXED_BINARY || (f->type == TG_FIXED_PACKED && f->sign == TG_SIGN_NONE)))
		return false;
	return all_are(s, f->set->blank) ||
	       (texts && f->trim && f->pad != f->set->zero && all_are(s, f->pad));
}

/* What blanks are. *done: nothing is left to do. */
static enum tg_fixed_wrong put_blank(const struct tg_fixed_field *f, char **to, bool *done)
{
	static const char zero[TG_SLACK] = "0";

	*done = true;
	switch (f->blank) {
	case TG_BLANK_REJECT:
		return TG_WRONG_BLANK;
	case TG_BLANK_NULL:
		put_word(to, TG_STR("null"));
		return TG_WRONG_NOTHING;
	case TG_BLANK_ZERO:
		if (f->as_text)
			*(*to)++ = '"';
		*to = tg_fixed_put_decimal(*to, zero, 1, false, f->scale);
		if (f->as_text)
			*(*to)++ = '"';
		return TG_WRONG_NOTHING;
	case TG_BLANK_TEXT:
		break;
	}
	*done = false;
	return TG_WRONG_NOTHING;
}

enum tg_fixed_wrong tg_fixed_value(const struct tg_fixed_field *f, struct tg_str bytes, char **to)
{
	bool bits = f->type == TG_FIXED_PACKED || f->type == TG_FIXED_BINARY;
	enum tg_fixed_wrong wrong = TG_WRONG_NOTHING;
	bool done = false;

	if (f->type == TG_FIXED_FILLER)
		return !f->valued || is_spelt(f, bytes, &f->value) ? TG_WRONG_NOTHING
								   : TG_WRONG_FILLER;
	for (size_t i = 0; i < f->null.n; i++) {
		if ((bits && !f->null.item[i].repeated) || !is_spelt(f, bytes, &f->null.item[i]))
			continue;
		put_word(to, TG_STR("null"));
		return TG_WRONG_NOTHING;
	}
	if (is_blank(f, bytes))
		wrong = put_blank(f, to, &done);
	if (wrong || done)
		return wrong;
	switch (f->type) {
	case TG_FIXED_TEXT:
		return put_text(f, tg_fixed_trim(f, bytes), to);
	case TG_FIXED_NUMBER:
	case TG_FIXED_PACKED:
	case TG_FIXED_BINARY:
		return put_number(f, bytes, to);
	case TG_FIXED_DATE:
		return put_date(f, bytes, to);
	case TG_FIXED_BOOLEAN:
		return put_boolean(f, bytes, to);
	case TG_FIXED_FILLER:
	case TG_FIXED_GROUP:
		break;
	}
	return TG_WRONG_NOTHING;
}

size_t tg_fixed_value_most(const struct tg_fixed_field *f, size_t bytes)
{
	switch (f->type) {
	case TG_FIXED_TEXT:
		break;
	case TG_FIXED_NUMBER:
	case TG_FIXED_PACKED:
	case TG_FIXED_BINARY:
	case TG_FIXED_DATE:
	case TG_FIXED_BOOLEAN: /* each may come out as a text too */
		return 7 * bytes + BINARY_DIGITS + TG_DATE_MAX + TG_FIXED_DECIMAL_MORE;
	case TG_FIXED_FILLER:
		return 0;
	case TG_FIXED_GROUP:
		break;
	}
	return 7 * bytes + 8;
}

enum tg_fixed_wrong tg_fixed_value_as_text(const struct tg_fixed_field *f, struct tg_str bytes,
					   char **to)
{
	static const char hex[] = "0123456789abcdef";

	if (f->type != TG_FIXED_PACKED && f->type != TG_FIXED_BINARY)
		return put_text(f, bytes, to);
	*(*to)++ = '"';
	for (size_t i = 0; i < bytes.n; i++) {
		*(*to)++ = hex[(unsigned char)bytes.p[i] >> 4];
		*(*to)++ = hex[bytes.p[i] & 15];
	}
	*(*to)++ = '"';
	return TG_WRONG_NOTHING;
}

bool tg_fixed_test_holds(const struct tg_fixed_test *test, struct tg_str json)
{
	bool number = json.n && (json.p[0] == '-' || tg_digit((unsigned char)json.p[0]));

	for (size_t i = 0; i < test->values; i++) {
		struct tg_str value = test->value[i];

		if (tg_str_eq(value, json))
			return true;
		if (number && value.n &&
		    (value.p[0] == '-' || tg_digit((unsigned char)value.p[0])) &&
		    tg_number_compare(value, json) == 0)
			return true;
	}
	return false;
}
