#include "common/csv/origin.h"

enum { STEP = 64 * 1024 };

enum tg_status tg_csv_origin_open(struct tg_csv_origin *o, const struct tg_csv_dialect *d,
				  uint64_t max, struct tg_error *err)
{
	struct tg_str name = d->encoding.n ? d->encoding : TG_STR("utf-8");
	enum tg_status st = tg_encoding_open(&o->encoding, name, err);

	if (st)
		return tg_within(err, "the encoding of the contract");
	if (d->next_line)
		(void)tg_encoding_swap_line_ends(o->encoding);
	o->decodes = !tg_encoding_is_utf8(o->encoding);
	o->max = max;
	tg_csv_origin_begin(o, d);
	return TG_OK;
}

void tg_csv_origin_release(struct tg_csv_origin *o)
{
	tg_decoder_release(&o->decoder);
	tg_encoding_free(&o->encoding);
	tg_buffer_release(&o->feed);
	tg_buffer_release(&o->before);
}

void tg_csv_origin_begin(struct tg_csv_origin *o, const struct tg_csv_dialect *d)
{
	bool cr = d->newline == TG_CSV_CR;

	/* A mark may have said what the order of bytes is. */
	tg_buffer_clear(&o->feed);
	tg_buffer_clear(&o->before);
	if (tg_encoding_encode(o->encoding, cr ? TG_STR("\r") : TG_STR("\n"), &o->feed) != 1)
		tg_buffer_puts(&o->feed, "\n");
	if (!cr && d->newline != TG_CSV_LF)
		(void)tg_encoding_encode(o->encoding, TG_STR("\r"), &o->before);
	tg_decoder_begin(&o->decoder, o->encoding);
}

bool tg_csv_origin_decode(struct tg_csv_origin *o, struct tg_str bytes, uint64_t at, bool *last)
{
	size_t seen = o->decoder.bytes, step = bytes.n - seen < STEP ? bytes.n - seen : STEP;

	o->begins = at;
	o->bytes = bytes;
	o->bytes_at = at;
	seen += tg_decoder_put(&o->decoder, tg_str_from(bytes.p + seen, step),
			       *last && seen + step == bytes.n);
	*last = *last && seen == bytes.n;
	return step == STEP;
}

size_t tg_csv_origin_take(struct tg_csv_origin *o, size_t n)
{
	size_t bytes = tg_decoder_bytes(&o->decoder, n);

	tg_decoder_drop(&o->decoder, n);
	o->begins += bytes;
	return bytes;
}

uint64_t tg_csv_origin_find(struct tg_csv_origin *o, const char *p)
{
	return o->begins + tg_decoder_bytes(&o->decoder, (size_t)(p - o->decoder.text.p));
}

struct tg_str tg_csv_origin_bytes(struct tg_csv_origin *o, struct tg_str text, uint64_t offset)
{
	if (!tg_csv_origin_decoded(o, text.p))
		return TG_STR_NONE;
	return tg_str_from(o->bytes.p + (offset - o->bytes_at),
			   (size_t)(tg_csv_origin_find(o, text.p + text.n) - offset));
}

void tg_csv_origin_reject(struct tg_csv_origin *o, const char *code, struct tg_str text,
			  const struct tg_place *at, struct tg_work *w)
{
	struct tg_str bytes = o->held;

	if (strcmp(code, "csv-encoding") == 0 && !bytes.p)
		bytes = tg_csv_origin_bytes(o, text, at->offset);
	if (strcmp(code, "csv-encoding") == 0 && bytes.p)
		tg_source_reject_bytes(w, code, bytes, at);
	else
		tg_source_reject(w, code, text, at);
}
