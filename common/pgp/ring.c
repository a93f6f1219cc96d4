#include "common/pgp/ring.h"

#include "common/pgp/gpgme.h"

static void *grown(struct tg_arena *arena, const void *old, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1)) /* room for the next power of two was taken at the last one */
		return NULL;
	more = tg_arena_array(arena, n ? n * 2 : 1, size);
	if (n)
		memcpy(more, old, n * size);
	return more;
}

void tg_pgp_ring_release(struct tg_pgp_ring *ring)
{
	tg_pgp_keys_release(&ring->public);
	tg_pgp_keys_release(&ring->secret);
}

enum tg_status tg_pgp_ring_add(struct tg_pgp_ring *ring, struct tg_pgp_home *home, const char *path,
			       struct tg_error *err)
{
	return tg_pgp_keys_add(&ring->public, home, path, TG_PGP_EITHER, ring->arena, err);
}

enum tg_status tg_pgp_ring_add_secret(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
				      const char *path, struct tg_error *err)
{
	return tg_pgp_keys_add(&ring->secret, home, path, TG_PGP_SECRET, ring->arena, err);
}

bool tg_pgp_ring_decrypts(const struct tg_pgp_ring *ring)
{
	return ring->public.secrets || ring->secret.secrets;
}

const char *tg_pgp_ring_open_to_others(const struct tg_pgp_ring *ring)
{
	return ring->secret.open_to_others ? ring->secret.open_to_others
					   : ring->public.open_to_others;
}

static void add_keys(void *arg, gpgme_key_t key)
{
	struct tg_pgp_ring *ring = arg;
	gpgme_subkey_t primary = key->subkeys;

	for (gpgme_subkey_t sub = primary; sub; sub = sub->next) {
		struct tg_pgp_ring_key *k =
			grown(ring->arena, ring->key, ring->keys, sizeof(*ring->key));
		bool gone = primary->revoked || primary->disabled || primary->invalid ||
			    sub->revoked || sub->disabled || sub->invalid || key->revoked;

		if (k)
			ring->key = k;
		if (!sub->fpr || !primary->fpr || strlen(sub->fpr) >= TG_PGP_FINGERPRINT ||
		    strlen(primary->fpr) >= TG_PGP_FINGERPRINT)
			continue;
		k = &ring->key[ring->keys++];
		*k = (struct tg_pgp_ring_key){ .revoked = gone, .expires = sub->expires };
		strcpy(k->fingerprint, sub->fpr);
		strcpy(k->primary, primary->fpr);
		if (primary->expires && (!k->expires || primary->expires < k->expires))
			k->expires = primary->expires;
	}
	tg_gpgme.key_unref(key);
}

enum tg_status tg_pgp_ring_list(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
				struct tg_error *err)
{
	return tg_pgp_home_list(home, false, add_keys, ring, err);
}

const struct tg_pgp_ring_key *tg_pgp_ring_find(const struct tg_pgp_ring *ring,
					       const char *fingerprint)
{
	for (size_t i = 0; i < ring->keys; i++)
		if (strcmp(ring->key[i].fingerprint, fingerprint) == 0)
			return &ring->key[i];
	return NULL;
}
