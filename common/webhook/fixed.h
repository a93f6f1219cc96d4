/*
 * fixed: the algorithms that are code: signatures by key pairs and certificates, over EVP.
 *
 * Two kinds. One that has `check` answers whether a key made a signature over a text: the front end finds the signatures and the
 * text by the scheme's description, exactly as for HMAC, and calls it for each key and each signature. One that has `request`
 * judges a request by itself (a JWT, SNS, PayPal). The front end has done the limits before and does the time afterwards.
 * Keys are read-only once loaded; any thread may use them.
 */
#ifndef TG_WEBHOOK_FIXED_H
#define TG_WEBHOOK_FIXED_H

#include "common/base/status.h"
#include "common/webhook/request.h"
#include "common/webhook/scheme.h"

struct tg_fixed_key; /* one key, or what one secret file holds */

struct tg_fixed_param {
	struct tg_str name, value; /* --param NAME=VALUE */
};

/* A request that is judged. */
struct tg_fixed_check {
	const struct tg_scheme *scheme;
	struct tg_request *request;
	struct tg_fixed_key *const *key;
	size_t keys;
	const struct tg_fixed_param *param;
	size_t params;
	struct tg_arena *arena; /* emptied before the next request */
	/* What it found out; only what is signed may be said here. */
	bool timed;
	int64_t signed_at;	   /* microseconds since 1970; the front end judges it */
	struct tg_str id;	   /* for replays; none: what was signed is taken */
	struct tg_str signed_text; /* what was signed, for replays where there is no id */
	size_t matched;		   /* index of the key */
};

struct tg_fixed {
	const char *algorithm; /* "ed25519" */
	const char *const
		*secrets; /* what `secret` may be, NULL-ended; the first where it is not said */
	const char *const *needs; /* parameters that it cannot do without, NULL-ended; NULL: none */
	/* A key out of what a secret file holds (its one line end is cut). err says what is wrong with it and never quotes it: TG_CONFIG.
	 * TG_UNAVAILABLE: libcrypto cannot be had. */
	enum tg_status (*load)(struct tg_fixed_key **key, struct tg_str form, struct tg_str text,
			       struct tg_error *err);
	void (*free)(struct tg_fixed_key **key);
	/* One of the two is NULL. */
	bool (*check)(const struct tg_fixed_key *key, struct tg_str text, struct tg_str signature);
	bool (*request)(struct tg_fixed_check *check, struct tg_webhook_fault *fault);
};

/* By its name in a description; NULL: there is none. */
const struct tg_fixed *tg_fixed_find(struct tg_str algorithm);

/* The value of a parameter; none where it was not given. */
struct tg_str tg_fixed_param(const struct tg_fixed_check *check, struct tg_str name);

extern const struct tg_fixed tg_fixed_ed25519, tg_fixed_ecdsa, tg_fixed_jwt, tg_fixed_sns,
	tg_fixed_paypal;

/* All of them, ends with NULL (fixed.c). */
extern const struct tg_fixed *const tg_fixed_all[];

#endif
