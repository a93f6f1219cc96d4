/*
 * What is equal. Two formulas that are built alike out of equal ones are equal, also where they lead back to themselves. So all are
 * taken for equal first, and told apart by how they are built until no round tells more of them apart.
 */
#include "common/compat/form.h"

#include "common/digest/digest.h"

#include <stdlib.h>

enum { ROUNDS_MAX = 400, WORK_MAX = 4000000 };

struct key {
	uint64_t a, b;
	uint32_t form;
};

struct merger {
	struct tg_forms *f;
	uint64_t secret[2];
	struct key *key;
	uint32_t *class;
	uint32_t *sorted;
	uint32_t room;
};

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 29;
}

static void put(struct key *k, uint64_t x)
{
	k->a = mix(k->a, x);
	k->b = mix(k->b + UINT64_C(0xa0761d6478bd642f), x ^ k->a << 1);
}

static void put_text(struct key *k, struct tg_str s)
{
	put(k, s.n);
	for (size_t i = 0; i < s.n; i++)
		put(k, (unsigned char)s.p[i]);
}

static int compare_numbers(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static int compare_texts(const void *x, const void *y)
{
	return tg_str_compare(*(const struct tg_str *)x, *(const struct tg_str *)y);
}

static int compare_rules(const void *x, const void *y)
{
	const struct tg_form_rule *a = x, *b = y;

	return tg_str_compare(a->name, b->name);
}

static int compare_keys(const void *x, const void *y)
{
	const struct key *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	return (a->form > b->form) - (a->form < b->form);
}

/* A conjunction or the like of one is that one. */
static uint32_t through(const struct tg_forms *f, uint32_t form)
{
	while (form != TG_FORM_NONE && f->form[form].args == 1 &&
	       (f->form[form].op == TG_FORM_AND || f->form[form].op == TG_FORM_OR ||
		f->form[form].op == TG_FORM_ONE))
		form = f->form[form].arg[0];
	return form;
}

static uint64_t class_of(const struct merger *m, uint32_t form)
{
	return form == TG_FORM_NONE ? UINT64_MAX : m->class[through(m->f, form)];
}

/* Classes of arguments without order, those of `skip` left out; once each where `once`. */
static void put_set(struct merger *m, struct key *k, const struct tg_form *form, uint32_t skip,
		    bool once)
{
	uint32_t n = 0;

	if (m->room < form->args) {
		m->room = form->args * 2;
		m->sorted = tg_resize_array(m->sorted, m->room, sizeof(*m->sorted));
	}
	for (uint32_t i = 0; i < form->args; i++)
		if (through(m->f, form->arg[i]) != skip)
			m->sorted[n++] = (uint32_t)class_of(m, form->arg[i]);
	if (n > 1)
		qsort(m->sorted, n, sizeof(*m->sorted), compare_numbers);
	for (uint32_t i = 0; i < n; i++)
		if (!once || i == 0 || m->sorted[i] != m->sorted[i - 1])
			put(k, m->sorted[i]);
}

static void put_members(struct merger *m, struct key *k, const struct tg_form_members *s)
{
	put(k, s->rules);
	for (uint32_t i = 0; i < s->rules; i++) {
		put_text(k, s->rule[i].name);
		put(k, class_of(m, s->rule[i].form));
	}
	put(k, s->patterns);
	for (uint32_t i = 0; i < s->patterns; i++) {
		put(k, class_of(m, s->pattern[i].name));
		put(k, class_of(m, s->pattern[i].form));
	}
	put(k, class_of(m, s->rest));
}

static struct key key_of(struct merger *m, uint32_t at)
{
	const struct tg_form *form = &m->f->form[at];
	struct key k = { m->secret[0], m->secret[1], at };

	/* "All of nothing" is the empty schema. */
	put(&k, form->op == TG_FORM_AND && form->args == 0 ? TG_FORM_TRUE : form->op);
	switch ((enum tg_form_op)form->op) {
	case TG_FORM_TRUE:
	case TG_FORM_FALSE:
		break;
	case TG_FORM_OPAQUE:
		put(&k, at);
		break;
	case TG_FORM_AND:
		put_set(m, &k, form, TG_FORM_TRUE, true);
		break;
	case TG_FORM_OR:
		put_set(m, &k, form, TG_FORM_FALSE, true);
		break;
	case TG_FORM_ONE:
		put_set(m, &k, form, TG_FORM_FALSE, false);
		break;
	case TG_FORM_NOT:
	case TG_FORM_IF:
	case TG_FORM_UNEVALUATED:
	case TG_FORM_NAMES:
	case TG_FORM_CONTAINS:
	case TG_FORM_ITEMS:
		put(&k, form->args);
		for (uint32_t i = 0; i < form->args; i++)
			put(&k, class_of(m, form->arg[i]));
		put(&k, class_of(m, form->rest));
		put(&k, form->count);
		put(&k, form->most);
		put(&k, form->unmarked);
		put(&k, form->strict);
		break;
	case TG_FORM_KINDS:
		put(&k, form->kinds);
		break;
	case TG_FORM_AMONG:
		put(&k, form->kind);
		put(&k, form->args);
		for (uint32_t i = 0; i < form->args; i++)
			put_text(&k, form->value[i]);
		break;
	case TG_FORM_MEMBERS:
		put_members(m, &k, form->members);
		break;
	case TG_FORM_LEAST:
	case TG_FORM_MOST:
	case TG_FORM_MULTIPLE:
	case TG_FORM_SPELT:
	case TG_FORM_MIN_LENGTH:
	case TG_FORM_MAX_LENGTH:
	case TG_FORM_PATTERN:
	case TG_FORM_FORMAT:
	case TG_FORM_MIN_ITEMS:
	case TG_FORM_MAX_ITEMS:
	case TG_FORM_UNIQUE:
	case TG_FORM_MIN_MEMBERS:
	case TG_FORM_MAX_MEMBERS:
	case TG_FORM_HAS:
		put(&k, form->strict);
		put(&k, form->count);
		put_text(&k, form->text);
		if (form->op == TG_FORM_FORMAT) /* "format" and "x-format" may share a name */
			put(&k, (uint64_t)(uintptr_t)form->format);
		break;
	}
	return k;
}

/* What stands without order in a document is put in one, and once. */
static void put_in_order(struct tg_forms *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct tg_form *form = &f->form[i];

		if (form->op == TG_FORM_AMONG && form->args > 1) {
			uint32_t n = 1;

			qsort(form->value, form->args, sizeof(*form->value), compare_texts);
			for (uint32_t k = 1; k < form->args; k++)
				if (!tg_str_eq(form->value[k], form->value[n - 1]))
					form->value[n++] = form->value[k];
			form->args = n;
		} else if (form->op == TG_FORM_MEMBERS && form->members->rules > 1) {
			struct tg_form_members *m = tg_arena_take(&f->arena, sizeof(*m));

			*m = *form->members;
			qsort(m->rule, m->rules, sizeof(*m->rule), compare_rules);
			tg_names_init(&m->names, m->rules, &f->arena);
			for (uint32_t k = 0; k < m->rules; k++)
				(void)tg_names_add(&m->names, m->rule[k].name, k);
			form->members = m;
		}
	}
}

/* One round; gives how many classes there are now. */
static uint32_t tell_apart(struct merger *m)
{
	uint32_t n = m->f->n, classes = 0;

	for (uint32_t i = 0; i < n; i++) {
		m->key[i] = key_of(m, i);
		put(&m->key[i], m->class[i]); /* what was told apart stays so */
	}
	qsort(m->key, n, sizeof(*m->key), compare_keys);
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || m->key[i].a != m->key[i - 1].a || m->key[i].b != m->key[i - 1].b)
			classes++;
		m->class[m->key[i].form] = classes;
	}
	return classes;
}

static uint32_t same(const struct tg_forms *f, uint32_t form)
{
	return form == TG_FORM_NONE ? form : f->same[form];
}

static void speak_of_same(struct tg_forms *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct tg_form *form = &f->form[i];

		if (form->op != TG_FORM_AMONG)
			for (uint32_t k = 0; k < form->args; k++)
				form->arg[k] = same(f, form->arg[k]);
		form->rest = same(f, form->rest);
		if (form->op == TG_FORM_MEMBERS) {
			struct tg_form_members *m = tg_arena_take(&f->arena, sizeof(*m));

			*m = *form->members;
			for (uint32_t k = 0; k < m->rules; k++)
				m->rule[k].form = same(f, m->rule[k].form);
			for (uint32_t k = 0; k < m->patterns; k++) {
				m->pattern[k].name = same(f, m->pattern[k].name);
				m->pattern[k].form = same(f, m->pattern[k].form);
			}
			m->rest = same(f, m->rest);
			form->members = m;
		}
	}
}

void tg_forms_merge(struct tg_forms *f)
{
	struct merger m = { .f = f };
	uint32_t before = 0, now = 1;
	bool stable = false;
	uint32_t *first;

	put_in_order(f);
	tg_random(m.secret, sizeof(m.secret));
	m.key = tg_alloc_array(f->n, sizeof(*m.key));
	m.class = tg_alloc_array(f->n, sizeof(*m.class));
	for (unsigned round = 0; round < ROUNDS_MAX && (uint64_t)round * f->n < WORK_MAX; round++) {
		before = now;
		now = tell_apart(&m);
		if (round > 0 && now == before) {
			stable = true;
			break;
		}
	}
	/* Only when nothing more can be told apart is the rest equal. */
	if (stable) {
		first = tg_alloc_array(now + 1, sizeof(*first));
		for (uint32_t i = 0; i < f->n; i++) {
			uint32_t at = through(f, i), class = m.class[at];

			if (!first[class])
				first[class] = at + 1;
			f->same[i] = first[class] - 1;
		}
		tg_free(first);
		speak_of_same(f);
	}
	tg_free(m.key);
	tg_free(m.class);
	tg_free(m.sorted);
}
