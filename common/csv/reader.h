/*
 * reader: inside common/csv: what the two engines and the byte-by-byte walk share.
 */
#ifndef TG_CSV_READER_H
#define TG_CSV_READER_H

#include "common/csv/mark.h"

enum tg_csv_state {
	TG_CSV_START,	/* of a field */
	TG_CSV_PLAIN,	/* in a field without quotes */
	TG_CSV_QUOTED,	/* between quotes */
	TG_CSV_CLOSED,	/* behind a quote that closed, or the first of a doubled one */
	TG_CSV_BROKEN,	/* quotes are not to be trusted any more: up to the next line end */
	TG_CSV_COMMENT, /* a line that is no row */
};

enum tg_csv_walked {
	TG_CSV_MORE,	     /* the row goes on behind the bytes that are there */
	TG_CSV_ROW,	     /* whole */
	TG_CSV_BLANK,	     /* a line without anything, or the end of the input */
	TG_CSV_UNTERMINATED, /* the input ended between quotes */
};

/* One row, as far as it has been looked at. Places count from the row's first byte, so they stay right when the bytes move. */
struct tg_csv_walk {
	enum tg_csv_state state;
	size_t at;	/* the next byte to look at */
	size_t field;	/* where the field starts */
	size_t fields;	/* closed ones */
	uint64_t lines; /* line feeds in the row so far */
	size_t opened;	/* the quote that opened last */
	uint64_t opened_lines;
	size_t closed; /* behind the quote that closed last */
	bool unclosed; /* the fault is a quote that is not closed on its line */
	const char *code;
	size_t fault;
	size_t n,
		next; /* of a whole row: its bytes without the line end, and where the next one starts */
};

struct tg_csv_reader {
	const struct tg_csv_dialect *dialect;
	enum tg_csv_engine engine;
	uint64_t line;		/* of the first byte not taken */
	struct tg_csv_row *row; /* TG_CSV_ROWS */
	struct tg_csv_field *field;
	size_t field_room;
	size_t width; /* fields of the row before, which the next one mostly has too */
	struct tg_csv_walk walk;
	bool stop[256]; /* bytes that mean something outside quotes */
	bool walks;	/* every row is walked */
	bool careful;	/* rows that are well formed in another dialect may not be in this one */
	bool trims;
	bool controls; /* the rows just read may hold NUL */
	struct tg_csv_marks *marks;
	struct tg_csv_library *library;
};

/* The bytes of what an escape may stand before at p[0..n): the delimiter, a line end, a character that means something; 0: nothing such. */
size_t tg_csv_escaped(const struct tg_csv_dialect *d, const char *p, size_t n);

/* Makes room for n fields in all. */
void tg_csv_fields_room(struct tg_csv_reader *r, size_t n);

/* Looks at the bytes p[walk.at..n), of which the row starts at p[0], and puts its fields, from 0 on, into r->field. */
enum tg_csv_walked tg_csv_walk_on(struct tg_csv_reader *r, const char *p, size_t n, bool last,
				  size_t keep);

/* As tg_csv_read, but for what both engines need: NUL and UTF-8. */
void tg_csv_scan_read(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep,
		      size_t most, struct tg_csv_rows *rows);
void tg_csv_library_read(struct tg_csv_reader *r, struct tg_str bytes, bool last, size_t keep,
			 size_t most, struct tg_csv_rows *rows);

/* TG_UNAVAILABLE: it is not on this machine. */
TG_MUST_USE enum tg_status tg_csv_library_new(struct tg_csv_library **library,
					      const struct tg_csv_dialect *dialect,
					      struct tg_error *err);
void tg_csv_library_restart(struct tg_csv_library *library);
void tg_csv_library_free(struct tg_csv_library **library);

#endif
