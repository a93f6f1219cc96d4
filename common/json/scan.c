/*
 * The text is looked at twice. tg_mark notes, in wide steps, where a string may end; then one walk from token to token, whose
 * steps over strings are a shift and a count of zeros in those marks. UTF-8 is checked in bulk before the walk, from the first
 * byte above 0x7f on, when there is one.
 */
#include "common/json/scan.h"

#include "common/base/cpu.h"
#include "common/base/memory.h"
#include "common/base/utf8.h"
#include "common/json/escapes.h"
#include "common/json/grammar.h"
#include "common/json/keys.h"
#include "common/json/mark.h"

/* A container that is open. frame[0] is none: it stands around the whole text. */
struct frame {
	uint32_t span;
	int close; /* '}' or ']', or of frame[0] OUTSIDE, which is no byte */
	struct tg_key_set keys;
};

enum { OUTSIDE = -1 };

/* Spans, and before them those of records that are kept. */
struct block {
	struct block *before; /* was too small; holds records that are kept */
	size_t room;
	struct tg_span span[];
};

struct tg_scanner {
	struct tg_span *span; /* of the record that is scanned, in block */
	size_t spans, room;
	struct block *block;
	uint64_t *stop, *high; /* high lies behind stop */
	size_t words;	       /* of each */
	struct frame *frame;   /* TG_DEPTH_MAX + 1 */
	struct tg_keys keys;
	const char *text;
	size_t n;
	enum tg_scan_fault fault;
	size_t fault_at;
	const char *fault_text;
};

static const char too_short[] = "the text ends too early";

struct tg_scanner *tg_scanner_new(void)
{
	struct tg_scanner *s = tg_alloc(sizeof(*s));

	s->frame = tg_resize_array(NULL, TG_DEPTH_MAX + 1, sizeof(*s->frame)); /* as keys.few */
	tg_keys_init(&s->keys);
	return s;
}

void tg_scanner_free(struct tg_scanner **scanner)
{
	struct tg_scanner *s = *scanner;

	if (!s)
		return;
	tg_scanner_drop(s);
	tg_free(s->block);
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
TG_COLD static enum tg_scan_fault fail(struct tg_scanner *s, enum tg_scan_fault fault, size_t at,
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

/* Room for twice as many as there are, k of this record's are written. What is kept stays where it is. */
TG_COLD static struct tg_span *more_spans(struct tg_scanner *s, size_t k)
{
	struct block *old = s->block, *block;
	size_t room = old ? old->room * 2 : 256;

	block = tg_resize(NULL, sizeof(*block) + room * sizeof(*block->span));
	block->room = room;
	if (k)
		memcpy(block->span, s->span, k * sizeof(*s->span));
	if (old && s->span != old->span) {
		block->before = old;
	} else {
		block->before = old ? old->before : NULL;
		tg_free(old);
	}
	s->block = block;
	s->span = block->span;
	s->room = room;
	return s->span;
}

void tg_scanner_keep(struct tg_scanner *s)
{
	s->span += s->spans;
	s->room -= s->spans;
	s->spans = 0;
}

void tg_scanner_drop(struct tg_scanner *s)
{
	if (!s->block)
		return;
	while (s->block->before) {
		struct block *older = s->block->before;

		s->block->before = older->before;
		tg_free(older);
	}
	s->span = s->block->span;
	s->room = s->block->room;
}

/* The bits from bit p on, 57 of them at least; above them zeros. */
static inline uint64_t window(const uint64_t *bits, size_t p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t word;

	memcpy(&word, (const char *)bits + p / 8, sizeof(word));
	return word >> p % 8;
#else
	return bits[p / 64] >> p % 64 | bits[p / 64 + 1] << 1 << (63 - p % 64);
#endif
}

/* The first bit from p on that is set; there is one at the end of the text. */
static inline size_t next(const uint64_t *bits, size_t p)
{
	uint64_t found = window(bits, p);

	while (TG_UNLIKELY(!found)) {
		p += 56;
		found = window(bits, p);
	}
	return p + (size_t)__builtin_ctzll(found);
}

/* The end of the escape whose backslash is at p; 0 when it is none, and then s knows why. */
static size_t escape(struct tg_scanner *s, size_t p)
{
	const unsigned char *t = (const unsigned char *)s->text + p;
	size_t left = s->n - p;
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
	for (size_t i = 2; i < 6; i++) {
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

/* The end of a string whose first stop, at p, is not its quote: it has an escape, else it is bad, and then the result is 0 and s
 * knows why. */
static __attribute__((__noinline__)) size_t escaped_string(struct tg_scanner *s, size_t p)
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
		p = escape(s, p);
		if (!p)
			return 0;
		p = next(s->stop, tg_escapes_skip(s->text, p, s->n));
	}
}

/* In as few stores as can be: there are tens of them in a record. */
static inline void put_span(struct tg_span *span, size_t at, size_t n, size_t next, unsigned kind,
			    unsigned flags)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t half[2] = { at | (uint64_t)n << 32,
			     next | (uint64_t)kind << 32 | (uint64_t)flags << 40 };

	_Static_assert(sizeof(half) == sizeof(*span) && offsetof(struct tg_span, n) == 4 &&
			       offsetof(struct tg_span, kind) == 12 &&
			       offsetof(struct tg_span, flags) == 13,
		       "as record.h has it");
	memcpy(span, half, sizeof(half));
#else
	*span = (struct tg_span){ (uint32_t)at,	 (uint32_t)n,	 (uint32_t)next,
				  (uint8_t)kind, (uint8_t)flags, 0 };
#endif
}

/* What a walk reads all the time. */
struct view {
	const unsigned char *t;
	size_t n;
	const uint64_t *stop, *high;
	size_t next_high; /* the first byte above 0x7f that no string has taken; n: none is left */
};

/* The string whose quote is before p becomes span k; gives where its end quote is, or 0. */
static inline size_t string(struct tg_scanner *s, struct view *v, size_t p, size_t k,
			    struct tg_span *span)
{
	size_t end = next(v->stop, p);
	unsigned flags = 0;

	if (TG_UNLIKELY(v->t[end] != '"' || end >= v->n)) {
		end = escaped_string(s, end);
		if (!end)
			return 0;
		flags = TG_SPAN_ESCAPED;
	}
	if (v->next_high < end) {
		flags |= TG_SPAN_WIDE;
		v->next_high = next(v->high, end);
	}
	put_span(span + k, p, end - p, k + 1, TG_STRING, flags);
	return end;
}

static __attribute__((__noinline__)) bool rare_key_is_new(struct tg_scanner *s, struct frame *f,
							  uint64_t hash, size_t k)
{
	struct tg_record sofar = { .text = { s->text, s->n }, .span = s->span };

	if (s->span[k].flags & TG_SPAN_ESCAPED)
		hash = tg_keys_hash_escaped(&s->keys, &sofar, s->span + k);
	return tg_keys_add(&s->keys, &f->keys, hash, (uint32_t)k, &sofar);
}

/* False: the key, span k, from p to end, stands in its object already. */
static inline bool key_is_new(struct tg_scanner *s, const struct view *v, struct frame *f, size_t p,
			      size_t end, size_t k, bool escaped)
{
	uint64_t hash = tg_keys_hash(&s->keys, (const char *)v->t + p, end - p);
	uint64_t bit = tg_keys_bit(hash);

	if (TG_UNLIKELY(f->keys.seen & bit || f->keys.end == f->keys.most || escaped))
		return rare_key_is_new(s, f, hash, k);
	f->keys.seen |= bit;
	*f->keys.end++ = (tg_key)k << 32 | (uint32_t)hash;
	return true;
}

static size_t skip_blanks(const struct view *v, size_t p)
{
	while (p < v->n && tg_blank(v->t[p]))
		p++;
	return p;
}

/* The keyword that begins at p: its kind, and its length in *n; TG_OBJECT for none. One that the end cuts counts, whatever stands
 * behind the end, so that the end is what is reported. */
static enum tg_kind keyword(const unsigned char *p, size_t left, size_t *n)
{
	*n = 4;
	if (memcmp(p, "null", 4) == 0 || (left < 4 && memcmp(p, "null", left) == 0))
		return TG_NULL;
	if (memcmp(p, "true", 4) == 0 || (left < 4 && memcmp(p, "true", left) == 0))
		return TG_TRUE;
	*n = 5;
	if (memcmp(p, "false", 5) == 0 || (left < 5 && memcmp(p, "false", left) == 0))
		return TG_FALSE;
	return TG_OBJECT;
}

/* The container whose bracket is at p, span k, is opened in f[1]. */
static inline void open_container(struct frame *f, size_t k, bool object)
{
	f[1] = (struct frame){
		.span = (uint32_t)k,
		.close = object ? '}' : ']',
		.keys = { .first = f->keys.end,
			  .end = f->keys.end,
			  .most = f->keys.end + TG_KEYS_FEW,
			  .object = (uint32_t)k },
	};
}

/*
 * From token to token. What a record mostly has is asked for first at each place: no blank, a string. Only then is asked for
 * blanks, which are skipped to look again. What stands behind the end may be taken for a bracket, a comma, a colon or the rest of a
 * keyword; but no further than `value`, `key` or `after`, where it is found out.
 */
static enum tg_scan_fault walk(struct tg_scanner *s, struct view v)
{
	struct frame *f = s->frame;
	struct tg_span *span = s->span;
	size_t p = 0, k = 0, room = s->room, end, start;

	*f = (struct frame){ .close = OUTSIDE, .keys.end = s->keys.few };

element:
	if (TG_UNLIKELY(k >= room)) {
		span = more_spans(s, k);
		room = s->room;
	}
value:
	if (TG_LIKELY(v.t[p] == '"')) {
		p = string(s, &v, p + 1, k, span);
		if (TG_UNLIKELY(!p))
			return s->fault;
		p++;
		k++;
		goto after;
	}
	if (TG_UNLIKELY(p >= v.n))
		return fail(s, TG_SCAN_SYNTAX, v.n, NULL);
	if (tg_digit(v.t[p]) || v.t[p] == '-') {
		bool fraction;
		const char *why;

		end = p + tg_number_length(v.t + p, v.n - p, &fraction, &why);
		if (TG_UNLIKELY(why))
			return fail(s, TG_SCAN_SYNTAX, end, why);
		put_span(span + k, p, end - p, k + 1, TG_NUMBER, fraction ? TG_SPAN_FRACTION : 0);
		p = end;
		k++;
	} else if (v.t[p] == '{' || v.t[p] == '[') {
		bool object = v.t[p] == '{';

		put_span(span + k, p, 0, 0, object ? TG_OBJECT : TG_ARRAY, 0);
		open_container(f++, k++, object);
		p = skip_blanks(&v, p + 1);
		if (v.t[p] == f->close)
			goto close;
		if (TG_UNLIKELY(f == s->frame + TG_DEPTH_MAX))
			return fail(s, TG_SCAN_DEPTH, p, "nested more than 2048 deep");
		if (object)
			goto key;
		goto element;
	} else if (tg_blank(v.t[p])) {
		p = skip_blanks(&v, p);
		goto value;
	} else {
		size_t length;
		enum tg_kind kind = keyword(v.t + p, v.n - p, &length);

		if (TG_UNLIKELY(kind == TG_OBJECT))
			return fail(s, TG_SCAN_SYNTAX, p, "expected a value");
		put_span(span + k, p, length, k + 1, kind, 0);
		p += length;
		k++;
	}

after:
	if (TG_UNLIKELY(p >= v.n))
		goto over;
	if (TG_LIKELY(v.t[p] == ',')) {
		if (f->close == '}') {
			p++;
			goto key;
		}
		if (f->close == ']') {
			p++;
			goto element;
		}
	}
	if (TG_LIKELY(v.t[p] == f->close))
		goto close;
	if (tg_blank(v.t[p])) {
		p = skip_blanks(&v, p);
		goto after;
	}
	return fail(s, TG_SCAN_SYNTAX, p,
		    f->close == '}'   ? "expected a comma or }"
		    : f->close == ']' ? "expected a comma or ]"
				      : "expected nothing more behind the value");

close:
	p++;
	span[f->span].n = (uint32_t)(p - span[f->span].at);
	span[f->span].next = (uint32_t)k;
	f--;
	goto after;

key:
	if (TG_UNLIKELY(v.t[p] != '"')) {
		p = skip_blanks(&v, p);
		if (v.t[p] != '"')
			return fail(s, TG_SCAN_SYNTAX, p, "expected a key in quotes");
	}
	if (TG_UNLIKELY(k + 1 >= room)) { /* for the value too */
		span = more_spans(s, k);
		room = s->room;
	}
	start = p + 1;
	end = string(s, &v, start, k, span);
	if (TG_UNLIKELY(!end))
		return s->fault;
	if (TG_UNLIKELY(!key_is_new(s, &v, f, start, end, k, span[k].flags & TG_SPAN_ESCAPED)))
		return fail(s, TG_SCAN_DUPLICATE, p, "the key stands twice in its object");
	p = end + 1;
	k++;
	if (TG_UNLIKELY(v.t[p] != ':')) {
		p = skip_blanks(&v, p);
		if (v.t[p] != ':')
			return fail(s, TG_SCAN_SYNTAX, p, "expected a colon");
	}
	p++;
	goto value;

over:
	if (f->close != OUTSIDE || p > v.n)
		return fail(s, TG_SCAN_SYNTAX, v.n, NULL);
	s->spans = k;
	return TG_SCAN_OK;
}

static void make_room_for_marks(struct tg_scanner *s, size_t words)
{
	words += words / 2;
	tg_free(s->stop);
	s->stop = tg_resize_array(NULL, words, 2 * sizeof(*s->stop));
	s->high = s->stop + words;
	s->words = words;
}

enum tg_scan_fault tg_scan(struct tg_scanner *s, struct tg_str text, struct tg_record *rec)
{
	size_t first_high = text.n, bad;
	enum tg_scan_fault fault;

	TG_BUG_IF(text.n >= UINT32_MAX);
	rec->text = text;
	s->text = text.p;
	s->n = text.n;
	tg_keys_begin(&s->keys);
	if (text.n == 0)
		return fail(s, TG_SCAN_SYNTAX, 0, NULL);
	if (TG_UNLIKELY(tg_mark_words(text.n) > s->words))
		make_room_for_marks(s, tg_mark_words(text.n));
	if (tg_mark(text, s->stop, s->high)) {
		first_high = next(s->high, 0);
		bad = tg_utf8_check(tg_str_after(text, first_high));
		if (TG_UNLIKELY(bad < text.n - first_high))
			return fail(s, TG_SCAN_ENCODING, first_high + bad, "this is not UTF-8");
	}
	fault = walk(s, (struct view){ (const unsigned char *)text.p, text.n, s->stop, s->high,
				       first_high });
	if (TG_UNLIKELY(fault))
		return fault;
	rec->span = s->span;
	rec->spans = (uint32_t)s->spans;
	rec->source = 0;
	return TG_SCAN_OK;
}
