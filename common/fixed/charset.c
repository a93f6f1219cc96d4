#include "common/fixed/charset.h"

#include "common/base/utf8.h"
#include "common/encoding/encoding.h"
#include "common/json/text.h"

static bool is_named(struct tg_str name, const char *const *names)
{
	for (; *names; names++)
		if (tg_str_is(name, *names))
			return true;
	return false;
}

/* What a character looks like inside a JSON string. NUL is left out: low values in a text are a mistake until the layout says what they
 * mean. */
static struct tg_charset_byte spell(uint32_t c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	struct tg_charset_byte byte = { .n = 0 };
	char utf8[4];

	if (c == 0 || c == UINT32_MAX)
		return byte;
	tg_json_put_string(&json, tg_str_from(utf8, tg_utf8_encode(c, utf8)));
	byte.n = (unsigned char)(json.n - 2);
	memcpy(byte.p, json.p + 1, byte.n);
	return byte;
}

static unsigned char find(const struct tg_charset *set, uint32_t c, unsigned char otherwise)
{
	for (unsigned i = 0; i < 256; i++)
		if (set->character[i] == c)
			return (unsigned char)i;
	return otherwise;
}

/*
 * A sign over a digit. On the mainframe it is the high half of the byte, which makes other characters in each code page; C, A, E and F
 * are plus, D and B minus. Sent as ASCII text, +0 to +9 are { and A to I, -0 to -9 are } and J to R. Micro Focus and GnuCOBOL write
 * 0x70 to 0x79 for minus where their data are ASCII.
 */
static void make_overpunch(struct tg_charset *set)
{
	static const char plus[] = "{ABCDEFGHI", minus[] = "}JKLMNOPQR";

	memset(set->over, 0xff, sizeof(set->over));
	memset(set->over_ascii, 0xff, sizeof(set->over_ascii));
	if (!set->numeric)
		return;
	for (unsigned char d = 0; d < 10; d++) {
		if (set->zoned) {
			set->over[0xf0 | d] = set->over[0xc0 | d] = d;
			set->over[0xa0 | d] = set->over[0xe0 | d] = d;
			set->over[0xd0 | d] = set->over[0xb0 | d] = d | 0x10;
			continue;
		}
		set->over['0' + d] = set->over_ascii['0' + d] = d;
		set->over[(unsigned char)plus[d]] = d;
		set->over[(unsigned char)minus[d]] = d | 0x10;
		set->over_ascii[0x70 | d] = d | 0x10;
	}
}

static void complete(struct tg_charset *set)
{
	set->ascii_based = true;
	for (unsigned i = 0; i < 256; i++) {
		set->byte[i] = spell(set->character[i]);
		set->plain[i] = set->byte[i].n == 1 ? (unsigned char)set->byte[i].p[0] : 0;
		set->ascii_based &= i >= 0x80 || set->character[i] == i;
	}
	set->nul = find(set, 0, 0);
	set->blank = find(set, ' ', ' ');
	set->plus = find(set, '+', '+');
	set->minus = find(set, '-', '-');
	set->point = find(set, '.', '.');
	set->comma = find(set, ',', ',');
	set->zero = find(set, '0', '0');
	set->numeric = set->zero <= 0xf6;
	for (unsigned d = 0; d < 10 && set->numeric; d++)
		set->numeric = set->character[set->zero + d] == '0' + d;
	set->zoned = set->zero == 0xf0;
	set->numeric &= set->zoned || set->zero == '0';
	make_overpunch(set);
}

static enum tg_status ask(struct tg_charset *set, struct tg_str name, struct tg_error *err)
{
	TG_OWN(tg_encoding_free) struct tg_encoding *encoding = NULL;
	enum tg_status st = tg_encoding_open(&encoding, name, err);
	bool any = false;

	if (st)
		return st;
	for (unsigned i = 0; i < 256; i++) {
		set->character[i] = tg_encoding_character(encoding, (unsigned char)i);
		any |= set->character[i] != UINT32_MAX;
	}
	if (!any)
		return tg_fail(err, TG_CONFIG,
			       "is no set of single bytes, and widths are counted in bytes");
	return TG_OK;
}

enum tg_status tg_charset_open(const struct tg_charset **set, struct tg_str name,
			       struct tg_arena *arena, struct tg_error *err)
{
	static const char *const ascii[] = { "ascii", "us-ascii", "ASCII", "US-ASCII", NULL };
	static const char *const utf8[] = { "utf-8", "UTF-8", "utf8", "UTF8", NULL };
	struct tg_charset *made = tg_arena_take(arena, sizeof(*made));
	enum tg_status st = TG_OK;

	made->name = tg_arena_copy(arena, name);
	made->utf8 = is_named(name, utf8);
	if (made->utf8 || is_named(name, ascii))
		for (unsigned i = 0; i < 256; i++)
			made->character[i] = i < 0x80 ? i : UINT32_MAX;
	else
		st = ask(made, name, err);
	if (st)
		return st;
	complete(made);
	*set = made;
	return TG_OK;
}

bool tg_charset_encode(const struct tg_charset *set, struct tg_str text, struct tg_arena *arena,
		       struct tg_str *bytes)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	while (text.n) {
		size_t size;
		uint32_t c = tg_utf8_decode(text, &size);
		unsigned char b = find(set, c, 0);

		if (c < 0x80 || !set->utf8) {
			if (set->character[b] != c)
				return false;
			tg_buffer_putc(&out, (char)b);
		} else {
			tg_buffer_put(&out, text.p, size);
		}
		text = tg_str_after(text, size);
	}
	*bytes = tg_arena_copy(arena, tg_buffer_str(&out));
	return true;
}

void tg_charset_put(struct tg_buffer *out, const struct tg_charset *set, struct tg_str bytes)
{
	while (bytes.n) {
		uint32_t c = set->character[(unsigned char)bytes.p[0]];
		size_t size = 1;
		char utf8[4];

		if (set->utf8)
			c = tg_utf8_decode(bytes, &size);
		tg_buffer_put(out, utf8, tg_utf8_encode(c == UINT32_MAX ? 0xfffd : c, utf8));
		bytes = tg_str_after(bytes, size);
	}
}

char *tg_charset_write(char *to, const struct tg_charset *set, struct tg_str bytes,
		       const char **bad)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n;

	while (p < end) {
		const struct tg_charset_byte *b = &set->byte[(unsigned char)*p];
		size_t size;

		memcpy(to, b, sizeof(*b));
		to += b->n;
		if (TG_LIKELY(b->n)) {
			p++;
			continue;
		}
		if (!set->utf8 || (unsigned char)*p < 0x80 ||
		    tg_utf8_decode(tg_str_from(p, (size_t)(end - p)), &size) == UINT32_MAX) {
			*bad = p;
			return NULL;
		}
		memcpy(to, p, 4);
		to += size;
		p += size;
	}
	return to;
}
