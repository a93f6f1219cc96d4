/*
 * name: which names an archive's entries may have, so that they mean the same on every system and lead nowhere else.
 *
 * A name is UTF-8, relative, of components between slashes that are neither empty nor '.' or '..'; it has no control characters, no
 * backslash and no drive letter. No two may be the same after NFC and case folding, nor may a file be what another is in.
 */
#ifndef TG_ARCHIVE_NAME_H
#define TG_ARCHIVE_NAME_H

#include "common/archive/entry.h"
#include "common/base/buffer.h"

enum {
	TG_ARCHIVE_NAME_MAX = 1024,
	TG_ARCHIVE_COMPONENT_MAX = 255,
	TG_ARCHIVE_DEPTH_MAX = 16,
};

/* text has TG_SLACK readable bytes behind it, and no '/' at its end. TG_REFUSED (code archive-name): it leads out, or hides something;
 * TG_DATA: too long, too deep, no UTF-8. */
TG_MUST_USE enum tg_status tg_archive_name_check(struct tg_str text, const char *archive,
						 struct tg_error *err);

/* For messages: as tg_utf8_put_safe makes it, cut. */
void tg_archive_name_put_safe(struct tg_buffer *out, struct tg_str text);
struct tg_str tg_archive_name_safe(struct tg_str text, struct tg_arena *arena);

/* The names of one archive. Zeroed but for its first two members; released. */
struct tg_archive_names {
	struct tg_arena *arena;
	const char *archive; /* for messages */
	struct tg_archive_key *key;
	size_t n, room;
	bool prepared;
};

/* Checks a name and takes it in; it lives as long as the names. TG_UNAVAILABLE: the library for NFC is not there. */
TG_MUST_USE enum tg_status tg_archive_names_add(struct tg_archive_names *names, struct tg_str name,
						enum tg_archive_type type, struct tg_error *err);
/* Whether all that were taken in go together. TG_DATA (code archive-names) names two that do not. */
TG_MUST_USE enum tg_status tg_archive_names_check(struct tg_archive_names *names,
						  struct tg_error *err);
void tg_archive_names_release(struct tg_archive_names *names);

/* Whether a pattern fits a whole name: '*' is anything without '/', '**' anything, '?' one character that is no '/', '\' takes the
 * next one as it is. */
bool tg_archive_pattern_fits(struct tg_str pattern, struct tg_str name);

#endif
