/*
 * rules: what a contract says of several members of a record together (x-rules, tidegate-contract(5)), compiled once and asked of
 * scanned records.
 *
 * A rule is asked only where its members are there and of kinds that can be compared: types and presence are the schema's to judge.
 * Compiled rules are read-only, live in the run's arena, and may be shared by threads. Asking allocates nothing a record but what
 * escaped texts need in the work's arena.
 */
#ifndef TG_RULES_RULES_H
#define TG_RULES_RULES_H

#include "common/contract/contract.h"
#include "common/run/work.h"

struct tg_rules;

/* The contract must live as long. *rules is NULL where it has no x-rules. What is wrong in them is TG_CONFIG with its place. With
 * `first` no more than the first fault of a record is looked for. */
TG_MUST_USE enum tg_status tg_rules_compile(struct tg_rules **rules, const struct tg_contract *c,
					    bool first, struct tg_arena *arena,
					    struct tg_error *err);

/* What becomes of a record of which the schema has said `so_far`, TG_PASS or TG_REJECT: the faults of rules go behind those that are
 * there. A record that breaks rules alone has the code rule, or limit where it has a number that no sum holds. */
enum tg_verdict tg_rules_check(const struct tg_rules *rules, const struct tg_record *rec,
			       enum tg_verdict so_far, struct tg_work *w);

#endif
