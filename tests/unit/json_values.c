/* What scanned values are: numbers, texts, pointers, canonical form; documents. */
#include "common/json/canon.h"
#include "common/json/document.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "tests/unit/scanned.h"

#include <stdlib.h>

TEST(canonical_form)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ " null ", "null" },
		{ "[ true , false,\"\"]", "[true,false,\"\"]" },
		{ "0.0e99999999999999999999", "0" },
		{ "-0", "0" },
		{ "12.50", "125e-1" },
		{ "-1200e-2", "-12e0" },
		{ "0.001e3", "1e0" },
		{ "1e99999999999999999999", "1e99999999999999999999" },
		{ "10e99999999999999999999", "1e100000000000000000000" },
		{ "0.1e100000000000000000000", "1e99999999999999999999" },
		{ "0.1e-99999999999999999999", "1e-100000000000000000000" },
		{ "100e-100000000000000000000", "1e-99999999999999999998" },
		{ "{\"b\":{},\"a\":[],\"\\u0061\\u0000\":1}",
		  "{\"a\":[],\"a\\u0000\":1e0,\"b\":{}}" },
		{ "{\"\xef\xbf\xbd\":1,\"\xf0\x9f\x98\x80\":2,\"\xee\x80\x80\":3,\"\xed\x9f\xbf\":4}",
		  "{\"\xed\x9f\xbf\":4e0,\"\xf0\x9f\x98\x80\":2e0,\"\xee\x80\x80\":3e0,\"\xef\xbf\xbd\":1e0}" },
		{ "\"\\u0008\\u0009\\u000a\\u000b\\u000c\\u000d\\u001f\\u007f\\u0022\\\\\\/\\ud83d\\ude00\\u00e9\"",
		  "\"\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\\\"\\\\/\xf0\x9f\x98\x80\xc3\xa9\"" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
		TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
		SCAN(s, tg_str_of(row[i].in));

		is_int(row[i].in, s.fault, TG_SCAN_OK);
		tg_canon_put(&out, &s.rec, s.rec.span, &scratch);
		is_str(row[i].in, tg_buffer_str(&out), tg_str_of(row[i].out));
		SCAN(again, tg_buffer_str(&out));
		ok("equal to its canonical form",
		   tg_value_eq(&s.rec, s.rec.span, &again.rec, again.rec.span, &scratch));
	}
}

TEST(numbers_by_value)
{
	static const struct {
		const char *a, *b;
		int order;
	} row[] = {
		{ "1", "1.0", 0 },
		{ "100", "1e2", 0 },
		{ "-0", "0e5", 0 },
		{ "-1", "1", -1 },
		{ "-2", "-1", -1 },
		{ "0.1", "0.10000000000000000001", -1 },
		{ "9007199254740993", "9007199254740992", 1 },
		{ "1e400", "1e399", 1 },
		{ "1e-400", "1e-399", -1 },
		{ "1e-400", "0", 1 },
		{ "123456789012345678901234567890", "1.2345678901234567890123456789e29", 0 },
		{ "1e99999999999999999999999", "1e99999999999999999999998", 1 },
		{ "1e99999999999999999999999", "10e99999999999999999999998", 0 },
		{ "-1e99999999999999999999999", "1e-99999999999999999999999", -1 },
		{ "1e0000000000000000000000001", "10", 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str a = tg_str_of(row[i].a), b = tg_str_of(row[i].b);

		is_int(row[i].a, tg_number_compare(a, b), row[i].order);
		is_int(row[i].b, tg_number_compare(b, a), -row[i].order);
	}
}

TEST(multiples)
{
	static const struct {
		const char *a, *b;
		int is;
	} row[] = {
		{ "0.07", "0.01", 1 },
		{ "0.075", "0.01", 0 },
		{ "0", "3", 1 },
		{ "-9", "3", 1 },
		{ "10", "4", 0 },
		{ "1e2", "4", 1 },
		{ "1e400", "1e-400", 1 },
		{ "1e400", "3", 0 },
		{ "3e99999999999999999999", "7.5", 1 },
		{ "1e-1", "1", 0 },
		{ "90071992547409.935", "0.001", 1 },
		{ "90071992547409.9351", "0.001", 0 },
		{ "246913578024691357802000000000000000000000000", "123456789012345678901", 1 },
		{ "246913578024691357802000000000000000000000001", "123456789012345678901", 0 },
		{ "1e50", "1125899906842624", 1 }, /* two to the 50th */
		{ "1e49", "1125899906842624", 0 },
		{ "1e60", "1152921504606846976", 1 },
		{ "1e59", "1152921504606846976", 0 },
		{ "1e100", "1267650600228229401496703205376", 1 },
		{ "1e99", "1267650600228229401496703205376", 0 },
		{ "-0", "0.01", 1 },
		{ "0e-999999999999999999999", "0.01", 1 },
		{ "1e-3", "1e-3", 1 },
		{ "1e-4", "1e-3", 0 },
		{ "1.0050", "5e-3", 1 },
		{ "0.1e1", "1", 1 },
		{ "4503599627370496.5", "0.5", 1 },
		{ "1e999999999999999999999999", "0.7", 0 },
		{ "7e999999999999999999999999", "0.7", 1 },
		{ "7e999999999999999999999999", "7e999999999999999999999999", 1 },
		{ "7e999999999999999999999998", "7e999999999999999999999999", 0 },
		{ "5", "1e-999999999999999999999999", 1 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		is_int(row[i].a, tg_number_is_multiple(tg_str_of(row[i].a), tg_str_of(row[i].b)),
		       row[i].is);
}

TEST(pointers)
{
	static const char text[] = "{\"a\":[1,{\"x/y\":2}],\"\":{\"~\":3},\"\\u0062\":4,\"0\":5}";
	static const struct {
		const char *pointer, *value;
	} row[] = {
		{ "/a/0", "1" },      { "/a/1/x~1y", "2" }, { "//~0", "3" },  { "/b", "4" },
		{ "/0", "5" },	      { "/a/00", NULL },    { "/a/-", NULL }, { "/a/2", NULL },
		{ "/a/1/x/y", NULL }, { "/b/0", NULL },	    { "/c", NULL },   { "/", "{\"~\":3}" },
		{ "/a/0/", NULL },    { "/a/+1", NULL },
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	SCAN(s, tg_str_of(text));

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
		const struct tg_span *found;
		struct tg_pointer p;

		is_int(row[i].pointer,
		       tg_pointer_compile(&p, tg_str_of(row[i].pointer), &arena, &err), TG_OK);
		found = tg_pointer_find(&p, &s.rec);
		is_str(row[i].pointer, found ? tg_span_raw(&s.rec, found) : TG_STR_NONE,
		       tg_str_of(row[i].value));
		if (found) {
			tg_pointer_put(&back, &s.rec, found);
			is_str("and back", tg_buffer_str(&back), tg_str_of(row[i].pointer));
		}
	}
}

TEST(what_is_a_number)
{
	static const char *const is[] = { "0",	  "-0",	  "1",	     "10",	"0.0",	  "-1.5e10",
					  "1E+2", "1e-2", "0e00001", "123.456", "1e99999" },
				 *const is_not[] = { "",    "-",   "+1",  "01",	      "1.",   ".5",
						     "1e",  "1e+", "0x1", "1 ",	      " 1",   "--1",
						     "1.e", "1,0", "NaN", "Infinity", "1e1.5" };
	static const struct {
		const char *text;
		int integer, zero;
	} row[] = {
		{ "1", 1, 0 },
		{ "1.0", 1, 0 },
		{ "1.5", 0, 0 },
		{ "1e3", 1, 0 },
		{ "10e-1", 1, 0 },
		{ "15e-1", 0, 0 },
		{ "1.50e1", 1, 0 },
		{ "0.0", 1, 1 },
		{ "-0e-5", 1, 1 },
		{ "1e-400", 0, 0 },
		{ "1e400", 1, 0 },
		{ "0.001e3", 1, 0 },
		{ "0.0015e3", 0, 0 },
		{ "1e-99999999999999999999", 0, 0 },
		{ "1e99999999999999999999", 1, 0 },
		{ "1000000000000000000000.000", 1, 0 },
	};

	for (size_t i = 0; i < TG_COUNT(is); i++)
		ok(is[i], tg_number_is(tg_str_of(is[i])));
	for (size_t i = 0; i < TG_COUNT(is_not); i++)
		ok(is_not[i], !tg_number_is(tg_str_of(is_not[i])));
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].text, tg_number_is_integer(tg_str_of(row[i].text)), row[i].integer);
		is_int(row[i].text, tg_number_is_zero(tg_str_of(row[i].text)), row[i].zero);
	}
}

/* A factor and a quotient of many digits, multiplied by hand: the product is a multiple, its neighbour is none. */
TEST(multiples_of_many_digits)
{
	uint32_t seed = 1;

	for (size_t round = 0; round < 3000; round++) {
		unsigned char product[1400] = { 0 };
		char a[600], b[600], text[1500];
		size_t na = 1 + round % 30, nb = 1 + round % 47;

		if (round % 500 == 0)
			na = 590, nb = 580;
		for (size_t i = 0; i < na + nb; i++) {
			char *digit = i < na ? a + i : b + (i - na);

			seed = seed * 1664525 + 1013904223;
			*digit = (char)('0' + (seed >> 16) % 10);
		}
		a[na - 1] = (char)(a[na - 1] | 1); /* odd: not a bare power of ten */
		a[0] = b[0] = '3';
		for (size_t i = na; i--;) {
			unsigned carry = 0;

			for (size_t k = nb; k--;) {
				carry += product[i + k + 1] +
					 (unsigned)((a[i] - '0') * (b[k] - '0'));
				product[i + k + 1] = (unsigned char)(carry % 10);
				carry /= 10;
			}
			product[i] = (unsigned char)(product[i] + carry);
		}
		for (size_t i = 0; i < na + nb; i++)
			text[i] = (char)('0' + product[i]);
		/* A leading zero is no number's, but the reader does not mind. */
		ok("a product",
		   tg_number_is_multiple(tg_str_from(text, na + nb), tg_str_from(a, na)));
		text[na + nb - 1] = text[na + nb - 1] == '9' ? '8' : (char)(text[na + nb - 1] + 1);
		if (na > 1 || a[0] != '1')
			ok("and beside it",
			   !tg_number_is_multiple(tg_str_from(text, na + nb), tg_str_from(a, na)));
	}
}

TEST(values_that_are_equal)
{
	static const struct {
		const char *a, *b;
		int equal;
	} row[] = {
		{ "1", "1.0", 1 },
		{ "1", "\"1\"", 0 },
		{ "0", "false", 0 },
		{ "null", "null", 1 },
		{ "true", "false", 0 },
		{ "\"a\"", "\"\\u0061\"", 1 },
		{ "\"\\u00e9\"", "\"\xc3\xa9\"", 1 },
		{ "\"e\\u0301\"", "\"\xc3\xa9\"", 0 },
		{ "\"a\\u0000b\"", "\"a\\u0000c\"", 0 },
		{ "\"a\"", "\"a\\u0000\"", 0 },
		{ "[1,2]", "[1,2.0]", 1 },
		{ "[1,2]", "[2,1]", 0 },
		{ "[1,2]", "[1,2,3]", 0 },
		{ "[1,2,3]", "[1,2]", 0 },
		{ "[]", "{}", 0 },
		{ "{\"a\":1,\"b\":[{}]}", "{\"b\":[{}],\"\\u0061\":1e0}", 1 },
		{ "{\"a\":1}", "{\"a\":1,\"b\":1}", 0 },
		{ "{\"a\":1}", "{\"b\":1}", 0 },
		{ "{\"a\":{\"b\":{\"c\":[1,{\"d\":2}]}}}", "{\"a\":{\"b\":{\"c\":[1,{\"d\":3}]}}}",
		  0 },
	};
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		SCAN(a, tg_str_of(row[i].a));
		SCAN(b, tg_str_of(row[i].b));

		is_int(row[i].a, tg_value_eq(&a.rec, a.rec.span, &b.rec, b.rec.span, &scratch),
		       row[i].equal);
		is_int(row[i].b, tg_value_eq(&b.rec, b.rec.span, &a.rec, a.rec.span, &scratch),
		       row[i].equal);
	}
}

/* In every order in which many members can come, one canonical form. */
TEST(the_source_member_is_left_out)
{
	static const char *const text[] = { "{\"b\":1,\"_source\":{\"line\":2},\"a\":2}",
					    "{\"a\":2,\"b\":1,\"_source\":{\"line\":3}}" };
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	SCAN(a, tg_str_of(text[0]));
	SCAN(b, tg_str_of(text[1]));

	ok("not equal yet", !tg_value_eq(&a.rec, a.rec.span, &b.rec, b.rec.span, &scratch));
	a.rec.source = 4;
	b.rec.source = 6;
	tg_canon_put(&out, &a.rec, a.rec.span, &scratch);
	is_str("canonical", tg_buffer_str(&out), TG_STR("{\"a\":2e0,\"b\":1e0}"));
	ok("equal", tg_value_eq(&a.rec, a.rec.span, &b.rec, b.rec.span, &scratch));
}

TEST(members_are_sorted)
{
	TG_OWN(tg_buffer_release) struct tg_buffer first = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;

	for (size_t step = 1; step < 101; step += 5) { /* 101 is a prime */
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

		for (size_t i = 0; i < 101; i++)
			tg_buffer_printf(&text, "%s\"%03zu\":%zu", i ? "," : "{", i * step % 101,
					 i * step % 101);
		tg_buffer_putc(&text, '}');
		SCAN(s, tg_buffer_str(&text));
		tg_canon_put(&out, &s.rec, s.rec.span, &scratch);
		if (step == 1)
			tg_buffer_put_str(&first, tg_buffer_str(&out));
		is_str("sorted", tg_buffer_str(&out), tg_buffer_str(&first));
	}
	ok("from the first",
	   tg_str_starts(tg_buffer_str(&first), TG_STR("{\"000\":0,\"001\":1e0,")));
}

TEST(text_of_strings)
{
	static const struct {
		const char *spelt;
		struct tg_str text;
		size_t length;
	} row[] = {
		{ "\"\"", { "", 0 }, 0 },
		{ "\"abc\"", { "abc", 3 }, 3 },
		{ "\"\xc3\xa9\xe2\x82\xac\"", { "\xc3\xa9\xe2\x82\xac", 5 }, 2 },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", { "\"\\/\b\f\n\r\t", 8 }, 8 },
		{ "\"\\u0000\"", { "\0", 1 }, 1 },
		{ "\"a\\u00E9b\\uD83D\\uDE00c\"",
		  { "a\xc3\xa9"
		    "b\xf0\x9f\x98\x80"
		    "c",
		    9 },
		  5 },
		{ "\"\\uffff\\u007f\\u0080\\u07ff\\u0800\"",
		  { "\xef\xbf\xbf\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80", 11 },
		  5 },
		{ "\"\xf0\x9f\x98\x80\\n\"", { "\xf0\x9f\x98\x80\n", 5 }, 2 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		SCAN(s, tg_str_of(row[i].spelt));

		is_int(row[i].spelt, s.fault, TG_SCAN_OK);
		is_str(row[i].spelt, tg_text_get(&arena, &s.rec, s.rec.span), row[i].text);
		is_int(row[i].spelt, (long long)tg_text_length(&s.rec, s.rec.span),
		       (long long)row[i].length);
		for (size_t k = 0; k < TG_COUNT(row); k++)
			is_int(row[k].spelt, tg_text_eq(&s.rec, s.rec.span, row[k].text), i == k);
	}
}

TEST(lines_of_our_own)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_putc(&b, '{');
	tg_json_put_member(&b, "none", TG_STR_NONE);
	tg_json_put_member(&b, "a", TG_STR("x\"\x01"));
	tg_json_put_member(&b, "empty", TG_STR(""));
	tg_json_put_member_u64(&b, "n", UINT64_MAX);
	tg_json_put_name(&b, "in");
	tg_buffer_putc(&b, '{');
	tg_json_put_member_u64(&b, "z", 0);
	tg_buffer_puts(&b, "}}");
	is_str("a line", tg_buffer_str(&b),
	       TG_STR("{\"a\":\"x\\\"\\u0001\",\"empty\":\"\",\"n\":18446744073709551615,\"in\":{\"z\":0}}"));
}

/* A text that is long enough for wide steps is written as its bytes are one by one. */
TEST(long_texts_are_written_as_short_ones)
{
	static const char special[] = "\"\\\n\x01\x1f/\x7f\xc3\xa9";
	static const unsigned one_in[] = { 1, 3, 40 };
	TG_OWN(tg_buffer_release)
	struct tg_buffer whole = TG_BUFFER_INIT, bytes = TG_BUFFER_INIT, one = TG_BUFFER_INIT;
	uint32_t seed = 7;

	for (size_t n = 1; n < 10000; n += n < 300 ? 1 : n / 2) {
		for (size_t k = 0; k < TG_COUNT(one_in); k++) {
			char *text = malloc(n); /* a sanitizer says when it is read beyond */

			TG_BUG_IF(!text);
			whole.n = bytes.n = 0;
			tg_buffer_putc(&bytes, '"');
			for (size_t i = 0; i < n; i++) {
				seed = seed * 1664525 + 1013904223;
				text[i] = 'x';
				if ((seed >> 8) % one_in[k] == 0)
					text[i] = special[(seed >> 20) % (sizeof(special) - 1)];
				one.n = 0;
				tg_json_put_string(&one, tg_str_from(text + i, 1));
				tg_buffer_put(&bytes, one.p + 1, one.n - 2);
			}
			tg_buffer_putc(&bytes, '"');
			tg_json_put_string(&whole, tg_str_from(text, n));
			is_str("all of it", tg_buffer_str(&whole), tg_buffer_str(&bytes));
			free(text);
		}
	}
}

TEST(pointers_that_are_none)
{
	static const char *const bad[] = { "a", "#/a", "/~", "/a~2", "/~0~" };
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(bad); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_pointer p;

		is_int(bad[i], tg_pointer_compile(&p, tg_str_of(bad[i]), &arena, &err), TG_CONFIG);
		ok(bad[i], strlen(err.text) > 0);
	}
	tg_pointer_put_step(&out, TG_STR("a/b~c~1"));
	is_str("escaped", tg_buffer_str(&out), TG_STR("/a~1b~0c~01"));
}

TEST(documents)
{
	static const struct {
		const char *text, *why;
	} row[] = {
		{ "{\n\t\"a\": 1\n}\n", NULL },
		{ "\xef\xbb\xbf{}", NULL },
		{ "{\n\t\"\xc3\xa9\": x\n}\n", "line 2, column 7: expected a value" },
		{ "{\n  \"a\": 1,\n  \"a\": 2\n}\n",
		  "line 3, column 3: the key stands twice in its object" },
		{ "[1,\n", "line 2, column 1: the text ends too early" },
		{ "", "line 1, column 1: the text ends too early" },
		{ "\xef\xbb\xbf[\xff]", "line 1, column 2: this is not UTF-8" },
		{ "{}}", "line 1, column 3: expected nothing more behind the value" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_record rec;
		char copy[64 + TG_SLACK] = { 0 };

		memcpy(copy, row[i].text, strlen(row[i].text));
		is_int(row[i].text, tg_document_parse(&rec, tg_str_of(copy), &arena, &err),
		       row[i].why ? TG_CONFIG : TG_OK);
		if (row[i].why) {
			is_str(row[i].text, tg_str_of(err.text), tg_str_of(row[i].why));
			continue;
		}
		memset(copy, 'x', sizeof(copy));
		is_int("it is kept", rec.span[0].kind, TG_OBJECT);
		is_str("to its end", tg_str_from(rec.text.p + rec.span[0].n - 1, 1), TG_STR("}"));
	}
}
