#include "common/csv/field.h"

#include "common/base/cpu.h"
#include "common/json/number.h"
#include "common/json/text.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

static const struct tg_str mark = { "\xef\xbb\xbf", 3 };

/* Whether a text without quotes ends where the delimiter behind it begins: with a delimiter of several bytes its end may be part
 * of one. */
static bool splits(const struct tg_csv_dialect *d, struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t left = text.n - i, n = left < d->delimiter_n ? left : d->delimiter_n;

		if (memcmp(text.p + i, d->delimiter, n) != 0)
			continue;
		if (n == d->delimiter_n)
			return true;
		/* The rest of it would be the beginning of the delimiter that follows. */
		if (memcmp(d->delimiter, d->delimiter + n, d->delimiter_n - n) == 0)
			return true;
	}
	return false;
}

/*
 * The form
 */

/* A spelling that is read as null when it stands without quotes. */
static bool can_be_bare(const struct tg_csv_form *form, struct tg_str text)
{
	const struct tg_csv_dialect *d = form->dialect;

	if (text.n == 0)
		return !form->alone;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\r' || c == '\n' || c == '\0' || (unsigned char)c == d->quote)
			return false;
	}
	return !splits(d, text) && !tg_str_starts(text, mark);
}

/* Whether no byte of a number means something else here. */
static bool numbers_are_plain(const struct tg_csv_form *form, const struct tg_csv_target *t)
{
	static const char used[] = "0123456789+-.eE";
	const struct tg_csv_dialect *d = form->dialect;

	for (size_t i = 0; i < sizeof(used) - 1; i++)
		if (used[i] == d->delimiter[0] || (unsigned char)used[i] == d->quote)
			return false;
	for (size_t i = 0; t->nullable && i < t->as->null.n; i++) {
		struct tg_str null = t->as->null.text[i];

		if (null.n && (tg_digit((unsigned char)null.p[0]) || null.p[0] == '-'))
			return false;
	}
	return !t->typed || (tg_str_is(t->as->number.decimal, ".") && t->as->number.group.n == 0 &&
			     t->as->number.minus == TG_MINUS_LEADING);
}

static size_t longer(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t longest(struct tg_spellings s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n = longer(n, s.text[i].n);
	return n;
}

/* Makes the form's bounds and null sizes good for one more column. Quotes, and a guard, are the caller's. */
static void widen(struct tg_csv_form *form, const struct tg_csv_notation *as)
{
	enum {
		GROUPED = 5
	}; /* a sign of four bytes behind every three digits, and perhaps each of its bytes doubled */
	size_t n = longer(longest(as->null), longer(longest(as->yes), longest(as->no)));

	form->most = longer(form->most, TG_CSV_DELIMITER_MAX + 16 +
						2 * longer(n, as->date ? TG_DATE_TEXT_MAX : 0));
	if (as->number.group.n)
		form->times = GROUPED;
	for (size_t i = 0; i < as->null.n; i++)
		form->null_sizes |= UINT64_C(1)
				    << (as->null.text[i].n < 63 ? as->null.text[i].n : 63);
}

static void look_at(bool *map, const char *bytes)
{
	for (; *bytes; bytes++)
		map[(unsigned char)*bytes] = true;
}

void tg_csv_form_make(struct tg_csv_form *form, struct tg_csv_target *target, size_t targets)
{
	const struct tg_csv_dialect *d = form->dialect;

	form->wide = tg_cpu_level() >= TG_CPU_SSE2;
	form->alone = targets == 1;
	form->times = 2;
	form->most = TG_CSV_DELIMITER_MAX + 16;
	look_at(form->first, " \t\xef"); /* the byte order mark, and signs in full width */
	look_at(form->last, " \t");
	if (form->guard)
		look_at(form->first, "=+-@\r\n");
	form->special['\r'] = form->special['\n'] = true;
	form->special[(unsigned char)d->delimiter[0]] = true;
	if (d->quote >= 0)
		form->special[d->quote] = true;
	for (size_t i = 0; i < targets; i++) {
		struct tg_csv_target *t = &target[i];

		t->numbers = numbers_are_plain(form, t);
		if (t->as)
			widen(form, t->as);
		for (size_t n = 0; t->nullable && !t->nulled && n < t->as->null.n; n++) {
			t->nulled = can_be_bare(form, t->as->null.text[n]);
			t->null = t->as->null.text[n];
		}
	}
}

/*
 * What a value's text is
 */

static const char *null_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			     struct tg_buffer *text, bool *bare)
{
	if (t->nulled) {
		tg_buffer_put_str(text, t->null);
		*bare = true;
		return NULL;
	}
	if (form->contracted && t->typed)
		return t->nullable
			       ? "is null, and the contract has no spelling of null that can be written here (nulls in x-csv, or x-nulls)"
			       : "is null, and the type that the contract gives it is another one";
	return form->exact ? "is null, which would be read back as an empty text" : NULL;
}

static const char *absent_text(const struct tg_csv_form *form, const struct tg_csv_target *t)
{
	bool null = t->nullable && !form->alone && tg_spellings_have(t->as->null, TG_STR(""));

	if (form->exact)
		return null ? "is absent, which would be read back as null"
			    : "is absent, which would be read back as an empty text";
	if (t->kind == TG_CSV_TEXT || null)
		return NULL;
	return "is absent, and an empty field is not of the type that the contract gives it: "
	       "\"nulls\": [\"\"] would make it null";
}

static const char *number_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			       struct tg_str number, bool fraction, struct tg_buffer *text)
{
	if (t->kind == TG_CSV_TEXT && !t->typed) {
		tg_buffer_put_str(text, number);
		return form->exact ? "is a number, which would be read back as a text" : NULL;
	}
	if (t->kind != TG_CSV_NUMBER && t->kind != TG_CSV_INTEGER)
		return "is a number, which the type that the contract gives it does not bring back";
	if (t->kind == TG_CSV_INTEGER && fraction)
		return "is a number with decimals or an exponent, and the contract makes it an integer";
	tg_decimal_write(text, number, &t->as->number);
	return NULL;
}

/* A text that x-date or x-number made. */
static const char *noted_text(const struct tg_csv_target *t, struct tg_str value,
			      struct tg_buffer *text)
{
	if (t->kind == TG_CSV_DATE)
		return tg_date_write(t->as->date, text, value)
			       ? NULL
			       : "is no date or time that the contract's x-date can write so that it comes back";
	if (!tg_number_is(value))
		return "is no number, and the contract's x-number makes it one";
	tg_decimal_write(text, value, &t->as->number);
	return NULL;
}

static const char *boolean_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
				bool value, struct tg_buffer *text)
{
	struct tg_spellings words;

	if (t->kind == TG_CSV_TEXT && !t->typed) {
		tg_buffer_puts(text, value ? "true" : "false");
		return form->exact ? "is a boolean, which would be read back as a text" : NULL;
	}
	if (t->kind != TG_CSV_BOOLEAN)
		return "is a boolean, which the type that the contract gives it does not bring back";
	words = value ? t->as->yes : t->as->no;
	if (words.n == 0)
		return "is a boolean, and the contract has no spelling of it (true and false in x-csv, or x-boolean)";
	tg_buffer_put_str(text, words.text[0]);
	return NULL;
}

/* Signs that begin a formula, also in full width. Blanks before them are passed over, as some programs do. */
static bool begins_formula(struct tg_str s)
{
	static const struct tg_str sign[] = {
		{ "=", 1 },
		{ "+", 1 },
		{ "-", 1 },
		{ "@", 1 },
		{ "\t", 1 },
		{ "\r", 1 },
		{ "\n", 1 },
		{ "\xef\xbc\x9d", 3 },
		{ "\xef\xbc\x8b", 3 },
		{ "\xef\xbc\x8d", 3 },
		{ "\xef\xbc\xa0", 3 },
	};

	while (s.n && s.p[0] == ' ')
		s = tg_str_after(s, 1);
	for (size_t i = 0; i < TG_COUNT(sign); i++)
		if (tg_str_starts(s, sign[i]))
			return true;
	return false;
}

void tg_csv_field_guard(const struct tg_csv_form *form, struct tg_str text, struct tg_buffer *out)
{
	if (form->guard && begins_formula(text))
		tg_buffer_putc(out, '\'');
	tg_buffer_put_str(out, text);
}

static const char *string_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			       const struct tg_record *rec, const struct tg_span *value,
			       struct tg_buffer *text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer plain = TG_BUFFER_INIT;

	if (t->kind == TG_CSV_DATE || t->kind == TG_CSV_DECIMAL) {
		tg_text_decode(&plain, rec, value);
		return noted_text(t, tg_buffer_str(&plain), text);
	}
	if (t->kind != TG_CSV_TEXT)
		return "is a text, and the type that the contract gives it is another one";
	if (!form->guard) {
		tg_text_decode(text, rec, value);
		return NULL;
	}
	tg_text_decode(&plain, rec, value);
	tg_csv_field_guard(form, tg_buffer_str(&plain), text);
	return NULL;
}

static const char *nested_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			       struct tg_str raw, struct tg_buffer *text)
{
	if (t->typed && !t->nests)
		return "is an object or a list, and the type that the contract gives it is another one";
	tg_buffer_put_str(text, raw);
	return form->exact ? "is an object or a list, which would be read back as a text" : NULL;
}

static const char *kind_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			     const struct tg_record *rec, const struct tg_span *value,
			     struct tg_buffer *text, bool *bare)
{
	switch ((enum tg_kind)value->kind) {
	case TG_NULL:
		return null_text(form, t, text, bare);
	case TG_FALSE:
	case TG_TRUE:
		return boolean_text(form, t, value->kind == TG_TRUE, text);
	case TG_NUMBER:
		return number_text(form, t, tg_span_text(rec, value),
				   value->flags & TG_SPAN_FRACTION, text);
	case TG_STRING:
		return string_text(form, t, rec, value, text);
	case TG_ARRAY:
	case TG_OBJECT:
		break;
	}
	return nested_text(form, t, tg_span_raw(rec, value), text);
}

const char *tg_csv_field_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			      const struct tg_record *rec, const struct tg_span *value,
			      struct tg_buffer *text, bool *quote, bool *bare)
{
	const char *wrong;

	*quote = *bare = false;
	tg_buffer_clear(text);
	(void)tg_buffer_room(text, TG_SLACK);
	wrong = value ? kind_text(form, t, rec, value, text, bare) : absent_text(form, t);
	/* What is not null must not look so. */
	if (!wrong && value && !*bare && t->nullable &&
	    tg_spellings_have(t->as->null, tg_buffer_str(text)))
		*quote = true;
	return wrong;
}

/*
 * How it is written
 */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool needs_quotes(const struct tg_csv_form *form, struct tg_str text, bool front)
{
	if (text.n == 0)
		return form->alone; /* a blank line is no row */
	if (is_blank(text.p[0]) || is_blank(text.p[text.n - 1]) ||
	    (front && tg_str_starts(text, mark)))
		return true;
	for (size_t i = 0; i < text.n; i++)
		if (form->special[(unsigned char)text.p[i]])
			return true;
	return false;
}

static char *put_bytes(char *to, struct tg_str s)
{
	memcpy(to, s.p, s.n);
	return to + s.n;
}

static char *put_quoted(char *to, struct tg_str s, char quote)
{
	*to++ = quote;
	while (s.n) {
		const char *found = memchr(s.p, quote, s.n);
		size_t n = found ? (size_t)(found - s.p) + 1 : s.n;

		to = put_bytes(to, tg_str_from(s.p, n));
		if (found)
			*to++ = quote;
		s = tg_str_after(s, n);
	}
	*to++ = quote;
	return to;
}

/* What a dialect without quotes cannot say. */
static const char *unquotable(const struct tg_csv_form *form, struct tg_str text, bool quote,
			      bool front)
{
	if (quote)
		return "is a spelling of null, and the dialect has no quotes that would make it a text";
	if (text.n == 0 && form->alone)
		return "is empty and the only column, and the dialect has no quotes: it would be a blank line";
	if (text.n && (memchr(text.p, '\r', text.n) || memchr(text.p, '\n', text.n)))
		return "holds a line end, and the dialect has no quotes";
	if (splits(form->dialect, text))
		return "holds the delimiter, and the dialect has no quotes";
	if (front && tg_str_starts(text, mark))
		return "begins with a byte order mark, and the dialect has no quotes";
	return NULL;
}

const char *tg_csv_field_put(const struct tg_csv_form *form, struct tg_str text, bool quote,
			     bool bare, bool front, char **to)
{
	const char *wrong = NULL;

	if (text.n && memchr(text.p, '\0', text.n))
		return "holds a NUL character, which no CSV can";
	if (form->dialect->quote < 0)
		wrong = unquotable(form, text, quote, front);
	else if (!bare && (quote || needs_quotes(form, text, front))) {
		*to = put_quoted(*to, text, (char)form->dialect->quote);
		return NULL;
	}
	if (!wrong)
		*to = put_bytes(*to, text);
	return wrong;
}

/* Control characters are escaped in JSON, so that what is not escaped has no line end. */
static char *plain_scalar(const struct tg_csv_form *form, struct tg_str text, char *to)
{
	for (size_t i = 0; i < text.n; i++) {
		if (form->special[(unsigned char)text.p[i]])
			return NULL;
		*to++ = text.p[i];
	}
	return to;
}

#if TG_CPU_X86

static char *plain_sse2(const struct tg_csv_form *form, struct tg_str text, char *to)
{
	const struct tg_csv_dialect *d = form->dialect;
	__m128i delimiter = _mm_set1_epi8(d->delimiter[0]);
	__m128i quote = _mm_set1_epi8((char)(d->quote < 0 ? '\n' : d->quote));
	const char *p = text.p;
	size_t n = text.n;

	for (;;) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		uint32_t found = (uint32_t)_mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(v, delimiter), _mm_cmpeq_epi8(v, quote)));

		_mm_storeu_si128((__m128i *)(void *)to, v);
		if (n <= 16)
			return found & ((1U << n) - 1) ? NULL : to + n;
		if (found)
			return NULL;
		to += 16;
		p += 16;
		n -= 16;
	}
}

#endif

char *tg_csv_field_plain(const struct tg_csv_form *form, struct tg_str text, char *to)
{
#if TG_CPU_X86
	if (TG_LIKELY(form->wide))
		return plain_sse2(form, text, to);
#endif
	return plain_scalar(form, text, to);
}
