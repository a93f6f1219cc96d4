#include "common/compat/text.h"

#include "common/schema/parse.h"

enum { NODES_MAX = 400000, FOUND_MAX = 300, TEXT_MAX = 20000 };

/* Where a walk is: in the text's bytes, and in each automaton. */
struct state {
	uint16_t at[TG_TEXT_AUTOMATA];
	uint16_t within; /* the character that has begun: a state of `utf8` below; 0: none */
};

struct spot {
	struct state state;
	uint64_t length; /* characters */
	uint32_t before; /* the spot that it was come from; UINT32_MAX: the start */
	unsigned char byte;
};

struct walker {
	struct tg_solver *s;
	const struct tg_text_walk *w;
	struct spot *spot;
	uint32_t spots, spot_room;
	uint32_t *slot; /* 1 + index of a spot */
	size_t slots;
	uint32_t *now, *next; /* spots to go on from, by characters */
	uint32_t nows, nexts, now_room, next_room;
	unsigned char byte[256]; /* one of each class, those first that read well */
	unsigned bytes;
	bool full;
};

/* RFC 3629: what byte goes on from which state. States 1 to 3: so many bytes are missing; 4: E0, 5: ED, 6: F0, 7: F4. */
static int utf8_next(unsigned state, unsigned char c)
{
	bool more = (c & 0xc0) == 0x80;

	switch (state) {
	case 0:
		return c < 0x80			? 0
		       : c >= 0xc2 && c <= 0xdf ? 1
		       : c == 0xe0		? 4
		       : c == 0xed		? 5
		       : c >= 0xe1 && c <= 0xef ? 2
		       : c == 0xf0		? 6
		       : c == 0xf4		? 7
		       : c >= 0xf1 && c <= 0xf3 ? 3
						: -1;
	case 1:
		return more ? 0 : -1;
	case 2:
		return more ? 1 : -1;
	case 3:
		return more ? 2 : -1;
	case 4:
		return c >= 0xa0 && c <= 0xbf ? 1 : -1;
	case 5:
		return c >= 0x80 && c <= 0x9f ? 1 : -1;
	case 6:
		return c >= 0x90 && c <= 0xbf ? 2 : -1;
	default:
		return c >= 0x80 && c <= 0x8f ? 2 : -1;
	}
}

/* Bytes that no automaton tells apart, nor UTF-8, are as good as each other. */
static void find_bytes(struct walker *k)
{
	static const char pleasant[] =
		"aA0bB1xX25-_ ./:@cdefghijklmnopqrstuvwyzCDEFGHIJKLMNOPQRSTUVWYZ346789"
		"+,;#!?=()[]{}$%&*'\"<>|~^`\\";
	bool seen[256] = { false };
	unsigned char order[256];
	unsigned n = 0;

	for (size_t i = 0; i + 1 < sizeof(pleasant); i++) {
		order[n++] = (unsigned char)pleasant[i];
		seen[(unsigned char)pleasant[i]] = true;
	}
	for (unsigned c = 0; c < 256; c++)
		if (!seen[(c + 0x80) & 0xff])
			order[n++] = (unsigned char)((c + 0x80) & 0xff);
	for (unsigned i = 0; i < n; i++) {
		bool known = false;

		for (unsigned e = 0; e < k->bytes && !known; e++) {
			known = true;
			for (unsigned a = 0; a < k->w->n && known; a++)
				known = k->w->automaton[a].dfa->class_of[order[i]] ==
					k->w->automaton[a].dfa->class_of[k->byte[e]];
			for (unsigned u = 0; u < 8 && known; u++)
				known = utf8_next(u, order[i]) == utf8_next(u, k->byte[e]);
		}
		if (!known)
			k->byte[k->bytes++] = order[i];
	}
}

/* A positive automaton that is dead, or a complement that has matched, leads nowhere. */
static bool is_dead(const struct walker *k, const struct state *state)
{
	for (unsigned i = 0; i < k->w->n; i++) {
		const struct tg_automaton *a = &k->w->automaton[i];

		if (state->at[i] == (a->complement ? a->dfa->classes : 0))
			return true;
	}
	return false;
}

static bool accepts(const struct walker *k, const struct spot *spot)
{
	if (spot->state.within || spot->length < k->w->shortest)
		return false;
	for (unsigned i = 0; i < k->w->n; i++) {
		const struct tg_automaton *a = &k->w->automaton[i];

		if ((bool)a->dfa->accepts[spot->state.at[i]] == a->complement)
			return false;
	}
	return true;
}

static uint64_t hash_of(const struct walker *k, const struct state *state, uint64_t length)
{
	uint64_t h = length * UINT64_C(0x9e3779b97f4a7c15) + state->within;

	for (unsigned i = 0; i < k->w->n; i++)
		h = (h ^ state->at[i]) * UINT64_C(0xd6e8feb86659fd93), h ^= h >> 29;
	return h ^ h >> 32;
}

static void grow(struct walker *k)
{
	tg_free(k->slot);
	k->slots = k->slots ? k->slots * 4 : 1024;
	k->slot = tg_alloc_array(k->slots, sizeof(*k->slot));
	for (uint32_t i = 0; i < k->spots; i++) {
		uint64_t count =
			k->spot[i].length < k->w->shortest ? k->spot[i].length : k->w->shortest;
		size_t at = (size_t)hash_of(k, &k->spot[i].state, count) & (k->slots - 1);

		while (k->slot[at])
			at = (at + 1) & (k->slots - 1);
		k->slot[at] = i + 1;
	}
}

/* Lengths beyond the shortest that is wanted are all one: the first to come is the shortest. False: it was there. */
static bool add_spot(struct walker *k, const struct spot *spot)
{
	uint64_t count = spot->length < k->w->shortest ? spot->length : k->w->shortest;
	size_t at;

	if ((size_t)k->spots * 2 >= k->slots)
		grow(k);
	at = (size_t)hash_of(k, &spot->state, count) & (k->slots - 1);
	for (; k->slot[at]; at = (at + 1) & (k->slots - 1)) {
		const struct spot *old = &k->spot[k->slot[at] - 1];
		uint64_t its = old->length < k->w->shortest ? old->length : k->w->shortest;

		if (its == count && old->state.within == spot->state.within &&
		    memcmp(old->state.at, spot->state.at, k->w->n * sizeof(uint16_t)) == 0)
			return false;
	}
	if (k->spots == k->spot_room) {
		k->spot_room = k->spot_room ? k->spot_room * 2 : 256;
		k->spot = tg_resize_array(k->spot, k->spot_room, sizeof(*k->spot));
	}
	k->spot[k->spots++] = *spot;
	k->slot[at] = k->spots;
	return true;
}

static void push(uint32_t **list, uint32_t *n, uint32_t *room, uint32_t value)
{
	if (*n == *room) {
		*room = *room ? *room * 2 : 64;
		*list = tg_resize_array(*list, *room, sizeof(**list));
	}
	(*list)[(*n)++] = value;
}

static struct tg_str text_of(const struct walker *k, uint32_t spot, struct tg_arena *arena)
{
	size_t n = 0;
	char *p;

	for (uint32_t i = spot; k->spot[i].before != UINT32_MAX; i = k->spot[i].before)
		n++;
	p = tg_arena_take(arena, n + TG_SLACK);
	for (uint32_t i = spot, at = (uint32_t)n; k->spot[i].before != UINT32_MAX;
	     i = k->spot[i].before)
		p[--at] = (char)k->spot[i].byte;
	return tg_str_from(p, n);
}

/* Goes on from a spot by every byte. */
static bool go_on(struct walker *k, uint32_t from)
{
	for (unsigned b = 0; b < k->bytes; b++) {
		struct spot spot = k->spot[from];
		int within = utf8_next(spot.state.within, k->byte[b]);

		if (within < 0)
			continue;
		if (!tg_solve_step(k->s, 1) || k->spots == NODES_MAX) {
			k->full = true;
			return false;
		}
		for (unsigned i = 0; i < k->w->n; i++) {
			const struct tg_dfa *dfa = k->w->automaton[i].dfa;

			spot.state.at[i] = dfa->next[spot.state.at[i] + dfa->class_of[k->byte[b]]];
		}
		spot.state.within = (uint16_t)within;
		spot.length += within == 0;
		if (spot.length > k->w->longest || is_dead(k, &spot.state))
			continue;
		spot.before = from;
		spot.byte = k->byte[b];
		if (!add_spot(k, &spot))
			continue;
		if (within)
			push(&k->now, &k->nows, &k->now_room, k->spots - 1);
		else
			push(&k->next, &k->nexts, &k->next_room, k->spots - 1);
	}
	return true;
}

static bool walk(struct walker *k, bool (*found)(void *self, struct tg_str text), void *self)
{
	struct spot start = { .before = UINT32_MAX };
	unsigned founds = 0;

	for (unsigned i = 0; i < k->w->n; i++)
		start.state.at[i] = k->w->automaton[i].dfa->start;
	if (is_dead(k, &start.state))
		return false;
	(void)add_spot(k, &start);
	push(&k->next, &k->nexts, &k->next_room, 0);
	while (k->nexts) {
		uint32_t *list = k->now, room = k->now_room;

		k->now = k->next, k->nows = k->nexts, k->now_room = k->next_room;
		k->next = list, k->nexts = 0, k->next_room = room;
		for (uint32_t i = 0; i < k->nows; i++) {
			if (accepts(k, &k->spot[k->now[i]])) {
				if (found(self, text_of(k, k->now[i], &k->s->arena)))
					return true;
				if (++founds == FOUND_MAX) {
					k->full = true;
					return false;
				}
			}
			if (!go_on(k, k->now[i]))
				return false;
		}
	}
	return false;
}

bool tg_text_walk(struct tg_solver *s, const struct tg_text_walk *w,
		  bool (*found)(void *self, struct tg_str text), void *self, bool *ended)
{
	struct walker k = { .s = s, .w = w };
	bool got;

	*ended = true;
	if (w->shortest > w->longest)
		return false;
	if (w->shortest > TEXT_MAX) {
		*ended = false;
		return false;
	}
	find_bytes(&k);
	got = walk(&k, found, self);
	*ended = !k.full;
	tg_free(k.spot);
	tg_free(k.slot);
	tg_free(k.now);
	tg_free(k.next);
	return got;
}

/*
 * Automata
 */

static const struct tg_dfa *make(struct tg_solver *s, struct tg_str pattern)
{
	TG_OWN(tg_parse_release) struct tg_parse parse;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_dfa *dfa = tg_arena_take(&s->f->arena, sizeof(*dfa));

	if (tg_parse(&parse, pattern, &err) ||
	    !tg_dfa_make(dfa, &parse.nfa, parse.whole, &s->f->arena))
		return NULL;
	return dfa;
}

const struct tg_dfa *tg_text_pattern(struct tg_solver *s, uint32_t form)
{
	struct tg_form *f = &s->f->form[form];

	if (!f->dfa_tried) {
		f->dfa = make(s, f->text);
		f->dfa_tried = true;
	}
	return f->dfa;
}

/* A tree of the words' bytes, which is a table as well. */
const struct tg_dfa *tg_text_words(struct tg_solver *s, const struct tg_str *word, uint32_t words)
{
	enum { CELLS_MAX = 60000 };
	struct tg_dfa *dfa = tg_arena_take(&s->f->arena, sizeof(*dfa));
	size_t rows = 3, cells;

	dfa->classes = 1; /* bytes of none of the words */
	for (uint32_t i = 0; i < words; i++) {
		rows += word[i].n;
		for (size_t k = 0; k < word[i].n; k++)
			if (!dfa->class_of[(unsigned char)word[i].p[k]])
				dfa->class_of[(unsigned char)word[i].p[k]] =
					(uint8_t)dfa->classes++;
		if (rows * dfa->classes > CELLS_MAX)
			return NULL;
	}
	cells = rows * dfa->classes;
	if (cells > CELLS_MAX || dfa->classes > 250)
		return NULL;
	/* Row 0 is dead, row 1 would be "it has matched, whatever comes" and is not reached. */
	dfa->next = tg_arena_array(&s->f->arena, cells, sizeof(*dfa->next));
	dfa->accepts = tg_arena_array(&s->f->arena, cells, 1);
	for (uint32_t c = 0; c < dfa->classes; c++)
		dfa->next[dfa->classes + c] = (uint16_t)dfa->classes;
	dfa->accepts[dfa->classes] = 1;
	dfa->start = (uint16_t)(2 * dfa->classes);
	rows = 3;
	for (uint32_t i = 0; i < words; i++) {
		uint32_t at = dfa->start;

		for (size_t k = 0; k < word[i].n; k++) {
			uint16_t *to = &dfa->next[at + dfa->class_of[(unsigned char)word[i].p[k]]];

			if (*to == 0)
				*to = (uint16_t)(rows++ * dfa->classes);
			at = *to;
		}
		dfa->accepts[at] = 1;
	}
	return dfa;
}

/*
 * Formats
 */

#define DAY "[0-9]{4}-[01][0-9]-[0-3][0-9]"
#define HOUR "[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]+)?([Zz]|[-+][0-2][0-9]:[0-5][0-9])"
#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"

static const struct tg_known_format known[] = {
	// clang-format off
	{ "date-time", "^" DAY "[Tt]" HOUR "$", false, { NULL } },
	{ "date", "^" DAY "$", false, { NULL } },
	{ "time", "^" HOUR "$", false, { NULL } },
	{ "duration", "^P[0-9YMWDTHS]+$", false, { NULL } },
	{ "email", "^[^\\u0000-\\u001f\\u0080-\\u{10ffff}]+@[-A-Za-z0-9.:\\[\\]]+$", false, { NULL } },
	{ "hostname", "^[-A-Za-z0-9.]{1,253}$", false, { NULL } },
	{ "idn-email", "@", false, { NULL } },
	{ "ipv4", "^" BYTE "(\\." BYTE "){3}$", true, { NULL } },
	{ "ipv6", "^[0-9A-Fa-f:.]{2,45}$", false, { NULL } },
	{ "uri", "^[A-Za-z][-A-Za-z0-9+.]*:[!-~]*$", false, { "uri-reference", "iri", "iri-reference" } },
	{ "uri-reference", "^[!-~]*$", false, { "iri-reference", NULL } },
	{ "iri", "^[A-Za-z][-A-Za-z0-9+.]*:", false, { "iri-reference", NULL } },
	{ "uuid", "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", true, { NULL } },
	{ "json-pointer", "^(/([^~/]|~[01])*)*$", true, { NULL } },
	{ "relative-json-pointer", "^(0|[1-9][0-9]*)(#|(/([^~/]|~[01])*)*)$", true, { NULL } },
	{ "aba", "^[0-9]{9}$", false, { NULL } },
	{ "bic", "^[A-Z0-9]{8}([A-Z0-9]{3})?$", false, { NULL } },
	{ "country", "^[A-Z]{2}$", false, { NULL } },
	{ "country3", "^[A-Z]{3}$", false, { NULL } },
	{ "currency", "^[A-Z]{3}$", false, { NULL } },
	{ "e164", "^\\+[0-9]{1,15}$", false, { NULL } },
	{ "gtin", "^[0-9]{8,14}$", false, { NULL } },
	{ "iban", "^[A-Z]{2}[0-9A-Z]{2,32}$", false, { NULL } },
	{ "isin", "^[A-Z]{2}[0-9A-Z]{9}[0-9]$", false, { NULL } },
	{ "lei", "^[0-9A-Z]{20}$", false, { NULL } },
	{ "luhn", "^[0-9]+$", false, { NULL } },
	// clang-format on
};

const struct tg_known_format *tg_text_format(struct tg_str name)
{
	for (size_t i = 0; i < TG_COUNT(known); i++)
		if (tg_str_is(name, known[i].name))
			return &known[i];
	return NULL;
}

const struct tg_known_format *tg_text_known(size_t i)
{
	return i < TG_COUNT(known) ? &known[i] : NULL;
}

const struct tg_dfa *tg_text_format_dfa(struct tg_solver *s, const struct tg_known_format *format)
{
	size_t at = (size_t)(format - known);

	TG_BUG_IF(at >= TG_COUNT(s->format_dfa));
	if (!s->format_tried[at]) {
		s->format_dfa[at] = make(s, tg_str_of(format->within));
		s->format_tried[at] = true;
	}
	return s->format_dfa[at];
}

const char *const tg_text_samples[] = {
	"text",
	"a",
	"",
	"A",
	"0",
	"1",
	"-",
	" ",
	"A1",
	"a b",
	"2025-11-05T06:00:00Z",
	"2025-11-05",
	"06:00:00Z",
	"P1D",
	"a@example.com",
	"+@example.com",
	"\xc3\xa4@example.com",
	"example.com",
	"ab--cd.example",
	"a@ab--cd.example",
	"192.0.2.1",
	"2001:db8::1",
	"https://example.com/",
	"https://example.com/\xc3\xa4",
	"/a",
	"0/a",
	"0#",
	"6a1f6d1e-8f0a-4d59-9b8e-0a7f5d7c2b11",
	"[a-z]",
	"[",
	"{a}",
	"{",
	"\xc3\xa4",
	"~",
	"%",
	"021000021",
	"DEUTDEFF",
	"DE",
	"DEU",
	"EUR",
	"+4930123456",
	"4006381333931",
	"DE89370400440532013000",
	"US0378331005",
	"5493001KJTIIGC8Y1R12",
	"79927398713",
	"true",
	"null",
	"1.5",
	"DE-1",
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	NULL,
};
