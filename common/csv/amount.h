/*
 * amount: inside common/csv: the text of a field as a number that is counted or added up, in the notation of its column.
 */
#ifndef TG_CSV_AMOUNT_H
#define TG_CSV_AMOUNT_H

#include "common/csv/columns.h"

/* Whether the text of a field of that column means null. */
bool tg_csv_is_null(const struct tg_csv_column *column, struct tg_str text, bool quoted);

/* Puts text as a JSON number into out, in place of what is there; false: it is none. */
bool tg_csv_number(struct tg_buffer *out, struct tg_str text, const struct tg_decimal_form *form,
		   bool integer);

#endif
