#include "common/digest/digest.h"
#include "common/schema/machine.h"

#include <stdatomic.h>

/*
 * A thread comes with the same tg_work for all records, so it finds the state that it gave back. Two threads that meet in a slot
 * make each other allocate, and no worse.
 */
enum { SLOTS = 64 };

struct tg_pool {
	_Atomic(struct tg_state *) slot[SLOTS];
};

struct tg_pool *tg_pool_new(void)
{
	return tg_alloc(sizeof(struct tg_pool));
}

static struct tg_state *new_state(void)
{
	struct tg_state *s = tg_alloc(sizeof(*s));

	tg_random(s->secret, sizeof(s->secret));
	return s;
}

static void free_state(struct tg_state *s)
{
	if (!s)
		return;
	tg_free(s->frame);
	tg_free(s->mark);
	tg_free(s->stamp);
	tg_free(s->found);
	tg_free(s->way);
	tg_free(s->class);
	tg_free(s->seen);
	tg_free(s->slot);
	tg_free(s->item);
	tg_matcher_release(&s->matcher);
	tg_arena_release(&s->scratch);
	tg_buffer_release(&s->canonical);
	tg_buffer_release(&s->pointer);
	tg_buffer_release(&s->schema);
	tg_buffer_release(&s->title);
	tg_buffer_release(&s->message);
	tg_buffer_release(&s->facts);
	tg_buffer_release(&s->hint);
	tg_buffer_release(&s->keyword);
	for (size_t i = 0; i < TG_BROKEN; i++) {
		tg_buffer_release(&s->broken[i].keyword);
		tg_buffer_release(&s->broken[i].schema);
	}
	tg_free(s);
}

void tg_pool_free(struct tg_pool **pool)
{
	if (!*pool)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free_state(atomic_load(&(*pool)->slot[i]));
	tg_free(*pool);
	*pool = NULL;
}

static _Atomic(struct tg_state *) *slot_of(struct tg_machine *m)
{
	uint64_t h = (uint64_t)(uintptr_t)m->thread * UINT64_C(0x9e3779b97f4a7c15);

	return &m->schema->pool->slot[h >> 58];
}

struct tg_state *tg_machine_state(struct tg_machine *m)
{
	if (!m->state) {
		m->state = atomic_exchange(slot_of(m), NULL);
		if (!m->state)
			m->state = new_state();
		m->state->marks = 0;
		if (m->state->stamped > UINT32_MAX / 2) { /* one record makes fewer */
			memset(m->state->stamp, 0, m->state->stamp_room * sizeof(*m->state->stamp));
			m->state->stamped = 0;
		}
		m->state->founds = 0;
		m->state->lost = 0;
	}
	return m->state;
}

/* How much work one record may make: in proportion to what it holds, so that no contract and record take for ever together. */
enum { CALLS_LEAST = 1 << 22, CALLS_A_SPAN = 1 << 8 };

void tg_machine_init(struct tg_machine *m, const struct tg_schema *schema,
		     const struct tg_record *rec, struct tg_arena *arena, const void *thread)
{
	m->schema = schema;
	m->rec = rec;
	m->arena = arena;
	m->thread = thread;
	m->frame = m->first;
	m->frames = 0;
	m->frame_room = TG_COUNT(m->first);
	m->state = NULL;
	m->known.k = 0;
	m->calls = 0;
	m->calls_max = CALLS_LEAST + (uint64_t)rec->spans * CALLS_A_SPAN;
	m->limited = false;
}

void tg_machine_release(struct tg_machine *m)
{
	if (m->state)
		free_state(atomic_exchange(slot_of(m), m->state));
	m->state = NULL;
}
