#include "common/naming/away.h"

#include "common/io/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { TRIES = 100000 }; /* of names: more of one name would take longer and longer */

static enum tg_status open_folder(int *fd, const char *path, struct tg_error *err)
{
	if (!path)
		return TG_OK;
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return tg_fail(err, TG_CANNOT_CREATE,
			       "cannot move files to %s: %s; it must be a folder that is there",
			       path, strerror(errno));
	return TG_OK;
}

enum tg_status tg_away_open(struct tg_away *away, const char *done, const char *bad,
			    struct tg_error *err)
{
	enum tg_status st;

	*away = TG_AWAY_INIT;
	away->done_path = done;
	away->bad_path = bad;
	st = open_folder(&away->done, done, err);
	return st ? st : open_folder(&away->bad, bad, err);
}

void tg_away_release(struct tg_away *away)
{
	tg_close_fd(&away->done);
	tg_close_fd(&away->bad);
}

static bool is_folder(int fd, const struct stat *other)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == other->st_dev &&
	       st.st_ino == other->st_ino;
}

bool tg_away_is(const struct tg_away *away, const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 && (is_folder(away->done, &st) || is_folder(away->bad, &st));
}

/* What is there now under its name is what the verdict is about. A partner may have put the right file in the place of the wrong one. */
static bool is_still(const struct tg_file *f)
{
	struct stat now;

	if (lstat(f->path.p, &now) != 0 || S_ISDIR(now.st_mode))
		return false;
	return !f->looked || tg_look_same(&f->seen, &now);
}

static enum tg_status move(const struct tg_file *f, int folder, const char *path,
			   struct tg_error *err)
{
	char name[NAME_MAX + 1];
	int n = (int)(f->base.n < NAME_MAX ? f->base.n : NAME_MAX);

	(void)snprintf(name, sizeof(name), "%.*s", n, f->base.p);
	for (unsigned i = 1; i < TRIES; i++) {
		char number[16];
		int digits = snprintf(number, sizeof(number), ".%u", i);

		if (tg_rename_new(AT_FDCWD, f->path.p, folder, name) == 0 || errno == ENOENT)
			return TG_OK;
		if (errno != EEXIST)
			return tg_fail(err, TG_CANNOT_CREATE, "cannot move %.*s to %s: %s",
				       TG_STR_ARG(f->base), path,
				       errno == EXDEV ? "it must be on the same file system"
						      : strerror(errno));
		if (n > NAME_MAX - digits)
			n = NAME_MAX - digits;
		(void)snprintf(name, sizeof(name), "%.*s%s", n, f->base.p, number);
	}
	return tg_fail(err, TG_CANNOT_CREATE,
		       "cannot move %.*s to %s: there are too many of that name",
		       TG_STR_ARG(f->base), path);
}

enum tg_status tg_away_move(const struct tg_away *away, const struct tg_listing *l,
			    struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < l->n; i++) {
		const struct tg_file *f = l->file[i];
		bool landed = f->verdict == TG_FILE_DUPLICATE && f->landed;
		bool bad = f->verdict == TG_FILE_REJECT;
		int folder = landed ? away->done : bad ? away->bad : -1;

		if (folder >= 0 && f->base.n && !memchr(f->path.p, '\0', f->path.n) && is_still(f))
			st = move(f, folder, landed ? away->done_path : away->bad_path, err);
	}
	return st;
}
