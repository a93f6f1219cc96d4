/*
 * control: inside common/csv: what rows of a file with several kinds (kinds.h) say about it, held against what there was.
 *
 * What is counted and added up does not ask whether a row came out: it was sent. A row of which the kind is not known may be any, so what
 * it may have changed is not judged, and that is said.
 */
#ifndef TG_CSV_CONTROL_H
#define TG_CSV_CONTROL_H

#include "common/csv/kinds.h"

/* A row as it was understood. */
struct tg_csv_sorted {
	const struct tg_csv_rows *rows;
	const struct tg_csv_row *row; /* without its tags */
	const struct tg_csv_row_kind *kind;
	const struct tg_csv_column *column; /* the kind's */
	size_t values, present;		    /* of its list; columns that are there */
};

/* Which of the row's fields a column is, behind the list it has moved; SIZE_MAX: it is not there. */
size_t tg_csv_sorted_field(const struct tg_csv_sorted *s, size_t column);

/* The text of a field, in the buffer, in place of what is there. */
struct tg_str tg_csv_sorted_text(struct tg_buffer *text, const struct tg_csv_sorted *s,
				 size_t field, const struct tg_csv_dialect *d);

struct tg_csv_checks;

/* All must live as long. */
TG_MUST_USE struct tg_csv_checks *tg_csv_checks_new(const struct tg_csv_dialect *dialect,
						    struct tg_setup *setup);
void tg_csv_checks_free(struct tg_csv_checks **checks);

/* A new input. */
void tg_csv_checks_begin(struct tg_csv_checks *checks);

/* A row of that kind was there; sorted NULL: its fields cannot be read. */
void tg_csv_checks_count(struct tg_csv_checks *checks, uint32_t kind,
			 const struct tg_csv_sorted *sorted);

/* A row was there that may be of any kind. */
void tg_csv_checks_lose(struct tg_csv_checks *checks);

/* What the row says, when it has been counted: TG_DATA, csv-control. where: "customers.csv: line 7". */
TG_MUST_USE enum tg_status tg_csv_checks_judge(struct tg_csv_checks *checks, uint32_t kind,
					       const struct tg_csv_sorted *sorted,
					       struct tg_str where, struct tg_error *err);

/* The input has ended well: tells the run log what it says of all its records, with those before it (`inputs` in all). */
void tg_csv_checks_tell(struct tg_csv_checks *checks, uint64_t inputs);

#endif
