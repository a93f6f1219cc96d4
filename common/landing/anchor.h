/*
 * anchor: one line that a person can keep: which zone, how many lines its manifest had, and the hash of the last that counted.
 *
 *	tidegate-anchor 1 0123456789abcdef0123456789abcdef 200 9f2c...
 *
 * Since each line hashes the one before, the hash of one line stands for all before it. Pure.
 */
#ifndef TG_LANDING_ANCHOR_H
#define TG_LANDING_ANCHOR_H

#include "common/digest/digest.h"
#include "common/landing/zone.h"

struct tg_anchor {
	char zone[TG_ZONE_ID + 1];
	uint64_t line; /* its number in the file, from 1; 0: no line counted */
	char sha256[TG_SHA256_HEX + 1];
};

enum { TG_ANCHOR_MOST = 160 }; /* bytes, with its newline */

/* Appends it, without a newline. */
void tg_anchor_put(struct tg_buffer *out, const struct tg_anchor *anchor);

/* Blanks and a line end around it are fine, anything else is not. */
TG_MUST_USE bool tg_anchor_read(struct tg_anchor *anchor, struct tg_str text);

/* Whether text begins as one. */
bool tg_anchor_begins(struct tg_str text);

#endif
