/*
 * read: inside common/rules: how annotations of the contract are read, with faults that name their place.
 */
#ifndef TG_RULES_READ_H
#define TG_RULES_READ_H

#include "common/contract/contract.h"
#include "common/rules/path.h"

struct tg_reader {
	const struct tg_contract *contract;
	const struct tg_record *doc;
	struct tg_arena *arena;
	struct tg_error *err;
};

/* TG_CONFIG with the place of a value of the contract. */
#define TG_READ_FAULT(c, value, ...) tg_contract_fault((c)->contract, value, (c)->err, __VA_ARGS__)

/* Which span of the document it is. */
size_t tg_read_index(const struct tg_reader *c, const struct tg_span *v);

/* Elements of an array, or members of an object; of other values none. */
size_t tg_read_count(const struct tg_reader *c, const struct tg_span *v);

/* The member whose key that is is none of those known; the nearest that is one is said. */
TG_COLD enum tg_status tg_read_unknown(const struct tg_reader *c, const struct tg_span *key,
				       const struct tg_str *known, size_t n);

/* A path; `text` is what it is, v where a fault is told. */
TG_MUST_USE enum tg_status tg_read_path_text(const struct tg_reader *c, struct tg_path *path,
					     const struct tg_span *v, struct tg_str text,
					     bool stars);

/* A string that is one. */
TG_MUST_USE enum tg_status tg_read_path(const struct tg_reader *c, struct tg_path *path,
					const struct tg_span *v, bool stars);

/* A string that is one, or a list of at least one of them. */
TG_MUST_USE enum tg_status tg_read_paths(const struct tg_reader *c, struct tg_path **path,
					 size_t *n, const struct tg_span *v, bool stars);

#endif
