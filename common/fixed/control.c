#include "common/fixed/read.h"

#include "common/json/pointer.h"

enum { CHECKS_MAX = 256 };

enum key { IN, FIELD, IS, OF, RECORD, SINCE, MODULO, WHEN, KEYS };

static const struct tg_str key_name[KEYS] = {
	[IN] = { "in", 2 },	    [FIELD] = { "field", 5 },	[IS] = { "is", 2 },
	[OF] = { "of", 2 },	    [RECORD] = { "record", 6 }, [SINCE] = { "since", 5 },
	[MODULO] = { "modulo", 6 }, [WHEN] = { "when", 4 },
};

enum tg_status tg_fixed_read_kind(struct tg_fixed_reading *r, const struct tg_span *value,
				  uint32_t *kind)
{
	const struct tg_fixed_layout *l = r->layout;
	struct tg_str tag = TG_STR_NONE;
	enum tg_status st = tg_fixed_read_string(r, value, &tag);

	if (st)
		return st;
	for (size_t i = 0; i < l->kinds; i++)
		if (tg_str_eq(l->kind[i].tag, tag)) {
			*kind = (uint32_t)i;
			return TG_OK;
		}
	return TG_LAYOUT_FAULT(r, value, "there is no record with this tag");
}

enum tg_status tg_fixed_read_kinds(struct tg_fixed_reading *r, const struct tg_span *value,
				   bool **kinds)
{
	const struct tg_span *item = NULL;
	enum tg_status st = TG_OK;

	*kinds = tg_arena_array(r->arena, r->layout->kinds, sizeof(**kinds));
	while (!st && (item = tg_fixed_next(r, value, item))) {
		uint32_t kind = 0;

		st = tg_fixed_read_kind(r, item, &kind);
		(*kinds)[kind] |= !st;
	}
	return st;
}

static bool can_be_added(const struct tg_fixed_field *f)
{
	return !f->occurs && !f->dated &&
	       (f->type == TG_FIXED_NUMBER || f->type == TG_FIXED_PACKED ||
		f->type == TG_FIXED_BINARY || f->type == TG_FIXED_TEXT);
}

/* The value of a field is kept while its record is looked at. */
static void keep(struct tg_fixed_kind *kind, struct tg_fixed_field *f)
{
	if (f->slot == TG_SLOT_NONE)
		f->slot = kind->slots++;
}

static enum tg_status read_field(struct tg_fixed_reading *r, const struct tg_span *value,
				 struct tg_fixed_check *check)
{
	struct tg_fixed_kind *kind = &r->layout->kind[check->in];
	struct tg_str name = TG_STR_NONE;
	struct tg_fixed_field *f;
	enum tg_status st = tg_fixed_read_string(r, value, &name);

	if (st)
		return st;
	f = tg_fixed_field_find(kind->field, kind->fields, name);
	if (!f)
		return TG_LAYOUT_FAULT(r, value, "that record has no such field");
	if (!can_be_added(f))
		return TG_LAYOUT_FAULT(r, value, "that field is no number");
	keep(kind, f);
	check->field = f;
	return TG_OK;
}

/* What is added up, in all the kinds that are meant. */
static enum tg_status read_added(struct tg_fixed_reading *r, const struct tg_span **v,
				 struct tg_fixed_check *check)
{
	struct tg_fixed_layout *l = r->layout;
	struct tg_str name = TG_STR_NONE;
	enum tg_status st = tg_fixed_read_string(r, v[OF], &check->pointer);
	bool any = false;

	if (!st)
		st = tg_fixed_read_pointer(r, v[OF], check->pointer, &name);
	if (!st && v[RECORD])
		st = tg_fixed_read_kinds(r, v[RECORD], &check->of);
	if (st)
		return st;
	check->added = tg_arena_array(r->arena, l->kinds, sizeof(*check->added));
	check->quotable = true;
	for (size_t i = 0; i < l->kinds; i++) {
		struct tg_fixed_field *f =
			(v[RECORD] ? !check->of[i] : i == check->in)
				? NULL
				: tg_fixed_field_find(l->kind[i].field, l->kind[i].fields, name);

		if (!f)
			continue;
		if (!can_be_added(f) || (check->modulo && f->scale > 0))
			return TG_LAYOUT_FAULT(r, v[OF],
					       check->modulo ? "that field is no whole number"
							     : "that field is no number");
		keep(&l->kind[i], f);
		check->added[i] = f;
		check->quotable &= f->quotable;
		any = true;
	}
	return any ? TG_OK : TG_LAYOUT_FAULT(r, v[OF], "no record has such a field");
}

static enum tg_status read_whens(struct tg_fixed_reading *r, const struct tg_span *value,
				 struct tg_fixed_check *check)
{
	struct tg_fixed_layout *l = r->layout;
	enum tg_status st = TG_OK;

	check->when = tg_arena_array(r->arena, l->kinds, sizeof(*check->when));
	for (size_t i = 0; !st && i < l->kinds; i++) {
		struct tg_fixed_kind *kind = &l->kind[i];

		if (check->sum ? !check->added[i] : !check->of[i])
			continue;
		st = tg_fixed_read_when(r, value, kind->field, kind->fields, &check->when[i]);
		for (size_t t = 0; !st && t < check->when[i].tests; t++)
			keep(kind, tg_fixed_field_find(kind->field, kind->fields,
						       check->when[i].test[t].field->name));
	}
	return st;
}

static enum tg_status read_check(struct tg_fixed_reading *r, const struct tg_span *span,
				 struct tg_fixed_check *check)
{
	static const char *const is[] = { "count", "sum", NULL };
	const struct tg_span *v[KEYS];
	unsigned sum = 0;
	enum tg_status st = tg_fixed_collect(r, span, "control", key_name, v, KEYS);

	check->span = span;
	for (unsigned k = IN; !st && k <= OF; k++)
		if (!v[k])
			st = TG_LAYOUT_FAULT(
				r, span,
				"must say \"in\" which record and \"field\" a number \"is\" the count or sum \"of\" what");
	if (!st)
		st = tg_fixed_read_choice(r, v[IS], is, &sum);
	check->sum = sum != 0;
	if (!st)
		st = tg_fixed_read_kind(r, v[IN], &check->in);
	if (!st)
		st = read_field(r, v[FIELD], check);
	if (!st)
		st = tg_fixed_read_number(r, v[MODULO], 2, UINT64_C(1000000000000000000),
					  &check->modulo);
	if (!st && !check->sum && v[RECORD])
		st = TG_LAYOUT_FAULT(r, v[RECORD], "a count says \"of\" which records it is");
	if (!st)
		st = check->sum ? read_added(r, v, check)
				: tg_fixed_read_kinds(r, v[OF], &check->of);
	if (!st && v[SINCE])
		st = tg_fixed_read_kinds(r, v[SINCE], &check->since);
	if (!st && v[WHEN])
		st = read_whens(r, v[WHEN], check);
	if (!st && !r->layout->kind[check->in].min_given && r->layout->kind[check->in].min == 0)
		r->layout->kind[check->in].min = 1; /* without it nothing is checked */
	return st;
}

enum tg_status tg_fixed_read_control(struct tg_fixed_reading *r, const struct tg_span *list)
{
	struct tg_fixed_layout *l = r->layout;
	const struct tg_span *item = NULL;
	size_t n = tg_fixed_count(r, list);
	enum tg_status st = TG_OK;

	if (list->kind != TG_ARRAY || n > CHECKS_MAX)
		return TG_LAYOUT_FAULT(r, list, "must be a list of at most %d checks", CHECKS_MAX);
	l->check = tg_arena_array(r->arena, n + 1, sizeof(*l->check));
	while (!st && (item = tg_fixed_next(r, list, item)))
		st = read_check(r, item, &l->check[l->checks++]);
	return st;
}
