/*
 * emit: inside common/csv: well formed rows become JSON lines. The hot half of conversion, in variants for what the machine has.
 *
 * What stands between the values is made once a header; a value that needs no escapes is copied in wide steps that look for those
 * that do on the way. Whatever is out of the ordinary (a fault, another number of fields, a row that may be the header again, a
 * text that is not of its type) stops it, and convert.c says what becomes of that row.
 */
#ifndef TG_CSV_EMIT_H
#define TG_CSV_EMIT_H

#include "common/csv/columns.h"
#include "common/csv/origin.h"
#include "common/run/source.h"

/* How a value is written: the quick ways first. */
enum tg_csv_way {
	TG_CSV_AS_STRING,	  /* always */
	TG_CSV_AS_STRING_OR_NULL, /* unless it is one of the spellings of null */
	TG_CSV_AS_NUMBER, /* when it is written as JSON does; else it is looked at more closely */
	TG_CSV_AS_INTEGER,
	TG_CSV_AS_DECIMAL, /* the same with other signs, of one byte each */
	TG_CSV_AS_DATE,	   /* when its form has a quick way */
	TG_CSV_WITH_CARE,
};

/* What is written before a value: `,"name":`, with the quote where every value of the column is a string. */
struct tg_csv_piece {
	const char *p; /* TG_SLACK bytes behind it are readable */
	uint32_t n;
	enum tg_csv_way way;
};

enum { TG_CSV_SLIM = 16 };

struct tg_csv_plan {
	const struct tg_csv_dialect *dialect;
	const struct tg_csv_column *column;
	struct tg_csv_piece *piece;
	const struct tg_csv_piece *
		joined; /* with the quote that ends a string before it; NULL: more than values is written, or less */
	bool slim;    /* each of those has TG_CSV_SLIM bytes at most */
	bool strings; /* and is a string's */
	size_t columns;
	size_t fixed;	     /* bytes of a record, but for its values */
	struct tg_str first; /* the first name as a field that repeats the header would hold it */
	uint64_t
		null_sizes; /* bit n: a spelling of null, of whatever column, has n bytes; bit 63: or more */
	bool gaps;	    /* not every field becomes a member */
	bool as_text; /* a value that is not of its type is written as the text that it is */
	bool provenance;
	struct tg_str file;
	struct tg_str open; /* what a record begins with; none: a brace */
	struct tg_str tail; /* what stands behind its last value */
	struct tg_buffer scratch;
	struct tg_csv_origin *origin; /* NULL: the rows' text is the input */
	char *(*text)(char *to, const char *p, size_t n, size_t doubled);
	char *(*emit)(struct tg_csv_plan *plan, const struct tg_csv_rows *rows, size_t *row,
		      size_t end, uint64_t offset, char *to);
};

/* Makes the pieces, in the arena. column, file and dialect stay the caller's. Releases nothing. */
void tg_csv_plan_make(struct tg_csv_plan *plan, struct tg_arena *arena);

/* The most bytes that a row may come out as. */
size_t tg_csv_plan_bound(const struct tg_csv_plan *plan, const struct tg_csv_row *row,
			 const char *bytes);

/* Writes the records of rows *row to end - 1 and gives the end of what it wrote; *row is the first that it did not write. offset: of
 * the rows' bytes in the input, unless they were decoded. */
static inline char *tg_csv_emit(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
				size_t *row, size_t end, uint64_t offset, char *to)
{
	return plan->emit(plan, rows, row, end, offset, to);
}

/* Whether the member is left out, because the field is empty and the contract says that this means so. */
static inline bool tg_csv_is_absent(const struct tg_csv_dialect *d,
				    const struct tg_csv_field *field)
{
	return d->empty_is_absent && field->size == 0;
}

/* The same into an output. A long row is written part by part: what a text may become is six times the text, and that is much to ask for
 * at once. bytes: of the rows. */
void tg_csv_emit_rows(struct tg_csv_plan *plan, const struct tg_csv_rows *rows, size_t *row,
		      size_t end, const char *bytes, uint64_t offset, struct tg_output *out);

/* Whether a field is of its column's type and notation. */
bool tg_csv_value_fits(const struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
		       const struct tg_csv_field *field, const struct tg_csv_column *column);

#endif
