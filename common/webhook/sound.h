/*
 * sound: whether a scheme as a whole makes sense, and what it can be trusted with. Inside webhook/.
 */
#ifndef TG_WEBHOOK_SOUND_H
#define TG_WEBHOOK_SOUND_H

#include "common/webhook/scheme.h"

/* What is wrong with it, in words; NULL: nothing. */
const char *tg_scheme_fault(const struct tg_scheme *s);

/* Nobody on the way can give the same request another id. */
bool tg_scheme_signs_id(const struct tg_scheme *s);

/* Why a pass says less than it seems to, where that lies in the algorithm; NULL: it does not. */
const char *tg_scheme_weakness(const struct tg_scheme *s);

#endif
