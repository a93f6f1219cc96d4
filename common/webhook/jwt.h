/*
 * jwt: a JSON Web Token (RFC 7519) that signs a request: Plaid's way. ES256 and nothing else.
 *
 * The keys are pinned: a JWK set (RFC 7517) in a file of the operator's. The token says which of them it is signed with; what else it
 * says of keys and algorithms (jku, jwk, x5c, alg) chooses nothing. The order is fixed: form, algorithm, key, signature, and only
 * then what the token claims.
 *
 * A set is read once, never changed, and may be used by any thread.
 */
#ifndef TG_WEBHOOK_JWT_H
#define TG_WEBHOOK_JWT_H

#include "common/base/memory.h"
#include "common/json/scan.h"
#include "common/webhook/public_key.h"
#include "common/webhook/request.h"

struct tg_jwk {
	struct tg_str kid;
	struct tg_public_key *key;
	bool expires;
	uint64_t expired_at; /* Unix seconds: a token that was issued later is none of its */
};

struct tg_jwks {
	struct tg_jwk *jwk;
	size_t n;
	struct tg_arena arena;
};

#define TG_JWKS_INIT ((struct tg_jwks){ NULL, 0, TG_ARENA_INIT })

/* One JWK, a set ({"keys":[..]}) or the sender's answer as it came ({"key":{..}}). TG_CONFIG names the member that is wrong and quotes
 * nothing. */
TG_MUST_USE enum tg_status tg_jwks_read(struct tg_jwks *set, struct tg_str text,
					struct tg_error *err);
void tg_jwks_release(struct tg_jwks *set);

/* A token and what it says. */
struct tg_jwt {
	struct tg_str text;
	struct tg_scanner *scanner; /* the caller's; nothing of it is needed afterwards */
	struct tg_arena *arena;
	/* Set when it is good. */
	struct tg_str signed_text; /* a view of text */
	uint64_t issued_at;	   /* Unix seconds: the caller judges them */
	size_t matched;		   /* index of the set */
};

/* Whether the token is good under a key of one of the sets and signs exactly this body. False: *fault says why. */
TG_MUST_USE bool tg_jwt_check(struct tg_jwt *jwt, const struct tg_jwks *const *sets, size_t n,
			      struct tg_str body, struct tg_webhook_fault *fault);

#endif
