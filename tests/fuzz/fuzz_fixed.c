/*
 * Whatever the layout and the records: fixed_check.h. The first line is the text of x-fixed, all behind it the records.
 */
#include "tests/fuzz/fixed_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tg_str text = { (const char *)data, size };
	const char *end = size ? memchr(text.p, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text.p) : size;

	(void)fixed_check(tg_str_from(text.p, n), tg_str_after(text, end ? n + 1 : n));
	return 0;
}
