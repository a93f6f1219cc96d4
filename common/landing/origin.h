/*
 * origin: what the stages before a landing found out about the data: where they come from, what they are called, what became of the
 * records on the way. It is for the sidecar, and for what no option says. Texts live as long as the upstream and the arena.
 */
#ifndef TG_LANDING_ORIGIN_H
#define TG_LANDING_ORIGIN_H

#include "common/run/chain.h"

struct tg_origin {
	struct tg_str source, entity, date; /* found out by name-check; none: by nobody */
	struct tg_str name;		    /* that the data should have */
	struct tg_str source_file, source_sha256;
	struct tg_str seq,
		source_crc32; /* of that file, as name-check found them; seq: a JSON number */
	struct tg_str pgp_fingerprint, signed_at;
	bool repeated; /* the file has landed before: name-check knows it by its number and content */
	bool is_unsigned; /* an opener let pass what nobody has signed */
	struct tg_str
		pgp_allowed; /* exceptions that openers made: a JSON array; none: no exception */
	struct tg_str schema_version;
	struct tg_str contract;	 /* a JSON object */
	struct tg_str replay_of; /* what was replayed: a JSON object; none: nothing was */
	struct tg_str stages;	 /* a JSON array, the first stage first; none: there are none */
};

/* own: base name of the file that the landing itself reads; none: it reads no file, or several. */
void tg_origin_find(struct tg_origin *origin, const struct tg_upstream *up, struct tg_str own,
		    struct tg_arena *arena);

#endif
