#include "common/digest/digest.h"

#include "common/base/buffer.h"
#include "common/base/library.h"
#include "common/base/memory.h"
#include "common/digest/crypto.h"

#include <sha2.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

/*
 * A digest of little is computed by libmd over bytes that are held; libcrypto, three times as fast but dear to load, is called for
 * when more comes than that is worth. Where it cannot be had, libmd does all.
 */
enum { HELD = 64 * 1024 };

static struct {
	__typeof__(&SHA256Init) init;
	__typeof__(&SHA256Update) update;
	__typeof__(&SHA256Final) final;
	__typeof__(&SHA256Data) data;
} md;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_CALL(md.init, SHA256Init),
	TG_LIBRARY_CALL(md.update, SHA256Update),
	TG_LIBRARY_CALL(md.final, SHA256Final),
	TG_LIBRARY_CALL(md.data, SHA256Data),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libmd", "0"),
	.package = "libmd0",
	.needs = "a digest needs libmd",
	.call = calls,
	.calls = TG_COUNT(calls),
};

struct tg_digest {
	struct tg_buffer held;		/* of the digest that is computed now */
	uint64_t done;			/* bytes of those before it */
	bool running;			/* what was held has been given to one of these */
	const struct tg_crypto *crypto; /* NULL: not called for, or not to be had */
	EVP_MD_CTX *ctx;
	SHA2_CTX md;
};

enum tg_status tg_digest_new(struct tg_digest **digest, struct tg_error *err)
{
	enum tg_status st = tg_library_load(&library, err);
	struct tg_digest *d;

	if (st)
		return st;
	d = tg_alloc(sizeof(*d));
	(void)tg_buffer_room(&d->held, HELD);
	*digest = d;
	return TG_OK;
}

static void update(struct tg_digest *d, const void *p, size_t n)
{
	if (d->ctx)
		TG_BUG_IF(d->crypto->update(d->ctx, p, n) != 1);
	else
		md.update(&d->md, p, n);
}

/* With the algorithm at hand and memory that is ours already, these calls have nothing left to fail of. */
static void run(struct tg_digest *d)
{
	struct tg_error ignored = TG_ERROR_INIT;

	if (!d->ctx && tg_crypto_get(&d->crypto, &ignored) == TG_OK)
		d->ctx = d->crypto->ctx_new();
	if (d->ctx)
		TG_BUG_IF(d->crypto->init(d->ctx, d->crypto->sha256, NULL) != 1);
	else
		md.init(&d->md);
	d->running = true;
	update(d, d->held.p, d->held.n);
	tg_buffer_clear(&d->held);
}

void tg_digest_add(struct tg_digest *digest, const void *p, size_t n)
{
	digest->done += n;
	if (!digest->running && digest->done > HELD)
		run(digest);
	if (digest->running)
		update(digest, p, n);
	else
		tg_buffer_put(&digest->held, p, n);
}

static void put_hex(const unsigned char raw[TG_SHA256_SIZE], char hex[TG_SHA256_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < TG_SHA256_SIZE; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[TG_SHA256_HEX] = '\0';
}

void tg_digest_hex(struct tg_digest *digest, char hex[TG_SHA256_HEX + 1])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = TG_SHA256_SIZE;

	if (!digest->running)
		TG_BUG_IF(!md.data((const uint8_t *)digest->held.p, digest->held.n, hex));
	else if (digest->ctx)
		TG_BUG_IF(digest->crypto->final(digest->ctx, raw, &n) != 1 || n != TG_SHA256_SIZE);
	else
		md.final(raw, &digest->md);
	if (digest->running)
		put_hex(raw, hex);
	digest->running = false;
	tg_buffer_clear(&digest->held);
}

void tg_digest_free(struct tg_digest **digest)
{
	struct tg_digest *d = TG_TAKE(*digest);

	if (!d)
		return;
	if (d->ctx)
		d->crypto->ctx_free(d->ctx);
	tg_buffer_release(&d->held);
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
