#include "common/csv/writer.h"

/* Behind the header, rows are independent of each other, unless they are counted, or of several kinds. */
bool tg_csv_writer_lane(const struct tg_csv_writer *c, struct tg_csv_writer **lane)
{
	struct tg_error err = TG_ERROR_INIT;
	struct tg_csv_writer *own;

	if (!c->begun || c->grows || c->by_kind || c->edges)
		return false;
	if (*lane)
		return true;
	*lane = own = tg_alloc(sizeof(*own));
	*own = *c;
	own->text = own->encoded = TG_BUFFER_INIT;
	own->value = tg_alloc_array(c->targets, sizeof(*own->value));
	own->hint = tg_alloc_array(c->targets, sizeof(*own->hint));
	memcpy(own->hint, c->hint, c->targets * sizeof(*own->hint));
	own->encoding = NULL;
	if (!c->encoding)
		return true;
	TG_BUG_IF(tg_encoding_open(&own->encoding, c->dialect.encoding, &err));
	if (c->dialect.next_line)
		(void)tg_encoding_swap_line_ends(own->encoding);
	return true;
}

void tg_csv_writer_lane_free(struct tg_csv_writer **lane)
{
	struct tg_csv_writer *own = TG_TAKE(*lane);

	if (!own)
		return;
	tg_free(own->value);
	tg_free(own->hint);
	tg_buffer_release(&own->text);
	tg_buffer_release(&own->encoded);
	tg_encoding_free(&own->encoding);
	tg_free(own);
}
