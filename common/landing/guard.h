/*
 * guard: what must be so of content before it may land: how large it is, of which type, and what a scanner says of it.
 *
 * Zeroed it asks for nothing. It is given the bytes as they come, before they are packed, and asked once all have come and nothing is
 * visible yet.
 */
#ifndef TG_LANDING_GUARD_H
#define TG_LANDING_GUARD_H

#include "common/io/publish.h"
#include "common/landing/zone.h"

struct tg_guard {
	uint64_t max_bytes;   /* 0: any */
	struct tg_str accept; /* types, with commas between; none: any */
	struct tg_str scan;   /* a command; none: nobody is asked */
	uint64_t scan_micros; /* most that it may take */
	/* The guard's own. */
	uint64_t bytes;
	struct tg_buffer head;
	struct tg_publish plain; /* for the scanner, where what lands is packed */
	bool copies;
	/* Found out by tg_guard_judge. */
	struct tg_str type; /* where it was asked for; in the arena */
	bool scanned;	    /* and let pass */
};

#define TG_GUARD_INIT ((struct tg_guard){ .plain = TG_PUBLISH_INIT })

/* TG_USAGE: the options make no sense. */
TG_MUST_USE enum tg_status tg_guard_check(const struct tg_guard *g, struct tg_error *err);

/* Before the first bytes. packed: what is staged is not what the scanner must see, so it gets a file of its own. */
TG_MUST_USE enum tg_status tg_guard_open(struct tg_guard *g, const struct tg_zone *zone,
					 bool packed, bool dry, struct tg_error *err);
/* TG_DATA: it is too large. */
TG_MUST_USE enum tg_status tg_guard_take(struct tg_guard *g, struct tg_str bytes,
					 struct tg_error *err);
/* All have come, and staged (-1: nothing is) holds them. TG_DATA: of another type. TG_REFUSED: the scanner does not let it pass. TG_CONFIG:
 * there is no such command. TG_TRY_AGAIN: it did not come to an end. TG_UNAVAILABLE: nobody can tell the type. */
TG_MUST_USE enum tg_status tg_guard_judge(struct tg_guard *g, int staged, struct tg_arena *arena,
					  struct tg_error *err);
void tg_guard_release(struct tg_guard *g);

#endif
