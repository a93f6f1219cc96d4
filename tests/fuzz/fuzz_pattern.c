/*
 * Whatever pattern: it is refused with words, or its engines agree on whatever text. The pattern is the first line, the text the rest.
 */
#include "common/base/utf8.h"
#include "common/schema/pattern.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_matcher_release) struct tg_matcher matcher = { 0 };
	struct tg_str all = tg_arena_copy(&arena, tg_str_from((const char *)data, size)), pattern,
		      text;
	const char *end = memchr(all.p, '\n', all.n);
	struct tg_pattern *compiled[3] = { NULL };
	enum tg_match got[3];
	unsigned engines = 0;

	if (tg_utf8_check(all) != all.n) /* the scanner lets nothing else come here */
		return 0;
	pattern = tg_str_from(all.p, end ? (size_t)(end - all.p) : all.n);
	text = tg_arena_copy(&arena, tg_str_after(all, end ? pattern.n + 1 : all.n));
	for (; engines < 3; engines++) {
		struct tg_error err = TG_ERROR_INIT;
		bool loose;

		if (tg_pattern_compile(&compiled[engines], pattern, (enum tg_pattern_engine)engines,
				       &loose, &arena, &err)) {
			MUST(err.status == TG_CONFIG && err.text[0]);
			break;
		}
		got[engines] = tg_pattern_match(compiled[engines], text, &matcher);
	}
	/* What PCRE2 finds too large may still have a table. */
	MUST(engines == 0 || engines >= 2);
	MUST(engines == 0 || engines == 2 || tg_pattern_is(pattern));
	for (unsigned i = 1; i < engines; i++)
		MUST(got[i] == got[0] || got[i] == TG_MATCH_LIMIT || got[0] == TG_MATCH_LIMIT);
	for (unsigned i = 0; i < engines; i++)
		tg_pattern_release(compiled[i]);
	return 0;
}
