/*
 * tar: a walk through a tar, given to it in pieces of any size, that takes every block for what it says or refuses it.
 *
 * Known are ustar, pax and GNU's long names. A tar ends with two blocks of zeros and nothing but zeros behind them: one that was cut off
 * between two entries has none, and many programs see nothing missing. Links, devices and sparse files are refused, and so is what two
 * programs could read in two ways: two names for one entry, sizes that change for all entries, text that stands where padding belongs.
 *
 * libarchive is not asked: it takes the end of the file for the end of the archive, gives a sparse file without its content, and passes
 * on what it does not know; each header has to be read here in any case. That it reads the same out of all that passes is tested.
 */
#ifndef TG_ARCHIVE_TAR_H
#define TG_ARCHIVE_TAR_H

#include "common/archive/name.h"
#include "common/base/buffer.h"

enum { TG_TAR_BLOCK = 512 };

struct tg_tar {
	const char *archive; /* for messages */
	const struct tg_archive_limits *limits;
	struct tg_archive_taker taker;
	struct tg_arena *arena;
	struct tg_archive_names names;
	uint64_t entries, total;
	/* What is read now. */
	unsigned state;
	char block[TG_TAR_BLOCK];
	size_t n;	  /* in block */
	uint64_t left;	  /* of content, or of a header's text */
	unsigned padding; /* zeros behind it */
	char kind;	  /* of the header whose text is read: 'x', 'g', 'L' */
	struct tg_buffer text;
	size_t text_bytes; /* of all headers of the next entry */
	/* What headers before it say of the next entry. */
	struct tg_str path;
	bool has_pax, has_long, has_size;
	uint64_t size;
	/* The entry whose content comes. */
	struct tg_archive_entry entry;
	bool wanted;
};

/* All four outlive it. */
void tg_tar_init(struct tg_tar *tar, const char *archive, const struct tg_archive_limits *limits,
		 const struct tg_archive_taker *taker, struct tg_arena *arena);

/* TG_DATA, TG_REFUSED, and what the taker gives. */
TG_MUST_USE enum tg_status tg_tar_take(struct tg_tar *tar, struct tg_str bytes,
				       struct tg_error *err);
/* The input has ended. */
TG_MUST_USE enum tg_status tg_tar_end(struct tg_tar *tar, struct tg_error *err);
void tg_tar_release(struct tg_tar *tar);

/* Whether the first block is that of a tar: its sum is right, or it is the end of an empty one. Fewer bytes are none. */
bool tg_tar_is(struct tg_str head);

#endif
