/*
 * unzip: what the entries of a zip hold, by libarchive, of which the reader of seekable zips is enabled and no other format or filter.
 *
 * The directory has been read before (zip.h). What libarchive finds must be the same entries in the same order, by their names; and what
 * it gives of one must be as long as the directory says and have its CRC, both counted here: it calls a wrong CRC a warning, and is told
 * not to count.
 */
#ifndef TG_ARCHIVE_UNZIP_H
#define TG_ARCHIVE_UNZIP_H

#include "common/archive/zip.h"

struct tg_unzip {
	const struct tg_zip *zip;
	const struct tg_archive_bytes *bytes;
	const struct tg_archive_taker *taker;
	const char *passphrase; /* NULL: none */
	bool bzip2, zstd;	/* methods that are read on request */
	bool all;		/* what nobody wants is read to its end, too */
};

/* Gives the content of the entries that are wanted, in their order. TG_REFUSED (code archive-encrypted): there is no passphrase, or not
 * the right one, or the content was changed under it. TG_DATA: damaged, or of a method that is not read. */
TG_MUST_USE enum tg_status tg_unzip(const struct tg_unzip *u, struct tg_error *err);

#endif
