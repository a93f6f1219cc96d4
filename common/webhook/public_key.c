#include "common/webhook/public_key.h"

#include "common/base/decode.h"
#include "common/base/memory.h"
#include "common/webhook/evp.h"

enum kind { ED25519, P256, RSA_PKCS1 };

struct tg_public_key {
	enum kind kind;
	EVP_PKEY *pkey;
	size_t size; /* RSA: bytes of a signature */
};

/* Set by the first key that is read, and there is no check without one. */
static const struct tg_evp *evp;

static void free_pkey(EVP_PKEY **pkey)
{
	if (*pkey)
		evp->EVP_PKEY_free(*pkey);
	*pkey = NULL;
}

static void free_bio(BIO **bio)
{
	if (*bio)
		evp->BIO_free(*bio);
	*bio = NULL;
}

static void free_certificate(X509 **certificate)
{
	if (*certificate)
		evp->X509_free(*certificate);
	*certificate = NULL;
}

static void free_md(EVP_MD_CTX **ctx)
{
	if (*ctx)
		evp->EVP_MD_CTX_free(*ctx);
	*ctx = NULL;
}

void tg_public_key_free(struct tg_public_key **key)
{
	struct tg_public_key *k = TG_TAKE(*key);

	if (!k)
		return;
	free_pkey(&k->pkey);
	tg_free(k);
}

/* -- Ed25519 -- */

/*
 * Points of an order of at most eight, by their y: under such a key anybody can make signatures. All-zero, the key of many a template,
 * is one of them. The list is short and closed; the last three are other spellings of y = -1, 0 and 1.
 */
static bool is_small_order(const unsigned char point[TG_ED25519_KEY])
{
	static const unsigned char small[][TG_ED25519_KEY] = {
		{ 0 },
		{ 1 },
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
		  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
		  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
		  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	};
	unsigned char y[TG_ED25519_KEY];
	bool ones = true;

	memcpy(y, point, sizeof(y));
	y[TG_ED25519_KEY - 1] &= 0x7f; /* the sign of x */
	for (size_t i = 0; i < TG_COUNT(small); i++) {
		if (memcmp(y, small[i], sizeof(y)) == 0)
			return true;
	}
	for (size_t i = 1; i < TG_ED25519_KEY - 1; i++)
		ones = ones && y[i] == 0xff;
	return ones && y[0] >= 0xec && y[0] <= 0xee && y[TG_ED25519_KEY - 1] == 0x7f;
}

static enum tg_status read_ed25519(EVP_PKEY **pkey, struct tg_str raw, struct tg_error *err)
{
	if (is_small_order((const unsigned char *)raw.p))
		return tg_fail(err, TG_CONFIG,
			       "the key is a point of small order (all zeros is one): "
			       "anybody could sign under it");
	*pkey = evp->EVP_PKEY_new_raw_public_key_ex(evp->context, "ED25519", NULL,
						    (const unsigned char *)raw.p, raw.n);
	if (!*pkey)
		return tg_fail(err, TG_UNAVAILABLE, "libcrypto has no Ed25519");
	return TG_OK;
}

static enum tg_status read_hex(EVP_PKEY **pkey, struct tg_str text, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;

	if (text.n != 2 * (size_t)TG_ED25519_KEY || !tg_hex_decode(&raw, text))
		return tg_fail(err, TG_CONFIG,
			       "no Ed25519 public key of 64 hexadecimal digits (%zu bytes of text)",
			       text.n);
	return read_ed25519(pkey, tg_buffer_str(&raw), err);
}

static enum tg_status read_whpk(EVP_PKEY **pkey, struct tg_str text, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;
	const struct tg_str prefix = TG_STR("whpk_");

	if (tg_str_starts(text, TG_STR("whsk_")))
		return tg_fail(err, TG_CONFIG,
			       "this is the sender's private key (whsk_), which must not lie here; "
			       "the public one begins with whpk_");
	if (tg_str_starts(text, TG_STR("whsec_")))
		return tg_fail(
			err, TG_CONFIG,
			"this is a shared secret (whsec_), for the scheme standard-webhooks; "
			"the public key of v1a begins with whpk_");
	if (!tg_str_starts(text, prefix) || !tg_base64_decode(&raw, tg_str_after(text, prefix.n)) ||
	    raw.n != TG_ED25519_KEY)
		return tg_fail(err, TG_CONFIG,
			       "no Ed25519 public key: whpk_ and the base64 of 32 bytes");
	return read_ed25519(pkey, tg_buffer_str(&raw), err);
}

/* -- P-256 and RSA -- */

static bool has_word(struct tg_str text, struct tg_str word)
{
	return text.n && memmem(text.p, text.n, word.p, word.n) != NULL;
}

static enum tg_status refuse_private(struct tg_str text, struct tg_error *err)
{
	if (has_word(text, TG_STR("PRIVATE KEY-----")))
		return tg_fail(err, TG_CONFIG,
			       "there is a private key in it, which must not lie here: "
			       "it takes the sender's public key");
	return TG_OK;
}

/* NULL for a text that is no key. */
static EVP_PKEY *pem_key(struct tg_str text)
{
	TG_OWN(free_certificate) X509 *certificate = NULL;
	TG_OWN(free_bio) BIO *bio = NULL;

	if (text.n > INT32_MAX)
		return NULL;
	bio = evp->BIO_new_mem_buf(text.p, (int)text.n);
	if (!bio)
		return NULL;
	if (!has_word(text, TG_STR("CERTIFICATE-----")))
		return evp->PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, evp->context, NULL);
	certificate = evp->X509_new_ex(evp->context, NULL);
	if (!certificate || !evp->PEM_read_bio_X509(bio, &certificate, NULL, NULL))
		return NULL;
	return evp->X509_get_pubkey(certificate);
}

/* NULL for bytes that are no key, or more than one. */
static EVP_PKEY *der_key(struct tg_str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	TG_OWN(free_pkey) EVP_PKEY *pkey = NULL;

	pkey = evp->d2i_PUBKEY_ex(NULL, &p, (long)der.n, evp->context, NULL);
	return p == (const unsigned char *)der.p + der.n ? TG_TAKE(pkey) : NULL;
}

static enum tg_status must_be_p256(EVP_PKEY *pkey, struct tg_error *err)
{
	char group[32];
	size_t n;

	if (!evp->EVP_PKEY_is_a(pkey, "EC"))
		return tg_fail(err, TG_CONFIG,
			       "a key for another algorithm: it takes ECDSA on "
			       "P-256");
	if (!evp->EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) ||
	    strcmp(group, "prime256v1") != 0)
		return tg_fail(err, TG_CONFIG, "a key on another curve: it takes P-256");
	return TG_OK;
}

static enum tg_status read_spki(EVP_PKEY **pkey, struct tg_str text, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer der = TG_BUFFER_INIT;

	if (tg_str_starts(text, TG_STR("-----BEGIN ")))
		*pkey = pem_key(text);
	else if (text.n <= 4096 && tg_base64_decode(&der, text) && der.n)
		*pkey = der_key(tg_buffer_str(&der));
	if (!*pkey)
		return tg_fail(err, TG_CONFIG,
			       "no public key: it takes the base64 of a SubjectPublicKeyInfo on "
			       "one line (it begins with MFkw), or PEM");
	return must_be_p256(*pkey, err);
}

static enum tg_status read_rsa(EVP_PKEY **pkey, struct tg_str text, struct tg_error *err)
{
	int bits;

	*pkey = pem_key(text);
	if (!*pkey)
		return tg_fail(err, TG_CONFIG, "no certificate and no public key in PEM");
	if (!evp->EVP_PKEY_is_a(*pkey, "RSA"))
		return tg_fail(err, TG_CONFIG, "a key for another algorithm: it takes RSA");
	bits = evp->EVP_PKEY_get_bits(*pkey);
	if (bits < TG_RSA_BITS_LEAST || bits > TG_RSA_BITS_MOST)
		return tg_fail(err, TG_CONFIG,
			       "an RSA key of %d bits: it takes %d at least and %d at most", bits,
			       TG_RSA_BITS_LEAST, TG_RSA_BITS_MOST);
	return TG_OK;
}

static struct tg_public_key *keep(enum kind kind, EVP_PKEY *pkey)
{
	struct tg_public_key *k = tg_alloc(sizeof(*k));

	k->kind = kind;
	k->pkey = pkey;
	if (kind == RSA_PKCS1)
		k->size = ((size_t)evp->EVP_PKEY_get_bits(pkey) + 7) / 8;
	return k;
}

enum tg_status tg_public_key_read(struct tg_public_key **key, enum tg_key_form form,
				  struct tg_str text, struct tg_error *err)
{
	enum kind kind = ED25519;
	TG_OWN(free_pkey) EVP_PKEY *pkey = NULL;
	enum tg_status st = tg_evp_get(&evp, err);

	if (!st)
		st = refuse_private(text, err);
	if (st)
		return st;
	switch (form) {
	case TG_KEY_ED25519_HEX:
		st = read_hex(&pkey, text, err);
		break;
	case TG_KEY_WHPK:
		st = read_whpk(&pkey, text, err);
		break;
	case TG_KEY_P256_SPKI:
		kind = P256;
		st = read_spki(&pkey, text, err);
		break;
	case TG_KEY_RSA_PEM:
		kind = RSA_PKCS1;
		st = read_rsa(&pkey, text, err);
		break;
	}
	if (st)
		return st;
	*key = keep(kind, TG_TAKE(pkey));
	return TG_OK;
}

enum tg_status tg_public_key_point(struct tg_public_key **key,
				   const unsigned char x[TG_P256_COORDINATE],
				   const unsigned char y[TG_P256_COORDINATE], struct tg_error *err)
{
	/* SubjectPublicKeyInfo (RFC 5480) of an uncompressed point on P-256: all before the coordinates is always the same. */
	unsigned char der[27 + 2 * TG_P256_COORDINATE] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
		0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
	};
	TG_OWN(free_pkey) EVP_PKEY *pkey = NULL;
	enum tg_status st = tg_evp_get(&evp, err);

	if (st)
		return st;
	memcpy(der + 27, x, TG_P256_COORDINATE);
	memcpy(der + 27 + TG_P256_COORDINATE, y, TG_P256_COORDINATE);
	pkey = der_key(tg_str_from((const char *)der, sizeof(der)));
	if (!pkey)
		return tg_fail(err, TG_CONFIG, "x and y are no point of P-256");
	*key = keep(P256, TG_TAKE(pkey));
	return TG_OK;
}

/* -- signatures -- */

/* One INTEGER of a signature at *at: positive, at most 32 bytes, no byte more than it takes. */
static bool is_number(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *p = *at;
	size_t n;

	if (end - p < 3 || p[0] != 0x02)
		return false;
	n = p[1];
	p += 2;
	if (n < 1 || n > 33 || n > (size_t)(end - p) || p[0] & 0x80)
		return false;
	if (p[0] == 0 && (n == 1 || !(p[1] & 0x80)))
		return false; /* zero, or a zero too many */
	if (n == 33 && p[0] != 0)
		return false;
	*at = p + n;
	return true;
}

bool tg_ecdsa_is_der(struct tg_str der)
{
	const unsigned char *p = (const unsigned char *)der.p, *end;

	if (der.n < 8 || der.n > TG_P256_SIGNATURE_DER || p[0] != 0x30 || p[1] != der.n - 2)
		return false;
	end = p + der.n;
	p += 2;
	return is_number(&p, end) && is_number(&p, end) && p == end;
}

static size_t put_number(unsigned char *to, const unsigned char number[32])
{
	size_t skip = 0, n;
	bool high;

	while (skip < 31 && number[skip] == 0)
		skip++;
	high = number[skip] & 0x80;
	n = 32 - skip;
	to[0] = 0x02;
	to[1] = (unsigned char)(n + high);
	to[2] = 0;
	memcpy(to + 2 + high, number + skip, n);
	return 2 + high + n;
}

size_t tg_ecdsa_put_der(unsigned char der[TG_P256_SIGNATURE_DER],
			const unsigned char raw[TG_P256_SIGNATURE])
{
	size_t n = put_number(der + 2, raw);

	n += put_number(der + 2 + n, raw + 32);
	der[0] = 0x30;
	der[1] = (unsigned char)n;
	return 2 + n;
}

static bool has_form(const struct tg_public_key *key, struct tg_str signature)
{
	switch (key->kind) {
	case ED25519:
		return signature.n == TG_ED25519_SIGNATURE;
	case P256:
		return tg_ecdsa_is_der(signature);
	case RSA_PKCS1:
		return signature.n == key->size;
	}
	return false;
}

enum tg_signature tg_public_key_check(const struct tg_public_key *key, enum tg_signature_hash hash,
				      struct tg_str bytes, struct tg_str signature)
{
	const char *name = hash == TG_SIGNED_SHA1 ? "SHA1" : "SHA2-256";
	TG_OWN(free_md) EVP_MD_CTX *ctx = NULL;

	TG_BUG_IF(hash == TG_SIGNED_SHA1 && key->kind != RSA_PKCS1);
	if (!has_form(key, signature))
		return TG_SIGNATURE_MALFORMED;
	ctx = evp->EVP_MD_CTX_new();
	if (!ctx || evp->EVP_DigestVerifyInit_ex(ctx, NULL, key->kind == ED25519 ? NULL : name,
						 evp->context, NULL, key->pkey, NULL) != 1)
		return TG_SIGNATURE_WRONG;
	return evp->EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
				     (const unsigned char *)bytes.p, bytes.n) == 1
		       ? TG_SIGNATURE_GOOD
		       : TG_SIGNATURE_WRONG;
}
