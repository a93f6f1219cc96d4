/*
 * Whatever line of a reject file: it is refused with words, or its record is there; what is prepared for a person says the same and
 * has the digest that it was given, and is read again as the same.
 */
#include "common/json/scan.h"
#include "common/replay/envelope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static bool same(struct tg_str a, struct tg_str b)
{
	return !a.p == !b.p && tg_str_eq(a, b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT, prepared = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT, again_raw = TG_BUFFER_INIT;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_scanner_free) struct tg_scanner *second = tg_scanner_new();
	struct tg_record rec = { 0 }, again = { 0 };
	struct tg_envelope e, f;
	const char *wrong;

	tg_buffer_put_str(&text, tg_str_from((const char *)data, size));
	memset(tg_buffer_room(&text, TG_SLACK), 0, TG_SLACK);
	if (tg_scan(scanner, tg_buffer_str(&text), &rec) != TG_SCAN_OK)
		return 0;
	wrong = tg_envelope_read(&e, &rec, &arena, &raw);
	if (wrong) {
		MUST(wrong[0]);
		return 0;
	}
	MUST(e.tool.n && e.code.n && e.record.p);
	tg_envelope_put_prepared(&prepared, &rec, digest);
	memset(tg_buffer_room(&prepared, TG_SLACK), 0, TG_SLACK);
	MUST(tg_scan(second, tg_buffer_str(&prepared), &again) == TG_SCAN_OK);
	MUST(!tg_envelope_read(&f, &again, &arena, &again_raw));
	MUST(same(e.tool, f.tool) && same(e.code, f.code) && same(e.run, f.run));
	MUST(same(e.at.file, f.at.file) && e.at.line == f.at.line && e.at.offset == f.at.offset);
	MUST(same(e.record, f.record) && tg_str_is(f.sha256, digest));
	return 0;
}
