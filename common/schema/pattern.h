/*
 * pattern: regular expressions as JSON Schema has them: ECMA-262 with the u flag, not anchored, over the decoded text.
 *
 * A pattern is parsed here, so that it means the same as in a partner's tools: what ECMA-262 has not, but other engines take with a
 * meaning of their own (\A, a++, (?i), [[:alpha:]]), is refused; loose escapes such as \- are taken as ECMA-262 without u does. What
 * is regular runs on tables in linear time, whatever the text: counted classes where the pattern is a plain row of them, else a DFA
 * over bytes. What is left (look-around, back references, \p, \b, or too large a table) goes to PCRE2 with limits.
 *
 * A compiled pattern is read-only and may be shared by threads; the match state is per thread.
 */
#ifndef TG_SCHEMA_PATTERN_H
#define TG_SCHEMA_PATTERN_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"

struct tg_pattern; /* owned by an arena but for PCRE2's part: release it */

enum tg_match {
	TG_MATCH_NO,
	TG_MATCH_YES,
	TG_MATCH_LIMIT, /* the work limit was reached: neither yes nor no */
};

/* What the matcher keeps between texts. Zeroed is empty. One per thread. */
struct tg_matcher {
	void *data; /* of PCRE2, both */
	void *limits;
};

/* Which engines may be used: for tests that hold them against each other. */
enum tg_pattern_engine {
	TG_PATTERN_BEST,
	TG_PATTERN_TABLE, /* a DFA where there can be one, no counted classes */
	TG_PATTERN_PCRE,
};

/*
 * Compiles text. TG_CONFIG says what is wrong and at which character; *loose is set when the u flag would refuse it. The pattern must
 * be released although it lives in the arena.
 */
TG_MUST_USE enum tg_status tg_pattern_compile(struct tg_pattern **pattern, struct tg_str text,
					      enum tg_pattern_engine engine, bool *loose,
					      struct tg_arena *arena, struct tg_error *err);

/* Text is UTF-8 and has TG_SLACK readable bytes behind it. */
enum tg_match tg_pattern_match(const struct tg_pattern *pattern, struct tg_str text,
			       struct tg_matcher *matcher);

/* "classes", "table", "pcre2": how it is run. */
const char *tg_pattern_engine(const struct tg_pattern *pattern);

struct tg_row;
struct tg_dfa;

/* What it runs on, where that is a row of classes or a table; NULL: it is not. */
const struct tg_row *tg_pattern_row(const struct tg_pattern *pattern);
const struct tg_dfa *tg_pattern_dfa(const struct tg_pattern *pattern);

void tg_pattern_release(struct tg_pattern *pattern);
void tg_matcher_release(struct tg_matcher *matcher);

/* Whether text is an ECMA-262 pattern: the format "regex". */
bool tg_pattern_is(struct tg_str text);

#endif
