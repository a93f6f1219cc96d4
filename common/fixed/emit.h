/*
 * emit: inside common/fixed: a record becomes a line of JSON. The hot half, in variants for what the machine has.
 *
 * A plan is made of a kind of record once. What stands between the values is written in it ready-made; common values are trimmed, looked
 * at and copied in wide steps, and all others go to value.c, which alone says what is right. A record with a value that is wrong comes
 * out not at all, and faults.c says why. Nothing is allocated.
 */
#ifndef TG_FIXED_EMIT_H
#define TG_FIXED_EMIT_H

#include "common/fixed/value.h"

struct tg_fixed_op; /* inside emit.c */

/* The record at hand. TG_SLACK bytes behind it are readable. */
struct tg_fixed_row {
	const char *p;
	size_t units;	       /* bytes, or characters where the layout counts those */
	const uint32_t *index; /* where each character begins, and the end; NULL: each is a byte */
	struct tg_str *slot;   /* values that are asked for, by the kind's slots; n 0: none */
	struct tg_str source;  /* what --provenance adds, ready-made; none */
	bool as_text;	       /* what is not of its type comes out as a text */
	char *scratch;	       /* room for one value */
};

/* Members of a record, or of a group that begins at base, each with a comma before it; NULL: one is wrong. */
typedef char *tg_fixed_emitter(const struct tg_fixed_op *op, size_t ops, struct tg_fixed_row *row,
			       size_t base, char *to);

struct tg_fixed_plan {
	const struct tg_fixed_kind *kind;
	struct tg_fixed_op *op;
	size_t ops;
	struct tg_str record; /* `,"record":"name"`, or none */
	size_t most;	      /* bytes of a record that comes out, but for its source */
	size_t value_most;
	tg_fixed_emitter *emit;
};

/* In the arena. */
void tg_fixed_plan_make(struct tg_fixed_plan *plan, const struct tg_fixed_layout *layout,
			const struct tg_fixed_kind *kind, struct tg_arena *arena);

/* Writes an object without a line feed, and fills the slots. NULL: a value is wrong, and the slots are void. */
char *tg_fixed_emit(const struct tg_fixed_plan *plan, struct tg_fixed_row *row, char *to);

/* The bytes of a field that begins `base` units behind the record's beginning. */
static inline struct tg_str tg_fixed_bytes(const struct tg_fixed_row *row, size_t at, size_t width)
{
	if (TG_LIKELY(!row->index))
		return tg_str_from(row->p + at, width);
	return tg_str_from(row->p + row->index[at], row->index[at + width] - row->index[at]);
}

/* Whether a field, in a group that begins at base, comes out: by its conditions, and by those of other readings. */
bool tg_fixed_is_there(const struct tg_fixed_field *f, const struct tg_fixed_row *row, size_t base);

/* How many items a list has; false: more than it may have, or the number cannot be read. */
bool tg_fixed_items(const struct tg_fixed_field *f, const struct tg_fixed_row *row, size_t base,
		    uint32_t *items);

/* Whether a record may be as long as it is. */
bool tg_fixed_length_fits(const struct tg_fixed_kind *kind, const struct tg_fixed_row *row);

#endif
