#include "common/webhook/fixed.h"

const struct tg_fixed *const tg_fixed_all[] = {
	&tg_fixed_ed25519, &tg_fixed_ecdsa, &tg_fixed_jwt, &tg_fixed_sns, &tg_fixed_paypal, NULL,
};

const struct tg_fixed *tg_fixed_find(struct tg_str algorithm)
{
	for (size_t i = 0; tg_fixed_all[i]; i++)
		if (tg_str_is(algorithm, tg_fixed_all[i]->algorithm))
			return tg_fixed_all[i];
	return NULL;
}

struct tg_str tg_fixed_param(const struct tg_fixed_check *check, struct tg_str name)
{
	for (size_t i = 0; i < check->params; i++)
		if (tg_str_eq(check->param[i].name, name))
			return check->param[i].value;
	return TG_STR_NONE;
}
