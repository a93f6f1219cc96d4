#include "common/key/recent.h"

#include "common/json/canon.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"

enum {
	RING = 1 << 20,
	SLOTS = 1 << 12,
	LONGEST = 1 << 16, /* a longer record is not kept */
};

struct slot {
	unsigned char key[TG_KEY_SIZE];
	uint64_t at; /* in all that ever went through the ring */
	uint32_t n;  /* 0: free */
};

struct tg_recent {
	char *ring;
	uint64_t end; /* of all that went through */
	struct slot slot[SLOTS];
	struct tg_scanner *scanner, *again; /* of what was kept; of a record without its spans */
	struct tg_arena arena, scratch;
};

struct tg_recent *tg_recent_new(void)
{
	struct tg_recent *r = tg_alloc(sizeof(*r));

	r->ring = tg_alloc(RING);
	return r;
}

void tg_recent_free(struct tg_recent **recent)
{
	struct tg_recent *r = TG_TAKE(*recent);

	if (!r)
		return;
	tg_scanner_free(&r->scanner);
	tg_scanner_free(&r->again);
	tg_arena_release(&r->arena);
	tg_arena_release(&r->scratch);
	tg_free(r->ring);
	tg_free(r);
}

/* Keys are digests: any bits of them will do. */
static struct slot *slot_of(struct tg_recent *r, const unsigned char *key)
{
	return &r->slot[(key[4] | (unsigned)key[5] << 8) % SLOTS];
}

void tg_recent_keep(struct tg_recent *r, const unsigned char key[TG_KEY_SIZE], struct tg_str text)
{
	struct slot *slot = slot_of(r, key);
	size_t at = (size_t)(r->end % RING);

	if (text.n > LONGEST)
		return;
	if (at + text.n > RING) { /* a record lies in one piece */
		r->end += RING - at;
		at = 0;
	}
	memcpy(r->ring + at, text.p, text.n);
	memcpy(slot->key, key, TG_KEY_SIZE);
	slot->at = r->end;
	slot->n = (uint32_t)text.n;
	r->end += text.n;
}

static bool find(struct tg_recent *r, const unsigned char *key, struct tg_record *before)
{
	const struct slot *slot = slot_of(r, key);
	struct tg_str text;

	if (!slot->n || memcmp(slot->key, key, TG_KEY_SIZE) != 0 || r->end - slot->at > RING)
		return false;
	if (!r->scanner)
		r->scanner = tg_scanner_new();
	tg_arena_reset(&r->arena);
	text = tg_arena_copy(&r->arena, tg_str_from(r->ring + slot->at % RING, slot->n));
	*before = (struct tg_record){ .source = 0 };
	return tg_scan(r->scanner, text, before) == TG_SCAN_OK;
}

static void add_fault(struct tg_work *w, struct tg_str name, const char *message)
{
	TG_OWN(tg_buffer_release) struct tg_buffer pointer = TG_BUFFER_INIT;

	tg_pointer_put_step(&pointer, name);
	tg_fault_add(w, &(struct tg_fault){ .pointer = tg_buffer_str(&pointer),
					    .message = tg_str_of(message) });
}

/* The members of a that b has not, or, with `values`, has otherwise. */
static unsigned compare(struct tg_recent *r, const struct tg_record *a, const struct tg_record *b,
			struct tg_str source, bool values, struct tg_work *w)
{
	unsigned n = 0;

	for (uint32_t k = 1; k < a->span->next; k = a->span[k + 1].next) {
		struct tg_str name = tg_text_get(&w->arena, a, a->span + k);
		const struct tg_span *other;

		if (source.p && tg_str_eq(name, source))
			continue;
		other = tg_member_find(b, b->span, name);
		if (!other)
			add_fault(w, name,
				  values ? "was not there in the record before it"
					 : "is not there, and was in the record before it");
		else if (values && !tg_value_eq(a, a->span + k + 1, b, other, &r->scratch))
			add_fault(w, name, "is another than in the record before it");
		else
			continue;
		n++;
	}
	return n;
}

/* Where its spans are gone, they are made once more. */
static bool scan_again(struct tg_recent *r, struct tg_record *rec)
{
	struct tg_record again = { .source = 0 };

	if (rec->span)
		return true;
	if (!r->again)
		r->again = tg_scanner_new();
	if (tg_scan(r->again, rec->text, &again) != TG_SCAN_OK)
		return false;
	rec->span = again.span;
	rec->spans = again.spans;
	return true;
}

unsigned tg_recent_faults(struct tg_recent *r, const unsigned char key[TG_KEY_SIZE],
			  const struct tg_record *record, struct tg_work *w)
{
	struct tg_record whole = *record, before;
	const struct tg_record *rec = &whole;
	struct tg_str source = TG_STR_NONE;

	if (!scan_again(r, &whole))
		return 0;
	if (rec->span->kind != TG_OBJECT || !find(r, key, &before) ||
	    before.span->kind != TG_OBJECT)
		return 0;
	if (rec->source)
		source = tg_text_get(&w->arena, rec, rec->span + rec->source - 1);
	return compare(r, rec, &before, source, true, w) +
	       compare(r, &before, rec, source, false, w);
}
