/*
 * set: inside common/encoding: what is known of a set once it is open.
 */
#ifndef TG_ENCODING_SET_H
#define TG_ENCODING_SET_H

#include "common/encoding/encoding.h"

#include <iconv.h>

enum tg_set_kind {
	TG_SET_UTF8,
	TG_SET_UTF16,
	TG_SET_UTF32,
	TG_SET_TABLE, /* single bytes */
	TG_SET_ICONV, /* more than that */
};

/* One byte's character in UTF-8; of n bytes, or none (0). */
struct tg_set_byte {
	char p[4];
	unsigned char n;
};

/* A character outside ASCII, and the byte that it is. */
struct tg_set_back {
	uint32_t character;
	unsigned char byte;
};

struct tg_encoding {
	enum tg_set_kind kind;
	bool big;    /* UTF-16 and UTF-32: the byte order */
	bool marked; /* a mark says which */
	bool ascii;
	struct tg_buffer name;
	struct tg_set_byte
		byte[256]; /* TABLE; ICONV: those that are characters by themselves, in any state */
	struct tg_set_back back[256]; /* TABLE: sorted */
	size_t backs;
	iconv_t down, up; /* to and from UTF-8; ICONV only */
	bool open;	  /* they are */
	bool shifts;	  /* ICONV: what a byte means depends on what was before */
	size_t pending;	  /* ICONV: bytes that iconv has and that have given no character yet */
};

/* Asks iconv what the set is; false when it does not know it. name is a C string. */
bool tg_set_ask(struct tg_encoding *e, const char *name);

/*
 * Decodes as much as there is of whole characters, and with `last` all. Appends to out, and to sizes (ICONV) one byte for each: how many
 * bytes of the stream the character is that begins there, 0 within it. Gives the bytes used.
 */
size_t tg_set_decode(struct tg_encoding *e, struct tg_str bytes, bool last, struct tg_buffer *out,
		     struct tg_buffer *sizes);

size_t tg_set_iconv_decode(struct tg_encoding *e, struct tg_str bytes, bool last,
			   struct tg_buffer *out, struct tg_buffer *sizes);
size_t tg_set_iconv_encode(struct tg_encoding *e, struct tg_str text, struct tg_buffer *out);
void tg_set_iconv_restart(struct tg_encoding *e);

/* As tg_decoder_bytes, from a place in the text whose answer is known. sizes: ICONV. */
size_t tg_set_measure(const struct tg_encoding *e, struct tg_str text, const char *sizes);

#endif
