/*
 * path: the path of landed data, taken apart; and files of a zone opened by theirs.
 *
 * A manifest is written by who may write to the zone, and a path in it is believed in nothing: it must look as we make them, and no
 * step of it may be a symbolic link, so that nobody is led out of the zone.
 */
#ifndef TG_LANDING_PATH_H
#define TG_LANDING_PATH_H

#include "common/base/buffer.h"
#include "common/base/status.h"

#define TG_SIDECAR ".meta.json" /* behind the path of the data */

enum { TG_PATH_LEVELS = 3 };

/* Views into the path. */
struct tg_path {
	struct tg_str level[TG_PATH_LEVELS]; /* source=S entity=E date=D */
	struct tg_str directory, file;
};

/* Whether it is source=S/entity=E/date=D/HEX-NAME. */
TG_MUST_USE bool tg_path_split(struct tg_str text, struct tg_path *path);

/* Whether that is where data of this source, entity, date and digest lie. */
bool tg_path_fits(const struct tg_path *path, struct tg_str source, struct tg_str entity,
		  struct tg_str date, struct tg_str sha256);

/*
 * The directories on the way to data, kept open, since landings that stand together lie together. For one thread.
 */
struct tg_path_walk {
	int zone; /* not ours */
	int fd;	  /* of the directory opened last; -1: none */
	struct tg_buffer directory;
};

#define TG_PATH_WALK_INIT(zone_fd) ((struct tg_path_walk){ .zone = (zone_fd), .fd = -1 })

/* The data's directory, which belongs to walk; -1 and errno. */
int tg_path_directory(struct tg_path_walk *walk, const struct tg_path *path);

/* Opens the data, or with `suffix` what lies beside them, for reading; -1 and errno (ELOOP: a symbolic link on the way). */
int tg_path_open(struct tg_path_walk *walk, const struct tg_path *path, const char *suffix);

void tg_path_walk_release(struct tg_path_walk *walk);

#endif
