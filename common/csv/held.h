/*
 * held: inside common/csv: the last rows of what was read so far, while it is not known whether they are records or the trailer.
 *
 * It owns copies of their bytes: no more rows than a trailer may have, none longer than a record may be.
 */
#ifndef TG_CSV_HELD_H
#define TG_CSV_HELD_H

#include "common/csv/trailer.h"
#include "common/json/record.h"

struct tg_csv_held_row {
	size_t at, n; /* in text */
	size_t sent; /* behind that so many of the bytes that it was decoded from; 0: it is those itself */
	struct tg_place place;
};

struct tg_csv_held {
	struct tg_buffer text;
	struct tg_csv_held_row row[TG_CSV_LAST_MAX];
	size_t rows;
};

/* Behind those that there are; there is room for TG_CSV_LAST_MAX. */
void tg_csv_held_put(struct tg_csv_held *held, struct tg_str text, struct tg_str sent,
		     const struct tg_place *place);

static inline struct tg_str tg_csv_held_text(const struct tg_csv_held *held, size_t row)
{
	return tg_str_from(held->text.p + held->row[row].at, held->row[row].n);
}

static inline struct tg_str tg_csv_held_sent(const struct tg_csv_held *held, size_t row)
{
	const struct tg_csv_held_row *r = &held->row[row];

	return r->sent ? tg_str_from(held->text.p + r->at + r->n, r->sent) : TG_STR_NONE;
}

/* Forgets the first n. */
void tg_csv_held_drop(struct tg_csv_held *held, size_t n);

void tg_csv_held_release(struct tg_csv_held *held);

#endif
