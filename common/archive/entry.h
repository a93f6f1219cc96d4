/*
 * entry: what an archive holds, as the readers of this room tell it, and to whom.
 *
 * zip.h reads the directory of a zip, tar.h walks through a tar, peel.h takes off the one layer of compression that may be round a tar
 * or a single file; open.h puts them together. All of them refuse what two programs could read in two ways.
 */
#ifndef TG_ARCHIVE_ENTRY_H
#define TG_ARCHIVE_ENTRY_H

#include "common/base/memory.h"
#include "common/base/status.h"

enum tg_archive_type {
	TG_ARCHIVE_FILE,
	TG_ARCHIVE_DIRECTORY,
};

struct tg_archive_entry {
	struct tg_str
		name; /* checked (name.h), no '/' at its end; none: of a single compressed stream */
	enum tg_archive_type type;
	bool sized; /* false: how much it holds is known when it has been read */
	uint64_t size;
	/* Of a zip only. */
	const char *method; /* "store", "deflate" ...; NULL: no zip */
	uint64_t packed;
	uint32_t crc;
	bool encrypted;
};

/* What an archive may cost. */
struct tg_archive_limits {
	uint64_t entries;
	uint64_t entry_bytes; /* of one entry */
	uint64_t total_bytes; /* of all */
	uint64_t ratio;	      /* bytes out for a byte in, over the whole */
	uint64_t memory;      /* that unpacking xz may take */
};

enum {
	TG_ARCHIVE_HEADER_MAX = 1 << 20,  /* bytes of headers and names for one entry */
	TG_ARCHIVE_RATIO_FROM = 64 << 20, /* bytes out below which no ratio is looked at */
};

/* Who is told. Entries of a zip are all met before the content of the first; of a tar each is met before its own. */
struct tg_archive_taker {
	void *arg;
	/* *wanted: its content is to come, by `data`, then `end`. Directories have none. */
	enum tg_status (*meet)(void *arg, const struct tg_archive_entry *e, bool *wanted,
			       struct tg_error *err);
	enum tg_status (*data)(void *arg, const struct tg_archive_entry *e, struct tg_str bytes,
			       struct tg_error *err);
	/* All of it has come, and was right. e->size is true now. */
	enum tg_status (*end)(void *arg, const struct tg_archive_entry *e, struct tg_error *err);
};

/* Bytes that can be read anywhere: an archive that lies in memory or in a file. */
struct tg_archive_bytes {
	enum tg_status (*read)(void *arg, uint64_t at, char *p, size_t n, struct tg_error *err);
	void *arg;
	uint64_t size;
	const char *name; /* for messages */
};

#endif
