#include "common/value/date.h"
#include "common/value/decimal.h"
#include "common/value/spelling.h"
#include "tests/unit/tap.h"

/*
 * Numbers
 */

static struct tg_decimal_form form_of(const char *decimal, const char *group, enum tg_groups groups,
				      enum tg_minus minus)
{
	return (struct tg_decimal_form){ tg_str_of(decimal), tg_str_of(group), groups, minus };
}

/* As it is read, or "" when it is none. */
static struct tg_str read_decimal(char *to, const struct tg_decimal_form *f, const char *text,
				  bool integer)
{
	char *end = tg_decimal_read(to, tg_str_of(text), f, integer);

	return tg_str_from(to, end ? (size_t)(end - to) : 0);
}

TEST(numbers_are_read)
{
	static const struct {
		const char *decimal, *group;
		enum tg_groups groups;
		enum tg_minus minus;
		const char *text, *number, *integer; /* "": is none */
	} row[] = {
		// clang-format off
		{ ".", "",  0, 0, "12",            "12",        "12" },
		{ ".", "",  0, 0, "+00.50",        "0.50",      "" },
		{ ".", "",  0, 0, "-.5",           "-0.5",      "" },
		{ ".", "",  0, 0, "5.",            "5",         "" },
		{ ".", "",  0, 0, "-0",            "-0",        "-0" },
		{ ".", "",  0, 0, "1E5",           "1E5",       "" },
		{ ".", "",  0, 0, "1e-",           "",          "" },
		{ ".", "",  0, 0, "--1",           "",          "" },
		{ ".", "",  0, 0, "1-",            "",          "" },
		{ ".", "",  0, 0, "(1)",           "",          "" },
		{ ".", "",  0, 0, " 1",            "",          "" },
		{ ".", "",  0, 0, "NaN",           "",          "" },
		{ ".", "",  0, 0, "",              "",          "" },
		{ ".", "",  0, 0, "-",             "",          "" },
		{ ".", "",  0, 0, ".",             "",          "" },
		{ ".", "",  0, 0, "12345678901234567890123.10", "12345678901234567890123.10", "" },
		{ ",", ".", 0, 0, "1.234.567,80",  "1234567.80", "" },
		{ ",", ".", 0, 0, "1234567,80",    "1234567.80", "" },
		{ ",", ".", 0, 0, "12.34",         "",          "" },
		{ ",", ".", 0, 0, "1234.567",      "",          "" },
		{ ",", ".", 0, 0, "1.234567",      "",          "" },
		{ ",", ".", 0, 0, "1..234",        "",          "" },
		{ ",", ".", 0, 0, "1.234.",        "",          "" },
		{ ",", ".", 0, 0, ".234",          "",          "" },
		{ ",", ".", 0, 0, "0.001",         "",          "" },
		{ ",", ".", 0, 0, "1,234.5",       "",          "" },
		{ ".", "\u00a0", 0, 0, "1\u00a0234.5", "1234.5", "" },
		{ "\u066b", "\u066c", 0, 0, "-1\u066c234\u066b5", "-1234.5", "" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "12,34,567", "1234567", "1234567" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "1,234.5",   "1234.5",  "" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "1234",      "1234",    "1234" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "1,234,567", "",        "" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "123,456",   "",        "" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "12,34",     "",        "" },
		{ ".", ",", TG_GROUPS_INDIAN, 0, "1,23,45",   "",        "" },
		{ ".", ",", 0, 0,                "12,34,567", "",        "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "1.5-",     "-1.5",    "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "7+",       "7",       "7" },
		{ ".", "",  0, TG_MINUS_TRAILING, "7",        "7",       "7" },
		{ ".", "",  0, TG_MINUS_TRAILING, "-7",       "",        "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "-7-",      "",        "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "-",        "",        "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "7 -",      "",        "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "1e5-",     "-1e5",    "" },
		{ ".", "",  0, TG_MINUS_TRAILING, "1e-",      "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "(1.5)", "-1.5",    "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "+7",    "7",       "7" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "-7",    "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "(7",    "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "7)",    "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "()",    "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "(",     "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "(-7)",  "",        "" },
		{ ".", "",  0, TG_MINUS_PARENTHESES, "((7))", "",        "" },
		// clang-format on
	};
	char to[64];

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_decimal_form f =
			form_of(row[i].decimal, row[i].group, row[i].groups, row[i].minus);

		is_str(row[i].text, read_decimal(to, &f, row[i].text, false),
		       tg_str_of(row[i].number));
		is_str(row[i].text, read_decimal(to, &f, row[i].text, true),
		       tg_str_of(row[i].integer));
	}
}

/*
 * Values
 */

TEST(numbers_keep_their_digits)
{
	static const struct {
		const char *text, *decimal, *group, *number, *integer; /* NULL: it is none */
	} row[] = {
		// clang-format off
		{ "0", ".", "", "0", "0" },
		{ "123", ".", "", "123", "123" },
		{ "-123.450", ".", "", "-123.450", NULL },
		{ "9007199254740993", ".", "", "9007199254740993", "9007199254740993" },
		{ "12345678901234567890.123456789", ".", "", "12345678901234567890.123456789", NULL },
		{ "00123", ".", "", "123", "123" },
		{ "-007", ".", "", "-7", "-7" },
		{ "000", ".", "", "0", "0" },
		{ "-0", ".", "", "-0", "-0" },
		{ "+5", ".", "", "5", "5" },
		{ ".5", ".", "", "0.5", NULL },
		{ "-.5", ".", "", "-0.5", NULL },
		{ "5.", ".", "", "5", NULL },
		{ "00.50", ".", "", "0.50", NULL },
		{ "1E5", ".", "", "1E5", NULL },
		{ "1.5e-07", ".", "", "1.5e-07", NULL },
		{ "1.e+5", ".", "", "1e+5", NULL },
		{ "1.0", ".", "", "1.0", NULL },
		{ "1,5", ",", "", "1.5", NULL },
		{ "1.5", ",", "", NULL, NULL },
		{ "1.234,50", ",", ".", "1234.50", NULL },
		{ "1.234.567", ",", ".", "1234567", "1234567" },
		{ "0.123", ",", ".", NULL, NULL },
		{ "-0.123.456", ",", ".", NULL, NULL },
		{ "0,5", ",", ".", "0.5", NULL },
		{ "1000", ",", ".", "1000", "1000" },
		{ "12.34", ",", ".", NULL, NULL },
		{ "1234.567", ",", ".", NULL, NULL },
		{ "1.2345", ",", ".", NULL, NULL },
		{ "1..234", ",", ".", NULL, NULL },
		{ ".234", ",", ".", NULL, NULL },
		{ "1.234.", ",", ".", NULL, NULL },
		{ "1,234.567", ",", ".", NULL, NULL },
		{ "001.234", ",", ".", "1234", "1234" },
		{ "12'345.6", ".", "'", "12345.6", NULL },
		{ "12\xc2\xa0" "345,6", ",", "\xc2\xa0", "12345.6", NULL },
		{ "", ".", "", NULL, NULL },
		{ "-", ".", "", NULL, NULL },
		{ ".", ".", "", NULL, NULL },
		{ "+-5", ".", "", NULL, NULL },
		{ " 5", ".", "", NULL, NULL },
		{ "5 ", ".", "", NULL, NULL },
		{ "1e", ".", "", NULL, NULL },
		{ "1e+", ".", "", NULL, NULL },
		{ "e5", ".", "", NULL, NULL },
		{ "1.2.3", ".", "", NULL, NULL },
		{ "0x10", ".", "", NULL, NULL },
		{ "NaN", ".", "", NULL, NULL },
		{ "5%", ".", "", NULL, NULL },
		{ "(5)", ".", "", NULL, NULL },
		{ "5-", ".", "", NULL, NULL },
		{ "\xef\xbc\x95", ".", "", NULL, NULL },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const struct tg_decimal_form form =
			form_of(row[i].decimal, row[i].group, TG_GROUPS_THREE, TG_MINUS_LEADING);
		char to[64];

		for (int integer = 0; integer < 2; integer++) {
			const char *expected = integer ? row[i].integer : row[i].number;
			char *end = tg_decimal_read(to, tg_str_of(row[i].text), &form, integer);

			is_str(row[i].text, end ? tg_str_from(to, (size_t)(end - to)) : TG_STR_NONE,
			       tg_str_of(expected));
			ok(row[i].text, !end == !expected);
			ok("room", !end || (size_t)(end - to) <= strlen(row[i].text) + 2);
		}
	}
}

TEST(numbers_are_written)
{
	static const struct {
		const char *decimal, *group;
		enum tg_groups groups;
		enum tg_minus minus;
		const char *number, *text;
	} row[] = {
		// clang-format off
		{ ",", "",  0, 0,                                   "-1234.50",     "-1234,50" },
		{ ",", ".", 0, 0,                                   "-1234567.50",  "-1.234.567,50" },
		{ ",", ".", 0, 0,                                   "123",          "123" },
		{ ",", ".", 0, 0,                                   "0.0001",       "0,0001" },
		{ ",", ".", 0, 0,                                   "1234.5E+10",   "1.234,5E+10" },
		{ ".", ",", TG_GROUPS_INDIAN, TG_MINUS_TRAILING,    "-1234567",     "12,34,567-" },
		{ ".", ",", TG_GROUPS_INDIAN, TG_MINUS_PARENTHESES, "-100000.0",    "(1,00,000.0)" },
		{ ".", ",", TG_GROUPS_INDIAN, TG_MINUS_PARENTHESES, "-0",           "(0)" },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	char to[64];

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_decimal_form f =
			form_of(row[i].decimal, row[i].group, row[i].groups, row[i].minus);

		tg_buffer_clear(&out);
		tg_decimal_write(&out, tg_str_of(row[i].number), &f);
		is_str(row[i].number, tg_buffer_str(&out), tg_str_of(row[i].text));
		is_str(row[i].number, read_decimal(to, &f, row[i].text, false),
		       tg_str_of(row[i].number));
	}
}

TEST(signs)
{
	static const struct tg_str no[] = { { "", 0 },	 { "1", 1 },  { "-", 1 },    { "e", 1 },
					    { "..", 2 }, { "\0", 1 }, { "\xff", 1 }, { "\n", 1 } };

	for (size_t i = 0; i < TG_COUNT(no); i++)
		ok("is no sign", !tg_decimal_is_sign(no[i]));
	ok("is one", tg_decimal_is_sign(TG_STR("\u202f")));
	ok("the same twice",
	   tg_decimal_wrong(&(struct tg_decimal_form){ TG_STR("."), TG_STR("."), 0, 0 }));
	ok("a parenthesis", tg_decimal_wrong(&(struct tg_decimal_form){ TG_STR("("), TG_STR_NONE, 0,
									TG_MINUS_PARENTHESES }));
	ok("a parenthesis, where there are none",
	   !tg_decimal_wrong(&(struct tg_decimal_form){ TG_STR("("), TG_STR_NONE, 0, 0 }));
}

TEST(spellings)
{
	static const struct tg_str text[] = { { "Y", 1 }, { "", 0 } };
	const struct tg_spellings some = { text, 2 }, none = { NULL, 0 };

	ok("has", tg_spellings_have(some, TG_STR("Y")) && tg_spellings_have(some, TG_STR("")));
	ok("has not",
	   !tg_spellings_have(some, TG_STR("y")) && !tg_spellings_have(none, TG_STR("")));
}

/*
 * Dates
 */

TEST(dates_are_read_and_written)
{
	static const struct {
		const char *pattern, *pivot, *zone, *text, *value; /* "": there is none */
		const char *written;				   /* NULL: the text */
	} row[] = {
		// clang-format off
		{ "dd.MM.yyyy", 0, 0, "29.02.2024", "2024-02-29", 0 },
		{ "dd.MM.yyyy", 0, 0, "29.02.2023", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "29.02.1900", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "29.02.2000", "2000-02-29", 0 },
		{ "dd.MM.yyyy", 0, 0, "31.04.2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "31.12.9999", "9999-12-31", 0 },
		{ "dd.MM.yyyy", 0, 0, "00.01.2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "01.00.2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "01.13.2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "01.01.0000", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "01.01.0001", "0001-01-01", 0 },
		{ "dd.MM.yyyy", 0, 0, "1.1.2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "01.01.2025 ", "", 0 },
		{ "dd.MM.yyyy", 0, 0, " 1.01.2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "01-01-2025", "", 0 },
		{ "dd.MM.yyyy", 0, 0, "", "", 0 },
		{ "d.M.yyyy", 0, 0, "5.11.2025", "2025-11-05", 0 },
		{ "d.M.yyyy", 0, 0, "05.01.2025", "2025-01-05", "5.1.2025" },
		{ "d.M.yyyy", 0, 0, "005.1.2025", "", 0 },
		{ "MM/dd/yyyy", 0, 0, "02/29/2024", "2024-02-29", 0 },
		{ "yyyyMMdd", 0, 0, "20251105", "2025-11-05", 0 },
		{ "yyyyMMdd", 0, 0, "00000000", "", 0 },
		{ "yyMMdd", "50", 0, "491231", "2049-12-31", 0 },
		{ "yyMMdd", "50", 0, "500101", "1950-01-01", 0 },
		{ "yyMMdd", "0", 0, "000101", "1900-01-01", 0 },
		{ "yyMMdd", "100", 0, "990101", "2099-01-01", 0 },
		{ "cyyMMdd", 0, 0, "1251105", "2025-11-05", 0 },
		{ "cyyMMdd", 0, 0, "0991231", "1999-12-31", 0 },
		{ "cyyMMdd", 0, 0, "9000101", "2800-01-01", 0 },
		{ "yyyyDDD", 0, 0, "2024366", "2024-12-31", 0 },
		{ "yyyyDDD", 0, 0, "2025366", "", 0 },
		{ "yyyyDDD", 0, 0, "2025000", "", 0 },
		{ "yyyyDDD", 0, 0, "2025060", "2025-03-01", 0 },
		{ "yyyy-DDD", 0, 0, "2024-060", "2024-02-29", 0 },
		{ "dd-MMM-yy", "70", 0, "05-NOV-25", "2025-11-05", "05-Nov-25" },
		{ "dd MMMM yyyy", 0, 0, "05 may 2025", "2025-05-05", "05 May 2025" },
		{ "dd MMMM yyyy", 0, 0, "05 September 2025", "2025-09-05", 0 },
		{ "dd MMMM yyyy", 0, 0, "05 Sep 2025", "", 0 },
		{ "MMM d, yyyy", 0, 0, "Nov 5, 2025", "2025-11-05", 0 },
		{ "yyyy'\u5e74'M'\u6708'd'\u65e5'", 0, 0, "2025\u5e7411\u67085\u65e5", "2025-11-05", 0 },
		{ "'''o''clock' HH", 0, 0, "'o'clock 05", "05:00:00", 0 },
		{ "yyyy''MMdd", 0, 0, "2025'1105", "2025-11-05", 0 },
		{ "HH:mm", 0, 0, "15:02", "15:02:00", 0 },
		{ "HHmmss", 0, 0, "235959", "23:59:59", 0 },
		{ "HHmmss", 0, 0, "240000", "", 0 },
		{ "HHmmss", 0, 0, "236000", "", 0 },
		{ "HHmmss", 0, 0, "235960", "", 0 },
		{ "HH:mm:ss.SSS", 0, 0, "15:02:37.140", "15:02:37.140", 0 },
		{ "HH:mm:ss.SSS", 0, 0, "15:02:37.14", "", 0 },
		{ "HHmmssSSSSSSSSS", 0, 0, "150237123456789", "15:02:37.123456789", 0 },
		{ "h:mm a", 0, 0, "12:05 AM", "00:05:00", 0 },
		{ "h:mm a", 0, 0, "12:05 PM", "12:05:00", 0 },
		{ "h:mm a", 0, 0, "1:05 pm", "13:05:00", "1:05 PM" },
		{ "h:mm a", 0, 0, "0:05 AM", "", 0 },
		{ "h:mm a", 0, 0, "13:05 PM", "", 0 },
		{ "h:mm a", 0, 0, "1:05", "", 0 },
		{ "HH:mm:ssX", 0, 0, "15:02:37-05", "15:02:37-05:00", 0 },
		{ "HH:mm:ssX", 0, 0, "15:02:37+0530", "15:02:37+05:30", 0 },
		{ "HH:mm:ssX", 0, 0, "15:02:37Z", "15:02:37Z", 0 },
		{ "HH:mm:ssx", 0, 0, "15:02:37Z", "", 0 },
		{ "HH:mm:ssx", 0, 0, "15:02:37+00", "15:02:37+00:00", 0 },
		{ "HHmm XX", 0, 0, "1502 +0800", "15:02:00+08:00", 0 },
		{ "HHmm XX", 0, 0, "1502 +08", "", 0 },
		{ "HHmm XXX", 0, 0, "1502 -00:00", "15:02:00-00:00", 0 },
		{ "HHmm XXX", 0, 0, "1502 +24:00", "", 0 },
		{ "HHmm XXX", 0, 0, "1502 +23:60", "", 0 },
		{ "HHmm XXX", 0, 0, "1502 +0100", "", 0 },
		{ "HH:mm", 0, "UTC", "15:02", "15:02:00Z", 0 },
		{ "yyyy-MM-dd HH:mm:ss", 0, "+01:00", "2025-11-05 15:02:37", "2025-11-05T15:02:37+01:00", 0 },
		{ "yyyy-MM-ddTHH:mm:ssXXX", 0, 0, "2025-11-05T15:02:37Z", "2025-11-05T15:02:37Z", 0 },
		{ "yyyyMMddHH", 0, "UTC", "2025110515", "2025-11-05T15:00:00Z", 0 },
		{ "yyyyMMddHHmmss", 0, "UTC", "20161231235960", "2016-12-31T23:59:60Z", 0 },
		{ "yyyyMMddHHmmss", 0, "+01:00", "20170101005960", "2017-01-01T00:59:60+01:00", 0 },
		{ "yyyyMMddHHmmss", 0, "-05:30", "20161231182960", "2016-12-31T18:29:60-05:30", 0 },
		{ "yyyyMMddHHmmss", 0, "+01:00", "20161231235960", "", 0 },
		{ "HH:mm:ssX", 0, 0, "18:59:60-05", "18:59:60-05:00", 0 },
		{ "dd.MM.yyyy", 0, 0, "01.01.20250", "", 0 },
		// clang-format on
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_date_form f;
		const struct tg_date_says says = { tg_str_of(row[i].pattern),
						   tg_str_of(row[i].pivot),
						   tg_str_of(row[i].zone) };
		struct tg_str text = tg_str_of(row[i].text), value = tg_str_of(row[i].value);
		char to[TG_DATE_MAX], *end;

		is_int(row[i].pattern, tg_date_compile(&f, &says, &arena, &err), TG_OK);
		if (err.status)
			continue;
		end = tg_date_read(&f, to, text);
		is_str(row[i].text, tg_str_from(to, end ? (size_t)(end - to) : 0), value);
		end = tg_date_read_quickly(&f, to, text);
		if (end)
			is_str(row[i].text, tg_str_from(to, (size_t)(end - to)), value);
		if (value.n == 0)
			continue;
		tg_buffer_clear(&out);
		ok(row[i].value, tg_date_write(&f, &out, value));
		is_str(row[i].value, tg_buffer_str(&out),
		       row[i].written ? tg_str_of(row[i].written) : text);
	}
}

/* What the form has no place for is not written. */
TEST(dates_that_would_not_come_back)
{
	static const struct {
		const char *pattern, *pivot, *zone, *value;
	} row[] = {
		// clang-format off
		{ "dd.MM.yyyy", 0, 0, "2025-02-29" },
		{ "dd.MM.yyyy", 0, 0, "2025-02-28T00:00:00Z" },
		{ "dd.MM.yyyy", 0, 0, "0000-01-01" },
		{ "dd.MM.yyyy", 0, 0, "" },
		{ "yyMMdd", "50", 0, "2050-01-01" },
		{ "yyMMdd", "50", 0, "1949-01-01" },
		{ "cyyMMdd", 0, 0, "1899-12-31" },
		{ "cyyMMdd", 0, 0, "2900-01-01" },
		{ "HH:mm", 0, 0, "15:02:01" },
		{ "HH:mm", 0, 0, "15:02:00Z" },
		{ "HH:mm:ss.SS", 0, 0, "15:02:00" },
		{ "HH:mm:ss.SS", 0, 0, "15:02:00.1" },
		{ "HH:mm:ss.SS", 0, 0, "15:02:00.123" },
		{ "HH:mm:ss", 0, 0, "15:02:00.0" },
		{ "HH:mm", 0, "UTC", "15:02:00+00:00" },
		{ "HH:mm", 0, "UTC", "15:02:00" },
		{ "HH:mmx", 0, 0, "15:02:00Z" },
		{ "HH:mmX", 0, 0, "15:02:00" },
		{ "HH:mmX", 0, 0, "15:02:00z" },
		{ "HH:mmX", 0, 0, "24:00:00Z" },
		{ "yyyyMMddHHmmXXX", 0, 0, "2025-11-05 14:30:00Z" },
		{ "yyyyMMddHHmmXXX", 0, 0, "2025-11-05T14:30Z" },
		// clang-format on
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_date_form f;
		const struct tg_date_says says = { tg_str_of(row[i].pattern),
						   tg_str_of(row[i].pivot),
						   tg_str_of(row[i].zone) };

		is_int(row[i].pattern, tg_date_compile(&f, &says, &arena, &err), TG_OK);
		ok(row[i].value, !tg_date_write(&f, &out, tg_str_of(row[i].value)) && out.n == 0);
	}
}

TEST(patterns_that_are_wrong)
{
	static const struct {
		const char *pattern, *pivot, *zone, *says;
	} row[] = {
		// clang-format off
		{ "", 0, 0, "one to 64 bytes" },
		{ "-", 0, 0, "neither a day nor a time" },
		{ "dd.mm.yyyy", 0, 0, "no month (MM), so it names no day (mm are minutes)" },
		{ "yyyy-MM", 0, 0, "no day (dd)" },
		{ "dd.MM", 0, 0, "no year (yyyy)" },
		{ "yyyy", 0, 0, "no month" },
		{ "dd.MM.YYYY", 0, 0, "character 7: Y means nothing here; a year is yyyy" },
		{ "DD.MM.yyyy", 0, 0, "character 1: a day of the year is DDD" },
		{ "dd.MM.yyy", 0, 0, "character 7: a year is yyyy, or yy" },
		{ "dd.MM.y", 0, 0, "character 7: a year is yyyy, or yy" },
		{ "\u5e74MMMMMyyyydd", 0, 0, "character 2: a month" },
		{ "yyyyMMddyyyy", 0, 0, "character 9: y stands for what has a place already" },
		{ "yyyyyyMMdd", 0, 0, "a year is yyyy" },
		{ "yyyyMMMdd MM", 0, 0, "two months" },
		{ "yyyy yyMMdd", "1", 0, "two years" },
		{ "dMyyyy", 0, 0, "nobody can tell" },
		{ "d1M.yyyy", 0, 0, "nobody can tell" },
		{ "HH:mmX2", 0, 0, "nobody can tell" },
		{ "yyyyMMDDD", 0, 0, "needs no month" },
		{ "yyMMdd", 0, 0, "needs a pivot" },
		{ "yyMMdd", "101", 0, "0 to 100" },
		{ "yyMMdd", "x", 0, "0 to 100" },
		{ "yyyyMMdd", "50", 0, "no year that needs it" },
		{ "cyyMMdd", "50", 0, "no year that needs it" },
		{ "cyyyyMMdd", 0, 0, "year of two digits" },
		{ "hh:mm", 0, 0, "need AM or PM" },
		{ "HH:mm a", 0, 0, "goes with hours to twelve" },
		{ "mm:ss", 0, 0, "lacks its hour" },
		{ "HH:ss", 0, 0, "lacks its minutes" },
		{ "HH:mm.SSS", 0, 0, "lacks its seconds" },
		{ "HH:mm:ss.SSSSSSSSSS", 0, 0, "a fraction" },
		{ "yyyy-MM-dd HH:mm", 0, 0, "have no zone" },
		{ "yyyy-MM-dd'T'HH:mm:ssZ", 0, 0, "character 22: Z means nothing here; a zone is XXX" },
		{ "yyyy-MM-dd'T'HH:mm:ss'Z'", 0, 0, "have no zone" },
		{ "yyyy-MM-ddX", 0, 0, "a day has no zone" },
		{ "yyyy-MM-dd", 0, "UTC", "no time that needs it" },
		{ "HH:mmX", 0, "UTC", "each time has its own" },
		{ "HH:mm", 0, "Europe/Berlin", "not supported" },
		{ "HH:mm", 0, "+1:00", "an offset such as" },
		{ "HH:mm", 0, "+24:00", "an offset such as" },
		{ "HH:mm 'x", 0, 0, "character 7: an apostrophe" },
		{ "HH 'o'clock", 0, 0, "character 8: l means nothing" },
		{ "HHq", 0, 0, "character 3: q means nothing" },
		// clang-format on
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_date_form f;
		const struct tg_date_says says = { tg_str_of(row[i].pattern),
						   tg_str_of(row[i].pivot),
						   tg_str_of(row[i].zone) };
		bool said;

		is_int(row[i].pattern, tg_date_compile(&f, &says, &arena, &err), TG_CONFIG);
		said = strstr(err.text, row[i].says) != NULL;
		ok(row[i].pattern, said);
		if (!said)
			is_str(row[i].pattern, tg_str_of(err.text), tg_str_of(row[i].says));
	}
}
