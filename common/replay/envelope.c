#include "common/replay/envelope.h"

#include "common/base/check.h"
#include "common/base/decode.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

static const struct tg_span *member(const struct tg_record *rec, const struct tg_span *object,
				    const char *name, enum tg_kind kind)
{
	const struct tg_span *v = tg_member_find(rec, object, tg_str_of(name));

	return v && v->kind == kind ? v : NULL;
}

static struct tg_str text(const struct tg_record *rec, const struct tg_span *object,
			  const char *name, struct tg_arena *arena)
{
	const struct tg_span *v = member(rec, object, name, TG_STRING);

	return v ? tg_text_get(arena, rec, v) : TG_STR_NONE;
}

static void read_number(const struct tg_record *rec, const struct tg_span *object, const char *name,
			uint64_t *number)
{
	const struct tg_span *v = member(rec, object, name, TG_NUMBER);

	if (!v || !tg_read_u64(tg_span_text(rec, v), number))
		*number = 0;
}

static const char *read_record(struct tg_envelope *e, const struct tg_record *rec,
			       struct tg_arena *arena, struct tg_buffer *buffer)
{
	struct tg_str digits;

	e->record = text(rec, rec->span, "record", arena);
	if (e->record.p)
		return NULL;
	digits = text(rec, rec->span, "record_base64", arena);
	if (!digits.p)
		return "has neither a member record nor record_base64 that is a string";
	tg_buffer_clear(buffer);
	if (!tg_base64_decode(buffer, digits))
		return "has a record_base64 that is no base64";
	(void)tg_buffer_room(buffer,
			     TG_SLACK); /* so that it is some text, though it may be empty */
	e->record = tg_buffer_str(buffer);
	e->bytes = true;
	return NULL;
}

const char *tg_envelope_read(struct tg_envelope *e, const struct tg_record *rec,
			     struct tg_arena *arena, struct tg_buffer *buffer)
{
	const struct tg_span *at;

	*e = (struct tg_envelope){ .tool = TG_STR_NONE };
	if (rec->span->kind != TG_OBJECT)
		return "is no object";
	e->tool = text(rec, rec->span, "tool", arena);
	if (!e->tool.n)
		return "has no member tool that is a string";
	e->code = text(rec, rec->span, "code", arena);
	if (!e->code.n)
		return "has no member code that is a string";
	e->run = text(rec, rec->span, "run", arena);
	e->sha256 = text(rec, rec->span, "record_sha256", arena);
	at = member(rec, rec->span, "at", TG_OBJECT);
	if (at) {
		e->at.file = text(rec, at, "file", arena);
		read_number(rec, at, "line", &e->at.line);
		read_number(rec, at, "offset", &e->at.offset);
	}
	return read_record(e, rec, arena, buffer);
}

void tg_envelope_put_prepared(struct tg_buffer *out, const struct tg_record *rec,
			      const char sha256[TG_ENVELOPE_SHA256 + 1])
{
	bool first = true;

	tg_buffer_putc(out, '{');
	for (uint32_t k = 1; k < rec->span[0].next; k = rec->span[k + 1].next) {
		if (tg_text_eq(rec, &rec->span[k], TG_STR("record_sha256")))
			continue;
		if (!first)
			tg_buffer_putc(out, ',');
		first = false;
		tg_buffer_put_str(out, tg_span_raw(rec, &rec->span[k]));
		tg_buffer_putc(out, ':');
		tg_buffer_put_str(out, tg_span_raw(rec, &rec->span[k + 1]));
	}
	if (!first)
		tg_buffer_putc(out, ',');
	tg_buffer_printf(out, "\"record_sha256\":\"%s\"}", sha256);
}
