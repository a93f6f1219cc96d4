/*
 * The subset construction: a row of the table is a set of the automaton's states that a text may have led to. Sets hold what can do
 * something with the next byte or with the text's end; the ways in between are followed while a set is made.
 */
#include "common/schema/nfa.h"

#include "common/base/cpu.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

#include <stdlib.h>

enum {
	ROWS_MAX = 2000,
	CELLS_MAX = 60000,   /* offsets fit 16 bits */
	WORK_MAX = 20000000, /* looks at a state: some tens of milliseconds */
};

enum { ROW_DEAD, ROW_MATCH };

struct set {
	uint32_t at, n; /* in pool */
	uint32_t hash;
};

struct maker {
	const struct tg_nfa *nfa;
	uint32_t in; /* of the whole pattern */
	uint32_t start;
	uint32_t *seen; /* by state: the round in which it was met */
	uint32_t round;
	uint32_t *stack;
	uint32_t *now; /* the set that is being made */
	uint32_t n;
	bool matched; /* the way in led through to a match */
	uint32_t *pool;
	size_t pool_n, pool_room;
	struct set *set;
	uint32_t sets, set_room;
	uint32_t *slot; /* 1 + index of a set */
	uint16_t *next; /* the table */
	uint64_t work;
};

enum { SLOTS = 4096 };

static void begin(struct maker *m)
{
	m->round++;
	m->n = 0;
	m->matched = false;
}

/* Puts what can be reached from state without a byte into the set. */
static void follow(struct maker *m, uint32_t state, bool at_start, bool at_end)
{
	uint32_t top = 0;

	if (m->seen[state] == m->round)
		return;
	m->seen[state] = m->round;
	m->stack[top++] = state;
	while (top > 0) {
		const struct tg_nfa_state *s = &m->nfa->state[m->stack[--top]];
		uint32_t to[2] = { s->a, s->b };
		unsigned ways = 0;

		m->work++;
		switch (s->kind) {
		case TG_NFA_MATCH:
			m->matched = true;
			break;
		case TG_NFA_BYTES:
			m->now[m->n++] = (uint32_t)(s - m->nfa->state);
			break;
		case TG_NFA_END:
			if (at_end)
				ways = 1;
			else
				m->now[m->n++] = (uint32_t)(s - m->nfa->state);
			break;
		case TG_NFA_START:
			ways = at_start;
			break;
		case TG_NFA_EMPTY:
			ways = 1;
			break;
		case TG_NFA_SPLIT:
			ways = 2;
			break;
		}
		for (unsigned i = 0; i < ways; i++) {
			if (m->seen[to[i]] == m->round)
				continue;
			m->seen[to[i]] = m->round;
			m->stack[top++] = to[i];
		}
	}
}

static int compare(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Keeps the set just made as a row. */
static uint32_t keep(struct maker *m, uint32_t hash)
{
	if (m->pool_room - m->pool_n < m->n) {
		m->pool_room = m->pool_room * 2 + m->n;
		m->pool = tg_resize_array(m->pool, m->pool_room, sizeof(*m->pool));
	}
	if (m->n)
		memcpy(m->pool + m->pool_n, m->now, m->n * sizeof(*m->now));
	if (m->sets == m->set_room) {
		m->set_room = m->set_room ? m->set_room * 2 : 16;
		m->set = tg_resize_array(m->set, m->set_room, sizeof(*m->set));
	}
	m->set[m->sets] = (struct set){ (uint32_t)m->pool_n, m->n, hash };
	m->pool_n += m->n;
	return m->sets++;
}

/* The row of the set just made: an old one where the set is known. UINT32_MAX: too many. */
static uint32_t row_of(struct maker *m)
{
	uint32_t hash = 2166136261U, at;

	if (m->matched)
		return ROW_MATCH;
	if (m->n > 1)
		qsort(m->now, m->n, sizeof(*m->now), compare);
	for (uint32_t i = 0; i < m->n; i++)
		hash = (hash ^ m->now[i]) * 16777619U;
	hash ^= hash >> 15;
	for (at = hash % SLOTS; m->slot[at]; at = (at + 1) % SLOTS) {
		const struct set *s = &m->set[m->slot[at] - 1];

		if (s->hash == hash && s->n == m->n &&
		    (m->n == 0 || memcmp(m->pool + s->at, m->now, m->n * sizeof(*m->now)) == 0))
			return m->slot[at] - 1;
	}
	if (m->sets == ROWS_MAX)
		return UINT32_MAX;
	m->slot[at] = 1 + keep(m, hash);
	return m->sets - 1;
}

/* Bytes that no edge tells apart are one class. */
static void find_classes(struct tg_dfa *dfa, const struct tg_nfa *nfa, unsigned char first[256])
{
	bool cuts[257] = { [0] = true };

	for (uint32_t i = 0; i < nfa->edges; i++)
		cuts[nfa->edge[i].low] = cuts[nfa->edge[i].high + 1] = true;
	dfa->classes = 0;
	for (unsigned i = 0; i < 256; i++) {
		if (cuts[i])
			first[dfa->classes++] = (unsigned char)i;
		dfa->class_of[i] = (uint8_t)(dfa->classes - 1);
	}
}

static bool may_end(struct maker *m, uint32_t row, bool at_start)
{
	struct set s = m->set[row];

	begin(m);
	for (uint32_t i = 0; i < s.n; i++)
		if (m->nfa->state[m->pool[s.at + i]].kind == TG_NFA_END)
			follow(m, m->pool[s.at + i], at_start, true);
	return m->matched;
}

/* The row that a byte leads to. A match may begin behind it too: patterns are not anchored. */
static uint32_t step(struct maker *m, uint32_t row, unsigned char byte)
{
	struct set s = m->set[row];

	begin(m);
	for (uint32_t i = 0; i < s.n; i++) {
		const struct tg_nfa_state *state = &m->nfa->state[m->pool[s.at + i]];

		if (state->kind != TG_NFA_BYTES)
			continue;
		m->work += state->b;
		for (uint32_t e = state->a; e < state->a + state->b; e++)
			if (byte >= m->nfa->edge[e].low && byte <= m->nfa->edge[e].high)
				follow(m, m->nfa->edge[e].to, false, false);
	}
	follow(m, m->in, false, false);
	return row_of(m);
}

/* The first rows: none of the pattern can match any more; it has matched; the start. */
static void begin_rows(struct maker *m)
{
	begin(m);
	TG_BUG_IF(row_of(m) != ROW_DEAD || keep(m, 0) != ROW_MATCH);
	begin(m);
	follow(m, m->in, true, false);
	if (m->matched)
		m->start = ROW_MATCH;
	else /* not looked up: no later row is at the text's start, though it may hold the same states */
		m->start = keep(m, 0);
}

static bool fill(struct tg_dfa *dfa, struct maker *m)
{
	unsigned char first[256];
	size_t room = 0;

	find_classes(dfa, m->nfa, first);
	begin_rows(m);
	for (uint32_t row = 0; row < m->sets; row++) {
		if ((row + 1) * dfa->classes > CELLS_MAX || m->work > WORK_MAX)
			return false;
		if ((row + 1) * dfa->classes > room) {
			room = room * 2 + dfa->classes * 8;
			m->next = tg_resize_array(m->next, room, sizeof(*m->next));
		}
		for (uint32_t c = 0; c < dfa->classes; c++) {
			uint32_t to = row == ROW_MATCH ? ROW_MATCH : step(m, row, first[c]);

			if (to == UINT32_MAX || (to + 1) * dfa->classes > CELLS_MAX)
				return false;
			m->next[row * dfa->classes + c] = (uint16_t)(to * dfa->classes);
		}
	}
	return true;
}

static void keep_table(struct tg_dfa *dfa, struct maker *m, struct tg_arena *arena)
{
	size_t cells = (size_t)m->sets * dfa->classes;

	dfa->next = tg_arena_array(arena, cells, sizeof(*dfa->next));
	memcpy(dfa->next, m->next, cells * sizeof(*dfa->next));
	dfa->accepts = tg_arena_array(arena, cells, 1);
	for (uint32_t row = 0; row < m->sets; row++)
		dfa->accepts[row * dfa->classes] =
			row == ROW_MATCH || may_end(m, row, row == m->start);
	dfa->start = (uint16_t)(m->start * dfa->classes);
}

/*
 * A DFA of sixteen states at most: of each class of bytes the state behind each state, as a shuffle takes it. A step then waits for
 * a shuffle only, and not for a load whose place the step before has told. The byte 0xff, which is in no text, is a class that leads
 * from each state to itself: the last steps are filled up with it, so that their number need not be guessed.
 */
enum { SMALL = 16, SMALL_CLASSES = 32 };

struct tg_dfa_small {
	uint8_t to[SMALL_CLASSES + 1][SMALL];
	uint16_t class_at[256]; /* in bytes */
	uint16_t accepts;	/* a bit a state */
	uint8_t start;
};

static const struct tg_dfa_small *make_small(const struct tg_dfa *dfa, uint32_t states,
					     struct tg_arena *arena)
{
	struct tg_dfa_small *small;

	if (states > SMALL || dfa->classes > SMALL_CLASSES)
		return NULL;
	small = tg_arena_take(arena, sizeof(*small));
	memset(small, 0, sizeof(*small));
	for (uint32_t s = 0; s < states; s++) {
		for (uint32_t c = 0; c < dfa->classes; c++)
			small->to[c][s] = (uint8_t)(dfa->next[s * dfa->classes + c] / dfa->classes);
		small->to[dfa->classes][s] = (uint8_t)s;
		small->accepts |= (uint16_t)(dfa->accepts[s * dfa->classes] << s);
	}
	for (unsigned byte = 0; byte < 256; byte++)
		small->class_at[byte] =
			(uint16_t)((byte == 0xff ? dfa->classes : dfa->class_of[byte]) * SMALL);
	small->start = (uint8_t)(dfa->start / dfa->classes);
	return small;
}

#if TG_CPU_X86

#define STEP(i)                                                                                    \
	state = _mm_shuffle_epi8(                                                                  \
		_mm_loadu_si128(                                                                   \
			(const __m128i *)(const void *)(to +                                       \
							small->class_at[word >> 8 * (i)&0xff])),   \
		state)

__attribute__((target("ssse3"))) static bool match_small(const struct tg_dfa_small *small,
							 struct tg_str text)
{
	const uint8_t *to = small->to[0];
	__m128i state = _mm_cvtsi32_si128(small->start);

	for (const char *p = text.p, *end = p + text.n; p < end; p += 8) {
		uint64_t word;

		memcpy(&word, p, sizeof(word));
		if (end - p < 8)
			word |= UINT64_MAX << 8 * (end - p);
		STEP(0);
		STEP(1);
		STEP(2);
		STEP(3);
		STEP(4);
		STEP(5);
		STEP(6);
		STEP(7);
	}
	return small->accepts >> (_mm_cvtsi128_si32(state) & 0xff) & 1;
}

#endif

bool tg_dfa_make(struct tg_dfa *dfa, struct tg_nfa *nfa, struct tg_piece whole,
		 struct tg_arena *arena)
{
	struct maker m = { .nfa = nfa, .in = whole.in };
	bool made;

	if (nfa->off)
		return false;
	/* The way out leads to the match. It is an empty state, and becomes the match itself. */
	nfa->state[whole.out].kind = TG_NFA_MATCH;
	m.seen = tg_alloc_array(nfa->states, sizeof(*m.seen));
	m.stack = tg_alloc_array(nfa->states, sizeof(*m.stack));
	m.now = tg_alloc_array(nfa->states, sizeof(*m.now));
	m.slot = tg_alloc_array(SLOTS, sizeof(*m.slot));
	made = fill(dfa, &m);
	if (made) {
		keep_table(dfa, &m, arena);
		dfa->small = make_small(dfa, m.sets, arena);
	}
	tg_free(m.next);
	tg_free(m.slot);
	tg_free(m.set);
	tg_free(m.now);
	tg_free(m.stack);
	tg_free(m.seen);
	tg_free(m.pool);
	return made;
}

bool tg_dfa_match(const struct tg_dfa *dfa, struct tg_str text)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
	const uint16_t *next = dfa->next;
	uint32_t at = dfa->start, match = dfa->classes * ROW_MATCH;

#if TG_CPU_X86
	if (dfa->small && tg_cpu_level() >= TG_CPU_AVX2)
		return match_small(dfa->small, text);
#endif

	/* Both ends of the matter, dead and matched, lead to themselves: one look in sixteen bytes is enough. */
	while (end - p >= 16 && at > match) {
		for (unsigned i = 0; i < 16; i++)
			at = next[at + dfa->class_of[p[i]]];
		p += 16;
	}
	if (at > match)
		while (p < end)
			at = next[at + dfa->class_of[*p++]];
	return dfa->accepts[at];
}
