#include "common/webhook/request.h"

#include "common/base/decode.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

static bool refuse(struct tg_webhook_fault *fault, const char *code, struct tg_str pointer,
		   const char *message, const char *hint)
{
	*fault = (struct tg_webhook_fault){ code, pointer, message, hint };
	return false;
}

static bool no_request(struct tg_webhook_fault *fault, struct tg_str pointer, const char *message,
		       const char *hint)
{
	return refuse(fault, "malformed-request", pointer, message, hint);
}

static bool add_header(struct tg_request *r, const struct tg_span *name,
		       const struct tg_span *value, struct tg_webhook_fault *fault)
{
	struct tg_header *h = r->header + r->headers;

	if (name->kind != TG_STRING || value->kind != TG_STRING)
		return no_request(fault, TG_STR("/headers"),
				  "holds a name or value that is no string", NULL);
	if (r->headers == TG_REQUEST_HEADERS)
		return refuse(fault, "limit", TG_STR("/headers"), "are more than 100", NULL);
	h->name = tg_text_get(r->arena, r->rec, name);
	h->value = tg_text_get(r->arena, r->rec, value);
	r->headers++;
	return true;
}

/* Name and value, or a list of values where the header came several times. */
static bool read_header_member(struct tg_request *r, const struct tg_span *key,
			       struct tg_webhook_fault *fault)
{
	const struct tg_span *span = r->rec->span, *value = key + 1;

	if (value->kind != TG_ARRAY)
		return add_header(r, key, value, fault);
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k].next)
		if (!add_header(r, key, span + k, fault))
			return false;
	return true;
}

static bool read_headers(struct tg_request *r, const struct tg_span *headers,
			 struct tg_webhook_fault *fault)
{
	const struct tg_span *span = r->rec->span;
	uint32_t k = (uint32_t)(headers - span) + 1;

	if (headers->kind == TG_OBJECT) {
		for (; k < headers->next; k = span[k + 1].next)
			if (!read_header_member(r, span + k, fault))
				return false;
		return true;
	}
	if (headers->kind != TG_ARRAY)
		return no_request(fault, TG_STR("/headers"),
				  "must be an object, or a list of [name, value]", NULL);
	for (; k < headers->next; k = span[k].next) {
		const struct tg_span *pair = span + k;

		if (pair->kind != TG_ARRAY || pair->next == k + 1 ||
		    span[k + 1].next == pair->next || span[span[k + 1].next].next != pair->next)
			return no_request(fault, TG_STR("/headers"),
					  "must be an object, or a list of [name, value]", NULL);
		if (!add_header(r, span + k + 1, span + span[k + 1].next, fault))
			return false;
	}
	return true;
}

static bool read_base64(struct tg_request *r, const struct tg_span *value,
			struct tg_webhook_fault *fault)
{
	struct tg_buffer bytes = TG_BUFFER_INIT;
	struct tg_str text;
	bool good;

	if (value->kind != TG_STRING)
		return no_request(fault, TG_STR("/body_base64"), "is no string", NULL);
	if (value->n / 4 * 3 > TG_REQUEST_BODY + 3)
		return refuse(fault, "limit", TG_STR("/body_base64"), "holds more than 10 MB",
			      NULL);
	text = tg_text_get(r->arena, r->rec, value);
	good = tg_base64_decode(&bytes, text);
	if (good)
		r->body = tg_arena_copy(r->arena, tg_buffer_str(&bytes));
	tg_buffer_release(&bytes);
	return good || no_request(fault, TG_STR("/body_base64"),
				  "is no base64 of the standard alphabet with its padding", NULL);
}

static bool read_body(struct tg_request *r, const struct tg_span *body,
		      const struct tg_span *base64, struct tg_webhook_fault *fault)
{
	if (body && base64)
		return no_request(fault, TG_STR(""), "has both a body and a body_base64",
				  "which one was signed? give one of them");
	if (base64)
		return read_base64(r, base64, fault);
	if (!body)
		return no_request(fault, TG_STR(""), "has neither a body nor a body_base64",
				  "an empty body is an empty string");
	if (body->kind != TG_STRING)
		return no_request(
			fault, TG_STR("/body"),
			"was parsed, so the bytes that were signed are lost: it must be a string, or "
			"body_base64",
			"capture the body as it comes, before anything reads it as JSON");
	r->text = body;
	if (!(body->flags & TG_SPAN_ESCAPED))
		r->body = tg_span_text(r->rec, body);
	/* What is spelt with escapes is shorter when decoded. */
	return body->n <= TG_REQUEST_BODY || tg_request_body(r).n <= TG_REQUEST_BODY ||
	       refuse(fault, "limit", TG_STR("/body"), "is longer than 10 MB", NULL);
}

static bool read_text(struct tg_request *r, const struct tg_span *value, struct tg_str *text,
		      struct tg_str pointer, struct tg_webhook_fault *fault)
{
	if (value->kind == TG_NULL)
		return true;
	if (value->kind != TG_STRING)
		return no_request(fault, pointer, "is no string", NULL);
	*text = tg_text_get(r->arena, r->rec, value);
	return true;
}

enum member {
	MEMBER_HEADERS,
	MEMBER_BODY,
	MEMBER_BASE64,
	MEMBER_METHOD,
	MEMBER_URL,
	MEMBER_RECEIVED_AT,
	MEMBER_OTHER,
};

static enum member member_of(const struct tg_record *rec, const struct tg_span *key)
{
	static const struct tg_str name[] = {
		[MEMBER_HEADERS] = { "headers", 7 },
		[MEMBER_BODY] = { "body", 4 },
		[MEMBER_BASE64] = { "body_base64", 11 },
		[MEMBER_METHOD] = { "method", 6 },
		[MEMBER_URL] = { "url", 3 },
		[MEMBER_RECEIVED_AT] = { "received_at", 11 },
	};
	unsigned i = 0;

	/* The length alone rules most of them out. */
	while (i < MEMBER_OTHER &&
	       (key->flags & TG_SPAN_ESCAPED ? !tg_text_eq(rec, key, name[i])
					     : key->n != name[i].n || memcmp(rec->text.p + key->at,
									     name[i].p, name[i].n)))
		i++;
	return (enum member)i;
}

bool tg_request_read(struct tg_request *r, const struct tg_record *rec,
		     struct tg_webhook_fault *fault)
{
	const struct tg_span *span = rec->span, *headers = NULL, *body = NULL, *base64 = NULL;
	bool good = true;

	r->rec = rec;
	r->method = r->url = r->received_at = r->body = TG_STR_NONE;
	r->text = NULL;
	r->headers = 0;
	r->json = TG_REQUEST_NOT_SCANNED;
	if (span->kind != TG_OBJECT)
		return no_request(fault, TG_STR(""), "is no request: it must be an object", NULL);
	for (uint32_t k = 1; good && k < span->next; k = span[k + 1].next) {
		const struct tg_span *v = span + k + 1;

		switch (member_of(rec, span + k)) {
		case MEMBER_HEADERS:
			headers = v;
			break;
		case MEMBER_BODY:
			body = v;
			break;
		case MEMBER_BASE64:
			base64 = v;
			break;
		case MEMBER_METHOD:
			good = read_text(r, v, &r->method, TG_STR("/method"), fault);
			break;
		case MEMBER_URL:
			good = read_text(r, v, &r->url, TG_STR("/url"), fault);
			break;
		case MEMBER_RECEIVED_AT:
			if (v->kind == TG_STRING)
				r->received_at = tg_text_get(r->arena, rec, v);
			break;
		case MEMBER_OTHER:
			break;
		}
	}
	return good && (!headers || read_headers(r, headers, fault)) &&
	       read_body(r, body, base64, fault);
}

static bool is_name(struct tg_str a, struct tg_str lower)
{
	if (a.n != lower.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		unsigned char c = (unsigned char)a.p[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (unsigned char)lower.p[i])
			return false;
	}
	return true;
}

enum tg_header_found tg_request_header(const struct tg_request *r, struct tg_str name,
				       struct tg_str *value)
{
	const struct tg_header *found = NULL;

	for (size_t i = 0; i < r->headers; i++) {
		const struct tg_header *h = r->header + i;

		if (!is_name(h->name, name))
			continue;
		if (found && !tg_str_eq(found->value, h->value))
			return TG_HEADER_AMBIGUOUS;
		found = h;
	}
	if (!found)
		return TG_HEADER_MISSING;
	if (found->value.n > TG_REQUEST_VALUE)
		return TG_HEADER_LONG;
	*value = found->value;
	return TG_HEADER_FOUND;
}

bool tg_request_need(const struct tg_request *r, struct tg_str name, struct tg_str *value,
		     struct tg_webhook_fault *fault)
{
	struct tg_str message;

	switch (tg_request_header(r, name, value)) {
	case TG_HEADER_FOUND:
		return true;
	case TG_HEADER_MISSING:
		message = tg_arena_format(r->arena, "has no header %.*s", TG_STR_ARG(name));
		return refuse(fault, "missing-header", TG_STR("/headers"), message.p, NULL);
	case TG_HEADER_AMBIGUOUS:
		message = tg_arena_format(r->arena,
					  "has the header %.*s twice, with different values",
					  TG_STR_ARG(name));
		return refuse(fault, "ambiguous-header", TG_STR("/headers"), message.p, NULL);
	case TG_HEADER_LONG:
		message = tg_arena_format(r->arena, "has a header %.*s of more than 8 kB",
					  TG_STR_ARG(name));
		return refuse(fault, "limit", TG_STR("/headers"), message.p, NULL);
	}
	TG_BUG_IF(true);
	return false;
}

struct tg_str tg_request_body(struct tg_request *r)
{
	if (!r->body.p)
		r->body = tg_text_get(r->arena, r->rec, r->text);
	return r->body;
}

const struct tg_record *tg_request_json(struct tg_request *r)
{
	struct tg_str body;

	if (r->json == TG_REQUEST_NOT_SCANNED) {
		body = tg_request_body(r);
		if (tg_str_starts(body, TG_STR("\xef\xbb\xbf")))
			body = tg_str_after(body, 3);
		r->json = tg_scan(r->scanner, body, &r->document) == TG_SCAN_OK
				  ? TG_REQUEST_IS_JSON
				  : TG_REQUEST_NO_JSON;
	}
	return r->json == TG_REQUEST_IS_JSON ? &r->document : NULL;
}

bool tg_request_query(const struct tg_request *r, struct tg_str name, struct tg_str *value)
{
	const char *mark = r->url.p ? memchr(r->url.p, '?', r->url.n) : NULL;
	struct tg_str rest;
	bool found = false;

	if (!mark)
		return false;
	rest = tg_str_after(r->url, (size_t)(mark - r->url.p) + 1);
	mark = memchr(rest.p, '#', rest.n);
	if (mark)
		rest.n = (size_t)(mark - rest.p);
	while (rest.n) {
		const char *end = memchr(rest.p, '&', rest.n);
		struct tg_str pair = tg_str_from(rest.p, end ? (size_t)(end - rest.p) : rest.n);

		if (tg_str_starts(pair, name) && pair.n > name.n && pair.p[name.n] == '=') {
			if (found)
				return false;
			found = true;
			*value = tg_str_after(pair, name.n + 1);
		}
		rest = tg_str_after(rest, pair.n + (end != NULL));
	}
	return found;
}
