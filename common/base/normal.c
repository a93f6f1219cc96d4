#include "common/base/normal.h"

#include "common/base/library.h"
#include "common/base/utf8.h"

#include <stdlib.h>

enum {
	STABLE = 1 << 1,
	COMPOSE = 1 << 3,
	CASEFOLD = 1 << 10,
};

/* utf8proc 2, from its manual: gives the bytes of the result, in memory of malloc, or a negative number. */
static ssize_t (*map)(const uint8_t *text, ssize_t n, uint8_t **out, int options);

static const struct tg_library_call calls[] = {
	TG_LIBRARY_OPTIONAL(map, utf8proc_map),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libutf8proc", "2"),
	.package = "libutf8proc2",
	.needs = "that needs utf8proc",
	.call = calls,
	.calls = TG_COUNT(calls),
};

enum tg_status tg_normal_prepare(unsigned how, const char *who, struct tg_error *err)
{
	if (!(how & (TG_NORMAL_NFC | TG_NORMAL_FOLD)) || !tg_library_load(&library, err))
		return TG_OK;
	return tg_within(err, "%s", who);
}

/* Unicode's White_Space. */
static bool is_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static struct tg_str trim(struct tg_str text)
{
	size_t size;

	while (text.n && is_space(tg_utf8_decode(text, &size)))
		text = tg_str_after(text, size);
	while (text.n) {
		size_t at = text.n - 1;

		while (at > 0 && ((unsigned char)text.p[at] & 0xc0) == 0x80)
			at--;
		if (!is_space(tg_utf8_decode(tg_str_after(text, at), &size)))
			break;
		text.n = at;
	}
	return text;
}

static bool is_ascii(struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] > 0x7f)
			return false;
	return true;
}

static void put_ascii(struct tg_buffer *out, struct tg_str text, bool fold)
{
	char *to = tg_buffer_room(out, text.n);

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		to[i] = fold && c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	out->n += text.n;
}

void tg_normal_put(struct tg_buffer *out, struct tg_str text, unsigned how)
{
	int options = STABLE | COMPOSE | (how & TG_NORMAL_FOLD ? CASEFOLD : 0);
	uint8_t *mapped = NULL;
	ssize_t n;

	if (how & TG_NORMAL_TRIM)
		text = trim(text);
	if (!(how & (TG_NORMAL_NFC | TG_NORMAL_FOLD)) || is_ascii(text)) {
		put_ascii(out, text, how & TG_NORMAL_FOLD);
		return;
	}
	/* Texts are below 2^32 bytes, and UTF-8: what can go wrong is memory. */
	n = map((const uint8_t *)text.p, (ssize_t)text.n, &mapped, options);
	TG_BUG_IF(n < 0);
	tg_buffer_put(out, mapped, (size_t)n);
	free(mapped);
}
