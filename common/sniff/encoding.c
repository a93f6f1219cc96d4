#include "common/encoding/encoding.h"
#include "common/base/utf8.h"
#include "common/sniff/inside.h"

/*
 * Which encoding: a mark says it; bytes that are UTF-8 are, since other text with bytes above 0x7f hardly ever is by chance; NULs at every
 * other place are UTF-16. What is left is a set of single bytes, and which one only a person can see: the usual one is drafted and the
 * others are named.
 */

/* How many of the bytes are what. */
struct census {
	uint64_t nul_even, nul_odd, high, c1, hole, ebcdic_blank, ebcdic_nel, ascii_blank, lf;
};

static struct census take_census(struct tg_str bytes)
{
	static const unsigned char holes[] = { 0x81, 0x8d, 0x8f, 0x90, 0x9d };
	struct census c = { .lf = 0 };

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char b = (unsigned char)bytes.p[i];

		c.nul_even += b == 0 && i % 2 == 0;
		c.nul_odd += b == 0 && i % 2 == 1;
		c.high += b >= 0x80;
		c.c1 += b >= 0x80 && b < 0xa0;
		c.hole += memchr(holes, b, sizeof(holes)) != NULL;
		c.ebcdic_blank += b == 0x40 || b == 0x6b || b == 0x5e; /* blank , ; in all EBCDIC */
		c.ebcdic_nel += b == 0x15;
		c.ascii_blank += b == ' ' || b == ',' || b == ';' || b == '\t';
		c.lf += b == '\n' || b == '\r';
	}
	return c;
}

/* UTF-8, but for a character that is cut at the end. */
static bool is_utf8(struct tg_str bytes, bool whole)
{
	size_t good = tg_utf8_check(bytes);

	return good == bytes.n || (!whole && bytes.n - good < 4);
}

static void others(struct tg_sniff *s, const char *const *name)
{
	for (; *name && s->others < TG_SNIFF_ENCODINGS; name++)
		s->encodings[s->others++] = tg_str_of(*name);
}

static void single_bytes(struct tg_sniffing *g, const struct census *c)
{
	static const char *const beside[] = { "iso-8859-1", "iso-8859-15", "windows-1250",
					      "cp850",	    "macintosh",   NULL };
	static const char *const behind[] = { "windows-1252", "windows-1250", "cp850",
					      "cp437",	      "macintosh",    NULL };
	struct tg_sniff *s = g->s;
	bool holes = c->hole > 0;

	s->encoding = holes ? TG_STR("iso-8859-1") : TG_STR("windows-1252");
	others(s, holes ? behind : beside);
	s->encoding_why = tg_arena_format(
		g->arena,
		"the bytes are not UTF-8; %llu are above 0x7f, %llu of them from 0x80 to 0x9f%s",
		(unsigned long long)c->high, (unsigned long long)c->c1,
		holes ? ", some of which windows-1252 has not" : "");
	tg_sniff_ask(
		g,
		"Which encoding is it? The bytes fit several; %.*s is drafted. Look at a row with "
		"accents.",
		TG_STR_ARG(s->encoding));
}

static void ebcdic(struct tg_sniffing *g, const struct census *c)
{
	static const char *const beside[] = { "cp500", "cp1047", "cp1140", NULL };

	g->s->encoding = TG_STR("cp037");
	g->s->dialect.next_line = c->ebcdic_nel > 0;
	if (g->s->dialect.next_line)
		g->s->dialect.newline = TG_CSV_LF; /* which the decoder makes of NEL */
	others(g->s, beside);
	g->s->encoding_why = TG_STR("blanks and commas are where EBCDIC has them");
	tg_sniff_ask(
		g,
		"Which EBCDIC is it? cp037 is drafted; the sets differ in signs such as brackets.");
}

static void known_encoding(struct tg_sniff *s, struct tg_str name, const char *why)
{
	s->encoding = name;
	s->encoding_why = tg_str_of(why);
}

enum tg_status tg_sniff_encoding(struct tg_sniffing *g, struct tg_str bytes, size_t *mark,
				 struct tg_error *err)
{
	static const struct {
		const char *mark;
		size_t n;
		const char *name, *why;
	} marks[] = {
		{ "\xef\xbb\xbf", 3, "utf-8", "it begins with the mark of UTF-8" },
		{ "\xff\xfe\0\0", 4, "utf-32", "it begins with a mark of UTF-32" },
		{ "\0\0\xfe\xff", 4, "utf-32", "it begins with a mark of UTF-32" },
		{ "\xff\xfe", 2, "utf-16", "it begins with a mark of UTF-16" },
		{ "\xfe\xff", 2, "utf-16", "it begins with a mark of UTF-16" },
	};
	struct tg_sniff *s = g->s;
	struct census c = take_census(bytes);

	*mark = 0;
	for (size_t i = 0; i < TG_COUNT(marks); i++) {
		if (!tg_str_starts(bytes, tg_str_from(marks[i].mark, marks[i].n)))
			continue;
		*mark = marks[i].n;
		if (g->known->encoding.p)
			break;
		known_encoding(s, tg_str_of(marks[i].name), marks[i].why);
		return TG_OK;
	}
	if (g->known->encoding.p)
		known_encoding(s, g->known->encoding, "it was given");
	else if (c.nul_odd > bytes.n / 8 && c.nul_even < c.nul_odd / 8)
		known_encoding(s, TG_STR("utf-16le"),
			       "every other byte is NUL, and there is no mark");
	else if (c.nul_even > bytes.n / 8 && c.nul_odd < c.nul_even / 8)
		known_encoding(s, TG_STR("utf-16be"),
			       "every other byte is NUL, and there is no mark");
	else if (c.nul_even + c.nul_odd > bytes.n / 64)
		return tg_fail(
			err, TG_DATA,
			"this is no text that is known here: %llu of %llu bytes are NUL; if it is, "
			"say its --encoding",
			(unsigned long long)(c.nul_even + c.nul_odd), (unsigned long long)bytes.n);
	else if (is_utf8(bytes, s->whole))
		known_encoding(s, TG_STR("utf-8"),
			       c.high ? "all of it is UTF-8, and some of it is not ASCII"
				      : "all of it is ASCII");
	else if (c.ebcdic_blank + c.ebcdic_nel > c.ascii_blank + c.lf && c.high > bytes.n / 4)
		ebcdic(g, &c);
	else
		single_bytes(g, &c);
	return TG_OK;
}
