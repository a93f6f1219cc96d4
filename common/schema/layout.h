/*
 * layout: inside common/schema: where in the contract and the documents behind it schemas stand, which resource ($id) and dialect each
 * belongs to, and what a reference points to.
 */
#ifndef TG_SCHEMA_LAYOUT_H
#define TG_SCHEMA_LAYOUT_H

#include "common/schema/dialect.h"
#include "common/schema/keyword.h"
#include "common/schema/names.h"

struct tg_resource {
	struct tg_str uri; /* absolute as far as the document says; without a fragment */
	uint32_t at;
	uint32_t rival; /* another schema of the same URI, 0: there is none */
	uint32_t part;
	struct tg_dialect dialect;
	const struct tg_span
		*stranger; /* a "$schema" that names no dialect of ours; NULL: all is well */
};

struct tg_anchor {
	struct tg_str name;
	uint32_t resource, at;
	bool dynamic;
	bool twice; /* the name stands elsewhere too */
};

/* What is known of a span. */
struct tg_spot {
	uint8_t holds;	   /* enum tg_holds */
	uint32_t resource; /* of a schema */
	uint32_t keyword;  /* the key that it stands under, itself or with its siblings; 0: none */
};

/* Texts to numbers; grows. */
struct tg_index {
	struct tg_names names;
	uint32_t room;
};

struct tg_layout {
	const struct tg_contract *c;
	struct tg_arena *arena;
	const struct tg_keyword_table *keywords;
	struct tg_spot *spot; /* by span */
	struct tg_resource *resource;
	struct tg_anchor *anchor;
	uint32_t resources, resource_room, anchors, anchor_room;
	struct tg_dialect given;	      /* of documents that do not say */
	bool whatever;			      /* and of the contract, even where it says */
	struct tg_index part_of, resource_of; /* by URI */
	struct tg_index anchor_of;	      /* by resource and name */
	struct tg_index map_of; /* by span: objects of many members that references go through */
	struct tg_names *map;
	uint32_t maps, map_room;
};

/*
 * Finds all schemas, identities and anchors of all documents. given: the dialect of a document without $schema; whatever: of the
 * contract in any case. TG_CONFIG for an identity that stands twice.
 */
TG_MUST_USE enum tg_status tg_layout_init(struct tg_layout *l, const struct tg_contract *c,
					  const struct tg_keyword_table *keywords,
					  struct tg_dialect given, bool whatever,
					  struct tg_arena *arena, struct tg_error *err);

/* Looks through what turns out to be a schema of that resource, unless it begins one of its own. */
TG_MUST_USE enum tg_status tg_layout_add(struct tg_layout *l, uint32_t at, uint32_t resource,
					 struct tg_error *err);

/* The dialect that "$schema" names, by a draft or by a meta-schema among the documents. */
TG_MUST_USE enum tg_status tg_layout_dialect(struct tg_layout *l, const struct tg_span *schema,
					     struct tg_dialect *dialect, struct tg_error *err);

/* The document of that URI; false: there is none. */
bool tg_layout_part(const struct tg_layout *l, struct tg_str uri, uint32_t *part);

/*
 * What a reference in the schema at `from` points to. It may be a place that the layout has not seen as a schema; the caller adds it
 * then. *name is the anchor's name where the fragment is one, else none. TG_CONFIG with the reference when there is nothing.
 */
TG_MUST_USE enum tg_status tg_layout_resolve(struct tg_layout *l, uint32_t from,
					     const struct tg_span *reference, uint32_t *at,
					     uint32_t *resource, struct tg_str *name,
					     struct tg_error *err);

/* Where a resource has a dynamic anchor of that name ("": $recursiveAnchor); false: nowhere. */
bool tg_layout_dynamic(const struct tg_layout *l, uint32_t resource, struct tg_str name,
		       uint32_t *at);

static inline const struct tg_dialect *tg_layout_dialect_at(const struct tg_layout *l, uint32_t at)
{
	return &l->resource[l->spot[at].resource].dialect;
}

#endif
