/*
 * look: what is in a file: its CRC-32 and SHA-256 in one pass, and whether somebody is still writing it.
 */
#ifndef TG_NAMING_LOOK_H
#define TG_NAMING_LOOK_H

#include "common/digest/digest.h"
#include "common/naming/crc32.h"
#include "common/time/time.h"

#include <sys/stat.h>

struct tg_look {
	uint64_t bytes;
	uint32_t crc32;
	char sha256[TG_SHA256_HEX + 1]; /* from tg_look_finish on */
	struct stat seen;		/* the file that tg_look_file looked through */
	struct tg_digest *digest;
	char *block; /* of tg_look_file */
};

TG_MUST_USE enum tg_status tg_look_init(struct tg_look *look, struct tg_error *err);
/* Bytes as they come. */
void tg_look_add(struct tg_look *look, struct tg_str bytes);
/* All have come; the next bytes are another file's. */
void tg_look_finish(struct tg_look *look);
void tg_look_release(struct tg_look *look); /* takes a zeroed one too */

enum tg_look_result {
	TG_LOOK_DONE,
	TG_LOOK_NONE, /* there is no regular file of that name, or it cannot be read: err says why */
	TG_LOOK_CHANGING, /* it grew or changed while it was read, or within the time that files must have rested */
};

/* Looks through the file at path, from its beginning. settle: microseconds for which it must not have changed, by the clock `now`. A
 * symbolic link is no regular file: who fills the folder must not choose what is read. The status is the run's. */
TG_MUST_USE enum tg_status tg_look_file(struct tg_look *look, const char *path, uint64_t settle,
					struct tg_time now, enum tg_look_result *result,
					struct tg_error *err);

/* Whether what a name stands for, by lstat, is the regular file that was opened by it: no symbolic link, whenever it was put there. */
bool tg_look_is_plain(const struct stat *by_name, const struct stat *opened);
/* Whether both are the same file with the same bytes, as far as the system tells. */
bool tg_look_same(const struct stat *before, const struct stat *after);
/* Whether it has not changed for so long. */
bool tg_look_settled(const struct stat *st, uint64_t settle, struct tg_time now);

/* For a CRC that does not fit: reads the file once more and says what `said` is, in words; NULL: nothing known. */
const char *tg_look_guess(struct tg_look *look, const char *path, uint32_t said);

#endif
