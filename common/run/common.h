/*
 * common: the options that programs share, and what their values mean. Inside run/.
 */
#ifndef TG_RUN_COMMON_H
#define TG_RUN_COMMON_H

#include "common/run/program.h"

/* Sets the defaults, and the tables of p's shape behind the tool's own; self is the tool's state. */
void tg_common_tables(struct tg_program *p, void *self);

/* Warns of TIDEGATE_* that no program knows, when the messages are set. */
void tg_common_warn_of_variables(struct tg_program *p, char **environment);

/* Sets what is said on stderr and how, as far as the options are read. */
void tg_common_messages(struct tg_program *p);

/* Fills p->setup and the limit on rejects. TG_USAGE. */
TG_MUST_USE enum tg_status tg_common_apply(struct tg_program *p, struct tg_error *err);

#endif
