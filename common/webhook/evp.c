#include "common/webhook/evp.h"

#include <pthread.h>

static struct tg_evp evp;
static struct tg_error failure; /* of the one attempt */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct tg_library_call calls[] = {
#define CALL(f) TG_LIBRARY_OPTIONAL(evp.f, f),
	TG_EVP_FUNCTIONS(CALL)
#undef CALL
};

static struct tg_library library = {
	.file = TG_CRYPTO_FILE,
	.package = TG_CRYPTO_PACKAGE,
	.needs = "a signature by a public key needs OpenSSL 3",
	.call = calls,
	.calls = TG_COUNT(calls),
};

static void load(void)
{
	const struct tg_crypto *crypto;

	if (tg_library_load(&library, &failure) || tg_crypto_get(&crypto, &failure))
		return;
	evp.context = crypto->context;
	evp.sha256 = crypto->sha256;
}

enum tg_status tg_evp_get(const struct tg_evp **out, struct tg_error *err)
{
	TG_BUG_IF(pthread_once(&once, load) != 0);
	if (failure.status)
		return tg_fail(err, failure.status, "%s", failure.text);
	*out = &evp;
	return TG_OK;
}
