/*
 * decoder: streams: what their first bytes say, and where each place of the text is in the bytes.
 */
#include "common/encoding/set.h"

/* Marks, and whose they are; what begins with another one stands before it. */
static const struct mark {
	struct tg_str text;
	enum tg_set_kind kind;
	bool big;
	const char *name;
} marks[] = {
	{ { "\xef\xbb\xbf", 3 }, TG_SET_UTF8, false, "UTF-8" },
	{ { "\xff\xfe\0\0", 4 }, TG_SET_UTF32, false, "UTF-32" },
	{ { "\0\0\xfe\xff", 4 }, TG_SET_UTF32, true, "UTF-32" },
	{ { "\xff\xfe", 2 }, TG_SET_UTF16, false, "UTF-16" },
	{ { "\xfe\xff", 2 }, TG_SET_UTF16, true, "UTF-16" },
};

/* UTF-16 without a mark: one byte of two is mostly zero. */
static const char *looks_like(struct tg_str bytes)
{
	if (bytes.n < 2 || !bytes.p[0] == !bytes.p[1])
		return NULL;
	return bytes.p[0] ? "utf-16le" : "utf-16be";
}

struct tg_mark tg_encoding_mark(struct tg_encoding *e, struct tg_str bytes, bool last)
{
	for (size_t i = 0; i < TG_COUNT(marks); i++) {
		const struct mark *m = &marks[i];
		size_t n = m->text.n < bytes.n ? m->text.n : bytes.n;

		/* UTF-16 may begin with a NUL behind its mark, which is no mark of UTF-32. */
		if (m->kind == TG_SET_UTF32 && !m->big && e->kind == TG_SET_UTF16)
			continue;
		if (n && memcmp(bytes.p, m->text.p, n) != 0)
			continue;
		if (n < m->text.n) {
			if (last)
				continue;
			return (struct tg_mark){ .kind = TG_MARK_MORE };
		}
		if (m->kind != e->kind || (!e->marked && m->big != e->big))
			return (struct tg_mark){ TG_MARK_OTHER, m->text.n, m->name };
		e->big = m->big;
		return (struct tg_mark){ TG_MARK_OWN, m->text.n, m->name };
	}
	if (e->marked && bytes.n < 2 && !last)
		return (struct tg_mark){ .kind = TG_MARK_MORE };
	if (e->marked && bytes.n)
		return (struct tg_mark){ TG_MARK_LACKS, 0,
					 e->kind == TG_SET_UTF16 ? looks_like(bytes) : NULL };
	return (struct tg_mark){ .kind = TG_MARK_NONE };
}

void tg_decoder_begin(struct tg_decoder *d, struct tg_encoding *encoding)
{
	d->encoding = encoding;
	d->text.n = d->sizes.n = 0;
	d->bytes = d->asked = d->answer = 0;
	tg_set_iconv_restart(encoding);
}

void tg_decoder_release(struct tg_decoder *d)
{
	tg_buffer_release(&d->text);
	tg_buffer_release(&d->sizes);
}

size_t tg_decoder_put(struct tg_decoder *d, struct tg_str bytes, bool last)
{
	size_t used = tg_set_decode(d->encoding, bytes, last, &d->text, &d->sizes);

	(void)tg_buffer_room(&d->text, 0); /* and what must be readable behind it */
	d->bytes += used;
	return used;
}

size_t tg_decoder_bytes(struct tg_decoder *d, size_t n)
{
	/* A shift belongs to the character behind it. */
	if (n >= d->text.n)
		return d->bytes - d->encoding->pending;
	if (n < d->asked)
		d->asked = d->answer = 0;
	d->answer += tg_set_measure(d->encoding, tg_str_from(d->text.p + d->asked, n - d->asked),
				    d->sizes.p ? d->sizes.p + d->asked : NULL);
	d->asked = n;
	/* What is less than a unit stands at the end. */
	return d->answer < d->bytes ? d->answer : d->bytes;
}

void tg_decoder_drop(struct tg_decoder *d, size_t n)
{
	size_t bytes = tg_decoder_bytes(d, n);

	if (n > d->text.n)
		n = d->text.n;
	if (n == 0)
		return;
	memmove(d->text.p, d->text.p + n, d->text.n - n);
	d->text.n -= n;
	if (d->sizes.n) {
		memmove(d->sizes.p, d->sizes.p + n, d->sizes.n - n);
		d->sizes.n -= n;
	}
	(void)tg_buffer_room(&d->text, 0);
	d->bytes -= bytes;
	d->asked = d->answer = 0;
}
