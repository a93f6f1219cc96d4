/* The csv room on whatever libFuzzer thinks of: see csv_check.h. */
#include "tests/fuzz/csv_check.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *wrong = csv_check(tg_str_from((const char *)data, size));

	if (wrong) {
		fprintf(stderr, "csv: %s\n", wrong);
		abort();
	}
	return 0;
}
