/*
 * sidecar: what is known of a landing, as one JSON object beside its data (tidegate-landing(5)).
 */
#ifndef TG_LANDING_SIDECAR_H
#define TG_LANDING_SIDECAR_H

#include "common/landing/land.h"

/* Appends it, with its newline. */
void tg_sidecar_put(struct tg_buffer *out, const struct tg_landing *landing,
		    const struct tg_stage *stage);

#endif
