/*
 * writer: inside common/csv: what write.c and write_kinds.c share of a writer (write.h).
 */
#ifndef TG_CSV_WRITER_H
#define TG_CSV_WRITER_H

#include "common/csv/field.h"
#include "common/csv/kinds.h"
#include "common/csv/write.h"
#include "common/csv/write_edges.h"
#include "common/encoding/encoding.h"

/* A name and the column that it is of; sorted. */
struct tg_csv_entry {
	struct tg_str name;
	uint32_t column;
};

struct tg_csv_writer {
	struct tg_csv_write_options options;
	struct tg_setup *setup;
	struct tg_contract contract;
	bool contracted;
	struct tg_csv_dialect dialect;
	struct tg_csv_form form;
	struct tg_encoding *encoding; /* NULL: UTF-8 */
	const char *end;	      /* of a line */
	size_t end_n;

	struct tg_csv_target *target;
	size_t targets; /* 0: not known yet */
	bool chosen;	/* by the options: other members are left out on purpose */
	bool grows;	/* the first record may add columns to the contract's */
	bool pointers;	/* some column is looked up by its pointer */
	struct tg_csv_entry *sorted;
	size_t members;	      /* in sorted: the columns that are members */
	struct tg_str header; /* what stands before the first row */
	bool begun;	      /* it has gone out */

	/* Of the record at hand, and what the one before was like. */
	uint32_t *value;		    /* of each column: index of its span; 0: absent */
	uint32_t *hint;			    /* the column of the n-th member */
	struct tg_csv_write_kinds *by_kind; /* rows of several kinds; NULL: all are alike */
	const struct tg_csv_row_kind *kind; /* this writes those of one kind; NULL: all */
	struct tg_csv_target item;	    /* of its list */
	struct tg_csv_write_edges *edges;   /* NULL: rows only */
	struct tg_csv_straight *straight;   /* of each column (write_straight.h) */
	char *(*put_straight)(struct tg_csv_writer *writer, const struct tg_record *rec, char *to);
	struct tg_buffer text;
	struct tg_buffer encoded;
};

/* Whether the key at span k is the place that a stage before has added, which is no data. */
static inline bool tg_csv_writer_is_place(const struct tg_record *rec, uint32_t k)
{
	return rec->source && k + 1 == rec->source;
}

/* The column that takes the member of that name; UINT32_MAX: none. */
uint32_t tg_csv_writer_find_column(const struct tg_csv_writer *writer, struct tg_str name);

/* The first record's members become columns, behind those that there are. What is not TG_PASS is a reject. */
enum tg_verdict tg_csv_writer_grow(struct tg_csv_writer *writer, const struct tg_record *rec,
				   struct tg_work *w);

/* A column that takes the member of its name. */
void tg_csv_writer_by_member(struct tg_csv_target *target, struct tg_str name,
			     struct tg_arena *arena);

/* Fills in what the contract says of it. */
void tg_csv_writer_type(const struct tg_csv_writer *writer, struct tg_csv_target *target);

/* What is known of the columns, in the run's arena. */
void tg_csv_writer_use_columns(struct tg_csv_writer *writer, const struct tg_csv_target *target,
			       size_t n, struct tg_str header);

/* Finds the value of each column. Gives the bytes of all of them, or SIZE_MAX when a member is no column. */
size_t tg_csv_writer_find_values(struct tg_csv_writer *writer, const struct tg_record *rec,
				 struct tg_work *w);

/* Writes the row of a record whose values were found; NULL when there are faults. *code is theirs. */
char *tg_csv_writer_put_row(struct tg_csv_writer *writer, const struct tg_record *rec,
			    struct tg_work *w, char *to, const char **code);

/* Appends the value of column i, which was found; NULL, or what is wrong. */
const char *tg_csv_writer_put_value(struct tg_csv_writer *writer, size_t i,
				    const struct tg_record *rec, char **to);

/* The row in out gets its line end, and becomes bytes of the contract's encoding, behind what stands before the first one; false: it is a
 * reject. columns: the writer that found its values. */
TG_MUST_USE bool tg_csv_writer_finish(struct tg_csv_writer *writer,
				      const struct tg_csv_writer *columns,
				      const struct tg_record *rec, struct tg_buffer *out,
				      struct tg_work *w);

/* Bytes of the longest row that would be read back. */
uint64_t tg_csv_writer_longest(const struct tg_csv_writer *writer);

/* A fault of the record. hint may be NULL. */
void tg_csv_writer_fault(struct tg_work *w, struct tg_str pointer, const char *message,
			 const char *hint);

/* A value that its column cannot hold. item: of its list, from 0; SIZE_MAX: it is none. */
void tg_csv_writer_value_fault(const struct tg_csv_writer *writer, const struct tg_csv_target *t,
			       size_t item, const char *message, struct tg_work *w);

#endif
