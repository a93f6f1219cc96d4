/*
 * input: bytes from a file or from standard input, decompressed where their first bytes say so.
 *
 * Only io/ reads and writes. End of input, a read error and an interruption are three answers. gzip goes through zlib, which checks
 * CRC and length of every member (libarchive does not); zstd through libarchive, loaded when the first bytes call for it. What becomes
 * more than 200 times as large is made to fill disks and hours, not to be read: it ends there. archive-open --max-ratio lets it out.
 */
#ifndef TG_IO_INPUT_H
#define TG_IO_INPUT_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/digest/digest.h"

#include <sys/stat.h>

enum tg_input_mode {
	TG_INPUT_RAW,	 /* the bytes as they are */
	TG_INPUT_UNPACK, /* one layer of gzip or zstd is taken off */
};

struct tg_input {
	int fd;		    /* -1: not open */
	const char *name;   /* for messages: the path as given, or "standard input" */
	struct tg_str base; /* base name of the path; none for standard input */
	struct stat stat;
	bool blocks;	    /* a read may wait: no regular file */
	uint64_t bytes;	    /* read from fd so far, before decompression */
	uint64_t unpacked;  /* that they have become so far, where they are packed */
	const char *packed; /* "gzip", "zstd", NULL: plain (known after the first read) */
	struct tg_unpack *unpack;
	enum tg_input_mode mode;
	/* Called before a read that would wait, and may be NULL: flush what is ready. Its status ends the read. */
	enum tg_status (*idle)(void *arg, struct tg_error *err);
	void *idle_arg;
	struct tg_digest
		*digest; /* of the bytes read from fd; NULL: not wanted (tg_input_want_digest) */
	bool ended;	 /* fd has no more bytes */
	int watch; /* poll this descriptor for its reader's death while waiting (TG_PIPE), -1: none */
};

#define TG_INPUT_INIT ((struct tg_input){ .fd = -1, .watch = -1 })

/* Opens path ("-" is standard input), which must live as long as in. TG_NO_INPUT: not there; a directory is TG_NO_INPUT too. Asks
 * for a large pipe where it is one. */
TG_MUST_USE enum tg_status tg_input_open(struct tg_input *in, const char *path,
					 enum tg_input_mode mode, struct tg_error *err);

/* Reads what is in memory: few bytes, for who takes an input and nothing else. name lives as long as in. TG_IO. */
enum { TG_INPUT_HELD_MOST = 4096 };
TG_MUST_USE enum tg_status tg_input_hold(struct tg_input *in, struct tg_str bytes, const char *name,
					 struct tg_error *err);

/* Reads at most room bytes to p; *n is 0 at the end of input only. TG_IO, TG_DATA (damaged or cut compressed data), TG_PIPE,
 * TG_INTERRUPTED. */
TG_MUST_USE enum tg_status tg_input_read(struct tg_input *in, char *p, size_t room, size_t *n,
					 struct tg_error *err);

/* Before the first read: the bytes are digested as they are, before decompression. */
TG_MUST_USE enum tg_status tg_input_want_digest(struct tg_input *in, struct tg_error *err);
/* After the last read: their SHA-256. What may still stand behind what was read belongs to it. */
TG_MUST_USE enum tg_status tg_input_digest(struct tg_input *in, char hex[TG_SHA256_HEX + 1],
					   struct tg_error *err);

void tg_input_release(struct tg_input *in); /* closes what it opened; standard input stays open */

/* Appends the whole of a small file; more than most bytes is TG_DATA. */
TG_MUST_USE enum tg_status tg_input_slurp(struct tg_buffer *out, const char *path, size_t most,
					  struct tg_error *err);

#endif
