/*
 * The encoding room on whatever libFuzzer thinks of: the first byte names the set, the second how large the pieces are. In pieces or whole
 * the text is the same and has the same places; where all bytes are characters, they come back from it; where iconv takes the whole, it
 * says the same.
 */
#include "common/base/memory.h"
#include "common/base/utf8.h"
#include "common/encoding/encoding.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "utf-8",	     "utf-16le",    "utf-16be", "utf-32le",
				     "windows-1252", "iso-8859-15", "cp037",	"cp1047",
				     "windows-1258", "shift_jis",   "gb18030",	"euc-jp",
				     "big5",	     "iso-2022-jp", "utf-7",	"ibm939",
				     "utf-32be",     "us-ascii",    "koi8-r",	"big5-hkscs" };

static void fail(const char *name, const char *what)
{
	fprintf(stderr, "encoding: %s: %s\n", name, what);
	abort();
}

/* The text in pieces, and for each byte of it the place that it was made from. What is decoded is dropped now and then. */
static void in_pieces(struct tg_encoding *e, struct tg_str bytes, size_t piece,
		      struct tg_buffer *text, struct tg_buffer *places)
{
	TG_OWN(tg_decoder_release) struct tg_decoder d = TG_DECODER_INIT;
	uint32_t dropped = 0;
	size_t at = 0, end = 0;
	bool last = false;

	tg_decoder_begin(&d, e);
	while (!last) {
		end = bytes.n - end < piece ? bytes.n : end + piece;
		last = end == bytes.n;
		at += tg_decoder_put(&d, tg_str_from(bytes.p + at, end - at), last);
		if (last && at != end)
			fail("in pieces", "not all was taken");
		for (size_t i = 0; i < d.text.n; i++) {
			uint32_t place = dropped + (uint32_t)tg_decoder_bytes(&d, i);

			tg_buffer_put(places, &place, sizeof(place));
		}
		tg_buffer_put_str(text, tg_buffer_str(&d.text));
		dropped += (uint32_t)tg_decoder_bytes(&d, d.text.n);
		tg_decoder_drop(&d, d.text.n);
	}
	if (dropped != bytes.n)
		fail("in pieces", "the places do not add up");
}

static void back_again(struct tg_encoding *e, const char *name, struct tg_str bytes,
		       struct tg_str text, bool exact)
{
	TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer again = TG_BUFFER_INIT;

	if (tg_encoding_encode(e, text, &back) < text.n) {
		if (exact)
			fail(name, "a character does not go back");
		return;
	}
	if (exact && !tg_str_eq(tg_buffer_str(&back), bytes))
		fail(name, "the bytes are other ones");
	(void)tg_encoding_decode(e, tg_buffer_str(&back), &again);
	if (!tg_str_eq(tg_buffer_str(&again), text))
		fail(name, "what was encoded reads differently");
}

static void by_iconv(const char *name, struct tg_str bytes, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer in = TG_BUFFER_INIT;
	iconv_t cd = iconv_open("UTF-8", name);
	char *from, *to = tg_buffer_room(&out, 8 * bytes.n + 64);
	size_t left = bytes.n, room = 8 * bytes.n + 64;

	if (cd == (iconv_t)-1)
		return;
	tg_buffer_put_str(&in, bytes);
	from = in.p;
	if (iconv(cd, &from, &left, &to, &room) == 0 && iconv(cd, NULL, NULL, &to, &room) == 0) {
		out.n = (size_t)(to - out.p);
		if (!tg_str_eq(tg_buffer_str(&out), text))
			fail(name, "iconv says otherwise");
	}
	(void)iconv_close(cd);
}

static void look(const char *name, struct tg_str bytes, size_t piece)
{
	TG_OWN(tg_encoding_free) struct tg_encoding *e = NULL;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer places = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer some = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer some_places = TG_BUFFER_INIT;
	struct tg_error err = TG_ERROR_INIT;
	bool composes = strcmp(name, "windows-1258") == 0 || strcmp(name, "big5-hkscs") == 0;
	bool shifts = strcmp(name, "utf-7") == 0 || strcmp(name, "iso-2022-jp") == 0 ||
		      strcmp(name, "ibm939") == 0;
	size_t bad;

	if (tg_encoding_open(&e, tg_str_of(name), &err))
		return;
	in_pieces(e, bytes, SIZE_MAX, &text, &places);
	in_pieces(e, bytes, piece, &some, &some_places);
	if (!tg_str_eq(tg_buffer_str(&text), tg_buffer_str(&some)))
		fail(name, "in pieces it reads differently");
	if (!tg_str_eq(tg_buffer_str(&places), tg_buffer_str(&some_places)))
		fail(name, "in pieces it has other places");
	tg_buffer_clear(&some);
	bad = tg_encoding_decode(e, bytes, &some);
	if (!tg_str_eq(tg_buffer_str(&text), tg_buffer_str(&some)))
		fail(name, "as a whole it reads differently");
	if ((bad == bytes.n) != (tg_utf8_check(tg_buffer_str(&some)) == some.n))
		fail(name, "a bad byte is not told");
	if (bad < bytes.n)
		return;
	back_again(e, name, bytes, tg_buffer_str(&text),
		   tg_encoding_character(e, 'a') != UINT32_MAX ||
			   (strncmp(name, "utf-", 4) == 0 && name[4] != '7'));
	if (!composes && !shifts)
		by_iconv(name, bytes, tg_buffer_str(&text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size > 1 ? data[1] % 70 + 1 : 1;
	char *copy;

	if (size < 2)
		return 0;
	copy = tg_alloc(size - 2 + TG_SLACK);
	memcpy(copy, data + 2, size - 2);
	look(names[data[0] % TG_COUNT(names)], tg_str_from(copy, size - 2), piece);
	tg_free(copy);
	return 0;
}
