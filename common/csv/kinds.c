#include "common/csv/kinds.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 10000 };

struct reading {
	const struct tg_contract *contract;
	const struct tg_record *doc;
	struct tg_csv_kinds *kinds;
	struct tg_arena *arena;
	struct tg_error *err;
	/* Of each kind, by the order in which they stand in kinds: its value in the contract. */
	const struct tg_span **value;
	bool *min_said;
};

#define FAULT(r, value, ...) tg_contract_fault((r)->contract, value, (r)->err, __VA_ARGS__)

/* The members of an object, the elements of a list: tg_member_find for those that have names. */
#define EACH_MEMBER(r, object, k)                                                                  \
	(uint32_t k = (uint32_t)((object) - (r)->doc->span) + 1; k < (object)->next;               \
	 k = (r)->doc->span[k + 1].next)
#define EACH_ITEM(r, list, k)                                                                      \
	(uint32_t k = (uint32_t)((list) - (r)->doc->span) + 1; k < (list)->next;                   \
	 k = (r)->doc->span[k].next)

static struct tg_str text_of(const struct reading *r, const struct tg_span *value)
{
	return value->kind == TG_STRING ? tg_text_get(r->arena, r->doc, value) : TG_STR_NONE;
}

static bool is_empty(const struct reading *r, const struct tg_span *value)
{
	return value->next == (uint32_t)(value - r->doc->span) + 1;
}

static enum tg_status not_a_key(const struct reading *r, const struct tg_span *value,
				struct tg_str key, const char *of, const struct tg_str *name,
				size_t names)
{
	const struct tg_str *near = tg_str_nearest(key, name, names);

	return FAULT(r, value, "is no key of %s%s%.*s%s", of, near ? "; did you mean " : "",
		     TG_STR_ARG(near ? *near : TG_STR_NONE), near ? "?" : "");
}

/*
 * Names of kinds
 */

static uint32_t kind_of_key(const struct reading *r, const struct tg_span *value)
{
	struct tg_str key = text_of(r, value);

	for (uint32_t i = 0; key.p && i < r->kinds->kinds; i++)
		if (tg_str_eq(r->kinds->kind[i].key, key))
			return i;
	return TG_CSV_NO_KIND;
}

/* A kind, or a list of them. */
static enum tg_status read_kinds(const struct reading *r, const struct tg_span *value, bool **set)
{
	uint32_t kind;

	if (!*set)
		*set = tg_arena_array(r->arena, r->kinds->kinds + 1, sizeof(**set));
	if (value->kind != TG_ARRAY) {
		kind = kind_of_key(r, value);
		if (kind == TG_CSV_NO_KIND)
			return FAULT(r, value, "is none of the kinds that stand in records");
		(*set)[kind] = true;
		return TG_OK;
	}
	for
		EACH_ITEM(r, value, k)
		{
			kind = kind_of_key(r, &r->doc->span[k]);
			if (kind == TG_CSV_NO_KIND)
				return FAULT(r, &r->doc->span[k],
					     "is none of the kinds that stand in records");
			(*set)[kind] = true;
		}
	return TG_OK;
}

static size_t column_by_name(const struct tg_csv_row_kind *kind, struct tg_str name)
{
	for (size_t i = 0; i < kind->columns; i++)
		if (tg_str_eq(kind->column[i], name))
			return i;
	return SIZE_MAX;
}

/* A column of a kind that is one field. */
static enum tg_status read_column(const struct reading *r, const struct tg_span *value,
				  uint32_t kind, size_t *column)
{
	const struct tg_csv_row_kind *k = &r->kinds->kind[kind];
	struct tg_str name = text_of(r, value);

	*column = name.p ? column_by_name(k, name) : SIZE_MAX;
	if (*column == SIZE_MAX)
		return FAULT(r, value, "is no column of %.*s", TG_STR_ARG(k->key));
	if (*column == k->list)
		return FAULT(r, value, "is a list, and must be one field");
	return TG_OK;
}

/*
 * One kind. What speaks of other kinds is read when all are there.
 */

static enum tg_status read_tag(struct reading *r, const struct tg_span *value,
			       struct tg_csv_row_kind *kind)
{
	kind->tags = 0;
	if (value->kind != TG_ARRAY || is_empty(r, value))
		return FAULT(r, value, "must be a list of the texts of the first fields");
	for
		EACH_ITEM(r, value, k)
		{
			if (r->doc->span[k].kind != TG_STRING || kind->tags == TG_CSV_TAGS_MAX)
				return FAULT(r, &r->doc->span[k],
					     "must be a text, and one of %d at most",
					     TG_CSV_TAGS_MAX);
			kind->tag[kind->tags++] = text_of(r, &r->doc->span[k]);
		}
	return TG_OK;
}

static enum tg_status read_as(struct reading *r, const struct tg_span *value,
			      struct tg_csv_row_kind *kind)
{
	kind->as = text_of(r, value);
	return kind->as.n ? TG_OK : FAULT(r, value, "must be what records of this kind are called");
}

static enum tg_status read_columns(struct reading *r, const struct tg_span *value,
				   struct tg_csv_row_kind *kind)
{
	struct tg_str *name;

	if (value->kind != TG_ARRAY)
		return FAULT(r, value,
			     "must be a list of names, one for each field behind the first");
	name = tg_arena_array(r->arena, value->next - (uint32_t)(value - r->doc->span),
			      sizeof(*name));
	kind->column = name;
	kind->columns = 0;
	for
		EACH_ITEM(r, value, k)
		{
			struct tg_str s = text_of(r, &r->doc->span[k]);

			if (s.n == 0 || kind->columns == COLUMNS_MAX)
				return FAULT(r, &r->doc->span[k], "must be the name of a column");
			if (tg_str_is(s, "record") || tg_str_is(s, "_source"))
				return FAULT(
					r, &r->doc->span[k],
					"is a member that says what the record is; a column needs "
					"another name");
			if (column_by_name(kind, s) != SIZE_MAX)
				return FAULT(r, &r->doc->span[k],
					     "names the same column as item %zu",
					     column_by_name(kind, s));
			name[kind->columns++] = s;
		}
	return TG_OK;
}

static enum tg_status read_emit(struct reading *r, const struct tg_span *value,
				struct tg_csv_row_kind *kind)
{
	if (value->kind != TG_TRUE && value->kind != TG_FALSE)
		return FAULT(r, value, "must be true or false");
	kind->emit = value->kind == TG_TRUE;
	return TG_OK;
}

static bool whole_number(const struct reading *r, const struct tg_span *value, uint64_t *n)
{
	return value->kind == TG_NUMBER && tg_read_u64(tg_span_text(r->doc, value), n);
}

static enum tg_status read_min(struct reading *r, const struct tg_span *value,
			       struct tg_csv_row_kind *kind)
{
	r->min_said[kind - r->kinds->kind] = true;
	return whole_number(r, value, &kind->min) ? TG_OK
						  : FAULT(r, value, "must be a number of rows");
}

static enum tg_status read_max(struct reading *r, const struct tg_span *value,
			       struct tg_csv_row_kind *kind)
{
	return whole_number(r, value, &kind->max) && kind->max
		       ? TG_OK
		       : FAULT(r, value, "must be a number of rows, and at least 1");
}

/* Read once all kinds are there. */
static enum tg_status read_later(struct reading *r, const struct tg_span *value,
				 struct tg_csv_row_kind *kind)
{
	(void)r;
	(void)value;
	(void)kind;
	return TG_OK;
}

static enum tg_status read_after(struct reading *r, const struct tg_span *value,
				 struct tg_csv_row_kind *kind)
{
	bool *after = tg_arena_array(r->arena, r->kinds->kinds + 1, sizeof(*after));

	if (value->kind != TG_ARRAY)
		return FAULT(r, value,
			     "must be a list of the kinds that may come right before; null is the "
			     "beginning of the file");
	for
		EACH_ITEM(r, value, k)
		{
			const struct tg_span *item = &r->doc->span[k];
			uint32_t found = kind_of_key(r, item);

			if (item->kind == TG_NULL)
				found = r->kinds->kinds;
			else if (found == TG_CSV_NO_KIND)
				return FAULT(
					r, item,
					"is none of the kinds that stand in records; null is the "
					"beginning of the file");
			after[found] = true;
		}
	kind->after = after;
	return TG_OK;
}

/* {"record": "200", "field": "length", "dividing": 1440} */
static enum tg_status read_times_field(struct reading *r, const struct tg_span *value,
				       struct tg_csv_row_kind *kind)
{
	static const struct tg_str name[] = { { "record", 6 }, { "field", 5 }, { "dividing", 8 } };
	const struct tg_span *record = tg_member_find(r->doc, value, name[0]);
	const struct tg_span *field = tg_member_find(r->doc, value, name[1]);

	for
		EACH_MEMBER(r, value, k)
		{
			struct tg_str key = text_of(r, &r->doc->span[k]);
			const struct tg_span *v = &r->doc->span[k + 1];

			if (!tg_str_eq(key, name[0]) && !tg_str_eq(key, name[1]) &&
			    !tg_str_eq(key, name[2]))
				return not_a_key(r, v, key, "times", name, TG_COUNT(name));
			if (tg_str_eq(key, name[2]) &&
			    (!whole_number(r, v, &kind->number) || kind->number == 0))
				return FAULT(r, v,
					     "must be a whole number, which the field divides");
		}
	if (!record || !field)
		return FAULT(r, value,
			     "must have record and field: which field of which kind of row says "
			     "how many values there are");
	kind->says = kind_of_key(r, record);
	if (kind->says == TG_CSV_NO_KIND)
		return FAULT(r, record, "is none of the kinds that stand in records");
	return read_column(r, field, kind->says, &kind->says_column);
}

static enum tg_status read_times(struct reading *r, const struct tg_span *value,
				 struct tg_csv_row_kind *kind)
{
	if (value->kind == TG_OBJECT) {
		kind->times = TG_CSV_TIMES_FIELD;
		return read_times_field(r, value, kind);
	}
	kind->times = TG_CSV_TIMES_FIXED;
	if (!whole_number(r, value, &kind->number) || kind->number > TG_CSV_KIND_FIELDS)
		return FAULT(r, value,
			     "must be a number of values, or an object with record and field");
	return TG_OK;
}

/* "values", or {"column": "values", "times": ...}. */
static enum tg_status read_repeat(struct reading *r, const struct tg_span *value,
				  struct tg_csv_row_kind *kind)
{
	static const struct tg_str name[] = { { "column", 6 }, { "times", 5 } };
	const struct tg_span *column = value, *times = NULL;

	kind->list = SIZE_MAX;
	if (value->kind == TG_OBJECT) {
		column = tg_member_find(r->doc, value, name[0]);
		times = tg_member_find(r->doc, value, name[1]);
		for
			EACH_MEMBER(r, value, k)
			{
				struct tg_str key = text_of(r, &r->doc->span[k]);

				if (!tg_str_eq(key, name[0]) && !tg_str_eq(key, name[1]))
					return not_a_key(r, &r->doc->span[k + 1], key, "repeat",
							 name, TG_COUNT(name));
			}
		if (!column)
			return FAULT(r, value, "must have column: the one that takes the values");
	}
	if (column->kind == TG_STRING)
		kind->list = column_by_name(kind, text_of(r, column));
	if (kind->list == SIZE_MAX)
		return FAULT(r, column, "must name one of columns: the one that takes the values");
	return times ? read_times(r, times, kind) : TG_OK;
}

struct key {
	struct tg_str key;
	enum tg_status (*read)(struct reading *r, const struct tg_span *value,
			       struct tg_csv_row_kind *kind);
	enum tg_status (*later)(struct reading *r, const struct tg_span *value,
				struct tg_csv_row_kind *kind);
};

static const struct key keys[] = {
	// clang-format off
	{ { "tag",     3 }, read_tag,     NULL },
	{ { "as",      2 }, read_as,      NULL },
	{ { "columns", 7 }, read_columns, NULL },
	{ { "emit",    4 }, read_emit,    NULL },
	{ { "min",     3 }, read_min,     NULL },
	{ { "max",     3 }, read_max,     NULL },
	{ { "after",   5 }, read_later,   read_after },
	{ { "repeat",  6 }, read_later,   read_repeat },
	// clang-format on
};

static enum tg_status read_kind(struct reading *r, const struct tg_span *value,
				struct tg_csv_row_kind *kind)
{
	enum tg_status st = TG_OK;

	if (value->kind != TG_OBJECT)
		return FAULT(r, value,
			     "must be an object such as {\"as\":\"payment\","
			     "\"columns\":[\"id\",\"amount\"]}");
	for
		EACH_MEMBER(r, value, k)
		{
			struct tg_str name[TG_COUNT(keys)], key = text_of(r, &r->doc->span[k]);
			size_t i = 0;

			for (; i < TG_COUNT(keys) && !tg_str_eq(keys[i].key, key); i++)
				name[i] = keys[i].key;
			if (i == TG_COUNT(keys))
				return not_a_key(r, &r->doc->span[k + 1], key, "a kind of row",
						 name, i);
			st = keys[i].read(r, &r->doc->span[k + 1], kind);
			if (st)
				return st;
		}
	if (!kind->column)
		return FAULT(r, value,
			     "must have columns: the names of the fields behind the "
			     "first; [] where there are none");
	if (kind->max && kind->min > kind->max)
		return FAULT(r, value, "min is above max");
	return TG_OK;
}

static enum tg_status read_rest_of_kind(struct reading *r, const struct tg_span *value,
					struct tg_csv_row_kind *kind)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < TG_COUNT(keys); i++) {
		const struct tg_span *v =
			keys[i].later ? tg_member_find(r->doc, value, keys[i].key) : NULL;

		if (v)
			st = keys[i].later(r, v, kind);
	}
	return st;
}

/*
 * All of them
 */

static int by_tags(const void *a, const void *b)
{
	const struct tg_csv_row_kind *x = a, *y = b;

	if (x->tags != y->tags)
		return x->tags < y->tags ? 1 : -1;
	return tg_str_compare(x->key, y->key);
}

static bool same_tags(const struct tg_csv_row_kind *a, const struct tg_csv_row_kind *b)
{
	for (size_t i = 0; a->tags == b->tags && i < a->tags; i++)
		if (!tg_str_eq(a->tag[i], b->tag[i]))
			return false;
	return a->tags == b->tags;
}

static enum tg_status differ(const struct reading *r, uint32_t i)
{
	const struct tg_csv_row_kind *kind = r->kinds->kind;

	for (uint32_t j = 0; j < i; j++) {
		if (same_tags(&kind[j], &kind[i]))
			return FAULT(r, r->value[i], "has the same tag as %.*s",
				     TG_STR_ARG(kind[j].key));
		if (kind[i].emit && kind[j].emit && tg_str_eq(kind[j].as, kind[i].as))
			return FAULT(r, r->value[i], "is called the same as %.*s (as)",
				     TG_STR_ARG(kind[j].key));
	}
	return TG_OK;
}

static enum tg_status read_records(struct reading *r, const struct tg_span *records)
{
	struct tg_csv_kinds *kinds = r->kinds;
	enum tg_status st = TG_OK;

	if (records->kind != TG_OBJECT || is_empty(r, records))
		return FAULT(r, records,
			     "must be an object: by the text of a row's first field, what such "
			     "rows are");
	for
		EACH_MEMBER(r, records, k)
		{
			struct tg_csv_row_kind *kind = &kinds->kind[kinds->kinds];

			if (kinds->kinds == TG_CSV_KINDS_MAX)
				return FAULT(r, records, "has more than %d kinds",
					     TG_CSV_KINDS_MAX);
			*kind = (struct tg_csv_row_kind){
				.key = text_of(r, &r->doc->span[k]),
				.emit = true,
				.list = SIZE_MAX,
				.says = TG_CSV_NO_KIND,
				.tags = 1,
			};
			kind->tag[0] = kind->as = kind->key;
			if (tg_str_is(kind->key, "*"))
				kind->tags = 0;
			kinds->kinds++;
			st = read_kind(r, &r->doc->span[k + 1], kind);
			if (st)
				return st;
		}
	qsort(kinds->kind, kinds->kinds, sizeof(*kinds->kind), by_tags);
	memset(r->min_said, 0, TG_CSV_KINDS_MAX * sizeof(*r->min_said));
	for (uint32_t i = 0; !st && i < kinds->kinds; i++) {
		r->value[i] = tg_member_find(r->doc, records, kinds->kind[i].key);
		r->min_said[i] = tg_member_find(r->doc, r->value[i], TG_STR("min")) != NULL;
		if (kinds->kind[i].tags == 0)
			kinds->any = i;
		st = differ(r, i);
	}
	for (uint32_t i = 0; !st && i < kinds->kinds; i++)
		st = read_rest_of_kind(r, r->value[i], &kinds->kind[i]);
	return st;
}

/*
 * Control
 */

enum control_key { IN, FIELD, IS, OF, RECORD, SINCE, MODULO, WHEN, CONTROL_KEYS };

static const struct tg_str control_name[CONTROL_KEYS] = {
	[IN] = { "in", 2 },	    [FIELD] = { "field", 5 },	[IS] = { "is", 2 },
	[OF] = { "of", 2 },	    [RECORD] = { "record", 6 }, [SINCE] = { "since", 5 },
	[MODULO] = { "modulo", 6 }, [WHEN] = { "when", 4 },
};

/* "/amount": the name of a column. */
static enum tg_status read_name(const struct reading *r, const struct tg_span *value,
				struct tg_str text, struct tg_str *name)
{
	struct tg_error why = TG_ERROR_INIT;
	struct tg_pointer pointer = { .steps = 0 };

	if (!text.p || tg_pointer_compile(&pointer, text, r->arena, &why) || pointer.steps != 1)
		return FAULT(r, value, "must be the pointer to a column, such as \"/amount\"");
	*name = pointer.step[0];
	return TG_OK;
}

/* Which column of which kinds is added up. */
static enum tg_status read_added(struct reading *r, const struct tg_span **v,
				 struct tg_csv_control *c)
{
	const struct tg_csv_kinds *kinds = r->kinds;
	size_t *added = tg_arena_array(r->arena, kinds->kinds, sizeof(*added));
	bool *of = NULL, any = false, all = v[RECORD] == NULL;
	struct tg_property property;
	unsigned types;
	enum tg_status st = TG_OK;

	c->pointer = text_of(r, v[OF]);
	st = read_name(r, v[OF], c->pointer, &c->name);
	if (!st && v[RECORD])
		st = read_kinds(r, v[RECORD], &of);
	if (st)
		return st;
	if (!of)
		of = tg_arena_array(r->arena, kinds->kinds + 1, sizeof(*of));
	for (uint32_t i = 0; i < kinds->kinds; i++) {
		added[i] = all || of[i] ? column_by_name(&kinds->kind[i], c->name) : SIZE_MAX;
		if (all && i == c->in)
			added[i] = SIZE_MAX; /* the sum is no addend */
		if (!all && of[i] && added[i] == SIZE_MAX)
			return FAULT(r, v[RECORD], "%.*s has no column %.*s",
				     TG_STR_ARG(kinds->kind[i].key), TG_STR_ARG(c->name));
		of[i] = added[i] != SIZE_MAX;
		any |= of[i];
	}
	tg_contract_property(r->contract, c->name, &property);
	types = property.types & ~(unsigned)TG_TYPE_NULL;
	if (!any)
		return FAULT(r, v[OF], "no kind of row has this column");
	if (types == 0 || types & ~(unsigned)(TG_TYPE_NUMBER | TG_TYPE_INTEGER))
		return FAULT(r, v[OF],
			     "the contract gives this column no type number or integer, so it has "
			     "no sum");
	if (c->modulo && types != TG_TYPE_INTEGER)
		return FAULT(r, v[MODULO], "is for whole numbers, and the column is none");
	c->of = of;
	c->added = added;
	c->quotable = tg_class_quotable(property.class);
	return TG_OK;
}

static enum tg_status read_when_texts(const struct reading *r, const struct tg_span *value,
				      struct tg_csv_when *when)
{
	struct tg_str *text = tg_arena_array(
		r->arena, value->next - (uint32_t)(value - r->doc->span) + 1, sizeof(*text));

	when->text = text;
	if (value->kind == TG_STRING) {
		text[when->texts++] = text_of(r, value);
		return TG_OK;
	}
	if (value->kind != TG_ARRAY)
		return FAULT(r, value, "must be a text, or a list of them");
	for
		EACH_ITEM(r, value, k)
		{
			if (r->doc->span[k].kind != TG_STRING)
				return FAULT(r, &r->doc->span[k], "must be the text of a field");
			text[when->texts++] = text_of(r, &r->doc->span[k]);
		}
	return TG_OK;
}

static enum tg_status read_when(struct reading *r, const struct tg_span *value,
				struct tg_csv_control *c)
{
	const struct tg_csv_kinds *kinds = r->kinds;
	const struct tg_csv_when **by_kind =
		tg_arena_array(r->arena, kinds->kinds, sizeof(*by_kind));

	if (value->kind != TG_OBJECT || is_empty(r, value))
		return FAULT(r, value, "must be an object such as {\"/code\":[\"22\",\"32\"]}");
	c->whens = (value->next - (uint32_t)(value - r->doc->span)) / 2;
	for (uint32_t i = 0; i < kinds->kinds; i++) {
		struct tg_csv_when *when;
		size_t n = 0;

		if (!c->of[i])
			continue;
		when = tg_arena_array(r->arena, c->whens, sizeof(*when));
		for
			EACH_MEMBER(r, value, k)
			{
				struct tg_str name;
				enum tg_status st = read_name(r, &r->doc->span[k + 1],
							      text_of(r, &r->doc->span[k]), &name);

				if (!st)
					st = read_when_texts(r, &r->doc->span[k + 1], &when[n]);
				if (st)
					return st;
				when[n].column = column_by_name(&kinds->kind[i], name);
				if (when[n].column == SIZE_MAX ||
				    when[n].column == kinds->kind[i].list)
					return FAULT(r, &r->doc->span[k + 1],
						     "%.*s has no such column",
						     TG_STR_ARG(kinds->kind[i].key));
				n++;
			}
		c->whens = n;
		by_kind[i] = when;
	}
	c->when = by_kind;
	return TG_OK;
}

static enum tg_status read_control(struct reading *r, const struct tg_span *value,
				   struct tg_csv_control *c)
{
	const struct tg_span *v[CONTROL_KEYS] = { NULL };
	bool *set = NULL, *since = NULL;
	enum tg_status st = TG_OK;

	if (value->kind != TG_OBJECT)
		return FAULT(r, value,
			     "must be an object such as {\"in\":\"TRL\",\"field\":"
			     "\"rows\",\"is\":\"count\",\"of\":\"DTL\"}");
	for
		EACH_MEMBER(r, value, k)
		{
			struct tg_str key = text_of(r, &r->doc->span[k]);
			size_t i = 0;

			while (i < CONTROL_KEYS && !tg_str_eq(key, control_name[i]))
				i++;
			if (i == CONTROL_KEYS)
				return not_a_key(r, &r->doc->span[k + 1], key, "control",
						 control_name, i);
			v[i] = &r->doc->span[k + 1];
		}
	if (!v[IN] || !v[FIELD] || !v[IS] || !v[OF])
		return FAULT(r, value,
			     "must say in which row which field is the count or the sum "
			     "of what: in, field, is, of");
	c->in = kind_of_key(r, v[IN]);
	if (c->in == TG_CSV_NO_KIND)
		return FAULT(r, v[IN], "is none of the kinds that stand in records");
	st = read_column(r, v[FIELD], c->in, &c->field);
	if (st)
		return st;
	c->sum = v[IS]->kind == TG_STRING && tg_text_eq(r->doc, v[IS], TG_STR("sum"));
	if (!c->sum && (v[IS]->kind != TG_STRING || !tg_text_eq(r->doc, v[IS], TG_STR("count"))))
		return FAULT(r, v[IS], "must be \"count\" or \"sum\"");
	if (v[MODULO] && (!whole_number(r, v[MODULO], &c->modulo) || c->modulo < 2))
		return FAULT(r, v[MODULO], "must be a whole number, and at least 2");
	if (v[RECORD] && !c->sum)
		return FAULT(r, v[RECORD], "is for a sum; of which rows a count is, of says");
	if (c->sum)
		st = read_added(r, v, c);
	else
		st = read_kinds(r, v[OF], &set);
	if (!c->sum)
		c->of = set;
	if (!st && v[SINCE])
		st = read_kinds(r, v[SINCE], &since);
	c->since = since;
	if (!st && v[WHEN])
		st = read_when(r, v[WHEN], c);
	/* Without that row nothing would be checked. */
	if (!st && !r->min_said[c->in])
		r->kinds->kind[c->in].min = 1;
	return st;
}

static enum tg_status read_controls(struct reading *r, const struct tg_span *list)
{
	struct tg_csv_kinds *kinds = r->kinds;
	enum tg_status st = TG_OK;

	if (list->kind != TG_ARRAY)
		return FAULT(r, list, "must be a list");
	kinds->control = tg_arena_array(r->arena, TG_CSV_CONTROLS_MAX, sizeof(*kinds->control));
	for
		EACH_ITEM(r, list, k)
		{
			if (kinds->controls == TG_CSV_CONTROLS_MAX)
				return FAULT(r, list, "has more than %d checks",
					     TG_CSV_CONTROLS_MAX);
			st = read_control(r, &r->doc->span[k], &kinds->control[kinds->controls++]);
			if (st)
				return st;
		}
	return TG_OK;
}

enum tg_status tg_csv_kinds_read(const struct tg_csv_kinds **out, const struct tg_contract *c,
				 const struct tg_span *records, const struct tg_span *control,
				 struct tg_arena *arena, struct tg_error *err)
{
	struct tg_csv_kinds *kinds = tg_arena_take(arena, sizeof(*kinds));
	struct reading r = {
		.contract = c, .doc = &c->document, .kinds = kinds, .arena = arena, .err = err
	};
	enum tg_status st;

	kinds->any = TG_CSV_NO_KIND;
	kinds->kind = tg_arena_array(arena, TG_CSV_KINDS_MAX, sizeof(*kinds->kind));
	r.value = tg_arena_array(arena, TG_CSV_KINDS_MAX, sizeof(*r.value));
	r.min_said = tg_arena_array(arena, TG_CSV_KINDS_MAX, sizeof(*r.min_said));
	st = read_records(&r, records);
	if (!st && control)
		st = read_controls(&r, control);
	if (!st)
		*out = kinds;
	return st;
}

uint32_t tg_csv_kind_by_name(const struct tg_csv_kinds *kinds, struct tg_str as)
{
	for (uint32_t i = 0; i < kinds->kinds; i++)
		if (kinds->kind[i].emit && tg_str_eq(kinds->kind[i].as, as))
			return i;
	return TG_CSV_NO_KIND;
}

void tg_csv_kinds_put_keys(struct tg_buffer *b, const struct tg_csv_kinds *kinds, const bool *set)
{
	unsigned shown = 0;

	for (uint32_t i = 0; i <= kinds->kinds; i++) {
		if (!set[i])
			continue;
		if (shown++ == 8) {
			tg_buffer_puts(b, " ...");
			return;
		}
		tg_buffer_puts(b, shown > 1 ? ", " : "");
		if (i == kinds->kinds)
			tg_buffer_puts(b, "the beginning");
		else
			tg_utf8_put_safe(b, kinds->kind[i].key, 40);
	}
	if (shown == 0)
		tg_buffer_puts(b, "nothing");
}

static bool field_is(const struct tg_csv_rows *rows, const struct tg_csv_field *field,
		     struct tg_str text, const struct tg_csv_dialect *d, struct tg_buffer *scratch)
{
	size_t n = tg_csv_field_n(field);

	if (n == text.n && (n == 0 || memcmp(rows->text + field->at, text.p, n) == 0))
		return true;
	if (TG_LIKELY(n <= text.n || !rows->raw))
		return false;
	tg_buffer_clear(scratch);
	tg_csv_put_field(scratch, rows, field, d);
	return tg_str_eq(tg_buffer_str(scratch), text);
}

uint32_t tg_csv_kinds_find(const struct tg_csv_kinds *kinds, const struct tg_csv_rows *rows,
			   const struct tg_csv_row *row, const struct tg_csv_dialect *d,
			   struct tg_buffer *scratch)
{
	const struct tg_csv_field *field = &rows->field[row->field];

	for (uint32_t i = 0; i < kinds->kinds; i++) {
		const struct tg_csv_row_kind *kind = &kinds->kind[i];
		size_t k = 0;

		if (kind->tags > row->fields)
			continue;
		while (k < kind->tags && field_is(rows, &field[k], kind->tag[k], d, scratch))
			k++;
		if (k == kind->tags)
			return i;
	}
	return TG_CSV_NO_KIND;
}
