/*
 * logdir: the directory of the implicit run log: one of each user, private, with a file a stage. Inside run/.
 *
 * It is tidegate-EUID in P_tmpdir, whatever TMPDIR says: cron, su and login have different ones, and the stages of a pipeline must
 * meet. A file's name tells the boot, what the stage writes to, the second of its start, its session and its span, so that the
 * writers of a pipe are found, and the stages of a session, and old files, by a look at the names alone. The files are spread over
 * buckets by what is written to: a busy host leaves thousands a day, and each stage looks up the one before it.
 */
#ifndef TG_RUN_LOGDIR_H
#define TG_RUN_LOGDIR_H

#include "common/base/status.h"
#include "common/io/identity.h"

enum {
	TG_BOOT_SIZE = 32, /* hexadecimal digits */
	TG_SPAN_SIZE = 16,
	TG_BUCKETS = 256,
};

struct tg_logdir_name {
	struct tg_str boot, span; /* views */
	struct tg_identity out;	  /* without a path */
	uint64_t seconds, sid;
};

struct tg_logdir_entry {
	struct tg_str file; /* below the directory; a C string too */
	struct tg_logdir_name name;
};

/* Opens the directory, and makes it where it is missing. TG_IO where it cannot be, is a link, is another user's, or is open to
 * others. */
TG_MUST_USE enum tg_status tg_logdir_open(int *dir, struct tg_error *err);

/* Of this boot of the system; all zeros where the system does not tell. */
void tg_logdir_boot(char boot[TG_BOOT_SIZE + 1]);

/* Where the stages are that write to that. Of what nobody can look up, such as a terminal, they are anywhere. */
unsigned tg_logdir_bucket(const struct tg_logdir_name *name);

/* BUCKET/BOOT.OUT.SECONDS.SESSION.SPAN; read takes what stands behind the bucket. */
void tg_logdir_put_name(struct tg_buffer *out, const struct tg_logdir_name *name);
TG_MUST_USE bool tg_logdir_read_name(struct tg_str text, struct tg_logdir_name *name);

/* Makes a file of that name for writing, and its bucket where it is missing; -1 and errno. */
int tg_logdir_make(int dir, const char *file);

/* How the names in a bucket begin of all that write to that. */
void tg_logdir_put_prefix(struct tg_buffer *out, struct tg_str boot, const struct tg_identity *id);

/* All files of a bucket whose names begin so, with a boot or with such a prefix, in no order. */
struct tg_logdir_entry *tg_logdir_list(int dir, unsigned bucket, struct tg_str prefix, size_t *n,
				       struct tg_arena *arena);

/* The lines of a stage, and whether it still holds its lock: asked first, so that "no finish line and no lock" is true. False:
 * the file is gone. */
TG_MUST_USE bool tg_logdir_read(int dir, const char *file, struct tg_str *text, bool *held,
				struct tg_arena *arena);

/* Marks the file as one to which nothing more will be written, and asks whether it was marked before a time (microseconds): a look
 * at many files that opens none. */
void tg_logdir_seal(int fd);
TG_MUST_USE bool tg_logdir_sealed_before(int dir, const char *file, int64_t time);

/* The time (microseconds) by which a stage without finish line and lock was surely dead: the first call for it marks its file with
 * the time that it is now. Without that, one that died would count for as long as its file is kept. */
int64_t tg_logdir_found_dead(int dir, const char *file);

/* Removes from a bucket what nobody holds and nobody wrote to for a day. */
void tg_logdir_sweep(int dir, unsigned bucket, uint64_t now);

#endif
