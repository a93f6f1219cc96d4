#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/fixed/decimal.h"
#include "common/fixed/layout.h"
#include "common/fixed/value.h"
#include "tests/fuzz/fixed_check.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>

/* Reads x-fixed; NULL, or why it is refused. */
static const char *read_layout(struct tg_fixed_layout *layout, struct tg_arena *arena,
			       const char *fixed)
{
	static struct tg_contract contract;
	static struct tg_error err;
	const struct tg_setup setup = { .arena = arena };
	struct tg_str text = tg_arena_format(arena, "{\"x-fixed\":%s}", fixed);

	err = TG_ERROR_INIT;
	if (tg_contract_read(&contract, text, "c.json", &setup, &err) ||
	    tg_fixed_layout_read(layout, &contract, &setup, &err))
		return err.text;
	return NULL;
}

/* The value of the only field of a layout; "?" and a number for what is wrong with it. */
static struct tg_str value_of(const struct tg_fixed_layout *layout, const char *bytes, size_t n)
{
	static char out[8192];
	char copy[256] = { 0 }, *end = out;
	enum tg_fixed_wrong wrong;

	memcpy(copy, bytes, n);
	wrong = tg_fixed_value(&layout->kind[0].field[0], tg_str_from(copy, n), &end);
	if (wrong)
		end = out + sprintf(out, "?%d", (int)wrong);
	return tg_str_from(out, (size_t)(end - out));
}

TEST(decimals)
{
	static const struct {
		const char *digits;
		bool minus;
		int scale;
		const char *number;
	} row[] = {
		{ "1250", false, 2, "12.50" },
		{ "0000", true, 2, "0.00" },
		{ "51", true, 2, "-0.51" },
		{ "1", false, 5, "0.00001" },
		{ "1", true, 5, "-0.00001" },
		{ "0", true, 5, "0.00000" },
		{ "00042", false, 0, "42" },
		{ "0", false, 0, "0" },
		{ "0", true, 0, "0" },
		{ "000", false, -3, "0" },
		{ "012", true, -3, "-12000" },
		{ "10", false, 2, "0.10" },
		{ "100", false, 2, "1.00" },
		{ "12345678901234567890123", false, 3, "12345678901234567890.123" },
		{ "00000000000000000000001", false, 22, "0.0000000000000000000001" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		char digit[64 + TG_SLACK] = { 0 }, out[64 + TG_FIXED_DECIMAL_MORE];
		size_t n = strlen(row[i].digits);

		memcpy(digit, row[i].digits, n);
		is_str(row[i].digits,
		       tg_str_from(out, (size_t)(tg_fixed_put_decimal(out, digit, n, row[i].minus,
								      row[i].scale) -
						 out)),
		       tg_str_of(row[i].number));
	}
}

/* What a byte with a sign over its digit is, by rules of their own; -1: none. Ten more for minus. */
static int ibm_ascii(unsigned c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	if (c == '{' || (c >= 'A' && c <= 'I'))
		return c == '{' ? 0 : (int)(c - 'A') + 1;
	if (c == '}' || (c >= 'J' && c <= 'R'))
		return 10 + (c == '}' ? 0 : (int)(c - 'J') + 1);
	return -1;
}

static int micro_focus(unsigned c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	return c >= 0x70 && c <= 0x79 ? 10 + (int)(c - 0x70) : -1;
}

static int ebcdic(unsigned c)
{
	static const char zone[] =
		"----------+-+-++"; /* by the high half; those below A are none */

	if ((c & 15) > 9 || c >> 4 < 10)
		return -1;
	return (int)(c & 15) + (zone[c >> 4] == '-' ? 10 : 0);
}

static void signs(const char *layout, int (*rule)(unsigned), bool leading)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_fixed_layout l;
	const char *wrong = read_layout(&l, &arena, layout);

	ok(layout, !wrong);
	for (unsigned c = 0; c < 256 && !wrong; c++) {
		char zero = rule == ebcdic ? '\xf0' : '0', bytes[2] = { zero, zero }, expected[8];
		int digit = rule(c);
		struct tg_str got;

		bytes[leading ? 0 : 1] = (char)c;
		if (leading)
			bytes[1] = (char)(zero + 1);
		got = value_of(&l, bytes, 2);
		if (digit < 0) {
			ok("no sign", got.n && got.p[0] == '?');
			continue;
		}
		(void)sprintf(expected, "%s%d", digit >= 10 && (digit % 10 || leading) ? "-" : "",
			      leading ? digit % 10 * 10 + 1 : digit % 10);
		is_str("sign", got, tg_str_of(expected));
	}
}

TEST(all_bytes_with_a_sign_over_a_digit)
{
#define ZONED(more)                                                                                         \
	"{\"framing\":\"fixed\",\"fields\":[{\"name\":\"v\",\"at\":1,\"width\":2,\"type\":\"number\"," more \
	"}]}"
	signs(ZONED("\"sign\":\"overpunch-trailing\""), ibm_ascii, false);
	signs(ZONED("\"sign\":\"overpunch-leading\""), ibm_ascii, true);
	signs(ZONED("\"sign\":\"overpunch-trailing-ascii\""), micro_focus, false);
	signs(ZONED("\"sign\":\"overpunch-leading-ascii\""), micro_focus, true);
	signs(ZONED("\"sign\":\"overpunch-trailing\",\"encoding\":\"cp037\""), ebcdic, false);
	signs(ZONED("\"sign\":\"overpunch-leading\",\"encoding\":\"cp1140\""), ebcdic, true);
	signs(ZONED("\"sign\":\"overpunch-trailing\",\"encoding\":\"cp500\""), ebcdic, false);
	signs(ZONED("\"sign\":\"overpunch-trailing\",\"encoding\":\"cp1047\""), ebcdic, false);
}

TEST(all_bytes_of_packed_numbers)
{
#define PACKED(more)                                                                                       \
	"{\"framing\":\"fixed\",\"fields\":[{\"name\":\"v\",\"at\":1,\"width\":2,\"type\":\"packed\"" more \
	"}]}"
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_fixed_layout with, without;

	ok("with a sign", !read_layout(&with, &arena, PACKED("")));
	ok("without", !read_layout(&without, &arena, PACKED(",\"sign\":\"none\"")));
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			const char bytes[2] = { (char)a, (char)b };
			bool digits = a >> 4 < 10 && (a & 15) < 10 && b >> 4 < 10;
			unsigned three = (a >> 4) * 100 + (a & 15) * 10 + (b >> 4);
			char expected[16] = "?";
			struct tg_str got = value_of(&with, bytes, 2);

			if (digits && (b & 15) >= 10)
				(void)sprintf(expected, "%s%u",
					      three && ((b & 15) == 11 || (b & 15) == 13) ? "-"
											  : "",
					      three);
			if (got.p[0] == '?')
				got.n = 1;
			is_str("signed", got, tg_str_of(expected));
			got = value_of(&without, bytes, 2);
			(void)sprintf(expected, digits && (b & 15) < 10 ? "%u" : "?",
				      three * 10 + (b & 15));
			if (got.p[0] == '?')
				got.n = 1;
			is_str("unsigned", got, tg_str_of(expected));
		}
}

TEST(binary_numbers)
{
	static const struct {
		const char *how;
		struct tg_str bytes;
		const char *number;
	} row[] = {
		{ "\"sign\":\"twos\"", { "\x80", 1 }, "-128" },
		{ "\"sign\":\"none\"", { "\x80", 1 }, "128" },
		{ "\"sign\":\"twos\"", { "\xff\xff\xff", 3 }, "-1" },
		{ "\"sign\":\"none\",\"order\":\"little\"", { "\1\0\0", 3 }, "1" },
		{ "\"sign\":\"twos\"", { "\x80\0\0\0\0\0\0\0", 8 }, "-9223372036854775808" },
		{ "\"sign\":\"none\"",
		  { "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		  "18446744073709551615" },
		{ "\"sign\":\"twos\",\"scale\":3", { "\xff\xfe", 2 }, "-0.002" },
		{ "\"sign\":\"none\",\"scale\":-2", { "\0\7", 2 }, "700" },
		{ "\"sign\":\"none\"", { "    ", 4 }, "538976288" },
		{ "\"sign\":\"none\",\"blank\":\"null\"", { "    ", 4 }, "null" },
		{ "\"sign\":\"none\",\"nulls\":[\"0\"]", { "\0\0", 2 }, "null" },
		{ "\"sign\":\"none\",\"nulls\":[{\"bytes\":\"ff\"}]", { "\xff\xff", 2 }, "null" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_fixed_layout l;
		char layout[256];

		(void)snprintf(
			layout, sizeof(layout),
			"{\"framing\":\"fixed\",\"fields\":[{\"name\":\"v\",\"at\":1,\"width\":%zu,\"type\":\"binary\",%s}]}",
			row[i].bytes.n, row[i].how);
		ok(row[i].how, !read_layout(&l, &arena, layout));
		is_str(row[i].how, value_of(&l, row[i].bytes.p, row[i].bytes.n),
		       tg_str_of(row[i].number));
	}
}

TEST(written_values)
{
	static const struct {
		const char *how, *text, *value; /* "?": wrong */
	} row[] = {
		{ "\"type\":\"number\",\"sign\":\"leading\"", "-0012", "-12" },
		{ "\"type\":\"number\",\"sign\":\"leading\"", "+0012", "12" },
		{ "\"type\":\"number\",\"sign\":\"leading\"", " 0012", "12" },
		{ "\"type\":\"number\",\"sign\":\"leading\"", "00012", "12" },
		{ "\"type\":\"number\",\"sign\":\"leading\"", "0-012", "?" },
		{ "\"type\":\"number\",\"sign\":\"trailing\"", "0012-", "-12" },
		{ "\"type\":\"number\",\"sign\":\"trailing\"", "0012 ", "12" },
		{ "\"type\":\"number\",\"sign\":\"trailing\"", "00012", "12" },
		{ "\"type\":\"number\",\"sign\":\"trailing\"", "--012", "?" },
		{ "\"type\":\"number\",\"sign\":\"leading\",\"padChar\":\" \"", "  -12", "-12" },
		{ "\"type\":\"number\",\"padChar\":\"*\"", "***12", "12" },
		{ "\"type\":\"number\",\"padChar\":\" \"", "   1 ", "?" },
		{ "\"type\":\"number\",\"pad\":\"right\"", "12   ", "12" },
		{ "\"type\":\"number\"", "   12", "?" },
		{ "\"type\":\"number\"", "-0012", "?" },
		{ "\"type\":\"number\",\"point\":\"explicit\"", "01.50", "1.50" },
		{ "\"type\":\"number\",\"point\":\"explicit\"", "00150", "150" },
		{ "\"type\":\"number\",\"point\":\"explicit\",\"scale\":3", "01.50", "1.500" },
		{ "\"type\":\"number\",\"point\":\"explicit\",\"scale\":1", "01.50", "?" },
		{ "\"type\":\"number\",\"point\":\"explicit\"", "1.5.0", "?" },
		{ "\"type\":\"number\",\"point\":\"explicit\"", ".1234", "0.1234" },
		{ "\"type\":\"number\",\"point\":\"comma\"", "01,50", "1.50" },
		{ "\"type\":\"number\",\"point\":\"comma\"", "01.50", "?" },
		{ "\"type\":\"number\",\"scale\":7", "00012", "0.0000012" },
		{ "\"type\":\"number\",\"scale\":-2", "00012", "1200" },
		{ "\"type\":\"number\",\"blank\":\"zero\",\"scale\":2", "     ", "0.00" },
		{ "\"type\":\"number\",\"blank\":\"null\"", "     ", "null" },
		{ "\"type\":\"number\",\"nulls\":[\"99999\"]", "99999", "null" },
		{ "\"type\":\"number\",\"nulls\":[\"0\"]", "00000", "null" },
		{ "\"type\":\"integer\",\"blank\":\"zero\"", "     ", "0" },
		{ "\"type\":\"zoned\"", "0012}", "-120" },
		{ "\"type\":\"zoned\"", "0000}", "0" },
		{ "\"type\":\"zoned\"", "0012-", "?" },
		{ "\"pad\":\"left\"", "  a b", "\"a b\"" },
		{ "\"trim\":false", " a b ", "\" a b \"" },
		{ "\"padChar\":\"_\"", " a b_", "\" a b\"" },
		{ "\"padChar\":\"_\"", "_____", "\"\"" },
		{ "\"nulls\":[\"N/A\"]", "N/A  ", "null" },
		{ "\"nulls\":[\"N/A\"]", "N/A x", "\"N/A x\"" },
		{ "\"blank\":\"null\"", "     ", "null" },
		{ "\"blank\":\"reject\"", "     ", "?" },
		{ "\"type\":\"text\"", "a\"\\\t ", "\"a\\\"\\\\\\t\"" },
		{ "\"type\":\"text\"", "a\xe9   ", "?" },
		{ "\"type\":\"text\",\"encoding\":\"windows-1252\"", "\x80\xe9   ",
		  "\"\xe2\x82\xac\xc3\xa9\"" },
		{ "\"type\":\"text\",\"encoding\":\"windows-1252\"", "\x81    ", "?" },
		{ "\"type\":\"text\",\"encoding\":\"utf-8\"", "\xc3\xa9   ", "\"\xc3\xa9\"" },
		{ "\"type\":\"text\",\"encoding\":\"utf-8\"", "\xc3    ", "?" },
		{ "\"type\":\"boolean\",\"true\":[\"Y\",\"J\"],\"false\":[\"N\"]", "J    ",
		  "true" },
		{ "\"type\":\"boolean\",\"true\":[\"Y\"],\"false\":[\"N\"]", "N    ", "false" },
		{ "\"type\":\"boolean\",\"true\":[\"Y\"],\"false\":[\"N\"]", "X    ", "?" },
		{ "\"type\":\"boolean\",\"true\":[\"Y\"],\"false\":[\"N\"],\"blank\":\"null\"",
		  "     ", "null" },
		{ "\"type\":\"date\",\"format\":\"yyDDD\",\"pivot\":50", "25309",
		  "\"2025-11-05\"" },
		{ "\"type\":\"date\",\"format\":\"yyDDD\",\"pivot\":50", "25366", "?" },
		{ "\"type\":\"date\",\"format\":\"yyDDD\",\"pivot\":50,\"blank\":\"null\"", "     ",
		  "null" },
		{ "\"type\":\"date\",\"format\":\"yyDDD\",\"pivot\":50,\"nulls\":[\"00000\"]",
		  "00000", "null" },
		{ "\"type\":\"filler\",\"value\":\"ab\"", "ab   ", "" },
		{ "\"type\":\"filler\",\"value\":\"ab\"", "ab  x", "?" },
		{ "\"type\":\"filler\"", "ab \xff\xfe", "" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_fixed_layout l;
		struct tg_str got;
		char layout[256];

		(void)snprintf(layout, sizeof(layout),
			       "{\"fields\":[{\"name\":\"v\",\"at\":1,\"width\":5,%s}]}",
			       row[i].how);
		ok(row[i].how, !read_layout(&l, &arena, layout));
		got = value_of(&l, row[i].text, 5);
		if (got.n && got.p[0] == '?')
			got.n = 1;
		is_str(row[i].how, got, tg_str_of(row[i].value));
	}
}

TEST(code_pages_differ_where_they_should)
{
	static const struct {
		const char *name;
		struct tg_str bytes;
		const char *text;
	} row[] = {
		{ "cp037", { "\xba\xbb\xb0\x4f\x5a", 5 }, "\"[]^|!\"" },
		{ "cp500", { "\x4a\x5a\x5f\xbb\x4f", 5 }, "\"[]^|!\"" },
		{ "cp1047", { "\xad\xbd\x5f\x4f\x5a", 5 }, "\"[]^|!\"" },
		{ "cp1140", { "\xba\xbb\xb0\x9f\x5a", 5 }, "\"[]^\xe2\x82\xac!\"" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_fixed_layout l;
		char layout[256];

		(void)snprintf(
			layout, sizeof(layout),
			"{\"framing\":\"rdw\",\"encoding\":\"%s\",\"fields\":[{\"name\":\"v\",\"at\":1,\"width\":5}]}",
			row[i].name);
		ok(row[i].name, !read_layout(&l, &arena, layout));
		is_str(row[i].name, value_of(&l, row[i].bytes.p, 5), tg_str_of(row[i].text));
	}
}

TEST(layouts_that_are_refused)
{
#define A "{\"name\":\"a\",\"at\":1,\"width\":4}"
#define TWO(more) "{\"fields\":[" A ",{\"name\":\"b\",\"at\":5,\"width\":4" more "}]}"
#define KINDS(h, d, more)                                                                          \
	"{\"length\":4,\"tag\":{\"at\":1,\"width\":1},\"records\":{\"H\":{" h                      \
	"},\"D\":{\"fields\":[" A "]" d "}}" more "}"
	static const struct {
		const char *layout, *why;
	} row[] = {
		{ "{}", "has neither \"fields\" nor \"records\"" },
		{ "{\"feilds\":[]}",
		  "/x-fixed/feilds: is no key of x-fixed; did you mean fields?" },
		{ "{\"fields\":[]}", "must be a list of fields" },
		{ "{\"fields\":[{\"name\":\"a\",\"at\":1}]}", "has no \"width\"" },
		{ "{\"fields\":[{\"at\":1,\"width\":1}]}", "needs a name" },
		{ "{\"fields\":[{\"name\":\"a\",\"at\":0,\"width\":1}]}", "whole number from 1" },
		{ "{\"fields\":[{\"name\":\"a\",\"at\":2,\"width\":1}]}",
		  "no field says what 1 is" },
		{ "{\"length\":9,\"fields\":[" A "]}", "no field says what 5 to 9 are" },
		{ "{\"length\":3,\"fields\":[" A "]}", "ends at 4, behind the end, which is at 3" },
		{ "{\"fields\":[" A ",{\"name\":\"b\",\"at\":4,\"width\":2}]}",
		  "lies over a, which goes up to 4" },
		{ "{\"fields\":[" A "," A "]}", "is the name of another field too" },
		{ "{\"fields\":[" A ",{\"name\":\"b\",\"at\":4,\"width\":2,\"redefines\":\"a\"}]}",
		  "is not within the bytes that it redefines, 1 to 4" },
		{ "{\"fields\":[" A ",{\"name\":\"b\",\"at\":1,\"width\":2,\"redefines\":\"c\"}]}",
		  "must name a field beside it" },
		{ TWO(",\"scale\":2"), "/x-fixed/fields/1/scale: means nothing for a text" },
		{ TWO(",\"type\":\"integer\",\"scale\":2"), "an integer has no decimals" },
		{ TWO(",\"type\":\"number\",\"scale\":99"), "from -60 to 60" },
		{ TWO(",\"type\":\"number\",\"sign\":\"nibble\""),
		  "is no sign that a number can have" },
		{ TWO(",\"type\":\"number\",\"sign\":\"over\""), "must be one of none, leading" },
		{ TWO(",\"type\":\"number\",\"pad\":\"right\",\"padChar\":\"0\""),
		  "could be part of the number" },
		{ TWO(",\"type\":\"number\",\"blank\":\"text\""), "is no value of that type" },
		{ TWO(",\"blank\":\"zero\""), "is no number for blanks to be" },
		{ TWO(",\"type\":\"date\""), "needs a \"format\"" },
		{ TWO(",\"type\":\"date\",\"format\":\"yyMMdd\""), "needs a pivot" },
		{ TWO(",\"type\":\"boolean\",\"true\":[\"Y\"]"), "needs \"true\" and \"false\"" },
		{ TWO(",\"type\":\"boolean\",\"true\":[\"Y\"],\"false\":\"Y\""), "the same text" },
		{ TWO(",\"type\":\"packed\""), "any byte of it may be a line feed" },
		{ TWO(",\"nulls\":[\"12345\"]"), "is longer than the field" },
		{ TWO(",\"nulls\":[{\"bytes\":\"0\"}]"), "with bytes in hexadecimal" },
		{ TWO(",\"encoding\":\"klingon\""), "is no character set" },
		{ TWO(",\"encoding\":\"utf-16le\""), "is no set of single bytes" },
		{ TWO(",\"dependsOn\":\"a\""), "needs \"occurs\"" },
		{ TWO(",\"occurs\":2,\"dependsOn\":\"a\""),
		  "must name a field beside it that is a whole number" },
		{ TWO(",\"when\":{\"/z\":1}"), "there is no field of that name" },
		{ TWO(",\"when\":{\"z\":1}"), "by a pointer such as" },
		{ TWO(",\"fields\":[]"), "only a group has fields" },
		{ TWO(",\"type\":\"group\""), "a group needs fields" },
		{ TWO(",\"type\":\"group\",\"fields\":[{\"name\":\"c\",\"at\":1,\"width\":3}]"),
		  "no field says what 4 is" },
		{ "{\"framing\":\"fixed\",\"fields\":[{\"name\":\"a\",\"at\":1,\"width\":4,\"type\":\"binary\"}]}",
		  "needs a \"sign\"" },
		{ "{\"framing\":\"fixed\",\"fields\":[{\"name\":\"a\",\"at\":1,\"width\":9,\"type\":\"binary\",\"sign\":\"none\"}]}",
		  "more than a number can have, which is 8" },
		{ "{\"encoding\":\"cp037\",\"fields\":[" A "]}",
		  "has no LF that could end a line" },
		{ "{\"unit\":\"characters\",\"fields\":[" A "]}",
		  "characters need \"encoding\": \"utf-8\"" },
		{ "{\"framing\":\"fixed\",\"short\":\"pad\",\"fields\":[" A "]}",
		  "cannot be short" },
		{ "{\"records\":{\"H\":{},\"D\":{}}}", "no \"tag\" that says" },
		{ "{\"tag\":{\"at\":1,\"width\":1},\"fields\":[" A "]}",
		  "there are no \"records\"" },
		{ KINDS("", "", ""), "has no fields" },
		{ KINDS("\"emit\":false,\"min\":2,\"max\":1", "", ""), "is more than max" },
		{ KINDS("\"emit\":false,\"after\":[\"X\"]", "", ""),
		  "there is no record with this tag" },
		{ KINDS("\"emit\":false,\"length\":0", "", ""), "from 1 to" },
		{ KINDS("\"emit\":false", "", ",\"control\":[{\"in\":\"D\"}]"), "must say \"in\"" },
		{ KINDS("\"emit\":false", "",
			",\"control\":[{\"in\":\"D\",\"field\":\"x\",\"is\":\"count\",\"of\":\"D\"}]"),
		  "has no such field" },
		{ KINDS("\"emit\":false", "",
			",\"control\":[{\"in\":\"D\",\"field\":\"a\",\"is\":\"sum\",\"of\":\"/x\"}]"),
		  "no record has such a field" },
		{ KINDS("\"emit\":false", ",\"as\":\"x\"", ",\"fields\":[]"),
		  "belongs to a layout without" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_fixed_layout l;
		const char *why = read_layout(&l, &arena, row[i].layout);

		ok(row[i].layout, why && strncmp(why, "c.json:1:", 9) == 0);
		if (!why || !strstr(why, row[i].why))
			is_str(row[i].layout, tg_str_of(why ? why : "it was taken"),
			       tg_str_of(row[i].why));
	}
}

/* A random number, the same on each machine. */
static uint32_t next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

TEST(all_ways_give_the_same)
{
	static const char *const layout[] = {
		"{\"fields\":[{\"name\":\"t\",\"at\":1,\"width\":20},{\"name\":\"n\",\"at\":21,\"width\":9,\"type\":\"number\",\"scale\":2},"
		"{\"name\":\"z\",\"at\":30,\"width\":7,\"type\":\"zoned\",\"scale\":3},{\"name\":\"w\",\"at\":37,\"width\":40,\"pad\":\"left\"},"
		"{\"name\":\"m\",\"at\":77,\"width\":6,\"type\":\"number\",\"padChar\":\" \"},{\"name\":\"d\",\"at\":83,\"width\":8,\"type\":\"date\",\"format\":\"yyyyMMdd\"},"
		"{\"name\":\"l\",\"at\":91,\"width\":70}]}",
		"{\"framing\":\"fixed\",\"encoding\":\"cp037\",\"fields\":[{\"name\":\"t\",\"at\":1,\"width\":20},{\"name\":\"n\",\"at\":21,\"width\":9,\"type\":\"number\"},"
		"{\"name\":\"z\",\"at\":30,\"width\":7,\"type\":\"zoned\"},{\"name\":\"p\",\"at\":37,\"width\":5,\"type\":\"packed\",\"scale\":4},"
		"{\"name\":\"b\",\"at\":42,\"width\":4,\"type\":\"binary\",\"sign\":\"twos\"}]}",
		"{\"unit\":\"characters\",\"encoding\":\"utf-8\",\"short\":\"pad\",\"fields\":[{\"name\":\"t\",\"at\":1,\"width\":5},{\"name\":\"n\",\"at\":6,\"width\":4,\"type\":\"number\"},"
		"{\"name\":\"u\",\"at\":10,\"width\":6}]}",
		"{\"framing\":\"rdw\",\"fields\":[{\"name\":\"n\",\"at\":1,\"width\":1,\"type\":\"integer\"},{\"name\":\"g\",\"at\":2,\"width\":3,\"occurs\":9,\"dependsOn\":\"n\",\"type\":\"group\","
		"\"fields\":[{\"name\":\"k\",\"at\":1,\"width\":1},{\"name\":\"p\",\"at\":2,\"width\":2,\"type\":\"packed\",\"when\":{\"/k\":\"1\"}},"
		"{\"name\":\"q\",\"at\":2,\"width\":2,\"redefines\":\"p\",\"when\":{\"/k\":[\"2\",\"3\"]}}]}]}",
	};
	static const char likely[] = "  0000011112345678990{A}J  abz\"\\~";
	static const unsigned char ebcdic_likely[] = { 0x40, 0x40, 0xf0, 0xf0, 0xf1, 0xf9,
						       0xc1, 0xd1, 0x12, 0x1c, 0x0d };
	uint64_t state = 7;
	long records = 0;

	for (size_t i = 0; i < 4000; i++) {
		size_t which = i % TG_COUNT(layout), n = 0;
		char bytes[512];

		for (size_t k = 0; k < (which == 0   ? 161U
					: which == 1 ? 45U
					: which == 2 ? 16U
						     : 32U);
		     k++) {
			uint32_t x = next(&state);

			bytes[n++] = x % 97 == 0 ? (char)(x >> 8)
				     : which == 1
					     ? (char)ebcdic_likely[(x >> 8) % sizeof(ebcdic_likely)]
					     : likely[(x >> 8) % (sizeof(likely) - 1)];
			if (which == 2 && x % 11 == 0) {
				bytes[n - 1] = '\xc3';
				bytes[n++] = (char)(0x80 + (x >> 8) % 64);
			}
		}
		if (which == 0 || which == 2)
			bytes[n++] = '\n';
		if (which == 3) {
			bytes[0] = bytes[2] = bytes[3] = 0;
			bytes[1] = (char)(5 + 3 * (i / 4 % 10));
			bytes[4] = (char)('0' + i / 4 % 10);
			n = (size_t)bytes[1];
		}
		records += fixed_check(tg_str_of(layout[which]), tg_str_from(bytes, n));
	}
	ok("most are records", records >= 3900);
}
