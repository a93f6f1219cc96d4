/*
 * totals: how many records an input must have, and what must add up over all of them (x-count, x-sum, tidegate-contract(5)): against
 * numbers of the contract, or those of a trailer that a stage before has found out.
 *
 * Sums are exact (sum.h). Adding allocates nothing. One thread at a time.
 */
#ifndef TG_RULES_TOTALS_H
#define TG_RULES_TOTALS_H

#include "common/contract/contract.h"

struct tg_totals;

/* The contract must live as long. *totals is NULL where it has neither; else it lives in the arena. What is wrong in the annotations
 * is TG_CONFIG with its place. */
TG_MUST_USE enum tg_status tg_totals_open(struct tg_totals **totals, const struct tg_contract *c,
					  struct tg_arena *arena, struct tg_error *err);

/* Of every record, whether it passes or not. What is no number adds nothing. */
void tg_totals_add(struct tg_totals *totals, const struct tg_record *rec);

/* Whether the trailer's numbers are asked for. */
bool tg_totals_want_trailer(const struct tg_totals *totals);

/* What a stage has found out: {"count":3,"sums":{"/amount":"19.99"}}, either of them perhaps. */
struct tg_trailer {
	const struct tg_record *doc;
	const struct tg_span *value; /* NULL: there is none */
	uint64_t lost;		     /* records that it counts, and that never came here */
};

/* At the end of input: TG_DATA, and all that differs, with both numbers where the field's class lets them be told or `show` is set.
 * TG_CONFIG where a trailer is asked for that nobody has found, TG_PROTOCOL for one that is none. */
TG_MUST_USE enum tg_status tg_totals_judge(struct tg_totals *totals, uint64_t records,
					   const struct tg_trailer *trailer, bool show,
					   struct tg_error *err);

#endif
