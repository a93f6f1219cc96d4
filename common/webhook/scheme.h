/*
 * scheme: how a sender signs its webhooks, as data (tidegate-webhook(5)).
 *
 * One description, a JSON object, covers all senders that sign by HMAC or show a token; the built-in ones are the same texts
 * compiled in (builtin.c). Signatures by key pairs and certificates are algorithms in code, fixed.h, named by `algorithm`.
 * A compiled scheme is read-only, lives in its arena, and may be shared by threads.
 */
#ifndef TG_WEBHOOK_SCHEME_H
#define TG_WEBHOOK_SCHEME_H

#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/json/pointer.h"
#include "common/webhook/mac.h"

enum tg_encoding {
	TG_ENCODING_HEX, /* either case */
	TG_ENCODING_BASE64,
	TG_ENCODING_TEXT, /* the bytes as they stand: tokens */
};

enum tg_time_unit {
	TG_UNIT_SECONDS,
	TG_UNIT_MILLISECONDS,
	TG_UNIT_RFC3339,
};

enum tg_place_kind {
	TG_PLACE_HEADER,
	TG_PLACE_NUMBERED, /* NAME-1, NAME-2 ... until one is missing */
	TG_PLACE_JSON,	   /* in the body, or in the item of one that has several */
	TG_PLACE_QUERY,	   /* of the URL, as spelt there */
};

struct tg_webhook_place {
	enum tg_place_kind kind;
	struct tg_str name; /* of the header in lower case, or of the parameter */
	struct tg_pointer pointer;
};

/* Where a value stands in a request, and what of it is taken. */
struct tg_webhook_part {
	struct tg_webhook_place *place; /* the first that is there counts */
	size_t places;			/* 0: the scheme has no such part */
	bool any;			/* all that are there count */
	char split, pair;		/* 0: none */
	struct tg_str take, prefix;	/* none: p NULL */
};

enum tg_piece_kind {
	TG_PIECE_LITERAL,
	TG_PIECE_BODY,
	TG_PIECE_TIMESTAMP, /* its text as it came */
	TG_PIECE_ID,
	TG_PIECE_METHOD,
	TG_PIECE_URL,
	TG_PIECE_HEADER,
	TG_PIECE_JSON,
	TG_PIECE_FORM, /* the form's pairs, sorted and joined */
	TG_PIECE_JOIN, /* members with a character between; one that is not there is empty */
	TG_PIECE_PARAM,
};

struct tg_piece {
	enum tg_piece_kind kind;
	struct tg_str text; /* the literal; the name of a header or parameter */
	struct tg_pointer *pointer;
	size_t pointers;
	char join;
};

/* A header that must have exactly this value. */
struct tg_requirement {
	struct tg_str name, value;
};

enum tg_algorithm {
	TG_ALGORITHM_HMAC,
	TG_ALGORITHM_PREFIX, /* a plain hash of the secret and what is signed: weak */
	TG_ALGORITHM_TOKEN,
	TG_ALGORITHM_FIXED,
};

enum tg_secret_form {
	TG_SECRET_UTF8,
	TG_SECRET_HEX,
	TG_SECRET_BASE64,
	TG_SECRET_WHSEC,
	TG_SECRET_FIXED, /* the fixed algorithm reads it */
};

struct tg_fixed;

struct tg_scheme {
	struct tg_str name, about;
	struct tg_str *alias;
	size_t aliases;

	enum tg_algorithm algorithm;
	struct tg_str algorithm_name;
	enum tg_hash hash;
	const struct tg_fixed *fixed; /* TG_ALGORITHM_FIXED */
	enum tg_secret_form secret;
	struct tg_str secret_name;
	const struct tg_span *secret_span; /* while the description is read */

	struct tg_webhook_part signature;
	enum tg_encoding encoding;
	bool each; /* the i-th secret is checked against the i-th place only */

	struct tg_webhook_part timestamp;
	enum tg_time_unit unit;
	bool has_tolerance;
	uint64_t tolerance; /* microseconds, both sides, inclusive */

	struct tg_webhook_part id;
	bool id_signed; /* nobody but the sender can change it */

	struct tg_piece *piece;
	size_t pieces;
	struct tg_requirement *require;
	size_t requires;
	struct tg_pointer *items, *item; /* NULL: the request is one thing */

	struct tg_webhook_part body_hash;
	enum tg_hash body_hash_algorithm;
	enum tg_encoding body_hash_encoding;

	bool url_twilio;    /* variants of the URL are tried */
	bool sha1;	    /* a fixed algorithm may take SHA-1 */
	struct tg_str weak; /* why a pass says less than it seems to; none: it does not */
	bool named_only;    /* weak by design: taken only when its full name is asked for */
	bool needs_json;
};

/* Reads a description; `what` names it in messages ("the scheme FILE"). TG_CONFIG says what, where, and what would be right. */
TG_MUST_USE enum tg_status tg_scheme_parse(struct tg_scheme *s, struct tg_str json,
					   struct tg_arena *arena, struct tg_error *err);

/* A built-in one by its name or a short one; else the file of that name. TG_CONFIG, and TG_NO_INPUT where neither is there: the
 * message names the nearest. */
TG_MUST_USE enum tg_status tg_scheme_load(struct tg_scheme *s, struct tg_str name,
					  struct tg_arena *arena, struct tg_error *err);

/* The built-in descriptions, one line each. */
extern const char *const tg_scheme_builtin[];
extern const size_t tg_scheme_builtins;

#endif
