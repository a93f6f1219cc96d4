#include "common/json/pointer.h"

#include "common/base/check.h"
#include "common/json/text.h"

/* A step with ~0 and ~1 put right, in place: it only gets shorter. False for another '~'. */
static bool unescape(struct tg_str *step, char *p)
{
	size_t n = 0;

	for (size_t i = 0; i < step->n; i++) {
		p[n] = step->p[i];
		if (p[n] == '~') {
			if (++i == step->n || (step->p[i] != '0' && step->p[i] != '1'))
				return false;
			p[n] = step->p[i] == '0' ? '~' : '/';
		}
		n++;
	}
	*step = tg_str_from(p, n);
	return true;
}

enum tg_status tg_pointer_compile(struct tg_pointer *p, struct tg_str text, struct tg_arena *arena,
				  struct tg_error *err)
{
	struct tg_pointer made = { NULL, 0 };

	if (text.n && text.p[0] != '/')
		return tg_fail(err, TG_CONFIG, "\"%.*s\" is no JSON Pointer: it must begin with /",
			       TG_STR_ARG(text));
	for (size_t i = 0; i < text.n; i++)
		made.steps += text.p[i] == '/';
	made.step = tg_arena_array(arena, made.steps + 1, sizeof(*made.step));
	for (size_t i = 0, at = 1; i < made.steps; i++) {
		struct tg_str rest = tg_str_after(text, at);
		const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;

		if (slash)
			rest.n = (size_t)(slash - rest.p);
		made.step[i] = rest;
		if (!unescape(&made.step[i], tg_arena_take(arena, rest.n + 1)))
			return tg_fail(err, TG_CONFIG,
				       "\"%.*s\" is no JSON Pointer: behind ~ stands 0 or 1",
				       TG_STR_ARG(text));
		at += rest.n + 1;
	}
	*p = made;
	return TG_OK;
}

/* Most keys are told by their length or first byte, and hold no escape. */
static inline bool is_name(const struct tg_record *rec, const struct tg_span *key,
			   struct tg_str name)
{
	const char *text = rec->text.p + key->at;

	if (TG_UNLIKELY(key->flags & TG_SPAN_ESCAPED))
		return tg_text_eq(rec, key, name);
	return key->n == name.n &&
	       (name.n == 0 || (text[0] == name.p[0] && memcmp(text, name.p, name.n) == 0));
}

const struct tg_span *tg_member_find(const struct tg_record *rec, const struct tg_span *object,
				     struct tg_str name)
{
	const struct tg_span *span = rec->span;

	if (object->kind != TG_OBJECT)
		return NULL;
	for (uint32_t k = (uint32_t)(object - span) + 1; k < object->next; k = span[k + 1].next) {
		if (is_name(rec, span + k, name))
			return span + k + 1;
	}
	return NULL;
}

static const struct tg_span *element_find(const struct tg_record *rec, const struct tg_span *array,
					  struct tg_str step)
{
	const struct tg_span *span = rec->span;
	uint64_t index;

	/* No leading zero (RFC 6901, 4); "-" is the element behind the last, which is not there. */
	if (!tg_read_u64(step, &index) || (step.n > 1 && step.p[0] == '0'))
		return NULL;
	for (uint32_t k = (uint32_t)(array - span) + 1; k < array->next; k = span[k].next) {
		if (index-- == 0)
			return span + k;
	}
	return NULL;
}

const struct tg_span *tg_pointer_find_from(const struct tg_pointer *p, const struct tg_record *rec,
					   const struct tg_span *at)
{
	for (size_t i = 0; at && i < p->steps; i++)
		at = at->kind == TG_ARRAY ? element_find(rec, at, p->step[i])
					  : tg_member_find(rec, at, p->step[i]);
	return at;
}

const struct tg_span *tg_pointer_find(const struct tg_pointer *p, const struct tg_record *rec)
{
	return tg_pointer_find_from(p, rec, rec->span);
}

void tg_pointer_put_step(struct tg_buffer *out, struct tg_str step)
{
	tg_buffer_putc(out, '/');
	for (size_t i = 0; i < step.n; i++) {
		if (step.p[i] == '~' || step.p[i] == '/')
			tg_buffer_puts(out, step.p[i] == '~' ? "~0" : "~1");
		else
			tg_buffer_putc(out, step.p[i]);
	}
}

void tg_pointer_put(struct tg_buffer *out, const struct tg_record *rec, const struct tg_span *span)
{
	tg_pointer_put_from(out, rec, rec->span, span);
}

void tg_pointer_put_from(struct tg_buffer *out, const struct tg_record *rec,
			 const struct tg_span *from, const struct tg_span *span)
{
	const struct tg_span *all = rec->span;
	uint32_t target = (uint32_t)(span - all), at = (uint32_t)(from - all);

	while (at != target) {
		bool object = all[at].kind == TG_OBJECT;
		uint32_t k = at + 1;
		uint64_t index = 0;

		/* The member or element that target is, or is in; a key counts as its member. */
		while (all[k + object].next <= target) {
			k = all[k + object].next;
			index++;
		}
		if (object) {
			TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT;

			if (all[k].flags & TG_SPAN_ESCAPED)
				tg_text_decode(&name, rec, all + k);
			tg_pointer_put_step(out, name.p ? tg_buffer_str(&name)
							: tg_span_text(rec, all + k));
		} else {
			tg_buffer_putc(out, '/');
			tg_buffer_put_u64(out, index);
		}
		at = k == target ? target : k + object;
	}
}
