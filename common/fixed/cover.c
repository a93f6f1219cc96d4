#include "common/fixed/cover.h"

#include "common/base/utf8.h"

#include <stdlib.h>

/* From `at`, up to `end`. */
struct stretch {
	uint32_t at, end;
	const struct tg_fixed_field *field; /* NULL: the tag */
};

static int by_place(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->field > y->field) - (x->field < y->field);
}

static uint32_t end_of(const struct tg_fixed_field *f)
{
	return f->at + f->width * (f->occurs ? f->occurs : 1); /* below 2^24: field.c */
}

static void put_name(struct tg_buffer *out, const struct tg_fixed_field *f)
{
	if (f->type == TG_FIXED_FILLER && f->name.n == 0)
		tg_buffer_puts(out, "a filler");
	else
		tg_utf8_put_safe(out, f->name, 80);
}

static enum tg_status overlap(struct tg_fixed_reading *r, const struct stretch *first,
			      const struct stretch *second)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT;

	put_name(&name, first->field);
	return TG_LAYOUT_OVERLAP(
		r, second->field->span,
		"lies over %.*s, which goes up to %u; a second reading of the same bytes says \"redefines\"",
		TG_STR_ARG(tg_buffer_str(&name)), (unsigned)first->end);
}

static enum tg_status gap(struct tg_fixed_reading *r, const struct tg_span *span, uint32_t from,
			  uint32_t to)
{
	if (from + 1 == to)
		return TG_LAYOUT_OVERLAP(r, span,
					 "no field says what %u is; what is not wanted is a filler",
					 (unsigned)to);
	return TG_LAYOUT_OVERLAP(r, span,
				 "no field says what %u to %u are; what is not wanted is a filler",
				 (unsigned)from + 1, (unsigned)to);
}

/* Stretches in order: each begins where those before it end. The tag may be inside others. */
static enum tg_status walk(struct tg_fixed_reading *r, const struct tg_span *list,
			   const struct stretch *s, size_t n, uint32_t length)
{
	const struct stretch *last = NULL;
	uint32_t end = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i].at > end)
			return gap(r, s[i].field ? s[i].field->span : list, end, s[i].at);
		if (s[i].field && last && s[i].at < last->end)
			return overlap(r, last, &s[i]);
		if (s[i].field)
			last = &s[i];
		if (s[i].end > end)
			end = s[i].end;
	}
	if (end > length && last && last->end > length)
		return TG_LAYOUT_OVERLAP(r, last->field->span,
					 "ends at %u, behind the end, which is at %u",
					 (unsigned)last->end, (unsigned)length);
	return end < length ? gap(r, list, end, length) : TG_OK;
}

enum tg_status tg_fixed_cover(struct tg_fixed_reading *r, const struct tg_span *list,
			      const struct tg_fixed_field *field, size_t fields, uint32_t *length,
			      const struct tg_fixed_kind *top)
{
	const struct tg_fixed_layout *layout = r->layout;
	struct stretch *s = tg_arena_array(r->arena, fields + 1, sizeof(*s));
	uint32_t end = 0;
	size_t n = 0;

	for (size_t i = 0; i < fields; i++) {
		if (field[i].redefines)
			continue;
		s[n++] = (struct stretch){ field[i].at, end_of(&field[i]), &field[i] };
		end = s[n - 1].end > end ? s[n - 1].end : end;
	}
	if (top && layout->tagged) {
		s[n++] = (struct stretch){ .at = layout->tag_at,
					   .end = layout->tag_at + layout->tag_width };
		end = s[n - 1].end > end ? s[n - 1].end : end;
	}
	qsort(s, n, sizeof(*s), by_place);
	if (*length == 0)
		*length = end;
	return walk(r, list, s, n, *length);
}
