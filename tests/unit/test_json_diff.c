/*
 * The checks of tests/fuzz/json_check.h on texts that are made here: JSON of every sort, and the same spoilt in small ways; and on
 * the corpus that fuzzing left behind.
 *
 *	test_json_diff [TEXTS [SEED]]
 *
 * 400,000 texts, a quarter of them under sanitizers, fifty times as many with TIDEGATE_LONG=1. Runs with one seed are alike.
 */
#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base/utf8.h"
#include "tests/fuzz/json_check.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return (size_t)(draw() % n);
}

static bool one_in(size_t n)
{
	return below(n) == 0;
}

static void put_any(struct tg_buffer *b, const char *const *texts, size_t n)
{
	tg_buffer_puts(b, texts[below(n)]);
}

#define PUT_ANY(b, ...)                                                                            \
	do {                                                                                       \
		static const char *const any[] = { __VA_ARGS__ };                                  \
		put_any(b, any, TG_COUNT(any));                                                    \
	} while (0)

static void put_blanks(struct tg_buffer *b)
{
	while (one_in(6))
		PUT_ANY(b, " ", " ", "\n", "\t", "\r\n", "        ");
}

static void put_character(struct tg_buffer *b)
{
	uint32_t c = (uint32_t)(one_in(3)   ? below(0x110000)
				: one_in(2) ? below(0x800)
					    : below(0x80));
	bool big = one_in(2);

	if (c < 0x20 || c == '"' || c == '\\' || one_in(8)) {
		uint32_t high = 0xd800 + (((c - 0x10000) >> 10) & 0x3ff),
			 low = 0xdc00 + (c & 0x3ff);

		if (c < 0x10000)
			tg_buffer_printf(b, big ? "\\u%04X" : "\\u%04x", (unsigned)c);
		else
			tg_buffer_printf(b, big ? "\\u%04X\\u%04X" : "\\u%04x\\u%04x",
					 (unsigned)high, (unsigned)low);
	} else if (c < 0xd800 || c > 0xdfff) {
		b->n += tg_utf8_encode(c, tg_buffer_room(b, 4));
	}
}

/* Of any length around what a wide step holds. */
static void put_string(struct tg_buffer *b)
{
	size_t n = one_in(10) ? below(200) : below(20);

	tg_buffer_putc(b, '"');
	if (one_in(3)) {
		while (n--)
			tg_buffer_putc(b, (char)('a' + below(26)));
	} else if (one_in(2)) {
		while (n--)
			put_character(b);
	} else {
		PUT_ANY(b, "", "a", "b", "id", "name", "customer_id", "\\u0061",
			"\\n\\t\\\\\\/\\\"", "\\u0000", "\xc3\xa9", "\xe2\x82\xac",
			"\xf0\x9f\x98\x80", "\\ud83d\\ude00", "a_name_of_more_than_sixteen",
			"a_name_of_more_than_sixteem", "12345678", "\xef\xbb\xbf", "/~0~1", "0",
			"-1");
	}
	tg_buffer_putc(b, '"');
}

static void put_digits(struct tg_buffer *b)
{
	size_t n = one_in(20) ? below(60) : below(5);

	tg_buffer_putc(b, (char)('0' + below(10)));
	while (n--)
		tg_buffer_putc(b, (char)('0' + (one_in(3) ? 0 : below(10))));
}

static void put_number(struct tg_buffer *b)
{
	if (one_in(4)) {
		PUT_ANY(b, "0", "-0", "0.0", "1e400", "-1E-400", "9223372036854775807",
			"9223372036854775808", "-9223372036854775808", "1e99999999999999999999",
			"1.0", "10e-1", "0.1", "1E+2", "1e-99999999999999999999");
		return;
	}
	if (one_in(3))
		tg_buffer_putc(b, '-');
	if (one_in(4)) {
		tg_buffer_putc(b, '0');
	} else {
		tg_buffer_putc(b, (char)('1' + below(9)));
		put_digits(b);
	}
	if (one_in(3)) {
		tg_buffer_putc(b, '.');
		put_digits(b);
	}
	if (one_in(4)) {
		PUT_ANY(b, "e", "E", "e+", "e-", "E-");
		tg_buffer_putc(b, (char)('0' + below(10)));
	}
}

static void put_value(struct tg_buffer *b, size_t deep)
{
	size_t n = one_in(40) ? below(80) : below(6);

	put_blanks(b);
	switch (deep ? below(9) : below(5)) {
	case 0:
		PUT_ANY(b, "null", "true", "false");
		break;
	case 1:
		put_number(b);
		break;
	case 2:
	case 3:
	case 4:
		put_string(b);
		break;
	case 5:
	case 6:
		tg_buffer_putc(b, '[');
		for (size_t i = 0; i < n; i++) {
			tg_buffer_puts(b, i ? "," : "");
			put_value(b, deep - 1);
		}
		put_blanks(b);
		tg_buffer_putc(b, ']');
		break;
	default:
		tg_buffer_putc(b, '{');
		for (size_t i = 0; i < n; i++) {
			tg_buffer_puts(b, i ? "," : "");
			put_blanks(b);
			/* Mostly keys of their own, or few objects would be good. */
			if (one_in(12))
				put_string(b);
			else
				tg_buffer_printf(b, "\"k%zu\"", i);
			put_blanks(b);
			tg_buffer_putc(b, ':');
			put_value(b, deep - 1);
		}
		put_blanks(b);
		tg_buffer_putc(b, '}');
		break;
	}
	put_blanks(b);
}

static void insert(struct tg_buffer *b, size_t at, struct tg_str what)
{
	tg_buffer_room(b, what.n);
	memmove(b->p + at + what.n, b->p + at, b->n - at);
	memcpy(b->p + at, what.p, what.n);
	b->n += what.n;
}

static void spoil(struct tg_buffer *b)
{
	static const struct tg_str piece[] = {
		{ "\"", 1 },
		{ "\\", 1 },
		{ "{", 1 },
		{ "}", 1 },
		{ "[", 1 },
		{ "]", 1 },
		{ ",", 1 },
		{ ":", 1 },
		{ "\0", 1 },
		{ "\n", 1 },
		{ "\x1f", 1 },
		{ "\x7f", 1 },
		{ "\x80", 1 },
		{ "\xc0\x80", 2 },
		{ "\xed\xa0\x80", 3 },
		{ "\xf4\x90\x80\x80", 4 },
		{ "\xff", 1 },
		{ "\\u", 2 },
		{ "\\ud800", 6 },
		{ "\\udc00", 6 },
		{ "\\u0000", 6 },
		{ "0", 1 },
		{ "-", 1 },
		{ ".", 1 },
		{ "e", 1 },
		{ "null", 4 },
		{ "tru", 3 },
		{ "\"a\":1,", 6 },
		{ "//", 2 },
		{ "\xe2\x82", 2 },
	};
	size_t at = below(b->n + 1), n;

	switch (below(6)) {
	case 0: /* cut off */
		b->n = at;
		break;
	case 1: /* left out */
		n = below(8) + 1;
		if (at + n > b->n)
			n = b->n - at;
		memmove(b->p + at, b->p + at + n, b->n - at - n);
		b->n -= n;
		break;
	case 2: /* a bit turned */
		if (at < b->n)
			b->p[at] = (char)(b->p[at] ^ 1 << below(8));
		break;
	case 3: { /* part of it again */
		TG_OWN(tg_buffer_release) struct tg_buffer part = TG_BUFFER_INIT;

		n = below(b->n - at + 1);
		tg_buffer_put(&part, b->p + at, n < 40 ? n : 40);
		insert(b, below(b->n + 1), tg_buffer_str(&part));
		break;
	}
	default:
		insert(b, at, piece[below(TG_COUNT(piece))]);
		break;
	}
}

static void make(struct tg_buffer *b)
{
	tg_buffer_clear(b);
	put_value(b, below(6));
	tg_buffer_room(b, 0);
	if (one_in(500)) { /* around the greatest depth */
		size_t deep = 2046 + below(4);

		for (size_t i = 0; i < deep; i++)
			insert(b, 0, tg_str_from("[", 1));
		for (size_t i = 0; i < deep; i++)
			tg_buffer_putc(b, ']');
	}
	while (one_in(2))
		spoil(b);
}

static bool check(struct tg_str text, const char *about, uint64_t i)
{
	const char *wrong = json_check(text);
	TG_OWN(tg_buffer_release) struct tg_buffer shown = TG_BUFFER_INIT;

	if (!wrong)
		return true;
	tg_utf8_put_safe(&shown, text, 2000);
	printf("# %s %" PRIu64 ": %s\n#   %.*s\n", about, i, wrong,
	       TG_STR_ARG(tg_buffer_str(&shown)));
	return false;
}

static bool made(uint64_t texts, uint64_t seed)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	uint64_t bad = 0;

	state = seed;
	for (uint64_t i = 0; i < texts && bad < 10; i++) {
		make(&b);
		bad += !check(tg_buffer_str(&b), "text", i);
	}
	printf("# %" PRIu64 " texts, %" PRIu64 " of them taken, seed %" PRIu64 "\n", texts,
	       json_check_taken(), seed);
	return bad == 0;
}

static bool check_file(const char *folder, const char *name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	FILE *file;
	size_t got;

	tg_buffer_printf(&path, "%s/%s", folder, name);
	tg_buffer_putc(&path, '\0');
	file = fopen(path.p, "rb");
	if (!file)
		return false;
	do {
		got = fread(tg_buffer_room(&text, 65536), 1, 65536, file);
		text.n += got;
	} while (got);
	fclose(file);
	return check(tg_buffer_str(&text), name, text.n);
}

static bool corpus(const char *folder, unsigned *files)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool good = true;

	*files = 0;
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		good &= check_file(folder, entry->d_name);
		++*files;
	}
	closedir(dir);
	return good;
}

int main(int argc, char **argv)
{
	const char *wish = getenv("TIDEGATE_LONG"), *root = getenv("TIDEGATE_SOURCE");
	TG_OWN(tg_buffer_release) struct tg_buffer folder = TG_BUFFER_INIT;
	uint64_t texts = wish && *wish ? 20000000 : TG_SANITIZED ? 100000 : 400000, seed = 1;
	unsigned files;
	bool good, all;

	if ((argc > 1 && !tg_read_u64(tg_str_of(argv[1]), &texts)) ||
	    (argc > 2 && !tg_read_u64(tg_str_of(argv[2]), &seed))) {
		fprintf(stderr, "usage: test_json_diff [TEXTS [SEED]]\n");
		return 64;
	}
	good = all = made(texts, seed);
	printf("%sok 1 - made texts: all levels, spans, jansson, canonical form\n",
	       good ? "" : "not ");
	tg_buffer_printf(&folder, "%s/tests/corpus/json", root ? root : ".");
	tg_buffer_putc(&folder, '\0');
	good = corpus(folder.p, &files);
	printf("# %u files\n%sok 2 - the corpus\n1..2\n", files, good ? "" : "not ");
	return all && good ? 0 : 1;
}
