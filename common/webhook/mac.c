#include "common/webhook/mac.h"

#include "common/base/memory.h"
#include "common/digest/crypto.h"

enum { BLOCK_MAX = 128 };

static const struct {
	const char *name; /* as libcrypto has it */
	size_t size, block;
} algorithm[] = {
	[TG_HASH_SHA1] = { "SHA1", 20, 64 },
	[TG_HASH_SHA256] = { "SHA2-256", 32, 64 },
	[TG_HASH_SHA512] = { "SHA2-512", 64, 128 },
};

struct keyed {
	EVP_MD_CTX *inner, *outer; /* behind their pads; outer is NULL for a plain hash */
};

struct tg_mac {
	const struct tg_crypto *crypto;
	enum tg_hash hash;
	bool plain;
	const EVP_MD *md[TG_COUNT(algorithm)]; /* fetched when wanted */
	EVP_MD_CTX *work;
	struct keyed *keyed;
	size_t keys, now;
};

/* With the algorithm at hand these calls have nothing left to fail of but memory. */
#define MUST(call) TG_BUG_IF((call) != 1)

static const EVP_MD *md_of(struct tg_mac *m, enum tg_hash hash)
{
	if (!m->md[hash])
		m->md[hash] = hash == TG_HASH_SHA256
				      ? m->crypto->sha256
				      : m->crypto->md_fetch(m->crypto->context,
							    algorithm[hash].name, NULL);
	return m->md[hash];
}

enum tg_status tg_mac_new(struct tg_mac **mac, enum tg_hash hash, bool plain, struct tg_error *err)
{
	TG_OWN(tg_mac_free) struct tg_mac *m = tg_alloc(sizeof(*m));
	enum tg_status st = tg_crypto_get(&m->crypto, err);

	if (st)
		return st;
	m->hash = hash;
	m->plain = plain;
	if (!md_of(m, hash))
		return tg_fail(err, TG_UNAVAILABLE, "no provider of libcrypto has %s",
			       algorithm[hash].name);
	m->work = m->crypto->ctx_new();
	*mac = TG_TAKE(m);
	return TG_OK;
}

void tg_mac_free(struct tg_mac **mac)
{
	struct tg_mac *m = TG_TAKE(*mac);

	if (!m)
		return;
	for (size_t i = 0; i < m->keys; i++) {
		m->crypto->ctx_free(m->keyed[i].inner); /* wipes it */
		m->crypto->ctx_free(m->keyed[i].outer);
	}
	if (m->work)
		m->crypto->ctx_free(m->work);
	tg_free(m->keyed);
	tg_free(m);
}

static EVP_MD_CTX *padded(struct tg_mac *m, const unsigned char *key, unsigned char with)
{
	EVP_MD_CTX *ctx = m->crypto->ctx_new();
	unsigned char pad[BLOCK_MAX];
	size_t n = algorithm[m->hash].block;

	for (size_t i = 0; i < n; i++)
		pad[i] = key[i] ^ with;
	MUST(m->crypto->init(ctx, md_of(m, m->hash), NULL));
	MUST(m->crypto->update(ctx, pad, n));
	explicit_bzero(pad, sizeof(pad));
	return ctx;
}

void tg_mac_key(struct tg_mac *m, struct tg_str key)
{
	unsigned char block[BLOCK_MAX] = { 0 };
	struct keyed *k;
	size_t n;

	m->keyed = tg_resize_array(m->keyed, m->keys + 1, sizeof(*m->keyed));
	k = m->keyed + m->keys++;
	*k = (struct keyed){ NULL, NULL };
	if (m->plain) {
		k->inner = m->crypto->ctx_new();
		MUST(m->crypto->init(k->inner, md_of(m, m->hash), NULL));
		MUST(m->crypto->update(k->inner, key.p, key.n));
		return;
	}
	if (key.n > algorithm[m->hash].block)
		tg_mac_hash(m, m->hash, key, block, &n);
	else
		memcpy(block, key.p, key.n);
	k->inner = padded(m, block, 0x36);
	k->outer = padded(m, block, 0x5c);
	explicit_bzero(block, sizeof(block));
}

size_t tg_mac_size(const struct tg_mac *m)
{
	return algorithm[m->hash].size;
}

size_t tg_mac_keys(const struct tg_mac *m)
{
	return m->keys;
}

void tg_mac_begin(struct tg_mac *m, size_t key)
{
	m->now = key;
	MUST(m->crypto->ctx_copy(m->work, m->keyed[key].inner));
}

void tg_mac_add(struct tg_mac *m, const void *p, size_t n)
{
	MUST(m->crypto->update(m->work, p, n));
}

void tg_mac_end(struct tg_mac *m, unsigned char out[TG_MAC_MAX])
{
	MUST(m->crypto->final(m->work, out, NULL));
	if (m->plain)
		return;
	MUST(m->crypto->ctx_copy(m->work, m->keyed[m->now].outer));
	MUST(m->crypto->update(m->work, out, algorithm[m->hash].size));
	MUST(m->crypto->final(m->work, out, NULL));
}

void tg_mac_hash(struct tg_mac *m, enum tg_hash hash, struct tg_str text,
		 unsigned char out[TG_MAC_MAX], size_t *n)
{
	MUST(m->crypto->init(m->work, md_of(m, hash), NULL));
	MUST(m->crypto->update(m->work, text.p, text.n));
	MUST(m->crypto->final(m->work, out, NULL));
	*n = algorithm[hash].size;
}

bool tg_same_bytes(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}
