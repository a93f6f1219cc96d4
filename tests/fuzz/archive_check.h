/*
 * archive_check: an archive in memory read by the whole opener, and a tar by libarchive, into texts that can be compared.
 *
 * The text of an archive is, for each entry in its order: the name, of a directory with '/', NUL, and of a file its length in decimal,
 * NUL, and its content.
 */
#ifndef TG_TESTS_ARCHIVE_CHECK_H
#define TG_TESTS_ARCHIVE_CHECK_H

#include "common/archive/open.h"

struct archive_seen {
	struct tg_buffer text;
	struct tg_archive_opened opened;
	struct tg_error err;
};

/* limits: NULL for 100 entries, 1 MB each, 2 MB in all, 16 MB of memory. passphrase: NULL for none. */
enum tg_status archive_read_all(struct archive_seen *seen, struct tg_str bytes,
				const struct tg_archive_limits *limits, const char *passphrase);
void archive_seen_release(struct archive_seen *seen);

/* What libarchive makes of a tar without compression; false: it refuses it. */
bool archive_read_tar_otherwise(struct tg_buffer *text, struct tg_str bytes);

/* Each byte changed in ten ways, one at a time: how often it was refused, and read as before. Gives the place of a change that gave
 * something else, or bytes.n. */
size_t archive_flip_all(struct tg_str bytes, const char *passphrase, size_t *refused, size_t *same);

#endif
