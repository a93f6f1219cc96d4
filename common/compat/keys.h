/*
 * keys: what two versions of a contract say beyond the schema (x-...), as far as it matters to those who read or write its data.
 */
#ifndef TG_COMPAT_KEYS_H
#define TG_COMPAT_KEYS_H

#include "common/compat/compat.h"

/* Differences of x- keys between the contracts as they were read, in the arena. x-version and what is for people only are left out. */
void tg_compat_keys(struct tg_compat_change **change, size_t *n, const struct tg_contract *old,
		    const struct tg_contract *new, struct tg_arena *arena);

#endif
