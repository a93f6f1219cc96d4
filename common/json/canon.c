#include "common/json/canon.h"

#include "common/json/members.h"
#include "common/json/number.h"
#include "common/json/text.h"

/* UTF-8 sorts like code points; UTF-16 has the surrogates of what is above U+FFFF before U+E000. So of two lead bytes that differ
 * F0 to F4 come before EE and EF. */
static unsigned rank(char c)
{
	unsigned byte = (unsigned char)c;

	return byte < 0xee ? byte : byte < 0xf0 ? byte + 0x10 : byte - 2;
}

static bool in_order(const struct tg_member *a, const struct tg_member *b)
{
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;

	for (size_t i = 0; i < n; i++) {
		if (a->name.p[i] != b->name.p[i])
			return rank(a->name.p[i]) < rank(b->name.p[i]);
	}
	return a->name.n <= b->name.n;
}

/* Two runs that lie behind each other become one, in to. */
static void merge(struct tg_member *to, const struct tg_member *a, size_t na,
		  const struct tg_member *b, size_t nb)
{
	while (na && nb) {
		if (in_order(a, b))
			*to++ = *a++, na--;
		else
			*to++ = *b++, nb--;
	}
	memcpy(to, na ? a : b, (na + nb) * sizeof(*to));
}

/* By merging: no input makes it slow, and unlike qsort(3) it takes its memory from the arena, for what may run for every record. */
static struct tg_member *sort(struct tg_member *member, size_t n, struct tg_arena *arena)
{
	struct tg_member *from = member, *to = NULL, *swap;
	bool sorted = true;

	for (size_t i = 1; sorted && i < n; i++)
		sorted = in_order(member + i - 1, member + i);
	if (sorted)
		return member;
	to = tg_arena_array(arena, n, sizeof(*to));
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t i = 0; i < n; i += 2 * run) {
			size_t left = n - i, na = left < run ? left : run,
			       nb = left - na < run ? left - na : run;

			merge(to + i, from + i, na, from + i + na, nb);
		}
		swap = from;
		from = to;
		to = swap;
	}
	return from;
}

struct tg_member *tg_members(const struct tg_record *rec, uint32_t object, struct tg_arena *arena,
			     size_t *n)
{
	const struct tg_span *span = rec->span;
	struct tg_member *member;
	size_t count = 0;

	for (uint32_t k = object + 1; k < span[object].next; k = span[k + 1].next)
		count++;
	member = tg_arena_array(arena, count, sizeof(*member));
	count = 0;
	for (uint32_t k = object + 1; k < span[object].next; k = span[k + 1].next) {
		if (k + 1 == rec->source)
			continue;
		member[count].name = tg_text_get(arena, rec, span + k);
		member[count++].value = k + 1;
	}
	*n = count;
	return sort(member, count, arena);
}

/* An array or object that is under way, in one record or in two that are compared. */
struct open {
	bool object, begun;
	size_t left; /* of an object: members still to come, in both the same */
	struct tg_member *member, *other_member;
	uint32_t next, end, other_next, other_end; /* of an array: spans still to come */
};

/* Those that are open, in scratch memory; it may lie there twice when it grows. */
struct stack {
	struct open *open;
	size_t n, room;
	struct tg_arena *scratch;
};

static struct open *push(struct stack *stack)
{
	if (stack->n == stack->room) {
		size_t room = stack->room ? stack->room * 2 : 16;
		struct open *open = tg_arena_array(stack->scratch, room, sizeof(*open));

		if (stack->n)
			memcpy(open, stack->open, stack->n * sizeof(*open));
		stack->open = open;
		stack->room = room;
	}
	return memset(stack->open + stack->n++, 0, sizeof(*stack->open));
}

static void put_string(struct tg_buffer *out, const struct tg_record *rec,
		       const struct tg_span *span, struct tg_arena *scratch)
{
	/* What is spelt without escapes is spelt as we do. */
	if (span->flags & TG_SPAN_ESCAPED)
		tg_json_put_string(out, tg_text_get(scratch, rec, span));
	else
		tg_buffer_put_str(out, tg_span_raw(rec, span));
}

/* A value, or of an array or object what comes first; the rest is left on the stack. */
static void begin(struct tg_buffer *out, const struct tg_record *rec, uint32_t k,
		  struct stack *stack)
{
	const struct tg_span *span = rec->span + k;
	struct open *open;

	switch ((enum tg_kind)span->kind) {
	case TG_NULL:
	case TG_FALSE:
	case TG_TRUE:
		tg_buffer_put_str(out, tg_span_text(rec, span));
		return;
	case TG_NUMBER:
		tg_number_put_canonical(out, tg_span_text(rec, span));
		return;
	case TG_STRING:
		put_string(out, rec, span, stack->scratch);
		return;
	case TG_ARRAY:
		open = push(stack);
		open->next = k + 1;
		open->end = span->next;
		tg_buffer_putc(out, '[');
		return;
	case TG_OBJECT:
		open = push(stack);
		open->object = true;
		open->member = tg_members(rec, k, stack->scratch, &open->left);
		tg_buffer_putc(out, '{');
		return;
	}
}

static bool is_over(const struct open *open)
{
	return open->object ? open->left == 0 : open->next >= open->end;
}

void tg_canon_put(struct tg_buffer *out, const struct tg_record *rec, const struct tg_span *span,
		  struct tg_arena *scratch)
{
	struct stack stack = { .scratch = scratch };

	begin(out, rec, (uint32_t)(span - rec->span), &stack);
	while (stack.n) {
		struct open *open = stack.open + stack.n - 1;
		uint32_t k = open->next;

		if (is_over(open)) {
			tg_buffer_putc(out, open->object ? '}' : ']');
			stack.n--;
			continue;
		}
		if (open->begun)
			tg_buffer_putc(out, ',');
		open->begun = true;
		if (open->object) {
			tg_json_put_string(out, open->member->name);
			tg_buffer_putc(out, ':');
			k = open->member->value;
			open->member++;
			open->left--;
		} else {
			open->next = rec->span[k].next;
		}
		begin(out, rec, k, &stack);
	}
	tg_arena_reset(scratch);
}

static bool same_strings(const struct tg_record *a, const struct tg_span *x,
			 const struct tg_record *b, const struct tg_span *y,
			 struct tg_arena *scratch)
{
	if (y->flags & TG_SPAN_ESCAPED)
		return tg_text_eq(a, x, tg_text_get(scratch, b, y));
	return tg_text_eq(a, x, tg_span_text(b, y));
}

static bool same_names(const struct tg_member *x, const struct tg_member *y, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!tg_str_eq(x[i].name, y[i].name))
			return false;
	}
	return true;
}

/* False when the values differ; of arrays and objects what they hold is left on the stack, to be compared. */
static bool begin_both(const struct tg_record *a, uint32_t i, const struct tg_record *b, uint32_t j,
		       struct stack *stack)
{
	const struct tg_span *x = a->span + i, *y = b->span + j;
	struct open *open;
	size_t n;

	if (x->kind != y->kind)
		return false;
	switch ((enum tg_kind)x->kind) {
	case TG_NULL:
	case TG_FALSE:
	case TG_TRUE:
		return true;
	case TG_NUMBER:
		return tg_number_compare(tg_span_text(a, x), tg_span_text(b, y)) == 0;
	case TG_STRING:
		return same_strings(a, x, b, y, stack->scratch);
	case TG_ARRAY:
		open = push(stack);
		open->next = i + 1;
		open->end = x->next;
		open->other_next = j + 1;
		open->other_end = y->next;
		return true;
	case TG_OBJECT:
		open = push(stack);
		open->object = true;
		open->member = tg_members(a, i, stack->scratch, &open->left);
		open->other_member = tg_members(b, j, stack->scratch, &n);
		return n == open->left && same_names(open->member, open->other_member, n);
	}
	return false;
}

/* Compares what comes next in the topmost array or object. */
static bool step_both(const struct tg_record *a, const struct tg_record *b, struct stack *stack)
{
	struct open *open = stack->open + stack->n - 1;
	uint32_t i = open->next, j = open->other_next;

	if (open->object) {
		if (open->left == 0)
			return stack->n--, true;
		open->left--;
		return begin_both(a, open->member++->value, b, open->other_member++->value, stack);
	}
	if (i >= open->end || j >= open->other_end)
		return stack->n--, i >= open->end && j >= open->other_end;
	open->next = a->span[i].next;
	open->other_next = b->span[j].next;
	return begin_both(a, i, b, j, stack);
}

bool tg_value_eq(const struct tg_record *a, const struct tg_span *x, const struct tg_record *b,
		 const struct tg_span *y, struct tg_arena *scratch)
{
	struct stack stack = { .scratch = scratch };
	bool same = begin_both(a, (uint32_t)(x - a->span), b, (uint32_t)(y - b->span), &stack);

	while (same && stack.n)
		same = step_both(a, b, &stack);
	tg_arena_reset(scratch);
	return same;
}
