/*
 * nfa: inside common/schema: a pattern as an automaton over bytes, grown while it is parsed, and the DFA made of it.
 *
 * A piece is a run of neighbouring states with one way in and one way out, so that a count can copy it. All calls do nothing once
 * `off` is set: something has come that is not regular, or is too large; the pattern then goes to PCRE2.
 */
#ifndef TG_SCHEMA_NFA_H
#define TG_SCHEMA_NFA_H

#include "common/base/memory.h"
#include "common/schema/class.h"

enum tg_nfa_kind {
	TG_NFA_EMPTY, /* goes on to a */
	TG_NFA_SPLIT, /* goes on to a and to b */
	TG_NFA_BYTES, /* b edges from edge[a] on */
	TG_NFA_START, /* goes on to a, at the text's start only */
	TG_NFA_END,   /* goes on to a, at the text's end only */
	TG_NFA_MATCH,
};

struct tg_nfa_state {
	enum tg_nfa_kind kind;
	uint32_t a, b;
};

struct tg_nfa_edge {
	uint32_t to;
	unsigned char low, high;
};

struct tg_nfa {
	struct tg_nfa_state *state;
	struct tg_nfa_edge *edge;
	uint32_t states, edges, state_room, edge_room;
	bool off;
};

struct tg_piece {
	uint32_t
		first; /* of its states; those behind it up to nfa->states when it was made are its own */
	uint32_t in, out; /* out is an empty state that goes nowhere yet */
};

struct tg_piece tg_nfa_empty(struct tg_nfa *nfa);
struct tg_piece tg_nfa_class(struct tg_nfa *nfa, const struct tg_class_set *set);
struct tg_piece tg_nfa_edge_of(struct tg_nfa *nfa, enum tg_nfa_kind start_or_end);
/* b stands right behind a. */
struct tg_piece tg_nfa_both(struct tg_nfa *nfa, struct tg_piece a, struct tg_piece b);
struct tg_piece tg_nfa_either(struct tg_nfa *nfa, struct tg_piece a, struct tg_piece b);
/* a is the newest piece. most UINT32_MAX: without end. */
struct tg_piece tg_nfa_repeat(struct tg_nfa *nfa, struct tg_piece a, uint32_t least, uint32_t most);
void tg_nfa_release(struct tg_nfa *nfa);

/*
 * A DFA over classes of bytes. A state is where its row of `classes` entries begins in next. The first row is dead, the second says
 * "it has matched, whatever comes".
 */
struct tg_dfa {
	uint8_t class_of[256];
	uint16_t *next;
	uint8_t *accepts; /* by state: whether the text may end here */
	uint32_t classes;
	uint16_t start;
	const struct tg_dfa_small
		*small; /* the same once more; NULL: it has too many states or classes */
};

/* False when it would be too large. */
TG_MUST_USE bool tg_dfa_make(struct tg_dfa *dfa, struct tg_nfa *nfa, struct tg_piece whole,
			     struct tg_arena *arena);

TG_MUST_USE bool tg_dfa_match(const struct tg_dfa *dfa, struct tg_str text);

#endif
