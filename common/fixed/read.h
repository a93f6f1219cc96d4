/*
 * read: inside common/fixed: how the keys of a layout are read, with faults that name their place.
 *
 * An object's members are collected by the names that it may have, and then looked at in the order that suits the reader.
 */
#ifndef TG_FIXED_READ_H
#define TG_FIXED_READ_H

#include "common/fixed/layout.h"

struct tg_fixed_reading {
	struct tg_fixed_layout *layout;
	const struct tg_contract *doc; /* what the spans at hand are of */
	const struct tg_contract *contract;
	const struct tg_setup *setup;
	const struct tg_fixed_field *group; /* that the fields at hand are in, or NULL */
	struct tg_arena *arena;
	struct tg_error *err;
};

/* TG_CONFIG with the place of a value. */
#define TG_LAYOUT_FAULT(r, value, ...) tg_contract_fault((r)->doc, value, (r)->err, __VA_ARGS__)

/* The same with the code "fixed-overlap". */
#define TG_LAYOUT_OVERLAP(r, value, ...)                                                           \
	(TG_LAYOUT_FAULT(r, value, __VA_ARGS__), (r)->err->code = "fixed-overlap", TG_CONFIG)

/* value[i] becomes the member called name[i], or NULL. A member of another name is TG_CONFIG, with the nearest that there is; what is no
 * object too. `what` is said of it: "x-fixed". */
TG_MUST_USE enum tg_status tg_fixed_collect(struct tg_fixed_reading *r,
					    const struct tg_span *object, const char *what,
					    const struct tg_str *name, const struct tg_span **value,
					    size_t n);

struct tg_str tg_fixed_text(const struct tg_fixed_reading *r, const struct tg_span *value);

/* Each leaves *to as it is where value is NULL. */
TG_MUST_USE enum tg_status tg_fixed_read_string(struct tg_fixed_reading *r,
						const struct tg_span *value, struct tg_str *to);
TG_MUST_USE enum tg_status tg_fixed_read_flag(struct tg_fixed_reading *r,
					      const struct tg_span *value, bool *to);
TG_MUST_USE enum tg_status tg_fixed_read_number(struct tg_fixed_reading *r,
						const struct tg_span *value, uint64_t least,
						uint64_t most, uint64_t *to);
/* One of the words, which end with NULL: which one. */
TG_MUST_USE enum tg_status tg_fixed_read_choice(struct tg_fixed_reading *r,
						const struct tg_span *value,
						const char *const *word, unsigned *to);
TG_MUST_USE enum tg_status tg_fixed_read_set(struct tg_fixed_reading *r,
					     const struct tg_span *value,
					     const struct tg_charset **to);

/* Elements of a list, members of an object; of another value itself. */
size_t tg_fixed_count(const struct tg_fixed_reading *r, const struct tg_span *value);
/* The next one; begins with NULL. A value that is no list is a list of itself. */
const struct tg_span *tg_fixed_next(const struct tg_fixed_reading *r, const struct tg_span *list,
				    const struct tg_span *now);

/* "/name" becomes name. */
TG_MUST_USE enum tg_status tg_fixed_read_pointer(struct tg_fixed_reading *r,
						 const struct tg_span *value, struct tg_str text,
						 struct tg_str *name);

/* field.c: the list of fields of a record or group of `length`, 0: as long as they are. */
TG_MUST_USE enum tg_status tg_fixed_read_fields(struct tg_fixed_reading *r,
						struct tg_fixed_kind *kind,
						const struct tg_span *list);

/* when.c: conditions upon fields of the same record or group. */
TG_MUST_USE enum tg_status tg_fixed_read_when(struct tg_fixed_reading *r,
					      const struct tg_span *value,
					      struct tg_fixed_field *field, size_t fields,
					      struct tg_fixed_when *when);
struct tg_fixed_field *tg_fixed_field_find(struct tg_fixed_field *field, size_t fields,
					   struct tg_str name);

/* control.c */
TG_MUST_USE enum tg_status tg_fixed_read_control(struct tg_fixed_reading *r,
						 const struct tg_span *list);
/* A tag; which kind it is. */
TG_MUST_USE enum tg_status tg_fixed_read_kind(struct tg_fixed_reading *r,
					      const struct tg_span *value, uint32_t *kind);
/* A tag or a list of them: those kinds. */
TG_MUST_USE enum tg_status tg_fixed_read_kinds(struct tg_fixed_reading *r,
					       const struct tg_span *value, bool **kinds);

/* Whether its value is a JSON number. */
static inline bool tg_fixed_is_number(const struct tg_fixed_field *f)
{
	return (f->type == TG_FIXED_NUMBER || f->type == TG_FIXED_PACKED ||
		f->type == TG_FIXED_BINARY) &&
	       !f->dated && !f->as_text;
}

#endif
