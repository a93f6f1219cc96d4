#include "common/base/check.h"

bool tg_read_u64(struct tg_str s, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || !tg_mul(&v, v, 10) ||
		    !tg_add(&v, v, (uint64_t)(s.p[i] - '0')))
			return false;
	}
	*value = v;
	return true;
}

bool tg_read_size(struct tg_str s, uint64_t *bytes)
{
	static const struct {
		struct tg_str unit;
		uint64_t factor;
	} units[] = {
		{ { "kB", 2 }, 1000 },
		{ { "MB", 2 }, 1000000 },
		{ { "GB", 2 }, 1000000000 },
		{ { "TB", 2 }, 1000000000000 },
		{ { "KiB", 3 }, UINT64_C(1) << 10 },
		{ { "MiB", 3 }, UINT64_C(1) << 20 },
		{ { "GiB", 3 }, UINT64_C(1) << 30 },
		{ { "TiB", 3 }, UINT64_C(1) << 40 },
	};

	for (size_t i = 0; i < TG_COUNT(units); i++) {
		if (tg_str_ends(s, units[i].unit)) {
			uint64_t n;

			return tg_read_u64(tg_str_from(s.p, s.n - units[i].unit.n), &n) &&
			       tg_mul(bytes, n, units[i].factor);
		}
	}
	return tg_read_u64(s, bytes);
}
