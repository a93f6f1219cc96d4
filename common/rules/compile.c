#include "common/json/text.h"
#include "common/rules/rule.h"

/* What reading a rule needs. */
struct compiler {
	const struct tg_contract *contract;
	const struct tg_record *doc;
	struct tg_arena *arena;
	struct tg_error *err;
};

#define FAULT(c, value, ...) tg_contract_fault((c)->contract, value, (c)->err, __VA_ARGS__)

static size_t index_of(const struct compiler *c, const struct tg_span *v)
{
	return (size_t)(v - c->doc->span);
}

/* Elements of an array, or members of an object. */
static size_t count(const struct compiler *c, const struct tg_span *v)
{
	bool object = v->kind == TG_OBJECT;
	size_t n = 0;

	if (v->kind != TG_ARRAY && !object)
		return 0;
	for (size_t k = index_of(c, v) + 1; k < v->next; k = c->doc->span[k + object].next)
		n++;
	return n;
}

/* The member named is none of those; the nearest that is one is said. */
static enum tg_status unknown(const struct compiler *c, const struct tg_span *key,
			      const struct tg_str *known, size_t n)
{
	const struct tg_str *near = tg_str_nearest(tg_text_get(c->arena, c->doc, key), known, n);

	return FAULT(c, key + 1, "is not known here%s%.*s%s", near ? "; did you mean " : "",
		     TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

static enum tg_status read_path(const struct compiler *c, struct tg_path *path,
				const struct tg_span *v, struct tg_str text, bool stars)
{
	struct tg_error why = TG_ERROR_INIT;

	if (text.n == 0)
		return FAULT(c, v, "is the whole record; a rule is about its members");
	if (tg_path_compile(path, text, stars, c->arena, &why))
		return FAULT(c, v, "%s", why.text);
	return TG_OK;
}

static enum tg_status take_path(const struct compiler *c, struct tg_path *path,
				const struct tg_span *v, bool stars)
{
	if (v->kind != TG_STRING)
		return FAULT(c, v, "must be a JSON Pointer, such as \"/amount\"");
	return read_path(c, path, v, tg_text_get(c->arena, c->doc, v), stars);
}

/* A pointer, or a list of them. */
static enum tg_status take_paths(const struct compiler *c, struct tg_path **path, size_t *n,
				 const struct tg_span *v, bool stars)
{
	enum tg_status st = TG_OK;
	size_t at = 0;

	*n = v->kind == TG_ARRAY ? count(c, v) : 1;
	if (*n == 0)
		return FAULT(c, v, "must name a member");
	*path = tg_arena_array(c->arena, *n, sizeof(**path));
	if (v->kind != TG_ARRAY)
		return take_path(c, *path, v, stars);
	for (size_t k = index_of(c, v) + 1; !st && k < v->next; k = c->doc->span[k].next)
		st = take_path(c, *path + at++, c->doc->span + k, stars);
	return st;
}

static bool read_operator(const struct compiler *c, const struct tg_span *v, enum tg_operator *op)
{
	for (int i = 0; i < TG_OPERATORS; i++) {
		if (v->kind == TG_STRING && tg_text_eq(c->doc, v, tg_operator_name[i])) {
			*op = (enum tg_operator)i;
			return true;
		}
	}
	return false;
}

static enum tg_status no_operator(const struct compiler *c, const struct tg_span *v)
{
	return FAULT(c, v, "must be one of =, !=, <, <=, >, >=");
}

static enum tg_status take_operand(const struct compiler *c, struct tg_operand *operand,
				   const struct tg_span *v)
{
	if (v->kind == TG_NUMBER) {
		operand->number = v;
		return TG_OK;
	}
	if (v->kind != TG_STRING)
		return FAULT(c, v, "must be a JSON Pointer or a number");
	return take_path(c, &operand->path, v, false);
}

/* [LEFT, OPERATOR, RIGHT]: what stands left is handed back. */
static enum tg_status take_triple(const struct compiler *c, const struct tg_span *v,
				  const struct tg_span **left, enum tg_operator *op,
				  struct tg_operand *right, const char *example)
{
	const struct tg_span *span = c->doc->span;
	size_t first = index_of(c, v) + 1, second;

	if (v->kind != TG_ARRAY || count(c, v) != 3)
		return FAULT(c, v, "must be a list of three: %s", example);
	second = span[first].next;
	*left = span + first;
	if (!read_operator(c, span + second, op))
		return no_operator(c, span + second);
	return take_operand(c, right, span + span[second].next);
}

static enum tg_status take_each(const struct compiler *c, struct tg_rule *r,
				const struct tg_span *v)
{
	r->each = true;
	return take_path(c, &r->base, v, true);
}

static enum tg_status take_name(const struct compiler *c, struct tg_rule *r,
				const struct tg_span *v)
{
	if (v->kind != TG_STRING || v->n == 0)
		return FAULT(c, v, "must be a string, and not empty");
	r->name = tg_text_get(c->arena, c->doc, v);
	return TG_OK;
}

static enum tg_status take_compare(const struct compiler *c, struct tg_rule *r,
				   const struct tg_span *v)
{
	const struct tg_span *left;
	enum tg_status st =
		take_triple(c, v, &left, &r->compare, &r->right, "[\"/start\", \"<=\", \"/end\"]");

	r->compares = true;
	return st ? st : take_path(c, &r->left, left, false);
}

static enum tg_status take_sum(const struct compiler *c, struct tg_rule *r, const struct tg_span *v)
{
	const struct tg_span *left;
	enum tg_status st = take_triple(c, v, &left, &r->sum, &r->total,
					"[\"/items/*/amount\", \"=\", \"/total\"]");

	return st ? st : take_paths(c, &r->addend, &r->addends, left, true);
}

static enum tg_status take_require(const struct compiler *c, struct tg_rule *r,
				   const struct tg_span *v)
{
	return take_paths(c, &r->required, &r->requireds, v, false);
}

static enum tg_status take_forbid(const struct compiler *c, struct tg_rule *r,
				  const struct tg_span *v)
{
	return take_paths(c, &r->forbidden, &r->forbiddens, v, false);
}

static bool is_scalar(const struct tg_span *v)
{
	return v->kind < TG_ARRAY;
}

static const char is_no_scalar[] = "must be a string, a number, true, false or null";

/* {"present": true}, {">=": 100}: all of them must hold. */
static enum tg_status take_tests(const struct compiler *c, struct tg_condition *cond,
				 const struct tg_span *v)
{
	static const struct tg_str known[] = { { "present", 7 } };
	const struct tg_span *span = c->doc->span;

	if (count(c, v) == 0)
		return FAULT(c, v, "asks for nothing");
	for (size_t k = index_of(c, v) + 1; k < v->next; k = span[k + 1].next) {
		const struct tg_span *value = span + k + 1;
		struct tg_test *test = cond->test + cond->tests;

		if (tg_text_eq(c->doc, span + k, known[0])) {
			if (value->kind != TG_TRUE && value->kind != TG_FALSE)
				return FAULT(c, value, "must be true or false");
			cond->presence =
				value->kind == TG_TRUE ? TG_PRESENCE_THERE : TG_PRESENCE_ABSENT;
			continue;
		}
		if (!read_operator(c, span + k, &test->op))
			return unknown(c, span + k, known, TG_COUNT(known));
		if (!is_scalar(value))
			return FAULT(c, value, "%s", is_no_scalar);
		test->value = value;
		cond->tests++;
	}
	if (cond->presence == TG_PRESENCE_ABSENT && cond->tests)
		return FAULT(c, v, "what is absent is neither more nor less than anything");
	return TG_OK;
}

static enum tg_status take_condition(const struct compiler *c, struct tg_condition *cond,
				     const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;
	size_t k = index_of(c, v);

	cond->test = tg_arena_array(c->arena, count(c, v) + 1, sizeof(*cond->test));
	if (v->kind == TG_OBJECT)
		return take_tests(c, cond, v);
	cond->one = true;
	if (v->kind != TG_ARRAY) {
		cond->test[cond->tests++] = (struct tg_test){ TG_EQUAL, v };
		return TG_OK;
	}
	for (k++; k < v->next; k = span[k].next) {
		if (!is_scalar(span + k))
			return FAULT(c, span + k, "%s", is_no_scalar);
		cond->test[cond->tests++] = (struct tg_test){ TG_EQUAL, span + k };
	}
	return cond->tests ? TG_OK : FAULT(c, v, "asks for nothing");
}

static enum tg_status take_if(const struct compiler *c, struct tg_rule *r, const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;
	enum tg_status st = TG_OK;

	if (v->kind != TG_OBJECT || count(c, v) == 0)
		return FAULT(c, v, "must be an object such as {\"/kind\": \"card\"}");
	r->condition = tg_arena_array(c->arena, count(c, v), sizeof(*r->condition));
	for (size_t k = index_of(c, v) + 1; !st && k < v->next; k = span[k + 1].next) {
		struct tg_condition *cond = r->condition + r->conditions++;

		st = read_path(c, &cond->path, span + k + 1,
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

static enum tg_status (*const take[])(const struct compiler *c, struct tg_rule *r,
				      const struct tg_span *v) = {
	take_name, take_each, take_if, take_compare, take_sum, take_require, take_forbid,
};

static enum tg_status take_rule(const struct compiler *c, struct tg_rule *r,
				const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;

	r->span = v;
	if (v->kind != TG_OBJECT)
		return FAULT(c, v, "must be an object");
	for (size_t k = index_of(c, v) + 1; k < v->next; k = span[k + 1].next) {
		enum tg_status st;
		size_t i = 0;

		while (i < TG_COUNT(take) && !tg_text_eq(c->doc, span + k, member_name[i]))
			i++;
		if (i == TG_COUNT(take))
			return unknown(c, span + k, member_name, TG_COUNT(member_name));
		st = take[i](c, r, span + k + 1);
		if (st)
			return st;
	}
	if (!r->compares && !r->addends && !r->requireds && !r->forbiddens)
		return FAULT(c, v, "asks for nothing: compare, sum, require or forbid");
	return TG_OK;
}

enum tg_status tg_rules_compile(struct tg_rules **rules, const struct tg_contract *contract,
				bool first, struct tg_arena *arena, struct tg_error *err)
{
	const struct compiler c = { contract, &contract->document, arena, err };
	const struct tg_span *list = tg_member_find(c.doc, c.doc->span, TG_STR("x-rules"));
	struct tg_rules *made;
	enum tg_status st = TG_OK;

	*rules = NULL;
	if (!list)
		return TG_OK;
	if (list->kind != TG_ARRAY)
		return FAULT(&c, list, "must be a list of rules");
	made = tg_arena_take(arena, sizeof(*made));
	made->contract = contract;
	made->first = first;
	made->rule = tg_arena_array(arena, count(&c, list) + 1, sizeof(*made->rule));
	for (size_t k = index_of(&c, list) + 1; !st && k < list->next; k = c.doc->span[k].next)
		st = take_rule(&c, made->rule + made->rules++, c.doc->span + k);
	if (!st && made->rules)
		*rules = made;
	return st;
}
