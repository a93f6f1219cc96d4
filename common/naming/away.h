/*
 * away: files of which nothing more is to be done leave the folder that partners fill: what has landed to one folder, what is
 * rejected to another.
 *
 * Nothing is overwritten: where the name is there already, .1, .2 and so on is put behind it. Both folders must be on the file system
 * of the files. Nothing is synced: a move that a loss of power undoes is done again by the next list.
 */
#ifndef TG_NAMING_AWAY_H
#define TG_NAMING_AWAY_H

#include "common/naming/listing.h"

struct tg_away {
	int done, bad;			  /* folders; -1: such files stay */
	const char *done_path, *bad_path; /* for messages; as long as it lives */
};

#define TG_AWAY_INIT ((struct tg_away){ .done = -1, .bad = -1 })

/* Opens both folders; NULL: none. TG_CANNOT_CREATE: it is not there. */
TG_MUST_USE enum tg_status tg_away_open(struct tg_away *away, const char *done, const char *bad,
					struct tg_error *err);

/* Whether files that lie in this folder would be moved to where they are. */
bool tg_away_is(const struct tg_away *away, const char *folder);

/* The list is judged, and its rejects are kept. A file that is gone, or is no longer the one that was looked at, stays. */
TG_MUST_USE enum tg_status tg_away_move(const struct tg_away *away, const struct tg_listing *l,
					struct tg_error *err);

void tg_away_release(struct tg_away *away);

#endif
