/*
 * x509: messages signed with the key of a certificate: AWS SNS, PayPal.
 *
 * The certificate is pinned, that is, it comes from a file of the operator's. A message says where its certificate could be fetched;
 * that is looked at and must be the sender's own host, and is never fetched: whoever fetches what an unverified message names can be
 * sent anywhere. Any thread may use these.
 */
#ifndef TG_WEBHOOK_X509_H
#define TG_WEBHOOK_X509_H

#include "common/base/memory.h"
#include "common/json/record.h"
#include "common/webhook/public_key.h"
#include "common/webhook/request.h"

/* What a good message says, all of it signed. */
struct tg_x509_found {
	struct tg_str signed_text;
	struct tg_str id;
	struct tg_str time;
	size_t matched; /* index of the key */
};

/*
 * SNS: the signature stands in the body, beside what it signs: of each kind of message certain members in the order of their names,
 * as `Name\nvalue\n`. Only of the text of a message may a value have several lines, else two messages could be signed alike.
 */
struct tg_sns {
	const struct tg_record *body; /* NULL: it is no JSON */
	bool sha1;		      /* SignatureVersion 1 is taken too */
	struct tg_arena *arena;
};

TG_MUST_USE bool tg_sns_check(const struct tg_sns *sns, struct tg_public_key *const *keys, size_t n,
			      struct tg_x509_found *found, struct tg_webhook_fault *fault);

/* PayPal: `id|time|webhook_id|crc32` is signed, so the body only by 32 bits that anybody can bring about: a pass is a weak one. */
struct tg_paypal {
	struct tg_str id, time, signature, algorithm, certificate_url; /* of the headers */
	struct tg_str webhook_id; /* which webhook of the account it is for; from the operator */
	struct tg_str body;
	struct tg_arena *arena;
};

TG_MUST_USE bool tg_paypal_check(const struct tg_paypal *paypal, struct tg_public_key *const *keys,
				 size_t n, struct tg_x509_found *found,
				 struct tg_webhook_fault *fault);

/* The host of `https://host/path`; false for whatever else: another scheme, a user, a port, letters that no host has. */
TG_MUST_USE bool tg_https_host(struct tg_str url, struct tg_str *host);

#endif
