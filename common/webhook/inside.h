/*
 * inside: what verify and explain share. Inside webhook/.
 */
#ifndef TG_WEBHOOK_INSIDE_H
#define TG_WEBHOOK_INSIDE_H

#include "common/json/text.h"
#include "common/webhook/extract.h"
#include "common/webhook/template.h"
#include "common/webhook/verify.h"

/* A signature that was sent, decoded. */
struct tg_candidate {
	size_t at, n; /* in tg_verifier.decoded */
	size_t place; /* of the scheme's places */
};

/* How far the last request came. */
enum tg_reached {
	TG_REACHED_NOTHING,
	TG_REACHED_REQUEST,
	TG_REACHED_TIME,
	TG_REACHED_SIGNATURES,
	TG_REACHED_SIGNED,
};

struct tg_verifier {
	struct tg_verifier_wish wish;
	struct tg_mac *mac;
	struct tg_fixed_key **key;
	struct tg_buffer *token;
	size_t keys; /* in mac, key or token, whichever the algorithm has */
	struct tg_scanner *scanner;

	/* of the request at hand */
	struct tg_request request;
	const struct tg_record *json; /* NULL: not needed so far */
	const struct tg_span *base;
	struct tg_extract signature, timestamp, id;
	struct tg_candidate candidate[TG_REQUEST_SIGNATURES];
	size_t candidates;
	struct tg_buffer decoded;
	struct tg_signed signs;
	int64_t clock, signed_at; /* microseconds since 1970 */
	enum tg_reached reached;
	struct tg_buffer text; /* what is signed, where it is wanted whole */
	struct tg_buffer ids;  /* what is signed of all items */
	char chunk[TG_SIGNED_CHUNK];
};

#endif
