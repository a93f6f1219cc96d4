#include "common/encoding/encoding.h"

#include "common/base/memory.h"
#include "common/base/utf8.h"
#include "common/encoding/set.h"

#include <errno.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 40 };

/* A name as it is compared: letters small, without what people put between. */
static struct tg_str plain(struct tg_str name, char to[NAME_MAX_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && i < NAME_MAX_BYTES; i++) {
		char c = name.p[i];

		if (c == '-' || c == '_')
			continue;
		to[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return tg_str_from(to, n);
}

/* Unicode's own, which are not asked of iconv. */
static bool is_unicode(struct tg_encoding *e, struct tg_str name)
{
	static const struct {
		const char *name;
		enum tg_set_kind kind;
		bool big, marked;
	} row[] = {
		{ "utf8", TG_SET_UTF8, false, false },
		{ "utf16", TG_SET_UTF16, false, true },
		{ "utf16le", TG_SET_UTF16, false, false },
		{ "utf16be", TG_SET_UTF16, true, false },
		{ "utf32", TG_SET_UTF32, false, true },
		{ "utf32le", TG_SET_UTF32, false, false },
		{ "utf32be", TG_SET_UTF32, true, false },
	};
	char small[NAME_MAX_BYTES];
	struct tg_str wanted = plain(name, small);

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (!tg_str_is(wanted, row[i].name))
			continue;
		e->kind = row[i].kind;
		e->big = row[i].big;
		e->marked = row[i].marked;
		e->ascii = e->kind == TG_SET_UTF8;
		return true;
	}
	return false;
}

/* What iconv would take for something else than the name of a set: what comes behind a slash, the locale's own set, and forms that
 * depend on the machine. */
static bool may_be_asked(struct tg_str name)
{
	static const char *const none[] = { "char", "wchart", "internal", "ucs2internal",
					    "ucs4internal" };
	static const char also[] = "-_.:+()";
	char small[NAME_MAX_BYTES];
	struct tg_str wanted = plain(name, small);

	for (size_t i = 0; i < TG_COUNT(none); i++)
		if (tg_str_is(wanted, none[i]))
			return false;
	for (size_t i = 0; i < name.n; i++) {
		char letter = (char)(name.p[i] | 0x20);

		if (!(letter >= 'a' && letter <= 'z') && !tg_digit((unsigned char)name.p[i]) &&
		    (name.p[i] == '\0' || !memchr(also, name.p[i], sizeof(also) - 1)))
			return false;
	}
	return wanted.n > 0;
}

/* By its own name, and by the one that some systems know it by: "cp1140" is IBM1140. */
static bool ask(struct tg_encoding *e, struct tg_str name)
{
	static const struct {
		struct tg_str begins;
		const char *instead;
	} row[] = {
		{ { "", 0 }, "" },	{ { "cp", 2 }, "IBM" },	     { { "windows", 7 }, "CP" },
		{ { "ibm", 3 }, "CP" }, { { "latin", 5 }, "LATIN" },
	};
	char small[NAME_MAX_BYTES];
	struct tg_str wanted = plain(name, small);

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer asked = TG_BUFFER_INIT;
		struct tg_str rest = i ? tg_str_after(wanted, row[i].begins.n) : name;

		if (!tg_str_starts(wanted, row[i].begins))
			continue;
		tg_buffer_puts(&asked, row[i].instead);
		tg_buffer_put_str(&asked, rest);
		tg_buffer_putc(&asked, '\0');
		if (tg_set_ask(e, asked.p))
			return true;
	}
	return false;
}

static enum tg_status unknown(struct tg_str name, struct tg_error *err)
{
	static const struct tg_str known[] = {
		// clang-format off
		{ "utf-8", 5 }, { "utf-16", 6 }, { "utf-16le", 8 }, { "utf-16be", 8 },
		{ "utf-32", 6 }, { "iso-8859-1", 10 }, { "iso-8859-15", 11 }, { "us-ascii", 8 },
		{ "windows-1250", 12 }, { "windows-1251", 12 }, { "windows-1252", 12 }, { "cp037", 5 },
		{ "cp437", 5 }, { "cp500", 5 }, { "cp850", 5 }, { "cp1047", 6 },
		{ "cp1140", 6 }, { "shift_jis", 9 }, { "gb18030", 7 }, { "big5", 4 },
		{ "euc-kr", 6 },
		// clang-format on
	};
	const struct tg_str *near = tg_str_nearest(name, known, TG_COUNT(known));

	if (near)
		return tg_fail(
			err, TG_CONFIG,
			"is no character set that this system's iconv knows; did you mean %.*s?",
			TG_STR_ARG(*near));
	return tg_fail(
		err, TG_CONFIG,
		"is no character set that this system's iconv knows (iconv -l lists them), such as utf-8, utf-16, iso-8859-1, windows-1252 or cp037");
}

enum tg_status tg_encoding_open(struct tg_encoding **encoding, struct tg_str name,
				struct tg_error *err)
{
	TG_OWN(tg_encoding_free) struct tg_encoding *e = tg_alloc(sizeof(*e));

	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return unknown(name, err);
	tg_buffer_put_str(&e->name, name);
	if (!is_unicode(e, name) && !(may_be_asked(name) && ask(e, name)))
		return unknown(name, err);
	*encoding = TG_TAKE(e);
	return TG_OK;
}

void tg_encoding_free(struct tg_encoding **encoding)
{
	struct tg_encoding *e = *encoding;

	if (e) {
		if (e->open) {
			(void)iconv_close(e->down);
			(void)iconv_close(e->up);
		}
		tg_buffer_release(&e->name);
		tg_free(e);
	}
	*encoding = NULL;
}

struct tg_str tg_encoding_name(const struct tg_encoding *e)
{
	return tg_buffer_str(&e->name);
}

bool tg_encoding_is_utf8(const struct tg_encoding *e)
{
	return e->kind == TG_SET_UTF8;
}

bool tg_encoding_is_ascii_based(const struct tg_encoding *e)
{
	return e->ascii && (e->kind == TG_SET_UTF8 || e->kind == TG_SET_TABLE);
}

uint32_t tg_encoding_character(const struct tg_encoding *e, unsigned char byte)
{
	const struct tg_set_byte *b = &e->byte[byte];
	size_t size;

	if (e->kind != TG_SET_TABLE || b->n == 0)
		return UINT32_MAX;
	return tg_utf8_decode(tg_str_from(b->p, b->n), &size);
}

static int by_character(const void *a, const void *b)
{
	const struct tg_set_back *x = a, *y = b;

	if (x->character != y->character)
		return x->character < y->character ? -1 : 1;
	return x->byte - y->byte;
}

/* The table the other way round; of two bytes that are one character the lower one is written. */
static void turn(struct tg_encoding *e)
{
	e->backs = 0;
	for (unsigned i = 0; i < 256; i++) {
		uint32_t c = tg_encoding_character(e, (unsigned char)i);

		if (c != UINT32_MAX)
			e->back[e->backs++] = (struct tg_set_back){ c, (unsigned char)i };
	}
	qsort(e->back, e->backs, sizeof(e->back[0]), by_character);
}

bool tg_encoding_swap_line_ends(struct tg_encoding *e)
{
	struct tg_set_byte next = e->byte[0x15];

	if (tg_encoding_character(e, 0x15) != 0x85 || tg_encoding_character(e, 0x25) != '\n')
		return false;
	e->byte[0x15] = e->byte[0x25];
	e->byte[0x25] = next;
	turn(e);
	return true;
}

/*
 * What the set is, by iconv's word
 */

/* What iconv makes of one byte at the start of a text. */
enum answer {
	CHARACTER,
	WAITS,	  /* for more bytes, or for what comes next */
	SWALLOWS, /* it is a shift: no character, but what follows is another one */
	NOTHING,
};

static enum answer ask_byte(iconv_t cd, unsigned char byte, struct tg_set_byte *as)
{
	char in[1] = { (char)byte }, out[32], *from = in, *to = out;
	size_t left = 1, room = sizeof(out), size;
	size_t answer;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	answer = iconv(cd, &from, &left, &to, &room);
	if (answer == (size_t)-1 && left)
		return errno == EINVAL ? WAITS : NOTHING;
	if (answer == (size_t)-1)
		return NOTHING;
	/* Where marks may follow a letter and become one with it, the letter waits for them (CP1255, CP1258, TCVN). */
	if (to == out && iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
		return NOTHING;
	if (to == out)
		return SWALLOWS;
	size = (size_t)(to - out);
	if (tg_utf8_decode(tg_str_from(out, size), &left) == UINT32_MAX || left != size)
		return WAITS; /* more than one character: for the slow way */
	memcpy(as->p, out, size);
	as->n = (unsigned char)size;
	return CHARACTER;
}

static bool is_ascii(const struct tg_encoding *e)
{
	for (unsigned i = 0; i < 128; i++)
		if (e->byte[i].n != 1 || (unsigned char)e->byte[i].p[0] != i)
			return false;
	return true;
}

bool tg_set_ask(struct tg_encoding *e, const char *name)
{
	bool table = true;

	e->down = iconv_open("UTF-8", name);
	if (e->down == (iconv_t)-1)
		return false;
	e->up = iconv_open(name, "UTF-8");
	if (e->up == (iconv_t)-1) {
		(void)iconv_close(e->down);
		return false;
	}
	e->open = true;
	for (unsigned i = 0; i < 256; i++) {
		switch (ask_byte(e->down, (unsigned char)i, &e->byte[i])) {
		case SWALLOWS:
			e->shifts = true;
			table = false;
			break;
		case WAITS:
			/* A byte of ASCII that is no character begins a shift: an escape sequence, or UTF-7's '+'. */
			e->shifts |= i < 0x80;
			table = false;
			break;
		case CHARACTER:
		case NOTHING:
			break;
		}
	}
	e->kind = table ? TG_SET_TABLE : TG_SET_ICONV;
	e->ascii = is_ascii(e);
	if (table)
		turn(e);
	tg_set_iconv_restart(e);
	return true;
}
