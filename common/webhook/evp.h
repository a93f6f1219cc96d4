/*
 * evp: what of libcrypto the verifiers of public-key signatures call, found when the first of them is wanted (digest/crypto.h says
 * why it is not linked). A function stands under its own name: evp->EVP_PKEY_free(key). Filled once, never changed; any thread may
 * use it.
 */
#ifndef TG_WEBHOOK_EVP_H
#define TG_WEBHOOK_EVP_H

#include "common/base/status.h"
#include "common/digest/crypto.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

// clang-format off
#define TG_EVP_FUNCTIONS(X)                                                                        \
	X(CRYPTO_memcmp) X(EVP_Digest) X(EVP_MD_CTX_new) X(EVP_MD_CTX_free)                        \
	X(EVP_DigestVerifyInit_ex) X(EVP_DigestVerify)                                             \
	X(EVP_PKEY_new_raw_public_key_ex) X(EVP_PKEY_free) X(EVP_PKEY_is_a) X(EVP_PKEY_get_bits)   \
	X(EVP_PKEY_get_group_name) X(d2i_PUBKEY_ex)                                                \
	X(BIO_new_mem_buf) X(BIO_free) X(X509_new_ex) X(X509_free) X(X509_get_pubkey)              \
	X(PEM_read_bio_X509) X(PEM_read_bio_PUBKEY_ex)
// clang-format on

struct tg_evp {
#define TG_EVP_MEMBER(f) __typeof__(&f) f;
	TG_EVP_FUNCTIONS(TG_EVP_MEMBER)
#undef TG_EVP_MEMBER
	OSSL_LIB_CTX *context;
	EVP_MD *sha256;
};

/* TG_UNAVAILABLE when libcrypto cannot be loaded or lacks one of them. */
TG_MUST_USE enum tg_status tg_evp_get(const struct tg_evp **evp, struct tg_error *err);

#endif
