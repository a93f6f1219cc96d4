/*
 * write_kinds: inside common/csv: records of several kinds (kinds.h) become rows again, each by a writer for its kind.
 *
 * Rows that come out as no records cannot be written back: where a file needs them, that is TG_CONFIG before a record is read.
 */
#ifndef TG_CSV_WRITE_KINDS_H
#define TG_CSV_WRITE_KINDS_H

#include "common/csv/writer.h"

struct tg_csv_write_kinds;

/* For the kinds of its dialect; `whole` lives as long. */
TG_MUST_USE enum tg_status tg_csv_write_kinds_new(struct tg_csv_write_kinds **kinds,
						  struct tg_csv_writer *whole,
						  struct tg_error *err);
void tg_csv_write_kinds_free(struct tg_csv_write_kinds **kinds);

/* As tg_csv_writer_record. */
enum tg_verdict tg_csv_write_kinds_record(struct tg_csv_write_kinds *kinds,
					  const struct tg_record *rec, struct tg_work *w);

/* The fields of a list, column i of the writer's kind; gives the end. *code is set when there are faults. */
char *tg_csv_write_list(struct tg_csv_writer *writer, size_t i, const struct tg_record *rec,
			struct tg_work *w, char *to, const char **code);

#endif
