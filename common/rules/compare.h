/*
 * compare: inside common/rules: which of two values comes first, and whether that is what an operator asks for.
 *
 * Numbers by their exact value, texts by their code points, RFC 3339 times as instants where both are date-times. Other values are
 * equal or not, and have no order; values of different kinds cannot be compared.
 */
#ifndef TG_RULES_COMPARE_H
#define TG_RULES_COMPARE_H

#include "common/base/memory.h"
#include "common/json/record.h"

enum tg_operator {
	TG_EQUAL,
	TG_UNEQUAL,
	TG_LESS,
	TG_AT_MOST,
	TG_MORE,
	TG_AT_LEAST,
	TG_OPERATORS,
};

extern const struct tg_str tg_operator_name[TG_OPERATORS]; /* as contracts write them */

enum tg_answer {
	TG_ANSWER_NONE, /* the question does not arise: the values have no order, or cannot be compared */
	TG_ANSWER_NO,
	TG_ANSWER_YES,
};

/* Whether a value that compares so (below zero, zero, above zero) is what the operator asks for. */
bool tg_operator_holds(enum tg_operator op, int order);

/* Whether x OP y. Escaped texts are decoded into the arena. */
enum tg_answer tg_compare(enum tg_operator op, const struct tg_record *a, const struct tg_span *x,
			  const struct tg_record *b, const struct tg_span *y,
			  struct tg_arena *arena);

#endif
