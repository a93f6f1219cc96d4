/*
 * shelf: the versions of a contract in a folder: NAME/1.2.0.json.
 */
#ifndef TG_COMPAT_SHELF_H
#define TG_COMPAT_SHELF_H

#include "common/base/memory.h"
#include "common/base/status.h"

/* A semantic version, without what may stand behind the three numbers. */
struct tg_version {
	uint64_t part[3]; /* major, minor, patch */
};

/* "1.2.0", and nothing else. */
TG_MUST_USE bool tg_version_read(struct tg_str text, struct tg_version *version);

int tg_version_compare(const struct tg_version *a, const struct tg_version *b);

/* What moved from one version to the next: 0 major, 1 minor, 2 patch, 3 nothing. */
unsigned tg_version_step(const struct tg_version *from, const struct tg_version *to);

struct tg_shelved {
	struct tg_version version;
	struct tg_str path, name; /* NUL stands behind both; the name is "1.2.0" */
};

struct tg_shelf {
	struct tg_shelved *item; /* the lowest version first */
	size_t n;
};

/* Lists DIR/NAME, in the arena. That it is not there is an empty shelf; that DIR is not, TG_NO_INPUT. A name that is no file name is
 * TG_USAGE; files that are no versions are passed over. */
TG_MUST_USE enum tg_status tg_shelf_open(struct tg_shelf *shelf, struct tg_str dir,
					 struct tg_str name, struct tg_arena *arena,
					 struct tg_error *err);

#endif
