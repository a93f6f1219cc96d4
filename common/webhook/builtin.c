/*
 * The built-in schemes, in the words of tidegate-webhook(5). A sender that is not here is a file of the same form.
 *
 * What surprises: Stripe's whsec_ is of the key, Svix's is not. Xero's and Zendesk's secrets look like base64 and are text. Adyen's
 * look like text and are hexadecimal. Linear's time is in the body; the copy in a header is not signed.
 */
#include "common/webhook/scheme.h"

#define HUB(header, prefix)                                                                        \
	"\"signature\":{\"in\":\"header:" header "\",\"prefix\":\"" prefix                         \
	"\",\"encoding\":\"hex\"}"
#define PLAIN(header, encoding)                                                                    \
	"\"signature\":{\"in\":\"header:" header "\",\"encoding\":\"" encoding "\"}"
#define PAIRS(header, split, take, time, tolerance)                                                \
	"\"signature\":{\"in\":\"header:" header "\",\"split\":\"" split                           \
	"\",\"pair\":\"=\",\"take\":\"" take "\",\"encoding\":\"hex\"},"                           \
	"\"timestamp\":{\"in\":\"header:" header "\",\"split\":\"" split                           \
	"\",\"pair\":\"=\",\"take\":\"" time "\",\"unit\":\"s\",\"tolerance\":" tolerance "}"
#define STANDARD(version)                                                                          \
	"\"signature\":{\"in\":[\"header:webhook-signature\",\"header:svix-signature\"],"          \
	"\"split\":\" \",\"pair\":\",\",\"take\":\"" version "\",\"encoding\":\"base64\"},"        \
	"\"timestamp\":{\"in\":[\"header:webhook-timestamp\",\"header:svix-timestamp\"],"          \
	"\"unit\":\"s\",\"tolerance\":300},"                                                       \
	"\"id\":{\"in\":[\"header:webhook-id\",\"header:svix-id\"]},"                              \
	"\"signed\":\"{id}.{timestamp}.{body}\""
#define BODY "\"signed\":\"{body}\""
#define SHA256 "\"algorithm\":\"hmac-sha256\",\"secret\":\"utf8\""
#define ID(where) "\"id\":{\"in\":\"" where "\"}"

// clang-format off
const char *const tg_scheme_builtin[] = {
	"{\"name\":\"adyen-header\",\"aliases\":[\"adyen-platform\"],\"about\":\"Adyen, balance platform\","
	PLAIN("HmacSignature", "base64") "," BODY ",\"algorithm\":\"hmac-sha256\",\"secret\":\"hex\"}",

	"{\"name\":\"adyen-payments-body\",\"aliases\":[\"adyen\"],\"about\":\"Adyen, payments: each item is signed in the body\","
	"\"items\":\"/notificationItems\",\"item\":\"/NotificationRequestItem\","
	"\"signature\":{\"in\":\"json:/additionalData/hmacSignature\",\"encoding\":\"base64\"},"
	"\"signed\":\"{join::/pspReference,/originalReference,/merchantAccountCode,/merchantReference,/amount/value,"
	"/amount/currency,/eventCode,/success}\",\"algorithm\":\"hmac-sha256\",\"secret\":\"hex\","
	"\"weak\":\"eight members of an item are signed, not the rest of the body\"}",

	"{\"name\":\"aws-sns\",\"aliases\":[\"sns\"],\"about\":\"Amazon SNS, by a pinned certificate\","
	"\"algorithm\":\"x509-sns\",\"secret\":\"x509-pem\",\"timestamp\":{\"in\":\"json:/Timestamp\",\"unit\":\"rfc3339\"}}",

	"{\"name\":\"bitbucket-sha256\",\"aliases\":[\"bitbucket\"],\"about\":\"Bitbucket Cloud\","
	HUB("X-Hub-Signature", "sha256=") "," ID("header:X-Request-UUID") "," BODY "," SHA256 "}",

	"{\"name\":\"box-two-keys\",\"aliases\":[\"box\"],\"about\":\"Box: first secret primary, second secondary\","
	"\"signature\":{\"each\":[\"header:box-signature-primary\",\"header:box-signature-secondary\"],\"encoding\":\"base64\"},"
	"\"timestamp\":{\"in\":\"header:box-delivery-timestamp\",\"unit\":\"rfc3339\",\"tolerance\":600},"
	ID("header:box-delivery-id") ",\"require\":{\"box-signature-version\":\"1\",\"box-signature-algorithm\":\"HmacSHA256\"},"
	"\"signed\":\"{body}{timestamp}\"," SHA256 "}",

	"{\"name\":\"calendly-v1\",\"aliases\":[\"calendly\"],\"about\":\"Calendly\","
	PAIRS("Calendly-Webhook-Signature", ",", "v1", "t", "180") ",\"signed\":\"{timestamp}.{body}\"," SHA256 "}",

	"{\"name\":\"discord-ed25519\",\"aliases\":[\"discord\"],\"about\":\"Discord, interactions\","
	PLAIN("X-Signature-Ed25519", "hex") ","
	"\"timestamp\":{\"in\":\"header:X-Signature-Timestamp\",\"unit\":\"s\",\"tolerance\":300}," ID("json:/id") ","
	"\"signed\":\"{timestamp}{body}\",\"algorithm\":\"ed25519\",\"secret\":\"ed25519-public-hex\"}",

	"{\"name\":\"docusign-multi\",\"aliases\":[\"docusign\"],\"about\":\"DocuSign Connect: a header for each active key\","
	"\"signature\":{\"in\":\"header:X-DocuSign-Signature-{n}\",\"encoding\":\"base64\"}," BODY "," SHA256 "}",

	"{\"name\":\"dropbox-hex\",\"aliases\":[\"dropbox\"],\"about\":\"Dropbox\","
	PLAIN("X-Dropbox-Signature", "hex") "," BODY "," SHA256 "}",

	"{\"name\":\"generic\",\"about\":\"a sender of one's own: time, full stop and body\","
	PLAIN("X-Webhook-Signature", "hex") ","
	"\"timestamp\":{\"in\":\"header:X-Webhook-Timestamp\",\"unit\":\"s\",\"tolerance\":300},"
	"\"signed\":\"{timestamp}.{body}\"," SHA256 "}",

	"{\"name\":\"github-sha256\",\"aliases\":[\"github\"],\"about\":\"GitHub\","
	HUB("X-Hub-Signature-256", "sha256=") "," ID("header:X-GitHub-Delivery") "," BODY "," SHA256 "}",

	"{\"name\":\"gitlab-token\",\"aliases\":[\"gitlab\"],\"about\":\"GitLab, secret token: nothing is signed\","
	"\"signature\":{\"in\":\"header:X-Gitlab-Token\"},"
	"\"id\":{\"in\":[\"header:Idempotency-Key\",\"header:X-Gitlab-Webhook-UUID\"]},"
	"\"algorithm\":\"token\",\"weak\":\"the token is shown, and the body is not signed\"}",

	"{\"name\":\"hubspot-v1\",\"about\":\"HubSpot, first version: a hash of secret and body\",\"only_by_name\":true,"
	PLAIN("X-HubSpot-Signature", "hex") ",\"require\":{\"X-HubSpot-Signature-Version\":\"v1\"}," BODY ","
	"\"algorithm\":\"sha256-prefix\",\"weak\":\"a plain hash: whoever has one signed body can sign a longer one\"}",

	"{\"name\":\"hubspot-v2\",\"about\":\"HubSpot, second version: a hash of secret, method, URL and body\",\"only_by_name\":true,"
	PLAIN("X-HubSpot-Signature", "hex") ",\"require\":{\"X-HubSpot-Signature-Version\":\"v2\"},"
	"\"signed\":\"{method}{url}{body}\","
	"\"algorithm\":\"sha256-prefix\",\"weak\":\"a plain hash: whoever has one signed body can sign a longer one\"}",

	"{\"name\":\"hubspot-v3\",\"aliases\":[\"hubspot\"],\"about\":\"HubSpot\","
	PLAIN("X-HubSpot-Signature-v3", "base64") ","
	"\"timestamp\":{\"in\":\"header:X-HubSpot-Request-Timestamp\",\"unit\":\"ms\",\"tolerance\":300},"
	"\"signed\":\"{method}{url}{body}{timestamp}\"," SHA256 "}",

	"{\"name\":\"intercom-sha1\",\"aliases\":[\"intercom\"],\"about\":\"Intercom\","
	HUB("X-Hub-Signature", "sha1=") "," ID("json:/id") "," BODY ",\"algorithm\":\"hmac-sha1\",\"secret\":\"utf8\"}",

	"{\"name\":\"line-base64\",\"aliases\":[\"line\"],\"about\":\"LINE\","
	PLAIN("x-line-signature", "base64") "," BODY "," SHA256 "}",

	"{\"name\":\"linear-hex\",\"aliases\":[\"linear\"],\"about\":\"Linear: the time is in the body\","
	PLAIN("Linear-Signature", "hex") ","
	"\"timestamp\":{\"in\":\"json:/webhookTimestamp\",\"unit\":\"ms\",\"tolerance\":60}," BODY "," SHA256 "}",

	"{\"name\":\"mailgun-body\",\"aliases\":[\"mailgun\"],\"about\":\"Mailgun: time and token are signed, not the event\","
	"\"signature\":{\"in\":[\"json:/signature/signature\",\"json:/signature/parent-signature\"],\"any\":true,\"encoding\":\"hex\"},"
	"\"timestamp\":{\"in\":\"json:/signature/timestamp\",\"unit\":\"s\",\"tolerance\":300}," ID("json:/signature/token") ","
	"\"signed\":\"{timestamp}{json:/signature/token}\"," SHA256 ",\"weak\":\"the body is not signed, only its time and token\"}",

	"{\"name\":\"mux-v1\",\"aliases\":[\"mux\"],\"about\":\"Mux\","
	PAIRS("Mux-Signature", ",", "v1", "t", "300") "," ID("json:/id") ",\"signed\":\"{timestamp}.{body}\"," SHA256 "}",

	"{\"name\":\"paddle-h1\",\"aliases\":[\"paddle\"],\"about\":\"Paddle\","
	PAIRS("Paddle-Signature", ";", "h1", "ts", "5") "," ID("json:/event_id") ",\"signed\":\"{timestamp}:{body}\"," SHA256 "}",

	"{\"name\":\"paypal-crc32\",\"aliases\":[\"paypal\"],\"about\":\"PayPal, by a pinned certificate; wants --param webhook_id=ID\","
	"\"algorithm\":\"x509-paypal\",\"secret\":\"x509-pem\",\"timestamp\":{\"in\":\"header:PAYPAL-TRANSMISSION-TIME\","
	"\"unit\":\"rfc3339\",\"tolerance\":300},"
	"\"weak\":\"of the body a CRC-32 is signed, and anyone can make another body of the same CRC\"}",

	"{\"name\":\"plaid-jwt-es256\",\"aliases\":[\"plaid\"],\"about\":\"Plaid, a JWT with the body's digest\","
	"\"algorithm\":\"jwt-es256\",\"secret\":\"jwk\",\"signature\":{\"in\":\"header:Plaid-Verification\"},"
	"\"timestamp\":{\"in\":\"header:Plaid-Verification\",\"unit\":\"s\",\"tolerance\":300}}",

	"{\"name\":\"quickbooks-base64\",\"aliases\":[\"quickbooks\",\"intuit\"],\"about\":\"QuickBooks\","
	PLAIN("intuit-signature", "base64") "," BODY "," SHA256 "}",

	"{\"name\":\"razorpay-hex\",\"aliases\":[\"razorpay\"],\"about\":\"Razorpay\","
	PLAIN("X-Razorpay-Signature", "hex") "," ID("header:x-razorpay-event-id") "," BODY "," SHA256 "}",

	"{\"name\":\"sendgrid-ecdsa\",\"aliases\":[\"sendgrid\"],\"about\":\"SendGrid, event webhook\","
	PLAIN("X-Twilio-Email-Event-Webhook-Signature", "base64") ","
	"\"timestamp\":{\"in\":\"header:X-Twilio-Email-Event-Webhook-Timestamp\",\"unit\":\"s\",\"tolerance\":300},"
	"\"signed\":\"{timestamp}{body}\",\"algorithm\":\"ecdsa-p256-sha256\",\"secret\":\"spki-base64-p256\"}",

	"{\"name\":\"shopify-hmac\",\"aliases\":[\"shopify\"],\"about\":\"Shopify\","
	PLAIN("X-Shopify-Hmac-Sha256", "base64") ",\"id\":{\"in\":[\"header:X-Shopify-Event-Id\",\"header:X-Shopify-Webhook-Id\"]},"
	BODY "," SHA256 "}",

	"{\"name\":\"slack-v0\",\"aliases\":[\"slack\"],\"about\":\"Slack\","
	HUB("X-Slack-Signature", "v0=") ","
	"\"timestamp\":{\"in\":\"header:X-Slack-Request-Timestamp\",\"unit\":\"s\",\"tolerance\":300}," ID("json:/event_id") ","
	"\"signed\":\"v0:{timestamp}:{body}\"," SHA256 "}",

	"{\"name\":\"square-hmacsha256\",\"aliases\":[\"square\"],\"about\":\"Square: the URL is signed too\","
	PLAIN("x-square-hmacsha256-signature", "base64") "," ID("json:/event_id") ",\"signed\":\"{url}{body}\"," SHA256 "}",

	"{\"name\":\"standard-webhooks-v1\",\"aliases\":[\"standard-webhooks\",\"svix\",\"gitlab-signing-token\"],"
	"\"about\":\"Standard Webhooks, Svix, GitLab's signing token\","
	STANDARD("v1") ",\"algorithm\":\"hmac-sha256\",\"secret\":\"whsec\"}",

	"{\"name\":\"standard-webhooks-v1a\",\"about\":\"Standard Webhooks by a key pair\","
	STANDARD("v1a") ",\"algorithm\":\"ed25519\",\"secret\":\"whpk\"}",

	"{\"name\":\"stripe-v1\",\"aliases\":[\"stripe\"],\"about\":\"Stripe\","
	PAIRS("Stripe-Signature", ",", "v1", "t", "300") "," ID("json:/id") ",\"signed\":\"{timestamp}.{body}\"," SHA256 "}",

	"{\"name\":\"twilio-bodysha256\",\"aliases\":[\"twilio-json\"],\"about\":\"Twilio, JSON bodies: the URL holds the body's digest\","
	PLAIN("X-Twilio-Signature", "base64") "," ID("header:I-Twilio-Idempotency-Token") ",\"url\":\"twilio\","
	"\"body_hash\":{\"in\":\"query:bodySHA256\",\"algorithm\":\"sha256\",\"encoding\":\"hex\"},"
	"\"signed\":\"{url}\",\"algorithm\":\"hmac-sha1\",\"secret\":\"utf8\"}",

	"{\"name\":\"twilio-form\",\"aliases\":[\"twilio\"],\"about\":\"Twilio, forms: the URL and the sorted parameters\","
	PLAIN("X-Twilio-Signature", "base64") "," ID("header:I-Twilio-Idempotency-Token") ",\"url\":\"twilio\","
	"\"signed\":\"{url}{form}\",\"algorithm\":\"hmac-sha1\",\"secret\":\"utf8\"}",

	"{\"name\":\"typeform-base64\",\"aliases\":[\"typeform\"],\"about\":\"Typeform\","
	"\"signature\":{\"in\":\"header:Typeform-Signature\",\"prefix\":\"sha256=\",\"encoding\":\"base64\"},"
	ID("json:/event_id") "," BODY "," SHA256 "}",

	"{\"name\":\"woocommerce-base64\",\"aliases\":[\"woocommerce\"],\"about\":\"WooCommerce (its ping on creation is not signed)\","
	PLAIN("X-WC-Webhook-Signature", "base64") "," ID("header:X-WC-Webhook-Delivery-ID") "," BODY "," SHA256 "}",

	"{\"name\":\"xero-base64\",\"aliases\":[\"xero\"],\"about\":\"Xero\","
	PLAIN("x-xero-signature", "base64") "," BODY "," SHA256 "}",

	"{\"name\":\"zendesk-base64\",\"aliases\":[\"zendesk\"],\"about\":\"Zendesk\","
	PLAIN("X-Zendesk-Webhook-Signature", "base64") ","
	"\"timestamp\":{\"in\":\"header:X-Zendesk-Webhook-Signature-Timestamp\",\"unit\":\"rfc3339\",\"tolerance\":300},"
	ID("header:X-Zendesk-Webhook-Invocation-Id") ",\"signed\":\"{timestamp}{body}\"," SHA256 "}",

	"{\"name\":\"zoom-v0\",\"aliases\":[\"zoom\"],\"about\":\"Zoom\","
	HUB("x-zm-signature", "v0=") ","
	"\"timestamp\":{\"in\":\"header:x-zm-request-timestamp\",\"unit\":\"s\",\"tolerance\":300},"
	"\"signed\":\"v0:{timestamp}:{body}\"," SHA256 "}",
};
// clang-format on

const size_t tg_scheme_builtins = TG_COUNT(tg_scheme_builtin);
