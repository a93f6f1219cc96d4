#include "common/key/whole.h"

#include "common/json/canon.h"
#include "common/json/number.h"

static inline uint64_t word_at(const void *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Not zero: the name at p is another. One that has the bytes of this, and both quotes, has no escapes either. */
static inline uint64_t differing(const struct tg_whole_member *m, const char *p)
{
	return ((word_at(p) & m->mask[0]) ^ m->word[0]) |
	       ((word_at(p + 8) & m->mask[1]) ^ m->word[1]);
}

/* The same for a record of as many spans as those names and plain values make. It is taken for one that has them, so that no step waits
 * for the one before; that it was so shows in the end. */
static bool same_short_names(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *name = rec->span + 1;
	const char *text = rec->text.p - 1; /* the quote */
	uint64_t differ = 0;

	for (uint32_t i = 0, value = 2; i < w->n; i++, name += 2, value += 2) {
		differ |= differing(w->member + i, text + name->at) | (name[1].next ^ (value + 1));
		w->value[i] = value;
	}
	return !differ;
}

/* The members of this record under the names of the last one; false: they are others. */
static bool same_names(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;
	size_t i = 0;

	if (!w->learnt)
		return false;
	if (TG_LIKELY(w->all_short && !rec->source && span->next == 2 * w->n + 1))
		return same_short_names(w, rec);
	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		const char *p = rec->text.p + span[k].at - 1;
		const struct tg_whole_member *m = w->member + i;

		if (k + 1 == rec->source)
			continue;
		if (i == w->n || span[k].n + 2 != m->n || differing(m, p) ||
		    (m->n > sizeof(m->word) &&
		     memcmp(p + sizeof(m->word), w->names.p + m->at + sizeof(m->word),
			    m->n - sizeof(m->word)) != 0))
			return false;
		w->value[i++] = k + 1;
	}
	return i == w->n;
}

static int compare(const struct tg_whole *w, size_t a, size_t b)
{
	const struct tg_whole_member *x = w->member + a, *y = w->member + b;

	return tg_str_compare(tg_str_from(w->names.p + x->at + 1, x->n - 2),
			      tg_str_from(w->names.p + y->at + 1, y->n - 2));
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

/* The bits of word i of a name of n bytes. */
static uint64_t mask_of(size_t n, size_t i)
{
	unsigned char bytes[16] = { 0 };

	memset(bytes, 0xff, n < sizeof(bytes) ? n : sizeof(bytes));
	return word_at(bytes + 8 * i);
}

/* False: names with escapes or beyond ASCII, whose order is not that of their bytes, or too many; or this is no object. */
static bool learn(struct tg_whole *w, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;
	size_t n = 0;

	w->names.n = 0;
	w->n = 0;
	w->learnt = false;
	w->all_short = true;
	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		struct tg_whole_member *m = w->member + n;
		const char *p = rec->text.p + span[k].at - 1;

		if (k + 1 == rec->source)
			continue;
		if (n == TG_WHOLE_MEMBERS || span[k].flags || span[k].n > UINT16_MAX)
			return false;
		*m = (struct tg_whole_member){ .n = span[k].n + 2, .at = (uint32_t)w->names.n };
		w->all_short = w->all_short && m->n <= sizeof(m->word);
		w->value[n] = k + 1;
		for (size_t i = 0; i < TG_COUNT(m->word); i++) {
			m->mask[i] = mask_of(m->n, i);
			m->word[i] = word_at(p + 8 * i) & m->mask[i];
		}
		tg_buffer_put(&w->names, p, m->n);
		place(w, n++);
	}
	w->n = n;
	w->learnt = true;
	return true;
}

/* Members are mostly short: 32 or 64 bytes are copied at once, whatever comes of those behind. Both have room for that. */
static inline char *copy(char *to, const char *from, size_t n)
{
	_Static_assert(TG_SLACK >= 64, "copies run over");
	memcpy(to, from, 32);
	if (n > 32) {
		memcpy(to + 32, from + 32, 32);
		if (TG_UNLIKELY(n > 64))
			memcpy(to + 64, from + 64, n - 64);
	}
	return to + n;
}

/* What need not be changed. */
static inline bool is_plain(const struct tg_span *v)
{
	return v->kind == TG_STRING ? !(v->flags & TG_SPAN_ESCAPED) : v->kind < TG_NUMBER;
}

/* A value behind what is written up to `to`; gives where more is written. */
static char *put_value(struct tg_whole *w, struct tg_buffer *out, char *to,
		       const struct tg_record *rec, const struct tg_span *v)
{
	if (is_plain(v)) {
		struct tg_str raw = tg_span_raw(rec, v);

		return copy(to, raw.p, raw.n);
	}
	out->n = (size_t)(to - out->p);
	if (v->kind == TG_NUMBER)
		tg_number_put_canonical(out, tg_span_text(rec, v));
	else
		tg_canon_put(out, rec, v, &w->scratch);
	return tg_buffer_room(out, rec->text.n + 2);
}

void tg_whole_put(struct tg_whole *w, struct tg_buffer *out, const struct tg_record *rec)
{
	size_t begin;
	char *to;

	if (rec->span->kind != TG_OBJECT || (!same_names(w, rec) && !learn(w, rec))) {
		tg_canon_put(out, rec, rec->span, &w->scratch);
		return;
	}
	/* Names and plain values are copied out of the text, and there is as much between them there as here. */
	to = tg_buffer_room(out, rec->text.n + 2);
	begin = out->n;
	for (size_t i = 0; i < w->n; i++) {
		const struct tg_span *v = rec->span + w->value[w->order[i]], *name = v - 1;
		const char *text = rec->text.p - 1; /* the quote */
		size_t quote = v->kind == TG_STRING, n = (size_t)name->n + 2;

		*to++ = ',';
		if (TG_LIKELY(is_plain(v) && v->at == name->at + n + quote)) {
			n = v->at + v->n + quote + 1 - name->at; /* nothing stands between them */
			to = copy(to, text + name->at, n);
			continue;
		}
		to = copy(to, text + name->at, n);
		*to++ = ':';
		to = put_value(w, out, to, rec, v);
	}
	to += w->n == 0;
	*to++ = '}';
	out->p[begin] = '{';
	out->n = (size_t)(to - out->p);
}

void tg_whole_release(struct tg_whole *w)
{
	tg_buffer_release(&w->names);
	tg_arena_release(&w->scratch);
}
