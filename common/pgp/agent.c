#include "common/pgp/agent.h"

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char **environ;

/*
 * The agent
 */

static int connect_to(const char *home)
{
	static const struct timeval patience = { .tv_sec = 2 };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/S.gpg-agent", home);

	if (n < 0 || (size_t)n >= sizeof(at.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Where the user has a directory in /run, GnuPG puts the socket of a home into one below that, which it makes. Its own tool finds
 * and removes it. */
static void end_elsewhere(const char *home)
{
	char keys[256];
	struct stat st;
	int n = snprintf(keys, sizeof(keys), "%s/private-keys-v1.d", home);

	if (n < 0 || (size_t)n >= sizeof(keys) || stat(keys, &st) != 0)
		return;
	for (int i = 0; i < 2; i++) {
		const char *argv[] = {
			"gpgconf",	  "--homedir", home, i ? "--remove-socketdir" : "--kill",
			i ? NULL : "all", NULL
		};
		posix_spawn_file_actions_t quiet;
		pid_t child;
		int failed;

		if (posix_spawn_file_actions_init(&quiet) != 0)
			return;
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			(void)posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
		failed = posix_spawnp(&child, "gpgconf", &quiet, NULL,
				      (char *const *)(uintptr_t)argv, environ);
		(void)posix_spawn_file_actions_destroy(&quiet);
		if (failed)
			return;
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

void tg_pgp_agent_end(const char *home)
{
	static const char kill_agent[] = "KILLAGENT\n";
	TG_OWN(tg_close_fd) int fd = connect_to(home);
	char reply[512];

	if (fd < 0) {
		char path[256];
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s/S.gpg-agent", home);

		/* A socket that nobody answers at is a dead agent's; none at all may be somewhere else. */
		if (n > 0 && (size_t)n < sizeof(path) && lstat(path, &st) != 0)
			end_elsewhere(home);
		return;
	}
	/* The greeting, the answer, and then the end of the connection. */
	if (send(fd, kill_agent, sizeof(kill_agent) - 1, MSG_NOSIGNAL) > 0)
		while (recv(fd, reply, sizeof(reply), 0) > 0)
			;
	for (int i = 0; i < 100; i++) {
		TG_OWN(tg_close_fd) int again = connect_to(home);

		if (again < 0)
			return;
		usleep(2000);
	}
}

/*
 * Children
 */

static void list_children(struct tg_buffer *out)
{
	char path[64];
	int fd;

	tg_buffer_clear(out);
	snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0) {
		char *to = tg_buffer_room(out, 4096);
		ssize_t n = read(fd, to, 4096);

		if (n <= 0)
			break;
		out->n += (size_t)n;
	}
	tg_close_fd(&fd);
}

/* The next number of the list, 0 at its end. */
static int next_child(struct tg_str *list)
{
	size_t n = 0;
	uint64_t pid = 0;

	while (list->n && list->p[0] == ' ')
		*list = tg_str_after(*list, 1);
	while (n < list->n && tg_digit((unsigned char)list->p[n]))
		n++;
	if (!tg_read_u64(tg_str_from(list->p, n), &pid) || pid > INT32_MAX)
		return 0;
	*list = tg_str_after(*list, n);
	return (int)pid;
}

void tg_pgp_children_adopt(int **older, size_t *olders)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str list;
	int pid;

	*older = NULL;
	*olders = 0;
#ifdef PR_SET_CHILD_SUBREAPER
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
	list_children(&text);
	list = tg_buffer_str(&text);
	while ((pid = next_child(&list)) > 0) {
		*older = tg_resize_array(*older, *olders + 1, sizeof(**older));
		(*older)[(*olders)++] = pid;
	}
}

static bool is_older(const int *older, size_t olders, int pid)
{
	for (size_t i = 0; i < olders; i++)
		if (older[i] == pid)
			return true;
	return false;
}

static bool is_agent(int pid)
{
	char path[64], name[32] = "";
	int fd;
	ssize_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, name, sizeof(name) - 1);
	tg_close_fd(&fd);
	return n > 0 && strncmp(name, "gpg-agent", 9) == 0;
}

/* Buries those that have ended; how many still live. */
static size_t bury(const int *older, size_t olders, bool agent, bool deadly, bool *killed)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str list;
	size_t living = 0;
	int pid;

	list_children(&text);
	list = tg_buffer_str(&text);
	while ((pid = next_child(&list)) > 0) {
		pid_t gone;
		int how = 0;

		if (is_older(older, olders, pid))
			continue;
		gone = waitpid(pid, &how, WNOHANG);
		/* A crash is another thing: that may be the message's doing. */
		if (gone > 0 && !deadly && WIFSIGNALED(how))
			*killed |= WTERMSIG(how) == SIGKILL || WTERMSIG(how) == SIGTERM;
		if (gone != 0 || (agent && is_agent(pid)))
			continue;
		living++;
		if (deadly)
			(void)kill(pid, SIGKILL);
	}
	return living;
}

bool tg_pgp_children_wait(const int *older, size_t olders, uint64_t micros, bool agent, bool kill)
{
	bool killed = false;
	uint64_t waited = 0;
	long pause = 200;

	while (bury(older, olders, agent, false, &killed) > 0) {
		struct timespec t = { .tv_nsec = pause * 1000 };

		if (waited >= micros) {
			if (!kill)
				break;
			/* A killed one's own children fall to us in turn. */
			for (unsigned i = 0;
			     i < 500 && bury(older, olders, agent, true, &killed) > 0; i++)
				usleep(i < 4 ? 250U << i : 2000);
			break;
		}
		nanosleep(&t, NULL);
		waited += (uint64_t)pause;
		pause = waited < 50000 ? (pause < 1600 ? pause * 2 : pause) : 20000;
	}
	return killed;
}
