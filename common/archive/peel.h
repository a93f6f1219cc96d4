/*
 * peel: the one layer of compression round a tar or a file taken off: gzip and zstd as all programs do (io/unpack.h), bzip2 and xz.
 *
 * Each is read to its end: the check of every member, and that nothing but another member stands behind the last (gzip: or zeros, xz:
 * its own padding). bzip2 and xz are read through their own libraries: libarchive gives up in silence at what follows bzip2, and lets
 * xz take a gigabyte of memory. A window of zstd is at most 128 MiB, which is that library's own limit.
 */
#ifndef TG_ARCHIVE_PEEL_H
#define TG_ARCHIVE_PEEL_H

#include "common/io/unpack.h"

struct tg_peel;

/* "gzip", "zstd", "bzip2", "xz", or NULL: the bytes are none of those. TG_PEEL_MAGIC bytes tell. */
enum { TG_PEEL_MAGIC = 6 };
const char *tg_peel_kind(struct tg_str head);

/* head, of at most TG_UNPACK_HEAD bytes, is copied. memory: that xz may take. TG_UNAVAILABLE: the library for zstd is not there. */
TG_MUST_USE enum tg_status tg_peel_new(struct tg_peel **p, const char *kind, const char *name,
				       struct tg_str head, tg_unpack_pull *pull, void *arg,
				       uint64_t memory, struct tg_error *err);

/* *n is 0 at the end only. TG_DATA: damaged, cut, something behind it, or too much memory. */
TG_MUST_USE enum tg_status tg_peel_read(struct tg_peel *p, char *to, size_t room, size_t *n,
					struct tg_error *err);

void tg_peel_free(struct tg_peel **p);

#endif
