/*
 * number: JSON numbers by their exact value, of any size. No double, and no allocation but for a divisor of more than 566 digits.
 *
 * All texts given here are numbers by RFC 8259's grammar (the scanner has seen them). Exponents of any length are compared
 * rightly: one that does not fit 64 bits counts as beyond every other.
 */
#ifndef TG_JSON_NUMBER_H
#define TG_JSON_NUMBER_H

#include "common/base/buffer.h"
#include "common/base/str.h"

/* Below zero, zero, above zero as a is below, equal to, above b. */
int tg_number_compare(struct tg_str a, struct tg_str b);

/* Whether the fraction is zero, however the number is spelt: 1.0, 1e3, 10e-1. */
bool tg_number_is_integer(struct tg_str a);

bool tg_number_is_zero(struct tg_str a);

/* Whether a is a whole multiple of b, exactly; b is above zero. Work is bounded by the lengths of both texts, not by exponents. */
bool tg_number_is_multiple(struct tg_str a, struct tg_str b);

/* Whether text is a number by RFC 8259's grammar. */
bool tg_number_is(struct tg_str text);

/* Appends the one spelling of a value that equal numbers share: sign, digits without outer zeros, 'e', exponent; zero is "0".
 * It is our own (keys and equality last with it), not RFC 8785's, which goes through a double. */
void tg_number_put_canonical(struct tg_buffer *out, struct tg_str a);

#endif
