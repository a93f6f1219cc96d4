/*
 * unique: what must not be twice in an input (x-unique, tidegate-contract(5)).
 *
 * A key is one member or several together; of each that a record passed with, a keyed digest of 128 bits is kept and the place of the
 * record: 28 to 38 bytes of memory a key (state/table.h), and nothing is forgotten, so that every second one is found. Equality is
 * JSON's: 1 and 1.0 are the same, "1" is not. A key of which a part is absent or null is none. One thread at a time.
 */
#ifndef TG_RULES_UNIQUE_H
#define TG_RULES_UNIQUE_H

#include "common/contract/contract.h"
#include "common/run/work.h"

struct tg_unique;

/* The contract must live as long. *unique is NULL where it has no x-unique; it is set on failure too, so that it can be released. What
 * is wrong in the annotation is TG_CONFIG with its place. */
TG_MUST_USE enum tg_status tg_unique_open(struct tg_unique **unique, const struct tg_contract *c,
					  struct tg_arena *arena, struct tg_error *err);

/* For a record that passes so far: TG_PASS, and its keys are known from now on; or TG_REJECT with the code unique, a fault for each key
 * that was there before, and none of its keys is known. */
enum tg_verdict tg_unique_check(struct tg_unique *unique, const struct tg_record *rec,
				struct tg_work *w);

void tg_unique_release(struct tg_unique **unique);

#endif
