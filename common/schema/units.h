/*
 * units: inside common/schema: the output formats that JSON Schema 2020-12 (core, 12.4) gives to validators: flag, basic, detailed.
 *
 * They need to know by which way a schema was come to, references included. While errors are gathered, and only where a contract is
 * compiled with that wish, each fault keeps its way: the schemas that asked each other, from the whole down.
 */
#ifndef TG_SCHEMA_UNITS_H
#define TG_SCHEMA_UNITS_H

#include "common/schema/machine.h"

/* Keeps the way to a fault; in: its node is asked by the uppermost frame, and is not that frame's own. */
TG_COLD void tg_units_note(struct tg_machine *m, struct tg_found *found, bool in);

/* Forgets the ways of faults that were forgotten. */
TG_COLD void tg_units_forget(struct tg_state *s);

/*
 * Appends the output for the faults told[n], indices in the order of their places. compose (whose self that is) leaves the words for
 * one of them in the state's buffers.
 */
TG_COLD void tg_units_put(struct tg_buffer *out, struct tg_machine *m, const uint32_t *told,
			  uint32_t n, void (*compose)(const void *self, const struct tg_found *e),
			  const void *self);

#endif
