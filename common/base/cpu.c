#include "common/base/cpu.h"

#include "common/base/str.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic int chosen; /* 0: not asked yet */

static enum tg_cpu best(void)
{
#if TG_CPU_X86
	return __builtin_cpu_supports("avx2") ? TG_CPU_AVX2 : TG_CPU_SSE2;
#else
	return TG_CPU_SCALAR;
#endif
}

bool tg_cpu_choose(const char *name)
{
	static const struct {
		struct tg_str name;
		enum tg_cpu level;
	} known[] = {
		{ { "scalar", 6 }, TG_CPU_SCALAR },
		{ { "sse2", 4 }, TG_CPU_SSE2 },
		{ { "avx2", 4 }, TG_CPU_AVX2 },
	};
	enum tg_cpu most = best(), level = 0;

	if (!name)
		level = most;
	for (size_t i = 0; name && i < TG_COUNT(known); i++) {
		if (tg_str_is(known[i].name, name) && known[i].level <= most)
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
