#include "common/json/scan.h"
#include "common/replay/envelope.h"
#include "tests/unit/tap.h"

#define NONE                                                                                       \
	{                                                                                          \
		NULL, 0                                                                            \
	}
#define HEAD "\"tool\":\"t\",\"code\":\"c\""

TEST(what_a_line_of_a_reject_file_says)
{
	static const struct {
		const char *about, *line;
		const char *wrong; /* a part of the words; NULL: it is read */
		struct tg_str record, file, run, sha256;
		uint64_t number, offset;
	} row[] = {
		{ "a row",
		  "{" HEAD
		  ",\"run\":\"R\",\"at\":{\"file\":\"f\",\"line\":2,\"offset\":9},\"record\":\"a,\\\"b\\u0000\"}",
		  NULL,
		  { "a,\"b\0", 5 },
		  { "f", 1 },
		  { "R", 1 },
		  NONE,
		  2,
		  9 },
		{ "no place",
		  "{" HEAD ",\"record\":\"\"}",
		  NULL,
		  { "", 0 },
		  NONE,
		  NONE,
		  NONE,
		  0,
		  0 },
		{ "bytes",
		  "{" HEAD ",\"record_base64\":\"/wA=\"}",
		  NULL,
		  { "\xff\0", 2 },
		  NONE,
		  NONE,
		  NONE,
		  0,
		  0 },
		{ "no bytes",
		  "{" HEAD ",\"record_base64\":\"\"}",
		  NULL,
		  { "", 0 },
		  NONE,
		  NONE,
		  NONE,
		  0,
		  0 },
		{ "the text before the bytes",
		  "{" HEAD ",\"record\":\"x\",\"record_base64\":\"/wA=\",\"record_sha256\":\"S\"}",
		  NULL,
		  { "x", 1 },
		  NONE,
		  NONE,
		  { "S", 1 },
		  0,
		  0 },
		{ "numbers that are no places",
		  "{" HEAD
		  ",\"record\":\"x\",\"at\":{\"line\":-1,\"offset\":18446744073709551616}}",
		  NULL,
		  { "x", 1 },
		  NONE,
		  NONE,
		  NONE,
		  0,
		  0 },
		{ "a list", "[]", "no object", NONE, NONE, NONE, NONE, 0, 0 },
		{ "no tool", "{\"code\":\"c\",\"record\":\"x\"}", "member tool", NONE, NONE, NONE,
		  NONE, 0, 0 },
		{ "a tool of another kind", "{\"tool\":[],\"code\":\"c\",\"record\":\"x\"}",
		  "member tool", NONE, NONE, NONE, NONE, 0, 0 },
		{ "no code", "{\"tool\":\"t\",\"record\":\"x\"}", "member code", NONE, NONE, NONE,
		  NONE, 0, 0 },
		{ "no record", "{" HEAD "}", "neither", NONE, NONE, NONE, NONE, 0, 0 },
		{ "no base64", "{" HEAD ",\"record_base64\":\"/wA\"}", "base64", NONE, NONE, NONE,
		  NONE, 0, 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		TG_OWN(tg_buffer_release)
		struct tg_buffer text = TG_BUFFER_INIT, raw = TG_BUFFER_INIT;
		TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
		struct tg_record rec = { 0 };
		struct tg_envelope e;
		const char *wrong;

		tg_buffer_puts(&text, row[i].line);
		memset(tg_buffer_room(&text, TG_SLACK), 0, TG_SLACK);
		is_int(row[i].about, tg_scan(scanner, tg_buffer_str(&text), &rec), TG_SCAN_OK);
		wrong = tg_envelope_read(&e, &rec, &arena, &raw);
		ok(row[i].about, row[i].wrong ? wrong && strstr(wrong, row[i].wrong) : !wrong);
		if (wrong)
			continue;
		is_str(row[i].about, e.record, row[i].record);
		is_str(row[i].about, e.at.file, row[i].file);
		is_str(row[i].about, e.run, row[i].run);
		is_str(row[i].about, e.sha256, row[i].sha256);
		is_int(row[i].about, (long long)e.at.line, (long long)row[i].number);
		is_int(row[i].about, (long long)e.at.offset, (long long)row[i].offset);
	}
}

TEST(what_is_prepared_says_the_same_and_the_digest)
{
	static const char digest[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const char line[] =
		"{\"record_sha256\":\"old\", \"tool\" : \"t\",\"new\":{\"a\":[1, 2]},\"record\":\"x\"}";
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT, out = TG_BUFFER_INIT;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	struct tg_record rec = { 0 };

	tg_buffer_puts(&text, line);
	memset(tg_buffer_room(&text, TG_SLACK), 0, TG_SLACK);
	is_int("scan", tg_scan(scanner, tg_buffer_str(&text), &rec), TG_SCAN_OK);
	tg_envelope_put_prepared(&out, &rec, digest);
	is_str("prepared", tg_buffer_str(&out),
	       TG_STR("{\"tool\":\"t\",\"new\":{\"a\":[1, 2]},\"record\":\"x\",\"record_sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}"));
}
