/*
 * emit_inside: inside common/csv: what the three files of emit.h share. emit.c writes values, and rows in the quick way; emit_plan.c says
 * beforehand which way each column may go; emit_rows.c hands rows to an output, the long ones part by part.
 */
#ifndef TG_CSV_EMIT_INSIDE_H
#define TG_CSV_EMIT_INSIDE_H

#include "common/csv/emit.h"

/* Whether a JSON string must escape it. */
static inline bool tg_csv_is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static inline char *tg_csv_put_piece(char *to, const struct tg_csv_piece *piece)
{
	memcpy(to, piece->p, 32); /* scribbles, which is quicker than to ask */
	if (TG_UNLIKELY(piece->n > 32))
		memcpy(to + 32, piece->p + 32, piece->n - 32);
	return to + piece->n;
}

static inline bool tg_csv_is_null(const struct tg_csv_column *column, struct tg_str raw)
{
	return column->nullable && tg_spellings_have(column->as->null, raw);
}

/* The functions for this machine. */
void tg_csv_emit_choose(struct tg_csv_plan *plan);

/* A value as its column wants it, without a look at quick ways; NULL: it is not of its type. */
char *tg_csv_put_typed(const struct tg_csv_column *column, struct tg_str s, bool quoted, char *to);
/* Column i of a row, and the member that --provenance adds. */
char *tg_csv_put_value(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
		       const struct tg_csv_field *field, size_t i, char *to);
char *tg_csv_put_source(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
			const struct tg_csv_row *row, uint64_t offset, char *to);

/* A field without its doubled quotes, where the quote is not JSON's, and without its escapes: perhaps a view into scratch. */
struct tg_str tg_csv_meant(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
			   const struct tg_csv_field *field);
/* Null as databases that escape write it: no text is spelt so. */
bool tg_csv_is_null_escape(const struct tg_csv_dialect *d, const struct tg_csv_rows *rows,
			   const struct tg_csv_field *field, const struct tg_csv_column *column);

#endif
