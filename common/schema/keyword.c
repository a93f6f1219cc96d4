#include "common/schema/keyword.h"

#include "common/base/utf8.h"
#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

#include <stdarg.h>
#include <stdio.h>

enum form {
	FORM_ANY,
	FORM_BOOLEAN,
	FORM_SWITCH, /* true or false, where later drafts have a number */
	FORM_STRING,
	FORM_NUMBER,
	FORM_POSITIVE,
	FORM_COUNT,
	FORM_NAMES,    /* a list of different strings */
	FORM_LIST,     /* any list */
	FORM_SWITCHES, /* an object of true and false */
	FORM_TYPE,
	FORM_SCHEMA,
	FORM_SCHEMAS, /* a list of them that is not empty */
	FORM_SCHEMA_OR_LIST,
	FORM_SCHEMA_OR_BOOLEAN,
	FORM_VALUES, /* a list of different values that is not empty */
	FORM_SCHEMA_MAP,
	FORM_NAMES_MAP,
	FORM_MIXED_MAP, /* of schemas and lists of names */
	FORM_ANCHOR,
	FORM_ID, /* a URI reference without a fragment */
};

/* The rows of one name stand together. */
static const struct {
	enum tg_keyword key;
	struct tg_str name;
	enum form form;
	enum tg_draft from, to;
	unsigned vocabulary;
} keyword[] = {
	// clang-format off
	{ TG_KEY_SCHEMA,              { "$schema",                7 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_ID,                  { "id",                     2 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_4, TG_VOCABULARY_CORE },
	{ TG_KEY_ID,                  { "$id",                    3 }, FORM_STRING,         TG_DRAFT_6,    TG_DRAFT_7, TG_VOCABULARY_CORE },
	{ TG_KEY_ID,                  { "$id",                    3 }, FORM_ID,         TG_DRAFT_2019,    TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_REF,                 { "$ref",                   4 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_ANCHOR,              { "$anchor",                7 }, FORM_ANCHOR,         TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_DYNAMIC_REF,         { "$dynamicRef",           11 }, FORM_STRING,         TG_DRAFT_2020, TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_DYNAMIC_ANCHOR,      { "$dynamicAnchor",        14 }, FORM_ANCHOR,         TG_DRAFT_2020, TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_RECURSIVE_REF,       { "$recursiveRef",         13 }, FORM_STRING,         TG_DRAFT_2019, TG_DRAFT_2019, TG_VOCABULARY_CORE },
	{ TG_KEY_RECURSIVE_ANCHOR,    { "$recursiveAnchor",      16 }, FORM_BOOLEAN,        TG_DRAFT_2019, TG_DRAFT_2019, TG_VOCABULARY_CORE },
	{ TG_KEY_VOCABULARY,          { "$vocabulary",           11 }, FORM_SWITCHES,            TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_COMMENT,             { "$comment",               8 }, FORM_STRING,         TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_DEFS,                { "$defs",                  5 }, FORM_SCHEMA_MAP,     TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_DEFINITIONS,         { "definitions",           11 }, FORM_SCHEMA_MAP,     TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_CORE },
	{ TG_KEY_TYPE,                { "type",                   4 }, FORM_TYPE,           TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_ENUM,                { "enum",                   4 }, FORM_LIST,           TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_ENUM,                { "enum",                   4 }, FORM_VALUES,           TG_DRAFT_4,    TG_DRAFT_4, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_CONST,               { "const",                  5 }, FORM_ANY,            TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MULTIPLE,            { "multipleOf",            10 }, FORM_POSITIVE,       TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MAXIMUM,             { "maximum",                7 }, FORM_NUMBER,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_EXCLUSIVE_MAXIMUM,   { "exclusiveMaximum",      16 }, FORM_NUMBER,         TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_EXCLUSIVE_MAXIMUM,   { "exclusiveMaximum",      16 }, FORM_SWITCH,         TG_DRAFT_4,    TG_DRAFT_4, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MINIMUM,             { "minimum",                7 }, FORM_NUMBER,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_EXCLUSIVE_MINIMUM,   { "exclusiveMinimum",      16 }, FORM_NUMBER,         TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_EXCLUSIVE_MINIMUM,   { "exclusiveMinimum",      16 }, FORM_SWITCH,         TG_DRAFT_4,    TG_DRAFT_4, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MAX_LENGTH,          { "maxLength",              9 }, FORM_COUNT,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MIN_LENGTH,          { "minLength",              9 }, FORM_COUNT,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_PATTERN,             { "pattern",                7 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MAX_ITEMS,           { "maxItems",               8 }, FORM_COUNT,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MIN_ITEMS,           { "minItems",               8 }, FORM_COUNT,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_UNIQUE,              { "uniqueItems",           11 }, FORM_BOOLEAN,        TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MAX_CONTAINS,        { "maxContains",           11 }, FORM_COUNT,          TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MIN_CONTAINS,        { "minContains",           11 }, FORM_COUNT,          TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MAX_MEMBERS,         { "maxProperties",         13 }, FORM_COUNT,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_MIN_MEMBERS,         { "minProperties",         13 }, FORM_COUNT,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_REQUIRED,            { "required",               8 }, FORM_NAMES,          TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_DEPENDENT_REQUIRED,  { "dependentRequired",     17 }, FORM_NAMES_MAP,      TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_VALIDATION },
	{ TG_KEY_ALL,                 { "allOf",                  5 }, FORM_SCHEMAS,        TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ANY,                 { "anyOf",                  5 }, FORM_SCHEMAS,        TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ONE,                 { "oneOf",                  5 }, FORM_SCHEMAS,        TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_NOT,                 { "not",                    3 }, FORM_SCHEMA,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_IF,                  { "if",                     2 }, FORM_SCHEMA,         TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_THEN,                { "then",                   4 }, FORM_SCHEMA,         TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ELSE,                { "else",                   4 }, FORM_SCHEMA,         TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_DEPENDENT_SCHEMAS,   { "dependentSchemas",      16 }, FORM_SCHEMA_MAP,     TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_DEPENDENCIES,        { "dependencies",          12 }, FORM_MIXED_MAP,      TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_PREFIX,              { "prefixItems",           11 }, FORM_SCHEMAS,        TG_DRAFT_2020, TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ITEMS,               { "items",                  5 }, FORM_SCHEMA,         TG_DRAFT_2020, TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ITEMS,               { "items",                  5 }, FORM_SCHEMA_OR_LIST, TG_DRAFT_4,    TG_DRAFT_2019, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ADDITIONAL_ITEMS,    { "additionalItems",       15 }, FORM_SCHEMA,         TG_DRAFT_6,    TG_DRAFT_2019, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ADDITIONAL_ITEMS,    { "additionalItems",       15 }, FORM_SCHEMA_OR_BOOLEAN,         TG_DRAFT_4,    TG_DRAFT_4, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_CONTAINS,            { "contains",               8 }, FORM_SCHEMA,         TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_PROPERTIES,          { "properties",            10 }, FORM_SCHEMA_MAP,     TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_PATTERNS,            { "patternProperties",     17 }, FORM_SCHEMA_MAP,     TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ADDITIONAL,          { "additionalProperties",  20 }, FORM_SCHEMA,         TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_ADDITIONAL,          { "additionalProperties",  20 }, FORM_SCHEMA_OR_BOOLEAN,         TG_DRAFT_4,    TG_DRAFT_4, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_NAMES,               { "propertyNames",         13 }, FORM_SCHEMA,         TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_APPLICATOR },
	{ TG_KEY_UNEVALUATED_ITEMS,   { "unevaluatedItems",      16 }, FORM_SCHEMA,         TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_UNEVALUATED },
	{ TG_KEY_UNEVALUATED_MEMBERS, { "unevaluatedProperties", 21 }, FORM_SCHEMA,         TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_UNEVALUATED },
	{ TG_KEY_FORMAT,              { "format",                 6 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_FORMAT },
	{ TG_KEY_TITLE,               { "title",                  5 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_DESCRIPTION,         { "description",           11 }, FORM_STRING,         TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_DEFAULT,             { "default",                7 }, FORM_ANY,            TG_DRAFT_4,    TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_DEPRECATED,          { "deprecated",            10 }, FORM_BOOLEAN,        TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_READ_ONLY,           { "readOnly",               8 }, FORM_BOOLEAN,        TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_WRITE_ONLY,          { "writeOnly",              9 }, FORM_BOOLEAN,        TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_EXAMPLES,            { "examples",               8 }, FORM_LIST,           TG_DRAFT_6,    TG_DRAFT_2020, TG_VOCABULARY_META },
	{ TG_KEY_CONTENT_ENCODING,    { "contentEncoding",       15 }, FORM_STRING,         TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_CONTENT },
	{ TG_KEY_CONTENT_MEDIA_TYPE,  { "contentMediaType",      16 }, FORM_STRING,         TG_DRAFT_7,    TG_DRAFT_2020, TG_VOCABULARY_CONTENT },
	{ TG_KEY_CONTENT_SCHEMA,      { "contentSchema",         13 }, FORM_SCHEMA,         TG_DRAFT_2019, TG_DRAFT_2020, TG_VOCABULARY_CONTENT },
	// clang-format on
};

/* What a keyword of another draft is called where it is not. */
static const struct {
	struct tg_str name;
	const char *instead;
} former[] = {
	{ { "additionalItems", 15 }, "prefixItems with items" },
	{ { "$recursiveRef", 13 }, "$dynamicRef" },
	{ { "$recursiveAnchor", 16 }, "$dynamicAnchor" },
	{ { "divisibleBy", 11 }, "multipleOf" },
	{ { "disallow", 8 }, "not" },
	{ { "extends", 7 }, "allOf" },
	{ { "id", 2 }, "$id" },
};

void tg_teller_warn(struct tg_teller *t, const struct tg_span *value, const char *format, ...)
{
	char text[400];
	va_list args;

	if (t->n++ >= TG_WARNINGS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tg_contract_warn(t->c, t->setup, value, "%s", text);
}

void tg_teller_end(const struct tg_teller *t)
{
	if (t->n > TG_WARNINGS_MAX && t->setup->program)
		tg_setup_warn(t->setup, "%s: %u further warnings about the contract", t->c->path,
			      t->n - TG_WARNINGS_MAX);
}

void tg_keyword_table_init(struct tg_keyword_table *table, struct tg_arena *arena)
{
	tg_names_init(&table->names, TG_COUNT(keyword), arena);
	for (size_t i = TG_COUNT(keyword); i-- > 0;) {
		struct tg_str name =
			tg_arena_copy(arena, keyword[i].name); /* with room behind it */

		if (i == 0 || !tg_str_eq(keyword[i - 1].name, keyword[i].name))
			(void)tg_names_add(&table->names, name, (uint32_t)i);
	}
}

static bool has(const struct tg_dialect *dialect, size_t row)
{
	return dialect->draft >= keyword[row].from && dialect->draft <= keyword[row].to &&
	       (dialect->vocabulary & keyword[row].vocabulary);
}

/* The row that the dialect has for a keyword, TG_COUNT(keyword): it has none. *known: another one has it. */
static size_t row_of(const struct tg_keyword_table *table, const struct tg_dialect *dialect,
		     struct tg_str name, bool *known)
{
	uint32_t i = tg_names_find(&table->names, name);

	*known = i != TG_NAMES_NONE;
	if (!*known)
		return TG_COUNT(keyword);
	for (size_t row = i; row < TG_COUNT(keyword) && tg_str_eq(keyword[row].name, name); row++)
		if (has(dialect, row))
			return row;
	return TG_COUNT(keyword);
}

enum tg_holds tg_keyword_holds(const struct tg_keyword_table *table, struct tg_str name,
			       const struct tg_span *value, const struct tg_dialect *dialect)
{
	bool known;
	size_t row = row_of(table, dialect, name, &known);

	if (row == TG_COUNT(keyword))
		return TG_HOLDS_NOTHING;
	switch (keyword[row].form) {
	case FORM_SCHEMA:
	case FORM_SCHEMA_OR_BOOLEAN:
		return value->kind == TG_ARRAY ? TG_HOLDS_NOTHING : TG_HOLDS_SCHEMA;
	case FORM_SCHEMAS:
		return value->kind == TG_ARRAY ? TG_HOLDS_LIST : TG_HOLDS_NOTHING;
	case FORM_SCHEMA_OR_LIST:
		return value->kind == TG_ARRAY ? TG_HOLDS_LIST : TG_HOLDS_SCHEMA;
	case FORM_SCHEMA_MAP:
	case FORM_MIXED_MAP:
		return value->kind == TG_OBJECT ? TG_HOLDS_MAP : TG_HOLDS_NOTHING;
	case FORM_ANY:
	case FORM_BOOLEAN:
	case FORM_SWITCH:
	case FORM_STRING:
	case FORM_NUMBER:
	case FORM_POSITIVE:
	case FORM_COUNT:
	case FORM_NAMES:
	case FORM_LIST:
	case FORM_SWITCHES:
	case FORM_VALUES:
	case FORM_TYPE:
	case FORM_NAMES_MAP:
	case FORM_ANCHOR:
	case FORM_ID:
		return TG_HOLDS_NOTHING;
	}
	return TG_HOLDS_NOTHING;
}

uint64_t tg_keyword_count(const struct tg_contract *c, const struct tg_span *value)
{
	static const struct tg_str top = { "4294967296", 10 };
	TG_OWN(tg_buffer_release) struct tg_buffer canonical = TG_BUFFER_INIT;
	struct tg_str text = tg_span_text(&c->document, value);
	uint64_t digits = 0;
	unsigned zeros = 0;
	size_t i = 0;

	if (tg_number_compare(text, top) >= 0)
		return UINT64_C(1) << 32;
	/* However it is spelt (1e3, 2.0): digits, e, and how many zeros; both are small now. */
	tg_number_put_canonical(&canonical, text);
	for (; i < canonical.n && canonical.p[i] != 'e'; i++)
		digits = digits * 10 + (uint64_t)(canonical.p[i] - '0');
	for (i++; i < canonical.n; i++)
		zeros = zeros * 10 + (unsigned)(canonical.p[i] - '0');
	while (zeros-- > 0)
		digits *= 10;
	return digits;
}

struct reader {
	const struct tg_keyword_table *table;
	const struct tg_dialect *dialect;
	const struct tg_contract *c;
	const struct tg_setup *setup;
	struct tg_teller *teller;
	struct tg_error *err;
};

#define FAULT(r, value, ...) tg_contract_fault((r)->c, value, (r)->err, __VA_ARGS__)

static bool is_schema(const struct reader *r, const struct tg_span *value)
{
	if (r->dialect->draft == TG_DRAFT_4)
		return value->kind == TG_OBJECT;
	return value->kind == TG_OBJECT || value->kind == TG_TRUE || value->kind == TG_FALSE;
}

static enum tg_status schema(struct reader *r, const struct tg_span *value)
{
	if (is_schema(r, value))
		return TG_OK;
	if (r->dialect->draft == TG_DRAFT_4)
		return FAULT(r, value, "must be a schema: an object");
	return FAULT(r, value, "must be a schema: an object, or true or false");
}

static uint32_t first(const struct reader *r, const struct tg_span *value)
{
	return (uint32_t)(value - r->c->document.span) + 1;
}

static enum tg_status schemas(struct reader *r, const struct tg_span *value)
{
	const struct tg_span *span = r->c->document.span;

	if (value->kind != TG_ARRAY || first(r, value) >= value->next)
		return FAULT(r, value, "must be a list of schemas, and not empty");
	for (uint32_t k = first(r, value); k < value->next; k = span[k].next)
		if (!is_schema(r, &span[k]))
			return schema(r, &span[k]);
	return TG_OK;
}

static enum tg_status names(struct reader *r, const struct tg_span *value)
{
	const struct tg_record *doc = &r->c->document;

	struct tg_names seen;

	if (value->kind != TG_ARRAY)
		return FAULT(r, value, "must be a list of strings");
	if (first(r, value) >= value->next)
		return r->dialect->draft == TG_DRAFT_4 ? FAULT(r, value, "must not be empty")
						       : TG_OK;
	tg_names_init(&seen, value->next - first(r, value), r->setup->arena);
	for (uint32_t k = first(r, value); k < value->next; k = doc->span[k].next) {
		if (doc->span[k].kind != TG_STRING)
			return FAULT(r, &doc->span[k], "must be a string");
		if (tg_names_add(&seen, tg_text_get(r->setup->arena, doc, &doc->span[k]), k) != k)
			return FAULT(r, &doc->span[k], "stands twice in the list");
	}
	return TG_OK;
}

static enum tg_status map(struct reader *r, const struct tg_span *value,
			  enum tg_status (*of)(struct reader *r, const struct tg_span *value))
{
	const struct tg_span *span = r->c->document.span;

	if (value->kind != TG_OBJECT)
		return FAULT(r, value, "must be an object");
	for (uint32_t k = first(r, value); k < value->next; k = span[k + 1].next) {
		enum tg_status st = of(r, &span[k + 1]);

		if (st)
			return st;
	}
	return TG_OK;
}

static enum tg_status schema_or_names(struct reader *r, const struct tg_span *value)
{
	return value->kind == TG_ARRAY ? names(r, value) : schema(r, value);
}

static enum tg_status type_name(struct reader *r, const struct tg_span *value)
{
	static const struct tg_str known[] = {
		{ "null", 4 },	 { "boolean", 7 }, { "integer", 7 }, { "number", 6 },
		{ "string", 6 }, { "array", 5 },   { "object", 6 },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	const struct tg_str *near;
	struct tg_str name;

	if (value->kind == TG_STRING && tg_contract_types(r->c, value))
		return TG_OK;
	if (value->kind != TG_STRING)
		return FAULT(r, value, "must be the name of a type, or a list of such");
	name = tg_text_get(r->setup->arena, &r->c->document, value);
	near = tg_str_nearest(name, known, TG_COUNT(known));
	tg_utf8_put_safe(&safe, name, 60);
	return FAULT(r, value, "\"%.*s\" is no type%s%.*s%s", TG_STR_ARG(tg_buffer_str(&safe)),
		     near ? "; did you mean " : "", TG_STR_ARG(near ? *near : TG_STR("")),
		     near ? "?" : "");
}

static enum tg_status type(struct reader *r, const struct tg_span *value)
{
	const struct tg_span *span = r->c->document.span;
	unsigned seen = 0;

	if (value->kind != TG_ARRAY)
		return type_name(r, value);
	if (first(r, value) >= value->next)
		return FAULT(r, value, "must not be empty: no value has no type");
	for (uint32_t k = first(r, value); k < value->next; k = span[k].next) {
		enum tg_status st = type_name(r, &span[k]);
		unsigned name = st ? 0 : tg_contract_types(r->c, &span[k]);

		if (st)
			return st;
		if (seen & name)
			return FAULT(r, &span[k], "stands twice in the list");
		seen |= name;
	}
	return TG_OK;
}

static enum tg_status number(struct reader *r, const struct tg_span *value, enum form form)
{
	struct tg_str text = tg_span_text(&r->c->document, value);
	static const struct tg_str zero = { "0", 1 };

	if (value->kind == TG_TRUE || value->kind == TG_FALSE)
		return FAULT(r, value, "must be a number (true and false were draft 4's form)");
	if (value->kind != TG_NUMBER)
		return FAULT(r, value, "must be a number");
	if (form == FORM_POSITIVE && tg_number_compare(text, zero) <= 0)
		return FAULT(r, value, "must be above 0");
	if (form == FORM_COUNT &&
	    (tg_number_compare(text, zero) < 0 || !tg_number_is_integer(text)))
		return FAULT(r, value, "must be a whole number, and not below 0");
	if (form == FORM_COUNT && r->dialect->draft == TG_DRAFT_4 &&
	    (value->flags & TG_SPAN_FRACTION))
		return FAULT(r, value, "must be written without a point or exponent (draft 4)");
	return TG_OK;
}

static enum tg_status anchor(struct reader *r, const struct tg_span *value)
{
	struct tg_str name = tg_span_text(&r->c->document, value);
	bool good = value->kind == TG_STRING && name.n > 0;
	const bool old = r->dialect->draft == TG_DRAFT_2019;

	for (size_t i = 0; good && i < name.n; i++) {
		char c = name.p[i];
		bool letter = (unsigned char)((c | 0x20) - 'a') < 26;
		bool mark = c == '-' || c == '.' || (old && c == ':');

		good = letter || (c == '_' && (i > 0 || !old)) ||
		       (i > 0 && (tg_digit((unsigned char)c) || mark));
	}
	if (good)
		return TG_OK;
	if (old)
		return FAULT(
			r, value,
			"must be a name of letters, digits, '_', '-', '.' and ':', a letter first");
	return FAULT(r, value, "must be a name of letters, digits, '_', '-' and '.'");
}

static enum tg_status boolean(struct reader *r, const struct tg_span *value)
{
	if (value->kind == TG_TRUE || value->kind == TG_FALSE)
		return TG_OK;
	return FAULT(r, value, "must be true or false");
}

/* Draft 4's enum: some values, and none twice. */
static enum tg_status values(struct reader *r, const struct tg_span *value)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT, scratch = TG_ARENA_INIT;
	const struct tg_record *doc = &r->c->document;
	struct tg_names seen;

	if (value->kind != TG_ARRAY || first(r, value) >= value->next)
		return FAULT(r, value, "must be a list, and not empty");
	tg_names_init(&seen, value->next - first(r, value), &arena);
	for (uint32_t k = first(r, value); k < value->next; k = doc->span[k].next) {
		TG_OWN(tg_buffer_release) struct tg_buffer canonical = TG_BUFFER_INIT;

		tg_canon_put(&canonical, doc, &doc->span[k], &scratch);
		if (tg_names_add(&seen, tg_arena_copy(&arena, tg_buffer_str(&canonical)), k) != k)
			return FAULT(r, &doc->span[k], "stands twice in the list");
	}
	return TG_OK;
}

static enum tg_status identity(struct reader *r, const struct tg_span *value)
{
	struct tg_str text = tg_span_text(&r->c->document, value);
	const char *hash = text.n ? memchr(text.p, '#', text.n) : NULL;

	if (value->kind != TG_STRING)
		return FAULT(r, value, "must be a string");
	if (hash && hash + 1 < text.p + text.n)
		return FAULT(r, value, "has a fragment; $anchor names a place within a schema");
	return TG_OK;
}

static enum tg_status check(struct reader *r, const struct tg_span *value, enum form form)
{
	switch (form) {
	case FORM_ANY:
		return TG_OK;
	case FORM_BOOLEAN:
		return boolean(r, value);
	case FORM_SWITCH:
		if (value->kind == TG_TRUE || value->kind == TG_FALSE)
			return TG_OK;
		return FAULT(
			r, value,
			"must be true or false (it is a number from draft 6 on; say so by $schema)");
	case FORM_STRING:
		if (value->kind == TG_STRING)
			return TG_OK;
		return FAULT(r, value, "must be a string");
	case FORM_NUMBER:
	case FORM_POSITIVE:
	case FORM_COUNT:
		return number(r, value, form);
	case FORM_NAMES:
		return names(r, value);
	case FORM_LIST:
		if (value->kind == TG_ARRAY)
			return TG_OK;
		return FAULT(r, value, "must be a list");
	case FORM_SWITCHES:
		return map(r, value, boolean);
	case FORM_SCHEMA_OR_BOOLEAN:
		return value->kind == TG_TRUE || value->kind == TG_FALSE ? TG_OK : schema(r, value);
	case FORM_VALUES:
		return values(r, value);
	case FORM_TYPE:
		return type(r, value);
	case FORM_SCHEMA:
		if (value->kind == TG_ARRAY)
			return FAULT(r, value,
				     "must be one schema (since 2020-12 a list is prefixItems)");
		return schema(r, value);
	case FORM_SCHEMA_OR_LIST:
		return value->kind == TG_ARRAY ? schemas(r, value) : schema(r, value);
	case FORM_SCHEMAS:
		return schemas(r, value);
	case FORM_SCHEMA_MAP:
		return map(r, value, schema);
	case FORM_NAMES_MAP:
		return map(r, value, names);
	case FORM_MIXED_MAP:
		return map(r, value, schema_or_names);
	case FORM_ID:
		return identity(r, value);
	case FORM_ANCHOR:
		return anchor(r, value);
	}
	return TG_OK;
}

/* Whether a keyword of another draft is one that would have asked something of a record. What a vocabulary leaves out is meant so. */
static bool missed(const struct reader *r, struct tg_str name)
{
	uint32_t i = tg_names_find(&r->table->names, name);
	const unsigned telling =
		TG_VOCABULARY_APPLICATOR | TG_VOCABULARY_UNEVALUATED | TG_VOCABULARY_VALIDATION;

	for (size_t row = i; row < TG_COUNT(keyword) && tg_str_eq(keyword[row].name, name); row++)
		if (r->dialect->draft >= keyword[row].from && r->dialect->draft <= keyword[row].to)
			return false;
	return (keyword[i].vocabulary & telling) || keyword[i].form == FORM_ANCHOR ||
	       keyword[i].key == TG_KEY_DYNAMIC_REF || keyword[i].key == TG_KEY_RECURSIVE_REF ||
	       keyword[i].key == TG_KEY_ID;
}

/* Keys that are no keywords are annotations, and allowed; only what looks like a slip is spoken of. */
TG_COLD static void unknown(struct reader *r, const struct tg_span *key, struct tg_str name,
			    bool known_elsewhere)
{
	struct tg_str known[TG_COUNT(keyword)];
	const struct tg_str *near;
	size_t n = 0;

	if (tg_str_starts(name, TG_STR("x-")))
		return;
	for (size_t i = 0; i < TG_COUNT(former) && r->dialect->draft == TG_DRAFT_2020; i++) {
		if (tg_str_eq(former[i].name, name)) {
			tg_teller_warn(r->teller, key + 1,
				       "means nothing in draft 2020-12; it has %s",
				       former[i].instead);
			return;
		}
	}
	if (known_elsewhere && !missed(r, name))
		return;
	if (known_elsewhere) {
		tg_teller_warn(r->teller, key + 1, "means nothing in draft %s, and is not checked",
			       tg_draft_name(r->dialect->draft));
		return;
	}
	for (size_t i = 0; i < TG_COUNT(keyword); i++)
		if (has(r->dialect, i))
			known[n++] = keyword[i].name;
	near = tg_str_nearest(name, known, n);
	if (near)
		tg_teller_warn(r->teller, key + 1,
			       "is no keyword and not checked; did you mean %.*s?",
			       TG_STR_ARG(*near));
}

/* Draft 4: a switch of a bound that is not there. */
static enum tg_status switches_have_bounds(struct reader *r, const struct tg_keywords *k)
{
	const struct tg_span *minimum = k->of[TG_KEY_EXCLUSIVE_MINIMUM],
			     *maximum = k->of[TG_KEY_EXCLUSIVE_MAXIMUM];

	if (minimum && !k->of[TG_KEY_MINIMUM])
		return FAULT(r, minimum, "needs a minimum beside it");
	if (maximum && !k->of[TG_KEY_MAXIMUM])
		return FAULT(r, maximum, "needs a maximum beside it");
	return TG_OK;
}

/* Before 2019-09 what stands beside a reference means nothing. */
static bool is_bare(const struct tg_contract *c, uint32_t at, const struct tg_dialect *dialect)
{
	const struct tg_span *ref;

	if (dialect->draft >= TG_DRAFT_2019)
		return false;
	ref = tg_member_find(&c->document, &c->document.span[at], TG_STR("$ref"));
	return ref && ref->kind == TG_STRING;
}

enum tg_status tg_keywords_read(struct tg_keywords *k, const struct tg_keyword_table *table,
				uint32_t at, const struct tg_dialect *dialect,
				struct tg_teller *teller, struct tg_error *err)
{
	const struct tg_contract *c = teller->c;
	const struct tg_setup *setup = teller->setup;
	struct reader r = { table, dialect, c, setup, teller, err };
	const struct tg_span *span = c->document.span;
	bool bare = is_bare(c, at, dialect);

	*k = (struct tg_keywords){ { NULL } };
	for (uint32_t m = at + 1; m < span[at].next; m = span[m + 1].next) {
		struct tg_str name = tg_text_get(setup->arena, &c->document, &span[m]);
		enum tg_status st;
		bool known;
		size_t row;

		row = row_of(table, dialect, name, &known);
		if (row == TG_COUNT(keyword)) {
			if (!bare)
				unknown(&r, &span[m], name, known);
			continue;
		}
		st = check(&r, &span[m + 1], keyword[row].form);
		if (st)
			return st;
		if (!bare || keyword[row].key == TG_KEY_REF)
			k->of[keyword[row].key] = &span[m + 1];
	}
	return dialect->draft == TG_DRAFT_4 ? switches_have_bounds(&r, k) : TG_OK;
}
