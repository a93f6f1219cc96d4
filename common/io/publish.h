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
	int fd;		  /* write here */
	int directory;	  /* the target's */
	char *name;	  /* in the directory; NULL: staged, it gets its name later */
	char *temporary;  /* its name so far, NULL: none */
	const char *what; /* for messages: the path as given */
};

#define TG_PUBLISH_INIT ((struct tg_publish){ .fd = -1, .directory = -1 })

/* Makes the unnamed file in path's directory; path lives as long as p. What is there already and no regular file is
 * TG_CANNOT_CREATE; a symbolic link stands for what it points to. A file that is
 * replaced hands its permissions on. TG_CANNOT_CREATE, TG_IO. */
TG_MUST_USE enum tg_status tg_publish_open(struct tg_publish *p, const char *path, mode_t mode,
					   struct tg_error *err);

/* The same in an open directory, which is copied, for a file whose name is not known yet: it depends on the content. `what` is its
 * name in messages and lives as long as p. Where it must have a name, it is locked (flock) while its writer lives. */
TG_MUST_USE enum tg_status tg_publish_stage(struct tg_publish *p, int directory, mode_t mode,
					    const char *what, struct tg_error *err);

/* Writes all of it. TG_IO. */
TG_MUST_USE enum tg_status tg_publish_write(struct tg_publish *p, struct tg_str bytes,
					    struct tg_error *err);

/* Syncs the file, names it, syncs the directory. TG_INTERRUPTED: a signal came before it had its name, and it has none. */
TG_MUST_USE enum tg_status tg_publish_commit(struct tg_publish *p, enum tg_publish_how how,
					     struct tg_error *err);

/* Gives a staged file, synced by the caller, its name in another directory of the same file system. *there: a file of that name
 * stands there already, and nothing was done. The caller syncs the directory. */
TG_MUST_USE enum tg_status tg_publish_link(struct tg_publish *p, int directory, const char *name,
					   bool *there, struct tg_error *err);

/* Gives up what was not committed. */
void tg_publish_release(struct tg_publish *p);

/* Removes what dead writers left in a directory for staging: the named temporaries that nobody holds. */
void tg_publish_sweep(int directory);

/* fsync, with the disk's cache where the system makes a difference. `what` is named in the message. */
TG_MUST_USE enum tg_status tg_sync(int fd, const char *what, struct tg_error *err);

/* What was written to it goes on its way, and nobody waits: a file that is synced behind another one is half done then, and one commit
 * of the file system may do for both. It says nothing, and a system that cannot does nothing; tg_sync tells. */
void tg_sync_soon(int fd);

/* Syncs the directory that holds path, which has just been made. */
TG_MUST_USE enum tg_status tg_sync_beside(const char *path, struct tg_error *err);

/* rename that never replaces; -1 and errno like rename's, EEXIST when there is something. */
int tg_rename_new(int old_directory, const char *old, int directory, const char *name);

#endif
