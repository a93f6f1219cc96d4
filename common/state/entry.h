/*
 * entry: inside common/state: how a key lies in memory and in pages.
 *
 * An entry is TG_ENTRY_PLAIN bytes, or TG_ENTRY_TIMED in a store that holds times: 16 of the key's digest, 8 of the content's, 8 of
 * the time (microseconds since 1970, big-endian, the sign bit turned over so that bytes sort like times). Digests are keyed, so
 * keys are spread evenly, and sort as bytes.
 */
#ifndef TG_STATE_ENTRY_H
#define TG_STATE_ENTRY_H

#include "common/base/own.h"
#include "common/state/key.h"

#include <string.h>

static inline uint64_t tg_entry_word(const unsigned char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static inline void tg_entry_set_word(unsigned char *p, uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(p, &x, sizeof(x));
}

/* What pages are found by: the first 32 bits of the key. */
static inline uint32_t tg_entry_prefix(const unsigned char *entry)
{
	return (uint32_t)(tg_entry_word(entry) >> 32);
}

static inline int tg_entry_compare(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, TG_KEY_SIZE);
}

static inline int64_t tg_entry_time(const unsigned char *entry)
{
	return (int64_t)(tg_entry_word(entry + TG_ENTRY_PLAIN) ^ UINT64_C(1) << 63);
}

static inline void tg_entry_set_time(unsigned char *entry, int64_t time)
{
	tg_entry_set_word(entry + TG_ENTRY_PLAIN, (uint64_t)time ^ UINT64_C(1) << 63);
}

#endif
