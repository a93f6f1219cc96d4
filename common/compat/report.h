/*
 * report: a comparison in words, for people and for programs.
 */
#ifndef TG_COMPAT_REPORT_H
#define TG_COMPAT_REPORT_H

#include "common/compat/compat.h"

enum { TG_COMPAT_ASK_BACKWARD = 1, TG_COMPAT_ASK_FORWARD = 2 };

/* All that was found out of two versions. */
struct tg_compat_report {
	struct tg_str old, new; /* what they are called */
	unsigned asked;		/* set of TG_COMPAT_ASK_* */
	bool lenient;
	struct tg_compat_answer answer[TG_COMPAT_WAYS];
	enum tg_compat_verdict strict[TG_COMPAT_WAYS]; /* lenient: what strict would have said */
	const struct tg_compat_change *change;
	size_t changes;
	const struct tg_compat_change *key; /* beyond the schema */
	size_t keys;
};

/* Of one direction, of keys beyond the schema too. */
enum tg_compat_verdict tg_compat_verdict_of(const struct tg_compat_report *r,
					    enum tg_compat_way way);

/* Of all that were asked. */
enum tg_compat_verdict tg_compat_verdict(const struct tg_compat_report *r);

/* "compatible", "incompatible", "unknown". */
const char *tg_compat_word(enum tg_compat_verdict verdict);

/* Lines for people. */
void tg_compat_put_text(struct tg_buffer *out, const struct tg_compat_report *r);

/* A line of JSON for each difference, and one for the verdict. */
void tg_compat_put_json(struct tg_buffer *out, const struct tg_compat_report *r);

/* An entry of a changelog, in Markdown. `step` is what moved: "minor". */
void tg_compat_put_changelog(struct tg_buffer *out, const struct tg_compat_report *r,
			     struct tg_str version, struct tg_str day, const char *step);

#endif
