/*
 * normal: inside common/key: x-normalize: texts that people take for the same one.
 *
 * trim takes Unicode's white space off both ends; nfc composes; fold takes away the difference of case. ASCII is done here; the rest
 * of nfc and fold is utf8proc's, loaded when a contract asks for it.
 */
#ifndef TG_KEY_NORMAL_H
#define TG_KEY_NORMAL_H

#include "common/base/buffer.h"
#include "common/base/status.h"

enum {
	TG_NORMAL_TRIM = 1,
	TG_NORMAL_NFC = 2,
	TG_NORMAL_FOLD = 4,
};

/* Loads what `how` needs. TG_UNAVAILABLE: the library is not there. */
TG_MUST_USE enum tg_status tg_normal_prepare(unsigned how, struct tg_error *err);

/* Appends text, which is UTF-8. After tg_normal_prepare. */
void tg_normal_put(struct tg_buffer *out, struct tg_str text, unsigned how);

#endif
