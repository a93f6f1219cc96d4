/*
 * public_key: a sender's public key, and whether a signature under it is good. Ed25519, ECDSA on P-256 with SHA-256, and RSA
 * (PKCS #1 v1.5), over OpenSSL's EVP: nothing is computed here, but all that is handed over has been looked at first.
 *
 * The algorithm belongs to the key, that is, to whoever runs this; a message has no say in it. A key is read once, never changed,
 * and may be used by any thread.
 */
#ifndef TG_WEBHOOK_PUBLIC_KEY_H
#define TG_WEBHOOK_PUBLIC_KEY_H

#include "common/base/buffer.h"
#include "common/base/status.h"

enum {
	TG_ED25519_KEY = 32,
	TG_ED25519_SIGNATURE = 64,
	TG_P256_COORDINATE = 32,
	TG_P256_SIGNATURE = 64,	    /* r and s, as JWT has them */
	TG_P256_SIGNATURE_DER = 72, /* the longest */
	TG_RSA_BITS_LEAST = 2048,
	TG_RSA_BITS_MOST = 8192,
};

/* How the text of a key is written, and thereby what key it must be. */
enum tg_key_form {
	TG_KEY_ED25519_HEX, /* 64 digits (Discord) */
	TG_KEY_WHPK,	    /* whpk_ and base64: Ed25519 (Standard Webhooks v1a) */
	TG_KEY_P256_SPKI,   /* a SubjectPublicKeyInfo, base64 of its DER (SendGrid), or PEM */
	TG_KEY_RSA_PEM, /* a certificate, of which only the key counts, or a public key; the first in the text, as in TLS */
};

enum tg_signature_hash {
	TG_SIGNED_SHA256,
	TG_SIGNED_SHA1, /* RSA only; broken for collisions, so never unless asked for */
};

enum tg_signature {
	TG_SIGNATURE_GOOD,
	TG_SIGNATURE_WRONG,
	TG_SIGNATURE_MALFORMED, /* none of this kind at all: a wrong length, no DER, bytes behind it */
};

struct tg_public_key;

/* TG_CONFIG says what is wrong with the text, without a byte of it: private keys are pasted too. */
TG_MUST_USE enum tg_status tg_public_key_read(struct tg_public_key **key, enum tg_key_form form,
					      struct tg_str text, struct tg_error *err);
/* A point of P-256 by its coordinates; TG_CONFIG when it is none. */
TG_MUST_USE enum tg_status tg_public_key_point(struct tg_public_key **key,
					       const unsigned char x[TG_P256_COORDINATE],
					       const unsigned char y[TG_P256_COORDINATE],
					       struct tg_error *err);
void tg_public_key_free(struct tg_public_key **key); /* for TG_OWN too */

/* Whether signature, in the algorithm's own form (ECDSA: DER), is one of bytes. */
enum tg_signature tg_public_key_check(const struct tg_public_key *key, enum tg_signature_hash hash,
				      struct tg_str bytes, struct tg_str signature);

/* Whether der is an ECDSA signature on a curve of 256 bits, in its one right spelling: positive numbers without leading zeros, and
 * nothing behind. */
bool tg_ecdsa_is_der(struct tg_str der);
/* DER of r and s; its length. */
size_t tg_ecdsa_put_der(unsigned char der[TG_P256_SIGNATURE_DER],
			const unsigned char raw[TG_P256_SIGNATURE]);

#endif
