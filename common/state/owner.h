/*
 * owner: inside common/state: which process a batch belongs to, and whether it is surely gone.
 */
#ifndef TG_STATE_OWNER_H
#define TG_STATE_OWNER_H

#include "common/state/store.h"

/* Who is there on this host, looked up once for many owners. */
struct tg_present {
	struct tg_owner here;
	bool listed;
	bool known; /* the list of processes could be read */
	int64_t *session;
	size_t sessions;
};

/* For longer than a week, by this host's clock. */
bool tg_owner_old(struct tg_present *present, const struct tg_owner *owner);
/* Surely: on this host, under another boot of it, or with nobody left in its session. What went to a file may come back. */
bool tg_owner_gone(struct tg_present *present, const struct tg_owner *owner);
void tg_present_release(struct tg_present *present);

#endif
