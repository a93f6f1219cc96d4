#define PCRE2_CODE_UNIT_WIDTH 8

#include "common/schema/pattern.h"

#include "common/base/library.h"
#include "common/io/interrupt.h"
#include "common/schema/parse.h"

#include <pcre2.h>

/* Only a pattern that is neither counted classes nor a table needs it. */
static struct {
	__typeof__(&pcre2_compile) compile;
	__typeof__(&pcre2_get_error_message) get_error_message;
	__typeof__(&pcre2_pattern_info) pattern_info;
	__typeof__(&pcre2_jit_compile) jit_compile;
	__typeof__(&pcre2_match_data_create) match_data_create;
	__typeof__(&pcre2_match_data_free) match_data_free;
	__typeof__(&pcre2_match_context_create) match_context_create;
	__typeof__(&pcre2_match_context_free) match_context_free;
	__typeof__(&pcre2_set_heap_limit) set_heap_limit;
	__typeof__(&pcre2_set_match_limit) set_match_limit;
	__typeof__(&pcre2_set_offset_limit) set_offset_limit;
	__typeof__(&pcre2_match) match;
	__typeof__(&pcre2_jit_match) jit_match;
	__typeof__(&pcre2_code_free) code_free;
} pcre2;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_CALL(pcre2.compile, pcre2_compile),
	TG_LIBRARY_CALL(pcre2.get_error_message, pcre2_get_error_message),
	TG_LIBRARY_CALL(pcre2.pattern_info, pcre2_pattern_info),
	TG_LIBRARY_CALL(pcre2.jit_compile, pcre2_jit_compile),
	TG_LIBRARY_CALL(pcre2.match_data_create, pcre2_match_data_create),
	TG_LIBRARY_CALL(pcre2.match_data_free, pcre2_match_data_free),
	TG_LIBRARY_CALL(pcre2.match_context_create, pcre2_match_context_create),
	TG_LIBRARY_CALL(pcre2.match_context_free, pcre2_match_context_free),
	TG_LIBRARY_CALL(pcre2.set_heap_limit, pcre2_set_heap_limit),
	TG_LIBRARY_CALL(pcre2.set_match_limit, pcre2_set_match_limit),
	TG_LIBRARY_CALL(pcre2.set_offset_limit, pcre2_set_offset_limit),
	TG_LIBRARY_CALL(pcre2.match, pcre2_match),
	TG_LIBRARY_CALL(pcre2.jit_match, pcre2_jit_match),
	TG_LIBRARY_CALL(pcre2.code_free, pcre2_code_free),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libpcre2-8", "0"),
	.package = "libpcre2-8-0",
	.needs = "this pattern needs PCRE2",
	.call = calls,
	.calls = TG_COUNT(calls),
};

/*
 * What PCRE2 may spend on one text, in steps that it counts. Its own limit starts anew at every place where a match may begin, so a
 * pattern that may begin anywhere gets a share for each: the whole stays bounded. The heap limit, in KiB, is for the interpreter,
 * which takes over where the JIT's stack (32 KiB of ours) is too small.
 *
 * The JIT does not count the characters that one repeated class runs over. That is nothing in a short text and n * n / 2 in a long
 * one, so long ones go to the interpreter, compiled such that these are counted too.
 */
enum {
	STEPS_ANCHORED = 10000000,
	STEPS = 20000000,
	STEPS_LEAST = 50, /* for each place to begin at */
	HEAP_MAX = 64 * 1024,
	LONG = 32 * 1024, /* bytes */
	CHUNK = 4096,	  /* places to begin at between two looks for a signal */
};

struct tg_pattern {
	const struct tg_row *row; /* counted classes, NULL: none */
	const struct tg_dfa *dfa; /* NULL: none */
	pcre2_code *code;	  /* NULL: none */
	pcre2_code *counted;	  /* for long texts; NULL: a match begins at the start alone */
	bool jit;
};

static pcre2_code *compile_code(struct tg_str translated, uint32_t more, int *error)
{
	PCRE2_SIZE at;

	return pcre2.compile((PCRE2_SPTR)translated.p, translated.n,
			     PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY |
				     PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
				     PCRE2_NEVER_BACKSLASH_C | more,
			     error, &at, NULL);
}

static enum tg_status compile_pcre(struct tg_pattern *p, struct tg_str translated,
				   struct tg_error *err)
{
	int error;
	uint32_t options = 0;
	PCRE2_UCHAR what[160];
	enum tg_status st = tg_library_load(&library, err);

	if (st)
		return st;
	p->code = compile_code(translated, 0, &error);
	if (!p->code) {
		(void)pcre2.get_error_message(error, what, sizeof(what));
		return tg_fail(err, TG_CONFIG, "the regex engine cannot run it: %s",
			       (const char *)what);
	}
	(void)pcre2.pattern_info(p->code, PCRE2_INFO_ALLOPTIONS, &options);
	if (!(options & PCRE2_ANCHORED)) {
		p->counted = compile_code(translated,
					  PCRE2_NO_AUTO_POSSESS | PCRE2_USE_OFFSET_LIMIT, &error);
		TG_BUG_IF(!p->counted);
	}
	/* Where memory must not be both written and run, there is no JIT; the interpreter does. */
	p->jit = pcre2.jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
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

static void prepare(struct tg_matcher *matcher)
{
	if (matcher->data)
		return;
	matcher->data = pcre2.match_data_create(1, NULL);
	matcher->limits = pcre2.match_context_create(NULL);
	TG_BUG_IF(!matcher->data || !matcher->limits);
	(void)pcre2.set_heap_limit(matcher->limits, HEAP_MAX);
}

/* A match that may begin at any of n bytes. */
static uint32_t steps_each(size_t n)
{
	uint64_t steps = STEPS / (n + 1);

	return steps > STEPS_LEAST ? (uint32_t)steps : STEPS_LEAST;
}

/* In pieces, so that a signal ends it. */
static int match_long(const struct tg_pattern *p, struct tg_str text, struct tg_matcher *matcher)
{
	int got = PCRE2_ERROR_NOMATCH;

	for (size_t at = 0; got == PCRE2_ERROR_NOMATCH && at <= text.n; at += CHUNK) {
		size_t from = at;

		while (from < text.n && ((unsigned char)text.p[from] & 0xc0) == 0x80)
			from++; /* where a character begins */
		if (tg_interrupted())
			return PCRE2_ERROR_MATCHLIMIT;
		(void)pcre2.set_offset_limit(matcher->limits, at + CHUNK - 1);
		got = pcre2.match(p->counted, (PCRE2_SPTR)text.p, text.n, from, PCRE2_NO_UTF_CHECK,
				  matcher->data, matcher->limits);
	}
	return got;
}

static int match_short(const struct tg_pattern *p, struct tg_str text, struct tg_matcher *matcher)
{
	int got = PCRE2_ERROR_JIT_STACKLIMIT;

	(void)pcre2.set_offset_limit(matcher->limits, PCRE2_UNSET);
	if (p->jit)
		got = pcre2.jit_match(p->code, (PCRE2_SPTR)text.p, text.n, 0, 0, matcher->data,
				      matcher->limits);
	/* Want of stack says nothing about the text. */
	if (got == PCRE2_ERROR_JIT_STACKLIMIT)
		got = pcre2.match(p->code, (PCRE2_SPTR)text.p, text.n, 0,
				  PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matcher->data,
				  matcher->limits);
	return got;
}

static enum tg_match match_pcre(const struct tg_pattern *p, struct tg_str text,
				struct tg_matcher *matcher)
{
	int got;

	prepare(matcher);
	(void)pcre2.set_match_limit(matcher->limits,
				    p->counted ? steps_each(text.n) : STEPS_ANCHORED);
	got = p->counted && text.n > LONG ? match_long(p, text, matcher)
					  : match_short(p, text, matcher);
	if (got == PCRE2_ERROR_NOMATCH)
		return TG_MATCH_NO;
	return got >= 0 ? TG_MATCH_YES : TG_MATCH_LIMIT;
}

const struct tg_row *tg_pattern_row(const struct tg_pattern *pattern)
{
	return pattern->row;
}

const struct tg_dfa *tg_pattern_dfa(const struct tg_pattern *pattern)
{
	return pattern->row ? NULL : pattern->dfa;
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
	if (!p || !p->code)
		return;
	pcre2.code_free(p->code);
	pcre2.code_free(p->counted);
	p->code = p->counted = NULL;
}

void tg_matcher_release(struct tg_matcher *matcher)
{
	if (!matcher->data)
		return;
	pcre2.match_data_free(matcher->data);
	pcre2.match_context_free(matcher->limits);
	matcher->data = matcher->limits = NULL;
}

bool tg_pattern_is(struct tg_str text)
{
	TG_OWN(tg_parse_release) struct tg_parse parse;
	struct tg_error err = TG_ERROR_INIT;

	return tg_parse(&parse, text, &err) == TG_OK;
}
