/*
 * template: what a sender signs, put together from a request: "{timestamp}.{body}".
 *
 * Parsed with the scheme. For a request every piece is resolved once; then the text goes, piece by piece, into as many hashes as
 * there are secrets to try. Of the body, which is the long piece, no copy is made: it is decoded on the way.
 *
 * Inside webhook/.
 */
#ifndef TG_WEBHOOK_TEMPLATE_H
#define TG_WEBHOOK_TEMPLATE_H

#include "common/webhook/fixed.h"
#include "common/webhook/request.h"
#include "common/webhook/scheme.h"

/* Fills s->piece. err is a phrase about the text. */
TG_MUST_USE enum tg_status tg_template_parse(struct tg_scheme *s, struct tg_str text,
					     struct tg_arena *arena, struct tg_error *err);

/* What the pieces of a request's text are made of. */
struct tg_signed {
	const struct tg_scheme *scheme;
	struct tg_request *request;
	const struct tg_record *json; /* of the body, where it was needed */
	const struct tg_span *base;   /* JSON pieces are found from here */
	struct tg_str timestamp, id;
	struct tg_str url; /* the variant that is tried */
	const struct tg_fixed_param *param;
	size_t params;
	struct tg_str *value; /* one a piece; p NULL: the body, the URL */
	char *chunk;	      /* TG_SIGNED_CHUNK bytes to decode into */
};

enum { TG_SIGNED_CHUNK = 8 * 1024 };

/* Fills value (in the request's arena). False: something that is signed is not there. */
TG_MUST_USE bool tg_signed_resolve(struct tg_signed *t, struct tg_webhook_fault *fault);

/* Gives the text to take, piece by piece. */
void tg_signed_give(struct tg_signed *t, void (*take)(void *arg, const void *p, size_t n),
		    void *arg);

/* The URLs that may have been signed where this one was received: how many, the first is url itself. */
enum { TG_URL_VARIANTS = 9 };
size_t tg_url_variants(struct tg_str url, struct tg_arena *arena,
		       struct tg_str variant[TG_URL_VARIANTS]);

/* The pairs of an HTML form: by name, then value, each pair once, names and values joined. False: more than TG_REQUEST_PAIRS. */
TG_MUST_USE bool tg_form_join(struct tg_str body, struct tg_arena *arena, struct tg_str *joined);

#endif
