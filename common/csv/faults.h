/*
 * faults: inside common/csv: what is said of a row that does not come out.
 */
#ifndef TG_CSV_FAULTS_H
#define TG_CSV_FAULTS_H

#include "common/csv/emit.h"

/* A row of the input and where it is. */
struct tg_csv_bad {
	const struct tg_csv_plan *plan;
	const struct tg_csv_rows *rows;
	const struct tg_csv_row *row;
	struct tg_str text; /* its bytes, without the line end */
	const struct tg_contract *contract;
	size_t before;	     /* fields of the row that stand before the first column's */
	size_t list, listed; /* the columns from list on, so many, are the values of one */
	bool padded;	     /* it has fewer fields than the header, and may */
};

/* What is wrong at the byte that the reader named, in words without a value; it may live in the arena. */
struct tg_str tg_csv_fault_message(const struct tg_csv_bad *bad, struct tg_arena *arena);

/* Adds the faults of the row and gives the code; NULL: there is nothing wrong with it. */
const char *tg_csv_faults_add(const struct tg_csv_bad *bad, struct tg_work *w);

/* The same of the values alone: the row is well formed, and has as many fields as there are columns. */
const char *tg_csv_faults_add_values(const struct tg_csv_bad *bad, struct tg_work *w);

#endif
