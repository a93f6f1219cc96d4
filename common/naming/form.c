#include "common/naming/form.h"

#include "common/base/check.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/time/zone.h"

struct reading {
	const struct tg_contract *contract;
	const struct tg_record *doc;
	struct tg_naming *naming;
	struct tg_arena *arena;
	struct tg_error *err;
	const struct tg_span *template;
	struct tg_name_values list[TG_NAME_FIELDS];
	size_t lists;
};

static struct tg_str text_of(const struct reading *r, const struct tg_span *value)
{
	return tg_arena_copy(r->arena, tg_text_get(r->arena, r->doc, value));
}

static enum tg_status read_number(const struct reading *r, const struct tg_span *value, uint64_t *n)
{
	if (value->kind == TG_NUMBER && tg_read_u64(tg_span_text(r->doc, value), n))
		return TG_OK;
	return tg_contract_fault(r->contract, value, r->err, "must be a whole number");
}

static enum tg_status read_template(struct reading *r, const struct tg_span *value)
{
	if (value->kind != TG_STRING || !value->n)
		return tg_contract_fault(
			r->contract, value, r->err,
			"must be a template, such as \"{source}_{entity}_{date:%%Y-%%m-%%d}.csv\"");
	r->template = value;
	return TG_OK;
}

static enum tg_status read_list(struct reading *r, const struct tg_span *key,
				const struct tg_span *value)
{
	const struct tg_span *span = r->doc->span;
	struct tg_name_values *list = &r->list[r->lists];
	struct tg_str *text;

	if (value->kind != TG_ARRAY)
		return tg_contract_fault(r->contract, value, r->err, "must be a list of strings");
	if (r->lists == TG_NAME_FIELDS)
		return tg_contract_fault(r->contract, value, r->err, "is one list too many");
	text = tg_arena_array(r->arena, value->next - (uint32_t)(value - span), sizeof(*text));
	list->field = text_of(r, key);
	list->value = text;
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k].next) {
		if (span[k].kind != TG_STRING)
			return tg_contract_fault(r->contract, &span[k], r->err, "must be a string");
		text[list->values++] = text_of(r, &span[k]);
	}
	r->lists++;
	return TG_OK;
}

static enum tg_status read_values(struct reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->doc->span;
	enum tg_status st = TG_OK;

	if (value->kind != TG_OBJECT)
		return tg_contract_fault(r->contract, value, r->err,
					 "must be an object: a list of values for each field");
	for (uint32_t k = (uint32_t)(value - span) + 1; !st && k < value->next;
	     k = span[k + 1].next)
		st = read_list(r, &span[k], &span[k + 1]);
	return st;
}

static enum tg_status read_crc32_of(struct reading *r, const struct tg_span *value)
{
	struct tg_str text = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");

	r->naming->of_content = tg_str_is(text, "content");
	if (r->naming->of_content || tg_str_is(text, "as-named"))
		return TG_OK;
	return tg_contract_fault(r->contract, value, r->err, "must be \"as-named\" or \"content\"");
}

static enum tg_status read_zone(struct reading *r, const struct tg_span *value)
{
	r->naming->zone = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");
	if (tg_zone_is_known(r->naming->zone))
		return TG_OK;
	return tg_contract_fault(
		r->contract, value, r->err,
		"must be a time zone that this system knows, such as \"Europe/Berlin\", or an "
		"offset such as \"+01:00\"");
}

static enum tg_status read_rollover(struct reading *r, const struct tg_span *value)
{
	r->naming->rolls = true;
	return read_number(r, value, &r->naming->again);
}

static enum tg_status read_first(struct reading *r, const struct tg_span *value)
{
	r->naming->has_first = true;
	return read_number(r, value, &r->naming->first);
}

static const struct {
	struct tg_str name;
	enum tg_status (*read)(struct reading *r, const struct tg_span *value);
} members[] = {
	// clang-format off
	{ { "template", 8 }, read_template },
	{ { "values", 6 },   read_values },
	{ { "crc32_of", 8 }, read_crc32_of },
	{ { "zone", 4 },     read_zone },
	{ { "rollover", 8 }, read_rollover },
	{ { "first", 5 },    read_first },
	// clang-format on
};

static enum tg_status read_member(struct reading *r, const struct tg_span *key)
{
	struct tg_str name = text_of(r, key), known[TG_COUNT(members)];
	const struct tg_str *near;

	for (size_t i = 0; i < TG_COUNT(members); i++) {
		if (tg_str_eq(name, members[i].name))
			return members[i].read(r, key + 1);
		known[i] = members[i].name;
	}
	near = tg_str_nearest(name, known, TG_COUNT(known));
	return tg_contract_fault(r->contract, key + 1, r->err, "is not known here%s%.*s%s",
				 near ? "; did you mean " : "",
				 TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

/* What can only be said of the whole. */
static enum tg_status check(const struct reading *r, const struct tg_span *value)
{
	const struct tg_naming *n = r->naming;
	uint64_t highest = tg_template_highest(&n->template);

	if ((n->rolls || n->has_first) && !highest)
		return tg_contract_fault(
			r->contract, value, r->err,
			"has a rollover or a first number, and the template has no "
			"{seq}");
	if (n->rolls && !tg_template_find(&n->template, TG_NAME_SEQ)->width)
		return tg_contract_fault(r->contract, value, r->err,
					 "has a rollover, and {seq} has no width: when would it "
					 "come?");
	if (highest && ((n->rolls && n->again >= highest) || (n->has_first && n->first > highest)))
		return tg_contract_fault(r->contract, value, r->err,
					 "has a rollover or a first number that {seq} cannot hold");
	if (n->of_content && !tg_template_find(&n->template, TG_NAME_CRC32))
		return tg_contract_fault(r->contract, value, r->err,
					 "has crc32_of, and the template has no {crc32}");
	return TG_OK;
}

enum tg_status tg_naming_read(struct tg_naming *naming, const struct tg_contract *c,
			      struct tg_arena *arena, struct tg_error *err)
{
	struct reading r = {
		.contract = c, .doc = &c->document, .naming = naming, .arena = arena, .err = err
	};
	const struct tg_span *value, *span = c->document.span;
	enum tg_status st = TG_OK;

	*naming = (struct tg_naming){ .rolls = false };
	value = tg_member_find(&c->document, span, TG_STR("x-name"));
	if (!value)
		return tg_fail(err, TG_CONFIG,
			       "the contract %s has no x-name: it says what files are called",
			       c->path);
	if (value->kind != TG_OBJECT)
		st = read_template(&r, value);
	for (uint32_t k = (uint32_t)(value - span) + 1;
	     value->kind == TG_OBJECT && !st && k < value->next; k = span[k + 1].next)
		st = read_member(&r, &span[k]);
	if (!st && !r.template)
		st = tg_contract_fault(c, value, err, "has no template");
	if (st)
		return st;
	if (tg_template_compile(&naming->template, text_of(&r, r.template), r.list, r.lists, arena,
				err)) {
		struct tg_error why = *err;

		return tg_contract_fault(c, r.template, err, "%s", why.text);
	}
	return check(&r, value);
}
