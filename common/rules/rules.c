#include "common/rules/rules.h"

#include "common/json/sum.h"
#include "common/rules/rule.h"

/* A record that is held against a rule. */
struct asked {
	const struct tg_rules *rules;
	const struct tg_rule *rule;
	const struct tg_record *rec;
	const struct tg_span *base; /* where paths begin */
	struct tg_work *w;
	bool limit; /* a number is in it that no sum holds */
};

/* "/x-rules/2/sum" */
static void put_schema(struct tg_buffer *out, const struct asked *a, const char *keyword)
{
	tg_contract_put_pointer(out, a->rules->contract, a->rule->span);
	tg_buffer_putc(out, '/');
	tg_buffer_puts(out, keyword);
}

/* at is the value at fault, or the object that lacks one. No message quotes a value: the rule says what must be. */
TG_COLD TG_PRINTF(4, 5) static void fault(struct asked *a, const struct tg_span *at,
					  const char *keyword, const char *format, ...)
{
	TG_OWN(tg_buffer_release)
	struct tg_buffer pointer = TG_BUFFER_INIT, schema = TG_BUFFER_INIT, text = TG_BUFFER_INIT;
	va_list args;

	if (a->rules->first && a->w->fault_count)
		return;
	va_start(args, format);
	tg_buffer_vprintf(&text, format, args);
	va_end(args);
	tg_pointer_put(&pointer, a->rec, at);
	put_schema(&schema, a, keyword);
	tg_fault_add(a->w, &(struct tg_fault){ .pointer = tg_buffer_str(&pointer),
					       .keyword = TG_STR("x-rules"),
					       .message = tg_buffer_str(&text),
					       .schema = tg_buffer_str(&schema),
					       .hint = a->rule->name });
}

/* What a contract's reader knows the operand by. */
static struct tg_str operand_text(const struct asked *a, const struct tg_operand *operand)
{
	return operand->number ? tg_span_text(&a->rules->contract->document, operand->number)
			       : operand->path.text;
}

/* The value of an operand, and the text that it is in; NULL: it is absent. */
static const struct tg_span *operand_value(const struct asked *a, const struct tg_operand *operand,
					   const struct tg_record **in)
{
	*in = operand->number ? &a->rules->contract->document : a->rec;
	return operand->number ? operand->number
			       : tg_pointer_find_from(&operand->path.leg[0], a->rec, a->base);
}

static bool test_holds(const struct asked *a, const struct tg_test *test, const struct tg_span *v)
{
	return tg_compare(test->op, a->rec, v, &a->rules->contract->document, test->value,
			  &a->w->arena) == TG_ANSWER_YES;
}

static bool condition_holds(const struct asked *a, const struct tg_condition *cond)
{
	const struct tg_span *v = tg_pointer_find_from(&cond->path.leg[0], a->rec, a->base);

	if (!v || cond->presence == TG_PRESENCE_ABSENT)
		return !v && cond->presence == TG_PRESENCE_ABSENT;
	for (size_t i = 0; i < cond->tests; i++)
		if (test_holds(a, cond->test + i, v) == cond->one)
			return cond->one;
	return !cond->one;
}

static void check_compare(struct asked *a)
{
	const struct tg_rule *r = a->rule;
	const struct tg_span *left = tg_pointer_find_from(&r->left.leg[0], a->rec, a->base);
	const struct tg_record *in;
	const struct tg_span *right = operand_value(a, &r->right, &in);

	if (!left || !right ||
	    tg_compare(r->compare, a->rec, left, in, right, &a->w->arena) != TG_ANSWER_NO)
		return;
	fault(a, left, "compare", "must be %.*s %.*s", TG_STR_ARG(tg_operator_name[r->compare]),
	      TG_STR_ARG(operand_text(a, &r->right)));
}

enum added {
	ADDED,
	ADDED_NOTHING, /* none of it is there */
	ADDED_NOT,     /* the rule does not apply, or a fault has been told */
};

static bool add(struct asked *a, struct tg_sum *sum, const struct tg_record *in,
		const struct tg_span *v, bool less)
{
	if (tg_sum_add(sum, tg_span_text(in, v), less))
		return true;
	a->limit = true;
	fault(a, in == a->rec ? v : a->base, "sum",
	      "cannot be added up exactly: a sum has %d digits before the point and %d behind it",
	      TG_SUM_WHOLE, TG_SUM_FRACTION);
	return false;
}

static enum added add_path(struct asked *a, struct tg_sum *sum, const struct tg_path *path)
{
	struct tg_path_walk walk;
	const struct tg_span *v;

	tg_path_begin(&walk, path, a->rec, a->base);
	while ((v = tg_path_next(&walk))) {
		if (v->kind == TG_NULL)
			continue;
		if (v->kind != TG_NUMBER || !add(a, sum, a->rec, v, false))
			return ADDED_NOT;
	}
	return walk.found ? ADDED : ADDED_NOTHING;
}

/* "/net, /tax" */
static void put_addends(struct tg_buffer *out, const struct tg_rule *r)
{
	for (size_t i = 0; i < r->addends; i++) {
		tg_buffer_puts(out, i == 0 ? "" : i + 1 < r->addends ? ", " : " and ");
		tg_buffer_put_str(out, r->addend[i].text);
	}
}

TG_COLD static void sum_fault(struct asked *a, const struct tg_span *total)
{
	TG_OWN(tg_buffer_release) struct tg_buffer addends = TG_BUFFER_INIT;
	const struct tg_rule *r = a->rule;

	put_addends(&addends, r);
	if (r->sum == TG_EQUAL && !r->total.number)
		fault(a, total, "sum", "must be the sum of %.*s",
		      TG_STR_ARG(tg_buffer_str(&addends)));
	else
		fault(a, a->base, "sum", "the sum of %.*s must be %.*s %.*s",
		      TG_STR_ARG(tg_buffer_str(&addends)), TG_STR_ARG(tg_operator_name[r->sum]),
		      TG_STR_ARG(operand_text(a, &r->total)));
}

static void check_sum(struct asked *a)
{
	const struct tg_rule *r = a->rule;
	const struct tg_record *in;
	const struct tg_span *total = operand_value(a, &r->total, &in);
	struct tg_sum sum;
	bool found = false;

	if (!total || total->kind != TG_NUMBER)
		return;
	tg_sum_clear(&sum);
	for (size_t i = 0; i < r->addends; i++) {
		enum added added = add_path(a, &sum, r->addend + i);

		if (added == ADDED_NOT)
			return;
		found |= added == ADDED;
	}
	if (found && add(a, &sum, in, total, true) && !tg_operator_holds(r->sum, tg_sum_sign(&sum)))
		sum_fault(a, total);
}

static void check_presence(struct asked *a)
{
	const struct tg_rule *r = a->rule;

	for (size_t i = 0; i < r->requireds; i++)
		if (!tg_pointer_find_from(&r->required[i].leg[0], a->rec, a->base))
			fault(a, a->base, "require", "%.*s is missing",
			      TG_STR_ARG(r->required[i].text));
	for (size_t i = 0; i < r->forbiddens; i++) {
		const struct tg_span *v =
			tg_pointer_find_from(&r->forbidden[i].leg[0], a->rec, a->base);

		if (v)
			fault(a, v, "forbid", "must not be there");
	}
}

/* Asks the rule where its paths begin. */
static void ask(struct asked *a, const struct tg_span *base)
{
	const struct tg_rule *r = a->rule;

	a->base = base;
	for (size_t i = 0; i < r->conditions; i++)
		if (!condition_holds(a, r->condition + i))
			return;
	if (r->compares)
		check_compare(a);
	if (r->addends)
		check_sum(a);
	check_presence(a);
}

static void ask_each(struct asked *a)
{
	struct tg_path_walk walk;
	const struct tg_span *base;

	tg_path_begin(&walk, &a->rule->base, a->rec, a->rec->span);
	while ((base = tg_path_next(&walk)))
		ask(a, base);
}

enum tg_verdict tg_rules_check(const struct tg_rules *rules, const struct tg_record *rec,
			       enum tg_verdict so_far, struct tg_work *w)
{
	struct asked a = { .rules = rules, .rec = rec, .w = w };
	unsigned before = w->fault_count;

	for (size_t i = 0; i < rules->rules && !(rules->first && w->fault_count); i++) {
		a.rule = rules->rule + i;
		if (a.rule->each)
			ask_each(&a);
		else
			ask(&a, rec->span);
	}
	if (w->fault_count == before || so_far == TG_REJECT)
		return so_far;
	return tg_reject_faults(w, a.limit ? "limit" : "rule");
}
