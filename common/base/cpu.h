/*
 * cpu: which of the variants of an inner loop this run uses. All variants give the same answers; only their speed differs.
 *
 * The level is found once, at the first question: the best that this machine has, or less when TIDEGATE_CPU in the environment
 * says "scalar", "sse2", "avx2", "avx512" or "neon" (for tests; a level that is not had here is passed over).
 */
#ifndef TG_BASE_CPU_H
#define TG_BASE_CPU_H

#include "common/base/own.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define TG_CPU_X86 1
#else
#define TG_CPU_X86 0
#endif

/* Where a lane of a vector is a byte of memory in its order. */
#if defined(__aarch64__) && defined(__AARCH64EL__) && defined(__GNUC__)
#define TG_CPU_ARM64 1
#else
#define TG_CPU_ARM64 0
#endif

/* In rising order, so that a variant is asked for with >=. */
enum tg_cpu {
	TG_CPU_SCALAR = 1,
	TG_CPU_NEON, /* of arm64 alone, and there always */
	TG_CPU_SSE2, /* this and the next of x86-64 alone */
	TG_CPU_AVX2, /* with BMI1, BMI2, POPCNT and PCLMULQDQ */
	TG_CPU_AVX512, /* F, BW, DQ, VL, VBMI, VBMI2, VPCLMULQDQ: no processor that slows its clock for it has these */
};

/* May be called by any thread. */
enum tg_cpu tg_cpu_level(void);

/* By name, or NULL for the best; false, and nothing changes, when it is not known or not had here. Not while others work. */
bool tg_cpu_choose(const char *name);

#endif
