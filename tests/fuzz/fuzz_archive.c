/*
 * Whatever bytes: the opener reads them within its limits or refuses them with a reason; what it reads once it reads again; and out of a
 * tar that it takes libarchive reads the same.
 */
#include "tests/fuzz/archive_check.h"

#include <locale.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	TG_OWN(archive_seen_release) struct archive_seen seen = { .text = TG_BUFFER_INIT };
	TG_OWN(tg_buffer_release) struct tg_buffer otherwise = TG_BUFFER_INIT;
	struct tg_str bytes = tg_str_from((const char *)data, size);
	enum tg_status st;

	if (!begun)
		setlocale(LC_CTYPE, "C.UTF-8");
	begun = true;
	st = archive_read_all(&seen, bytes, NULL, "secret");
	MUST(st == TG_OK || st == TG_DATA || st == TG_REFUSED);
	MUST(!st || (seen.err.text[0] && seen.err.status == st));
	if (st)
		return 0;
	MUST(seen.opened.bytes <= 2000000 && seen.opened.entries <= 100);
	if (strcmp(seen.opened.kind, "tar") == 0 && !seen.opened.packing) {
		MUST(archive_read_tar_otherwise(&otherwise, bytes));
		MUST(tg_str_eq(tg_buffer_str(&seen.text), tg_buffer_str(&otherwise)));
	}
	return 0;
}
