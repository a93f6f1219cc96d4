/*
 * pointer: JSON Pointers (RFC 6901), compiled once and looked up in scanned records.
 *
 * A look-up walks the spans of a record; it builds and copies nothing. That a pointer does not resolve is an answer, not a
 * failure. A compiled pointer is read-only, lives in its arena, and may be shared by threads.
 */
#ifndef TG_JSON_POINTER_H
#define TG_JSON_POINTER_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/json/record.h"

struct tg_pointer {
	struct tg_str *step; /* unescaped */
	size_t steps;
};

/* Copies text. TG_CONFIG for a bad escape or a missing '/'. */
TG_MUST_USE enum tg_status tg_pointer_compile(struct tg_pointer *p, struct tg_str text,
					      struct tg_arena *arena, struct tg_error *err);

/* The value, or NULL. It lives as long as the record. */
const struct tg_span *tg_pointer_find(const struct tg_pointer *p, const struct tg_record *rec);

/* The same, beginning at a value of rec instead of at the whole. */
const struct tg_span *tg_pointer_find_from(const struct tg_pointer *p, const struct tg_record *rec,
					   const struct tg_span *at);

/* The value of a member of the object `object`, or NULL; an object that is none has no members. */
const struct tg_span *tg_member_find(const struct tg_record *rec, const struct tg_span *object,
				     struct tg_str name);

/* Appends "/" and the step with ~ and / escaped. */
void tg_pointer_put_step(struct tg_buffer *out, struct tg_str step);

/* Appends the pointer to span (a value of rec), found by walking from the whole: for messages, not for the hot path. */
void tg_pointer_put(struct tg_buffer *out, const struct tg_record *rec, const struct tg_span *span);

/* The same from another value of rec that span is in. */
void tg_pointer_put_from(struct tg_buffer *out, const struct tg_record *rec,
			 const struct tg_span *from, const struct tg_span *span);

#endif
