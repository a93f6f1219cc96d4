#include "common/io/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t came, asked, held;

static const int fatal[] = { SIGINT, SIGTERM, SIGHUP };

static void on_fatal(int signal)
{
	int saved = errno;

	if (came && !held)
		tg_interrupt_raise(signal);
	came = signal;
	/* A call that was about to block when this came never sees it; the alarm wakes that one. */
	alarm(1);
	errno = saved;
}

static void on_alarm(int signal)
{
	(void)signal;
	if (came)
		alarm(1);
}

static void on_asked(int signal)
{
	(void)signal;
	asked = 1;
}

static void handle(int signal, void (*handler)(int), bool even_ignored)
{
	struct sigaction old,
		action = { .sa_handler = handler }; /* no SA_RESTART: calls must return */

	sigemptyset(&action.sa_mask);
	if (!even_ignored && sigaction(signal, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	sigaction(signal, &action, NULL);
}

void tg_interrupt_install(void)
{
	for (size_t i = 0; i < TG_COUNT(fatal); i++)
		handle(fatal[i], on_fatal, false);
	handle(SIGALRM, on_alarm, true);
	handle(SIGUSR1, on_asked, true);
	handle(SIGPIPE, SIG_IGN, true);
	handle(SIGXFSZ, SIG_IGN, true);
}

int tg_interrupted(void)
{
	return held ? 0 : came;
}

bool tg_interrupt_asked(void)
{
	bool was = asked;

	asked = 0;
	return was;
}

void tg_interrupt_hold(void)
{
	held = 1;
}

void tg_interrupt_release(void)
{
	held = 0;
}

void tg_interrupt_raise(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), signal);
	_exit(128 + signal); /* the first process of a container is not killed by its own signal */
}
