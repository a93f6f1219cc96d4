/*
 * Whatever bytes: the opener reads them within its limits or refuses them with a reason; the directory of a zip that is taken accounts
 * for all of the file; and out of a tar that is taken libarchive reads the same. What the fuzzer makes of a tar gets the right sums, for
 * else it would get no further than the first header.
 */
#include "common/archive/zip.h"
#include "tests/fuzz/archive_check.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

#define MUST(x) ((x) ? (void)0 : abort())

enum { BLOCK = 512, SUM = 148, MAGIC = 257 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	size_t n = LLVMFuzzerMutate(data, size, most);

	for (size_t at = 0; at + BLOCK <= n && seed % 8; at += BLOCK) {
		char text[8];
		unsigned sum = 0;

		if (memcmp(data + at + MAGIC, "ustar", 5) != 0)
			continue;
		memset(data + at + SUM, ' ', sizeof(text));
		for (size_t i = 0; i < BLOCK; i++)
			sum += data[at + i];
		snprintf(text, sizeof(text), "%06o", sum & 0x3ffff);
		memcpy(data + at + SUM, text, sizeof(text) - 1);
	}
	return n;
}

static enum tg_status read_memory(void *arg, uint64_t at, char *p, size_t n, struct tg_error *err)
{
	const struct tg_str *s = arg;

	(void)err;
	MUST(at <= s->n && n <= s->n - at);
	if (n)
		memcpy(p, s->p + at, n);
	return TG_OK;
}

static enum tg_status read_directory(struct tg_str s, struct tg_arena *arena)
{
	static const struct tg_archive_limits limits = {
		.entries = 100, .entry_bytes = 1000000, .total_bytes = 2000000, .ratio = 200
	};
	const struct tg_archive_bytes bytes = {
		.read = read_memory, .arg = &s, .size = s.n, .name = "x"
	};
	struct tg_error err = TG_ERROR_INIT;
	struct tg_zip zip;
	enum tg_status st = tg_zip_read(&zip, &bytes, &limits, arena, &err);
	uint64_t at = 0, total = 0;

	MUST(st == TG_OK || st == TG_DATA || st == TG_REFUSED);
	MUST(!st || (err.text[0] && err.code));
	for (size_t i = 0; !st && i < zip.n; i++) {
		const struct tg_zip_entry *e = &zip.entry[i];

		MUST(i ? e->at > at : e->at == 0);
		MUST(e->entry.packed < s.n - e->at && e->entry.size <= limits.entry_bytes);
		MUST(e->entry.name.n && e->entry.name.n <= 1024);
		at = e->at;
		total += e->entry.size;
	}
	MUST(st || (zip.n <= limits.entries && total == zip.total && total <= limits.total_bytes));
	return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	TG_OWN(archive_seen_release) struct archive_seen seen = { .text = TG_BUFFER_INIT };
	TG_OWN(tg_buffer_release) struct tg_buffer otherwise = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_str bytes = tg_str_from((const char *)data, size);
	enum tg_status st;

	if (!begun)
		setlocale(LC_CTYPE, "C.UTF-8");
	begun = true;
	if (tg_zip_is(bytes) && read_directory(bytes, &arena))
		return 0;
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
