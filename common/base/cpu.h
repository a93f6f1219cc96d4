/*
 * cpu: which of the variants of an inner loop this run uses. All variants give the same answers; only their speed differs.
 *
 * The level is found once, at the first question: the best that this machine has, or less when TIDEGATE_CPU in the environment
 * says "scalar", "sse2" or "avx2" (for tests; a level that is not had here is passed over).
 */
#ifndef TG_BASE_CPU_H
#define TG_BASE_CPU_H

#include "common/base/own.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define TG_CPU_X86 1
#else
#define TG_CPU_X86 0
#endif

enum tg_cpu {
	TG_CPU_SCALAR = 1,
	TG_CPU_SSE2,
	TG_CPU_AVX2,
};

/* May be called by any thread. */
enum tg_cpu tg_cpu_level(void);

/* By name, or NULL for the best; false, and nothing changes, when it is not known or not had here. Not while others work. */
bool tg_cpu_choose(const char *name);

#endif
