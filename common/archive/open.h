/*
 * open: one archive, or one compressed file, read from its first byte to its last, and what it holds handed on.
 *
 * What it is its first bytes say: a zip, a tar, or either gzip, zstd, bzip2 or xz round a tar or round one file. A zip is kept, in
 * memory or in a file without a name, since its directory stands at its end; all else is read once. Nothing is unpacked twice: an
 * archive in an archive is a file.
 */
#ifndef TG_ARCHIVE_OPEN_H
#define TG_ARCHIVE_OPEN_H

#include "common/archive/entry.h"
#include "common/io/input.h"
#include "common/io/spool.h"

struct tg_archive_opener {
	struct tg_archive_limits limits;
	struct tg_archive_taker taker;
	const char *passphrase; /* of a zip; NULL: none */
	bool bzip2, zstd;	/* methods inside a zip that are read on request */
	bool strict;		/* entries of a zip that nobody wants are read to their ends, too */
	/* Of what is kept: see struct tg_spool. */
	const char *place;
	const char *elsewhere;
	size_t memory;
	struct tg_arena *arena;
};

struct tg_archive_opened {
	const char *kind;    /* "zip", "tar", "file" */
	const char *packing; /* "gzip", "zstd", "bzip2", "xz"; NULL: none, or a zip */
	uint64_t entries;
	uint64_t bytes;	 /* that its entries hold */
	uint64_t packed; /* its own */
	bool weak;	 /* something that was handed on had been encrypted by ZipCrypto */
};

/* Reads `in`, opened raw, to its end. TG_DATA, TG_REFUSED; what the input, the spool and the taker give. */
TG_MUST_USE enum tg_status tg_archive_read(const struct tg_archive_opener *o, struct tg_input *in,
					   struct tg_archive_opened *opened, struct tg_error *err);

#endif
