/*
 * inside: inside common/compat: a comparison, as compat.c and diff.c share it.
 */
#ifndef TG_COMPAT_INSIDE_H
#define TG_COMPAT_INSIDE_H

#include "common/compat/compat.h"
#include "common/compat/solve.h"

struct tg_compat {
	struct tg_forms forms;
	struct tg_solver solver;
	const struct tg_compat_judge *judge;
	struct tg_work *work;
	const struct tg_schema *schema[2];
	struct tg_compat_change *change;
	size_t changes, change_room;
	bool lenient;
};

/* Whether the record shows that one version takes what the other does not. */
bool tg_compat_is_witness(struct tg_compat *c, enum tg_compat_way way, struct tg_str json);

/* Looks for one by trying; *witness lives as long as the comparison. */
bool tg_compat_search(struct tg_compat *c, enum tg_compat_way way, struct tg_str *witness);

/* The pointer to a span of a version; lives as long as the comparison. */
struct tg_str tg_compat_pointer(struct tg_compat *c, unsigned version, uint32_t span);

#endif
