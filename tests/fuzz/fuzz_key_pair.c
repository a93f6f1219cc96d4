/*
 * Signatures by key pairs, whatever comes: the first byte says what the rest is. A key, a set of keys, a token, a message of SNS, a
 * signature. What is taken must be the one spelling of what it is.
 */
#include "common/base/decode.h"
#include "common/json/scan.h"
#include "common/webhook/jwt.h"
#include "common/webhook/public_key.h"
#include "common/webhook/x509.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

static const char jwk[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\","
			  "\"x\":\"cKzt5RhZLO5kGYT8gV25Wx9MtIXdP-691Do4P5dFNak\","
			  "\"y\":\"YAip0It-X3i0c6f45fHrWu4N0eGahpCN469mB_xOx-E\"}";
static const char ed25519[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/* Whoever refuses says why, and quotes nothing. */
static void refused(const struct tg_webhook_fault *fault)
{
	MUST(fault->code && fault->message);
}

static void key(enum tg_key_form form, struct tg_str text)
{
	TG_OWN(tg_public_key_free) struct tg_public_key *made = NULL;
	struct tg_error err = TG_ERROR_INIT;

	if (tg_public_key_read(&made, form, text, &err) == TG_OK)
		MUST(tg_public_key_check(made, TG_SIGNED_SHA256, TG_STR("x"), text) !=
		     TG_SIGNATURE_GOOD);
	else
		MUST(err.status == TG_CONFIG && err.text[0] && !made);
}

static void set(struct tg_str text)
{
	TG_OWN(tg_jwks_release) struct tg_jwks made = TG_JWKS_INIT;
	struct tg_error err = TG_ERROR_INIT;

	if (tg_jwks_read(&made, text, &err) == TG_OK)
		MUST(made.n > 0 && made.jwk[0].key && made.jwk[0].kid.n);
	else
		MUST(err.status == TG_CONFIG && err.text[0] && !made.n);
}

static void token(struct tg_str text)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_jwks_release) struct tg_jwks pinned = TG_JWKS_INIT;
	const struct tg_jwks *const sets[] = { &pinned };
	struct tg_jwt jwt = { .text = text, .scanner = scanner, .arena = &arena };
	struct tg_webhook_fault fault = { .code = NULL };
	struct tg_error err = TG_ERROR_INIT;

	MUST(tg_jwks_read(&pinned, tg_str_of(jwk), &err) == TG_OK);
	/* That of the corpus is good for its own body, which is not this one. */
	MUST(!tg_jwt_check(&jwt, sets, 1, TG_STR("x"), &fault));
	refused(&fault);
}

static void message(struct tg_str text)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_sns sns = { .arena = &arena };
	struct tg_webhook_fault fault = { .code = NULL };
	struct tg_x509_found found = { .matched = 0 };
	struct tg_record rec;

	if (tg_scan(scanner, tg_arena_copy(&arena, text), &rec) == TG_SCAN_OK)
		sns.body = &rec;
	MUST(!tg_sns_check(&sns, NULL, 0, &found, &fault)); /* under no key */
	refused(&fault);
}

/* All that is DER is DER once more from its numbers, and any 64 bytes make DER that is read back, but for zeros. */
static void signature(struct tg_str text)
{
	unsigned char raw[TG_P256_SIGNATURE] = { 0 }, der[TG_P256_SIGNATURE_DER];
	TG_OWN(tg_public_key_free) struct tg_public_key *edwards = NULL;
	const unsigned char *p = (const unsigned char *)text.p;
	struct tg_error err = TG_ERROR_INIT;
	size_t at = 2, n;

	MUST(tg_public_key_read(&edwards, TG_KEY_ED25519_HEX, tg_str_of(ed25519), &err) == TG_OK);
	MUST(tg_public_key_check(edwards, TG_SIGNED_SHA256, TG_STR("x"), text) !=
	     TG_SIGNATURE_GOOD);
	if (!tg_ecdsa_is_der(text))
		return;
	for (size_t i = 0; i < 2; i++) {
		n = p[at + 1];
		at += 2 + (n == 33);
		n -= n == 33;
		memcpy(raw + 32 * (i + 1) - n, p + at, n);
		at += n;
	}
	MUST(at == text.n);
	n = tg_ecdsa_put_der(der, raw);
	MUST(n == text.n && memcmp(der, p, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_buffer_release) struct tg_buffer decoded = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer again = TG_BUFFER_INIT;
	struct tg_str text;

	if (!size)
		return 0;
	text = tg_str_from((const char *)data + 1, size - 1);
	switch (data[0]) {
	case 'h':
		key(TG_KEY_ED25519_HEX, text);
		break;
	case 'w':
		key(TG_KEY_WHPK, text);
		break;
	case 'p':
		key(TG_KEY_P256_SPKI, text);
		break;
	case 'x':
		key(TG_KEY_RSA_PEM, text);
		break;
	case 'k':
		set(text);
		break;
	case 't':
		token(text);
		break;
	case 'm':
		message(text);
		break;
	case 's':
		signature(text);
		break;
	case 'b':
		if (tg_base64_decode(&decoded, text)) {
			tg_buffer_put_base64(&again, decoded.p, decoded.n);
			MUST(tg_str_eq(tg_buffer_str(&again), text));
		}
		break;
	default:
		break;
	}
	return 0;
}
