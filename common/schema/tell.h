/*
 * tell: inside common/schema: one fault in words of ours: what is, and what must be, and what to do about it. Values are quoted only
 * where the contract says that they may be.
 */
#ifndef TG_SCHEMA_TELL_H
#define TG_SCHEMA_TELL_H

#include "common/schema/machine.h"

enum {
	TG_QUOTE_MAX = 60, /* bytes of a value in a message */
	TG_LIST_MAX = 200, /* of a list of values, and of a description */
};

/* A record that is being told about. */
struct tg_telling {
	struct tg_machine *m;
	struct tg_state *s;
	const struct tg_record *rec, *doc;
	bool show; /* --show-values */
};

/* Appends to the state's message, and to its hint where there is something to say. */
void tg_tell(const struct tg_telling *t, const struct tg_found *e);

/* What a schema says about members, NULL: nothing. */
const struct tg_members *tg_members_of(const struct tg_node *node);

#endif
