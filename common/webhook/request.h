/*
 * request: one webhook request as it was captured: headers by names without case, and the body's bytes.
 *
 * Read from a record (tidegate-webhook(5)), of which it is a view; what must be decoded lies in the arena of the reading. The
 * bytes of the body are never made from anything but what was captured: a body that was parsed has lost them.
 */
#ifndef TG_WEBHOOK_REQUEST_H
#define TG_WEBHOOK_REQUEST_H

#include "common/base/memory.h"
#include "common/json/scan.h"

/* What a request is allowed to be: a verifier that takes anything is an attack surface itself. */
enum {
	TG_REQUEST_HEADERS = 100,
	TG_REQUEST_VALUE = 8 * 1024,	/* bytes of a header's value that is looked at */
	TG_REQUEST_BODY = 10 * 1000000, /* bytes */
	TG_REQUEST_SIGNATURES = 20,	/* in one request */
	TG_REQUEST_PAIRS = 10000,	/* of a form */
};

/* Why a request is refused. All is static text but the pointer, which lives as long as the request. */
struct tg_webhook_fault {
	const char *code; /* tidegate-rejects(5) */
	struct tg_str pointer;
	const char *message;
	const char *hint; /* NULL: none */
};

struct tg_header {
	struct tg_str name, value; /* decoded, as they came */
};

struct tg_request {
	struct tg_str method, url, received_at; /* none (p NULL): it does not say */
	struct tg_header header[TG_REQUEST_HEADERS];
	size_t headers;

	const struct tg_record *rec;
	const struct tg_span *text; /* "body"; NULL: body has the bytes already */
	struct tg_str body;	    /* p NULL: not decoded yet */
	enum {
		TG_REQUEST_NOT_SCANNED,
		TG_REQUEST_IS_JSON,
		TG_REQUEST_NO_JSON,
	} json;
	struct tg_record document;
	struct tg_scanner *scanner; /* the caller's; it has no other use meanwhile */
	struct tg_arena *arena;
};

/* Fills r from rec; r->scanner and r->arena are set by the caller. False: *fault says why. */
TG_MUST_USE bool tg_request_read(struct tg_request *r, const struct tg_record *rec,
				 struct tg_webhook_fault *fault);

enum tg_header_found {
	TG_HEADER_FOUND,
	TG_HEADER_MISSING,
	TG_HEADER_AMBIGUOUS, /* twice, with different values */
	TG_HEADER_LONG,	     /* over TG_REQUEST_VALUE */
};

/* name in lower case. Equal repeats are one. */
enum tg_header_found tg_request_header(const struct tg_request *r, struct tg_str name,
				       struct tg_str *value);

/* The same as a fault: false, with code missing-header, ambiguous-header or limit. */
TG_MUST_USE bool tg_request_need(const struct tg_request *r, struct tg_str name,
				 struct tg_str *value, struct tg_webhook_fault *fault);

/* The body's exact bytes; decoded at the first call, TG_SLACK bytes behind them are readable. */
struct tg_str tg_request_body(struct tg_request *r);

/* The body as JSON, scanned at the first call; NULL: it is not one JSON value (or holds a key twice). A byte order mark before it
 * is skipped. */
const struct tg_record *tg_request_json(struct tg_request *r);

/* The value of a parameter in the query of r->url, as spelt; false: not there, or there twice. */
TG_MUST_USE bool tg_request_query(const struct tg_request *r, struct tg_str name,
				  struct tg_str *value);

#endif
