#include "common/webhook/inside.h"

#include "common/base/decode.h"

struct tg_request *tg_verifier_request(struct tg_verifier *v)
{
	return &v->request;
}

static bool refuse(struct tg_webhook_fault *fault, const char *code, const char *pointer,
		   const char *message, const char *hint)
{
	*fault = (struct tg_webhook_fault){ code, tg_str_of(pointer), message, hint };
	return false;
}

/* Where a part stands, in a reject's words. */
struct standing {
	const char *pointer, *missing, *malformed;
};

static struct standing standing_of(const struct tg_webhook_part *part)
{
	static const struct standing header = { "/headers", "missing-header", "malformed-header" },
				     body = { "/body", "malformed-body", "malformed-body" },
				     url = { "/url", "malformed-request", "malformed-request" };

	switch (part->place[0].kind) {
	case TG_PLACE_JSON:
		return body;
	case TG_PLACE_QUERY:
		return url;
	case TG_PLACE_HEADER:
	case TG_PLACE_NUMBERED:
		break;
	}
	return header;
}

/* A part that must be there is not. */
static bool refuse_missing(struct tg_verifier *v, const struct tg_webhook_part *part,
			   const char *what, struct tg_webhook_fault *fault)
{
	struct tg_str name = tg_place_name(part->place, v->request.arena);
	struct tg_str text = tg_arena_format(v->request.arena, "has no %s (%.*s%s)", what,
					     TG_STR_ARG(name), part->places > 1 ? " ..." : "");
	struct standing at = standing_of(part);
	bool header = strcmp(at.missing, "missing-header") == 0;

	return refuse(fault,
		      !header && part == &v->wish.scheme->signature ? "missing-signature"
								    : at.missing,
		      at.pointer, text.p, NULL);
}

static bool refuse_malformed(const struct tg_webhook_part *part, const char *message,
			     struct tg_webhook_fault *fault)
{
	struct standing at = standing_of(part);

	return refuse(fault, at.malformed, at.pointer, message, NULL);
}

/* A part of which there is one: a time, an id. */
static bool take_one(struct tg_verifier *v, const struct tg_webhook_part *part, const char *what,
		     struct tg_extract *e, struct tg_webhook_fault *fault)
{
	struct tg_str text;

	if (!tg_extract(part, &v->request, v->json, v->base, e, fault))
		return false;
	if (e->n == 1)
		return true;
	if (!e->present)
		return refuse_missing(v, part, what, fault);
	text = tg_arena_format(
		v->request.arena,
		e->n ? "has its %s twice: which one counts?" : "has no %s where it belongs", what);
	return refuse_malformed(part, text.p, fault);
}

static bool judge_time(const struct tg_verifier *v, int64_t signed_at,
		       struct tg_webhook_fault *fault)
{
	int64_t apart, tolerance = (int64_t)v->wish.tolerance;

	if (!v->wish.judge_time)
		return true;
	if (__builtin_sub_overflow(v->clock, signed_at, &apart))
		apart = signed_at > v->clock ? INT64_MIN : INT64_MAX;
	if (apart > tolerance)
		return refuse(fault, "timestamp-too-old", "",
			      "was signed longer ago than the window allows",
			      "a capture that was kept can be judged by its own clock: --clock "
			      "received_at");
	if (apart < -tolerance)
		return refuse(fault, "timestamp-in-future", "",
			      "was signed later than now, by more than the window allows",
			      "is this host's clock right?");
	return true;
}

/* The time against which is judged. */
static bool read_clock(struct tg_verifier *v, struct tg_time now, struct tg_webhook_fault *fault)
{
	if (!v->wish.judge_time || !v->wish.by_received_at) {
		v->clock = now.seconds * 1000000 + now.micros;
		return true;
	}
	return tg_extract_time(v->request.received_at.p ? v->request.received_at : TG_STR(""),
			       TG_UNIT_RFC3339, &v->clock) ||
	       refuse(fault, "malformed-request", "/received_at",
		      "must be an RFC 3339 time: --clock received_at goes by it", NULL);
}

static bool take_time(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;

	if (!s->timestamp.places)
		return true;
	if (!take_one(v, &s->timestamp, "timestamp", &v->timestamp, fault))
		return false;
	v->signs.timestamp = v->timestamp.value[0];
	if (!tg_extract_time(v->signs.timestamp, s->unit, &v->signed_at))
		return refuse_malformed(&s->timestamp,
					s->unit == TG_UNIT_RFC3339
						? "has a timestamp that is no RFC 3339 time"
						: "has a timestamp that is not digits alone",
					fault);
	v->reached = TG_REACHED_TIME;
	return judge_time(v, v->signed_at, fault);
}

static bool signs_id(const struct tg_scheme *s)
{
	for (size_t i = 0; i < s->pieces; i++)
		if (s->piece[i].kind == TG_PIECE_ID)
			return true;
	return false;
}

/* The id, where it is signed or wanted. One that is only wanted need not be there. */
static bool take_id(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;
	bool must = signs_id(s);

	v->id.n = 0;
	if (!s->id.places || (!must && !v->wish.with_id))
		return true;
	if (must) {
		if (!take_one(v, &s->id, "id", &v->id, fault))
			return false;
		v->signs.id = v->id.value[0];
		return true;
	}
	if (!v->json && s->id.place[0].kind == TG_PLACE_JSON) {
		v->json = tg_request_json(&v->request);
		v->base = v->json ? v->json->span : NULL;
	}
	return tg_extract(&s->id, &v->request, v->json, v->base, &v->id, fault);
}

/* Candidates, decoded. One that is no encoding of bytes is none; when there is no other, the request says nothing that counts. */
static bool take_signatures(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;
	const struct tg_webhook_part *part = &s->signature;

	v->candidates = 0;
	v->decoded.n = 0;
	if (!tg_extract(part, &v->request, v->json, v->base, &v->signature, fault))
		return false;
	if (!v->signature.present)
		return refuse_missing(v, part, "signature", fault);
	if (v->signature.n == 0 && part->pair)
		return refuse(fault, "no-signature-of-known-version", standing_of(part).pointer,
			      "has no signature of the version that is known here", NULL);
	for (size_t i = 0; i < v->signature.n; i++) {
		struct tg_candidate *c = v->candidate + v->candidates;
		struct tg_str text = v->signature.value[i];
		bool good = true;

		c->place = v->signature.place[i];
		c->at = v->decoded.n;
		if (s->encoding == TG_ENCODING_HEX)
			good = tg_hex_decode(&v->decoded, text);
		else if (s->encoding == TG_ENCODING_BASE64)
			good = tg_base64_decode(&v->decoded, text);
		else
			tg_buffer_put_str(&v->decoded, text);
		c->n = v->decoded.n - c->at;
		v->candidates += good;
	}
	v->reached = TG_REACHED_SIGNATURES;
	if (v->candidates)
		return true;
	return refuse_malformed(part,
				s->encoding == TG_ENCODING_HEX
					? "has no signature in the form that is known here: "
					  "hexadecimal"
					: "has no signature in the form that is known here: base64 "
					  "of the standard alphabet, padded",
				fault);
}

static bool check_body_hash(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;
	unsigned char hash[TG_MAC_MAX];
	size_t n, at = v->decoded.n; /* behind the signatures */
	struct tg_extract e;
	bool good;

	if (!s->body_hash.places)
		return true;
	if (!take_one(v, &s->body_hash, "digest of the body", &e, fault))
		return false;
	good = s->body_hash_encoding == TG_ENCODING_HEX ? tg_hex_decode(&v->decoded, e.value[0])
							: tg_base64_decode(&v->decoded, e.value[0]);
	tg_mac_hash(v->mac, s->body_hash_algorithm, tg_request_body(&v->request), hash, &n);
	if (good && v->decoded.n - at == n && tg_same_bytes(v->decoded.p + at, hash, n))
		return true;
	return refuse(fault, "signature-mismatch", "/body",
		      "is not the body whose digest is signed", NULL);
}

static void add_to_mac(void *mac, const void *p, size_t n)
{
	tg_mac_add(mac, p, n);
}

static void add_to_text(void *buffer, const void *p, size_t n)
{
	tg_buffer_put(buffer, p, n);
}

/* All candidates are looked at, whatever the first ones say. */
static bool matches_mac(struct tg_verifier *v, size_t key)
{
	unsigned char mac[TG_MAC_MAX];
	size_t size = tg_mac_size(v->mac);
	bool good = false;

	tg_mac_begin(v->mac, key);
	tg_signed_give(&v->signs, add_to_mac, v->mac);
	tg_mac_end(v->mac, mac);
	for (size_t i = 0; i < v->candidates; i++) {
		const struct tg_candidate *c = v->candidate + i;

		if (c->n == size && (!v->wish.scheme->each || c->place == key))
			good |= tg_same_bytes(v->decoded.p + c->at, mac, size);
	}
	explicit_bzero(mac, sizeof(mac));
	return good;
}

/* In time that depends on the length of what was sent alone. */
static bool matches_token(const struct tg_verifier *v, size_t key)
{
	struct tg_str token = tg_buffer_str(v->token + key);
	bool good = false;

	for (size_t i = 0; i < v->candidates; i++) {
		const struct tg_candidate *c = v->candidate + i;
		const unsigned char *sent = (const unsigned char *)v->decoded.p + c->at;
		volatile size_t differ = c->n ^ token.n;

		for (size_t k = 0, t = 0; k < c->n; k++) {
			differ |= (size_t)(sent[k] ^ (unsigned char)token.p[t]);
			t = t + 1 == token.n ? 0 : t + 1;
		}
		good |= differ == 0;
	}
	return good;
}

static bool matches_fixed(struct tg_verifier *v, size_t key)
{
	const struct tg_scheme *s = v->wish.scheme;
	bool good = false;

	for (size_t i = 0; i < v->candidates; i++) {
		const struct tg_candidate *c = v->candidate + i;

		if (!s->each || c->place == key)
			good |= s->fixed->check(v->key[key], tg_buffer_str(&v->text),
						tg_str_from(v->decoded.p + c->at, c->n));
	}
	return good;
}

static bool matches_any(struct tg_verifier *v)
{
	const struct tg_scheme *s = v->wish.scheme;

	if (s->algorithm == TG_ALGORITHM_FIXED) {
		v->text.n = 0;
		tg_signed_give(&v->signs, add_to_text, &v->text);
	}
	for (size_t key = 0; key < v->keys; key++) {
		bool good = s->algorithm == TG_ALGORITHM_TOKEN	 ? matches_token(v, key)
			    : s->algorithm == TG_ALGORITHM_FIXED ? matches_fixed(v, key)
								 : matches_mac(v, key);

		if (good)
			return true;
		if (key == 0 && v->keys > 1 && s->algorithm != TG_ALGORITHM_TOKEN)
			(void)tg_request_body(&v->request); /* decoded once for all the others */
	}
	return false;
}

static bool refuse_mismatch(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	struct tg_str body = tg_request_body(&v->request);
	const char *hint = "another secret, or a body that was changed on its way (parsed and "
			   "written again, trimmed, decoded)? --explain says what would be signed";

	if (v->keys == 0)
		return refuse(fault, "no-secret", "", "was not judged: no --secret is given", NULL);
	if (v->request.text && body.n > 2 && memmem(body.p, body.n, "\xef\xbf\xbd", 3))
		hint = "the body holds U+FFFD, the mark of bytes that were no UTF-8 when it was "
		       "captured: capture it as body_base64";
	return refuse(fault, "signature-mismatch", "",
		      "is signed by none of the secrets as it came here", hint);
}

static bool check_match(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;
	struct tg_str variant[TG_URL_VARIANTS];
	size_t variants = 1;

	v->signs.url = v->request.url;
	if (s->url_twilio && v->request.url.n > TG_REQUEST_VALUE) /* each variant is a copy */
		return refuse(fault, "limit", "/url", "is longer than 8 kB", NULL);
	if (s->url_twilio && v->request.url.p)
		variants = tg_url_variants(v->request.url, v->request.arena, variant);
	for (size_t i = 0; i < variants; i++) {
		if (s->url_twilio && v->request.url.p)
			v->signs.url = variant[i];
		if (matches_any(v))
			return true;
	}
	return refuse_mismatch(v, fault);
}

/* One thing that is signed: the request, or an item of it. */
static bool check_one(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	v->signs.json = v->json;
	v->signs.base = v->base;
	if (!take_time(v, fault) || !take_id(v, fault) || !take_signatures(v, fault))
		return false;
	v->signs.json = v->json;
	v->signs.base = v->base;
	if (!tg_signed_resolve(&v->signs, fault))
		return false;
	v->reached = TG_REACHED_SIGNED;
	return check_body_hash(v, fault) && check_match(v, fault);
}

static void keep_signed(struct tg_verifier *v)
{
	size_t start = v->ids.n, n;

	if (!v->wish.with_id)
		return;
	/* Lengths before, so that what ends one item cannot begin the next. */
	tg_buffer_put(&v->ids, &start, sizeof(start));
	tg_signed_give(&v->signs, add_to_text, &v->ids);
	n = v->ids.n - start;
	memcpy(v->ids.p + start, &n, sizeof(n));
}

static bool check_items(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;
	const struct tg_span *items = tg_pointer_find(s->items, v->json), *span = v->json->span;

	if (!items || items->kind != TG_ARRAY || items->next == (uint32_t)(items - span) + 1)
		return refuse(fault, "missing-signature", "/body", "holds no list of signed items",
			      NULL);
	for (uint32_t k = (uint32_t)(items - span) + 1; k < items->next; k = span[k].next) {
		v->base = tg_pointer_find_from(s->item, v->json, span + k);
		if (!v->base)
			return refuse(fault, "missing-signature", "/body",
				      "holds an item that is not signed", NULL);
		if (!check_one(v, fault))
			return false;
		keep_signed(v);
	}
	return true;
}

static bool check_requirements(struct tg_verifier *v, struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;

	for (size_t i = 0; i < s->requires; i++) {
		const struct tg_requirement *q = s->require + i;
		struct tg_str value, message;

		if (!tg_request_need(&v->request, q->name, &value, fault))
			return false;
		if (tg_str_eq(value, q->value))
			continue;
		message = tg_arena_format(v->request.arena,
					  "must have the header %.*s: %.*s, and has another value",
					  TG_STR_ARG(q->name), TG_STR_ARG(q->value));
		return refuse(fault, "no-signature-of-known-version", "/headers", message.p, NULL);
	}
	return true;
}

/* A request that an algorithm judges by itself. */
static bool check_by_itself(struct tg_verifier *v, struct tg_verified *found,
			    struct tg_webhook_fault *fault)
{
	struct tg_fixed_check check = {
		.scheme = v->wish.scheme,
		.request = &v->request,
		.key = v->key,
		.keys = v->keys,
		.param = v->wish.param,
		.params = v->wish.params,
		.arena = v->request.arena,
	};

	if (v->keys == 0)
		return refuse(fault, "no-secret", "", "was not judged: no --secret is given", NULL);
	if (!v->wish.scheme->fixed->request(&check, fault))
		return false;
	if (check.timed) {
		v->signed_at = check.signed_at;
		v->reached = TG_REACHED_TIME;
		if (!judge_time(v, check.signed_at, fault))
			return false;
	}
	found->id_is_own = check.id.p != NULL;
	found->id = check.id.p ? check.id : check.signed_text;
	return true;
}

/* What a replay would have in common with it: the id, where none but the sender can change it; else what was signed. */
static void find_id(struct tg_verifier *v, struct tg_verified *found)
{
	const struct tg_scheme *s = v->wish.scheme;
	bool own = v->id.n == 1 && (s->id_signed || v->wish.trust_id);

	if (!v->wish.with_id)
		return;
	found->id_is_own = own;
	if (own) {
		found->id = v->id.value[0];
	} else if (s->items) {
		found->id = tg_buffer_str(&v->ids);
	} else if (s->pieces) {
		v->text.n = 0;
		tg_signed_give(&v->signs, add_to_text, &v->text);
		if (s->body_hash.places)
			tg_buffer_put_str(&v->text, tg_request_body(&v->request));
		found->id = tg_buffer_str(&v->text);
	} else {
		found->id = tg_request_body(&v->request);
	}
}

bool tg_verifier_check(struct tg_verifier *v, const struct tg_record *rec, struct tg_time now,
		       struct tg_arena *arena, struct tg_verified *found,
		       struct tg_webhook_fault *fault)
{
	const struct tg_scheme *s = v->wish.scheme;
	struct tg_request *r = &v->request;
	bool good;

	v->reached = TG_REACHED_NOTHING;
	v->json = NULL;
	v->base = NULL;
	v->ids.n = 0;
	v->signature.n = v->id.n = v->timestamp.n = v->candidates = 0;
	r->scanner = v->scanner;
	r->arena = arena;
	v->signs = (struct tg_signed){ .scheme = s,
				       .request = r,
				       .param = v->wish.param,
				       .params = v->wish.params,
				       .chunk = v->chunk };
	*found = (struct tg_verified){ .id = TG_STR_NONE };
	if (!tg_request_read(r, rec, fault))
		return false;
	v->reached = TG_REACHED_REQUEST;
	if (!r->url.p)
		r->url = v->wish.url;
	if (!read_clock(v, now, fault))
		return false;
	if (s->algorithm == TG_ALGORITHM_FIXED && s->fixed->request)
		return check_requirements(v, fault) && check_by_itself(v, found, fault);
	if (!check_requirements(v, fault))
		return false;
	if (s->needs_json) {
		v->json = tg_request_json(r);
		if (!v->json)
			return refuse(fault, "malformed-body", "/body",
				      "is not one JSON value without a key that stands twice, and "
				      "this sender's signature stands in it",
				      NULL);
		v->base = v->json->span;
	}
	good = s->items ? check_items(v, fault) : check_one(v, fault);
	if (good)
		find_id(v, found);
	return good;
}
