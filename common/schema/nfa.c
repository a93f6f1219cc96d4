#include "common/schema/nfa.h"

#include "common/base/utf8.h"

/* Beyond these a pattern goes to PCRE2. */
enum { STATES_MAX = 6000, EDGES_MAX = 40000 };

static uint32_t new_state(struct tg_nfa *nfa, enum tg_nfa_kind kind, uint32_t a, uint32_t b)
{
	if (nfa->off || nfa->states == STATES_MAX) {
		nfa->off = true;
		return 0;
	}
	if (nfa->states == nfa->state_room) {
		nfa->state_room = nfa->state_room ? nfa->state_room * 2 : 64;
		nfa->state = tg_resize_array(nfa->state, nfa->state_room, sizeof(*nfa->state));
	}
	nfa->state[nfa->states] = (struct tg_nfa_state){ kind, a, b };
	return nfa->states++;
}

static void new_edge(struct tg_nfa *nfa, unsigned low, unsigned high, uint32_t to)
{
	if (nfa->off || nfa->edges == EDGES_MAX) {
		nfa->off = true;
		return;
	}
	if (nfa->edges == nfa->edge_room) {
		nfa->edge_room = nfa->edge_room ? nfa->edge_room * 2 : 64;
		nfa->edge = tg_resize_array(nfa->edge, nfa->edge_room, sizeof(*nfa->edge));
	}
	nfa->edge[nfa->edges++] =
		(struct tg_nfa_edge){ to, (unsigned char)low, (unsigned char)high };
}

static void lead_to(struct tg_nfa *nfa, uint32_t from, uint32_t to)
{
	if (!nfa->off)
		nfa->state[from].a = to;
}

void tg_nfa_release(struct tg_nfa *nfa)
{
	tg_free(nfa->state);
	tg_free(nfa->edge);
	*nfa = (struct tg_nfa){ .off = true };
}

struct tg_piece tg_nfa_empty(struct tg_nfa *nfa)
{
	uint32_t one = new_state(nfa, TG_NFA_EMPTY, 0, 0);

	return (struct tg_piece){ one, one, one };
}

struct tg_piece tg_nfa_edge_of(struct tg_nfa *nfa, enum tg_nfa_kind kind)
{
	uint32_t in = new_state(nfa, kind, nfa->states + 1, 0);

	return (struct tg_piece){ in, in, new_state(nfa, TG_NFA_EMPTY, 0, 0) };
}

struct tg_piece tg_nfa_both(struct tg_nfa *nfa, struct tg_piece a, struct tg_piece b)
{
	lead_to(nfa, a.out, b.in);
	return (struct tg_piece){ a.first, a.in, b.out };
}

struct tg_piece tg_nfa_either(struct tg_nfa *nfa, struct tg_piece a, struct tg_piece b)
{
	uint32_t in = new_state(nfa, TG_NFA_SPLIT, a.in, b.in);
	uint32_t out = new_state(nfa, TG_NFA_EMPTY, 0, 0);

	lead_to(nfa, a.out, out);
	lead_to(nfa, b.out, out);
	return (struct tg_piece){ a.first, in, out };
}

/* A copy of the states [first, end) at the end. */
static struct tg_piece copy(struct tg_nfa *nfa, struct tg_piece a, uint32_t end)
{
	uint32_t by = nfa->states - a.first;

	for (uint32_t i = a.first; i < end && !nfa->off; i++) {
		struct tg_nfa_state s = nfa->state[i];
		uint32_t edge = nfa->edges;

		if (s.kind == TG_NFA_BYTES) {
			for (uint32_t e = s.a; e < s.a + s.b && !nfa->off; e++) {
				struct tg_nfa_edge one = nfa->edge[e];

				new_edge(nfa, one.low, one.high, one.to + by);
			}
			(void)new_state(nfa, s.kind, edge, s.b);
		} else {
			(void)new_state(nfa, s.kind, s.a + by, s.b + by);
		}
	}
	return (struct tg_piece){ a.first + by, a.in + by, a.out + by };
}

struct tg_piece tg_nfa_repeat(struct tg_nfa *nfa, struct tg_piece a, uint32_t least, uint32_t most)
{
	uint32_t end = nfa->states, first = a.first, out, n = most == UINT32_MAX ? least : most;
	struct tg_piece all = a, last = a;

	if (nfa->off)
		return a;
	if (most == 0) {
		all = tg_nfa_empty(nfa);
		all.first = first;
		return all;
	}
	if (n > STATES_MAX) {
		nfa->off = true;
		return a;
	}
	if (n == 0)
		n = 1;
	/*
	 * n copies in a row: the first `least` must be passed, each later one may be skipped to the end, and without an upper bound
	 * the last leads back to itself. A copy's way out is tied when the next copy is there.
	 */
	out = new_state(nfa, TG_NFA_EMPTY, 0, 0);
	for (uint32_t i = 1; i <= n && !nfa->off; i++) {
		struct tg_piece one = i == 1 ? a : copy(nfa, a, end);
		uint32_t in = one.in;

		if (i > least)
			in = new_state(nfa, TG_NFA_SPLIT, one.in, out);
		if (i == 1)
			all.in = in;
		else
			lead_to(nfa, last.out, in);
		last = one;
	}
	lead_to(nfa, last.out,
		most == UINT32_MAX ? new_state(nfa, TG_NFA_SPLIT, last.in, out) : out);
	return (struct tg_piece){ first, all.in, out };
}

/*
 * Classes: code points as sequences of byte ranges
 */

struct sequence {
	unsigned char low[4], high[4];
	size_t n;
};

/*
 * The first range of the form [low[0]-high[0]][low[1]-high[1]]... that the code points from low to high begin with; gives the last
 * code point in it.
 */
static uint32_t cut(uint32_t low, uint32_t high, struct sequence *s)
{
	static const uint32_t last_of_length[] = { 0x7f, 0x7ff, 0xffff };
	char a[4], b[4];

	for (size_t i = 0; i < TG_COUNT(last_of_length); i++)
		if (low <= last_of_length[i] && high > last_of_length[i])
			high = last_of_length[i];
	/* Where the bytes before the last i differ, the last i must run over all of their values. */
	for (unsigned i = 1; i < 4 && high > 0x7f; i++) {
		uint32_t mask = (UINT32_C(1) << 6 * i) - 1;

		if ((low & ~mask) == (high & ~mask))
			continue;
		if (low & mask)
			high = low | mask;
		else if ((high & mask) != mask)
			high = (high & ~mask) - 1;
	}
	s->n = tg_utf8_encode(low, a);
	(void)tg_utf8_encode(high, b);
	for (size_t i = 0; i < s->n; i++) {
		s->low[i] = (unsigned char)a[i];
		s->high[i] = (unsigned char)b[i];
	}
	return high;
}

/* The state that reads all but the first range of s and then goes to full[0]. full[i] reads any i continuation bytes. */
static uint32_t tail(struct tg_nfa *nfa, const struct sequence *s, uint32_t full[4])
{
	uint32_t to = full[0];

	for (size_t i = s->n - 1; i > 0; i--) {
		bool any = s->low[i] == 0x80 && s->high[i] == 0xbf;
		size_t left = s->n - i;

		any = any && to == full[left - 1];
		if (any && full[left] != UINT32_MAX) {
			to = full[left];
			continue;
		}
		new_edge(nfa, s->low[i], s->high[i], to);
		to = new_state(nfa, TG_NFA_BYTES, nfa->edges - 1, 1);
		if (any)
			full[left] = to;
	}
	return to;
}

struct tg_piece tg_nfa_class(struct tg_nfa *nfa, const struct tg_class_set *set)
{
	uint32_t out = new_state(nfa, TG_NFA_EMPTY, 0, 0);
	uint32_t full[4] = { out, UINT32_MAX, UINT32_MAX, UINT32_MAX };
	TG_OWN(tg_free_pointer) struct tg_nfa_edge *lead = NULL;
	uint32_t leads = 0, room = 0, first_edge;

	for (size_t i = 0; i < set->n && !nfa->off; i++) {
		for (uint32_t low = set->range[i].low; low <= set->range[i].high && !nfa->off;) {
			struct sequence s;

			low = cut(low, set->range[i].high, &s) + 1;
			if (leads == room) {
				room = room ? room * 2 : 16;
				lead = tg_resize_array(lead, room, sizeof(*lead));
			}
			lead[leads++] =
				(struct tg_nfa_edge){ tail(nfa, &s, full), s.low[0], s.high[0] };
		}
	}
	first_edge = nfa->edges;
	for (uint32_t i = 0; i < leads; i++)
		new_edge(nfa, lead[i].low, lead[i].high, lead[i].to);
	return (struct tg_piece){ out, new_state(nfa, TG_NFA_BYTES, first_edge, leads), out };
}
