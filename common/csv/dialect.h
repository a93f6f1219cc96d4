/*
 * dialect: what a contract's x-csv says of the file (tidegate-contract(5)).
 *
 * What a contract says is never silently left aside: a key that is not known is 78 with the nearest one.
 */
#ifndef TG_CSV_DIALECT_H
#define TG_CSV_DIALECT_H

#include "common/contract/contract.h"
#include "common/csv/csv.h"

/* A contract without x-csv gives the default. TG_CONFIG points into the contract. Texts live in the arena. */
TG_MUST_USE enum tg_status tg_csv_dialect_read(struct tg_csv_dialect *d,
					       const struct tg_contract *c, struct tg_arena *arena,
					       struct tg_error *err);

#endif
