/*
 * sorter: inside common/csv: rows of several kinds (kinds.h) become records, each by the plan of its kind.
 *
 * Rows in a row of one kind, and of one number of fields, are written together, by the same loop that writes a file of one kind. What
 * is counted and added up does not ask whether a row came out: it was sent. A row of which the kind is not known may be any, so what
 * it may have changed is not judged, and that is said.
 */
#ifndef TG_CSV_SORTER_H
#define TG_CSV_SORTER_H

#include "common/csv/kinds.h"

struct tg_csv_sorter;

/* For dialect->kinds; all must live as long. TG_CONFIG: a column cannot be what the contract says. */
TG_MUST_USE enum tg_status tg_csv_sorter_new(struct tg_csv_sorter **sorter,
					     const struct tg_csv_dialect *dialect,
					     const struct tg_contract *contract,
					     struct tg_csv_origin *origin, struct tg_setup *setup,
					     bool as_text, struct tg_error *err);
void tg_csv_sorter_free(struct tg_csv_sorter **sorter);

/* A new input. */
void tg_csv_sorter_begin(struct tg_csv_sorter *sorter, struct tg_str file);

/* Fields to keep of a row. */
size_t tg_csv_sorter_keep(const struct tg_csv_sorter *sorter);

/* Rows up to one that is too long; *done of them. rest is their bytes, base where they begin. */
TG_MUST_USE enum tg_status tg_csv_sorter_convert(struct tg_csv_sorter *sorter,
						 const struct tg_csv_rows *rows, struct tg_str rest,
						 const struct tg_place *base, struct tg_work *w,
						 size_t *done, struct tg_error *err);

/* There was a row of which nothing is known. */
void tg_csv_sorter_lose(struct tg_csv_sorter *sorter);

/* The input has ended. */
TG_MUST_USE enum tg_status tg_csv_sorter_end(struct tg_csv_sorter *sorter,
					     const struct tg_place *at, struct tg_error *err);

#endif
