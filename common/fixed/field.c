#include "common/fixed/field.h"

#include "common/fixed/cover.h"

enum {
	WIDTH_MAX = 1 << 24, /* of a record too */
	DEPTH_MAX = 8,	     /* groups in groups */
};

static const struct tg_str key_name[TG_KEYS] = {
	[TG_KEY_NAME] = { "name", 4 },
	[TG_KEY_AT] = { "at", 2 },
	[TG_KEY_WIDTH] = { "width", 5 },
	[TG_KEY_TYPE] = { "type", 4 },
	[TG_KEY_ENCODING] = { "encoding", 8 },
	[TG_KEY_PAD] = { "pad", 3 },
	[TG_KEY_PAD_CHAR] = { "padChar", 7 },
	[TG_KEY_TRIM] = { "trim", 4 },
	[TG_KEY_SCALE] = { "scale", 5 },
	[TG_KEY_SIGN] = { "sign", 4 },
	[TG_KEY_POINT] = { "point", 5 },
	[TG_KEY_BLANK] = { "blank", 5 },
	[TG_KEY_NULLS] = { "nulls", 5 },
	[TG_KEY_FORMAT] = { "format", 6 },
	[TG_KEY_PIVOT] = { "pivot", 5 },
	[TG_KEY_ZONE] = { "zone", 4 },
	[TG_KEY_ORDER] = { "order", 5 },
	[TG_KEY_OCCURS] = { "occurs", 6 },
	[TG_KEY_DEPENDS_ON] = { "dependsOn", 9 },
	[TG_KEY_REDEFINES] = { "redefines", 9 },
	[TG_KEY_WHEN] = { "when", 4 },
	[TG_KEY_VALUE] = { "value", 5 },
	[TG_KEY_TRUE] = { "true", 4 },
	[TG_KEY_FALSE] = { "false", 5 },
	[TG_KEY_FIELDS] = { "fields", 6 },
};

static const char *const type_word[] = { "text", "number",  "integer", "zoned", "packed", "binary",
					 "date", "boolean", "filler",  "group", NULL };
static const enum tg_fixed_type type_of[] = {
	TG_FIXED_TEXT,	 TG_FIXED_NUMBER, TG_FIXED_NUMBER,  TG_FIXED_NUMBER, TG_FIXED_PACKED,
	TG_FIXED_BINARY, TG_FIXED_DATE,	  TG_FIXED_BOOLEAN, TG_FIXED_FILLER, TG_FIXED_GROUP,
};

/* Which keys a type has, besides those that all have. */
#define KEY(k) (UINT32_C(1) << (k))
#define ALL (KEY(TG_KEY_NAME) | KEY(TG_KEY_AT) | KEY(TG_KEY_WIDTH) | KEY(TG_KEY_TYPE))
#define LISTS                                                                                      \
	(KEY(TG_KEY_OCCURS) | KEY(TG_KEY_DEPENDS_ON) | KEY(TG_KEY_REDEFINES) | KEY(TG_KEY_WHEN))
#define TEXTS                                                                                      \
	(KEY(TG_KEY_ENCODING) | KEY(TG_KEY_PAD) | KEY(TG_KEY_PAD_CHAR) | KEY(TG_KEY_TRIM) |        \
	 KEY(TG_KEY_BLANK) | KEY(TG_KEY_NULLS))
#define DAYS (KEY(TG_KEY_FORMAT) | KEY(TG_KEY_PIVOT) | KEY(TG_KEY_ZONE))
#define BITS                                                                                       \
	(KEY(TG_KEY_ENCODING) | KEY(TG_KEY_BLANK) | KEY(TG_KEY_NULLS) | KEY(TG_KEY_SCALE) |        \
	 KEY(TG_KEY_SIGN))

static const uint32_t keys_of[] = {
	[TG_FIXED_TEXT] = ALL | LISTS | TEXTS,
	[TG_FIXED_NUMBER] =
		ALL | LISTS | TEXTS | KEY(TG_KEY_SCALE) | KEY(TG_KEY_SIGN) | KEY(TG_KEY_POINT),
	[TG_FIXED_PACKED] = ALL | LISTS | BITS | DAYS,
	[TG_FIXED_BINARY] = ALL | LISTS | BITS | DAYS | KEY(TG_KEY_ORDER),
	[TG_FIXED_DATE] = ALL | LISTS | TEXTS | DAYS,
	[TG_FIXED_BOOLEAN] = ALL | LISTS | TEXTS | KEY(TG_KEY_TRUE) | KEY(TG_KEY_FALSE),
	[TG_FIXED_FILLER] = ALL | KEY(TG_KEY_ENCODING) | KEY(TG_KEY_PAD) | KEY(TG_KEY_PAD_CHAR) |
			    KEY(TG_KEY_VALUE) | KEY(TG_KEY_REDEFINES) | KEY(TG_KEY_WHEN),
	[TG_FIXED_GROUP] = ALL | LISTS | KEY(TG_KEY_FIELDS),
};

const char *tg_fixed_article(enum tg_fixed_word word)
{
	return word == TG_WORD_INTEGER ? "an" : "a";
}

const char *tg_fixed_word(enum tg_fixed_word word)
{
	return type_word[word];
}

bool tg_fixed_has_key(enum tg_fixed_type type, enum tg_fixed_key key)
{
	return keys_of[type] >> key & 1;
}

static enum tg_status only_its_keys(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				    const struct tg_fixed_field *f)
{
	for (unsigned k = 0; k < TG_KEYS; k++) {
		if (!raw->v[k] || tg_fixed_has_key(f->type, k))
			continue;
		if (k == TG_KEY_FIELDS)
			return TG_LAYOUT_FAULT(
				r, raw->v[k],
				"only a group has fields: give it \"type\": \"group\"");
		return TG_LAYOUT_FAULT(r, raw->v[k], "means nothing for %s %s",
				       tg_fixed_article(raw->word), type_word[raw->word]);
	}
	return TG_OK;
}

/*
 * Where it is
 */

static enum tg_status read_place(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				 struct tg_fixed_field *f)
{
	uint64_t at = 0, width = 0, occurs = 0, bytes;
	enum tg_status st;

	if (!raw->v[TG_KEY_AT] || !raw->v[TG_KEY_WIDTH])
		return TG_LAYOUT_FAULT(r, raw->span, "has no \"%s\"",
				       raw->v[TG_KEY_AT] ? "width" : "at");
	st = tg_fixed_read_number(r, raw->v[TG_KEY_AT], 1, WIDTH_MAX, &at);
	if (!st)
		st = tg_fixed_read_number(r, raw->v[TG_KEY_WIDTH], 1, WIDTH_MAX, &width);
	if (!st)
		st = tg_fixed_read_number(r, raw->v[TG_KEY_OCCURS], 1, WIDTH_MAX, &occurs);
	if (st)
		return st;
	bytes = width * (occurs ? occurs : 1); /* below 2^48 */
	if (at - 1 + bytes > WIDTH_MAX)
		return TG_LAYOUT_FAULT(r, raw->span, "ends beyond %d", WIDTH_MAX);
	f->at = (uint32_t)at - 1;
	f->width = (uint32_t)width;
	f->occurs = (uint32_t)occurs;
	return TG_OK;
}

/* Its name, and what the contract says about a property called so; what is in a group is as confidential as the group. */
static enum tg_status read_name(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				struct tg_fixed_field *f)
{
	struct tg_property property;
	enum tg_status st = tg_fixed_read_string(r, raw->v[TG_KEY_NAME], &f->name);

	if (st || f->type == TG_FIXED_FILLER)
		return st;
	if (f->name.n == 0)
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_NAME] ? raw->v[TG_KEY_NAME] : raw->span,
				       "needs a name; one that is not wanted is a filler");
	if (r->group) {
		f->class = r->group->class;
		f->quotable = r->group->quotable;
		return TG_OK;
	}
	tg_contract_property(r->contract, f->name, &property);
	f->schema = property.schema;
	f->class = property.class;
	f->quotable = r->setup->show_values || tg_class_quotable(property.class);
	f->as_text = (property.types & ~(unsigned)TG_TYPE_NULL) == TG_TYPE_STRING;
	return TG_OK;
}

/*
 * A list of fields
 */

struct list {
	struct tg_fixed_field *field;
	struct tg_fixed_raw *raw;
	size_t n;
	unsigned depth;
};

static enum tg_status read_list(struct tg_fixed_reading *r, const struct tg_span *array,
				uint32_t *length, const struct tg_fixed_kind *top, struct list *l);

static enum tg_status read_group(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				 struct tg_fixed_field *f, unsigned depth)
{
	const struct tg_fixed_field *outer = r->group;
	struct list inner = { .depth = depth + 1 };
	uint32_t width = f->width;
	enum tg_status st;

	if (!raw->v[TG_KEY_FIELDS])
		return TG_LAYOUT_FAULT(r, raw->span, "a group needs fields");
	if (inner.depth > DEPTH_MAX)
		return TG_LAYOUT_FAULT(r, raw->span, "is a group in more than %d others",
				       DEPTH_MAX);
	r->group = f;
	st = read_list(r, raw->v[TG_KEY_FIELDS], &width, NULL, &inner);
	r->group = outer;
	f->field = inner.field;
	f->fields = inner.n;
	return st;
}

static enum tg_status read_field(struct tg_fixed_reading *r, const struct tg_span *span,
				 struct tg_fixed_raw *raw, struct tg_fixed_field *f, unsigned depth)
{
	unsigned word = TG_WORD_TEXT;
	enum tg_status st = tg_fixed_collect(r, span, "a field", key_name, raw->v, TG_KEYS);

	raw->span = f->span = span;
	f->set = r->layout->set;
	f->slot = TG_SLOT_NONE;
	if (!st)
		st = tg_fixed_read_choice(r, raw->v[TG_KEY_TYPE], type_word, &word);
	raw->word = (enum tg_fixed_word)word;
	f->type = type_of[word];
	if (!st)
		st = only_its_keys(r, raw, f);
	if (!st)
		st = read_place(r, raw, f);
	if (!st)
		st = read_name(r, raw, f);
	if (!st)
		st = tg_fixed_read_set(r, raw->v[TG_KEY_ENCODING], &f->set);
	if (!st)
		st = tg_fixed_read_notation(r, raw, f);
	return !st && f->type == TG_FIXED_GROUP ? read_group(r, raw, f, depth) : st;
}

static enum tg_status no_name_twice(struct tg_fixed_reading *r, const struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct tg_fixed_field *f = &l->field[i];

		if (f->type == TG_FIXED_FILLER)
			continue;
		if (tg_fixed_field_find(l->field, i, f->name))
			return TG_LAYOUT_FAULT(r, l->raw[i].v[TG_KEY_NAME],
					       "is the name of another field too");
	}
	return TG_OK;
}

static enum tg_status link_count(struct tg_fixed_reading *r, const struct list *l, size_t i)
{
	struct tg_fixed_field *f = &l->field[i];
	const struct tg_span *v = l->raw[i].v[TG_KEY_DEPENDS_ON];
	struct tg_str name = TG_STR_NONE;
	enum tg_status st = tg_fixed_read_string(r, v, &name);

	if (st || !v)
		return st;
	if (!f->occurs)
		return TG_LAYOUT_FAULT(r, v, "needs \"occurs\", the most that there can be");
	f->depends = tg_fixed_field_find(l->field, l->n, name);
	if (!f->depends || !tg_fixed_is_number(f->depends) || f->depends->occurs ||
	    f->depends->scale > 0)
		return TG_LAYOUT_FAULT(r, v, "must name a field beside it that is a whole number");
	return TG_OK;
}

static enum tg_status link_bases(struct tg_fixed_reading *r, const struct list *l, size_t i)
{
	struct tg_fixed_field *f = &l->field[i];
	const struct tg_span *list = l->raw[i].v[TG_KEY_REDEFINES], *item = NULL;
	uint32_t from = UINT32_MAX, to = 0;

	if (!list)
		return TG_OK;
	f->redefines = true;
	while ((item = tg_fixed_next(r, list, item))) {
		struct tg_str name = TG_STR_NONE;
		enum tg_status st = tg_fixed_read_string(r, item, &name);
		struct tg_fixed_field *base = st ? NULL : tg_fixed_field_find(l->field, l->n, name);
		const struct tg_fixed_when **unless;

		if (st)
			return st;
		if (!base || l->raw[base - l->field].v[TG_KEY_REDEFINES])
			return TG_LAYOUT_FAULT(
				r, item,
				"must name a field beside it that is not itself a second reading");
		from = base->at < from ? base->at : from;
		if (base->at + base->width * (base->occurs ? base->occurs : 1) > to)
			to = base->at + base->width * (base->occurs ? base->occurs : 1);
		if (f->when.tests == 0)
			continue;
		unless = tg_arena_array(r->arena, base->unlesses + 1, sizeof(*unless));
		if (base->unlesses)
			memcpy(unless, base->unless, base->unlesses * sizeof(*unless));
		unless[base->unlesses++] = &f->when;
		base->unless = unless;
	}
	if (f->at < from || f->at + f->width * (f->occurs ? f->occurs : 1) > to)
		return TG_LAYOUT_OVERLAP(r, l->raw[i].span,
					 "is not within the bytes that it redefines, %u to %u",
					 (unsigned)from + 1, (unsigned)to);
	return TG_OK;
}

static enum tg_status link(struct tg_fixed_reading *r, const struct list *l)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < l->n; i++)
		if (l->raw[i].v[TG_KEY_WHEN])
			st = tg_fixed_read_when(r, l->raw[i].v[TG_KEY_WHEN], l->field, l->n,
						&l->field[i].when);
	for (size_t i = 0; !st && i < l->n; i++) {
		st = link_count(r, l, i);
		if (!st)
			st = link_bases(r, l, i);
	}
	return st;
}

static enum tg_status read_list(struct tg_fixed_reading *r, const struct tg_span *array,
				uint32_t *length, const struct tg_fixed_kind *top, struct list *l)
{
	const struct tg_span *item = NULL;
	size_t n = tg_fixed_count(r, array);
	enum tg_status st = TG_OK;

	if (array->kind != TG_ARRAY || n == 0)
		return TG_LAYOUT_FAULT(r, array, "must be a list of fields");
	l->field = tg_arena_array(r->arena, n, sizeof(*l->field));
	l->raw = tg_arena_array(r->arena, n, sizeof(*l->raw));
	while (!st && (item = tg_fixed_next(r, array, item))) {
		st = read_field(r, item, &l->raw[l->n], &l->field[l->n], l->depth);
		l->n++;
	}
	if (!st)
		st = no_name_twice(r, l);
	if (!st)
		st = link(r, l);
	return st ? st : tg_fixed_cover(r, array, l->field, l->n, length, top);
}

enum tg_status tg_fixed_read_fields(struct tg_fixed_reading *r, struct tg_fixed_kind *kind,
				    const struct tg_span *array)
{
	struct list l = { .depth = 0 };
	enum tg_status st = read_list(r, array, &kind->length, kind, &l);

	kind->field = l.field;
	kind->fields = l.n;
	return st;
}
