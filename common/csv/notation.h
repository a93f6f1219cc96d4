/*
 * notation: inside common/csv: how the values of each column are written. What a property's own annotations say (x-date, x-number,
 * x-boolean, x-nulls) goes before what x-csv says of the file.
 *
 * A notation lives in the arena of its dialect and is read-only.
 */
#ifndef TG_CSV_NOTATION_H
#define TG_CSV_NOTATION_H

#include "common/contract/contract.h"
#include "common/csv/csv.h"
#include "common/value/date.h"
#include "common/value/spelling.h"

struct tg_csv_notation {
	struct tg_str name; /* the property's */
	struct tg_spellings null, yes, no;
	struct tg_decimal_form number;
	bool as_text;  /* a number comes out as a string of its digits */
	bool nullable; /* there are nulls, where no type was given that could allow them */
	const struct tg_date_form *date; /* NULL: texts are no dates */
};

/* What the values of a column are read as. */
enum tg_csv_kind {
	TG_CSV_TEXT,
	TG_CSV_NUMBER,
	TG_CSV_INTEGER,
	TG_CSV_BOOLEAN,
	TG_CSV_NULL,	/* nothing but null is allowed */
	TG_CSV_DATE,	/* a string of RFC 3339 */
	TG_CSV_DECIMAL, /* a number, as a string of its digits */
};

/* What the values of a property are read as. */
enum tg_csv_kind tg_csv_kind_of(const struct tg_property *property,
				const struct tg_csv_notation *notation);

/*
 * Finds the notations of the contract's properties, behind everything else that the dialect says. TG_CONFIG: an annotation that cannot be
 * what its property's type asks for, or that stands where it has no effect.
 */
TG_MUST_USE enum tg_status tg_csv_notations_read(struct tg_csv_dialect *d,
						 const struct tg_contract *c,
						 struct tg_arena *arena, struct tg_error *err);

/* Never NULL: that of the property of this name, else the file's. */
const struct tg_csv_notation *tg_csv_notation_of(const struct tg_csv_dialect *d,
						 struct tg_str name);

#endif
