#include "common/io/command.h"

#include "common/base/memory.h"
#include "common/io/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
	TICK = 100,
	SHORT_TICK = 5
}; /* milliseconds between two looks whether it has ended; once it is silent it soon has */

static uint64_t now(void)
{
	struct timespec t;

	TG_BUG_IF(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* A description of its own: another place in the file, and no way to write. -1 and errno. */
static int open_again(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int in,
		  int out)
{
	static const int back[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGXFSZ };
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	for (size_t i = 0; i < TG_COUNT(back); i++)
		sigaddset(&defaults, back[i]);
	error = posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, out, STDERR_FILENO);
	if (!error)
		error = posix_spawnattr_setsigdefault(attributes, &defaults);
	if (!error)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (!error)
		error = posix_spawnattr_setflags(
			attributes, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
	return error;
}

/* An errno, or 0. */
static int spawn(const char *text, int in, int out, pid_t *child)
{
	char *argv[] = { strdup("sh"), strdup("-c"), strdup(text), NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (!error) {
		error = posix_spawnattr_init(&attributes);
		if (!error) {
			error = set_up(&actions, &attributes, in, out);
			if (!error)
				error = posix_spawn(child, "/bin/sh", &actions, &attributes, argv,
						    environ);
			posix_spawnattr_destroy(&attributes);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	for (size_t i = 0; i < TG_COUNT(argv) - 1; i++)
		free(argv[i]);
	return error;
}

/* What comes now; false: no more will. */
static bool listen_to(struct tg_command *c, int from)
{
	char piece[4096];
	ssize_t n = read(from, piece, sizeof(piece));

	if (n > 0 && c->said.n < TG_COMMAND_SAYS)
		tg_buffer_put(&c->said, piece,
			      (size_t)n < TG_COMMAND_SAYS - c->said.n
				      ? (size_t)n
				      : TG_COMMAND_SAYS - c->said.n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void reap(pid_t child)
{
	(void)kill(-child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Until it has ended and what it said is there; a process that it left behind may hold its output open for ever. */
static enum tg_status attend(struct tg_command *c, pid_t child, int from, int *how,
			     struct tg_error *err)
{
	uint64_t end = now() + c->micros;
	bool open = true;

	for (;;) {
		struct pollfd p = { .fd = open ? from : -1, .events = POLLIN };
		pid_t ended;

		if (poll(&p, 1, open ? TICK : SHORT_TICK) > 0 && p.revents)
			open = listen_to(c, from);
		ended = waitpid(child, how, WNOHANG);
		if (ended == child) {
			while (open && poll(&p, 1, 0) > 0 && p.revents)
				open = listen_to(c, from);
			return TG_OK;
		}
		if (tg_interrupted()) {
			reap(child);
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		}
		if (now() >= end) {
			reap(child);
			return tg_fail(err, TG_TRY_AGAIN,
				       "it had not ended in the time that it has, and was killed");
		}
	}
}

enum tg_status tg_command_run(struct tg_command *c, int fd, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int in = open_again(fd);
	int pair[2], how = 0, error;
	pid_t child;
	enum tg_status st;

	c->status = c->signal = 0;
	if (in < 0)
		return tg_fail(err, TG_IO, "cannot give it the data: %s", strerror(errno));
	if (pipe2(pair, O_CLOEXEC) != 0)
		return tg_fail(err, TG_TRY_AGAIN, "cannot run it: %s", strerror(errno));
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	error = spawn(c->text, in, pair[1], &child);
	close(pair[1]);
	if (error) {
		close(pair[0]);
		return tg_fail(err, TG_TRY_AGAIN, "cannot run it: %s", strerror(error));
	}
	st = attend(c, child, pair[0], &how, err);
	close(pair[0]);
	if (st)
		return st;
	c->signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
	c->status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	return TG_OK;
}
