#include "common/key/whole.h"

#include "common/json/canon.h"
#include "common/json/number.h"

enum { NAME_AT = 2, NAME_MORE = 4 }; /* ,"name": around the name */

static inline bool same_words(const char *a, const char *b, size_t n, size_t word)
{
	return memcmp(a, b, word) == 0 && memcmp(a + n - word, b + n - word, word) == 0;
}

/* Names are mostly short: two words that overlap are compared in line. */
static inline bool same(const char *a, const char *b, size_t n)
{
	if (TG_UNLIKELY(n > 16))
		return memcmp(a, b, n) == 0;
	return n >= 8	? same_words(a, b, n, 8)
	       : n >= 4 ? same_words(a, b, n, 4)
	       : n >= 2 ? same_words(a, b, n, 2)
			: n == 0 || *a == *b;
}

/* The members of this record under the names of the last one; false: they are others, or this is no plain object. */
static bool same_names(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;
	size_t i = 0;

	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		if (k + 1 == rec->source)
			continue;
		if (i == w->n || span[k].n != w->length[i] || span[k].flags ||
		    !same(rec->text.p + span[k].at, w->names.p + w->at[i] + NAME_AT, span[k].n))
			return false;
		w->value[i++] = k + 1;
	}
	return i == w->n;
}

static int compare(const struct tg_whole *w, size_t a, size_t b)
{
	return tg_str_compare(tg_str_from(w->names.p + w->at[a] + NAME_AT, w->length[a]),
			      tg_str_from(w->names.p + w->at[b] + NAME_AT, w->length[b]));
}

/* The n-th name gets its place among those before it. They may come in any order, and be others in each record. */
static void place(struct tg_whole *w, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(w, n, w->order[middle]) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	memmove(w->order + low + 1, w->order + low, (n - low) * sizeof(*w->order));
	w->order[low] = (uint16_t)n;
}

/* False: names with escapes or beyond ASCII, whose order is not that of their bytes, or too many. */
static bool learn(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;
	size_t n = 0;

	w->names.n = 0;
	w->n = SIZE_MAX; /* nothing is like it */
	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		if (k + 1 == rec->source)
			continue;
		if (n == TG_WHOLE_MEMBERS || span[k].flags || span[k].n > UINT16_MAX)
			return false;
		w->length[n] = (uint16_t)span[k].n;
		w->at[n] = (uint32_t)w->names.n;
		tg_buffer_puts(&w->names, ",\"");
		tg_buffer_put(&w->names, rec->text.p + span[k].at, span[k].n);
		tg_buffer_puts(&w->names, "\":");
		place(w, n);
		w->value[n++] = k + 1;
	}
	w->n = n;
	return true;
}

/* Names and values are mostly short: 32 or 64 bytes are copied at once, whatever comes of those behind. Both have room for that. */
static inline void copy(struct tg_buffer *out, const char *from, size_t n)
{
	char *to = out->p + out->n;

	_Static_assert(TG_SLACK >= 64, "copies run over");
	if (TG_LIKELY(n <= 32)) {
		memcpy(to, from, 32);
	} else if (n <= 64) {
		memcpy(to, from, 32);
		memcpy(to + 32, from + 32, 32);
	} else {
		memcpy(to, from, n);
	}
	out->n += n;
}

/* What need not be changed. */
static inline bool is_plain(const struct tg_span *v)
{
	return v->kind == TG_STRING ? !(v->flags & TG_SPAN_ESCAPED) : v->kind < TG_NUMBER;
}

void tg_whole_put(struct tg_whole *w, struct tg_buffer *out, const struct tg_record *rec)
{
	size_t most; /* of names and plain values */

	if (rec->span->kind != TG_OBJECT || (!same_names(w, rec) && !learn(w, rec))) {
		tg_canon_put(out, rec, rec->span, &w->scratch);
		return;
	}
	most = rec->text.n + w->names.n + 2;
	(void)!tg_buffer_room(out, most);
	out->p[out->n++] = '{';
	for (size_t i = 0; i < w->n; i++) {
		size_t m = w->order[i], comma = i > 0;
		const struct tg_span *v = rec->span + w->value[m];

		copy(out, w->names.p + w->at[m] + !comma,
		     (size_t)w->length[m] + NAME_MORE - !comma);
		if (is_plain(v)) {
			struct tg_str raw = tg_span_raw(rec, v);

			copy(out, raw.p, raw.n);
			continue;
		}
		if (v->kind == TG_NUMBER)
			tg_number_put_canonical(out, tg_span_text(rec, v));
		else
			tg_canon_put(out, rec, v, &w->scratch);
		(void)!tg_buffer_room(out, most);
	}
	tg_buffer_putc(out, '}');
}

void tg_whole_release(struct tg_whole *w)
{
	tg_buffer_release(&w->names);
	tg_arena_release(&w->scratch);
}
