/*
 * inside: inside common/sniff: what its files share while a file is looked at.
 */
#ifndef TG_SNIFF_INSIDE_H
#define TG_SNIFF_INSIDE_H

#include "common/sniff/sniff.h"

struct tg_sniff_stats; /* what is counted of one column: column.c */

/* The questions as they come up; the arena is the result's. */
struct tg_sniffing {
	struct tg_sniff *s;
	const struct tg_sniff_known *known;
	struct tg_arena *arena;
	size_t room; /* for questions */
};

/* Makes a question of it. */
TG_PRINTF(2, 3) void tg_sniff_ask(struct tg_sniffing *g, const char *format, ...);

/* The name of a column, made harmless and short enough to be spoken of. */
struct tg_str tg_sniff_called(struct tg_sniffing *g, const struct tg_sniff_column *column);

/* Says in g->s which encoding it is, and gives the bytes of a mark in front. */
TG_MUST_USE enum tg_status tg_sniff_encoding(struct tg_sniffing *g, struct tg_str bytes,
					     size_t *mark, struct tg_error *err);

/* Finds delimiter, quote and escape by the start of text; the other parts of the dialect are there already. whole: the text ends there. */
void tg_sniff_dialect(struct tg_sniffing *g, struct tg_str text, bool whole, uint64_t line);

/* The dialect, and what stands around rows and values: comments, blanks, a delimiter behind the last field. */
void tg_sniff_around(struct tg_sniffing *g, struct tg_str text, uint64_t line);

/* What is known of a row without its values. */
struct tg_sniff_shape {
	uint64_t line;
	uint32_t fields;
	bool wrong;
	bool marked;   /* it begins with # */
	bool open_end; /* its last field is empty, and not quoted */
};

struct tg_sniff_shapes {
	struct tg_sniff_shape *row;
	size_t n, room;
	uint64_t wrong;
	uint64_t inner,
		behind_blank; /* fields but the first that are not empty, without quotes; those that begin with a blank */
};

/* The shapes of all rows, in order. */
void tg_sniff_shapes_read(struct tg_sniff_shapes *all, const struct tg_csv_dialect *d,
			  struct tg_str text, bool whole, uint64_t line);
void tg_sniff_shapes_release(struct tg_sniff_shapes *all); /* takes a zeroed one too */
/* The number of fields that most rows have. */
uint32_t tg_sniff_width(const struct tg_sniff_shapes *all);

/* Reads all rows of text; what is called gets the rows one by one, in order. False ends it. */
typedef bool tg_sniff_row(void *self, const struct tg_csv_rows *rows, const struct tg_csv_row *row);
void tg_sniff_rows(const struct tg_csv_dialect *d, struct tg_str text, bool whole, uint64_t line,
		   tg_sniff_row *row, void *self);

/* A row at the end that may be a trailer, and what it could speak of. */
struct tg_sniff_edge {
	const struct tg_sniff *s;
	struct tg_str text; /* all rows */
	uint64_t line;
	size_t from, to; /* the records, by the index of their rows */
	const struct tg_str *field;
	size_t fields;
};

bool tg_sniff_is_trailer_tag(struct tg_str text);
bool tg_sniff_is_lead_tag(struct tg_str text);
/* Whether a field holds the sum of the column that it stands in; what the columns are is not known yet. */
bool tg_sniff_adds_up(const struct tg_sniff_edge *e);
/* Which fields hold the sum of a column, of one alone, of numbers in its own form: into g->s. */
void tg_sniff_find_sums(struct tg_sniffing *g, const struct tg_sniff_edge *e);

/* Columns: what is counted, and what follows from it. */
struct tg_sniff_forms; /* the compiled patterns */
struct tg_sniff_forms *tg_sniff_forms_new(struct tg_arena *arena);
/* Of so many columns, and at most so many rows. */
struct tg_sniff_stats *tg_sniff_stats_new(size_t columns, size_t rows, struct tg_arena *arena);
void tg_sniff_stats_release(struct tg_sniff_stats *stats);
void tg_sniff_count(struct tg_sniff_stats *stats, size_t i, const struct tg_sniff_forms *forms,
		    struct tg_str value, bool quoted);
/* Whether it looks like a value rather than a name: a number, a date, nothing. */
bool tg_sniff_is_value(const struct tg_sniff_forms *forms, struct tg_str value);
/* Whether it is one of those that were counted. Sorts them. */
bool tg_sniff_was_seen(struct tg_sniff_stats *stats, size_t i, struct tg_str value);
/* Whether the column holds numbers, dates or booleans only, and whether value would be one of them. */
bool tg_sniff_is_typed(const struct tg_sniff_stats *stats, size_t i);
bool tg_sniff_would_fit(const struct tg_sniff_stats *stats, size_t i,
			const struct tg_sniff_forms *forms, struct tg_str value);
/* Decides the types of all columns, whose names are known; asks where that cannot be. */
void tg_sniff_decide(struct tg_sniffing *g, struct tg_sniff_stats *stats,
		     const struct tg_sniff_forms *forms);

#endif
