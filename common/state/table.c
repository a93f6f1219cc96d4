#include "common/state/table.h"

#include "common/base/memory.h"
#include "common/state/entry.h"

#include <sys/mman.h>

/*
 * A segment is up to eight pieces of memory of one size, used as one table. A slot has a tag byte beside it: 0 is free; else USED,
 * OWN, and six bits of the key. Tags are looked at eight at a time, and an entry is touched only when its tag fits.
 */
enum {
	GROUP = 8,
	USED = 0x80,
	OWN = 0x40,
	PIECE = 2048,	       /* slots */
	MOST = PIECE / 10 * 9, /* of them that are used, on an average */
	FEW = 4,	       /* pieces of a segment that has just split */
	MANY = 6,	       /* and of one that will */
	PIECES = 8,	       /* at most, where keys are not spread as digests are */
	DEPTH_MAX = 40,
};

/* Pieces come from larger stretches of memory, in huge pages from the second on; of the first, pages that are not touched cost nothing. */
static const size_t huge = 2 << 20, largest_stretch = 32 << 20;

/* It stands at the start of its memory. */
struct stretch {
	struct stretch *before;
	size_t n, used;
};

enum { STRETCH_USED = 64 }; /* a line of the cache */

struct segment {
	unsigned char *piece[PIECES]; /* PIECE tags, then their entries */
	uint32_t pieces, n;
	unsigned depth; /* bits of the key that all in here share */
};

struct tg_table {
	size_t width;
	unsigned depth;
	struct segment **directory; /* 1 << depth, by the first bits of the key */
	struct stretch *stretch;
	unsigned char *spare[PIECES]; /* pieces that segments have grown out of */
	uint32_t spares;
	/* Where the key that was not found last would go; missed NULL: nothing is known. */
	struct segment *missed;
	uint32_t missed_slot;
	unsigned char missed_key[TG_KEY_SIZE];
	uint64_t keys, own, bytes;
};

static size_t piece_bytes(const struct tg_table *t)
{
	return (size_t)PIECE * (1 + t->width);
}

static void *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED
		       ? p
		       : tg_alloc(SIZE_MAX / 2); /* says that memory is at its end, and exits */
}

static void unmap(void *p, size_t n)
{
	if (n)
		TG_BUG_IF(munmap(p, n) != 0);
}

/* On a boundary of huge pages, with what the system keeps of them: a miss then costs one look less. */
static void *map_huge(size_t n)
{
	unsigned char *p = map(n + huge);
	size_t before = (huge - (uintptr_t)p % huge) % huge;

	unmap(p, before);
	unmap(p + before + n, huge - before);
#ifdef MADV_HUGEPAGE
	(void)madvise(p + before, n, MADV_HUGEPAGE);
#endif
	return p + before;
}

static void stretch_add(struct tg_table *t)
{
	size_t n = (t->bytes / 8 + huge) / huge * huge;
	struct stretch *s;

	_Static_assert(sizeof(*s) <= STRETCH_USED, "what is in front of the pieces");
	if (n > largest_stretch)
		n = largest_stretch;
	s = t->stretch ? map_huge(n) : map(n);
	*s = (struct stretch){ .before = t->stretch, .n = n, .used = STRETCH_USED };
	t->stretch = s;
}

/* Its tags are zero. Never given back before the table is. */
static void piece_add(struct tg_table *t, struct segment *s)
{
	size_t n = piece_bytes(t);

	TG_BUG_IF(s->pieces == PIECES);
	if (t->spares) {
		s->piece[s->pieces++] = memset(t->spare[--t->spares], 0, PIECE);
		return;
	}
	if (!t->stretch || t->stretch->n - t->stretch->used < n)
		stretch_add(t);
	s->piece[s->pieces++] = (unsigned char *)t->stretch + t->stretch->used;
	t->stretch->used += n;
	t->bytes += n;
}

/* What was the segment's, for the next one that grows. */
static void pieces_spare(struct tg_table *t, const struct segment *s)
{
	for (uint32_t i = 0; i < s->pieces; i++) {
		TG_BUG_IF(t->spares == PIECES);
		t->spare[t->spares++] = s->piece[i];
	}
}

static struct segment *segment_new(unsigned depth)
{
	struct segment *s = tg_alloc(sizeof(*s));

	s->depth = depth;
	return s;
}

struct tg_table *tg_table_new(bool timed)
{
	struct tg_table *t = tg_alloc(sizeof(*t));

	t->width = timed ? TG_ENTRY_TIMED : TG_ENTRY_PLAIN;
	t->directory = tg_alloc_array(1, sizeof(*t->directory));
	t->directory[0] = segment_new(0);
	piece_add(t, t->directory[0]);
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
		tg_free(t->directory[i]);
	}
	while (t->stretch) {
		struct stretch *s = t->stretch;

		t->stretch = s->before;
		unmap(s, s->n);
	}
	tg_free(t->directory);
	tg_free(t);
}

static inline size_t directory_at(const struct tg_table *t, const unsigned char *key)
{
	return t->depth ? (size_t)(tg_entry_word(key) >> (64 - t->depth)) : 0;
}

static inline struct segment *segment_of(const struct tg_table *t, const unsigned char *key)
{
	return t->directory[directory_at(t, key)];
}

/* Where in its segment a key is looked for first, and its tag: from the half that the directory does not use. */
static inline uint32_t home(const struct segment *s, const unsigned char *key)
{
	return (uint32_t)((tg_entry_word(key + 8) >> 32) * (s->pieces * PIECE) >> 32) &
	       ~(uint32_t)(GROUP - 1);
}

static inline uint32_t next_group(const struct segment *s, uint32_t at)
{
	at += GROUP;
	return at == s->pieces * PIECE ? 0 : at;
}

static inline unsigned char *tag_at(const struct segment *s, uint32_t slot)
{
	return s->piece[slot / PIECE] + slot % PIECE;
}

static inline unsigned char *entry_at(const struct segment *s, size_t width, uint32_t slot)
{
	return s->piece[slot / PIECE] + PIECE + slot % PIECE * width;
}

static inline unsigned char tag_of(const unsigned char *key)
{
	return (unsigned char)(USED | (key[15] & 0x3f));
}

#define EVERY(byte) ((uint64_t)(byte)*UINT64_C(0x0101010101010101))

static inline uint64_t tags_at(const struct segment *s, uint32_t at)
{
	uint64_t x;

	memcpy(&x, tag_at(s, at), sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static inline void set_tags(const struct segment *s, uint32_t at, uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(tag_at(s, at), &x, sizeof(x));
}

static inline uint64_t free_of(uint64_t tags)
{
	return ~tags & EVERY(0x80);
}

/* Those that may be the key's. The lowest is found exactly; those above may be found wrongly, and do no harm. */
static inline uint64_t fitting(uint64_t tags, const unsigned char *key)
{
	uint64_t x = (tags & EVERY(0xff & ~OWN)) ^ EVERY(tag_of(key));

	return (x - EVERY(1)) & ~x & EVERY(0x80);
}

/* The lowest that is set. */
static inline uint32_t first_of(uint64_t bits)
{
	return (uint32_t)__builtin_ctzll(bits) / 8;
}

/* The slot of key, or where it would go: *there tells which. There is always a free slot. */
static inline uint32_t look(const struct segment *s, size_t width, const unsigned char *key,
			    bool *there)
{
	for (uint32_t at = home(s, key);; at = next_group(s, at)) {
		uint64_t tags = tags_at(s, at), free = free_of(tags);

		for (uint64_t fit = fitting(tags, key); fit; fit &= fit - 1) {
			uint32_t slot = at + first_of(fit);

			if (tg_entry_compare(entry_at(s, width, slot), key) == 0) {
				*there = true;
				return slot;
			}
		}
		if (free) {
			*there = false;
			return at + first_of(free);
		}
	}
}

/* Copies an entry that is known to be new. Where many go, one behind the other, the next one reads the tags that this one writes: so
 * all of the group are written, for a word is not read out of a byte that is still on its way to the cache. */
static inline void move(struct segment *to, size_t width, const unsigned char *entry,
			unsigned char tag)
{
	uint32_t at = home(to, entry), i;
	uint64_t tags, free;

	while (TG_UNLIKELY(!(free = free_of(tags = tags_at(to, at)))))
		at = next_group(to, at);
	i = first_of(free);
	memcpy(entry_at(to, width, at + i), entry, width);
	set_tags(to, at, tags | (uint64_t)tag << 8 * i);
	to->n++;
}

/* The bit behind the first depth ones. */
static inline unsigned bit_of(const unsigned char *entry, unsigned depth)
{
	return tg_entry_word(entry) >> (63 - depth) & 1;
}

static inline __attribute__((__always_inline__)) void
move_each(const struct segment *from, size_t width, struct segment *const to[2], unsigned depth)
{
	for (uint32_t at = 0; at < from->pieces * PIECE; at += GROUP) {
		uint64_t tags = tags_at(from, at);

		for (uint64_t used = tags & EVERY(USED); used; used &= used - 1) {
			uint32_t i = first_of(used);
			const unsigned char *entry = entry_at(from, width, at + i);

			move(to[bit_of(entry, depth)], width, entry,
			     (unsigned char)(tags >> 8 * i));
		}
	}
}

/* Copies all entries, each to one of two by that bit of its key. They come in the order of their homes, and go so. */
static void move_all(const struct tg_table *t, const struct segment *from,
		     struct segment *const to[2], unsigned depth)
{
	if (t->width == TG_ENTRY_PLAIN)
		move_each(from, TG_ENTRY_PLAIN, to, depth);
	else
		move_each(from, TG_ENTRY_TIMED, to, depth);
}

/* How many have that bit. */
static uint32_t count_high(const struct tg_table *t, const struct segment *s, unsigned depth)
{
	uint32_t n = 0;

	for (uint32_t at = 0; at < s->pieces * PIECE; at += GROUP)
		for (uint64_t used = tags_at(s, at) & EVERY(USED); used; used &= used - 1)
			n += bit_of(entry_at(s, t->width, at + first_of(used)), depth);
	return n;
}

/* By one piece. */
static void grow(struct tg_table *t, struct segment *s)
{
	struct segment before = *s, *const to[2] = { s, s };

	s->pieces = s->n = 0;
	while (s->pieces <= before.pieces)
		piece_add(t, s);
	move_all(t, &before, to, s->depth);
	pieces_spare(t, &before);
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

static uint32_t pieces_for(uint32_t n)
{
	uint32_t pieces = n / MOST + 1;

	return pieces > FEW ? pieces : FEW;
}

/* Splits the segment that entry at of the directory shows by the next bit of its keys. */
static void split(struct tg_table *t, size_t at)
{
	struct segment *s = t->directory[at], before = *s,
		       *high = segment_new(s->depth + 1), *const to[2] = { s, high };
	uint32_t highs = count_high(t, &before, before.depth);
	size_t first, half;

	TG_BUG_IF(before.depth >= DEPTH_MAX); /* keys are digests */
	if (before.depth == t->depth) {
		double_directory(t);
		at *= 2;
	}
	first = at & ~(((size_t)1 << (t->depth - before.depth)) - 1);
	half = (size_t)1 << (t->depth - before.depth - 1);
	s->pieces = s->n = 0;
	s->depth++;
	while (s->pieces < pieces_for(before.n - highs))
		piece_add(t, s);
	while (high->pieces < pieces_for(highs))
		piece_add(t, high);
	for (size_t i = 0; i < half; i++)
		t->directory[first + half + i] = high;
	move_all(t, &before, to, before.depth);
	pieces_spare(t, &before);
}

bool tg_table_find(struct tg_table *t, struct tg_key_entry *e, bool *own)
{
	struct segment *s = segment_of(t, e->key);
	const unsigned char *entry;
	bool there;
	uint32_t slot = look(s, t->width, e->key, &there);

	if (!there) { /* it is often put next */
		t->missed = s;
		t->missed_slot = slot;
		memcpy(t->missed_key, e->key, TG_KEY_SIZE);
		return false;
	}
	entry = entry_at(s, t->width, slot);
	memcpy(e->content, entry + TG_KEY_SIZE, TG_CONTENT_SIZE);
	if (t->width == TG_ENTRY_TIMED)
		e->time = tg_entry_time(entry);
	*own = *tag_at(s, slot) & OWN;
	return true;
}

static inline bool is_full(const struct segment *s)
{
	return s->n >= s->pieces * MOST;
}

/* The slot for key, in the segment that is told too. */
static inline uint32_t make_room(struct tg_table *t, const unsigned char *key, struct segment **s,
				 bool *there)
{
	*s = TG_TAKE(t->missed);
	*there = false;
	if (*s && !is_full(*s) && memcmp(t->missed_key, key, TG_KEY_SIZE) == 0)
		return t->missed_slot;
	*s = segment_of(t, key);
	while (TG_UNLIKELY(is_full(*s))) {
		if ((*s)->pieces < MANY)
			grow(t, *s);
		else
			split(t, directory_at(t, key));
		*s = segment_of(t, key);
	}
	return look(*s, t->width, key, there);
}

void tg_table_put(struct tg_table *t, const struct tg_key_entry *e, bool own)
{
	struct segment *s;
	bool there;
	uint32_t slot = make_room(t, e->key, &s, &there);
	unsigned char *entry = entry_at(s, t->width, slot), *tag = tag_at(s, slot);

	if (!there) {
		memcpy(entry, e->key, TG_KEY_SIZE);
		*tag = tag_of(e->key);
		s->n++;
		t->keys++;
	}
	if (own && !(*tag & OWN)) {
		*tag |= OWN;
		t->own++;
	}
	memcpy(entry + TG_KEY_SIZE, e->content, TG_CONTENT_SIZE);
	if (t->width == TG_ENTRY_TIMED)
		tg_entry_set_time(entry, e->time);
}

void tg_table_prefetch(const struct tg_table *t, const unsigned char key[TG_KEY_SIZE], bool again)
{
	const struct segment *s = segment_of(t, key);
	uint32_t at = home(s, key);
	const unsigned char *entry;
	uint64_t found;

	if (!again) {
		__builtin_prefetch(tag_at(s, at));
		return;
	}
	while (!(found = tags_at(s, at), found = fitting(found, key) | free_of(found)))
		at = next_group(s, at);
	entry = entry_at(s, t->width, at + first_of(found));
	__builtin_prefetch(entry);
	__builtin_prefetch(entry + t->width - 1);
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
enum { BUCKETS = 1 << 14 };

struct sorter {
	size_t width;
	uint32_t start[BUCKETS + 1]; /* of each */
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
	uint32_t *start = sort->start, slots = s->pieces * PIECE, sum = 0;

	_Static_assert(BUCKETS == 1 << 14, "bucket_of takes 14 bits");
	memset(start, 0, sizeof(sort->start));
	for (uint32_t i = 0; i < slots; i++)
		if (*tag_at(s, i) & OWN)
			start[bucket_of(entry_at(s, width, i), s->depth)]++;
	for (uint32_t b = 0; b <= BUCKETS; b++) {
		uint32_t n = start[b];

		start[b] = sum;
		sum += n;
	}
	for (uint32_t i = 0; i < slots; i++) {
		const unsigned char *entry = entry_at(s, width, i);

		if (*tag_at(s, i) & OWN)
			memcpy(sort->entry + (size_t)start[bucket_of(entry, s->depth)]++ * width,
			       entry, width);
	}
	/* Now start[b] is where b ends. */
	for (uint32_t b = 0, from = 0; b < BUCKETS; from = start[b++])
		if (start[b] - from > 1)
			insert_sorted(sort->entry + (size_t)from * width, start[b] - from, width);
	return sum;
}

enum tg_status tg_table_walk(const struct tg_table *t, tg_table_visit visit, void *arg,
			     struct tg_error *err)
{
	TG_OWN(tg_free_pointer) struct sorter *sort = tg_alloc(sizeof(*sort));
	TG_OWN(tg_free_pointer) unsigned char *entry = tg_alloc_array(PIECES * PIECE, t->width);
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
