#include "common/csv/field.h"

#include "common/base/cpu.h"
#include "common/csv/plain.h"
#include "common/csv/reader.h"
#include "common/json/number.h"
#include "common/json/text.h"

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

/* Whether the reader would take blanks off it. */
static bool is_trimmed(const struct tg_csv_dialect *d, struct tg_str text)
{
	return text.n && ((d->trim_start && tg_csv_is_blank(d, text.p[0])) ||
			  (d->trim_end && tg_csv_is_blank(d, text.p[text.n - 1])));
}

/* Whether a row that begins so may be read as a comment. */
static bool may_be_comment(const struct tg_csv_dialect *d, struct tg_str text)
{
	return d->comment.n && text.n &&
	       (tg_str_starts(text, d->comment) || tg_str_starts(d->comment, text));
}

/* Whether it goes on over a line end, where none may. */
static bool goes_on(const struct tg_csv_dialect *d, struct tg_str text)
{
	if (!d->one_line || text.n == 0)
		return false;
	if (d->newline == TG_CSV_CRLF)
		return memmem(text.p, text.n, "\r\n", 2) != NULL;
	return memchr(text.p, tg_csv_line_end(d), text.n) != NULL;
}

/* A spelling that is read as null when it stands without quotes. */
static bool can_be_bare(const struct tg_csv_form *form, struct tg_str text)
{
	const struct tg_csv_dialect *d = form->dialect;

	if (text.n == 0)
		return !form->alone && !d->empty_is_absent;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\r' || c == '\n' || c == '\0' || (unsigned char)c == d->quote ||
		    (i && d->quote < 0 && (unsigned char)c == d->escape))
			return false;
	}
	return !splits(d, text) && !tg_str_starts(text, mark) && !is_trimmed(d, text) &&
	       !may_be_comment(d, text);
}

/* Whether no byte of a number means something else here. */
static bool numbers_are_plain(const struct tg_csv_form *form, const struct tg_csv_target *t)
{
	static const char used[] = "0123456789+-.eE";
	const struct tg_csv_dialect *d = form->dialect;

	for (size_t i = 0; i < sizeof(used) - 1; i++)
		if (used[i] == d->delimiter[0] || (unsigned char)used[i] == d->quote ||
		    (unsigned char)used[i] == d->escape ||
		    (d->comment.n && used[i] == d->comment.p[0]))
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

	/* The wide steps know of delimiter and quote only. */
	form->wide = tg_cpu_level() >= TG_CPU_SSE2 && (d->escape < 0 || d->quote >= 0);
	form->alone = targets == 1 && d->blank != TG_CSV_BLANK_ROW;
	form->times = 2;
	form->most = TG_CSV_DELIMITER_MAX + 16;
	look_at(form->first, " \t\xef"); /* the byte order mark, and signs in full width */
	look_at(form->last, " \t");
	if (form->guard)
		look_at(form->first, "=+-@\r\n");
	form->special['\r'] = form->special['\n'] = true;
	form->special[(unsigned char)d->delimiter[0]] = true;
	if (d->comment.n)
		form->first[(unsigned char)d->comment.p[0]] = true;
	if (d->quote >= 0)
		form->special[d->quote] = true;
	else if (d->escape >= 0)
		form->special[d->escape] = true;
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

static const char *absent_as_empty(const struct tg_csv_form *form, const struct tg_csv_target *t)
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

static const char *absent_text(const struct tg_csv_form *form, const struct tg_csv_target *t,
			       bool *bare)
{
	if (!t->ignored && !form->dialect->empty_is_absent)
		return absent_as_empty(form, t);
	*bare = true;
	return form->alone ? "is absent and the only column: it would be a blank line" : NULL;
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
	wrong = value ? kind_text(form, t, rec, value, text, bare) : absent_text(form, t, bare);
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
	if (text.n == 0) /* a blank line is no row */
		return form->alone || form->dialect->empty_is_absent;
	if (is_blank(text.p[0]) || is_blank(text.p[text.n - 1]) ||
	    (front && (tg_str_starts(text, mark) || may_be_comment(form->dialect, text))))
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

/* What an escape in front makes text. The letters are those that databases write for line ends, where there are no quotes. */
static char *put_escaped(char *to, struct tg_str s, const struct tg_csv_dialect *d)
{
	bool letters = d->quote < 0 && d->escape == '\\';

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool line_end = d->quote < 0 && (c == '\r' || c == '\n');

		if (line_end || (unsigned char)c == d->escape || (unsigned char)c == d->quote ||
		    (d->quote < 0 && c == d->delimiter[0]))
			*to++ = (char)d->escape;
		*to++ = !line_end || !letters ? c : c == '\r' ? 'r' : 'n';
	}
	return to;
}

static char *put_quoted(char *to, struct tg_str s, const struct tg_csv_dialect *d)
{
	char quote = (char)d->quote;

	*to++ = quote;
	if (d->escape >= 0) {
		to = put_escaped(to, s, d);
		s.n = 0;
	}
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

/* Whether each of the delimiter's first bytes may be escaped by itself. */
static bool delimiter_escapes(const struct tg_csv_dialect *d)
{
	return tg_csv_escaped(d, d->delimiter, 1) == 1;
}

/* Whether an escape is written in front of some of its bytes. */
static bool has_escaped(const struct tg_csv_dialect *d, struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] == d->escape || text.p[i] == d->delimiter[0] ||
		    text.p[i] == '\r' || text.p[i] == '\n')
			return true;
	return false;
}

/* What escapes cannot say. */
static const char *inescapable(const struct tg_csv_form *form, struct tg_str text, bool quote)
{
	const struct tg_csv_dialect *d = form->dialect;

	if (quote && !has_escaped(d, text))
		return "is a spelling of null, and the dialect has no quotes that would make it a text";
	if (d->escape != '\\' && text.n && text.p[text.n - 1] == '\r')
		return "ends with a carriage return, which would be read as part of the line end behind it";
	if (!delimiter_escapes(d) && splits(d, text))
		return "holds the delimiter, which cannot be escaped here";
	return NULL;
}

/* What a dialect without quotes cannot say. */
static const char *unquotable(const struct tg_csv_form *form, struct tg_str text, bool quote,
			      bool front)
{
	const struct tg_csv_dialect *d = form->dialect;

	if (text.n == 0 && form->alone)
		return "is empty and the only column, and the dialect has no quotes: it would be a blank line";
	if (text.n == 0 && d->empty_is_absent)
		return "is empty, and the dialect has no quotes: it would be read back as absent";
	if (is_trimmed(d, text))
		return "begins or ends with blanks, which are trimmed, and the dialect has no quotes";
	if (front && may_be_comment(d, text))
		return "begins as a comment does, and the dialect has no quotes";
	if (front && tg_str_starts(text, mark))
		return "begins with a byte order mark, and the dialect has no quotes";
	if (d->escape >= 0)
		return inescapable(form, text, quote);
	if (quote)
		return "is a spelling of null, and the dialect has no quotes that would make it a text";
	if (text.n && (memchr(text.p, '\r', text.n) || memchr(text.p, '\n', text.n)))
		return "holds a line end, and the dialect has no quotes";
	if (splits(d, text))
		return "holds the delimiter, and the dialect has no quotes";
	return NULL;
}

const char *tg_csv_field_put(const struct tg_csv_form *form, struct tg_str text, bool quote,
			     bool bare, bool front, char **to)
{
	const struct tg_csv_dialect *d = form->dialect;
	const char *wrong;

	if (text.n && memchr(text.p, '\0', text.n))
		return "holds a NUL character, which no CSV can";
	if (goes_on(d, text))
		return "holds a line end, and the contract says that no field does (x-csv, multiline)";
	if (bare) {
		*to = put_bytes(*to, text);
		return NULL;
	}
	if (d->quote < 0) {
		wrong = unquotable(form, text, quote, front);
		if (!wrong)
			*to = d->escape < 0 ? put_bytes(*to, text) : put_escaped(*to, text, d);
		return wrong;
	}
	*to = quote || needs_quotes(form, text, front) ? put_quoted(*to, text, d)
						       : put_bytes(*to, text);
	return NULL;
}

char *tg_csv_field_plain(const struct tg_csv_form *form, struct tg_str text, char *to)
{
#if TG_CPU_X86
	const struct tg_csv_dialect *d = form->dialect;

	if (TG_LIKELY(form->wide))
		return tg_csv_plain_sse2(d->delimiter[0], tg_csv_plain_quote(d), text.p, text.n,
					 to);
#endif
	return tg_csv_plain_scalar(form, text.p, text.n, to);
}
