#include "common/webhook/evp.h"

#include <pthread.h>

static struct tg_evp evp;
static struct tg_error failure; /* of the one attempt */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	const struct tg_crypto *crypto;

	if (tg_crypto_get(&crypto, &failure))
		return;
#define FIND(f)                                                                                    \
	if (tg_crypto_find(#f, &evp.f, sizeof(evp.f), &failure))                                   \
		return;
	TG_EVP_FUNCTIONS(FIND)
#undef FIND
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
