/*
 * manifest: the zone's lines, and which of them count (tidegate-landing(5); protocol.md, A1 and A6).
 *
 * A line counts only if its prev is the hash of the last line that counts. So a walk knows at each line the one hash that the next
 * must carry, and everybody who walks comes to the same answer, whatever was written by those who had lost the lock. Reading needs no
 * lock; cutting and appending are for its holder. A manifest belongs to its zone and is not shared by threads.
 */
#ifndef TG_LANDING_MANIFEST_H
#define TG_LANDING_MANIFEST_H

#include "common/digest/digest.h"
#include "common/landing/zone.h"

enum {
	TG_LINE_MAX = 4096, /* of a line with its newline: it goes out in one write */
};

enum tg_line_kind {
	TG_LINE_LANDING,
	TG_LINE_GIVE_UP,
	TG_LINE_TIDY,
	TG_LINE_OTHER, /* a later version's: it counts, and says nothing to us */
};

/* A line that counts. Texts live until the next line of the same call; what it does not say is none. */
struct tg_line {
	enum tg_line_kind kind;
	struct tg_str text; /* without its newline */
	uint64_t offset;
	struct tg_str landing, source, entity, date, path, sha256;
	uint64_t bytes, records;
};

struct tg_manifest {
	struct tg_zone *zone;
	int fd;			      /* -1: there is none yet */
	uint64_t end;		      /* walked up to here, behind a whole line */
	uint64_t size;		      /* where the file ended; above end: a torn tail */
	uint64_t last;		      /* offset of the last line that counts */
	uint32_t last_n;	      /* its bytes without the newline; 0: none counts yet */
	char tail[TG_SHA256_HEX + 1]; /* its hash */
	struct tg_digest *digest;
	struct tg_buffer block;	    /* of the walk */
	struct tg_buffer line;	    /* of tg_manifest_read */
	struct tg_arena arena;	    /* decoded texts of one line of the walk */
	struct tg_arena line_arena; /* the same of tg_manifest_read */
};

#define TG_MANIFEST_INIT ((struct tg_manifest){ .fd = -1 })

/* Opens the zone's manifest, none where there is none; nothing is walked yet. */
TG_MUST_USE enum tg_status tg_manifest_open(struct tg_manifest *m, struct tg_zone *zone,
					    struct tg_error *err);

/* The same for a holder of the lock who will append: makes it; while it is empty the zone is synced up to its parent. */
TG_MUST_USE enum tg_status tg_manifest_make(struct tg_manifest *m, struct tg_zone *zone,
					    struct tg_error *err);

/* Goes on from m->end to the end of the file; visit may be NULL. Ends with visit's status when that is not TG_OK. */
typedef enum tg_status (*tg_manifest_visit)(void *arg, const struct tg_line *line,
					    struct tg_error *err);
TG_MUST_USE enum tg_status tg_manifest_walk(struct tg_manifest *m, tg_manifest_visit visit,
					    void *arg, struct tg_error *err);

/* Back to the beginning. */
void tg_manifest_rewind(struct tg_manifest *m);

/* Starts the walk at `end`, if the line of last_n bytes at `last` is still there and has that hash: since each line hashes the one
 * before, all before it is then as it was. False: nothing has changed in m. */
TG_MUST_USE bool tg_manifest_resume(struct tg_manifest *m, uint64_t end, uint64_t last,
				    uint32_t last_n, const char *tail);

/* The line at offset, which was seen to count; false when none is there. */
TG_MUST_USE bool tg_manifest_read(struct tg_manifest *m, uint64_t offset, struct tg_line *line);

/* Whether somebody has appended since the walk. */
TG_MUST_USE bool tg_manifest_moved(const struct tg_manifest *m);

/* Cuts off a torn tail, synced. Walk first. */
TG_MUST_USE enum tg_status tg_manifest_cut(struct tg_manifest *m, struct tg_error *err);

/* Syncs it, for who acts on a line that another wrote. A failure breaks the zone: that line may be gone after a loss of power,
 * though everybody can read it until then. */
TG_MUST_USE enum tg_status tg_manifest_sync(struct tg_manifest *m, struct tg_error *err);

/* Begins a line of that kind behind the tail: {"v":1,"kind":...,"prev":... */
void tg_manifest_put_head(const struct tg_manifest *m, struct tg_buffer *line, const char *kind);

/*
 * Appends a whole line with its newline in one write, syncs, and looks whether it counts. TG_TRY_AGAIN: it does not, because
 * somebody else has appended: the lock was lost. When it cannot be written or synced it is cut off again (TG_IO), and when that
 * fails too the zone is broken.
 */
TG_MUST_USE enum tg_status tg_manifest_append(struct tg_manifest *m, struct tg_str line,
					      struct tg_error *err);

void tg_manifest_release(struct tg_manifest *m);

#endif
