/*
 * escapes: inside common/json: strings that hold many of them, as a JSON text within a JSON text does, in wide steps.
 *
 * Only escapes of a quote and a slash are dealt with here; at any other both functions stop, and are called again behind it. Where
 * the machine has no wide steps they do nothing. TG_SLACK bytes behind the text must be readable.
 */
#ifndef TG_JSON_ESCAPES_H
#define TG_JSON_ESCAPES_H

#include "common/base/own.h"

/* From p on, inside a string and not behind a backslash: a place no further than the string's end, up to which there is nothing but
 * text and whole escapes. */
size_t tg_escapes_skip(const char *text, size_t p, size_t n);

enum {
	TG_ESCAPES_ROOM = 16
}; /* bytes that may be written from *to on while it is not above last */

/* Copies from *p to *to without backslashes, and moves both on; stops before end, and when *to is above last. */
void tg_escapes_drop(char **to, const char *last, const char **p, const char *end);

#endif
