#include "common/schema/units.h"

#include "common/json/pointer.h"
#include "common/json/text.h"

enum {
	WAYS_MAX = 1 << 20, /* schemas in the ways to all faults of a record */
	FRAMES_MAX =
		1 << 14 /* in one; faults beyond have no way, and say where their keyword stands */
};

/* One schema on the way to a fault. */
struct tg_way {
	const struct tg_node *node;
	uint32_t span; /* the value that it was asked about */
	uint32_t
		ref; /* the value of the reference that led to it; 0: it stands in the one before */
};

/* The reference that a frame follows right now, 0: none. */
static uint32_t reference_of(const struct tg_frame *f)
{
	const struct tg_step *s = &f->node->step[f->step];

	return s->what == TG_STEP_REF || s->what == TG_STEP_DYNAMIC ? s->where : 0;
}

void tg_units_note(struct tg_machine *m, struct tg_found *found, bool in)
{
	struct tg_state *s = m->state;
	uint32_t n = m->frames + in;
	struct tg_way *way;

	found->way = s->ways;
	found->ways = 0;
	if (n > FRAMES_MAX || s->ways + n > WAYS_MAX)
		return;
	if (s->ways + n > s->way_room) {
		s->way_room = (s->ways + n) * 2;
		s->way = tg_resize_array(s->way, s->way_room, sizeof(*s->way));
	}
	way = s->way + s->ways;
	for (uint32_t i = 0; i < n; i++) {
		const struct tg_frame *above = i ? &m->frame[i - 1] : NULL;

		way[i] = i < m->frames ? (struct tg_way){ m->frame[i].node, m->frame[i].span, 0 }
				       : (struct tg_way){ found->node, found->span, 0 };
		if (above)
			way[i].ref = reference_of(above);
	}
	found->ways = n;
	s->ways += n;
}

void tg_units_forget(struct tg_state *s)
{
	const struct tg_found *last = s->founds ? &s->found[s->founds - 1] : NULL;

	s->ways = last ? last->way + last->ways : 0;
}

/*
 * Places in the contract
 */

static void put_pointer(struct tg_buffer *out, const struct tg_machine *m, uint32_t at)
{
	const struct tg_contract *c = m->schema->contract;

	out->n = 0;
	tg_contract_put_pointer(out, c, &c->document.span[at]);
}

/* What a pointer has more than that of the schema at `from`, which holds what it points to. */
static struct tg_str tail_of(struct tg_machine *m, struct tg_str pointer, uint32_t from)
{
	struct tg_buffer *base = &m->state->facts;

	put_pointer(base, m, from);
	return base->n <= pointer.n ? tg_str_after(pointer, base->n) : TG_STR("");
}

/* The way to the n-th schema, as the standard wants it: through references. */
static void put_way(struct tg_buffer *out, struct tg_machine *m, const struct tg_way *way,
		    uint32_t n)
{
	struct tg_buffer *to = &m->state->canonical;

	for (uint32_t i = 1; i < n; i++) {
		put_pointer(to, m, way[i].ref ? way[i].ref : way[i].node->at);
		tg_buffer_put_str(out, tail_of(m, tg_buffer_str(to), way[i - 1].node->at));
	}
}

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~!$&'()*+,;=:@/?", c));
}

/* The resource's URI, and the way from its root as a fragment. */
static void put_absolute(struct tg_buffer *out, struct tg_machine *m, const struct tg_node *node,
			 struct tg_str pointer)
{
	const struct tg_home *home = &m->schema->home[node->resource];
	struct tg_str tail = tail_of(m, pointer, home->at);

	tg_buffer_put_str(out, home->uri);
	tg_buffer_putc(out, '#');
	for (size_t i = 0; i < tail.n; i++) {
		if (is_plain((unsigned char)tail.p[i]))
			tg_buffer_putc(out, tail.p[i]);
		else
			tg_buffer_printf(out, "%%%02X", (unsigned)(unsigned char)tail.p[i]);
	}
}

/*
 * Units
 */

/* Of the n-th schema of a fault's way, and where tail is there, of a keyword in it. pointer: where that is in the contract. */
static void begin_unit(struct tg_buffer *out, struct tg_machine *m, const struct tg_found *e,
		       uint32_t n, struct tg_str pointer, struct tg_str instance, bool keyword)
{
	const struct tg_way *way = m->state->way + e->way;
	const struct tg_node *node = n ? way[n - 1].node : e->node;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	bool by_reference = n == 0;

	for (uint32_t i = 1; i < n; i++)
		by_reference |= way[i].ref != 0;
	tg_buffer_puts(out, "{\"valid\":false");
	put_way(&text, m, way, n);
	if (keyword)
		tg_buffer_put_str(&text, n ? tail_of(m, pointer, node->at) : pointer);
	tg_json_put_member(out, "keywordLocation", tg_buffer_str(&text));
	if (by_reference || m->schema->home[node->resource].uri.n > 0) {
		text.n = 0;
		put_absolute(&text, m, node, pointer);
		tg_json_put_member(out, "absoluteKeywordLocation", tg_buffer_str(&text));
	}
	tg_json_put_member(out, "instanceLocation", instance);
}

static void put_leaf(struct tg_buffer *out, struct tg_machine *m, const struct tg_found *e)
{
	struct tg_state *s = m->state;

	begin_unit(out, m, e, e->ways, tg_buffer_str(&s->schema), tg_buffer_str(&s->pointer), true);
	tg_json_put_member(out, "error", tg_buffer_str(&s->message));
	tg_buffer_putc(out, '}');
}

/* The n-th schema of the fault's way, for several faults below it. */
static void open_unit(struct tg_buffer *out, struct tg_machine *m, const struct tg_found *e,
		      uint32_t n)
{
	TG_OWN(tg_buffer_release) struct tg_buffer at = TG_BUFFER_INIT, value = TG_BUFFER_INIT;
	const struct tg_way *last = m->state->way + e->way + n - 1;

	put_pointer(&at, m, last->node->at);
	tg_pointer_put(&value, m->rec, &m->rec->span[last->span]);
	begin_unit(out, m, e, n, tg_buffer_str(&at), tg_buffer_str(&value), false);
	tg_json_put_name(out, "errors");
	tg_buffer_putc(out, '[');
}

/* How many schemas the ways of two faults have in common. */
static uint32_t common(const struct tg_state *s, const struct tg_found *a, const struct tg_found *b)
{
	const struct tg_way *x = s->way + a->way, *y = s->way + b->way;
	uint32_t n = 0;

	while (n < a->ways && n < b->ways && x[n].node == y[n].node && x[n].span == y[n].span &&
	       x[n].ref == y[n].ref)
		n++;
	return n;
}

/* In the order in which they were found: what one schema has asked stands together then. */
static void sort_by_way(const struct tg_state *s, uint32_t *told, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint32_t e = told[i], k = i;

		for (; k > 0 && s->found[told[k - 1]].way > s->found[e].way; k--)
			told[k] = told[k - 1];
		told[k] = e;
	}
}

/*
 * A tree whose leaves are the faults, and whose other nodes are the schemas in which the ways of some part; a schema with one fault
 * below it only is none. shared[i] is what the leaves i and i + 1 have in common, and what is open is told by `open`.
 */
static void put_tree(struct tg_buffer *out, struct tg_machine *m, uint32_t *told, uint32_t n,
		     void (*compose)(const void *self, const struct tg_found *e), const void *self)
{
	struct tg_state *s = m->state;
	uint32_t *shared = tg_arena_array(m->arena, n + 1, sizeof(*shared));
	uint32_t *open = tg_arena_array(m->arena, n + 1, sizeof(*open)), opened = 0;

	for (uint32_t i = 0; i + 1 < n; i++)
		shared[i] = common(s, &s->found[told[i]], &s->found[told[i + 1]]);
	tg_buffer_puts(out, "{\"valid\":false");
	tg_json_put_member(out, "keywordLocation", TG_STR(""));
	tg_json_put_member(out, "instanceLocation", TG_STR(""));
	tg_json_put_name(out, "errors");
	tg_buffer_putc(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		const struct tg_found *e = &s->found[told[i]];
		uint32_t left = i ? shared[i - 1] : 1, right = i + 1 < n ? shared[i] : 1;
		uint32_t first = opened, least = UINT32_MAX;

		tg_buffer_puts(out, i ? "," : "");
		/* The schemas that begin here, the innermost first. */
		left = left > 1 ? left : 1;
		for (uint32_t k = i; k + 1 < n && shared[k] > left; k++) {
			if (shared[k] < least)
				open[opened++] = least = shared[k];
		}
		for (uint32_t a = first, b = opened; a + 1 < b; a++) {
			uint32_t swap = open[a];

			open[a] = open[--b];
			open[b] = swap;
		}
		for (uint32_t k = first; k < opened; k++)
			open_unit(out, m, e, open[k]);
		compose(self, e);
		put_leaf(out, m, e);
		for (; opened > 0 && open[opened - 1] > right; opened--)
			tg_buffer_puts(out, "]}");
	}
	tg_buffer_puts(out, "]}");
}

void tg_units_put(struct tg_buffer *out, struct tg_machine *m, const uint32_t *told, uint32_t n,
		  void (*compose)(const void *self, const struct tg_found *e), const void *self)
{
	uint32_t *sorted;

	switch (m->schema->output) {
	case TG_OUTPUT_NONE:
		return;
	case TG_OUTPUT_FLAG:
		tg_buffer_puts(out, "{\"valid\":false}");
		return;
	case TG_OUTPUT_BASIC:
		tg_buffer_puts(out, "{\"valid\":false,\"errors\":[");
		for (uint32_t i = 0; i < n; i++) {
			tg_buffer_puts(out, i ? "," : "");
			compose(self, &m->state->found[told[i]]);
			put_leaf(out, m, &m->state->found[told[i]]);
		}
		tg_buffer_puts(out, "]}");
		return;
	case TG_OUTPUT_DETAILED:
		sorted = tg_arena_array(m->arena, n, sizeof(*sorted));
		memcpy(sorted, told, n * sizeof(*sorted));
		sort_by_way(m->state, sorted, n);
		put_tree(out, m, sorted, n, compose, self);
		return;
	}
}
