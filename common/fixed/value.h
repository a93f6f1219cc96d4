/*
 * value: inside common/fixed: the bytes of one field become a JSON value, with all that a layout may say about it. What is quick about
 * common fields is in emit.c, which comes here for all that is out of the ordinary; so what is right is decided here alone.
 */
#ifndef TG_FIXED_VALUE_H
#define TG_FIXED_VALUE_H

#include "common/fixed/layout.h"

/* What is wrong with a value. */
enum tg_fixed_wrong {
	TG_WRONG_NOTHING,
	TG_WRONG_BYTE,	 /* one is no character of the encoding */
	TG_WRONG_NUL,	 /* a text holds low values */
	TG_WRONG_BLANK,	 /* and blanks are no value here */
	TG_WRONG_NUMBER, /* another byte than a digit, or none at all */
	TG_WRONG_SIGN,	 /* the sign's place holds none */
	TG_WRONG_POINT,	 /* more decimals than there may be */
	TG_WRONG_NIBBLE, /* half a byte above nine */
	TG_WRONG_DATE,
	TG_WRONG_BOOLEAN,
	TG_WRONG_FILLER, /* it is not what it must be */
	TG_WRONG_COUNT,	 /* more items than there may be */
};

/*
 * Writes the value of a field, which is no group, and none of a list's but one item's; a filler writes nothing. At most
 * tg_fixed_value_most bytes are written; TG_SLACK are readable behind bytes. *to moves only where nothing is wrong.
 */
enum tg_fixed_wrong tg_fixed_value(const struct tg_fixed_field *f, struct tg_str bytes, char **to);

/* The most that one value may take, for bytes of the field's width; in characters, four bytes each. */
size_t tg_fixed_value_most(const struct tg_fixed_field *f, size_t bytes);

/* The value as a text, where it is not of its type: what can be decoded, and of packed and binary fields their bytes in hexadecimal. */
enum tg_fixed_wrong tg_fixed_value_as_text(const struct tg_fixed_field *f, struct tg_str bytes,
					   char **to);

/* Without what fills the field up. */
struct tg_str tg_fixed_trim(const struct tg_fixed_field *f, struct tg_str bytes);

/* A value is among those that a test asks for. */
bool tg_fixed_test_holds(const struct tg_fixed_test *test, struct tg_str json);

#endif
