/*
 * media: of which type some content is, by its first bytes: what file(1) says.
 *
 * By libmagic, loaded when it is first asked. It guesses; a text that could be anything is text/plain.
 */
#ifndef TG_IO_MEDIA_H
#define TG_IO_MEDIA_H

#include "common/base/memory.h"
#include "common/base/status.h"

enum { TG_MEDIA_HEAD = 1 << 20 }; /* bytes that are worth looking at */

/* The type, such as text/csv, in the arena. TG_UNAVAILABLE: there is no libmagic, or not its data. */
TG_MUST_USE enum tg_status tg_media_type(struct tg_str *type, struct tg_str head,
					 struct tg_arena *arena, struct tg_error *err);

/* Whether a text names a type, or with an asterisk all of a kind: text/csv, text/asterisk. */
bool tg_media_is_type(struct tg_str text);
/* Whether type is what wanted names. */
bool tg_media_fits(struct tg_str type, struct tg_str wanted);

#endif
