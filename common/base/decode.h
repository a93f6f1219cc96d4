/*
 * decode: bytes out of hexadecimal and base64 text, without mercy: what is not exactly the encoding of some bytes is refused, so
 * that of two spellings of the same bytes at most one is taken (hex in either case excepted). Nothing is trimmed or repaired.
 *
 * The bytes go to the end of a buffer; a text that is refused leaves it as it was.
 */
#ifndef TG_BASE_DECODE_H
#define TG_BASE_DECODE_H

#include "common/base/buffer.h"

/* Two digits a byte, of either case. */
TG_MUST_USE bool tg_hex_decode(struct tg_buffer *out, struct tg_str text);

/* RFC 4648 section 4: standard alphabet, padded, the unused bits of the last digit zero. */
TG_MUST_USE bool tg_base64_decode(struct tg_buffer *out, struct tg_str text);

/* RFC 4648 section 5 without padding, as RFC 7515 wants it; the unused bits of the last digit zero. */
TG_MUST_USE bool tg_base64url_decode(struct tg_buffer *out, struct tg_str text);

#endif
