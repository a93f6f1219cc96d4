/*
 * members: inside common/json: the members of an object in canonical order.
 */
#ifndef TG_JSON_MEMBERS_H
#define TG_JSON_MEMBERS_H

#include "common/base/memory.h"
#include "common/json/record.h"

struct tg_member {
	struct tg_str name; /* decoded */
	uint32_t value;	    /* index of its span */
};

/* The members of span[object] by their names' UTF-16 code units (RFC 8785, 3.2.3), without the one at rec->source. */
struct tg_member *tg_members(const struct tg_record *rec, uint32_t object, struct tg_arena *arena,
			     size_t *n);

#endif
