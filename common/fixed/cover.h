/*
 * cover: inside common/fixed: whether fields lie side by side, without gaps, and none over another.
 */
#ifndef TG_FIXED_COVER_H
#define TG_FIXED_COVER_H

#include "common/fixed/read.h"

/*
 * The fields of a record (top: its kind) or of a group. *length is how long that is, and becomes the end of the last field where it is
 * 0. TG_CONFIG, "fixed-overlap". Second readings ("redefines") are passed over; the tag may be a field, or none.
 */
TG_MUST_USE enum tg_status tg_fixed_cover(struct tg_fixed_reading *r, const struct tg_span *list,
					  const struct tg_fixed_field *field, size_t fields,
					  uint32_t *length, const struct tg_fixed_kind *top);

#endif
