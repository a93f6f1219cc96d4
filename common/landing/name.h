/*
 * name: what may stand in the paths of a landing zone.
 *
 * A source, an entity or a name that the user states is taken as it is or refused; what came from outside (a partner's file name) is
 * encoded, never refused.
 */
#ifndef TG_LANDING_NAME_H
#define TG_LANDING_NAME_H

#include "common/base/buffer.h"

enum {
	TG_NAME_MAX = 200, /* bytes of an encoded name */
};

/* NULL, or what is wrong with text as source, entity or name: it would leave its place in the tree, or fake another key=value. */
const char *tg_name_fault(struct tg_str text);

/*
 * Appends text percent-encoded where it is unsafe in a file name or a shell, at most `most` bytes, cut between characters. Two texts
 * have two encodings, as long as none is cut.
 */
void tg_name_put(struct tg_buffer *out, struct tg_str text, size_t most);

/* Takes back what tg_name_put did: appends the text that was encoded. */
void tg_name_put_decoded(struct tg_buffer *out, struct tg_str text);

#endif
