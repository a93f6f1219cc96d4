#include "common/json/text.h"
#include "common/rules/read.h"
#include "common/rules/rule.h"

static bool read_operator(const struct tg_reader *c, const struct tg_span *v, enum tg_operator *op)
{
	for (int i = 0; i < TG_OPERATORS; i++) {
		if (v->kind == TG_STRING && tg_text_eq(c->doc, v, tg_operator_name[i])) {
			*op = (enum tg_operator)i;
			return true;
		}
	}
	return false;
}

static enum tg_status no_operator(const struct tg_reader *c, const struct tg_span *v)
{
	return TG_READ_FAULT(c, v, "must be one of =, !=, <, <=, >, >=");
}

static enum tg_status take_operand(const struct tg_reader *c, struct tg_operand *operand,
				   const struct tg_span *v)
{
	if (v->kind == TG_NUMBER) {
		operand->number = v;
		return TG_OK;
	}
	if (v->kind != TG_STRING)
		return TG_READ_FAULT(c, v, "must be a JSON Pointer or a number");
	return tg_read_path(c, &operand->path, v, false);
}

/* [LEFT, OPERATOR, RIGHT]: what stands left is handed back. */
static enum tg_status take_triple(const struct tg_reader *c, const struct tg_span *v,
				  const struct tg_span **left, enum tg_operator *op,
				  struct tg_operand *right, const char *example)
{
	const struct tg_span *span = c->doc->span;
	size_t first = tg_read_index(c, v) + 1, second;

	if (v->kind != TG_ARRAY || tg_read_count(c, v) != 3)
		return TG_READ_FAULT(c, v, "must be a list of three: %s", example);
	second = span[first].next;
	*left = span + first;
	if (!read_operator(c, span + second, op))
		return no_operator(c, span + second);
	return take_operand(c, right, span + span[second].next);
}

static enum tg_status take_each(const struct tg_reader *c, struct tg_rule *r,
				const struct tg_span *v)
{
	r->each = true;
	return tg_read_path(c, &r->base, v, true);
}

static enum tg_status take_name(const struct tg_reader *c, struct tg_rule *r,
				const struct tg_span *v)
{
	if (v->kind != TG_STRING || v->n == 0)
		return TG_READ_FAULT(c, v, "must be a string, and not empty");
	r->name = tg_text_get(c->arena, c->doc, v);
	return TG_OK;
}

static enum tg_status take_compare(const struct tg_reader *c, struct tg_rule *r,
				   const struct tg_span *v)
{
	const struct tg_span *left;
	enum tg_status st =
		take_triple(c, v, &left, &r->compare, &r->right, "[\"/start\", \"<=\", \"/end\"]");

	r->compares = true;
	return st ? st : tg_read_path(c, &r->left, left, false);
}

static enum tg_status take_sum(const struct tg_reader *c, struct tg_rule *r,
			       const struct tg_span *v)
{
	const struct tg_span *left;
	enum tg_status st = take_triple(c, v, &left, &r->sum, &r->total,
					"[\"/items/*/amount\", \"=\", \"/total\"]");

	return st ? st : tg_read_paths(c, &r->addend, &r->addends, left, true);
}

static enum tg_status take_require(const struct tg_reader *c, struct tg_rule *r,
				   const struct tg_span *v)
{
	return tg_read_paths(c, &r->required, &r->requireds, v, false);
}

static enum tg_status take_forbid(const struct tg_reader *c, struct tg_rule *r,
				  const struct tg_span *v)
{
	return tg_read_paths(c, &r->forbidden, &r->forbiddens, v, false);
}

static bool is_scalar(const struct tg_span *v)
{
	return v->kind < TG_ARRAY;
}

static const char is_no_scalar[] = "must be a string, a number, true, false or null";

/* {"present": true}, {">=": 100}: all of them must hold. */
static enum tg_status take_tests(const struct tg_reader *c, struct tg_condition *cond,
				 const struct tg_span *v)
{
	static const struct tg_str known[] = { { "present", 7 } };
	const struct tg_span *span = c->doc->span;

	if (tg_read_count(c, v) == 0)
		return TG_READ_FAULT(c, v, "asks for nothing");
	for (size_t k = tg_read_index(c, v) + 1; k < v->next; k = span[k + 1].next) {
		const struct tg_span *value = span + k + 1;
		struct tg_test *test = cond->test + cond->tests;

		if (tg_text_eq(c->doc, span + k, known[0])) {
			if (value->kind != TG_TRUE && value->kind != TG_FALSE)
				return TG_READ_FAULT(c, value, "must be true or false");
			cond->presence =
				value->kind == TG_TRUE ? TG_PRESENCE_THERE : TG_PRESENCE_ABSENT;
			continue;
		}
		if (!read_operator(c, span + k, &test->op))
			return tg_read_unknown(c, span + k, known, TG_COUNT(known));
		if (!is_scalar(value))
			return TG_READ_FAULT(c, value, "%s", is_no_scalar);
		test->value = value;
		cond->tests++;
	}
	if (cond->presence == TG_PRESENCE_ABSENT && cond->tests)
		return TG_READ_FAULT(c, v, "what is absent is neither more nor less than anything");
	return TG_OK;
}

static enum tg_status take_condition(const struct tg_reader *c, struct tg_condition *cond,
				     const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;
	size_t k = tg_read_index(c, v);

	cond->test = tg_arena_array(c->arena, tg_read_count(c, v) + 1, sizeof(*cond->test));
	if (v->kind == TG_OBJECT)
		return take_tests(c, cond, v);
	cond->one = true;
	if (v->kind != TG_ARRAY) {
		cond->test[cond->tests++] = (struct tg_test){ TG_EQUAL, v };
		return TG_OK;
	}
	for (k++; k < v->next; k = span[k].next) {
		if (!is_scalar(span + k))
			return TG_READ_FAULT(c, span + k, "%s", is_no_scalar);
		cond->test[cond->tests++] = (struct tg_test){ TG_EQUAL, span + k };
	}
	return cond->tests ? TG_OK : TG_READ_FAULT(c, v, "asks for nothing");
}

static enum tg_status take_if(const struct tg_reader *c, struct tg_rule *r, const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;
	enum tg_status st = TG_OK;

	if (v->kind != TG_OBJECT || tg_read_count(c, v) == 0)
		return TG_READ_FAULT(c, v, "must be an object such as {\"/kind\": \"card\"}");
	r->condition = tg_arena_array(c->arena, tg_read_count(c, v), sizeof(*r->condition));
	for (size_t k = tg_read_index(c, v) + 1; !st && k < v->next; k = span[k + 1].next) {
		struct tg_condition *cond = r->condition + r->conditions++;

		st = tg_read_path_text(c, &cond->path, span + k + 1,
				       tg_text_get(c->arena, c->doc, span + k), false);
		if (!st)
			st = take_condition(c, cond, span + k + 1);
	}
	return st;
}

static const struct tg_str member_name[] = {
	{ "name", 4 }, { "each", 4 },	 { "if", 2 },	  { "compare", 7 },
	{ "sum", 3 },  { "require", 7 }, { "forbid", 6 },
};

static enum tg_status (*const take[])(const struct tg_reader *c, struct tg_rule *r,
				      const struct tg_span *v) = {
	take_name, take_each, take_if, take_compare, take_sum, take_require, take_forbid,
};

static enum tg_status take_rule(const struct tg_reader *c, struct tg_rule *r,
				const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;

	r->span = v;
	if (v->kind != TG_OBJECT)
		return TG_READ_FAULT(c, v, "must be an object");
	for (size_t k = tg_read_index(c, v) + 1; k < v->next; k = span[k + 1].next) {
		enum tg_status st;
		size_t i = 0;

		while (i < TG_COUNT(take) && !tg_text_eq(c->doc, span + k, member_name[i]))
			i++;
		if (i == TG_COUNT(take))
			return tg_read_unknown(c, span + k, member_name, TG_COUNT(member_name));
		st = take[i](c, r, span + k + 1);
		if (st)
			return st;
	}
	if (!r->compares && !r->addends && !r->requireds && !r->forbiddens)
		return TG_READ_FAULT(c, v, "asks for nothing: compare, sum, require or forbid");
	return TG_OK;
}

enum tg_status tg_rules_compile(struct tg_rules **rules, const struct tg_contract *contract,
				bool first, struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_reader c = { contract, &contract->document, arena, err };
	const struct tg_span *list = tg_member_find(c.doc, c.doc->span, TG_STR("x-rules"));
	struct tg_rules *made;
	enum tg_status st = TG_OK;

	*rules = NULL;
	if (!list)
		return TG_OK;
	if (list->kind != TG_ARRAY)
		return TG_READ_FAULT(&c, list, "must be a list of rules");
	made = tg_arena_take(arena, sizeof(*made));
	made->contract = contract;
	made->first = first;
	made->rule = tg_arena_array(arena, tg_read_count(&c, list) + 1, sizeof(*made->rule));
	for (size_t k = tg_read_index(&c, list) + 1; !st && k < list->next; k = c.doc->span[k].next)
		st = take_rule(&c, made->rule + made->rules++, c.doc->span + k);
	if (!st && made->rules)
		*rules = made;
	return st;
}
