#include "common/pgp/remove.h"

#include "common/base/str.h"
#include "common/io/remove.h"
#include "common/pgp/agent.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DEPTH = 3,  /* GnuPG makes one level of folders */
	LOOKS = 20, /* a process that is about to end may make a file yet */
};

/* The lock is on the directory itself: there is no moment at which it is there and its lock is not. */
int tg_pgp_hold(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool tg_pgp_is_held(const char *path, int held)
{
	struct stat a, b;

	return lstat(path, &a) == 0 && fstat(held, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

void tg_pgp_remove(const char *path, int held)
{
	for (int looks = 0; looks < LOOKS; looks++) {
		tg_remove_inside(held, DEPTH);
		if (!tg_pgp_is_held(path, held) || rmdir(path) == 0)
			return;
		usleep(1000);
	}
}

void tg_pgp_sweep(const char *directory)
{
	DIR *list = opendir(directory);
	const struct dirent *entry;

	if (!list)
		return;
	while ((entry = readdir(list))) {
		TG_OWN(tg_close_fd) int held = -1;
		char path[512];
		int n;

		if (strncmp(entry->d_name, TG_PGP_HOME_PREFIX, sizeof(TG_PGP_HOME_PREFIX) - 1) != 0)
			continue;
		n = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(path))
			continue;
		held = tg_pgp_hold(path);
		if (held < 0)
			continue;
		tg_pgp_agent_end(path);
		tg_pgp_remove(path, held);
	}
	closedir(list);
}
