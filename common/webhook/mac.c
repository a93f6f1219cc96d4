/* SHA256_Init and its like are deprecated in favour of EVP, which takes memory from the heap whenever a digest starts and whenever a
 * state is copied: twice a message, and a third of the time of a small one. A state of theirs is plain memory. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/webhook/mac.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/digest/crypto.h"

#include <openssl/sha.h>
#include <sha1.h>
#include <sha2.h>

/*
 * Loading libcrypto takes more than a millisecond, which is all the time there is for one request in a process of its own. So the
 * first messages are computed by libmd, at a fifth of the speed, and libcrypto is called for when it has paid: after LITTLE bytes.
 * Where it cannot be had libmd goes on.
 */
enum { BLOCK_MAX = 128, LITTLE = 512 * 1024 };

// clang-format off
#define CRYPTO_FUNCTIONS(X)                                                                        \
	X(SHA1_Init) X(SHA1_Update) X(SHA1_Final)                                                  \
	X(SHA256_Init) X(SHA256_Update) X(SHA256_Final)                                            \
	X(SHA512_Init) X(SHA512_Update) X(SHA512_Final)
// clang-format on

static struct {
#define MEMBER(f) __typeof__(&f) f;
	CRYPTO_FUNCTIONS(MEMBER)
#undef MEMBER
} crypto;

static const struct tg_library_call calls[] = {
#define CALL(f) TG_LIBRARY_OPTIONAL(crypto.f, f),
	CRYPTO_FUNCTIONS(CALL)
#undef CALL
};

static struct tg_library library = {
	.file = TG_CRYPTO_FILE,
	.package = TG_CRYPTO_PACKAGE,
	.needs = "fast digests need OpenSSL 3",
	.call = calls,
	.calls = TG_COUNT(calls),
};

/* Any of them: copied by assignment. */
union state {
	SHA1_CTX md_sha1;
	SHA2_CTX md_sha2;
	SHA_CTX sha1;
	SHA256_CTX sha256;
	SHA512_CTX sha512;
};

/* One hash of one library. */
struct sum {
	void (*init)(union state *s);
	void (*update)(union state *s, const void *p, size_t n);
	void (*final)(union state *s, unsigned char *out);
};

/* What those of libcrypto return says nothing: they have nothing to fail of. */
#define SUM(name, member, do_init, do_update, do_final)                                            \
	static void name##_init(union state *s)                                                    \
	{                                                                                          \
		(void)do_init(&s->member);                                                         \
	}                                                                                          \
	static void name##_update(union state *s, const void *p, size_t n)                         \
	{                                                                                          \
		(void)do_update(&s->member, p, n);                                                 \
	}                                                                                          \
	static void name##_final(union state *s, unsigned char *out)                               \
	{                                                                                          \
		(void)do_final(out, &s->member);                                                   \
	}                                                                                          \
	static const struct sum name = { name##_init, name##_update, name##_final };

SUM(little_sha1, md_sha1, SHA1Init, SHA1Update, SHA1Final)
SUM(little_sha256, md_sha2, SHA256Init, SHA256Update, SHA256Final)
SUM(little_sha512, md_sha2, SHA512Init, SHA512Update, SHA512Final)
SUM(much_sha1, sha1, crypto.SHA1_Init, crypto.SHA1_Update, crypto.SHA1_Final)
SUM(much_sha256, sha256, crypto.SHA256_Init, crypto.SHA256_Update, crypto.SHA256_Final)
SUM(much_sha512, sha512, crypto.SHA512_Init, crypto.SHA512_Update, crypto.SHA512_Final)

static const struct {
	size_t size, block;
	const struct sum *little, *much;
} algorithm[] = {
	[TG_HASH_SHA1] = { 20, 64, &little_sha1, &much_sha1 },
	[TG_HASH_SHA256] = { 32, 64, &little_sha256, &much_sha256 },
	[TG_HASH_SHA512] = { 64, 128, &little_sha512, &much_sha512 },
};

struct keyed {
	union state inner, outer; /* behind their pads; of a plain hash inner, behind the secret */
	struct tg_buffer key;	  /* for when libcrypto takes over */
};

struct tg_mac {
	enum tg_hash hash;
	const struct sum *sum; /* of that hash */
	bool plain;
	bool much;     /* libcrypto computes */
	bool asked;    /* for it */
	uint64_t done; /* bytes by libmd */
	union state state;
	struct keyed *keyed;
	size_t keys, now;
};

static const struct sum *sum_of(const struct tg_mac *m, enum tg_hash hash)
{
	return m->much ? algorithm[hash].much : algorithm[hash].little;
}

struct tg_mac *tg_mac_new(enum tg_hash hash, bool plain)
{
	struct tg_mac *m = tg_alloc(sizeof(*m));

	m->hash = hash;
	m->sum = sum_of(m, hash);
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

		explicit_bzero(k->key.p, k->key.room);
		tg_buffer_release(&k->key);
		explicit_bzero(k, sizeof(*k));
	}
	tg_free(m->keyed);
	explicit_bzero(m, sizeof(*m));
	tg_free(m);
}

static void start(const struct tg_mac *m, union state *s, const void *p, size_t n)
{
	m->sum->init(s);
	m->sum->update(s, p, n);
}

static void start_padded(const struct tg_mac *m, union state *s,
			 const unsigned char block[BLOCK_MAX], unsigned char with)
{
	unsigned char padded[BLOCK_MAX];

	for (size_t i = 0; i < BLOCK_MAX; i++)
		padded[i] = block[i] ^ with;
	start(m, s, padded, algorithm[m->hash].block);
	explicit_bzero(padded, sizeof(padded));
}

/* The states behind the key, of whichever library computes. */
static void key_in(struct tg_mac *m, struct keyed *k)
{
	unsigned char block[BLOCK_MAX] = { 0 };
	size_t ignored;

	if (m->plain) {
		start(m, &k->inner, k->key.p, k->key.n);
		return;
	}
	if (k->key.n > algorithm[m->hash].block)
		tg_mac_hash(m, m->hash, tg_buffer_str(&k->key), block, &ignored);
	else
		memcpy(block, k->key.p, k->key.n);
	start_padded(m, &k->inner, block, 0x36);
	start_padded(m, &k->outer, block, 0x5c);
	explicit_bzero(block, sizeof(block));
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

	m->asked = true;
	m->much = tg_library_load(&library, &ignored) == TG_OK;
	m->sum = sum_of(m, m->hash);
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
	m->state = m->keyed[key].inner;
}

void tg_mac_add(struct tg_mac *m, const void *p, size_t n)
{
	m->sum->update(&m->state, p, n);
	m->done += n;
}

void tg_mac_end(struct tg_mac *m, unsigned char out[TG_MAC_MAX])
{
	m->sum->final(&m->state, out);
	if (m->plain)
		return;
	m->state = m->keyed[m->now].outer;
	m->sum->update(&m->state, out, algorithm[m->hash].size);
	m->sum->final(&m->state, out);
	m->done += algorithm[m->hash].block;
}

void tg_mac_hash(struct tg_mac *m, enum tg_hash hash, struct tg_str text,
		 unsigned char out[TG_MAC_MAX], size_t *n)
{
	const struct sum *sum = sum_of(m, hash);

	*n = algorithm[hash].size;
	sum->init(&m->state);
	sum->update(&m->state, text.p, text.n);
	sum->final(&m->state, out);
	m->done += text.n;
}

bool tg_same_bytes(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}
