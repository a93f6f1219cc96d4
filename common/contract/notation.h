/*
 * notation: what a contract says of how values are written: x-date, x-number and its keys in x-csv, x-boolean, x-nulls
 * (tidegate-contract(5)), made into the forms of value/. Whoever reads or writes texts of a partner asks here, so that a key means the
 * same to all, and every program finds the same mistakes in it.
 *
 * All that is read lives in the arena. TG_CONFIG names the place in the contract.
 */
#ifndef TG_CONTRACT_NOTATION_H
#define TG_CONTRACT_NOTATION_H

#include "common/contract/contract.h"
#include "common/value/date.h"
#include "common/value/decimal.h"
#include "common/value/spelling.h"

/* x-date: a pattern, or an object of format, pivot and zone. */
TG_MUST_USE enum tg_status tg_notation_date(struct tg_date_form *form, const struct tg_contract *c,
					    const struct tg_span *value, struct tg_arena *arena,
					    struct tg_error *err);

/* One of the keys decimal, group, groups and minus; the rest of the form stays. */
TG_MUST_USE enum tg_status tg_notation_number_key(struct tg_decimal_form *form, struct tg_str key,
						  const struct tg_contract *c,
						  const struct tg_span *value,
						  struct tg_arena *arena, struct tg_error *err);

enum tg_number_as {
	TG_AS_TYPED, /* not said: what the property's type is */
	TG_AS_NUMBER,
	TG_AS_STRING,
};

/* x-number, over a form that says what holds where it says nothing. Whether the whole fits is to be asked then (tg_decimal_wrong). */
TG_MUST_USE enum tg_status tg_notation_number(struct tg_decimal_form *form, enum tg_number_as *as,
					      const struct tg_contract *c,
					      const struct tg_span *value, struct tg_arena *arena,
					      struct tg_error *err);

/* x-boolean, over spellings that hold where it has none. */
TG_MUST_USE enum tg_status tg_notation_boolean(struct tg_spellings *yes, struct tg_spellings *no,
					       const struct tg_contract *c,
					       const struct tg_span *value, struct tg_arena *arena,
					       struct tg_error *err);

/* A list of texts. */
TG_MUST_USE enum tg_status tg_notation_texts(struct tg_spellings *texts,
					     const struct tg_contract *c,
					     const struct tg_span *value, struct tg_arena *arena,
					     struct tg_error *err);

#endif
