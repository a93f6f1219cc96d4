#include "common/webhook/template.h"

#include "common/json/text.h"

/*
 * Parsing
 */

static const struct {
	const char *name;
	enum tg_piece_kind kind;
} plain[] = {
	{ "body", TG_PIECE_BODY }, { "timestamp", TG_PIECE_TIMESTAMP },
	{ "id", TG_PIECE_ID },	   { "method", TG_PIECE_METHOD },
	{ "url", TG_PIECE_URL },   { "form", TG_PIECE_FORM },
};

static enum tg_status parse_join(struct tg_piece *piece, struct tg_str text, struct tg_arena *arena,
				 struct tg_error *err)
{
	size_t n = 1;

	if (text.n < 2)
		return tg_fail(err, TG_CONFIG,
			       "{join:...} wants a character and pointers: "
			       "{join::/a,/b}");
	piece->join = text.p[0];
	text = tg_str_after(text, 1);
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',';
	piece->pointer = tg_arena_array(arena, n, sizeof(*piece->pointer));
	while (piece->pointers < n) {
		const char *comma = memchr(text.p, ',', text.n);
		struct tg_str one = tg_str_from(text.p, comma ? (size_t)(comma - text.p) : text.n);

		if (tg_pointer_compile(piece->pointer + piece->pointers++, one, arena, err))
			return tg_fail(err, TG_CONFIG, "{join:...} holds what is no JSON Pointer");
		text = tg_str_after(text, one.n + (comma != NULL));
		if (!text.n)
			break;
	}
	return TG_OK;
}

static enum tg_status parse_name(struct tg_scheme *s, struct tg_piece *piece, struct tg_str name,
				 struct tg_arena *arena, struct tg_error *err)
{
	for (size_t i = 0; i < TG_COUNT(plain); i++) {
		if (tg_str_is(name, plain[i].name)) {
			piece->kind = plain[i].kind;
			return TG_OK;
		}
	}
	if (tg_str_starts(name, TG_STR("header:")) && name.n > 7) {
		char *p = tg_arena_take(arena, name.n);

		piece->kind = TG_PIECE_HEADER;
		piece->text = tg_str_after(name, 7);
		for (size_t i = 0; i < piece->text.n; i++) {
			char c = piece->text.p[i];

			p[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
		piece->text.p = p;
		return TG_OK;
	}
	if (tg_str_starts(name, TG_STR("param:")) && name.n > 6) {
		piece->kind = TG_PIECE_PARAM;
		piece->text = tg_str_after(name, 6);
		return TG_OK;
	}
	if (tg_str_starts(name, TG_STR("json:"))) {
		piece->kind = TG_PIECE_JSON;
		piece->pointer = tg_arena_take(arena, sizeof(*piece->pointer));
		piece->pointers = 1;
		s->needs_json = true;
		if (!tg_pointer_compile(piece->pointer, tg_str_after(name, 5), arena, err))
			return TG_OK;
		return tg_fail(err, TG_CONFIG, "{json:...} holds what is no JSON Pointer");
	}
	if (tg_str_starts(name, TG_STR("join:"))) {
		piece->kind = TG_PIECE_JOIN;
		s->needs_json = true;
		return parse_join(piece, tg_str_after(name, 5), arena, err);
	}
	return tg_fail(err, TG_CONFIG,
		       "between braces must stand body, timestamp, id, method, url, form, "
		       "header:NAME, json:/POINTER, join:... or param:NAME ({{ is a brace itself)");
}

enum tg_status tg_template_parse(struct tg_scheme *s, struct tg_str text, struct tg_arena *arena,
				 struct tg_error *err)
{
	size_t most = 1;

	for (size_t i = 0; i < text.n; i++)
		most += text.p[i] == '{' ? 2 : 0;
	s->piece = tg_arena_array(arena, most, sizeof(*s->piece));
	while (text.n) {
		const char *brace = memchr(text.p, '{', text.n);
		size_t n = brace ? (size_t)(brace - text.p) : text.n;
		const char *end;
		enum tg_status st;

		if (brace && n + 1 < text.n && text.p[n + 1] == '{') /* {{ is one */
			n++;
		if (n) {
			s->piece[s->pieces++] = (struct tg_piece){
				.kind = TG_PIECE_LITERAL,
				.text = tg_str_from(text.p, n),
			};
			if (brace && brace < text.p + n)
				n++; /* the second of the two */
			text = tg_str_after(text, n);
			continue;
		}
		end = memchr(text.p, '}', text.n);
		if (!end)
			return tg_fail(err, TG_CONFIG, "a { has no }");
		st = parse_name(s, s->piece + s->pieces++,
				tg_str_from(text.p + 1, (size_t)(end - text.p) - 1), arena, err);
		if (st)
			return st;
		text = tg_str_after(text, (size_t)(end - text.p) + 1);
	}
	if (s->pieces)
		return TG_OK;
	return tg_fail(err, TG_CONFIG, "is empty: nothing would be signed");
}

/*
 * Of a request
 */

static bool refuse(struct tg_webhook_fault *fault, const char *code, struct tg_str pointer,
		   const char *message)
{
	*fault = (struct tg_webhook_fault){ code, pointer, message, NULL };
	return false;
}

/* A string's text, a number or a word as spelt; nothing of null. False: an array or an object. */
static bool text_of(struct tg_signed *t, const struct tg_span *v, struct tg_str *text)
{
	*text = TG_STR("");
	if (!v || v->kind == TG_NULL)
		return true;
	if (v->kind == TG_ARRAY || v->kind == TG_OBJECT)
		return false;
	*text = v->kind == TG_STRING ? tg_text_get(t->request->arena, t->json, v)
				     : tg_span_text(t->json, v);
	return true;
}

static bool join(struct tg_signed *t, const struct tg_piece *piece, struct tg_str *value,
		 struct tg_webhook_fault *fault)
{
	struct tg_arena *arena = t->request->arena;
	struct tg_str *text = tg_arena_array(arena, piece->pointers, sizeof(*text));
	size_t n = piece->pointers;
	char *to;

	for (size_t i = 0; i < piece->pointers; i++) {
		if (!text_of(t, tg_pointer_find_from(piece->pointer + i, t->json, t->base),
			     text + i))
			return refuse(fault, "malformed-body", TG_STR("/body"),
				      "holds an object or array where a value is signed");
		n += text[i].n;
	}
	to = tg_arena_take(arena, n);
	*value = tg_str_from(to, n - 1);
	for (size_t i = 0; i < piece->pointers; i++) {
		memcpy(to, text[i].p, text[i].n);
		to += text[i].n;
		*to++ = piece->join;
	}
	return true;
}

static struct tg_str param_of(const struct tg_signed *t, struct tg_str name)
{
	for (size_t i = 0; i < t->params; i++)
		if (tg_str_eq(t->param[i].name, name))
			return t->param[i].value;
	return TG_STR("");
}

static bool resolve(struct tg_signed *t, const struct tg_piece *piece, struct tg_str *value,
		    struct tg_webhook_fault *fault)
{
	struct tg_request *r = t->request;
	const struct tg_span *v;

	switch (piece->kind) {
	case TG_PIECE_LITERAL:
		*value = piece->text;
		return true;
	case TG_PIECE_BODY:
		*value = TG_STR_NONE;
		return true;
	case TG_PIECE_URL:
		*value = TG_STR_NONE;
		return r->url.p || refuse(fault, "malformed-request", TG_STR(""),
					  "has no url, and this sender signs it; --url says it");
	case TG_PIECE_METHOD:
		*value = r->method;
		return r->method.p || refuse(fault, "malformed-request", TG_STR(""),
					     "has no method, and this sender signs it");
	case TG_PIECE_TIMESTAMP:
		*value = t->timestamp;
		return true;
	case TG_PIECE_ID:
		*value = t->id;
		return true;
	case TG_PIECE_HEADER:
		return tg_request_need(r, piece->text, value, fault);
	case TG_PIECE_JSON:
		v = tg_pointer_find_from(piece->pointer, t->json, t->base);
		return (v && text_of(t, v, value)) ||
		       refuse(fault, "malformed-body", TG_STR("/body"),
			      "does not hold what is signed");
	case TG_PIECE_JOIN:
		return join(t, piece, value, fault);
	case TG_PIECE_FORM:
		return tg_form_join(tg_request_body(r), r->arena, value) ||
		       refuse(fault, "limit", TG_STR("/body"), "holds more than 10000 pairs");
	case TG_PIECE_PARAM:
		*value = param_of(t, piece->text);
		return true;
	}
	TG_BUG_IF(true);
	return false;
}

bool tg_signed_resolve(struct tg_signed *t, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = t->scheme;

	t->value = tg_arena_array(t->request->arena, s->pieces, sizeof(*t->value));
	for (size_t i = 0; i < s->pieces; i++)
		if (!resolve(t, s->piece + i, t->value + i, fault))
			return false;
	return true;
}

static void give_body(struct tg_signed *t, void (*take)(void *arg, const void *p, size_t n),
		      void *arg)
{
	struct tg_request *r = t->request;
	struct tg_str rest;

	if (r->body.p) {
		take(arg, r->body.p, r->body.n);
		return;
	}
	rest = tg_span_text(r->rec, r->text);
	while (rest.n)
		take(arg, t->chunk, tg_text_decode_part(t->chunk, TG_SIGNED_CHUNK, &rest));
}

void tg_signed_give(struct tg_signed *t, void (*take)(void *arg, const void *p, size_t n),
		    void *arg)
{
	const struct tg_scheme *s = t->scheme;

	for (size_t i = 0; i < s->pieces; i++) {
		if (s->piece[i].kind == TG_PIECE_BODY)
			give_body(t, take, arg);
		else if (s->piece[i].kind == TG_PIECE_URL)
			take(arg, t->url.p, t->url.n);
		else
			take(arg, t->value[i].p, t->value[i].n);
	}
}
