#include "common/json/canon.h"
#include "common/json/document.h"
#include "common/json/keys.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>

/* A scanned record of our own: the text copied with slack of an unkind sort, so that nothing behind the end is taken for text. */
struct scanned {
	struct tg_scanner *scanner;
	struct tg_arena arena;
	struct tg_record rec;
	enum tg_scan_fault fault;
};

static void scanned_release(struct scanned *s)
{
	tg_scanner_free(&s->scanner);
	tg_arena_release(&s->arena);
}

static struct scanned scan(struct tg_str text, const char *behind)
{
	struct scanned s = { .scanner = tg_scanner_new() };
	char *copy = tg_arena_take(&s.arena, text.n + 2 * TG_SLACK);

	memcpy(copy, text.p, text.n);
	for (size_t i = 0; i < TG_SLACK; i++)
		copy[text.n + i] = behind[i % strlen(behind)];
	s.fault = tg_scan(s.scanner, tg_str_from(copy, text.n), &s.rec);
	return s;
}

#define SCAN(name, text) TG_OWN(scanned_release) struct scanned name = scan(text, "\"]}0e:,")

TEST(what_is_wrong_and_where)
{
	// clang-format off
	static const struct {
		const char *text;
		enum tg_scan_fault fault;
		size_t at;
	} row[] = {
		{ "", TG_SCAN_SYNTAX, 0 },
		{ "  ", TG_SCAN_SYNTAX, 2 },
		{ "{", TG_SCAN_SYNTAX, 1 },
		{ "{\"a\"", TG_SCAN_SYNTAX, 4 },
		{ "{\"a\":", TG_SCAN_SYNTAX, 5 },
		{ "{\"a\":1", TG_SCAN_SYNTAX, 6 },
		{ "{\"a\":1,", TG_SCAN_SYNTAX, 7 },
		{ "{\"a\":1,\"a", TG_SCAN_SYNTAX, 9 },
		{ "{\"a\":1,}", TG_SCAN_SYNTAX, 7 },
		{ "{\"a\" 1}", TG_SCAN_SYNTAX, 5 },
		{ "{a:1}", TG_SCAN_SYNTAX, 1 },
		{ "[1 2]", TG_SCAN_SYNTAX, 3 },
		{ "[1,]", TG_SCAN_SYNTAX, 3 },
		{ "[1}", TG_SCAN_SYNTAX, 2 },
		{ "1 2", TG_SCAN_SYNTAX, 2 },
		{ "01", TG_SCAN_SYNTAX, 1 },
		{ "-", TG_SCAN_SYNTAX, 1 },
		{ "-x", TG_SCAN_SYNTAX, 1 },
		{ "1.e2", TG_SCAN_SYNTAX, 2 },
		{ "1e+]", TG_SCAN_SYNTAX, 3 },
		{ "tru", TG_SCAN_SYNTAX, 3 },
		{ "[fals", TG_SCAN_SYNTAX, 5 },
		{ "trve", TG_SCAN_SYNTAX, 0 },
		{ "True", TG_SCAN_SYNTAX, 0 },
		{ "truex", TG_SCAN_SYNTAX, 4 },
		{ "\"a\tb\"", TG_SCAN_SYNTAX, 2 },
		{ "\"ab\\x\"", TG_SCAN_SYNTAX, 3 },
		{ "\"ab\\u12g4\"", TG_SCAN_SYNTAX, 3 },
		{ "\"ab\\u12", TG_SCAN_SYNTAX, 7 },
		{ "\"ab\\", TG_SCAN_SYNTAX, 4 },
		{ "\"a\xff\"", TG_SCAN_ENCODING, 2 },
		{ "\"a\xc3\"", TG_SCAN_ENCODING, 2 },
		{ "\"\\ud83d\"", TG_SCAN_ENCODING, 1 },
		{ "\"\\ud83d\\u0041\"", TG_SCAN_ENCODING, 1 },
		{ "\"\\ude00\\ud83d\"", TG_SCAN_ENCODING, 1 },
		{ "{\"a\":1,\"b\":2,\"a\":3}", TG_SCAN_DUPLICATE, 13 },
		{ "{\"a\":1,\"\\u0061\":3}", TG_SCAN_DUPLICATE, 7 },
		{ "{\"\\/\":1,\"/\":3}", TG_SCAN_DUPLICATE, 8 },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		SCAN(s, tg_str_of(row[i].text));
		size_t at = 0;

		is_int(row[i].text, s.fault, row[i].fault);
		if (s.fault)
			ok("a text says why", tg_scanner_fault(s.scanner, &at).n > 0);
		is_int(row[i].text, (long long)at, (long long)row[i].at);
	}
}

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

/* What stands behind a text has no say: every beginning of some texts gives the same, whatever follows. */
TEST(nothing_is_taken_from_behind_the_end)
{
	static const char *const text[] = {
		"{\"a\":[1,-2.5e+3,\"x\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":null,\"d\":true},\"e\":false}",
		" [ \"\" , { } , [ ] , 0 , \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\" ] ",
		"\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
	};
	static const char *const behind[] = { "\"",    "}",    "]",   "0",  ".5",     "e9", "\\n",
					      "u00e9", "\xbf", "rue", ":1", ",\"b\"", " }]" };

	for (size_t i = 0; i < TG_COUNT(text); i++) {
		for (size_t n = 0; n < strlen(text[i]); n++) {
			TG_OWN(scanned_release)
			struct scanned plain = scan(tg_str_from(text[i], n), "\x01");
			size_t at = 0, other = 0;
			struct tg_str why = tg_scanner_fault(plain.scanner, &at);

			for (size_t k = 0; plain.fault && k < TG_COUNT(behind); k++) {
				TG_OWN(scanned_release)
				struct scanned s = scan(tg_str_from(text[i], n), behind[k]);

				is_int(behind[k], s.fault, plain.fault);
				is_str(behind[k], tg_scanner_fault(s.scanner, &other), why);
				is_int(behind[k], (long long)other, (long long)at);
			}
		}
	}
}

TEST(spans_of_nested_values)
{
	static const char text[] =
		" {\"a\": [1, \"x\\n\", {}], \"\xc3\xa9\":{\"b\":-1.5}, \"c\":null} ";
	static const struct {
		const char *text;
		uint32_t next;
		enum tg_kind kind;
		unsigned flags;
	} row[] = {
		{ "{\"a\": [1, \"x\\n\", {}], \"\xc3\xa9\":{\"b\":-1.5}, \"c\":null}", 12,
		  TG_OBJECT, 0 },
		{ "a", 2, TG_STRING, 0 },
		{ "[1, \"x\\n\", {}]", 6, TG_ARRAY, 0 },
		{ "1", 4, TG_NUMBER, 0 },
		{ "x\\n", 5, TG_STRING, TG_SPAN_ESCAPED },
		{ "{}", 6, TG_OBJECT, 0 },
		{ "\xc3\xa9", 7, TG_STRING, TG_SPAN_WIDE },
		{ "{\"b\":-1.5}", 10, TG_OBJECT, 0 },
		{ "b", 9, TG_STRING, 0 },
		{ "-1.5", 10, TG_NUMBER, TG_SPAN_FRACTION },
		{ "c", 11, TG_STRING, 0 },
		{ "null", 12, TG_NULL, 0 },
	};
	SCAN(s, tg_str_of(text));

	is_int("spans", s.rec.spans, (long long)TG_COUNT(row));
	for (size_t i = 0; i < TG_COUNT(row) && i < s.rec.spans; i++) {
		is_str("text", tg_span_text(&s.rec, s.rec.span + i), tg_str_of(row[i].text));
		is_int(row[i].text, s.rec.span[i].next, row[i].next);
		is_int(row[i].text, s.rec.span[i].kind, row[i].kind);
		is_int(row[i].text, s.rec.span[i].flags, (long long)row[i].flags);
	}
	is_int("no source", s.rec.source, 0);
}

/* Strings of every length around a wide step, with what makes them special at every place. */
TEST(strings_at_every_length)
{
	static const struct {
		struct tg_str what;
		unsigned flags;
	} special[] = {
		{ { "x", 1 }, 0 },
		{ { "\\n", 2 }, TG_SPAN_ESCAPED },
		{ { "\\\\", 2 }, TG_SPAN_ESCAPED },
		{ { "\\\"", 2 }, TG_SPAN_ESCAPED },
		{ { "\xc3\xa9", 2 }, TG_SPAN_WIDE },
		{ { "\xf0\x9f\x98\x80", 4 }, TG_SPAN_WIDE },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t n = 0; n < 140; n++) {
		for (size_t at = 0; at <= n; at++) {
			size_t which = (n * 7 + at) % TG_COUNT(special);

			tg_buffer_clear(&b);
			tg_buffer_puts(&b, "[\"\xc3\xa9\",\"");
			for (size_t i = 0; i < n; i++)
				tg_buffer_put_str(&b, i == at ? special[which].what : TG_STR("y"));
			tg_buffer_puts(&b, "\",\"z\"]");
			SCAN(s, tg_buffer_str(&b));
			is_int("well", s.fault, TG_SCAN_OK);
			is_int("spans", s.rec.spans, 4);
			is_int("flags", s.rec.span[2].flags, at < n ? special[which].flags : 0);
			is_int("bytes", s.rec.span[2].n,
			       (long long)(n + (at < n ? special[which].what.n - 1 : 0)));
			is_int("the one behind", s.rec.span[3].flags, 0);
		}
	}
}

static void put_deep(struct tg_buffer *b, size_t deep, const char *inside)
{
	tg_buffer_clear(b);
	for (size_t i = 0; i < deep; i++)
		tg_buffer_putc(b, '[');
	tg_buffer_puts(b, inside);
	for (size_t i = 0; i < deep; i++)
		tg_buffer_putc(b, ']');
}

TEST(depth_has_an_end)
{
	static const struct {
		size_t deep;
		const char *inside;
		enum tg_scan_fault fault;
		size_t at;
	} row[] = {
		{ 2048, "", TG_SCAN_OK, 0 },
		{ 2047, "1", TG_SCAN_OK, 0 },
		{ 2047, "{ }", TG_SCAN_OK, 0 },
		{ 2048, " 1", TG_SCAN_DEPTH, 2049 },
		{ 2047, "{\"a\":1}", TG_SCAN_DEPTH, 2048 },
		{ 2049, "", TG_SCAN_DEPTH, 2048 },
		{ 1000000, "", TG_SCAN_DEPTH, 2048 },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		size_t at = 0;

		put_deep(&b, row[i].deep, row[i].inside);
		SCAN(s, tg_buffer_str(&b));
		is_int(row[i].inside, s.fault, row[i].fault);
		if (s.fault)
			(void)tg_scanner_fault(s.scanner, &at);
		is_int(row[i].inside, (long long)at, (long long)row[i].at);
	}
}

/* In objects of every size around the limits of how keys are kept, each key again as the last one, plain and escaped. */
TEST(a_key_twice_in_objects_of_any_size)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t n = 1; n < 80; n++) {
		for (size_t twice = 0; twice <= n; twice++) {
			size_t at = 0, place = 0;

			tg_buffer_clear(&b);
			tg_buffer_putc(&b, '{');
			for (size_t i = 0; i < n; i++)
				/* Objects within have the same keys, which is no matter. */
				tg_buffer_printf(&b, "\"key %zu\":{\"key 0\":{\"key %zu\":1}},", i,
						 i);
			place = b.n;
			tg_buffer_printf(&b, n % 2 ? "\"key %zu\":0}" : "\"\\u006bey %zu\":0}",
					 twice);
			SCAN(s, tg_buffer_str(&b));
			is_int("fault", s.fault, twice < n ? TG_SCAN_DUPLICATE : TG_SCAN_OK);
			if (s.fault)
				(void)tg_scanner_fault(s.scanner, &at);
			is_int("at", (long long)at, (long long)(twice < n ? place : 0));
		}
	}
}

/* Enough keys that comparing each with each would take minutes, of the kinds that known hashes are beaten with. */
TEST(many_keys_stay_cheap)
{
	static const char *const kind[] = { "numbers", "equal by times 31", "long", "nested",
					    "escaped" };
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t k = 0; k < TG_COUNT(kind); k++) {
		for (int twice = 0; twice < 2; twice++) {
			tg_buffer_clear(&b);
			tg_buffer_putc(&b, '{');
			for (uint32_t i = 0; i < 100000; i++) {
				uint32_t same = i == 99999 && twice ? 5 : i;

				tg_buffer_putc(&b, '"');
				for (uint32_t bit = 0; k == 1 && bit < 17; bit++)
					tg_buffer_puts(&b, same >> bit & 1 ? "Ez" : "FY");
				if (k != 1)
					tg_buffer_printf(&b,
							 k == 2	  ? "%0100u"
							 : k == 4 ? "\\u0030%u"
								  : "%u",
							 (unsigned)same);
				tg_buffer_puts(&b, k == 3 ? "\":{\"0\":0}" : "\":0");
				tg_buffer_putc(&b, i == 99999 ? '}' : ',');
			}
			SCAN(s, tg_buffer_str(&b));
			is_int(kind[k], s.fault, twice ? TG_SCAN_DUPLICATE : TG_SCAN_OK);
		}
	}
}

TEST(many_objects_of_many_keys_open_at_once)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	for (size_t deep = 0; deep < 500; deep++) {
		tg_buffer_putc(&b, '{');
		for (size_t i = 0; i < 40; i++)
			tg_buffer_printf(&b, "\"%zu\":0,", i);
		tg_buffer_puts(&b, "\"in\":");
	}
	tg_buffer_puts(&b, "0");
	for (size_t deep = 0; deep < 500; deep++)
		tg_buffer_puts(&b, deep == 499 ? ",\"in\":0}" : ",\"out\":0}");
	SCAN(s, tg_buffer_str(&b));
	is_int("the outermost one has a key twice", s.fault, TG_SCAN_DUPLICATE);
	memcpy(b.p + b.n - 6, "it", 2);
	SCAN(again, tg_buffer_str(&b));
	is_int("and now not", again.fault, TG_SCAN_OK);
}

TEST(a_scanner_is_used_again)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer wide = TG_BUFFER_INIT;
	const struct tg_span *span = NULL;
	struct tg_record rec = { .at = { .line = 7 } };
	struct tg_str small = tg_arena_copy(&arena, TG_STR("{\"a\":1,\"b\":[2]}")),
		      bad = tg_arena_copy(&arena, TG_STR("{\"a\":1,\"a\":2}"));

	tg_buffer_putc(&wide, '{');
	for (size_t i = 0; i < 1000; i++)
		tg_buffer_printf(&wide, "%s\"column %zu\":\"\xc3\xa9\"", i ? "," : "", i);
	tg_buffer_putc(&wide, '}');
	for (size_t i = 0; i < 100; i++) {
		is_int("wide", tg_scan(scanner, tg_buffer_str(&wide), &rec), TG_SCAN_OK);
		is_int("its spans", rec.spans, 2001);
		is_int("bad", tg_scan(scanner, bad, &rec), TG_SCAN_DUPLICATE);
		is_str("its text", rec.text, bad);
		is_int("small", tg_scan(scanner, small, &rec), TG_SCAN_OK);
		is_int("its spans", rec.spans, 6);
		ok("no new memory", !span || rec.span == span);
		span = rec.span;
	}
	is_int("where it came from is not touched", (long long)rec.at.line, 7);
}

/* What one text teaches about the next: orders of keys, in which none may be taken for known that is not. */
TEST(keys_are_known_again)
{
	// clang-format off
	static const struct {
		const char *text;
		enum tg_scan_fault fault;
		unsigned spans;
	} row[] = {
		{ "{\"a\":\"1\",\"b\":\"2\",\"c\":3}", TG_SCAN_OK, 7 },
		{ "{\"a\":\"1\",\"c\":\"2\",\"b\":3}", TG_SCAN_OK, 7 },
		{ "{\"a\":\"1\",\"b\":\"2\",\"a\":3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":\"1\",\"c\":\"2\",\"c\":3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":\"1\",\"c\":\"2\",\"\\u0061\":3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":\"1\",\"\\u0062\":\"2\",\"b\":3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\" :\"1\",\"b\":\"2\",\"a\":3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":\"1\",\"b\" :\"2\",\"b\":3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":\"1\",\"b\" :\"2\",\"c\":3}", TG_SCAN_OK, 7 },
		{ "{\"a\":\"1\",\"c\":\"2\",\"b\":3,\"c\":4}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\": \"1\", \"b\": \"2\", \"c\": 3}", TG_SCAN_OK, 7 },
		{ "{\"a\": \"1\", \"b\": \"2\", \"b\": 3}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":{\"a\":1,\"b\":{\"a\":2}},\"b\":[{\"a\":1},{\"a\":2}]}", TG_SCAN_OK, 17 },
		{ "{\"a\":{\"a\":1,\"b\":{\"a\":2}},\"b\":[{\"a\":1},{\"a\":2,\"a\":3}]}",
		  TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":{\"a\":1,\"b\":{\"a\":2}},\"a\":[{\"a\":1},{\"a\":2}]}",
		  TG_SCAN_DUPLICATE, 0 },
		{ "{\"\":1,\"\xc3\xa9\":2,\"a key longer than a shape holds \xc3\xa9\":\"3\"}",
		  TG_SCAN_OK, 7 },
		{ "{\"\":1,\"\xc3\xa9\":2,\"a key longer than a shape holds \xc3\xa8\":\"3\"}",
		  TG_SCAN_OK, 7 },
		{ "{\"\":1,\"\xc3\xa9\":2,\"\xc3\xa9\":\"3\"}", TG_SCAN_DUPLICATE, 0 },
		{ "{\"a\":\"1\",\"b\":\"2\",\"c", TG_SCAN_SYNTAX, 0 },
		{ "{\"a\":\"1\",\"b\":\"2\",\"c\"", TG_SCAN_SYNTAX, 0 },
		{ "{\"a\":\"1\",\"b\":\"2\",\"c\":", TG_SCAN_SYNTAX, 0 },
		{ "{\"a\":\"1\",\"b\":\"2", TG_SCAN_SYNTAX, 0 },
		{ "{\"a\":\"1\",\"b\":\"2\n\"}", TG_SCAN_SYNTAX, 0 },
	};
	// clang-format on
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_record rec;

	for (unsigned seed = 1, i = 0; i < 5000; i++) { /* in all orders, with others in between */
		size_t at = (seed = seed * 1103515245 + 12345) / 65536 % (TG_COUNT(row) + 4);
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		if (i % 1000 < 800 && i % 200 == 0) { /* before it expects nothing any more */
			tg_scanner_free(&scanner);
			scanner = tg_scanner_new();
		}
		if (at >= TG_COUNT(row)) { /* more ways than can be learnt */
			tg_buffer_printf(&b, "{\"a\":0,\"x%u\":{\"y%u\":1},\"x%u\":0}", i, i % 7,
					 i / 2 * 2);
			(void)tg_buffer_room(&b, TG_SLACK);
			is_int("new keys", tg_scan(scanner, tg_buffer_str(&b), &rec),
			       i % 2 ? TG_SCAN_OK : TG_SCAN_DUPLICATE);
			continue;
		}
		is_int(row[at].text,
		       tg_scan(scanner, tg_arena_copy(&arena, tg_str_of(row[at].text)), &rec),
		       row[at].fault);
		if (!row[at].fault) {
			is_int("its spans", rec.spans, row[at].spans);
		}
		tg_arena_reset(&arena);
	}
}

TEST(lines_ahead)
{
	// clang-format off
	static const struct {
		const char *line;
		bool plain;
	} row[] = {
		{ "{\"a\":1}", true },
		{ "  [ 1 , 2 ]\t", true },
		{ "\"\xc3\xa9\"", true },
		{ "-1.5", true },
		{ "{\"a\":1}\r", false },
		{ "{\"a\":", false }, /* the value does not come from the next line */
		{ "1", true },
		{ "}", false },
		{ "", false },
		{ "  ", false },
		{ "\"", false },
		{ "\"\\", false },
		{ "\"\\u00", false },
		{ "\"\\ud800", false },
		{ "[\"\\udc00\"]", false },
		{ "[1,2", false },
		{ "nul", false },
		{ "l", false },
		{ "\"\\\"\"", true },
	};
	// clang-format on
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_record rec;
	struct tg_str left;

	for (size_t i = 0; i < 2000; i++) {
		tg_buffer_puts(&b, row[i % TG_COUNT(row)].line);
		tg_buffer_putc(&b, '\n');
	}
	(void)tg_buffer_room(&b, TG_SLACK);
	left = tg_buffer_str(&b);
	for (size_t i = 0; i < 2000; i++) {
		const char *line = row[i % TG_COUNT(row)].line;
		bool plain = tg_scan_line(scanner, left, &rec);

		is_int(line, plain, row[i % TG_COUNT(row)].plain);
		if (plain)
			is_str("its text", rec.text, tg_str_of(line));
		left = tg_str_after(left, strlen(line) + 1);
	}
	is_int("behind the last", tg_scan_line(scanner, left, &rec), false);
	memcpy(b.p, "[\"\xff\"]\n", 6);
	tg_scanner_moved(scanner);
	is_int("bytes that are none", tg_scan_line(scanner, tg_buffer_str(&b), &rec), false);
	b.p[2] = 'x';
	is_int("not looked at again", tg_scan_line(scanner, tg_buffer_str(&b), &rec), false);
	tg_scanner_moved(scanner);
	is_int("but now", tg_scan_line(scanner, tg_buffer_str(&b), &rec), true);
	is_int("a line without its end", tg_scan_line(scanner, tg_str_from(b.p, 4), &rec), true);
	tg_scanner_moved(scanner);
	is_int("that has moved", tg_scan_line(scanner, tg_str_from(b.p, 5), &rec), false);
}

TEST(codes_of_faults)
{
	is_str("syntax", tg_str_of(tg_scan_code(TG_SCAN_SYNTAX)), TG_STR("json"));
	is_str("encoding", tg_str_of(tg_scan_code(TG_SCAN_ENCODING)), TG_STR("encoding"));
	is_str("duplicate", tg_str_of(tg_scan_code(TG_SCAN_DUPLICATE)), TG_STR("duplicate-key"));
	is_str("depth", tg_str_of(tg_scan_code(TG_SCAN_DEPTH)), TG_STR("depth"));
	ok("no such level", !tg_scan_choose("avx1024"));
	ok("the portable one is always had", tg_scan_choose("scalar"));
	ok("and the best", tg_scan_choose(NULL));
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

/* In every order in which many members can come, one canonical form. */
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

/* Gives an object's names, which are new to it, to keys. */
static void add_names(struct tg_keys *keys, const char *names, size_t n)
{
	struct tg_key_set set = { .first = keys->few,
				  .end = keys->few,
				  .most = keys->few + TG_KEYS_FEW };
	struct tg_record rec = { .text = { names, 8 * n } };
	struct tg_span span[TG_KEYS_FEW] = { { 0 } };

	rec.span = span;
	tg_keys_begin(keys);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t hash = tg_keys_hash(keys, names + (size_t)8 * i, 8);

		span[i] = (struct tg_span){ .at = 8 * i, .n = 8, .kind = TG_STRING };
		if (!tg_keys_add(keys, &set, hash, i, &rec))
			ok("the name is new", false);
	}
}

/* Names of a record that meet on a bit cost a search in each of them: another secret keeps them apart. */
TEST(secrets)
{
	char names[8 * TG_KEYS_FEW + TG_SLACK] = { 0 };
	struct tg_keys keys = { .many = NULL };

	for (size_t i = 0; i < TG_KEYS_FEW; i++)
		(void)snprintf(names + 8 * i, sizeof(names) - 8 * i, "name%04zu", i);
	tg_keys_init(&keys);
	for (int i = 0; i < 100; i++)
		add_names(&keys, names, 8);
	is_int("eight names: a secret under which none meet", keys.met, 0);
	tg_keys_release(&keys);
	keys = (struct tg_keys){ .many = NULL };
	tg_keys_init(&keys);
	for (int i = 0; i < 100; i++)
		add_names(&keys, names, TG_KEYS_FEW);
	is_int("thirty-two: none meet, or it stays with the best of those tried", keys.met,
	       keys.met ? keys.least : 0);
	tg_keys_release(&keys);
}
