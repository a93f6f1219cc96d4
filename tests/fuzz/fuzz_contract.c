/* Whatever contract: it is refused with its place, or answers what it says. */
#include "common/contract/contract.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	const struct tg_setup setup = { .arena = &arena };
	struct tg_contract contract;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_str *name;
	bool closed;
	size_t n;

	if (tg_contract_read(&contract, tg_str_from((const char *)data, size), "c.json", &setup,
			     &err)) {
		MUST(err.status == TG_CONFIG && strstr(err.text, "c.json"));
		return 0;
	}
	name = tg_contract_properties(&contract, &arena, &n, &closed);
	for (size_t i = 0; i < n; i++) {
		struct tg_property property;

		tg_contract_property(&contract, name[i], &property);
		MUST(property.schema != NULL);
	}
	return 0;
}
