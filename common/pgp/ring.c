#include "common/pgp/ring.h"

#include "common/io/interrupt.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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

static void add_candidates(struct tg_pgp_ring *ring, const struct tg_pgp_import *import)
{
	for (size_t i = 0; i < import->n; i++) {
		struct tg_str *more = grown(ring->arena, ring->candidate, ring->candidates,
					    sizeof(*ring->candidate));

		if (more)
			ring->candidate = more;
		ring->candidate[ring->candidates++] = import->fingerprint[i];
	}
}

static enum tg_status take(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
			   const struct tg_secret *file, const char *what, bool must_be_secret,
			   struct tg_error *err)
{
	struct tg_pgp_import import;
	enum tg_status st =
		tg_pgp_home_import(home, tg_secret_str(file), what, ring->arena, &import, err);

	if (st)
		return st;
	if (must_be_secret && !import.secret)
		return tg_fail(err, TG_CONFIG,
			       "%s holds no secret key, only a public one; "
			       "gpg --export-secret-keys writes it",
			       what);
	if (!import.secret) {
		add_candidates(ring, &import);
		return TG_OK;
	}
	ring->secrets++;
	if (file->open_to_others && !ring->open_to_others)
		ring->open_to_others = what;
	return TG_OK;
}

static enum tg_status add_file(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
			       struct tg_str path, bool must_be_secret, const char *option,
			       struct tg_error *err)
{
	TG_OWN(tg_secret_release) struct tg_secret file = TG_SECRET_INIT;
	enum tg_status st = tg_secret_read_file(&file, path.p, TG_SECRET_BYTES,
						TG_PGP_KEY_FILE_MOST, option, err);

	return st ? st : take(ring, home, &file, path.p, must_be_secret, err);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum tg_status add_folder(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
				 const char *path, struct tg_error *err)
{
	enum tg_status st = TG_OK;
	struct dirent **entry;
	size_t files = 0;
	int n = scandir(path, &entry, is_shown, by_name);

	if (n < 0)
		return tg_fail(err, TG_CONFIG, "--keys: cannot read the folder %s: %s", path,
			       strerror(errno));
	for (int i = 0; i < n; i++) {
		struct tg_str file = tg_arena_format(ring->arena, "%s/%s", path, entry[i]->d_name);
		struct stat info;

		/* A FIFO would be waited for. */
		if (!st && stat(file.p, &info) == 0 && S_ISREG(info.st_mode)) {
			st = add_file(ring, home, file, false, "--keys", err);
			files++;
		}
		free(entry[i]);
	}
	free(entry);
	if (!st && files == 0)
		return tg_fail(err, TG_CONFIG, "--keys: there is no key file in the folder %s",
			       path);
	return st;
}

enum tg_status tg_pgp_ring_add(struct tg_pgp_ring *ring, struct tg_pgp_home *home, const char *path,
			       struct tg_error *err)
{
	struct stat info;

	if (stat(path, &info) != 0)
		return tg_fail(err, TG_CONFIG, "--keys: cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(info.st_mode))
		return add_folder(ring, home, path, err);
	return add_file(ring, home, tg_str_of(path), false, "--keys", err);
}

enum tg_status tg_pgp_ring_add_secret(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
				      struct tg_str where, struct tg_error *err)
{
	TG_OWN(tg_secret_release) struct tg_secret file = TG_SECRET_INIT;
	enum tg_status st;

	if (!tg_secret_is_spec(where))
		return add_file(ring, home, where, true, "--secret-key", err);
	st = tg_secret_read(&file, where, TG_SECRET_BYTES, TG_PGP_KEY_FILE_MOST, "--secret-key",
			    err);
	return st ? st : take(ring, home, &file, where.p, true, err);
}

static void add_keys(struct tg_pgp_ring *ring, gpgme_key_t key)
{
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
}

enum tg_status tg_pgp_ring_list(struct tg_pgp_ring *ring, struct tg_pgp_home *home,
				struct tg_error *err)
{
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
	enum tg_status st = tg_pgp_home_context(home, &ctx, err);
	gpgme_key_t key;
	gpgme_error_t e;

	if (st)
		return st;
	e = gpgme_op_keylist_start(ctx, NULL, 0);
	while (!e) {
		e = gpgme_op_keylist_next(ctx, &key);
		if (e)
			break;
		add_keys(ring, key);
		gpgme_key_unref(key);
	}
	if (tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (gpgme_err_code(e) != GPG_ERR_EOF)
		return tg_fail(err, TG_UNAVAILABLE, "gpg does not list the keys: %s",
			       gpgme_strerror(e));
	return TG_OK;
}

const struct tg_pgp_ring_key *tg_pgp_ring_find(const struct tg_pgp_ring *ring,
					       const char *fingerprint)
{
	for (size_t i = 0; i < ring->keys; i++)
		if (strcmp(ring->key[i].fingerprint, fingerprint) == 0)
			return &ring->key[i];
	return NULL;
}
