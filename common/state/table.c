#include "common/state/table.h"

#include "common/base/memory.h"
#include "common/state/entry.h"

#include <sys/mman.h>

/*
 * A slot has a tag byte beside it: 0 is free; else USED, OWN, and six bits of the key. Tags are looked at eight at a time, and an
 * entry is touched only when its tag fits.
 */
enum {
	GROUP = 8,
	USED = 0x80,
	OWN = 0x40,
	FIRST = 256,   /* slots of the first segment */
	SMALL = 8192,  /* slots of a segment that has just split */
	LARGE = 16384, /* and of one that will */
	DEPTH_MAX = 40,
};

struct segment {
	unsigned depth; /* bits of the key that all in here share */
	uint32_t slots, n;
	unsigned char *tag, *entry; /* one mapping */
};

struct tg_table {
	size_t width;
	unsigned depth;
	struct segment **directory; /* 1 << depth, by the first bits of the key */
	uint64_t keys, own, bytes;
};

static size_t mapping_of(const struct tg_table *t, uint32_t slots)
{
	return (size_t)slots * (1 + t->width);
}

/* Mapped, not from the heap: segments of all sizes between two come and go, and would leave holes there. */
static void segment_map(struct tg_table *t, struct segment *s, uint32_t slots)
{
	void *p = mmap(NULL, mapping_of(t, slots), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		p = tg_alloc(SIZE_MAX / 2); /* says that memory is at its end, and exits */
	s->slots = slots;
	s->n = 0;
	s->tag = p;
	s->entry = s->tag + slots;
	t->bytes += mapping_of(t, slots);
}

static void segment_unmap(struct tg_table *t, struct segment *s)
{
	TG_BUG_IF(munmap(s->tag, mapping_of(t, s->slots)) != 0);
	t->bytes -= mapping_of(t, s->slots);
}

static struct segment *segment_new(struct tg_table *t, unsigned depth, uint32_t slots)
{
	struct segment *s = tg_alloc(sizeof(*s));

	s->depth = depth;
	segment_map(t, s, slots);
	return s;
}

struct tg_table *tg_table_new(bool timed)
{
	struct tg_table *t = tg_alloc(sizeof(*t));

	t->width = timed ? TG_ENTRY_TIMED : TG_ENTRY_PLAIN;
	t->directory = tg_alloc_array(1, sizeof(*t->directory));
	t->directory[0] = segment_new(t, 0, FIRST);
	return t;
}

/* The entry of the directory behind those that show segment i's segment. */
static size_t behind(const struct tg_table *t, size_t i)
{
	return i + ((size_t)1 << (t->depth - t->directory[i]->depth));
}

void tg_table_free(struct tg_table **table)
{
	struct tg_table *t = TG_TAKE(*table);

	if (!t)
		return;
	for (size_t i = 0, next; i < (size_t)1 << t->depth; i = next) {
		next = behind(t, i);
		segment_unmap(t, t->directory[i]);
		tg_free(t->directory[i]);
	}
	tg_free(t->directory);
	tg_free(t);
}

static inline size_t directory_at(const struct tg_table *t, const unsigned char *key)
{
	return t->depth ? (size_t)(tg_entry_word(key) >> (64 - t->depth)) : 0;
}

/* Where in its segment a key is looked for first, and its tag: from the half that the directory does not use. */
static inline uint32_t home(const struct segment *s, const unsigned char *key)
{
	return (uint32_t)((tg_entry_word(key + 8) >> 32) * s->slots >> 32) & ~(uint32_t)(GROUP - 1);
}

static inline unsigned char tag_of(const unsigned char *key)
{
	return (unsigned char)(USED | (key[15] & 0x3f));
}

#define EVERY(byte) ((uint64_t)(byte)*UINT64_C(0x0101010101010101))

static inline uint64_t tags_at(const struct segment *s, uint32_t at)
{
	uint64_t x;

	memcpy(&x, s->tag + at, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/* The slot of key, or where it would go: *there tells which. There is always a free slot. */
static inline uint32_t look(const struct segment *s, size_t width, const unsigned char *key,
			    bool *there)
{
	uint64_t want = EVERY(tag_of(key));

	for (uint32_t at = home(s, key);;) {
		uint64_t tags = tags_at(s, at), free;
		uint64_t x = (tags & EVERY(0xff & ~OWN)) ^ want;

		/* The lowest zero byte is found exactly; those above may be found wrongly, and do no harm. */
		for (x = (x - EVERY(1)) & ~x & EVERY(0x80); x; x &= x - 1) {
			uint32_t slot = at + (uint32_t)__builtin_ctzll(x) / 8;

			if (tg_entry_compare(s->entry + (size_t)slot * width, key) == 0) {
				*there = true;
				return slot;
			}
		}
		free = ~tags & EVERY(0x80);
		if (free) {
			*there = false;
			return at + (uint32_t)__builtin_ctzll(free) / 8;
		}
		at += GROUP;
		if (at == s->slots)
			at = 0;
	}
}

/* Copies an entry that is known to be new. */
static void move(struct segment *to, size_t width, const unsigned char *entry, unsigned char tag)
{
	bool there;
	uint32_t slot = look(to, width, entry, &there);

	memcpy(to->entry + (size_t)slot * width, entry, width);
	to->tag[slot] = tag;
	to->n++;
}

static void grow(struct tg_table *t, struct segment *s)
{
	struct segment old = *s;

	segment_map(t, s, s->slots < SMALL ? s->slots * 2 : s->slots + SMALL / 4);
	for (uint32_t i = 0; i < old.slots; i++)
		if (old.tag[i])
			move(s, t->width, old.entry + (size_t)i * t->width, old.tag[i]);
	segment_unmap(t, &old);
}

static void double_directory(struct tg_table *t)
{
	size_t n = (size_t)1 << t->depth;
	struct segment **wider = tg_alloc_array(n * 2, sizeof(*wider));

	for (size_t i = 0; i < n * 2; i++)
		wider[i] = t->directory[i / 2];
	tg_free(t->directory);
	t->directory = wider;
	t->depth++;
}

/* Slots for n keys; more than usual only where keys are not spread as digests are. */
static uint32_t slots_for(uint32_t n)
{
	uint32_t slots = (n + n / 4 + GROUP) & ~(uint32_t)(GROUP - 1);

	return slots > SMALL + SMALL / 4 ? slots : SMALL + SMALL / 4;
}

/* The bit behind the first depth ones. */
static bool is_high(const unsigned char *entry, unsigned depth)
{
	return tg_entry_word(entry) >> (63 - depth) & 1;
}

/* Splits the segment that entry at of the directory shows by the next bit of its keys. */
static void split(struct tg_table *t, size_t at)
{
	struct segment *s = t->directory[at], old = *s, *high;
	size_t first, half;
	uint32_t highs = 0;

	TG_BUG_IF(s->depth >= DEPTH_MAX); /* keys are digests */
	if (s->depth == t->depth) {
		double_directory(t);
		at *= 2;
	}
	first = at & ~(((size_t)1 << (t->depth - s->depth)) - 1);
	half = (size_t)1 << (t->depth - s->depth - 1);
	for (uint32_t i = 0; i < old.slots; i++)
		if (old.tag[i] && is_high(old.entry + (size_t)i * t->width, old.depth))
			highs++;
	high = segment_new(t, s->depth + 1, slots_for(highs));
	segment_map(t, s, slots_for(old.n - highs));
	s->depth++;
	for (size_t i = 0; i < half; i++)
		t->directory[first + half + i] = high;
	for (uint32_t i = 0; i < old.slots; i++) {
		const unsigned char *entry = old.entry + (size_t)i * t->width;

		if (old.tag[i])
			move(is_high(entry, old.depth) ? high : s, t->width, entry, old.tag[i]);
	}
	segment_unmap(t, &old);
}

bool tg_table_find(const struct tg_table *t, struct tg_key_entry *e, bool *own)
{
	const struct segment *s = t->directory[directory_at(t, e->key)];
	const unsigned char *entry;
	bool there;
	uint32_t slot = look(s, t->width, e->key, &there);

	if (!there)
		return false;
	entry = s->entry + (size_t)slot * t->width;
	memcpy(e->content, entry + TG_KEY_SIZE, TG_CONTENT_SIZE);
	if (t->width == TG_ENTRY_TIMED)
		e->time = tg_entry_time(entry);
	*own = s->tag[slot] & OWN;
	return true;
}

void tg_table_put(struct tg_table *t, const struct tg_key_entry *e, bool own)
{
	size_t at = directory_at(t, e->key);
	struct segment *s = t->directory[at];
	unsigned char *entry;
	bool there;
	uint32_t slot;

	while (TG_UNLIKELY(s->n >= s->slots / 8 * 7)) {
		if (s->slots < LARGE)
			grow(t, s);
		else
			split(t, at);
		at = directory_at(t, e->key);
		s = t->directory[at];
	}
	slot = look(s, t->width, e->key, &there);
	entry = s->entry + (size_t)slot * t->width;
	if (!there) {
		memcpy(entry, e->key, TG_KEY_SIZE);
		s->tag[slot] = tag_of(e->key);
		s->n++;
		t->keys++;
	}
	if (own && !(s->tag[slot] & OWN)) {
		s->tag[slot] |= OWN;
		t->own++;
	}
	memcpy(entry + TG_KEY_SIZE, e->content, TG_CONTENT_SIZE);
	if (t->width == TG_ENTRY_TIMED)
		tg_entry_set_time(entry, e->time);
}

void tg_table_prefetch(const struct tg_table *t, const unsigned char key[TG_KEY_SIZE])
{
	const struct segment *s = t->directory[directory_at(t, key)];
	uint32_t at = home(s, key);

	__builtin_prefetch(s->tag + at);
	__builtin_prefetch(s->entry + (size_t)at * t->width);
}

uint64_t tg_table_keys(const struct tg_table *t)
{
	return t->keys;
}

uint64_t tg_table_own(const struct tg_table *t)
{
	return t->own;
}

uint64_t tg_table_bytes(const struct tg_table *t)
{
	return t->bytes + ((uint64_t)sizeof(*t->directory) << t->depth);
}

/*
 * Sorting a segment: its keys are spread evenly over what is left of the key, so one pass puts each into the right one of as many
 * buckets as there are keys, and what is left to do in a bucket is next to nothing.
 */
struct sorter {
	size_t width;
	uint32_t start[LARGE + 1]; /* of each bucket */
	unsigned char *entry;
};

static inline uint32_t bucket_of(const unsigned char *entry, unsigned depth)
{
	return (uint32_t)((tg_entry_word(entry) << depth) >> (64 - 14));
}

static void insert_sorted(unsigned char *entry, size_t n, size_t width)
{
	unsigned char held[TG_ENTRY_TIMED];

	for (size_t i = 1; i < n; i++) {
		size_t j = i;

		memcpy(held, entry + i * width, width);
		for (; j > 0 && tg_entry_compare(entry + (j - 1) * width, held) > 0; j--)
			memcpy(entry + j * width, entry + (j - 1) * width, width);
		memcpy(entry + j * width, held, width);
	}
}

static size_t sort_own(struct sorter *sort, const struct segment *s)
{
	size_t width = sort->width;
	uint32_t *start = sort->start, sum = 0;

	_Static_assert(LARGE == 1 << 14, "bucket_of takes 14 bits");
	memset(start, 0, sizeof(sort->start));
	for (uint32_t i = 0; i < s->slots; i++)
		if (s->tag[i] & OWN)
			start[bucket_of(s->entry + (size_t)i * width, s->depth)]++;
	for (uint32_t b = 0; b <= LARGE; b++) {
		uint32_t n = start[b];

		start[b] = sum;
		sum += n;
	}
	for (uint32_t i = 0; i < s->slots; i++) {
		const unsigned char *entry = s->entry + (size_t)i * width;

		if (s->tag[i] & OWN)
			memcpy(sort->entry + (size_t)start[bucket_of(entry, s->depth)]++ * width,
			       entry, width);
	}
	/* Now start[b] is where b ends. */
	for (uint32_t b = 0, from = 0; b < LARGE; from = start[b++])
		if (start[b] - from > 1)
			insert_sorted(sort->entry + (size_t)from * width, start[b] - from, width);
	return sum;
}

enum tg_status tg_table_walk(const struct tg_table *t, tg_table_visit visit, void *arg,
			     struct tg_error *err)
{
	TG_OWN(tg_free_pointer) struct sorter *sort = tg_alloc(sizeof(*sort));
	TG_OWN(tg_free_pointer) unsigned char *entry = tg_alloc_array(LARGE, t->width);
	enum tg_status st = TG_OK;

	sort->width = t->width;
	sort->entry = entry;
	for (size_t i = 0; !st && i < (size_t)1 << t->depth; i = behind(t, i)) {
		size_t n = sort_own(sort, t->directory[i]);

		if (n)
			st = visit(arg, entry, n, err);
	}
	return st;
}
