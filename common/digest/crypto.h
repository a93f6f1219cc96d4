/*
 * crypto: libcrypto's functions, found when the first of them is wanted.
 *
 * Linking against libcrypto would load it at every program start, which costs more than a small run does. The table is filled once
 * and never changes afterwards; any thread may use it.
 */
#ifndef TG_DIGEST_CRYPTO_H
#define TG_DIGEST_CRYPTO_H

#include "common/base/library.h"
#include "common/base/status.h"

#include <openssl/evp.h>

/* Of a library (base/library.h), for rooms that call more of it. */
#define TG_CRYPTO_FILE TG_LIBRARY_FILE("libcrypto", "3")
#define TG_CRYPTO_PACKAGE "libssl3"

struct tg_crypto {
	__typeof__(&EVP_MD_fetch) md_fetch;
	__typeof__(&EVP_MD_CTX_new) ctx_new;
	__typeof__(&EVP_MD_CTX_free) ctx_free;
	__typeof__(&EVP_DigestInit_ex2) init;
	__typeof__(&EVP_DigestUpdate) update;
	__typeof__(&EVP_DigestFinal_ex) final;
	OSSL_LIB_CTX *context; /* ours, which reads no openssl.cnf */
	EVP_MD *sha256; /* fetched once: looking an algorithm up costs more than a short digest */
};

/* TG_UNAVAILABLE when libcrypto cannot be loaded, is too old, or has no SHA-256. */
TG_MUST_USE enum tg_status tg_crypto_get(const struct tg_crypto **crypto, struct tg_error *err);

#endif
