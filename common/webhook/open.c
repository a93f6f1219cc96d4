#include "common/webhook/inside.h"

#include "common/base/decode.h"

static enum tg_status no_secret(const struct tg_webhook_secret *secret, const char *why,
				struct tg_error *err)
{
	return tg_fail(err, TG_CONFIG, "--secret %.*s: %s", TG_STR_ARG(secret->from), why);
}

/* What people paste instead of the secret that this sender means. */
static const char *slip_of(const struct tg_scheme *s, struct tg_str text)
{
	if (tg_str_starts(text, TG_STR("v1,whsec_")))
		return "begins with the version of the signature: cut off \"v1,\", the secret is "
		       "what follows";
	if (s->secret == TG_SECRET_WHSEC && tg_str_starts(text, TG_STR("whpk_")))
		return "is a public key (whpk_...): the scheme standard-webhooks-v1a takes it";
	if (s->secret == TG_SECRET_WHSEC && tg_str_starts(text, TG_STR("whsk_")))
		return "is the sender's private key (whsk_...), which belongs to the sender alone";
	return NULL;
}

static enum tg_status decode_secret(const struct tg_scheme *s,
				    const struct tg_webhook_secret *secret, struct tg_buffer *key,
				    struct tg_error *err)
{
	struct tg_str text = secret->text;
	const char *slip = slip_of(s, text);

	if (text.n == 0)
		return no_secret(secret, "it is empty, and with an empty secret anyone can sign",
				 err);
	if (slip)
		return no_secret(secret, slip, err);
	switch (s->secret) {
	case TG_SECRET_UTF8:
		tg_buffer_put_str(key, text);
		break;
	case TG_SECRET_HEX:
		if (!tg_hex_decode(key, text))
			return no_secret(secret, "it must be hexadecimal, two digits a byte", err);
		break;
	case TG_SECRET_WHSEC:
		if (tg_str_starts(text, TG_STR("whsec_")))
			text = tg_str_after(text, 6);
		if (!tg_base64_decode(key, text))
			return no_secret(
				secret, "it must be base64, with whsec_ before it or without", err);
		break;
	case TG_SECRET_BASE64:
		if (!tg_base64_decode(key, text))
			return no_secret(secret, "it must be base64", err);
		break;
	case TG_SECRET_FIXED:
		break;
	}
	if (key->n == 0)
		return no_secret(secret, "its key is empty, and with an empty key anyone can sign",
				 err);
	return TG_OK;
}

static enum tg_status add_fixed(struct tg_verifier *v, const struct tg_webhook_secret *secret,
				struct tg_error *err)
{
	const struct tg_scheme *s = v->wish.scheme;
	enum tg_status st;

	v->key = tg_resize_array(v->key, v->keys + 1, sizeof(struct tg_fixed_key *));
	v->key[v->keys] = NULL;
	st = s->fixed->load(v->key + v->keys, s->secret_name, secret->text, err);
	if (st)
		return tg_within(err, "--secret %.*s", TG_STR_ARG(secret->from));
	v->keys++;
	return TG_OK;
}

static enum tg_status add_secret(struct tg_verifier *v, const struct tg_webhook_secret *secret,
				 struct tg_error *err)
{
	const struct tg_scheme *s = v->wish.scheme;
	struct tg_buffer key = TG_BUFFER_INIT;
	enum tg_status st;

	if (s->algorithm == TG_ALGORITHM_FIXED)
		return add_fixed(v, secret, err);
	(void)tg_buffer_room(&key, secret->text.n + 8); /* so that it does not move */
	st = decode_secret(s, secret, &key, err);
	if (!st && s->algorithm == TG_ALGORITHM_TOKEN) {
		v->token = tg_resize_array(v->token, v->keys + 1, sizeof(*v->token));
		v->token[v->keys++] = key;
		return TG_OK;
	} else if (!st) {
		tg_mac_key(v->mac, tg_buffer_str(&key));
		v->keys++;
	}
	if (key.p)
		explicit_bzero(key.p, key.room);
	tg_buffer_release(&key);
	return st;
}

static enum tg_status need_param(const struct tg_verifier_wish *wish, struct tg_str name,
				 struct tg_error *err)
{
	for (size_t i = 0; i < wish->params; i++)
		if (tg_str_eq(wish->param[i].name, name))
			return TG_OK;
	return tg_fail(err, TG_USAGE, "the scheme %.*s wants --param %.*s=VALUE",
		       TG_STR_ARG(wish->scheme->name), TG_STR_ARG(name));
}

/* What the signed text holds of --param, or the algorithm wants, must have been given. */
static enum tg_status check_params(const struct tg_verifier_wish *wish, struct tg_error *err)
{
	const struct tg_scheme *s = wish->scheme;
	const char *const *need = s->fixed ? s->fixed->needs : NULL;
	enum tg_status st = TG_OK;

	for (; !st && need && *need; need++)
		st = need_param(wish, tg_str_of(*need), err);
	for (size_t i = 0; !st && i < s->pieces; i++)
		if (s->piece[i].kind == TG_PIECE_PARAM)
			st = need_param(wish, s->piece[i].text, err);
	return st;
}

enum tg_status tg_verifier_open(struct tg_verifier **out, const struct tg_verifier_wish *wish,
				struct tg_error *err)
{
	TG_OWN(tg_verifier_free) struct tg_verifier *v = tg_alloc(sizeof(*v));
	const struct tg_scheme *s = wish->scheme;
	enum tg_status st = check_params(wish, err);

	v->wish = *wish;
	v->scanner = tg_scanner_new();
	if (!st && (s->algorithm == TG_ALGORITHM_HMAC || s->algorithm == TG_ALGORITHM_PREFIX ||
		    s->body_hash.places))
		v->mac = tg_mac_new(s->hash, s->algorithm == TG_ALGORITHM_PREFIX);
	for (size_t i = 0; !st && i < wish->secrets; i++)
		st = add_secret(v, wish->secret + i, err);
	if (!st && s->each && v->keys > s->signature.places)
		st = tg_fail(err, TG_USAGE,
			     "--secret: the scheme %.*s has %zu signatures, each with a secret of "
			     "its own, and %zu secrets are given",
			     TG_STR_ARG(s->name), s->signature.places, v->keys);
	v->wish.secret = NULL; /* which the caller wipes */
	if (!st)
		*out = TG_TAKE(v);
	return st;
}

void tg_verifier_free(struct tg_verifier **out)
{
	struct tg_verifier *v = TG_TAKE(*out);

	if (!v)
		return;
	for (size_t i = 0; v->key && i < v->keys; i++)
		v->wish.scheme->fixed->free(v->key + i);
	for (size_t i = 0; v->token && i < v->keys; i++) {
		explicit_bzero(v->token[i].p, v->token[i].room);
		tg_buffer_release(v->token + i);
	}
	tg_free(v->key);
	tg_free(v->token);
	tg_mac_free(&v->mac);
	tg_scanner_free(&v->scanner);
	tg_buffer_release(&v->decoded);
	tg_buffer_release(&v->text);
	tg_buffer_release(&v->ids);
	tg_free(v);
}
