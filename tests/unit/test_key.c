#include "common/base/normal.h"
#include "common/json/canon.h"
#include "common/json/scan.h"
#include "common/key/identity.h"
#include "common/key/whole.h"
#include "tests/unit/tap.h"

/* A line with room behind it, scanned. */
struct line {
	char text[512];
	struct tg_scanner *scanner;
	struct tg_record rec;
};

static void scan(struct line *l, const char *text)
{
	size_t n = strlen(text);

	memset(l->text, 0, sizeof(l->text));
	memcpy(l->text, text, n);
	if (!l->scanner)
		l->scanner = tg_scanner_new();
	l->rec = (struct tg_record){ 0 };
	is_int(text, tg_scan(l->scanner, tg_str_from(l->text, n), &l->rec), TG_SCAN_OK);
}

static const unsigned char secret[32] = "0123456789abcdef0123456789abcdeX";

static struct tg_record_identity *open_key(struct tg_arena *arena, const char *one, const char *two)
{
	struct tg_str pointer[2] = { tg_str_of(one), tg_str_of(two) };
	struct tg_identity_wish wish = { .pointer = pointer,
					 .pointers = (size_t)(one != NULL) + (two != NULL) };
	struct tg_record_identity *id = NULL;
	struct tg_error err = TG_ERROR_INIT;

	is_int("open", tg_record_identity_open(&id, &wish, arena, &err), TG_OK);
	tg_record_identity_secret(id, secret);
	return id;
}

/* Whether it has one; else *fault says why not. */
static bool identity_of(struct tg_record_identity *id, const struct tg_record *rec,
			struct tg_key_entry *e, struct tg_identity_fault *fault)
{
	struct tg_keyed keyed;

	tg_record_keys(id, rec, 1, &keyed);
	tg_record_contents(id, rec, 1, &keyed);
	*e = keyed.entry;
	if (keyed.fault.code)
		*fault = keyed.fault;
	return !keyed.fault.code;
}

TEST(which_records_are_one)
{
	static const struct {
		const char *about, *one, *two, *a, *b;
		bool same_key, same_content;
	} row[] = {
		// clang-format off
		{ "blanks and order", "/id", NULL, "{\"id\":1,\"x\":2}", "{ \"x\" : 2, \"id\" : 1 }", true, true },
		{ "numbers by value", "/id", NULL, "{\"id\":1}", "{\"id\":1.0}", true, true },
		{ "exponents", "/id", NULL, "{\"id\":100}", "{\"id\":1e2}", true, true },
		{ "large ones apart", "/id", NULL, "{\"id\":9007199254740993}", "{\"id\":9007199254740992}", false, false },
		{ "a number is no text", "/id", NULL, "{\"id\":1}", "{\"id\":\"1\"}", false, false },
		{ "case counts", "/id", NULL, "{\"id\":\"a\"}", "{\"id\":\"A\"}", false, false },
		{ "escapes do not", "/id", NULL, "{\"id\":\"a\"}", "{\"id\":\"\\u0061\"}", true, true },
		{ "nor in names", "/id", NULL, "{\"id\":1,\"x\":2}", "{\"\\u0069d\":1,\"x\":2}", true, true },
		{ "other content", "/id", NULL, "{\"id\":1,\"x\":2}", "{\"id\":1,\"x\":3}", true, false },
		{ "null is a value", "/id", NULL, "{\"id\":null}", "{\"id\":\"null\"}", false, false },
		{ "two parts do not run together", "/a", "/b", "{\"a\":\"x\",\"b\":\"yz\"}", "{\"a\":\"xy\",\"b\":\"z\"}", false, false },
		{ "nor by their marks", "/a", "/b", "{\"a\":\"x\\\",\\\"\",\"b\":\"y\"}", "{\"a\":\"x\",\"b\":\"\\\",\\\"y\"}", false, false },
		{ "an object as key", "/k", NULL, "{\"k\":{\"a\":1,\"b\":2}}", "{\"k\":{\"b\":2,\"a\":1}}", true, true },
		{ "within", "/k/0", NULL, "{\"k\":[7,8]}", "{\"k\":[7,9]}", true, false },
		{ "the whole", NULL, NULL, "{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2.0],\"a\":1}", true, true },
		{ "the whole, not", NULL, NULL, "{\"a\":1,\"b\":[1,2]}", "{\"b\":[2,1],\"a\":1}", false, true },
		{ "the whole, no object", NULL, NULL, "[1]", "[1.0]", true, true },
		{ "the same name within", "/id", NULL, "{\"x\":{\"id\":1},\"id\":2}", "{\"x\":{\"id\":3},\"id\":2}", true, false },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
		struct tg_record_identity *id = open_key(&arena, row[i].one, row[i].two);
		struct line l = { .scanner = NULL };
		struct tg_key_entry a, b;
		struct tg_identity_fault fault;

		for (int turn = 0; turn < 2;
		     turn++) { /* the second time with what the first has taught */
			scan(&l, row[i].a);
			ok(row[i].about, identity_of(id, &l.rec, &a, &fault));
			scan(&l, row[i].b);
			ok(row[i].about, identity_of(id, &l.rec, &b, &fault));
			is_int(row[i].about, memcmp(a.key, b.key, sizeof(a.key)) == 0,
			       row[i].same_key);
			is_int(row[i].about, memcmp(a.content, b.content, sizeof(a.content)) == 0,
			       row[i].same_content);
		}
		tg_scanner_free(&l.scanner);
		tg_record_identity_release(id);
	}
}

TEST(missing_parts)
{
	static const struct {
		const char *about, *text, *pointer;
	} row[] = {
		{ "both there", "{\"a\":1,\"b\":2}", NULL },
		{ "second not", "{\"a\":1}", "/b" },
		{ "null is there", "{\"a\":null,\"b\":null}", NULL },
		{ "no object", "[1,2]", "/a" },
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_record_identity *id = open_key(&arena, "/a", "/b");
	struct line l = { .scanner = NULL };

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_identity_fault fault = { "", TG_STR(""), "" };
		struct tg_key_entry e;

		scan(&l, row[i].text);
		is_int(row[i].about, identity_of(id, &l.rec, &e, &fault), !row[i].pointer);
		is_str(row[i].about, fault.pointer,
		       tg_str_of(row[i].pointer ? row[i].pointer : ""));
	}
	tg_scanner_free(&l.scanner);
	tg_record_identity_release(id);
}

/* A record of some length, of a form that a fast way might take for another. */
static struct tg_str write_record(char *to, unsigned i)
{
	static const char *const form[][4] = {
		{ "{\"id\":\"", "\",\"b\":\"", "\",\"a\":", "}" },
		{ "{\"id\":", ",\"b\":\"", "\",\"a\":", ".50}" },
		{ "{\"b\":\"", "", "\",\"id\":\"\\u0041", "\"}" },
		{ "{\"no\":", ",\"x\":\"", "\",\"y\":", "}" },
		{ "[", ",\"", "\",", "]" },
		{ "{\"id\":[", ",{\"z\":\"", "\",\"a\":", "}]}" },
	};
	const char *const *part = form[i % TG_COUNT(form)];
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_puts(&b, part[0]);
	tg_buffer_put_u64(&b, i + 1);
	tg_buffer_puts(&b, part[1]);
	for (unsigned n = i * 37 % 300; n > 0; n--)
		tg_buffer_putc(&b, 'f');
	tg_buffer_puts(&b, part[2]);
	tg_buffer_put_u64(&b, i * 7 + 1);
	tg_buffer_puts(&b, part[3]);
	memcpy(to, b.p, b.n);
	return tg_str_from(to, b.n);
}

/* Digests are kept in stores: they are what canon.h and siphash.h say, whatever ways there are to get them. */
TEST(many_at_once_are_as_one_by_one)
{
	enum { RECORDS = 200, ROOM = 512 };
	static char text[RECORDS][ROOM];
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT, scratch = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer form = TG_BUFFER_INIT;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	struct tg_record_identity *id = open_key(&arena, "/id", NULL);
	struct tg_siphash_key key = tg_siphash_key_of(secret),
			      content = tg_siphash_key_of(secret + TG_SIPHASH_KEY);
	struct tg_record rec[TG_IDENTITIES];
	struct tg_keyed keyed[TG_IDENTITIES];

	for (unsigned from = 0, n; from < RECORDS; from += n) {
		n = 1 + from % TG_IDENTITIES;
		n = n < RECORDS - from ? n : RECORDS - from;
		for (unsigned i = 0; i < n; i++) {
			struct tg_str line = write_record(text[from + i], from + i);

			is_int(line.p, tg_scan(scanner, line, rec + i), TG_SCAN_OK);
			tg_scanner_keep(scanner);
		}
		tg_record_keys(id, rec, n, keyed);
		tg_record_contents(id, rec, n, keyed);
		for (unsigned i = 0; i < n; i++) {
			const struct tg_span *v =
				tg_member_find(rec + i, rec[i].span, TG_STR("id"));
			unsigned char digest[TG_SIPHASH_SIZE];

			is_int(text[from + i], !keyed[i].fault.code, v != NULL);
			if (!v)
				continue;
			form.n = 0;
			tg_buffer_putc(&form, '[');
			tg_canon_put(&form, rec + i, v, &scratch);
			tg_buffer_putc(&form, ']');
			tg_siphash(&key, form.p, form.n, digest);
			ok(text[from + i], memcmp(digest, keyed[i].entry.key, TG_KEY_SIZE) == 0);
			form.n = 0;
			tg_canon_put(&form, rec + i, rec[i].span, &scratch);
			tg_siphash(&content, form.p, form.n, digest);
			ok(text[from + i],
			   memcmp(digest, keyed[i].entry.content, TG_CONTENT_SIZE) == 0);
		}
		tg_scanner_drop(scanner);
	}
	tg_record_identity_release(id);
}

TEST(whole_is_the_canonical_form)
{
	static const char *const text[] = {
		"{\"b\":1,\"a\":\"x\",\"c\":[1,{\"z\":0,\"y\":1}]}",
		"{\"b\":1.50,\"a\":\"\\u0041\",\"c\":null}",
		"{\"b\":true,\"a\":-0,\"c\":{}}",
		"{\"a\":1}",
		"{}",
		"[]",
		"\"text\"",
		"{\"\\u00e9\":1,\"z\":2}",
		"{\"ab\":1,\"a\":2,\"a b\":3}",
		"{\"b\":1,\"a\":\"x\",\"c\":[1,{\"z\":0,\"y\":1}]}",
		/* as many spans, and names in the same places, but not of the same object */
		"{\"a\":\"1\",\"b\":\"2\"}",
		"{\"a\":{\"b\":\"2\"}}",
		"{\"a\":[],\"b\":{}}",
		"{\"a\":\"b\",\"b\":\"a\"}",
		"{\"b\":\"2\",\"a\":\"1\"}",
		/* blanks */
		"{\"b\": \"2\", \"a\" : true }",
		"{ \"b\":\"2\",\"a\":\"1\"}",
		/* lengths around those of words, and values around those of copies */
		"{\"seven77\":1,\"eight888\":\"2\",\"six666\":\"\",\"fourteen 14 14\":\"\"}",
		"{\"seven77\":1,\"eight889\":\"2\",\"six666\":\"\",\"fourteen 14 14\":\"\"}",
		"{\"seven77\":1,\"eight889\":\"2\",\"six666\":\"\",\"fourteen 14 15\":\"\"}",
		"{\"seven77\":1,\"eight889\":\"2\",\"six666\":\"\",\"fifteen 15 15 1\":\"\"}",
		"{\"seven77\":1,\"eight889\":\"2\",\"six666\":\"\",\"fifteen 15 15 2\":\"\"}",
		"{\"z\":\"0123456789012345678901234\",\"y\":\"01234567890123456789012345\"}",
		"{\"z\":\"01234567890123456789012345678901234567890123456789012345678\",\"y\":\"012345678901234567890123456789012345678901234567890123456789\"}",
	};
	TG_OWN(tg_whole_release) struct tg_whole w = { .n = 0 };
	TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT, want = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	struct line l = { .scanner = NULL };

	for (size_t i = 0; i < TG_COUNT(text); i++) {
		for (size_t again = 0; again < 2; again++) {
			scan(&l, text[i]);
			got.n = want.n = 0;
			tg_whole_put(&w, &got, &l.rec);
			tg_canon_put(&want, &l.rec, l.rec.span, &scratch);
			is_str(text[i], tg_buffer_str(&got), tg_buffer_str(&want));
		}
	}
	tg_scanner_free(&l.scanner);
}

/* A record of as many members as are remembered, in falling order; a second one lacks the last, so that each of two is a new sequence. */
static void put_falling(struct tg_buffer *b, size_t members)
{
	tg_buffer_putc(b, '{');
	for (size_t i = 0; i < members; i++)
		tg_buffer_printf(b, "%s\"%c%c\":1", i ? "," : "", 'z' - (int)(i / 26),
				 'z' - (int)(i % 26));
	tg_buffer_putc(b, '}');
	(void)tg_buffer_room(b, TG_SLACK);
}

/* What it costs is held by tests/instructions. */
TEST(names_in_falling_order)
{
	TG_OWN(tg_whole_release) struct tg_whole w = { .n = 0 };
	TG_OWN(tg_buffer_release)
	struct tg_buffer text = TG_BUFFER_INIT, got = TG_BUFFER_INIT, want = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	struct tg_scanner *scanner = tg_scanner_new();
	struct tg_record rec;

	for (size_t i = 0; i < 4; i++) {
		text.n = got.n = want.n = 0;
		put_falling(&text, TG_WHOLE_MEMBERS - i % 2);
		is_int("scan", tg_scan(scanner, tg_buffer_str(&text), &rec), TG_SCAN_OK);
		tg_whole_put(&w, &got, &rec);
		tg_canon_put(&want, &rec, rec.span, &scratch);
		is_str("as by the canonical form", tg_buffer_str(&got), tg_buffer_str(&want));
	}
	tg_scanner_free(&scanner);
}

TEST(normal_texts)
{
	static const struct {
		const char *about, *from, *to;
		unsigned how;
	} row[] = {
		// clang-format off
		{ "nothing asked for", " A ", " A ", 0 },
		{ "trim", " \t a b \n", "a b", TG_NORMAL_TRIM },
		{ "trim wide spaces", "\xe3\x80\x80" "a\xc2\xa0", "a", TG_NORMAL_TRIM },
		{ "trim to nothing", " \xc2\xa0 ", "", TG_NORMAL_TRIM },
		{ "trim leaves what is no space", "\xc3\xa9 \xc3\xa9", "\xc3\xa9 \xc3\xa9", TG_NORMAL_TRIM },
		{ "fold", "Az09", "az09", TG_NORMAL_FOLD },
		{ "fold and trim", " AZ ", "az", TG_NORMAL_FOLD | TG_NORMAL_TRIM },
		{ "fold beyond ASCII", "STRASSE \xc3\x84", "strasse \xc3\xa4", TG_NORMAL_FOLD },
		{ "fold to more", "stra\xc3\x9f" "e", "strasse", TG_NORMAL_FOLD },
		{ "compose", "e\xcc\x81", "\xc3\xa9", TG_NORMAL_NFC },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_error err = TG_ERROR_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (tg_normal_prepare(row[i].how, "a test", &err) == TG_UNAVAILABLE) {
			tap_skip("no libutf8proc here");
			return;
		}
		out.n = 0;
		tg_normal_put(&out, tg_str_of(row[i].from), row[i].how);
		is_str(row[i].about, tg_buffer_str(&out), tg_str_of(row[i].to));
	}
}
