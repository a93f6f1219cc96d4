/*
 * write_edges: inside common/csv: a lead before the header and a trailer behind the last row (trailer.h), written so that csv2json takes
 * them: what the trailer counts and adds up is what was written; what the lead holds, a file date or a number, is given by an option.
 */
#ifndef TG_CSV_WRITE_EDGES_H
#define TG_CSV_WRITE_EDGES_H

#include "common/csv/field.h"
#include "common/csv/trailer.h"

struct tg_csv_write_edges;

/* lead: a row of CSV with the lead's fields; none: not given. TG_CONFIG: what the contract asks for cannot be known; TG_USAGE: lead is no
 * such row. */
TG_MUST_USE enum tg_status tg_csv_write_edges_new(struct tg_csv_write_edges **edges,
						  const struct tg_csv_form *form,
						  struct tg_str lead, struct tg_setup *setup,
						  struct tg_error *err);
void tg_csv_write_edges_free(struct tg_csv_write_edges **edges);

/* Appends the lead's row, without a line end; false: there is none. */
bool tg_csv_write_lead(const struct tg_csv_write_edges *edges, struct tg_buffer *out);

/* Whether a row would be taken for the trailer. */
bool tg_csv_write_is_edge(const struct tg_csv_write_edges *edges, struct tg_str row);

/* Counts a row, and adds up its values: value[i] is the span of target[i], 0: absent. False: a number has too many digits to be added,
 * and nothing was counted. */
TG_MUST_USE bool tg_csv_write_count(struct tg_csv_write_edges *edges, const struct tg_record *rec,
				    const struct tg_csv_target *target, const uint32_t *value,
				    size_t targets);

/* Appends the trailer's row, without a line end; false: there is none. */
bool tg_csv_write_trailer(struct tg_csv_write_edges *edges, struct tg_buffer *out);

#endif
