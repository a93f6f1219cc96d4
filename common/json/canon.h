/*
 * canon: the canonical form of a value: the same bytes for values that are equal.
 *
 * Member order (by UTF-16 code units) and escapes as RFC 8785; numbers by exact value (number.h), since RFC 8785's way through a
 * double would make different amounts equal. No blanks.
 */
#ifndef TG_JSON_CANON_H
#define TG_JSON_CANON_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/json/record.h"

/* Appends the canonical form of span; the member at index rec->source of the whole is left out with its key. scratch is used, and
 * emptied at the end. No recursion. */
void tg_canon_put(struct tg_buffer *out, const struct tg_record *rec, const struct tg_span *span,
		  struct tg_arena *scratch);

/* Equality as JSON Schema has it (core, 4.2.2): numbers by value, strings by decoded text, objects without order. What
 * tg_canon_put leaves out is left out here too; scratch as there. */
bool tg_value_eq(const struct tg_record *a, const struct tg_span *x, const struct tg_record *b,
		 const struct tg_span *y, struct tg_arena *scratch);

#endif
