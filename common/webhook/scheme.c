#include "common/webhook/scheme.h"

#include "common/base/check.h"
#include "common/json/document.h"
#include "common/json/text.h"
#include "common/webhook/fixed.h"
#include "common/webhook/sound.h"
#include "common/webhook/template.h"

/* One description while it is read. */
struct reader {
	struct tg_scheme *s;
	struct tg_record doc;
	struct tg_arena *arena;
	struct tg_error *err;
};

TG_COLD TG_PRINTF(3, 4) static enum tg_status
	fail_at(struct reader *r, const struct tg_span *at, const char *format, ...)
{
	TG_OWN(tg_buffer_release) struct tg_buffer why = TG_BUFFER_INIT;
	uint64_t line, column;
	va_list args;

	va_start(args, format);
	tg_buffer_vprintf(&why, format, args);
	va_end(args);
	tg_document_locate(r->doc.text, at->at, &line, &column);
	return tg_fail(r->err, TG_CONFIG, "line %llu, column %llu: %.*s", (unsigned long long)line,
		       (unsigned long long)column, TG_STR_ARG(tg_buffer_str(&why)));
}

static struct tg_str text_of(struct reader *r, const struct tg_span *v)
{
	return tg_arena_copy(r->arena, tg_text_get(r->arena, &r->doc, v));
}

/* A member that is known: what it is called, and who takes it. */
struct member {
	const char *name;
	enum tg_status (*take)(struct reader *r, const struct tg_span *v, void *to);
	size_t offset;
};

/* All members of an object, each by its row; an unknown one is refused with the nearest that there is. */
static enum tg_status take_members(struct reader *r, const struct tg_span *object,
				   const struct member *row, void *to, const char *what)
{
	const struct tg_span *span = r->doc.span;
	struct tg_str names[24], name;
	size_t rows = 0;

	if (object->kind != TG_OBJECT)
		return fail_at(r, object, "%s must be an object", what);
	for (; row[rows].name; rows++)
		names[rows] = tg_str_of(row[rows].name);
	for (uint32_t k = (uint32_t)(object - span) + 1; k < object->next; k = span[k + 1].next) {
		const struct tg_str *nearest;
		enum tg_status st;
		size_t i = 0;

		name = text_of(r, span + k);
		while (i < rows && !tg_str_eq(name, names[i]))
			i++;
		if (i == rows) {
			nearest = tg_str_nearest(name, names, rows);
			return fail_at(r, span + k, "%s has no such member%s%.*s%s", what,
				       nearest ? "; did you mean \"" : "",
				       TG_STR_ARG(nearest ? *nearest : TG_STR_NONE),
				       nearest ? "\"?" : "");
		}
		st = row[i].take(r, span + k + 1, (char *)to + row[i].offset);
		if (st)
			return st;
	}
	return TG_OK;
}

/*
 * Simple values
 */

static enum tg_status take_text(struct reader *r, const struct tg_span *v, void *to)
{
	if (v->kind != TG_STRING || v->n == 0)
		return fail_at(r, v, "must be a text");
	*(struct tg_str *)to = text_of(r, v);
	return TG_OK;
}

static enum tg_status take_bool(struct reader *r, const struct tg_span *v, void *to)
{
	if (v->kind != TG_TRUE && v->kind != TG_FALSE)
		return fail_at(r, v, "must be true or false");
	*(bool *)to = v->kind == TG_TRUE;
	return TG_OK;
}

static enum tg_status take_char(struct reader *r, const struct tg_span *v, void *to)
{
	struct tg_str text = v->kind == TG_STRING ? text_of(r, v) : TG_STR_NONE;

	if (text.n != 1)
		return fail_at(r, v, "must be one character");
	*(char *)to = text.p[0];
	return TG_OK;
}

static enum tg_status take_word(struct reader *r, const struct tg_span *v, const char *const *words,
				size_t n, unsigned *which)
{
	TG_OWN(tg_buffer_release) struct tg_buffer list = TG_BUFFER_INIT;

	for (unsigned i = 0; v->kind == TG_STRING && i < n; i++) {
		if (tg_text_eq(&r->doc, v, tg_str_of(words[i]))) {
			*which = i;
			return TG_OK;
		}
	}
	for (size_t i = 0; i < n; i++)
		tg_buffer_printf(&list, "%s%s", i ? (i + 1 < n ? ", " : " or ") : "", words[i]);
	return fail_at(r, v, "must be %.*s", TG_STR_ARG(tg_buffer_str(&list)));
}

static enum tg_status take_encoding(struct reader *r, const struct tg_span *v, void *to)
{
	static const char *const words[] = { [TG_ENCODING_HEX] = "hex",
					     [TG_ENCODING_BASE64] = "base64",
					     [TG_ENCODING_TEXT] = "text" };
	unsigned which = 0;
	enum tg_status st = take_word(r, v, words, TG_COUNT(words), &which);

	*(enum tg_encoding *)to = (enum tg_encoding)which;
	return st;
}

static enum tg_status take_unit(struct reader *r, const struct tg_span *v, void *to)
{
	static const char *const words[] = { [TG_UNIT_SECONDS] = "s",
					     [TG_UNIT_MILLISECONDS] = "ms",
					     [TG_UNIT_RFC3339] = "rfc3339" };
	unsigned which = 0;
	enum tg_status st = take_word(r, v, words, TG_COUNT(words), &which);

	*(enum tg_time_unit *)to = (enum tg_time_unit)which;
	return st;
}

static enum tg_status take_url(struct reader *r, const struct tg_span *v, void *to)
{
	static const char *const words[] = { "exact", "twilio" };
	unsigned which = 0;
	enum tg_status st = take_word(r, v, words, TG_COUNT(words), &which);

	*(bool *)to = which == 1;
	return st;
}

static enum tg_status take_hash(struct reader *r, const struct tg_span *v, void *to)
{
	static const char *const words[] = {
		[TG_HASH_SHA1] = "sha1", [TG_HASH_SHA256] = "sha256", [TG_HASH_SHA512] = "sha512"
	};
	unsigned which = 0;
	enum tg_status st = take_word(r, v, words, TG_COUNT(words), &which);

	*(enum tg_hash *)to = (enum tg_hash)which;
	return st;
}

/* Seconds, or null for a time that is signed and not judged. */
static enum tg_status take_tolerance(struct reader *r, const struct tg_span *v, void *to)
{
	uint64_t seconds;

	(void)to;
	if (v->kind == TG_NULL)
		return TG_OK;
	if (v->kind != TG_NUMBER || !tg_read_u64(tg_span_text(&r->doc, v), &seconds) ||
	    seconds > 366 * 86400)
		return fail_at(r, v, "must be whole seconds, a year at most, or null");
	r->s->has_tolerance = true;
	r->s->tolerance = seconds * 1000000;
	return TG_OK;
}

static enum tg_status take_pointer(struct reader *r, const struct tg_span *v, void *to)
{
	struct tg_pointer *p = tg_arena_take(r->arena, sizeof(*p));

	if (v->kind != TG_STRING || tg_pointer_compile(p, text_of(r, v), r->arena, r->err))
		return fail_at(r, v, "must be a JSON Pointer, such as \"/items\"");
	*(struct tg_pointer **)to = p;
	return TG_OK;
}

static enum tg_status take_aliases(struct reader *r, const struct tg_span *v, void *to)
{
	const struct tg_span *span = r->doc.span;
	size_t n = 0;

	(void)to;
	if (v->kind != TG_ARRAY)
		return fail_at(r, v, "must be a list of names");
	for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next; k = span[k].next)
		n++;
	r->s->alias = tg_arena_array(r->arena, n, sizeof(*r->s->alias));
	for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next; k = span[k].next) {
		enum tg_status st = take_text(r, span + k, r->s->alias + r->s->aliases++);

		if (st)
			return st;
	}
	return TG_OK;
}

static struct tg_str lower(struct reader *r, struct tg_str name)
{
	char *p = tg_arena_take(r->arena, name.n + 1);

	for (size_t i = 0; i < name.n; i++)
		p[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] | 0x20) : name.p[i];
	return tg_str_from(p, name.n);
}

static bool is_token(struct tg_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] > '~' ||
		    memchr("\"(),/:;<=>?@[\\]{}", name.p[i], 17))
			return false;
	return name.n > 0;
}

static enum tg_status take_require(struct reader *r, const struct tg_span *v, void *to)
{
	const struct tg_span *span = r->doc.span;
	size_t n = 0;

	(void)to;
	if (v->kind != TG_OBJECT)
		return fail_at(r, v, "must be an object: a header's name, and its value");
	for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next; k = span[k + 1].next)
		n++;
	r->s->require = tg_arena_array(r->arena, n, sizeof(*r->s->require));
	for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next; k = span[k + 1].next) {
		struct tg_requirement *q = r->s->require + r->s->requires ++;

		q->name = lower(r, text_of(r, span + k));
		if (!is_token(q->name))
			return fail_at(r, span + k, "is no name of a header");
		if (span[k + 1].kind != TG_STRING)
			return fail_at(r, span + k + 1, "must be the header's value, a text");
		q->value = text_of(r, span + k + 1);
	}
	return TG_OK;
}

/*
 * Parts
 */

static enum tg_status take_place(struct reader *r, const struct tg_span *v,
				 struct tg_webhook_place *place)
{
	struct tg_str text = v->kind == TG_STRING ? text_of(r, v) : TG_STR_NONE;

	if (tg_str_starts(text, TG_STR("header:"))) {
		place->name = lower(r, tg_str_after(text, 7));
		place->kind = TG_PLACE_HEADER;
		if (tg_str_ends(place->name, TG_STR("-{n}"))) {
			place->kind = TG_PLACE_NUMBERED;
			place->name.n -= 3;
		}
		if (is_token(place->name))
			return TG_OK;
		return fail_at(r, v, "header: must be followed by the name of a header");
	}
	if (tg_str_starts(text, TG_STR("json:"))) {
		place->kind = TG_PLACE_JSON;
		r->s->needs_json = true;
		if (!tg_pointer_compile(&place->pointer, tg_str_after(text, 5), r->arena, r->err))
			return TG_OK;
		return fail_at(r, v, "json: must be followed by a JSON Pointer");
	}
	if (tg_str_starts(text, TG_STR("query:")) && text.n > 6) {
		place->kind = TG_PLACE_QUERY;
		place->name = tg_str_after(text, 6);
		return TG_OK;
	}
	return fail_at(r, v,
		       "must say where it stands: header:NAME, header:NAME-{n}, json:/POINTER or "
		       "query:NAME");
}

static enum tg_status take_in(struct reader *r, const struct tg_span *v, void *to)
{
	struct tg_webhook_part *part = to;
	const struct tg_span *span = r->doc.span;
	size_t n = 0;

	if (part->places)
		return fail_at(r, v, "\"in\" and \"each\" are one or the other");
	if (v->kind != TG_ARRAY) {
		part->place = tg_arena_take(r->arena, sizeof(*part->place));
		part->places = 1;
		return take_place(r, v, part->place);
	}
	for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next; k = span[k].next)
		n++;
	if (n == 0)
		return fail_at(r, v, "holds no place");
	part->place = tg_arena_array(r->arena, n, sizeof(*part->place));
	for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next; k = span[k].next) {
		enum tg_status st = take_place(r, span + k, part->place + part->places++);

		if (st)
			return st;
	}
	return TG_OK;
}

static enum tg_status take_each(struct reader *r, const struct tg_span *v, void *to)
{
	r->s->each = true;
	r->s->signature.any = true;
	return take_in(r, v, to);
}

static enum tg_status check_part(struct reader *r, const struct tg_span *v,
				 const struct tg_webhook_part *part)
{
	if (part->places == 0)
		return fail_at(r, v, "has no \"in\": where does it stand?");
	if ((part->pair != 0) != (part->take.p != NULL))
		return fail_at(r, v,
			       "\"pair\" and \"take\" belong together: name=value, and which name");
	if (part->pair && !part->split)
		return fail_at(r, v, "\"pair\" wants \"split\": what stands between the pairs");
	return TG_OK;
}

#define PART(member) offsetof(struct tg_scheme, member)
#define PART_ROWS(part)                                                                            \
	{ "in", take_in, PART(part) }, { "split", take_char, PART(part.split) },                   \
		{ "pair", take_char, PART(part.pair) }, { "take", take_text, PART(part.take) },    \
		{ "prefix", take_text, PART(part.prefix) },                                        \
	{                                                                                          \
		"any", take_bool, PART(part.any)                                                   \
	}

static enum tg_status take_signature(struct reader *r, const struct tg_span *v, void *to)
{
	static const struct member row[] = {
		PART_ROWS(signature),
		{ "each", take_each, PART(signature) },
		{ "encoding", take_encoding, PART(encoding) },
		{ NULL, NULL, 0 },
	};
	enum tg_status st = take_members(r, v, row, r->s, "signature");

	(void)to;
	return st ? st : check_part(r, v, &r->s->signature);
}

static enum tg_status take_timestamp(struct reader *r, const struct tg_span *v, void *to)
{
	static const struct member row[] = {
		PART_ROWS(timestamp),
		{ "unit", take_unit, PART(unit) },
		{ "tolerance", take_tolerance, 0 },
		{ NULL, NULL, 0 },
	};
	enum tg_status st = take_members(r, v, row, r->s, "timestamp");

	(void)to;
	return st ? st : check_part(r, v, &r->s->timestamp);
}

static enum tg_status take_id(struct reader *r, const struct tg_span *v, void *to)
{
	static const struct member row[] = { PART_ROWS(id), { NULL, NULL, 0 } };
	bool before = r->s->needs_json;
	enum tg_status st = take_members(r, v, row, r->s, "id");

	(void)to;
	r->s->needs_json = before; /* only a run with a key store looks for it */
	return st ? st : check_part(r, v, &r->s->id);
}

static enum tg_status take_body_hash(struct reader *r, const struct tg_span *v, void *to)
{
	static const struct member row[] = {
		PART_ROWS(body_hash),
		{ "algorithm", take_hash, PART(body_hash_algorithm) },
		{ "encoding", take_encoding, PART(body_hash_encoding) },
		{ NULL, NULL, 0 },
	};
	enum tg_status st;

	(void)to;
	r->s->body_hash_algorithm = TG_HASH_SHA256;
	st = take_members(r, v, row, r->s, "body_hash");
	return st ? st : check_part(r, v, &r->s->body_hash);
}

static enum tg_status take_signed(struct reader *r, const struct tg_span *v, void *to)
{
	struct tg_error why = TG_ERROR_INIT;

	(void)to;
	if (v->kind != TG_STRING)
		return fail_at(r, v, "signed must be a text, such as \"{timestamp}.{body}\"");
	if (tg_template_parse(r->s, text_of(r, v), r->arena, &why))
		return fail_at(r, v, "signed: %s", why.text);
	return TG_OK;
}

/*
 * Algorithm and secret
 */

static enum tg_status take_algorithm(struct reader *r, const struct tg_span *v, void *to)
{
	static const struct {
		const char *name;
		enum tg_algorithm algorithm;
		enum tg_hash hash;
	} known[] = {
		{ "hmac-sha256", TG_ALGORITHM_HMAC, TG_HASH_SHA256 },
		{ "hmac-sha1", TG_ALGORITHM_HMAC, TG_HASH_SHA1 },
		{ "hmac-sha512", TG_ALGORITHM_HMAC, TG_HASH_SHA512 },
		{ "sha256-prefix", TG_ALGORITHM_PREFIX, TG_HASH_SHA256 },
		{ "token", TG_ALGORITHM_TOKEN, TG_HASH_SHA256 },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer list = TG_BUFFER_INIT;
	struct tg_scheme *s = r->s;
	enum tg_status st = take_text(r, v, &s->algorithm_name);

	(void)to;
	if (st)
		return st;
	for (size_t i = 0; i < TG_COUNT(known); i++) {
		if (tg_str_is(s->algorithm_name, known[i].name)) {
			s->algorithm = known[i].algorithm;
			s->hash = known[i].hash;
			return TG_OK;
		}
		tg_buffer_printf(&list, "%s, ", known[i].name);
	}
	s->algorithm = TG_ALGORITHM_FIXED;
	s->fixed = tg_fixed_find(s->algorithm_name);
	if (s->fixed)
		return TG_OK;
	for (size_t i = 0; tg_fixed_all[i]; i++)
		tg_buffer_printf(&list, "%s, ", tg_fixed_all[i]->algorithm);
	list.n -= list.n ? 2 : 0;
	return fail_at(r, v, "must be one of %.*s", TG_STR_ARG(tg_buffer_str(&list)));
}

/* How the secret's text becomes a key; which forms there are depends on the algorithm. */
static enum tg_status settle_secret(struct reader *r, const struct tg_span *v)
{
	static const char *const words[] = { [TG_SECRET_UTF8] = "utf8",
					     [TG_SECRET_HEX] = "hex",
					     [TG_SECRET_BASE64] = "base64",
					     [TG_SECRET_WHSEC] = "whsec" };
	struct tg_scheme *s = r->s;
	unsigned which = TG_SECRET_UTF8;
	enum tg_status st;
	size_t n = 0;

	if (s->algorithm != TG_ALGORITHM_FIXED) {
		st = v ? take_word(r, v, words, TG_COUNT(words), &which) : TG_OK;
		s->secret = (enum tg_secret_form)which;
		s->secret_name = tg_str_of(words[which]);
		return st;
	}
	s->secret = TG_SECRET_FIXED;
	while (s->fixed->secrets[n])
		n++;
	st = v ? take_word(r, v, s->fixed->secrets, n, &which) : TG_OK;
	s->secret_name = tg_str_of(s->fixed->secrets[which]);
	return st;
}

/* Settled last, when the algorithm is known. */
static enum tg_status take_secret(struct reader *r, const struct tg_span *v, void *to)
{
	(void)r;
	*(const struct tg_span **)to = v;
	return TG_OK;
}

/*
 * The whole
 */

enum tg_status tg_scheme_parse(struct tg_scheme *s, struct tg_str json, struct tg_arena *arena,
			       struct tg_error *err)
{
	static const struct member row[] = {
		{ "name", take_text, PART(name) },
		{ "aliases", take_aliases, 0 },
		{ "about", take_text, PART(about) },
		{ "signature", take_signature, 0 },
		{ "timestamp", take_timestamp, 0 },
		{ "id", take_id, 0 },
		{ "signed", take_signed, 0 },
		{ "algorithm", take_algorithm, 0 },
		{ "secret", take_secret, PART(secret_span) },
		{ "require", take_require, 0 },
		{ "items", take_pointer, PART(items) },
		{ "item", take_pointer, PART(item) },
		{ "body_hash", take_body_hash, 0 },
		{ "url", take_url, PART(url_twilio) },
		{ "sha1", take_bool, PART(sha1) },
		{ "weak", take_text, PART(weak) },
		{ "only_by_name", take_bool, PART(named_only) },
		{ NULL, NULL, 0 },
	};
	struct reader r = { .s = s, .arena = arena, .err = err };
	const char *fault;
	enum tg_status st;

	*s = (struct tg_scheme){ .aliases = 0 };
	st = tg_document_parse(&r.doc, json, arena, err);
	if (!st)
		st = take_members(&r, r.doc.span, row, s, "a scheme");
	if (!st && (fault = tg_scheme_fault(s)) != NULL)
		st = fail_at(&r, r.doc.span, "%s", fault);
	if (!st)
		st = settle_secret(&r, s->secret_span);
	s->secret_span = NULL;
	if (st)
		return st;
	if (s->algorithm == TG_ALGORITHM_TOKEN)
		s->encoding = TG_ENCODING_TEXT;
	s->needs_json |= s->items != NULL;
	s->id_signed = tg_scheme_signs_id(s);
	if (!s->weak.p)
		s->weak = tg_str_of(tg_scheme_weakness(s));
	return TG_OK;
}
