/*
 * identity: what a descriptor is, so that two processes can find out that they hold two ends of one thing.
 *
 * Both ends of a pipe have the same device and inode; so have all descriptors of one file, whatever it is called by now. It is
 * always asked of the open descriptor: /dev/fd/63 is a pipe, and a name may have been given to another file since. The ends of a
 * socket pair differ, so a socket matches nothing.
 */
#ifndef TG_IO_IDENTITY_H
#define TG_IO_IDENTITY_H

#include "common/base/buffer.h"
#include "common/base/memory.h"

#include <sys/stat.h>

enum tg_identity_kind {
	TG_IDENTITY_CLOSED,
	TG_IDENTITY_NULL, /* /dev/null */
	TG_IDENTITY_TTY,
	TG_IDENTITY_PIPE, /* or a named FIFO */
	TG_IDENTITY_SOCKET,
	TG_IDENTITY_FILE,
	TG_IDENTITY_NAMELESS, /* a file that has no name any more: a here-document */
	TG_IDENTITY_DEVICE,   /* another device; dev is which */
};

struct tg_identity {
	enum tg_identity_kind kind;
	uint64_t dev, ino;
	struct tg_str path; /* of a file, absolute; none: not known */
};

/*
 * Of an open descriptor (-1: closed). path is the name that it was opened by, NULL: the system is asked. *st gets its fstat, all
 * zero for a closed one. The path is copied to the arena.
 */
struct tg_identity tg_identity_of(int fd, const char *path, struct stat *st,
				  struct tg_arena *arena);

/* Whether both are ends of one pipe, or one file. Nothing else can be matched. */
bool tg_identity_same(const struct tg_identity *a, const struct tg_identity *b);

/* Appends pipe:DEV:INO, socket:DEV:INO, file:DEV:INO:/abs, nameless:DEV:INO, device:DEV, tty, null or closed: the device in
 * hexadecimal, the inode in decimal. */
void tg_identity_put(struct tg_buffer *out, const struct tg_identity *id);
/* The same without a file's path. */
void tg_identity_put_short(struct tg_buffer *out, const struct tg_identity *id);

/* Reads what put wrote; path is a view into text. */
TG_MUST_USE bool tg_identity_read(struct tg_str text, struct tg_identity *id);

#endif
