#include "common/json/text.h"
#include "common/webhook/head.h"
#include "common/webhook/inside.h"
#include "common/webhook/verify.h"
#include "tests/unit/tap.h"

#include <stdio.h>

static struct tg_str repeat(struct tg_arena *arena, int byte, size_t n)
{
	char *p = tg_arena_take(arena, n + 1);

	memset(p, byte, n);
	return tg_str_from(p, n);
}

/* RFC 4231, RFC 2202. */
TEST(hmac_is_what_the_rfcs_say)
{
	struct tg_arena arena = TG_ARENA_INIT;
	const struct {
		const char *about;
		enum tg_hash hash;
		struct tg_str key, text;
		const char *mac;
	} row[] = {
		{ "4231, 1", TG_HASH_SHA256, repeat(&arena, 0x0b, 20), TG_STR("Hi There"),
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "4231, 2", TG_HASH_SHA256, TG_STR("Jefe"), TG_STR("what do ya want for nothing?"),
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "4231, 6", TG_HASH_SHA256, repeat(&arena, 0xaa, 131),
		  TG_STR("Test Using Larger Than Block-Size Key - Hash Key First"),
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ "4231, 2, SHA-512", TG_HASH_SHA512, TG_STR("Jefe"),
		  TG_STR("what do ya want for nothing?"),
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
		{ "2202, 2, SHA-1", TG_HASH_SHA1, TG_STR("Jefe"),
		  TG_STR("what do ya want for nothing?"),
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_mac_free) struct tg_mac *mac = tg_mac_new(row[i].hash, false);
		TG_OWN(tg_buffer_release) struct tg_buffer hex = TG_BUFFER_INIT;
		static char much[2 << 20];
		unsigned char out[TG_MAC_MAX];

		tg_mac_key(mac, TG_STR("another"));
		tg_mac_key(mac, row[i].key);
		for (int again = 0; again < 3;
		     again++) { /* the key stays, also when libcrypto takes over */
			if (again == 2) {
				tg_mac_begin(mac, 0);
				tg_mac_add(mac, much, sizeof(much));
				tg_mac_end(mac, out);
			}
			tg_mac_begin(mac, 1);
			for (size_t k = 0; k < row[i].text.n; k++)
				tg_mac_add(mac, row[i].text.p + k, 1);
			tg_mac_end(mac, out);
			tg_buffer_clear(&hex);
			tg_buffer_put_hex(&hex, out, tg_mac_size(mac));
			is_str(row[i].about, tg_buffer_str(&hex), tg_str_of(row[i].mac));
		}
	}
	tg_arena_release(&arena);
}

TEST(every_built_in_scheme_is_one)
{
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < tg_scheme_builtins; i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_scheme s, again;
		enum tg_status st =
			tg_scheme_parse(&s, tg_str_of(tg_scheme_builtin[i]), &arena, &err);

		is_str(tg_scheme_builtin[i], tg_str_of(err.text), TG_STR(""));
		if (st)
			continue;
		ok(s.name.p, s.about.n > 0);
		ok(s.name.p, !s.named_only || (s.aliases == 0 && s.weak.n));
		is_int(s.name.p, tg_scheme_load(&again, s.name, &arena, &err), TG_OK);
		is_str(s.name.p, again.name, s.name);
		for (size_t k = 0; k < s.aliases; k++) {
			is_int(s.alias[k].p, tg_scheme_load(&again, s.alias[k], &arena, &err),
			       TG_OK);
			is_str(s.alias[k].p, again.name, s.name);
		}
	}
	tg_arena_release(&arena);
}

TEST(whose_ids_can_be_believed)
{
	static const struct {
		const char *name;
		int is_signed;
	} row[] = {
		{ "standard-webhooks-v1", 1 },
		{ "stripe-v1", 1 },
		{ "mailgun-body", 1 },
		{ "gitlab-token", 1 },
		{ "square", 1 },
		{ "discord", 1 },
		{ "github-sha256", 0 },
		{ "shopify-hmac", 0 },
		{ "razorpay-hex", 0 },
		{ "box", 0 },
		{ "twilio-form", 0 },
		{ "zendesk", 0 },
		{ "slack", 1 },
		{ "xero", 0 },
		{ "adyen", 0 },
	};
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_scheme s;

		is_int(row[i].name, tg_scheme_load(&s, tg_str_of(row[i].name), &arena, &err),
		       TG_OK);
		is_int(row[i].name, s.id_signed, row[i].is_signed);
	}
	tg_arena_release(&arena);
}

#define GOOD                                                                                       \
	"\"signature\":{\"in\":\"header:A\"},\"signed\":\"{body}\",\"algorithm\":\"hmac-sha256\""

TEST(a_description_with_a_slip_is_refused_with_a_reason)
{
	static const struct {
		const char *json, *why;
	} row[] = {
		{ "{\"name\":\"a\"," GOOD "}", "" },
		{ "[]", "must be an object" },
		{ "{", "line 1" },
		{ "{\"name\":\"a\",\"name\":\"b\"}", "twice" },
		{ "{" GOOD "}", "has no \"name\"" },
		{ "{\"name\":\"a\"," GOOD ",\"signatur\":1}", "did you mean \"signature\"" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"headers:A\"}}", "must say where" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A B\"}}", "name of a header" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:\"}}", "name of a header" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":[]}}", "holds no place" },
		{ "{\"name\":\"a\",\"signature\":{\"encoding\":\"hex\"}}", "no \"in\"" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\",\"pair\":\"=\"}}", "belong" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\",\"encoding\":\"Hex\"}}",
		  "hex, base64 or text" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"json:x\"}}", "JSON Pointer" },
		{ "{\"name\":\"a\",\"signed\":\"{bdy}\"}", "between braces" },
		{ "{\"name\":\"a\",\"signed\":\"{body\"}", "has no }" },
		{ "{\"name\":\"a\",\"signed\":\"\"}", "is empty" },
		{ "{\"name\":\"a\",\"signed\":\"{join:}\"}", "join" },
		{ "{\"name\":\"a\",\"algorithm\":\"md5\"}", "hmac-sha256, hmac-sha1" },
		{ "{\"name\":\"a\"," GOOD ",\"secret\":\"whpk\"}", "utf8, hex, base64 or whsec" },
		{ "{\"name\":\"a\"," GOOD ",\"timestamp\":{\"in\":\"header:T\"}}",
		  "is not signed" },
		{ "{\"name\":\"a\"," GOOD ",\"timestamp\":{\"in\":\"json:/t\"}}", "" },
		{ "{\"name\":\"a\"," GOOD ",\"timestamp\":{\"in\":\"json:/t\",\"tolerance\":1.5}}",
		  "whole seconds" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"signed\":\"{id}\","
		  "\"algorithm\":\"hmac-sha256\"}",
		  "{id} is signed" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"signed\":\"x\","
		  "\"algorithm\":\"token\"}",
		  "signs nothing" },
		{ "{\"name\":\"a\"," GOOD ",\"items\":\"/a\"}", "belong together" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"signed\":\"{header:B}\","
		  "\"algorithm\":\"hmac-sha256\"}",
		  "the body is not signed" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"signed\":\"{header:B}\","
		  "\"algorithm\":\"hmac-sha256\",\"weak\":\"B is signed\"}",
		  "" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"signed\":\"{header:B}\","
		  "\"algorithm\":\"hmac-sha256\",\"body_hash\":{\"in\":\"header:B\"}}",
		  "" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"signed\":\"{header:B}\","
		  "\"algorithm\":\"hmac-sha256\",\"body_hash\":{\"in\":\"header:C\"}}",
		  "the body is not signed" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\",\"encoding\":\"hex\"},"
		  "\"signed\":\"{url}\",\"algorithm\":\"ed25519\"}",
		  "the body is not signed" },
		{ "{\"name\":\"a\",\"signature\":{\"in\":\"header:A\"},\"algorithm\":\"token\","
		  "\"timestamp\":{\"in\":\"header:T\"}}",
		  "signs nothing" },
	};
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_scheme s;
		enum tg_status st = tg_scheme_parse(&s, tg_str_of(row[i].json), &arena, &err);

		is_int(row[i].json, st, *row[i].why ? TG_CONFIG : TG_OK);
		ok(row[i].json, strstr(err.text, row[i].why) != NULL);
	}
	tg_arena_release(&arena);
}

TEST(urls_that_may_have_been_signed)
{
	static const struct {
		const char *url, *variants;
	} row[] = {
		{ "https://a.example/x?y=1",
		  "https://a.example/x?y=1 https://a.example:443/x?y=1" },
		{ "http://a.example:8080", "http://a.example:8080 http://a.example "
					   "http://a.example:80" },
		{ "https://u:1@a.example/", "https://u:1@a.example/ https://u:1@a.example:443/" },
		{ "https://[::1]:443/", "https://[::1]:443/ https://[::1]/" },
		{ "no url", "no url" },
		{ "https://", "https:// https://:443" },
		{ "", "" },
	};
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
		struct tg_str variant[TG_URL_VARIANTS];
		size_t n = tg_url_variants(tg_str_of(row[i].url), &arena, variant);

		for (size_t k = 0; k < n; k++)
			tg_buffer_printf(&got, "%s%.*s", k ? " " : "", TG_STR_ARG(variant[k]));
		is_str(row[i].url, tg_buffer_str(&got), tg_str_of(row[i].variants));
	}
	tg_arena_release(&arena);
}

TEST(forms_are_joined_by_name)
{
	static const struct {
		const char *body, *joined;
	} row[] = {
		{ "", "" },
		{ "b=2&a=1", "a1b2" },
		{ "a=2&a=1&a=2", "a1a2" },
		{ "a=%41+b%2", "aA b%2" },
		{ "a&&=x&b=", "xab" },
		{ "a=1=2", "a1=2" },
		{ "%zz=%", "%zz%" },
	};
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str joined;

		ok(row[i].body, tg_form_join(tg_str_of(row[i].body), &arena, &joined));
		is_str(row[i].body, joined, tg_str_of(row[i].joined));
	}
	tg_arena_release(&arena);
}

TEST(times)
{
	static const struct {
		const char *text;
		enum tg_time_unit unit;
		long long seconds; /* -1: none */
	} row[] = {
		{ "1760000000", TG_UNIT_SECONDS, 1760000000 },
		{ "+1760000000", TG_UNIT_SECONDS, -1 },
		{ " 1760000000", TG_UNIT_SECONDS, -1 },
		{ "1760000000 ", TG_UNIT_SECONDS, -1 },
		{ "1760000000.0", TG_UNIT_SECONDS, -1 },
		{ "", TG_UNIT_SECONDS, -1 },
		{ "99999999999999999999", TG_UNIT_SECONDS, -1 },
		{ "9999999999999999999", TG_UNIT_SECONDS, -1 },
		{ "9223372036854775807", TG_UNIT_SECONDS, INT64_MAX / 1000000 },
		{ "1760000000999", TG_UNIT_MILLISECONDS, 1760000000 },
		{ "2025-10-09T08:53:20Z", TG_UNIT_RFC3339, 1760000000 },
		{ "2025-10-09T10:53:20+02:00", TG_UNIT_RFC3339, 1760000000 },
		{ "2025-10-09", TG_UNIT_RFC3339, -1 },
		{ "1760000000", TG_UNIT_RFC3339, -1 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		int64_t micros = 0;
		bool good = tg_extract_time(tg_str_of(row[i].text), row[i].unit, &micros);

		is_int(row[i].text, good ? micros / 1000000 : -1, row[i].seconds);
	}
}

/* A string in pieces of every size is what it is whole. */
TEST(texts_decode_in_pieces)
{
	static const char *const row[] = {
		"",
		"plain",
		"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t",
		"\\u0000\\u00e9\\u20ac\\ud83d\\ude00",
		"{\\\"id\\\":\\\"evt_1\\\",\\\"name\\\":\\\"Zo\xc3\xab \xf0\x9f\x98\x80\\\"}\\r\\n",
		"1234567\\\"1234567\\\\12345678\\n123456789\\u0041",
	};
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		for (size_t room = 2 * TG_TEXT_PART_LEAST; room < 112; room++) {
			TG_OWN(tg_buffer_release) struct tg_buffer whole = TG_BUFFER_INIT;
			TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
			struct tg_str text =
				tg_arena_format(&arena, "\"%s%s%s\"", row[i], row[i], row[i]);
			struct tg_record rec = { .source = 0 };
			struct tg_str rest;
			char piece[128];

			is_int(row[i], tg_scan(scanner, tg_arena_copy(&arena, text), &rec),
			       TG_SCAN_OK);
			tg_text_decode(&whole, &rec, rec.span);
			rest = tg_span_text(&rec, rec.span);
			while (rest.n) {
				size_t n = tg_text_decode_part(piece, room, &rest);

				ok("it goes on, within its room", n > 0 && n <= room);
				tg_buffer_put(&got, piece, n);
			}
			is_str(row[i], tg_buffer_str(&got), tg_buffer_str(&whole));
		}
	}
	tg_arena_release(&arena);
}

/* Escapes at all distances from each other, and from the ends of words and blocks; nothing is written behind the room. */
TEST(a_body_of_any_escapes)
{
	static const char *const piece[] = { "a",
					     "bc",
					     "\\\"",
					     "\\\\",
					     "\\/",
					     "\\n",
					     "\\u00e9",
					     "\\ud83d\\ude00",
					     "\xc3\xab",
					     "0123456789abcdef",
					     "0123456789abcdef0123456789abcdef0" };
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	uint64_t random = 88172645463325252;

	for (unsigned round = 0; round < 3000; round++) {
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer whole = TG_BUFFER_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
		size_t pieces = round % 60, room = 2 * TG_TEXT_PART_LEAST + round % 50;
		struct tg_record rec = { .source = 0 };
		struct tg_str rest;
		char out[128];
		bool kept = true;

		tg_arena_reset(&arena);
		tg_buffer_putc(&text, '"');
		for (size_t i = 0; i < pieces; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			tg_buffer_puts(&text, piece[random % (round % 2 ? 5 : TG_COUNT(piece))]);
		}
		tg_buffer_putc(&text, '"');
		is_int("a string",
		       tg_scan(scanner, tg_arena_copy(&arena, tg_buffer_str(&text)), &rec),
		       TG_SCAN_OK);
		tg_text_decode(&whole, &rec, rec.span);
		rest = tg_span_text(&rec, rec.span);
		while (rest.n && kept) {
			size_t n;

			memset(out, 0x55, sizeof(out));
			n = tg_text_decode_part(out, room, &rest);
			kept = n > 0 && n <= room;
			for (size_t i = room; i < sizeof(out); i++)
				kept = kept && out[i] == 0x55;
			tg_buffer_put(&got, out, n);
		}
		ok("within its room", kept);
		is_str("the same", tg_buffer_str(&got), tg_buffer_str(&whole));
	}
}

TEST(heads)
{
	static const struct {
		const char *head, *record; /* NULL: none */
	} row[] = {
		{ "", "{\"headers\":[],\"body_base64\":\"aGk=\"}" },
		{ "A: b\r\nC:d\r\n\r\nnot: read\r\n",
		  "{\"headers\":[[\"A\",\"b\"],[\"C\",\"d\"]],\"body_base64\":\"aGk=\"}" },
		{ "POST /x HTTP/1.1\nA:  b \n",
		  "{\"method\":\"POST\",\"headers\":[[\"A\",\"b\"]],\"body_base64\":\"aGk=\"}" },
		{ "POST https://a.example/x HTTP/1.1\nA: b",
		  "{\"method\":\"POST\",\"url\":\"https://a.example/x\",\"headers\":[[\"A\",\"b\"]],"
		  "\"body_base64\":\"aGk=\"}" },
		{ "HTTP/2 200\r\nA: b\r\n",
		  "{\"headers\":[[\"A\",\"b\"]],\"body_base64\":\"aGk=\"}" },
		{ "A: b,\r\n\tc\r\n  d\r\nE:\r\n",
		  "{\"headers\":[[\"A\",\"b, c d\"],[\"E\",\"\"]],\"body_base64\":\"aGk=\"}" },
		{ " A: b\r\n", NULL },
		{ "A b\r\n", NULL },
		{ ": b\r\n", NULL },
		{ "A : b\r\n", NULL },
		{ "A: \xff\r\n", NULL },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
		struct tg_error err = TG_ERROR_INIT;
		enum tg_status st = tg_head_compose(&got, tg_str_of(row[i].head), TG_STR("hi"),
						    TG_STR_NONE, &err);

		is_int(row[i].head, st, row[i].record ? TG_OK : TG_DATA);
		if (row[i].record)
			is_str(row[i].head, tg_buffer_str(&got), tg_str_of(row[i].record));
	}
}

/* What is taken of a header, by the commonest kind of list. */
TEST(elements_of_a_list)
{
	static const struct {
		const char *value, *taken; /* with blanks between */
	} row[] = {
		{ "t=1,v1=aa", "aa" },
		{ "t=1, v1=aa,\tv1=bb ,v0=cc", "aa bb" },
		{ "v1a=aa,xv1=bb,v=cc,v1", "" },
		{ "v1=a=b", "a=b" },
		{ "v1=", "" },
		{ "V1=aa", "" },
		{ ",,v1=aa,", "aa" },
		{ "", "" },
		{ "v1 =aa", "" },
	};
	struct tg_webhook_place place = { .kind = TG_PLACE_HEADER, .name = TG_STR("a") };
	struct tg_webhook_part part = {
		.place = &place, .places = 1, .split = ',', .pair = '=', .take = TG_STR("v1")
	};
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
		struct tg_request r = { .headers = 1, .arena = &arena };
		struct tg_webhook_fault fault;
		struct tg_extract e;

		r.header[0] = (struct tg_header){ TG_STR("A"), tg_str_of(row[i].value) };
		ok(row[i].value, tg_extract(&part, &r, NULL, NULL, &e, &fault));
		ok(row[i].value, e.present);
		for (size_t k = 0; k < e.n; k++)
			tg_buffer_printf(&got, "%s%.*s", k ? " " : "", TG_STR_ARG(e.value[k]));
		is_str(row[i].value, tg_buffer_str(&got), tg_str_of(row[i].taken));
	}
	tg_arena_release(&arena);
}

/* What a request must be, whoever signed it: the code that it is refused with. */
TEST(requests_that_are_none)
{
	static const struct {
		const char *json, *code;
	} row[] = {
		{ "[]", "malformed-request" },
		{ "{}", "malformed-request" },
		{ "{\"body\":\"\"}", "missing-header" },
		{ "{\"body\":{}}", "malformed-request" },
		{ "{\"body\":null}", "malformed-request" },
		{ "{\"body\":\"\",\"body_base64\":\"\"}", "malformed-request" },
		{ "{\"body_base64\":\"a\"}", "malformed-request" },
		{ "{\"body_base64\":\"_w==\"}", "malformed-request" },
		{ "{\"body_base64\":1}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":1}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":[1]}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":[[]]}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":[[\"a\"]]}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":[[\"a\",\"b\",\"c\"]]}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":[[\"a\",[\"b\"]]]}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":{\"a\":1}}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":{\"a\":[{}]}}", "malformed-request" },
		{ "{\"body\":\"\",\"method\":1}", "malformed-request" },
		{ "{\"body\":\"\",\"headers\":{\"A\":\"00\",\"a\":\"01\"}}", "ambiguous-header" },
		{ "{\"body\":\"\",\"headers\":{\"A\":[\"00\",\"01\"]}}", "ambiguous-header" },
		{ "{\"body\":\"\",\"headers\":{\"A\":[\"00\",\"00\"]}}", "signature-mismatch" },
		{ "{\"body\":\"\",\"headers\":[[\"\\u0041\",\"00\"]]}", "signature-mismatch" },
		{ "{\"body\":\"\",\"headers\":{\"A\":[]}}", "missing-header" },
		{ "{\"body\":\"\",\"headers\":{\"A\":\"0\"}}", "malformed-header" },
		{ "{\"body\":\"\",\"headers\":{\"A\":\"\"}}", "signature-mismatch" },
	};
	TG_OWN(tg_verifier_free) struct tg_verifier *v = NULL;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	struct tg_webhook_secret secret = { TG_STR("key"), TG_STR("file:key") };
	struct tg_arena arena = TG_ARENA_INIT, work = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_scheme s;
	struct tg_verifier_wish wish = { .scheme = &s, .secret = &secret, .secrets = 1 };

	is_int("scheme", tg_scheme_parse(&s, TG_STR("{\"name\":\"a\"," GOOD "}"), &arena, &err),
	       TG_OK);
	is_int("open", tg_verifier_open(&v, &wish, &err), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_webhook_fault fault = { .code = "" };
		struct tg_verified found;
		struct tg_record rec = { .source = 0 };

		is_int(row[i].json,
		       tg_scan(scanner, tg_arena_copy(&arena, tg_str_of(row[i].json)), &rec),
		       TG_SCAN_OK);
		tg_arena_reset(&work);
		ok(row[i].json,
		   !tg_verifier_check(v, &rec, (struct tg_time){ 0, 0 }, &work, &found, &fault));
		is_str(row[i].json, tg_str_of(fault.code), tg_str_of(row[i].code));
		ok(row[i].json, fault.message && *fault.message);
	}
	tg_arena_release(&arena);
	tg_arena_release(&work);
}

TEST(secrets_that_are_none)
{
	static const struct {
		const char *scheme, *secret;
		int good;
	} row[] = {
		{ "github", "s", 1 },
		{ "github", "", 0 },
		{ "github", "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0 },
		{ "stripe", "whsec_test", 1 },
		{ "svix", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1 },
		{ "svix", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1 },
		{ "svix", "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0 },
		{ "svix", "whsec_", 0 },
		{ "svix", "whsec_!!!!", 0 },
		{ "svix", "whpk_NmL8o8X4frtC7M+pdkEtK3aIfpA16eQboiWao+KecFg=", 0 },
		{ "adyen", "0g", 0 },
		{ "adyen", "abc", 0 },
		{ "adyen", "00", 1 },
	};
	struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_verifier_free) struct tg_verifier *v = NULL;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_scheme s;
		struct tg_webhook_secret secret = { tg_str_of(row[i].secret), TG_STR("file:k") };
		struct tg_verifier_wish wish = { .scheme = &s, .secret = &secret, .secrets = 1 };

		is_int(row[i].scheme, tg_scheme_load(&s, tg_str_of(row[i].scheme), &arena, &err),
		       TG_OK);
		is_int(row[i].secret, tg_verifier_open(&v, &wish, &err),
		       row[i].good ? TG_OK : TG_CONFIG);
		if (!row[i].good && strlen(row[i].secret) > 6)
			ok("the message quotes no secret", !strstr(err.text, row[i].secret + 6));
	}
	tg_arena_release(&arena);
}
