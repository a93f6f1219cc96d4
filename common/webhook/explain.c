#include "common/base/utf8.h"
#include "common/webhook/inside.h"

enum { QUOTED = 400 };

static const char *const piece_names[] = {
	[TG_PIECE_LITERAL] = "text",	    [TG_PIECE_BODY] = "body",
	[TG_PIECE_TIMESTAMP] = "timestamp", [TG_PIECE_ID] = "id",
	[TG_PIECE_METHOD] = "method",	    [TG_PIECE_URL] = "url",
	[TG_PIECE_HEADER] = "header",	    [TG_PIECE_JSON] = "json",
	[TG_PIECE_FORM] = "form",	    [TG_PIECE_JOIN] = "join",
	[TG_PIECE_PARAM] = "param",
};

static void put_places(struct tg_buffer *out, const struct tg_webhook_part *part,
		       struct tg_arena *arena)
{
	tg_json_put_name(out, "in");
	for (size_t i = 0; i < part->places; i++) {
		tg_buffer_putc(out, i ? ',' : '[');
		tg_json_put_string(out, tg_place_name(part->place + i, arena));
	}
	tg_buffer_puts(out, part->places ? "]" : "[]");
}

/* Text that a sender chose, made harmless. */
static void put_text(struct tg_buffer *out, const char *name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	if (!text.p)
		return;
	tg_utf8_put_safe(&safe, text, QUOTED);
	tg_json_put_member(out, name, tg_buffer_str(&safe));
}

static void put_hex(struct tg_buffer *out, const char *name, const unsigned char *p, size_t n)
{
	tg_json_put_name(out, name);
	tg_buffer_putc(out, '"');
	tg_buffer_put_hex(out, p, n);
	tg_buffer_putc(out, '"');
}

static void put_request(struct tg_verifier *v, struct tg_buffer *out)
{
	struct tg_request *r = &v->request;
	struct tg_str body = tg_request_body(r);
	unsigned char hash[TG_MAC_MAX];
	size_t n;

	tg_json_put_name(out, "request");
	tg_buffer_putc(out, '{');
	put_text(out, "method", r->method);
	put_text(out, "url", r->url);
	tg_json_put_name(out, "headers");
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < r->headers; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

		tg_utf8_put_safe(&safe, r->header[i].name, QUOTED);
		if (i)
			tg_buffer_putc(out, ',');
		tg_json_put_string(out, tg_buffer_str(&safe));
	}
	tg_buffer_putc(out, ']');
	tg_json_put_member_u64(out, "body_bytes", body.n);
	if (v->mac) {
		tg_mac_hash(v->mac, TG_HASH_SHA256, body, hash, &n);
		put_hex(out, "body_sha256", hash, n);
	}
	tg_buffer_putc(out, '}');
}

static void put_seconds(struct tg_buffer *out, const char *name, int64_t micros)
{
	tg_json_put_name(out, name);
	tg_buffer_printf(out, "%lld", (long long)(micros / 1000000));
}

/* The algorithm looks for time and signature itself. */
static bool is_by_itself(const struct tg_verifier *v)
{
	return v->wish.scheme->fixed && v->wish.scheme->fixed->request;
}

static void put_timestamp(struct tg_verifier *v, struct tg_buffer *out)
{
	const struct tg_scheme *s = v->wish.scheme;
	int64_t age;

	if (!s->timestamp.places)
		return;
	tg_json_put_name(out, "timestamp");
	tg_buffer_putc(out, '{');
	if (!is_by_itself(v)) {
		put_places(out, &s->timestamp, v->request.arena);
		tg_json_put_member_u64(out, "found", v->timestamp.n);
	}
	if (v->timestamp.n)
		put_text(out, "text", v->timestamp.value[0]);
	if (v->wish.judge_time && v->reached >= TG_REACHED_TIME &&
	    !__builtin_sub_overflow(v->clock, v->signed_at, &age))
		put_seconds(out, "age_seconds", age);
	if (v->wish.judge_time)
		put_seconds(out, "tolerance_seconds", (int64_t)v->wish.tolerance);
	tg_buffer_putc(out, '}');
}

static void put_signature(struct tg_verifier *v, struct tg_buffer *out)
{
	const struct tg_scheme *s = v->wish.scheme;

	if (!s->signature.places || is_by_itself(v))
		return;
	tg_json_put_name(out, "signature");
	tg_buffer_putc(out, '{');
	put_places(out, &s->signature, v->request.arena);
	tg_json_put_member_u64(out, "found", v->signature.n);
	tg_json_put_member_u64(out, "decoded", v->candidates);
	tg_json_put_name(out, "bytes");
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < v->candidates; i++)
		tg_buffer_printf(out, "%s%zu", i ? "," : "", v->candidate[i].n);
	tg_buffer_putc(out, ']');
	if (v->mac && s->algorithm != TG_ALGORITHM_TOKEN)
		tg_json_put_member_u64(out, "expected_bytes", tg_mac_size(v->mac));
	tg_buffer_putc(out, '}');
}

static void take_text(void *buffer, const void *p, size_t n)
{
	tg_buffer_put(buffer, p, n);
}

static size_t piece_size(struct tg_verifier *v, size_t i)
{
	switch (v->wish.scheme->piece[i].kind) {
	case TG_PIECE_BODY:
		return tg_request_body(&v->request).n;
	case TG_PIECE_URL:
		return v->signs.url.n;
	default:
		return v->signs.value[i].n;
	}
}

static void put_signed(struct tg_verifier *v, struct tg_buffer *out)
{
	const struct tg_scheme *s = v->wish.scheme;
	size_t sum = 0;

	if (v->reached < TG_REACHED_SIGNED)
		return;
	if (!v->signs.url.p)
		v->signs.url = v->request.url;
	tg_json_put_name(out, "signed");
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < s->pieces; i++) {
		const struct tg_piece *piece = s->piece + i;

		tg_buffer_puts(out, i ? ",{" : "{");
		tg_json_put_member(out, "part", tg_str_of(piece_names[piece->kind]));
		if (piece->text.p)
			tg_json_put_member(out, piece->kind == TG_PIECE_LITERAL ? "text" : "name",
					   piece->text);
		tg_json_put_member_u64(out, "bytes", piece_size(v, i));
		tg_buffer_putc(out, '}');
		sum += piece_size(v, i);
	}
	tg_buffer_putc(out, ']');
	tg_json_put_member_u64(out, "signed_bytes", sum);
	if (v->wish.show_values && s->pieces) {
		v->text.n = 0;
		tg_signed_give(&v->signs, take_text, &v->text);
		put_text(out, "signed_text", tg_buffer_str(&v->text));
	}
}

void tg_verifier_explain(struct tg_verifier *v, const struct tg_record *rec, struct tg_time now,
			 struct tg_arena *arena, struct tg_buffer *out)
{
	const struct tg_scheme *s = v->wish.scheme;
	struct tg_webhook_fault fault = { .code = NULL };
	struct tg_verified found;
	bool good = tg_verifier_check(v, rec, now, arena, &found, &fault);

	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "scheme", s->name);
	tg_json_put_member(out, "algorithm", s->algorithm_name);
	tg_json_put_member(out, "secret", s->secret_name);
	tg_json_put_member_u64(out, "secrets", v->keys);
	if (v->reached >= TG_REACHED_REQUEST) {
		put_request(v, out);
		put_timestamp(v, out);
		put_signature(v, out);
		put_signed(v, out);
	}
	if (good && v->wish.with_id)
		tg_json_put_member(out, "replay_by",
				   found.id_is_own ? TG_STR("id") : TG_STR("signed"));
	tg_json_put_member(out, "weak", s->weak);
	tg_json_put_member(out, "verdict", good ? TG_STR("good") : tg_str_of(fault.code));
	if (!good) {
		tg_json_put_member(out, "pointer", fault.pointer);
		tg_json_put_member(out, "message", tg_str_of(fault.message));
		tg_json_put_member(out, "hint", tg_str_of(fault.hint));
	}
	tg_buffer_putc(out, '}');
}
