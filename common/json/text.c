#include "common/json/text.h"

#include "common/base/utf8.h"
#include "common/json/escapes.h"
#include "common/json/grammar.h"
#include "common/json/mark.h"

/* What an escape stands for. Its backslash is at p; *size gets the bytes that it takes. The scanner has seen that it is whole. */
static uint32_t unescape(const char *p, size_t *size)
{
	uint32_t unit;

	*size = 2;
	switch (p[1]) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'u':
		break;
	default:
		return (unsigned char)p[1];
	}
	*size = 6;
	unit = (uint32_t)tg_hex4((const unsigned char *)p + 2);
	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	*size = 12;
	return 0x10000 + ((unit - 0xd800) << 10) +
	       ((uint32_t)tg_hex4((const unsigned char *)p + 8) - 0xdc00);
}

/* Bytes before the first backslash. */
static size_t plain(struct tg_str s)
{
	const char *slash = memchr(s.p, '\\', s.n);

	return slash ? (size_t)(slash - s.p) : s.n;
}

/* The decoded text is never longer than its spelling, so that to needs room for as much. */
static size_t decode(char *to, struct tg_str from)
{
	char *start = to;

	while (from.n) {
		size_t size = plain(from);

		memcpy(to, from.p, size);
		to += size;
		from = tg_str_after(from, size);
		if (from.n) {
			to += tg_utf8_encode(unescape(from.p, &size), to);
			from = tg_str_after(from, size);
		}
	}
	return (size_t)(to - start);
}

/* What stands for more than itself, and the last few bytes: at least one of *p, and none from end on. */
static void decode_word(char **to, const char **p, const char *end)
{
	static const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word = tg_load64(*p), slash = word ^ ones * '\\';
	size_t left = (size_t)(end - *p), size;

	slash = (slash - ones) & ~slash & ones << 7;
	memcpy(*to, *p, sizeof(word));
	size = slash ? (size_t)__builtin_ctzll(slash) / 8 : sizeof(word);
	if (size >= left)
		size = left;
	*p += size;
	*to += size;
	if (!slash || size == left)
		return;
	*to += tg_utf8_encode(unescape(*p, &size), *to);
	*p += size;
}

size_t tg_text_decode_part(char *to, size_t room, struct tg_str *from)
{
	const char *p = from->p, *end = p + from->n;
	char *start = to, *last = to + room - TG_TEXT_PART_LEAST;

	/* Most of a JSON text within a JSON text is a few bytes between two escaped quotes: a search for each next backslash would cost
	 * more than the copy, and a branch for each is foreseen badly. */
	while (p < end && to <= last) {
		tg_escapes_drop(&to, last, &p, end);
		if (p < end && to <= last)
			decode_word(&to, &p, end);
	}
	from->n = (size_t)(end - p);
	from->p = p;
	return (size_t)(to - start);
}

void tg_text_decode(struct tg_buffer *out, const struct tg_record *rec,
		    const struct tg_span *string)
{
	struct tg_str raw = tg_span_text(rec, string);

	if (string->flags & TG_SPAN_ESCAPED)
		out->n += decode(tg_buffer_room(out, raw.n), raw);
	else
		tg_buffer_put_str(out, raw);
}

struct tg_str tg_text_get(struct tg_arena *arena, const struct tg_record *rec,
			  const struct tg_span *string)
{
	struct tg_str raw = tg_span_text(rec, string);
	char *p;

	if (!(string->flags & TG_SPAN_ESCAPED))
		return raw;
	p = tg_arena_take(arena, raw.n + TG_SLACK);
	return tg_str_from(p, decode(p, raw));
}

bool tg_text_eq(const struct tg_record *rec, const struct tg_span *string, struct tg_str other)
{
	struct tg_str raw = tg_span_text(rec, string);

	if (!(string->flags & TG_SPAN_ESCAPED))
		return tg_str_eq(raw, other);
	while (raw.n) {
		size_t size = plain(raw);
		char c[4];

		if (!tg_str_starts(other, tg_str_from(raw.p, size)))
			return false;
		raw = tg_str_after(raw, size);
		other = tg_str_after(other, size);
		if (raw.n) {
			struct tg_str one = { c, tg_utf8_encode(unescape(raw.p, &size), c) };

			if (!tg_str_starts(other, one))
				return false;
			raw = tg_str_after(raw, size);
			other = tg_str_after(other, one.n);
		}
	}
	return other.n == 0;
}

size_t tg_text_length(const struct tg_record *rec, const struct tg_span *string)
{
	struct tg_str raw = tg_span_text(rec, string);
	size_t n = 0;

	if (!(string->flags & (TG_SPAN_ESCAPED | TG_SPAN_WIDE)))
		return raw.n;
	if (!(string->flags & TG_SPAN_ESCAPED))
		return tg_utf8_count(raw);
	while (raw.n) {
		size_t size = plain(raw);

		n += tg_utf8_count(tg_str_from(raw.p, size));
		raw = tg_str_after(raw, size);
		if (raw.n) {
			unescape(raw.p, &size);
			raw = tg_str_after(raw, size);
			n++;
		}
	}
	return n;
}

/* RFC 8785, 3.2.2.2: the short escape where there is one, else \u with small digits. Six bytes at most; gives its end. */
static inline char *put_escape(char *to, unsigned char c)
{
	static const char brief[] = "btn\0fr"; /* from U+0008 on */
	static const char hex[] = "0123456789abcdef";

	to[0] = '\\';
	to[1] = c >= ' ' ? (char)c : c >= 8 && c <= 13 ? brief[c - 8] : '\0';
	if (TG_LIKELY(to[1]))
		return to + 2;
	to[1] = 'u';
	to[2] = to[3] = '0';
	to[4] = hex[c >> 4];
	to[5] = hex[c & 15];
	return to + 6;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of the first byte that cannot stand for itself in a JSON string, and perhaps of some behind it. */
static inline uint64_t special(uint64_t word)
{
	uint64_t quote = word ^ EACH('"'), slash = word ^ EACH('\\');

	return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) |
		((word - EACH(' ')) & ~word)) &
	       EACH(0x80);
}

static inline char *put_plain_or_not(char *to, unsigned char c)
{
	if (c < ' ' || c == '"' || c == '\\')
		return put_escape(to, c);
	*to = (char)c;
	return to + 1;
}

/* A piece, for which there is room. */
static char *put_piece(char *to, const char *p, size_t n)
{
	const char *end = p + n;

	while (end - p >= 8) {
		uint64_t found = special(tg_load64(p));

		memcpy(to, p, 8);
		if (!found) {
			to += 8;
			p += 8;
			continue;
		}
		to += (unsigned)__builtin_ctzll(found) / 8;
		p += (unsigned)__builtin_ctzll(found) / 8;
		to = put_escape(to, (unsigned char)*p++);
	}
	/* The last few bytes with those before them, which are there already, and the same where nothing is to be escaped. */
	if (p < end && n >= 8 && !special(tg_load64(end - 8))) {
		memcpy(to - (8 - (end - p)), end - 8, 8);
		return to + (end - p);
	}
	while (p < end)
		to = put_plain_or_not(to, (unsigned char)*p++);
	return to;
}

enum {
	BLOCK = 64,
	STEP = 32,
	PIECE = 4096, /* of a text, for which room is made at once, though each byte may become six */
};

/* A block of 64 bytes at most, whose marks are known. A step behind it is readable. */
static char *put_block(char *to, const char *p, size_t n, uint64_t stop)
{
	const char *const block = p, *end = p + n;

	for (;; stop &= stop - 1) {
		const char *at = stop ? block + (unsigned)__builtin_ctzll(stop) : end;
		size_t run = (size_t)(at - p);

		/* Mostly a few bytes between two quotes: one step, and no branch that is foreseen badly. */
		memcpy(to, p, STEP);
		if (TG_UNLIKELY(run > STEP))
			memcpy(to + STEP, p + STEP, STEP);
		to += run;
		if (at >= end) /* behind the end of a text there are marks too */
			return to;
		to = put_escape(to, (unsigned char)*at);
		p = at + 1;
	}
}

/* The same as put_piece, for one that is long enough for wide steps. Its end is looked at in a copy: behind it nothing need be
 * readable. */
static char *put_long_piece(char *to, const char *p, size_t n)
{
	uint64_t stop[PIECE / BLOCK + 2], high[PIECE / BLOCK + 2];
	char last[2 * BLOCK] = { 0 };
	size_t whole = (n - STEP) / BLOCK, rest = n - whole * BLOCK;

	(void)tg_mark(tg_str_from(p, whole * BLOCK), stop, high);
	for (size_t i = 0; i < whole; i++, p += BLOCK)
		to = put_block(to, p, BLOCK, stop[i]);
	memcpy(last, p, rest);
	(void)tg_mark(tg_str_from(last, rest), stop, high);
	to = put_block(to, last, rest < BLOCK ? rest : (size_t)BLOCK, stop[0]);
	return rest > BLOCK ? put_block(to, last + BLOCK, rest - BLOCK, stop[1]) : to;
}

void tg_json_put_string(struct tg_buffer *out, struct tg_str text)
{
	tg_buffer_putc(out, '"');
	while (text.n > 0) {
		size_t n = text.n < PIECE ? text.n : PIECE;
		char *to = tg_buffer_room(out, 6 * n + 8);

		out->n += (size_t)((n > BLOCK ? put_long_piece(to, text.p, n)
					      : put_piece(to, text.p, n)) -
				   to);
		text = tg_str_after(text, n);
	}
	tg_buffer_putc(out, '"');
}

void tg_json_put_str_name(struct tg_buffer *out, struct tg_str name)
{
	char *start = tg_buffer_room(out, name.n + 4), *to = start;

	if (out->n == 0 || to[-1] != '{')
		*to++ = ',';
	*to++ = '"';
	memcpy(to, name.p, name.n);
	to += name.n;
	*to++ = '"';
	*to++ = ':';
	out->n += (size_t)(to - start);
}
