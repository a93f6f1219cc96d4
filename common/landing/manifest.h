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
	TG_LINE_PRUNE, /* the data of the landings in `landings` are being removed, or are gone */
	TG_LINE_OTHER, /* a later version's: it counts, and says nothing to us */
};

/* A line. Texts live until the next line of the same call; what it does not say is none. */
struct tg_line {
	enum tg_line_kind kind;
	struct tg_str text; /* without its newline */
	uint64_t offset;
	uint64_t number; /* of the line in the file, from 1; see tg_manifest.lines */
	struct tg_str prev, time, run;
	struct tg_str landing, source, entity, date, path, sha256, sidecar_sha256, schema_version;
	struct tg_str
		replaces;     /* a landing whose place this one takes: from here on that is gone */
	struct tg_str reason; /* of a prune, or of a landing that replaces another */
	/* Of data that lie there packed; none: they lie as they are. sha256 and bytes are those of the content all the same. */
	struct tg_str encoding, stored_sha256;
	uint64_t bytes, records, stored_bytes;
	const struct tg_str *landings; /* of a prune */
	size_t landings_n;
};

/* Copies what it says to the arena, but for its text and its landings. */
void tg_line_copy(struct tg_arena *arena, struct tg_line *to, const struct tg_line *line);

/* What stands next in the file. */
enum tg_line_state {
	TG_LINE_COUNTS,
	TG_LINE_VOID, /* its prev is not the hash of the last line that counts */
	TG_LINE_FOREIGN, /* no JSON object, or longer than any line of ours; torn when nothing whole comes behind it */
	TG_LINE_TORN, /* the file ends without a newline */
	TG_LINE_END,
};

struct tg_manifest {
	struct tg_zone *zone;
	int fd;			      /* -1: there is none yet */
	uint64_t end;		      /* walked up to here, behind a whole line */
	uint64_t size;		      /* where the file ended; above end: a torn tail */
	uint64_t last;		      /* offset of the last line that counts */
	uint32_t last_n;	      /* its bytes without the newline; 0: none counts yet */
	char tail[TG_SHA256_HEX + 1]; /* its hash */
	uint64_t
		lines; /* in the file up to end, since it was opened or rewound; who resumes sets it */
	struct tg_digest *digest;
	struct tg_buffer block;	    /* of the walk */
	size_t used;		    /* bytes of block that were walked over */
	uint64_t at;		    /* where in the file that is */
	uint64_t at_lines;	    /* lines before it */
	bool skipping;		    /* in the middle of a line that is too long */
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

/*
 * The same a line at a time: begin, then next until it says that there is no more. Any other call that walks ends it, and so does
 * what was read ahead: begin again, and it goes on from m->end.
 */
void tg_manifest_begin(struct tg_manifest *m);
TG_MUST_USE enum tg_status tg_manifest_next(struct tg_manifest *m, struct tg_line *line, bool *more,
					    struct tg_error *err);

/* The same with the lines that do not count, for who must tell what is wrong. Of a foreign or torn line only offset and number are
 * set, and text where it is held. */
TG_MUST_USE enum tg_status tg_manifest_step(struct tg_manifest *m, struct tg_line *line,
					    enum tg_line_state *state, struct tg_error *err);

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

/*
 * Writes the end of the file once more, as it is, and syncs it. After a sync that failed the system may call pages clean which never
 * came on the disk; what is written again is not. Every line before the last had been synced when the next was begun. Walk first.
 */
TG_MUST_USE enum tg_status tg_manifest_settle(struct tg_manifest *m, struct tg_error *err);

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
