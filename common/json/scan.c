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
#include "common/json/shape.h"

/*
 * A container that is open. frame[0] is none: it stands around the whole text.
 *
 * `expected`, `learning` and `within` are places of shapes: of the next key; of the next key, where it is to be learnt; and of the
 * first key of an object that is the next value.
 */
struct frame {
	uint32_t span;
	int close; /* '}' or ']', or of frame[0] OUTSIDE, which is no byte */
	uint32_t *expected, *learning, *within;
	struct tg_key_set
		keys; /* of an object that is a stranger, and where those of others would begin */
};

enum { OUTSIDE = -1 };

/* Spans, and before them those of records that are kept. */
struct block {
	struct block *before; /* was too small; holds records that are kept */
	size_t room;
	struct tg_span span[];
};

struct marks {
	uint64_t *stop, *high; /* high lies behind stop */
	size_t words;	       /* of each */
};

struct tg_scanner {
	struct tg_span *span; /* of the record that is scanned, in block */
	size_t spans, room;
	struct block *block;
	struct marks marks; /* of a text */
	struct marks ahead; /* of lines that come, where they are known */
	const char *lines;  /* those, lines_n bytes of whole ones */
	size_t lines_n;
	bool lines_bad;	     /* something in them is not UTF-8 */
	struct frame *frame; /* TG_DEPTH_MAX + 1 */
	struct tg_keys keys;
	struct tg_shapes shapes;
	const char *text; /* what is scanned, up to n; what places are counted from */
	size_t n;
	size_t start; /* where the record begins there, from which spans are counted */
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
	tg_shapes_init(&s->shapes);
	return s;
}

void tg_scanner_free(struct tg_scanner **scanner)
{
	struct tg_scanner *s = *scanner;

	if (!s)
		return;
	tg_scanner_drop(s);
	tg_free(s->block);
	tg_free(s->marks.stop);
	tg_free(s->ahead.stop);
	tg_free(s->frame);
	tg_keys_release(&s->keys);
	tg_shapes_release(&s->shapes);
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
	return p + (unsigned)__builtin_ctzll(found);
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

/* The span of a key, whose place and number in the record are still to be added. */
static inline void put_key(struct tg_span *span, const struct tg_shape *shape, size_t at,
			   size_t next)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t half[2];

	memcpy(half, &shape->span, sizeof(half));
	half[0] += at;
	half[1] += next;
	memcpy(span, half, sizeof(half));
#else
	*span = shape->span;
	span->at = (uint32_t)at;
	span->next = (uint32_t)next;
#endif
}

/* What a walk reads all the time. */
struct view {
	const unsigned char *t;
	size_t n;
	const uint64_t *stop, *high;
	size_t start; /* of the record */
	int end;      /* the byte that ends the record before n, or OUTSIDE */
};

/* The end of a string whose first stop, at p, is not its quote: it has an escape, else it is bad, and then the result is 0 and s
 * knows why. */
static __attribute__((__noinline__)) size_t escaped_string(struct tg_scanner *s,
							   const struct view *v, size_t p)
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
		p = next(v->stop, tg_escapes_skip(s->text, p, s->n));
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

/* TG_SPAN_WIDE where a byte from p on and before end is above 0x7f. */
static inline unsigned wide(const uint64_t *high, size_t p, size_t end)
{
	while (TG_UNLIKELY(end - p > 56)) {
		if (window(high, p) & (UINT64_MAX >> 8))
			return TG_SPAN_WIDE;
		p += 56;
	}
	return window(high, p) & ((UINT64_C(1) << (end - p)) - 1) ? TG_SPAN_WIDE : 0;
}

/* The string whose quote is before p becomes span k; gives where its end quote is, or 0. */
static inline size_t string(struct tg_scanner *s, struct view *v, size_t p, size_t k,
			    struct tg_span *span)
{
	size_t end = next(v->stop, p);
	unsigned flags = 0;

	if (TG_UNLIKELY(v->t[end] != '"' || end >= v->n)) {
		end = escaped_string(s, v, end);
		if (!end)
			return 0;
		flags = TG_SPAN_ESCAPED;
	}
	flags |= wide(v->high, p, end);
	put_span(span + k, p - v->start, end - p, k + 1, TG_STRING, flags);
	return end;
}

static __attribute__((__noinline__)) bool rare_key_is_new(struct tg_scanner *s, struct frame *f,
							  uint64_t hash, size_t k)
{
	struct tg_record sofar = { .text = { s->text + s->start, s->n - s->start },
				   .span = s->span };

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

/*
 * What the object of f goes on with, at p, is not the key that was expected. True: it is another one that was seen there, and that is
 * expected now. Else the object is a stranger from here on, and its keys so far, which do differ, go into its set.
 */
static __attribute__((__noinline__)) bool unexpected(struct tg_scanner *s, const struct view *v,
						     struct frame *f, size_t p, size_t k)
{
	if (tg_shape_other(&s->shapes, f->expected, (const char *)v->t + p, v->n - p))
		return true;
	for (uint32_t i = f->span + 1; i < k; i = s->span[i + 1].next) {
		const struct tg_span *key = s->span + i;
		size_t at = v->start + key->at;

		TG_BUG_IF(!key_is_new(s, v, f, at, at + key->n, i, false));
	}
	f->learning = f->expected;
	f->expected = &s->shapes.none;
	f->within = &s->shapes.none;
	return false;
}

/* A new key of a stranger, from its quote at p to behind its colon, makes a way, or ends it. */
static __attribute__((__noinline__)) void learn(struct tg_scanner *s, struct frame *f, size_t p,
						size_t n, unsigned flags)
{
	struct tg_shape *made = NULL;

	if (!(flags & TG_SPAN_ESCAPED))
		made = tg_shape_learn(&s->shapes, f->learning, s->text + p, n, flags);
	f->learning = made ? &made->next : &s->shapes.none;
	f->within = made ? &made->within : &s->shapes.none;
}

static inline bool blank(const struct view *v, unsigned char c)
{
	return tg_blank(c) && c != v->end;
}

static size_t skip_blanks(const struct view *v, size_t p)
{
	while (p < v->n && blank(v, v->t[p]))
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
static inline void open_container(struct tg_shapes *shapes, struct frame *f, size_t k, bool object)
{
	f[1] = (struct frame){
		.span = (uint32_t)k,
		.close = object ? '}' : ']',
		.expected = f->within,
		.learning = f->within == &shapes->none ? &shapes->none : NULL,
		.within = f->within,
		.keys = { .first = f->keys.end,
			  .end = f->keys.end,
			  .most = f->keys.end + TG_KEYS_FEW,
			  .object = (uint32_t)k },
	};
}

/* Where a walk goes on. */
enum place {
	AT_KEY,
	AT_VALUE,
	AFTER,
};

/*
 * The members, from the key at *p, span *k, on, whose keys are expected and whose values are strings without escapes: what records
 * have most of, in a loop that has nothing else in it. Stops before a key or a value that is not so, or behind a value that no other
 * member follows at once.
 */
static __attribute__((__noinline__)) enum place follow(const struct tg_scanner *s, struct view *v,
						       struct frame *f, size_t *at, size_t *spans)
{
	const unsigned char *const t = v->t;
	const uint64_t *const stop = v->stop;
	const size_t n = v->n, start = v->start;
	struct tg_span *span = s->span + *spans, *const last = s->span + s->room - 2;
	struct tg_shape *const shapes = s->shapes.shape, *shape = NULL;
	uint32_t *expected = f->expected;
	size_t p = *at, k = *spans, end;
	enum place place = AT_KEY;

	while (TG_LIKELY(span <= last)) {
		unsigned flags;

		shape = shapes + *expected;
		if (TG_UNLIKELY(!tg_shape_fits(&s->shapes, shape, (const char *)t + p, n - p)))
			break;
		expected = &shape->next;
		put_key(span++, shape, p + 1 - start, ++k);
		p += shape->n;
		end = next(stop, p + 1);
		if (t[p] != '"' || TG_UNLIKELY(t[end] != '"') || TG_UNLIKELY(end >= n)) {
			f->within = &shape->within;
			place = AT_VALUE;
			break;
		}
		flags = wide(v->high, p + 1, end);
		put_span(span++, p + 1 - start, end - p - 1, ++k, TG_STRING, flags);
		p = end + 1;
		if (t[p] != ',') {
			place = AFTER;
			break;
		}
		p++;
	}
	f->expected = expected;
	*at = p;
	*spans = k;
	return place;
}

/*
 * From token to token. What a record mostly has is asked for first at each place: no blank, a string. Only then is asked for
 * blanks, which are skipped to look again. What stands behind the end may be taken for a bracket, a comma, a colon or the rest of a
 * keyword; but no further than `value`, `key` or `after`, where it is found out.
 */
static enum tg_scan_fault walk(struct tg_scanner *s, const struct marks *marks, int record_end)
{
	struct view v = { .t = (const unsigned char *)s->text,
			  .n = s->n,
			  .stop = marks->stop,
			  .high = marks->high,
			  .start = s->start,
			  .end = record_end };
	struct frame *f = s->frame;
	struct tg_span *span = s->span;
	size_t p = v.start, k = 0, room = s->room, end, start;

	*f = (struct frame){ .close = v.end,
			     .within = tg_shapes_first(&s->shapes),
			     .keys.end = s->keys.few };

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
		put_span(span + k, p - v.start, end - p, k + 1, TG_NUMBER,
			 fraction ? TG_SPAN_FRACTION : 0);
		p = end;
		k++;
	} else if (v.t[p] == '{' || v.t[p] == '[') {
		bool object = v.t[p] == '{';

		put_span(span + k, p - v.start, 0, 0, object ? TG_OBJECT : TG_ARRAY, 0);
		open_container(&s->shapes, f++, k++, object);
		p = skip_blanks(&v, p + 1);
		if (v.t[p] == f->close)
			goto close;
		if (TG_UNLIKELY(f == s->frame + TG_DEPTH_MAX))
			return fail(s, TG_SCAN_DEPTH, p, "nested more than 2048 deep");
		if (object)
			goto key;
		goto element;
	} else if (blank(&v, v.t[p])) {
		p = skip_blanks(&v, p);
		goto value;
	} else {
		size_t length;
		enum tg_kind kind = keyword(v.t + p, v.n - p, &length);

		if (TG_UNLIKELY(kind == TG_OBJECT))
			return fail(s, TG_SCAN_SYNTAX, p, "expected a value");
		put_span(span + k, p - v.start, length, k + 1, kind, 0);
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
	if (blank(&v, v.t[p])) {
		p = skip_blanks(&v, p);
		goto after;
	}
	return fail(s, TG_SCAN_SYNTAX, p,
		    f->close == '}'   ? "expected a comma or }"
		    : f->close == ']' ? "expected a comma or ]"
				      : "expected nothing more behind the value");

close:
	if (TG_UNLIKELY(f == s->frame)) /* the record's end was told by its byte */
		goto over;
	p++;
	span[f->span].n = (uint32_t)(p - v.start - span[f->span].at);
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
	if (TG_LIKELY(!f->learning)) {
		switch (follow(s, &v, f, &p, &k)) {
		case AT_VALUE:
			goto value;
		case AFTER:
			goto after;
		case AT_KEY:
			break;
		}
		if (v.t[p] != '"' || TG_UNLIKELY(k + 1 >= room) || unexpected(s, &v, f, p, k))
			goto key;
	}
	s->shapes.missed++;
	start = p;
	end = string(s, &v, p + 1, k, span);
	if (TG_UNLIKELY(!end))
		return s->fault;
	if (TG_UNLIKELY(!key_is_new(s, &v, f, start + 1, end, k, span[k].flags & TG_SPAN_ESCAPED)))
		return fail(s, TG_SCAN_DUPLICATE, p, "the key stands twice in its object");
	p = end + 1;
	k++;
	if (TG_UNLIKELY(v.t[p] != ':')) {
		p = skip_blanks(&v, p);
		if (v.t[p] != ':')
			return fail(s, TG_SCAN_SYNTAX, p, "expected a colon");
	} else if (TG_UNLIKELY(f->learning != &s->shapes.none)) {
		learn(s, f, start, p + 1 - start, span[k - 1].flags);
	}
	p++;
	goto value;

over:
	if (f != s->frame || p > v.n)
		return fail(s, TG_SCAN_SYNTAX, v.n, NULL);
	s->spans = k;
	s->shapes.spans += (uint32_t)k;
	s->n = p;
	return TG_SCAN_OK;
}

/* Gives where the text is not UTF-8, or its length. */
static size_t make_marks(struct marks *m, struct tg_str text)
{
	size_t words = tg_mark_words(text.n), first;

	if (TG_UNLIKELY(words > m->words)) {
		words += words / 2;
		tg_free(m->stop);
		m->stop = tg_resize_array(NULL, words, 2 * sizeof(*m->stop));
		m->high = m->stop + words;
		m->words = words;
	}
	if (!tg_mark(text, m->stop, m->high))
		return text.n;
	first = next(m->high, 0);
	return first + tg_utf8_check(tg_str_after(text, first));
}

static void begin(struct tg_scanner *s, struct tg_str text, size_t start)
{
	s->text = text.p;
	s->n = text.n;
	s->start = start;
	tg_keys_begin(&s->keys);
	tg_shapes_begin(&s->shapes);
}

static void give(const struct tg_scanner *s, struct tg_record *rec)
{
	rec->span = s->span;
	rec->spans = (uint32_t)s->spans;
	rec->source = 0;
}

enum tg_scan_fault tg_scan(struct tg_scanner *s, struct tg_str text, struct tg_record *rec)
{
	size_t bad;
	enum tg_scan_fault fault;

	TG_BUG_IF(text.n >= UINT32_MAX);
	rec->text = text;
	begin(s, text, 0);
	if (text.n == 0)
		return fail(s, TG_SCAN_SYNTAX, 0, NULL);
	bad = make_marks(&s->marks, text);
	if (TG_UNLIKELY(bad < text.n))
		return fail(s, TG_SCAN_ENCODING, bad, "this is not UTF-8");
	fault = walk(s, &s->marks, OUTSIDE);
	if (TG_UNLIKELY(fault))
		return fault;
	give(s, rec);
	return TG_SCAN_OK;
}

/* Bytes of lines that are marked at once: enough that to begin and to end costs nothing, and few enough to be still in the first cache
 * when they are walked over. */
enum { AHEAD = 16 * 1024 };

void tg_scanner_moved(struct tg_scanner *s)
{
	s->lines_n = 0;
}

/* Whether there are whole lines at the front. */
static bool look_ahead(struct tg_scanner *s, struct tg_str bytes)
{
	const char *last = memrchr(bytes.p, '\n', bytes.n < AHEAD ? bytes.n : AHEAD);

	s->lines_n = 0;
	if (!last)
		return false;
	s->lines = bytes.p;
	s->lines_n = (size_t)(last + 1 - bytes.p);
	bytes.n = s->lines_n;
	s->lines_bad = make_marks(&s->ahead, bytes) < bytes.n;
	return true;
}

bool tg_scan_line(struct tg_scanner *s, struct tg_str bytes, struct tg_record *rec)
{
	size_t start = (size_t)((uintptr_t)bytes.p - (uintptr_t)s->lines);

	if (TG_UNLIKELY(start >= s->lines_n)) {
		if (!look_ahead(s, bytes))
			return false;
		start = 0;
	}
	if (TG_UNLIKELY(s->lines_bad))
		return false;
	begin(s, tg_str_from(s->lines, s->lines_n), start);
	if (TG_UNLIKELY(walk(s, &s->ahead, '\n') || s->lines[s->n - 1] == '\r'))
		return false;
	rec->text = tg_str_from(bytes.p, s->n - start);
	give(s, rec);
	return true;
}
