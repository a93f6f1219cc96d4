#include "common/schema/pattern.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>

static struct tg_arena arena;

/* -2: the pattern is refused; else enum tg_match. */
static int match(struct tg_str pattern, struct tg_str text, enum tg_pattern_engine engine,
		 const char **used)
{
	TG_OWN(tg_matcher_release) struct tg_matcher matcher = { 0 };
	struct tg_pattern *compiled = NULL;
	struct tg_error err = TG_ERROR_INIT;
	bool loose;
	int got = -2;

	if (tg_pattern_compile(&compiled, pattern, engine, &loose, &arena, &err) == TG_OK) {
		got = (int)tg_pattern_match(compiled, tg_arena_copy(&arena, text), &matcher);
		*used = tg_pattern_engine(compiled);
	}
	tg_pattern_release(compiled);
	tg_arena_reset(&arena);
	return got;
}

/* Spelt out at the ends: what C's strings cannot hold is given by length. */
#define T(literal) TG_STR(literal)

TEST(what_ecma_262_says)
{
	static const struct {
		const char *pattern;
		struct tg_str text;
		int matches;
	} row[] = {
		// clang-format off
		{ "^[0-9]{10}$",     { "0123456789", 10 },        1 },
		{ "^[0-9]{10}$",     { "012345678", 9 },          0 },
		{ "^[0-9]{10}$",     { "0123456789\n", 11 },      0 },
		{ "^\\+[0-9]{8,15}$", { "+12345678", 9 },         1 },
		{ "^\\+[0-9]{8,15}$", { "+1234567", 8 },          0 },
		{ "^\\+[0-9]{8,15}$", { "+1234567890123456", 17 }, 0 },
		{ "^-?(0|[1-9][0-9]*)\\.[0-9]{2}$", { "-12.50", 6 }, 1 },
		{ "^-?(0|[1-9][0-9]*)\\.[0-9]{2}$", { "012.50", 6 }, 0 },
		{ "^-?(0|[1-9][0-9]*)\\.[0-9]{2}$", { "0.00", 4 },   1 },
		{ "es",              { "test", 4 },               1 },
		{ "es",              { "tset", 4 },               0 },
		{ "^a|b$",           { "ax", 2 },                 1 },
		{ "^a|b$",           { "xb", 2 },                 1 },
		{ "^a|b$",           { "xa", 2 },                 0 },
		{ "",                { "", 0 },                   1 },
		{ "^$",              { "", 0 },                   1 },
		{ "^$",              { "\n", 1 },                 0 },
		{ "^a$",             { "a\n", 2 },                0 },
		{ "$^",              { "", 0 },                   1 },
		{ "a*$b",            { "ab", 2 },                 0 },
		{ "^\\d$",           { "\xd9\xa3", 2 },           0 },
		{ "^\\w$",           { "\xc3\xa9", 2 },           0 },
		{ "^\\W$",           { "\xc3\xa9", 2 },           1 },
		{ "^\\s$",           { "\xc2\xa0", 2 },           1 },
		{ "^\\s$",           { "\xe2\x80\xa9", 3 },       1 },
		{ "^\\s$",           { "\xef\xbb\xbf", 3 },       1 },
		{ "^\\s$",           { "\xe1\xa0\x8e", 3 },       0 },
		{ "^[\\s]$",         { "\xc2\xa0", 2 },           1 },
		{ "^[^\\S]$",        { "\xc2\xa0", 2 },           1 },
		{ "^.$",             { "\r", 1 },                 0 },
		{ "^.$",             { "\xe2\x80\xa8", 3 },       0 },
		{ "^.$",             { "\0", 1 },                 1 },
		{ "^.$",             { "\xf0\x9f\x98\x80", 4 },   1 },
		{ "^..$",            { "\xf0\x9f\x98\x80", 4 },   0 },
		{ "^[^]$",           { "\n", 1 },                 1 },
		{ "[]",              { "a", 1 },                  0 },
		{ "^[]*$",           { "", 0 },                   1 },
		{ "^\\uD83D\\uDE00$", { "\xf0\x9f\x98\x80", 4 },  1 },
		{ "^\\u{1F600}$",    { "\xf0\x9f\x98\x80", 4 },   1 },
		{ "\\uD83D",         { "\xf0\x9f\x98\x80", 4 },   0 },
		{ "^[\\uD83D\\uDE00-\\u{1F64F}]$", { "\xf0\x9f\x98\x81", 4 }, 1 },
		{ "^[\\uD000-\\uE000]$", { "\xee\x80\x80", 3 },   1 },
		{ "^\\p{Letter}+$",  { "\xc5\xbb\xc3\xb3", 4 },   1 },
		{ "^\\p{L}+$",       { "a1", 2 },                 0 },
		{ "^\\p{General_Category=Lu}$", { "A", 1 },       1 },
		{ "^\\p{Script=Greek}$", { "\xce\xb1", 2 },       1 },
		{ "^\\p{sc=Grek}$",  { "a", 1 },                  0 },
		{ "^\\p{Alphabetic}$", { "a", 1 },                1 },
		{ "^[\\p{Nd}x]$",    { "\xd9\xa3", 2 },           1 },
		{ "^[^\\p{Nd}x]$",   { "y", 1 },                  1 },
		{ "^\\P{Nd}$",       { "y", 1 },                  1 },
		{ "\\1(a)",          { "a", 1 },                  1 },
		{ "^(a)\\1$",        { "aa", 2 },                 1 },
		{ "^(?<x>a|b)\\k<x>$", { "bb", 2 },               1 },
		{ "^(?<x>a|b)\\k<x>$", { "ab", 2 },               0 },
		{ "^\\v$",           { "\n", 1 },                 0 },
		{ "^\\v$",           { "\v", 1 },                 1 },
		{ "^\\cC$",          { "\3", 1 },                 1 },
		{ "^\\x41\\0$",      { "A\0", 2 },                1 },
		{ "^[\\b]$",         { "\b", 1 },                 1 },
		{ "\\bfoo\\b",       { "a foo b", 7 },            1 },
		{ "\\bfoo\\b",       { "afoo", 4 },               0 },
		{ "^(?!x)a",         { "a", 1 },                  1 },
		{ "(?<![-_])$",      { "ab-", 3 },                0 },
		{ "(?<=a)b",         { "ab", 2 },                 1 },
		{ "^a{2}$",          { "aa", 2 },                 1 },
		{ "^a{2,}$",         { "aaa", 3 },                1 },
		{ "^a{0}$",          { "", 0 },                   1 },
		{ "^a{0}$",          { "a", 1 },                  0 },
		{ "^(ab?){2,3}$",    { "aba", 3 },                1 },
		{ "^(ab?){2,3}$",    { "abbb", 4 },               0 },
		{ "^(a*)*$",         { "aaab", 4 },               0 },
		{ "^(a|b|cd)*?$",    { "abcdab", 6 },             1 },
		{ "^[a-c]{1,2}[b-d]$", { "bb", 2 },               1 },
		{ "^[a-c]{1,2}[b-d]$", { "bbb", 3 },              1 },
		{ "^a?b?$",          { "b", 1 },                  1 },
		{ "^x.y$",           { "x\0y", 3 },               1 },
		{ "^\\/\\.\\$$",     { "/.$", 3 },                1 },
		{ "#&, -_~%'\"<>=!;:@`", { "#&, -_~%'\"<>=!;:@`", 18 }, 1 },
		/* Loose, as without the u flag. */
		{ "^\\-$",           { "-", 1 },                  1 },
		{ "^a{,2}$",         { "a{,2}", 5 },              1 },
		{ "^]{}$",           { "]{}", 3 },                1 },
		{ "^[\\w-.]+$",      { "a-.", 3 },                1 },
		{ "^[a-]$",          { "-", 1 },                  1 },
		{ "^[-a]$",          { "-", 1 },                  1 },
		// clang-format on
	};
	const char *used = "";

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str pattern = tg_str_of(row[i].pattern);

		for (enum tg_pattern_engine e = TG_PATTERN_BEST; e <= TG_PATTERN_PCRE; e++)
			is_int(row[i].pattern, match(pattern, row[i].text, e, &used),
			       row[i].matches);
	}
}

TEST(what_is_no_pattern)
{
	static const char *const row[] = {
		"^(a$",	    "a)",      "[a",	      "[b-a]",
		"*a",	    "a**",     "a++",	      "a{2}{3}",
		"a{3,2}",   "^*",      "\\b+",	      "(?=a)*",
		"(?i)a",    "(?i:a)",  "(?#c)",	      "(?>a)",
		"(?P<n>a)", "(*UTF)a", "\\A",	      "\\Z",
		"\\z",	    "\\h",     "\\R",	      "\\X",
		"\\K",	    "\\G",     "\\Qa\\E",     "\\a",
		"\\e",	    "\\N",     "[[:alpha:]]", "[\\d-[:digit:]]",
		"\\p{Foo}", "\\pL",    "\\p{lu}",     "\\p{IsGreek}",
		"\\p{sc=}", "\\2(a)",  "\\k<x>",      "(?<x>a)(?<x>b)",
		"(?<1>a)",  "\\x4",    "\\u12",	      "\\u{110000}",
		"\\u{}",    "\\",      "[\\",	      "\\c1",
		"\\01",	    "[\\1]",   "[\\B]",	      "a{70000}",
		"(?",	    "(?<",     "(?<a",
	};
	const char *used = "";

	for (size_t i = 0; i < TG_COUNT(row); i++)
		is_int(row[i], match(tg_str_of(row[i]), T("a"), TG_PATTERN_BEST, &used), -2);
}

TEST(which_engine_runs_it)
{
	static const struct {
		const char *pattern, *engine;
	} row[] = {
		{ "^[0-9]{10}$", "classes" },
		{ "^\\+[0-9]{8,15}$", "classes" },
		{ "^[A-Z]{2}-?[0-9]+$", "classes" },
		{ "^[a-c]*[b-d]$", "table" },
		{ "^-?(0|[1-9][0-9]*)\\.[0-9]{2}$", "table" },
		{ "^(a+)+$", "table" },
		{ "^(\\w+\\s?)*$", "table" },
		{ "^.{1,60}$", "table" },
		{ "es", "table" },
		{ "\\p{L}", "pcre2" },
		{ "(?!a)b", "pcre2" },
		{ "(a)\\1", "pcre2" },
		{ "^[^x]{5000}$", "pcre2" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const char *used = "none";

		match(tg_str_of(row[i].pattern), T("a"), TG_PATTERN_BEST, &used);
		is_str(row[i].pattern, tg_str_of(used), tg_str_of(row[i].engine));
	}
}

TEST(long_texts_and_hard_patterns)
{
	TG_OWN(tg_buffer_release)
	struct tg_buffer words = TG_BUFFER_INIT, as = TG_BUFFER_INIT, codes = TG_BUFFER_INIT;
	const char *used = "";

	for (int i = 0; i < 1000; i++)
		tg_buffer_puts(&words, "word ");
	for (int i = 0; i < 5000; i++)
		tg_buffer_putc(&as, 'a');
	for (int i = 0; i < 4000; i++)
		tg_buffer_puts(&codes, "AB-1,");
	for (enum tg_pattern_engine e = TG_PATTERN_BEST; e <= TG_PATTERN_PCRE; e++) {
		is_int("words", match(T("^(\\w+\\s?)*$"), tg_buffer_str(&words), e, &used), 1);
		is_int("codes", match(T("^([A-Z]{2}-\\d+,?)+$"), tg_buffer_str(&codes), e, &used),
		       1);
	}
	tg_buffer_putc(&as, '!');
	is_int("no run is hung up", match(T("^(a+)+$"), tg_buffer_str(&as), TG_PATTERN_BEST, &used),
	       TG_MATCH_NO);
	is_int("the limit is not a no",
	       match(T("^(a+)+$"), tg_buffer_str(&as), TG_PATTERN_PCRE, &used), TG_MATCH_LIMIT);
}

/* A match that may begin anywhere, on texts where trying each place would take n * n steps and more: hours at a megabyte. */
TEST(hard_patterns_that_may_begin_anywhere)
{
	TG_OWN(tg_buffer_release)
	struct tg_buffer as = TG_BUFFER_INIT, prose = TG_BUFFER_INIT;
	const char *used = "";

	for (int i = 0; i < 1000000; i++)
		tg_buffer_putc(&as, 'a');
	for (int i = 0; i < 100000; i++)
		tg_buffer_puts(&prose, "word \xc3\xa4nd ");
	is_int("a run that is gone over at each place",
	       match(T("(?!test)\\w+@\\w+"), tg_buffer_str(&as), TG_PATTERN_BEST, &used),
	       TG_MATCH_NO);
	tg_buffer_puts(&as, "@ b");
	is_int("the same, and what it needs is there",
	       match(T("(?!test)\\w+@\\w+"), tg_buffer_str(&as), TG_PATTERN_BEST, &used),
	       TG_MATCH_LIMIT);
	is_int("groups and a reference",
	       match(T("(a)+b\\1"), tg_buffer_str(&as), TG_PATTERN_BEST, &used), TG_MATCH_LIMIT);
	is_int("a long text is no hard one",
	       match(T("(?!test)\\w+@\\w+"), tg_buffer_str(&prose), TG_PATTERN_BEST, &used),
	       TG_MATCH_NO);
	tg_buffer_puts(&prose, "some@where");
	is_int("and its end is reached",
	       match(T("(?!test)\\w+@\\w+"), tg_buffer_str(&prose), TG_PATTERN_BEST, &used),
	       TG_MATCH_YES);
	is_str("by", tg_str_of(used), TG_STR("pcre2"));
}

/*
 * Engines against each other, on patterns and texts made from a seed
 */

static uint64_t seed = 1;

static unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

static void put_atom(struct tg_buffer *out, unsigned depth);

static void put_branch(struct tg_buffer *out, unsigned depth)
{
	for (unsigned i = draw(4) + 1; i > 0; i--) {
		static const char *const count[] = { "*",     "+",    "?",     "{2}",
						     "{1,3}", "{2,}", "{0,2}", "*?" };
		size_t before = out->n;

		put_atom(out, depth);
		if (draw(3) == 0 && out->p[before] != '^' && out->p[before] != '$')
			tg_buffer_puts(out, count[draw(TG_COUNT(count))]);
	}
}

static void put_atom(struct tg_buffer *out, unsigned depth)
{
	static const char *const atom[] = { "a",
					    "b",
					    "c",
					    "[ab]",
					    "[^a]",
					    ".",
					    "\\d",
					    "\\w",
					    "\xc3\xa9",
					    "[b-\xc3\xa9]",
					    "\\s",
					    "\\W",
					    "[\\S]",
					    "^",
					    "$",
					    "\\D",
					    "[^\xf0\x9f\x98\x80]",
					    "-" };

	if (depth > 0 && draw(4) == 0) {
		tg_buffer_puts(out, draw(2) ? "(" : "(?:");
		for (unsigned i = draw(3) + 1; i > 0; i--) {
			put_branch(out, depth - 1);
			tg_buffer_puts(out, i > 1 ? "|" : ")");
		}
	} else {
		tg_buffer_puts(out, atom[draw(TG_COUNT(atom))]);
	}
}

/* Compiles the pattern for each engine; false when it is refused. */
static bool compile_all(struct tg_pattern *compiled[3], struct tg_str pattern)
{
	for (enum tg_pattern_engine e = TG_PATTERN_BEST; e <= TG_PATTERN_PCRE; e++) {
		struct tg_error err = TG_ERROR_INIT;
		bool loose;

		if (tg_pattern_compile(&compiled[e], pattern, e, &loose, &arena, &err))
			return false;
	}
	return true;
}

TEST(engines_agree)
{
	static const char *const piece[] = { "a",
					     "b",
					     "c",
					     "aa",
					     "ab",
					     "1",
					     " ",
					     "\n",
					     "\xc3\xa9",
					     "\xe2\x82\xac",
					     "\xf0\x9f\x98\x80",
					     "-",
					     "_",
					     "\xe2\x80\xa8" };
	TG_OWN(tg_buffer_release) struct tg_buffer pattern = TG_BUFFER_INIT, text = TG_BUFFER_INIT;
	TG_OWN(tg_matcher_release) struct tg_matcher matcher = { 0 };
	const char *more = getenv("TIDEGATE_TEST_LONG");
	unsigned usual = TG_SANITIZED ? 500 : 2000;
	unsigned rounds = more && *more ? 50000 : usual, differ = 0, refused = 0, kind[3] = { 0 };

	for (unsigned i = 0; i < rounds; i++) {
		struct tg_pattern *compiled[3] = { NULL };

		pattern.n = 0;
		if (draw(2))
			tg_buffer_putc(&pattern, '^');
		put_branch(&pattern, 2);
		if (draw(2))
			tg_buffer_putc(&pattern, '$');
		refused += !compile_all(compiled, tg_buffer_str(&pattern));
		for (unsigned k = 0; k < 20 && compiled[2]; k++) {
			enum tg_match got[3];

			text.n = 0;
			(void)tg_buffer_room(&text, 64);
			for (unsigned j = draw(8); j > 0; j--)
				tg_buffer_puts(&text, piece[draw(TG_COUNT(piece))]);
			for (unsigned e = 0; e < 3; e++)
				got[e] = tg_pattern_match(compiled[e], tg_buffer_str(&text),
							  &matcher);
			kind[tg_pattern_engine(compiled[0])[0] == 'c']++;
			if (got[0] == got[1] && got[1] == got[2])
				continue;
			if (differ++ < 5)
				printf("# /%.*s/ on \"%.*s\": %d %d %d\n",
				       TG_STR_ARG(tg_buffer_str(&pattern)),
				       TG_STR_ARG(tg_buffer_str(&text)), (int)got[0], (int)got[1],
				       (int)got[2]);
		}
		for (unsigned e = 0; e < 3; e++)
			tg_pattern_release(compiled[e]);
		tg_arena_reset(&arena);
	}
	is_int("differences", differ, 0);
	is_int("refused", refused, 0);
	ok("both kinds of tables were tried", kind[0] > rounds && kind[1] > rounds / 4);
}
