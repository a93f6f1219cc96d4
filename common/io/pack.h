/*
 * pack: bytes become a zstd frame as they come (RFC 8878), with a checksum of the content in it.
 *
 * By libzstd, loaded when the first packer is made. One packer, one frame; not shared by threads. The bytes that come out depend on
 * the library's version, so nothing may be known by their digest.
 */
#ifndef TG_IO_PACK_H
#define TG_IO_PACK_H

#include "common/base/status.h"

struct tg_pack; /* opaque */

/* Where packed bytes go. */
typedef enum tg_status tg_pack_out(void *arg, struct tg_str bytes, struct tg_error *err);

/* TG_UNAVAILABLE: there is no libzstd, or one that is too old. */
TG_MUST_USE enum tg_status tg_pack_new(struct tg_pack **pack, tg_pack_out *out, void *arg,
				       struct tg_error *err);
TG_MUST_USE enum tg_status tg_pack_add(struct tg_pack *pack, struct tg_str bytes,
				       struct tg_error *err);
/* All have come: the frame is ended. */
TG_MUST_USE enum tg_status tg_pack_end(struct tg_pack *pack, struct tg_error *err);
void tg_pack_free(struct tg_pack **pack); /* for TG_OWN too */

#endif
