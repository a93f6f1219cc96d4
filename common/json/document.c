#include "common/json/document.h"

#include "common/base/utf8.h"
#include "common/json/scan.h"

void tg_document_locate(struct tg_str text, size_t at, uint64_t *line, uint64_t *column)
{
	size_t start = 0;

	*line = 1;
	if (at > text.n)
		at = text.n;
	for (size_t i = 0; i < at; i++) {
		if (text.p[i] == '\n') {
			++*line;
			start = i + 1;
		}
	}
	*column = 1 + tg_utf8_count(tg_str_from(text.p + start, at - start));
}

enum tg_status tg_document_parse(struct tg_record *rec, struct tg_str text, struct tg_arena *arena,
				 struct tg_error *err)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = NULL;
	struct tg_record made = { .source = 0 };
	struct tg_span *span;

	if (tg_str_starts(text, TG_STR("\xef\xbb\xbf")))
		text = tg_str_after(text, 3);
	if (text.n >= UINT32_MAX)
		return tg_fail(err, TG_CONFIG, "larger than 4 GiB");
	text = tg_arena_copy(arena, text);
	scanner = tg_scanner_new();
	if (tg_scan(scanner, text, &made) != TG_SCAN_OK) {
		uint64_t line, column;
		size_t at;
		struct tg_str why = tg_scanner_fault(scanner, &at);

		tg_document_locate(text, at, &line, &column);
		return tg_fail(err, TG_CONFIG, "line %llu, column %llu: %.*s",
			       (unsigned long long)line, (unsigned long long)column,
			       TG_STR_ARG(why));
	}
	span = tg_arena_array(arena, made.spans, sizeof(*span));
	memcpy(span, made.span, made.spans * sizeof(*span));
	made.span = span;
	*rec = made;
	return TG_OK;
}
