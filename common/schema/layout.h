/*
 * layout: inside common/schema: where in a contract's document schemas stand, which resource ($id) each belongs to, and what a
 * reference points to.
 */
#ifndef TG_SCHEMA_LAYOUT_H
#define TG_SCHEMA_LAYOUT_H

#include "common/contract/contract.h"

struct tg_resource {
	struct tg_str uri; /* absolute as far as the document says; without a fragment */
	uint32_t at;
};

struct tg_anchor {
	struct tg_str name;
	uint32_t resource, at;
	bool dynamic;
};

/* What is known of a span. */
struct tg_spot {
	uint8_t holds;	   /* enum tg_holds */
	uint32_t resource; /* of a schema */
	uint32_t keyword;  /* the key that it stands under, itself or with its siblings; 0: none */
};

struct tg_layout {
	const struct tg_contract *c;
	struct tg_arena *arena;
	struct tg_spot *spot; /* by span */
	struct tg_resource *resource;
	struct tg_anchor *anchor;
	uint32_t resources, resource_room, anchors, anchor_room;
};

void tg_layout_init(struct tg_layout *l, const struct tg_contract *c, struct tg_arena *arena);

/* Looks through the schema at `at`, which belongs to that resource unless it begins one. TG_CONFIG for an identity that stands
 * twice. */
TG_MUST_USE enum tg_status tg_layout_add(struct tg_layout *l, uint32_t at, uint32_t resource,
					 struct tg_error *err);

/*
 * What a reference in the schema at `from` points to. It may be a place that the layout has not seen as a schema; the caller adds it
 * then. *name is the anchor's name where the fragment is one, else none. TG_CONFIG with the reference when there is nothing.
 */
TG_MUST_USE enum tg_status tg_layout_resolve(const struct tg_layout *l, uint32_t from,
					     const struct tg_span *reference, uint32_t *at,
					     uint32_t *resource, struct tg_str *name,
					     struct tg_error *err);

/* Where a resource has a dynamic anchor of that name; false: nowhere. */
bool tg_layout_dynamic(const struct tg_layout *l, uint32_t resource, struct tg_str name,
		       uint32_t *at);

#endif
