/*
 * The fixed verifiers (fixed.h) by what they call: keys that check a text, and requests that are judged whole.
 */
#include "common/webhook/fixed.h"
#include "common/webhook/jwt.h"
#include "common/webhook/public_key.h"
#include "common/webhook/x509.h"

#include "common/time/time.h"

struct tg_fixed_key {
	struct tg_public_key *key; /* NULL: it is a set */
	struct tg_jwks set;
};

static const struct {
	const char *name;
	enum tg_key_form form;
} forms[] = {
	{ "ed25519-public-hex", TG_KEY_ED25519_HEX },
	{ "whpk", TG_KEY_WHPK },
	{ "spki-base64-p256", TG_KEY_P256_SPKI },
	{ "x509-pem", TG_KEY_RSA_PEM },
};

static void key_free(struct tg_fixed_key **key)
{
	struct tg_fixed_key *k = TG_TAKE(*key);

	if (!k)
		return;
	tg_public_key_free(&k->key);
	tg_jwks_release(&k->set);
	tg_free(k);
}

static enum tg_status key_load(struct tg_fixed_key **key, struct tg_str form, struct tg_str text,
			       struct tg_error *err)
{
	TG_OWN(key_free) struct tg_fixed_key *k = tg_alloc(sizeof(*k));
	enum tg_status st = TG_CONFIG;
	size_t i = 0;

	while (i < TG_COUNT(forms) && !tg_str_is(form, forms[i].name))
		i++;
	if (i < TG_COUNT(forms))
		st = tg_public_key_read(&k->key, forms[i].form, text, err);
	else if (tg_str_is(form, "jwk"))
		st = tg_jwks_read(&k->set, text, err);
	else
		tg_bug(__FILE__, __LINE__, "a form of secret that no verifier lists");
	if (st)
		return st;
	*key = TG_TAKE(k);
	return TG_OK;
}

static bool key_check(const struct tg_fixed_key *key, struct tg_str text, struct tg_str signature)
{
	return tg_public_key_check(key->key, TG_SIGNED_SHA256, text, signature) ==
	       TG_SIGNATURE_GOOD;
}

static bool refuse(struct tg_webhook_fault *fault, const char *code, const char *message)
{
	*fault = (struct tg_webhook_fault){ .code = code,
					    .pointer = TG_STR("/headers"),
					    .message = message };
	return false;
}

/* -- a token -- */

static const struct tg_jwks **sets_of(const struct tg_fixed_check *check)
{
	const struct tg_jwks **sets = tg_arena_array(check->arena, check->keys + 1, sizeof(*sets));

	for (size_t i = 0; i < check->keys; i++)
		sets[i] = &check->key[i]->set;
	return sets;
}

static bool jwt_request(struct tg_fixed_check *check, struct tg_webhook_fault *fault)
{
	const struct tg_webhook_part *part = &check->scheme->signature;
	struct tg_request *request = check->request;
	struct tg_str name = TG_STR("plaid-verification"), body;
	struct tg_jwt jwt = { .scanner = request->scanner, .arena = check->arena };

	if (part->places && part->place->kind == TG_PLACE_HEADER)
		name = part->place->name;
	if (!tg_request_need(request, name, &jwt.text, fault))
		return false;
	body = tg_request_body(request);
	request->json =
		TG_REQUEST_NOT_SCANNED; /* the scanner is about to be used for another text */
	if (!tg_jwt_check(&jwt, sets_of(check), check->keys, body, fault))
		return false;
	if (jwt.issued_at > INT64_MAX / 1000000)
		return refuse(fault, "malformed-header",
			      "the token was issued at no time that there is (iat)");
	check->timed = true;
	check->signed_at = (int64_t)jwt.issued_at * 1000000;
	check->signed_text = jwt.signed_text;
	check->matched = jwt.matched;
	return true;
}

/* -- certificates -- */

static struct tg_public_key **keys_of(const struct tg_fixed_check *check)
{
	struct tg_public_key **keys = tg_arena_array(check->arena, check->keys + 1, sizeof(*keys));

	for (size_t i = 0; i < check->keys; i++)
		keys[i] = check->key[i]->key;
	return keys;
}

static bool say(struct tg_fixed_check *check, const struct tg_x509_found *found)
{
	struct tg_time time;

	check->timed = tg_time_read(found->time, &time);
	if (check->timed)
		check->signed_at = time.seconds * 1000000 + time.micros;
	check->id = found->id;
	check->signed_text = found->signed_text;
	check->matched = found->matched;
	return true;
}

static bool sns_request(struct tg_fixed_check *check, struct tg_webhook_fault *fault)
{
	const struct tg_sns sns = { .body = tg_request_json(check->request),
				    .sha1 = check->scheme->sha1,
				    .arena = check->arena };
	struct tg_x509_found found = { .matched = 0 };

	return tg_sns_check(&sns, keys_of(check), check->keys, &found, fault) && say(check, &found);
}

static bool paypal_request(struct tg_fixed_check *check, struct tg_webhook_fault *fault)
{
	struct tg_paypal paypal = { .webhook_id = tg_fixed_param(check, TG_STR("webhook_id")),
				    .arena = check->arena };
	struct {
		struct tg_str name, *value;
	} header[] = {
		{ TG_STR("paypal-transmission-id"), &paypal.id },
		{ TG_STR("paypal-transmission-time"), &paypal.time },
		{ TG_STR("paypal-transmission-sig"), &paypal.signature },
		{ TG_STR("paypal-auth-algo"), &paypal.algorithm },
		{ TG_STR("paypal-cert-url"), &paypal.certificate_url },
	};
	struct tg_x509_found found = { .matched = 0 };

	for (size_t i = 0; i < TG_COUNT(header); i++) {
		if (!tg_request_need(check->request, header[i].name, header[i].value, fault))
			return false;
	}
	paypal.body = tg_request_body(check->request);
	return tg_paypal_check(&paypal, keys_of(check), check->keys, &found, fault) &&
	       say(check, &found);
}

static const char *const edwards_forms[] = { "ed25519-public-hex", "whpk", NULL };
static const char *const spki_forms[] = { "spki-base64-p256", NULL };
static const char *const jwk_forms[] = { "jwk", NULL };
static const char *const x509_forms[] = { "x509-pem", NULL };
static const char *const paypal_needs[] = { "webhook_id", NULL };

const struct tg_fixed tg_fixed_ed25519 = {
	.algorithm = "ed25519",
	.secrets = edwards_forms,
	.load = key_load,
	.free = key_free,
	.check = key_check,
};

const struct tg_fixed tg_fixed_ecdsa = {
	.algorithm = "ecdsa-p256-sha256",
	.secrets = spki_forms,
	.load = key_load,
	.free = key_free,
	.check = key_check,
};

const struct tg_fixed tg_fixed_jwt = {
	.algorithm = "jwt-es256",
	.secrets = jwk_forms,
	.load = key_load,
	.free = key_free,
	.request = jwt_request,
};

const struct tg_fixed tg_fixed_sns = {
	.algorithm = "x509-sns",
	.secrets = x509_forms,
	.load = key_load,
	.free = key_free,
	.request = sns_request,
};

const struct tg_fixed tg_fixed_paypal = {
	.algorithm = "x509-paypal",
	.secrets = x509_forms,
	.needs = paypal_needs,
	.load = key_load,
	.free = key_free,
	.request = paypal_request,
};
