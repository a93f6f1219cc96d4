/*
 * csv: bytes become rows of fields, from either of two engines.
 *
 * What is read is RFC 4180 taken strictly, in the dialect that the contract names: nothing is sniffed, nothing is forgiven, and a
 * fault costs the row that it stands in. A row starts at the start of a physical line. LF and CRLF end a line, inside quotes too;
 * a CR that ends no line is a fault outside quotes and data inside. Blank lines are no rows. A quote in a field that is not quoted,
 * and text behind a closing quote, make all that follows unsure: such a row ends at the next line feed behind the fault. Other
 * faults (NUL, bytes that are not UTF-8, a lone CR) do not disturb where a row ends. A row's code is that of its first fault; where
 * two meet in one byte, damage goes before misplacement: csv-nul, csv-encoding, csv-newline, csv-quote.
 *
 * That is the default; the dialect may name other line ends, an escape, comments, and tolerances (tidegate-contract(5)). What it does
 * not name is a fault. The text is UTF-8: other encodings are decoded before (common/encoding), and what is no character in them
 * arrives here as a byte that is not UTF-8.
 *
 * The reader holds no bytes: its caller gives it all that are there from the first one not yet taken, as run/source.h does, and the
 * rows are views into them. What it has found out about a row that is not complete yet it remembers, so no byte is looked at again
 * and again while a row grows. It allocates only while it grows. One per thread; the dialect is read-only.
 */
#ifndef TG_CSV_CSV_H
#define TG_CSV_CSV_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/value/decimal.h"

enum {
	TG_CSV_DELIMITER_MAX = 4,
	TG_CSV_FAULTS_MAX =
		1000, /* of a row: each column that is wrong is named, and there may be many */
	/* More bytes at once are not looked at, so that a place in them fits 31 bits; a longer row never gets complete. */
	TG_CSV_BYTES_MAX = 1 << 30,
};

enum tg_csv_newline {
	TG_CSV_LF_OR_CRLF,
	TG_CSV_LF, /* alone: a CR before it is a fault */
	TG_CSV_CRLF,
	TG_CSV_CR,
};

enum tg_csv_blank {
	TG_CSV_BLANK_SKIPPED,
	TG_CSV_BLANK_REJECTED,
	TG_CSV_BLANK_ROW, /* of one empty field */
};

enum tg_csv_ragged {
	TG_CSV_RAGGED_REJECTED,
	TG_CSV_RAGGED_PADDED,	/* what a short row lacks is absent */
	TG_CSV_RAGGED_TRAILING, /* empty fields behind the last column are dropped */
};

struct tg_csv_dialect {
	char delimiter[TG_CSV_DELIMITER_MAX];
	unsigned delimiter_n;
	int quote;		/* a byte, or -1: quotes are text */
	int escape;		/* a byte, or -1: a doubled quote is one */
	struct tg_str encoding; /* none: UTF-8 */
	bool next_line;		/* EBCDIC: NL is the line feed (encoding.h) */
	enum tg_csv_newline newline;
	struct tg_str comment; /* what begins a line that is no row; none: nothing */
	enum tg_csv_blank blank;
	enum tg_csv_ragged ragged;
	bool one_line; /* a line end within quotes is a fault, and ends the row */
	bool trim_start,
		trim_end; /* of blanks and tabs around fields that are not quoted, and around quotes */
	bool empty_is_null;    /* one that is not quoted, where the type allows it */
	bool empty_is_absent;  /* an empty field that is not quoted is left out of the record */
	bool separator_line;   /* a first line "sep=;" is no row */
	bool dos_end;	       /* a 0x1a at the very end is no text */
	uint64_t skip;	       /* physical lines before the header */
	bool header;	       /* the first row gives the names */
	bool exact;	       /* the header has the columns in their order, and no others */
	bool extra;	       /* columns that the contract does not know are passed on */
	struct tg_str *column; /* as the header has them */
	struct tg_str *as;     /* as the record has them */
	bool *ignored;	       /* it has them not */
	size_t columns;	       /* 0: not said */
	struct tg_str *null, *yes, *no;
	size_t nulls, yeses, noes;
	struct tg_decimal_form notation;
	const struct tg_csv_notation *file,
		*each; /* how values are written (notation.h); each: the properties that say so themselves */
	size_t notations;
	uint64_t max_record; /* 0: not said */
	const struct tg_csv_edge *lead,
		*trailer;		  /* rows that are no records (trailer.h); NULL: none */
	const struct tg_csv_kinds *kinds; /* rows of several kinds (kinds.h); NULL: all are alike */
};

/* Comma, double quote, a header, "true" and "false", a decimal point. */
struct tg_csv_dialect tg_csv_dialect_default(void);

enum tg_csv_engine {
	TG_CSV_SCAN,   /* ours: wide steps, all dialects */
	TG_CSV_LIBCSV, /* the library, in strict mode: one-byte delimiter, a quote, and no other framing than the default */
};

/* Whether the library can read it; then NULL, else the key of x-csv that it cannot. */
const char *tg_csv_beyond_library(const struct tg_csv_dialect *d);

/* The byte that ends a physical line. */
static inline char tg_csv_line_end(const struct tg_csv_dialect *d)
{
	return d->newline == TG_CSV_CR ? '\r' : '\n';
}

/* What trim takes for nothing: blanks and tabs that do not separate fields. */
static inline bool tg_csv_is_blank(const struct tg_csv_dialect *d, char c)
{
	return (c == ' ' || c == '\t') && !memchr(d->delimiter, c, d->delimiter_n);
}

/* at: its first byte, counted from the rows' text; of a quoted one behind the quote. size: its bytes, and in the top bit whether it
 * was quoted; the functions below take them apart (bit fields made the cutting of fields slower by a third). */
struct tg_csv_field {
	uint32_t at, size;
};

static inline struct tg_csv_field tg_csv_field_make(size_t at, size_t n, bool quoted)
{
	return (struct tg_csv_field){ (uint32_t)at, (uint32_t)n | (uint32_t)quoted << 31 };
}

static inline size_t tg_csv_field_n(const struct tg_csv_field *field)
{
	return field->size & INT32_MAX;
}

static inline bool tg_csv_field_quoted(const struct tg_csv_field *field)
{
	return field->size >> 31;
}

struct tg_csv_row {
	size_t at, n;	  /* its bytes in what the reader was given, without the line end */
	uint64_t line;	  /* physical, where it starts */
	size_t field;	  /* index of its first field */
	size_t fields;	  /* how many it has; no more than the reader's `keep` are there */
	const char *code; /* NULL: well formed; else a reject code, and fields mean nothing */
	size_t fault;	  /* the byte at fault, in what the reader was given */
	bool plain; /* known: its fields may stand in JSON strings as they are; false: they may, or not */
	bool unclosed; /* where the code is csv-quote: it is a quote that opens there and is not closed on its line */
};

struct tg_csv_rows {
	const char *bytes; /* what the reader was given */
	const char *text;
	bool raw; /* quotes inside a quoted field are still doubled */
	const struct tg_csv_field *field;
	const struct tg_csv_row *row;
	size_t rows;
	size_t taken;  /* bytes that these rows, and blank lines, make up */
	uint64_t line; /* the line of the first byte not taken */
	/* The input ends inside quotes that opened at byte `opened`, on line `opened_line`. No rows come any more. */
	bool unterminated;
	size_t opened;
	uint64_t opened_line;
};

struct tg_csv_reader; /* opaque */

/* TG_USAGE when the engine cannot read the dialect. */
TG_MUST_USE enum tg_status tg_csv_reader_new(struct tg_csv_reader **reader,
					     const struct tg_csv_dialect *dialect,
					     enum tg_csv_engine engine, struct tg_error *err);
void tg_csv_reader_free(struct tg_csv_reader **reader); /* for TG_OWN too */

/* The next byte is the first of physical line `line`; what was known of an unfinished row is forgotten. */
void tg_csv_reader_restart(struct tg_csv_reader *reader, uint64_t line);

/*
 * Gives the next rows of bytes: at most `most` of them, and fewer than all where that is quicker. No rows and nothing taken: more
 * bytes are wanted, or with `last` there is nothing left. keep: fields to keep of a row. TG_SLACK bytes behind bytes are readable.
 * All views die at the next call.
 */
void tg_csv_read(struct tg_csv_reader *reader, struct tg_str bytes, bool last, size_t keep,
		 size_t most, struct tg_csv_rows *rows);

/* Appends the field as it is meant: doubled quotes are one, and escapes are what they stand for. */
void tg_csv_put_field(struct tg_buffer *out, const struct tg_csv_rows *rows,
		      const struct tg_csv_field *field, const struct tg_csv_dialect *dialect);

/* Whether the field may hold escapes: then it is not its bytes. */
static inline bool tg_csv_escapes(const struct tg_csv_dialect *d, const struct tg_csv_field *field)
{
	return d->escape >= 0 && (d->quote < 0 || tg_csv_field_quoted(field));
}

/* Line, and column in code points from 1, of the byte `at` of a row's bytes. Bytes that are not UTF-8 count as one each. */
void tg_csv_locate(const struct tg_csv_dialect *dialect, struct tg_str row, uint64_t row_line,
		   size_t at, uint64_t *line, uint64_t *column);

/* Where the field of that index starts in a well formed row's bytes: its quote, if it has one. */
size_t tg_csv_field_start(const struct tg_csv_dialect *dialect, struct tg_str row, size_t index);

#endif
