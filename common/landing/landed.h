/*
 * landed: the data of one landing, checked against the line that landed them, and given out only when they are what it says.
 *
 * A checker looks at data and sidecar and says what is wrong. An opener does the same and then gives the data out: it digests each
 * block with a key of its own while it checks, and reads the file a second time, so that a block that somebody changes between the
 * two is noticed before it is given out. Nothing is written for that, and 16 bytes a megabyte are held.
 *
 * One for a thread; a zone is shared.
 */
#ifndef TG_LANDING_LANDED_H
#define TG_LANDING_LANDED_H

#include "common/io/unpack.h"
#include "common/landing/manifest.h"
#include "common/landing/path.h"

/* What can be wrong with a landing, in the order in which it is looked for. */
enum tg_landed_fault {
	TG_LANDED_FINE,
	TG_LANDED_LINE,	      /* the line does not say where the data lie, or what they are */
	TG_LANDED_MISSING,    /* the data are not there */
	TG_LANDED_NO_FILE,    /* what has their name is no regular file, or is reached by a link */
	TG_LANDED_SIZE,	      /* they are shorter or longer */
	TG_LANDED_ALTERED,    /* they have another digest */
	TG_LANDED_UNREADABLE, /* they, or the sidecar, cannot be read: errno */
	TG_LANDED_SIDECAR_MISSING,
	TG_LANDED_SIDECAR_ALTERED, /* it is not the sidecar that landed */
	TG_LANDED_SIDECAR_DIFFERS, /* it is, and says other things than the line */
};

struct tg_landed_finding {
	enum tg_landed_fault data, sidecar;
	int error;			/* errno of what is unreadable */
	uint64_t bytes;			/* of the file; of ALTERED and SIZE */
	char sha256[TG_SHA256_HEX + 1]; /* of ALTERED: what it is */
	char sidecar_sha256[TG_SHA256_HEX + 1];
	const char *member; /* of SIDECAR_DIFFERS: which one */
};

struct tg_checker {
	struct tg_path_walk walk;
	struct tg_digest *digest;
	struct tg_scanner *scanner;
	struct tg_arena arena;
	struct tg_buffer
		sidecar; /* the text of the one looked at last, as far as it is what landed */
	char *block;
};

/* zone: its directory. Zeroed before. */
TG_MUST_USE enum tg_status tg_checker_init(struct tg_checker *c, int zone, struct tg_error *err);
void tg_checker_release(struct tg_checker *c);

/* Looks at a landing line's data and sidecar; without `bytes` neither is read: they are there, and the data as long as
 * they were. */
void tg_checker_check(struct tg_checker *c, const struct tg_line *line, bool bytes,
		      struct tg_landed_finding *finding);

/* "altered", "missing" ...: for messages and reports. */
const char *tg_landed_fault_name(enum tg_landed_fault fault);

struct tg_landed {
	int fd;
	struct tg_siphash_key *key;
	unsigned char (*mark)[16]; /* of each block */
	uint64_t at, size;
	char *block; /* the checker's */
	/* Of data that lie there packed. */
	struct tg_unpack *unpack;
	struct tg_str packed; /* of the block, not unpacked yet */
	struct tg_digest *digest;
	char sha256[TG_SHA256_HEX + 1];
	uint64_t bytes, plain; /* that the content has; that were given out */
	char *out;
};

#define TG_LANDED_INIT ((struct tg_landed){ .fd = -1 })

/*
 * Checks the whole and gets ready to give it out. TG_DATA: it is not what landed, or not there, and err says what is wrong; finding
 * says the same. TG_IO. c->sidecar holds the sidecar's text. c lives longer than d, and checks nothing while d is read: they share a
 * block.
 *
 * Data that lie there packed (line->encoding) are checked as they lie there, and come out unpacked. TG_UNAVAILABLE: the library for
 * that is not there.
 */
TG_MUST_USE enum tg_status tg_landed_open(struct tg_landed *d, struct tg_checker *c,
					  const struct tg_line *line,
					  struct tg_landed_finding *finding, struct tg_error *err);

/* The next of the content, which lives until the next call; of no bytes at the end. TG_DATA: the file was changed since it was
 * checked, or what is packed is not what the line says. */
TG_MUST_USE enum tg_status tg_landed_read(struct tg_landed *d, struct tg_str *bytes,
					  struct tg_error *err);

void tg_landed_release(struct tg_landed *d);

#endif
