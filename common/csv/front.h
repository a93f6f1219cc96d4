/*
 * front: inside common/csv: what may stand before the rows and is none: a byte order mark, the line that names the separator for
 * a spreadsheet, and lines that the contract says are to be skipped.
 *
 * What is skipped is told in the run log, so that nobody has to wonder where it went.
 */
#ifndef TG_CSV_FRONT_H
#define TG_CSV_FRONT_H

#include "common/csv/csv.h"
#include "common/encoding/encoding.h"
#include "common/json/record.h"

struct tg_csv_front {
	const struct tg_csv_dialect *dialect;
	struct tg_encoding *encoding;
	bool mark;		  /* there was one */
	bool separator;		  /* the first line has been looked at */
	uint64_t skip;		  /* lines still to skip */
	struct tg_buffer skipped; /* JSON strings with commas between */
	unsigned told;
	struct tg_buffer line; /* the one that is being skipped, as far as it is told */
};

void tg_csv_front_begin(struct tg_csv_front *front, const struct tg_csv_dialect *dialect,
			struct tg_encoding *encoding);
void tg_csv_front_release(struct tg_csv_front *front);

/* The first bytes of the input: *taken of them are a mark. *more: they cannot tell yet. TG_DATA, csv-bom: it is in another encoding. */
TG_MUST_USE enum tg_status tg_csv_front_mark(struct tg_csv_front *front, struct tg_str bytes,
					     bool last, const struct tg_place *at, size_t *taken,
					     bool *more, struct tg_error *err);

/* The first lines; text is UTF-8. Takes *taken bytes and moves *line on. True: all are skipped. TG_DATA, csv-header: the separator is
 * another one. */
TG_MUST_USE enum tg_status tg_csv_front_lines(struct tg_csv_front *front, struct tg_str text,
					      bool last, const struct tg_place *at, uint64_t *line,
					      size_t *taken, bool *done, struct tg_error *err);

/* Appends a JSON list of the lines that were skipped, the first of them, cut where they are long. */
void tg_csv_front_put_skipped(const struct tg_csv_front *front, struct tg_buffer *out);

#endif
