#include "common/json/canon.h"
#include "common/json/document.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "tests/unit/tap.h"

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
		{ "tru", TG_SCAN_SYNTAX, 0 },
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
