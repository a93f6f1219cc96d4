/*
 * The text is looked at twice. tg_mark notes, in wide steps, where a string may end; then one walk from token to token, whose
 * steps over strings are a shift and a count of zeros in those marks. UTF-8 is checked in bulk, between the first and the last
 * byte above 0x7f, and only then.
 */
#include "common/json/scan.h"

#include "common/base/cpu.h"
#include "common/base/memory.h"
#include "common/base/utf8.h"
#include "common/json/grammar.h"
#include "common/json/keys.h"
#include "common/json/mark.h"

/* A container that is open. frame[0] is none: it stands around the whole text. */
struct frame {
	uint32_t span;
	unsigned char close; /* '}' or ']' */
	struct tg_key_set keys;
};

struct tg_scanner {
	struct tg_span *span;
	uint32_t spans, room;
	uint64_t *stop, *high; /* high lies behind stop */
	size_t words;	       /* of each */
	struct frame *frame;   /* TG_DEPTH_MAX + 1 */
	struct tg_keys keys;
	const char *text;
	uint32_t n;
	bool any_high;
	enum tg_scan_fault fault;
	uint32_t fault_at;
	const char *fault_text;
};

static const char too_short[] = "the text ends too early", not_utf8[] = "this is not UTF-8";

struct tg_scanner *tg_scanner_new(void)
{
	struct tg_scanner *s = tg_alloc(sizeof(*s));

	s->frame = tg_alloc_array(TG_DEPTH_MAX + 1, sizeof(*s->frame));
	tg_keys_init(&s->keys);
	return s;
}

void tg_scanner_free(struct tg_scanner **scanner)
{
	struct tg_scanner *s = *scanner;

	if (!s)
		return;
	tg_free(s->span);
	tg_free(s->stop);
	tg_free(s->frame);
	tg_keys_release(&s->keys);
	tg_free(s);
	*scanner = NULL;
}

struct tg_str tg_scanner_fault(const struct tg_scanner *s, size_t *at)
{
	*at = s->fault_at;
	return tg_str_of(s->fault_text);
}

const char *tg_scan_code(enum tg_scan_fault fault)
{
	switch (fault) {
	case TG_SCAN_OK:
		return "ok";
	case TG_SCAN_SYNTAX:
		return "json";
	case TG_SCAN_ENCODING:
		return "encoding";
	case TG_SCAN_DUPLICATE:
		return "duplicate-key";
	case TG_SCAN_DEPTH:
		return "depth";
	}
	return "json";
}

bool tg_scan_choose(const char *level)
{
	return tg_cpu_choose(level);
}

/* What seems wrong at the end or behind it is that the text ends there: what stands behind is not ours. */
TG_COLD static enum tg_scan_fault fail(struct tg_scanner *s, enum tg_scan_fault fault, uint32_t at,
				       const char *text)
{
	if (at >= s->n) {
		at = s->n;
		fault = TG_SCAN_SYNTAX;
		text = too_short;
	}
	s->fault = fault;
	s->fault_at = at;
	s->fault_text = text;
	return fault;
}

TG_COLD static struct tg_span *more_spans(struct tg_scanner *s)
{
	uint64_t room = s->room ? (uint64_t)s->room * 2 : 256;

	if (room > UINT32_MAX)
		room = UINT32_MAX;
	TG_BUG_IF(room == s->room);
	s->span = tg_resize_array(s->span, (size_t)room, sizeof(*s->span));
	s->room = (uint32_t)room;
	return s->span;
}

/* The bits from bit p on, 57 of them at least; above them zeros. */
static inline uint64_t window(const uint64_t *bits, uint32_t p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t word;

	memcpy(&word, (const char *)bits + p / 8, sizeof(word));
	return word >> p % 8;
#else
	return bits[p / 64] >> p % 64 | bits[p / 64 + 1] << 1 << (63 - p % 64);
#endif
}

static inline uint32_t next_stop(const struct tg_scanner *s, uint32_t p)
{
	uint64_t bits = window(s->stop, p);

	while (TG_UNLIKELY(!bits)) {
		p += 56;
		bits = window(s->stop, p);
	}
	return p + (uint32_t)__builtin_ctzll(bits);
}

static inline bool has_high(const struct tg_scanner *s, uint32_t p, uint32_t n)
{
	for (; TG_UNLIKELY(n > 56); p += 56, n -= 56) {
		if (window(s->high, p) & ((UINT64_C(1) << 56) - 1))
			return true;
	}
	return (window(s->high, p) & ((UINT64_C(1) << n) - 1)) != 0;
}

/* The end of the escape whose backslash is at p; 0 when it is none, and then s knows why. */
static uint32_t escape(struct tg_scanner *s, uint32_t p)
{
	const unsigned char *t = (const unsigned char *)s->text + p;
	uint32_t left = s->n - p;
	int unit;

	if (left < 2)
		return fail(s, TG_SCAN_SYNTAX, s->n, NULL), 0;
	switch (t[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		break;
	default:
		return fail(s, TG_SCAN_SYNTAX, p, "this is no escape"), 0;
	}
	for (uint32_t i = 2; i < 6; i++) {
		if (i >= left || tg_hex(t[i]) < 0)
			return fail(s, TG_SCAN_SYNTAX, i >= left ? s->n : p,
				    "expected four hexadecimal digits behind \\u"),
			       0;
	}
	unit = tg_hex4(t + 2);
	if (unit < 0xd800 || unit > 0xdfff)
		return p + 6;
	if (unit < 0xdc00 && left >= 12 && t[6] == '\\' && t[7] == 'u') {
		unit = tg_hex4(t + 8);
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return p + 12;
	}
	return fail(s, TG_SCAN_ENCODING, p, "a surrogate without its other half is no character"),
	       0;
}

/* The end of a string whose first stop, at p, is not its quote: an escape, a control character or the end of the text. 0 when
 * it is bad, and then s knows why. */
static uint32_t string_with_stops(struct tg_scanner *s, uint32_t p, uint8_t *flags)
{
	for (;;) {
		if (p >= s->n)
			return fail(s, TG_SCAN_SYNTAX, s->n, NULL), 0;
		if (s->text[p] == '"')
			return p;
		if (s->text[p] != '\\')
			return fail(s, TG_SCAN_SYNTAX, p,
				    "a control character in a string must be escaped"),
			       0;
		*flags |= TG_SPAN_ESCAPED;
		p = escape(s, p);
		if (!p)
			return 0;
		p = next_stop(s, p);
	}
}

/* The string whose quote is before p goes to span; gives where its end quote is, or 0. */
static inline uint32_t string(struct tg_scanner *s, uint32_t p, uint32_t next, struct tg_span *span)
{
	uint32_t end = next_stop(s, p);
	uint8_t flags = 0;

	if (TG_UNLIKELY(s->text[end] != '"' || end >= s->n)) {
		end = string_with_stops(s, end, &flags);
		if (!end)
			return 0;
	}
	if (s->any_high && has_high(s, p, end - p))
		flags |= TG_SPAN_WIDE;
	*span = (struct tg_span){ p, end - p, next, TG_STRING, flags, 0 };
	return end;
}

/* False: the key stands in the object already. */
static inline bool key_is_new(struct tg_scanner *s, struct frame *f, uint32_t k)
{
	const struct tg_span *span = s->span + k;
	struct tg_record sofar = { .text = { s->text, s->n }, .span = s->span };
	uint64_t hash = TG_UNLIKELY(span->flags & TG_SPAN_ESCAPED)
				? tg_keys_hash_escaped(&s->keys, &sofar, span)
				: tg_keys_hash(&s->keys, s->text + span->at, span->n);
	uint64_t bit = UINT64_C(1) << (hash >> 58);
	struct tg_key key = { (uint32_t)hash, k, f->span };

	if (TG_UNLIKELY(f->keys.seen & bit || f->keys.n >= TG_KEYS_FEW))
		return tg_keys_add(&s->keys, &f->keys, bit, key, &sofar);
	f->keys.seen |= bit;
	s->keys.few[f->keys.first + f->keys.n++] = key;
	return true;
}

static uint32_t skip_blanks(const struct tg_scanner *s, uint32_t p)
{
	while (p < s->n && tg_blank((unsigned char)s->text[p]))
		p++;
	return p;
}

/* The keyword at p: its kind, and its length in *n; TG_OBJECT for none. */
static enum tg_kind keyword(const char *p, uint32_t *n)
{
	*n = 4;
	if (memcmp(p, "null", 4) == 0)
		return TG_NULL;
	if (memcmp(p, "true", 4) == 0)
		return TG_TRUE;
	*n = 5;
	return memcmp(p, "false", 5) == 0 ? TG_FALSE : TG_OBJECT;
}

/* Blanks go by unnoticed before every token. Behind each is looked whether the text still goes on: what a token took from the
 * bytes behind the end is found out there. */
static enum tg_scan_fault walk(struct tg_scanner *s)
{
	const unsigned char *t = (const unsigned char *)s->text;
	const struct frame *last = s->frame + TG_DEPTH_MAX;
	struct frame *f = s->frame;
	uint32_t n = s->n, p = 0, k = 0;
	struct tg_span *span = s->span;

value:
	if (TG_UNLIKELY(t[p] <= ' '))
		p = skip_blanks(s, p);
	if (TG_UNLIKELY(p >= n))
		return fail(s, TG_SCAN_SYNTAX, n, NULL);
	if (TG_UNLIKELY(s->room - k < 3))
		span = more_spans(s);
	if (TG_UNLIKELY(f == last))
		return fail(s, TG_SCAN_DEPTH, p, "nested more than 2048 deep");
	if (TG_LIKELY(t[p] == '"')) {
		p = string(s, p + 1, k + 1, span + k);
		if (TG_UNLIKELY(!p))
			return s->fault;
		p++;
		k++;
	} else if (tg_digit(t[p]) || t[p] == '-') {
		bool fraction;
		const char *why;
		uint32_t length = (uint32_t)tg_number_length(t + p, n - p, &fraction, &why);

		if (TG_UNLIKELY(why))
			return fail(s, TG_SCAN_SYNTAX, p + length, why);
		span[k] = (struct tg_span){
			p, length, k + 1, TG_NUMBER, fraction ? TG_SPAN_FRACTION : 0, 0
		};
		p += length;
		k++;
	} else if (t[p] == '{' || t[p] == '[') {
		bool object = t[p] == '{';

		span[k] = (struct tg_span){ p, 0, 0, object ? TG_OBJECT : TG_ARRAY, 0, 0 };
		f[1] = (struct frame){
			.span = k++,
			.close = object ? '}' : ']',
			.keys.first = f->keys.first + (f->keys.n > TG_KEYS_FEW ? 0 : f->keys.n),
		};
		f++;
		p++;
		if (t[p] <= ' ')
			p = skip_blanks(s, p);
		if (t[p] == f->close)
			goto close;
		if (object)
			goto key;
		goto value;
	} else {
		uint32_t length;
		enum tg_kind kind = keyword(s->text + p, &length);

		if (TG_UNLIKELY(kind == TG_OBJECT))
			return fail(s, TG_SCAN_SYNTAX, p, "expected a value");
		span[k] = (struct tg_span){ p, length, k + 1, (uint8_t)kind, 0, 0 };
		p += length;
		k++;
	}

after:
	if (f == s->frame)
		goto end;
	if (TG_UNLIKELY(t[p] <= ' '))
		p = skip_blanks(s, p);
	if (TG_UNLIKELY(p >= n))
		return fail(s, TG_SCAN_SYNTAX, n, NULL);
	if (TG_LIKELY(t[p] == ',')) {
		p++;
		if (f->close == ']')
			goto value;
		goto key;
	}
	if (TG_UNLIKELY(t[p] != f->close))
		return fail(s, TG_SCAN_SYNTAX, p,
			    f->close == '}' ? "expected a comma or }" : "expected a comma or ]");

close:
	p++;
	span[f->span].n = p - span[f->span].at;
	span[f->span].next = k;
	f--;
	goto after;

key:
	if (TG_UNLIKELY(t[p] <= ' '))
		p = skip_blanks(s, p);
	if (TG_UNLIKELY(s->room - k < 3))
		span = more_spans(s);
	if (TG_UNLIKELY(t[p] != '"' || p >= n))
		return fail(s, TG_SCAN_SYNTAX, p, "expected a key in quotes");
	p = string(s, p + 1, k + 1, span + k);
	if (TG_UNLIKELY(!p))
		return s->fault;
	if (TG_UNLIKELY(!key_is_new(s, f, k)))
		return fail(s, TG_SCAN_DUPLICATE, span[k].at - 1,
			    "the key stands twice in its object");
	p++;
	k++;
	if (TG_UNLIKELY(t[p] <= ' '))
		p = skip_blanks(s, p);
	if (TG_UNLIKELY(t[p] != ':'))
		return fail(s, TG_SCAN_SYNTAX, p, "expected a colon");
	p++;
	goto value;

end:
	if (TG_UNLIKELY(p > n))
		return fail(s, TG_SCAN_SYNTAX, n, NULL);
	p = skip_blanks(s, p);
	if (TG_UNLIKELY(p < n))
		return fail(s, TG_SCAN_SYNTAX, p, "expected nothing more behind the value");
	s->spans = k;
	return TG_SCAN_OK;
}

static void make_marks(struct tg_scanner *s, struct tg_str text)
{
	size_t words = tg_mark_words(text.n);

	if (TG_UNLIKELY(words > s->words)) {
		words += words / 2;
		tg_free(s->stop);
		s->stop = tg_resize_array(NULL, words, 2 * sizeof(*s->stop));
		s->high = s->stop + words;
		s->words = words;
	}
	s->any_high = tg_mark(text, s->stop, s->high);
}

/* The first byte that is not UTF-8, or text.n. Both ends of what is looked at have ASCII or nothing beside them. */
static size_t check_utf8(const struct tg_scanner *s, struct tg_str text)
{
	size_t first = 0, last = text.n / 64, size;

	while (!s->high[first])
		first++;
	while (!s->high[last])
		last--;
	first = first * 64 + (size_t)__builtin_ctzll(s->high[first]);
	size = last * 64 + 64 - (size_t)__builtin_clzll(s->high[last]) - first;
	last = tg_utf8_check(tg_str_from(text.p + first, size));
	return last == size ? text.n : first + last;
}

enum tg_scan_fault tg_scan(struct tg_scanner *s, struct tg_str text, struct tg_record *rec)
{
	enum tg_scan_fault fault;

	TG_BUG_IF(text.n >= UINT32_MAX);
	rec->text = text;
	s->text = text.p;
	s->n = (uint32_t)text.n;
	s->keys.slots = s->keys.many_n = 0;
	if (text.n == 0)
		return fail(s, TG_SCAN_SYNTAX, 0, NULL);
	make_marks(s, text);
	if (s->any_high) {
		size_t bad = check_utf8(s, text);

		if (TG_UNLIKELY(bad < text.n))
			return fail(s, TG_SCAN_ENCODING, (uint32_t)bad, not_utf8);
	}
	fault = walk(s);
	if (TG_UNLIKELY(fault))
		return fault;
	rec->span = s->span;
	rec->spans = s->spans;
	rec->source = 0;
	return TG_SCAN_OK;
}
