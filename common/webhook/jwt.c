#include "common/webhook/jwt.h"

#include "common/base/check.h"
#include "common/base/decode.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/webhook/evp.h"

enum {
	KEYS_MOST = 100,
	PART_MOST = 8 * 1024, /* of a token; a header's value is no longer */
	HASH_SIZE = 32,
};

/* -- keys -- */

void tg_jwks_release(struct tg_jwks *set)
{
	for (size_t i = 0; i < set->n; i++)
		tg_public_key_free(&set->jwk[i].key);
	tg_arena_release(&set->arena);
	*set = TG_JWKS_INIT;
}

/* A member that is a string, or none. */
static const struct tg_span *string_of(const struct tg_record *rec, const struct tg_span *object,
				       struct tg_str name)
{
	const struct tg_span *value = tg_member_find(rec, object, name);

	return value && value->kind == TG_STRING ? value : NULL;
}

static bool is_or_lacks(const struct tg_record *rec, const struct tg_span *object,
			struct tg_str name, struct tg_str value)
{
	const struct tg_span *span = tg_member_find(rec, object, name);

	return !span || (span->kind == TG_STRING && tg_text_eq(rec, span, value));
}

static bool is_whole(const struct tg_record *rec, const struct tg_span *span, uint64_t *value)
{
	return span && span->kind == TG_NUMBER && tg_read_u64(tg_span_text(rec, span), value);
}

static enum tg_status coordinate(unsigned char out[TG_P256_COORDINATE], const struct tg_record *rec,
				 const struct tg_span *object, const char *name,
				 struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;
	const struct tg_span *span = string_of(rec, object, tg_str_of(name));

	if (!span || !tg_base64url_decode(&raw, tg_span_text(rec, span)) ||
	    raw.n != TG_P256_COORDINATE)
		return tg_fail(err, TG_CONFIG,
			       "\"%s\" is not the base64url of %d bytes, without padding", name,
			       TG_P256_COORDINATE);
	memcpy(out, raw.p, TG_P256_COORDINATE);
	return TG_OK;
}

static enum tg_status read_expiry(struct tg_jwk *jwk, const struct tg_record *rec,
				  const struct tg_span *object, struct tg_error *err)
{
	const struct tg_span *span = tg_member_find(rec, object, TG_STR("expired_at"));

	if (!span || span->kind == TG_NULL)
		return TG_OK;
	if (!is_whole(rec, span, &jwk->expired_at))
		return tg_fail(err, TG_CONFIG,
			       "\"expired_at\" is neither null nor whole Unix seconds");
	jwk->expires = true;
	return TG_OK;
}

static enum tg_status read_jwk(struct tg_jwk *jwk, const struct tg_record *rec,
			       const struct tg_span *object, struct tg_arena *arena,
			       struct tg_error *err)
{
	unsigned char x[TG_P256_COORDINATE], y[TG_P256_COORDINATE];
	const struct tg_span *kid = string_of(rec, object, TG_STR("kid"));
	enum tg_status st;

	if (tg_member_find(rec, object, TG_STR("d")))
		return tg_fail(err, TG_CONFIG,
			       "there is a private key (\"d\"), which must not lie here");
	if (!string_of(rec, object, TG_STR("kty")) ||
	    !is_or_lacks(rec, object, TG_STR("kty"), TG_STR("EC")) ||
	    !string_of(rec, object, TG_STR("crv")) ||
	    !is_or_lacks(rec, object, TG_STR("crv"), TG_STR("P-256")) ||
	    !is_or_lacks(rec, object, TG_STR("alg"), TG_STR("ES256")) ||
	    !is_or_lacks(rec, object, TG_STR("use"), TG_STR("sig")))
		return tg_fail(err, TG_CONFIG,
			       "no key for ES256: \"kty\" must be \"EC\", \"crv\" \"P-256\", and "
			       "\"alg\" and \"use\", where they are there, \"ES256\" and \"sig\"");
	if (!kid || kid->n == 0)
		return tg_fail(err, TG_CONFIG, "no \"kid\": tokens name their key by it");
	jwk->kid = tg_arena_copy(arena, tg_text_get(arena, rec, kid));
	st = coordinate(x, rec, object, "x", err);
	if (!st)
		st = coordinate(y, rec, object, "y", err);
	if (!st)
		st = read_expiry(jwk, rec, object, err);
	return st ? st : tg_public_key_point(&jwk->key, x, y, err);
}

static enum tg_status add(struct tg_jwks *set, const struct tg_record *rec,
			  const struct tg_span *value, struct tg_error *err)
{
	struct tg_jwk *jwk = &set->jwk[set->n];
	enum tg_status st;

	if (set->n == KEYS_MOST)
		return tg_fail(err, TG_CONFIG, "more than %d keys", KEYS_MOST);
	if (value->kind != TG_OBJECT)
		return tg_fail(err, TG_CONFIG, "key %zu is no object", set->n + 1);
	st = read_jwk(jwk, rec, value, &set->arena, err);
	if (st)
		return set->n ? tg_within(err, "in key %zu", set->n + 1) : st;
	for (size_t i = 0; i < set->n; i++) {
		if (tg_str_eq(set->jwk[i].kid, jwk->kid)) {
			tg_public_key_free(&jwk->key);
			return tg_fail(err, TG_CONFIG, "keys %zu and %zu have the same \"kid\"",
				       i + 1, set->n + 1);
		}
	}
	set->n++;
	return TG_OK;
}

static enum tg_status read_set(struct tg_jwks *set, struct tg_str text, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	const struct tg_span *many, *one;
	struct tg_record rec;
	enum tg_status st = tg_document_parse(&rec, text, &arena, err);

	if (st)
		return tg_within(err, "no JSON Web Key");
	if (rec.span->kind != TG_OBJECT)
		return tg_fail(err, TG_CONFIG, "no JSON Web Key: it is no object");
	set->jwk = tg_arena_array(&set->arena, KEYS_MOST + 1, sizeof(*set->jwk));
	many = tg_member_find(&rec, rec.span, TG_STR("keys"));
	one = tg_member_find(&rec, rec.span, TG_STR("key"));
	if (!many)
		return add(set, &rec, one ? one : rec.span, err);
	if (many->kind != TG_ARRAY)
		return tg_fail(err, TG_CONFIG, "\"keys\" is no array");
	for (const struct tg_span *v = many + 1; v < rec.span + many->next;
	     v = rec.span + v->next) {
		st = add(set, &rec, v, err);
		if (st)
			return st;
	}
	return set->n ? TG_OK : tg_fail(err, TG_CONFIG, "\"keys\" is empty");
}

enum tg_status tg_jwks_read(struct tg_jwks *set, struct tg_str text, struct tg_error *err)
{
	TG_OWN(tg_jwks_release) struct tg_jwks made = TG_JWKS_INIT;
	enum tg_status st = read_set(&made, text, err);

	if (st)
		return st;
	*set = made;
	made = TG_JWKS_INIT;
	return TG_OK;
}

/* -- tokens -- */

static bool refuse(struct tg_webhook_fault *fault, const char *code, const char *message)
{
	*fault = (struct tg_webhook_fault){ .code = code,
					    .pointer = TG_STR("/headers"),
					    .message = message };
	return false;
}

static bool malformed(struct tg_webhook_fault *fault, const char *message)
{
	return refuse(fault, "malformed-header", message);
}

struct parts {
	struct tg_str header, payload, signature, both; /* both: header.payload, which is signed */
};

static bool split(struct parts *parts, struct tg_str text)
{
	const char *first = text.n ? memchr(text.p, '.', text.n) : NULL;
	const char *end = text.p + text.n, *second;

	second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
	if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
		return false;
	parts->header = tg_str_from(text.p, (size_t)(first - text.p));
	parts->payload = tg_str_from(first + 1, (size_t)(second - first - 1));
	parts->signature = tg_str_from(second + 1, (size_t)(end - second - 1));
	parts->both = tg_str_from(text.p, (size_t)(second - text.p));
	return parts->header.n <= PART_MOST && parts->payload.n <= PART_MOST;
}

/* A part of the token as a JSON object: exactly one, by a reader that takes no key twice. */
static bool object(struct tg_record *rec, struct tg_jwt *jwt, struct tg_str part)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;

	if (!tg_base64url_decode(&raw, part) || !raw.n)
		return false;
	return tg_scan(jwt->scanner, tg_arena_copy(jwt->arena, tg_buffer_str(&raw)), rec) ==
		       TG_SCAN_OK &&
	       rec->span->kind == TG_OBJECT;
}

/* The header's kid; none where the header is not to be taken. */
static struct tg_str key_id(struct tg_jwt *jwt, const struct parts *parts,
			    struct tg_webhook_fault *fault)
{
	const struct tg_span *alg, *kid;
	struct tg_record rec;

	if (!object(&rec, jwt, parts->header)) {
		(void)malformed(fault, "the token's header is no JSON object in base64url");
		return TG_STR_NONE;
	}
	alg = string_of(&rec, rec.span, TG_STR("alg"));
	if (!alg || !tg_text_eq(&rec, alg, TG_STR("ES256"))) {
		(void)malformed(fault, "the token is not signed by ES256, the only algorithm of "
				       "this scheme");
		return TG_STR_NONE;
	}
	/* RFC 7515, 4.1.11: who does not understand all that is critical must refuse. We understand no extension. */
	if (tg_member_find(&rec, rec.span, TG_STR("crit"))) {
		(void)malformed(fault, "the token's header has extensions that must be understood "
				       "(crit)");
		return TG_STR_NONE;
	}
	if (!is_or_lacks(&rec, rec.span, TG_STR("typ"), TG_STR("JWT"))) {
		(void)malformed(fault, "the token's header says another type than JWT");
		return TG_STR_NONE;
	}
	kid = string_of(&rec, rec.span, TG_STR("kid"));
	if (!kid) {
		(void)malformed(fault, "the token's header names no key (kid)");
		return TG_STR_NONE;
	}
	return tg_text_get(jwt->arena, &rec, kid);
}

/* The key of that name whose signature it is; NULL with the fault. */
static const struct tg_jwk *signer(struct tg_jwt *jwt, const struct parts *parts, struct tg_str kid,
				   const struct tg_jwks *const *sets, size_t n,
				   struct tg_webhook_fault *fault)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;
	unsigned char der[TG_P256_SIGNATURE_DER];
	const struct tg_jwk *found = NULL;
	bool known = false;
	struct tg_str signature;

	if (!tg_base64url_decode(&raw, parts->signature) || raw.n != TG_P256_SIGNATURE) {
		(void)malformed(fault, "the token's signature is not the base64url of 64 bytes");
		return NULL;
	}
	signature =
		tg_str_from((const char *)der, tg_ecdsa_put_der(der, (const unsigned char *)raw.p));
	for (size_t i = 0; i < n && !found; i++) {
		for (size_t k = 0; k < sets[i]->n && !found; k++) {
			const struct tg_jwk *jwk = &sets[i]->jwk[k];

			if (!tg_str_eq(jwk->kid, kid))
				continue;
			known = true;
			if (tg_public_key_check(jwk->key, TG_SIGNED_SHA256, parts->both,
						signature) == TG_SIGNATURE_GOOD) {
				found = jwk;
				jwt->matched = i;
			}
		}
	}
	if (!known)
		(void)refuse(fault, "unknown-key-id",
			     "the token is signed with a key that is not pinned");
	else if (!found)
		(void)refuse(fault, "signature-mismatch", "the token's signature is wrong");
	return found;
}

/* Whether claim, in hexadecimal, is the SHA-256 of body. */
static bool is_hash_of(const struct tg_record *rec, const struct tg_span *claim, struct tg_str body)
{
	TG_OWN(tg_buffer_release) struct tg_buffer claimed = TG_BUFFER_INIT;
	struct tg_error ignored = TG_ERROR_INIT;
	unsigned char hash[EVP_MAX_MD_SIZE];
	const struct tg_evp *evp;
	unsigned n;

	if (!tg_hex_decode(&claimed, tg_span_text(rec, claim)) || claimed.n != HASH_SIZE)
		return false;
	TG_BUG_IF(tg_evp_get(&evp, &ignored) != TG_OK); /* there are keys, so it was had */
	TG_BUG_IF(evp->EVP_Digest(body.p, body.n, hash, &n, evp->sha256, NULL) != 1 ||
		  n != HASH_SIZE);
	return evp->CRYPTO_memcmp(hash, claimed.p, HASH_SIZE) == 0;
}

static bool claims(struct tg_jwt *jwt, const struct parts *parts, const struct tg_jwk *key,
		   struct tg_str body, struct tg_webhook_fault *fault)
{
	const struct tg_span *hash;
	struct tg_record rec;

	if (!object(&rec, jwt, parts->payload))
		return malformed(fault, "the token's payload is no JSON object in base64url");
	if (!is_whole(&rec, tg_member_find(&rec, rec.span, TG_STR("iat")), &jwt->issued_at))
		return malformed(fault, "the token does not say in whole seconds when it was "
					"issued (iat)");
	if (key->expires && jwt->issued_at > key->expired_at)
		return refuse(fault, "unknown-key-id",
			      "the token was issued after its key had expired");
	hash = string_of(&rec, rec.span, TG_STR("request_body_sha256"));
	if (!hash)
		return malformed(fault, "the token does not say what body it is for "
					"(request_body_sha256)");
	if (!is_hash_of(&rec, hash, body))
		return refuse(fault, "body-hash-mismatch",
			      "the token is good, but for another body");
	return true;
}

bool tg_jwt_check(struct tg_jwt *jwt, const struct tg_jwks *const *sets, size_t n,
		  struct tg_str body, struct tg_webhook_fault *fault)
{
	const struct tg_jwk *key;
	struct parts parts;
	struct tg_str kid;

	if (!split(&parts, jwt->text))
		return malformed(fault, "no token of three parts with points between");
	kid = key_id(jwt, &parts, fault);
	if (!kid.p)
		return false;
	key = signer(jwt, &parts, kid, sets, n, fault);
	if (!key)
		return false;
	jwt->signed_text = parts.both;
	return claims(jwt, &parts, key, body, fault);
}
