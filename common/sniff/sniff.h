/*
 * sniff: what a CSV file that nobody has described seems to be: its encoding, its dialect, its columns, each with the evidence.
 *
 * A guess is made here once, for people to read and to sign; what runs every night takes the contract that came of it and guesses nothing.
 * Where the bytes leave more than one answer, the more careful one is drafted (a string rather than a number or a date) and the other is
 * asked about. The first bytes of a file go in; the same bytes give the same answer. No I/O.
 *
 * What was found lives in the arena that it was made in, and is read-only from then on.
 */
#ifndef TG_SNIFF_SNIFF_H
#define TG_SNIFF_SNIFF_H

#include "common/csv/csv.h"
#include "common/value/date.h"

enum {
	TG_SNIFF_COLUMNS_MAX = 4096,
	TG_SNIFF_BYTES_MAX = 64 << 20,
	TG_SNIFF_BYTES = 4 << 20,
	TG_SNIFF_ENCODINGS = 6,
};

enum tg_sniff_header {
	TG_SNIFF_HEADER_FIND,
	TG_SNIFF_HEADER_YES,
	TG_SNIFF_HEADER_NO,
};

/* What is known already; none (p NULL): it is to be found. */
struct tg_sniff_known {
	struct tg_str encoding, delimiter;
	struct tg_str quote; /* one character; empty but not none: quotes are text */
	enum tg_sniff_header header;
	size_t samples; /* rows to keep for the report */
};

enum tg_sniff_type {
	TG_SNIFF_TEXT,
	TG_SNIFF_INTEGER,
	TG_SNIFF_NUMBER,
	TG_SNIFF_BOOLEAN,
	TG_SNIFF_DATE,
};

struct tg_sniff_pair {
	const char *yes, *no;
};

struct tg_sniff_column {
	struct tg_str name;
	enum tg_sniff_type type;
	struct tg_decimal_form number; /* of a number */
	const struct tg_sniff_pair *boolean;
	struct tg_str date,
		format; /* of a date: its pattern, and what JSON Schema calls what comes out */
	bool native;	/* it is RFC 3339 as it stands */
	uint64_t values, empties; /* empties: without quotes */
	uint64_t numbers, dates;  /* values that fit the best form of each */
	size_t longest;		  /* code points */
	uint64_t distinct;	  /* of the rows that were compared */
	bool key;		  /* no value twice, none empty, of at least two rows */
	struct tg_str why;	  /* in words, without values */
};

/* A field of the trailer that holds the sum of a column; from 1, and from 0. */
struct tg_sniff_sum {
	size_t field, column;
};

struct tg_sniff {
	uint64_t bytes;
	bool whole; /* that was all of it */

	struct tg_str encoding;			     /* "utf-8" where it need not be said */
	struct tg_str encodings[TG_SNIFF_ENCODINGS]; /* others that it could be */
	size_t others;
	struct tg_str encoding_why;

	struct tg_csv_dialect
		dialect; /* delimiter, quote, escape, newline, skip, header, separator_line, dos_end, next_line */
	struct tg_str delimiter_why, header_why;
	uint64_t lf, crlf, cr; /* line ends in the text */
	bool named;	       /* the header's names could not be used: it is skipped */
	bool hoisted; /* all numbers are written in one notation, not the usual one: it is the file's */
	struct tg_decimal_form number;
	bool nulls; /* a typed column has empty fields */

	struct tg_sniff_column *column;
	size_t columns;
	uint64_t rows;		/* of that many fields, without header and trailer */
	uint64_t ragged, wrong; /* of other numbers of fields; not well formed */
	uint64_t ragged_line, wrong_line;
	uint64_t compared; /* rows whose values were compared, for keys */

	bool trailer;
	struct tg_str trailer_tag; /* none: it is known by its place */
	size_t trailer_count;	   /* the field that has the count; 0: none */
	struct tg_sniff_sum *sum;
	size_t sums;
	struct tg_str lead_tag; /* of a first row before the header; none: there is none */

	struct tg_str *question;
	size_t questions;
	struct tg_str *sample; /* each a JSON list of texts */
	size_t samples;
};

/* Looks at bytes, the first of a file; whole: all of it. TG_DATA: there is nothing, or no text in any encoding that is known here, or
 * more columns than TG_SNIFF_COLUMNS_MAX. TG_CONFIG, TG_USAGE: what is known already cannot be. */
TG_MUST_USE enum tg_status tg_sniff(struct tg_sniff *s, struct tg_str bytes, bool whole,
				    const struct tg_sniff_known *known, struct tg_arena *arena,
				    struct tg_error *err);

/* Appends the contract, in lines for people. */
void tg_sniff_put_contract(struct tg_buffer *out, const struct tg_sniff *s);

/* Appends the report, in lines of text or as one line of JSON. */
void tg_sniff_put_text(struct tg_buffer *out, const struct tg_sniff *s);
void tg_sniff_put_json(struct tg_buffer *out, const struct tg_sniff *s);

#endif
