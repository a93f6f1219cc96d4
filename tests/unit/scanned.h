/* scanned: a text that the scanner has read, for the tests of the json room. */
#ifndef TG_TESTS_SCANNED_H
#define TG_TESTS_SCANNED_H

#include "common/base/memory.h"
#include "common/json/scan.h"
#include "tests/unit/tap.h"

/* A scanned record of our own: the text copied with slack of an unkind sort, so that nothing behind the end is taken for text. */
struct scanned {
	struct tg_scanner *scanner;
	struct tg_arena arena;
	struct tg_record rec;
	enum tg_scan_fault fault;
};

static inline void scanned_release(struct scanned *s)
{
	tg_scanner_free(&s->scanner);
	tg_arena_release(&s->arena);
}

static inline struct scanned scan(struct tg_str text, const char *behind)
{
	struct scanned s = { .scanner = tg_scanner_new() };
	char *copy = tg_arena_take(&s.arena, text.n + 2 * TG_SLACK);

	memcpy(copy, text.p, text.n);
	for (size_t i = 0; i < TG_SLACK; i++)
		copy[text.n + i] = behind[i % strlen(behind)];
	s.fault = tg_scan(s.scanner, tg_str_from(copy, text.n), &s.rec);
	return s;
}

#define SCAN(name, text) TG_OWN(scanned_release) struct scanned name = scan(text, "\"]}0e:,")

#endif
