/*
 * verify: whether a request was made by its sender: the whole of it, from the record to the verdict.
 *
 * Opened once with a scheme and its secrets; the secrets are keyed in and their texts can then be wiped. A verifier changes while it
 * works: one a thread. What it computes as a right signature leaves it in no way: not in faults, not in explanations.
 */
#ifndef TG_WEBHOOK_VERIFY_H
#define TG_WEBHOOK_VERIFY_H

#include "common/time/time.h"
#include "common/webhook/fixed.h"
#include "common/webhook/request.h"
#include "common/webhook/scheme.h"

/* A secret as it was read, and where it is from ("file:key"), for messages. */
struct tg_webhook_secret {
	struct tg_str text, from;
};

struct tg_verifier_wish {
	const struct tg_scheme *scheme;
	const struct tg_webhook_secret *secret;
	size_t secrets; /* 0: to explain only */
	const struct tg_fixed_param *param;
	size_t params;
	struct tg_str url; /* for requests that do not say theirs; none: there is none */
	bool judge_time;
	uint64_t tolerance;  /* microseconds */
	bool by_received_at; /* against the time that the capture says, not now */
	bool with_id;	     /* tg_verified.id is wanted */
	bool trust_id;	     /* though it is not signed */
	bool show_values;    /* explanations may quote */
};

struct tg_verifier; /* opaque */

/* wish and what it points to live as long. TG_CONFIG: a secret is none; the message says which, and quotes nothing of it. */
TG_MUST_USE enum tg_status
tg_verifier_open(struct tg_verifier **v, const struct tg_verifier_wish *wish, struct tg_error *err);
void tg_verifier_free(struct tg_verifier **v); /* for TG_OWN too */

/* What is known of a request that is good; it lives until the next one. */
struct tg_verified {
	struct tg_str id; /* what a replay of it would have in common with it; where it is wanted */
	bool id_is_own;	  /* the sender's own id; else what was signed */
};

/* Whether rec is a request that its sender has signed. What is found lies in arena. */
TG_MUST_USE bool tg_verifier_check(struct tg_verifier *v, const struct tg_record *rec,
				   struct tg_time now, struct tg_arena *arena,
				   struct tg_verified *found, struct tg_webhook_fault *fault);

/* The body's bytes, and the body as JSON, of the request checked last. */
struct tg_request *tg_verifier_request(struct tg_verifier *v);

/* Does the same and appends what it saw, as one JSON object: never a secret, nor a right signature. */
void tg_verifier_explain(struct tg_verifier *v, const struct tg_record *rec, struct tg_time now,
			 struct tg_arena *arena, struct tg_buffer *out);

#endif
