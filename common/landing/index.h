/*
 * index: where in the manifest each landing stands, found by key in constant time, however many there are.
 *
 * A file of pages, a hash table that holds nothing but pairs of a key and an offset. It is derived and trusted in nothing: its header
 * names the part of the manifest that it covers by the hash of that part's last line, each page carries a checksum, and an answer is
 * an offset at which the caller reads the manifest itself. What is missing, cut, damaged or of another manifest is made again.
 *
 * It runs behind the manifest: lines beyond what it covers are walked each time, and put in when they have become many. So a landing
 * syncs nothing for it. Pages are synced before the header that counts on them; the header itself may be lost. For the holder of the
 * zone's lock, but for finding.
 */
#ifndef TG_LANDING_INDEX_H
#define TG_LANDING_INDEX_H

#include "common/landing/manifest.h"

enum {
	TG_INDEX_BEHIND = 64 * 1024, /* bytes of the manifest that are walked rather than put in */
};

struct tg_index_page;

struct tg_index {
	int fd;			  /* -1: there is none that can be used */
	struct tg_digest *digest; /* the manifest's, borrowed */
	uint64_t pages, entries;
	uint64_t end;		    /* bytes of the manifest that it covers */
	char salt[TG_SHA256_HEX];   /* of this file: a page of another one does not pass */
	struct tg_index_page *page; /* one, read; or all of them, mapped, while it is made */
	bool making, damaged;
	struct tg_publish *file; /* while it is made */
};

#define TG_INDEX_INIT ((struct tg_index){ .fd = -1 })

/* Opens the index and sets m to go on where it ends; false, and m starts at its beginning, when there is none to be used. */
TG_MUST_USE bool tg_index_open(struct tg_index *ix, struct tg_manifest *m);

/* Whether an index with so many bytes of manifest more would be too full: then it is made again, larger. */
bool tg_index_is_full(const struct tg_index *ix, uint64_t more);

/* The offsets put in under key, one by one: *place is 0 at first. False: no more, or ix->damaged. */
struct tg_index_place {
	uint64_t page, pages;
	uint32_t entry;
};
TG_MUST_USE bool tg_index_next(struct tg_index *ix, uint64_t key, struct tg_index_place *place,
			       uint64_t *offset);

/* Begins a new index for a manifest of that size; false: there is no room for it, which a run can do without. */
TG_MUST_USE bool tg_index_make(struct tg_index *ix, struct tg_manifest *m, uint64_t size);

/* Puts a pair in. Failures stick (ix->damaged). */
void tg_index_put(struct tg_index *ix, uint64_t key, uint64_t offset);

/* All that m has walked is in: syncs the pages and says so in the header; a new index takes the place of the old one. */
void tg_index_finish(struct tg_index *ix, const struct tg_manifest *m);

/* Takes the file away, and leaves ix as after TG_INDEX_INIT. */
void tg_index_discard(struct tg_index *ix, const struct tg_zone *zone);

void tg_index_release(struct tg_index *ix);

#endif
