/*
 * interrupt: SIGINT, SIGTERM and SIGHUP as a flag that every blocking call looks at.
 *
 * The handler only sets the flag, and an alarm that repeats, so that a call which was about to block when the signal came is woken
 * too. A second signal ends the program at once, unless tg_interrupt_hold is in force.
 */
#ifndef TG_IO_INTERRUPT_H
#define TG_IO_INTERRUPT_H

#include "common/base/own.h"

/* Once, at start: handlers for the three and for SIGALRM, SIGPIPE and SIGXFSZ ignored. SIGUSR1 asks for a progress line. A signal
 * that was ignored when we were started (nohup) stays ignored. */
void tg_interrupt_install(void);

/* The signal that came, or 0. */
int tg_interrupted(void);

/* Whether SIGUSR1 came since the last call. */
bool tg_interrupt_asked(void);

/* Between mark and commit of a landing nothing interrupts, a second signal neither. */
void tg_interrupt_hold(void);
void tg_interrupt_release(void);

/* Ends the program by a signal, as if it had never been caught. */
TG_NORETURN void tg_interrupt_raise(int signal);

#endif
