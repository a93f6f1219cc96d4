/*
 * normal: texts that people, or file systems, take for the same one: x-normalize of a contract, names of files.
 *
 * trim takes Unicode's white space off both ends; nfc composes; fold takes away the difference of case. ASCII is done here; the rest
 * of nfc and fold is utf8proc's, loaded when it is first called for.
 */
#ifndef TG_BASE_NORMAL_H
#define TG_BASE_NORMAL_H

#include "common/base/buffer.h"
#include "common/base/status.h"

enum {
	TG_NORMAL_TRIM = 1,
	TG_NORMAL_NFC = 2,
	TG_NORMAL_FOLD = 4,
};

/* Loads what `how` needs. TG_UNAVAILABLE: the library is not there; the message says that `who` needs it. */
TG_MUST_USE enum tg_status tg_normal_prepare(unsigned how, const char *who, struct tg_error *err);

/* Appends text, which is UTF-8. After tg_normal_prepare. */
void tg_normal_put(struct tg_buffer *out, struct tg_str text, unsigned how);

#endif
