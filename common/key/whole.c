#include "common/key/whole.h"

#include "common/json/canon.h"
#include "common/json/number.h"

/* The members of this record under the names of the last one; false: they are others, or this is no plain object. */
static bool same_names(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;
	size_t i = 0;

	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		if (k + 1 == rec->source)
			continue;
		if (i == w->n || span[k].n != w->length[i] || span[k].flags ||
		    memcmp(rec->text.p + span[k].at, w->names.p + w->at[i], span[k].n) != 0)
			return false;
		w->value[i++] = k + 1;
	}
	return i == w->n;
}

static int compare(const struct tg_whole *w, size_t a, size_t b)
{
	return tg_str_compare(tg_str_from(w->names.p + w->at[a], w->length[a]),
			      tg_str_from(w->names.p + w->at[b], w->length[b]));
}

/* False: names with escapes or beyond ASCII, whose order is not that of their bytes, or too many. */
static bool learn(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;
	size_t n = 0;

	w->names.n = 0;
	w->n = SIZE_MAX; /* nothing is like it */
	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		size_t i;

		if (k + 1 == rec->source)
			continue;
		if (n == TG_WHOLE_MEMBERS || span[k].flags || span[k].n > UINT16_MAX)
			return false;
		w->length[n] = (uint16_t)span[k].n;
		w->at[n] = (uint32_t)w->names.n;
		tg_buffer_put(&w->names, rec->text.p + span[k].at, span[k].n);
		for (i = n; i > 0 && compare(w, n, w->order[i - 1]) < 0; i--)
			w->order[i] = w->order[i - 1];
		w->order[i] = (uint16_t)n;
		w->value[n++] = k + 1;
	}
	w->n = n;
	return true;
}

static void put_value(struct tg_whole *w, struct tg_buffer *out, const struct tg_record *rec,
		      const struct tg_span *v)
{
	if (v->kind == TG_NUMBER)
		tg_number_put_canonical(out, tg_span_text(rec, v));
	else if (v->kind == TG_STRING ? !(v->flags & TG_SPAN_ESCAPED) : v->kind < TG_NUMBER)
		tg_buffer_put_str(out, tg_span_raw(rec, v));
	else
		tg_canon_put(out, rec, v, &w->scratch);
}

void tg_whole_put(struct tg_whole *w, struct tg_buffer *out, const struct tg_record *rec)
{
	if (rec->span->kind != TG_OBJECT || (!same_names(w, rec) && !learn(w, rec))) {
		tg_canon_put(out, rec, rec->span, &w->scratch);
		return;
	}
	tg_buffer_putc(out, '{');
	for (size_t i = 0; i < w->n; i++) {
		size_t m = w->order[i];

		tg_buffer_puts(out, i ? ",\"" : "\"");
		tg_buffer_put(out, w->names.p + w->at[m], w->length[m]);
		tg_buffer_puts(out, "\":");
		put_value(w, out, rec, rec->span + w->value[m]);
	}
	tg_buffer_putc(out, '}');
}

void tg_whole_release(struct tg_whole *w)
{
	tg_buffer_release(&w->names);
	tg_arena_release(&w->scratch);
}
