/* What names, lines and the stages before make of a landing. */
#include "common/landing/land.h"
#include "common/landing/name.h"
#include "common/state/keeper.h"
#include "tests/unit/landing_room.h"

/* -- names -------------------------------------------------------------------------------------------------------------------- */

TEST(names_from_outside_become_harmless)
{
	static const struct {
		struct tg_str text;
		const char *encoded;
	} row[] = {
		// clang-format off
		{ T("acme_customers_2025-11-05.csv"), "acme_customers_2025-11-05.csv" },
		{ T("../../etc/passwd"), "..%2F..%2Fetc%2Fpasswd" },
		{ T("a b$c;d`e|f&g"), "a%20b%24c%3Bd%60e%7Cf%26g" },
		{ T("100%"), "100%25" },
		{ T("x=y"), "x%3Dy" },
		{ T("a\\b:c*d?\"<>"), "a%5Cb%3Ac%2Ad%3F%22%3C%3E" },
		{ { "nul\0nl\n\x7f", 8 }, "nul%00nl%0A%7F" },
		{ T("M\xc3\xbcller.csv"), "M\xc3\xbcller.csv" },
		{ T("bad\xff\xc3"), "bad%FF%C3" },
		{ T("\xe2\x80\xae" "fdp.exe"), "%E2%80%AEfdp.exe" }, /* turns the writing direction */
		{ T("no\xc2\xa0" "break"), "no%C2%A0break" },
		{ T("c1\xc2\x85"), "c1%C2%85" },
		{ T(""), "" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_name_put(&b, row[i].text, TG_NAME_MAX);
		is_str(row[i].encoded, tg_buffer_str(&b), tg_str_of(row[i].encoded));
	}
}

TEST(long_names_are_cut_between_characters)
{
	static const struct {
		const char *about, *text;
		size_t most;
		const char *cut;
	} row[] = {
		{ "plain", "abcdef", 4, "abcd" },
		{ "not within an escape", "abc/d", 5, "abc" },
		{ "not within a character", "abc\xc3\xbc", 4, "abc" },
		{ "just fits", "abc/", 6, "abc%2F" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_name_put(&b, tg_str_of(row[i].text), row[i].most);
		is_str(row[i].about, tg_buffer_str(&b), tg_str_of(row[i].cut));
	}
}

TEST(what_may_be_a_source)
{
	char exact[201], longer[202];
	static const struct {
		struct tg_str text;
		bool good;
	} row[] = {
		{ T("acme"), true },	   { T("a b"), true },	     { T("M\xc3\xbcller"), true },
		{ T("..."), true },	   { T(".a"), true },	     { T("a%2Fb"), true },
		{ T(""), false },	   { T("."), false },	     { T(".."), false },
		{ T("a/b"), false },	   { T("/"), false },	     { T("x=y"), false },
		{ T("a\nb"), false },	   { { "a\0b", 3 }, false }, { T("a\x7f"), false },
		{ T("a\xc2\x85"), false }, { T("a\xff"), false },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		is_int(row[i].text.p, tg_name_fault(row[i].text) == NULL, row[i].good);
	memset(exact, 'x', 200);
	memset(longer, 'x', 201);
	ok("200 bytes", !tg_name_fault(tg_str_from(exact, 200)));
	ok("201 bytes", tg_name_fault(tg_str_from(longer, 201)));
}

/* -- counting lines ----------------------------------------------------------------------------------------------------------- */

static uint64_t lines_in_pieces(struct tg_str text, size_t piece)
{
	struct tg_line_count c = { 0 };

	for (size_t at = 0; at < text.n; at += piece)
		tg_line_count_add(
			&c, tg_str_from(text.p + at, text.n - at < piece ? text.n - at : piece));
	return c.n + c.counted;
}

/* The definition, a byte at a time. */
static uint64_t lines_plainly(struct tg_str text)
{
	uint64_t n = 0;
	bool some = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\n') {
			n += some;
			some = false;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			some = true;
		}
	}
	return n + some;
}

TEST(lines_that_are_not_blank)
{
	static const struct {
		const char *text;
		uint64_t n;
	} row[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "a\n", 1 },
		{ "a\nb", 2 },
		{ "\n\n\n", 0 },
		{ " \t\r\n", 0 },
		{ "a\r\n\r\nb\r\n", 2 },
		{ " \na", 1 },
		{ "  a\n \n  b", 2 },
	};
	static const size_t piece[] = { 1, 2, 3, 7, 63, 64, 65, 1000 };
	char text[3000];
	unsigned seed = 1;

	for (size_t i = 0; i < TG_COUNT(row); i++)
		ok(row[i].text, lines_plainly(tg_str_of(row[i].text)) == row[i].n);
	for (size_t round = 0; round < 200; round++) {
		struct tg_str s = { text, sizeof(text) - round };

		for (size_t i = 0; i < s.n; i++) {
			seed = seed * 1103515245 + 12345;
			/* Mostly blanks and line feeds at first, mostly letters later. */
			text[i] = (seed >> 16) % 200 < round ? 'a' : " \t\r\n\n "[(seed >> 24) % 6];
		}
		for (size_t k = 0; k < TG_COUNT(piece); k++)
			is_int("in pieces", (long long)lines_in_pieces(s, piece[k]),
			       (long long)lines_plainly(s));
	}
}

/* -- what stages before found out --------------------------------------------------------------------------------------------- */

enum { STAGES = 4 };

/* text: [{"tool":...,"start":{...},"finish":{...}}], the nearest first. */
static json_t *upstream_of(const char *text, struct tg_upstream *up,
			   struct tg_upstream_stage stage[STAGES])
{
	json_t *all = json_loads(text, 0, NULL), *one;
	size_t i;

	TG_BUG_IF(!all || json_array_size(all) > STAGES);
	*up = (struct tg_upstream){ .stage = stage, .stages = json_array_size(all) };
	json_array_foreach(all, i, one) stage[i] = (struct tg_upstream_stage){
		.tool = tg_str_of(json_string_value(json_object_get(one, "tool"))),
		.start = json_object_get(one, "start"),
		.finish = json_object_get(one, "finish"),
	};
	return all;
}

TEST(what_a_landing_is_called)
{
	static const struct {
		const char *about, *stages, *own, *name, *source_file;
	} row[] = {
		// clang-format off
		{ "a file as it is", "[]", "a.csv", "a.csv", "a.csv" },
		{ "a pipe", "[]", NULL, NULL, NULL },
		{ "behind a converter",
		  "[{\"tool\":\"validate\",\"start\":{\"in\":\"pipe:f:2\"},\"finish\":{}},"
		  "{\"tool\":\"csv2json\",\"start\":{\"in\":\"file:fe01:7:/in/acme.csv\"},\"finish\":{}}]",
		  NULL, "acme.jsonl", "acme.csv" },
		{ "compressed, and in capitals",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":[\"file:fe01:7:/in/ACME.CSV.GZ\"]},\"finish\":{}}]",
		  NULL, "ACME.jsonl", "ACME.CSV.GZ" },
		{ "no ending that is known",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":\"file:fe01:7:/in/acme.2025\"},\"finish\":{}}]",
		  NULL, "acme.2025.jsonl", "acme.2025" },
		{ "no converter",
		  "[{\"tool\":\"stage\",\"start\":{\"in\":\"file:fe01:7:/in/acme.csv\"},\"finish\":{}}]",
		  NULL, "acme.csv", "acme.csv" },
		{ "a stage knows what it unpacked, a converter stands behind it",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":\"pipe:f:1\"},\"finish\":{}},"
		  "{\"tool\":\"pgp-open\",\"start\":{\"in\":\"file:fe01:7:/in/x.pgp\"},\"finish\":{\"meta\":{\"name\":\"acme.csv\"}}}]",
		  NULL, "acme.jsonl", "x.pgp" },
		{ "the nearest name counts, and nothing stands behind it",
		  "[{\"tool\":\"rename\",\"start\":{\"in\":\"pipe:f:1\"},\"finish\":{\"meta\":{\"name\":\"final.csv\"}}},"
		  "{\"tool\":\"csv2json\",\"start\":{\"in\":\"pipe:f:1\"},\"finish\":{\"meta\":{\"name\":\"x\"}}}]",
		  NULL, "final.csv", "x" },
		{ "several files",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":[\"file:fe01:7:/a.csv\",\"file:fe01:8:/b.csv\"]},\"finish\":{}}]",
		  NULL, NULL, NULL },
		{ "all but an ending",
		  "[{\"tool\":\"csv2json\",\"start\":{\"in\":\"file:fe01:7:/in/.csv\"},\"finish\":{}}]",
		  NULL, ".csv.jsonl", ".csv" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_upstream_stage stage[STAGES];
		struct tg_upstream up;
		struct tg_origin origin;
		json_t *all = upstream_of(row[i].stages, &up, stage);

		tg_origin_find(&origin, &up, tg_str_of(row[i].own), &arena);
		is_str(row[i].about, origin.name, tg_str_of(row[i].name));
		is_str(row[i].about, origin.source_file, tg_str_of(row[i].source_file));
		json_decref(all);
	}
}

TEST(what_stages_found_out)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_upstream_stage stage[STAGES];
	struct tg_upstream up;
	struct tg_origin origin;
	json_t *all = upstream_of(
		"[{\"tool\":\"validate\",\"start\":{\"version\":\"1\",\"in\":\"pipe:f:1\","
		"\"contract\":{\"file\":\"c.json\",\"version\":\"2.1.0\"}},"
		"\"finish\":{\"records\":{\"in\":3,\"out\":2,\"dropped\":0,\"rejected\":1},"
		"\"rejected\":{\"schema\":1}}},"
		"{\"tool\":\"pgp-open\",\"start\":{\"in\":\"pipe:f:2\",\"contract\":{\"version\":\"1\"}},"
		"\"finish\":{\"meta\":{\"sha256\":\"ab\",\"pgp_fingerprint\":\"CD\","
		"\"signed_at\":\"2025-11-05T04:58:12Z\",\"signed\":true,\"pgp_allowed\":[\"allow-sha1\"]}}},"
		"{\"tool\":\"name-check\",\"start\":{\"in\":\"file:fe01:7:/in/x.pgp\"},"
		"\"finish\":{\"meta\":{\"source\":\"acme\",\"entity\":\"e\",\"date\":\"2025-11-05\","
		"\"sha256\":\"12\"}}}]",
		&up, stage);

	tg_origin_find(&origin, &up, TG_STR_NONE, &arena);
	is_str("source", origin.source, TG_STR("acme"));
	is_str("entity", origin.entity, TG_STR("e"));
	is_str("date", origin.date, TG_STR("2025-11-05"));
	is_str("the first digest is the file's", origin.source_sha256, TG_STR("12"));
	is_str("fingerprint", origin.pgp_fingerprint, TG_STR("CD"));
	is_str("when", origin.signed_at, TG_STR("2025-11-05T04:58:12Z"));
	is_str("exceptions", origin.pgp_allowed, TG_STR("[\"allow-sha1\"]"));
	ok("signed", !origin.is_unsigned);
	is_str("the nearest contract", origin.schema_version, TG_STR("2.1.0"));
	is_str("contract", origin.contract, TG_STR("{\"file\":\"c.json\",\"version\":\"2.1.0\"}"));
	is_str("stages", origin.stages,
	       TG_STR("[{\"tool\":\"name-check\"},{\"tool\":\"pgp-open\"},"
		      "{\"tool\":\"validate\",\"version\":\"1\",\"records\":{\"in\":3,\"out\":2,"
		      "\"dropped\":0,\"rejected\":1},\"rejected\":{\"schema\":1}}]"));
	json_decref(all);
}

/* -- batches of stages before ------------------------------------------------------------------------------------------------ */

static void keep_one(enum tg_keeper_kind kind, const char *id, struct tg_buffer *meta)
{
	TG_OWN(tg_keeper_free) struct tg_keeper *k = NULL;
	struct tg_keeper_wish wish = { .kind = kind, .url = TG_STR("keys.db"), .now = 1000000 };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_key_entry e;
	struct tg_batch b;
	bool known, own;

	is_int("open", tg_keeper_open(&k, &wish, &err), TG_OK);
	is_int("begin", tg_keeper_begin(k, &err), TG_OK);
	tg_keeper_replay_id(k, TG_STR("acme"), tg_str_of(id), 0, &e);
	is_int("find", tg_keeper_find(k, &e, &known, &own, &err), TG_OK);
	ok("new", !known);
	tg_keeper_keep(k, &e);
	is_int("finish", tg_keeper_finish(k, &b, meta, &err), TG_OK);
}

TEST(what_must_come_by_the_kind_of_batch)
{
	static const struct {
		const char *about, *stages; /* %s: a batch of keys (K) or of replay ids (R) */
		unsigned records;
		enum tg_status status;
	} row[] = {
		// clang-format off
		{ "replay, all lands", "[{\"finish\":{\"records\":{\"out\":3},\"meta\":{\"batch\":R}}}]", 3, TG_OK },
		{ "replay, some is rejected, some dropped behind",
		  "[{\"finish\":{\"records\":{\"out\":1,\"dropped\":1}}},{\"finish\":{\"records\":{\"out\":2,\"rejected\":1}}},"
		  "{\"finish\":{\"records\":{\"out\":3,\"rejected\":9},\"meta\":{\"batch\":R}}}]", 1, TG_OK },
		{ "replay, one is missing", "[{\"finish\":{\"records\":{\"out\":3},\"meta\":{\"batch\":R}}}]", 2, TG_USAGE },
		{ "replay, one too many", "[{\"finish\":{\"records\":{\"out\":3},\"meta\":{\"batch\":R}}}]", 4, TG_USAGE },
		{ "keys behind replay",
		  "[{\"finish\":{\"records\":{\"out\":1,\"dropped\":1},\"meta\":{\"batch\":K}}},"
		  "{\"finish\":{\"records\":{\"out\":2},\"meta\":{\"batch\":R}}}]", 1, TG_OK },
		{ "replay behind keys takes something away",
		  "[{\"finish\":{\"records\":{\"out\":1,\"dropped\":1},\"meta\":{\"batch\":R}}},"
		  "{\"finish\":{\"records\":{\"out\":2},\"meta\":{\"batch\":K}}}]", 1, TG_USAGE },
		{ "keys, something is rejected behind",
		  "[{\"finish\":{\"records\":{\"out\":1,\"rejected\":1}}},"
		  "{\"finish\":{\"records\":{\"out\":2},\"meta\":{\"batch\":K}}}]", 1, TG_USAGE },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer keys = TG_BUFFER_INIT, replay = TG_BUFFER_INIT;
	ROOM;

	keep_one(TG_KEEP_KEYS, "1", &keys);
	keep_one(TG_KEEP_REPLAY, "2", &replay);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		TG_OWN(tg_stores_release) struct tg_stores stores = { .n = 0 };
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_upstream_stage stage[STAGES];
		struct tg_upstream up;
		json_t *all;

		for (const char *p = row[i].stages; *p; p++) {
			if (*p == 'K' || *p == 'R')
				tg_buffer_put_str(&text,
						  tg_buffer_str(*p == 'K' ? &keys : &replay));
			else
				tg_buffer_putc(&text, *p);
		}
		tg_buffer_putc(&text, '\0');
		all = upstream_of(text.p, &up, stage);
		is_int(row[i].about, tg_stores_find(&stores, &up, row[i].records, &arena, &err),
		       row[i].status);
		json_decref(all);
	}
}
