#include "common/csv/notation.h"

#include "common/contract/notation.h"
#include "common/json/text.h"

#include <stdlib.h>

static const struct tg_str plain_yes = { "true", 4 }, plain_no = { "false", 5 };
static const struct tg_csv_notation plain = {
	.yes = { &plain_yes, 1 },
	.no = { &plain_no, 1 },
	.number = { .decimal = { ".", 1 } },
};

static const struct tg_str annotation[] = {
	{ "x-date", 6 }, { "x-number", 8 }, { "x-boolean", 9 }, { "x-nulls", 7 }
};

/* One reading of a contract's annotations. */
struct reading {
	const struct tg_contract *contract;
	const struct tg_csv_dialect *dialect;
	struct tg_arena *arena;
	struct tg_error *err;
	bool *used; /* of each span: an annotation that some property has */
};

static unsigned types_but_null(const struct tg_property *p)
{
	return p->types & ~(unsigned)TG_TYPE_NULL;
}

static bool is_number(unsigned types)
{
	return types && !(types & ~(unsigned)(TG_TYPE_NUMBER | TG_TYPE_INTEGER));
}

enum tg_csv_kind tg_csv_kind_of(const struct tg_property *p, const struct tg_csv_notation *n)
{
	unsigned types = types_but_null(p);

	if (n->date)
		return TG_CSV_DATE;
	if (n->as_text)
		return TG_CSV_DECIMAL;
	if (is_number(types))
		return types & TG_TYPE_NUMBER ? TG_CSV_NUMBER : TG_CSV_INTEGER;
	if (types == TG_TYPE_BOOLEAN)
		return TG_CSV_BOOLEAN;
	/* Else a string is allowed, or the text could be more than one thing. */
	return types == 0 && p->types ? TG_CSV_NULL : TG_CSV_TEXT;
}

/*
 * What a property says
 */

static enum tg_status read_date(struct reading *r, const struct tg_property *p,
				struct tg_csv_notation *n)
{
	struct tg_date_form *form = tg_arena_take(r->arena, sizeof(*form));
	const struct tg_record *doc = &r->contract->document;
	enum tg_status st;

	if (types_but_null(p) & ~(unsigned)TG_TYPE_STRING || (p->types && !types_but_null(p)))
		return tg_contract_fault(
			r->contract, p->date, r->err,
			"a date is a string, and the property's type is another one");
	if (p->number || p->boolean)
		return tg_contract_fault(r->contract, p->date, r->err,
					 "the property has x-%s too: it cannot be both",
					 p->number ? "number" : "boolean");
	st = tg_notation_date(form, r->contract, p->date, r->arena, r->err);
	if (st)
		return st;
	n->date = form;
	if (!p->format || p->format->kind != TG_STRING)
		return TG_OK;
	for (int kind = TG_DATE_DAY; kind <= TG_DATE_DATE_TIME; kind++) {
		const struct tg_date_form other = { .kind = (enum tg_date_kind)kind };
		struct tg_str name = tg_date_name(&other);

		if (!tg_text_eq(doc, p->format, name))
			continue;
		if (form->kind != other.kind)
			return tg_contract_fault(r->contract, p->date, r->err,
						 "gives a %.*s, and the property's format is %.*s",
						 TG_STR_ARG(tg_date_name(form)), TG_STR_ARG(name));
		if (form->kind == TG_DATE_TIME && !form->zoned)
			return tg_contract_fault(
				r->contract, p->date, r->err,
				"gives times without a zone, and the property's format is time, which has one: say \"zone\": \"UTC\" or such");
	}
	return TG_OK;
}

static enum tg_status read_number(struct reading *r, const struct tg_property *p,
				  struct tg_csv_notation *n)
{
	unsigned types = types_but_null(p);
	enum tg_number_as as;
	enum tg_status st;
	const char *wrong;

	if (!is_number(types) && types != TG_TYPE_STRING)
		return tg_contract_fault(
			r->contract, p->number, r->err,
			"the property's type must be number or integer, or string: then its digits come out as a string");
	if (p->boolean)
		return tg_contract_fault(r->contract, p->number, r->err,
					 "the property has x-boolean too: it cannot be both");
	st = tg_notation_number(&n->number, &as, r->contract, p->number, r->arena, r->err);
	if (st)
		return st;
	n->as_text = types == TG_TYPE_STRING;
	if (as != TG_AS_TYPED && n->as_text != (as == TG_AS_STRING))
		return tg_contract_fault(
			r->contract, p->number, r->err,
			as == TG_AS_STRING
				? "gives a string of digits, and the property's type is a number"
				: "gives a number, and the property's type is string");
	wrong = tg_decimal_wrong(&n->number);
	return wrong ? tg_contract_fault(r->contract, p->number, r->err, "%s", wrong) : TG_OK;
}

static enum tg_status read_boolean(struct reading *r, const struct tg_property *p,
				   struct tg_csv_notation *n)
{
	if (types_but_null(p) != TG_TYPE_BOOLEAN)
		return tg_contract_fault(r->contract, p->boolean, r->err,
					 "the property's type must be boolean");
	return tg_notation_boolean(&n->yes, &n->no, r->contract, p->boolean, r->arena, r->err);
}

/* Where an empty field is null, it is one more spelling of it. */
static void add_empty(const struct reading *r, struct tg_spellings *nulls)
{
	struct tg_str *text;

	if (!r->dialect->empty_is_null || tg_spellings_have(*nulls, TG_STR("")))
		return;
	text = tg_arena_array(r->arena, nulls->n + 1, sizeof(*text));
	if (nulls->n)
		memcpy(text, nulls->text, nulls->n * sizeof(*text));
	text[nulls->n] = TG_STR("");
	*nulls = (struct tg_spellings){ text, nulls->n + 1 };
}

static enum tg_status read_nulls(struct reading *r, const struct tg_property *p,
				 struct tg_csv_notation *n)
{
	enum tg_status st;

	if (p->types && !(p->types & TG_TYPE_NULL))
		return tg_contract_fault(
			r->contract, p->nulls, r->err,
			"the property's type does not allow null: \"type\": [..., \"null\"]");
	n->nullable = true;
	st = tg_notation_texts(&n->null, r->contract, p->nulls, r->arena, r->err);
	if (!st)
		add_empty(r, &n->null);
	return st;
}

static enum tg_status read_property(struct reading *r, const struct tg_property *p,
				    struct tg_csv_notation *n)
{
	const struct {
		const struct tg_span *value;
		enum tg_status (*read)(struct reading *r, const struct tg_property *p,
				       struct tg_csv_notation *n);
	} row[] = {
		{ p->date, read_date },
		{ p->number, read_number },
		{ p->boolean, read_boolean },
		{ p->nulls, read_nulls },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		enum tg_status st;

		if (!row[i].value)
			continue;
		r->used[row[i].value - r->contract->document.span] = true;
		st = row[i].read(r, p, n);
		if (st)
			return st;
	}
	return TG_OK;
}

/*
 * All that say something
 */

/* The value of the first annotation that no property has; doc->spans: there is none. What "properties" and the like hold are maps: their
 * keys are names, not keywords. */
static uint32_t find_unused(const struct reading *r)
{
	const struct tg_record *doc = &r->contract->document;
	bool *map = tg_arena_array(r->arena, doc->spans, sizeof(*map));
	uint32_t found = doc->spans;

	for (uint32_t i = 0; i < doc->spans; i++) {
		const struct tg_span *schema = &doc->span[i];

		if (schema->kind != TG_OBJECT || map[i])
			continue;
		for (uint32_t k = i + 1; k < schema->next; k = doc->span[k + 1].next) {
			struct tg_str key = tg_text_get(r->arena, doc, &doc->span[k]);

			if (tg_contract_holds(key, &doc->span[k + 1]) == TG_HOLDS_MAP)
				map[k + 1] = true;
			for (size_t n = 0; n < TG_COUNT(annotation); n++)
				if (tg_str_eq(key, annotation[n]) && k + 1 < found &&
				    !r->used[k + 1])
					found = k + 1;
		}
	}
	return found;
}

static int by_name(const void *a, const void *b)
{
	const struct tg_csv_notation *x = a, *y = b;

	return tg_str_compare(x->name, y->name);
}

static enum tg_status read_all(struct reading *r, struct tg_csv_dialect *d,
			       const struct tg_csv_notation *file)
{
	size_t n;
	bool closed;
	struct tg_str *name = tg_contract_properties(r->contract, r->arena, &n, &closed);
	struct tg_csv_notation *all = tg_arena_array(r->arena, n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		struct tg_csv_notation *one = &all[d->notations];
		struct tg_property p;
		enum tg_status st;

		tg_contract_property(r->contract, name[i], &p);
		if (!p.date && !p.number && !p.boolean && !p.nulls)
			continue;
		*one = *file;
		one->name = name[i];
		st = read_property(r, &p, one);
		if (st)
			return st;
		d->notations++;
	}
	qsort(all, d->notations, sizeof(*all), by_name);
	d->each = all;
	return TG_OK;
}

enum tg_status tg_csv_notations_read(struct tg_csv_dialect *d, const struct tg_contract *c,
				     struct tg_arena *arena, struct tg_error *err)
{
	struct reading r = { .contract = c, .dialect = d, .arena = arena, .err = err };
	struct tg_csv_notation *file = tg_arena_take(arena, sizeof(*file));
	uint32_t left;
	enum tg_status st;

	*file = (struct tg_csv_notation){
		.null = { d->null, d->nulls },
		.yes = { d->yes, d->yeses },
		.no = { d->no, d->noes },
		.number = d->notation,
	};
	add_empty(&r, &file->null);
	d->file = file;
	d->notations = 0;
	r.used = tg_arena_array(arena, c->document.spans, sizeof(*r.used));
	if (find_unused(&r) == c->document.spans)
		return TG_OK;
	st = read_all(&r, d, file);
	if (st)
		return st;
	left = find_unused(&r);
	if (left < c->document.spans)
		return tg_contract_fault(
			c, &c->document.span[left], err,
			"has no effect here: it counts in a property of the record, also by $ref and allOf");
	return TG_OK;
}

const struct tg_csv_notation *tg_csv_notation_of(const struct tg_csv_dialect *d, struct tg_str name)
{
	size_t low = 0, high = d->notations;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = tg_str_compare(d->each[middle].name, name);

		if (order == 0)
			return &d->each[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return d->file ? d->file : &plain;
}
