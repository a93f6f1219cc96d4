/*
 * origin: inside common/csv: where the text that rows are read from comes from. It is the input's own bytes, or was decoded from them;
 * places, sizes and what is kept of a bad row are the input's in either case.
 *
 * One for a converter, which tells it where the bytes at hand begin.
 */
#ifndef TG_CSV_ORIGIN_H
#define TG_CSV_ORIGIN_H

#include "common/csv/csv.h"
#include "common/encoding/encoding.h"
#include "common/run/source.h"

struct tg_csv_origin {
	struct tg_encoding *encoding;
	bool decodes; /* it is not UTF-8 */
	uint64_t max; /* bytes of a record */
	struct tg_decoder decoder;
	uint64_t begins;     /* where in the input the decoder's text begins */
	struct tg_str bytes; /* those at hand, before they were decoded */
	uint64_t bytes_at;
	struct tg_buffer feed, before; /* as in run/source.h */
	struct tg_str
		held; /* bytes that a row at hand was decoded from, where its text is not the decoder's; or none */
};

/* TG_CONFIG: there is no such encoding. */
TG_MUST_USE enum tg_status tg_csv_origin_open(struct tg_csv_origin *o,
					      const struct tg_csv_dialect *dialect, uint64_t max,
					      struct tg_error *err);
void tg_csv_origin_release(struct tg_csv_origin *o);

/* What comes now is the first of an input behind its byte order mark, or stands behind a record that was too long. */
void tg_csv_origin_begin(struct tg_csv_origin *o, const struct tg_csv_dialect *dialect);

/* The bytes at hand begin at `at`, and are all from the first one that was not taken. Decodes some of those that have not been decoded yet,
 * so few that their text stays in the near caches; true: there are more. *last becomes whether none come behind them. */
bool tg_csv_origin_decode(struct tg_csv_origin *o, struct tg_str bytes, uint64_t at, bool *last);

/* text[0..n) of the decoder is taken: gives the bytes. */
size_t tg_csv_origin_take(struct tg_csv_origin *o, size_t n);

/* Whether p is in text that was decoded. */
static inline bool tg_csv_origin_decoded(const struct tg_csv_origin *o, const char *p)
{
	const struct tg_buffer *text = &o->decoder.text;

	return o->decodes && p >= text->p && p <= text->p + text->n;
}

uint64_t tg_csv_origin_find(struct tg_csv_origin *o, const char *p);

/* Where p[n] is in the input; p itself is at `offset`, unless it was decoded. */
static inline uint64_t tg_csv_origin_place(struct tg_csv_origin *o, uint64_t offset, const char *p,
					   size_t n)
{
	if (TG_LIKELY(!tg_csv_origin_decoded(o, p)))
		return offset + n;
	return tg_csv_origin_find(o, p + n);
}

/* Whether p[at..at + n) is more of the input than a record may be. */
static inline bool tg_csv_origin_is_long(struct tg_csv_origin *o, const char *p, size_t at,
					 size_t n)
{
	enum { MOST = 255 }; /* bytes that a byte of the text was made from */

	if (TG_LIKELY(!o->decodes))
		return n > o->max;
	return n > o->max / MOST &&
	       tg_csv_origin_place(o, at + n, p, at + n) - tg_csv_origin_place(o, at, p, at) >
		       o->max;
}

/* The bytes of text that was decoded, and that begins at `offset`; none where text is the input's. */
struct tg_str tg_csv_origin_bytes(struct tg_csv_origin *o, struct tg_str text, uint64_t offset);

/* A row does not come out. What is kept of it is its text, or where that is none in the encoding, its bytes. */
void tg_csv_origin_reject(struct tg_csv_origin *o, const char *code, struct tg_str text,
			  const struct tg_place *at, struct tg_work *w);

static inline struct tg_line_end tg_csv_origin_line_end(const struct tg_csv_origin *o)
{
	return (struct tg_line_end){ tg_buffer_str(&o->feed), tg_buffer_str(&o->before) };
}

#endif
