/*
 * compat: whether one version of a contract takes all records that another takes.
 *
 * A contract is the set of records that it accepts, format asserted, as validate does; nothing is assumed about what partners send.
 * "Yes" is proved. "No" comes with a witness: a record that the one version accepts and the other refuses, as the validator itself has
 * found. What is neither is unknown, with the reason.
 *
 * A comparison belongs to one thread. It borrows the compiled schemas, which must live as long.
 */
#ifndef TG_COMPAT_COMPAT_H
#define TG_COMPAT_COMPAT_H

#include "common/schema/schema.h"

struct tg_compat;

/* Which version's records are asked about. */
enum tg_compat_way {
	TG_COMPAT_BACKWARD, /* does NEW take all records of OLD? */
	TG_COMPAT_FORWARD,  /* does OLD take all records of NEW? */
	TG_COMPAT_WAYS,
};

enum tg_compat_verdict {
	TG_COMPAT_YES,
	TG_COMPAT_NO,
	TG_COMPAT_UNKNOWN,
};

/* What must be true of a witness besides the schemas' verdicts: the contract's own rules. NULL: nothing. */
struct tg_compat_judge {
	/* Whether the version (0: old, 1: new) takes a record that its schema takes. */
	bool (*takes)(void *self, unsigned version, const struct tg_record *rec);
	bool differs; /* what it judges by is not the same in both: a record may show it where the schemas do not */
	void *self;
};

struct tg_compat_answer {
	enum tg_compat_verdict verdict;
	struct tg_str witness; /* no: the record, as JSON; lives as long as the comparison */
	const char *why;       /* unknown: the reason; static text */
	struct tg_str
		at; /* where in the contract that is, as a pointer; none: nowhere in particular */
	unsigned version; /* of that place: 0 old, 1 new */
	struct tg_str
		faults; /* no: what the other version's validator finds wrong, a list in JSON; none: its schema finds nothing */
};

/* setup lends an arena. work is for the validator. lenient: a member that an object does not declare is taken as never sent. */
TG_MUST_USE struct tg_compat *tg_compat_new(const struct tg_schema *old,
					    const struct tg_schema *new, bool lenient,
					    const struct tg_compat_judge *judge,
					    struct tg_work *work);
void tg_compat_free(struct tg_compat **compat); /* for TG_OWN too */

void tg_compat_ask(struct tg_compat *compat, enum tg_compat_way way,
		   struct tg_compat_answer *answer);

/* What a difference does to the set of records. */
enum tg_compat_effect {
	TG_COMPAT_SAME, /* nothing; for what is no matter of the set (x-class) */
	TG_COMPAT_WIDENED,
	TG_COMPAT_NARROWED,
	TG_COMPAT_CHANGED, /* both */
	TG_COMPAT_UNSURE,
};

struct tg_compat_change {
	struct tg_str old, new; /* pointers; none: the version has it not */
	const char *keyword;	/* static text */
	enum tg_compat_effect effect;
	struct tg_str message;
	const char *
		advice; /* what to do instead where records of OLD are refused; NULL: nothing to say */
	const char *forward;  /* the same where readers of OLD refuse records */
	bool narrows, widens; /* for unsure: what is not known is true */
	bool files; /* no record is refused, but inputs are: as a whole, or by how they are written */
};

/*
 * Finds where the two differ, schema by schema: what is told lives as long as the comparison. Differences that have no effect on the
 * set of records are left out.
 */
void tg_compat_changes(struct tg_compat *compat, const struct tg_compat_change **change, size_t *n);

#endif
