/*
 * measure: CPU time, wall time and peak memory of a command, each time that it runs.
 *
 *	measure [-a] [-n TIMES] [-i STDIN | -k KEYS] [-o STDOUT] COMMAND [ARGUMENT ...]
 *
 * Prints a JSON line a run: user and system time together, wall time (microseconds), peak RSS (KiB), exit status. Being small
 * matters: a child's peak begins with that of whoever started it, so what a large one starts looks large.
 *
 * With -a what the command leaves running is waited for and counted too (Linux).
 *
 * With -k the command reads so many records {"id":"..."} from a pipe, no two alike, the bytes of `scripts/gen keys KEYS --dup 0`
 * but made faster than anybody reads them. "millions" then holds the CPU and wall time that had gone by when each million was
 * in the pipe, which holds no more than 50,000 of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
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

/*
 * Keys: a permutation of the ten-digit numbers below a prime, in no order that a store could profit from.
 */

enum {
	RECORD = 20, /* bytes, with its newline */
	DIGITS = 10,
	BLOCK = 3200 * RECORD,
	MILLION = 1000000,
};

static const uint64_t prime = 9999999967, step = 6180339887,
		      offset = 7919 + 1; /* of scripts/gen, seed 1 */

static void put_record(char *p, uint64_t id)
{
	memcpy(p, "{\"id\":\"0000000000\"}\n", RECORD);
	for (int i = DIGITS - 1; i >= 0; i--, id /= 10)
		p[7 + i] = (char)('0' + id % 10);
}

/* False: nobody reads any more. */
static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno == EPIPE)
			return false;
		if (did < 0 && errno != EINTR)
			die("write");
		p += did > 0 ? did : 0;
		n -= did > 0 ? (size_t)did : 0;
	}
	return true;
}

static void say_million(pid_t pid, uint64_t keys, int64_t began)
{
	struct timespec used = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &used);
	printf("%s[%lld,%lld]", keys == MILLION ? "" : ",",
	       (long long)used.tv_sec * 1000000 + used.tv_nsec / 1000, (long long)(now() - began));
}

static void feed(int fd, pid_t pid, uint64_t keys, int64_t began)
{
	char block[BLOCK];
	size_t n = 0;
	uint64_t id = offset;

	for (uint64_t done = 1; done <= keys; done++) {
		put_record(block + n, id);
		n += RECORD;
		id = id + step < prime ? id + step : id + step - prime;
		if (n == BLOCK || done % MILLION == 0 || done == keys) {
			if (!write_all(fd, block, n))
				return;
			n = 0;
		}
		if (done % MILLION == 0)
			say_million(pid, done, began);
	}
}

/*
 * Runs
 */

struct task {
	char **argv;
	const char *in, *out;
	uint64_t keys; /* 0: none are fed */
	bool all;      /* the orphans too */
};

/* The writing end, when keys are fed, is the parent's alone. */
static pid_t start(const struct task *t, int pipes[2])
{
	posix_spawn_file_actions_t streams;
	posix_spawnattr_t attributes;
	sigset_t ignored;
	pid_t pid;

	posix_spawn_file_actions_init(&streams);
	posix_spawnattr_init(&attributes);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (t->keys) {
		if (pipe2(pipes, O_CLOEXEC) < 0)
			die("pipe2");
		fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20); /* the same for all, and little waiting */
		posix_spawn_file_actions_adddup2(&streams, pipes[0], STDIN_FILENO);
	} else if (t->in) {
		posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, t->in, O_RDONLY, 0);
	}
	posix_spawn_file_actions_addopen(&streams, STDOUT_FILENO, t->out,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	errno = posix_spawnp(&pid, t->argv[0], &streams, &attributes, t->argv, environ);
	if (errno)
		die(t->argv[0]);
	if (t->keys)
		close(pipes[0]);
	posix_spawn_file_actions_destroy(&streams);
	posix_spawnattr_destroy(&attributes);
	return pid;
}

static void run(const struct task *t)
{
	struct rusage used;
	int pipes[2] = { -1, -1 }, status;
	int64_t began = now();
	pid_t pid = start(t, pipes);

	printf("{");
	if (t->keys) {
		printf("\"millions\":[");
		feed(pipes[1], pid, t->keys, began);
		close(pipes[1]);
		printf("],");
	}
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			die("wait4");
	if (t->all) {
		struct rusage orphan;

		while (wait4(-1, NULL, 0, &orphan) > 0) {
			timeradd(&used.ru_utime, &orphan.ru_utime, &used.ru_utime);
			timeradd(&used.ru_stime, &orphan.ru_stime, &used.ru_stime);
		}
	}
	printf("\"cpu\":%lld,\"wall\":%lld,\"rss\":%ld,\"status\":%d}\n",
	       (long long)(microseconds(used.ru_utime) + microseconds(used.ru_stime)),
	       (long long)(now() - began), used.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct task t = { .out = "/dev/null" };
	long times = 1;
	int option;

	/* '+': the command's options are its own. */
	while ((option = getopt(argc, argv, "+an:i:k:o:")) != -1) {
		if (option == 'a')
			t.all = prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
		else if (option == 'n')
			times = strtol(optarg, NULL, 10);
		else if (option == 'i')
			t.in = optarg;
		else if (option == 'k')
			t.keys = strtoull(optarg, NULL, 10);
		else if (option == 'o')
			t.out = optarg;
		else
			return 64;
	}
	if (optind == argc || times < 1 || t.keys >= prime) {
		fputs("usage: measure [-a] [-n TIMES] [-i STDIN | -k KEYS] [-o STDOUT] COMMAND [ARGUMENT ...]\n",
		      stderr);
		return 64;
	}
	t.argv = argv + optind;
	signal(SIGPIPE, SIG_IGN);
	while (times-- > 0)
		run(&t);
	return 0;
}
