/*
 * annotation: inside common/contract: which x- keys there are, where they count, and what form they have.
 */
#ifndef TG_CONTRACT_ANNOTATION_H
#define TG_CONTRACT_ANNOTATION_H

#include "common/contract/contract.h"

/*
 * Looks at the x- keys of every schema in the document. One that is not known, or stands where nothing reads it, is a warning; one
 * of the wrong form is TG_CONFIG. What x-csv and x-fixed hold is checked by the room that reads them.
 */
TG_MUST_USE enum tg_status tg_annotations_check(const struct tg_contract *c,
						const struct tg_setup *setup, struct tg_error *err);

#endif
