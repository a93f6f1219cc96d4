/*
 * charset: inside common/fixed: what the bytes of a field are. ASCII, UTF-8, or a set of single bytes that common/encoding knows.
 *
 * It is applied to text and to written numbers only; packed and binary fields are never transcoded. What a byte becomes inside a JSON
 * string stands in a table, escapes and all. Read-only once open; it lives in the arena that it was opened with.
 */
#ifndef TG_FIXED_CHARSET_H
#define TG_FIXED_CHARSET_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"

/* A character inside a JSON string, in UTF-8; n 0: the byte is none, or it is NUL. All eight bytes may be copied. */
struct tg_charset_byte {
	char p[7];
	unsigned char n;
};

struct tg_charset {
	struct tg_str name;
	bool utf8;	  /* what is above 0x7f is looked at as UTF-8 */
	bool ascii_based; /* what is below 0x80 is ASCII, escapes excepted */
	bool zoned;	  /* EBCDIC: a digit has its zone in the high half of its byte */
	bool numeric;	  /* the digits stand together, as numbers need */
	unsigned char zero, blank, plus, minus, point, comma;
	unsigned char nul; /* the byte that is U+0000 */
	struct tg_charset_byte byte[256];
	unsigned char plain
		[256]; /* the ASCII character that a byte is, where it needs no escape; else 0 */
	uint32_t character[256]; /* UINT32_MAX: none */
	/* What a digit with a sign over it is: 0x10 more for minus, 0xff: it is none. By IBM, and by Micro Focus in ASCII. */
	unsigned char over[256], over_ascii[256];
};

/* "ascii", "utf-8", or any set of single bytes that common/encoding finds. TG_CONFIG without a place. */
TG_MUST_USE enum tg_status tg_charset_open(const struct tg_charset **set, struct tg_str name,
					   struct tg_arena *arena, struct tg_error *err);

/* The bytes of a text in UTF-8; false where the set has no such character. */
TG_MUST_USE bool tg_charset_encode(const struct tg_charset *set, struct tg_str text,
				   struct tg_arena *arena, struct tg_str *bytes);

/* Appends bytes as UTF-8; what is no character becomes U+FFFD: for messages and comparisons, not for records. */
void tg_charset_put(struct tg_buffer *out, const struct tg_charset *set, struct tg_str bytes);

/* Writes bytes as the inside of a JSON string, NULL if one is no character or NUL, which *bad then points at. Up to 7 bytes are
 * written for each, and TG_SLACK may be scribbled on; as many are readable behind bytes. */
char *tg_charset_write(char *to, const struct tg_charset *set, struct tg_str bytes,
		       const char **bad);

#endif
