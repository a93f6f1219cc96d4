/*
 * trailer: inside common/csv: the rows at a file's edges that are no records, a lead before the header and a trailer behind the last
 * record: what the contract says of them, what they announce, and whether the file keeps it.
 *
 * A count is compared with the rows that were read, those that were rejected among them: a bad row is there, a cut file's are not.
 * Sums are exact (json/sum.h), over all rows whose value could be read; where a reject hides one, its sum cannot be judged, and the
 * rejects decide the exit. What is read of a contract lives in its arena and is read-only; a tally belongs to one input.
 */
#ifndef TG_CSV_TRAILER_H
#define TG_CSV_TRAILER_H

#include "common/csv/columns.h"
#include "common/json/sum.h"

enum {
	TG_CSV_LAST_MAX = 16,	       /* rows that a trailer without a tag may have */
	TG_CSV_EDGE_FIELDS_MAX = 1000, /* of such a row */
};

/* A field of the row that holds the sum of a column. */
struct tg_csv_edge_sum {
	size_t field;	    /* from 1 */
	struct tg_str of;   /* JSON Pointer, as the contract has it */
	struct tg_str name; /* of the column */
	bool quotable;	    /* messages may show its numbers */
	bool integer;
};

struct tg_csv_edge {
	const char *what; /* "lead", "trailer" */
	const char *code; /* of its faults */
	bool tagged, optional;
	struct tg_str tag;	 /* the text of its first field */
	uint64_t last;		 /* trailer without a tag: so many rows at the end */
	struct tg_str delimiter; /* of its fields; none: the dialect's */
	size_t count;		 /* field that holds the number of rows, from 1; 0: none does */
	bool with_header, with_lead, with_trailer; /* these rows are counted too */
	const struct tg_csv_edge_sum *sum;
	size_t sums;
	const struct tg_str *column; /* what its fields are called */
	size_t columns;		     /* 0: not said */
};

/* Reads the value of "lead" or "trailer" in x-csv; null is none. TG_CONFIG with its place. */
TG_MUST_USE enum tg_status tg_csv_edge_read(const struct tg_csv_edge **edge, bool lead,
					    const struct tg_contract *contract,
					    const struct tg_span *value, struct tg_arena *arena,
					    struct tg_error *err);

/* Whether a row, whose bytes are text, begins with the edge's tag. Also true of a row that is malformed behind it. */
bool tg_csv_edge_is(const struct tg_csv_edge *edge, const struct tg_csv_dialect *dialect,
		    const struct tg_csv_rows *rows, const struct tg_csv_row *row,
		    struct tg_str text);

/* Whether the first field of a row whose bytes are text is that text, whatever stands behind it. */
bool tg_csv_begins(struct tg_str text, struct tg_str tag, const struct tg_csv_dialect *dialect);

/* A row as it was found. */
struct tg_csv_edge_row {
	bool there;
	uint64_t line;
	const struct tg_str *field;
	size_t fields;
	const char *malformed; /* a code: it is no row of fields */
};

/* Takes text apart, into the arena. It may be the wrong row: that is tg_csv_edge_check's. */
struct tg_csv_edge_row tg_csv_edge_take(const struct tg_csv_edge *edge,
					const struct tg_csv_dialect *dialect, struct tg_str text,
					uint64_t line, struct tg_arena *arena);

/* TG_DATA when the row cannot be the edge. where: "customers.csv: line 7". */
TG_MUST_USE enum tg_status tg_csv_edge_check(const struct tg_csv_edge *edge,
					     const struct tg_csv_edge_row *row, struct tg_str where,
					     struct tg_error *err);

/* How many rows that are no records its count includes. */
uint64_t tg_csv_edge_included(const struct tg_csv_edge *edge, const struct tg_csv_dialect *dialect);

struct tg_csv_total {
	const struct tg_csv_edge_sum *of;
	size_t column;	 /* SIZE_MAX: the file has none */
	uint64_t hidden; /* rows whose value could not be read */
	uint64_t beyond; /* line of a value with too many digits; 0: none */
	struct tg_sum sum;
};

/* What an input's rows come to. */
struct tg_csv_tally {
	const struct tg_csv_dialect *dialect;
	const struct tg_csv_column *column;
	uint64_t rows;
	struct tg_csv_total *total; /* the lead's, then the trailer's */
	size_t totals;
	struct tg_buffer text, number;
};

/* For a new input; columns and arena live as long. */
void tg_csv_tally_begin(struct tg_csv_tally *tally, const struct tg_csv_dialect *dialect,
			const struct tg_csv_column *column, size_t columns, struct tg_arena *arena);
void tg_csv_tally_release(struct tg_csv_tally *tally);

/* Rows that came out, from `at` to before `end`. */
void tg_csv_tally_add(struct tg_csv_tally *tally, const struct tg_csv_rows *rows, size_t at,
		      size_t end);

/* One that was rejected; readable: it has a field for each column. */
void tg_csv_tally_reject(struct tg_csv_tally *tally, const struct tg_csv_rows *rows, size_t at,
			 bool readable);

/* One of which nothing is known but that it was there. */
void tg_csv_tally_lose(struct tg_csv_tally *tally);

/* Holds what the row says against the tally: TG_DATA, and all that differs. Appends to `unsure` what could not be judged, and why. */
TG_MUST_USE enum tg_status tg_csv_tally_judge(struct tg_csv_tally *tally,
					      const struct tg_csv_edge *edge,
					      const struct tg_csv_edge_row *row,
					      struct tg_str where, bool show,
					      struct tg_buffer *unsure, struct tg_error *err);

/* What the edges of all inputs of a run announce together, for the run log. Zeroed is empty. */
struct tg_csv_announced {
	uint64_t inputs, missing;
	bool beyond; /* too many digits to be added */
	struct tg_sum count;
	struct tg_sum *sum;	 /* as many as the edge has */
	struct tg_str *text;	 /* of each, as the last input spells it */
	struct tg_buffer fields; /* JSON: the fields of each input's row, with commas between */
};

void tg_csv_announced_release(struct tg_csv_announced *a);

/* Of one input, whose edge was judged. The arena is the run's. */
void tg_csv_announced_add(struct tg_csv_announced *a, const struct tg_csv_edge *edge,
			  struct tg_csv_tally *tally, const struct tg_csv_edge_row *row,
			  struct tg_arena *arena);

/* Appends {"count":3,"sums":{"/amount":"60.30"},"fields":{...}}, the count without rows that are no records; nothing when an input has
 * announced nothing. */
void tg_csv_announced_put(struct tg_buffer *out, struct tg_csv_announced *a,
			  const struct tg_csv_edge *edge);

/* Appends the fields of one input's row, or of several a list: an object by the names of the contract, or a list. */
void tg_csv_announced_put_fields(struct tg_buffer *out, const struct tg_csv_announced *a);

#endif
