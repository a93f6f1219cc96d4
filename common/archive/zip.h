/*
 * zip: the directory of a zip, read so that nobody can read it in another way.
 *
 * Names, sizes and places stand in a zip twice, in the central directory and before each entry, and programs differ in which of the two
 * they believe, where they look for the end record, and what they make of what lies between. So here the whole file is accounted for,
 * byte by byte: entries one after another from the first byte on, without gap or overlap, each with its data descriptor if it has one;
 * the central directory; the end records; the comment, and nothing behind it. Both places must say the same. (APPNOTE 6.3.10; its
 * sections are named in zip.c.) What the entries hold is unzip.h's.
 */
#ifndef TG_ARCHIVE_ZIP_H
#define TG_ARCHIVE_ZIP_H

#include "common/archive/entry.h"

enum {
	TG_ZIP_STORE = 0,
	TG_ZIP_DEFLATE = 8,
	TG_ZIP_BZIP2 = 12,
	TG_ZIP_ZSTD = 93,
};

struct tg_zip_entry {
	struct tg_archive_entry entry;
	uint64_t at;	 /* of its local header */
	uint16_t method; /* of an encrypted one: what is below the encryption */
	uint16_t flags;
	bool aes;	 /* encrypted by AES; else, when encrypted, by ZipCrypto */
	bool crc_absent; /* AE-2 has a MAC instead */
	bool wanted;	 /* the reader's */
};

struct tg_zip {
	struct tg_zip_entry *entry; /* by place */
	size_t n;
	uint64_t total; /* bytes that the entries hold, as they say */
};

/* Reads all of it into the arena. TG_DATA: damaged, cut off, over a limit, or to be read in two ways; TG_REFUSED: an entry is a link
 * or a device, or leads out. */
TG_MUST_USE enum tg_status tg_zip_read(struct tg_zip *zip, const struct tg_archive_bytes *bytes,
				       const struct tg_archive_limits *limits,
				       struct tg_arena *arena, struct tg_error *err);

/* Whether the first bytes are those of a zip that begins where it should. */
bool tg_zip_is(struct tg_str head);

#endif
