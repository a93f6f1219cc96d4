/*
 * faults: inside common/fixed: what is wrong with a record, in words: for the reject file, and for people.
 */
#ifndef TG_FIXED_FAULTS_H
#define TG_FIXED_FAULTS_H

#include "common/fixed/frame.h"
#include "common/run/work.h"

struct tg_fixed_bad {
	const struct tg_fixed_layout *layout;
	const struct tg_contract *contract;
	const struct tg_frame *frame;
	const struct tg_fixed_plan *plan; /* of its kind */
	struct tg_fixed_row *row;
	uint64_t line;
};

/* Adds all fields that are wrong; gives the code, NULL: none is. */
const char *tg_fixed_faults_add(const struct tg_fixed_bad *bad, struct tg_work *w);

/* Adds that it has another length than its kind; gives the code. */
const char *tg_fixed_length_fault(const struct tg_fixed_bad *bad, struct tg_work *w);

/* Adds one fault of the whole record, `column` 0: no place in it; gives the code "fixed-record". */
const char *tg_fixed_record_fault(const struct tg_fixed_bad *bad, const char *message,
				  uint64_t column, struct tg_work *w);

#endif
