/*
 * unpack: one layer of compression taken off a stream. Most others see input.h; archive/ has kinds of its own besides.
 *
 * gzip by zlib: the CRC and length of every member are checked, zero padding behind the last is fine, anything else there is
 * damage. zstd by libarchive, opened when first called for.
 */
#ifndef TG_IO_UNPACK_H
#define TG_IO_UNPACK_H

#include "common/base/status.h"

enum {
	TG_UNPACK_MAGIC = 4,
	TG_UNPACK_HEAD = 64 * 1024, /* the most that may be read before the kind is known */
};

struct tg_unpack;

/* Whether head, fewer than TG_UNPACK_MAGIC bytes, could begin a compressed stream. */
bool tg_unpack_may_be(struct tg_str head);

/* "gzip", "zstd", or NULL for plain. */
const char *tg_unpack_kind(struct tg_str head);

/* Reads more of the packed stream; *n is 0 at its end. */
typedef enum tg_status tg_unpack_pull(void *arg, char *p, size_t room, size_t *n,
				      struct tg_error *err);

/* head is copied: what was read to know the kind. name is for messages. TG_UNAVAILABLE: the library is not there. */
TG_MUST_USE enum tg_status tg_unpack_new(struct tg_unpack **u, const char *kind, const char *name,
					 struct tg_str head, tg_unpack_pull *pull, void *arg,
					 struct tg_error *err);

/* *n is 0 at the end only. TG_DATA: damaged or cut. */
TG_MUST_USE enum tg_status tg_unpack_read(struct tg_unpack *u, char *p, size_t room, size_t *n,
					  struct tg_error *err);

void tg_unpack_free(struct tg_unpack **u);

#endif
