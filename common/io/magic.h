/*
 * magic: what a file is by its first bytes, where it is none of ours: for a message that says what to do with it.
 *
 * Only what no text begins with is known by bytes alone: a table that happens to begin with PAR1 or %PDF is read.
 */
#ifndef TG_IO_MAGIC_H
#define TG_IO_MAGIC_H

#include "common/base/str.h"

enum { TG_MAGIC_HEAD = 64 }; /* bytes that are looked at */

struct tg_magic {
	const char *what; /* "an Excel workbook" */
	const char *hint; /* "save it as CSV" */
};

/*
 * What the bytes at the start of a file say that it is; NULL: nothing is known. binary: any bytes may be data, so that only the longer
 * marks count. *more: more bytes than these could tell.
 */
const struct tg_magic *tg_magic_find(struct tg_str head, bool binary, bool *more);

#endif
