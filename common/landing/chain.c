#include "common/landing/chain.h"

#include "common/base/memory.h"

#include <stdlib.h>

enum { VOIDS_MOST = 1 << 20 }; /* beyond these each one is taken for lost */

void tg_chain_add(struct tg_chain *chain, const struct tg_line *line)
{
	for (size_t i = 0; i < line->landings_n; i++)
		tg_marks_add(&chain->gone, line->landings[i]);
	if (line->replaces.p)
		tg_marks_add(&chain->gone, line->replaces);
}

static uint64_t digits(struct tg_str hex)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 16 && i < hex.n; i++)
		n = n << 4 | (uint64_t)(tg_hex((unsigned char)hex.p[i]) & 15);
	return n;
}

static void add_void(struct tg_chain *chain, struct tg_manifest *m, const struct tg_line *line)
{
	char hex[TG_SHA256_HEX + 1];

	if (chain->voids_n == VOIDS_MOST) {
		chain->lost++;
		return;
	}
	if (chain->voids_n == chain->voids_room) {
		chain->voids_room = chain->voids_room ? chain->voids_room * 2 : 16;
		chain->voids =
			tg_resize_array(chain->voids, chain->voids_room, sizeof(*chain->voids));
	}
	tg_digest_add(m->digest, line->text.p, line->text.n);
	tg_digest_hex(m->digest, hex);
	chain->voids[chain->voids_n++] = (struct tg_chain_void){ .number = line->number,
								 .hash = digits(tg_str_of(hex)),
								 .prev = digits(line->prev),
								 .lost = true };
}

static enum tg_status read_once(struct tg_chain *chain, struct tg_manifest *m,
				tg_manifest_visit tally, void *arg, struct tg_error *err)
{
	struct tg_line line;
	enum tg_line_state state;
	uint64_t foreign = 0; /* behind the last line of ours: they are of the torn tail */
	enum tg_status st;

	tg_manifest_rewind(m);
	tg_manifest_begin(m);
	do {
		st = tg_manifest_step(m, &line, &state, err);
		if (st)
			return st;
		foreign += state == TG_LINE_FOREIGN;
		if (state != TG_LINE_COUNTS && state != TG_LINE_VOID)
			continue;
		chain->foreign += foreign;
		foreign = 0;
		if (state == TG_LINE_VOID) {
			add_void(chain, m, &line);
			continue;
		}
		chain->counting++;
		chain->last_counting = line.number;
		chain->landings += line.kind == TG_LINE_LANDING;
		tg_chain_add(chain, &line);
		if (tally)
			st = tally(arg, &line, err);
	} while (!st && state != TG_LINE_END);
	chain->end = m->end;
	chain->last = m->last;
	chain->last_n = m->last_n;
	memcpy(chain->tail, m->tail, sizeof(chain->tail));
	chain->lines = m->lines;
	chain->torn = m->size > m->end;
	return st;
}

static int by_prev(const void *x, const void *y)
{
	const struct tg_chain_void *a = *(struct tg_chain_void *const *)x;
	const struct tg_chain_void *b = *(struct tg_chain_void *const *)y;

	if (a->prev != b->prev)
		return a->prev < b->prev ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The first in order whose prev is that, or n. */
static size_t find_prev(struct tg_chain_void *const *order, size_t n, uint64_t prev)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order[middle]->prev < prev)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && order[low]->prev == prev ? low : n;
}

struct explaining {
	struct tg_chain *chain;
	struct tg_manifest *m;
	struct tg_chain_void **order;
};

/* Those that were built on this line, which had been the last one. */
static void explain(const struct explaining *e, uint64_t hash, uint64_t number)
{
	size_t n = e->chain->voids_n;

	for (size_t i = find_prev(e->order, n, hash); i < n && e->order[i]->prev == hash; i++)
		if (e->order[i]->number > number)
			e->order[i]->lost = find_prev(e->order, n, e->order[i]->hash) < n;
}

static enum tg_status explain_by(void *arg, const struct tg_line *line, struct tg_error *err)
{
	const struct explaining *e = arg;

	(void)err;
	explain(e, digits(tg_str_of(e->m->tail)), line->number);
	return TG_OK;
}

/* Few manifests hold lines that do not count, so only those are read twice. */
static enum tg_status explain_voids(struct tg_chain *chain, struct tg_manifest *m,
				    struct tg_error *err)
{
	struct explaining e = { .chain = chain, .m = m };
	enum tg_status st;

	e.order = tg_alloc_array(chain->voids_n, sizeof(struct tg_chain_void *));
	for (size_t i = 0; i < chain->voids_n; i++)
		e.order[i] = &chain->voids[i];
	qsort(e.order, chain->voids_n, sizeof(struct tg_chain_void *), by_prev);
	tg_manifest_rewind(m);
	explain(&e, 0, 0); /* on a manifest that was empty */
	st = tg_manifest_walk(m, explain_by, &e, err);
	tg_free(e.order);
	for (size_t i = 0; i < chain->voids_n; i++) {
		if (!chain->voids[i].lost)
			continue;
		chain->lost++;
		if (!chain->first_lost)
			chain->first_lost = chain->voids[i].number;
	}
	return st;
}

enum tg_status tg_chain_read(struct tg_chain *chain, struct tg_manifest *m, tg_manifest_visit tally,
			     void *arg, struct tg_error *err)
{
	enum tg_status st = read_once(chain, m, tally, arg, err);

	if (!st && chain->voids_n)
		st = explain_voids(chain, m, err);
	return st;
}

bool tg_chain_is_lost(const struct tg_chain *chain, uint64_t number)
{
	size_t low = 0, high = chain->voids_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (chain->voids[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low == chain->voids_n || chain->voids[low].number != number ||
	       chain->voids[low].lost;
}

void tg_chain_release(struct tg_chain *chain)
{
	tg_marks_release(&chain->gone);
	tg_free(chain->voids);
	chain->voids = NULL;
	chain->voids_n = chain->voids_room = 0;
}
