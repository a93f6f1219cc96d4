#include "common/webhook/x509.h"

#include "common/base/decode.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/time/time.h"

#include <zlib.h>

enum { SIGNATURE_MOST = 4 * 1024 }; /* bytes of its base64 */

static bool refuse(struct tg_webhook_fault *fault, const char *code, const char *where,
		   const char *message)
{
	*fault = (struct tg_webhook_fault){ .code = code,
					    .pointer = tg_str_of(where),
					    .message = message };
	return false;
}

/* -- hosts -- */

static bool is_host_byte(char c)
{
	return tg_digit((unsigned char)c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}

bool tg_https_host(struct tg_str url, struct tg_str *host)
{
	const struct tg_str scheme = TG_STR("https://");
	struct tg_str rest = tg_str_after(url, scheme.n);
	size_t n = 0;

	if (!tg_str_starts(url, scheme))
		return false;
	while (n < rest.n && is_host_byte(rest.p[n]))
		n++;
	if (!n || n == rest.n || rest.p[n] != '/')
		return false;
	for (size_t i = n; i < rest.n; i++) {
		if ((unsigned char)rest.p[i] <= ' ' || (unsigned char)rest.p[i] >= 0x7f)
			return false;
	}
	*host = tg_str_from(rest.p, n);
	return true;
}

/* sns.REGION.amazonaws.com, and China's. A region has no point. */
static bool is_sns_host(struct tg_str host)
{
	const struct tg_str first = TG_STR("sns."), china = TG_STR(".cn"),
			    last = TG_STR(".amazonaws.com");

	if (tg_str_ends(host, china))
		host.n -= china.n;
	if (!tg_str_starts(host, first) || !tg_str_ends(host, last) ||
	    host.n < first.n + last.n + 3)
		return false;
	host = tg_str_from(host.p + first.n, host.n - first.n - last.n);
	return !memchr(host.p, '.', host.n);
}

static bool is_paypal_host(struct tg_str host)
{
	return tg_str_is(host, "api.paypal.com") || tg_str_is(host, "api.sandbox.paypal.com");
}

/* -- what both do -- */

static bool is_signed(struct tg_public_key *const *keys, size_t n, enum tg_signature_hash hash,
		      struct tg_str base64, struct tg_x509_found *found, const char *where,
		      struct tg_webhook_fault *fault)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;
	bool good = false;

	if (base64.n > SIGNATURE_MOST || !tg_base64_decode(&raw, base64) || !raw.n)
		return refuse(fault, "malformed-header", where,
			      "the signature is not the base64 of one");
	for (size_t i = 0; i < n && !good; i++) {
		good = tg_public_key_check(keys[i], hash, found->signed_text,
					   tg_buffer_str(&raw)) == TG_SIGNATURE_GOOD;
		if (good)
			found->matched = i;
	}
	return good ||
	       refuse(fault, "signature-mismatch", where,
		      "the signature is not one of this message under a pinned certificate");
}

/* -- SNS -- */

enum { FIELDS = 7 };

struct field {
	const char *name;
	bool optional, lines;
};

static const struct field notification[FIELDS] = {
	{ "Message", false, true },    { "MessageId", false, false }, { "Subject", true, false },
	{ "Timestamp", false, false }, { "TopicArn", false, false },  { "Type", false, false },
};

static const struct field confirmation[FIELDS] = {
	{ "Message", false, true },	  { "MessageId", false, false },
	{ "SubscribeURL", false, false }, { "Timestamp", false, false },
	{ "Token", false, false },	  { "TopicArn", false, false },
	{ "Type", false, false },
};

/* A member that is a string, decoded; none otherwise. */
static struct tg_str text_of(const struct tg_sns *sns, const char *name)
{
	const struct tg_span *value = tg_member_find(sns->body, sns->body->span, tg_str_of(name));

	if (!value || value->kind != TG_STRING)
		return TG_STR_NONE;
	return tg_text_get(sns->arena, sns->body, value);
}

static const struct field *fields_of(struct tg_str type)
{
	if (tg_str_is(type, "Notification"))
		return notification;
	if (tg_str_is(type, "SubscriptionConfirmation") ||
	    tg_str_is(type, "UnsubscribeConfirmation"))
		return confirmation;
	return NULL;
}

/* What is signed; none, with the fault, where it cannot be told. */
static struct tg_str canonical(const struct tg_sns *sns, const struct field *field,
			       struct tg_webhook_fault *fault)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < FIELDS && field[i].name; i++) {
		struct tg_str value = text_of(sns, field[i].name);
		if (!value.p && field[i].optional &&
		    !tg_member_find(sns->body, sns->body->span, tg_str_of(field[i].name)))
			continue;
		if (!value.p) {
			(void)refuse(fault, "malformed-body", "/body",
				     tg_arena_format(sns->arena,
						     "has no string %s, which would be signed",
						     field[i].name)
					     .p);
			return TG_STR_NONE;
		}
		if (!field[i].lines && value.n && memchr(value.p, '\n', value.n)) {
			(void)refuse(fault, "malformed-body", "/body",
				     tg_arena_format(sns->arena,
						     "has a %s of several lines: what is signed "
						     "could be read in two ways",
						     field[i].name)
					     .p);
			return TG_STR_NONE;
		}
		tg_buffer_puts(&out, field[i].name);
		tg_buffer_putc(&out, '\n');
		tg_buffer_put_str(&out, value);
		tg_buffer_putc(&out, '\n');
	}
	return tg_arena_copy(sns->arena, tg_buffer_str(&out));
}

static bool version(const struct tg_sns *sns, enum tg_signature_hash *hash,
		    struct tg_webhook_fault *fault)
{
	struct tg_str text = text_of(sns, "SignatureVersion");

	*hash = tg_str_is(text, "1") ? TG_SIGNED_SHA1 : TG_SIGNED_SHA256;
	if (tg_str_is(text, "2") || (sns->sha1 && *hash == TG_SIGNED_SHA1))
		return true;
	refuse(fault, "no-signature-of-known-version", "/body",
	       *hash == TG_SIGNED_SHA1 ? "is 1, which signs by SHA-1, and that is off"
				       : "is not 2");
	if (*hash == TG_SIGNED_SHA1)
		fault->hint = "set the topic's SignatureVersion to 2, or take --allow-sha1";
	return false;
}

bool tg_sns_check(const struct tg_sns *sns, struct tg_public_key *const *keys, size_t n,
		  struct tg_x509_found *found, struct tg_webhook_fault *fault)
{
	const struct field *field;
	enum tg_signature_hash hash;
	struct tg_str host;

	if (!sns->body || sns->body->span->kind != TG_OBJECT)
		return refuse(fault, "malformed-body", "/body", "is no JSON object");
	if (!text_of(sns, "Signature").p)
		return refuse(fault, "missing-signature", "/body", "has no string Signature");
	if (!version(sns, &hash, fault))
		return false;
	field = fields_of(text_of(sns, "Type"));
	if (!field)
		return refuse(fault, "malformed-body", "/body",
			      "has a Type that is none of Notification, SubscriptionConfirmation "
			      "and UnsubscribeConfirmation");
	if (!tg_https_host(text_of(sns, "SigningCertURL"), &host) || !is_sns_host(host))
		return refuse(fault, "untrusted-cert-url", "/body",
			      "has no SigningCertURL at https://sns.REGION.amazonaws.com/");
	found->signed_text = canonical(sns, field, fault);
	if (!found->signed_text.p)
		return false;
	found->id = text_of(sns, "MessageId");
	found->time = text_of(sns, "Timestamp");
	if (!tg_time_is_date_time(found->time))
		return refuse(fault, "malformed-body", "/body",
			      "has a Timestamp that is no RFC 3339 time");
	return is_signed(keys, n, hash, text_of(sns, "Signature"), found, "/body", fault);
}

/* -- PayPal -- */

/* The parts are joined by bars, so none may hold one. */
static bool is_part(struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] <= ' ' || (unsigned char)text.p[i] >= 0x7f ||
		    text.p[i] == '|')
			return false;
	}
	return text.n > 0;
}

bool tg_paypal_check(const struct tg_paypal *paypal, struct tg_public_key *const *keys, size_t n,
		     struct tg_x509_found *found, struct tg_webhook_fault *fault)
{
	struct tg_str host;

	if (!tg_str_is(paypal->algorithm, "SHA256withRSA"))
		return refuse(fault, "no-signature-of-known-version", "/headers",
			      "PAYPAL-AUTH-ALGO is not SHA256withRSA");
	if (!tg_https_host(paypal->certificate_url, &host) || !is_paypal_host(host))
		return refuse(fault, "untrusted-cert-url", "/headers",
			      "PAYPAL-CERT-URL is not an address at https://api.paypal.com/");
	if (!is_part(paypal->id) || !tg_time_is_date_time(paypal->time) ||
	    !is_part(paypal->webhook_id))
		return refuse(fault, "malformed-header", "/headers",
			      "PAYPAL-TRANSMISSION-ID or -TIME is not written as PayPal does");
	found->id = paypal->id;
	found->time = paypal->time;
	found->signed_text =
		tg_arena_format(paypal->arena, "%.*s|%.*s|%.*s|%lu", TG_STR_ARG(paypal->id),
				TG_STR_ARG(paypal->time), TG_STR_ARG(paypal->webhook_id),
				crc32_z(0, (const unsigned char *)paypal->body.p, paypal->body.n));
	return is_signed(keys, n, TG_SIGNED_SHA256, paypal->signature, found, "/headers", fault);
}
