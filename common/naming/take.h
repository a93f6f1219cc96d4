/*
 * take: one file whose bytes pass: held against its name on the way, and its number pending until the sink has landed it.
 *
 * begin sees the input, add all its bytes before they go out, end judges. What was found out goes into the run log: a sink takes from
 * there what no option of its own says. Where the input is no file itself, its name is that of the file which the first stage of the
 * chain reads, and is known at the end.
 */
#ifndef TG_NAMING_TAKE_H
#define TG_NAMING_TAKE_H

#include "common/io/input.h"
#include "common/naming/listing.h"
#include "common/run/setup.h"

struct tg_take {
	/* Borrowed; to be filled before. */
	const struct tg_check *check;
	struct tg_sequence *sequence;
	struct tg_look *look;
	enum tg_on_gap on_gap;
	/* Its own. */
	const struct tg_input *in;
	struct tg_str file; /* its path; none: not known yet */
	struct tg_name name;
	bool named;  /* its name was read */
	bool direct; /* the input is the file itself */
};

/* TG_DATA: its name does not do, or its number; TG_TRY_AGAIN: not now; TG_USAGE: it has no name. */
TG_MUST_USE enum tg_status tg_take_begin(struct tg_take *t, const struct tg_input *in,
					 struct tg_arena *arena, struct tg_error *err);
void tg_take_add(struct tg_take *t, struct tg_str bytes);
/* The same failures; TG_DATA: its content is not what its name says. */
TG_MUST_USE enum tg_status tg_take_end(struct tg_take *t, const struct tg_setup *setup,
				       struct tg_error *err);

#endif
