/*
 * Formulas of a given value. Schemas go deep only as far as values do, and a value that goes too deep is "maybe".
 */
#include "common/compat/solve.h"

#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/run/work.h"

enum { DEPTH_MAX = 400 };

struct eval {
	struct tg_solver *s;
	const struct tg_record *rec;
	unsigned depth;
};

static enum tg_truth eval(struct eval *e, uint32_t form, uint32_t span);

static enum tg_truth of(bool yes)
{
	return yes ? TG_TRUTH_YES : TG_TRUTH_NO;
}

static enum tg_truth flip(enum tg_truth t)
{
	return t == TG_TRUTH_MAYBE ? t : of(t == TG_TRUTH_NO);
}

static enum tg_truth eval_all(struct eval *e, const uint32_t *form, uint32_t n, uint32_t span)
{
	enum tg_truth so_far = TG_TRUTH_YES;

	for (uint32_t i = 0; i < n; i++) {
		enum tg_truth t = eval(e, form[i], span);

		if (t == TG_TRUTH_NO)
			return t;
		if (t == TG_TRUTH_MAYBE)
			so_far = t;
	}
	return so_far;
}

static enum tg_truth eval_any(struct eval *e, const struct tg_form *form, uint32_t span)
{
	enum tg_truth so_far = TG_TRUTH_NO;

	for (uint32_t i = 0; i < form->args; i++) {
		enum tg_truth t = eval(e, form->arg[i], span);

		if (t == TG_TRUTH_YES)
			return t;
		if (t == TG_TRUTH_MAYBE)
			so_far = t;
	}
	return so_far;
}

static enum tg_truth eval_one(struct eval *e, const struct tg_form *form, uint32_t span)
{
	uint32_t yes = 0, maybe = 0;

	for (uint32_t i = 0; i < form->args && yes < 2; i++) {
		enum tg_truth t = eval(e, form->arg[i], span);

		yes += t == TG_TRUTH_YES;
		maybe += t == TG_TRUTH_MAYBE;
	}
	if (yes > 1)
		return TG_TRUTH_NO;
	return maybe ? TG_TRUTH_MAYBE : of(yes == 1);
}

static enum tg_truth eval_if(struct eval *e, const struct tg_form *form, uint32_t span)
{
	enum tg_truth t = eval(e, form->arg[0], span);

	if (t == TG_TRUTH_MAYBE)
		return t;
	return eval(e, form->arg[t == TG_TRUTH_YES ? 1 : 2], span);
}

/* What counts as evaluated is the validator's business. */
static enum tg_truth eval_node(struct eval *e, const struct tg_form *form, uint32_t span)
{
	struct tg_schema part = *e->s->f->doc[form->doc].schema;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_record rec = { .source = 0 };

	tg_buffer_put_str(&text, tg_span_raw(e->rec, &e->rec->span[span]));
	(void)tg_buffer_room(&text, 0);
	if (tg_scan(scanner, tg_buffer_str(&text), &rec) != TG_SCAN_OK)
		return TG_TRUTH_MAYBE;
	part.root = form->node;
	return of(tg_schema_valid(&part, &rec, e->s->work));
}

static enum tg_truth eval_among(struct eval *e, const struct tg_form *form, uint32_t span)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	uint32_t low = 0, high = form->args;

	tg_canon_put(&text, e->rec, &e->rec->span[span], &scratch);
	while (low < high) { /* they are in order: tg_forms_merge, tg_solve_words */
		uint32_t middle = low + (high - low) / 2;
		int order = tg_str_compare(tg_buffer_str(&text), form->value[middle]);

		if (order == 0)
			return TG_TRUTH_YES;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return TG_TRUTH_NO;
}

static enum tg_truth eval_string(struct eval *e, const struct tg_form *form, uint32_t span)
{
	struct tg_str text = tg_text_get(&e->s->arena, e->rec, &e->rec->span[span]);

	if (form->op == TG_FORM_FORMAT)
		return of(form->format->is(text));
	switch (tg_pattern_match(form->pattern, text, &e->s->matcher)) {
	case TG_MATCH_NO:
		return TG_TRUTH_NO;
	case TG_MATCH_YES:
		return TG_TRUTH_YES;
	case TG_MATCH_LIMIT:
		break;
	}
	return TG_TRUTH_MAYBE;
}

static enum tg_truth eval_unique(struct eval *e, uint32_t array)
{
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	const struct tg_span *span = e->rec->span;

	for (uint32_t a = array + 1; a < span[array].next; a = span[a].next)
		for (uint32_t b = span[a].next; b < span[array].next; b = span[b].next) {
			if (!tg_solve_step(e->s, 1))
				return TG_TRUTH_MAYBE;
			if (tg_value_eq(e->rec, &span[a], e->rec, &span[b], &scratch))
				return TG_TRUTH_NO;
		}
	return TG_TRUTH_YES;
}

static enum tg_truth eval_items(struct eval *e, const struct tg_form *form, uint32_t array)
{
	const struct tg_span *span = e->rec->span;
	enum tg_truth so_far = TG_TRUTH_YES;
	uint32_t i = 0;

	for (uint32_t a = array + 1; a < span[array].next; a = span[a].next, i++) {
		uint32_t of_it = i < form->args ? form->arg[i] : form->rest;
		enum tg_truth t;

		if (of_it == TG_FORM_NONE)
			break;
		t = eval(e, of_it, a);
		if (t == TG_TRUTH_NO)
			return t;
		if (t == TG_TRUTH_MAYBE)
			so_far = t;
	}
	return so_far;
}

static enum tg_truth eval_contains(struct eval *e, const struct tg_form *form, uint32_t array)
{
	const struct tg_span *span = e->rec->span;
	uint64_t yes = 0, maybe = 0;

	for (uint32_t a = array + 1; a < span[array].next; a = span[a].next) {
		enum tg_truth t = eval(e, form->arg[0], a);

		yes += t == TG_TRUTH_YES;
		maybe += t == TG_TRUTH_MAYBE;
	}
	if (yes > form->most || yes + maybe < form->count)
		return TG_TRUTH_NO;
	return maybe ? TG_TRUTH_MAYBE : of(yes >= form->count);
}

static enum tg_truth eval_members(struct eval *e, const struct tg_form_members *m, uint32_t object)
{
	const struct tg_span *span = e->rec->span;
	enum tg_truth so_far = TG_TRUTH_YES;
	struct tg_lits forms = { NULL, 0, 0 };

	for (uint32_t k = object + 1; k < span[object].next; k = span[k + 1].next) {
		struct tg_str name = tg_text_get(&e->s->arena, e->rec, &span[k]);
		enum tg_truth t;

		forms.n = 0;
		t = tg_solve_member(e->s, m, name, &forms);
		if (t != TG_TRUTH_MAYBE)
			t = eval_all(e, forms.p, forms.n, k + 1);
		if (t == TG_TRUTH_MAYBE)
			so_far = t;
		if (t == TG_TRUTH_NO) {
			so_far = t;
			break;
		}
	}
	tg_lits_release(&forms);
	return so_far;
}

static enum tg_truth eval_names(struct eval *e, const struct tg_form *form, uint32_t object)
{
	const struct tg_span *span = e->rec->span;
	enum tg_truth so_far = TG_TRUTH_YES;

	for (uint32_t k = object + 1; k < span[object].next; k = span[k + 1].next) {
		enum tg_truth t = eval(e, form->arg[0], k);

		if (t == TG_TRUTH_NO)
			return t;
		if (t == TG_TRUTH_MAYBE)
			so_far = t;
	}
	return so_far;
}

static uint64_t parts(const struct tg_record *rec, uint32_t span)
{
	bool object = rec->span[span].kind == TG_OBJECT;
	uint64_t n = 0;

	for (uint32_t k = span + 1; k < rec->span[span].next; k = rec->span[k + object].next)
		n++;
	return n;
}

static enum tg_truth eval_atom(struct eval *e, const struct tg_form *form, uint32_t span)
{
	const struct tg_span *v = &e->rec->span[span];
	struct tg_str text = tg_span_text(e->rec, v);
	int order;

	switch ((enum tg_form_op)form->op) {
	case TG_FORM_AMONG:
		return eval_among(e, form, span);
	case TG_FORM_LEAST:
	case TG_FORM_MOST:
		order = tg_number_compare(text, form->text);
		if (form->op == TG_FORM_MOST)
			order = -order;
		return of(form->strict ? order > 0 : order >= 0);
	case TG_FORM_MULTIPLE:
		return of(tg_number_is_multiple(text, form->text));
	case TG_FORM_SPELT:
		return of(!(v->flags & TG_SPAN_FRACTION));
	case TG_FORM_MIN_LENGTH:
		return of(tg_text_length(e->rec, v) >= form->count);
	case TG_FORM_MAX_LENGTH:
		return of(tg_text_length(e->rec, v) <= form->count);
	case TG_FORM_PATTERN:
	case TG_FORM_FORMAT:
		return eval_string(e, form, span);
	case TG_FORM_MIN_ITEMS:
	case TG_FORM_MIN_MEMBERS:
		return of(parts(e->rec, span) >= form->count);
	case TG_FORM_MAX_ITEMS:
	case TG_FORM_MAX_MEMBERS:
		return of(parts(e->rec, span) <= form->count);
	case TG_FORM_UNIQUE:
		return eval_unique(e, span);
	case TG_FORM_ITEMS:
		return eval_items(e, form, span);
	case TG_FORM_CONTAINS:
		return eval_contains(e, form, span);
	case TG_FORM_HAS:
		return of(tg_member_find(e->rec, v, form->text) != NULL);
	case TG_FORM_MEMBERS:
		return eval_members(e, form->members, span);
	case TG_FORM_NAMES:
		return eval_names(e, form, span);
	case TG_FORM_TRUE:
	case TG_FORM_FALSE:
	case TG_FORM_AND:
	case TG_FORM_OR:
	case TG_FORM_ONE:
	case TG_FORM_NOT:
	case TG_FORM_IF:
	case TG_FORM_KINDS:
	case TG_FORM_UNEVALUATED:
	case TG_FORM_OPAQUE:
		break;
	}
	return TG_TRUTH_MAYBE;
}

static enum tg_truth eval_form(struct eval *e, uint32_t at, uint32_t span)
{
	/* By value: formulas may be made meanwhile, and move. */
	const struct tg_form form = e->s->f->form[at];
	unsigned kind = e->rec->span[span].kind;

	if (tg_form_is_atom(&form))
		return kind == form.kind ? eval_atom(e, &form, span) : TG_TRUTH_YES;
	if (form.op == TG_FORM_TRUE)
		return TG_TRUTH_YES;
	switch (form.op) {
	case TG_FORM_FALSE:
		return TG_TRUTH_NO;
	case TG_FORM_KINDS:
		return of(form.kinds & TG_KIND_BIT(kind));
	case TG_FORM_AND:
		return eval_all(e, form.arg, form.args, span);
	case TG_FORM_OR:
		return eval_any(e, &form, span);
	case TG_FORM_ONE:
		return eval_one(e, &form, span);
	case TG_FORM_NOT:
		return flip(eval(e, form.arg[0], span));
	case TG_FORM_IF:
		return eval_if(e, &form, span);
	case TG_FORM_UNEVALUATED:
		return form.node ? eval_node(e, &form, span) : TG_TRUTH_MAYBE;
	}
	return TG_TRUTH_MAYBE;
}

static enum tg_truth eval(struct eval *e, uint32_t form, uint32_t span)
{
	enum tg_truth t;

	if (form == TG_FORM_NONE)
		return TG_TRUTH_YES;
	if (e->depth == DEPTH_MAX || !tg_solve_step(e->s, 1))
		return TG_TRUTH_MAYBE;
	e->depth++;
	t = eval_form(e, form, span);
	e->depth--;
	return t;
}

enum tg_truth tg_eval(struct tg_solver *s, uint32_t form, const struct tg_record *rec,
		      uint32_t span)
{
	struct eval e = { s, rec, 0 };

	return eval(&e, form, span);
}

bool tg_eval_scan(struct tg_solver *s, struct tg_str json, struct tg_record *rec)
{
	struct tg_str text = tg_arena_copy(&s->arena, json);
	struct tg_span *span;

	*rec = (struct tg_record){ .source = 0 };
	if (tg_scan(s->scanner, text, rec) != TG_SCAN_OK)
		return false;
	span = tg_arena_array(&s->arena, rec->spans, sizeof(*span));
	memcpy(span, rec->span, rec->spans * sizeof(*span));
	rec->span = span;
	return true;
}

struct tg_record tg_eval_string(struct tg_solver *s, struct tg_str text, struct tg_span *span)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	struct tg_record rec = { .span = span, .spans = 1 };

	tg_json_put_string(&json, text);
	rec.text = tg_arena_copy(&s->arena, tg_buffer_str(&json));
	*span = (struct tg_span){
		.at = 1, .n = (uint32_t)(rec.text.n - 2), .next = 1, .kind = TG_STRING
	};
	if (memchr(rec.text.p, '\\', rec.text.n))
		span->flags |= TG_SPAN_ESCAPED;
	for (size_t i = 0; i < rec.text.n; i++)
		if ((unsigned char)rec.text.p[i] > 0x7f)
			span->flags |= TG_SPAN_WIDE;
	return rec;
}

enum tg_truth tg_eval_all(struct tg_solver *s, const uint32_t *lit, uint32_t n, struct tg_str json)
{
	enum tg_truth so_far = TG_TRUTH_YES;
	struct tg_record rec;

	if (!tg_eval_scan(s, json, &rec))
		return TG_TRUTH_MAYBE;
	for (uint32_t i = 0; i < n; i++) {
		enum tg_truth t = tg_eval(s, lit[i] / 2, &rec, 0);

		if (lit[i] & 1)
			t = flip(t);
		if (t == TG_TRUTH_NO)
			return t;
		if (t == TG_TRUTH_MAYBE)
			so_far = t;
	}
	return so_far;
}

enum tg_sat tg_solve_among(struct tg_solver *s, const struct tg_lits *atom,
			   const struct tg_form *among, struct tg_str *value)
{
	const struct tg_str *list = among->value;
	uint32_t n = among->args;
	bool maybe = false;

	for (uint32_t i = 0; i < n; i++) {
		enum tg_truth t = tg_eval_all(s, atom->p, atom->n, list[i]);

		if (t == TG_TRUTH_YES && value)
			*value = list[i];
		if (t == TG_TRUTH_YES)
			return TG_SAT_SOME;
		maybe |= t == TG_TRUTH_MAYBE;
		if (!tg_solve_step(s, 1))
			maybe = true;
	}
	return maybe ? tg_solve_unsure(s, "of a listed value it is not known whether it is taken",
				       TG_FORM_NONE)
		     : TG_SAT_NONE;
}
