/*
 * publish: a file that is there whole or not at all.
 *
 * Written under no name (O_TMPFILE; where the file system has none, a name .tidegate-* beside the target), synced, then given its
 * name, and the directory synced, before anything says that it is there. A failed fsync is final: the pages may be marked clean,
 * and a second one would say success. What is not committed leaves nothing visible.
 */
#ifndef TG_IO_PUBLISH_H
#define TG_IO_PUBLISH_H

#include "common/base/status.h"

#include <sys/types.h>

enum tg_publish_how {
	TG_PUBLISH_NEW,	    /* a file of that name is TG_CANNOT_CREATE */
	TG_PUBLISH_REPLACE, /* takes its place at once */
};

struct tg_publish {
	int fd;		 /* write here */
	int directory;	 /* the target's */
	char *name;	 /* in the directory */
	char *temporary; /* its name so far, NULL: none */
};

#define TG_PUBLISH_INIT ((struct tg_publish){ .fd = -1, .directory = -1 })

/* Makes the unnamed file in path's directory. TG_CANNOT_CREATE, TG_IO. */
TG_MUST_USE enum tg_status tg_publish_open(struct tg_publish *p, const char *path, mode_t mode,
					   struct tg_error *err);

/* Syncs the file, names it, syncs the directory. */
TG_MUST_USE enum tg_status tg_publish_commit(struct tg_publish *p, enum tg_publish_how how,
					     struct tg_error *err);

/* Gives up what was not committed. */
void tg_publish_release(struct tg_publish *p);

#endif
