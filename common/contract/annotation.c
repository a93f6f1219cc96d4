#include "common/contract/annotation.h"

#include "common/contract/notation.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/time/period.h"

typedef enum tg_status check(const struct tg_contract *c, const struct tg_span *value,
			     struct tg_arena *arena, struct tg_error *err);

static enum tg_status any(const struct tg_contract *c, const struct tg_span *value,
			  struct tg_arena *arena, struct tg_error *err)
{
	(void)c, (void)value, (void)arena, (void)err;
	return TG_OK;
}

static enum tg_status object(const struct tg_contract *c, const struct tg_span *value,
			     struct tg_arena *arena, struct tg_error *err)
{
	(void)arena;
	if (value->kind == TG_OBJECT)
		return TG_OK;
	return tg_contract_fault(c, value, err, "must be an object");
}

/* A text that says something. */
static enum tg_status text(const struct tg_contract *c, const struct tg_span *value,
			   struct tg_arena *arena, struct tg_error *err)
{
	(void)arena;
	if (value->kind == TG_STRING && value->n > 0)
		return TG_OK;
	return tg_contract_fault(c, value, err, "must be a string, and not empty");
}

static enum tg_status texts(const struct tg_contract *c, const struct tg_span *value,
			    struct tg_arena *arena, struct tg_error *err)
{
	struct tg_spellings texts;

	return tg_notation_texts(&texts, c, value, arena, err);
}

static enum tg_status pointer(const struct tg_contract *c, const struct tg_span *value,
			      struct tg_arena *arena, struct tg_error *err)
{
	struct tg_pointer compiled;
	struct tg_error why = TG_ERROR_INIT;

	if (value->kind != TG_STRING)
		return tg_contract_fault(c, value, err, "must be a JSON Pointer, such as \"/id\"");
	if (tg_pointer_compile(&compiled, tg_text_get(arena, &c->document, value), arena, &why))
		return tg_contract_fault(c, value, err, "%s", why.text);
	return TG_OK;
}

static enum tg_status pointers(const struct tg_contract *c, const struct tg_span *value,
			       struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_span *span = c->document.span;
	uint32_t first = (uint32_t)(value - span) + 1;

	if (value->kind != TG_ARRAY || first >= value->next)
		return tg_contract_fault(c, value, err,
					 "must be a list of JSON Pointers, such as [\"/id\"]");
	for (uint32_t k = first; k < value->next; k = span[k].next) {
		enum tg_status st = pointer(c, &span[k], arena, err);

		if (st)
			return st;
	}
	return TG_OK;
}

static enum tg_status one_of(const struct tg_contract *c, const struct tg_span *value,
			     const struct tg_str *word, size_t words, struct tg_error *err)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < words; i++) {
		if (value->kind == TG_STRING && tg_text_eq(&c->document, value, word[i]))
			return TG_OK;
		if (used + word[i].n + 3 > sizeof(list))
			continue;
		if (i) {
			memcpy(list + used, ", ", 2);
			used += 2;
		}
		memcpy(list + used, word[i].p, word[i].n);
		used += word[i].n;
		list[used] = '\0';
	}
	return tg_contract_fault(c, value, err, "must be one of %s", list);
}

static const struct tg_str class_name[] = {
	[TG_CLASS_NONE] = { "", 0 },
	[TG_CLASS_PUBLIC] = { "public", 6 },
	[TG_CLASS_INTERNAL] = { "internal", 8 },
	[TG_CLASS_CONFIDENTIAL] = { "confidential", 12 },
	[TG_CLASS_RESTRICTED] = { "restricted", 10 },
};

static enum tg_status class_(const struct tg_contract *c, const struct tg_span *value,
			     struct tg_arena *arena, struct tg_error *err)
{
	(void)arena;
	return one_of(c, value, class_name + 1, TG_COUNT(class_name) - 1, err);
}

static enum tg_status normalize(const struct tg_contract *c, const struct tg_span *value,
				struct tg_arena *arena, struct tg_error *err)
{
	static const struct tg_str word[] = { { "fold", 4 }, { "nfc", 3 }, { "trim", 4 } };
	const struct tg_span *span = c->document.span;

	(void)arena;
	if (value->kind != TG_ARRAY)
		return one_of(c, value, word, TG_COUNT(word), err);
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k].next) {
		enum tg_status st = one_of(c, &span[k], word, TG_COUNT(word), err);

		if (st)
			return st;
	}
	return TG_OK;
}

/* How the whole file writes its numbers and booleans is another program's to know; what is said here must be right in itself. */

static enum tg_status date(const struct tg_contract *c, const struct tg_span *value,
			   struct tg_arena *arena, struct tg_error *err)
{
	struct tg_date_form form;

	return tg_notation_date(&form, c, value, arena, err);
}

static enum tg_status number(const struct tg_contract *c, const struct tg_span *value,
			     struct tg_arena *arena, struct tg_error *err)
{
	struct tg_decimal_form form = { .decimal = TG_STR_NONE };
	enum tg_number_as as;

	return tg_notation_number(&form, &as, c, value, arena, err);
}

static enum tg_status boolean(const struct tg_contract *c, const struct tg_span *value,
			      struct tg_arena *arena, struct tg_error *err)
{
	struct tg_spellings yes = { NULL, 0 }, no = { NULL, 0 };

	return tg_notation_boolean(&yes, &no, c, value, arena, err);
}

bool tg_contract_is_language(struct tg_str name)
{
	size_t part = 0;
	bool first = true;

	if (tg_str_is(name, "not")) /* the one keyword that is so short and has faults */
		return false;
	for (size_t i = 0; i <= name.n; i++) {
		char c = i < name.n ? name.p[i] : '-';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c != '-' && !letter && (first || c < '0' || c > '9'))
			return false;
		if (c != '-') {
			part++;
			continue;
		}
		if (first ? part < 2 || part > 3 : part < 1 || part > 8)
			return false;
		first = false;
		part = 0;
	}
	return true;
}

/* For all languages at once, or by language; of one keyword: the same. */
static enum tg_status message(const struct tg_contract *c, const struct tg_span *value,
			      struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_span *span = c->document.span;
	enum tg_status st = TG_OK;

	if (value->kind == TG_STRING)
		return text(c, value, arena, err);
	if (value->kind != TG_OBJECT)
		return tg_contract_fault(c, value, err,
					 "must be a string, or an object of strings by language");
	for (uint32_t k = (uint32_t)(value - span) + 1; !st && k < value->next;
	     k = span[k + 1].next) {
		bool language = tg_contract_is_language(tg_span_text(&c->document, &span[k]));

		if (language || span[k + 1].kind != TG_OBJECT) {
			st = text(c, &span[k + 1], arena, err);
			continue;
		}
		for (uint32_t m = k + 2; !st && m < span[k + 1].next; m = span[m + 1].next)
			st = text(c, &span[m + 1], arena, err);
	}
	return st;
}

/* {"keep":"P400D","from":"receipt"}: how long landings are kept, and since when. */
static enum tg_status retention(const struct tg_contract *c, const struct tg_span *value,
				struct tg_arena *arena, struct tg_error *err)
{
	static const struct tg_str word[] = { { "date", 4 }, { "receipt", 7 } };
	const struct tg_span *span = c->document.span, *keep;
	struct tg_period period;

	if (value->kind != TG_OBJECT)
		return tg_contract_fault(c, value, err,
					 "must be an object, such as {\"keep\":\"P400D\"}");
	keep = tg_member_find(&c->document, value, TG_STR("keep"));
	if (!keep || keep->kind != TG_STRING ||
	    !tg_period_read(tg_text_get(arena, &c->document, keep), &period))
		return tg_contract_fault(c, keep ? keep : value, err,
					 "\"keep\" must be a period of days, weeks, months or "
					 "years, such as \"P400D\" or \"P10Y\"");
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k + 1].next) {
		struct tg_str name = tg_span_text(&c->document, &span[k]);

		if (tg_str_is(name, "keep"))
			continue;
		if (!tg_str_is(name, "from"))
			return tg_contract_fault(c, &span[k + 1], err,
						 "there are keep and from, and nothing else");
		if (one_of(c, &span[k + 1], word, TG_COUNT(word), err))
			return err->status;
	}
	return TG_OK;
}

static const struct {
	struct tg_str name;
	bool top; /* counts at the top of the contract only */
	check *form;
} annotation[] = {
	// clang-format off
	{ { "x-csv",       5 },  true,  object },
	{ { "x-fixed",     7 },  true,  object },
	{ { "x-date",      6 },  false, date },
	{ { "x-number",    8 },  false, number },
	{ { "x-boolean",   9 },  false, boolean },
	{ { "x-nulls",     7 },  false, texts },
	{ { "x-key",       5 },  true,  pointers },
	{ { "x-time",      6 },  true,  pointer },
	{ { "x-normalize", 11 }, false, normalize },
	{ { "x-class",     7 },  false, class_ },
	{ { "x-pii",       5 },  false, text },
	{ { "x-format",    8 },  false, text },
	{ { "x-rules",     7 },  true,  any },
	{ { "x-unique",    8 },  true,  any },
	{ { "x-sum",       5 },  true,  any },
	{ { "x-count",     7 },  true,  any },
	{ { "x-message",   9 },  false, message },
	{ { "x-source",    8 },  true,  text },
	{ { "x-entity",    8 },  true,  text },
	{ { "x-version",   9 },  true,  text },
	{ { "x-name",      6 },  true,  any },
	{ { "x-retention", 11 }, true,  retention },
	// clang-format on
};

TG_COLD static void unknown(const struct tg_contract *c, const struct tg_setup *setup,
			    const struct tg_span *value, struct tg_str name)
{
	struct tg_str known[TG_COUNT(annotation)];
	const struct tg_str *near;

	for (size_t i = 0; i < TG_COUNT(annotation); i++)
		known[i] = annotation[i].name;
	near = tg_str_nearest(name, known, TG_COUNT(known));
	tg_contract_warn(c, setup, value, "no program knows this annotation%s%.*s%s",
			 near ? "; did you mean " : "", TG_STR_ARG(near ? *near : TG_STR("")),
			 near ? "?" : "");
}

static enum tg_status key(const struct tg_contract *c, const struct tg_setup *setup, bool top,
			  uint32_t k, struct tg_error *err)
{
	const struct tg_record *doc = &c->document;
	struct tg_str name = tg_text_get(setup->arena, doc, &doc->span[k]);
	const struct tg_span *value = &doc->span[k + 1];

	if (!tg_str_starts(name, TG_STR("x-")))
		return TG_OK;
	for (size_t i = 0; i < TG_COUNT(annotation); i++) {
		if (!tg_str_eq(name, annotation[i].name))
			continue;
		if (annotation[i].top && !top) {
			tg_contract_warn(c, setup, value,
					 "this annotation counts only at the contract's top");
			return TG_OK;
		}
		return annotation[i].form(c, value, setup->arena, err);
	}
	unknown(c, setup, value, name);
	return TG_OK;
}

enum tg_status tg_annotations_check(const struct tg_contract *c, const struct tg_setup *setup,
				    struct tg_error *err)
{
	const struct tg_span *span = c->document.span;
	/* What a value is: spans stand in the order of the text, so one pass sees a parent before its children. */
	uint8_t *holds = tg_arena_array(setup->arena, c->document.spans, 1);

	holds[0] = TG_HOLDS_SCHEMA;
	for (uint32_t i = 0; i < c->document.spans; i++) {
		if (holds[i] == TG_HOLDS_SCHEMA && span[i].kind == TG_OBJECT) {
			for (uint32_t k = i + 1; k < span[i].next; k = span[k + 1].next) {
				enum tg_status st = key(c, setup, i == 0, k, err);

				if (st)
					return st;
				holds[k + 1] = (uint8_t)tg_contract_holds(
					tg_text_get(setup->arena, &c->document, &span[k]),
					&span[k + 1]);
			}
		} else if (holds[i] == TG_HOLDS_LIST) {
			for (uint32_t k = i + 1; k < span[i].next; k = span[k].next)
				holds[k] = TG_HOLDS_SCHEMA;
		} else if (holds[i] == TG_HOLDS_MAP) {
			for (uint32_t k = i + 1; k < span[i].next; k = span[k + 1].next)
				holds[k + 1] = TG_HOLDS_SCHEMA;
		}
	}
	return TG_OK;
}

enum tg_holds tg_contract_holds(struct tg_str keyword, const struct tg_span *value)
{
	static const struct {
		struct tg_str name;
		enum tg_holds holds;
	} row[] = {
		// clang-format off
		{ { "properties", 10 },            TG_HOLDS_MAP },
		{ { "patternProperties", 17 },     TG_HOLDS_MAP },
		{ { "additionalProperties", 20 },  TG_HOLDS_SCHEMA },
		{ { "propertyNames", 13 },         TG_HOLDS_SCHEMA },
		{ { "unevaluatedProperties", 21 }, TG_HOLDS_SCHEMA },
		{ { "dependentSchemas", 16 },      TG_HOLDS_MAP },
		{ { "items", 5 },                  TG_HOLDS_SCHEMA },
		{ { "prefixItems", 11 },           TG_HOLDS_LIST },
		{ { "contains", 8 },               TG_HOLDS_SCHEMA },
		{ { "unevaluatedItems", 16 },      TG_HOLDS_SCHEMA },
		{ { "additionalItems", 15 },       TG_HOLDS_SCHEMA },
		{ { "allOf", 5 },                  TG_HOLDS_LIST },
		{ { "anyOf", 5 },                  TG_HOLDS_LIST },
		{ { "oneOf", 5 },                  TG_HOLDS_LIST },
		{ { "not", 3 },                    TG_HOLDS_SCHEMA },
		{ { "if", 2 },                     TG_HOLDS_SCHEMA },
		{ { "then", 4 },                   TG_HOLDS_SCHEMA },
		{ { "else", 4 },                   TG_HOLDS_SCHEMA },
		{ { "contentSchema", 13 },         TG_HOLDS_SCHEMA },
		{ { "$defs", 5 },                  TG_HOLDS_MAP },
		{ { "definitions", 11 },           TG_HOLDS_MAP },
		{ { "dependencies", 12 },          TG_HOLDS_MAP },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (!tg_str_eq(keyword, row[i].name))
			continue;
		if (row[i].holds == TG_HOLDS_MAP)
			return value->kind == TG_OBJECT ? TG_HOLDS_MAP : TG_HOLDS_NOTHING;
		if (value->kind == TG_ARRAY) /* "items" had a list before 2020-12 */
			return TG_HOLDS_LIST;
		return row[i].holds == TG_HOLDS_LIST ? TG_HOLDS_NOTHING : TG_HOLDS_SCHEMA;
	}
	return TG_HOLDS_NOTHING;
}

enum tg_class tg_contract_class(const struct tg_contract *c, const struct tg_span *schema)
{
	const struct tg_record *doc = &c->document;
	const struct tg_span *value = tg_member_find(doc, schema, TG_STR("x-class"));

	if (value && value->kind == TG_STRING)
		for (unsigned i = TG_CLASS_PUBLIC; i < TG_COUNT(class_name); i++)
			if (tg_text_eq(doc, value, class_name[i]))
				return (enum tg_class)i;
	return TG_CLASS_NONE;
}
