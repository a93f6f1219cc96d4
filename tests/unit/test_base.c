#include "common/base/check.h"
#include "common/base/decode.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/base/utf8.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

TEST(sizes_from_a_command_line)
{
	static const struct {
		const char *text;
		int good;
		uint64_t bytes;
	} row[] = {
		{ "0", 1, 0 },
		{ "16MiB", 1, 16777216 },
		{ "1kB", 1, 1000 },
		{ "18446744073709551615", 1, UINT64_MAX },
		{ "18446744073709551616", 0, 0 },
		{ "18014398509481984KiB", 0, 0 },
		{ "1k", 0, 0 },
		{ "1 kB", 0, 0 },
		{ "-1", 0, 0 },
		{ "+1", 0, 0 },
		{ "", 0, 0 },
		{ "MiB", 0, 0 },
		{ "1KB", 0, 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		uint64_t bytes = 0;

		is_int(row[i].text, tg_read_size(tg_str_of(row[i].text), &bytes), row[i].good);
		if (row[i].good)
			ok(row[i].text, bytes == row[i].bytes);
	}
}

TEST(bytes_that_are_no_utf8)
{
	static const struct {
		const char *about;
		struct tg_str text;
		size_t at;
	} row[] = {
		{ "ascii", { "abcdefghijklmnopqrstuvwxyz", 26 }, 26 },
		{ "two, three and four bytes", { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 }, 9 },
		{ "NUL", { "a\0b", 3 }, 3 },
		{ "a lone continuation", { "a\x80", 2 }, 1 },
		{ "overlong slash", { "\xc0\xaf", 2 }, 0 },
		{ "overlong of three", { "\xe0\x80\xaf", 3 }, 0 },
		{ "a surrogate", { "ab\xed\xa0\x80", 5 }, 2 },
		{ "above U+10FFFF", { "\xf4\x90\x80\x80", 4 }, 0 },
		{ "cut off", { "abcdefgh\xe2\x82", 10 }, 8 },
		{ "cut off behind a whole word", { "\xe2\x82", 2 }, 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;

		is_int(row[i].about, (long long)tg_utf8_check(tg_arena_copy(&arena, row[i].text)),
		       (long long)row[i].at);
	}
}

/* Every two and three byte sequence, and the edges of the four byte ones, against the decoder; at each offset in a wide load. */
TEST(utf8_by_the_decoder)
{
	char text[128 + TG_SLACK] = { 0 };

	for (uint32_t lead = 0x80; lead < 0x100; lead++) {
		for (uint32_t second = 0; second < 0x100; second += 1) {
			static const unsigned char third[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0 };

			for (size_t t = 0; t < sizeof(third); t++) {
				size_t at = (lead * 7 + second) % 70, size, expected = 96;

				memset(text, 'x', 96);
				text[at] = (char)lead;
				text[at + 1] = (char)second;
				text[at + 2] = (char)third[t];
				text[at + 3] = (char)0x80;
				for (size_t i = 0; i < 96; i += size) {
					if (tg_utf8_decode(tg_str_from(text + i, 96 - i), &size) ==
					    UINT32_MAX) {
						expected = i;
						break;
					}
				}
				is_int("offset", (long long)tg_utf8_check(tg_str_from(text, 96)),
				       (long long)expected);
			}
		}
	}
}

/* A mistake at each place of a text of many steps, that is ASCII but for some characters here and there. */
TEST(utf8_in_a_long_text)
{
	enum { SIZE = 1500 };
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
	char text[SIZE + TG_SLACK], kept;

	for (size_t every = 1; every < 400; every = every * 2 + 1) {
		memset(text, 'x', sizeof(text));
		for (size_t i = every; i + 4 < SIZE; i += every + 4)
			memcpy(text + i, characters[i % 3], strlen(characters[i % 3]));
		is_int("well", (long long)tg_utf8_check(tg_str_from(text, SIZE)), SIZE);
		for (size_t at = 0; at < SIZE; at++) {
			size_t size, expected = SIZE;

			kept = text[at];
			text[at] = (char)(at % 2 ? 0xbf : 0xe1);
			for (size_t i = 0; i < SIZE && expected == SIZE; i += size) {
				if (tg_utf8_decode(tg_str_from(text + i, SIZE - i), &size) ==
				    UINT32_MAX)
					expected = i;
			}
			is_int("offset", (long long)tg_utf8_check(tg_str_from(text, SIZE)),
			       (long long)expected);
			text[at] = kept;
		}
	}
}

TEST(text_made_safe_for_a_terminal)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "plain", "plain" },
		{ "a\nb\tc", "a\\nb\\tc" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\xff", "\\xff" },
		{ "evil\xe2\x80\xae"
		  "fdp.exe",
		  "evil\\u{202e}fdp.exe" },
		{ "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123..." },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_utf8_put_safe(&b, tg_str_of(row[i].in), 30);
		is_str(row[i].in, tg_buffer_str(&b), tg_str_of(row[i].out));
	}
}

TEST(near_names)
{
	static const struct tg_str names[] = { { "country", 7 }, { "email", 5 }, { "id", 2 } };
	static const struct {
		const char *word, *nearest;
	} row[] = {
		{ "contry", "country" }, { "e-mail", "email" }, { "E_Mail", "email" },
		{ "emial", "email" },	 { "x", NULL },		{ "county", "country" },
		{ "nothing", NULL },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const struct tg_str *found =
			tg_str_nearest(tg_str_of(row[i].word), names, TG_COUNT(names));

		is_str(row[i].word, found ? *found : TG_STR_NONE, tg_str_of(row[i].nearest));
	}
}

/* What is given up early is further away than was asked for. */
TEST(distances_of_many_words)
{
	uint32_t seed = 3;
	size_t near = 0;

	for (size_t i = 0; i < 20000; i++) {
		char word[2][8];
		struct tg_str a, b;
		size_t all;

		for (size_t k = 0; k < sizeof(word); k++) {
			seed = seed * 1664525 + 1013904223;
			word[k / 8][k % 8] = "abcdefgA"[seed >> 29];
		}
		a = tg_str_from(word[0], seed >> 8 & 7);
		b = tg_str_from(word[1], seed >> 12 & 7);
		all = tg_str_distance(a, b, 100);
		for (size_t most = 0; most < 5; most++)
			is_int("cut off", (long long)tg_str_distance(a, b, most),
			       (long long)(all > most ? most + 1 : all));
		near += all <= 2;
	}
	ok("some are near", near > 1000);
}

TEST(errors_say_where_they_were)
{
	struct tg_error err = TG_ERROR_INIT;
	char long_text[3000];

	is_int("the status comes back", tg_fail(&err, TG_CONFIG, "%s", "no type"), TG_CONFIG);
	is_int("and from within", tg_within(&err, "in the contract %s", "x.json"), TG_CONFIG);
	is_str("text", tg_str_of(err.text), TG_STR("in the contract x.json: no type"));
	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	is_int("a long place", tg_within(&err, "%s", long_text), TG_CONFIG);
	ok("is cut, with its end", strlen(err.text) < sizeof(err.text));
}

TEST(base64_and_hex)
{
	static const char *const rows[][2] = { { "", "" },
					       { "f", "Zg==" },
					       { "fo", "Zm8=" },
					       { "foo", "Zm9v" },
					       { "foob", "Zm9vYg==" } };

	for (size_t i = 0; i < TG_COUNT(rows); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_buffer_put_base64(&b, rows[i][0], strlen(rows[i][0]));
		is_str("RFC 4648 section 10", tg_buffer_str(&b), tg_str_of(rows[i][1]));
	}
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	tg_buffer_put_hex(&b, "\x00\xfe", 2);
	is_str("hex", tg_buffer_str(&b), TG_STR("00fe"));
}

/* Every text of up to so many bytes, of all lengths: encoded and decoded it is the same, and no other spelling gives it. */
TEST(decoding_is_the_inverse)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
	char bytes[64];

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		for (unsigned round = 0; round < 8; round++) {
			for (size_t i = 0; i < n; i++)
				bytes[i] = (char)(i * (37 + 2 * round) + round * 11 + n);
			tg_buffer_clear(&text);
			tg_buffer_clear(&back);
			tg_buffer_put_base64(&text, bytes, n);
			ok("base64", tg_base64_decode(&back, tg_buffer_str(&text)));
			is_str("the same", tg_buffer_str(&back), tg_str_from(bytes, n));
			for (size_t i = 0; i < text.n; i++) {
				if (text.p[i] == '+')
					text.p[i] = '-';
				else if (text.p[i] == '/')
					text.p[i] = '_';
			}
			while (text.n && text.p[text.n - 1] == '=')
				text.n--;
			tg_buffer_clear(&back);
			ok("base64url", tg_base64url_decode(&back, tg_buffer_str(&text)));
			is_str("the same", tg_buffer_str(&back), tg_str_from(bytes, n));
			tg_buffer_clear(&text);
			tg_buffer_clear(&back);
			tg_buffer_put_hex(&text, bytes, n);
			ok("hex", tg_hex_decode(&back, tg_buffer_str(&text)));
			is_str("the same", tg_buffer_str(&back), tg_str_from(bytes, n));
		}
	}
}

TEST(what_is_no_encoding)
{
	enum { HEX, STANDARD, URL };
	static const struct {
		const char *about, *text;
		int how;
		bool good;
	} row[] = {
		// clang-format off
		{ "hex of either case", "00fFAb", HEX, true },
		{ "half a byte", "00f", HEX, false },
		{ "no digit", "0g", HEX, false },
		{ "blank behind", "00 ", HEX, false },
		{ "0x", "0x00", HEX, false },
		{ "one byte", "Zg==", STANDARD, true },
		{ "no padding", "Zg", STANDARD, false },
		{ "half the padding", "Zg=", STANDARD, false },
		{ "too much padding", "Zg===", STANDARD, false },
		{ "padding of nothing", "====", STANDARD, false },
		{ "a padding of its own", "Zm9v====", STANDARD, false },
		{ "padding within", "Zg==Zg==", STANDARD, false },
		{ "only padding behind one digit", "Z===", STANDARD, false },
		{ "unused bits of the second digit", "Zh==", STANDARD, false },
		{ "unused bits of the third digit", "Zm9=", STANDARD, false },
		{ "the other alphabet", "-_-_", STANDARD, false },
		{ "line end", "Zm9v\n", STANDARD, false },
		{ "line end within", "Zm\n9", STANDARD, false },
		{ "blank for plus", "Zm 9", STANDARD, false },
		{ "high byte", "Zm\xc3\xa9", STANDARD, false },
		{ "url alphabet", "-_-_", URL, true },
		{ "without padding", "Zg", URL, true },
		{ "with padding", "Zg==", URL, false },
		{ "the standard alphabet", "+/+/", URL, false },
		{ "one digit is no byte", "Z", URL, false },
		{ "one digit too many", "Zm9vZ", URL, false },
		{ "unused bits", "Zh", URL, false },
		{ "unused bits of three", "Zm9", URL, false },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
		struct tg_str text = tg_str_of(row[i].text);
		bool good = row[i].how == HEX	     ? tg_hex_decode(&out, text)
			    : row[i].how == STANDARD ? tg_base64_decode(&out, text)
						     : tg_base64url_decode(&out, text);

		is_int(row[i].about, good, row[i].good);
		ok(row[i].about, good || out.n == 0);
	}
}

TEST(bytes_that_are_counted)
{
	static char text[30000];
	unsigned seed = 3;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "\n\xff,a"[rand_r(&seed) % 4];
	memset(text + 5000, '\n', 12000); /* more in a column than a byte can count */
	for (size_t n = 0; n < sizeof(text); n += n < 100 ? 1 : 977) {
		size_t from = n % 17, is[2] = { 0 };
		struct tg_str_counts both;

		for (size_t i = from; i < from + n && i < sizeof(text); i++) {
			is[0] += text[i] == '\n';
			is[1] += text[i] == '\xff';
		}
		if (from + n > sizeof(text))
			break;
		is_int("feeds", (long long)tg_str_count(tg_str_from(text + from, n), '\n'),
		       (long long)is[0]);
		both = tg_str_count_both(tg_str_from(text + from, n), '\n', '\xff');
		is_int("both", (long long)both.a, (long long)is[0]);
		is_int("both", (long long)both.b, (long long)is[1]);
		is_int("high ones", (long long)tg_str_count(tg_str_from(text + from, n), '\xff'),
		       (long long)is[1]);
	}
}

TEST(arenas_keep_and_give_back)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;

	for (size_t round = 0; round < 3; round++) {
		for (size_t n = 1; n < 100000; n = n * 3 + 1) {
			char *p = tg_arena_take(&arena, n);
			size_t set = 0;

			for (size_t i = 0; i < n; i++)
				set += p[i] != 0;
			is_int("zeroed", (long long)set, 0);
			memset(p, 0xff, n);
		}
		tg_arena_reset(&arena);
	}
}
