/*
 * agent: the processes that work for a key home, and their end. Inside pgp/.
 */
#ifndef TG_PGP_AGENT_H
#define TG_PGP_AGENT_H

#include "common/base/own.h"

/* Tells the gpg-agent of a home to end, and waits until it has closed its socket (two seconds at most). Does nothing where none
 * answers. */
void tg_pgp_agent_end(const char *home);

/* From now on orphans below this process become its children. The ones that it has are *older: not of our making. */
void tg_pgp_children_adopt(int **older, size_t *olders);

/* Waits `micros` at most until there is no child left but the older ones and, where `agent`, gpg-agent. Those that are left then
 * are killed when `kill`. Whether one of them had been killed by somebody else. */
bool tg_pgp_children_wait(const int *older, size_t olders, uint64_t micros, bool agent, bool kill);

#endif
