/*
 * utf8: RFC 3629 exactly: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef TG_BASE_UTF8_H
#define TG_BASE_UTF8_H

#include "common/base/buffer.h"
#include "common/base/str.h"

/* The offset of the first byte that is not UTF-8, or s.n when all are. TG_SLACK bytes behind s must be readable. */
size_t tg_utf8_check(struct tg_str s);

/* The first code point of s, which holds at least one byte; *size gets its bytes. UINT32_MAX (and 1) for a bad one. */
uint32_t tg_utf8_decode(struct tg_str s, size_t *size);

/* Writes 1 to 4 bytes; gives how many. */
size_t tg_utf8_encode(uint32_t code_point, char out[4]);

/* Code points in text that is known to be UTF-8. */
size_t tg_utf8_count(struct tg_str s);

/*
 * For messages: what came from outside, made harmless. Control bytes, bytes that are not UTF-8 and code points that could move
 * the cursor or turn the writing direction become \n, \t, \x1b, \u{202e}; at most `most` bytes go in, "..." after a cut.
 */
void tg_utf8_put_safe(struct tg_buffer *out, struct tg_str s, size_t most);

#endif
