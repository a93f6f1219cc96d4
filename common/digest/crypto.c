#include "common/digest/crypto.h"

#include <pthread.h>

static struct tg_crypto crypto;
static __typeof__(&OSSL_LIB_CTX_new) context_new;
static struct tg_error failure; /* of the one attempt to load it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_OPTIONAL(context_new, OSSL_LIB_CTX_new),
	TG_LIBRARY_OPTIONAL(crypto.md_fetch, EVP_MD_fetch),
	TG_LIBRARY_OPTIONAL(crypto.ctx_new, EVP_MD_CTX_new),
	TG_LIBRARY_OPTIONAL(crypto.ctx_free, EVP_MD_CTX_free),
	TG_LIBRARY_OPTIONAL(crypto.init, EVP_DigestInit_ex2),
	TG_LIBRARY_OPTIONAL(crypto.update, EVP_DigestUpdate),
	TG_LIBRARY_OPTIONAL(crypto.final, EVP_DigestFinal_ex),
};

static struct tg_library library = {
	.file = TG_CRYPTO_FILE,
	.package = TG_CRYPTO_PACKAGE,
	.needs = "this needs OpenSSL 3",
	.call = calls,
	.calls = TG_COUNT(calls),
};

static void load(void)
{
	if (tg_library_load(&library, &failure))
		return;
	/* In a context of our own, which reads no openssl.cnf: 0.3 ms of each run, and a file that could load anything. */
	crypto.context = context_new();
	crypto.sha256 = crypto.md_fetch(crypto.context, "SHA2-256", NULL);
	if (!crypto.sha256)
		tg_fail(&failure, TG_UNAVAILABLE,
			"cannot use OpenSSL: no provider of %s has SHA-256", library.file);
}

enum tg_status tg_crypto_get(const struct tg_crypto **out, struct tg_error *err)
{
	TG_BUG_IF(pthread_once(&once, load) != 0);
	if (failure.status)
		return tg_fail(err, failure.status, "%s", failure.text);
	*out = &crypto;
	return TG_OK;
}
