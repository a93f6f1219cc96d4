/*
 * columns: inside common/csv: what the header and the contract together say of each field of a row.
 *
 * Columns live in the arena that they were made in: as long as one input is read.
 */
#ifndef TG_CSV_COLUMNS_H
#define TG_CSV_COLUMNS_H

#include "common/contract/contract.h"
#include "common/csv/csv.h"
#include "common/csv/notation.h"

struct tg_csv_column {
	struct tg_str name;   /* of the member */
	struct tg_str header; /* as the header has it */
	bool ignored;	      /* it is no member */
	enum tg_csv_kind kind;
	bool nullable;
	bool quotable;			  /* messages may show its values */
	const struct tg_csv_notation *as; /* never NULL */
	const struct tg_span *schema;	  /* NULL: the contract does not know it */
};

/* What columns are made from. */
struct tg_csv_expected {
	const struct tg_csv_dialect *dialect;
	const struct tg_contract *contract; /* NULL: there is none */
	bool provenance;		    /* no column may be named _source */
	bool show_values;
};

/*
 * Makes columns of names, which live on: those of a header, or the dialect's. place says where the header stands, for messages
 * ("customers.csv:3: "). TG_DATA, csv-header, says all that is wrong with the names.
 */
TG_MUST_USE enum tg_status tg_csv_columns_make(struct tg_csv_column **columns,
					       const struct tg_str *name, size_t names,
					       const struct tg_csv_expected *expected,
					       struct tg_arena *arena, struct tg_error *err);

/* Columns of names that the contract gives, of one kind of row (kinds.h); the one at `list` has the type of its items. */
struct tg_csv_column *tg_csv_columns_of_kind(const struct tg_str *name, size_t names, size_t list,
					     const struct tg_csv_expected *expected,
					     struct tg_arena *arena);

#endif
