/* The json room on whatever libFuzzer thinks of: see json_check.h. */
#include "tests/fuzz/json_check.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *wrong = json_check(tg_str_from((const char *)data, size));

	if (wrong) {
		fprintf(stderr, "json: %s\n", wrong);
		abort();
	}
	return 0;
}
