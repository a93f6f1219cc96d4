#include "common/pgp/keys.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

void tg_pgp_keys_release(struct tg_pgp_keys *keys)
{
	tg_free(keys->fingerprint);
	*keys = (struct tg_pgp_keys){ 0 };
}

bool tg_pgp_keys_have(const struct tg_pgp_keys *keys, const char *fingerprint)
{
	for (size_t i = 0; i < keys->n; i++)
		if (tg_str_is(keys->fingerprint[i], fingerprint))
			return true;
	return false;
}

static void add(struct tg_pgp_keys *keys, struct tg_str fingerprint)
{
	if (tg_pgp_keys_have(keys, fingerprint.p))
		return;
	if (keys->n == keys->room) {
		keys->room = keys->room ? keys->room * 2 : 8;
		keys->fingerprint =
			tg_resize_array(keys->fingerprint, keys->room, sizeof(*keys->fingerprint));
	}
	keys->fingerprint[keys->n++] = fingerprint;
}

static enum tg_status add_file(struct tg_pgp_keys *keys, struct tg_pgp_home *home, const char *path,
			       enum tg_pgp_keys_kind kind, struct tg_arena *arena,
			       struct tg_error *err)
{
	TG_OWN(tg_secret_release) struct tg_secret bytes = TG_SECRET_INIT;
	struct tg_pgp_import import = { 0 };
	bool spec = kind == TG_PGP_SECRET && tg_secret_is_spec(tg_str_of(path));
	enum tg_status st = spec ? tg_secret_read(&bytes, tg_str_of(path), TG_SECRET_BYTES,
						  TG_PGP_KEY_FILE_MOST, "--secret-key", err)
				 : tg_secret_read_file(&bytes, path, TG_SECRET_BYTES,
						       TG_PGP_KEY_FILE_MOST, "a key file", err);

	if (!st)
		st = tg_pgp_home_import(home, tg_secret_str(&bytes), path, arena, &import, err);
	if (st)
		return st;
	if (kind == TG_PGP_SECRET && !import.secret)
		return tg_fail(err, TG_CONFIG,
			       "%s holds no secret key; gpg --export-secret-keys writes one", path);
	keys->files++;
	keys->secrets += import.secret;
	if (import.secret && bytes.open_to_others && !keys->open_to_others)
		keys->open_to_others = path;
	if (kind == TG_PGP_EITHER && import.secret)
		keys = keys->own;
	for (size_t i = 0; keys && i < import.n; i++)
		add(keys, import.fingerprint[i]);
	return TG_OK;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum tg_status add_folder(struct tg_pgp_keys *keys, struct tg_pgp_home *home,
				 const char *path, enum tg_pgp_keys_kind kind,
				 struct tg_arena *arena, struct tg_error *err)
{
	size_t before = keys->files;
	enum tg_status st = TG_OK;
	struct dirent **entry;
	int n = scandir(path, &entry, is_shown, by_name);

	if (n < 0)
		return tg_fail(err, TG_NO_INPUT, "cannot read the folder %s: %s", path,
			       strerror(errno));
	for (int i = 0; i < n; i++) {
		struct tg_str file = tg_arena_format(arena, "%s/%s", path, entry[i]->d_name);
		struct stat info;

		/* What cannot be looked at is told by the one that opens it; a FIFO would be waited for. */
		if (!st && (stat(file.p, &info) != 0 || S_ISREG(info.st_mode)))
			st = add_file(keys, home, file.p, kind, arena, err);
		else if (!st && !S_ISDIR(info.st_mode))
			st = tg_fail(err, TG_CONFIG, "%s is no file with a key", file.p);
		free(entry[i]);
	}
	free(entry);
	if (!st && keys->files == before)
		return tg_fail(err, TG_CONFIG, "there is no key file in the folder %s", path);
	return st;
}

enum tg_status tg_pgp_keys_add(struct tg_pgp_keys *keys, struct tg_pgp_home *home, const char *path,
			       enum tg_pgp_keys_kind kind, struct tg_arena *arena,
			       struct tg_error *err)
{
	struct stat info;

	if (kind == TG_PGP_SECRET && tg_secret_is_spec(tg_str_of(path)))
		return add_file(keys, home, path, kind, arena, err);
	if (stat(path, &info) != 0)
		return tg_fail(err, TG_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
	return S_ISDIR(info.st_mode) ? add_folder(keys, home, path, kind, arena, err)
				     : add_file(keys, home, path, kind, arena, err);
}

enum tg_status tg_pgp_keys_pin(struct tg_str text, const char *option, char out[64 + 1],
			       struct tg_error *err)
{
	if (tg_pgp_read_fingerprint(text, out))
		return TG_OK;
	return tg_fail(
		err, TG_USAGE,
		"%s takes a full fingerprint: 40 hexadecimal digits (64 of newer keys). A key "
		"id or an address can be made to collide",
		option);
}
