#define PCRE2_CODE_UNIT_WIDTH 8

#include "common/schema/pattern.h"

#include "common/schema/parse.h"

#include <pcre2.h>

/*
 * What PCRE2 may spend on one text. Catastrophic patterns meet the first limit in 0.03 to 0.2 s; the heap limit, in KiB, is for the
 * interpreter, which takes over where the JIT's stack (32 KiB of ours) is too small.
 */
enum { MATCHES_MAX = 10000000, HEAP_MAX = 64 * 1024 };

struct tg_pattern {
	const struct tg_row *row; /* counted classes, NULL: none */
	const struct tg_dfa *dfa; /* NULL: none */
	pcre2_code *code;	  /* NULL: none */
	pcre2_match_context *limits;
	bool jit;
};

static enum tg_status compile_pcre(struct tg_pattern *p, struct tg_str translated,
				   struct tg_error *err)
{
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR what[160];

	p->code = pcre2_compile((PCRE2_SPTR)translated.p, translated.n,
				PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY |
					PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
					PCRE2_NEVER_BACKSLASH_C,
				&code, &at, NULL);
	if (!p->code) {
		(void)pcre2_get_error_message(code, what, sizeof(what));
		return tg_fail(err, TG_CONFIG, "the regex engine cannot run it: %s",
			       (const char *)what);
	}
	p->limits = pcre2_match_context_create(NULL);
	TG_BUG_IF(!p->limits);
	(void)pcre2_set_match_limit(p->limits, MATCHES_MAX);
	(void)pcre2_set_heap_limit(p->limits, HEAP_MAX);
	/* Where memory must not be both written and run, there is no JIT; the interpreter does. */
	p->jit = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
	return TG_OK;
}

enum tg_status tg_pattern_compile(struct tg_pattern **pattern, struct tg_str text,
				  enum tg_pattern_engine engine, bool *loose,
				  struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_parse_release) struct tg_parse parse;
	struct tg_pattern *p;
	enum tg_status st;

	st = tg_parse(&parse, text, err);
	if (st)
		return st;
	*loose = parse.loose;
	p = tg_arena_take(arena, sizeof(*p));
	if (engine == TG_PATTERN_BEST && parse.row_good) {
		struct tg_row *row = tg_arena_take(arena, sizeof(*row));

		*row = parse.row;
		p->row = row;
	} else if (engine != TG_PATTERN_PCRE) {
		struct tg_dfa *dfa = tg_arena_take(arena, sizeof(*dfa));

		if (tg_dfa_make(dfa, &parse.nfa, parse.whole, arena))
			p->dfa = dfa;
	}
	if (!p->row && !p->dfa) {
		st = compile_pcre(p, tg_buffer_str(&parse.translated), err);
		if (st)
			return st;
	}
	*pattern = p;
	return TG_OK;
}

static enum tg_match match_pcre(const struct tg_pattern *p, struct tg_str text,
				struct tg_matcher *matcher)
{
	pcre2_match_data *data = matcher->data;
	int got = PCRE2_ERROR_JIT_STACKLIMIT;

	if (!data)
		matcher->data = data = pcre2_match_data_create(1, NULL);
	TG_BUG_IF(!data);
	if (p->jit)
		got = pcre2_jit_match(p->code, (PCRE2_SPTR)text.p, text.n, 0, 0, data, p->limits);
	/* Want of stack says nothing about the text. */
	if (got == PCRE2_ERROR_JIT_STACKLIMIT)
		got = pcre2_match(p->code, (PCRE2_SPTR)text.p, text.n, 0,
				  PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, p->limits);
	if (got == PCRE2_ERROR_NOMATCH)
		return TG_MATCH_NO;
	return got >= 0 ? TG_MATCH_YES : TG_MATCH_LIMIT;
}

enum tg_match tg_pattern_match(const struct tg_pattern *p, struct tg_str text,
			       struct tg_matcher *matcher)
{
	if (p->row)
		return tg_row_match(p->row, text) ? TG_MATCH_YES : TG_MATCH_NO;
	if (p->dfa)
		return tg_dfa_match(p->dfa, text) ? TG_MATCH_YES : TG_MATCH_NO;
	return match_pcre(p, text, matcher);
}

const char *tg_pattern_engine(const struct tg_pattern *p)
{
	return p->row ? "classes" : p->dfa ? "table" : "pcre2";
}

void tg_pattern_release(struct tg_pattern *p)
{
	if (!p)
		return;
	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
	p->limits = NULL;
	p->code = NULL;
}

void tg_matcher_release(struct tg_matcher *matcher)
{
	pcre2_match_data_free(matcher->data);
	matcher->data = NULL;
}

bool tg_pattern_is(struct tg_str text)
{
	TG_OWN(tg_parse_release) struct tg_parse parse;
	struct tg_error err = TG_ERROR_INIT;

	return tg_parse(&parse, text, &err) == TG_OK;
}
