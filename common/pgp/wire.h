/*
 * wire: the outside of an OpenPGP message, followed as its bytes pass: ASCII armor taken off, the frame of the packets checked.
 *
 * gpg is handed the packets of one encrypted message and nothing else. Whether the file is a message at all, of which kind, and
 * whether it is whole, is found out here, where it can be said plainly: gpg has one answer for a file that was cut off, one that
 * was changed, and one that holds two messages. It also keeps whatever is not an encrypted message away from gpg: cleartext
 * signatures, messages that are only signed, keys, and gpg's own reader of armor, which had its share of holes.
 *
 * What a message must be: marker and padding packets; session keys, one for a public key among them; then one packet of encrypted
 * data with integrity protection; then nothing. Lengths are followed and never allocated, so a length may claim what it likes.
 */
#ifndef TG_PGP_WIRE_H
#define TG_PGP_WIRE_H

#include "common/base/status.h"

enum tg_pgp_wire_kind {
	TG_PGP_WIRE_MESSAGE,   /* encrypted */
	TG_PGP_WIRE_SIGNATURE, /* detached signatures: signature packets and nothing else */
};

struct tg_pgp_wire {
	enum tg_pgp_wire_kind kind;
	bool no_armor; /* armor is refused */
	const char *name;
	uint64_t bytes; /* taken so far, as they came */

	/* armor */
	unsigned armor;
	char line[80]; /* the line that is being read, cut */
	size_t line_n;
	unsigned bits, place; /* of base64; the place in a group of four */
	uint64_t head;	      /* bytes of armor before its data */

	/* packets */
	unsigned state;
	unsigned char header[6]; /* of the packet that is being read */
	size_t header_n;
	uint64_t left; /* bytes of it, or of a part of it, that are still to come */
	unsigned tag;
	bool partial, endless, versioned;
	uint64_t packets, keys, passphrases, sixes;
	bool sealed;   /* the encrypted data has begun */
	bool finished; /* ... and has ended */
};

/* name is for messages and lives as long as w. */
void tg_pgp_wire_init(struct tg_pgp_wire *w, enum tg_pgp_wire_kind kind, bool no_armor,
		      const char *name);

/*
 * Takes the next n bytes at p and leaves there what goes on to gpg, *n of them, which is never more. TG_DATA: it is no message, is
 * damaged, or of a kind that gpg does not read; TG_REFUSED: it is a message, and not one that may pass.
 */
TG_MUST_USE enum tg_status tg_pgp_wire_take(struct tg_pgp_wire *w, char *p, size_t *n,
					    struct tg_error *err);

/* The input has ended. TG_DATA: it was cut off. */
TG_MUST_USE enum tg_status tg_pgp_wire_end(struct tg_pgp_wire *w, struct tg_error *err);

#endif
