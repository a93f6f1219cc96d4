/*
 * decimal: numbers as people write them, digit for digit: a decimal comma, groups, a minus behind. No double and no rounding: the digits
 * that came are the digits that go, at any size. Pure: no memory but the caller's. Sums of what comes out: json/sum.h.
 */
#ifndef TG_VALUE_DECIMAL_H
#define TG_VALUE_DECIMAL_H

#include "common/base/buffer.h"
#include "common/base/str.h"

enum tg_groups {
	TG_GROUPS_THREE,  /* 1,234,567 */
	TG_GROUPS_INDIAN, /* 12,34,567 */
};

/* Where the sign of a number below zero is. A plus may stand where the minus would; with parentheses, in front. */
enum tg_minus {
	TG_MINUS_LEADING,
	TG_MINUS_TRAILING,
	TG_MINUS_PARENTHESES, /* (1) is -1, and there is no minus */
};

/* Each sign is one character; group may be none (n 0). Where there is one, a number has all its groups or none. */
struct tg_decimal_form {
	struct tg_str decimal, group;
	enum tg_groups groups;
	enum tg_minus minus;
};

/* Whether a sign is one character that can stand in a number. */
bool tg_decimal_is_sign(struct tg_str sign);

/* What cannot be in a form whose signs are signs each for itself, in words; NULL: it is well. */
const char *tg_decimal_wrong(const struct tg_decimal_form *form);

/*
 * Writes text, a number in that form, as a JSON number with the same digits: signs and leading zeros are made right, nothing is
 * rounded. Gives the end, or NULL when text is no such number; what was written is then void. An integer has neither decimals nor
 * exponent. At most text.n + 2 bytes are written.
 */
char *tg_decimal_read(char *to, struct tg_str text, const struct tg_decimal_form *form,
		      bool integer);

/* The other way: appends a JSON number in that form, with groups where it has them, so that tg_decimal_read gives the same number back,
 * spelling and all. Behind an exponent's 'e' nothing is changed. */
void tg_decimal_write(struct tg_buffer *out, struct tg_str number,
		      const struct tg_decimal_form *form);

/* Appends what a text must look like, for messages: "digits, decimals behind ',', groups of three with '.'". */
void tg_decimal_expect(struct tg_buffer *out, const struct tg_decimal_form *form, bool integer);

#endif
