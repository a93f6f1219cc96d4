#include "common/base/cpu.h"

#include "common/base/str.h"

#include <stdatomic.h>
#include <stdlib.h>

/*
 * What the processor has. glibc's loader knows, from 2.33 on; the compiler's own way asks the processor anew at every start, in a
 * virtual machine at 8 us a question, 50 us in all.
 */
#if TG_CPU_X86 && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 33)
#include <sys/platform/x86.h>

/* As the header's own CPU_FEATURE_ACTIVE, which shifts a one into the sign of an int. */
static bool is_active(unsigned index)
{
	const struct cpuid_feature *leaf = __x86_get_cpuid_feature_leaf(index / 128);

	return leaf->active_array[index / 32 % 4] >> index % 32 & 1;
}

#define HAS(upper, lower) is_active(x86_cpu_##upper)
#endif
#endif
#ifndef HAS
#define HAS(upper, lower) __builtin_cpu_supports(lower)
#endif

static _Atomic int chosen; /* 0: not asked yet */

static enum tg_cpu best(void)
{
#if TG_CPU_X86
	if (!HAS(AVX2, "avx2") || !HAS(BMI1, "bmi") || !HAS(BMI2, "bmi2") ||
	    !HAS(POPCNT, "popcnt") || !HAS(PCLMULQDQ, "pclmul"))
		return TG_CPU_SSE2;
	if (!HAS(AVX512F, "avx512f") || !HAS(AVX512BW, "avx512bw") || !HAS(AVX512DQ, "avx512dq") ||
	    !HAS(AVX512VL, "avx512vl") || !HAS(AVX512_VBMI, "avx512vbmi") ||
	    !HAS(AVX512_VBMI2, "avx512vbmi2") || !HAS(VPCLMULQDQ, "vpclmulqdq"))
		return TG_CPU_AVX2;
	return TG_CPU_AVX512;
#elif TG_CPU_ARM64
	return TG_CPU_NEON;
#else
	return TG_CPU_SCALAR;
#endif
}

/* Whether this machine has it. A better one of the same processor includes it. */
static bool is_had(enum tg_cpu level)
{
	enum tg_cpu most = best();

	if (level == TG_CPU_NEON || most == TG_CPU_NEON)
		return level == TG_CPU_SCALAR || level == most;
	return level <= most;
}

bool tg_cpu_choose(const char *name)
{
	static const struct {
		struct tg_str name;
		enum tg_cpu level;
	} known[] = {
		{ { "scalar", 6 }, TG_CPU_SCALAR }, { { "sse2", 4 }, TG_CPU_SSE2 },
		{ { "avx2", 4 }, TG_CPU_AVX2 },	    { { "avx512", 6 }, TG_CPU_AVX512 },
		{ { "neon", 4 }, TG_CPU_NEON },
	};
	enum tg_cpu level = 0;

	if (!name)
		level = best();
	for (size_t i = 0; name && i < TG_COUNT(known); i++) {
		if (tg_str_is(known[i].name, name) && is_had(known[i].level))
			level = known[i].level;
	}
	if (!level)
		return false;
	atomic_store_explicit(&chosen, (int)level, memory_order_relaxed);
	return true;
}

enum tg_cpu tg_cpu_level(void)
{
	int level = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (TG_UNLIKELY(level == 0)) {
		if (!tg_cpu_choose(getenv("TIDEGATE_CPU")))
			(void)tg_cpu_choose(NULL);
		level = atomic_load_explicit(&chosen, memory_order_relaxed);
	}
	return (enum tg_cpu)level;
}
