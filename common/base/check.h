/*
 * check: arithmetic on numbers from outside, and the values that a command line or contract may hold.
 *
 * The readers take the whole text or nothing: a sign, a blank, trailing text and overflow are all "no".
 */
#ifndef TG_BASE_CHECK_H
#define TG_BASE_CHECK_H

#include "common/base/own.h"
#include "common/base/str.h"

/* False on overflow; *sum is then not to be used. */
TG_MUST_USE static inline bool tg_add(uint64_t *sum, uint64_t a, uint64_t b)
{
	return !__builtin_add_overflow(a, b, sum);
}

TG_MUST_USE static inline bool tg_mul(uint64_t *product, uint64_t a, uint64_t b)
{
	return !__builtin_mul_overflow(a, b, product);
}

TG_MUST_USE bool tg_read_u64(struct tg_str s, uint64_t *value);
/* Bytes: a bare number, or with kB MB GB TB (1000) or KiB MiB GiB TiB (1024). A lone letter is no: tools disagree about it. */
TG_MUST_USE bool tg_read_size(struct tg_str s, uint64_t *bytes);

#endif
