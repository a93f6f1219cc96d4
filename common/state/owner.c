#include "common/state/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The start of a small file of the system; *n is 0 where it cannot be read. */
static void read_small(const char *path, char *to, size_t room, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, to, room - 1);

	*n = got > 0 ? (size_t)got : 0;
	to[*n] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Processes in another name space have numbers of their own. */
static unsigned long long name_space(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ? (unsigned long long)st.st_ino : 0;
}

void tg_owner_here(struct tg_owner *owner, bool to_file)
{
	size_t n;

	*owner = (struct tg_owner){ .pid = getpid(), .since = time(NULL) };
	if (gethostname(owner->host, sizeof(owner->host) - 1) != 0)
		owner->host[0] = '\0';
	read_small("/proc/sys/kernel/random/boot_id", owner->boot, sizeof(owner->boot), &n);
	if (!to_file)
		snprintf(owner->session, sizeof(owner->session), "%llu:%lld", name_space(),
			 (long long)getsid(0));
}

/* The session of process pid, or -1: field 6 of its stat, behind a name that may hold anything. */
static int64_t session_of(const char *pid)
{
	char path[64], text[512];
	const char *p;
	size_t n;
	long long session = -1;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	read_small(path, text, sizeof(text), &n);
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %*c %*d %*d %lld", &session) != 1)
		return -1;
	return session;
}

static void list_sessions(struct tg_present *present)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t room = 0;

	present->listed = true;
	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		int64_t session;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		session = session_of(entry->d_name);
		if (present->sessions == room) {
			room = room ? room * 2 : 256;
			present->session =
				tg_resize_array(present->session, room, sizeof(*present->session));
		}
		present->session[present->sessions++] = session;
	}
	closedir(proc);
	/* Where processes are hidden from us (hidepid), we know nothing about who is gone. */
	present->known = session_of("1") >= 0;
}

static void fill(struct tg_present *present)
{
	if (!present->here.pid)
		tg_owner_here(&present->here, false);
}

bool tg_owner_old(struct tg_present *present, const struct tg_owner *owner)
{
	fill(present);
	return owner->since < present->here.since - 7 * 86400;
}

bool tg_owner_gone(struct tg_present *present, const struct tg_owner *owner)
{
	unsigned long long space;
	long long session;

	fill(present);
	if (!owner->session[0] || !present->here.boot[0] ||
	    strcmp(owner->host, present->here.host) != 0)
		return false;
	if (strcmp(owner->boot, present->here.boot) != 0)
		return true;
	if (sscanf(owner->session, "%llu:%lld", &space, &session) != 2 || !space ||
	    space != name_space())
		return false;
	if (!present->listed)
		list_sessions(present);
	for (size_t i = 0; i < present->sessions; i++)
		if (present->session[i] == session)
			return false;
	return present->known;
}

void tg_present_release(struct tg_present *present)
{
	tg_free(present->session);
	present->session = NULL;
	present->sessions = 0;
}
