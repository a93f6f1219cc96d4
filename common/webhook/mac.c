#include "common/webhook/mac.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/digest/crypto.h"

#include <sha1.h>
#include <sha2.h>

/*
 * Loading libcrypto takes some 3 ms, which is all the time there is for one request in a process of its own. So the first messages
 * are computed by libmd, at a third of the speed, and libcrypto is called for when it has paid: after LITTLE bytes. Where it cannot
 * be had libmd goes on.
 */
enum { BLOCK_MAX = 128, LITTLE = 1 << 20 };

static const struct {
	const char *name; /* as libcrypto has it */
	size_t size, block;
} algorithm[] = {
	[TG_HASH_SHA1] = { "SHA1", 20, 64 },
	[TG_HASH_SHA256] = { "SHA2-256", 32, 64 },
	[TG_HASH_SHA512] = { "SHA2-512", 64, 128 },
};

/* libmd's states, which are copied by assignment. */
union small {
	SHA1_CTX sha1;
	SHA2_CTX sha2;
};

struct keyed {
	EVP_MD_CTX *inner, *outer; /* behind their pads; NULL: not yet, or a plain hash */
	union small small_inner, small_outer;
	struct tg_buffer key; /* for when libcrypto takes over */
};

struct tg_mac {
	const struct tg_crypto *crypto; /* NULL: libmd computes */
	bool asked;			/* for libcrypto */
	uint64_t done;			/* bytes by libmd */
	enum tg_hash hash;
	bool plain;
	const EVP_MD *md[TG_COUNT(algorithm)]; /* fetched when wanted */
	EVP_MD_CTX *work;
	union small small;
	struct keyed *keyed;
	size_t keys, now;
};

static void small_init(union small *s, enum tg_hash hash)
{
	switch (hash) {
	case TG_HASH_SHA1:
		SHA1Init(&s->sha1);
		break;
	case TG_HASH_SHA256:
		SHA256Init(&s->sha2);
		break;
	case TG_HASH_SHA512:
		SHA512Init(&s->sha2);
		break;
	}
}

static void small_update(union small *s, enum tg_hash hash, const void *p, size_t n)
{
	switch (hash) {
	case TG_HASH_SHA1:
		SHA1Update(&s->sha1, p, n);
		break;
	case TG_HASH_SHA256:
		SHA256Update(&s->sha2, p, n);
		break;
	case TG_HASH_SHA512:
		SHA512Update(&s->sha2, p, n);
		break;
	}
}

static void small_final(union small *s, enum tg_hash hash, unsigned char out[TG_MAC_MAX])
{
	switch (hash) {
	case TG_HASH_SHA1:
		SHA1Final(out, &s->sha1);
		break;
	case TG_HASH_SHA256:
		SHA256Final(out, &s->sha2);
		break;
	case TG_HASH_SHA512:
		SHA512Final(out, &s->sha2);
		break;
	}
}

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

struct tg_mac *tg_mac_new(enum tg_hash hash, bool plain)
{
	struct tg_mac *m = tg_alloc(sizeof(*m));

	m->hash = hash;
	m->plain = plain;
	return m;
}

void tg_mac_free(struct tg_mac **mac)
{
	struct tg_mac *m = TG_TAKE(*mac);

	if (!m)
		return;
	for (size_t i = 0; i < m->keys; i++) {
		struct keyed *k = m->keyed + i;

		if (k->inner)
			m->crypto->ctx_free(k->inner); /* wipes it */
		if (k->outer)
			m->crypto->ctx_free(k->outer);
		explicit_bzero(k->key.p, k->key.room);
		tg_buffer_release(&k->key);
		explicit_bzero(k, sizeof(*k));
	}
	if (m->work)
		m->crypto->ctx_free(m->work);
	tg_free(m->keyed);
	explicit_bzero(m, sizeof(*m));
	tg_free(m);
}

static void pad(unsigned char out[BLOCK_MAX], const unsigned char *key, unsigned char with)
{
	for (size_t i = 0; i < BLOCK_MAX; i++)
		out[i] = key[i] ^ with;
}

static EVP_MD_CTX *started(struct tg_mac *m, const void *p, size_t n)
{
	EVP_MD_CTX *ctx = m->crypto->ctx_new();

	MUST(m->crypto->init(ctx, md_of(m, m->hash), NULL));
	MUST(m->crypto->update(ctx, p, n));
	return ctx;
}

static void start_small(struct tg_mac *m, union small *s, const void *p, size_t n)
{
	small_init(s, m->hash);
	small_update(s, m->hash, p, n);
}

/* The states behind the key, of whichever library computes. */
static void key_in(struct tg_mac *m, struct keyed *k)
{
	unsigned char block[BLOCK_MAX] = { 0 }, padded[BLOCK_MAX];
	size_t n = algorithm[m->hash].block, ignored;

	if (m->plain) {
		if (m->crypto)
			k->inner = started(m, k->key.p, k->key.n);
		else
			start_small(m, &k->small_inner, k->key.p, k->key.n);
		return;
	}
	if (k->key.n > n)
		tg_mac_hash(m, m->hash, tg_buffer_str(&k->key), block, &ignored);
	else
		memcpy(block, k->key.p, k->key.n);
	pad(padded, block, 0x36);
	if (m->crypto)
		k->inner = started(m, padded, n);
	else
		start_small(m, &k->small_inner, padded, n);
	pad(padded, block, 0x5c);
	if (m->crypto)
		k->outer = started(m, padded, n);
	else
		start_small(m, &k->small_outer, padded, n);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(padded, sizeof(padded));
}

void tg_mac_key(struct tg_mac *m, struct tg_str key)
{
	struct keyed *k, *more = tg_alloc_array(m->keys + 1, sizeof(*more));

	/* By copying, so that no key is left behind in freed memory. */
	if (m->keys) {
		memcpy(more, m->keyed, m->keys * sizeof(*more));
		explicit_bzero(m->keyed, m->keys * sizeof(*more));
	}
	tg_free(m->keyed);
	m->keyed = more;
	k = m->keyed + m->keys++;
	tg_buffer_put_str(&k->key, key);
	key_in(m, k);
}

/* libcrypto has paid by now. */
static TG_COLD void call_for_crypto(struct tg_mac *m)
{
	struct tg_error ignored = TG_ERROR_INIT;
	const struct tg_crypto *crypto;

	m->asked = true;
	if (tg_crypto_get(&crypto, &ignored))
		return;
	m->crypto = crypto;
	if (!md_of(m, m->hash)) {
		m->crypto = NULL;
		return;
	}
	m->work = crypto->ctx_new();
	for (size_t i = 0; i < m->keys; i++)
		key_in(m, m->keyed + i);
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
	if (TG_UNLIKELY(!m->asked && m->done > LITTLE))
		call_for_crypto(m);
	m->now = key;
	if (m->crypto)
		MUST(m->crypto->ctx_copy(m->work, m->keyed[key].inner));
	else
		m->small = m->keyed[key].small_inner;
}

void tg_mac_add(struct tg_mac *m, const void *p, size_t n)
{
	if (TG_LIKELY(m->crypto != NULL)) {
		MUST(m->crypto->update(m->work, p, n));
		return;
	}
	small_update(&m->small, m->hash, p, n);
	m->done += n;
}

void tg_mac_end(struct tg_mac *m, unsigned char out[TG_MAC_MAX])
{
	if (TG_UNLIKELY(!m->crypto)) {
		small_final(&m->small, m->hash, out);
		if (m->plain)
			return;
		m->small = m->keyed[m->now].small_outer;
		small_update(&m->small, m->hash, out, algorithm[m->hash].size);
		small_final(&m->small, m->hash, out);
		m->done += algorithm[m->hash].block;
		return;
	}
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
	*n = algorithm[hash].size;
	if (!m->crypto || !md_of(m, hash)) {
		small_init(&m->small, hash);
		small_update(&m->small, hash, text.p, text.n);
		small_final(&m->small, hash, out);
		m->done += text.n;
		return;
	}
	MUST(m->crypto->init(m->work, md_of(m, hash), NULL));
	MUST(m->crypto->update(m->work, text.p, text.n));
	MUST(m->crypto->final(m->work, out, NULL));
}

bool tg_same_bytes(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}
