#include "common/fixed/op.h"

#include "common/base/check.h"
#include "common/base/cpu.h"
#include "common/fixed/decimal.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

static inline char *put_piece(char *to, struct tg_str piece)
{
	memcpy(to, piece.p, 32); /* scribbles, which is quicker than to ask */
	if (TG_UNLIKELY(piece.n > 32))
		memcpy(to + 32, piece.p + 32, piece.n - 32);
	return to + piece.n;
}

/* One value the careful way; NULL: it is wrong. */
static char *put_carefully(const struct tg_fixed_field *f, struct tg_fixed_row *row,
			   struct tg_str bytes, char *to)
{
	if (TG_LIKELY(!tg_fixed_value(f, bytes, &to)))
		return to;
	if (!row->as_text || f->type == TG_FIXED_FILLER || tg_fixed_value_as_text(f, bytes, &to))
		return NULL;
	return to;
}

/*
 * Conditions and numbers of items
 */

static bool holds(const struct tg_fixed_when *when, const struct tg_fixed_row *row, size_t base)
{
	for (size_t i = 0; i < when->tests; i++) {
		const struct tg_fixed_field *f = when->test[i].field;
		char *end = row->scratch;

		if (tg_fixed_value(f, tg_fixed_bytes(row, base + f->at, f->width), &end) ||
		    !tg_fixed_test_holds(&when->test[i],
					 tg_str_from(row->scratch, (size_t)(end - row->scratch))))
			return false;
	}
	return true;
}

bool tg_fixed_is_there(const struct tg_fixed_field *f, const struct tg_fixed_row *row, size_t base)
{
	if (f->when.tests && !holds(&f->when, row, base))
		return false;
	for (size_t i = 0; i < f->unlesses; i++)
		if (holds(f->unless[i], row, base))
			return false;
	return true;
}

bool tg_fixed_items(const struct tg_fixed_field *f, const struct tg_fixed_row *row, size_t base,
		    uint32_t *items)
{
	char *end = row->scratch;
	uint64_t n;

	*items = f->occurs ? f->occurs : 1;
	if (!f->depends)
		return true;
	if (tg_fixed_value(f->depends,
			   tg_fixed_bytes(row, base + f->depends->at, f->depends->width), &end) ||
	    !tg_read_u64(tg_str_from(row->scratch, (size_t)(end - row->scratch)), &n) ||
	    n > f->occurs)
		return false;
	*items = (uint32_t)n;
	return true;
}

bool tg_fixed_length_fits(const struct tg_fixed_kind *kind, const struct tg_fixed_row *row)
{
	const struct tg_fixed_field *tail = kind->tail;
	uint32_t items;

	if (row->units == kind->length)
		return true;
	return tail && row->units >= tail->at && row->units < kind->length &&
	       tg_fixed_items(tail, row, 0, &items) &&
	       row->units == tail->at + (size_t)items * tail->width;
}

/* A list, a group, or one value: `,"name":` and what is behind it. Items of a list are all there, or none is. */
static char *put_list(const struct tg_fixed_op *op, struct tg_fixed_row *row, size_t base, char *to,
		      tg_fixed_emitter *emit)
{
	const struct tg_fixed_field *f = op->field;
	uint32_t items;

	char *value;

	if (!tg_fixed_is_there(f, row, base))
		return to;
	if (op->plain == TG_WAY_CHECK)
		return put_carefully(f, row, tg_fixed_bytes(row, base + f->at, f->width), to);
	if (!tg_fixed_items(f, row, base, &items))
		return NULL;
	value = to = put_piece(to, op->piece);
	if (f->occurs)
		*to++ = '[';
	for (uint32_t i = 0; i < items; i++) {
		size_t at = base + f->at + (size_t)i * f->width;
		char *start;

		if (i)
			*to++ = ',';
		start = to;
		to = f->type == TG_FIXED_GROUP
			     ? emit(op->op, op->ops, row, at, to)
			     : put_carefully(f, row, tg_fixed_bytes(row, at, f->width), to);
		if (!to)
			return NULL;
		if (f->type != TG_FIXED_GROUP)
			continue;
		if (to == start)
			*to++ = ',';
		*start = '{'; /* in the place of the first comma */
		*to++ = '}';
	}
	if (f->occurs)
		*to++ = ']';
	if (op->slot != TG_SLOT_NONE)
		row->slot[op->slot] = tg_str_from(value, (size_t)(to - value));
	return to;
}

/* The careful way, and the one of machines without wide steps. */
#define EMIT_NAME emit_scalar
#define EMIT_TARGET
#include "common/fixed/emit_loop.h"

#if TG_CPU_X86

/*
 * Numbers: 16 bytes at a time
 */

/* Digits whose first `skip` are zeros that do not come out; n > skip. zero: nothing but zeros. */
static inline char *put_digits(char *to, const char *digit, size_t n, size_t skip, bool minus,
			       uint8_t decimals, bool zero)
{
	size_t whole = n - decimals;

	*to = '-';
	to += minus && !zero;
	if (TG_UNLIKELY(n <= decimals))
		return tg_fixed_put_decimal(to, digit, n, false, decimals);
	if (skip >= whole)
		skip = whole - 1;
	memcpy(to, digit + skip, 16);
	to += whole - skip;
	if (!decimals)
		return to;
	*to++ = '.';
	memcpy(to, digit + whole, 16);
	return to + decimals;
}

static inline __m128i load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* One bit for each byte that is above nine. */
static inline uint32_t above_nine(__m128i v)
{
	return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
}

/* NULL for all that is not in order. The digits come from the record each time: a processor waits when it reads at once what it has written
 * in another width. */
static inline char *put_written(const struct tg_fixed_op *op, const char *p, char *to, bool zoned)
{
	const __m128i zero = _mm_set1_epi8((char)op->zero);
	const __m128i ascii = _mm_set1_epi8((char)('0' - op->zero));
	size_t n = op->width, whole = n - op->decimals, lead, skip;
	uint32_t mask = (1U << n) - 1, bad, blank, nonzero;
	__m128i v = load16(p), d = _mm_sub_epi8(v, zero);
	unsigned char over = 0;

	blank = op->trim == TG_TRIM_LEFT ? (uint32_t)_mm_movemask_epi8(
						   _mm_cmpeq_epi8(v, _mm_set1_epi8((char)op->pad)))
					 : 0;
	lead = (size_t)__builtin_ctz(~blank | 1U << (n - 1));
	bad = above_nine(d) & mask & ~((1U << lead) - 1);
	nonzero =
		~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, zero)) & mask & ~((1U << lead) - 1);
	if (zoned) {
		uint32_t last = 1U << (n - 1);

		over = op->over[(unsigned char)p[n - 1]];
		bad = (bad & ~last) | (over == 0xff ? 1 : 0);
		nonzero = (nonzero & ~last) | (over & 15 ? last : 0);
	}
	if (TG_UNLIKELY(bad || n - lead <= op->decimals))
		return NULL;
	skip = nonzero ? (size_t)__builtin_ctz(nonzero) : n;
	if (skip >= whole)
		skip = whole - 1;
	*to = '-';
	to += over & 0x10 && nonzero;
	_mm_storeu_si128((__m128i *)(void *)to, _mm_add_epi8(load16(p + skip), ascii));
	to += whole - skip;
	if (op->decimals) {
		*to++ = '.';
		_mm_storeu_si128((__m128i *)(void *)to, _mm_add_epi8(load16(p + whole), ascii));
		to += op->decimals;
	}
	if (zoned)
		to[-1] = (char)('0' + (over & 15));
	return to;
}

/* Two digits of each byte, or 0: it holds others. */
static char pair[256][2];

static void make_pairs(void)
{
	for (unsigned i = 0; i < 256; i++)
		if (i >> 4 <= 9 && (i & 15) <= 9) {
			pair[i][0] = (char)('0' + (i >> 4));
			pair[i][1] = (char)('0' + (i & 15));
		}
}

static inline char *put_packed(const struct tg_fixed_op *op, const char *p, char *to)
{
	char digit[2 * TG_QUICK_PACKED + 16];
	size_t n = op->width, skip = 0, digits = 2 * n - 1;
	unsigned last = (unsigned char)p[n - 1], sign = last & 15;
	bool zero;

	for (size_t i = 0; i + 1 < n; i++) {
		const char *two = pair[(unsigned char)p[i]];

		if (TG_UNLIKELY(!two[0]))
			return NULL;
		memcpy(digit + 2 * i, two, 2);
	}
	digit[2 * n - 2] = (char)('0' + (last >> 4));
	if (TG_UNLIKELY(sign < 10 || last >> 4 > 9))
		return NULL;
	while (skip < digits && digit[skip] == '0')
		skip++;
	zero = skip == digits;
	return put_digits(to, digit, digits, skip, sign == 0xd || sign == 0xb, op->decimals, zero);
}

static inline char *put_binary(const struct tg_fixed_op *op, const char *p, char *to)
{
	enum { MOST = 20 };
	char digit[MOST + 16];
	size_t n = op->width, at = MOST;
	bool minus = op->field->sign == TG_SIGN_TWOS;
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | (unsigned char)p[op->field->little ? n - 1 - i : i];
	minus &= value >> (8 * n - 1);
	if (minus)
		value = (UINT64_C(1) << (8 * n - 1) << 1) - value;
	do
		digit[--at] = (char)('0' + value % 10);
	while (value /= 10);
	n = MOST - at;
	if (TG_UNLIKELY(n > TG_QUICK_DIGITS))
		return NULL; /* more than a step of digits */
	return put_digits(to, digit + at, n, 0, minus, op->decimals, false);
}

static inline char *put_day(const struct tg_fixed_op *op, const char *p, char *to)
{
	char text[TG_QUICK_DIGITS];
	size_t n = op->width;

	if (op->field->set->zoned) { /* 0xf0 to 0xf9 are the digits, and become those of ASCII */
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(p[i] ^ 0xc0);
		p = text;
	}
	*to = '"';
	to = tg_date_read_quickly(&op->field->date, to + 1, tg_str_from(p, n));
	if (!to)
		return NULL;
	*to = '"';
	return to + 1;
}

/*
 * Texts
 */

/* The end of what does not fill the field up. */
static inline size_t trimmed(const struct tg_fixed_op *op, const char *p, size_t n)
{
	__m128i pad = _mm_set1_epi8((char)op->pad);

	while (n >= 16) {
		uint32_t other = 0xffff ^ (uint32_t)_mm_movemask_epi8(
						  _mm_cmpeq_epi8(load16(p + n - 16), pad));

		if (other)
			return n - 16 + 32 - (size_t)__builtin_clz(other);
		n -= 16;
	}
	while (n && (unsigned char)p[n - 1] == op->pad)
		n--;
	return n;
}

/* One bit for each of 16 bytes that cannot be copied as it is. */
static inline uint32_t odd16(__m128i v)
{
	__m128i control = _mm_cmpgt_epi8(_mm_set1_epi8(0x20), v); /* signed: above 0x7f too */
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
}

static inline char *put_text_sse2(const struct tg_fixed_op *op, const char *p, char *to)
{
	size_t n = op->width;

	if (op->trim == TG_TRIM_RIGHT)
		n = trimmed(op, p, n);
	for (*to++ = '"'; n > 16; n -= 16, p += 16, to += 16) {
		__m128i v = load16(p);

		if (TG_UNLIKELY(odd16(v)))
			return NULL;
		_mm_storeu_si128((__m128i *)(void *)to, v);
	}
	if (TG_UNLIKELY(odd16(load16(p)) & ((1U << n) - 1)))
		return NULL;
	_mm_storeu_si128((__m128i *)(void *)to, load16(p));
	to += n;
	*to = '"';
	return to + 1;
}

/* Most texts are plain in any code page: a byte each, without waiting for where the one before ended. */
static inline char *put_table(const struct tg_fixed_op *op, const char *p, char *to)
{
	const unsigned char *plain = op->field->set->plain;
	size_t n = op->width;
	bool odd = false;

	if (op->trim == TG_TRIM_RIGHT)
		n = trimmed(op, p, n);
	*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = plain[(unsigned char)p[i]];

		to[i] = (char)c;
		odd |= c == 0;
	}
	if (TG_UNLIKELY(odd))
		return NULL;
	to += n;
	*to = '"';
	return to + 1;
}

#define EMIT_NAME emit_sse2
#define EMIT_TARGET
#define EMIT_TEXT put_text_sse2
#define EMIT_TABLE put_table
#include "common/fixed/emit_loop.h"

#define AVX2 __attribute__((__target__("avx2,bmi,bmi2")))

AVX2 static inline __m256i load32(const char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline uint32_t odd32(__m256i v)
{
	__m256i control = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v);
	__m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
	__m256i backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));

	return (uint32_t)_mm256_movemask_epi8(
		_mm256_or_si256(control, _mm256_or_si256(quote, backslash)));
}

AVX2 static inline char *put_text_avx2(const struct tg_fixed_op *op, const char *p, char *to)
{
	size_t n = op->width;
	__m256i pad = _mm256_set1_epi8((char)op->pad);

	if (TG_LIKELY(n <= 32)) {
		__m256i v = load32(p);
		uint32_t other = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, pad));

		other = _bzhi_u32(other, (unsigned)n);
		if (op->trim == TG_TRIM_RIGHT)
			n = other ? 32 - (size_t)__builtin_clz(other) : 0;
		*to++ = '"';
		if (TG_UNLIKELY(_bzhi_u32(odd32(v), (unsigned)n)))
			return NULL;
		_mm256_storeu_si256((__m256i *)(void *)to, v);
		to += n;
		*to = '"';
		return to + 1;
	}
	if (op->trim == TG_TRIM_RIGHT)
		n = trimmed(op, p, n);
	for (*to++ = '"'; n > 32; n -= 32, p += 32, to += 32) {
		__m256i v = load32(p);

		if (TG_UNLIKELY(odd32(v)))
			return NULL;
		_mm256_storeu_si256((__m256i *)(void *)to, v);
	}
	if (TG_UNLIKELY(_bzhi_u32(odd32(load32(p)), (unsigned)n)))
		return NULL;
	_mm256_storeu_si256((__m256i *)(void *)to, load32(p));
	to += n;
	*to = '"';
	return to + 1;
}

/* The piece, the quote and n bytes of text, each over what the one before has scribbled. */
AVX2 static inline char *put_short_text(const struct tg_fixed_op *op, __m256i v, unsigned n,
					char *to)
{
	_mm256_storeu_si256((__m256i *)(void *)to, load32(op->piece.p));
	to += op->piece.n;
	*to++ = '"';
	_mm256_storeu_si256((__m256i *)(void *)to, v);
	to += n;
	*to++ = '"';
	return to;
}

/* See EMIT_SHORT. */
AVX2 static inline char *put_short_avx2(const struct tg_fixed_op **at,
					const struct tg_fixed_op *end, const char *record, char *to)
{
	const struct tg_fixed_op *op = *at;

	for (; op < end && op->way == TG_WAY_SHORT; op++) {
		__m256i v = load32(record + op->at);
		__m256i pad = _mm256_set1_epi8((char)op->pad);
		uint32_t other = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, pad));
		/* Of the last byte that is no padding, from 1. */
		unsigned n = 63 ^ (unsigned)__builtin_clzll(
					  (uint64_t)_bzhi_u32(other, op->width) << 1 | 1);

		if (TG_UNLIKELY(_bzhi_u32(odd32(v), n)))
			break;
		to = put_short_text(op, v, n, to);
	}
	*at = op;
	return to;
}

#define EMIT_NAME emit_avx2
#define EMIT_TARGET AVX2
#define EMIT_TEXT put_text_avx2
#define EMIT_SHORT put_short_avx2
#define EMIT_TABLE put_table
#include "common/fixed/emit_loop.h"

#define AVX512                                                                                     \
	__attribute__((__target__("avx512f,avx512bw,avx512vl,avx512vbmi,avx2,bmi,bmi2,lzcnt")))

/* How much of v, which is wider than the field, is text. */
AVX512 static inline size_t filled(const struct tg_fixed_op *op, __m512i v)
{
	uint64_t other = _mm512_cmpneq_epi8_mask(v, _mm512_set1_epi8((char)op->pad));

	if (op->trim != TG_TRIM_RIGHT)
		return op->width;
	return 64 - (size_t)_lzcnt_u64(_bzhi_u64(other, (unsigned)op->width));
}

/* Short texts in half a step: a store of 64 bytes mostly stands in two lines of the cache. */
AVX512 static inline char *put_step(char *to, __m512i v, size_t n)
{
	*to++ = '"';
	if (TG_LIKELY(n <= 32))
		_mm256_storeu_si256((__m256i *)(void *)to, _mm512_castsi512_si256(v));
	else
		_mm512_storeu_si512((void *)to, v);
	to += n;
	*to = '"';
	return to + 1;
}

AVX512 static inline char *put_text_avx512(const struct tg_fixed_op *op, const char *p, char *to)
{
	__m512i v;
	uint64_t odd;
	size_t n;

	if (TG_LIKELY(op->width <= 32) || op->width > 64)
		return put_text_avx2(op, p, to);
	v = _mm512_loadu_si512((const void *)p);
	odd = _mm512_cmplt_epi8_mask(v, _mm512_set1_epi8(0x20)) | /* signed: above 0x7f too */
	      _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
	      _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
	n = filled(op, v);
	return TG_LIKELY(!_bzhi_u64(odd, (unsigned)n)) ? put_step(to, v, n) : NULL;
}

/* The 256 bytes of the table stand in four registers. */
AVX512 static inline char *put_table_avx512(const struct tg_fixed_op *op, const char *p, char *to)
{
	const unsigned char *plain = op->field->set->plain;
	__m512i v, low, high;
	size_t n;

	if (TG_UNLIKELY(op->width > 64))
		return put_table(op, p, to);
	v = _mm512_loadu_si512((const void *)p);
	n = filled(op, v);
	low = _mm512_permutex2var_epi8(_mm512_loadu_si512((const void *)plain), v,
				       _mm512_loadu_si512((const void *)(plain + 64)));
	high = _mm512_permutex2var_epi8(_mm512_loadu_si512((const void *)(plain + 128)), v,
					_mm512_loadu_si512((const void *)(plain + 192)));
	v = _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high);
	if (TG_UNLIKELY(_bzhi_u64(_mm512_testn_epi8_mask(v, v), (unsigned)n)))
		return NULL;
	return put_step(to, v, n);
}

AVX512 static inline char *put_short_avx512(const struct tg_fixed_op **at,
					    const struct tg_fixed_op *end, const char *record,
					    char *to)
{
	const struct tg_fixed_op *op = *at;

	for (; op < end && op->way == TG_WAY_SHORT; op++) {
		__m256i v = load32(record + op->at);
		uint32_t odd = _mm256_cmplt_epi8_mask(v, _mm256_set1_epi8(0x20)) |
			       _mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8('"')) |
			       _mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8('\\'));
		uint32_t other = _mm256_cmpneq_epi8_mask(v, _mm256_set1_epi8((char)op->pad));
		unsigned n = 32 - _lzcnt_u32(_bzhi_u32(other, op->width));

		if (TG_UNLIKELY(_bzhi_u32(odd, n)))
			break;
		to = put_short_text(op, v, n, to);
	}
	*at = op;
	return to;
}

#define EMIT_NAME emit_avx512
#define EMIT_TARGET AVX512
#define EMIT_TEXT put_text_avx512
#define EMIT_SHORT put_short_avx512
#define EMIT_TABLE put_table_avx512
#include "common/fixed/emit_loop.h"

#endif

tg_fixed_emitter *tg_fixed_emitter_choose(void)
{
#if TG_CPU_X86
	make_pairs();
	if (tg_cpu_level() >= TG_CPU_AVX512)
		return emit_avx512;
	if (tg_cpu_level() >= TG_CPU_AVX2)
		return emit_avx2;
	if (tg_cpu_level() >= TG_CPU_SSE2)
		return emit_sse2;
#endif
	return emit_scalar;
}

char *tg_fixed_emit(const struct tg_fixed_plan *plan, struct tg_fixed_row *row, char *to)
{
	char *start = to;

	for (uint32_t i = 0; i < plan->kind->slots; i++)
		row->slot[i] = TG_STR("");
	if (plan->record.n)
		to = put_piece(to, plan->record);
	to = plan->emit(plan->op, plan->ops, row, 0, to);
	if (TG_UNLIKELY(!to))
		return NULL;
	if (row->source.n)
		to = put_piece(to, row->source);
	if (TG_UNLIKELY(to == start))
		to++;
	*start = '{'; /* in the place of the first comma */
	*to = '}';
	return to + 1;
}
