#include "common/csv/emit_inside.h"

#include "common/base/cpu.h"
#include "common/base/neon.h"
#include "common/csv/reader.h"
#include "common/json/text.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

/* What a byte has behind the backslash, if that is one character. */
static const char brief[256] = {
	['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\f'] = 'f',
	['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
};

static char *put_escape(char *to, unsigned char c)
{
	static const char digit[] = "0123456789abcdef";

	to[0] = '\\';
	if (brief[c]) {
		to[1] = brief[c];
		return to + 2;
	}
	memcpy(to + 1, "u00", 3);
	to[4] = digit[c >> 4];
	to[5] = digit[c & 15];
	return to + 6;
}

/* The inside of a JSON string; with doubled, a double quote stands twice and means one. */
static char *put_text_scalar(char *to, const char *p, size_t n, size_t doubled)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (TG_LIKELY(!tg_csv_is_special(c))) {
			*to++ = (char)c;
			continue;
		}
		to = put_escape(to, c);
		if (c == '"')
			i += doubled;
	}
	return to;
}

/* Copies step bytes at a time, and so scribbles on up to so many behind the text. */
static inline char *copy(char *to, const char *p, size_t n, size_t step)
{
	char *end = to + n;

	memcpy(to, p, step);
	while (TG_UNLIKELY(n > step)) {
		to += step;
		p += step;
		n -= step;
		memcpy(to, p, step);
	}
	return end;
}

/* A field without its doubled quotes, where the quote is not JSON's, and without its escapes: a view into scratch. */
struct tg_str tg_csv_meant(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
			   const struct tg_csv_field *field)
{
	struct tg_str s = { rows->text + field->at, tg_csv_field_n(field) };

	if (tg_csv_escapes(plan->dialect, field)) {
		if (s.n == 0 ||
		    (!memchr(s.p, plan->dialect->escape, s.n) &&
		     (plan->dialect->quote < 0 || !memchr(s.p, plan->dialect->quote, s.n))))
			return s;
		tg_buffer_clear(&plan->scratch);
		tg_csv_put_field(&plan->scratch, rows, field, plan->dialect);
		return tg_buffer_str(&plan->scratch);
	}
	if (!rows->raw || !tg_csv_field_quoted(field) || s.n == 0 ||
	    !memchr(s.p, plan->dialect->quote, s.n))
		return s;
	tg_buffer_clear(&plan->scratch);
	tg_csv_put_field(&plan->scratch, rows, field, plan->dialect);
	return tg_buffer_str(&plan->scratch);
}

static char *put_string(char *to, struct tg_str s)
{
	*to++ = '"';
	to = put_text_scalar(to, s.p, s.n, 0);
	*to++ = '"';
	return to;
}

static char *put_word(char *to, struct tg_str word)
{
	memcpy(to, word.p, word.n);
	return to + word.n;
}

/* What a function that may find no value in a text has written, as a JSON string; end NULL: it has found none. */
static char *close_string(char *start, char *end)
{
	*start = '"';
	if (end)
		*end++ = '"';
	return end;
}

/* A value as its column wants it; NULL when it is not of its type. */
char *tg_csv_put_typed(const struct tg_csv_column *column, struct tg_str s, bool quoted, char *to)
{
	const struct tg_csv_notation *as = column->as;

	if (column->nullable && !quoted && tg_spellings_have(as->null, s))
		return put_word(to, TG_STR("null"));
	switch (column->kind) {
	case TG_CSV_TEXT:
		return put_string(to, s);
	case TG_CSV_NUMBER:
	case TG_CSV_INTEGER:
		return tg_decimal_read(to, s, &as->number, column->kind == TG_CSV_INTEGER);
	case TG_CSV_DECIMAL:
		return close_string(to, tg_decimal_read(to + 1, s, &as->number, false));
	case TG_CSV_DATE:
		return close_string(to, tg_date_read(as->date, to + 1, s));
	case TG_CSV_BOOLEAN:
		if (tg_spellings_have(as->yes, s))
			return put_word(to, TG_STR("true"));
		return tg_spellings_have(as->no, s) ? put_word(to, TG_STR("false")) : NULL;
	case TG_CSV_NULL:
		break;
	}
	return NULL;
}

/* False: it is not null, whether it is quoted or not. */
static inline bool may_be_null(const struct tg_csv_plan *plan, size_t n)
{
	return plan->null_sizes >> (n < 63 ? n : 63) & 1;
}

enum { NUMBER_MAX = 16 };

/* Whether it is one by RFC 8259, but for its decimal sign, without an exponent; *at is where that sign stands, or 0: there is none. False
 * for a long one too: then it is looked at more closely. */
static inline bool is_number(const char *p, size_t n, bool integer, char decimal, uint32_t *at)
{
	uint32_t others = 0; /* bytes that are no digits */
	uint32_t sign, point;

	*at = 0;
	if (n == 0 || n > NUMBER_MAX)
		return false;
#if TG_CPU_X86
	__m128i v =
		_mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));

	others = ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
	others &= (1U << n) - 1;
#else
	for (size_t i = 0; i < n; i++)
		others |= (uint32_t)((unsigned char)(p[i] - '0') > 9) << i;
#endif
	sign = p[0] == '-';
	others &= ~sign;
	if (p[sign] == '0' && n > sign + 1 && p[sign + 1] != decimal)
		return false; /* a leading zero */
	if (others == 0)
		return n > sign;
	if (integer || (others & (others - 1)))
		return false;
	point = (uint32_t)__builtin_ctz(others);
	*at = point;
	return p[point] == decimal && point > sign && point + 1 < n;
}

/* A number with groups of three, or a long one, as JSON has it; NULL: to be looked at more closely. */
static char *put_grouped(char *to, const char *p, size_t n, const struct tg_decimal_form *f,
			 bool integer)
{
	char group = f->group.n ? f->group.p[0] : '0';
	size_t i = 0, run = 0; /* digits since the last group sign */
	bool grouped = false;

	if (n > 1 && p[0] == '0' && p[1] != f->decimal.p[0])
		return NULL;
	for (; i < n; i++) {
		if (tg_digit((unsigned char)p[i])) {
			*to++ = p[i];
			run++;
			continue;
		}
		if (p[i] != group)
			break;
		if (grouped ? run != 3 : run - 1 > 2)
			return NULL;
		grouped = true;
		run = 0;
	}
	if (grouped ? run != 3 : run == 0)
		return NULL;
	if (i == n)
		return to;
	if (integer || p[i] != f->decimal.p[0] || i + 1 == n)
		return NULL;
	*to++ = '.';
	for (i++; i < n; i++) {
		if (!tg_digit((unsigned char)p[i]))
			return NULL;
		*to++ = p[i];
	}
	return to;
}

/* A number whose signs are of one byte; NULL: to be looked at more closely. */
static char *put_decimal(char *to, const char *p, size_t n, const struct tg_decimal_form *f,
			 bool integer)
{
	uint32_t point;

	if (n && f->minus == TG_MINUS_TRAILING && p[n - 1] == '-') {
		*to++ = '-';
		n--;
	} else if (n > 1 && f->minus == TG_MINUS_PARENTHESES && p[0] == '(' && p[n - 1] == ')') {
		*to++ = '-';
		p++;
		n -= 2;
	} else if (n && f->minus == TG_MINUS_LEADING && p[0] == '-') {
		*to++ = '-';
		p++;
		n--;
	}
	if (n == 0 || p[0] == '-')
		return NULL;
	if (!is_number(p, n, integer, f->decimal.p[0], &point))
		return put_grouped(to, p, n, f, integer);
	memcpy(to, p, NUMBER_MAX);
	if (point)
		to[point] = '.';
	return to + n;
}

/* The ways that are quick, but would make the loop over fields dearer for those that are quicker still; NULL: with care. */
static inline char *put_quickly(const struct tg_csv_plan *plan, const char *p, size_t n, size_t i,
				char *to)
{
	const struct tg_csv_column *column = &plan->column[i];

	if (plan->piece[i].way == TG_CSV_AS_DATE)
		return close_string(
			to, tg_date_read_quickly(column->as->date, to + 1, tg_str_from(p, n)));
	if (plan->piece[i].way != TG_CSV_AS_DECIMAL)
		return NULL;
	if (column->kind == TG_CSV_DECIMAL)
		return close_string(to, put_decimal(to + 1, p, n, &column->as->number, false));
	return put_decimal(to, p, n, &column->as->number, column->kind == TG_CSV_INTEGER);
}

/* Null as databases that escape write it: no text is spelt so. */
bool tg_csv_is_null_escape(const struct tg_csv_dialect *d, const struct tg_csv_rows *rows,
			   const struct tg_csv_field *field, const struct tg_csv_column *column)
{
	struct tg_str raw = { rows->text + field->at, tg_csv_field_n(field) };

	return tg_csv_escapes(d, field) && !tg_csv_field_quoted(field) && raw.n > 0 &&
	       (unsigned char)raw.p[0] == d->escape &&
	       (tg_spellings_have(column->as->null, raw) ||
		tg_csv_escaped(d, raw.p + 1, raw.n - 1) == 0);
}

__attribute__((__noinline__)) static char *put_with_care(struct tg_csv_plan *plan,
							 const struct tg_csv_rows *rows,
							 const struct tg_csv_field *field, size_t i,
							 char *to)
{
	const struct tg_csv_column *column = &plan->column[i];
	struct tg_str raw = { rows->text + field->at, tg_csv_field_n(field) }, s;
	char *end;

	if (column->ignored || tg_csv_is_absent(plan->dialect, field))
		return to - plan->piece[i].n;
	if (tg_csv_is_null_escape(plan->dialect, rows, field, column)) {
		if (tg_csv_is_null(column, raw))
			return put_word(to, TG_STR("null"));
		return plan->as_text ? put_string(to, raw) : NULL;
	}
	s = tg_csv_meant(plan, rows, field);
	/* What has escapes is a text, as what has quotes. */
	end = tg_csv_put_typed(column, s, tg_csv_field_quoted(field) || s.n != raw.n, to);
	return end || !plan->as_text ? end : put_string(to, s);
}

char *tg_csv_put_value(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
		       const struct tg_csv_field *field, size_t i, char *to)
{
	char *end = put_quickly(plan, rows->text + field->at, tg_csv_field_n(field), i, to);

	return end ? end : put_with_care(plan, rows, field, i, to);
}

bool tg_csv_value_fits(const struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
		       const struct tg_csv_field *field, const struct tg_csv_column *column)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer to = TG_BUFFER_INIT;

	if (column->ignored || tg_csv_is_absent(plan->dialect, field))
		return true;
	if (tg_csv_is_null_escape(plan->dialect, rows, field, column))
		return tg_csv_is_null(column,
				      tg_str_from(rows->text + field->at, tg_csv_field_n(field)));
	if (column->kind == TG_CSV_TEXT)
		return true;
	tg_csv_put_field(&text, rows, field, plan->dialect);
	return tg_csv_put_typed(column, tg_buffer_str(&text),
				tg_csv_field_quoted(field) || text.n != tg_csv_field_n(field),
				tg_buffer_room(&to, text.n + TG_DATE_MAX)) != NULL;
}

__attribute__((__noinline__)) char *tg_csv_put_source(struct tg_csv_plan *plan,
						      const struct tg_csv_rows *rows,
						      const struct tg_csv_row *row, uint64_t offset,
						      char *to)
{
	struct tg_place at = { .file = plan->file, .line = row->line, .offset = offset + row->at };

	if (plan->origin)
		at.offset = tg_csv_origin_place(plan->origin, offset, rows->bytes, row->at);
	tg_buffer_clear(&plan->scratch);
	tg_buffer_putc(&plan->scratch, ',');
	tg_source_put_provenance(&plan->scratch, &at);
	return put_word(to, tg_buffer_str(&plan->scratch));
}

static inline char *copy_scalar(char *to, const char *p, size_t n)
{
	return copy(to, p, n, 16);
}

#define EMIT_NAME emit_scalar
#define EMIT_STRINGS strings_scalar
#define EMIT_COPY copy_scalar
#define EMIT_TARGET
#define EMIT_TEXT put_text_scalar
#include "common/csv/emit_loop.h"

#if TG_CPU_X86

/* One bit for each of 16 bytes that needs an escape. */
static inline uint32_t special_sse2(__m128i v)
{
	__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
}

/* Copies a step, then asks whether it may stay so. */
static inline char *put_text_sse2(char *to, const char *p, size_t n, size_t doubled)
{
	for (;;) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		uint32_t found = special_sse2(v);
		size_t k;

		_mm_storeu_si128((__m128i *)(void *)to, v);
		if (n < 16)
			found &= (1U << n) - 1;
		if (TG_LIKELY(!found)) {
			if (n <= 16)
				return to + n;
			to += 16;
			p += 16;
			n -= 16;
			continue;
		}
		k = (size_t)__builtin_ctz(found);
		to = put_escape(to + k, (unsigned char)p[k]);
		k += 1 + (p[k] == '"' ? doubled : 0);
		p += k;
		n -= k;
	}
}

#define EMIT_NAME emit_sse2
#define EMIT_STRINGS strings_sse2
#define EMIT_COPY copy_scalar
#define EMIT_TARGET
#define EMIT_TEXT put_text_sse2
#include "common/csv/emit_loop.h"

#define AVX2 __attribute__((__target__("avx2,bmi,bmi2")))

AVX2 static inline uint32_t special_avx2(__m256i v)
{
	__m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
	__m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
	__m256i backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));

	return (uint32_t)_mm256_movemask_epi8(
		_mm256_or_si256(control, _mm256_or_si256(quote, backslash)));
}

AVX2 static inline char *put_text_avx2(char *to, const char *p, size_t n, size_t doubled)
{
	for (;;) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
		uint32_t found = special_avx2(v);
		size_t k;

		_mm256_storeu_si256((__m256i *)(void *)to, v);
		found = _bzhi_u32(found, n < 32 ? (unsigned)n : 32);
		if (TG_LIKELY(!found)) {
			if (n <= 32)
				return to + n;
			to += 32;
			p += 32;
			n -= 32;
			continue;
		}
		k = (size_t)__builtin_ctz(found);
		to = put_escape(to + k, (unsigned char)p[k]);
		k += 1 + (p[k] == '"' ? doubled : 0);
		p += k;
		n -= k;
	}
}

AVX2 static inline char *copy_avx2(char *to, const char *p, size_t n)
{
	return copy(to, p, n, 32);
}

#define EMIT_NAME emit_avx2
#define EMIT_STRINGS strings_avx2
#define EMIT_COPY copy_avx2
#define EMIT_TARGET AVX2
#define EMIT_TEXT put_text_avx2
#include "common/csv/emit_loop.h"

#define AVX512                                                                                     \
	__attribute__((__target__("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx2,bmi,bmi2")))

/* Short texts are copied in a step of half the size, since one of 64 bytes mostly stands in two lines of the cache. */
AVX512 static inline char *copy_avx512(char *to, const char *p, size_t n)
{
	char *end = to + n;

	if (TG_LIKELY(n <= 32)) {
		memcpy(to, p, 32);
		return end;
	}
	for (;;) {
		_mm512_storeu_si512((void *)to, _mm512_loadu_si512((const void *)p));
		if (TG_LIKELY(n <= 64))
			return end;
		to += 64;
		p += 64;
		n -= 64;
	}
}

AVX512 static inline char *put_text_avx512(char *to, const char *p, size_t n, size_t doubled)
{
	for (;;) {
		__m512i v = _mm512_loadu_si512((const void *)p);
		uint64_t found = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20)) |
				 _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
				 _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
		size_t k;

		_mm512_storeu_si512((void *)to, v);
		found = _bzhi_u64(found, n < 64 ? (unsigned)n : 64);
		if (TG_LIKELY(!found)) {
			if (n <= 64)
				return to + n;
			to += 64;
			p += 64;
			n -= 64;
			continue;
		}
		k = (size_t)__builtin_ctzll(found);
		to = put_escape(to + k, (unsigned char)p[k]);
		k += 1 + (p[k] == '"' ? doubled : 0);
		p += k;
		n -= k;
	}
}

#define EMIT_NAME emit_avx512
#define EMIT_STRINGS strings_avx512
#define EMIT_COPY copy_avx512
#define EMIT_TARGET AVX512
#define EMIT_TEXT put_text_avx512
#include "common/csv/emit_loop.h"

#endif

#if TG_CPU_ARM64

/* Copies a step, then asks whether it may stay so. */
static inline char *put_text_neon(char *to, const char *p, size_t n, size_t doubled)
{
	const uint8x16_t quote = vdupq_n_u8('"'), slash = vdupq_n_u8('\\'), space = vdupq_n_u8(' ');

	for (;;) {
		uint8x16_t v = tg_neon_load(p);
		uint64_t found = tg_neon_nibbles(vorrq_u8(
			vorrq_u8(vceqq_u8(v, quote), vceqq_u8(v, slash)), vcltq_u8(v, space)));
		size_t k;

		vst1q_u8((uint8_t *)to, v);
		if (n < 16)
			found &= (UINT64_C(1) << 4 * n) - 1;
		if (TG_LIKELY(!found)) {
			if (n <= 16)
				return to + n;
			to += 16;
			p += 16;
			n -= 16;
			continue;
		}
		k = (size_t)__builtin_ctzll(found) / 4;
		to = put_escape(to + k, (unsigned char)p[k]);
		k += 1 + (p[k] == '"' ? doubled : 0);
		p += k;
		n -= k;
	}
}

#define EMIT_NAME emit_neon
#define EMIT_STRINGS strings_neon
#define EMIT_COPY copy_scalar
#define EMIT_TARGET
#define EMIT_TEXT put_text_neon
#include "common/csv/emit_loop.h"

#endif

void tg_csv_emit_choose(struct tg_csv_plan *plan)
{
	plan->text = put_text_scalar;
	plan->emit = emit_scalar;
#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_SSE2) {
		plan->emit = emit_sse2;
		plan->text = put_text_sse2;
	}
	if (tg_cpu_level() >= TG_CPU_AVX2) {
		plan->emit = emit_avx2;
		plan->text = put_text_avx2;
	}
	if (tg_cpu_level() >= TG_CPU_AVX512) {
		plan->emit = emit_avx512;
		plan->text = put_text_avx512;
	}
#endif
#if TG_CPU_ARM64
	if (tg_cpu_level() >= TG_CPU_NEON) {
		plan->emit = emit_neon;
		plan->text = put_text_neon;
	}
#endif
}
