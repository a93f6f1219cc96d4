/*
 * measure: CPU time, wall time and peak memory of a command, each time that it runs.
 *
 *	measure [-n TIMES] [-i STDIN] [-o STDOUT] COMMAND [ARGUMENT ...]
 *
 * Prints a JSON line a run: user and system time together, wall time (microseconds), peak RSS (KiB), exit status. Being small
 * matters: a child's peak begins with that of whoever started it, so what a large one starts looks large.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(70);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void run(char **argv, const char *in, const char *out)
{
	posix_spawn_file_actions_t streams;
	struct rusage used;
	int64_t began;
	int status, code;
	pid_t pid;

	posix_spawn_file_actions_init(&streams);
	if (in)
		posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, in, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&streams, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC,
					 0600);
	began = now();
	errno = posix_spawnp(&pid, argv[0], &streams, NULL, argv, environ);
	if (errno)
		die(argv[0]);
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			die("wait4");
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	printf("{\"cpu\":%lld,\"wall\":%lld,\"rss\":%ld,\"status\":%d}\n",
	       (long long)(microseconds(used.ru_utime) + microseconds(used.ru_stime)),
	       (long long)(now() - began), used.ru_maxrss, code);
	fflush(stdout);
	posix_spawn_file_actions_destroy(&streams);
}

int main(int argc, char **argv)
{
	const char *in = NULL, *out = "/dev/null";
	long times = 1;
	int option;

	/* '+': the command's options are its own. */
	while ((option = getopt(argc, argv, "+n:i:o:")) != -1) {
		if (option == 'n')
			times = strtol(optarg, NULL, 10);
		else if (option == 'i')
			in = optarg;
		else if (option == 'o')
			out = optarg;
		else
			return 64;
	}
	if (optind == argc || times < 1) {
		fputs("usage: measure [-n TIMES] [-i STDIN] [-o STDOUT] COMMAND [ARGUMENT ...]\n",
		      stderr);
		return 64;
	}
	while (times-- > 0)
		run(argv + optind, in, out);
	return 0;
}
