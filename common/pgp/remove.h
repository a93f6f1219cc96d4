/*
 * remove: a key home's directory taken away, this run's and those that dead runs left. Inside pgp/.
 */
#ifndef TG_PGP_REMOVE_H
#define TG_PGP_REMOVE_H

#include "common/base/own.h"

#define TG_PGP_HOME_PREFIX "tidegate-pgp-"

/* Opens directory and takes its lock. -1: it is not a directory of ours, or somebody holds it. */
TG_MUST_USE int tg_pgp_hold(const char *path);

/* Whether path is still the directory that is held. */
bool tg_pgp_is_held(const char *path, int held);

/* Removes all that is in the directory that is held, and itself. Symbolic links are removed, never followed. */
void tg_pgp_remove(const char *path, int held);

/* Removes the homes in `directory` that nobody holds, and ends their agents. */
void tg_pgp_sweep(const char *directory);

#endif
