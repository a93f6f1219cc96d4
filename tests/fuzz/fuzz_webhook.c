/*
 * Webhooks, whatever comes: the first byte says what the rest is. A description of a scheme, a request as it was captured, the head
 * of a request in a file. No request passes under a secret that its writer does not know, and what is explained is JSON.
 */
#include "common/webhook/head.h"
#include "common/webhook/verify.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

enum { SCHEMES = 64 };

static struct tg_verifier *verifier[SCHEMES];
static struct tg_verifier_wish wish[SCHEMES];
static size_t verifiers;

/* Every built-in scheme that has a secret which the input cannot hold; this one can be read as text, base64 and hexadecimal. */
static void open_all(void)
{
	static const struct tg_webhook_secret secret = { { "0000", 4 }, { "file:key", 8 } };
	static struct tg_scheme scheme[SCHEMES];
	static struct tg_arena arena = TG_ARENA_INIT;

	for (size_t i = 0; i < tg_scheme_builtins; i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_scheme *s = scheme + verifiers;

		MUST(verifiers < SCHEMES);
		MUST(tg_scheme_parse(s, tg_str_of(tg_scheme_builtin[i]), &arena, &err) == TG_OK);
		if (s->algorithm == TG_ALGORITHM_TOKEN || s->algorithm == TG_ALGORITHM_FIXED)
			continue;
		wish[verifiers] = (struct tg_verifier_wish){
			.scheme = s,
			.secret = &secret,
			.secrets = 1,
			.with_id = true,
			.show_values = true,
		};
		MUST(tg_verifier_open(verifier + verifiers, wish + verifiers, &err) == TG_OK);
		verifiers++;
	}
}

static void check(struct tg_verifier *v, const struct tg_record *rec, struct tg_scanner *scanner)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer told = TG_BUFFER_INIT;
	const struct tg_time now = { 1760000000, 0 };
	struct tg_webhook_fault fault = { .code = NULL };
	struct tg_verified found;
	struct tg_record explained;

	MUST(!tg_verifier_check(v, rec, now, &arena, &found, &fault));
	MUST(fault.code && fault.message && fault.pointer.p);
	tg_verifier_explain(v, rec, now, &arena, &told);
	MUST(tg_scan(scanner, tg_arena_copy(&arena, tg_buffer_str(&told)), &explained) ==
	     TG_SCAN_OK);
}

static void request(struct tg_str text)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_scanner_free) struct tg_scanner *other = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_record rec = { .source = 0 };

	if (tg_scan(scanner, tg_arena_copy(&arena, text), &rec) != TG_SCAN_OK)
		return;
	for (size_t i = 0; i < verifiers; i++)
		check(verifier[i], &rec, other);
}

static void description(struct tg_str text)
{
	static const char sample[] =
		"{\"method\":\"POST\",\"url\":\"https://a.example/?a=b\",\"headers\":{\"A\":\"t=1,v1=00\","
		"\"B\":\"1\"},\"body\":\"{\\\"a\\\":[{\\\"b\\\":1}],\\\"t\\\":1}\"}";
	static const struct tg_webhook_secret secret = { { "0000", 4 }, { "file:key", 8 } };
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_scanner_free) struct tg_scanner *other = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_verifier_free) struct tg_verifier *v = NULL;
	struct tg_record rec = { .source = 0 };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_scheme s;
	struct tg_verifier_wish own = {
		.scheme = &s, .secret = &secret, .secrets = 1, .with_id = true
	};

	if (tg_scheme_parse(&s, text, &arena, &err)) {
		MUST(err.status == TG_CONFIG && strstr(err.text, "line "));
		return;
	}
	MUST(s.name.n && s.algorithm_name.n);
	if (s.algorithm == TG_ALGORITHM_TOKEN || tg_verifier_open(&v, &own, &err))
		return;
	MUST(tg_scan(scanner, tg_arena_copy(&arena, tg_str_of(sample)), &rec) == TG_SCAN_OK);
	check(v, &rec, other);
}

static void head(struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer made = TG_BUFFER_INIT;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_request r = { .scanner = scanner, .arena = &arena };
	struct tg_record rec = { .source = 0 };
	struct tg_webhook_fault fault;

	if (tg_head_compose(&made, text, text, TG_STR_NONE, &err)) {
		MUST(err.status == TG_DATA && err.text[0]);
		return;
	}
	MUST(tg_scan(scanner, tg_arena_copy(&arena, tg_buffer_str(&made)), &rec) == TG_SCAN_OK);
	if (tg_request_read(&r, &rec, &fault))
		MUST(tg_str_eq(tg_request_body(&r), text));
	else
		MUST(strcmp(fault.code, "limit") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tg_str rest = { (const char *)data + 1, size ? size - 1 : 0 };

	if (!verifiers)
		open_all();
	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'd':
		description(rest);
		break;
	case 'r':
		request(rest);
		break;
	case 'h':
		head(rest);
		break;
	}
	return 0;
}
