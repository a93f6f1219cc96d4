/*
 * walk: the files below a folder.
 */
#ifndef TG_IO_WALK_H
#define TG_IO_WALK_H

#include "common/base/memory.h"
#include "common/base/status.h"

struct tg_walk {
	struct tg_str *path; /* below the folder, without a leading '/'; NUL stands behind each */
	size_t n;
	bool folder; /* false: the path is a file's, and nothing was listed */
};

/*
 * Lists the regular files below path whose names end so, in the order of their bytes; names that begin with '.' are left out, with all
 * below them. Symbolic links to files are followed, those to folders are not. TG_NO_INPUT: path is not there; TG_DATA: too many files
 * or too deep.
 */
TG_MUST_USE enum tg_status tg_walk(struct tg_walk *walk, const char *path, struct tg_str ending,
				   struct tg_arena *arena, struct tg_error *err);

#endif
