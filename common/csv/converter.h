/*
 * converter: inside common/csv: what a conversion holds from row to row. convert.c makes it and goes by it, convert_edges.c
 * does so where a lead or a trailer is, convert_lane.c makes more of it.
 */
#ifndef TG_CSV_CONVERTER_H
#define TG_CSV_CONVERTER_H

#include "common/csv/convert.h"
#include "common/csv/emit.h"
#include "common/csv/front.h"
#include "common/csv/held.h"
#include "common/csv/origin.h"
#include "common/csv/sorter.h"

/* What the next byte of the input is part of. */
enum tg_csv_phase {
	TG_CSV_AT_START, /* perhaps a byte order mark */
	TG_CSV_AT_FRONT, /* lines that are no rows */
	TG_CSV_AT_LEAD,
	TG_CSV_AT_HEADER,
	TG_CSV_AT_ROWS,
	TG_CSV_AT_LOST, /* the header was longer than a record may be */
};

struct tg_csv_converter {
	struct tg_csv_options options;
	struct tg_setup *setup;
	struct tg_contract contract;
	bool contracted;
	struct tg_csv_dialect dialect;
	struct tg_csv_reader *reader;
	/* Of the input at hand. */
	enum tg_csv_phase phase;
	struct tg_csv_front front;
	bool first_row;
	bool crlf;
	struct tg_csv_origin origin;
	bool padded; /* the row at hand lacks fields, and may */
	bool left;   /* a row that is too long is the runtime's now */
	bool lane;   /* it is one: what is not a row of many alike is not its */
	struct tg_arena arena;
	struct tg_csv_plan plan;
	/* With a lead or a trailer. */
	struct tg_csv_tally tally;
	struct tg_csv_edge_row lead, trailer;
	struct tg_csv_held held;
	struct tg_csv_reader *again; /* for what was held */
	bool gap;		     /* a row that is too long stands behind what is held */
	struct tg_csv_announced led, trailed; /* by all inputs so far */
	struct tg_csv_sorter *sorter;	      /* rows of several kinds; NULL: all are alike */
};

/* Whether there is a row whose numbers the rows are held against. */
static inline bool tg_csv_tallies(const struct tg_csv_converter *c)
{
	return c->dialect.lead || c->dialect.trailer;
}

/* "customers.csv: line 3, column 1", or without the column where it is 0. What a file is called is made harmless where it is shown. */
struct tg_str tg_csv_put_where(struct tg_buffer *b, const struct tg_place *at, uint64_t line,
			       uint64_t column);

/* Rows up to `stop`, or to one that is too long; *done of them. rest: their bytes, which begin at base. */
TG_MUST_USE enum tg_status tg_csv_convert(struct tg_csv_converter *c,
					  const struct tg_csv_rows *rows, size_t stop,
					  struct tg_str rest, const struct tg_place *base,
					  struct tg_work *w, size_t *done, struct tg_error *err);
/* The same up to a trailer that has a tag, and the trailer; its numbers are looked at when nothing has come behind it. */
TG_MUST_USE enum tg_status tg_csv_convert_tagged(struct tg_csv_converter *c,
						 const struct tg_csv_rows *rows, struct tg_str rest,
						 const struct tg_place *base, struct tg_work *w,
						 size_t *done, struct tg_error *err);
/* The same but for the last rows, which may be the trailer. */
TG_MUST_USE enum tg_status tg_csv_convert_but_last(struct tg_csv_converter *c,
						   const struct tg_csv_rows *rows,
						   struct tg_str rest, const struct tg_place *base,
						   struct tg_work *w, size_t *done,
						   struct tg_error *err);
/* The input has ended: what its lead and its trailer say is held against it, and told. */
TG_MUST_USE enum tg_status tg_csv_end_edges(struct tg_csv_converter *c, const struct tg_place *at,
					    struct tg_error *err);

#endif
