/*
 * mark: inside common/csv: the first look at a piece of the input, 64 bytes a step: where the separators outside quotes are, and
 * how far the text keeps the rules. Three variants, for what the machine has (base/cpu.h); all give the same marks.
 *
 * Strictness costs next to nothing in this form: a quote that opens must stand behind a separator or a quote, one that closes
 * before a separator or a quote, and one mask says where that is not so. It also guards the parity: behind a stray quote, inside
 * and outside would be turned round for the rest of the file, so marks end at the first fault and the walk takes over.
 */
#ifndef TG_CSV_MARK_H
#define TG_CSV_MARK_H

#include "common/csv/csv.h"

enum {
	TG_CSV_PIECE =
		8192, /* enough rows at once; all that is written about them stays in the nearest cache */
	TG_CSV_PIECE_MAX = 65536, /* a longer row is the walk's */
	TG_CSV_ROWS =
		512, /* most rows at once: what is found out about them stays in the nearest cache */
	TG_CSV_PLACE = INT32_MAX, /* the place in a separator */
};

struct tg_csv_wanted {
	char delimiter[TG_CSV_DELIMITER_MAX];
	unsigned delimiter_n;
	bool overlaps;	  /* a delimiter may begin within another, as in "||" */
	char quote;	  /* where quotes are text, the double one */
	uint64_t quoting; /* all bits, or none: quotes are text */
};

struct tg_csv_marks {
	struct tg_csv_wanted wanted;
	void (*mark)(struct tg_csv_marks *m, const char *p, size_t n);
	void (*cut)(const struct tg_csv_marks *m, const char *p, struct tg_csv_field *field);
	size_t room; /* so many places of each kind, but for what is scribbled */
	/* What was found, as places from p. */
	uint32_t *
		separator; /* first bytes of delimiters, and line feeds, outside quotes; the top bit is for the variant that set it */
	size_t separators;
	uint32_t *feed; /* those that are line feeds: rows end there */
	size_t feeds;
	uint32_t *inner; /* line feeds inside quotes */
	size_t inners;
	uint32_t *
		special; /* what a JSON string must escape of the fields, and the second of two quotes that are one */
	size_t specials;
	bool plain; /* a row that has none of them has no double quotes either */
	bool odd;   /* there may be controls besides line feeds */
};

TG_MUST_USE struct tg_csv_marks *tg_csv_marks_new(const struct tg_csv_dialect *dialect);
void tg_csv_marks_free(struct tg_csv_marks **marks);

/* Makes room for the places in n bytes, and forgets what was found. */
void tg_csv_marks_grow(struct tg_csv_marks *m, size_t n);

/*
 * Marks p[0..n), where a row starts at p, up to the end of some row behind TG_CSV_PIECE bytes, TG_CSV_ROWS rows or somewhat more, a
 * fault, TG_CSV_PIECE_MAX or n. Reads up to TG_SLACK bytes behind n.
 */
static inline void tg_csv_mark(struct tg_csv_marks *m, const char *p, size_t n)
{
	size_t most = n < TG_CSV_PIECE_MAX ? n : TG_CSV_PIECE_MAX;

	if (TG_UNLIKELY(most > m->room))
		tg_csv_marks_grow(m, most);
	m->mark(m, p, n);
}

/* The field in front of each separator, in their order; that in front of a line feed has a carriage return still, if one is there. There
 * must be room for as many. */
static inline void tg_csv_mark_cut(const struct tg_csv_marks *m, const char *p,
				   struct tg_csv_field *field)
{
	m->cut(m, p, field);
}

#endif
