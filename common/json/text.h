/*
 * text: JSON strings decoded and encoded, and comparisons that respect escapes.
 */
#ifndef TG_JSON_TEXT_H
#define TG_JSON_TEXT_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/json/record.h"

/* Appends the decoded text of a scanned string to out. */
void tg_text_decode(struct tg_buffer *out, const struct tg_record *rec,
		    const struct tg_span *string);

/* A piece at a time, for who has no room for the whole, or no use for it at once: decodes from the front of *from, which is the text
 * of a scanned string, into to, and moves *from on; gives how many bytes were written, of room at most. */
enum { TG_TEXT_PART_LEAST = 16 }; /* room must be at least twice this */
size_t tg_text_decode_part(char *to, size_t room, struct tg_str *from);

/* The decoded text: a view into the record where nothing is escaped, else a copy in the arena. */
struct tg_str tg_text_get(struct tg_arena *arena, const struct tg_record *rec,
			  const struct tg_span *string);

/* Whether a scanned string's decoded text is plain; nothing is allocated. */
TG_MUST_USE bool tg_text_eq(const struct tg_record *rec, const struct tg_span *string,
			    struct tg_str plain);

/* Code points of the decoded text. */
size_t tg_text_length(const struct tg_record *rec, const struct tg_span *string);

/* Appends UTF-8 text as a JSON string, quotes included: escapes only what must be (RFC 8785, 3.2.2.2), so it is canonical. */
void tg_json_put_string(struct tg_buffer *out, struct tg_str text);

/*
 * For composing lines of our own, in the order of the calls: writes `,"name":` (no comma behind '{'). name needs no escapes.
 *
 *	tg_buffer_putc(b, '{');
 *	tg_json_put_name(b, "status");
 *	tg_json_put_string(b, TG_STR("ok"));
 *	tg_buffer_putc(b, '}');
 */
void tg_json_put_str_name(struct tg_buffer *out, struct tg_str name);

/* Those with a C string are here, so that the length of a literal is known when it is compiled. */
static inline void tg_json_put_name(struct tg_buffer *out, const char *name)
{
	tg_json_put_str_name(out, tg_str_of(name));
}

/* A string; none (p NULL): nothing. */
static inline void tg_json_put_member(struct tg_buffer *out, const char *name, struct tg_str text)
{
	if (!text.p)
		return;
	tg_json_put_name(out, name);
	tg_json_put_string(out, text);
}

/* Text that is a JSON value; none: nothing. */
static inline void tg_json_put_member_json(struct tg_buffer *out, const char *name,
					   struct tg_str json)
{
	if (!json.p)
		return;
	tg_json_put_name(out, name);
	tg_buffer_put_str(out, json);
}

static inline void tg_json_put_member_u64(struct tg_buffer *out, const char *name, uint64_t value)
{
	tg_json_put_name(out, name);
	tg_buffer_put_u64(out, value);
}

#endif
