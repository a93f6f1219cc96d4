/*
 * into: a directory's worth of files that is there whole, or not at all as far as that can be.
 *
 * Files are written into a directory of our own (.tidegate-*, mode 0700), synced one by one. Nothing has its place before all is written.
 * Where the directory is not there yet, ours becomes it by one rename: then it is there whole or not. Where it is there, each file gets
 * its name by itself, whole; but before the first does, all are looked up: what is there with the same content is fine, and one with
 * other content, or something else of that name, stops the run and nothing is put. A run that dies between two names is completed by
 * the next one. Symbolic links below the directory are not followed.
 *
 * What dead runs have left is removed by the next run into the same directory. Owned by one thread.
 */
#ifndef TG_ARCHIVE_INTO_H
#define TG_ARCHIVE_INTO_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/digest/digest.h"
#include "common/io/publish.h"

enum { TG_INTO_STAGE = 32 };

struct tg_into_file {
	struct tg_str name;    /* below the directory */
	struct tg_str archive; /* in which it was; none: not known */
	uint64_t bytes;
	char sha256[TG_SHA256_HEX + 1];
	bool there; /* it was there before, the same */
};

struct tg_into {
	const char *path; /* as given */
	struct tg_arena *arena;
	struct tg_str absolute;
	struct tg_str base; /* the directory's own name; none: it is there */
	int parent;	    /* the directory, where it is there; else the one that it will be in */
	int stage;	    /* ours, in parent */
	char stage_name[TG_INTO_STAGE];
	struct tg_publish publish; /* the file that is written */
	int holder;		   /* the directory that it is in */
	struct tg_digest *digest;
	uint64_t bytes;
	struct tg_into_file *file;
	size_t files, room;
	struct tg_str *directory; /* below the directory, those above before those below */
	size_t directories, directory_room;
};

#define TG_INTO_INIT                                                                               \
	((struct tg_into){ .parent = -1, .stage = -1, .holder = -1, .publish = TG_PUBLISH_INIT })

/* path lives as long as into. TG_CANNOT_CREATE: it is no directory, or nothing can be made there. */
TG_MUST_USE enum tg_status tg_into_open(struct tg_into *into, const char *path,
					struct tg_arena *arena, struct tg_error *err);

/* Names are checked ones (name.h) that live as long as into. A directory may be made again; a file that is there is TG_DATA. */
TG_MUST_USE enum tg_status tg_into_directory(struct tg_into *into, struct tg_str name,
					     struct tg_error *err);
/* One file after the other: its bytes, then its end. archive is copied. */
TG_MUST_USE enum tg_status tg_into_write(struct tg_into *into, struct tg_str name,
					 struct tg_str bytes, struct tg_error *err);
TG_MUST_USE enum tg_status tg_into_end(struct tg_into *into, struct tg_str name,
				       struct tg_str archive, struct tg_error *err);

/* See above. TG_CANNOT_CREATE: something else is there; TG_INTERRUPTED: a signal came before the first had its name. */
TG_MUST_USE enum tg_status tg_into_commit(struct tg_into *into, struct tg_error *err);

/* One file, after commit, as a JSON object: path (absolute), name, archive, bytes, sha256, result (published, duplicate). */
void tg_into_put_file(struct tg_buffer *out, const struct tg_into *into, size_t at);

/* Removes what was not committed. */
void tg_into_release(struct tg_into *into);

#endif
