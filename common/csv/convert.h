/*
 * convert: a CSV file becomes JSON lines: one object a row, members in the order of the columns. The life of a source
 * (run/source.h): skipped lines, header, rows, and what becomes of a row that cannot come out.
 */
#ifndef TG_CSV_CONVERT_H
#define TG_CSV_CONVERT_H

#include "common/csv/csv.h"
#include "common/run/source.h"

struct tg_csv_options {
	enum tg_csv_engine engine;
	bool as_text; /* a value that is not of its type comes out as the text that it is, and is no fault */
};

struct tg_csv_converter; /* opaque */

/* Reads the contract, if setup names one. The converter lives as long as the run's arena. */
TG_MUST_USE enum tg_status tg_csv_converter_new(struct tg_csv_converter **converter,
						const struct tg_csv_options *options,
						struct tg_setup *setup, struct tg_error *err);
void tg_csv_converter_free(struct tg_csv_converter **converter);

/* As a source's begin, take, resume, line_end and end. */
TG_MUST_USE enum tg_status tg_csv_begin(struct tg_csv_converter *c, const struct tg_place *at,
					struct tg_error *err);
TG_MUST_USE enum tg_status tg_csv_take(struct tg_csv_converter *c, struct tg_str bytes, bool last,
				       struct tg_place *at, struct tg_work *w, size_t *taken,
				       struct tg_error *err);
void tg_csv_resume(struct tg_csv_converter *c, const struct tg_place *at);
/* As a source's lane, cut, merge and move: false, NULL stays; else *lane is made, or made anew, and lives no longer than c. */
bool tg_csv_converter_lane(const struct tg_csv_converter *c, struct tg_csv_converter **lane);
size_t tg_csv_converter_cut(const struct tg_csv_converter *c, struct tg_str bytes, bool last,
			    uint64_t *lines);
bool tg_csv_converter_merge(struct tg_csv_converter *c, uint64_t n);
void tg_csv_converter_move(struct tg_csv_converter *c, const struct tg_place *at);
struct tg_line_end tg_csv_converter_line_end(const struct tg_csv_converter *c);
TG_MUST_USE enum tg_status tg_csv_end(struct tg_csv_converter *c, const struct tg_place *at,
				      struct tg_error *err);

#endif
