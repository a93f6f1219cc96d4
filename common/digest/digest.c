#include "common/digest/digest.h"

#include "common/base/memory.h"
#include "common/digest/crypto.h"

#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

struct tg_digest {
	const struct tg_crypto *crypto;
	EVP_MD_CTX *ctx;
};

/* With the algorithm at hand and memory that is ours already, these calls have nothing left to fail of. */
static void begin(struct tg_digest *d)
{
	TG_BUG_IF(d->crypto->init(d->ctx, d->crypto->sha256, NULL) != 1);
}

enum tg_status tg_digest_new(struct tg_digest **digest, struct tg_error *err)
{
	TG_OWN(tg_digest_free) struct tg_digest *d = tg_alloc(sizeof(*d));
	enum tg_status st = tg_crypto_get(&d->crypto, err);

	if (st)
		return st;
	d->ctx = d->crypto->ctx_new();
	if (!d->ctx)
		return tg_fail(err, TG_UNAVAILABLE, "cannot compute SHA-256: out of memory");
	begin(d);
	*digest = TG_TAKE(d);
	return TG_OK;
}

void tg_digest_add(struct tg_digest *digest, const void *p, size_t n)
{
	TG_BUG_IF(digest->crypto->update(digest->ctx, p, n) != 1);
}

void tg_digest_hex(struct tg_digest *digest, char hex[TG_SHA256_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	TG_BUG_IF(digest->crypto->final(digest->ctx, raw, &n) != 1 || n != TG_SHA256_SIZE);
	for (size_t i = 0; i < TG_SHA256_SIZE; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[TG_SHA256_HEX] = '\0';
	begin(digest);
}

void tg_digest_free(struct tg_digest **digest)
{
	struct tg_digest *d = TG_TAKE(*digest);

	if (!d)
		return;
	if (d->ctx)
		d->crypto->ctx_free(d->ctx);
	tg_free(d);
}

enum tg_status tg_digest_of(struct tg_str bytes, char hex[TG_SHA256_HEX + 1], struct tg_error *err)
{
	TG_OWN(tg_digest_free) struct tg_digest *d = NULL;
	enum tg_status st = tg_digest_new(&d, err);

	if (st)
		return st;
	tg_digest_add(d, bytes.p, bytes.n);
	tg_digest_hex(d, hex);
	return TG_OK;
}

void tg_random(void *p, size_t n)
{
	char *to = p;

	/* getentropy is getrandom without its partial answers; it gives at most 256 bytes a call. */
	while (n) {
		size_t some = n < 256 ? n : 256;

		TG_BUG_IF(getentropy(to, some) != 0);
		to += some;
		n -= some;
	}
}
