/*
 * iconv: sets of more than single bytes, a character at a time, so that each character's place in the bytes is known. A single byte
 * that is a character in any state was asked for when the set was opened and costs no call.
 */
#include "common/base/utf8.h"
#include "common/encoding/set.h"

#include <errno.h>

enum {
	LONGEST = 16, /* bytes of a character, escape sequence or half of one that any set has */
	TEXT = 64,    /* UTF-8 that one of them gives */
	PENDING_MOST = 200, /* bytes without a character */
};

void tg_set_iconv_restart(struct tg_encoding *e)
{
	if (e->kind != TG_SET_ICONV)
		return;
	(void)iconv(e->down, NULL, NULL, NULL, NULL);
	(void)iconv(e->up, NULL, NULL, NULL, NULL);
	e->pending = 0;
}

/* What came of `used` bytes, and of those before that had given nothing. */
static void put(struct tg_encoding *e, const char *text, size_t n, size_t used,
		struct tg_buffer *out, struct tg_buffer *sizes)
{
	char *size = tg_buffer_room(sizes, n);

	memset(size, 0, n);
	size[0] = (char)(unsigned char)(e->pending + used);
	sizes->n += n;
	e->pending = 0;
	tg_buffer_put(out, text, n);
}

static void put_bad(struct tg_encoding *e, size_t used, struct tg_buffer *out,
		    struct tg_buffer *sizes)
{
	static const char bad = TG_ENCODING_BAD;

	put(e, &bad, 1, used, out, sizes);
}

/* What iconv took and gave nothing for: a shift, or it waits whether something follows that goes with it. */
static void swallowed(struct tg_encoding *e, size_t used, struct tg_buffer *out,
		      struct tg_buffer *sizes)
{
	char text[TEXT], *to = text;
	size_t room = sizeof(text);

	if (!e->shifts && iconv(e->down, NULL, NULL, &to, &room) != (size_t)-1 && to > text) {
		put(e, text, (size_t)(to - text), used, out, sizes);
		return;
	}
	e->pending += used;
	if (e->pending > PENDING_MOST)
		put_bad(e, 0, out, sizes);
}

/* The character that p[0..n) begins with. Gives its bytes, or 0: more are wanted. */
static size_t one(struct tg_encoding *e, char *p, size_t n, bool last, struct tg_buffer *out,
		  struct tg_buffer *sizes)
{
	for (size_t k = 1; k <= n && k <= LONGEST; k++) {
		char text[TEXT], *from = p, *to = text;
		size_t left = k, room = sizeof(text), used, answer;

		answer = iconv(e->down, &from, &left, &to, &room);
		used = k - left;
		if (to > text) {
			put(e, text, (size_t)(to - text), used ? used : k, out, sizes);
			return used ? used : k;
		}
		if (answer == (size_t)-1 && errno != EINVAL)
			break;
		if (used) {
			swallowed(e, used, out, sizes);
			return used;
		}
	}
	if (n <= LONGEST && !last && errno == EINVAL)
		return 0;
	put_bad(e, 1, out, sizes);
	return 1;
}

size_t tg_set_iconv_decode(struct tg_encoding *e, struct tg_str bytes, bool last,
			   struct tg_buffer *out, struct tg_buffer *sizes)
{
	char text[TEXT], *to = text;
	size_t i = 0, room = sizeof(text), used;

	while (i < bytes.n) {
		const struct tg_set_byte *b = &e->byte[(unsigned char)bytes.p[i]];
		/* iconv(3) wants a pointer that is not const and writes nothing there. */
		union {
			const char *given;
			char *wanted;
		} p = { bytes.p + i };

		if (b->n && !e->shifts) {
			put(e, b->p, b->n, 1, out, sizes);
			i++;
			continue;
		}
		used = one(e, p.wanted, bytes.n - i, last, out, sizes);
		if (used == 0)
			break;
		i += used;
	}
	if (last && iconv(e->down, NULL, NULL, &to, &room) != (size_t)-1 && to > text)
		put(e, text, (size_t)(to - text), 0, out, sizes);
	if (last)
		e->pending = 0; /* they belong to no character */
	return i;
}

/* False: the set does not have the character, or a system's iconv would put another one in its place (which musl's counts). */
static bool encode_one(struct tg_encoding *e, struct tg_str character, struct tg_buffer *out)
{
	char *to = tg_buffer_room(out, TEXT);
	size_t left = character.n, room = TEXT;
	union {
		const char *given;
		char *wanted;
	} p = { character.p };

	if (iconv(e->up, &p.wanted, &left, &to, &room) != 0)
		return false;
	out->n += TEXT - room;
	return left == 0;
}

size_t tg_set_iconv_encode(struct tg_encoding *e, struct tg_str text, struct tg_buffer *out)
{
	TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
	size_t start = out->n, size = 0, room = TEXT;
	char *to;

	tg_set_iconv_restart(e);
	for (size_t i = 0; i < text.n; i += size) {
		(void)tg_utf8_decode(tg_str_after(text, i), &size);
		if (!encode_one(e, tg_str_from(text.p + i, size), out))
			return i;
	}
	to = tg_buffer_room(out, TEXT);
	(void)iconv(e->up, NULL, NULL, &to, &room);
	out->n += TEXT - room;
	/* Some sets write two characters alike. */
	(void)tg_encoding_decode(e, tg_str_from(out->p + start, out->n - start), &back);
	if (tg_str_eq(tg_buffer_str(&back), text))
		return text.n;
	for (size_t i = 0; i < text.n; i += size) {
		(void)tg_utf8_decode(tg_str_after(text, i), &size);
		if (back.n < i + size || memcmp(back.p + i, text.p + i, size) != 0)
			return i;
	}
	return text.n ? text.n - 1 : 0;
}
