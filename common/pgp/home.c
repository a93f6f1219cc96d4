#include "common/pgp/home.h"

#include "common/io/interrupt.h"
#include "common/io/write.h"
#include "common/pgp/agent.h"
#include "common/pgp/apart.h"
#include "common/pgp/gpgme.h"
#include "common/pgp/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 10 };

static const uint64_t SETTLE = 300000, PATIENCE = 1500000; /* microseconds */

/*
 * The engine
 */

/* gpgconf tells GPGME where gpg is, by four processes at every start; the search path tells it without any. */
enum tg_status tg_pgp_begin(struct tg_error *err)
{
	static bool begun;
	gpgme_error_t e;

	if (!begun) {
		enum tg_status st = tg_gpgme_load(err);

		if (st)
			return st;
		(void)unsetenv("GPGME_DEBUG"); /* would write what passes through to a file */
		/* GPGME asks gpg for its version without a home, and gpg would read the user's gpg.conf for that. */
		(void)setenv("GNUPGHOME", "/nonexistent", 1);
		(void)tg_gpgme.set_global_flag("disable-gpgconf", "1");
		if (!tg_gpgme.check_version("1.13.0"))
			return tg_fail(
				err, TG_UNAVAILABLE,
				"GPGME %s is here, and it takes 1.13.0 or later: it is part of the "
				"system's packages",
				tg_gpgme.check_version(NULL));
		begun = true;
	}
	e = tg_gpgme.engine_check_version(GPGME_PROTOCOL_OpenPGP);
	if (e)
		return tg_fail(err, TG_UNAVAILABLE,
			       "there is no gpg that can be used (%s): install GnuPG 2.2 or later, "
			       "or put it on the PATH",
			       tg_gpgme.strerror(e));
	return TG_OK;
}

void tg_pgp_put_version(struct tg_buffer *out)
{
	struct tg_error err = TG_ERROR_INIT;
	gpgme_engine_info_t info = NULL;

	if (tg_gpgme_load(&err)) {
		tg_buffer_puts(out, "GPGME was not found\n");
		return;
	}
	if (tg_pgp_begin(&err) || tg_gpgme.get_engine_info(&info) != 0)
		info = NULL;
	while (info && info->protocol != GPGME_PROTOCOL_OpenPGP)
		info = info->next;
	if (info && info->version)
		tg_buffer_printf(out, "gpg %s (%s), GPGME %s\n", info->version, info->file_name,
				 tg_gpgme.check_version(NULL));
	else
		tg_buffer_printf(out, "no gpg was found, GPGME %s\n", tg_gpgme.check_version(NULL));
}

/*
 * Opening
 */

static bool is_room(const char *directory)
{
	struct stat st;

	return directory && *directory &&
	       strlen(directory) + sizeof("/" TG_PGP_HOME_PREFIX "XXXXXX") <= TG_PGP_HOME_PATH &&
	       stat(directory, &st) == 0 && S_ISDIR(st.st_mode) &&
	       access(directory, W_OK | X_OK) == 0;
}

static const char *choose_room(void)
{
	const char *place[] = { getenv("TMPDIR"), "/dev/shm", P_tmpdir };

	for (size_t i = 0; i < TG_COUNT(place); i++) {
		if (place[i])
			tg_pgp_sweep(place[i]);
	}
	for (size_t i = 0; i < TG_COUNT(place); i++)
		if (is_room(place[i]))
			return place[i];
	return NULL;
}

static enum tg_status put_file(const struct tg_pgp_home *home, const char *name, const char *text,
			       struct tg_error *err)
{
	TG_OWN(tg_close_fd)
	int fd = openat(home->lock, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot make %s in the key home: %s", name,
			       strerror(errno));
	return tg_write_all(fd, tg_str_of(text), "the key home", err);
}

/*
 * The agent asks nobody, keeps a passphrase while the run lasts and no longer, and needs no card. Its count of rounds for keys that
 * it stores is set, since finding out a good one takes a tenth of a second at each start.
 */
static enum tg_status configure(const struct tg_pgp_home *home, struct tg_error *err)
{
	static const char gpg[] = "no-greeting\n"
				  "no-permission-warning\n"
				  "no-random-seed-file\n"
				  "no-auto-check-trustdb\n"
				  "trust-model always\n"
				  "no-auto-key-locate\n"
				  "no-auto-key-retrieve\n"
				  "disable-dirmngr\n"
				  "no-symkey-cache\n";
	static const char agent[] = "disable-scdaemon\n"
				    "allow-loopback-pinentry\n"
				    "pinentry-program /nonexistent/pinentry\n"
				    "no-allow-external-cache\n"
				    "default-cache-ttl 1000000\n"
				    "max-cache-ttl 1000000\n"
				    "s2k-count 1048576\n";
	enum tg_status st = put_file(home, "gpg.conf", gpg, err);

	return st ? st : put_file(home, "gpg-agent.conf", agent, err);
}

static enum tg_status make_directory(struct tg_pgp_home *home, const char *room,
				     struct tg_error *err)
{
	/* Between making and locking it, a sweeper of another run may take it for a dead one's. */
	for (int i = 0; i < TRIES; i++) {
		snprintf(home->path, sizeof(home->path), "%s/" TG_PGP_HOME_PREFIX "XXXXXX", room);
		if (!mkdtemp(home->path)) {
			int error = errno;

			home->path[0] = '\0';
			return tg_fail(err, TG_CANNOT_CREATE, "cannot make a key home in %s: %s",
				       room, strerror(error));
		}
		home->lock = tg_pgp_hold(home->path);
		if (home->lock >= 0 && tg_pgp_is_held(home->path, home->lock))
			return TG_OK;
		tg_close_fd(&home->lock);
		home->lock = -1;
	}
	home->path[0] = '\0';
	return tg_fail(err, TG_CANNOT_CREATE, "cannot lock a key home in %s", room);
}

enum tg_status tg_pgp_home_open(struct tg_pgp_home *home, const char *directory,
				struct tg_error *err)
{
	enum tg_status st = tg_pgp_begin(err);

	if (st)
		return st;
	if (directory) {
		tg_pgp_sweep(directory);
		if (!is_room(directory))
			return tg_fail(err, TG_CANNOT_CREATE,
				       "%s cannot hold a key home: it must be a directory that can "
				       "be written, with a path of at most %zu bytes",
				       directory,
				       TG_PGP_HOME_PATH - sizeof("/" TG_PGP_HOME_PREFIX "XXXXXX"));
	} else {
		directory = choose_room();
		if (!directory)
			return tg_fail(err, TG_CANNOT_CREATE,
				       "there is no directory for a key home: TMPDIR, /dev/shm and "
				       "%s cannot be written, or have too long a path",
				       P_tmpdir);
	}
	tg_pgp_children_adopt(&home->older, &home->olders);
	st = make_directory(home, directory, err);
	if (!st)
		st = configure(home, err);
	return st ? st : tg_pgp_apart_begin(home, err);
}

enum tg_status tg_pgp_home_configure(const struct tg_pgp_home *home, const char *lines,
				     struct tg_error *err)
{
	TG_OWN(tg_close_fd)
	int fd = openat(home->lock, "gpg.conf", O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return tg_fail(err, TG_IO, "cannot write into the key home: %s", strerror(errno));
	return tg_write_all(fd, tg_str_of(lines), "the key home", err);
}

bool tg_pgp_home_settle(struct tg_pgp_home *home)
{
	return tg_pgp_children_wait(home->older, home->olders, SETTLE, true, true);
}

void tg_pgp_home_close(struct tg_pgp_home *home)
{
	tg_secret_release(&home->passphrase);
	if (home->path[0]) {
		/* What still runs might start an agent. */
		(void)tg_pgp_children_wait(home->older, home->olders, SETTLE, true, true);
		/* The agent has nothing to put away, and takes some milliseconds to go by itself. One that is no child of ours is asked
		 * to. */
		(void)tg_pgp_children_wait(home->older, home->olders, 0, false, true);
		if (home->agent)
			tg_pgp_agent_end(home->path);
		(void)tg_pgp_children_wait(home->older, home->olders, PATIENCE, false, true);
		tg_pgp_remove(home->path, home->lock);
		home->path[0] = '\0';
	}
	tg_close_fd(&home->lock);
	home->lock = -1;
	tg_free(home->older);
	home->older = NULL;
	home->olders = 0;
}

/*
 * Contexts
 */

/*
 * A symmetric message asks for a passphrase too, and the hint about it then names a cipher and not a key. It gets none: whoever knows
 * it may have made the message. The same question again means that the answer was wrong.
 */
static gpgme_error_t answer(void *arg, const char *hint, const char *info, int was_bad, int fd)
{
	struct tg_pgp_home *home = arg;
	struct tg_secret *secret = &home->passphrase;
	size_t done = 0;

	(void)hint;
	if (!info || strcspn(info, " ") != 16)
		return gpg_error(GPG_ERR_CANCELED);
	home->passphrase_wanted = true;
	if (was_bad)
		home->passphrase_refused = true;
	if (was_bad || !secret->p)
		return gpg_error(GPG_ERR_CANCELED);
	while (done < secret->n) {
		ssize_t n = tg_gpgme.io_write(fd, secret->p + done, secret->n - done);

		if (n <= 0)
			return gpg_error(GPG_ERR_CANCELED);
		done += (size_t)n;
	}
	return tg_gpgme.io_write(fd, "\n", 1) == 1 ? 0 : gpg_error(GPG_ERR_CANCELED);
}

enum tg_status tg_pgp_home_context(struct tg_pgp_home *home, gpgme_ctx_t *ctx, struct tg_error *err)
{
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t made = NULL;
	gpgme_error_t e = tg_gpgme.new(&made);

	/* Those of the operation before: a run of a thousand files leaves no thousand dead. */
	(void)tg_pgp_children_wait(home->older, home->olders, 0, true, false);
	if (!e)
		e = tg_gpgme.set_protocol(made, GPGME_PROTOCOL_OpenPGP);
	if (!e)
		e = tg_gpgme.set_pinentry_mode(made, GPGME_PINENTRY_MODE_LOOPBACK);
	if (e)
		return tg_fail(err, TG_UNAVAILABLE, "GPGME gives no context: %s",
			       tg_gpgme.strerror(e));
	tg_gpgme.set_offline(made, 1);
	tg_gpgme.set_passphrase_cb(made, answer, home);
	*ctx = TG_TAKE(made);
	return TG_OK;
}

void tg_pgp_context_free(gpgme_ctx_t *ctx)
{
	if (*ctx)
		tg_gpgme.release(*ctx);
	*ctx = NULL;
}

void tg_pgp_data_free(gpgme_data_t *data)
{
	if (*data)
		tg_gpgme.data_release(*data);
	*data = NULL;
}

/*
 * Keys
 */

static void add_fingerprint(struct tg_pgp_import *import, const char *text, struct tg_arena *arena)
{
	struct tg_str fingerprint = tg_str_of(text);
	struct tg_str *more;

	for (size_t i = 0; i < import->n; i++)
		if (tg_str_eq(import->fingerprint[i], fingerprint))
			return;
	more = tg_arena_array(arena, import->n + 1, sizeof(*more));
	if (import->n)
		memcpy(more, import->fingerprint, import->n * sizeof(*more));
	more[import->n++] = tg_arena_copy(arena, fingerprint);
	import->fingerprint = more;
}

static enum tg_status no_key(const char *what, struct tg_error *err)
{
	return tg_fail(err, TG_CONFIG,
		       "%s holds no OpenPGP key that gpg can read; export it with gpg --export "
		       "--armor (a version 6 key, RFC 9580, is not for gpg)",
		       what);
}

enum tg_status tg_pgp_home_import(struct tg_pgp_home *home, struct tg_str bytes, const char *what,
				  struct tg_arena *arena, struct tg_pgp_import *import,
				  struct tg_error *err)
{
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
	TG_OWN(tg_pgp_data_free) gpgme_data_t data = NULL;
	enum tg_status st = tg_pgp_home_context(home, &ctx, err);
	gpgme_import_result_t result;
	gpgme_error_t e;

	if (st)
		return st;
	*import = (struct tg_pgp_import){ .n = 0 };
	home->agent = true; /* even a secret key that is refused may have started one */
	e = tg_gpgme.data_new_from_mem(&data, bytes.p, bytes.n, 0);
	if (!e) {
		/* The pieces that it hands to gpg are wiped with it. */
		(void)tg_gpgme.data_set_flag(data, "sensitive", "1");
		e = tg_gpgme.op_import(ctx, data);
	}
	if (tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	result = tg_gpgme.op_import_result(ctx);
	if (e || !result)
		return no_key(what, err);
	import->secret = result->secret_read > 0;
	for (gpgme_import_status_t i = result->imports; i; i = i->next) {
		if (i->result || !i->fpr)
			return tg_fail(err, TG_CONFIG, "gpg takes a key of %s not: %s", what,
				       tg_gpgme.strerror(i->result));
		add_fingerprint(import, i->fpr, arena);
	}
	return import->n ? TG_OK : no_key(what, err);
}

enum tg_status tg_pgp_home_list(struct tg_pgp_home *home, bool secret,
				void (*each)(void *arg, gpgme_key_t key), void *arg,
				struct tg_error *err)
{
	TG_OWN(tg_pgp_context_free) gpgme_ctx_t ctx = NULL;
	enum tg_status st = tg_pgp_home_context(home, &ctx, err);
	gpgme_key_t key;
	gpgme_error_t e;

	if (st)
		return st;
	e = tg_gpgme.set_keylist_mode(ctx, GPGME_KEYLIST_MODE_LOCAL |
						   (secret ? GPGME_KEYLIST_MODE_WITH_SECRET : 0));
	if (!e)
		e = tg_gpgme.op_keylist_start(ctx, NULL, 0);
	while (!e) {
		e = tg_gpgme.op_keylist_next(ctx, &key);
		if (!e)
			each(arg, key);
	}
	if (tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (gpgme_err_code(e) != GPG_ERR_EOF)
		return tg_fail(err, TG_UNAVAILABLE, "gpg does not list the keys: %s",
			       tg_gpgme.strerror(e));
	return TG_OK;
}

bool tg_pgp_read_fingerprint(struct tg_str text, char out[64 + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		int digit = tg_hex((unsigned char)text.p[i]);

		if (text.p[i] == ' ' || text.p[i] == ':')
			continue;
		if (digit < 0 || n == 64)
			return false;
		out[n++] = "0123456789ABCDEF"[digit];
	}
	out[n] = '\0';
	return n == 40 || n == 64;
}
