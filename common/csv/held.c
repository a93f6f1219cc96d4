#include "common/csv/held.h"

void tg_csv_held_put(struct tg_csv_held *h, struct tg_str text, struct tg_str sent,
		     const struct tg_place *place)
{
	TG_BUG_IF(h->rows == TG_CSV_LAST_MAX);
	(void)tg_buffer_room(&h->text, text.n + sent.n); /* with slack behind, for the scanner */
	h->row[h->rows++] = (struct tg_csv_held_row){ h->text.n, text.n, sent.n, *place };
	tg_buffer_put_str(&h->text, text);
	tg_buffer_put_str(&h->text, sent);
}

void tg_csv_held_drop(struct tg_csv_held *h, size_t n)
{
	size_t first;

	if (n == 0)
		return;
	h->rows -= n;
	if (h->rows == 0) {
		h->text.n = 0;
		return;
	}
	first = h->row[n].at;
	h->text.n -= first;
	memmove(h->text.p, h->text.p + first, h->text.n);
	memmove(h->row, h->row + n, h->rows * sizeof(*h->row));
	for (size_t i = 0; i < h->rows; i++)
		h->row[i].at -= first;
}

void tg_csv_held_release(struct tg_csv_held *h)
{
	tg_buffer_release(&h->text);
}
