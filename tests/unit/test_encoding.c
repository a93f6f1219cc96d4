#include "common/base/utf8.h"
#include "common/encoding/encoding.h"
#include "tests/unit/tap.h"

#include <iconv.h>

static struct tg_encoding *open_set(const char *name)
{
	struct tg_encoding *e = NULL;
	struct tg_error err = TG_ERROR_INIT;

	if (tg_encoding_open(&e, tg_str_of(name), &err))
		return NULL;
	return e;
}

#define S(literal)                                                                                 \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

TEST(what_bytes_mean)
{
	static const struct {
		const char *set;
		struct tg_str bytes, text;
		long long bad; /* -1: none is */
	} row[] = {
		// clang-format off
		{ "utf-8",        S("a\xc3\xa9z"),                 S("a\xc3\xa9z"), -1 },
		{ "UTF8",         S("ab\xffz"),                    S("ab\xffz"), 2 },
		{ "iso-8859-1",   S("caf\xe9\x80"),                S("caf\xc3\xa9\xc2\x80"), -1 },
		{ "iso-8859-15",  S("10\xa4"),                     S("10\xe2\x82\xac"), -1 },
		{ "windows-1252", S("\x80 d\x92r \x93x\x94 \xe9"), S("\xe2\x82\xac d\xe2\x80\x99r \xe2\x80\x9cx\xe2\x80\x9d \xc3\xa9"), -1 },
		{ "windows-1252", S("12345678\x81z"),              S("12345678\xffz"), 8 },
		{ "us-ascii",     S("a\x80"),                      S("a\xff"), 1 },
		{ "cp037",        S("\xc1\xba\xbb\xf1\x25"),       S("A[]1\n"), -1 },
		{ "cp500",        S("\xc1\x4a\x5a"),               S("A[]"), -1 },
		{ "cp1047",       S("\xad\xbd\x15"),               S("[]\xc2\x85"), -1 },
		{ "CP1140",       S("\x9f"),                       S("\xe2\x82\xac"), -1 },
		{ "utf-16le",     S("a\0\xe9\0=\xd8\0\xde"),       S("a\xc3\xa9\xf0\x9f\x98\x80"), -1 },
		{ "utf-16be",     S("\0a\xd8=\xde\0"),             S("a\xf0\x9f\x98\x80"), -1 },
		{ "utf-16le",     S("a\0\0\xdez\0"),               S("a\xffz"), 2 },
		{ "utf-16le",     S("a\0=\xd8z\0"),                S("a\xffz"), 2 },
		{ "utf-16le",     S("a\0=\xd8"),                   S("a\xff"), 2 },
		{ "utf-16le",     S("a\0b"),                       S("a\xff"), 2 },
		{ "utf-16be",     S("\0a\0b\0c\0d\0e\0f"),         S("abcdef"), -1 },
		{ "utf-32le",     S("\0\xf6\1\0a\0\0\0"),          S("\xf0\x9f\x98\x80" "a"), -1 },
		{ "utf-32be",     S("\0\x11\0\0\0\0\xd8\0\0\0\0a"), S("\xff\xff" "a"), 0 },
		{ "shift_jis",    S("\x93\xfa\x96{\xb1 a"),        S("\xe6\x97\xa5\xe6\x9c\xac\xef\xbd\xb1 a"), -1 },
		{ "shift_jis",    S("a\x93"),                      S("a\xff"), 1 },
		{ "gb18030",      S("\xc4\xe3\x81\x30\x81\x30"),   S("\xe4\xbd\xa0\xc2\x80"), -1 },
		{ "iso-2022-jp",  S("a\x1b$BF|\x1b(Bz"),           S("a\xe6\x97\xa5z"), -1 },
		{ "utf-7",        S("a+AOk-z+-"),                  S("a\xc3\xa9z+"), -1 },
		{ "windows-1258", S("A\xcc" "b"),                  S("A\xcc\x80" "b"), -1 },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_encoding_free) struct tg_encoding *e = open_set(row[i].set);
		TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
		size_t bad;

		ok(row[i].set, e != NULL);
		if (!e)
			continue;
		bad = tg_encoding_decode(e, row[i].bytes, &out);
		is_int(row[i].set, bad == row[i].bytes.n ? -1 : (long long)bad, row[i].bad);
		is_str(row[i].set, tg_buffer_str(&out), row[i].text);
		if (row[i].bad >= 0)
			continue;
		is_int(row[i].set, (long long)tg_encoding_encode(e, row[i].text, &back),
		       (long long)row[i].text.n);
		is_str(row[i].set, tg_buffer_str(&back), row[i].bytes);
	}
}

TEST(names_that_are_none)
{
	static const struct {
		const char *name, *hint;
	} row[] = {
		{ "", NULL },
		{ "utf-9", "utf-8" },
		{ "windows-1253//IGNORE", NULL },
		{ "utf-8//TRANSLIT", NULL },
		{ "char", NULL },
		{ "WCHAR_T", NULL },
		{ "windos-1252", "windows-1252" },
		{ "a name that is far too long to be that of a set", NULL },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_encoding *e = NULL;

		is_int(row[i].name, tg_encoding_open(&e, tg_str_of(row[i].name), &err), TG_CONFIG);
		ok(row[i].name, !e && strstr(err.text, "is no character set"));
		if (row[i].hint)
			ok(row[i].name, strstr(err.text, row[i].hint));
	}
}

/* Each byte of each set of single bytes is what iconv says, or nothing; and goes back. */
TEST(every_byte)
{
	static const char *const set[] = { "iso-8859-1",   "iso-8859-2",   "iso-8859-15",
					   "windows-1250", "windows-1251", "windows-1252",
					   "windows-1253", "cp437",	   "cp850",
					   "cp037",	   "cp500",	   "cp1047",
					   "cp1140",	   "koi8-r",	   "macintosh" };
	static const int undefined[] = { 0, 0, 0, 5, 1, 5, 17, 0, 0, 0, 0, 0, 0, 0, 0 };

	for (size_t i = 0; i < TG_COUNT(set); i++) {
		TG_OWN(tg_encoding_free) struct tg_encoding *e = open_set(set[i]);
		iconv_t cd = iconv_open("UTF-8", set[i]);
		int none = 0, wrong = 0;

		if (!e || cd == (iconv_t)-1) {
			tap_skip("this iconv does not have all of the sets");
			return;
		}
		for (unsigned byte = 0; byte < 256; byte++) {
			TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
			TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
			char in[1] = { (char)byte }, out[16], *from = in, *to = out;
			size_t left = 1, room = sizeof(out);
			bool good = iconv(cd, &from, &left, &to, &room) == 0;

			none += !good;
			wrong += (tg_encoding_decode(e, tg_str_from(in, 1), &text) == 1) != good;
			if (!good)
				continue;
			wrong += !tg_str_eq(tg_buffer_str(&text),
					    tg_str_from(out, (size_t)(to - out)));
			wrong += tg_encoding_encode(e, tg_buffer_str(&text), &back) != text.n;
			wrong += !tg_str_eq(tg_buffer_str(&back), tg_str_from(in, 1));
		}
		is_int(set[i], wrong, 0);
		is_int(set[i], none, undefined[i]);
		(void)iconv_close(cd);
	}
}

TEST(characters_that_a_set_has_not)
{
	static const struct {
		const char *set, *text;
		int at;
	} row[] = {
		{ "iso-8859-1", "ab\xe2\x82\xac", 2 },
		{ "windows-1252", "\xc2\x81", 0 },
		{ "us-ascii", "caf\xc3\xa9", 3 },
		{ "shift_jis", "a\xf0\x9f\x98\x80", 1 },
		{ "shift_jis", "\xe6\x97\xa5\xe2\x82\xac", 3 },
		{ "iso-2022-jp", "x\xc3\xa9", 1 },
		{ "utf-16le", "a\xff", 1 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_encoding_free) struct tg_encoding *e = open_set(row[i].set);
		TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

		ok(row[i].set, e != NULL);
		if (e)
			is_int(row[i].set,
			       (long long)tg_encoding_encode(e, tg_str_of(row[i].text), &out),
			       row[i].at);
	}
}

TEST(marks)
{
	static const struct {
		const char *set;
		struct tg_str bytes;
		bool last;
		enum tg_mark_kind kind;
		size_t n;
		const char *encoding;
	} row[] = {
		// clang-format off
		{ "utf-8",        S("\xef\xbb\xbf" "a"),  false, TG_MARK_OWN,   3, "UTF-8" },
		{ "utf-8",        S("\xef\xbb"),          false, TG_MARK_MORE,  0, NULL },
		{ "utf-8",        S("\xef\xbb"),          true,  TG_MARK_NONE,  0, NULL },
		{ "utf-8",        S(""),                  false, TG_MARK_MORE,  0, NULL },
		{ "utf-8",        S(""),                  true,  TG_MARK_NONE,  0, NULL },
		{ "utf-8",        S("\xff\xfe" "a\0"),    false, TG_MARK_OTHER, 2, "UTF-16" },
		{ "utf-8",        S("\xff\xfe\0\0"),      false, TG_MARK_OTHER, 4, "UTF-32" },
		{ "utf-8",        S("\xff\xfe"),          false, TG_MARK_MORE,  0, NULL },
		{ "utf-8",        S("\xff\xfe"),          true,  TG_MARK_OTHER, 2, "UTF-16" },
		{ "utf-16",       S("\xff\xfe" "a\0"),    false, TG_MARK_OWN,   2, "UTF-16" },
		{ "utf-16",       S("\xfe\xff\0a"),       false, TG_MARK_OWN,   2, "UTF-16" },
		{ "utf-16",       S("\xff\xfe\0\0"),      false, TG_MARK_OWN,   2, "UTF-16" },
		{ "utf-16",       S("a\0b\0"),            false, TG_MARK_LACKS, 0, "utf-16le" },
		{ "utf-16",       S("\0a\0b"),            false, TG_MARK_LACKS, 0, "utf-16be" },
		{ "utf-16",       S("abcd"),              false, TG_MARK_LACKS, 0, NULL },
		{ "utf-16",       S("\xef\xbb\xbf" "a"),  false, TG_MARK_OTHER, 3, "UTF-8" },
		{ "utf-16le",     S("\xff\xfe" "a\0"),    false, TG_MARK_OWN,   2, "UTF-16" },
		{ "utf-16le",     S("\xfe\xff\0a"),       false, TG_MARK_OTHER, 2, "UTF-16" },
		{ "utf-16le",     S("a\0b\0"),            false, TG_MARK_NONE,  0, NULL },
		{ "utf-32",       S("\0\0\xfe\xff"),      false, TG_MARK_OWN,   4, "UTF-32" },
		{ "windows-1252", S("\xef\xbb\xbf" "id"), false, TG_MARK_OTHER, 3, "UTF-8" },
		{ "windows-1252", S("\xefid"),            false, TG_MARK_NONE,  0, NULL },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_encoding_free) struct tg_encoding *e = open_set(row[i].set);
		struct tg_mark mark;

		ok(row[i].set, e != NULL);
		if (!e)
			continue;
		mark = tg_encoding_mark(e, row[i].bytes, row[i].last);
		is_int(row[i].set, mark.kind, row[i].kind);
		is_int(row[i].set, (long long)mark.n, (long long)row[i].n);
		is_str(row[i].set, tg_str_of(mark.encoding ? mark.encoding : "-"),
		       tg_str_of(row[i].encoding ? row[i].encoding : "-"));
	}
}

/* Line ends of EBCDIC. */
TEST(line_ends_of_ebcdic)
{
	static const char *const set[] = { "cp037", "cp500", "cp1047", "cp1140" };
	TG_OWN(tg_encoding_free) struct tg_encoding *latin = open_set("iso-8859-1");

	for (size_t i = 0; i < TG_COUNT(set); i++) {
		TG_OWN(tg_encoding_free) struct tg_encoding *e = open_set(set[i]);
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;

		ok(set[i], e && tg_encoding_swap_line_ends(e));
		if (!e)
			continue;
		(void)tg_encoding_decode(e, TG_STR("\xc1\x15\x25"), &text);
		is_str(set[i], tg_buffer_str(&text), TG_STR("A\n\xc2\x85"));
		(void)tg_encoding_encode(e, tg_buffer_str(&text), &back);
		is_str(set[i], tg_buffer_str(&back), TG_STR("\xc1\x15\x25"));
	}
	ok("no EBCDIC", !tg_encoding_swap_line_ends(latin));
}

/* In any pieces, dropped in any pieces: the text of the whole, and each character's place. */
TEST(streams)
{
	static const struct {
		const char *set;
		struct tg_str bytes;
	} row[] = {
		{ "windows-1252", S("abcdefghijkl\xe9\x81\x80mnopqrstuvwxyz") },
		{ "utf-16le", S("a\0\xe9\0=\xd8\0\xde=\xd8x\0\0\xdcyz\0\xff") },
		{ "utf-32be", S("\0\1\xf6\0\0\0\0a\0\0\xd8\0\0\0") },
		{ "gb18030", S("a\xc4\xe3\x81\x30\x81\x30\xffz\x81") },
		{ "iso-2022-jp", S("a\x1b$BF|K\\\x1b(Bz\n") },
		{ "utf-7", S("a+AOkA6Q-z+2D3eAA-\n") },
		{ "utf-8", S("a\xc3\xa9\xff\xf0\x9f\x98\x80") },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_encoding_free) struct tg_encoding *e = open_set(row[i].set);
		TG_OWN(tg_buffer_release) struct tg_buffer whole = TG_BUFFER_INIT;
		size_t place[64];

		ok(row[i].set, e != NULL);
		if (!e)
			continue;
		(void)tg_encoding_decode(e, row[i].bytes, &whole);
		for (size_t piece = row[i].bytes.n; piece > 0; piece--) {
			TG_OWN(tg_decoder_release) struct tg_decoder d = TG_DECODER_INIT;
			size_t at = 0, end = 0, gone = 0, gone_bytes = 0;

			tg_decoder_begin(&d, e);
			while (end < row[i].bytes.n) {
				end = row[i].bytes.n - end < piece ? row[i].bytes.n : end + piece;
				at += tg_decoder_put(&d, tg_str_from(row[i].bytes.p + at, end - at),
						     end == row[i].bytes.n);
				ok(row[i].set, tg_str_eq(tg_buffer_str(&d.text),
							 tg_str_from(whole.p + gone, d.text.n)));
				for (size_t k = 0; k < d.text.n; k++) {
					size_t found = gone_bytes + tg_decoder_bytes(&d, k);

					if (piece == row[i].bytes.n)
						place[gone + k] = found;
					is_int(row[i].set, (long long)found,
					       (long long)place[gone + k]);
				}
				if (d.text.n > 3) {
					gone_bytes += tg_decoder_bytes(&d, d.text.n - 2);
					gone += d.text.n - 2;
					tg_decoder_drop(&d, d.text.n - 2);
				}
			}
			is_int(row[i].set, (long long)(gone + d.text.n), (long long)whole.n);
			is_int(row[i].set, (long long)(gone_bytes + d.bytes),
			       (long long)row[i].bytes.n);
		}
	}
}
