#include "common/contract/contract.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

/* Takes the percent signs off; false for a bad one. In place: it gets shorter only. */
static bool percent_decode(struct tg_buffer *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		char c = b->p[i];

		if (c == '%') {
			int high = b->n - i > 2 ? tg_hex((unsigned char)b->p[i + 1]) : -1;
			int low = b->n - i > 2 ? tg_hex((unsigned char)b->p[i + 2]) : -1;

			if ((high | low) < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		b->p[n++] = c;
	}
	b->n = n;
	return true;
}

const struct tg_span *tg_contract_find(const struct tg_contract *c, const struct tg_span *from,
				       struct tg_str fragment)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error why = TG_ERROR_INIT;
	struct tg_pointer pointer;

	tg_buffer_put_str(&text, fragment);
	if (!percent_decode(&text) ||
	    tg_pointer_compile(&pointer, tg_buffer_str(&text), &arena, &why))
		return NULL;
	return tg_pointer_find_from(&pointer, &c->document, from);
}

/*
 * What is said of a property in several places is gathered from a list of schemas that all apply: the schema itself, what its $ref
 * names, what its allOf holds. It serves conversion and messages; schema/ is what judges.
 */
enum { ALL_MAX = 64 };

struct all {
	const struct tg_span *schema[ALL_MAX];
	size_t n;
};

static void add(struct all *all, const struct tg_span *schema)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->schema[i] == schema)
			return;
	if (schema && all->n < ALL_MAX)
		all->schema[all->n++] = schema;
}

static const struct tg_span *anchor(const struct tg_contract *c, struct tg_str name)
{
	for (uint32_t i = 0; i < c->document.spans; i++) {
		const struct tg_span *value =
			tg_member_find(&c->document, &c->document.span[i], TG_STR("$anchor"));

		if (value && value->kind == TG_STRING && tg_text_eq(&c->document, value, name))
			return &c->document.span[i];
	}
	return NULL;
}

/* Only what stands in the document itself is followed. */
static const struct tg_span *target(const struct tg_contract *c, const struct tg_span *ref)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_str fragment;

	if (!ref || ref->kind != TG_STRING)
		return NULL;
	tg_text_decode(&text, &c->document, ref);
	if (text.n == 0 || text.p[0] != '#')
		return NULL;
	fragment = tg_str_after(tg_buffer_str(&text), 1);
	if (fragment.n > 0 && fragment.p[0] != '/')
		return anchor(c, fragment);
	return tg_contract_find(c, c->document.span, fragment);
}

/* Puts what applies wherever all->schema[first] and those behind it apply there too. */
static void close_over(const struct tg_contract *c, struct all *all, size_t first)
{
	const struct tg_record *doc = &c->document;

	for (size_t i = first; i < all->n; i++) {
		const struct tg_span *list = tg_member_find(doc, all->schema[i], TG_STR("allOf"));

		add(all, target(c, tg_member_find(doc, all->schema[i], TG_STR("$ref"))));
		if (!list || list->kind != TG_ARRAY)
			continue;
		for (uint32_t k = (uint32_t)(list - doc->span) + 1; k < list->next;
		     k = doc->span[k].next)
			add(all, &doc->span[k]);
	}
}

static unsigned type_of_name(const struct tg_record *doc, const struct tg_span *name)
{
	static const struct {
		struct tg_str name;
		unsigned type;
	} row[] = {
		{ { "null", 4 }, TG_TYPE_NULL },       { { "boolean", 7 }, TG_TYPE_BOOLEAN },
		{ { "number", 6 }, TG_TYPE_NUMBER },   { { "string", 6 }, TG_TYPE_STRING },
		{ { "array", 5 }, TG_TYPE_ARRAY },     { { "object", 6 }, TG_TYPE_OBJECT },
		{ { "integer", 7 }, TG_TYPE_INTEGER },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		if (name->kind == TG_STRING && tg_text_eq(doc, name, row[i].name))
			return row[i].type;
	return 0;
}

unsigned tg_contract_types(const struct tg_contract *c, const struct tg_span *type)
{
	const struct tg_record *doc = &c->document;
	unsigned types = 0;

	if (!type)
		return 0;
	if (type->kind == TG_STRING)
		return type_of_name(doc, type);
	if (type->kind != TG_ARRAY)
		return 0;
	for (uint32_t k = (uint32_t)(type - doc->span) + 1; k < type->next; k = doc->span[k].next)
		types |= type_of_name(doc, &doc->span[k]);
	return types;
}

/* What both sets of types allow: a number and an integer have the integers in common. */
static unsigned both(unsigned a, unsigned b)
{
	unsigned types = a & b;

	if (a == 0 || b == 0)
		return a | b;
	if (((a & TG_TYPE_INTEGER) && (b & TG_TYPE_NUMBER)) ||
	    ((b & TG_TYPE_INTEGER) && (a & TG_TYPE_NUMBER)))
		types |= TG_TYPE_INTEGER;
	return types;
}

static unsigned types_of_all(const struct tg_contract *c, struct all *all)
{
	unsigned types = 0;

	for (size_t i = 0; i < all->n; i++)
		types = both(types,
			     tg_contract_types(c, tg_member_find(&c->document, all->schema[i],
								 TG_STR("type"))));
	return types;
}

/* What one schema says of notation, where nothing nearer did. */
static void add_notation(const struct tg_record *doc, const struct tg_span *schema,
			 struct tg_property *p)
{
	const struct {
		struct tg_str name;
		const struct tg_span **value;
	} row[] = {
		{ { "x-date", 6 }, &p->date },	     { { "x-number", 8 }, &p->number },
		{ { "x-boolean", 9 }, &p->boolean }, { { "x-nulls", 7 }, &p->nulls },
		{ { "format", 6 }, &p->format },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++)
		if (!*row[i].value)
			*row[i].value = tg_member_find(doc, schema, row[i].name);
}

/* anyOf [string, null] is how many write a type that may be null: the union, when each branch says its type. */
static unsigned types_of_branches(const struct tg_contract *c, const struct tg_span *schema,
				  struct tg_property *p)
{
	const struct tg_record *doc = &c->document;
	const struct tg_span *list = tg_member_find(doc, schema, TG_STR("anyOf"));
	unsigned types = 0;
	bool known = true;

	if (!list)
		list = tg_member_find(doc, schema, TG_STR("oneOf"));
	if (!list || list->kind != TG_ARRAY)
		return 0;
	for (uint32_t k = (uint32_t)(list - doc->span) + 1; k < list->next; k = doc->span[k].next) {
		struct all branch = { .n = 0 };
		unsigned one;

		add(&branch, &doc->span[k]);
		close_over(c, &branch, 0);
		for (size_t i = 0; i < branch.n; i++)
			add_notation(doc, branch.schema[i], p);
		one = types_of_all(c, &branch);
		known = known && one;
		types |= one;
	}
	return known ? types : 0;
}

static bool lists(const struct tg_record *doc, const struct tg_span *required, struct tg_str name)
{
	if (!required || required->kind != TG_ARRAY)
		return false;
	for (uint32_t k = (uint32_t)(required - doc->span) + 1; k < required->next;
	     k = doc->span[k].next)
		if (doc->span[k].kind == TG_STRING && tg_text_eq(doc, &doc->span[k], name))
			return true;
	return false;
}

static enum tg_class stricter(enum tg_class a, enum tg_class b)
{
	return a > b ? a : b;
}

void tg_contract_property(const struct tg_contract *c, struct tg_str name,
			  struct tg_property *property)
{
	const struct tg_record *doc = &c->document;
	struct all root = { .n = 0 }, all = { .n = 0 };
	enum tg_class whole = TG_CLASS_NONE;

	*property = (struct tg_property){ .schema = NULL };
	add(&root, doc->span);
	close_over(c, &root, 0);
	for (size_t i = 0; i < root.n; i++) {
		const struct tg_span *map =
			tg_member_find(doc, root.schema[i], TG_STR("properties"));
		const struct tg_span *schema = map ? tg_member_find(doc, map, name) : NULL;

		if (!property->schema)
			property->schema = schema;
		add(&all, schema);
		whole = stricter(whole, tg_contract_class(c, root.schema[i]));
		if (lists(doc, tg_member_find(doc, root.schema[i], TG_STR("required")), name))
			property->required = true;
	}
	close_over(c, &all, 0);
	property->types = types_of_all(c, &all);
	for (size_t i = 0; i < all.n; i++)
		add_notation(doc, all.schema[i], property);
	for (size_t i = 0; i < all.n; i++) {
		property->types =
			both(property->types, types_of_branches(c, all.schema[i], property));
		property->class = stricter(property->class, tg_contract_class(c, all.schema[i]));
	}
	if (property->class == TG_CLASS_NONE)
		property->class = whole;
}

/* Whether a schema of the first n has the property too. */
static bool earlier(const struct tg_record *doc, const struct all *root, size_t n,
		    struct tg_str name)
{
	for (size_t i = 0; i < n; i++) {
		const struct tg_span *map =
			tg_member_find(doc, root->schema[i], TG_STR("properties"));

		if (map && tg_member_find(doc, map, name))
			return true;
	}
	return false;
}

struct tg_str *tg_contract_properties(const struct tg_contract *c, struct tg_arena *arena,
				      size_t *n, bool *closed)
{
	const struct tg_record *doc = &c->document;
	struct all root = { .n = 0 };
	struct tg_str *name;
	size_t room = 0;

	add(&root, doc->span);
	close_over(c, &root, 0);
	*closed = doc->span[0].kind == TG_FALSE;
	for (size_t i = 0; i < root.n; i++) {
		const struct tg_span *map =
			tg_member_find(doc, root.schema[i], TG_STR("properties"));
		const struct tg_span *rest =
			tg_member_find(doc, root.schema[i], TG_STR("additionalProperties"));

		if (!rest)
			rest = tg_member_find(doc, root.schema[i], TG_STR("unevaluatedProperties"));
		if (rest && rest->kind == TG_FALSE)
			*closed = true;
		if (map)
			room += map->next - (uint32_t)(map - doc->span);
	}
	name = tg_arena_array(arena, room / 2 + 1, sizeof(*name));
	*n = 0;
	for (size_t i = 0; i < root.n; i++) {
		const struct tg_span *map =
			tg_member_find(doc, root.schema[i], TG_STR("properties"));

		if (!map || map->kind != TG_OBJECT)
			continue;
		for (uint32_t k = (uint32_t)(map - doc->span) + 1; k < map->next;
		     k = doc->span[k + 1].next) {
			name[*n] = tg_text_get(arena, doc, &doc->span[k]);
			if (!earlier(doc, &root, i, name[*n]))
				(*n)++;
		}
	}
	return name;
}
