/*
 * encoding: text in a named character set becomes UTF-8, and the way back.
 *
 * What UTF-8, UTF-16 and UTF-32 are is known here, exactly: a surrogate without its other half is no character. All other sets are
 * iconv's. One whose characters are single bytes is asked once, at open, what each of its 256 bytes is, and is a table from then on;
 * the others (Shift_JIS, GB18030, ISO-2022-JP) go through iconv a character at a time. Nothing is ever substituted: bytes that
 * are no character of the set become a byte 0xff in the text, which UTF-8 cannot hold, so that whoever checks the text (base/utf8.h)
 * finds them at their place, and their neighbours are what they were.
 *
 * A field, or any other text that is there as a whole, goes through tg_encoding_decode. A stream goes through a tg_decoder, which
 * takes the bytes in whatever pieces they come and knows for each place in its text which place in the bytes it was made from. It
 * holds what its user has not dropped yet and nothing else. A tg_encoding has a state where its set has one (shift sequences), so
 * it serves one stream, or one field, at a time, and one thread.
 */
#ifndef TG_ENCODING_ENCODING_H
#define TG_ENCODING_ENCODING_H

#include "common/base/buffer.h"
#include "common/base/status.h"

#define TG_ENCODING_BAD '\xff' /* in a text: here is no character of the set */

struct tg_encoding; /* opaque */

/*
 * Finds the set: "utf-8", "utf-16" (its byte order is the mark's), "utf-16le", "utf-32be", "windows-1252", "cp037", or any name that
 * this system's iconv has. TG_CONFIG when there is none: the text says so without a place, "is no character set that ...".
 */
TG_MUST_USE enum tg_status tg_encoding_open(struct tg_encoding **encoding, struct tg_str name,
					    struct tg_error *err);
void tg_encoding_free(struct tg_encoding **encoding); /* for TG_OWN too */

/* The name that it was opened by. */
struct tg_str tg_encoding_name(const struct tg_encoding *encoding);

/* Text in it is UTF-8 already. */
bool tg_encoding_is_utf8(const struct tg_encoding *encoding);

/* ASCII bytes are what they are in ASCII, and no part of any other character. */
bool tg_encoding_is_ascii_based(const struct tg_encoding *encoding);

/* What a byte of a set of single bytes is, or UINT32_MAX: nothing, or it is no such set. */
uint32_t tg_encoding_character(const struct tg_encoding *encoding, unsigned char byte);

/* In EBCDIC a line ends with NL, 0x15, which iconv gives as U+0085; LF is 0x25. From now on the two change places, as on z/OS.
 * False when this is no EBCDIC. */
bool tg_encoding_swap_line_ends(struct tg_encoding *encoding);

/*
 * The first bytes of a file
 */
enum tg_mark_kind {
	TG_MARK_MORE,  /* that depends on bytes that are not there yet */
	TG_MARK_NONE,  /* no mark */
	TG_MARK_OWN,   /* the set's own, of n bytes: no text */
	TG_MARK_OTHER, /* that of another encoding */
	TG_MARK_LACKS, /* there is none, and this set must have one (utf-16) */
};

struct tg_mark {
	enum tg_mark_kind kind;
	size_t n;
	const char *encoding; /* OTHER: whose it is; LACKS: what the bytes look like, or NULL */
};

/* Looks for a byte order mark. For "utf-16" and "utf-32" an own one says from now on what the byte order is. */
struct tg_mark tg_encoding_mark(struct tg_encoding *encoding, struct tg_str bytes, bool last);

/*
 * Texts that are there as a whole
 */

/* Appends the text of bytes to out. Gives bytes.n, or where in bytes the first is that is no character; there the text has
 * TG_ENCODING_BAD. The state of the set begins anew. */
size_t tg_encoding_decode(struct tg_encoding *encoding, struct tg_str bytes, struct tg_buffer *out);

/* Appends text, which is UTF-8, in the set: decoded again it is the same. Gives text.n, or where the first character is that the set
 * has not; then what was appended is void. The state of the set begins anew, and is left as at the start of a text. */
size_t tg_encoding_encode(struct tg_encoding *encoding, struct tg_str text, struct tg_buffer *out);

/* What a file in the set begins with so that it can be read: a mark for "utf-16" and "utf-32", else nothing. */
struct tg_str tg_encoding_mark_written(const struct tg_encoding *encoding);

/*
 * Streams
 */
struct tg_decoder {
	struct tg_encoding *encoding;
	struct tg_buffer text; /* TG_SLACK bytes behind it are readable */
	struct tg_buffer
		sizes; /* of sets that go through iconv: for each first byte of a character, its bytes in the stream */
	size_t bytes; /* of the stream, that the text was made from */
	/* A place that was asked for, and its answer: the next one is mostly behind it. */
	size_t asked, answer;
};

#define TG_DECODER_INIT ((struct tg_decoder){ .encoding = NULL })

/* A new stream, behind its byte order mark; keeps the memory. */
void tg_decoder_begin(struct tg_decoder *d, struct tg_encoding *encoding);
void tg_decoder_release(struct tg_decoder *d); /* not the encoding */

/* Decodes the stream's next bytes; gives how many went into the text. The rest, a few bytes of a character that is not whole, is to come
 * again with more behind it; with `last` there is no rest. */
size_t tg_decoder_put(struct tg_decoder *d, struct tg_str bytes, bool last);

/* How many bytes of the stream text[0..n) was made from. */
size_t tg_decoder_bytes(struct tg_decoder *d, size_t n);

/* Forgets text[0..n). */
void tg_decoder_drop(struct tg_decoder *d, size_t n);

#endif
