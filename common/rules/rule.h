/*
 * rule: inside common/rules: what x-rules is compiled to.
 */
#ifndef TG_RULES_RULE_H
#define TG_RULES_RULE_H

#include "common/rules/compare.h"
#include "common/rules/path.h"
#include "common/rules/rules.h"

/* What stands to the right of an operator: a place, or a number of the contract. */
struct tg_operand {
	struct tg_path path;
	const struct tg_span *number; /* NULL: the path it is */
};

/* Of a member named in "if". */
struct tg_test {
	enum tg_operator op;
	const struct tg_span *value; /* of the contract */
};

enum tg_presence {
	TG_PRESENCE_ANY, /* not asked for by itself */
	TG_PRESENCE_THERE,
	TG_PRESENCE_ABSENT,
};

struct tg_condition {
	struct tg_path path;
	enum tg_presence presence;
	struct tg_test *test;
	size_t tests;
	bool one; /* one test is enough; else all must hold */
};

struct tg_rule {
	const struct tg_span *span; /* of the contract */
	struct tg_str name;	    /* none: it has none */
	bool each; /* asked at each place that `base` leads to, and paths begin there */
	struct tg_path base;
	struct tg_condition *condition;
	size_t conditions;

	bool compares; /* left OP right */
	struct tg_path left;
	enum tg_operator compare;
	struct tg_operand right;

	struct tg_path *addend; /* their sum OP total */
	size_t addends;
	enum tg_operator sum;
	struct tg_operand total;

	struct tg_path *required, *forbidden;
	size_t requireds, forbiddens;
};

struct tg_rules {
	const struct tg_contract *contract;
	struct tg_rule *rule;
	size_t rules;
	bool first; /* one fault of a record is enough */
};

#endif
