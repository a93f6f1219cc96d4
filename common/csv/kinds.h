/*
 * kinds: inside common/csv: files with several kinds of row, each known by its first field or fields, with columns of its own:
 * "records" and "control" in x-csv (tidegate-contract(5)).
 *
 * What a row's kind is, whether it may stand where it stands, and what counts and sums the file must come to is looked at here; the values
 * are written as those of any other row (emit.h), by a plan for each kind. A row that is wrong is a reject. That a kind is missing, stands
 * too often, or that a count or sum differs, makes the file unusable, TG_DATA with the code csv-control.
 *
 * What is read of a contract is read-only and lives in its arena; a sorter is for one thread.
 */
#ifndef TG_CSV_KINDS_H
#define TG_CSV_KINDS_H

#include "common/csv/emit.h"
#include "common/json/sum.h"

enum {
	TG_CSV_KINDS_MAX = 256,
	TG_CSV_TAGS_MAX = 4,	     /* fields that say of which kind a row is */
	TG_CSV_KIND_FIELDS = 100000, /* of a row with a list */
	TG_CSV_CONTROLS_MAX = 64,
};

#define TG_CSV_NO_KIND UINT32_MAX

/* How many values the list of a row has. */
enum tg_csv_times {
	TG_CSV_TIMES_REST,  /* the fields that the other columns leave */
	TG_CSV_TIMES_FIXED, /* so many */
	TG_CSV_TIMES_FIELD, /* as a row before says */
};

struct tg_csv_row_kind {
	struct tg_str key; /* in records; messages call it so */
	struct tg_str tag[TG_CSV_TAGS_MAX];
	size_t tags; /* 0: "*", what has no other kind */
	struct tg_str as;
	bool emit;
	const struct tg_str *column; /* of the fields behind the tags */
	size_t columns;
	size_t list; /* column that takes several fields; SIZE_MAX: none */
	enum tg_csv_times times;
	uint64_t number; /* of values; or what is divided by the field; 0: the field itself */
	uint32_t says;	 /* the kind whose row says it, and its column */
	size_t says_column;
	const bool *after; /* by kind, and last the beginning of the file; NULL: anywhere */
	uint64_t min, max; /* max 0: no limit */
};

/* Rows whose column has one of these texts. */
struct tg_csv_when {
	size_t column;
	const struct tg_str *text;
	size_t texts;
};

/* What must be right about the file, said by a row of it. */
struct tg_csv_control {
	uint32_t in;			       /* kind */
	size_t field;			       /* column of it */
	bool sum;			       /* else it is a count */
	const bool *of;			       /* by kind: whose rows count, or are added up */
	const bool *since;		       /* by kind: it begins anew there; NULL: never */
	struct tg_str pointer, name;	       /* of a sum: what is added up */
	const size_t *added;		       /* by kind: its column, or SIZE_MAX */
	uint64_t modulo;		       /* 0: none */
	const struct tg_csv_when *const *when; /* by kind: lists of `whens`; NULL: always */
	size_t whens;
	bool quotable;
};

struct tg_csv_kinds {
	struct tg_csv_row_kind *kind; /* those with more tags first */
	uint32_t kinds;
	uint32_t any; /* "*", or TG_CSV_NO_KIND */
	struct tg_csv_control *control;
	size_t controls;
};

/* Reads the values of "records" and "control" (NULL: there is none) in x-csv. TG_CONFIG with its place. */
TG_MUST_USE enum tg_status tg_csv_kinds_read(const struct tg_csv_kinds **kinds,
					     const struct tg_contract *contract,
					     const struct tg_span *records,
					     const struct tg_span *control, struct tg_arena *arena,
					     struct tg_error *err);

/* Of which kind a well formed row is, or TG_CSV_NO_KIND. */
uint32_t tg_csv_kinds_find(const struct tg_csv_kinds *kinds, const struct tg_csv_rows *rows,
			   const struct tg_csv_row *row, const struct tg_csv_dialect *d,
			   struct tg_buffer *scratch);

/* The kind with that name in records ("as"), or TG_CSV_NO_KIND. */
uint32_t tg_csv_kind_by_name(const struct tg_csv_kinds *kinds, struct tg_str as);

/* Appends the names of the kinds in a set, for messages; the last of it is the beginning of the file. */
void tg_csv_kinds_put_keys(struct tg_buffer *out, const struct tg_csv_kinds *kinds,
			   const bool *set);

#endif
