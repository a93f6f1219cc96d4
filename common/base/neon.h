/*
 * neon: what the arm64 variants of the inner loops share. A lane of a vector is a byte of the text in its order.
 *
 * NEON has no instruction that gathers the top bits of bytes. Three rounds of adding neighbours do it for 64 bytes at once: each lane
 * keeps the bit of its place in eight, and lanes of one byte of the word are added up.
 */
#ifndef TG_BASE_NEON_H
#define TG_BASE_NEON_H

#include "common/base/cpu.h"

#if TG_CPU_ARM64

#include <arm_neon.h>

static inline uint8x16_t tg_neon_load(const void *p)
{
	return vld1q_u8((const uint8_t *)p);
}

/* One bit for each of 64 lanes, which are all ones or all zeros. */
static inline uint64_t tg_neon_bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	const uint8x16_t place = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t low = vpaddq_u8(vandq_u8(a, place), vandq_u8(b, place));
	uint8x16_t high = vpaddq_u8(vandq_u8(c, place), vandq_u8(d, place));

	low = vpaddq_u8(low, high);
	low = vpaddq_u8(low, low);
	return vgetq_lane_u64(vreinterpretq_u64_u8(low), 0);
}

/* Four bits for each of 16 lanes, which are all ones or all zeros: quicker than one bit each. */
static inline uint64_t tg_neon_nibbles(uint8x16_t v)
{
	return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(v), 4)), 0);
}

/* Whether a lane has its top bit set. */
static inline bool tg_neon_is_high(uint8x16_t v)
{
	return vmaxvq_u8(v) >= 0x80;
}

#endif

#endif
