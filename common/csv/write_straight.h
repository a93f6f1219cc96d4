/*
 * write_straight: inside common/csv: the row of a record whose members are the columns, in their order, as most are. The hot half of
 * json2csv, in variants for what the machine has; all give the same rows.
 *
 * A text that needs nothing, or quotes only, is copied in wide steps; any other value goes the way of all. Whatever is out of the
 * ordinary (another order, a fault) makes it give up, and the row is begun again by write_rows.c.
 */
#ifndef TG_CSV_WRITE_STRAIGHT_H
#define TG_CSV_WRITE_STRAIGHT_H

#include "common/csv/writer.h"

/* What is looked at of a column. */
struct tg_csv_straight {
	struct tg_str member;
	uint64_t word[2], mask[2]; /* the member's first 16 bytes, and the bits that are its own */
	uint64_t careful; /* bit n: a text of n bytes goes the way of all; bit 63: or more */
};

/* For the columns that are settled now; what it makes is in the run's arena. */
void tg_csv_straight_make(struct tg_csv_writer *writer);

/* The end of the row, or NULL. There is room for any row of the record. */
static inline char *tg_csv_straight_put(struct tg_csv_writer *writer, const struct tg_record *rec,
					char *to)
{
	return writer->put_straight ? writer->put_straight(writer, rec, to) : NULL;
}

#endif
