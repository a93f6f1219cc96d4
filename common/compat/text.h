/*
 * text: inside common/compat: sets of strings as automata over UTF-8.
 *
 * A set of automata, some of them taken as their complement, is walked through together, character by character, and the shortest
 * texts that all of them take come out. Nothing of the product is built but what the walk meets.
 */
#ifndef TG_COMPAT_TEXT_H
#define TG_COMPAT_TEXT_H

#include "common/compat/solve.h"
#include "common/schema/nfa.h"

enum { TG_TEXT_AUTOMATA = 12 };

struct tg_automaton {
	const struct tg_dfa *dfa;
	bool complement;
};

struct tg_text_walk {
	struct tg_automaton automaton[TG_TEXT_AUTOMATA];
	unsigned n;
	uint64_t shortest, longest; /* in characters */
};

/*
 * Calls `found` for texts that are in all sets, the shortest first, until it says true or there are no more of other states. *ended:
 * all states were seen. Gives whether `found` said true.
 */
bool tg_text_walk(struct tg_solver *s, const struct tg_text_walk *w,
		  bool (*found)(void *self, struct tg_str text), void *self, bool *ended);

/* The automaton of a pattern, made when first wanted; NULL: it is not regular, or too large. Lives as long as the solver. */
const struct tg_dfa *tg_text_pattern(struct tg_solver *s, uint32_t form);

/* The automaton of some words. NULL: too many. */
const struct tg_dfa *tg_text_words(struct tg_solver *s, const struct tg_str *word, uint32_t words);

/* What is known of a format: a set that all its texts are in, and one of which all are its texts; NULL: nothing. */
struct tg_known_format {
	const char *name;
	const char *within; /* pattern */
	bool exactly;
	const char *also[3]; /* formats that take all its texts too */
};
const struct tg_known_format *tg_text_format(struct tg_str name);
/* The i-th of all, NULL behind the last. */
const struct tg_known_format *tg_text_known(size_t i);
const struct tg_dfa *tg_text_format_dfa(struct tg_solver *s, const struct tg_known_format *format);

/* Texts worth trying, at least one of each format; NULL behind the last. */
extern const char *const tg_text_samples[];

#endif
