/*
 * stage: make a foreign program a stage of the pipeline: one whose end is known.
 *
 *	stage curl -- curl -sS https://example.com/customers.csv | csv2json | landing-write --zone landing
 *
 * The command gets our standard input; what it writes goes on to our standard output, counted and not looked at. How it ended is
 * logged, so that a sink further down believes the end of its data, or not. None of the three shapes: it has a main of its own.
 */
#include "common/io/interrupt.h"
#include "common/io/pump.h"
#include "common/run/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NAME_MOST = 64, NOT_FOUND = 127, NOT_RUN = 126 };

static const char operands[] = "NAME -- command [argument ...]";

struct stage {
	struct tg_program program;
	char **command;
	sigset_t defaults; /* signals that we ignore and whoever started us did not */
	pid_t child;
	bool passed_on;
};

/* Ignored signals are inherited: the command must not get from us what we did not get. */
static void find_defaults(struct stage *s)
{
	static const int ours[] = { SIGPIPE, SIGXFSZ };

	sigemptyset(&s->defaults);
	for (size_t i = 0; i < TG_COUNT(ours); i++) {
		struct sigaction old;

		if (sigaction(ours[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaddset(&s->defaults, ours[i]);
	}
}

/* A name is a label in logs and metrics. */
static enum tg_status check_name(struct tg_str name, struct tg_error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (name.n == 0 || name.n > NAME_MOST)
		return tg_fail(err, TG_USAGE, "a stage's name has 1 to %d bytes", NAME_MOST);
	for (size_t i = 0; i < name.n; i++)
		if (!memchr(allowed, name.p[i], sizeof(allowed) - 1))
			return tg_fail(
				err, TG_USAGE,
				"a stage's name is made of letters, digits, '.', '_' and '-'");
	return TG_OK;
}

/* What stands before the first "--" is ours, what stands behind it is the command. */
static enum tg_status begin(struct stage *s, int argc, char **argv, struct tg_error *err)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_OTHER,
		.name = "stage",
		.about = "make a foreign program a stage",
		.operands = operands,
	};
	struct tg_program *p = &s->program;
	enum tg_status st;
	int ours = 1;

	while (ours < argc && strcmp(argv[ours], "--") != 0)
		ours++;
	st = tg_program_begin(p, &tool, s, ours, argv, err);
	if (st || p->done)
		return st;
	if (p->options.operands != 1 || ours + 1 >= argc)
		return tg_fail(err, TG_USAGE, "usage: stage [options] %s", operands);
	st = check_name(tg_str_of(p->options.operand[0]), err);
	if (st)
		return st;
	p->tool.name = p->options.operand[0];
	p->argc = ours + 2; /* the log gets the command's name; its arguments may hold secrets */
	s->command = argv + ours + 1;
	return TG_OK;
}

/* Starts the command with its standard output in a pipe; *from is the end that we read. An errno, or 0. */
static int spawn(struct stage *s, int *from)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int fd[2], error;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return errno;
#ifdef F_SETPIPE_SZ
	(void)fcntl(fd[0], F_SETPIPE_SZ, 1 << 20);
#endif
	error = posix_spawn_file_actions_init(&actions);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
	if (!error)
		error = posix_spawnattr_init(&attributes);
	if (!error)
		error = posix_spawnattr_setsigdefault(&attributes, &s->defaults);
	if (!error)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (!error)
		error = posix_spawnp(&s->child, s->command[0], &actions, &attributes, s->command,
				     environ);
	/* What was not made leaks with the process, which is about to end. */
	close(fd[1]);
	if (error)
		close(fd[0]);
	*from = fd[0];
	return error;
}

/* An interrupt from the terminal goes to all processes in front; a second one would make some commands give up their cleaning. */
static bool from_terminal(int number)
{
	TG_OWN(tg_close_fd) int tty = -1;

	if (number != SIGINT)
		return false;
	tty = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return tty >= 0 && tcgetpgrp(tty) == getpgrp();
}

static void pass_on(void *arg)
{
	struct stage *s = arg;
	int number = tg_interrupted();

	if (number == 0 || s->passed_on)
		return;
	s->passed_on = true;
	if (!from_terminal(number))
		(void)kill(s->child, number);
}

static int wait_for_command(struct stage *s)
{
	int how = 0;

	do
		pass_on(s);
	while (waitpid(s->child, &how, 0) < 0 && errno == EINTR);
	return how;
}

/* The command's own end; *number is the signal that ended it, or 0. */
static enum tg_status run(struct stage *s, int *number, struct tg_error *err)
{
	struct tg_program *p = &s->program;
	TG_OWN(tg_close_fd) int from = -1;
	enum tg_status st;
	int error, how;

	tg_output_open(&p->out, STDOUT_FILENO, "standard output");
	error = spawn(s, &from);
	if (error) {
		from = -1;
		p->foreign = true;
		p->foreign_exit = error == ENOENT ? NOT_FOUND : NOT_RUN;
		tg_say(&p->messages, TG_LEVEL_ERROR, "cannot run %s: %s", s->command[0],
		       strerror(error));
		return TG_OK;
	}
	st = tg_pump(from, STDOUT_FILENO, &p->out.bytes, pass_on, s, err);
	tg_close_fd(&from); /* the command finds out at its next write */
	how = wait_for_command(s);
	if (!st && tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	p->foreign = true;
	p->foreign_exit = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	*number = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
	return st;
}

/* As if the command had been called without us. Its core, if it left one, is its own. */
TG_NORETURN static void end_by_signal(int number)
{
	static const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	tg_interrupt_raise(number);
}

int main(int argc, char **argv)
{
	struct tg_error err = TG_ERROR_INIT;
	struct stage s = { .child = -1 };
	enum tg_status st;
	int code, number = 0;

	find_defaults(&s);
	st = begin(&s, argc, argv, &err);
	if (!st && !s.program.done)
		st = tg_program_start(&s.program, &err);
	if (!st && !s.program.done)
		st = run(&s, &number, &err);
	code = tg_program_end(&s.program, st, &err);
	tg_program_release(&s.program);
	if (number)
		end_by_signal(number);
	return code;
}
