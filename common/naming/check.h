/*
 * check: one file held against the naming contract: its name, its day, its content. What has come before it is sequence.h's matter.
 */
#ifndef TG_NAMING_CHECK_H
#define TG_NAMING_CHECK_H

#include "common/naming/form.h"
#include "common/naming/look.h"

/* What files are held against; the same for all of a run. */
struct tg_check {
	const struct tg_naming *naming;
	struct tg_str source,
		entity; /* whose they must be, where a name says it; what they are, where it does not; none: not said */
	char latest[TG_NAME_DATE + 1]; /* the last day that may be */
	struct tg_str oldest;	       /* the first one; none: any */
	uint64_t settle;	       /* microseconds for which a file must have rested */
	struct tg_time now;
};

/* What is wrong with a file. */
struct tg_check_fault {
	const char *code; /* a reject code; NULL: nothing is */
	char text[512];	  /* "is ...": nothing of the name is quoted */
};

/* Fills c->latest: the day after that which it is in the partner's zone. */
void tg_check_begin(struct tg_check *c);

/* The name, and the day that it says. False: it does not do. Source and entity are filled in from c where the name has none. */
TG_MUST_USE bool tg_check_name(const struct tg_check *c, struct tg_str base, struct tg_name *name,
			       struct tg_check_fault *fault);

/* The content, as look found it, against what the name says of it. path: the file, to read it once more for what may be meant; NULL:
 * it cannot be. */
TG_MUST_USE bool tg_check_content(const struct tg_check *c, const struct tg_name *name,
				  struct tg_look *look, const char *path,
				  struct tg_check_fault *fault);

#endif
