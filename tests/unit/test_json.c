#include "common/json/keys.h"
#include "tests/unit/scanned.h"

#include <stdio.h>

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

/* More than there are ways for, the last of them one of the others. */
static void put_keys(struct tg_buffer *b, unsigned keys, unsigned again)
{
	b->n = 0;
	for (unsigned i = 0; i < keys; i++)
		tg_buffer_printf(b, "%c\"key %u\":%u", i ? ',' : '{', i, i);
	tg_buffer_printf(b, ",\"key %u\":0}", again);
	(void)tg_buffer_room(b, TG_SLACK);
}

TEST(more_keys_than_are_learnt)
{
	static const unsigned keys[] = { 200, 2040, 2047, 2048, 2049, 5000 };
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_record rec;

	for (size_t i = 0; i < 3 * TG_COUNT(keys); i++) {
		unsigned n = keys[i % TG_COUNT(keys)];

		for (unsigned round = 0; round < 3; round++) {
			put_keys(&b, n, n);
			is_int("all differ", tg_scan(scanner, tg_buffer_str(&b), &rec), TG_SCAN_OK);
			is_int("its spans", rec.spans, 1 + 2 * (n + 1));
			put_keys(&b, n, round * (n - 1) / 2);
			is_int("one is there twice", tg_scan(scanner, tg_buffer_str(&b), &rec),
			       TG_SCAN_DUPLICATE);
		}
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
