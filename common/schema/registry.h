/*
 * registry: the documents that a contract's references may lead to: those that --schemas names, and the meta-schemas. Nothing is ever
 * fetched.
 *
 * A document is known by the $id in it, and by where it lies: by the URI that was given for it, with the path below a folder behind it.
 * Opened once and read-only from then on; it lives in the run's arena.
 */
#ifndef TG_SCHEMA_REGISTRY_H
#define TG_SCHEMA_REGISTRY_H

#include "common/run/option.h"
#include "common/schema/schema.h"

/*
 * Reads [URI=]PATH each: a file, or a folder, of which all files *.json are read, hidden ones left out. What stands before '=' is a URI
 * only where it begins with a scheme. TG_CONFIG: not there, no JSON, or two different documents of one URI.
 */
TG_MUST_USE enum tg_status tg_registry_open(struct tg_registry **registry,
					    const struct tg_list *schemas,
					    const struct tg_setup *setup, struct tg_error *err);

/*
 * Inside common/schema: the contract with all documents laid behind it, as one text and one row of spans, in which those of the
 * contract keep their places. Meta-schemas are among them where a text seems to name them, besides in the contract's own $schema, and
 * that of `draft` where it is wanted. registry may be NULL.
 */
TG_MUST_USE enum tg_status tg_registry_join(struct tg_contract *joined, const struct tg_contract *c,
					    const struct tg_registry *registry, enum tg_draft draft,
					    bool wanted, struct tg_arena *arena,
					    struct tg_error *err);

#endif
