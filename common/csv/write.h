/*
 * write: records become CSV, the way back of convert.h by the same contract: what csv2json makes of a row is the record that it was
 * written from, or the record is a reject. Quotes stand only where they must. No I/O: rows go into a tg_work's replacement.
 *
 * The columns are those that the options name; else the contract's; else, or where the contract allows others beside its own, the members
 * of the first record that can be written. From then on they stay.
 */
#ifndef TG_CSV_WRITE_H
#define TG_CSV_WRITE_H

#include "common/run/work.h"

struct tg_csv_write_options {
	struct tg_str columns; /* a row of NAME, POINTER or NAME=POINTER; none: not given */
	struct tg_str lead; /* the fields of the row before the header, as a row; none: not given */
	bool first;	/* the first record's members, in their order, though there is a contract */
	bool no_header; /* neither a header nor lines before it, whatever the contract says */
	bool crlf;
	bool guard; /* texts that a spreadsheet would take for formulas get an apostrophe in front */
	bool exact; /* what would not be read back as it is, is a reject */
};

struct tg_csv_writer; /* opaque; lives as long as the run's arena */

/* Reads the contract, if setup names one. TG_USAGE for options that do not fit together, TG_CONFIG for a contract or names that cannot
 * be written. */
TG_MUST_USE enum tg_status tg_csv_writer_new(struct tg_csv_writer **writer,
					     const struct tg_csv_write_options *options,
					     struct tg_setup *setup, struct tg_error *err);
void tg_csv_writer_free(struct tg_csv_writer **writer);

/* As a filter's lane: false, NULL stays; else *lane writes the rows that come now, for another thread. c lives as long. */
bool tg_csv_writer_lane(const struct tg_csv_writer *writer, struct tg_csv_writer **lane);
void tg_csv_writer_lane_free(struct tg_csv_writer **lane);

/* The row of a record as w's replacement, with its line end, behind the header where it is the first; or a reject. */
enum tg_verdict tg_csv_writer_record(struct tg_csv_writer *writer, const struct tg_record *rec,
				     struct tg_work *w);

/* Appends the header, if the columns are known and no row has brought it. */
void tg_csv_writer_end(struct tg_csv_writer *writer, struct tg_buffer *out);

#endif
